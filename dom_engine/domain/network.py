"""Who ships what from where: nodes, items and the stock positions between them.

Every table is sorted by its key, ids bytewise, so comparing indices compares ids. Arrays are read-only.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dom_engine.domain.columns import F64, I8, I32, I64, Flags, Ids, Lists, freeze


class NodeKind(IntEnum):
    """What a node is; nothing is decided by it, people filter by it."""

    DC = 0
    STORE = 1
    SUPPLIER = 2
    THIRD_PARTY = 3


@dataclass(frozen=True, slots=True)
class Nodes:
    """One row per node.

    ``country_idx``/``customs_idx`` index ``Problem.territories`` (-1 blank; a blank customs already holds the
    country), ``timezone_idx`` indexes ``Problem.timezones``, ``calendar_idx`` ``Problem.calendars`` (-1:
    always open). ``cutoff_s`` counts from local midnight. ``max_distance_m`` is ``UNLIMITED`` when blank;
    ``lat``/``lon`` are 0 where ``has_location`` is false. ``tags`` index ``Problem.tags``.
    """

    ids: Ids
    kind: I8
    country_idx: I32
    customs_idx: I32
    lat: F64
    lon: F64
    has_location: Flags
    timezone_idx: I32
    calendar_idx: I32
    cutoff_s: I64
    handling_s: I64
    shipment_cost_micros: I64
    line_cost_micros: I64
    unit_cost_micros: I64
    activation_cost_micros: I64
    preference_cost_micros: I64
    max_distance_m: I64
    min_shipment_value_micros: I64
    enabled: Flags
    tags: Lists

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(frozen=True, slots=True)
class Items:
    """One row per item. ``origin_idx`` is a territory, -1: the node's customs territory; ``hs_code`` may be empty."""

    ids: Ids
    weight_g: I64
    volume_cm3: I64
    value_micros: I64
    hs_code: Ids
    origin_idx: I32
    tags: Lists

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.weight_g)


@dataclass(frozen=True, slots=True)
class NodeItems:
    """Exceptions per (node, item), sorted by both. ``unit_cost_micros`` is resolved (the node's where blank)."""

    node_idx: I32
    item_idx: I32
    unit_cost_micros: I64
    work_s: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.node_idx)


@dataclass(frozen=True, slots=True)
class NodeServices:
    """Exceptions per (node, service), sorted by both. ``cutoff_s`` is resolved (the node's where blank)."""

    node_idx: I32
    service_idx: I32
    cutoff_s: I64
    enabled: Flags

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.node_idx)


@dataclass(frozen=True, slots=True)
class Positions:
    """Stock positions, sorted by (node, item, available_at, lot, pool).

    ``available_at_s`` is ``ALWAYS_S`` when blank; ``expires_at_s`` ``NEVER_S`` when blank. ``lot_idx``
    indexes ``Problem.lots`` and ``pool_idx`` ``Problem.pools`` (-1 blank). ``free`` and ``covered_safety``
    follow section 2: covered = min(safety_stock, max(0, quantity - reserved)), free = max(0, quantity -
    reserved) - covered. ``unit_cost_micros`` and ``work_s`` are what ``node_items`` (else the node) says for
    the position's node and item.
    """

    node_idx: I32
    item_idx: I32
    available_at_s: I64
    lot_idx: I32
    pool_idx: I32
    expires_at_s: I64
    quantity: I64
    free: I64
    covered_safety: I64
    unit_cost_micros: I64
    work_s: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.node_idx)
