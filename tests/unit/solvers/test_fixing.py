"""Reduced-cost fixing: nothing that a better plan could use is fixed, and programs without it have the same optimum."""

from __future__ import annotations

import numpy as np
import pytest

from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.compact import solve_compact, state_compact
from solvers.fixing import fix_slots, least_with
from solvers.menu_pricing import near_menus, price_menus
from solvers.menus import Menus, list_menus
from solvers.model import I32, Prices, SourcingModel
from solvers.portfolio import Settings, solve
from solvers.prices import ascend
from solvers.result import Outcome
from solvers.stop import Stop


@pytest.fixture(scope="module", params=["comfortable", "tight"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SourcingModel:
    folder = tmp_path_factory.mktemp("batch")
    write_scenario(generate(Spec(40, 6, 30, request.param, seed=1)), folder)
    return build_model(load_scenario(folder)).model


@pytest.fixture(scope="module")
def menus(model: SourcingModel) -> Menus:
    return list_menus(model)


@pytest.fixture(scope="module")
def prices(model: SourcingModel, menus: Menus) -> Prices:
    return ascend(model, menus, Stop(), threads=1, pricing_work=1, passes=100).prices


@pytest.fixture(scope="module")
def best(model: SourcingModel) -> Outcome:
    everyone: I32 = np.arange(model.num_orders, dtype=np.int32)
    return solve(model, Settings("auto", 0.0, 0, 1, everyone), Stop())


def test_an_entry_costs_what_the_cheapest_pattern_that_holds_it_does(menus: Menus, prices: Prices) -> None:
    orders = np.arange(menus.num_orders, dtype=np.int32)
    near = near_menus(menus, prices, orders, np.full(len(orders), 1e12), 20_000)
    # Of a few orders there are more patterns than may be listed.
    whole = near.complete[_order_of_entry(menus)]
    assert near.complete.mean() > 0.9
    expected = np.full(len(menus.entry_cost), np.inf)
    np.minimum.at(expected, near.picks, np.repeat(near.value, np.diff(near.pick_ptr)))
    least = least_with(menus, prices, orders)
    assert np.allclose(least[whole], expected[whole], rtol=1e-12)
    assert (least >= price_menus(menus, prices, orders).value[_order_of_entry(menus)] - 1e-3).all()


def _order_of_entry(menus: Menus) -> np.ndarray:
    return np.repeat(np.arange(menus.num_orders), np.diff(menus.entry_ptr[menus.slot_ptr]))


def test_a_program_without_idle_slots_has_the_same_optimum(
    model: SourcingModel, menus: Menus, prices: Prices, best: Outcome
) -> None:
    # A plan only a micro dearer than the best: whatever is cheaper must be left in play.
    idle = fix_slots(model, menus, prices, best.objective + 1)
    assert 0 < len(idle) < len(menus.slot_candidate)
    every = np.arange(model.num_orders)
    whole, part = (state_compact(model, every, idle=fixed)[1] for fixed in (None, idle))
    assert whole is not None
    assert part is not None
    assert len(part.program.cost) < len(whole.program.cost)
    found = solve_compact(model, Stop(), idle=idle, relative_gap=0.0)
    assert found.patterns is not None
    assert int(found.patterns.cost.sum()) == best.objective
    assert found.bound is not None
    assert best.objective - 10 * model.num_orders <= found.bound <= best.objective


def test_nothing_is_fixed_where_plan_and_bound_are_far_apart(
    model: SourcingModel, menus: Menus, prices: Prices, best: Outcome
) -> None:
    assert not len(fix_slots(model, menus, prices, 2 * best.objective))


def test_what_is_fixed_is_none_of_the_best_plans_slots(
    model: SourcingModel, menus: Menus, prices: Prices, best: Outcome
) -> None:
    used = best.patterns.ship_cand.astype(np.int64) * len(model.trips.departure) + best.patterns.ship_trip
    assert not np.isin(used, fix_slots(model, menus, prices, best.objective)).any()
