"""How soon a plan of 100,000 orders is explained, and reported: seconds after it is read, and how large the page is.

``python benchmarks/bench_explain.py`` makes each case of ``CASES`` from its seed, solves it for a while in a fresh
process, and in another one reads scenario and plan, explains orders spread over the batch, those left short among them,
and writes the report, with and without the scenario. It prints a row (``README.md`` says how to read it).
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.bench_scale import in_a_fresh_process, peak_gb
from benchmarks.measure import tell
from dom_engine.cli.warmup import warm_up
from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.explain import Answer, explain, read_answer
from dom_engine.report import write_report
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from scenarios.generate import Spec, Stock, generate, write_scenario

EXPLAINED = 20
"""Orders explained of each kind: served, and left short."""


@dataclass(frozen=True, slots=True)
class Told:
    """One row. Times in seconds, sizes in MB (1e6 bytes), memory in GB.

    ``read_s`` is what comes before: scenario and plan read and checked. ``served_s`` and ``short_s`` are the medians of
    explaining an order that is served and one that is left short, ``first_s`` the very first, ``worst_s`` the slowest.
    ``plan_report`` is of the result alone, ``whole_report`` with map and capacities of the scenario.
    """

    case: str
    orders: int
    short_orders: int
    read_s: float
    first_s: float
    served_s: float
    short_s: float
    worst_s: float
    plan_report_s: float
    plan_report_mb: float
    whole_report_s: float
    whole_report_mb: float
    peak_gb: float


STOCKS: tuple[Stock, ...] = ("comfortable", "tight", "scarce")
CASES = {
    f"100k-{stock}-days": Spec(100_000, 100, 20_000, stock, services=2, days=5, daily_capacity=True) for stock in STOCKS
}


def solved(folder: Path, small: Path, out: Path, overrides: Mapping[str, object]) -> None:
    """Solve a scenario, in a process of its own."""
    warm_up(load_scenario(small))
    write_result(solve(load_scenario(folder, overrides=overrides)), out)


def told(folder: Path, small: Path, plan: Path) -> Told:
    """Explain and report a plan; kernels are loaded before, by an order of a small batch."""
    warm_problem = load_scenario(small, overrides={"time_limit_s": 5})
    write_result(solve(warm_problem), small / "plan")
    explain(read_answer(warm_problem, small / "plan"), str(warm_problem.orders.ids[0]))
    started_s = time.perf_counter()
    problem = load_scenario(folder)
    answer = read_answer(problem, plan)
    read_s = time.perf_counter() - started_s
    short = np.unique(problem.lines.order_idx[answer.plan.unallocated(problem.lines.quantity) > 0])
    served = np.setdiff1d(np.arange(len(problem.orders)), short)
    of_served, of_short = timed(answer, problem, served), timed(answer, problem, short)
    sizes = []
    for scenario in (None, problem):
        started_s = time.perf_counter()
        write_report(plan, plan.parent / "report.html", scenario)
        sizes.append((time.perf_counter() - started_s, (plan.parent / "report.html").stat().st_size / 1e6))
    (plan_s, plan_mb), (whole_s, whole_mb) = sizes
    return Told(
        case="",
        orders=len(problem.orders),
        short_orders=len(short),
        read_s=read_s,
        first_s=[*of_served, *of_short][0],
        served_s=statistics.median(of_served or [float("nan")]),
        short_s=statistics.median(of_short or [float("nan")]),
        worst_s=max([*of_served, *of_short]),
        plan_report_s=plan_s,
        plan_report_mb=plan_mb,
        whole_report_s=whole_s,
        whole_report_mb=whole_mb,
        peak_gb=peak_gb(),
    )


def timed(answer: Answer, problem: Problem, orders: np.ndarray) -> list[float]:
    """Seconds to explain each of some orders, spread evenly."""
    spread = orders[np.linspace(0, len(orders) - 1, min(EXPLAINED, len(orders)), dtype=np.int64)]
    took = []
    for order in spread.tolist():
        started_s = time.perf_counter()
        explain(answer, str(problem.orders.ids[order]))
        took.append(time.perf_counter() - started_s)
    return took


def measured(cases: Mapping[str, Spec], overrides: Mapping[str, object]) -> Iterator[Told]:
    """Make, solve, explain and report each case."""
    for name, spec in cases.items():
        with tempfile.TemporaryDirectory() as parent:
            folder, small, plan = Path(parent) / name, Path(parent) / "small", Path(parent) / "plan"
            write_scenario(generate(spec), folder)
            write_scenario(generate(replace(spec, orders=300, nodes=10, items=150)), small)
            in_a_fresh_process(solved, folder, small, plan, overrides)
            yield replace(in_a_fresh_process(told, folder, small, plan), case=name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="TEXT", help="cases whose name holds this; may be repeated")
    parser.add_argument("--time-limit", type=float, default=15, metavar="S", help="of the search")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    chosen = {
        name: spec for name, spec in CASES.items() if not arguments.case or any(text in name for text in arguments.case)
    }
    if not chosen:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    overrides = {"time_limit_s": arguments.time_limit, "threads": arguments.threads}
    for _ in tell(measured(chosen, overrides), arguments.table):
        pass


if __name__ == "__main__":
    main()
