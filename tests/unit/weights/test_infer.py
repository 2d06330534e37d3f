"""Weights inferred from plans of shipped scenarios: planted ones, those of a rule of today, and what is refused."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.scenario.results import write_result
from dom_engine.weights import infer
from dom_engine.weights.points import Batch
from tests.runs import read_table, write_table
from tests.unit.weights.test_sweep import Heard

ALONE: Mapping[str, object] = {"threads": 1}
SHIPMENTS = ["order", "shipment", "service", "node", "dispatch_at"]
ALLOCATIONS = ["quantity", "shipment", "order", "line", "item", "available_at"]


@pytest.fixture(scope="module")
def quickstart(repository: Path) -> Path:
    return repository / "scenarios" / "quickstart"


def by_hand(source: Path, target: Path) -> Path:
    """The two tables of a plan as a person would keep them: few columns, in an order of their own."""
    target.mkdir(parents=True)
    for file, columns in (("shipments.csv", SHIPMENTS), ("allocations.csv", ALLOCATIONS)):
        write_table(
            target / file, [{name: row[name] for name in columns} for row in read_table(source / file)], columns
        )
    return target


@pytest.fixture(scope="module")
def today(quickstart: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a rule of today."""
    out = tmp_path_factory.mktemp("today") / "today"
    write_result(solve(Batch.of(quickstart, None, {"method": "nearest", "threads": 1}).base), out)
    return out


def test_planted_weights_are_explained(quickstart: Path, tmp_path: Path) -> None:
    planted = Batch.of(quickstart, None, ALONE).problem((("weights.late", "20"),))
    write_result(solve(planted), tmp_path / "solved")
    chosen = by_hand(tmp_path / "solved", tmp_path / "chosen")
    found = infer(quickstart, chosen, tmp_path / "inferred", overrides=ALONE, tables="both")
    # Nobody pays 30.50 more to spare a customer two days unless lateness, or serving at all, is weighed otherwise.
    assert (found.own.solved.plan_micros, found.own.regret_micros) == (146_300_000, 30_500_000)
    assert found.fit.best.regret_micros == 0
    assert found.fit.best.explains
    assert found.fit.converged
    assert found.fixed == "freight"
    low, high = found.fit.ranges["late"]
    assert low <= 20 <= high
    assert {one.order: one.own_regret_micros for one in found.overrides} == {"1003": 30_500_000}
    stated = yaml.safe_load((tmp_path / "inferred" / "inferred.yaml").read_text())["weights"]
    assert stated == {term: float(weight) for term, weight in found.weights.items()}
    assert pq.read_table(tmp_path / "inferred" / "weights.parquet").equals(found.weight_table)


def test_a_rule_of_today_and_what_it_ignores(quickstart: Path, today: Path, tmp_path: Path) -> None:
    found = infer(quickstart, today, tmp_path / "inferred", overrides=ALONE)
    assert (found.own.regret_micros, found.fit.best.regret_micros) == (8_600_000, 4_600_000)
    assert found.weights == {"late": "0"}
    assert not found.fit.best.explains
    rows = read_table(tmp_path / "inferred" / "orders.csv")
    assert [(row["order"], row["customer"], row["regret"], row["own_regret"]) for row in rows] == [
        ("1003", "Cleo (Los Angeles)", "0.000000", "4.000000")
    ]
    iterations = read_table(tmp_path / "inferred" / "iterations.csv")
    assert [row["regret"] for row in iterations] == ["8.600000", "4.600000"]


def test_an_interrupted_run_ends_as_if_it_had_not_been(quickstart: Path, today: Path, tmp_path: Path) -> None:
    out, whole = tmp_path / "inferred", tmp_path / "whole"
    with pytest.raises(KeyboardInterrupt):
        infer(quickstart, today, out, overrides=ALONE, watcher=Heard(stop_at="iteration 2"))
    assert not (out / "weights.csv").exists()
    again = Heard()
    found = infer(quickstart, today, out, overrides=ALONE, watcher=again)
    assert (again.kept, again.solved) == (["iteration 1"], ["iteration 2"])
    assert infer(quickstart, today, whole, overrides=ALONE) == found
    for file in ("weights.csv", "orders.csv", "iterations.csv", "inferred.yaml"):
        assert (out / file).read_bytes() == (whole / file).read_bytes()
    # What is solved knows nothing of the plan: another one is held against the same solves.
    chosen = by_hand(today, tmp_path / "chosen")
    other = Heard()
    infer(quickstart, chosen, out, overrides=ALONE, watcher=other)
    assert (other.kept, other.solved) == (["iteration 1", "iteration 2"], [])


def edited(today: Path, target: Path, file: str, **cells: str) -> Path:
    """The plan made by hand, with cells of a table's first row changed."""
    by_hand(today, target)
    rows = read_table(target / file)
    rows[0].update(cells)
    write_table(target / file, rows)
    return target


@pytest.mark.parametrize(
    ("file", "cells", "message"),
    [
        ("shipments.csv", {"order": "9999"}, "order 9999: is no order of this scenario"),
        ("shipments.csv", {"node": "newrak"}, "node 'newrak' is not there"),
        ("allocations.csv", {"quantity": "1"}, "the plan breaks a rule"),
    ],
)
def test_a_plan_that_is_none_of_this_scenario(
    file: str, cells: dict[str, str], message: str, quickstart: Path, today: Path, tmp_path: Path
) -> None:
    if "quantity" in cells:  # more of everything than there is
        folder = by_hand(today, tmp_path / "chosen")
        rows = read_table(folder / file)
        vase = next(row for row in rows if row["item"] == "vase")
        vase["quantity"] = "2"
        write_table(folder / file, rows)
    else:
        folder = edited(today, tmp_path / "chosen", file, **cells)
    with pytest.raises(InputError, match=message):
        infer(quickstart, folder, tmp_path / "inferred", overrides=ALONE)
    assert not (tmp_path / "inferred").exists()


def test_bad_input_writes_nothing(quickstart: Path, today: Path, tmp_path: Path, repository: Path) -> None:
    out = tmp_path / "inferred"
    lacking = by_hand(today, tmp_path / "lacking")
    with (lacking / "shipments.csv").open() as stream:
        rows = [row[:-1] for row in csv.reader(stream)]
    (lacking / "shipments.csv").write_text("".join(",".join(row) + "\n" for row in rows))
    cases: list[tuple[Path, Path, dict[str, Any], str]] = [
        (repository / "scenarios" / "stores", today, {}, "answers another problem"),
        (quickstart, tmp_path / "nowhere", {}, "no such folder of a plan"),
        (quickstart, lacking, {}, "the column 'dispatch_at' is missing"),
        (quickstart, today, {"fixed": "frieght"}, "unknown cost term 'frieght'; the nearest known is 'freight'"),
        (quickstart, today, {"fixed": "carbon"}, "costs the plan nothing"),
        (quickstart, today, {"max_iterations": 0}, "at least one iteration"),
    ]
    for scenario, plan, options, message in cases:
        with pytest.raises(InputError, match=message):
            infer(scenario, plan, out, **options)
    assert not out.exists()
