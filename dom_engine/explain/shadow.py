"""What one more of a row is worth: by the prices of the bound, and for the dearest rows by solving again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa

from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Capacities, Measure
from dom_engine.engine import solve
from dom_engine.explain.answer import Answer
from dom_engine.explain.options import row_label
from dom_engine.scenario.exports import MONEY, table_of
from dom_engine.units import ALWAYS_S

ROW_KINDS = (RowKind.STOCK, RowKind.SAFETY_STOCK, RowKind.CAPACITY)


@dataclass(frozen=True, slots=True)
class Worth:
    """One more of a row, in weighted micros; ``period``: the start of a capacity's period in UTC, else empty.

    ``price_micros`` is its price in the bound: about what one more is worth. ``saves_low_micros`` and
    ``saves_high_micros`` enclose what it is worth exactly, found by solving again; None where that was not asked for.
    """

    row: int
    kind: str
    label: str
    period: str
    price_micros: int
    saves_low_micros: int | None = None
    saves_high_micros: int | None = None


def shadow_table(worths: Sequence[Worth]) -> pa.Table:
    """The rows as a table; ``saves_low`` and ``saves_high`` are blank where nothing was solved again."""
    words = dict.fromkeys(("kind", "label", "period"), pa.string())
    money = ("price", "saves_low", "saves_high")
    rows = [
        {
            **{name: getattr(worth, name) for name in words},
            **{name: getattr(worth, f"{name}_micros") for name in money},
        }
        for worth in worths
    ]
    return table_of(rows, {**words, **dict.fromkeys(money, MONEY)})


def shadow(
    answer: Answer,
    *,
    top: int = 3,
    tell: Callable[[str], None] | None = None,
    solver: Callable[[Problem], Result] = solve,
) -> list[Worth]:
    """The rows with a price, the dearest first, and the exact worth of the dearest ``top``.

    Parameters
    ----------
    tell
        Called with the label of each row before it is solved again.
    solver
        Solves a changed problem; by default within the problem's own limits.
    """
    rows = answer.rows
    shown = [
        row for row in range(len(rows)) if RowKind(int(rows.kind[row])) in ROW_KINDS and rows.price_micros[row] > 0
    ]
    labels = {row: row_label(answer.problem, rows, row) for row in shown}
    shown.sort(key=lambda row: (-int(rows.price_micros[row]), labels[row], int(rows.starts_s[row])))
    found = []
    for place, row in enumerate(shown):
        kind = RowKind(int(rows.kind[row])).name.lower()
        worth = Worth(row, kind, labels[row], _start(rows, row), int(rows.price_micros[row]))
        if place < top:
            if tell is not None:
                tell(labels[row])
            worth = _solved(answer, worth, solver(with_one_more(answer.problem, rows, row)))
        found.append(worth)
    return found


def _start(rows: PricedRows, row: int) -> str:
    starts_s = int(rows.starts_s[row])
    if RowKind(int(rows.kind[row])) != RowKind.CAPACITY or starts_s == ALWAYS_S:
        return ""
    return datetime.fromtimestamp(starts_s, UTC).strftime("%Y-%m-%d %H:%M")


def _solved(answer: Answer, worth: Worth, result: Result) -> Worth:
    """Both best costs lie between bound and plan, and one more of a row never costs."""
    objective, bound = answer.objective_micros, answer.summary["lower_bound_micros"]
    after = min(result.evaluation.objective_micros, objective)
    low = max(0, (0 if bound is None else bound) - after)
    high = None if result.lower_bound_micros is None else max(0, objective - result.lower_bound_micros)
    return replace(worth, saves_low_micros=low, saves_high_micros=high)


def with_one_more(problem: Problem, rows: PricedRows, row: int) -> Problem:
    """The problem with one more unit of a stock row, or one more measure of a capacity's instance (of each load)."""
    kind, position = RowKind(int(rows.kind[row])), int(rows.position_idx[row])
    if kind == RowKind.CAPACITY:
        capacity, period = int(rows.capacity_idx[row]), (int(rows.starts_s[row]), int(rows.ends_s[row]))
        return replace(problem, capacities=_with_more(problem.capacities, capacity, *period))
    column = "free" if kind == RowKind.STOCK else "covered_safety"
    amounts = getattr(problem.positions, column).copy()
    amounts[position] += 1
    return replace(problem, positions=replace(problem.positions, **{column: amounts}))


def _with_more(capacities: Capacities, capacity: int, starts_s: int, ends_s: int) -> Capacities:
    """One instance raised: a daily capacity is cut into the days before, the day, and the days after."""
    whole = int(capacities.starts_s[capacity]), int(capacities.ends_s[capacity])
    periods = [(whole[0], starts_s), (starts_s, ends_s), (ends_s, whole[1])]
    parts = [period for period in periods if period[0] < period[1]]
    rows = np.concatenate(
        [np.arange(capacity), np.full(len(parts), capacity), np.arange(capacity + 1, len(capacities))]
    )
    columns = {name: getattr(capacities, name)[rows].copy() for name in Capacities.__dataclass_fields__}
    for place, (start_s, end_s) in enumerate(parts, start=capacity):
        columns["starts_s"][place], columns["ends_s"][place] = start_s, end_s
        if (start_s, end_s) == (starts_s, ends_s):
            columns["limit"][place] += BASE_UNITS_PER_MEASURE[Measure(int(capacities.measure[capacity]))]
            columns["daily"][place] = False
    return Capacities(**columns)
