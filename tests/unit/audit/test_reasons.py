"""Reasons against brute force: what the oracle can add to a plan, and what it could add without one rule."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from dom_engine.audit.reasons import LIFTABLE, reasons
from dom_engine.domain.plan import Plan
from dom_engine.domain.result import Reason
from tests import naive
from tests.naive.plans import served
from tests.naive.shipping import sources_of
from tests.property.random_scenario import random_scenario
from tests.unit.audit.brute_reasons import additions, lifted, rebased
from tests.unit.audit.conversion import Converter

OPEN = {Reason.NOT_WORTH_IT, Reason.SEARCH_LIMIT}
FILTERS = [reason for reason in Reason if reason.value <= Reason.BELOW_MIN_VALUE.value]


def solved(seed: int) -> tuple[naive.Problem, Sequence[naive.Shipment]] | None:
    given = naive.read_problem(random_scenario(seed))
    try:
        return given, naive.solve_exhaustive(given).plan
    except naive.TooLarge:
        return None


def reasons_by_line(given: naive.Problem, plan: Sequence[naive.Shipment]) -> dict[tuple[str, str], tuple[Reason, str]]:
    converter = Converter(given)
    found = reasons(converter.problem(), converter.plan(plan))
    names = {number: key for key, number in converter.line_idx.items()}
    keys = [names[line] for line in found.line_idx.tolist()]
    return dict(zip(keys, zip(found.reason, found.detail, strict=True), strict=True))


@pytest.mark.parametrize("seed", range(200, 300))
def test_best_plan_never_blames_the_search(seed: int) -> None:
    known = solved(seed)
    if known is None:
        return
    given, plan = known
    found = reasons_by_line(given, plan)
    missing = {
        (order.order, line.line)
        for order in given.orders
        for line in order.lines
        if line.quantity > served(plan).get((order.order, line.line), 0)
    }
    assert found.keys() == missing
    assert all(reason is not Reason.SEARCH_LIMIT and detail for reason, detail in found.values())


@pytest.mark.parametrize("seed", range(300, 360))
def test_filters_agree_with_the_oracles_candidates(seed: int) -> None:
    given = naive.read_problem(random_scenario(seed))
    for (order_id, line_id), (reason, detail) in reasons_by_line(given, []).items():
        order = next(order for order in given.orders if order.order == order_id)
        line = next(line for line in order.lines if line.line == line_id)
        rides = any(
            candidate.service.max_weight_g is None
            or given.items[position.item].weight_g <= candidate.service.max_weight_g
            for candidate in naive.candidates_of(given, order)
            for position, _ in sources_of(given, candidate, line)
        )
        if not rides:
            assert reason in FILTERS, (order_id, line_id, reason, detail)
        elif reason in FILTERS:
            # Past the candidates of section 3 there are only what depends on the load.
            assert reason in {Reason.CANNOT_CARRY, Reason.WINDOW, Reason.BELOW_MIN_VALUE}, (order_id, line_id, detail)


@pytest.mark.parametrize("seed", range(400, 460))
def test_obstacle_is_the_first_whose_lifting_alone_admits_a_unit(seed: int) -> None:
    known = solved(seed)
    if known is None:
        return
    given, best = known
    rng = random.Random(seed)
    thinned = [shipment for shipment in best if rng.random() < 0.7]
    whole = {order.order for order in given.orders if order.ship_complete or order.ship_together}
    kept = {
        order
        for order in whole
        if sum(one.candidate.order.order == order for one in best)
        != sum(one.candidate.order.order == order for one in thinned)
    }
    plan = [shipment for shipment in thinned if shipment.candidate.order.order not in kept]
    assert naive.check_plan(given, plan) == []
    for (order_id, line_id), (reason, detail) in reasons_by_line(given, plan).items():
        if order_id in whole or reason in FILTERS:
            continue
        alone = [rule for rule in (None, *LIFTABLE) if _admits(lifted(given, order_id, rule), plan, order_id, line_id)]
        if None in alone:
            assert reason in OPEN, (order_id, line_id, detail)
            assert (reason is Reason.SEARCH_LIMIT) <= _pays(given, plan, order_id, line_id)
        elif alone:
            assert reason is alone[0], (order_id, line_id, detail)
        else:
            assert reason not in OPEN, (order_id, line_id, detail)


def _admits(given: naive.Problem, plan: Sequence[naive.Shipment], order_id: str, line_id: str) -> bool:
    return next(additions(given, rebased(given, plan), order_id, line_id), None) is not None


def _pays(given: naive.Problem, plan: Sequence[naive.Shipment], order_id: str, line_id: str) -> bool:
    def value(shipments: Sequence[naive.Shipment]) -> tuple[object, int]:
        costs = naive.cost_of_plan(given, shipments)
        return (costs.fill if given.policy.fill_first else 0), costs.objective_micros

    return any(value(more) < value(plan) for more in additions(given, plan, order_id, line_id))


def test_empty_plan_of_an_empty_batch_has_no_reasons() -> None:
    scenario = random_scenario(3)
    scenario.tables["orders"], scenario.tables["order_lines"] = [], []
    converter = Converter(naive.read_problem(scenario))
    found = reasons(converter.problem(), Plan.empty())
    assert len(found.line_idx) == 0
    assert found.reason == ()
