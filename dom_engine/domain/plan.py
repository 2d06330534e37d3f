"""A plan: the shipments made and what rides in each. Nothing else is decided; the rest is computed from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags, freeze


@dataclass(frozen=True, slots=True)
class Shipments:
    """Sorted by (order, dispatch, node, service), at most one per key."""

    order_idx: I32
    node_idx: I32
    service_idx: I32
    dispatch_s: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.order_idx)


@dataclass(frozen=True, slots=True)
class Allocations:
    """Sorted by (shipment, line, position, from_safety_stock), quantities > 0.

    ``line_idx`` indexes ``Problem.lines``; the item shipped is the position's item.
    """

    shipment_idx: I32
    line_idx: I32
    position_idx: I32
    from_safety_stock: Flags
    quantity: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.shipment_idx)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is shipped; every unit of an order line not allocated is unallocated."""

    shipments: Shipments
    allocations: Allocations

    @classmethod
    def empty(cls) -> Plan:
        """The plan that serves nothing."""
        none32 = np.zeros(0, np.int32)
        none64 = np.zeros(0, np.int64)
        return cls(
            Shipments(none32, none32.copy(), none32.copy(), none64),
            Allocations(none32.copy(), none32.copy(), none32.copy(), np.zeros(0, np.bool_), none64.copy()),
        )

    def unallocated(self, line_quantity: I64) -> I64:
        """Units of each order line left out, int64[num_lines]."""
        served = np.zeros_like(line_quantity)
        np.add.at(served, self.allocations.line_idx, self.allocations.quantity)
        return line_quantity - served
