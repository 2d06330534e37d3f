"""The scenario as typed rows, in internal units: micros, s, m, g, cm3. Sections 2 and 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.naive.clock import Calendar
from tests.naive.exact import MICROS

MEASURE_SCALE = {
    "units": 1,
    "lines": 1,
    "shipments": 1,
    "parcels": 1,
    "kg": 1_000,
    "litres": 1_000,
    "value": MICROS,
    "work_h": 3_600,
}


@dataclass(frozen=True)
class Node:
    node: str
    country: str
    customs: str
    lat: float | None
    lon: float | None
    zone: ZoneInfo
    calendar: Calendar
    cutoff: time
    handling_s: int
    shipment_cost_micros: int
    line_cost_micros: int
    unit_cost_micros: int
    activation_cost_micros: int
    preference_cost_micros: int
    max_distance_m: int | None
    min_shipment_value_micros: int
    enabled: bool
    tags: frozenset[str]


@dataclass(frozen=True)
class Item:
    item: str
    weight_g: int
    volume_cm3: int
    value_micros: int
    hs_code: str
    origin: str
    tags: frozenset[str]


@dataclass(frozen=True)
class Position:
    """Stock of an item at a node from an instant on; ``free`` and ``covered`` are its two rows' limits."""

    node: str
    item: str
    available_s: int | None
    lot: str
    pool: str
    expires_s: int | None
    free: int
    covered: int

    @property
    def key(self) -> tuple[str, str, int | None, str, str]:
        return self.node, self.item, self.available_s, self.lot, self.pool


@dataclass(frozen=True)
class Service:
    service: str
    mode: str
    calendar: Calendar
    pickup_calendar: Calendar
    max_weight_g: int | None
    max_parcel_g: int | None
    kg_per_m3: Fraction
    co2_g_per_tkm: Fraction
    carries: frozenset[str]
    enabled: bool


@dataclass(frozen=True)
class Lane:
    service: str
    node: str
    country: str
    postal_prefix: str
    from_m: int
    to_m: int | None
    rate: str
    transit_s: int
    transit_days: int
    pre_carriage_s: int
    export_s: int
    import_s: int
    on_carriage_s: int


@dataclass(frozen=True)
class Rate:
    weight_from_g: int
    base_micros: int
    per_kg: Fraction
    per_unit: Fraction
    per_line: Fraction
    per_parcel: Fraction
    per_km: Fraction
    per_unit_km: Fraction
    per_kg_km: Fraction
    pct_of_value: Fraction
    minimum_micros: int


@dataclass(frozen=True)
class Capacity:
    node: str
    service: str
    measure: str
    starts_s: int | None
    ends_s: int | None
    daily: bool
    limit: int
    open_cost_micros: int
    open_max: int
    overtime_limit: int
    overtime_cost_micros: int


@dataclass(frozen=True)
class Line:
    line: str
    item: str
    quantity: int
    price_micros: int
    unmet_micros: int
    latest_s: int | None
    group: str
    substitutes: frozenset[str]
    substitute_cost_micros: int
    pack: int
    nodes: frozenset[str]
    exclude_nodes: frozenset[str]


@dataclass(frozen=True)
class Order:
    order: str
    priority: int
    released_s: int | None
    country: str
    customs: str
    postal_code: str
    lat: float | None
    lon: float | None
    incoterm: str
    named_place: str
    earliest_s: int | None
    hard: bool
    late_cost_micros: int
    early_cost_micros: int
    max_shipments: int
    ship_complete: bool
    ship_together: bool
    line_split: bool
    backorder: bool
    services: frozenset[str]
    nodes: frozenset[str]
    exclude_nodes: frozenset[str]
    node_tags: frozenset[str]
    preferred_services: frozenset[str]
    unpreferred_cost_micros: int
    pools: frozenset[str]
    pickup_node: str
    factor: Fraction
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Policy:
    max_shipments: int
    split_cost_micros: int
    unmet_cost_micros: int
    unmet_value_pct: Fraction
    safety_stock_priority: int
    safety_stock_cost_micros: int
    carbon_cost_micros: int
    window_basis: str
    priority_factor: Mapping[int, Fraction]
    fill_first: bool


@dataclass(frozen=True)
class Problem:
    now_s: int
    horizon_s: int
    weights: Mapping[str, Fraction]
    policy: Policy
    nodes: Mapping[str, Node]
    items: Mapping[str, Item]
    unit_costs: Mapping[tuple[str, str], int]
    work_s: Mapping[tuple[str, str], int]
    cutoffs: Mapping[tuple[str, str], time]
    disabled_pairs: frozenset[tuple[str, str]]
    positions: tuple[Position, ...]
    services: Mapping[str, Service]
    lanes: tuple[Lane, ...]
    rates: Mapping[tuple[str, str], tuple[Rate, ...]]
    duties: Mapping[tuple[str, str, str], Fraction]
    capacities: tuple[Capacity, ...]
    orders: tuple[Order, ...]
