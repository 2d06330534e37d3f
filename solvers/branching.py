"""Where prices alone leave a gap: a tree whose leaves prove more, each by prices of its own.

Branching splits the plans in two: a node ships nothing or is open; an order ships nothing from a node, or does; a row
is used at most k times, or at least k + 1. What a leaf proves is in ``leaves``; the worst leaf bounds every plan
(Lagrangian branch and bound: Fisher 1981, doi:10.1287/mnsc.27.1.1). Leaf prices come from column generation over one
pool that all leaves share. Of what a leaf leaves undecided both sides are tried over that pool, and what raises both
most is split (strong branching: Applegate, Bixby, Chvatal & Cook 1995).
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from solvers.columns import blend, merge, signatures
from solvers.judging import unserved
from solvers.leaf_program import LeafProgram, LeafSolved
from solvers.leaves import EVERYONE, Leaf, LeafSpace, Limits, Tree, Use, single_shipments
from solvers.linear import Linear, find_linear, from_one_node
from solvers.model import F64, I64, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import price_orders
from solvers.pricing_near import enumerate_near
from solvers.stop import Stop

MOST_LEAVES, MOST_PRICED = 300, 60_000
"""Leaves, and leaves times sources: a checker prices every order once a leaf."""

MOST_WORK = 100_000_000
"""Counted work of pricing and of programs in all, some four seconds: counted, so that the same tree grows on every
machine. More closes a few more batches, and keeps a planner waiting for a plan that is proven already."""

QUICK_WORK = MOST_WORK // 4
"""The same where no proof to the micro was asked for: whoever waits for the plan gets it a second later at the most."""

MOST_SOURCES = 20_000
"""Beyond, a leaf takes too long to price."""

_FEWEST_PASSES = 200
"""Passes of pricing that leaves enough to prove anything take in all: where each is too dear for so many, none is made.

OR-Library's locations took two to five seconds each for nothing before.
"""

_MOST_ROUNDS = 60
_PROBE_WORK = 50_000
"""Counted work of an order when only asked how dear a pass is."""

_PROGRAM_WORK = 600
"""Counted work of a column or row of a relaxation: what solving it takes beside pricing."""

_MOST_TRIED = 3
"""Splits of each kind whose sides are tried, the least decided first."""

_TRIAL, _PROMISING = 0.25, 0.1
"""A tree that has worked so much of what it may, and closed less of the gap than that, is grown no further."""

_LACKING = 4.0
"""What lacking a needed use costs, as a share of the gap: enough to close a leaf that lacks half a unit."""

_MOST_POOLED = 2_000
"""Patterns listed near the root's minima."""

_SMOOTHING = 0.5
_MARGIN = 2.0
_WHOLE = 1e-5
_CLOSE = 1e-9
"""Relative: the master and the bound of a leaf agree."""

_SHARPENED, _FAVOURED, _SHARPENING_ROUNDS = 1_000.0, 100.0, 5
"""Micros, and as many as the batch asks for units, that rounding prices may cost a leaf; and by how much dearer, for
every unit drawn again by one, others than the plan's patterns are made for prices that rounding does not hurt."""


class _Solved(NamedTuple):
    """A leaf's prices, their bound (a float) and the orders' minima."""

    space: LeafSpace
    prices: Prices
    bound: float
    minima: F64


