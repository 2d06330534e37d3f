"""Dual ascent for batches of few large orders: prices follow how far their rows are oversold.

Polyak's step (1969, doi:10.1016/0041-5553(69)90061-5) towards the best plan's cost, scaled row by row by what the row
gives. A pass costs what pricing every order once costs, whatever the patterns met before: column generation, whose
prices at first are those of a pool that holds next to none of an order's patterns, gains nothing here in that time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from solvers.bound import lagrangian
from solvers.incumbent import usage_of
from solvers.model import F64, I32, Prices, SourcingModel
from solvers.pricing import Priced, price_orders
from solvers.stop import HaltedError, Stop

_FIRST_PACE, _LAST_PACE = 0.3, 0.01
_PATIENCE, _SLOWER = 3, 0.7
_NOTABLE = 1e-6
"""Relative gain of the bound below which a pass counts as in vain."""


class Climbed(NamedTuple):
    """The best prices met, their bound in weighted micros, and what every order's pricing gave there."""

    prices: Prices
    bound: float
    priced: Priced


def climb(
    model: SourcingModel,
    start: Prices,
    goal: float,
    stop: Stop,
    *,
    passes: int,
    work_limit: int,
    threads: int,
    on_bound: Callable[[float], None],
) -> Climbed | None:
    """Raise the bound from ``start`` until it reaches ``goal``, gains little, or passes run out; one is always made.

    None where the run was over before that one was.

    Parameters
    ----------
    goal
        What a plan costs, in weighted micros: no bound is higher.
    work_limit
        Counted work per order and pass.
    """
    orders: I32 = np.arange(model.num_orders, dtype=np.int32)
    most = np.maximum(1.0, model.rows.limit.astype(np.float64) * model.rows.open_max + model.rows.overtime_limit)
    at, pace, vain = start, _FIRST_PACE, 0
    best: Climbed | None = None
    for _ in range(max(1, passes)):
        try:
            priced = price_orders(model, at, orders, work_limit=work_limit, threads=threads, stop=stop)
        except HaltedError:
            break
        stop.spend(model.num_orders)
        stop.count("passes")
        stop.count("orders_repriced", model.num_orders)
        reached = lagrangian(model, at, float(priced.lower_bound.sum()))
        vain += 1
        if best is None or reached > best.bound:
            vain = 0 if best is None or reached > best.bound + _NOTABLE * abs(best.bound) else vain
            best = Climbed(at, reached, priced)
            on_bound(reached)
        if stop.reason is not None or best.bound >= goal:
            break
        if vain >= _PATIENCE:
            pace, vain = pace * _SLOWER, 0
            if pace < _LAST_PACE:
                break
        slope = _slope(model, at.row, priced)
        norm = float((slope * slope / most).sum())
        if norm == 0.0:
            break
        at = at._replace(row=np.maximum(0.0, at.row + pace * (goal - reached) / norm * slope / most))
    return best


def _slope(model: SourcingModel, price: F64, priced: Priced) -> F64:
    """What the cheapest patterns draw on each row less what it gives; 0 where its price would fall below 0."""
    rows = model.rows
    loaded = price * rows.limit >= rows.open_cost
    overtime = price > rows.overtime_cost / rows.scale
    gives = np.where(loaded, rows.limit.astype(np.float64) * rows.open_max, 0.0)
    gives = gives + np.where(overtime, rows.overtime_limit, 0)
    slope = usage_of(model, priced.patterns) - gives
    return np.asarray(np.where((price <= 0.0) & (slope < 0.0), 0.0, slope), np.float64)
