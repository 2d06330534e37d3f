"""One scenario folder solved, timed and verified: the row that every table of the solve benchmarks prints."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dom_engine.cli.warmup import warm_up
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.scenario.results_summary import summary
from dom_engine.verify import verify

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


@dataclass(frozen=True)
class Measured:
    """What a reader compares. Gaps in percent, times in seconds; ``verified``: nothing found, of how many findings.

    ``proven_pct`` is the gap to the better of prices and tree, both of which ``verify`` recomputes.
    """

    case: str
    orders: int
    lines: int
    method: str
    status: str
    limit: str
    objective: float
    gap_pct: float
    certified_gap_pct: float
    proven_pct: float
    fill_pct: float
    load_s: float
    formulate_s: float
    search_s: float
    reasons_s: float
    verify_s: float
    findings: int
    whole_s: float
    cpu_s: float


_CASE_WIDTH, _NUMBER_WIDTH = 38, 8

Row = TypeVar("Row", bound="DataclassInstance")


def measure(case: str, folder: Path, overrides: Mapping[str, object]) -> Measured:
    """Load, solve, write and verify a scenario; kernels are compiled or loaded before, outside the times."""
    warm_up(load_scenario(folder))
    started_s, started_cpu_s = time.perf_counter(), _cpu_s()
    problem = load_scenario(folder, overrides=overrides)
    loaded_s = time.perf_counter()
    result = solve(problem)
    stated = summary(result)
    with tempfile.TemporaryDirectory() as parent:
        write_result(result, Path(parent) / "out")
        written_s, written_cpu_s = time.perf_counter(), _cpu_s()
        report = verify(problem, Path(parent) / "out")
    timings_s = result.timings_s
    certified = max(result.certificate.lower_bound_micros, result.tree.lower_bound_micros if result.tree else 0)
    return Measured(
        case,
        len(problem.orders),
        len(problem.lines),
        result.method,
        result.status.value,
        stated["limit"] or "",
        stated["objective"],
        100 * (stated["gap"] if stated["gap"] is not None else float("nan")),
        100 * (stated["certified_gap"] if stated["certified_gap"] is not None else float("nan")),
        100 * (stated["objective_micros"] - certified) / max(1_000_000, stated["objective_micros"]),
        100 * stated["kpis"]["fill_rate"],
        loaded_s - started_s,
        timings_s["formulation"],
        timings_s["search"],
        timings_s["reasons"],
        time.perf_counter() - written_s,
        len(report.findings),
        written_s - started_s,
        written_cpu_s - started_cpu_s,
    )


def _cpu_s() -> float:
    """Seconds that this process and the ones it waited for took of processors."""
    taken = os.times()
    return taken.user + taken.system + taken.children_user + taken.children_system


def tell(rows: Iterable[Row], table: Path | None) -> Iterator[Row]:
    """Print each row as it comes, and write all of them as CSV where ``table`` is given; the first field is a name."""
    told: list[tuple[str, ...]] = []
    for row in rows:
        headers = tuple(field.name for field in fields(row))
        if not told:
            told.append(headers)
            print(_line(headers, headers), flush=True)
        told.append(tuple(_cell(getattr(row, name)) for name in headers))
        print(_line(told[-1], headers), flush=True)
        yield row
    if table is not None:
        table.write_text("".join(",".join(cells) + "\n" for cells in told))


def _line(cells: tuple[str, ...], headers: tuple[str, ...]) -> str:
    widths = [_CASE_WIDTH, *(max(len(name), _NUMBER_WIDTH) for name in headers[1:])]
    return " ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))


def _cell(value: object) -> str:
    return f"{value:.3f}" if isinstance(value, float) else str(value)
