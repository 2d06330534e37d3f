"""Batches of many ordinary orders: the bound rises, plans hold every row, steps only improve, the same again."""

from __future__ import annotations

import numpy as np
import pytest

from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.bound import exact_bound, exact_minima, to_measure
from solvers.greedy import construct
from solvers.incumbent import Incumbent, Progress, shared_cost, usage_of
from solvers.judging import recost
from solvers.listed import search_listed, suits
from solvers.menu_pricing import price_menus, slots_entries, table_size
from solvers.menu_search import improve_side_by_side
from solvers.menu_seats import held_by, make_seats, seat_all, wanted_by
from solvers.menu_start import picks_of
from solvers.menus import Menus, list_menus, patterns_of
from solvers.model import Patterns, Prices, SourcingModel
from solvers.patterns import take
from solvers.prices import ascend
from solvers.pricing import price_orders
from solvers.stop import Stop

WITHIN_REACH = 0.06
"""A gap that prices alone can prove: stock positions of a few units keep the bound some per cent below the optimum."""

TIGHT = Spec(orders=420, nodes=10, items=200, stock="tight", seed=2)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> SourcingModel:
    """Orders of several lines that want most of what there is."""
    folder = tmp_path_factory.mktemp("batch") / TIGHT.name
    write_scenario(generate(TIGHT), folder)
    return build_model(load_scenario(folder)).model


@pytest.fixture(scope="module")
def menus(model: SourcingModel) -> Menus:
    return list_menus(model)


def test_the_batch_is_one_for_this_search(model: SourcingModel, menus: Menus) -> None:
    assert suits(model, menus)
    opening = model.nodes.activation_cost + 1
    assert not suits(model._replace(nodes=model.nodes._replace(activation_cost=opening)), menus)


def test_prices_raise_the_bound_and_the_general_kernel_confirms_it(model: SourcingModel, menus: Menus) -> None:
    bounds: list[float] = []
    found = ascend(model, menus, Stop(), threads=1, pricing_work=10**6, passes=60, on_bound=bounds.append)
    assert bounds == sorted(bounds)
    assert found.bound > bounds[0] * 1.01
    stated = to_measure(model, found.prices)
    everyone = np.arange(model.num_orders, dtype=np.int32)
    priced = price_orders(model, stated.steering(model), everyone, work_limit=10**6)
    minima = exact_minima(model, priced.patterns, stated, priced.lower_bound, priced.exact)
    assert exact_bound(model, stated, minima.total) == pytest.approx(found.bound, rel=1e-6)


def test_a_row_is_wanted_by_every_order_that_could_draw_on_it(model: SourcingModel, menus: Menus) -> None:
    wants: list[set[int]] = [set() for _ in range(model.num_rows)]
    for order in range(model.num_orders):
        first, last = menus.entry_ptr[menus.slot_ptr[[order, order + 1]]]
        for row in menus.draw_row[menus.draw_ptr[first] : menus.draw_ptr[last]].tolist():
            wants[row].add(order)
    wanted = wanted_by(menus, model.num_rows)
    assert [sorted(orders) for orders in wants] == [part.tolist() for part in np.split(wanted.order, wanted.ptr[1:-1])]


@pytest.mark.parametrize("threads", [1, 2])
def test_search_only_improves_and_oversells_nothing(model: SourcingModel, menus: Menus, threads: int) -> None:
    seats = make_seats(menus, model.row_capacity())
    row = np.zeros(model.num_rows)
    sequence = np.flatnonzero(menus.listed).astype(np.int32)
    seat_all(menus, row, np.zeros(0), sequence, seats, table_size(menus), slots_entries(menus))
    before = seats.cost.sum()
    rng = np.random.default_rng(1)
    change = improve_side_by_side(
        menus,
        wanted_by(menus, model.num_rows),
        row + 1.0,
        np.zeros(model.num_orders),
        seats,
        rounds=2_000,
        heat=(0.0, 0.0),
        threads=threads,
        rng=rng,
        halt=np.zeros(1, np.bool_),
    )
    assert change < 0.0
    assert seats.cost.sum() == pytest.approx(before + change)
    assert (seats.left >= 0).all()
    spans = [seats.held[s : s + c] for s, c in zip(seats.start[sequence], seats.num_held[sequence], strict=True)]
    pick_ptr = np.concatenate([[0], np.cumsum(seats.num_held[sequence])])
    plan = patterns_of(model, menus, sequence, pick_ptr, np.concatenate(spans))
    assert (plan.cost == seats.cost[sequence]).all()
    assert (usage_of(model, plan) + seats.left == model.row_capacity()).all()


def test_search_leaves_a_plan_alone_once_it_is_halted(model: SourcingModel, menus: Menus) -> None:
    seats = make_seats(menus, model.row_capacity())
    row, sequence = np.zeros(model.num_rows), np.flatnonzero(menus.listed).astype(np.int32)
    seat_all(menus, row, np.zeros(0), sequence, seats, table_size(menus), slots_entries(menus))
    before = seats.held.copy(), seats.cost.copy()
    stop = Stop()
    stop.interrupt()
    change = improve_side_by_side(
        menus, wanted_by(menus, model.num_rows), row + 1.0, np.zeros(model.num_orders), seats, rounds=2_000,
        heat=(0.0, 0.0), threads=1, rng=np.random.default_rng(1), halt=stop.halt,
    )  # fmt: skip
    assert change == 0.0
    assert (seats.held == before[0]).all()
    assert (seats.cost == before[1]).all()


