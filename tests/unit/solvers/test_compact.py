"""The compact model against every plan of small batches: its bound holds, and where it is exact it is the optimum."""

from __future__ import annotations

import numpy as np
import pytest

from solvers import compact, compact_layout, compact_program
from solvers.compact import solve_compact, state_compact
from solvers.compact_arcs import build_network
from solvers.compact_plan import plan_of, start_of
from solvers.fill import fill_model
from solvers.model import JUDGE_EX_WORKS, SourcingModel
from solvers.stop import Stop
from tests.naive_pricing import TooLarge, patterns_of
from tests.unit.solvers.models import PLAIN, random_model
from tests.unit.solvers.plans import cheapest_plan, plan_cost

MICROS_OF_SLACK = 5_000
"""Billable weight by volume may be half a gram off in each shipment; rounding to micros is far less."""


def solvable(seed: int, num_orders: int = 2, fill_limit: int | None = None) -> tuple[SourcingModel, int | None]:
    """A random batch and its optimum; of one order where two are too many to enumerate."""
    model = random_model(seed, num_orders=num_orders)
    try:
        return model, cheapest_plan(model, fill_limit)
    except TooLarge:
        model = random_model(seed, num_orders=1)
        return model, cheapest_plan(model, fill_limit)


def exactly_stated(model: SourcingModel) -> bool:
    return not (model.orders.judge == JUDGE_EX_WORKS).any()


@pytest.mark.parametrize("seed", range(70))
def test_bound_and_plan_meet_at_the_optimum(seed: int) -> None:
    model, optimum = solvable(seed)
    outcome = solve_compact(model, Stop(60), relative_gap=0.0)
    assert optimum is not None
    assert outcome.bound is not None
    assert outcome.bound <= optimum
    if exactly_stated(model):
        assert outcome.optimal
        assert outcome.bound >= optimum - MICROS_OF_SLACK
        assert outcome.patterns is not None
        assert optimum <= plan_cost(model, outcome.patterns) <= optimum + MICROS_OF_SLACK


@pytest.mark.parametrize("seed", [1165, 2321, 2885])
def test_a_load_alone_in_its_shipment_is_whole_packs(seed: int) -> None:
    model, optimum = solvable(seed)
    outcome = solve_compact(model, Stop(60), relative_gap=0.0)
    assert optimum is not None
    assert outcome.patterns is not None
    assert plan_cost(model, outcome.patterns) == optimum


@pytest.mark.parametrize("seed", range(200, 225))
def test_large_loads_are_stated_as_all_or_a_part(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact_layout, "MOST_LEVELS", 1)
    monkeypatch.setattr(compact_program, "MOST_LEVELS", 1)
    model, optimum = solvable(seed)
    outcome = solve_compact(model, Stop(60), relative_gap=0.0)
    assert optimum is not None
    assert outcome.bound is not None
    assert outcome.bound <= optimum
    if exactly_stated(model):
        assert outcome.bound >= optimum - MICROS_OF_SLACK


@pytest.mark.parametrize("seed", range(300, 330))
def test_fill_is_held_to_its_limit(seed: int) -> None:
    model = random_model(seed, num_orders=1)
    fill = sorted({pattern.fill for pattern in patterns_of(model, 0, most=600)})
    limit = fill[len(fill) // 2] if len(fill) > 1 else fill[0]
    optimum = cheapest_plan(model, limit)
    outcome = solve_compact(model, Stop(60), fill_limit=limit, relative_gap=0.0)
    if optimum is not None:
        assert outcome.bound is not None
        assert outcome.bound <= optimum
    if outcome.patterns is not None:
        assert int(outcome.patterns.fill.sum()) <= limit
        assert optimum is not None
        assert plan_cost(model, outcome.patterns) >= optimum


def test_a_fill_that_nothing_reaches_gives_no_plan() -> None:
    model = random_model(5, PLAIN)
    wanted = model.lines.fill_weight * model.lines.quantity
    model = model._replace(rows=model.rows._replace(limit=np.zeros_like(model.rows.limit)))
    assert solve_compact(model, Stop(60), fill_limit=int(wanted.sum()) - 1).patterns is None
    everything_left = solve_compact(model, Stop(60), fill_limit=int(wanted.sum()))
    assert everything_left.optimal
    assert everything_left.bound == int((model.lines.unmet_cost * model.lines.quantity).sum())


@pytest.mark.parametrize("seed", range(400, 430))
def test_a_plan_is_a_start_of_its_own_cost(seed: int) -> None:
    model = random_model(seed)
    plan = solve_compact(model, Stop(60), relative_gap=0.0).patterns
    network, stated, stand_ins = state_compact(model, np.arange(model.num_orders))
    if stated is None or plan is None:
        assert plan is None or len(plan.ship_cand) == 0
        return
    start = start_of(model, network, stated, stand_ins, plan, Stop(60))
    assert start is not None
    same = plan_of(model, network, stated.layout, start)
    assert same is not None
    assert plan_cost(model, same) == plan_cost(model, plan)
    again = solve_compact(model, Stop(60), warm=plan, relative_gap=0.0)
    assert again.patterns is not None
    assert plan_cost(model, again.patterns) <= plan_cost(model, plan)


def test_orders_are_solved_by_themselves() -> None:
    model = random_model(7, PLAIN, num_orders=4)
    alone = solve_compact(model, Stop(60), orders=np.array([2, 0]), relative_gap=0.0)
    assert alone.patterns is not None
    assert alone.patterns.order.tolist() == [0, 2]
    everyone = solve_compact(model, Stop(60), relative_gap=0.0)
    assert alone.bound is not None
    assert everyone.bound is not None
    assert alone.bound <= everyone.bound


def test_days_that_nothing_tells_apart_are_one_day() -> None:
    model = random_model(12, PLAIN._replace(days=4), num_orders=6)
    network, stated, stand_ins = state_compact(model, np.arange(6))
    assert stated is not None
    listed = build_network(model, np.arange(6)).slots.num
    assert network.slots.num < listed
    assert network.slots.num + len(stand_ins.key) - 1 == listed


@pytest.mark.parametrize("seed", range(500, 510))
def test_a_bound_between_two_possible_costs_is_the_next_cost(seed: int) -> None:
    """Units left out are the only cost here, and whole: what floats leave open, whole numbers close."""
    model = fill_model(random_model(seed, PLAIN, num_orders=6))
    outcome = solve_compact(model, Stop(60), relative_gap=0.0)
    assert outcome.patterns is not None
    assert outcome.bound == plan_cost(model, outcome.patterns)


def test_a_stop_that_has_come_leaves_no_claim() -> None:
    stop = Stop(60)
    stop.interrupt()
    outcome = solve_compact(random_model(9, PLAIN, num_orders=30), stop)
    assert outcome.bound is None or outcome.patterns is not None


def test_a_batch_beyond_reach_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "MOST_LOADS", 3)
    outcome = solve_compact(random_model(12, PLAIN, num_orders=6), Stop(60))
    assert outcome == (None, None, False)


@pytest.mark.parametrize("seed", range(600, 612))
def test_a_start_sought_in_a_part_of_the_model_costs_no_bound(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model, optimum = solvable(seed)
    monkeypatch.setattr(compact, "LARGE", 0)
    outcome = solve_compact(model, Stop(60), relative_gap=0.0)
    assert optimum is not None
    assert outcome.bound is not None
    assert outcome.bound <= optimum
    if exactly_stated(model):
        assert outcome.bound >= optimum - MICROS_OF_SLACK
