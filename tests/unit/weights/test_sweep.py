"""Sweeps of shipped scenarios: the numbers, what is kept, what is refused before anything is written."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.verify import verify
from dom_engine.weights import sweep
from solvers.incumbent import Progress
from tests.runs import read_table

ALONE: Mapping[str, object] = {"threads": 1}
QUICK: Mapping[str, object] = {"method": "fcfs", "threads": 1}
"""A rule of today, where only the running of a sweep is looked at."""

GRID = {"weights.late": [0, 1], "policy.split_cost": [2, 20]}


class Heard:
    """Remembers what was solved and kept; may stop the sweep at a point."""

    def __init__(self, stop_at: str = "") -> None:
        self.solved: list[str] = []
        self.kept: list[str] = []
        self._stop_at = stop_at

    def began(self, name: str) -> None:
        if name == self._stop_at:
            raise KeyboardInterrupt

    def progressed(self, name: str, progress: Progress) -> None:
        pass

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        (self.kept if kept else self.solved).append(name)


@pytest.fixture(scope="module")
def quickstart(repository: Path) -> Path:
    return repository / "scenarios" / "quickstart"


def test_the_quickstart_over_a_grid(quickstart: Path, tmp_path: Path) -> None:
    found = sweep(quickstart, GRID, tmp_path / "swept", overrides=ALONE, tables="both")
    # The plan that a weight of 0 on lateness makes is the base plan; dear splits leave a second unit out.
    assert [(p.summary["objective_micros"], p.base_cost_micros, p.measures["split_orders"]) for p in found.points] == [
        (111_800_000, 119_800_000, 1),
        (118_800_000, 126_800_000, 0),
        (115_800_000, 115_800_000, 1),
        (122_800_000, 122_800_000, 0),
    ]
    assert [p.measures["unfilled_units"] for p in found.points] == [1, 2, 1, 2]
    rows = read_table(tmp_path / "swept" / "points.csv")
    assert [(row["weights.late"], row["policy.split_cost"], row["base_cost"]) for row in rows] == [
        ("0.0", "2.0", "119.800000"),
        ("0.0", "20.0", "126.800000"),
        ("1.0", "2.0", "115.800000"),
        ("1.0", "20.0", "122.800000"),
    ]
    table = pq.read_table(tmp_path / "swept" / "points.parquet")
    assert table.equals(found.table)
    assert table.column("objective").to_pylist()[0] == Decimal("111.800000")
    # A point's folder is a result like any other: that of the variant that says the same.
    problem = load_scenario(quickstart, "splits-hurt")
    assert verify(problem, tmp_path / "swept" / rows[3]["folder"]).ok


def test_an_interrupted_sweep_goes_on_and_ends_as_if_it_had_not_been(quickstart: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "swept", tmp_path / "whole"
    values = {"weights.late": [0, 1, 5]}
    with pytest.raises(KeyboardInterrupt):
        sweep(quickstart, values, out, overrides=QUICK, watcher=Heard(stop_at="late=5"))
    assert not (out / "points.csv").exists()
    (out / "points.parquet").touch()
    (out / "points" / (".x." + "0" * 32)).mkdir()
    again = Heard()
    sweep(quickstart, values, out, overrides=QUICK, watcher=again)
    assert (again.kept, again.solved) == (["late=0", "late=1"], ["late=5"])
    sweep(quickstart, values, whole, overrides=QUICK)
    assert (out / "points.csv").read_bytes() == (whole / "points.csv").read_bytes()
    assert sorted(path.name for path in (out / "points").iterdir()) == sorted(
        path.name for path in (whole / "points").iterdir()
    )
    wider = Heard()
    sweep(quickstart, {"weights.late": [0, 1, 5, 2]}, out, overrides=QUICK, watcher=wider)
    assert wider.solved == ["late=2"]
    assert not (out / "points.parquet").exists()
    # Another gap is another answer.
    other = Heard()
    sweep(quickstart, {"weights.late": [0]}, out, overrides={**QUICK, "gap": 0.5}, watcher=other)
    assert other.solved == ["late=0"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"weights.lat": [1]}, "UNKNOWN_KNOB"),
        ({"weights.late": [-1]}, "NEGATIVE"),
        ({"policy.window_basis": ["arrivals"]}, "UNKNOWN_CHOICE"),
        ({}, "EMPTY_GRID"),
    ],
)
def test_bad_input_writes_nothing(values: dict[str, Any], code: str, quickstart: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        sweep(quickstart, values, tmp_path / "swept")
    assert [fault.code for fault in error.value.faults] == [code]
    assert not (tmp_path / "swept").exists()


def test_a_folder_of_something_else_is_left_alone(quickstart: Path, tmp_path: Path, repository: Path) -> None:
    out = tmp_path / "swept"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match=r"it holds thesis\.txt"):
        sweep(quickstart, {"weights.late": [1]}, out)
    shutil.rmtree(out)
    sweep(quickstart, {"weights.late": [1]}, out, overrides=QUICK)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    with pytest.raises(InputError, match="digest differs"):
        sweep(repository / "scenarios" / "peak-day", {"weights.late": [1]}, out)
    with pytest.raises(InputError, match="unknown format 'xls'"):
        sweep(quickstart, {"weights.late": [1]}, out, tables="xls")  # type: ignore[arg-type]
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_plan_that_the_scenario_does_not_allow_is_said_to_be_one(tmp_path: Path, repository: Path) -> None:
    stores = repository / "scenarios" / "stores"
    found = sweep(stores, {"policy.safety_stock_priority": [10, 1000]}, tmp_path / "swept", overrides=QUICK)
    # Open to everyone, safety stock serves orders whose priority the scenario's own policy refuses.
    assert [point.base_violations > 0 for point in found.points] == [False, True]
    assert found.points[0].summary["objective_micros"] == 201_750_000
