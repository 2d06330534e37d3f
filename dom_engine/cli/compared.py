"""Variants against base, in words: what each costs or saves, how certain that is, and which terms moved."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from dom_engine.cli.blocks import Block, Cell, Column, Grid, Tone
from dom_engine.cli.texts import money, printable

if TYPE_CHECKING:
    from dom_engine.whatif import Delta, Study

NAME_LIMIT = 30
MAX_VARIANTS_BESIDE = 6
"""More variants than this would not fit beside one another."""


def study_blocks(study: Study) -> list[Block]:
    """The verdict on each variant, then every cost term and KPI that moved."""
    blocks: list[Block] = [verdicts(study)]
    moved = movements(study)
    return [*blocks, moved] if moved.rows else blocks


def verdicts(study: Study) -> Grid:
    """One row per variant: cost, difference to base, the interval that encloses the true one, and what it proves."""
    base = study.summaries["base"]["objective_micros"]
    rows = [(Cell("base", Tone.STRONG), Cell(money(base)), Cell(""), Cell(""), Cell(""))]
    for delta in study.deltas:
        if delta.metric == "objective":
            text, tone = verdict(delta)
            rows.append(
                (
                    Cell(printable(delta.variant, NAME_LIMIT), Tone.STRONG),
                    Cell(_money(delta.value)),
                    Cell(_signed(delta.delta)),
                    Cell(_span(delta), Tone.QUIET),
                    Cell(text, tone),
                )
            )
    columns = (
        Column("variant"),
        Column("cost", right=True),
        Column("difference", right=True),
        Column("certainly between", rank=1),
        Column("", flexible=True),
    )
    return Grid(f"Variants in {study.currency}", columns, tuple(rows))


def verdict(delta: Delta) -> tuple[str, Tone]:
    """What the bounds prove of a variant's cost, as a planner would say it."""
    from dom_engine.whatif.comparison import relative

    if not delta.is_certain:
        same = delta.delta_low == delta.delta_high == 0
        return ("costs the same, certainly", Tone.NORMAL) if same else ("no difference is proven", Tone.WARNING)
    saves = delta.delta_high is not None and delta.delta_high < 0
    span = relative(delta)
    if span is None:
        return ("saves, certainly", Tone.GOOD) if saves else ("costs more, certainly", Tone.BAD)
    least, most = sorted(abs(ratio) * 100 for ratio in span)
    words = f"{least:.1f} %" if f"{least:.1f}" == f"{most:.1f}" else f"{least:.1f}-{most:.1f} %"
    return (f"saves {words}, certainly", Tone.GOOD) if saves else (f"costs {words} more, certainly", Tone.BAD)


def movements(study: Study) -> Grid:
    """The cost terms and KPIs that differ from base in some variant."""
    names = list(dict.fromkeys(delta.variant for delta in study.deltas))[:MAX_VARIANTS_BESIDE]
    by_metric: dict[str, dict[str, Delta]] = {}
    for delta in study.deltas:
        if delta.metric.startswith(("costs.", "kpis.")):
            by_metric.setdefault(delta.metric, {})[delta.variant] = delta
    rows = []
    for metric, of in by_metric.items():
        if any(of[name].delta for name in names):
            base = next(iter(of.values())).base
            cells = [Cell(_signed(of[name].delta) if of[name].delta else "") for name in names]
            label = metric.partition(".")[2].replace("_", " ")
            rows.append((Cell(label), Cell(_number(base)), *cells))
    columns = (
        Column(""),
        Column("base", right=True),
        *(Column(printable(name, NAME_LIMIT), right=True, rank=place) for place, name in enumerate(names)),
    )
    return Grid("What moves", columns, tuple(rows), "Differences to base; every metric is in comparison.csv.")


def _span(delta: Delta) -> str:
    if delta.delta_low is None or delta.delta_high is None:
        return "no bounds"
    if _signed(delta.delta_low) == _signed(delta.delta_high):
        return _signed(delta.delta_low)
    return f"{_signed(delta.delta_low)} and {_signed(delta.delta_high)}"


def _money(value: Decimal) -> str:
    return money(int(value.scaleb(6)))


def _number(value: Decimal) -> str:
    return f"{int(value):,}" if value == int(value) and value.as_tuple().exponent == 0 else f"{value:,.2f}"


def _signed(value: Decimal) -> str:
    return f"+{_number(value)}" if value > 0 else _number(value)
