"""Knapsack bounds of assignments with capacities: against enumeration, and closed by a tree that covers every plan."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from solvers.assignment import Assigned, solve_assignment
from solvers.incumbent import Incumbent
from solvers.judging import unserved
from solvers.knapsack_kernel import NEVER, Items, force, pack
from solvers.knapsack_tree import grow_by_knapsacks
from solvers.knapsacks import Knapsacks, ascend, forced
from solvers.model import I64, SourcingModel
from solvers.stop import Stop
from tests.unit.solvers.test_assignment import cheapest_assignment, single_units


def made(seed: int, num_orders: int = 6) -> Knapsacks:
    """Three knapsacks with an item for each order, and one without limit where an order costs a lot."""
    rng = np.random.default_rng(seed)
    order = np.tile(np.arange(num_orders), 4)
    cost = np.concatenate([rng.integers(10, 40, 3 * num_orders), np.full(num_orders, 100)]) * 1_000_000
    weight = np.concatenate([rng.integers(3, 12, 3 * num_orders), np.zeros(num_orders, np.int64)])
    items = Items(
        np.arange(5) * num_orders, np.array([14, 15, 16, -1]), order.astype(np.int64), cost.astype(np.int64), weight
    )
    candidate = np.where(
        np.arange(4 * num_orders) < 3 * num_orders, order * 3 + np.arange(4 * num_orders) // num_orders, -1
    )
    return Knapsacks(
        items, np.arange(4 * num_orders), candidate, num_orders, 1_000, 100_000_000 * num_orders, 1_000_000
    )


def optima(made: Knapsacks) -> tuple[int, I64]:
    """The cheapest plan, by enumeration, and the cheapest that holds each item."""
    items = made.items
    choices = np.array(list(product(range(4), repeat=made.num_orders)))
    taken = choices * made.num_orders + np.arange(made.num_orders)
    weight = items.weight[taken]
    fits = np.all([(weight * (choices == k)).sum(axis=1) <= items.capacity[k] for k in range(3)], axis=0)
    cost, taken = items.cost[taken[fits]].sum(axis=1), taken[fits]
    held = np.full(len(items.order), NEVER)
    np.minimum.at(held, taken.ravel(), np.repeat(cost, made.num_orders))
    return int(cost.min()), held


def subsets(items: Items, reward: I64, knapsack: int) -> list[tuple[tuple[int, ...], int]]:
    """Every set of a knapsack's items that fits, and what it pays."""
    own = range(int(items.ptr[knapsack]), int(items.ptr[knapsack + 1]))
    found = []
    for mask in product((False, True), repeat=len(own)):
        held = tuple(item for item, inside in zip(own, mask, strict=True) if inside)
        if items.capacity[knapsack] < 0 or items.weight[list(held)].sum() <= items.capacity[knapsack]:
            found.append((held, int(sum(items.cost[i] - reward[items.order[i]] for i in held))))
    return found


@pytest.mark.parametrize("seed", range(4))
def test_packing_and_forcing_are_what_enumeration_says(seed: int) -> None:
    items = made(seed).items
    reward = np.random.default_rng(seed).integers(10, 60, 6) * 1_000_000
    taken, room = np.zeros(24, np.bool_), (np.zeros(1_000, np.int64), np.zeros(1_000, np.int64))
    with_it, without_it = np.zeros(24, np.int64), np.zeros(24, np.int64)
    value, _ = pack(items, reward, taken, room[0])
    every = [subsets(items, reward, knapsack) for knapsack in range(4)]
    least = [min(paid for _, paid in own) for own in every]
    assert value == sum(least)
    force(items, reward, taken, *room, with_it, without_it)
    for item in range(24):
        own, best = every[item // 6], least[item // 6]
        assert with_it[item] == min(paid for held, paid in own if item in held) - best
        assert without_it[item] == min(paid for held, paid in own if item not in held) - best


@pytest.mark.parametrize("seed", range(6))
def test_bounds_hold_and_a_tree_closes_them(seed: int) -> None:
    knapsacks = made(seed)
    best, held = optima(knapsacks)
    ascended = ascend(knapsacks, np.zeros(6), best, Stop())
    assert ascended.bound <= best
    least = ascended.bound + forced(knapsacks, ascended.reward)
    assert (np.minimum(least, NEVER) <= held).all()
    grown = grow_by_knapsacks(_candidates(18), knapsacks, ascended.reward.astype(np.float64), best, Stop())
    assert grown.tree.bound == best


def test_a_target_too_high_ends_at_a_plan_or_at_the_optimum() -> None:
    knapsacks = made(0)
    grown = grow_by_knapsacks(_candidates(18), knapsacks, np.zeros(6), 10**9, Stop())
    assert grown.tree.bound <= optima(knapsacks)[0]
    if grown.plan is not None:
        assert knapsacks.items.cost[grown.plan].sum() == optima(knapsacks)[0]


def test_units_of_stock_and_capacities_that_count_them_are_read() -> None:
    model = single_units(0)
    incumbent = Incumbent(model, Stop())
    incumbent.offer(unserved(model))
    assigned = solve_assignment(model, Stop(), incumbent)
    assert isinstance(assigned, Assigned)
    if assigned.knapsacks is not None:
        bound = ascend(assigned.knapsacks, assigned.reward, cheapest_assignment(model), Stop()).bound
        assert bound <= cheapest_assignment(model)


def _candidates(count: int) -> SourcingModel:
    """As much of a model as branching reads: three candidates for each of six orders."""
    model = single_units(0)
    order = np.repeat(np.arange(count // 3), 3).astype(np.int32)
    return model._replace(candidates=model.candidates._replace(order=order))
