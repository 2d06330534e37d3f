"""What additions to a plan would change in its cost: the shipments they touch, evaluated with and without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dom_engine.audit.amounts import unit_unmet_micros
from dom_engine.audit.evaluate import unit_fill_micro_units
from dom_engine.audit.exact import weigh_one
from dom_engine.audit.filters import RideKey
from dom_engine.audit.loads import Loads
from dom_engine.audit.situation import Column, Situation
from dom_engine.audit.trial import Add, Way
from dom_engine.domain.plan import Allocations, Shipments
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.transport import Measure

BATCH = 20_000
"""Ways evaluated at once: bounds the memory of their shipments."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a way adds to the plan's cost, what it saves of unmet, and the weighted units it fills."""

    added_micros: int
    saved_micros: int
    filled_micro_units: int

    @property
    def cost_micros(self) -> int:
        """The change of the objective."""
        return self.added_micros - self.saved_micros


class AdditionCosts:
    """Prices ways to add to one plan."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._auditor = situation.auditor
        problem = situation.problem
        rows = self._auditor.capacity_rows
        self._costed_rows = {row for row in range(len(rows)) if not rows.is_free(row)}
        self._unmet = Column(unit_unmet_micros(self._auditor.network)[1])
        self._fill = Column(unit_fill_micro_units(self._auditor.network))
        self._split_micros = weigh_one(problem.policy.split_cost_micros, problem.weights.split)

    def changes(self, orders: Sequence[int], ways: Sequence[Way]) -> list[Change]:
        """The change that each way makes, ``orders`` naming the order it serves."""
        changes: list[Change] = []
        for begin in range(0, len(ways), BATCH):
            changes += self._batch(orders[begin : begin + BATCH], ways[begin : begin + BATCH])
        return changes

    def _batch(self, orders: Sequence[int], ways: Sequence[Way]) -> list[Change]:
        touched = [(order, ride, adds) for order, way in zip(orders, ways, strict=True) for ride, adds in way]
        planned = [self._situation.shipments_of(order).get(ride) for order, ride, _ in touched]
        shipments, allocations = self._as_they_would_be(touched, planned)
        loads = self._auditor.loads(shipments, allocations)
        facts = self._auditor.facts(loads, allocations)
        after = sum(
            (facts.weighted_micros[term].astype(object) for term in SHIPMENT_TERMS),
            np.zeros(len(loads), object),
        ).tolist()
        changes, at = [], 0
        for order, way in zip(orders, ways, strict=True):
            numbers = range(at, at + len(way))
            at += len(way)
            added = sum(after[number] - self._before(planned[number]) for number in numbers)
            added += self._split(order, sum(planned[number] is None for number in numbers))
            added += self._activation(way)
            added += self._rows(loads, numbers, way, planned)
            units = [(add.line, add.quantity) for _, adds in way for add in adds]
            changes.append(
                Change(
                    added_micros=added,
                    saved_micros=sum(self._unmet[line] * quantity for line, quantity in units),
                    filled_micro_units=sum(self._fill[line] * quantity for line, quantity in units),
                )
            )
        return changes

    def _as_they_would_be(
        self, touched: Sequence[tuple[int, RideKey, tuple[Add, ...]]], planned: Sequence[int | None]
    ) -> tuple[Shipments, Allocations]:
        """The shipments touched, each with what the plan has aboard and what is added."""
        given = self._situation.plan.allocations
        pieces: list[tuple[int, int, int, bool, int]] = []
        for number, ((_, _, adds), shipment) in enumerate(zip(touched, planned, strict=True)):
            if shipment is not None:
                aboard = self._situation.allocations_of(shipment)
                pieces += zip(
                    [number] * (aboard.stop - aboard.start),
                    given.line_idx[aboard].tolist(),
                    given.position_idx[aboard].tolist(),
                    given.from_safety_stock[aboard].tolist(),
                    given.quantity[aboard].tolist(),
                    strict=True,
                )
            pieces += [(number, add.line, *add.source[:2], add.quantity) for add in adds]
        numbers, lines, positions, safety, quantities = zip(*pieces, strict=True)
        return (
            Shipments(
                order_idx=np.array([order for order, _, _ in touched], np.int32),
                node_idx=np.array([ride[0] for _, ride, _ in touched], np.int32),
                service_idx=np.array([ride[1] for _, ride, _ in touched], np.int32),
                dispatch_s=np.array([ride[2] for _, ride, _ in touched], np.int64),
            ),
            Allocations(
                shipment_idx=np.array(numbers, np.int32),
                line_idx=np.array(lines, np.int32),
                position_idx=np.array(positions, np.int32),
                from_safety_stock=np.array(safety, np.bool_),
                quantity=np.array(quantities, np.int64),
            ),
        )

    def _before(self, shipment: int | None) -> int:
        return 0 if shipment is None else self._situation.shipment_micros[shipment]

    def _split(self, order: int, num_new: int) -> int:
        now = self._situation.num_shipments(order)
        return self._split_micros * (max(0, now + num_new - 1) - max(0, now - 1))

    def _activation(self, way: Way) -> int:
        problem = self._situation.problem
        opened = {ride[0] for ride, _ in way} - self._situation.active_nodes
        costs = problem.nodes.activation_cost_micros
        return sum(weigh_one(int(costs[node]), problem.weights.activation) for node in opened)

    def _rows(self, loads: Loads, numbers: range, way: Way, planned: Sequence[int | None]) -> int:
        if not self._costed_rows:
            return 0
        rows, situation = self._auditor.capacity_rows, self._situation
        measures = situation.problem.capacities.measure
        drawn: dict[int, int] = {}
        for number, (ride, _) in zip(numbers, way, strict=True):
            for row in self._costed_rows.intersection(rows.matching(*ride)):
                measure = Measure(int(measures[rows.capacity_idx[row]]))
                more = int(loads.measured(measure)[number])
                shipment = planned[number]
                if shipment is not None:
                    more -= int(situation.loads.measured(measure)[shipment])
                drawn[row] = drawn.get(row, 0) + more
        return sum(
            rows.cost(row, situation.rows_used[row] + more).weighted_micros
            - rows.cost(row, situation.rows_used[row]).weighted_micros
            for row, more in drawn.items()
        )
