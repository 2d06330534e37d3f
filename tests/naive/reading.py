"""Tables of text to typed rows: defaults, blanks, units. Sections 2 and 4."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.naive.clock import ALWAYS_OPEN, Calendar, parse_instant, parse_weekdays
from tests.naive.exact import MICROS, TERMS, exact, scaled
from tests.naive.files import Scenario
from tests.naive.problem import (
    MEASURE_SCALE,
    Capacity,
    Item,
    Lane,
    Line,
    Node,
    Order,
    Policy,
    Position,
    Problem,
    Rate,
    Service,
)


class Cells:
    """One row of text, read by column with the default of the contract."""

    def __init__(self, cells: Mapping[str, str], zone: ZoneInfo | None) -> None:
        self._cells = cells
        self._zone = zone

    def text(self, column: str, default: str = "") -> str:
        return self._cells.get(column, "") or default

    def exact(self, column: str) -> Fraction:
        return exact(self.text(column, "0"))

    def whole(self, column: str, default: int = 0) -> int:
        return int(self.text(column, str(default)))

    def units(self, column: str, factor: int) -> int:
        return scaled(self.text(column, "0"), factor)

    def units_or_none(self, column: str, factor: int) -> int | None:
        return self.units(column, factor) if self.text(column) else None

    def money(self, column: str) -> int:
        return self.units(column, MICROS)

    def money_or_none(self, column: str) -> int | None:
        return self.units_or_none(column, MICROS)

    def seconds(self, column: str) -> int:
        return self.units(column, 3_600)

    def flag(self, column: str, default: bool) -> bool:
        return {"true": True, "false": False}[self.text(column, "true" if default else "false").lower()]

    def many(self, column: str) -> frozenset[str]:
        return frozenset(part.strip() for part in self.text(column).split(";") if part.strip())

    def degrees(self, column: str) -> float | None:
        return float(self.text(column)) if self.text(column) else None

    def instant(self, column: str) -> int | None:
        return parse_instant(self.text(column), self._zone) if self.text(column) else None

    def clock(self, column: str) -> time | None:
        return time.fromisoformat(self.text(column)) if self.text(column) else None


def read_problem(scenario: Scenario) -> Problem:
    """Read a valid scenario; what is invalid raises whatever Python raises first.

    ``extends`` and ``changes`` must have been applied before.
    """
    config = scenario.config
    if config.get("extends") or config.get("changes"):
        raise ValueError("the oracle reads whole scenarios: apply extends and changes first")
    zone = ZoneInfo(str(config["timezone"])) if config.get("timezone") else None

    def cells(table: str) -> list[Cells]:
        return [Cells(row, zone) for row in scenario.rows(table)]

    policy = _policy(config.get("policy") or {})
    calendars = {row.text("calendar"): _calendar(row) for row in cells("calendars")}
    items = {row.text("item"): _item(row) for row in cells("items")}
    pairs = {(row.text("node"), row.text("service")): row for row in cells("node_services")}
    stocks = {(row.text("node"), row.text("item")): row for row in cells("node_items")}
    work_s = {key: row.seconds("work_h") for key, row in stocks.items()}
    rates: dict[tuple[str, str], list[Rate]] = {}
    for row in cells("rates"):
        rates.setdefault((row.text("rate"), row.text("stage", "main_carriage")), []).append(_rate(row))
    lines: dict[str, list[Line]] = {}
    for row in cells("order_lines"):
        lines.setdefault(row.text("order"), []).append(_line(row, items, policy))
    now = str(config["now"])
    given_weights = config.get("weights") or {}
    return Problem(
        now_s=parse_instant(now, zone),
        horizon_s=scaled(config.get("horizon_h", 168), 3_600),
        weights={term: exact(given_weights.get(term, 0 if term == "buyer" else 1)) for term in TERMS},
        policy=policy,
        nodes={row.text("node"): _node(row, calendars) for row in cells("nodes")},
        items=items,
        unit_costs={key: row.money("unit_cost") for key, row in stocks.items() if row.text("unit_cost")},
        work_s=work_s,
        cutoffs={key: at for key, row in pairs.items() if (at := row.clock("cutoff")) is not None},
        disabled_pairs=frozenset(key for key, row in pairs.items() if not row.flag("enabled", True)),
        positions=tuple(_position(row) for row in cells("inventory")),
        services={row.text("service"): _service(row, calendars) for row in cells("services")},
        lanes=tuple(_lane(row) for row in cells("lanes")),
        rates={key: tuple(sorted(rows, key=lambda rate: rate.weight_from_g)) for key, rows in rates.items()},
        duties={
            (row.text("origin"), row.text("destination"), row.text("hs_prefix")): row.exact("pct")
            for row in cells("duties")
        },
        capacities=tuple(_capacity(row) for row in cells("capacities")),
        orders=tuple(_order(row, policy, lines.get(row.text("order"), [])) for row in cells("orders")),
    )


def _policy(given: Mapping[str, Any]) -> Policy:
    return Policy(
        max_shipments=int(given.get("max_shipments", 0)),
        split_cost_micros=scaled(given.get("split_cost", 0), MICROS),
        unmet_cost_micros=scaled(given.get("unmet_cost", 100), MICROS),
        unmet_value_pct=exact(given.get("unmet_value_pct", 0)),
        safety_stock_priority=int(given.get("safety_stock_priority", -1)),
        safety_stock_cost_micros=scaled(given.get("safety_stock_cost", 0), MICROS),
        carbon_cost_micros=scaled(given.get("carbon_cost_per_kg", 0), MICROS),
        window_basis=given.get("window_basis", "delivery_point"),
        priority_factor={int(key): exact(value) for key, value in given.get("priority_factor", {}).items()},
        fill_first=bool(given.get("fill_first", False)),
    )


def _calendar(row: Cells) -> Calendar:
    return Calendar(
        weekdays=parse_weekdays(row.text("weekdays", "Mon-Sun")),
        region=row.text("holidays"),
        closed=frozenset(date.fromisoformat(day) for day in row.many("closed")),
        opened=frozenset(date.fromisoformat(day) for day in row.many("open")),
    )


def _node(row: Cells, calendars: Mapping[str, Calendar]) -> Node:
    return Node(
        node=row.text("node"),
        country=row.text("country"),
        customs=row.text("customs", row.text("country")),
        lat=row.degrees("lat"),
        lon=row.degrees("lon"),
        zone=ZoneInfo(row.text("timezone", "UTC")),
        calendar=calendars[row.text("calendar")] if row.text("calendar") else ALWAYS_OPEN,
        cutoff=row.clock("cutoff") or time(23, 59),
        handling_s=row.seconds("handling_h"),
        shipment_cost_micros=row.money("shipment_cost"),
        line_cost_micros=row.money("line_cost"),
        unit_cost_micros=row.money("unit_cost"),
        activation_cost_micros=row.money("activation_cost"),
        preference_cost_micros=row.money("preference_cost"),
        max_distance_m=row.units_or_none("max_distance_km", 1_000),
        min_shipment_value_micros=row.money("min_shipment_value"),
        enabled=row.flag("enabled", True),
        tags=row.many("tags"),
    )


def _item(row: Cells) -> Item:
    return Item(
        item=row.text("item"),
        weight_g=row.units("weight_kg", 1_000),
        volume_cm3=row.units("volume_l", 1_000),
        value_micros=row.money("value"),
        hs_code=row.text("hs_code"),
        origin=row.text("origin"),
        tags=row.many("tags"),
    )


def _position(row: Cells) -> Position:
    unreserved = max(0, row.whole("quantity") - row.whole("reserved"))
    covered = min(row.whole("safety_stock"), unreserved)
    return Position(
        node=row.text("node"),
        item=row.text("item"),
        available_s=row.instant("available_at"),
        lot=row.text("lot"),
        pool=row.text("pool"),
        expires_s=row.instant("expires_at"),
        free=unreserved - covered,
        covered=covered,
    )


def _service(row: Cells, calendars: Mapping[str, Calendar]) -> Service:
    def calendar(column: str) -> Calendar:
        return calendars[row.text(column)] if row.text(column) else ALWAYS_OPEN

    return Service(
        service=row.text("service"),
        mode=row.text("mode", "parcel"),
        calendar=calendar("calendar"),
        pickup_calendar=calendar("pickup_calendar"),
        max_weight_g=row.units_or_none("max_weight_kg", 1_000),
        max_parcel_g=row.units_or_none("max_parcel_kg", 1_000),
        kg_per_m3=row.exact("kg_per_m3"),
        co2_g_per_tkm=row.exact("co2_g_per_tkm"),
        carries=row.many("carries"),
        enabled=row.flag("enabled", True),
    )


def _lane(row: Cells) -> Lane:
    return Lane(
        service=row.text("service"),
        node=row.text("node"),
        country=row.text("country"),
        postal_prefix=row.text("postal_prefix"),
        from_m=row.units("from_km", 1_000),
        to_m=row.units_or_none("to_km", 1_000),
        rate=row.text("rate"),
        transit_s=row.seconds("transit_h"),
        transit_days=row.whole("transit_days"),
        pre_carriage_s=row.seconds("pre_carriage_h"),
        export_s=row.seconds("export_h"),
        import_s=row.seconds("import_h"),
        on_carriage_s=row.seconds("on_carriage_h"),
    )


def _rate(row: Cells) -> Rate:
    return Rate(
        weight_from_g=row.units("weight_from_kg", 1_000),
        base_micros=row.money("base"),
        per_kg=row.exact("per_kg"),
        per_unit=row.exact("per_unit"),
        per_line=row.exact("per_line"),
        per_parcel=row.exact("per_parcel"),
        per_km=row.exact("per_km"),
        per_unit_km=row.exact("per_unit_km"),
        per_kg_km=row.exact("per_kg_km"),
        pct_of_value=row.exact("pct_of_value"),
        minimum_micros=row.money("minimum"),
    )


def _capacity(row: Cells) -> Capacity:
    scale = MEASURE_SCALE[row.text("measure")]
    return Capacity(
        node=row.text("node"),
        service=row.text("service"),
        measure=row.text("measure"),
        starts_s=row.instant("starts"),
        ends_s=row.instant("ends"),
        daily=row.text("every") == "day",
        limit=row.units("limit", scale),
        open_cost_micros=row.money("open_cost"),
        open_max=row.whole("open_max", 1),
        overtime_limit=row.units("overtime_limit", scale),
        overtime_cost_micros=row.money("overtime_cost"),
    )


def _line(row: Cells, items: Mapping[str, Item], policy: Policy) -> Line:
    value_micros = items[row.text("item")].value_micros if row.text("item") in items else 0
    unmet_micros = row.money_or_none("unmet_cost")
    return Line(
        line=row.text("line"),
        item=row.text("item"),
        quantity=row.whole("quantity"),
        price_micros=row.money("unit_price") or value_micros,
        unmet_micros=policy.unmet_cost_micros if unmet_micros is None else unmet_micros,
        latest_s=row.instant("latest"),
        group=row.text("group"),
        substitutes=row.many("substitutes") - {row.text("item")},
        substitute_cost_micros=row.money("substitute_cost"),
        pack=row.whole("pack", 1),
        nodes=row.many("nodes"),
        exclude_nodes=row.many("exclude_nodes"),
    )


def _order(row: Cells, policy: Policy, lines: list[Line]) -> Order:
    latest_s = row.instant("latest")
    priority = row.whole("priority", 100)
    return Order(
        order=row.text("order"),
        priority=priority,
        released_s=row.instant("released_at"),
        country=row.text("country"),
        customs=row.text("customs", row.text("country")),
        postal_code=row.text("postal_code"),
        lat=row.degrees("lat"),
        lon=row.degrees("lon"),
        incoterm=row.text("incoterm", "DAP"),
        named_place=row.text("named_place", "destination"),
        earliest_s=row.instant("earliest"),
        hard=row.text("window", "soft") == "hard",
        late_cost_micros=row.money("late_cost_per_day"),
        early_cost_micros=row.money("early_cost_per_day"),
        max_shipments=row.whole("max_shipments", policy.max_shipments),
        ship_complete=row.flag("ship_complete", False),
        ship_together=row.flag("ship_together", False),
        line_split=row.flag("line_split", True),
        backorder=row.flag("backorder", True),
        services=row.many("services"),
        nodes=row.many("nodes"),
        exclude_nodes=row.many("exclude_nodes"),
        node_tags=row.many("node_tags"),
        preferred_services=row.many("preferred_services"),
        unpreferred_cost_micros=row.money("unpreferred_cost"),
        pools=row.many("pools"),
        pickup_node=row.text("pickup_node"),
        factor=policy.priority_factor.get(priority, Fraction(1)),
        lines=tuple(replace(line, latest_s=latest_s) if line.latest_s is None else line for line in lines),
    )
