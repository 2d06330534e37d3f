"""The file contract in one place: every table, column, type, unit, default and reference of section 2.

Reader, changes, writer and wire are driven by ``TABLES``; adding a column to the format starts (and mostly ends) here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType

from dom_engine.domain.network import NodeKind
from dom_engine.domain.trade import Incoterm, NamedPlace, Stage
from dom_engine.domain.transport import Measure, Mode
from dom_engine.units import (
    ALWAYS_S,
    CM3_PER_LITRE,
    GRAMS_PER_KG,
    METRES_PER_KM,
    MICROS_PER_UNIT,
    NEVER_S,
    SECONDS_PER_HOUR,
    UNLIMITED,
)


class Kind(Enum):
    """What a cell means; the comment is what it becomes inside."""

    ID = "id"  # text, verbatim: the row's own key, or part of it
    REF = "reference"  # text, verbatim: the id of a row of another table
    LABEL = "label"  # text, verbatim: free
    COUNTRY = "country"  # text: ISO 3166 alpha-2
    TERRITORY = "territory"  # text: a customs territory, free (a country code, or a union such as EU)
    TIMEZONE = "timezone"  # text: an IANA name
    HOLIDAYS = "holidays"  # text: a region of public holidays, `US` or `US-CA`
    MONEY = "money"  # int64 micros
    HOURS = "hours"  # int64 seconds
    KM = "km"  # int64 metres
    KG = "kg"  # int64 grams
    LITRES = "litres"  # int64 cm3
    INTEGER = "integer"  # int64
    MEASURED = "measured"  # int64 in base units of the row's measure
    RATE = "rate"  # float64 with the precision given
    LATITUDE = "latitude"  # float64 degrees
    LONGITUDE = "longitude"  # float64 degrees
    FLAG = "flag"  # bool
    CHOICE = "choice"  # int8: the position among the column's choices
    INSTANT = "instant"  # int64 seconds since 1970 UTC
    TIME_OF_DAY = "time of day"  # int64 seconds since midnight
    WEEKDAYS = "weekdays"  # int64 bits, bit 0 is Monday
    DATE = "date"  # int64 ordinal


TEXT_KINDS = frozenset({Kind.ID, Kind.REF, Kind.LABEL, Kind.COUNTRY, Kind.TERRITORY, Kind.TIMEZONE, Kind.HOLIDAYS})
"""Kinds whose text is taken verbatim, never coerced: a Parquet column of another type is an error."""

UNIT_SCALES: Mapping[Kind, int] = MappingProxyType(
    {
        Kind.MONEY: MICROS_PER_UNIT,
        Kind.HOURS: SECONDS_PER_HOUR,
        Kind.KM: METRES_PER_KM,
        Kind.KG: GRAMS_PER_KG,
        Kind.LITRES: CM3_PER_LITRE,
    }
)
"""Inside integers per unit at the boundary."""

NUMERIC_KINDS = frozenset({*UNIT_SCALES, Kind.INTEGER, Kind.MEASURED, Kind.RATE, Kind.LATITUDE, Kind.LONGITUDE})
"""Kinds that a ``scale`` change can multiply."""

COUNT_MEASURES = frozenset({Measure.UNITS, Measure.LINES, Measure.SHIPMENTS, Measure.PARCELS})
"""Measures whose limits are whole numbers."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    ``default`` is the text an empty cell stands for; where it is empty too, integers become ``blank`` (a sentinel, or
    0 where another table supplies the value). ``positive``: more than 0; ``signed``: may be negative; ``references``:
    the table whose key it names.
    """

    name: str
    kind: Kind
    required: bool = False
    default: str = ""
    blank: int = 0
    choices: tuple[str, ...] = ()
    references: str = ""
    is_list: bool = False
    positive: bool = False
    signed: bool = False

    @property
    def is_text(self) -> bool:
        """Whether the cell's text is taken verbatim."""
        return self.kind in TEXT_KINDS


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns by name, and the columns of which no two rows may agree."""

    name: str
    columns: Mapping[str, Column]
    key: tuple[str, ...]
    required: bool = False


def _spelled(choices: type[IntEnum]) -> tuple[str, ...]:
    return tuple(choice.name.lower() for choice in choices)


NODE_KINDS = tuple("3pl" if kind is NodeKind.THIRD_PARTY else kind.name.lower() for kind in NodeKind)
MODES = _spelled(Mode)
MEASURES = _spelled(Measure)
STAGES = _spelled(Stage)
INCOTERMS = tuple(rule.name for rule in Incoterm)
NAMED_PLACES = _spelled(NamedPlace)


def _id(name: str) -> Column:
    return Column(name, Kind.ID, required=True)


def _ref(name: str, table: str, *, required: bool = False, is_list: bool = False) -> Column:
    return Column(name, Kind.REF, references=table, required=required, is_list=is_list)


def _label(name: str, *, is_list: bool = False) -> Column:
    return Column(name, Kind.LABEL, is_list=is_list)


def _amount(name: str, kind: Kind, default: str = "0") -> Column:
    return Column(name, kind, default=default)


def _optional(name: str, kind: Kind, blank: int = 0, *, positive: bool = False) -> Column:
    return Column(name, kind, blank=blank, positive=positive)


def _count(name: str, default: str = "", *, positive: bool = False, required: bool = False) -> Column:
    return Column(name, Kind.INTEGER, default=default, positive=positive, required=required)


def _flag(name: str, default: bool) -> Column:
    return Column(name, Kind.FLAG, default="true" if default else "false")


def _choice(name: str, choices: tuple[str, ...], default: str = "", *, required: bool = False) -> Column:
    return Column(name, Kind.CHOICE, choices=choices, default=default, required=required)


def _table(name: str, key: tuple[str, ...], *columns: Column, required: bool = False) -> Table:
    return Table(name, MappingProxyType({column.name: column for column in columns}), key, required)


_NODES = _table(
    "nodes",
    ("node",),
    _id("node"),
    _choice("kind", NODE_KINDS, "dc"),
    Column("country", Kind.COUNTRY),
    Column("customs", Kind.TERRITORY),
    _label("postal_code"),
    Column("lat", Kind.LATITUDE, signed=True),
    Column("lon", Kind.LONGITUDE, signed=True),
    Column("timezone", Kind.TIMEZONE, default="UTC"),
    _ref("calendar", "calendars"),
    Column("cutoff", Kind.TIME_OF_DAY, default="23:59"),
    _amount("handling_h", Kind.HOURS),
    _amount("shipment_cost", Kind.MONEY),
    _amount("line_cost", Kind.MONEY),
    _amount("unit_cost", Kind.MONEY),
    _amount("activation_cost", Kind.MONEY),
    _amount("preference_cost", Kind.MONEY),
    _optional("max_distance_km", Kind.KM, UNLIMITED),
    _amount("min_shipment_value", Kind.MONEY),
    _flag("enabled", True),
    _label("tags", is_list=True),
    required=True,
)

_ITEMS = _table(
    "items",
    ("item",),
    _id("item"),
    _amount("weight_kg", Kind.KG),
    _amount("volume_l", Kind.LITRES),
    _amount("value", Kind.MONEY),
    _label("hs_code"),
    Column("origin", Kind.TERRITORY),
    _label("tags", is_list=True),
)

_NODE_ITEMS = _table(
    "node_items",
    ("node", "item"),
    _ref("node", "nodes", required=True),
    _ref("item", "items", required=True),
    _optional("unit_cost", Kind.MONEY),
    _amount("work_h", Kind.HOURS),
)

_NODE_SERVICES = _table(
    "node_services",
    ("node", "service"),
    _ref("node", "nodes", required=True),
    _ref("service", "services", required=True),
    _optional("cutoff", Kind.TIME_OF_DAY),
    _flag("enabled", True),
)

_INVENTORY = _table(
    "inventory",
    ("node", "item", "available_at", "lot", "pool"),
    _ref("node", "nodes", required=True),
    _ref("item", "items", required=True),
    _count("quantity", required=True),
    _optional("available_at", Kind.INSTANT, ALWAYS_S),
    _label("lot"),
    _label("pool"),
    _optional("expires_at", Kind.INSTANT, NEVER_S),
    _count("reserved", "0"),
    _count("safety_stock", "0"),
    required=True,
)

_SERVICES = _table(
    "services",
    ("service",),
    _id("service"),
    _label("carrier"),
    _choice("mode", MODES, "parcel"),
    _ref("calendar", "calendars"),
    _ref("pickup_calendar", "calendars"),
    _optional("max_weight_kg", Kind.KG, UNLIMITED),
    _optional("max_parcel_kg", Kind.KG, UNLIMITED, positive=True),
    _amount("kg_per_m3", Kind.RATE),
    _amount("co2_g_per_tkm", Kind.RATE),
    _label("carries", is_list=True),
    _flag("enabled", True),
    required=True,
)

_LANES = _table(
    "lanes",
    ("service", "node", "country", "postal_prefix", "from_km", "to_km"),
    _ref("service", "services", required=True),
    _ref("node", "nodes"),
    Column("country", Kind.COUNTRY),
    _label("postal_prefix"),
    _amount("from_km", Kind.KM),
    _optional("to_km", Kind.KM, UNLIMITED),
    _ref("rate", "rates", required=True),
    _amount("transit_h", Kind.HOURS),
    _count("transit_days", "0"),
    _amount("pre_carriage_h", Kind.HOURS),
    _amount("export_h", Kind.HOURS),
    _amount("import_h", Kind.HOURS),
    _amount("on_carriage_h", Kind.HOURS),
    required=True,
)

_RATES = _table(
    "rates",
    ("rate", "stage", "weight_from_kg"),
    _id("rate"),
    _choice("stage", STAGES, "main_carriage"),
    _amount("weight_from_kg", Kind.KG),
    _amount("base", Kind.MONEY),
    _amount("per_kg", Kind.RATE),
    _amount("per_unit", Kind.RATE),
    _amount("per_line", Kind.RATE),
    _amount("per_parcel", Kind.RATE),
    _amount("per_km", Kind.RATE),
    _amount("per_unit_km", Kind.RATE),
    _amount("per_kg_km", Kind.RATE),
    _amount("pct_of_value", Kind.RATE),
    _amount("minimum", Kind.MONEY),
    required=True,
)

_DUTIES = _table(
    "duties",
    ("origin", "destination", "hs_prefix"),
    Column("origin", Kind.TERRITORY, required=True),
    Column("destination", Kind.TERRITORY, required=True),
    _label("hs_prefix"),
    Column("pct", Kind.RATE, required=True),
)

_CAPACITIES = _table(
    "capacities",
    ("node", "service", "measure", "starts", "ends", "every"),
    _ref("node", "nodes"),
    _ref("service", "services"),
    _choice("measure", MEASURES, required=True),
    _optional("starts", Kind.INSTANT, ALWAYS_S),
    _optional("ends", Kind.INSTANT, NEVER_S),
    Column("every", Kind.CHOICE, choices=("day",), blank=-1),
    Column("limit", Kind.MEASURED, required=True),
    _amount("open_cost", Kind.MONEY),
    _count("open_max", "1"),
    _amount("overtime_limit", Kind.MEASURED),
    _amount("overtime_cost", Kind.MONEY),
)

_CALENDARS = _table(
    "calendars",
    ("calendar",),
    _id("calendar"),
    Column("weekdays", Kind.WEEKDAYS, default="Mon-Sun"),
    Column("holidays", Kind.HOLIDAYS, is_list=True),
    Column("closed", Kind.DATE, is_list=True),
    Column("open", Kind.DATE, is_list=True),
)

_ORDERS = _table(
    "orders",
    ("order",),
    _id("order"),
    _label("customer"),
    _label("channel"),
    _count("priority", "100"),
    _optional("released_at", Kind.INSTANT, ALWAYS_S),
    Column("country", Kind.COUNTRY),
    Column("customs", Kind.TERRITORY),
    _label("postal_code"),
    Column("lat", Kind.LATITUDE, signed=True),
    Column("lon", Kind.LONGITUDE, signed=True),
    _choice("incoterm", INCOTERMS, "DAP"),
    _choice("named_place", NAMED_PLACES, "destination"),
    _optional("earliest", Kind.INSTANT, ALWAYS_S),
    _optional("latest", Kind.INSTANT, NEVER_S),
    _choice("window", ("soft", "hard"), "soft"),
    _amount("late_cost_per_day", Kind.MONEY),
    _amount("early_cost_per_day", Kind.MONEY),
    _count("max_shipments"),
    _flag("ship_complete", False),
    _flag("ship_together", False),
    _flag("line_split", True),
    _flag("backorder", True),
    _ref("services", "services", is_list=True),
    _ref("nodes", "nodes", is_list=True),
    _ref("exclude_nodes", "nodes", is_list=True),
    _label("node_tags", is_list=True),
    _ref("preferred_services", "services", is_list=True),
    _amount("unpreferred_cost", Kind.MONEY),
    _label("pools", is_list=True),
    _ref("pickup_node", "nodes"),
    required=True,
)

_ORDER_LINES = _table(
    "order_lines",
    ("order", "line"),
    _ref("order", "orders", required=True),
    _id("line"),
    _ref("item", "items", required=True),
    _count("quantity", required=True, positive=True),
    _optional("unit_price", Kind.MONEY),
    _optional("unmet_cost", Kind.MONEY),
    _optional("latest", Kind.INSTANT, NEVER_S),
    _label("group"),
    _ref("substitutes", "items", is_list=True),
    _amount("substitute_cost", Kind.MONEY),
    _count("pack", "1", positive=True),
    _ref("nodes", "nodes", is_list=True),
    _ref("exclude_nodes", "nodes", is_list=True),
    required=True,
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {
        table.name: table
        for table in (
            _NODES,
            _ITEMS,
            _NODE_ITEMS,
            _NODE_SERVICES,
            _INVENTORY,
            _SERVICES,
            _LANES,
            _RATES,
            _DUTIES,
            _CAPACITIES,
            _CALENDARS,
            _ORDERS,
            _ORDER_LINES,
        )
    }
)
"""Every table of the format, by name."""

RESERVED_TABLES = ("fixed", "transfers", "kits", "forecast", "rows")
"""Names kept for later versions of the format; a table so named is an error."""
