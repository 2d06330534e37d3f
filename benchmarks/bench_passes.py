"""One pass of pricing over a large batch, beside what the machine's memory could do: how far it is from that limit.

``python -m benchmarks.bench_passes`` prices every order of a generated batch at the same prices again and again, by
menus (``solvers/menu_pricing.py``) and by the general kernel (``solvers/pricing.py``), on one thread and on all, and
prints a row each. Bytes are those that a pass has to read whatever the caches hold: every column of the menus, or of
the model, that the kernel visits, once. What they are read at is compared with a triad over arrays far larger than any
cache (a[i] = b[i] + s c[i], 24 bytes an element: McCalpin 1995, "Memory bandwidth and machine balance in current high
performance computers"), on as many threads.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import tell
from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.jit import kernel
from solvers.menu_pricing import price_menus
from solvers.menus import Menus, list_menus
from solvers.model import F64, SourcingModel
from solvers.packed import packed
from solvers.prices import ascend
from solvers.pricing import price_orders
from solvers.stop import Stop

REPEATS = 9
TRIAD_ELEMENTS = 40_000_000
PRICING_WORK = 200_000

SKIPPED = ("slot_candidate", "slot_trip", "most_ships", "digit_ptr", "digit_line", "digit_units", "digit_radix")
"""Columns of menus that a pass without prices on candidates does not look at, but for the pattern it ends with."""


@dataclass(frozen=True)
class Pass:
    """A row: the best of some passes. A candidate is an (order, node); times in seconds, bandwidths in 1e9 bytes/s.

    ``cpu_s`` is of processors, which what else runs on the machine hardly changes.
    """

    case: str
    kernel: str
    threads: int
    orders: int
    candidates: int
    pass_s: float
    cpu_s: float
    candidates_per_cpu_s: float
    read_mb: float
    read_gb_s: float
    triad_gb_s: float
    share_pct: float


def best_s(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the quickest of some runs, after one that is not counted, and the fewest seconds of a processor."""
    work()
    taken, processor = [], []
    for _ in range(REPEATS):
        started_s, begun_s = time.perf_counter(), time.process_time()
        work()
        taken.append(time.perf_counter() - started_s)
        processor.append(time.process_time() - begun_s)
    return min(taken), min(processor)


@kernel
def triad(a: F64, b: F64, c: F64, scale: float) -> None:
    """A = b + scale c, element by element."""
    for i in range(len(a)):
        a[i] = b[i] + scale * c[i]


def triad_gb_s(threads: int) -> float:
    """What memory gives to so many threads that do next to nothing but read and write."""
    size = TRIAD_ELEMENTS // threads
    arrays = [(np.zeros(size), np.ones(size), np.ones(size)) for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        seconds, _ = best_s(lambda: list(pool.map(lambda own: triad(own[0], own[1], own[2], 3.0), arrays)))
    return 24 * size * threads / seconds / 1e9


def menu_bytes(menus: Menus) -> int:
    """What a pass over all menus reads, once each."""
    return sum(column.nbytes for name, column in menus._asdict().items() if name not in SKIPPED)


def model_bytes(model: SourcingModel) -> int:
    """What a pass of the general kernel over all orders reads, once each: its records of what orders can be sent."""
    records: Any = packed(model)
    tables = ("orders", "lines", "candidates", "sources", "positions", "items", "rows")
    return sum(int(getattr(records, name).nbytes) for name in tables)


def measured(spec: Spec, threads: int) -> Iterator[Pass]:
    """Rows of one batch."""
    with tempfile.TemporaryDirectory() as parent:
        write_scenario(generate(spec), Path(parent) / spec.name)
        model = build_model(load_scenario(Path(parent) / spec.name)).model
    menus = list_menus(model, threads)
    # Prices near the best ones: at none, next to no order looks beyond its nearest node.
    prices = ascend(model, menus, Stop(), threads=threads, pricing_work=PRICING_WORK, passes=30).prices
    listed = np.flatnonzero(menus.listed).astype(np.int32)
    candidates = int(np.diff(model.orders.cand_ptr)[listed].sum())
    row_bytes = prices.row.nbytes

    def by_menu(count: int) -> None:
        price_menus(menus, prices, listed, count)

    def in_general(count: int) -> None:
        price_orders(model, prices, listed, work_limit=PRICING_WORK, threads=count)

    passes = (("menus", by_menu, menu_bytes(menus)), ("general", in_general, model_bytes(model)))
    for name, work, read in passes:
        for count in sorted({1, threads}):
            seconds, cpu_s = best_s(lambda work=work, count=count: work(count))  # type: ignore[misc]
            memory = triad_gb_s(count)
            speed = (read + row_bytes) / seconds / 1e9
            yield Pass(
                spec.name, name, count, len(listed), candidates, seconds, cpu_s, candidates / cpu_s,
                (read + row_bytes) / 1e6, speed, memory, 100 * speed / memory,
            )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--orders", type=int, default=100_000)
    parser.add_argument("--nodes", type=int, default=100)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--services", type=int, default=1)
    parser.add_argument("--days", type=int, default=1)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    spec = Spec(
        arguments.orders, arguments.nodes, arguments.items, "tight",
        services=arguments.services, days=arguments.days, daily_capacity=arguments.days > 1,
    )  # fmt: skip
    for _ in tell(measured(spec, arguments.threads), arguments.table):
        pass


if __name__ == "__main__":
    main()
