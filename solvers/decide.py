"""One order at a time: its cheapest pattern at row prices, within what is left of the rows.

A price is what a unit of a row is worth to the orders still to come, so an order decided alone takes a scarce unit
only where that unit serves it better (bid prices: Talluri & van Ryzin 1998, doi:10.1287/mnsc.44.11.1577). One call of
one kernel decides; an order whose relaxed minimum breaks a shared limit, or that is too large, takes the batch's path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.jit import kernel
from solvers.judging import judge_patterns
from solvers.model import F64, I32, I64, Flags, Patterns, Prices, SourcingModel
from solvers.packed import Packed, packed, wide
from solvers.pricing import price_orders, workspace_of
from solvers.pricing_order import price_order, write_loads
from solvers.pricing_space import DONE, MAX_SHIPMENTS, Workspace

_LARGE_WORK = 200_000
"""Counted work for an order beyond the exact limits."""

_MISPRICED = 1e-11
"""Relative: a pattern dearer than the relaxed minimum by more was not what the relaxation meant."""

_NEGLIGIBLE = 1e-3
"""Weighted micros within which two priced costs are the same."""

_MOST_PIECES = 1 << 14


class Decision(NamedTuple):
    """``pattern`` holds one pattern; ``priced_cost`` is what it pays at the prices, in weighted micros.

    ``exact``: no pattern that fits the stock pays less.
    """

    pattern: Patterns
    priced_cost: float
    exact: bool


class _Sheet(NamedTuple):
    """What the kernel writes: shipments, loads and draws of one pattern, and its cost, fill and priced cost."""

    shipments: tuple[I32, I32, I64]
    loads: tuple[I32, Flags, I64]
    draws: tuple[I64, I32, I64]
    totals: tuple[I64, I64, I64]
    priced: F64


class Decider:
    """Decides orders of one model, in any sequence and as often as asked; for one thread.

    Parameters
    ----------
    model
        Its orders are what may be asked for. Packed once, here.
    """

    def __init__(self, model: SourcingModel) -> None:
        self._model = model
        self._packed = packed(model)
        self._workspace = workspace_of(model)
        self._sheet = _make_sheet(model)

    def decide(self, order: int, prices: Prices, stock: I64) -> Decision:
        """The cheapest pattern of an order; serving nothing is one.

        Parameters
        ----------
        order
            Index of an order of the model.
        prices
            Opportunity costs of rows and activations.
        stock
            What every row can still give, int64[num_rows]; as ``model.row_capacity()`` before anything is taken.
            Not changed: :func:`take_from` does that once the decision stands.
        """
        if not 0 <= order < self._model.num_orders:
            raise IndexError(f"order {order} is none of the model's {self._model.num_orders}")
        made = _decide(self._packed, prices, stock, order, self._workspace, self._sheet)
        if made < 0:
            orders = np.array([order], np.int32)
            priced = price_orders(self._model, prices, orders, work_limit=_LARGE_WORK, row_capacity=stock)
            return Decision(priced.patterns, float(priced.value[0]), bool(priced.exact[0]))
        return Decision(self._copied(order, made), float(self._sheet.priced[0]), True)

    def _copied(self, order: int, made: int) -> Patterns:
        cand, trip, load_ptr = self._sheet.shipments
        source, safety, quantity = self._sheet.loads
        draw_ptr, draw_row, draw = self._sheet.draws
        cost, fill, _ = self._sheet.totals
        pieces, drawn = int(load_ptr[made]), int(draw_ptr[1])
        return Patterns(
            np.array([order], np.int32), cost.copy(), fill.copy(), np.array([0, made], np.int64), cand[:made].copy(),
            trip[:made].copy(), load_ptr[: made + 1].copy(), source[:pieces].copy(), safety[:pieces].copy(),
            quantity[:pieces].copy(), draw_ptr.copy(), draw_row[:drawn].copy(), draw[:drawn].copy(),
        )  # fmt: skip


def take_from(stock: I64, pattern: Patterns) -> None:
    """Draw a decided pattern from the rows; each row stands at most once in one pattern.

    Raises
    ------
    ValueError
        When a row has not that much left, say because another decision came first; nothing is drawn then.
    """
    left = stock[pattern.draw_row] - pattern.draw
    if (left < 0).any():
        raise ValueError(f"row {int(pattern.draw_row[np.argmax(left < 0)])} has less left than the decision draws")
    stock[pattern.draw_row] = left


def _make_sheet(model: SourcingModel) -> _Sheet:
    most_rows = int(np.diff(model.departures.row_ptr).max(initial=0))
    rows = _MOST_PIECES + MAX_SHIPMENTS * most_rows
    return _Sheet(
        (np.zeros(MAX_SHIPMENTS, np.int32), np.zeros(MAX_SHIPMENTS, np.int32), np.zeros(MAX_SHIPMENTS + 1, np.int64)),
        (np.zeros(_MOST_PIECES, np.int32), np.zeros(_MOST_PIECES, np.bool_), np.zeros(_MOST_PIECES, np.int64)),
        (np.zeros(2, np.int64), np.zeros(rows, np.int32), np.zeros(rows, np.int64)),
        (np.zeros(1, np.int64), np.zeros(1, np.int64), np.zeros(1, np.int64)),
        np.zeros(1),
    )


@kernel
def _decide(model: Packed, prices: Prices, stock: I64, order: int, work: Workspace, sheet: _Sheet) -> int:
    """Fill the sheet; returns the number of shipments, -1 where this path cannot decide."""
    cand, trip, load_ptr = sheet.shipments
    source, safety, quantity = sheet.loads
    draw_ptr, draw_row, draw = sheet.draws
    cost, fill, rule = sheet.totals
    work.spent[0] = 0
    status, digits, bound, made = price_order(model, prices, stock, wide(order), work)
    if status != DONE or not write_loads(model, prices, stock, digits, made, work, source, safety, quantity):
        return -1
    for s in range(made):
        cand[s], trip[s] = work.chosen[s].candidate, work.chosen[s].trip
        load_ptr[s + 1] = work.chosen[s].end
    pieces = load_ptr[made]
    who, ship_ptr = np.full(1, order, np.int32), np.array([0, made], np.int64)
    pattern = Patterns(
        who, cost, fill, ship_ptr, cand[:made], trip[:made], load_ptr[: made + 1],
        source[:pieces], safety[:pieces], quantity[:pieces], draw_ptr, draw_row, draw,
    )  # fmt: skip
    judge_patterns(model, pattern, stock, cost, fill, rule, draw_ptr, draw_row, draw)
    paid = cost[0] + fill[0] * prices.fill
    for i in range(draw_ptr[1]):
        paid += draw[i] * prices.row[draw_row[i]]
    for s in range(made):
        # Shipments of one node stand side by side: its activation is paid once.
        if s == 0 or cand[s] != cand[s - 1]:
            paid += prices.activation[cand[s]]
    sheet.priced[0] = paid
    if rule[0] != 0 or paid > bound + abs(bound) * _MISPRICED + _NEGLIGIBLE:
        return -1
    return int(made)
