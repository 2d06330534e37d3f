"""Fronts of shipped scenarios: the numbers, what is proven of them, interrupts, and what is refused."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.verify import verify
from dom_engine.weights import Pareto, pareto
from dom_engine.weights.knobs import Range
from solvers.incumbent import Progress
from tests.runs import read_table

ALONE: Mapping[str, object] = {"gap": 0.0, "threads": 1}
QUICK: Mapping[str, object] = {"method": "fcfs", "threads": 1}
"""A rule of today, where only the running of a search is looked at."""

OBJECTIVES = ("cost", "raw_costs.late")
OPTIONS: dict[str, Any] = {"trials": 3, "refinements": 1, "overrides": ALONE}


class StopsAt:
    """Interrupts the run when so many points were solved; counts them, and those that were kept."""

    def __init__(self, number: int = 1_000) -> None:
        self.solved = self.kept = 0
        self._number = number

    def began(self, name: str) -> None:
        if self.solved == self._number:
            raise KeyboardInterrupt

    def progressed(self, name: str, progress: Progress) -> None:
        pass

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        self.kept += kept
        self.solved += not kept


@pytest.fixture(scope="module")
def scenarios(repository: Path) -> Path:
    return repository / "scenarios"


@pytest.fixture(scope="module")
def lateness(scenarios: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Pareto, Path]:
    """What lateness is worth on the quickstart, by its raw cost."""
    out = tmp_path_factory.mktemp("front") / "front"
    found = pareto(scenarios / "quickstart", OBJECTIVES, out, **OPTIONS, tables="both")
    return found, out


def test_the_front_of_the_quickstart_and_what_is_proven_of_it(lateness: tuple[Pareto, Path]) -> None:
    found, out = lateness
    assert [one.values for one in found.front] == [(115_800_000, 4_000_000), (146_300_000, 0)]
    assert [one.rank.supported for one in found.front] == [True, True]
    # Both ends are proven: no plan as punctual costs less, but for the micros that rounding may move.
    assert [one.values[0] - (one.at_least_micros or 0) for one in found.front] == [0, 64 * 15]
    assert found.points[0].source == "base"
    rows = read_table(out / "points.csv")
    assert {row["objective.cost"] for row in rows if row["front"] == "true"} == {"115.800000", "146.300000"}
    assert pq.read_table(out / "points.parquet").equals(found.table)


def test_a_front_point_is_a_variant_that_anyone_can_solve(
    lateness: tuple[Pareto, Path], scenarios: Path, tmp_path: Path
) -> None:
    _, out = lateness
    variants = yaml.safe_load((out / "front.yaml").read_text())["variants"]
    (row,) = [
        row
        for row in read_table(out / "points.csv")
        if row["objective.cost"] == "146.300000" and row["front"] == "true"
    ]
    assert [variant["name"] for variant in variants] == [f"front-{row['point']}"]
    (tmp_path / "scenario.yaml").write_text(
        yaml.safe_dump({"extends": str(scenarios / "quickstart"), "variants": variants})
    )
    assert verify(load_scenario(tmp_path, variants[0]["name"]), out / row["folder"]).ok


def test_an_interrupted_search_ends_as_if_it_had_not_been(scenarios: Path, tmp_path: Path) -> None:
    def run(name: str, watcher: StopsAt) -> dict[str, bytes]:
        # One more than a generation, so that one is bred from those before.
        options: dict[str, Any] = {"trials": 9, "refinements": 2, "overrides": QUICK, "watcher": watcher}
        pareto(scenarios / "stores", ["cost", "split_orders", "unfilled_units"], tmp_path / name, **options)
        return {file: (tmp_path / name / file).read_bytes() for file in ("points.csv", "front.yaml")}

    whole = StopsAt()
    expected = run("whole", whole)
    with pytest.raises(KeyboardInterrupt):
        run("stopped", StopsAt(5))
    assert not (tmp_path / "stopped" / "points.csv").exists()
    again = StopsAt()
    assert run("stopped", again) == expected
    assert (again.kept, again.solved) == (5, whole.solved - 5)


def test_plans_that_the_scenario_does_not_allow_stay_off_the_front(scenarios: Path, tmp_path: Path) -> None:
    everyone = Range("policy.safety_stock_priority", choices=("1000", "10"))
    options: dict[str, Any] = {"ranges": [everyone], "trials": 4, "refinements": 0, "overrides": QUICK}
    found = pareto(scenarios / "stores", ["cost", "unfilled_units"], tmp_path / "front", **options)
    broken = [one for one in found.points if one.point.base_violations > 0]
    assert broken
    # Serving from stock that is held back for others leaves fewer units out, and still is no plan of the scenario.
    assert min(one.values[1] for one in broken) <= min(one.values[1] for one in found.front)
    assert not any(one.rank.front for one in broken)


@pytest.mark.parametrize(
    ("objectives", "code"),
    [
        (["cost", "lateness"], "UNKNOWN_OBJECTIVE"),
        (["cost"], "OUT_OF_RANGE"),
        (["cost", "shipments", "parcels", "co2_kg"], "OUT_OF_RANGE"),
        (["cost", "cost"], "DUPLICATE"),
    ],
)
def test_bad_objectives_write_nothing(objectives: list[str], code: str, scenarios: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        pareto(scenarios / "quickstart", objectives, tmp_path / "front")
    assert [fault.code for fault in error.value.faults] == [code]
    assert not (tmp_path / "front").exists()


def test_a_front_of_another_scenario_is_left_alone(lateness: tuple[Pareto, Path], scenarios: Path) -> None:
    _, out = lateness
    with pytest.raises(InputError, match="digest differs"):
        pareto(scenarios / "stores", ["cost", "raw_costs.late"], out)


def test_without_optuna_the_extra_is_named(scenarios: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "optuna" else known(name))
    with pytest.raises(InputError, match=r"dom-engine\[tune\]"):
        pareto(scenarios / "quickstart", ["cost", "shipments"], tmp_path / "front")
    assert list(tmp_path.iterdir()) == []
