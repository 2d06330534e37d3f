"""Folders appear whole or not at all, and nothing of the user's is overwritten."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.importers.folder import CsvTable, plain, replacing, write_csv, write_readme


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write(out: Path, text: str) -> None:
    with replacing(out) as folder:
        write_readme(folder, text)


def test_a_folder_of_ours_is_replaced_whole(tmp_path: Path) -> None:
    write(tmp_path / "deep" / "out", "one")
    (tmp_path / "deep" / "out" / "extra.csv").write_text("left over")
    write(tmp_path / "deep" / "out", "two")
    assert names(tmp_path / "deep") == ["out"]
    assert names(tmp_path / "deep" / "out") == ["README.md"]
    assert "two" in (tmp_path / "deep" / "out" / "README.md").read_text()


def test_an_empty_folder_may_be_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "one")
    assert names(tmp_path / "out") == ["README.md"]


def test_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "README.md").write_text("# Mine\n")
    for name in ("file", "full"):
        with pytest.raises(InputError):
            write(tmp_path / name, "one")
    assert names(tmp_path) == ["file", "full"]
    assert (tmp_path / "full" / "README.md").read_text() == "# Mine\n"


def test_a_failure_leaves_what_was_there(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "out", "\ud800")
    assert names(tmp_path) == ["out"]
    assert "one" in (tmp_path / "out" / "README.md").read_text()


def test_cells_are_quoted_where_needed(tmp_path: Path) -> None:
    write_csv(tmp_path, CsvTable("t", ["a", "b"], [["x,y", None], ['"', 1]]))
    assert (tmp_path / "t.csv").read_bytes() == b'a,b\n"x,y",\n"""",1\n'


def test_decimals_are_written_in_full() -> None:
    assert [plain(Decimal(text)) for text in ("1E+3", "0.50", "1E-7", "0", "10")] == [
        "1000",
        "0.5",
        "0.0000001",
        "0",
        "10",
    ]
