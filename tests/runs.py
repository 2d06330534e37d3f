"""Scenarios through the whole product: from a folder of files to a folder of results, for tests of any kind."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import reject, settings

from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from tests import naive

TABLES = ("shipments.csv", "allocations.csv", "unallocated.csv", "prices.csv", "order_bounds.csv")
TO_THE_END: Mapping[str, object] = {"gap": 0.0, "threads": 1, "time_limit_s": 120}
"""Overrides under which a tiny scenario must be solved to its optimum."""

Row = dict[str, str]


def examples(times: float) -> settings:
    """So many times the examples of the profile in force: 100 on every change, thousands at night."""
    return settings(max_examples=max(1, round(times * settings().max_examples)))


@dataclass(frozen=True)
class Run:
    """A solved scenario and the folder that states its result."""

    problem: Problem
    result: Result
    folder: Path

    def table(self, file: str) -> list[Row]:
        """The rows of a result table."""
        return read_table(self.folder / file)

    def summary(self) -> dict[str, Any]:
        """What ``summary.json`` states."""
        stated: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return stated

    def bytes(self) -> dict[str, bytes]:
        """The tables to the byte, and the summary without what differs from run to run by its nature: seconds."""
        summary = {key: value for key, value in self.summary().items() if key != "timings_s"}
        return {file: (self.folder / file).read_bytes() for file in TABLES} | {
            "summary.json": json.dumps(summary).encode()
        }


def run(scenario: naive.Scenario, parent: Path, **overrides: object) -> Run:
    """Write a scenario below ``parent``, solve it, write the result beside it."""
    return run_folder(naive.write_scenario(scenario, parent / "scenario"), parent / "out", **overrides)


def run_folder(scenario: Path, out: Path, variant: str | None = None, **overrides: object) -> Run:
    """Solve the scenario of a folder, to the end unless the overrides say otherwise; the result goes to ``out``."""
    problem = load_scenario(scenario, variant, {**TO_THE_END, **overrides})
    result = solve(problem)
    write_result(result, out)
    return Run(problem, result, out)


def oracle(problem: naive.Problem) -> naive.Optimum:
    """The proven optimum; a scenario that is too large to enumerate is drawn again."""
    try:
        return naive.solve_exhaustive(problem)
    except naive.TooLarge:
        reject()


def read_table(path: Path) -> list[Row]:
    """The rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def write_table(path: Path, rows: list[Row], columns: list[str] | None = None) -> None:
    """Write rows as another tool would; ``columns`` where there may be no row to tell them."""
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns or list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
