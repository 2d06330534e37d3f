"""How much work small generated batches take: counted, hence the same on every machine, and held by a test.

``python -m benchmarks.counters`` (or ``make counters``) solves every case and writes ``counters.json`` beside this
file. ``tests/integration/test_counters.py`` solves them again and fails where a counter rose by more than a fifth.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.stop import Stop

STORED = Path(__file__).with_name("counters.json")
MOST_RISE = 0.2
"""Relative. A fall is good news, and to be recorded."""

CASES = {
    spec.name: spec
    for spec in (
        Spec(60, 5, 40, "tight"),
        Spec(60, 5, 40, "comfortable", seed=1),
        Spec(40, 4, 30, "scarce", line_split=False),
        Spec(40, 4, 30, "tight", services=2, days=3, daily_capacity=True),
    )
}
GAP = 0.005


def count(name: str) -> dict[str, int]:
    """Solve a case to its gap, without a clock and on one thread; returns what its search counted."""
    with tempfile.TemporaryDirectory() as parent:
        write_scenario(generate(CASES[name]), Path(parent) / name)
        problem = load_scenario(Path(parent) / name, overrides={"gap": GAP, "threads": 1})
    return dict(solve(problem, stop=Stop()).counters)


def read_stored() -> dict[str, dict[str, int]]:
    """What was recorded last, by case."""
    stored: dict[str, dict[str, int]] = json.loads(STORED.read_text(encoding="utf-8"))
    return stored


def risen(stored: Mapping[str, int], now: Mapping[str, int]) -> list[str]:
    """What rose by more than a fifth, or is counted on one side only."""
    found = [f"{name}: {stored[name]:,} -> {now[name]:,}" for name in sorted({*stored} & {*now})
             if now[name] > stored[name] * (1 + MOST_RISE)]  # fmt: skip
    return found + [f"{name}: recorded on one side only" for name in sorted({*stored} ^ {*now})]


def main() -> None:
    counted = {name: count(name) for name in CASES}
    STORED.write_text(json.dumps(counted, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for name, counters in counted.items():
        print(name, ", ".join(f"{key} {value:,}" for key, value in counters.items()))


if __name__ == "__main__":
    main()
