"""How goods travel and what limits them: services, lanes, rates, duties, capacities."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dom_engine.domain.columns import F64, I8, I32, I64, Flags, Ids, Lists, freeze


class Mode(IntEnum):
    """How a service moves goods."""

    PARCEL = 0
    LTL = 1
    FTL = 2
    COURIER = 3
    AIR = 4
    SEA = 5
    BARGE = 6
    RAIL = 7
    ROAD = 8
    PICKUP = 9


class Measure(IntEnum):
    """What a capacity counts; the comment is the base unit of its integer limits and draws."""

    UNITS = 0  # units
    LINES = 1  # order lines aboard
    SHIPMENTS = 2  # shipments
    PARCELS = 3  # parcels
    KG = 4  # grams, actual weight
    LITRES = 5  # cubic centimetres
    VALUE = 6  # micros of currency
    WORK_H = 7  # seconds


BASE_UNITS_PER_MEASURE = {
    Measure.UNITS: 1,
    Measure.LINES: 1,
    Measure.SHIPMENTS: 1,
    Measure.PARCELS: 1,
    Measure.KG: 1_000,
    Measure.LITRES: 1_000,
    Measure.VALUE: 1_000_000,
    Measure.WORK_H: 3_600,
}
"""A capacity's limit and draws are integers in base units; its prices and overtime costs are per whole measure."""


@dataclass(frozen=True, slots=True)
class Services:
    """Carrier services. ``max_*`` are ``UNLIMITED`` when blank; ``carries`` index ``Problem.tags``."""

    ids: Ids
    carrier: Ids
    mode: I8
    calendar_idx: I32
    pickup_calendar_idx: I32
    max_weight_g: I64
    max_parcel_g: I64
    kg_per_m3: F64
    co2_g_per_tkm: F64
    carries: Lists
    enabled: Flags

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.mode)


@dataclass(frozen=True, slots=True)
class Lanes:
    """Lanes, sorted by (service, node, country, prefix, from, to, rate).

    ``node_idx`` -1: every node; ``country_idx`` (a territory) -1: any destination; ``to_m`` ``UNLIMITED``
    when blank. ``rate_idx`` indexes ``Problem.rate_ids``.
    """

    service_idx: I32
    node_idx: I32
    country_idx: I32
    postal_prefix: Ids
    from_m: I64
    to_m: I64
    rate_idx: I32
    transit_s: I64
    transit_days: I64
    pre_carriage_s: I64
    export_s: I64
    import_s: I64
    on_carriage_s: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.service_idx)


@dataclass(frozen=True, slots=True)
class Rates:
    """Rate rows, sorted by (rate, stage, weight_from_g).

    ``base`` and ``minimum`` are money, hence micros; the ``per_*`` columns are money (not micros) per unit of
    measure with the precision given, ``pct_of_value`` is percent.
    """

    rate_idx: I32
    stage: I8
    weight_from_g: I64
    base_micros: I64
    per_kg: F64
    per_unit: F64
    per_line: F64
    per_parcel: F64
    per_km: F64
    per_unit_km: F64
    per_kg_km: F64
    pct_of_value: F64
    minimum_micros: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.rate_idx)


@dataclass(frozen=True, slots=True)
class Duties:
    """Duty rows: territory to territory, by HS prefix (text, may be empty), in percent."""

    origin_idx: I32
    destination_idx: I32
    hs_prefix: Ids
    pct: F64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.origin_idx)


@dataclass(frozen=True, slots=True)
class Capacities:
    """Capacity rows as stated; daily ones are not yet repeated.

    ``node_idx``/``service_idx`` -1: all of them together. ``starts_s`` is ``ALWAYS_S`` and ``ends_s``
    ``NEVER_S`` when blank. ``limit`` and ``overtime_limit`` are in the measure's base unit,
    ``overtime_cost_micros`` per whole measure.
    """

    node_idx: I32
    service_idx: I32
    measure: I8
    starts_s: I64
    ends_s: I64
    daily: Flags
    limit: I64
    open_cost_micros: I64
    open_max: I64
    overtime_limit: I64
    overtime_cost_micros: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.node_idx)
