"""Branching trees on random models that pay for openings: never above the optimum, and closed where prices are not."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.branching import grow_tree, worth_branching
from solvers.model import Patterns, Prices, SourcingModel, frozen
from solvers.portfolio import Settings, solve
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


def test_large_batches_and_those_without_anything_to_split_are_left_alone() -> None:
    assert worth_branching(with_openings(0))
    assert not worth_branching(ordinary_model(0, 50))
    assert not worth_branching(frozen(with_openings(0)._replace(sources=ordinary_model(0, 4_000).sources)))