def grow_tree(
    model: SourcingModel,
    pool: Patterns,
    start: Prices,
    target: int,
    stop: Stop,
    *,
    threads: int,
    most_work: int = MOST_WORK,
) -> Tree | None:
    """Branch until every leaf proves ``target``, or the leaves, the stop or what can be branched on run out.

    Parameters
    ----------
    pool
        Patterns to begin with, such as the plan's.
    start
        Prices of the root.
    target
        What is to be proven, in weighted micros.
    most_work
        Counted work after which no leaf is split.

    Returns
    -------
    Tree
        Of one leaf where nothing was split: that leaf's prices may still prove more than those at the start. None where
        pricing is too dear for leaves enough to prove anything.
    """
    linear = find_linear(model)
    others = np.arange(model.num_orders, dtype=np.int32)
    if linear is not None:
        others = np.setdiff1d(others, linear.order).astype(np.int32)
        pool = concatenate([pool, from_one_node(model, linear)])
    once = price_orders(model, start, others, work_limit=_PROBE_WORK, threads=threads)
    if int(once.work.sum()) * _FEWEST_PASSES > most_work:
        return None
    grower = _Grower(model, pool, target, stop, threads, linear, most_work)
    listed = int(np.isin(model.candidates.order, others).sum())
    most = min(MOST_LEAVES, max(2, MOST_PRICED // max(1, listed)))
    # The worst first: what is cut short has then raised the least bound as far as it could.
    waiting: list[tuple[float, int, Limits, Prices]] = [(0.0, 0, Limits(), start)]
    leaves: list[Leaf] = []
    split, root = 0, 0.0
    while waiting:
        _, _, limits, prices = heapq.heappop(waiting)
        full = len(leaves) + len(waiting) + 1 >= most
        solved = grower.solve(limits, prices)
        stop.count("nodes")
        root = solved.bound if split == 0 else root
        # The worst first: this is how far the tree has come.
        hopeless = grower.worked > _TRIAL and solved.bound - root < _PROMISING * (target - root)
        done = solved.bound >= target - grower.rounding or full or grower.stopped or hopeless
        branches = [] if done else grower.split(solved)
        if not branches:
            leaves.append(grower.state(solved))
        for branch in branches:
            split += 1
            heapq.heappush(waiting, (solved.bound, split, branch, solved.prices))
    return Tree(leaves, min(leaf.bound for leaf in leaves))


def worth_branching(model: SourcingModel) -> bool:
    """Whether a batch is small enough for leaves to be priced one by one."""
    return model.num_orders > 0 and len(model.sources.line) <= MOST_SOURCES


class _Grower:
    """What all leaves share: the model, the pool of patterns, and what serving nothing costs."""

    def __init__(
        self,
        model: SourcingModel,
        pool: Patterns,
        target: int,
        stop: Stop,
        threads: int,
        linear: Linear | None,
        most_work: int,
    ) -> None:
        self._model, self._target, self._stop, self._threads = model, target, stop, threads
        self._most_work = most_work
        nothing = unserved(model)
        self._pool = merge(nothing, pool)
        self._plan = take(pool, np.arange(min(model.num_orders, pool.num_patterns)))
        self._linear = linear
        self._listed = np.ones(model.num_orders, np.bool_)
        if linear is not None:
            self._listed[linear.order] = False
        self._work = 0
        # A pattern that pays this is dearer than serving nothing, at any prices: nobody picks it.
        self._forbidding = nothing.cost.astype(np.float64) + 1e6
        self._single = single_shipments(model)
        self.rounding = _SHARPENED + float(model.lines.quantity.sum())
        self._lacking = self._reach = 0.0

    @property
    def worked(self) -> float:
        """The share of what a tree may work that is spent."""
        return self._work / self._most_work

    @property
    def stopped(self) -> bool:
        """Whether the run, or the work that a tree may take, is at its end."""
        return self._stop.reason is not None or self._work > self._most_work

    def space(self, limits: Limits) -> LeafSpace:
        """The plans within the limits."""
        return LeafSpace(self._model, limits, self._single, self._forbidding, self._linear)

    def solve(self, limits: Limits, start: Prices) -> _Solved:
        """Column generation within a leaf, until its bound reaches the target or the master's value."""
        model, space = self._model, self.space(limits)
        best = duals = trial = space.fitted(start)
        bound, value, smoothing, minima = -np.inf, np.inf, 0.0, np.zeros(model.num_orders)
        for turn in range(_MOST_ROUNDS):
            trial = space.fitted(trial)
            priced = space.price(trial, self._pool, self._reach, self._threads)
            self._count(priced.work)
            reached = space.bound(trial, float(priced.lower_bound.sum()))
            if reached > bound:
                best, bound, minima = trial, reached, priced.lower_bound
            before = self._pool.num_patterns
            self._pool = merge(merge(self._pool, priced.best), priced.more)
            if bound >= self._target + _MARGIN or self.stopped:
                break
            if not self._lacking:
                self._widen(trial, bound)
            if np.isfinite(value) and value - bound <= _CLOSE * max(1.0, abs(value)):
                break
            if self._pool.num_patterns == before and smoothing > 0.0:
                # Smoothed prices that find nothing say little: go nearer to the master's.
                smoothing = smoothing / 2 if smoothing > 0.1 else 0.0
            else:
                solved = self._program(self._pool).solve(space, self._stop)
                if solved is None or (turn and self._pool.num_patterns == before and smoothing == 0.0):
                    break
                value, duals, smoothing = solved.value, solved.prices, _SMOOTHING if turn else 0.0
                if value - bound <= _CLOSE * max(1.0, abs(value)):
                    break
            trial = blend(best, duals, smoothing)
        return _Solved(space, best, bound, minima)

    def state(self, solved: _Solved) -> Leaf:
        """The leaf as a certificate states it, its prices moved to where rounding costs nothing if it did."""
        space = solved.space
        leaf = space.state(solved.prices, self._pool, self._reach, self._threads, self._stop)
        if not 0 < self._target - leaf.bound <= self.rounding:
            return leaf
        for _ in range(_SHARPENING_ROUNDS):
            program = self._program(self._pool)
            known = np.isin(signatures(self._pool), signatures(self._plan))
            drawn = np.add.reduceat(np.append(self._pool.draw, 0), self._pool.draw_ptr[:-1])
            drawn = np.where(np.diff(self._pool.draw_ptr) > 0, drawn, 0)
            relaxed = program.solve(space, self._stop, np.where(known, 0.0, _FAVOURED + drawn))
            if relaxed is None:
                break
            fitted = space.fitted(relaxed.prices)
            again = space.state(fitted, self._pool, self._reach, self._threads, self._stop)
            leaf = max(leaf, again, key=lambda one: one.bound)
            if leaf.bound >= self._target or self.stopped:
                break
            priced = space.price(fitted, self._pool, self._reach, self._threads)
            self._count(priced.work)
            before = self._pool.num_patterns
            self._pool = merge(merge(self._pool, priced.best), priced.more)
            if self._pool.num_patterns == before:
                break
        return leaf

    def _widen(self, prices: Prices, bound: float) -> None:
        """At the root: what lacking a use costs, and all patterns that a better plan may hold."""
        model, gap = self._model, max(1.0, self._target - bound)
        self._lacking = self._reach = _LACKING * gap
        every = np.flatnonzero(self._listed).astype(np.int32)
        near = enumerate_near(
            model, prices, every, np.full(len(every), gap), max_patterns=max(16, _MOST_POOLED // max(1, len(every))),
            work_limit=_PROBE_WORK, threads=self._threads,
        )  # fmt: skip
        self._pool = merge(self._pool, near.patterns)

    def _program(self, pool: Patterns) -> LeafProgram:
        program = LeafProgram(self._model, pool, self._lacking)
        self._work += _PROGRAM_WORK * program.size
        return program

    def _count(self, work: int) -> None:
        orders = self._model.num_orders
        self._stop.spend(orders)
        self._stop.count("passes")
        self._stop.count("orders_repriced", orders)
        self._work += work

    def split(self, solved: _Solved) -> list[Limits]:
        """The two sides of what raises the bound most on both; none where all is whole."""
        space = solved.space
        # What pays more than its order's minimum and the gap is in no better plan.
        reduced = priced_cost(self._pool, solved.prices) - solved.minima[self._pool.order]
        near = reduced <= self._target - solved.bound
        near[: self._model.num_orders] = True
        program = self._program(take(self._pool, near))
        relaxed = program.solve(space, self._stop)
        if relaxed is None:
            return []
        best, chosen = -1.0, []
        for sides in self._undecided(space, program, relaxed):
            gains = [self._gain(program, side, relaxed.value) for side in sides]
            score = max(gains[0], _WHOLE) * max(gains[1], _WHOLE)
            if score > best:
                best, chosen = score, sides
            if self.stopped:
                break
        return chosen

    def _gain(self, program: LeafProgram, limits: Limits, value: float) -> float:
        """By how much a side raises the value over the pool, as a share of what is missing."""
        self._work += _PROGRAM_WORK * program.size
        self._stop.count("sides_tried")
        solved = program.solve(self.space(limits), self._stop)
        missing = max(1.0, self._target - value)
        return 0.0 if solved is None else min(1.0, (solved.value - value) / missing)

    def _undecided(self, space: LeafSpace, program: LeafProgram, relaxed: LeafSolved) -> list[list[Limits]]:
        """Both sides of the least decided nodes, candidates and rows."""
        found: list[list[Limits]] = []
        limits = space.limits
        pool, x = program.pool, relaxed.pattern
        taken = limits._asdict()
        found += [
            [Limits(**{**taken, side: (*taken[side], at)}) for side in ("closed", "opened")]
            for at in _least_whole(np.nan_to_num(relaxed.opening))
        ]
        shipping = _shipping(self._model, pool, x)
        shipping[[*limits.without, *limits.within]] = 0.0
        shipping[~self._listed[self._model.candidates.order]] = 0.0
        found += [
            [Limits(**{**taken, side: (*taken[side], at)}) for side in ("without", "within")]
            for at in _least_whole(shipping)
        ]
        pattern = np.repeat(np.arange(pool.num_patterns), np.diff(pool.draw_ptr))
        used = np.bincount(pool.draw_row, x[pattern] * pool.draw, self._model.num_rows)
        counted = self._model.rows.scale == 1
        splits = [(row, EVERYONE, used[row]) for row in _least_whole(np.where(counted, used, 0.0))]
        loads, limit = relaxed.loads, self._model.rows.limit
        splits += [(row, EVERYONE, float(limit[row] * np.floor(loads[row]))) for row in _least_whole(loads)]
        splits += _own_draws(self._model, pool, np.where(self._listed[pool.order], x, 0.0), pattern)
        for row, order, drawn in splits:
            k = int(np.floor(drawn + _WHOLE))
            least, most = space.span(row, order)
            if not least <= k < most:
                # A needed use is lacked: what the leaf says already.
                continue
            at_most = Limits(**{**taken, "at_most": (*limits.at_most, Use(row, order, k))})
            at_least = Limits(**{**taken, "at_least": (*limits.at_least, Use(row, order, k + 1))})
            found.append([at_most, at_least])
        return found


def _own_draws(model: SourcingModel, pool: Patterns, x: F64, pattern: I64) -> list[tuple[int, int, float]]:
    """Rows that an order draws on differently in several of its patterns: row, order and what it draws on average.

    Those first whose patterns lie most nearly half below that and half beyond.
    """
    taken = x[pattern] > _WHOLE
    row, order = pool.draw_row[taken].astype(np.int64), pool.order[pattern[taken]].astype(np.int64)
    draw, share = pool.draw[taken], x[pattern[taken]]
    keys, at = np.unique(row * model.num_orders + order, return_inverse=True)
    mean = np.bincount(at, draw * share, len(keys))
    beyond = np.bincount(at, np.where(draw > np.floor(mean + _WHOLE)[at], share, 0.0), len(keys))
    undecided = np.minimum(beyond, 1.0 - beyond)
    by = np.argsort(-undecided, kind="stable")[:_MOST_TRIED]
    chosen = by[undecided[by] > _WHOLE].tolist()
    return [(*divmod(int(keys[k]), model.num_orders), float(mean[k])) for k in chosen]


def _least_whole(values: F64) -> list[int]:
    """Where values are farthest from whole, the farthest first."""
    undecided = np.abs(values - np.rint(values))
    by = np.argsort(-undecided, kind="stable")[:_MOST_TRIED]
    return [int(at) for at in by[undecided[by] > _WHOLE]]


def _shipping(model: SourcingModel, pool: Patterns, x: F64) -> F64:
    """How much each order ships from each of its candidates, float64[num_candidates]."""
    pattern = np.repeat(np.arange(pool.num_patterns), np.diff(pool.ship_ptr))
    pairs = np.unique(pattern * len(model.candidates.order) + pool.ship_cand)
    pattern, candidate = np.divmod(pairs, len(model.candidates.order))
    return np.bincount(candidate, x[pattern], len(model.candidates.order)).astype(np.float64)