def solved(model: SourcingModel, menus: Menus, gap: float, seed: int = 0) -> tuple[Incumbent, list[Progress]]:
    told: list[Progress] = []
    incumbent, stop = Incumbent(model, Stop(), told.append), Stop(120.0)
    search_listed(model, menus, stop, incumbent, gap=gap, seed=seed, threads=1, pricing_work=10**6)
    return incumbent, told


def test_plan_and_bound_meet_within_the_gap_asked_for(model: SourcingModel, menus: Menus) -> None:
    incumbent, told = solved(model, menus, WITHIN_REACH)
    assert incumbent.closed(WITHIN_REACH)
    assert incumbent.patterns is not None
    plan = recost(model, incumbent.patterns)
    assert plan.order.tolist() == list(range(model.num_orders))
    shared = shared_cost(model, plan, usage_of(model, plan))
    assert shared is not None
    assert incumbent.objective == int(plan.cost.sum()) + shared
    assert {"prices", "construction", "search"} <= {progress.phase for progress in told}


def test_the_same_again(model: SourcingModel, menus: Menus) -> None:
    first, again = (solved(model, menus, WITHIN_REACH, seed=4)[0] for _ in range(2))
    assert first.objective == again.objective
    assert first.bound == again.bound


@pytest.fixture(scope="module")
def greedy(model: SourcingModel) -> Patterns:
    """A plan at prices after a few passes."""
    menus = list_menus(model)
    prices = ascend(model, menus, Stop(), threads=1, pricing_work=10**6, passes=20).prices
    sequence = np.arange(model.num_orders, dtype=np.int32)
    return construct(model, prices, sequence, Stop(), work_limit=10**6)


def test_patterns_that_menus_list_are_found_there(model: SourcingModel, menus: Menus, greedy: Patterns) -> None:
    orders, pick_ptr, picks = picks_of(menus, model, greedy)
    assert orders.tolist() == np.flatnonzero(menus.listed).tolist()
    again, same = patterns_of(model, menus, orders, pick_ptr, picks), take(greedy, orders)
    for name in ("cost", "ship_ptr", "ship_cand", "ship_trip", "load_quantity", "draw_row", "draw"):
        assert getattr(again, name).tolist() == getattr(same, name).tolist(), name
    safe = greedy._replace(load_safety=np.ones_like(greedy.load_safety))
    orders, pick_ptr, picks = picks_of(menus, model, safe)
    assert orders.tolist() == np.flatnonzero(menus.listed & (np.diff(greedy.ship_ptr) == 0)).tolist()
    assert len(picks) == pick_ptr[-1] == 0


def searched(model: SourcingModel, menus: Menus) -> Patterns:
    """A plan after a while of search."""
    prices = ascend(model, menus, Stop(), threads=1, pricing_work=10**6, passes=60).prices
    everyone = np.arange(model.num_orders, dtype=np.int32)
    seats = make_seats(menus, model.row_capacity())
    seat_all(menus, prices.row, np.zeros(0), everyone, seats, table_size(menus), slots_entries(menus))
    rng = np.random.default_rng(0)
    wanted = wanted_by(menus, model.num_rows)
    minimum = price_menus(menus, prices, everyone).value
    improve_side_by_side(
        menus, wanted, prices.row, minimum, seats, rounds=40_000, heat=(0.0, 0.0), threads=1, rng=rng,
        halt=np.zeros(1, np.bool_),
    )  # fmt: skip
    return patterns_of(model, menus, everyone, *held_by(seats, everyone))


def test_a_given_plan_is_gone_on_from(model: SourcingModel, menus: Menus) -> None:
    given = searched(model, menus)
    told: list[Progress] = []
    warm = Incumbent(model, Stop(), told.append)
    search_listed(
        model, menus, warm.stop, warm, gap=0.99, seed=1, threads=1, pricing_work=10**6,
        start=given, warm=Prices.zero(model),
    )  # fmt: skip
    first = next(progress.incumbent_micros for progress in told if progress.incumbent_micros is not None)
    # A batch seated anew costs more than one that was searched: the given plan is what the search begins with.
    assert first <= int(given.cost.sum())  # orders that hold nothing may find room yet


def test_orders_are_planned_beside_patterns_that_stay(model: SourcingModel, greedy: Patterns) -> None:
    served = np.diff(greedy.ship_ptr) > 0
    stays = served & (np.arange(model.num_orders) % 2 == 0)
    others = np.flatnonzero(~stays).astype(np.int32)
    kept = take(greedy, stays)
    rest = construct(model, Prices.zero(model), others, Stop(), work_limit=10**6, beside=kept)
    assert rest.order.tolist() == others.tolist()
    assert (usage_of(model, kept) + usage_of(model, rest) <= model.row_capacity()).all()
