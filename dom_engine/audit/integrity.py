"""Whether a plan is well formed: indices in range, rows in order, each once. Nothing else can be asked of it before."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dom_engine.audit.tables import Indices
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem


def integrity_faults(problem: Problem, plan: Plan) -> list[tuple[str, str]]:
    """What is malformed: where it stands and what is wrong, empty for a well-formed plan."""
    shipments, allocations = plan.shipments, plan.allocations
    faults = []
    for table, column, values, size in (
        ("shipment", "order", shipments.order_idx, len(problem.orders)),
        ("shipment", "node", shipments.node_idx, len(problem.nodes)),
        ("shipment", "service", shipments.service_idx, len(problem.services)),
        ("allocation", "shipment", allocations.shipment_idx, len(shipments)),
        ("allocation", "line", allocations.line_idx, len(problem.lines)),
        ("allocation", "position", allocations.position_idx, len(problem.positions)),
    ):
        faults += [
            (f"{table} {row}", f"the {column} index {values[row]} is not below {size}")
            for row in np.flatnonzero((values < 0) | (values >= size)).tolist()
        ]
    if faults:
        return faults
    return _disorder(
        "shipment",
        (shipments.order_idx, shipments.dispatch_s, shipments.node_idx, shipments.service_idx),
    ) + _disorder(
        "allocation",
        (
            allocations.shipment_idx,
            allocations.line_idx,
            allocations.position_idx,
            allocations.from_safety_stock.astype(np.int8),
        ),
    )


def _disorder(table: str, keys: tuple[Indices, ...]) -> list[tuple[str, str]]:
    """Rows that do not come after the row before them."""
    num = len(keys[0])
    tied = np.ones(max(0, num - 1), np.bool_)
    before: npt.NDArray[Any] = np.zeros(max(0, num - 1), np.bool_)
    for key in keys:
        before |= tied & (key[1:] < key[:-1])
        tied &= key[1:] == key[:-1]
    faults = [(f"{table} {row + 1}", "stands twice") for row in np.flatnonzero(tied).tolist()]
    faults += [(f"{table} {row + 1}", "stands out of order") for row in np.flatnonzero(before).tolist()]
    return faults
