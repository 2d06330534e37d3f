"""What ties orders together, and that solving what is not tied part by part changes neither optimum nor certificate."""

from __future__ import annotations

from threading import Barrier, Lock

import numpy as np
import pytest

from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers import apart, portfolio
from solvers.apart import Division, divide, waves
from solvers.bound import exact_bound, exact_minima
from solvers.components import can_bind, parts_of, reach_of
from solvers.incumbent import Progress
from solvers.model import I32, MEASURE_SHIPMENTS, MEASURE_UNITS, Patterns, Prices, SourcingModel, frozen
from solvers.portfolio import Settings, solve
from solvers.pricing import Priced, price_orders
from solvers.result import Outcome
from solvers.stop import Stop
from solvers.subbatch import restrict
from tests.naive_pricing import TooLarge, patterns_of
from tests.unit.solvers.batches import hand_model, ordinary_model
from tests.unit.solvers.models import random_model
from tests.unit.solvers.plans import cheapest_plan, plan_cost

NO_LIMIT = float("inf")


def beside(model: SourcingModel, copies: int) -> SourcingModel:
    """So many copies of the order of the hand model, all wanting the same two units at each of two nodes."""
    order = np.arange(copies)
    return frozen(
        model._replace(
            orders=model.orders._replace(
                **{
                    name: np.repeat(column, copies)
                    for name, column in model.orders._asdict().items()
                    if not name.endswith("_ptr")
                },
                cand_ptr=2 * np.arange(copies + 1),
                line_ptr=np.arange(copies + 1),
            ),
            lines=model.lines._replace(
                **{name: np.repeat(column, copies) for name, column in model.lines._asdict().items()}
            ),
            candidates=model.candidates._replace(
                **{
                    name: np.tile(column, copies)
                    for name, column in model.candidates._asdict().items()
                    if name not in ("order", "source_ptr")
                },
                order=np.repeat(order, 2).astype(np.int32),
                source_ptr=np.arange(2 * copies + 1),
            ),
            sources=model.sources._replace(
                line=np.repeat(order, 2).astype(np.int32),
                position=np.tile(model.sources.position, copies),
                duty_pct=np.tile(model.sources.duty_pct, copies),
            ),
        )
    )


def with_limits(model: SourcingModel, *limit: int) -> SourcingModel:
    return frozen(model._replace(rows=model.rows._replace(limit=np.array(limit, np.int64))))


def solved(model: SourcingModel, gap: float = 0.0) -> Outcome:
    return solve(model, Settings("exact", gap, 0, 1, np.arange(model.num_orders, dtype=np.int32)), Stop())


def minima_of(model: SourcingModel) -> Priced:
    return price_orders(model, Prices.zero(model), np.arange(model.num_orders, dtype=np.int32), work_limit=1_000_000)


def division_of(model: SourcingModel) -> Division | None:
    return divide(model, lambda: minima_of(model), NO_LIMIT)


def test_a_row_ties_from_the_unit_on_that_it_cannot_give() -> None:
    two = beside(hand_model(), 2)
    # Three units are wanted by each of two orders, safety stock by none.
    assert reach_of(two).most.tolist() == [6.0, 6.0, 0.0, 0.0]
    assert reach_of(two).orders.tolist() == [2, 2, 0, 0]
    ample, scarce = with_limits(two, 6, 6, 0, 0), with_limits(two, 6, 5, 0, 0)
    assert can_bind(ample, reach_of(ample)).tolist() == [False, False, False, False]
    assert can_bind(scarce, reach_of(scarce)).tolist() == [False, True, False, False]
    assert parts_of(ample, can_bind(ample, reach_of(ample))).tolist() == [0, 1]
    assert parts_of(scarce, can_bind(scarce, reach_of(scarce))).tolist() == [0, 0]


def test_a_node_that_costs_to_open_ties_who_could_ship_from_it() -> None:
    two = with_limits(beside(hand_model(), 2), 6, 6, 0, 0)
    opening = two._replace(nodes=two.nodes._replace(activation_cost=np.array([0, 1])))
    assert parts_of(opening, np.zeros(4, np.bool_)).tolist() == [0, 0]


