"""Where prices alone leave a gap: a tree whose leaves prove more, each by prices of its own.

Branching splits the plans in two: a node ships nothing or is open; an order ships nothing from a node, or does. In a
leaf the order-local problems lose the candidates that the leaf rules out, and an open node pays for its opening
whatever it answers; everything else is the bound of section 9, so a leaf is checked as prices are. The worst leaf
bounds every plan (Lagrangian branch and bound: Fisher 1981, doi:10.1287/mnsc.27.1.1). Leaf prices come from column
generation over one pool that all leaves share.
"""

from __future__ import annotations

import heapq
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from solvers.bound import MeasurePrices, exact_bound, exact_minima, lagrangian, responses, to_measure
from solvers.columns import merge
from solvers.execution import solve_lp
from solvers.judging import unserved
from solvers.master import Master, build_master, master_prices
from solvers.model import F64, I64, Flags, Patterns, Prices, SourcingModel
from solvers.patterns import take
from solvers.pricing import price_orders
from solvers.program import Program
from solvers.stop import Stop

MOST_LEAVES, MOST_PRICED = 300, 60_000
"""Leaves, and leaves times sources: a checker prices every order once a leaf."""

MOST_WORK = 100_000_000
"""Counted pricing work in all, a second or two: counted, so that the same tree grows on every machine. Thirty times as
much closes a few more batches, and keeps a planner waiting for a plan that is proven already."""

MOST_SOURCES = 20_000
"""Beyond, a leaf takes too long to price."""

_FEWEST_PASSES = 200
"""Passes of pricing that leaves enough to prove anything take in all: where each is too dear for so many, none is made.

OR-Library's locations took two to five seconds each for nothing before.
"""

_MOST_ROUNDS = 60
_PRICING_WORK, _PROBE_WORK = 2_000_000, 50_000
"""Counted work of an order in a pass, and when only asked how dear a pass is."""

_WHOLE = 1e-6
_CLOSE = 1e-7
"""Relative: the master and the bound of a leaf agree."""


class Limits(NamedTuple):
    """What a leaf says of the plans in it; nodes and candidates by index.

    ``without``: candidates not shipped from; ``within``: candidates that are. The latter rules out the order's other
    candidates where it makes one shipment at most.
    """

    closed: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    within: tuple[int, ...] = ()


class Leaf(NamedTuple):
    """``bound`` holds for every plan within ``limits``, in exact integers (weighted micros).

    ``reward``: what serving each order is worth, where the leaf is bounded by knapsacks instead of prices.
    """

    limits: Limits
    prices: MeasurePrices
    bound: int
    reward: I64 | None = None


class Tree(NamedTuple):
    """Leaves that cover every plan; ``bound`` is the worst leaf's."""

    leaves: list[Leaf]
    bound: int


class _Solved(NamedTuple):
    """A leaf's prices and bound, and the master's values of nodes and candidates to branch on (nan: not there)."""

    leaf: Leaf
    opening: F64
    shipping: F64


