"""How findings and reasons name things: in the scenario's own ids, instants and units."""

from __future__ import annotations

from dom_engine.audit.capacity import CapacityRows
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.units import ALWAYS_S, NEVER_S, instant_text

# 9999-12-31T23:59:59Z, the last instant that has a date.
LAST_INSTANT_S = 253_402_300_799

_UNIT_NAMES = {
    Measure.UNITS: "units",
    Measure.LINES: "lines",
    Measure.SHIPMENTS: "shipments",
    Measure.PARCELS: "parcels",
    Measure.KG: "kg",
    Measure.LITRES: "litres",
    Measure.VALUE: "of value",
    Measure.WORK_H: "hours of work",
}


def decimal_text(amount: int, base_units: int) -> str:
    """An integer of base units in whole measures, without trailing zeros."""
    return f"{amount / base_units:.6f}".rstrip("0").rstrip(".")


def moment_text(instant_s: int) -> str:
    """An instant, or ``never`` where it lies past the calendar's years."""
    return instant_text(int(instant_s)) if instant_s < LAST_INSTANT_S else "never"


class Names:
    """Texts for the entities of one problem."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem

    def order(self, order_idx: int) -> str:
        """An order's id."""
        return str(self._problem.orders.ids[int(order_idx)].as_py())

    def line(self, line_idx: int) -> str:
        """``order 1001, line 2``."""
        lines = self._problem.lines
        return f"order {self.order(lines.order_idx[line_idx])}, line {lines.ids[int(line_idx)].as_py()}"

    def node(self, node_idx: int) -> str:
        """A node's id."""
        return str(self._problem.nodes.ids[int(node_idx)].as_py())

    def item(self, item_idx: int) -> str:
        """An item's id."""
        return str(self._problem.items.ids[int(item_idx)].as_py())

    def service(self, service_idx: int) -> str:
        """A service's id."""
        return str(self._problem.services.ids[int(service_idx)].as_py())

    def way(self, node_idx: int, service_idx: int, dispatch_s: int) -> str:
        """``newark by ground on 2025-11-24T22:00:00Z``."""
        return f"{self.node(node_idx)} by {self.service(service_idx)} on {moment_text(dispatch_s)}"

    def position(self, position_idx: int) -> str:
        """``mug at newark (from 2025-11-25T12:00:00Z, lot L1, pool web)``."""
        problem, positions = self._problem, self._problem.positions
        marks = []
        if positions.available_at_s[position_idx] != ALWAYS_S:
            marks.append(f"from {moment_text(positions.available_at_s[position_idx])}")
        if positions.lot_idx[position_idx] != NONE_IDX:
            marks.append(f"lot {problem.lots[int(positions.lot_idx[position_idx])].as_py()}")
        if positions.pool_idx[position_idx] != NONE_IDX:
            marks.append(f"pool {problem.pools[int(positions.pool_idx[position_idx])].as_py()}")
        item, node = self.item(positions.item_idx[position_idx]), self.node(positions.node_idx[position_idx])
        return f"{item} at {node}" + (f" ({', '.join(marks)})" if marks else "")

    def capacity(self, rows: CapacityRows, row: int) -> str:
        """``capacity of newark, ground, from 2025-11-24T05:00:00Z to 2025-11-25T05:00:00Z``."""
        capacities, capacity = self._problem.capacities, int(rows.capacity_idx[row])
        parts = []
        if capacities.node_idx[capacity] != NONE_IDX:
            parts.append(self.node(capacities.node_idx[capacity]))
        if capacities.service_idx[capacity] != NONE_IDX:
            parts.append(self.service(capacities.service_idx[capacity]))
        bounds = []
        if rows.starts_s[row] != ALWAYS_S:
            bounds.append(f"from {moment_text(rows.starts_s[row])}")
        if rows.ends_s[row] != NEVER_S:
            bounds.append(f"to {moment_text(rows.ends_s[row])}")
        return f"capacity of {', '.join(parts)}" + (f", {' '.join(bounds)}" if bounds else "")

    def measured(self, rows: CapacityRows, row: int, amount: int) -> str:
        """An amount in the measure of a capacity row: ``12.5 kg``."""
        measure = Measure(int(self._problem.capacities.measure[rows.capacity_idx[row]]))
        return f"{decimal_text(amount, BASE_UNITS_PER_MEASURE[measure])} {_UNIT_NAMES[measure]}"
