"""How a variant differs from base, and between which limits the true difference lies.

A solved problem states what its plan costs, ``value``, and a lower bound, so the cost of its best plan lies in
``[bound, value]``. The difference of two best plans hence lies in ``[bound - base, value - base_bound]``: what falls
outside that interval no better search could ever find, and an interval that holds 0 proves no difference at all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from dom_engine.scenario.exports import MONEY, TableFormat, write_table

BASE = "base"
"""The scenario without any variant's changes, and the folder of its result."""

COMPARISON_FILE = "comparison.csv"
COMPARISON_PARQUET = "comparison.parquet"

_MICRO = Decimal("0.000001")
_AMOUNTS = ("costs", "raw_costs")


@dataclass(frozen=True, slots=True)
class Delta:
    """One metric of one variant against base; money in the scenario's currency, exact to the micro.

    ``delta_low`` and ``delta_high`` enclose the difference of the two best plans; None where no bound says anything,
    as of the single terms of a cost.
    """

    variant: str
    metric: str
    value: Decimal
    base: Decimal
    delta: Decimal
    delta_low: Decimal | None = None
    delta_high: Decimal | None = None

    @property
    def is_certain(self) -> bool:
        """Whether the best plans differ, and in which direction, whatever the search left undone."""
        if self.delta_low is None or self.delta_high is None:
            return False
        return self.delta_low > 0 or self.delta_high < 0


class _Interval(NamedTuple):
    """What a plan reaches, and the least that the best plan can reach; no bound: the best plan may lie anywhere."""

    value: Decimal
    bound: Decimal | None


def compare(summaries: Mapping[str, Mapping[str, Any]], fill_first: Collection[str] = ()) -> list[Delta]:
    """Compare every variant with base.

    Parameters
    ----------
    summaries
        ``summary.json`` of base and of each variant, by name; variants keep their order.
    fill_first
        The names of those whose policy is ``fill_first``; a summary does not say so.

    Returns
    -------
    list of Delta
        By variant, then metric: ``objective``, ``weighted_unallocated``, each cost term (``costs.freight``; unweighted
        ``raw_costs.freight``) and each KPI (``kpis.fill_rate``).
    """
    base = summaries[BASE]
    found = []
    for name, summary in summaries.items():
        if name != BASE:
            found.append(_delta(name, "objective", _cost(summary, name in fill_first), _cost(base, BASE in fill_first)))
            found.append(_delta(name, "weighted_unallocated", _fill(summary), _fill(base)))
            stated, other = dict(_plain_metrics(summary)), dict(_plain_metrics(base))
            found += [_plain(name, metric, stated[metric], other[metric]) for metric in stated if metric in other]
    return found


def relative(delta: Delta) -> tuple[float, float] | None:
    """The interval of the best plan's relative change of cost, as ratios; None without bounds or a base of 0."""
    if delta.delta_low is None or delta.delta_high is None or delta.base <= 0:
        return None
    # opt/opt_base lies in [low/base, value/base_bound], and delta_high = value - base_bound.
    base_bound = delta.value - delta.delta_high
    if base_bound <= 0:
        return None
    return float((delta.base + delta.delta_low) / delta.base - 1), float(delta.value / base_bound - 1)


def write_comparison(deltas: Sequence[Delta], out: Path, tables: TableFormat = "csv") -> None:
    """Write ``comparison.csv`` always, for ``dom report`` reads it, and ``comparison.parquet`` where asked for.

    Parquet has types to calculate with, exact decimals, while CSV tells a count as ``9`` and money as ``9.000000``.
    """
    names = [field.name for field in fields(Delta)]
    columns = {name: pa.array([_text(getattr(delta, name)) for delta in deltas], pa.string()) for name in names}
    write_table(out / COMPARISON_FILE, pa.table(columns))
    if tables == "csv":
        (out / COMPARISON_PARQUET).unlink(missing_ok=True)
    else:
        write_table(out / COMPARISON_PARQUET, comparison_table(deltas))


def comparison_table(deltas: Sequence[Delta]) -> pa.Table:
    """The same rows in types that notebooks calculate with: decimals exact to the micro, blanks as nulls."""
    texts, numbers = ("variant", "metric"), ("value", "base", "delta", "delta_low", "delta_high")
    return pa.table(
        {name: pa.array([getattr(delta, name) for delta in deltas], pa.string()) for name in texts}
        | {name: pa.array([getattr(delta, name) for delta in deltas], MONEY) for name in numbers}
    )


def _text(value: object) -> str:
    if value is None:
        return ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _delta(variant: str, metric: str, here: _Interval, there: _Interval) -> Delta:
    low = high = None
    if here.bound is not None and there.bound is not None:
        low, high = here.bound - there.value, here.value - there.bound
    return Delta(variant, metric, here.value, there.value, here.value - there.value, low, high)


def _cost(summary: Mapping[str, Any], fill_first: bool) -> _Interval:
    fill, bound = summary["fill"], summary["lower_bound_micros"]
    least = fill["lower_bound_micros"]
    # Under fill_first a plan that fills less may cost less than the best: its cost bounds nothing from above.
    fills_most = not fill_first or (least is not None and fill["weighted_unallocated_micros"] <= least)
    return _Interval(_money(summary["objective_micros"]), None if bound is None or not fills_most else _money(bound))


def _fill(summary: Mapping[str, Any]) -> _Interval:
    reached, least = summary["fill"]["weighted_unallocated_micros"], summary["fill"]["lower_bound_micros"]
    return _Interval(_money(reached), None if least is None else _money(least))


def _plain_metrics(summary: Mapping[str, Any]) -> Iterator[tuple[str, Decimal]]:
    for group in _AMOUNTS:
        for term, micros in summary[f"{group}_micros"].items():
            yield f"{group}.{term}", _money(micros)
    kpis = summary["kpis"]
    for name, value in kpis.items():
        if name.endswith("_micros"):
            continue
        micros = kpis.get(f"{name}_micros")
        yield f"kpis.{name}", _money(micros) if micros is not None else _decimal(value)


def _plain(variant: str, metric: str, value: Decimal, base: Decimal) -> Delta:
    return Delta(variant, metric, value, base, value - base)


def _money(micros: int) -> Decimal:
    return Decimal(micros).scaleb(-6).quantize(_MICRO)


def _decimal(value: float) -> Decimal:
    """A count as it is, a ratio to six decimals."""
    return Decimal(value) if isinstance(value, int) else Decimal(repr(value)).quantize(_MICRO)
