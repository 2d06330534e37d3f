"""Side by side in one run: the product, monoliths on the same instances, their LP alone, and the rules of shops.

``make bench-peers`` solves every case of ``CASES`` by ``method: auto``, then hands the same batch

- to each monolith twice: once for **our time** (how far is its plan then?), once until **our gap** is proven, stopped
  at ``--multiple`` times our time (a solver cut off there counts as beaten);
- to the LP relaxation alone, which is where column generation or rounding by others begins;
- to the four rules of shops.

``gap_pct`` is a plan's distance to the best bound that anyone proved in this run, ``own_gap_pct`` to the solver's own
bound. Times exclude starting Python and, for the product, compiling kernels; they include building each model. The
plan of a monolith is costed by the product's own rules, and must hold them.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

from benchmarks.monolith import Monolith, patterns_of, state_all
from benchmarks.peers import MONOLITHS, PEERS, RELAXATIONS, Run, run
from dom_engine.cli.warmup import warm_up
from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.formulation import build_model
from dom_engine.importers import import_brunel, import_online_retail
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.greedy import RULES
from solvers.model import SourcingModel


class Case(NamedTuple):
    """A batch, the gap and the time that the product is given, and which peers make sense at its size.

    ``make`` writes the scenario below a parent, from where public data lies, and returns its folder.
    """

    make: Callable[[Path, Path], Path]
    gap: float
    time_limit_s: float
    peers: tuple[str, ...] = MONOLITHS + RELAXATIONS


def _generated(spec: Spec, gap: float, time_limit_s: float, *peers: str) -> tuple[str, Case]:
    def make(_data: Path, parent: Path) -> Path:
        write_scenario(generate(spec), parent / spec.name)
        return parent / spec.name

    return spec.name, Case(make, gap, time_limit_s, peers or MONOLITHS + RELAXATIONS)


def _there(folder: Path) -> Callable[[Path, Path], Path]:
    return lambda _data, _parent: folder


def _brunel(data: Path, parent: Path) -> Path:
    return import_brunel(data / "brunel", parent / "brunel")


def _first_day(data: Path, parent: Path) -> Path:
    """The first day of Online Retail, to be served from the cities of the network on which orders are replayed."""
    file = data / "online-retail" / "2010-12_2011-05.csv.xz"
    return import_online_retail(file, data / "us-network", parent / "days")[0]


BRUNEL, RETAIL = "brunel", "online-retail-2010-12-01"
CASES = dict(
    (
        _generated(Spec(60, 5, 40, "tight"), 1e-3, 10),
        _generated(Spec(1_000, 20, 500, "tight"), 1e-3, 30),
        _generated(Spec(3_000, 20, 1_500, "tight"), 6e-3, 30),
        _generated(Spec(3_000, 20, 1_500, "tight", services=2, days=5, daily_capacity=True), 1e-2, 60),
        _generated(Spec(30_000, 50, 6_000, "tight"), 6e-3, 60, "MathOpt HiGHS", "MathOpt CP-SAT", *RELAXATIONS),
        _generated(Spec(100_000, 100, 20_000, "tight"), 1e-2, 60, *RELAXATIONS),
        (BRUNEL, Case(_brunel, 1e-4, 30)),
        (RETAIL, Case(_first_day, 3e-3, 10)),
    )
)
SMALL = (
    "us-tight-60x5x40-1s1d-0", "us-tight-1000x20x500-1s1d-0", "us-tight-3000x20x1500-1s1d-0", BRUNEL, RETAIL,
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """A line of the table. Money, seconds, percent; nan where there is none."""

    case: str
    peer: str
    asked: str
    build_s: float
    solve_s: float
    times_ours: float
    objective: float
    bound: float
    gap_pct: float
    own_gap_pct: float
    status: str


def compare(name: str, folder: Path, case: Case, multiple: float, threads: int) -> Iterator[Row]:
    """All rows of one batch; the product's comes first."""
    overrides = {"gap": case.gap, "time_limit_s": case.time_limit_s, "threads": threads}
    warm_up(load_scenario(folder))
    problem = load_scenario(folder, overrides=overrides)
    ours, total_s, fill_limit = _ours(name, problem)
    found: list[Row] = [ours]
    for rule in RULES:
        started_s = time.perf_counter()
        ruled = solve(load_scenario(folder, overrides={**overrides, "method": rule}))
        objective = ruled.evaluation.objective_micros / 1e6
        elapsed_s = time.perf_counter() - started_s
        found.append(Row(name, f"rule {rule}", "", math.nan, elapsed_s, elapsed_s / total_s, objective, math.nan,
                         math.nan, math.nan, ruled.status.value))  # fmt: skip
    model = build_model(problem).model
    try:
        started_s = time.perf_counter()
        monolith = state_all(model, fill_limit)
        stating_s = time.perf_counter() - started_s
    except ValueError as error:
        print(f"{name}: no monolith: {error}", file=sys.stderr)
        yield from _judged(found)
        return
    own_gap = max(case.gap, ours.own_gap_pct / 100)
    for peer in case.peers:
        asked = {"whole": (multiple * total_s, 0.0)} if peer in RELAXATIONS else {
            "our time": (total_s, 0.0), "our gap": (multiple * total_s, own_gap),
        }  # fmt: skip
        for what, (limit_s, gap) in asked.items():
            done = run(peer, monolith.program, limit_s, gap, threads)
            found.append(_row(name, peer, what, done, model, monolith, stating_s, total_s))
    yield from _judged(found)


