"""A plan as additions to it meet it: what is left of each row, and each order's shipments."""

from __future__ import annotations

import numpy as np

from dom_engine.audit.evaluate import Auditor, stock_use
from dom_engine.audit.exact import Integers, plus
from dom_engine.audit.filters import RideKey, Source
from dom_engine.domain.columns import I64, NONE_IDX
from dom_engine.domain.plan import Plan
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.transport import Measure


class Column:
    """A column that gives Python integers, made when they are asked for: few of a large batch's are."""

    __slots__ = ("_values",)

    def __init__(self, values: Integers) -> None:
        self._values = values

    def __getitem__(self, row: int) -> int:
        return int(self._values[row])


class Situation:
    """Look-ups on one plan, as Python integers: additions are judged one by one."""

    def __init__(self, auditor: Auditor, plan: Plan) -> None:
        problem = auditor.problem
        self.auditor = auditor
        self.problem = problem
        self.plan = plan
        self.loads, facts = auditor.loads_of(plan), auditor.facts_of(plan)
        self.shipment_micros = Column(plus(*(facts.weighted_micros[term] for term in SHIPMENT_TERMS)))
        unallocated = np.maximum(0, plan.unallocated(problem.lines.quantity))
        self.unallocated = Column(unallocated)
        self.unallocated_lines: I64 = np.flatnonzero(unallocated)
        use = stock_use(problem, plan.allocations)
        self.free_left: Integers = problem.positions.free - use.free
        self.safety_left: Integers = problem.positions.covered_safety - use.safety
        self._left = {False: Column(self.free_left), True: Column(self.safety_left)}
        self.weight_g = Column(problem.items.weight_g)
        self.volume_cm3 = Column(problem.items.volume_cm3)
        self.work_s = Column(problem.positions.work_s)
        self.price_micros = Column(problem.lines.unit_price_micros)
        self.latest_s = Column(problem.lines.latest_s)
        self.max_weight_g: list[int] = problem.services.max_weight_g.tolist()
        self.least_value_micros: list[int] = problem.nodes.min_shipment_value_micros.tolist()
        rows = auditor.capacity_rows
        self.row_measure = [Measure(kind) for kind in problem.capacities.measure[rows.capacity_idx].tolist()]
        self.rows_used: list[int] = rows.used(self.loads).tolist()
        self.rows_limit = [rows.total_limit(row) for row in range(len(rows))]
        # Additions are judged order by order, many times each.
        self._last_order = NONE_IDX
        self._last_shipments: dict[RideKey, int] = {}
        self._is_full: dict[tuple[RideKey, bool], bool] = {}
        self.active_nodes = frozenset(np.unique(self.loads.node_idx).tolist())
        # A well-formed plan is sorted by order, its allocations and pairs by shipment.
        orders = np.arange(len(problem.orders) + 1)
        shipments = np.arange(len(self.loads) + 1)
        self._shipment_ptr = Column(np.searchsorted(self.loads.order_idx, orders))
        self._allocation_ptr = Column(np.searchsorted(plan.allocations.shipment_idx, shipments))
        self._pair_ptr = Column(np.searchsorted(self.loads.pair_shipment_idx, shipments))

    def left(self, source: Source) -> int:
        """Units that the plan leaves at a source."""
        return self._left[source.from_safety][source.position]

    def is_full(self, ride: RideKey, for_new_shipments: bool = False) -> bool:
        """Whether a capacity row leaves no unit, or no new shipment, for a ride."""
        key = (ride, for_new_shipments)
        if key not in self._is_full:
            drawn = (Measure.UNITS, Measure.SHIPMENTS, Measure.PARCELS) if for_new_shipments else (Measure.UNITS,)
            self._is_full[key] = any(
                self.rows_used[row] >= self.rows_limit[row] and self.row_measure[row] in drawn
                for row in self.auditor.capacity_rows.matching(*ride)
            )
        return self._is_full[key]

    def num_shipments(self, order: int) -> int:
        """How many shipments the order has."""
        return self._shipment_ptr[order + 1] - self._shipment_ptr[order]

    def shipments_of(self, order: int) -> dict[RideKey, int]:
        """The order's shipments by ride; not to be changed."""
        if order != self._last_order:
            loads = self.loads
            self._last_order = order
            self._last_shipments = {
                (int(loads.node_idx[row]), int(loads.service_idx[row]), int(loads.dispatch_s[row])): row
                for row in range(self._shipment_ptr[order], self._shipment_ptr[order + 1])
            }
        return self._last_shipments

    def allocations_of(self, shipment: int) -> slice:
        """The allocations of a shipment."""
        return slice(self._allocation_ptr[shipment], self._allocation_ptr[shipment + 1])

    def lines_aboard(self, shipment: int) -> frozenset[int]:
        """The order lines aboard a shipment."""
        pairs = slice(self._pair_ptr[shipment], self._pair_ptr[shipment + 1])
        return frozenset(self.loads.pair_line_idx[pairs].tolist())
