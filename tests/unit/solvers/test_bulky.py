"""Batches of few large orders: bounds hold, plans hold every row, and no step makes either worse."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.bound import lagrangian
from solvers.bulky import applies, improve_bulky
from solvers.certify import certify
from solvers.climb import climb
from solvers.greedy import construct
from solvers.incumbent import Incumbent
from solvers.judging import unserved
from solvers.model import Patterns, Prices, SourcingModel
from solvers.pricing import price_orders
from solvers.reinsertion import fit, reinsert
from solvers.relaxation import relax
from solvers.stop import Stop
from tests.unit.solvers.batches import ordinary_model
from tests.unit.solvers.models import random_model
from tests.unit.solvers.plans import cheapest_plan, plan_cost

WORK = 50_000
TOO_LARGE = {18, 31, 41}
"""Seeds whose plans are too many to try them all."""


@pytest.fixture(scope="module")
def scarce() -> SourcingModel:
    """Orders that want the last units of some positions."""
    model = ordinary_model(5, 300, num_nodes=4)
    limit = model.rows.limit.copy()
    limit[: model.num_positions] = 1
    return model._replace(rows=model.rows._replace(limit=limit))


def first_come(model: SourcingModel) -> Patterns:
    sequence = np.arange(model.num_orders, dtype=np.int32)
    return construct(model, Prices.zero(model), sequence, Stop(), work_limit=WORK)


def bound_at(model: SourcingModel, prices: Prices) -> float:
    orders = np.arange(model.num_orders, dtype=np.int32)
    return lagrangian(model, prices, float(price_orders(model, prices, orders, work_limit=WORK).lower_bound.sum()))


@pytest.mark.parametrize("seed", sorted(set(range(60)) - TOO_LARGE))
def test_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    model = random_model(seed, num_orders=3)
    if not applies(model):
        model = model._replace(nodes=model.nodes._replace(activation_cost=0 * model.nodes.activation_cost))
    optimum = cheapest_plan(model)
    assert optimum is not None
    incumbent = Incumbent(model, Stop())
    incumbent.offer(unserved(model))
    prices = improve_bulky(model, 0.0, 0, 1, Stop(), incumbent, WORK)
    assert incumbent.patterns is not None
    assert incumbent.bound is not None
    assert incumbent.bound <= optimum <= incumbent.objective == plan_cost(model, incumbent.patterns)
    assert certify(model, prices, 1).bound <= optimum


def test_prices_of_the_relaxation_bound_better_than_none(scarce: SourcingModel) -> None:
    relaxed = relax(scarce, Stop())
    assert relaxed is not None
    assert relaxed.prices.row.min() >= 0.0
    assert bound_at(scarce, relaxed.prices) > bound_at(scarce, Prices.zero(scarce)) * 1.001


def test_a_climb_never_ends_below_its_start_nor_above_its_goal(scarce: SourcingModel) -> None:
    goal = float(plan_cost(scarce, first_come(scarce)))
    told: list[float] = []
    climbed = climb(
        scarce, Prices.zero(scarce), goal, Stop(), passes=30, work_limit=WORK, threads=1, on_bound=told.append
    )
    assert told == sorted(told)
    assert bound_at(scarce, Prices.zero(scarce)) < climbed.bound <= goal
    assert climbed.bound == told[-1] == bound_at(scarce, climbed.prices)


def test_what_does_not_fit_together_is_chosen_anew(scarce: SourcingModel) -> None:
    orders = np.arange(scarce.num_orders, dtype=np.int32)
    alone = price_orders(scarce, Prices.zero(scarce), orders, work_limit=WORK).patterns
    with pytest.raises(AssertionError, match="oversells"):
        plan_cost(scarce, alone)
    plan = fit(scarce, alone, Prices.zero(scarce), WORK, Stop())
    assert plan.order.tolist() == orders.tolist()
    assert int(alone.cost.sum()) < plan_cost(scarce, plan) < plan_cost(scarce, unserved(scarce))


def test_reinsertion_improves_a_plan_and_keeps_it_whole(scarce: SourcingModel) -> None:
    plan = first_come(scarce)
    incumbent = Incumbent(scarce, Stop())
    incumbent.offer(plan)
    zero = Prices.zero(scarce)
    minima = price_orders(scarce, zero, plan.order, work_limit=WORK).lower_bound
    reinsert(scarce, incumbent, zero, minima, Stop(), turns=150, work_limit=WORK, seed=1)
    assert incumbent.patterns is not None
    assert plan_cost(scarce, incumbent.patterns) == incumbent.objective
    assert incumbent.objective < plan_cost(scarce, plan)


def test_the_same_seed_gives_the_same_plan(scarce: SourcingModel) -> None:
    def improved() -> tuple[int | None, list[float]]:
        incumbent = Incumbent(scarce, Stop())
        incumbent.offer(first_come(scarce))
        prices = improve_bulky(scarce, 0.05, 3, 2, Stop(), incumbent, WORK)
        return incumbent.objective, prices.row.tolist()

    assert improved() == improved()
