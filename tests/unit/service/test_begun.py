"""Requests that begin with a plan: starts, pins, views of the certificate, and orders explained."""

from __future__ import annotations

from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest
from google.rpc.status_pb2 import Status

from dom_engine.service.answer import answer
from dom_engine.service.frames import Ask
from dom_engine.service.job import Job
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import (
    CertificateView,
    ExplainOrderRequest,
    ExplainOrderResponse,
    OptimizeRequest,
    OptimizeResponse,
    Pin,
)
from dom_engine.v1.plan_pb2 import Allocation, Plan, Shipment
from dom_engine.v1.problem_pb2 import Method, Scenario


def scenario(method: Method = Method.METHOD_UNSPECIFIED) -> Scenario:
    told = tiny_scenario()
    told.solve.method = method
    return told


def solved(**fields: Any) -> OptimizeResponse:
    fields.setdefault("scenario", scenario())
    outcome = answer(Ask.OPTIMIZE, OptimizeRequest(**fields).SerializeToString(), Job())
    assert isinstance(outcome, bytes), outcome
    return OptimizeResponse.FromString(outcome)


def faults_of(ask: Ask, request: OptimizeRequest | ExplainOrderRequest) -> list[tuple[str, str]]:
    status = answer(ask, request.SerializeToString(), Job())
    assert isinstance(status, Status)
    assert status.code == Code.INVALID_ARGUMENT
    faults = BadRequest()
    assert status.details[1].Unpack(faults)
    return [(fault.field, fault.reason) for fault in faults.field_violations]


@pytest.fixture(scope="module")
def best() -> OptimizeResponse:
    return solved()


@pytest.fixture(scope="module")
def nearest() -> OptimizeResponse:
    return solved(scenario=scenario(Method.METHOD_NEAREST))


def test_an_answer_goes_on_from_the_plan_given(best: OptimizeResponse, nearest: OptimizeResponse) -> None:
    again = solved(start=nearest.plan)
    assert again.start.kept_orders == len({row.order for row in nearest.plan.shipments})
    assert again.start.objective_micros == nearest.summary.objective_micros
    assert again.summary.objective_micros == best.summary.objective_micros
    assert not best.HasField("start")


def test_orders_that_cannot_go_on_are_named(nearest: OptimizeResponse) -> None:
    plan = Plan()
    plan.CopyFrom(nearest.plan)
    plan.shipments.add(shipment="x", order="9", node="north", service="ground", dispatch_at="2025-11-25T00:00:00Z")
    again = solved(start=plan)
    assert again.start.not_kept_orders == 1
    assert [(one.order, one.why) for one in again.start.not_kept] == [("9", "is no order of this scenario")]


def test_pinned_orders_keep_what_they_have(nearest: OptimizeResponse) -> None:
    pins = [Pin(order=order, level=Pin.LEVEL_ALL) for order in ("0", "1", "2", "choosy", "large")]
    again = solved(start=nearest.plan, pins=pins)

    def kept(plan: Plan) -> list[tuple[str, ...]]:
        named: dict[str, Shipment] = {row.shipment: row for row in plan.shipments}
        rides: list[Allocation] = list(plan.allocations)
        return sorted(
            (row.order, row.line, str(row.quantity), named[row.shipment].node, named[row.shipment].dispatch_at)
            for row in rides
        )

    assert kept(again.plan) == kept(nearest.plan)
    assert again.summary.objective_micros == nearest.summary.objective_micros
    assert again.summary.certified_lower_bound_micros == nearest.summary.objective_micros
    assert sum(row.priced_minimum_micros for row in again.certificate.order_bounds) <= sum(
        row.cost_micros for row in again.certificate.order_bounds
    ) + sum(row.price_micros * int(float(row.limit)) for row in again.certificate.prices)


@pytest.mark.parametrize(
    ("fields", "faults"),
    [
        ({"pins": [Pin(order="0", level=Pin.LEVEL_ALL)]}, [("pins", "CONTRADICTION")]),
        ({"pins": [Pin(order="0")], "start": Plan()}, [("pins[0].level", "UNKNOWN_CHOICE")]),
        ({"pins": [Pin(order="z", level=Pin.LEVEL_NODE)], "start": Plan()}, [("pins[0].order", "UNKNOWN_ID")]),
        ({"start": Plan(), "validate_only": True}, [("start", "CONTRADICTION")]),
        ({"start": Plan(), "scenario": scenario(Method.METHOD_FCFS)}, [("scenario.solve.method", "CONTRADICTION")]),
        (
            {"start": Plan(shipments=[Shipment(shipment="a", order="0", dispatch_at="soon")])},
            [("start.shipments[0].dispatch_at", "MALFORMED")],
        ),
        ({"certificate_view": 99}, [("certificate_view", "UNKNOWN_CHOICE")]),
        ({"certificate_view": 2, "omit_certificate": True}, [("certificate_view", "CONTRADICTION")]),
    ],
)
def test_what_makes_no_sense_is_located(fields: dict[str, Any], faults: list[tuple[str, str]]) -> None:
    request = OptimizeRequest(**{"scenario": scenario(), **fields})
    assert faults_of(Ask.OPTIMIZE, request) == faults


