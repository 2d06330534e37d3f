"""What plans cost, and the cheapest of all plans of a small batch: a slow twin of every solver."""

from __future__ import annotations

from itertools import product

import numpy as np

from solvers.incumbent import shared_cost, usage_of
from solvers.judging import unserved
from solvers.model import Patterns, SourcingModel
from tests.naive_pricing import Pattern, TooLarge, patterns_of


def plan_cost(model: SourcingModel, plan: Patterns) -> int:
    shared = shared_cost(model, plan, usage_of(model, plan))
    assert shared is not None, "a plan that oversells a row"
    return int(plan.cost.sum()) + shared


def cheapest_plan(model: SourcingModel, fill_limit: int | None = None) -> int | None:
    """The optimum by trying every combination of patterns that differ in what they draw or open."""
    choices = [_distinct(model, patterns_of(model, order, most=600)) for order in range(model.num_orders)]
    if np.prod([len(patterns) for patterns in choices]) > 60_000:
        raise TooLarge("too many plans")
    most = model.row_capacity()
    best = None
    for plan in product(*choices):
        own = sum(pattern.cost for pattern in plan)
        if fill_limit is not None and sum(pattern.fill for pattern in plan) > fill_limit:
            continue
        if best is not None and own >= best:
            continue
        used = np.zeros(model.num_rows, np.int64)
        for pattern in plan:
            for row, amount in pattern.draws:
                used[row] += amount
        if np.all(used <= most):
            cost = own + _shared(model, plan, used)
            best = cost if best is None else min(best, cost)
    return best


def _distinct(model: SourcingModel, patterns: list[Pattern]) -> list[Pattern]:
    cheapest: dict[object, Pattern] = {}
    for pattern in sorted(patterns, key=lambda p: p.cost):
        nodes = frozenset(int(model.candidates.node[s.candidate]) for s in pattern.shipments)
        cheapest.setdefault((tuple(sorted(pattern.draws)), nodes, pattern.fill), pattern)
    return list(cheapest.values())


def _shared(model: SourcingModel, plan: tuple[Pattern, ...], used: np.ndarray) -> int:
    ships = [s.candidate for pattern in plan for s in pattern.shipments]
    no_draws = unserved(model)._replace(ship_cand=np.array(ships, np.int32))
    cost = shared_cost(model, no_draws, used)
    assert cost is not None
    return cost
