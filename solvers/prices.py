"""Dual ascent: row prices that bound the batch from below, found by adjusting every price to how its row is oversold.

The bound is concave in the prices, and what the cheapest patterns draw less what the rows give is its slope. Steps are
scaled row by row by the slope's own running size and smoothed (Adam: Kingma & Ba 2015, arXiv:1412.6980), and shrink
geometrically: 200 passes end within 0.001 % of what column generation converges to, where a Polyak step with a fixed
scale stays 0.1 % below (docs/decisions/0008). Orders whose rows kept their prices are not priced again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from solvers.bound import lagrangian
from solvers.menu_seats import Wanted, make_seats, orders_wanting, reprice, wanted_by
from solvers.menus import Menus
from solvers.model import F64, I32, Prices, SourcingModel
from solvers.pricing import price_orders
from solvers.stop import HaltedError, Stop

PASSES = 200
"""Passes over the batch."""

_FIRST_STEP, _LAST_STEP = 0.3, 0.003
"""Steps, as shares of what a shipment pays on average."""

_MOMENTUM, _MEMORY = 0.9, 0.99
_FLOOR = 0.3
"""Added to a slope's size: a row that is oversold by a unit now and then is not treated as one that always is."""


_STILL = 0.01
"""A price that would move by less than this share of a step stays as it is, and with it the orders on its row."""


class Ascended(NamedTuple):
    """The best prices met, their bound in weighted micros, how many passes, how many orders were priced in them."""

    prices: Prices
    bound: float
    passes: int
    orders_priced: int


def can_ascend(model: SourcingModel) -> bool:
    """Whether every response is linear up to its kinks by row alone: no node costs anything to open."""
    return not model.nodes.activation_cost.any()


def ascend(
    model: SourcingModel,
    menus: Menus,
    stop: Stop,
    *,
    threads: int,
    pricing_work: int,
    passes: int = PASSES,
    start: Prices | None = None,
    first_step: float | None = None,
    wanted: Wanted | None = None,
    on_bound: Callable[[float], None] | None = None,
) -> Ascended:
    """Raise the bound that row prices give, from ``start`` or from none.

    Parameters
    ----------
    model
        One that ``can_ascend``.
    menus
        Its menus; orders not listed are priced by the general kernel, with ``pricing_work`` each.
    passes
        Of pricing, at most; the steps shrink over them.
    first_step
        As a share of what a shipment pays on average: less where ``start`` is near the best prices.
    wanted
        Which orders could draw on each row, where that is known already.
    """
    first_step = _FIRST_STEP if first_step is None else first_step
    orders = _Orders(model, menus, wanted or wanted_by(menus, model.num_rows), threads, pricing_work)
    may_bind = _most_draws(model, menus, orders.rest) > model.rows.limit.astype(np.float64) * model.rows.open_max
    row = np.zeros(model.num_rows) if start is None else start.row.copy()
    zero = Prices.zero(model)
    slope_mean, slope_size = np.zeros(model.num_rows), np.zeros(model.num_rows)
    best, best_row, scale, done = -np.inf, row, 0.0, 0
    for turn in range(passes):
        if stop.reason is not None and turn > 0:
            break
        try:
            minima, used = orders.price(row, stop)
        except HaltedError:
            break
        stop.spend(orders.priced_last)
        stop.count("passes")
        stop.count("orders_repriced", orders.priced_last)
        done += 1
        bound = lagrangian(model, zero._replace(row=row), minima)
        if turn == 0:
            scale = max(1.0, bound / max(1, int(np.minimum(menus.most_ships, 1).sum()) + len(orders.rest)))
        if bound > best:
            best, best_row = bound, row.copy()
            if on_bound is not None:
                on_bound(bound)
        slope = np.where(may_bind, used - _given(model, row), 0.0)
        slope[(row <= 0.0) & (slope < 0.0)] = 0.0
        if not slope.any():
            break
        slope_mean = _MOMENTUM * slope_mean + (1.0 - _MOMENTUM) * slope
        slope_size = _MEMORY * slope_size + (1.0 - _MEMORY) * slope * slope
        # Both averages begin at nothing: divide by what has been averaged so far.
        mean = slope_mean / (1.0 - _MOMENTUM ** (turn + 1))
        size = np.sqrt(slope_size / (1.0 - _MEMORY ** (turn + 1)))
        step = scale * first_step * (_LAST_STEP / first_step) ** (turn / passes)
        aimed = np.maximum(0.0, row + step * mean / (size + _FLOOR * model.rows.scale) / model.rows.scale)
        row = np.where(np.abs(aimed - row) * model.rows.scale > _STILL * step, aimed, row)
    return Ascended(zero._replace(row=best_row), best, done, orders.priced)


def _given(model: SourcingModel, row: F64) -> F64:
    """What each row gives at its price: the slope of its response."""
    rows = model.rows
    loads = np.where(row * rows.limit >= rows.open_cost, rows.open_max * rows.limit.astype(np.float64), 0.0)
    overtime = np.where(row > rows.overtime_cost / rows.scale, rows.overtime_limit, 0)
    return np.asarray(loads + overtime, np.float64)


def _most_draws(model: SourcingModel, menus: Menus, rest: I32) -> F64:
    """What all entries together would draw; without limit where orders that are not listed could draw."""
    most = np.zeros(model.num_rows)
    np.add.at(most, menus.draw_row, menus.draw.astype(np.float64))
    if len(rest):
        most[:] = np.inf
    return most


class _Orders:
    """The batch's orders, each with its cheapest pattern at the prices last seen; repriced only where those moved."""

    def __init__(self, model: SourcingModel, menus: Menus, wanted: Wanted, threads: int, pricing_work: int) -> None:
        self.model, self.threads, self.pricing_work = model, threads, pricing_work
        self.menus = menus
        self.rest = np.flatnonzero(~menus.listed).astype(np.int32)
        self.priced = self.priced_last = 0
        self._wanted = wanted
        self._seats = make_seats(menus, np.zeros(model.num_rows, np.int64))
        self._row = np.full(model.num_rows, np.nan)

    def price(self, row: F64, stop: Stop) -> tuple[float, F64]:
        """Sum of the orders' minima at row prices, and units of each row that their patterns draw.

        Raises
        ------
        HaltedError
            When the run was over in the middle of any pass but the first.
        """
        moved = np.flatnonzero(row != self._row)
        if np.isnan(self._row).any():
            stale = np.flatnonzero(self.menus.listed).astype(np.int32)
        else:
            stale = orders_wanting(self._wanted, moved, self.menus.num_orders)
        self._row = row.copy()
        # The first bound is what a run has at least, however short it is.
        reprice(self.menus, row, stale, self._seats, self.threads, stop if self.priced else None)
        total = float(self._seats.cost[self.menus.listed].sum())
        used = -self._seats.left.astype(np.float64)
        if len(self.rest):
            prices = Prices.zero(self.model)._replace(row=row)
            general = price_orders(
                self.model, prices, self.rest, work_limit=self.pricing_work, threads=self.threads,
                stop=stop if self.priced else None,
            )  # fmt: skip
            np.add.at(used, general.patterns.draw_row, general.patterns.draw)
            total += float(general.lower_bound.sum())
        self.priced_last = len(stale) + len(self.rest)
        self.priced += self.priced_last
        return total, used
