"""Plans that callers state, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from dom_engine.audit import Violation
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.instants import parse_instant
from dom_engine.scenario.results_summary import kpis
from dom_engine.scenario.texts import shown
from dom_engine.units import ALWAYS_S
from dom_engine.v1 import plan_pb2
from dom_engine.v1.optimizer_pb2 import EvaluatePlanResponse
from dom_engine.v1.optimizer_pb2 import Violation as ViolationMessage
from dom_engine.wire.results import costs_message, kpis_message

PLAN_PATH = "plan"


def stated_plan(problem: Problem, message: plan_pb2.Plan) -> Plan:
    """The plan that a message states, whatever rules it breaks.

    Raises
    ------
    InputError
        With every id that the scenario does not know, instant that is none and quantity below 1, located as
        ``plan.allocations[3].item``.
    """
    reader = _Reader(problem)
    shipments = [
        (
            reader.id("order", row.order, f"shipments[{at}].order"),
            reader.instant(row.dispatch_at, f"shipments[{at}].dispatch_at"),
            reader.id("node", row.node, f"shipments[{at}].node"),
            reader.id("service", row.service, f"shipments[{at}].service"),
        )
        for at, row in enumerate(message.shipments)
    ]
    # Rows of a plan stand in one order; the message's may stand in any.
    sequence = sorted(range(len(shipments)), key=lambda at: shipments[at])
    place = {message.shipments[at].shipment: row for row, at in enumerate(sequence)}
    if len(place) < len(sequence):
        reader.fault("shipments", "REPEATED", "two shipments have the same id")
    nodes = {row: shipments[at][2] for row, at in enumerate(sequence)}
    rides = sorted(reader.ride(row, f"allocations[{at}]", place, nodes) for at, row in enumerate(message.allocations))
    reader.raise_if_any()
    order, dispatch_s, node, service = _columns([shipments[at] for at in sequence], 4)
    shipment, line, position, safety, quantity = _columns(rides, 5)
    return Plan(
        Shipments(order.astype(np.int32), node.astype(np.int32), service.astype(np.int32), dispatch_s),
        Allocations(
            shipment.astype(np.int32),
            line.astype(np.int32),
            position.astype(np.int32),
            safety.astype(np.bool_),
            quantity,
        ),
    )


def _columns(rows: Sequence[tuple[int, ...]], width: int) -> list[np.typing.NDArray[np.int64]]:
    table = np.array(rows, np.int64).reshape(len(rows), width)
    return [table[:, column].copy() for column in range(width)]


class _Reader:
    """Looks up what a plan names, and collects what cannot be found."""

    def __init__(self, problem: Problem) -> None:
        self._faults: list[Fault] = []
        self._ids = {
            "order": _index(problem.orders.ids),
            "node": _index(problem.nodes.ids),
            "service": _index(problem.services.ids),
            "item": _index(problem.items.ids),
            "lot": {**_index(problem.lots), "": NONE_IDX},
            "pool": {**_index(problem.pools), "": NONE_IDX},
        }
        lines, positions = problem.lines, problem.positions
        self._lines = dict(
            zip(zip(lines.order_idx.tolist(), lines.ids.to_pylist(), strict=True), range(len(lines)), strict=True)
        )
        keys = zip(
            positions.node_idx.tolist(),
            positions.item_idx.tolist(),
            positions.available_at_s.tolist(),
            positions.lot_idx.tolist(),
            positions.pool_idx.tolist(),
            strict=True,
        )
        self._positions = {key: at for at, key in enumerate(keys)}

    def fault(self, path: str, code: str, message: str) -> None:
        """Note what is wrong with a field of the plan."""
        self._faults.append(Fault(PLAN_PATH, 0, path, code, message))

    def raise_if_any(self) -> None:
        """Raise what was noted."""
        if self._faults:
            raise InputError(self._faults)

    def id(self, kind: str, text: str, path: str) -> int:
        """The index of an id."""
        found = self._ids[kind].get(text)
        if found is None:
            self.fault(path, "UNKNOWN_ID", f"unknown {kind} {shown(text)}")
        return NONE_IDX if found is None else found

    def instant(self, text: str, path: str) -> int:
        """Seconds since 1970 UTC."""
        try:
            return parse_instant(text, None)
        except ValueError as error:
            self.fault(path, "NOT_AN_INSTANT", str(error))
            return 0

    def ride(
        self, row: plan_pb2.Allocation, path: str, place: Mapping[str, int], nodes: Mapping[int, int]
    ) -> tuple[int, int, int, int, int]:
        """An allocation as (shipment, line, position, from safety stock, quantity)."""
        shipment = place.get(row.shipment, NONE_IDX)
        if shipment == NONE_IDX:
            self.fault(f"{path}.shipment", "UNKNOWN_ID", f"no shipment of the plan is {shown(row.shipment)}")
        order = self.id("order", row.order, f"{path}.order")
        line = self._lines.get((order, row.line), NONE_IDX)
        if order != NONE_IDX and line == NONE_IDX:
            self.fault(f"{path}.line", "UNKNOWN_ID", f"order {shown(row.order)} has no line {shown(row.line)}")
        if row.quantity < 1:
            self.fault(f"{path}.quantity", "NOT_POSITIVE", f"'{row.quantity}' must be at least 1")
        key = (
            nodes.get(shipment, NONE_IDX),
            self.id("item", row.item, f"{path}.item"),
            self.instant(row.available_at, f"{path}.available_at") if row.available_at else ALWAYS_S,
            self.id("lot", row.lot, f"{path}.lot"),
            self.id("pool", row.pool, f"{path}.pool"),
        )
        position = self._positions.get(key, NONE_IDX)
        if position == NONE_IDX and NONE_IDX not in key[:2]:
            message = "the shipment's node has no stock position of this item, available_at, lot and pool"
            self.fault(path, "NO_POSITION", message)
        return shipment, line, position, int(row.from_safety_stock), row.quantity


def _index(ids: pa.StringArray) -> dict[str, int]:
    return {text: at for at, text in enumerate(ids.to_pylist())}


def evaluation_response(
    problem: Problem, plan: Plan, found: Sequence[Violation], evaluation: Evaluation | None, request_id: str = ""
) -> EvaluatePlanResponse:
    """What a plan is worth; without an evaluation it is not even well formed."""
    response = EvaluatePlanResponse(
        request_id=request_id,
        problem_digest=problem.digest,
        violations=[ViolationMessage(rule=one.code.value, where=one.where, message=one.message) for one in found],
    )
    if evaluation is not None:
        response.objective_micros = evaluation.objective_micros
        response.costs.CopyFrom(costs_message(evaluation.costs_micros))
        response.raw_costs.CopyFrom(costs_message(evaluation.raw_costs_micros))
        response.kpis.CopyFrom(kpis_message(kpis(problem, plan, evaluation)))
    return response
