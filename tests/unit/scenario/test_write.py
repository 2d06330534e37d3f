from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario, read_raw, write_scenario
from tests.unit.scenario.folders import SETTINGS, changed, write_folder

SHIPPED = ("quickstart", "peak-day", "export", "stores")


@pytest.mark.parametrize("name", SHIPPED)
@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_what_is_written_reads_the_same(
    tmp_path: Path, repository: Path, name: str, file_format: Literal["csv", "parquet"]
) -> None:
    folder = repository / "scenarios" / name
    raw = read_raw(folder)
    write_scenario(raw, tmp_path / "out", file_format)
    variants = [node.entries["name"].text for node in raw.variants]  # type: ignore[union-attr]
    for variant in (None, *variants):
        assert load_scenario(tmp_path / "out", variant).digest == load_scenario(folder, variant).digest


def test_inherited_tables_and_changes_are_written_out(tmp_path: Path) -> None:
    write_folder(tmp_path / "base", settings=f"{SETTINGS}changes:\n- policy: {{split_cost: 5}}\n")
    (tmp_path / "child").mkdir()
    (tmp_path / "child" / "scenario.yaml").write_text("extends: ../base\nhorizon_h: 24\n")
    write_scenario(read_raw(tmp_path / "child"), tmp_path / "out")
    assert "extends" not in (tmp_path / "out" / "scenario.yaml").read_text()
    assert load_scenario(tmp_path / "out").digest == load_scenario(tmp_path / "child").digest


def test_cells_are_quoted_where_needed(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "s", changed("orders", "Ada", '"Ada ""the first"", Ltd\n"'))
    write_scenario(read_raw(folder), tmp_path / "out")
    assert '007,"Ada ""the first"", Ltd\n",1,DE,01067,' in (tmp_path / "out" / "orders.csv").read_text()
    assert load_scenario(tmp_path / "out").digest == load_scenario(folder).digest


def test_faulty_scenarios_and_taken_folders_are_refused(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "s")
    with pytest.raises(InputError, match="not an empty folder"):
        write_scenario(read_raw(folder), folder)
    (folder / "nodes.csv").write_text("node\nA,B\n")
    with pytest.raises(InputError, match="2 cells where the header has 1"):
        write_scenario(read_raw(folder), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_nothing_is_left_behind_when_writing_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise OSError("disk full")

    raw = read_raw(write_folder(tmp_path / "s"))
    monkeypatch.setattr("dom_engine.scenario.write._csv", fail)
    with pytest.raises(OSError, match="disk full"):
        write_scenario(raw, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]
