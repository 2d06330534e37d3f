"""``ExplainOrder``: a plan and its prices as a caller states them, and the explanation as a message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pyarrow as pa

from dom_engine.audit import Auditor, evaluate, reasons, violations
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows
from dom_engine.errors import Fault, InputError
from dom_engine.explain import Answer, Explanation, Option, explain
from dom_engine.scenario.results_read import parse_table
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.units import MICROS_PER_UNIT, instant_text
from dom_engine.v1 import explanation_pb2, plan_pb2
from dom_engine.v1.optimizer_pb2 import ExplainOrderRequest, ExplainOrderResponse
from dom_engine.verify.findings import Findings
from dom_engine.verify.prices import stated_rows
from dom_engine.wire import costs_message, located, stated_plan, unallocated_rows, word_of

PRICES_FILE = "prices.csv"


def explained(request: ExplainOrderRequest, problem: Problem) -> ExplainOrderResponse:
    """Explain an order of a plan.

    Raises
    ------
    InputError
        When the scenario has no such order, the plan cannot be read or breaks a rule, or a price is of no row.
    """
    if request.order not in (ids := problem.orders.ids.to_pylist()):
        message = unknown_name("order", request.order, NearestName(ids))
        raise InputError([Fault("", 0, "order", "UNKNOWN_ID", message)])
    plan = stated_plan(problem, request.plan)
    auditor = Auditor(problem)
    if broken := violations(problem, plan, auditor):
        raise InputError([Fault("plan", 0, "", one.code.value, f"{one.where}: {one.message}") for one in broken])
    rows = _rows(auditor, request.prices)
    explanation = explain(Answer(problem, auditor, plan, rows, {}), request.order)
    response = ExplainOrderResponse(
        request_id=request.request_id, problem_digest=problem.digest, explanation=_message(explanation, problem)
    )
    left = unallocated_rows(problem, evaluate(problem, plan, auditor), reasons(problem, plan, auditor))
    response.explanation.unallocated.extend(row for row in left if row.order == request.order)
    return response


def _rows(auditor: Auditor, prices: Sequence[plan_pb2.Price]) -> PricedRows:
    """Prices as rows of the problem."""
    faults: list[Fault] = []
    texts = {
        field.name: pa.array([_cell(row, field.name) for row in prices], pa.string())
        for field in plan_pb2.Price.DESCRIPTOR.fields
        if field.name != "price_micros"
    }
    texts["price"] = pa.array([_money(row.price_micros) for row in prices], pa.string())
    table = parse_table(PRICES_FILE, texts, auditor.problem, {}, faults)
    findings = Findings()
    rows = None if faults else stated_rows(auditor, table, findings)
    if rows is None:
        faults += [Fault(found.file, found.row, found.column, found.code, found.message) for found in findings.found]
        raise InputError([located(fault, "") for fault in faults])
    return rows


def _cell(row: plan_pb2.Price, name: str) -> str:
    field = row.DESCRIPTOR.fields_by_name[name]
    value = getattr(row, name)
    if field.enum_type is not None:
        return word_of(field.enum_type, value)
    # What a row gives and what is used of it follows from the scenario and the plan: neither needs to be said.
    return str(value) or ("0" if name in ("limit", "used") else "")


def _money(micros: int) -> str:
    sign, amount = "-" * (micros < 0), abs(micros)
    return f"{sign}{amount // MICROS_PER_UNIT}.{amount % MICROS_PER_UNIT:06d}"


def _message(explanation: Explanation, problem: Problem) -> explanation_pb2.Explanation:
    return explanation_pb2.Explanation(
        order=explanation.order,
        chosen=_way(explanation.chosen, explanation.order, problem),
        best=_way(explanation.best, explanation.order, problem),
        by_node=[_way(way, explanation.order, problem) for way in explanation.by_node],
        counterfactuals=[
            explanation_pb2.Counterfactual(
                line=one.line,
                change=one.change,
                served_units=one.served_units,
                short_units=one.short_units,
                delta_micros=one.delta_micros,
            )
            for one in explanation.counterfactuals
        ],
    )


def _way(way: Option, order: str, problem: Problem) -> explanation_pb2.Way:
    return explanation_pb2.Way(
        node=way.node,
        shipments=_shipments(way, order, problem),
        costs=costs_message(way.costs_micros),
        rows=[
            explanation_pb2.RowShare(
                label=share.label, used=share.used, price_micros=share.price_micros, paid_micros=share.paid_micros
            )
            for share in way.rows
        ],
        own_micros=way.own_micros,
        priced_micros=way.priced_micros,
        served_units=way.served_units,
        missing_units=way.missing_units,
        obstacle=way.obstacle,
    )


def _shipments(way: Option, order: str, problem: Problem) -> Iterable[plan_pb2.Shipment]:
    ships = way.plan.shipments
    for node, service, dispatch_s in zip(
        ships.node_idx.tolist(), ships.service_idx.tolist(), ships.dispatch_s.tolist(), strict=True
    ):
        yield plan_pb2.Shipment(
            order=order,
            node=problem.nodes.ids[node].as_py(),
            service=problem.services.ids[service].as_py(),
            dispatch_at=instant_text(dispatch_s),
        )
