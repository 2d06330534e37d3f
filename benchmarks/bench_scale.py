"""How a whole run grows: from Parquet files read to a plan audited and written, phase by phase, to a million orders.

``python benchmarks/bench_scale.py`` makes each case of ``CASES`` from its seed, solves it in a fresh process, verifies
it in another, and prints a row (``README.md`` says how to read it). Kernels are compiled on a small batch of the same
kind before anything is timed. ``--case`` may name a part of several names: ``--case 100k``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.measure import tell
from dom_engine.cli.warmup import warm_up
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.scenario.results_summary import summary
from dom_engine.verify import verify
from scenarios.generate import Spec, Stock, generate, write_scenario

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Size:
    """A row of the target table: the batch, and what the search may take of the whole run's time."""

    orders: int
    nodes: int
    items: int
    whole_s: float
    time_limit_s: float


@dataclass(frozen=True, slots=True)
class Case:
    """A batch and the limits it is solved under."""

    spec: Spec
    time_limit_s: float
    gap: float


@dataclass(frozen=True, slots=True)
class Scaled:
    """One row. Times in seconds, memory in GB (1e9 bytes) at the peak of the process, gaps in percent.

    ``whole_s`` runs from files read to plan audited and written; ``verify_s`` and ``verify_gb`` are another process's.
    """

    case: str
    orders: int
    lines: int
    method: str
    status: str
    limit: str
    load_s: float
    formulate_s: float
    search_s: float
    audit_s: float
    reasons_s: float
    write_s: float
    whole_s: float
    peak_gb: float
    gap_pct: float
    certified_gap_pct: float
    unallocated_lines: int
    verify_s: float = 0.0
    verify_gb: float = 0.0
    findings: int = 0


SIZES = {
    "3k": Size(3_000, 20, 1_500, 5, 4),
    "10k": Size(10_000, 30, 3_000, 30, 26),
    "20k": Size(20_000, 50, 5_000, 60, 54),
    "100k": Size(100_000, 100, 20_000, 60, 48),
    "1m": Size(1_000_000, 1_000, 100_000, 300, 220),
}
STOCKS: tuple[Stock, ...] = ("comfortable", "tight")
DISPATCHES: dict[str, dict[str, Any]] = {"": {}, "-days": {"services": 2, "days": 5, "daily_capacity": True}}
GAPS: dict[str, float] = {"comfortable": 5e-4, "tight": 1e-3}

CASES = {
    f"{size}-{stock}{suffix}": Case(
        Spec(row.orders, row.nodes, row.items, stock, **dispatch), row.time_limit_s, GAPS[stock]
    )
    for size, row in SIZES.items()
    for stock in STOCKS
    for suffix, dispatch in DISPATCHES.items()
}


def solved(folder: Path, small: Path, out: Path, overrides: dict[str, Any]) -> Scaled:
    """Load, solve and write a scenario; runs in a process of its own, whose peak memory it reports."""
    warm_up(load_scenario(small))
    write_result(solve(load_scenario(small, overrides={**overrides, "time_limit_s": 5})), out)
    started_s = time.perf_counter()
    problem = load_scenario(folder, overrides=overrides)
    loaded_s = time.perf_counter()
    result = solve(problem)
    solved_s = time.perf_counter()
    write_result(result, out)
    written_s = time.perf_counter()
    stated = summary(result)
    return Scaled(
        case="",
        orders=len(problem.orders),
        lines=len(problem.lines),
        method=result.method,
        status=result.status.value,
        limit=stated["limit"] or "",
        load_s=loaded_s - started_s,
        formulate_s=result.timings_s["formulation"],
        search_s=result.timings_s["search"],
        audit_s=result.timings_s["audit"],
        reasons_s=result.timings_s["reasons"],
        write_s=written_s - solved_s,
        whole_s=written_s - started_s,
        peak_gb=peak_gb(),
        gap_pct=100 * (stated["gap"] if stated["gap"] is not None else float("nan")),
        certified_gap_pct=100 * stated["certified_gap"],
        unallocated_lines=len(result.reasons.line_idx),
    )


def verified(folder: Path, out: Path) -> tuple[float, float, int]:
    """Seconds to verify a result, peak memory, findings; runs in a process of its own."""
    problem = load_scenario(folder)
    started_s = time.perf_counter()
    report = verify(problem, out)
    return time.perf_counter() - started_s, peak_gb(), len(report.findings)


def peak_gb() -> float:
    """The most memory this process has held, in 1e9 bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def in_a_fresh_process(work: Callable[..., T], *arguments: object) -> T:
    """Run a function where nothing has been loaded or allocated yet."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measured(names: list[str], overrides: dict[str, Any], *, check: bool) -> Iterator[Scaled]:
    """Make, solve and verify each case; ``overrides`` win over the case's own limits."""
    for name in names:
        case = CASES[name]
        with tempfile.TemporaryDirectory() as parent:
            folder, small, out = Path(parent) / name, Path(parent) / "small", Path(parent) / "plan"
            write_scenario(generate(case.spec), folder)
            write_scenario(generate(replace(case.spec, orders=300, nodes=10, items=150)), small)
            limits = {"time_limit_s": case.time_limit_s, "gap": case.gap, **overrides}
            row = replace(in_a_fresh_process(solved, folder, small, out, limits), case=name)
            shutil.rmtree(small)
            if check:
                verify_s, verify_gb, findings = in_a_fresh_process(verified, folder, out)
                row = replace(row, verify_s=verify_s, verify_gb=verify_gb, findings=findings)
            yield row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="TEXT", help="cases whose name holds this; may be repeated")
    parser.add_argument("--time-limit", type=float, metavar="S", help="of the search, instead of each case's own")
    parser.add_argument("--gap", type=float, help="at which a search ends, instead of each case's own")
    parser.add_argument("--method", help="instead of auto")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--no-verify", action="store_true", help="solve only")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    parser.add_argument("--list", action="store_true", help="name the cases and leave")
    arguments = parser.parse_args()
    names = [name for name in CASES if not arguments.case or any(text in name for text in arguments.case)]
    if not names:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    if arguments.list:
        print("\n".join(names))
        return
    overrides: dict[str, Any] = {"threads": arguments.threads}
    if arguments.time_limit is not None:
        overrides["time_limit_s"] = arguments.time_limit
    if arguments.gap is not None:
        overrides["gap"] = arguments.gap
    if arguments.method:
        overrides["method"] = arguments.method
    for _ in tell(measured(names, overrides, check=not arguments.no_verify), arguments.table):
        pass


if __name__ == "__main__":
    main()