def _ours(name: str, problem: Problem) -> tuple[Row, float, int | None]:
    """Our row, our time, and what peers may leave out at most where that comes before cost: as much as we do."""
    started_s = time.perf_counter()
    result = solve(problem)
    total_s = time.perf_counter() - started_s
    objective, bound = result.evaluation.objective_micros / 1e6, (result.lower_bound_micros or 0) / 1e6
    gap_pct = 100 * (objective - bound) / max(1.0, objective)
    build_s = result.timings_s["formulation"]
    row = Row(name, "dom-engine", f"{100 * problem.solve.gap:g} %", build_s, total_s - build_s, 1.0, objective, bound,
              math.nan, gap_pct, result.status.value)  # fmt: skip
    fill_limit = result.evaluation.weighted_unallocated_micro_units if problem.policy.fill_first else None
    return row, total_s, fill_limit


def _row(
    name: str,
    peer: str,
    asked: str,
    done: Run,
    model: SourcingModel,
    monolith: Monolith,
    stating_s: float,
    ours_s: float,
) -> Row:
    """A peer's line; its plan is costed, and held to the rules, by the product."""
    relaxed = peer in RELAXATIONS
    objective = math.nan
    if done.x is not None and not relaxed:
        objective = int(patterns_of(model, monolith, done.x).cost.sum()) / 1e6
    # What the relaxation reached is a bound only once it is optimal.
    bound = (done.objective if relaxed and done.status == "OPTIMAL" else done.bound) - monolith.slack
    own_gap_pct = 100 * (objective - bound) / max(1.0, objective) if math.isfinite(bound) else math.nan
    build_s = stating_s + done.build_s
    return Row(name, peer, asked, build_s, done.solve_s, (build_s + done.solve_s) / ours_s, objective, bound,
               math.nan, own_gap_pct, done.status)  # fmt: skip


def _judged(rows: list[Row]) -> Iterator[Row]:
    """The rows with each plan's distance to the best bound of all; a float's bound may exceed the optimum by a hair."""
    best_plan = min(row.objective for row in rows if math.isfinite(row.objective))
    best = min(max(row.bound for row in rows if math.isfinite(row.bound)), best_plan)
    for row in rows:
        yield Row(**{**row.__dict__, "gap_pct": 100 * (row.objective - best) / max(1.0, row.objective)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", choices=list(CASES), help="by default small ones, and public data")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("DOM_DATA", "../shared/data")), metavar="DIR")
    parser.add_argument("--peer", action="append", choices=list(PEERS), help="these of a case's peers only")
    parser.add_argument("--scenario", action="append", type=Path, default=[], metavar="DIR", help="any batch, as well")
    parser.add_argument("--gap", type=float, default=1e-3, help="asked of the product for --scenario")
    parser.add_argument("--time-limit", type=float, default=60.0, help="given to the product for --scenario")
    parser.add_argument("--multiple", type=float, default=10.0, help="of our time, at which a monolith is stopped")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    headers = [field.name for field in fields(Row)]
    lines = [headers]
    print(_line(headers), flush=True)
    with tempfile.TemporaryDirectory() as parent:
        batches = [] if arguments.scenario and not arguments.case else [*(arguments.case or SMALL)]
        every = {name: CASES[name] for name in batches} | {
            folder.name: Case(_there(folder), arguments.gap, arguments.time_limit) for folder in arguments.scenario
        }
        for name, case in every.items():
            folder = case.make(arguments.data, Path(parent))
            if arguments.peer:
                case = case._replace(peers=tuple(peer for peer in case.peers if peer in arguments.peer))
            for row in compare(name, folder, case, arguments.multiple, arguments.threads):
                lines.append([_cell(getattr(row, header)) for header in headers])
                print(_line(lines[-1]), flush=True)
    if arguments.table:
        arguments.table.write_text("".join(",".join(line) + "\n" for line in lines), encoding="utf-8")


def _cell(value: float | str) -> str:
    return value if isinstance(value, str) else "" if math.isnan(value) else f"{value:.3f}"


def _line(cells: list[str]) -> str:
    widths = (36, 20, 9, *(11,) * 7, 12)
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


if __name__ == "__main__":
    main()
