"""What six variants of a batch cost beside one solve of it: from files read to every result and the comparison written.

``python benchmarks/bench_whatif.py`` makes each case of ``CASES`` from its seed with the six variants of ``VARIANTS``,
solves it once in a fresh process, as ``dom solve`` does, and base and variants in another, as ``dom whatif`` does, both
under the same limits and threads, and prints a row (``README.md`` says how to read it). Kernels are compiled on a small
batch of the same kind before anything is timed.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.bench_scale import in_a_fresh_process
from benchmarks.measure import tell
from dom_engine.cli.warmup import warm_up
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.whatif import solve_variants
from scenarios.generate import Spec, Stock, generate, write_scenario

VARIANTS: tuple[dict[str, Any], ...] = (
    {
        "name": "node-outage",
        "changes": [{"set": {"table": "nodes", "column": "enabled", "to": False, "where": {"node": "{outage}"}}}],
    },
    {
        "name": "carrier-price-rise",
        "changes": [{"scale": {"table": "rates", "column": "base", "by": 1.1, "where": {"rate": "ground-2"}}}],
    },
    {
        "name": "demand-surge",
        "changes": [{"scale": {"table": "order_lines", "column": "quantity", "by": 2, "where": {"line": "2"}}}],
    },
    {
        "name": "new-store",
        "changes": [
            {
                "add": {
                    "table": "nodes",
                    "rows": [{"node": "NEW", "country": "US", "lat": 40.73, "lon": -73.79, "unit_cost": 0.3}],
                }
            },
            {"add": {"table": "inventory", "rows": "{stock}"}},
        ],
    },
    {"name": "later-cutoff", "changes": [{"set": {"table": "nodes", "column": "cutoff", "to": "19:00"}}]},
    {"name": "carbon-price", "changes": [{"policy": {"carbon_cost_per_kg": 0.1}}]},
)
"""The six that come with the shipped scenarios, on a generated network."""

NEW_ITEMS = 50


@dataclass(frozen=True, slots=True)
class Ratio:
    """One row. Times in seconds, gaps in percent; ``ratio`` is ``study_s`` over ``one_s``.

    ``reasons_s`` is what telling why units are left out took in the study, over all solves. ``certain`` counts variants
    whose difference to base is certain, ``worst_gap_pct`` is the widest gap of a variant.
    """

    case: str
    orders: int
    lines: int
    variants: int
    one_s: float
    study_s: float
    ratio: float
    reasons_s: float
    one_gap_pct: float
    base_gap_pct: float
    worst_gap_pct: float
    certain: int


STOCKS: tuple[Stock, ...] = ("comfortable", "tight")
CASES = {
    f"20k-{stock}-days": Spec(20_000, 50, 5_000, stock, services=2, days=5, daily_capacity=True) for stock in STOCKS
}


def with_variants(spec: Spec, out: Path) -> None:
    """Write the generated scenario with the six variants; the store that opens holds units of the first items."""
    made = generate(spec)
    items = made.tables["items"]["item"].to_pylist()[:NEW_ITEMS]
    filled = {"{outage}": made.tables["nodes"]["node"][0].as_py()}
    text = json.dumps(VARIANTS)
    for mark, value in filled.items():
        text = text.replace(mark, value)
    text = text.replace('"{stock}"', json.dumps([{"node": "NEW", "item": item, "quantity": 5} for item in items]))
    write_scenario(replace(made, settings={**made.settings, "variants": json.loads(text)}), out)


def one(folder: Path, small: Path, out: Path, overrides: Mapping[str, object]) -> tuple[float, int, int, float]:
    """Seconds of one whole run, orders, lines and the gap it ended with."""
    warm_up(load_scenario(small))
    started_s = time.perf_counter()
    problem = load_scenario(folder, overrides=overrides)
    write_result(solve(problem), out)
    took_s = time.perf_counter() - started_s
    return took_s, len(problem.orders), len(problem.lines), gap_pct(json.loads((out / "summary.json").read_text()))


def study(
    folder: Path, small: Path, out: Path, overrides: Mapping[str, object]
) -> tuple[float, dict[str, float], float, int]:
    """Seconds of a whole study, the gap of each result, seconds of reasons, and how many differences are certain."""
    warm_up(load_scenario(small))
    started_s = time.perf_counter()
    found = solve_variants(folder, out, overrides=overrides, prepare=warm_up)
    took_s = time.perf_counter() - started_s
    certain = sum(delta.is_certain for delta in found.deltas if delta.metric == "objective")
    reasons_s = sum(summary["timings_s"]["reasons"] for summary in found.summaries.values())
    return took_s, {name: gap_pct(summary) for name, summary in found.summaries.items()}, reasons_s, certain


def gap_pct(summary: Mapping[str, Any]) -> float:
    return 100 * (summary["gap"] if summary["gap"] is not None else float("nan"))


def measured(cases: Mapping[str, Spec], overrides: Mapping[str, object]) -> Iterator[Ratio]:
    """Make each case, solve it once, and solve it with its variants."""
    for name, spec in cases.items():
        with tempfile.TemporaryDirectory() as parent:
            folder, small = Path(parent) / name, Path(parent) / "small"
            with_variants(spec, folder)
            write_scenario(generate(replace(spec, orders=300, nodes=10, items=150)), small)
            one_s, orders, lines, alone_pct = in_a_fresh_process(one, folder, small, Path(parent) / "plan", overrides)
            study_s, gaps, reasons_s, certain = in_a_fresh_process(
                study, folder, small, Path(parent) / "study", overrides
            )
            variants = [gap for variant, gap in gaps.items() if variant != "base"]
            yield Ratio(
                name,
                orders,
                lines,
                len(variants),
                one_s,
                study_s,
                study_s / one_s,
                reasons_s,
                alone_pct,
                gaps["base"],
                max(variants),
                certain,
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", action="append", metavar="TEXT", help="cases whose name holds this; may be repeated")
    parser.add_argument("--time-limit", type=float, default=20, metavar="S", help="of each search")
    parser.add_argument("--gap", type=float, default=1e-3, metavar="G", help="at which a search ends before")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--table", type=Path, metavar="CSV", help="write the rows here, too")
    arguments = parser.parse_args()
    chosen = {
        name: spec for name, spec in CASES.items() if not arguments.case or any(text in name for text in arguments.case)
    }
    if not chosen:
        parser.error(f"no such case; there are {', '.join(CASES)}")
    overrides = {"time_limit_s": arguments.time_limit, "gap": arguments.gap, "threads": arguments.threads}
    for _ in tell(measured(chosen, overrides), arguments.table):
        pass


if __name__ == "__main__":
    main()
