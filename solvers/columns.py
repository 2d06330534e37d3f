"""Column generation: patterns and row prices found together, with a lower bound at every step.

The restricted master's duals are smoothed towards the best prices so far (Wentges 1997,
doi:10.1016/S0969-6016(97)00001-4), which tames their swings; every pricing pass gives a Lagrangian bound, so
stopping early still proves something.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.bound import lagrangian
from solvers.execution import solve_lp
from solvers.master import build_master, master_prices, order_duals
from solvers.model import I32, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import price_orders
from solvers.stop import HaltedError, Stop

_SMOOTHING = 0.5
_MAX_ROUNDS = 200


class Generated(NamedTuple):
    """``bound`` is the Lagrangian value at ``prices`` in weighted micros (float); ``pool`` holds every pattern met."""

    prices: Prices
    bound: float
    pool: Patterns
    converged: bool


def signatures(patterns: Patterns) -> npt.NDArray[np.uint64]:
    """A 64-bit hash of what the master sees of a pattern: order, cost, fill, draws and nodes shipped from."""
    count = patterns.num_patterns
    mixed = _mix(patterns.order.astype(np.uint64)) + _mix(patterns.cost.astype(np.uint64) + np.uint64(1 << 40))
    mixed += _mix(patterns.fill.astype(np.uint64) + np.uint64(1 << 50))
    for ptr, entry in (
        (patterns.draw_ptr, (patterns.draw_row.astype(np.uint64) << np.uint64(40)) + patterns.draw.astype(np.uint64)),
        (patterns.ship_ptr, patterns.ship_cand.astype(np.uint64) + np.uint64(1 << 60)),
    ):
        total = np.zeros(count, np.uint64)
        np.add.at(total, np.repeat(np.arange(count), np.diff(ptr)), _mix(entry))
        mixed += _mix(total)
    return mixed


def _mix(x: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def merge(pool: Patterns, fresh: Patterns) -> Patterns:
    """The pool with the patterns of ``fresh`` that the master does not know yet."""
    both = concatenate([pool, fresh])
    _, first = np.unique(signatures(both), return_index=True)
    return both if len(first) == both.num_patterns else take(both, np.sort(first))


def generate_columns(
    model: SourcingModel,
    pool: Patterns,
    stop: Stop,
    *,
    orders: I32,
    tolerance: float,
    threads: int,
    pricing_work: int,
    total_work: int,
    start: Prices | None = None,
    fill_limit: int | None = None,
    on_bound: Callable[[float], None] | None = None,
) -> Generated:
    """Alternate master and pricing until the master's value and the bound agree within ``tolerance`` (relative).

    Parameters
    ----------
    pool
        At least one pattern of every order, among them choices that hold all rows together (serving nothing
        always does).
    pricing_work
        Work limit per order and pass handed to the pricing kernel.
    total_work
        Counted pricing work after which no further pass begins.
    """
    best, bound, value = start or Prices.zero(model), -np.inf, np.inf
    smoothing = 0.0 if start is None else _SMOOTHING
    spent = 0
    for _ in range(_MAX_ROUNDS):
        master = build_master(model, pool, fill_limit=fill_limit)
        assert master is not None
        solved = solve_lp(master.program, stop)
        if solved is None:
            return Generated(best, bound, pool, False)
        value = solved.objective / master.cost_scale
        duals = master_prices(model, master, solved.dual)
        order_dual = order_duals(model, master, solved.dual)
        while True:
            trial = blend(best, duals, smoothing)
            try:
                priced = price_orders(model, trial, orders, work_limit=pricing_work, threads=threads, stop=stop)
            except HaltedError:
                return Generated(best, bound, pool, False)
            stop.spend(len(orders))
            stop.count("passes")
            stop.count("orders_repriced", len(orders))
            spent += int(priced.work.sum())
            reached = lagrangian(model, trial, float(priced.lower_bound.sum()), fill_limit)
            if reached > bound:
                best, bound = trial, reached
                if on_bound is not None:
                    on_bound(bound)
            reduced = priced_cost(priced.patterns, duals) - order_dual[priced.patterns.order]
            attractive = np.flatnonzero(reduced < -1e-7 * (1.0 + np.abs(order_dual[priced.patterns.order])))
            # A pass at smoothed prices that finds nothing for the duals themselves says little: go nearer to
            # them.
            over = spent > total_work or stop.reason is not None
            if len(attractive) or smoothing == 0.0 or over:
                break
            smoothing = smoothing / 2 if smoothing > 0.1 else 0.0
        if value - bound <= tolerance * max(1.0, abs(value)):
            return Generated(best, bound, pool, True)
        before = pool.num_patterns
        pool = merge(pool, take(priced.patterns, attractive))
        stop.count("columns", pool.num_patterns - before)
        if over or (pool.num_patterns == before and smoothing == 0.0):
            return Generated(best, bound, pool, not over)
        smoothing = _SMOOTHING
    return Generated(best, bound, pool, False)


def blend(best: Prices, duals: Prices, smoothing: float) -> Prices:
    """Prices between the best so far and the master's: ``smoothing`` is the share of the former."""
    return Prices(
        smoothing * best.row + (1.0 - smoothing) * duals.row,
        smoothing * best.activation + (1.0 - smoothing) * duals.activation,
        smoothing * best.fill + (1.0 - smoothing) * duals.fill,
    )
