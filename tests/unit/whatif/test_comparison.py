"""Differences of variants, and the intervals that enclose the true ones."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dom_engine.whatif import Delta, compare, write_comparison
from dom_engine.whatif.comparison import relative
from tests.runs import read_table


def summary(
    objective: int, bound: int | None, *, unallocated: int = 0, least: int | None = None, shipments: int = 3
) -> dict[str, Any]:
    return {
        "objective_micros": objective,
        "lower_bound_micros": bound,
        "fill": {"weighted_unallocated_micros": unallocated, "lower_bound_micros": least},
        "costs_micros": {"freight": objective},
        "raw_costs_micros": {"freight": objective},
        "kpis": {"shipments": shipments, "fill_rate": 2 / 3, "cost_per_order": 0.5, "cost_per_order_micros": 500_000},
    }


def named(deltas: list[Delta], metric: str) -> Delta:
    (found,) = (delta for delta in deltas if delta.metric == metric)
    return found


def test_the_interval_is_made_of_both_bounds() -> None:
    deltas = compare({"base": summary(100_000_000, 99_000_000), "cheap": summary(90_000_000, 88_500_000)})
    objective = named(deltas, "objective")
    assert objective == Delta(
        "cheap", "objective", Decimal(90), Decimal(100), Decimal(-10), Decimal("-11.5"), Decimal(-9)
    )
    assert objective.is_certain
    least, most = relative(objective) or (0, 0)
    assert (round(least, 6), round(most, 6)) == (-0.115, round(90 / 99 - 1, 6))


def test_noise_is_no_saving() -> None:
    delta = named(compare({"base": summary(100, 90), "b": summary(95, 89)}), "objective")
    assert delta.delta < 0
    assert not delta.is_certain


def test_without_a_bound_nothing_is_certain() -> None:
    delta = named(compare({"base": summary(100, None), "b": summary(10, 10)}), "objective")
    assert (delta.delta_low, delta.delta_high, delta.is_certain) == (None, None, False)
    assert relative(delta) is None


def test_metrics_keep_their_digits() -> None:
    deltas = compare({"base": summary(3, 3, shipments=5), "b": summary(1, 1)})
    assert named(deltas, "costs.freight").delta == Decimal("-0.000002")
    assert named(deltas, "kpis.shipments").delta == -2
    assert named(deltas, "kpis.fill_rate").value == Decimal("0.666667")
    assert named(deltas, "kpis.cost_per_order").value == Decimal("0.500000")
    assert "kpis.cost_per_order_micros" not in {delta.metric for delta in deltas}


@pytest.mark.parametrize(("least", "certain"), [(5_000_000, True), (4_000_000, False), (None, False)])
def test_under_fill_first_a_plan_that_may_fill_less_bounds_nothing(least: int | None, certain: bool) -> None:
    base = summary(100_000_000, 100_000_000, unallocated=0, least=0)
    variant = summary(50_000_000, 50_000_000, unallocated=5_000_000, least=least)
    delta = named(compare({"base": base, "b": variant}, fill_first={"base", "b"}), "objective")
    assert delta.is_certain is certain


def test_the_table_is_written_whole(tmp_path: Path) -> None:
    deltas = compare({"base": summary(100_000_000, 99_000_000), "b": summary(90_000_000, 88_500_000)})
    write_comparison(deltas, tmp_path, "both")
    typed = pq.read_table(tmp_path / "comparison.parquet").to_pylist()
    assert (typed[0]["delta"], typed[0]["delta_low"]) == (Decimal(-10), Decimal("-11.5"))
    write_comparison(deltas, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["comparison.csv"]
    first = read_table(tmp_path / "comparison.csv")[0]
    assert first == {
        "variant": "b",
        "metric": "objective",
        "value": "90.000000",
        "base": "100.000000",
        "delta": "-10.000000",
        "delta_low": "-11.500000",
        "delta_high": "-9.000000",
    }
