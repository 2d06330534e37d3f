"""Rows of shipments and of what is aboard, in any order, as a plan."""

from __future__ import annotations

import numpy as np

from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Allocations, Plan, Shipments


def sorted_plan(shipments: I64, allocations: I64) -> Plan:
    """The plan of these rows.

    Parameters
    ----------
    shipments
        int64[n, 4]: order, dispatch in seconds, node, service; no two alike.
    allocations
        int64[m, 5]: shipment (a row of ``shipments``), line, position, whether from safety stock, quantity.
    """
    by = np.lexsort(shipments.T[::-1])
    place = np.empty(len(by), np.int64)
    place[by] = np.arange(len(by))
    shipments = shipments[by]
    allocations[:, 0] = place[allocations[:, 0]]
    allocations = allocations[np.lexsort(allocations[:, :4].T[::-1])]
    return Plan(
        Shipments(
            shipments[:, 0].astype(np.int32),
            shipments[:, 2].astype(np.int32),
            shipments[:, 3].astype(np.int32),
            shipments[:, 1].copy(),
        ),
        Allocations(
            allocations[:, 0].astype(np.int32),
            allocations[:, 1].astype(np.int32),
            allocations[:, 2].astype(np.int32),
            allocations[:, 3].astype(np.bool_),
            allocations[:, 4].copy(),
        ),
    )
