"""How long a scenario of a million order lines takes to load and validate, from Parquet and from CSV.

``python benchmarks/bench_load.py --lines 1000000`` makes the files in a temporary folder, loads them in a fresh process
per format and prints seconds and peak memory. Under pytest-benchmark a tenth of the size is timed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
import pytest

from dom_engine.scenario import load_scenario

LINES_PER_ORDER = 2.5
SETTINGS = """\
format: 1
name: load
now: 2026-06-01T06:00:00Z
policy: {unmet_cost: 50}
"""


def make_scenario(folder: Path, num_lines: int, file_format: str, seed: int = 0) -> None:
    """Write a scenario of ``num_lines`` order lines with prices, promises, lists and locations in most cells."""
    rng = np.random.default_rng(seed)
    num_orders = max(1, round(num_lines / LINES_PER_ORDER))
    num_items, num_nodes = max(10, num_lines // 10), max(5, num_lines // 1_000)
    nodes, items, orders = _ids("N", num_nodes), _ids("ITEM-", num_items), _ids("SO", num_orders)
    of_order = np.sort(rng.integers(num_orders, size=num_lines))
    line = np.arange(num_lines) - np.searchsorted(of_order, of_order)
    stocked = np.unique(rng.integers(num_nodes * num_items, size=6 * num_items))
    tables: dict[str, dict[str, Any]] = {
        "nodes": {
            "node": nodes,
            "country": ["US"] * num_nodes,
            "lat": _degrees(rng, num_nodes, 26, 48),
            "lon": _degrees(rng, num_nodes, -122, -70),
            "timezone": ["America/Chicago"] * num_nodes,
            "unit_cost": _decimals(rng, num_nodes, 2),
        },
        "items": {
            "item": items,
            "weight_kg": _decimals(rng, num_items, 10),
            "value": _decimals(rng, num_items, 200),
        },
        "inventory": {
            "node": nodes.take(pa.array(stocked // num_items)),
            "item": items.take(pa.array(stocked % num_items)),
            "quantity": rng.integers(1, 50, len(stocked)),
        },
        "services": {"service": ["ground", "air"]},
        "lanes": {
            "service": ["ground", "ground", "air"],
            "from_km": [0, 800, 0],
            "to_km": pa.array([800, None, None]),
            "rate": ["near", "far", "air"],
            "transit_days": [1, 4, 1],
        },
        "rates": {
            "rate": ["near", "far", "air"],
            "base": [6, 9, 20],
            "per_kg": [0.5, 0.9, 2.25],
        },
        "orders": {
            "order": orders.take(pa.array(rng.permutation(num_orders))),
            "customer": _ids("C", num_orders).take(pa.array(rng.integers(num_orders, size=num_orders))),
            "priority": rng.integers(1, 4, num_orders) * 100,
            "country": ["US"] * num_orders,
            "postal_code": pc.utf8_lpad(pa.array(rng.integers(99_999, size=num_orders)).cast(pa.string()), 5, "0"),
            "lat": _degrees(rng, num_orders, 26, 48),
            "lon": _degrees(rng, num_orders, -122, -70),
            "latest": _instants(rng, num_orders),
            "late_cost_per_day": _decimals(rng, num_orders, 5),
        },
        "order_lines": {
            "order": orders.take(pa.array(of_order)),
            "line": pa.array(line + 1).cast(pa.string()),
            "item": items.take(pa.array((num_items * rng.random(num_lines) ** 3).astype(np.int64))),
            "quantity": rng.integers(1, 5, num_lines),
            "unit_price": _decimals(rng, num_lines, 200),
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scenario.yaml").write_text(SETTINGS)
    for name, columns in tables.items():
        if file_format == "parquet":
            pq.write_table(pa.table(columns), folder / f"{name}.parquet")
        else:
            pcsv.write_csv(pa.table(columns), folder / f"{name}.csv")


def _ids(prefix: str, count: int) -> pa.StringArray:
    numbers = pc.utf8_lpad(pa.array(np.arange(count)).cast(pa.string()), 7, "0")
    return pc.binary_join_element_wise(prefix, numbers, "")


def _decimals(rng: np.random.Generator, count: int, most: float) -> npt.NDArray[np.float64]:
    return np.round(rng.random(count) * most, 2)


def _degrees(rng: np.random.Generator, count: int, low: float, high: float) -> npt.NDArray[np.float64]:
    return np.round(rng.uniform(low, high, count), 5)


def _instants(rng: np.random.Generator, count: int) -> pa.StringArray:
    seconds = pa.array(1_780_300_000 + rng.integers(10 * 86_400, size=count)).cast(pa.timestamp("s", "UTC"))
    return pc.strftime(seconds, format="%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize("file_format", ["parquet", "csv"])
def test_load(benchmark: Any, tmp_path: Path, file_format: str) -> None:
    make_scenario(tmp_path, 100_000, file_format)
    problem = benchmark.pedantic(load_scenario, args=(tmp_path,), rounds=3, warmup_rounds=1)
    assert len(problem.lines) == 100_000


def _measure(folder: Path) -> None:
    start = time.perf_counter()
    problem = load_scenario(folder)
    seconds = time.perf_counter() - start
    peak_gib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    size = f"{len(problem.lines):>10,} lines"
    print(f"{folder.name:8} {size} {seconds:7.2f} s {peak_gib:6.2f} GiB peak  digest {problem.digest[:12]}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        for file_format in ("parquet", "csv"):
            folder = Path(temporary) / file_format
            make_scenario(folder, arguments.lines, file_format)
            # A process of its own: the peak is the loader's, not the maker's.
            process = multiprocessing.get_context("spawn").Process(target=_measure, args=(folder,))
            process.start()
            process.join()


if __name__ == "__main__":
    main()
