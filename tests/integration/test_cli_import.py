"""Importers as commands: real data in, a scenario folder out, and bad input leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.scenario import load_scenario
from tests.integration.test_cli import dom


@pytest.mark.parametrize(
    ("command", "source", "orders"),
    [("orlib-cap", "orlib/cap/cap71.txt", 50), ("orlib-gap", "orlib/gap/a05100", 100), ("brunel", "brunel", 9_215)],
)
def test_import(command: str, source: str, orders: int, data_dir: Path, tmp_path: Path) -> None:
    run = dom("import", command, str(data_dir / source), "--out", "batch", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "Written to batch. Solve it: dom solve batch --out plan\n"
    assert len(load_scenario(tmp_path / "batch").orders) == orders


def test_online_retail(tmp_path: Path) -> None:
    (tmp_path / "network").mkdir()
    (tmp_path / "network" / "cities.csv").write_text("Springfield,IL,39.8,-89.6,1000\nShelbyville,IL,39.4,-88.8,500\n")
    (tmp_path / "network" / "fulfillment_centers.csv").write_text("Capital City,IL,40.1,-89.0\n")
    (tmp_path / "sales.csv").write_text(
        "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
        "536365,85123A,HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n"
    )
    command = ["import", "online-retail", "sales.csv", "--network", "network", "--out", "retail", "--seed", "1"]
    run = dom(*command, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        "Written to retail: 1 scenario, one a day, on retail/base. Solve it: dom solve retail/2010-12-01 --out plan\n"
    )
    assert len(load_scenario(tmp_path / "retail" / "2010-12-01").orders) == 1


@pytest.mark.parametrize("command", ["brunel", "orlib-cap", "orlib-gap"])
def test_bad_input_writes_nothing(command: str, tmp_path: Path) -> None:
    (tmp_path / "nonsense").write_text("not a number\n")
    run = dom("import", command, "nonsense", "--out", "batch", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "error: 1 error in the input\n  nonsense" in run.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["nonsense"]


def test_a_folder_of_someone_elses_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "list.txt").write_text("milk")
    for out in ("notes", "notes/list.txt", "notes/list.txt/deep"):
        run = dom("import", "orlib-gap", "nonsense", "--out", out, cwd=tmp_path)
        assert (run.returncode, run.stdout) == (2, "")
    assert (tmp_path / "notes" / "list.txt").read_text() == "milk"
