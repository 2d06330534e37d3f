"""What orders share: rows with a limit, what a shipment draws on them, what drawing costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.naive.clock import day_bounds, local
from tests.naive.exact import MICROS, Ledger, ceil_div
from tests.naive.problem import MEASURE_SCALE, Capacity, Problem
from tests.naive.shipping import Cargo, Shipment

RowKey = tuple[str | int | None, ...]
UTC_ZONE = ZoneInfo("UTC")


@dataclass(frozen=True, eq=False)
class Row:
    """A stock position's free or covered part, or a capacity in one of its periods; its key says which.

    ``limit`` is in internal units (g, cm3, micros, s, or a count); ``day`` is set where the
    capacity repeats daily.
    """

    kind: str
    key: RowKey
    node: str
    limit: int
    capacity: Capacity | None = None
    day: date | None = None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def most(self) -> int:
        """The most that can be drawn in all: every load opened and all overtime."""
        if self.capacity is None:
            return self.limit
        return self.capacity.open_max * self.limit + self.capacity.overtime_limit

    @property
    def scale(self) -> int:
        """Internal units per unit of measure."""
        return 1 if self.capacity is None else MEASURE_SCALE[self.capacity.measure]

    @property
    def costs(self) -> bool:
        """Whether drawing on the row can cost anything by itself."""
        return self.capacity is not None and bool(self.capacity.open_cost_micros or self.capacity.overtime_cost_micros)


def stock_rows(problem: Problem) -> Iterator[Row]:
    """Yield the rows of every position, also those with limit 0."""
    for position in problem.positions:
        yield Row("stock", ("stock", *position.key), position.node, position.free)
        yield Row("safety_stock", ("safety_stock", *position.key), position.node, position.covered)


def capacity_zone(problem: Problem, capacity: Capacity) -> ZoneInfo:
    """Return the zone whose days a daily capacity repeats on: its node's, else UTC."""
    return problem.nodes[capacity.node].zone if capacity.node else UTC_ZONE


def capacity_row(problem: Problem, capacity: Capacity, dispatch_s: int) -> Row:
    """Return the row of a capacity that a dispatch within [starts, ends) draws on."""
    day = local(dispatch_s, capacity_zone(problem, capacity)).date() if capacity.daily else None
    key: RowKey = (
        "capacity",
        capacity.node,
        capacity.service,
        capacity.measure,
        capacity.starts_s,
        capacity.ends_s,
        day.isoformat() if day else "",
    )
    return Row("capacity", key, capacity.node, capacity.limit, capacity, day)


def bounds(problem: Problem, row: Row) -> tuple[int | None, int | None]:
    """Return the period of a capacity's row; a day is cut to [starts, ends)."""
    capacity = row.capacity
    if capacity is None:
        return None, None
    if row.day is None:
        return capacity.starts_s, capacity.ends_s
    begin_s, end_s = day_bounds(row.day, capacity_zone(problem, capacity))
    if capacity.starts_s is not None:
        begin_s = max(begin_s, capacity.starts_s)
    if capacity.ends_s is not None:
        end_s = min(end_s, capacity.ends_s)
    return begin_s, end_s


def drawn(measure: str, cargo: Cargo) -> int:
    """Return what a shipment draws from a capacity, in internal units of the measure."""
    return {
        "units": cargo.units,
        "lines": cargo.lines,
        "shipments": 1,
        "parcels": cargo.parcels,
        "kg": cargo.weight_g,
        "litres": cargo.volume_cm3,
        "value": cargo.value_micros,
        "work_h": cargo.work_s,
    }[measure]


def draws_of(problem: Problem, shipment: Shipment, cargo: Cargo) -> dict[Row, int]:
    """Return what a shipment draws on every row, zeros left out."""
    draws: dict[Row, int] = {}
    for piece in shipment.load:
        kind = "safety_stock" if piece.safety else "stock"
        limit = piece.position.covered if piece.safety else piece.position.free
        row = Row(kind, (kind, *piece.position.key), piece.position.node, limit)
        draws[row] = draws.get(row, 0) + piece.quantity
    candidate = shipment.candidate
    for capacity in problem.capacities:
        if capacity.node not in ("", candidate.node.node):
            continue
        if capacity.service not in ("", candidate.service.service):
            continue
        if capacity.starts_s is not None and candidate.dispatch_s < capacity.starts_s:
            continue
        if capacity.ends_s is not None and candidate.dispatch_s >= capacity.ends_s:
            continue
        row = capacity_row(problem, capacity, candidate.dispatch_s)
        draws[row] = draws.get(row, 0) + drawn(capacity.measure, cargo)
    return {row: amount for row, amount in draws.items() if amount}


def row_ledger(problem: Problem, row: Row, used: int) -> Ledger:
    """Book the cheapest loads and overtime that cover a use within ``row.most``."""
    capacity = row.capacity
    if capacity is None or used == 0:
        return Ledger(problem.weights)
    best: Ledger | None = None
    for loads in range(min(capacity.open_max, ceil_div(used, max(1, row.limit))) + 1):
        overtime = max(0, used - loads * row.limit)
        if overtime > capacity.overtime_limit:
            continue
        ledger = Ledger(problem.weights)
        ledger.add("load", capacity.open_cost_micros * loads)
        ledger.add("overtime", Fraction(capacity.overtime_cost_micros * overtime, row.scale))
        if best is None or ledger.total_micros < best.total_micros:
            best = ledger
    if best is None:
        raise ValueError(f"a use of {used} beyond the limit of {row.key}")
    return best


def response(problem: Problem, row: Row, price: Fraction) -> Fraction:
    """Return what a row answers to a price (money per unit of measure), in exact micros. Section 9."""
    limit = Fraction(row.limit, row.scale) * MICROS
    capacity = row.capacity
    if capacity is None:
        return -price * limit
    open_cost = problem.weights["load"] * capacity.open_cost_micros
    overtime_cost = problem.weights["overtime"] * Fraction(capacity.overtime_cost_micros, MICROS)
    overtime_limit = Fraction(capacity.overtime_limit, row.scale) * MICROS
    return (
        capacity.open_max * min(Fraction(0), open_cost - price * limit)
        - max(Fraction(0), price - overtime_cost) * overtime_limit
    )