CAPACITIES = [
    (MEASURE_UNITS, 5, True),
    (MEASURE_UNITS, 6, False),
    (MEASURE_SHIPMENTS, 1, True),
    (MEASURE_SHIPMENTS, 2, False),
]


@pytest.mark.parametrize(("measure", "limit", "binds"), CAPACITIES)
def test_a_capacity_is_reached_by_what_its_trips_could_carry(measure: int, limit: int, binds: bool) -> None:
    model = with_limits(beside(hand_model(), 2), 9, 9, 0, 0)
    extra = {"measure": measure, "node": 0, "limit": limit, "scale": 1, "open_max": 1}
    rows = model.rows._replace(
        **{
            name: np.append(column, extra.get(name, 0)).astype(column.dtype)
            for name, column in model.rows._asdict().items()
        }
    )
    departures = model.departures._replace(row_ptr=np.array([0, 1, 1]), row=np.array([4], np.int32))
    model = frozen(model._replace(rows=rows, departures=departures))
    # One trip from each node: a shipment per order there.
    assert reach_of(model).most[4] == (6.0 if measure == MEASURE_UNITS else 2.0)
    assert can_bind(model, reach_of(model)).tolist() == [False, False, False, False, binds]


def test_no_pattern_draws_more_than_the_bound_says() -> None:
    listed = 0
    for seed in range(30):
        model = random_model(seed, num_orders=1)
        try:
            patterns = patterns_of(model, 0, most=2_000)
        except TooLarge:
            continue
        listed += 1
        most = reach_of(model).most
        assert all(amount <= most[row] for pattern in patterns for row, amount in pattern.draws)
    assert listed >= 20


def test_a_batch_of_fewer_orders_is_the_same_to_them() -> None:
    model = ordinary_model(1, 30)
    chosen = np.array([2, 3, 11, 29], np.int32)
    part = restrict(model, chosen)
    whole, own = minima_of(model), minima_of(part.model)
    assert own.value.tolist() == whole.value[chosen].tolist()
    back = part.patterns_of_whole(own.patterns)
    assert back.order.tolist() == chosen.tolist()
    spans = [slice(*whole.patterns.ship_ptr[o : o + 2]) for o in chosen.tolist()]
    assert back.ship_cand.tolist() == np.concatenate([whole.patterns.ship_cand[span] for span in spans]).tolist()
    loads = [slice(*whole.patterns.load_ptr[[span.start, span.stop]]) for span in spans]
    assert back.load_source.tolist() == np.concatenate([whole.patterns.load_source[span] for span in loads]).tolist()


def test_rows_tie_only_once_they_are_in_the_way() -> None:
    """Either node could run out, but the orders want the near one only, which has enough for all."""
    model = with_limits(beside(hand_model(), 3), 9, 2, 0, 0)
    assert can_bind(model, reach_of(model)).tolist() == [False, True, False, False]
    division = division_of(model)
    assert division is not None
    assert division.batches == []
    assert solved(model).objective == 3 * int(minima_of(model).patterns.cost[0])


def test_what_hangs_together_is_solved_whole() -> None:
    assert division_of(with_limits(beside(hand_model(), 4), 3, 3, 0, 0)) is None


