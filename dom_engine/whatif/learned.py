"""Prices for the orders to come, learned from those that came: no hindsight but how long orders go on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa

from dom_engine.audit import Auditor
from dom_engine.desk import Desk
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.engine import plan_and_prices
from dom_engine.explain.copies import with_orders
from dom_engine.whatif.leftover import what_is_left

MAX_TIMES = 4
"""Orders seen are expected again so often at most: each time more is a larger batch to price."""


def learned_prices(auditor: Auditor, desk: Desk, elapsed_s: int, remaining_s: int) -> PricedRows:
    """Prices at which scarce stock is kept for orders like those that came.

    As many orders as came in the last ``elapsed_s`` are expected in as many seconds to come. Where less time remains,
    only the latest of them come again; where more does, they come again as often, up to ``MAX_TIMES``, and beyond that
    have to do with their share of the stock, which prices about the same as more orders with all of it.

    What a few windows cannot tell is whether an item runs out altogether: one large order would, if it came again and
    again. So of an item's prices only their differences from place to place count.

    Parameters
    ----------
    elapsed_s, remaining_s
        Since the first release, and from now to the last one; both above 0.
    """
    problem, left = auditor.problem, what_is_left(auditor, desk.plan())
    age_s = problem.now_s + elapsed_s - problem.orders.released_at_s
    seen = np.flatnonzero((age_s > 0) & (age_s <= remaining_s)).astype(np.int64)
    times = min(MAX_TIMES, max(1, round(remaining_s / elapsed_s)))
    share = min(1.0, times * elapsed_s / remaining_s)
    stock = left.positions
    stock = replace(stock, free=_part(stock.free, share), covered_safety=_part(stock.covered_safety, share))
    at_s = problem.now_s + elapsed_s
    again = replace(left, positions=stock, now_s=at_s, horizon_s=max(0, problem.horizon_end_s - at_s))
    _, rows = plan_and_prices(_repeated(again, seen, times))
    return desk.known(_in_words_of(auditor, _by_place(left, rows)))


def _repeated(problem: Problem, orders: I64, times: int) -> Problem:
    """Some orders, each so often; every copy has groups of its own."""
    several = with_orders(problem, np.repeat(orders, times))
    copy = np.tile(np.arange(times, dtype=np.int32), len(orders))[several.lines.order_idx]
    group = several.lines.group_idx
    apart = np.where(group >= 0, group + copy * np.int32(len(problem.groups)), group).astype(np.int32)
    return replace(
        several, lines=replace(several.lines, group_idx=apart), groups=pa.concat_arrays([problem.groups] * times)
    )


def _by_place(left: Problem, rows: PricedRows) -> PricedRows:
    """Stock prices less the least that a unit of the item has at any position with stock."""
    positions, price = left.positions, np.zeros(len(left.positions), np.int64)
    stock = rows.kind == RowKind.STOCK
    price[rows.position_idx[stock]] = rows.price_micros[stock]
    least = np.full(len(left.items), np.iinfo(np.int64).max)
    held = positions.free > 0
    np.minimum.at(least, positions.item_idx[held], price[held])
    differences = rows.price_micros.copy()
    drawn = rows.position_idx[stock]
    differences[stock] = np.maximum(0, price[drawn] - least[positions.item_idx[drawn]])
    return replace(rows, price_micros=differences)


def _part(amounts: I64, share: float) -> I64:
    """The nearest whole part: what lies in ones and twos would vanish if it were rounded down."""
    part: I64 = np.floor(amounts * share + 0.5).astype(np.int64)
    return part


def _in_words_of(auditor: Auditor, rows: PricedRows) -> PricedRows:
    """What is left has a capacity per instance; the whole problem has the capacities they are of."""
    capacity = rows.capacity_idx.copy()
    drawn = rows.kind == RowKind.CAPACITY
    capacity[drawn] = auditor.capacity_rows.capacity_idx[capacity[drawn]]
    return replace(rows, capacity_idx=capacity)
