"""A plan of the caller's is read for what it states, and judged."""

from __future__ import annotations

import pytest
from google.rpc.status_pb2 import Status

from dom_engine import engine
from dom_engine.errors import InputError
from dom_engine.scenario.build import build_problem
from dom_engine.service.answer import answer
from dom_engine.service.frames import Ask
from dom_engine.service.job import Job
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import EvaluatePlanRequest, EvaluatePlanResponse, OptimizeResponse
from dom_engine.wire import field_path, optimize_response, raw_scenario, stated_plan

PROBLEM = build_problem(raw_scenario(tiny_scenario()))


@pytest.fixture(scope="module")
def solved() -> OptimizeResponse:
    return optimize_response(engine.solve(PROBLEM))


def judged(response: OptimizeResponse) -> EvaluatePlanResponse:
    request = EvaluatePlanRequest(scenario=tiny_scenario(), plan=response.plan)
    outcome = answer(Ask.EVALUATE_PLAN, request.SerializeToString(), Job())
    assert not isinstance(outcome, Status)
    return EvaluatePlanResponse.FromString(outcome)


def copy_of(response: OptimizeResponse) -> OptimizeResponse:
    return OptimizeResponse.FromString(response.SerializeToString())


def test_our_own_plan_costs_what_we_said(solved: OptimizeResponse) -> None:
    shuffled = copy_of(solved)
    for rows in (shuffled.plan.shipments, shuffled.plan.allocations):
        rows.reverse()
    for response in (judged(solved), judged(shuffled)):
        assert list(response.violations) == []
        assert response.objective_micros == solved.summary.objective_micros
        assert response.costs == solved.summary.costs
        assert response.raw_costs == solved.summary.raw_costs
        assert response.kpis == solved.summary.kpis
        assert response.problem_digest == solved.problem_digest


def test_no_plan_at_all_is_a_plan() -> None:
    response = judged(OptimizeResponse())
    assert list(response.violations) == []
    assert response.kpis.filled_units == 0
    assert response.objective_micros == response.costs.unmet_micros > 0


def test_broken_rules_are_named(solved: OptimizeResponse) -> None:
    greedy = copy_of(solved)
    greedy.plan.allocations[0].quantity += 1_000
    found = {violation.rule for violation in judged(greedy).violations}
    assert {"QUANTITY", "STOCK"} <= found
    assert all(violation.where and violation.message for violation in judged(greedy).violations)


def test_a_plan_that_is_not_well_formed_has_no_cost(solved: OptimizeResponse) -> None:
    twice = copy_of(solved)
    shipment = twice.plan.shipments.add()
    shipment.CopyFrom(twice.plan.shipments[0])
    shipment.shipment = "again"
    response = judged(twice)
    assert {violation.rule for violation in response.violations} == {"INTEGRITY"}
    assert not response.HasField("objective_micros")


def test_what_the_scenario_does_not_know_is_located(solved: OptimizeResponse) -> None:
    wrong = copy_of(solved)
    wrong.plan.shipments[0].node = "nowhere"
    wrong.plan.shipments[1].dispatch_at = "tomorrow"
    wrong.plan.allocations[1].line = "no line"
    wrong.plan.allocations[2].shipment = "none"
    wrong.plan.allocations[0].quantity = 0
    wrong.plan.allocations[3].lot = "lost"
    with pytest.raises(InputError) as caught:
        stated_plan(PROBLEM, wrong.plan)
    found = {field_path(fault): fault.code for fault in caught.value.faults}
    assert found["plan.shipments[0].node"] == "UNKNOWN_ID"
    assert found["plan.shipments[1].dispatch_at"] == "NOT_AN_INSTANT"
    assert found["plan.allocations[1].line"] == "UNKNOWN_ID"
    assert found["plan.allocations[2].shipment"] == "UNKNOWN_ID"
    assert found["plan.allocations[0].quantity"] == "NOT_POSITIVE"
    assert found["plan.allocations[3].lot"] == "UNKNOWN_ID"


def test_stock_that_is_not_there_is_located(solved: OptimizeResponse) -> None:
    wrong = copy_of(solved)
    wrong.plan.allocations[0].available_at = "2025-11-25T00:00:00Z"
    with pytest.raises(InputError) as caught:
        stated_plan(PROBLEM, wrong.plan)
    assert [(field_path(fault), fault.code) for fault in caught.value.faults] == [
        ("plan.allocations[0]", "NO_POSITION")
    ]