def grow_tree(
    model: SourcingModel, pool: Patterns, start: Prices, target: int, stop: Stop, *, threads: int
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

    Returns
    -------
    Tree
        Of one leaf where nothing was split: that leaf's prices may still prove more than those at the start. None where
        pricing is too dear for leaves enough to prove anything.
    """
    every = np.arange(model.num_orders, dtype=np.int32)
    once = price_orders(model, start, every, work_limit=_PROBE_WORK, threads=threads)
    if int(once.work.sum()) * _FEWEST_PASSES > MOST_WORK:
        return None
    grower = _Grower(model, pool, target, stop, threads)
    most = min(MOST_LEAVES, max(2, MOST_PRICED // max(1, len(model.sources.line))))
    # The worst first: what is cut short has then raised the least bound as far as it could.
    waiting: list[tuple[int, int, Limits, Prices]] = [(0, 0, Limits(), start)]
    leaves: list[Leaf] = []
    split = 0
    while waiting:
        _, _, limits, prices = heapq.heappop(waiting)
        full = len(leaves) + len(waiting) + 1 >= most
        solved = grower.solve(limits, prices)
        stop.count("nodes")
        done = solved.leaf.bound >= target or full or grower.stopped
        branches = [] if done else grower.split(solved)
        if not branches:
            leaves.append(solved.leaf)
        steering = solved.leaf.prices.steering(model)
        for branch in branches:
            split += 1
            heapq.heappush(waiting, (solved.leaf.bound, split, branch, steering))
    return Tree(leaves, min(leaf.bound for leaf in leaves))


def worth_branching(model: SourcingModel) -> bool:
    """Whether a batch is small, and its gap lies in what is branched on: openings, or orders of one shipment."""
    small = len(model.sources.line) <= MOST_SOURCES
    return small and model.num_orders > 0 and bool(model.nodes.activation_cost.any() or _single(model).all())


def _single(model: SourcingModel) -> Flags:
    """Orders that make one shipment at most."""
    units = np.add.reduceat(np.append(model.lines.quantity, 0), model.orders.line_ptr[:-1])
    # An order without lines adds up nothing of its own.
    units = np.where(np.diff(model.orders.line_ptr) > 0, units, 0)
    single: Flags = (units <= 1) | (model.orders.max_shipments == 1) | model.orders.ship_together
    return single


class _Grower:
    """What all leaves share: the model, the pool of patterns, and what serving nothing costs."""

    def __init__(self, model: SourcingModel, pool: Patterns, target: int, stop: Stop, threads: int) -> None:
        self._model, self._target, self._stop, self._threads = model, target, stop, threads
        nothing = unserved(model)
        self._pool = merge(nothing, pool)
        self._work = 0
        # A pattern that pays this is dearer than serving nothing, at any prices: nobody picks it.
        self._forbidding = nothing.cost.astype(np.float64) + 1e6
        self._single = _single(model)

    @property
    def stopped(self) -> bool:
        """Whether the run, or the work that a tree may take, is at its end."""
        return self._stop.reason is not None or self._work > MOST_WORK

    def barred(self, limits: Limits) -> Flags:
        """Candidates that no pattern of a leaf uses."""
        candidates = self._model.candidates
        barred: Flags = np.isin(candidates.node, np.array(limits.closed, np.int64))
        barred[list(limits.without)] = True
        for kept in limits.within:
            order = int(candidates.order[kept])
            if self._single[order]:
                span = slice(*self._model.orders.cand_ptr[order : order + 2].tolist())
                barred[span] |= np.arange(span.start, span.stop) != kept
        return barred

    def solve(self, limits: Limits, start: Prices) -> _Solved:
        """Column generation within a leaf, until its bound reaches the target or the master's value."""
        model, barred = self._model, self.barred(limits)
        every = np.arange(model.num_orders, dtype=np.int32)
        forbidding = np.where(barred, self._forbidding[model.candidates.order], 0.0)
        best, bound, trial = start, -np.inf, start
        master, x = None, np.zeros(0)
        for _ in range(_MOST_ROUNDS):
            trial = self._within(trial, limits, barred)
            charged = trial._replace(activation=trial.activation + forbidding)
            priced = price_orders(model, charged, every, work_limit=_PRICING_WORK, threads=self._threads)
            self._stop.spend(len(every))
            self._stop.count("passes")
            self._stop.count("orders_repriced", len(every))
            self._work += int(priced.work.sum())
            reached = lagrangian(model, trial, float(priced.lower_bound.sum())) + self._opened_gain(trial, limits)
            if reached > bound:
                best, bound = trial, reached
            self._pool = merge(self._pool, priced.patterns)
            if bound >= self._target + 2 or self.stopped:
                break
            usable = take(self._pool, ~_uses(self._pool, barred))
            master = build_master(model, usable)
            assert master is not None
            solved = solve_lp(_fixed(master, limits), self._stop)
            if solved is None:
                break
            x, value = solved.x, solved.objective / master.cost_scale
            if value - bound <= _CLOSE * max(1.0, abs(value)):
                break
            trial = master_prices(model, master, solved.dual)
        leaf = Leaf(limits, *self._stated(best, limits, barred, forbidding))
        return _Solved(leaf, *self._values(master, x, barred))

    def _within(self, prices: Prices, limits: Limits, barred: Flags) -> Prices:
        """Prices without those of rows that nobody in the leaf can draw on."""
        idle = np.isin(self._model.rows.node, np.array(limits.closed, np.int64)) & (self._model.rows.node >= 0)
        return prices._replace(row=np.where(idle, 0.0, prices.row), activation=np.where(barred, 0.0, prices.activation))

    def _opened_gain(self, prices: Prices, limits: Limits) -> float:
        """What a node that is open pays beyond the least it could answer."""
        opened = list(limits.opened)
        if not opened:
            return 0.0
        return float(np.maximum(0.0, _node_terms(self._model, prices)[opened]).sum())

    def _stated(self, prices: Prices, limits: Limits, barred: Flags, forbidding: F64) -> tuple[MeasurePrices, int]:
        model = self._model
        stated = to_measure(model, self._within(prices, limits, barred))
        steering = stated.steering(model)
        charged = steering._replace(activation=steering.activation + forbidding)
        every = np.arange(model.num_orders, dtype=np.int32)
        priced = price_orders(
            model, charged, every, work_limit=_PRICING_WORK, threads=self._threads, closing=self._stop
        )
        minima = exact_minima(model, priced.patterns, stated, priced.lower_bound, priced.exact)
        gain = sum((max(Fraction(0), _exact_term(model, stated, node)) for node in limits.opened), Fraction(0))
        return stated, exact_bound(model, stated, minima.total + gain)

    def _values(self, master: Master | None, x: F64, barred: Flags) -> tuple[F64, F64]:
        """How open each node is, and how much each single-shipment order ships from each candidate."""
        model = self._model
        opening = np.full(len(model.nodes.activation_cost), np.nan)
        shipping = np.full(len(model.candidates.order), np.nan)
        if master is None or not len(x):
            return opening, shipping
        opening[master.nodes] = x[master.num_patterns : master.num_patterns + len(master.nodes)]
        usable = take(self._pool, ~_uses(self._pool, barred))
        pattern = np.repeat(np.arange(usable.num_patterns), np.diff(usable.ship_ptr))[: len(usable.ship_cand)]
        known = pattern < master.num_patterns
        shipping = np.bincount(usable.ship_cand[known], x[pattern[known]], len(shipping)).astype(np.float64)
        shipping[~self._single[model.candidates.order]] = np.nan
        return opening, shipping

    def split(self, solved: _Solved) -> list[Limits]:
        """The two sides of what is least decided: a node first, else an order's candidate; none where all is whole."""
        limits = solved.leaf.limits
        for values, low, high in ((solved.opening, "closed", "opened"), (solved.shipping, "without", "within")):
            undecided = np.where(np.isnan(values), 0.0, np.minimum(values, 1.0 - values))
            at = int(np.argmax(undecided)) if len(undecided) else 0
            if len(undecided) and undecided[at] > _WHOLE:
                taken = limits._asdict()
                return [Limits(**{**taken, side: (*taken[side], at)}) for side in (low, high)]
        return []


def _uses(patterns: Patterns, barred: Flags) -> Flags:
    """Patterns that ship from a barred candidate."""
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.ship_ptr))
    uses = np.zeros(patterns.num_patterns, np.bool_)
    uses[pattern[barred[patterns.ship_cand]]] = True
    return uses


