"""What is asked for: orders and their lines."""

from __future__ import annotations

from dataclasses import dataclass

from dom_engine.domain.columns import F64, I8, I32, I64, Flags, Ids, Lists, freeze


@dataclass(frozen=True, slots=True)
class Orders:
    """One row per order, sorted by id.

    ``released_at_s`` holds ``Problem.now_s`` where blank. ``earliest_s`` is ``ALWAYS_S`` and ``latest_s``
    ``NEVER_S`` when blank. ``max_shipments`` is resolved (policy where blank), 0: no limit.
    ``country_idx``/``customs_idx`` are territories (-1 blank; a blank customs holds the country). Empty lists
    of ``services``, ``nodes``, ``node_tags``, ``preferred_services`` mean no limit; ``pickup_node_idx`` -1:
    none. Lines of order ``o`` are ``line_ptr[o]:line_ptr[o + 1]``.
    """

    ids: Ids
    customer: Ids
    channel: Ids
    priority: I64
    released_at_s: I64
    country_idx: I32
    customs_idx: I32
    postal_code: Ids
    lat: F64
    lon: F64
    has_location: Flags
    incoterm: I8
    named_place: I8
    earliest_s: I64
    latest_s: I64
    hard_window: Flags
    late_cost_per_day_micros: I64
    early_cost_per_day_micros: I64
    max_shipments: I64
    ship_complete: Flags
    ship_together: Flags
    line_split: Flags
    backorder: Flags
    services: Lists
    nodes: Lists
    exclude_nodes: Lists
    node_tags: Lists
    preferred_services: Lists
    unpreferred_cost_micros: I64
    pools: Lists
    pickup_node_idx: I32
    line_ptr: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.priority)


@dataclass(frozen=True, slots=True)
class OrderLines:
    """One row per order line, sorted by (order, line).

    ``unit_price_micros``, ``unmet_cost_micros`` and ``latest_s`` are resolved: the item's value, the policy's
    cost and the order's latest where the line is silent. ``group_idx`` is unique per (order, group label),
    -1: none. ``substitutes`` index items.
    """

    order_idx: I32
    ids: Ids
    item_idx: I32
    quantity: I64
    unit_price_micros: I64
    unmet_cost_micros: I64
    latest_s: I64
    group_idx: I32
    substitutes: Lists
    substitute_cost_micros: I64
    pack: I64
    nodes: Lists
    exclude_nodes: Lists

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.quantity)
