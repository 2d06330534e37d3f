"""A file is replaced whole or stays as it was, and nothing is left beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.scenario.whole import replacing_file, write_whole


def test_a_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_whole(path, "né\n")
    assert path.read_bytes() == b"n\xc3\xa9\n"
    write_whole(path, b"\x00")
    assert path.read_bytes() == b"\x00"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]


def test_what_fails_half_way_leaves_the_former_file(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    write_whole(path, "former")

    def fill_the_disk() -> None:
        with replacing_file(path) as beside:
            beside.write_text("half")
            assert path.read_text() == "former"
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        fill_the_disk()
    assert path.read_text() == "former"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.csv"]
