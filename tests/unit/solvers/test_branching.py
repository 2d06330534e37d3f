"""Branching trees on random models: never above the optimum, and closed where prices are not."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.branching import grow_tree, worth_branching
from solvers.incumbent import usage_of
from solvers.judging import unserved
from solvers.leaves import EVERYONE, LeafSpace, Limits, Use, single_shipments
from solvers.model import Patterns, Prices, SourcingModel, frozen
from solvers.patterns import priced_cost
from solvers.portfolio import Settings, solve
from solvers.pricing_near import enumerate_near
from solvers.result import Outcome
from solvers.stop import Stop
from tests.unit.solvers.batches import ordinary_model
from tests.unit.solvers.models import MONEY, random_model


def with_openings(seed: int) -> SourcingModel:
    model = random_model(seed, num_orders=3)
    cost = np.random.default_rng(seed).integers(1, 30, len(model.nodes.activation_cost)) * MONEY
    return frozen(model._replace(nodes=model.nodes._replace(activation_cost=cost)))


def solved(model: SourcingModel) -> Outcome:
    sequence = np.arange(model.num_orders, dtype=np.int32)
    outcome = solve(model, Settings("exact", 0.0, 0, 1, sequence), Stop())
    assert outcome.optimal
    return outcome


@pytest.mark.parametrize("seed", range(12))
def test_the_worst_leaf_lies_between_the_prices_and_the_optimum(seed: int) -> None:
    model = with_openings(seed)
    outcome = solved(model)
    prices = outcome.certificate.prices.steering(model)
    tree = grow_tree(model, outcome.patterns, prices, outcome.objective, Stop(), threads=1)
    assert outcome.certificate.bound <= tree.bound <= outcome.objective
    assert tree.bound == min(leaf.bound for leaf in tree.leaves)


def test_leaves_close_a_gap() -> None:
    open_gaps = closed = 0
    for seed in range(12):
        model = with_openings(seed)
        outcome = solved(model)
        if outcome.objective - outcome.certificate.bound <= 1_000:
            continue
        open_gaps += 1
        prices = outcome.certificate.prices.steering(model)
        tree = grow_tree(model, outcome.patterns, prices, outcome.objective, Stop(), threads=1)
        closed += outcome.objective - tree.bound <= 1_000
    assert open_gaps > 0
    assert closed > 0


def test_a_stop_leaves_a_tree_that_still_holds() -> None:
    model = with_openings(0)
    nothing: Patterns = solved(model).patterns
    stop = Stop()
    stop.interrupt()
    tree = grow_tree(model, nothing, Prices.zero(model), 10**15, stop, threads=1)
    assert len(tree.leaves) == 1
    assert tree.bound <= solved(model).objective


def test_leaves_close_gaps_of_scarce_stock_too() -> None:
    closed = 0
    for seed in range(12):
        model = random_model(seed, num_orders=4)
        outcome = solved(model)
        if outcome.objective - outcome.certificate.bound <= 1_000:
            continue
        prices = outcome.certificate.prices.steering(model)
        tree = grow_tree(model, outcome.patterns, prices, outcome.objective, Stop(), threads=1)
        assert outcome.certificate.bound <= tree.bound <= outcome.objective
        closed += outcome.objective - tree.bound <= 1
    assert closed > 0


def random_leaf(model: SourcingModel, plan: Patterns, rng: np.random.Generator) -> LeafSpace:
    """Limits that a plan keeps, some of them just."""
    used, drawn = usage_of(model, plan), list[Use]()
    for row in rng.choice(model.num_rows, min(4, model.num_rows), replace=False).tolist():
        drawn.append(Use(row, EVERYONE, int(used[row])))
    owner = np.repeat(plan.order, np.diff(plan.draw_ptr))
    for at in rng.choice(len(plan.draw), min(2, len(plan.draw)), replace=False).tolist():
        if plan.draw_row[at] < 2 * model.num_positions:
            drawn.append(Use(int(plan.draw_row[at]), int(owner[at]), int(plan.draw[at])))
    ships = np.unique(plan.ship_cand)
    idle = np.setdiff1d(np.arange(len(model.candidates.order)), ships)
    limits = Limits(
        without=tuple(rng.choice(idle, min(2, len(idle)), replace=False).tolist()),
        within=tuple(rng.choice(ships, min(1, len(ships)), replace=False).tolist()),
        at_most=tuple(use for use in drawn if rng.random() < 0.6),
        at_least=tuple(use for use in drawn if rng.random() < 0.6),
    )
    forbidding = unserved(model).cost.astype(np.float64) + 1e6
    return LeafSpace(model, limits, single_shipments(model), forbidding)


def random_signed(model: SourcingModel, rng: np.random.Generator) -> Prices:
    """Prices of about every third row, some below 0."""
    scale = model.rows.scale
    row = rng.integers(-10, 20, model.num_rows) * MONEY / scale * (rng.random(model.num_rows) < 0.3)
    return Prices.zero(model)._replace(row=row)


@pytest.mark.parametrize("seed", range(40))
def test_a_leaf_prices_exactly_and_never_beyond_a_plan_in_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(seed, num_orders=3)
    outcome = solved(model)
    space = random_leaf(model, outcome.patterns, rng)
    assert space.allowed(outcome.patterns).all()
    prices = space.fitted(random_signed(model, rng))
    pool = unserved(model)
    leaf = space.state(prices, pool, 1e7, 1, Stop())
    assert leaf.bound <= outcome.objective

    every = np.arange(model.num_orders, dtype=np.int32)
    far = np.full(model.num_orders, 1e15)
    near = enumerate_near(model, Prices.zero(model), every, far, max_patterns=20_000, work_limit=10**8)
    if near.complete.all():
        value = np.where(space.allowed(near.patterns), priced_cost(near.patterns, prices), np.inf)
        least = np.full(model.num_orders, np.inf)
        np.minimum.at(least, near.patterns.order, value)
        priced = space.price(prices, pool, 1e7, 1)
        assert (priced.lower_bound <= least + 1e-3).all()
        np.testing.assert_allclose(priced.lower_bound[priced.exact], least[priced.exact], rtol=1e-9)


def test_large_batches_are_left_alone() -> None:
    assert worth_branching(with_openings(0))
    assert worth_branching(ordinary_model(0, 50))
    assert not worth_branching(frozen(with_openings(0)._replace(sources=ordinary_model(0, 4_000).sources)))
