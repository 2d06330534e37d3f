"""Orders of one unit each that compete for capacities: bounds from knapsacks, and the patterns these leave in play.

Row prices leave each order to itself, and their bound is that of the linear relaxation. Rewarding orders for being
served instead leaves each row to itself, a knapsack, whose bound is far tighter where a row holds few orders; forcing a
pattern into its knapsack, or out of it, says what every plan with it costs at least. Patterns that no better plan holds
are dropped, and an integer program over the rest closes the proof (Posta, Ferland & Michelon 2012,
doi:10.1007/s10589-011-9432-0).

All of it is counted in integers: rewards are whole micros, so every bound holds as it stands.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.knapsack_kernel import NEVER, Items, force, pack
from solvers.master import KIND_SHARED, Master
from solvers.model import F64, I64, Flags, Patterns, SourcingModel
from solvers.stop import Stop

MOST_STATES = 4_000_000
"""Items times units of capacity of the largest knapsack: 32 MB."""

MOST_PASSES = 600

MOST_WORK = 3_000_000_000
"""Counted states of knapsacks: a few seconds, the same on every machine."""

_FIRST_PACE, _LAST_PACE, _SLOWER, _PATIENCE = 1.0, 0.005, 0.7, 12
_INERTIA = 0.6
"""Of each direction, what the one before contributes."""

_NEAR = 0.01
"""Of what the cheapest ways to serve all orders cost, what the bound is expected to rise at once."""

_FORGETTING = 0.1
"""Of what was taken before, the part that a pass replaces."""

_SAFE = 2.0**58


class Knapsacks(NamedTuple):
    """A pool as knapsacks. Behind each item stand a ``pattern`` of the pool and a ``candidate``, -1 for none.

    Every plan costs ``base`` and a multiple of ``step``, both in weighted micros.
    """

    items: Items
    pattern: I64
    candidate: I64
    num_orders: int
    states: int
    base: int
    step: int

    def raised(self, bound: int) -> int:
        """The least that a plan can cost that costs no less than ``bound``."""
        return self.base + -(-(bound - self.base) // self.step) * self.step

    def only(self, allowed: Flags) -> Knapsacks:
        """Without the items of candidates that are not ``allowed``."""
        kept = (self.candidate < 0) | allowed[self.candidate]
        before = np.concatenate([np.zeros(1, np.int64), np.cumsum(kept)])
        items = self.items
        fewer = Items(before[items.ptr], items.capacity, items.order[kept], items.cost[kept], items.weight[kept])
        return self._replace(items=fewer, pattern=self.pattern[kept], candidate=self.candidate[kept])


class Ascended(NamedTuple):
    """``bound`` at the best rewards. ``work`` is the states looked at.

    ``share``: how often each item was taken lately, nearly the relaxation's values (Barahona & Anbil 2000,
    doi:10.1007/s101070050002).
    ``plan``: where the knapsacks serve every order once, so that the bound is what a plan costs, its patterns.
    """

    reward: I64
    bound: int
    share: F64
    plan: I64 | None
    work: int


def as_knapsacks(model: SourcingModel, pool: Patterns, master: Master) -> Knapsacks | None:
    """Read a pool of all patterns as knapsacks; None where one draws on two binding rows, or rows cost anything.

    Parameters
    ----------
    master
        Over the same pool, in base units: its program's rows are the ones that may bind.
    """
    if len(master.nodes) or len(master.load_rows) or len(master.overtime_rows):
        return None
    binding = np.full(model.num_rows, -1, np.int64)
    rows = np.unique(master.row_of[master.row_kind == KIND_SHARED])
    if (model.rows.measure[rows] < 0).any():
        # Units of stock all weigh the same: their knapsacks prove no more than prices do.
        return None
    binding[rows] = np.arange(len(rows))
    pattern = np.repeat(np.arange(pool.num_patterns), np.diff(pool.draw_ptr))
    drawn = np.flatnonzero(binding[pool.draw_row] >= 0)
    if len(np.unique(pattern[drawn])) < len(drawn) or float(np.abs(pool.cost).sum()) > _SAFE:
        return None
    knapsack, draw = np.full(pool.num_patterns, len(rows)), np.zeros(pool.num_patterns, np.int64)
    knapsack[pattern[drawn]], draw[pattern[drawn]] = binding[pool.draw_row[drawn]], pool.draw[drawn]
    unit = np.array([np.gcd.reduce(draw[knapsack == k], initial=0) or 1 for k in range(len(rows) + 1)], np.int64)
    capacity = model.row_capacity()[rows] // unit[:-1]
    by_knapsack = np.argsort(knapsack, kind="stable")
    ptr = np.searchsorted(knapsack[by_knapsack], np.arange(len(rows) + 2)).astype(np.int64)
    states = int(((np.diff(ptr)[:-1] + 1) * (capacity + 1)).max(initial=1))
    if states > MOST_STATES:
        return None
    items = Items(
        ptr, np.append(capacity, -1), pool.order[by_knapsack].astype(np.int64), pool.cost[by_knapsack],
        (draw // unit[knapsack])[by_knapsack],
    )  # fmt: skip
    first = np.unique(pool.order, return_index=True)[1]
    step = int(np.gcd.reduce(pool.cost - pool.cost[first][pool.order], initial=0)) or 1
    candidate = np.full(pool.num_patterns, -1, np.int64)
    ships = np.diff(pool.ship_ptr) > 0
    candidate[ships] = pool.ship_cand[pool.ship_ptr[:-1][ships]]
    return Knapsacks(
        items, by_knapsack, candidate[by_knapsack], model.num_orders, states, int(pool.cost[first].sum()), step
    )


def ascend(knapsacks: Knapsacks, reward: F64, goal: int, stop: Stop, passes: int = MOST_PASSES) -> Ascended:
    """Raise the bound from some rewards by subgradients (Polyak 1969, with inertia), towards what a plan costs."""
    items, count = knapsacks.items, knapsacks.num_orders
    taken, room = np.zeros(len(items.order), np.bool_), np.zeros(knapsacks.states, np.int64)
    at, direction = np.rint(np.maximum(0.0, reward)).astype(np.int64), np.zeros(count)
    best, bound, plan, work = at, -NEVER, None, 0
    cheapest = np.full(count, NEVER)
    np.minimum.at(cheapest, items.order, items.cost)
    near = _NEAR * float(cheapest.sum())
    pace, vain, share = _FIRST_PACE, 0, np.zeros(len(items.order))
    for made in range(1, 1 + passes):
        value, states = pack(items, at, taken, room)
        reached, work = int(at.sum()) + int(value), work + int(states)
        stop.spend(count)
        share += max(_FORGETTING, 1.0 / made) * (taken - share)
        vain += 1
        slope = 1.0 - np.bincount(items.order[taken], minlength=count)
        if reached > bound:
            best, bound, vain = at, reached, 0
            plan = None if slope.any() else knapsacks.pattern[taken]
        if plan is not None or work > MOST_WORK or knapsacks.raised(bound) >= goal or stop.reason is not None:
            break
        if vain >= _PATIENCE:
            pace, vain, at = pace * _SLOWER, 0, best
            if pace < _LAST_PACE:
                break
        direction = slope + _INERTIA * direction
        norm = float(direction @ direction)
        if norm == 0.0:
            break
        # A plan that leaves much out is no goal: the steps towards it would go astray.
        missing = min(goal, bound + near) - reached
        at = np.maximum(0, at + np.rint(pace * missing / norm * direction).astype(np.int64))
    return Ascended(best, bound, share, plan, work)


def forced(knapsacks: Knapsacks, reward: I64) -> I64:
    """By how much the bound at some rewards rises with each item put in, int64[num_items]."""
    items, count = knapsacks.items, len(knapsacks.items.order)
    taken, with_it, without_it = np.zeros(count, np.bool_), np.zeros(count, np.int64), np.zeros(count, np.int64)
    states = np.zeros(knapsacks.states, np.int64), np.zeros(knapsacks.states, np.int64)
    force(items, reward, taken, *states, with_it, without_it)
    # Whoever takes one pattern leaves the order's others out, of other knapsacks too.
    num_knapsacks = len(items.capacity)
    key = items.order * num_knapsacks + np.repeat(np.arange(num_knapsacks), np.diff(items.ptr))
    everywhere = np.zeros(knapsacks.num_orders, np.int64)
    here = np.zeros(knapsacks.num_orders * num_knapsacks, np.int64)
    np.add.at(everywhere, items.order, without_it)
    np.add.at(here, key, without_it)
    return np.asarray(np.where(with_it >= NEVER, NEVER, with_it + everywhere[items.order] - here[key]), np.int64)
