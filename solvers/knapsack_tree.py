"""Branching where knapsacks bound: a tree whose leaves reward orders, each proving more than row prices can.

The leaves are those of ``branching``: an order ships nothing from a node, or does. What is split is what the last
passes took half of the time, the volume algorithm's stand-in for a fractional solution: on OR-Library's b05100 that
left 24 leaves, where splitting what forcing says raises both sides most had left 400.
"""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from solvers.bound import MeasurePrices
from solvers.knapsacks import MOST_WORK, Ascended, Knapsacks, ascend
from solvers.leaves import Leaf, Limits, Tree
from solvers.model import F64, I64, Flags, SourcingModel
from solvers.stop import Stop

MOST_LEAVES = 1_000
"""Beyond, a checker takes longer than the search."""

_PASSES = 30
"""Passes of a leaf, whose rewards begin at its parent's: fewer leaves with more, and more time."""

_DECIDED = 1e-6


class Grown(NamedTuple):
    """``plan`` holds patterns of the pool, one per order, where the tree met a better one than its target."""

    tree: Tree
    plan: I64 | None


def grow_by_knapsacks(model: SourcingModel, knapsacks: Knapsacks, reward: F64, target: int, stop: Stop) -> Grown:
    """Branch until every leaf proves ``target``, or leaves, work or the stop run out; a plan met lowers the target.

    Parameters
    ----------
    reward
        Of the root, float64[num_orders], in weighted micros.
    target
        In weighted micros. The tree's bound is a cost that plans can have.
    """
    nothing = MeasurePrices(np.zeros(model.num_rows, np.int64), np.zeros(len(model.candidates.order), np.int64), 0)
    waiting: list[tuple[int, int, Limits, F64]] = [(0, 0, Limits(), reward)]
    leaves: list[Leaf] = []
    plan: I64 | None = None
    split, work = 0, 0
    while waiting:
        _, _, limits, start = heapq.heappop(waiting)
        own = knapsacks.only(~_barred(model, limits))
        ascended = ascend(own, start, target, stop, passes=_PASSES)
        work += ascended.work
        full = len(leaves) + len(waiting) + 1 >= MOST_LEAVES or work > MOST_WORK or stop.reason is not None
        if ascended.plan is not None and ascended.bound < target:
            plan, target = ascended.plan, ascended.bound
        done = full or knapsacks.raised(ascended.bound) >= target
        at = -1 if done else _least_decided(model, own, limits, ascended)
        if at < 0:
            leaves.append(Leaf(limits, nothing, ascended.bound, ascended.reward))
            continue
        taken = limits._asdict()
        for side in ("without", "within"):
            split += 1
            branch = Limits(**{**taken, side: (*taken[side], at)})
            heapq.heappush(waiting, (ascended.bound, split, branch, ascended.reward.astype(np.float64)))
    return Grown(Tree(leaves, knapsacks.raised(min(leaf.bound for leaf in leaves))), plan)


def _barred(model: SourcingModel, limits: Limits) -> Flags:
    """Candidates that no plan of a leaf ships from; every order makes one shipment at most."""
    order = model.candidates.order
    barred = np.zeros(len(order), np.bool_)
    barred[list(limits.without)] = True
    kept = np.array(limits.within, np.int64)
    barred |= np.isin(order, order[kept])
    barred[kept] = False
    return barred


def _least_decided(model: SourcingModel, own: Knapsacks, limits: Limits, ascended: Ascended) -> int:
    """The candidate that was taken in the most nearly half of the last passes; -1 where all were in all or none."""
    ships = own.candidate >= 0
    share = np.bincount(own.candidate[ships], ascended.share[ships], len(model.candidates.order))
    undecided = np.minimum(share, 1.0 - share)
    undecided[list(limits.within)] = 0.0
    at = int(np.argmax(undecided))
    return at if undecided[at] > _DECIDED else -1