def test_prices_can_be_had_without_the_rest(best: OptimizeResponse) -> None:
    view = CertificateView.CERTIFICATE_VIEW_PRICES
    some = solved(certificate_view=view)
    assert len(best.certificate.order_bounds) == 5
    assert list(some.certificate.prices) == list(best.certificate.prices) != []
    assert len(some.certificate.order_bounds) == 0
    assert not solved(certificate_view=CertificateView.CERTIFICATE_VIEW_NONE).HasField("certificate")


def explained(best: OptimizeResponse, order: str) -> ExplainOrderResponse:
    request = ExplainOrderRequest(
        scenario=scenario(), plan=best.plan, prices=reversed(best.certificate.prices), order=order
    )
    outcome = answer(Ask.EXPLAIN_ORDER, request.SerializeToString(), Job())
    assert isinstance(outcome, bytes), outcome
    return ExplainOrderResponse.FromString(outcome)


def test_an_order_is_explained_term_by_term_and_row_by_row(best: OptimizeResponse) -> None:
    bounds = {row.order: row for row in best.certificate.order_bounds}
    for order in ("0", "1", "2", "choosy", "large"):
        response = explained(best, order)
        assert response.problem_digest == best.problem_digest
        found = response.explanation
        assert found.chosen.own_micros == bounds[order].cost_micros
        assert found.best.priced_micros == bounds[order].priced_minimum_micros
        for way in (found.chosen, found.best, *found.by_node):
            assert sum(amount for _, amount in way.costs.ListFields()) == way.own_micros
            assert way.priced_micros - way.own_micros == sum(row.paid_micros for row in way.rows)
        assert {way.node for way in found.by_node} == ({"south"} if order == "choosy" else {"north", "south"})
        left = [row for row in best.plan.unallocated if row.order == order]
        assert list(found.unallocated) == left
        assert {row.line for row in found.counterfactuals} <= {row.line for row in left}
        ships = [(row.order, row.node, row.service, row.dispatch_at) for row in found.chosen.shipments]
        assert ships == [
            (row.order, row.node, row.service, row.dispatch_at) for row in best.plan.shipments if row.order == order
        ]


def test_prices_that_were_stated_decide(best: OptimizeResponse) -> None:
    request = ExplainOrderRequest(scenario=scenario(), plan=best.plan, order="0")
    free = ExplainOrderResponse.FromString(bytes_of(answer(Ask.EXPLAIN_ORDER, request.SerializeToString(), Job())))
    priced = explained(best, "0")
    assert len(free.explanation.chosen.rows) == 0
    assert len(priced.explanation.chosen.rows) > 0
    assert priced.explanation.chosen.own_micros == free.explanation.chosen.own_micros


def bytes_of(outcome: bytes | Status) -> bytes:
    assert isinstance(outcome, bytes)
    return outcome


def test_what_cannot_be_explained_is_located(best: OptimizeResponse) -> None:
    def request(**fields: Any) -> ExplainOrderRequest:
        return ExplainOrderRequest(**{"scenario": scenario(), "plan": best.plan, "order": "0", **fields})

    assert faults_of(Ask.EXPLAIN_ORDER, request(order="zero")) == [("order", "UNKNOWN_ID")]
    assert faults_of(Ask.EXPLAIN_ORDER, request(request_id="me")) == [("request_id", "NOT_A_UUID")]
    price = best.certificate.prices[0]
    price = type(price).FromString(price.SerializeToString())
    price.node = "west"
    assert faults_of(Ask.EXPLAIN_ORDER, request(prices=[price])) == [("prices[0].node", "UNKNOWN_ID")]
    doubled = Plan()
    doubled.CopyFrom(best.plan)
    for row in doubled.allocations:
        row.quantity *= 9
    broken = faults_of(Ask.EXPLAIN_ORDER, request(plan=doubled))
    assert ("plan", "STOCK") in broken
