"""From a scenario folder to a checked plan: how good after how long, on generated batches and on real days.

``python benchmarks/bench_solve.py`` solves every case of ``CASES`` under its time limit and prints one row each
(``README.md`` says how to read it); ``--online-retail FILE --network DIR`` solves every day of the file instead.
Under pytest-benchmark the smaller cases are timed by phase: ``formulate`` and ``solve`` to a fixed gap.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks.measure import Measured, measure, tell
from dom_engine.cli.warmup import warm_up
from dom_engine.engine import solve
from dom_engine.formulation import build_model
from dom_engine.importers import import_online_retail
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario


@dataclass(frozen=True)
class Case:
    """A generated batch, the limit and gap it is solved under, and what it is there to show."""

    spec: Spec
    shows: str
    time_limit_s: float = 30
    gap: float = 1e-4
    timed: bool = False


CASES = {
    case.spec.name: case
    for case in (
        Case(Spec(300, 10, 150, "tight"), "small enough to prove", timed=True),
        Case(Spec(1_000, 20, 500, "tight"), "multi-unit lines, node capacities: 0.1 % in 30 s"),
        Case(Spec(1_000, 20, 500, "scarce"), "not everything can be served"),
        Case(Spec(1_000, 20, 500, "tight", line_split=False), "whole lines"),
        Case(Spec(1_000, 20, 500, "tight", services=2, days=5, daily_capacity=True), "when to ship, too", 60),
        Case(Spec(3_000, 20, 1_500, "tight"), "three times the orders", 60),
        Case(Spec(3_000, 20, 1_500, "comfortable"), "rows that hardly bind", timed=True),
        Case(Spec(100_000, 100, 20_000, "comfortable"), "the bound at size", 120, gap=1e-3),
    )
}
TIMED = [name for name, case in CASES.items() if case.timed]


@pytest.fixture(scope="module", params=TIMED)
def folder(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(request.param, tmp_path_factory.mktemp("batch"))


def make(name: str, parent: Path) -> Path:
    """Write a case's scenario; the same bytes every time."""
    write_scenario(generate(CASES[name].spec), parent / name)
    return parent / name


def test_formulate(benchmark: Any, folder: Path) -> None:
    problem = load_scenario(folder)
    formulation = benchmark.pedantic(build_model, (problem,), rounds=3, warmup_rounds=1)
    benchmark.extra_info["candidates"] = len(formulation.model.candidates.order)


def test_solve(benchmark: Any, folder: Path) -> None:
    warm_up(load_scenario(folder))
    problem = load_scenario(folder, overrides={"gap": 0.01, "time_limit_s": 120})
    result = benchmark.pedantic(solve, (problem,), rounds=1)
    assert result.status == "OPTIMAL"
    benchmark.extra_info["objective"] = result.evaluation.objective_micros / 1e6


def generated(names: list[str], time_limit_s: float | None, threads: int, method: str) -> Iterator[Measured]:
    """Solve the named cases, each in its own folder."""
    with tempfile.TemporaryDirectory() as parent:
        for name in names:
            case = CASES[name]
            limit_s = time_limit_s or case.time_limit_s
            overrides = {"time_limit_s": limit_s, "gap": case.gap, "threads": threads, "method": method}
            yield measure(name, make(name, Path(parent)), overrides)


def online_retail(
    file: Path, network: Path, every: int, time_limit_s: float | None, threads: int, method: str
) -> Iterator[Measured]:
    """Solve the days of the file in its sequence, the first and each ``every``-th after it."""
    overrides = {"time_limit_s": time_limit_s or 30.0, "gap": 1e-4, "threads": threads, "method": method}
    with tempfile.TemporaryDirectory() as parent:
        folders = import_online_retail(file, network, Path(parent) / "days")[::every]
        warm_up(load_scenario(folders[0]))
        for folder in folders:
            yield measure(folder.name, folder, overrides)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=sorted(CASES), help="this case only; may be repeated")
    parser.add_argument("--online-retail", type=Path, metavar="FILE", help="invoices as CSV, plain or compressed")
    parser.add_argument("--network", type=Path, metavar="DIR", help="cities.csv and fulfillment_centers.csv")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only each N-th day of Online Retail")
    parser.add_argument("--time-limit", type=float, metavar="S", help="instead of each case's own")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--method", default="auto")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    if arguments.online_retail and not arguments.network:
        parser.error("--online-retail needs --network")
    how = (arguments.time_limit, arguments.threads, arguments.method)
    rows = (
        online_retail(arguments.online_retail, arguments.network, arguments.every, *how)
        if arguments.online_retail
        else generated(arguments.case or list(CASES), *how)
    )
    for _ in tell(rows, arguments.table):
        pass


if __name__ == "__main__":
    main()