@pytest.mark.parametrize("seed", range(8))
def test_parts_find_the_optimum_and_a_bound_no_lower(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model(seed, num_orders=4)
    parted = solved(model)
    assert parted.optimal
    assert plan_cost(model, parted.patterns) == parted.objective
    assert certified(model, parted) == parted.certificate.bound <= parted.objective
    monkeypatch.setattr(portfolio, "divide", lambda *_: None)
    whole = solved(model)
    assert abs(parted.objective - whole.objective) <= 1


def test_small_batches_fall_apart_and_meet_the_exhaustive_optimum() -> None:
    """So that the test above cannot pass for want of parts."""
    divided = 0
    for seed in range(40):
        model = random_model(seed, num_orders=3)
        division = division_of(model)
        if division is None or not division.batches:
            continue
        try:
            best = cheapest_plan(model)
        except TooLarge:
            continue
        divided += 1
        assert best is not None
        assert 0 <= solved(model).objective - best <= 1
    assert divided >= 3


def certified(model: SourcingModel, outcome: Outcome) -> int:
    """L at the outcome's prices, every order priced anew over the whole batch."""
    prices = outcome.certificate.prices
    everyone = np.arange(model.num_orders, dtype=np.int32)
    priced = price_orders(model, prices.steering(model), everyone, work_limit=1_000_000)
    minima = exact_minima(model, priced.patterns, prices, priced.lower_bound, priced.exact)
    return exact_bound(model, prices, minima.total)


@pytest.fixture(scope="module")
def regional(tmp_path_factory: pytest.TempPathFactory) -> SourcingModel:
    """Ninety orders of three regions that share nothing."""
    folder = tmp_path_factory.mktemp("regional")
    write_scenario(generate(Spec(90, 9, 45, "comfortable", regions=3)), folder)
    return build_model(load_scenario(folder)).model


def test_parts_are_solved_side_by_side_and_alike_on_any_number_of_threads(
    regional: SourcingModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apart, "SMALL_PART", 2)
    met, solve_one, told = Barrier(3), apart._Run._solve, Lock()
    begun: list[int] = []

    def solve_beside(run: apart._Run, orders: I32, stop: Stop, threads: int) -> apart._Part:
        begun.append(threads)
        if len(begun) <= 3:
            met.wait(60)
        return solve_one(run, orders, stop, threads)

    everyone = np.arange(regional.num_orders, dtype=np.int32)

    def watch(_: Progress) -> None:
        # Nobody is told anything while another thread tells.
        assert told.acquire(blocking=False)
        told.release()

    def run(threads: int) -> tuple[Outcome, dict[str, int]]:
        stop = Stop()
        return solve(regional, Settings("auto", 1e-3, 0, threads, everyone), stop, watch), stop.counts

    division = division_of(regional)
    assert division is not None
    assert len(division.batches) == 3
    alone, counted = run(1)
    two = run(2)
    # On three threads all three of the first round meet, or the barrier breaks.
    monkeypatch.setattr(apart._Run, "_solve", solve_beside)
    three = run(3)
    assert begun[:3] == [1, 1, 1]
    for other, counts in (two, three):
        assert counts == counted
        assert (other.objective, other.bound, other.optimal) == (alone.objective, alone.bound, alone.optimal)
        for one, same in zip(other.patterns, alone.patterns, strict=True):
            assert np.array_equal(one, same)


def test_the_hard_batch_waits_for_all_others_and_has_all_threads() -> None:
    assert list(waves([0, 1, 2, 3, 4], 4, 2)) == [[0, 1], [2, 3], [4]]
    # One was solved in an earlier round.
    assert list(waves([1, 2, 3], 3, 2)) == [[1, 2], [3]]
    assert list(waves([2], 2, 2)) == [[2]]


def test_a_stop_beside_others_hears_of_interrupts_and_counts_for_all() -> None:
    stop = Stop(work_limit=100)
    one, other = stop.beside(0.5, 0.25), stop.beside(1.0, 0.5)
    one.spend(25)
    one.count("passes", 3)
    assert (one.reason, other.reason, stop.work, stop.counts) == ("WORK", None, 25, {"passes": 3})
    other.spend(10)
    stop.join(one)
    stop.join(other)
    assert stop.was_short
    assert not stop.was_cut
    assert stop.work_left == 65
    stop.abandon()
    assert other.reason == "INTERRUPTED"
    assert other.abandoned


def test_a_part_of_the_work_is_given_back_and_a_short_one_is_told() -> None:
    stop = Stop(work_limit=100)
    with stop.part(0.3):
        stop.spend(29)
        assert stop.reason is None
        stop.spend(1)
        assert stop.reason == "WORK"
    assert stop.reason is None
    assert stop.was_short
    assert stop.work_left == 70


def test_the_best_of_what_was_solved_is_kept_when_the_work_runs_out() -> None:
    model = ordinary_model(3, 60, num_nodes=2)
    everyone = np.arange(model.num_orders, dtype=np.int32)
    outcome = solve(model, Settings("auto", 0.0, 0, 1, everyone), Stop(work_limit=70))
    plan: Patterns = outcome.patterns
    assert plan.order.tolist() == everyone.tolist()
    assert plan_cost(model, plan) == outcome.objective
    assert outcome.certificate.bound <= outcome.bound <= outcome.objective