def _fixed(master: Master, limits: Limits) -> Program:
    program = master.program
    lower, upper = program.lower.copy(), program.upper.copy()
    columns = master.num_patterns + np.arange(len(master.nodes))
    upper[columns[np.isin(master.nodes, np.array(limits.closed, np.int64))]] = 0.0
    lower[columns[np.isin(master.nodes, np.array(limits.opened, np.int64))]] = 1.0
    return program._replace(lower=lower, upper=upper)


def _node_terms(model: SourcingModel, prices: Prices) -> F64:
    """Opening cost plus what each node's rows answer, float64[num_nodes]."""
    on_node, count = model.rows.node >= 0, len(model.nodes.activation_cost)
    answer = responses(model, prices.row)
    of_node = np.bincount(model.rows.node[on_node], answer[on_node], count)
    of_node -= np.bincount(model.candidates.node, prices.activation, count)
    return np.asarray(model.nodes.activation_cost + of_node, np.float64)


def _exact_term(model: SourcingModel, prices: MeasurePrices, node: int) -> Fraction:
    """Opening cost plus what a node's rows answer, exactly."""
    rows = model.rows
    total = Fraction(int(model.nodes.activation_cost[node]))
    for r in np.flatnonzero((prices.row > 0) & (rows.node == node)).tolist():
        price, scale = Fraction(int(prices.row[r]), int(rows.scale[r])), int(rows.scale[r])
        total += int(rows.open_max[r]) * min(Fraction(0), int(rows.open_cost[r]) - price * int(rows.limit[r]))
        total -= max(Fraction(0), price - Fraction(int(rows.overtime_cost[r]), scale)) * int(rows.overtime_limit[r])
    return total - int(prices.activation[model.candidates.node == node].sum())
