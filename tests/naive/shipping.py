"""Candidates, what is aboard a shipment, and what the shipment costs. Sections 3 and 5."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import asin, cos, radians, sin, sqrt

from tests.naive import clock
from tests.naive.exact import DAY_S, MICROS, Ledger, ceil_div, half_even
from tests.naive.problem import Lane, Line, Node, Order, Position, Problem, Rate, Service
from tests.naive.trade import (
    CLEARANCES,
    STAGES,
    crosses_border,
    duty_pct,
    judged,
    mode_agrees,
    seller_bears,
)

EARTH_RADIUS_KM = 6371.0088
INSURED = Fraction(110, 100)


@dataclass(frozen=True)
class Candidate:
    """One order, one node, one service, one dispatch instant, over the lane that applies."""

    order: Order
    node: Node
    service: Service
    dispatch_s: int
    arrival_s: int
    lane: Lane
    distance_m: int


@dataclass(frozen=True)
class Piece:
    """A quantity of an order line from one position, of its free or of its covered safety stock."""

    line: Line
    position: Position
    safety: bool
    quantity: int


Load = tuple[Piece, ...]


@dataclass(frozen=True)
class Shipment:
    """A candidate with its load."""

    candidate: Candidate
    load: Load


@dataclass(frozen=True)
class Cargo:
    """What a load amounts to on its candidate."""

    units: int
    lines: int
    weight_g: int
    billable_g: int
    volume_cm3: int
    value_micros: int
    parcels: int
    work_s: int
    ready_s: int
    latest_s: int | None
    judged_s: int
    days_late: int
    days_early: int
    co2_kg: Fraction


def distance_m(node: Node, order: Order) -> int | None:
    """Great circle distance rounded to the metre; None where an end has no coordinates."""
    if node.lat is None or node.lon is None or order.lat is None or order.lon is None:
        return None
    phi, theta = radians(node.lat), radians(order.lat)
    half = sin((theta - phi) / 2) ** 2 + cos(phi) * cos(theta) * sin(radians(order.lon - node.lon) / 2) ** 2
    return round(2 * EARTH_RADIUS_KM * asin(min(1.0, sqrt(half))) * 1_000)


def find_lane(problem: Problem, order: Order, node: Node, service: Service) -> Lane | None:
    """Return the most specific lane that matches; a tie, or a band without a distance, raises."""
    length_m = distance_m(node, order)
    ranked: list[tuple[tuple[bool, bool, int, float, int], Lane]] = []
    for lane in problem.lanes:
        if lane.service != service.service or lane.node not in ("", node.node):
            continue
        if lane.country not in ("", order.country) or not order.postal_code.startswith(lane.postal_prefix):
            continue
        if (lane.from_m or lane.to_m is not None) and length_m is None:
            raise ValueError(f"a lane band without a distance: {node.node} to {order.order}")
        if lane.from_m <= (length_m or 0) and (lane.to_m is None or (length_m or 0) < lane.to_m):
            width = float("inf") if lane.to_m is None else lane.to_m - lane.from_m
            # Between bands of one finite width nothing decides: from_km ranks only two open bands.
            start_m = lane.from_m if lane.to_m is None else 0
            rank = bool(lane.node), bool(lane.country), len(lane.postal_prefix), -width, start_m
            ranked.append((rank, lane))
    if not ranked:
        return None
    best = max(key for key, _ in ranked)
    winners = [lane for key, lane in ranked if key == best]
    if len(winners) > 1:
        raise ValueError(f"lanes tie: {service.service} from {node.node} to {order.order}")
    return winners[0]


def arrival(dispatch_s: int, lane: Lane, node: Node, service: Service) -> int:
    """Dispatch, then the hours, then the open days, then import and on-carriage."""
    moving_s = dispatch_s + lane.pre_carriage_s + lane.export_s + lane.transit_s
    landed_s = clock.after_transit_days(moving_s, lane.transit_days, node.zone, service.calendar)
    return landed_s + lane.import_s + lane.on_carriage_s


def allows(order: Order, node: Node, service: Service) -> bool:
    """Tell whether the order's own lists allow a node and a service."""
    if order.nodes and node.node not in order.nodes:
        return False
    if node.node in order.exclude_nodes or not order.node_tags <= node.tags:
        return False
    if order.services and service.service not in order.services:
        return False
    if order.pickup_node:
        return node.node == order.pickup_node and service.mode == "pickup"
    return service.mode != "pickup"


def candidates_of(problem: Problem, order: Order) -> Iterator[Candidate]:
    """Yield the candidates that some unit of the order can ride, by node, service and dispatch."""
    for node in problem.nodes.values():
        for service in problem.services.values():
            for candidate in _candidates(problem, order, node, service):
                if any(sources_of(problem, candidate, line) for line in order.lines):
                    yield candidate


def _candidates(problem: Problem, order: Order, node: Node, service: Service) -> Iterator[Candidate]:
    if not (node.enabled and service.enabled) or (node.node, service.service) in problem.disabled_pairs:
        return
    if not allows(order, node, service) or not mode_agrees(order, service.mode):
        return
    lane = find_lane(problem, order, node, service)
    if lane is None:
        return
    length_m = distance_m(node, order)
    if node.max_distance_m is not None:
        if length_m is None:
            raise ValueError(f"max_distance_km without a distance: {node.node} to {order.order}")
        if length_m > node.max_distance_m:
            return
    cutoff = problem.cutoffs.get((node.node, service.service), node.cutoff)
    for dispatch_s in clock.dispatches(
        cutoff, node.zone, node.calendar, service.pickup_calendar, problem.now_s, problem.horizon_s
    ):
        arrival_s = arrival(dispatch_s, lane, node, service)
        yield Candidate(order, node, service, dispatch_s, arrival_s, lane, length_m or 0)


def ready_s(problem: Problem, order: Order, position: Position) -> int | None:
    """When a position's units can leave for an order; None: not within reach."""
    node = problem.nodes[position.node]
    start_s = max(problem.now_s, order.released_s or problem.now_s, position.available_s or problem.now_s)
    return clock.ready(start_s, node.handling_s, node.zone, node.calendar)


def sources_of(problem: Problem, candidate: Candidate, line: Line) -> list[tuple[Position, bool]]:
    """Return the (position, from safety stock) pairs whose units of a line can ride a candidate."""
    order, node = candidate.order, candidate.node
    if (line.nodes and node.node not in line.nodes) or node.node in line.exclude_nodes:
        return []
    sources: list[tuple[Position, bool]] = []
    for position in problem.positions:
        if position.node != node.node or position.item not in line.substitutes | {line.item}:
            continue
        if not problem.items[position.item].tags <= candidate.service.carries:
            continue
        if position.pool and position.pool not in order.pools:
            continue
        if not order.backorder and (position.available_s or 0) > problem.now_s:
            continue
        leaves_s = ready_s(problem, order, position)
        if leaves_s is None or leaves_s > candidate.dispatch_s:
            continue
        if position.expires_s is not None and candidate.dispatch_s >= position.expires_s:
            continue
        if position.free:
            sources.append((position, False))
        if position.covered and order.priority <= problem.policy.safety_stock_priority:
            sources.append((position, True))
    return sources


def cargo_of(problem: Problem, candidate: Candidate, load: Load) -> Cargo:
    """Measure a load."""
    order, service, lane = candidate.order, candidate.service, candidate.lane
    items = [problem.items[piece.position.item] for piece in load]
    weight_g = sum(piece.quantity * item.weight_g for piece, item in zip(load, items, strict=True))
    volume_cm3 = sum(piece.quantity * item.volume_cm3 for piece, item in zip(load, items, strict=True))
    # cm3 / 1e6 is m3, times kg per m3 times 1,000 g
    billable_g = half_even(max(Fraction(weight_g), volume_cm3 * service.kg_per_m3 / 1_000))
    parcels = 1 if service.max_parcel_g is None else max(1, ceil_div(weight_g, service.max_parcel_g))
    readies = [ready_s(problem, order, piece.position) for piece in load]
    latests = [piece.line.latest_s for piece in load if piece.line.latest_s is not None]
    latest_s = min(latests, default=None)
    ready_aboard_s = max(moment for moment in readies if moment is not None)
    judged_s = judged(
        order,
        problem.policy.window_basis,
        candidate.dispatch_s,
        lane.pre_carriage_s,
        lane.export_s,
        candidate.arrival_s,
        ready_aboard_s,
    )
    days_late = 0 if latest_s is None else max(0, ceil_div(judged_s - latest_s, DAY_S))
    days_early = 0 if order.earliest_s is None else max(0, ceil_div(order.earliest_s - judged_s, DAY_S))
    return Cargo(
        units=sum(piece.quantity for piece in load),
        lines=len({piece.line.line for piece in load}),
        weight_g=weight_g,
        billable_g=billable_g,
        volume_cm3=volume_cm3,
        value_micros=sum(piece.quantity * piece.line.price_micros for piece in load),
        parcels=parcels,
        work_s=sum(
            piece.quantity * problem.work_s.get((candidate.node.node, piece.position.item), 0) for piece in load
        ),
        ready_s=ready_aboard_s,
        latest_s=latest_s,
        judged_s=judged_s,
        days_late=days_late,
        days_early=days_early,
        co2_kg=Fraction(billable_g, MICROS) * Fraction(candidate.distance_m, 1_000) * service.co2_g_per_tkm / 1_000,
    )


def refusal(problem: Problem, candidate: Candidate, cargo: Cargo) -> str | None:
    """Return why a load makes no shipment on its candidate, None where it makes one."""
    service, order = candidate.service, candidate.order
    if service.max_weight_g is not None and cargo.weight_g > service.max_weight_g:
        return "max_weight_kg"
    if cargo.value_micros < candidate.node.min_shipment_value_micros:
        return "min_shipment_value"
    if order.hard and (cargo.days_late or cargo.days_early):
        return "hard window"
    for stage in STAGES:
        rows = problem.rates.get((candidate.lane.rate, stage), ())
        if rows and _applying(rows, cargo.billable_g) is None:
            return f"no rate of {stage} applies"
    return None


def _applying(rows: tuple[Rate, ...], billable_g: int) -> Rate | None:
    reached = [rate for rate in rows if rate.weight_from_g <= billable_g]
    return max(reached, key=lambda rate: rate.weight_from_g, default=None)


def stage_cost(rate: Rate, stage: str, cargo: Cargo, length_m: int) -> Fraction:
    """Return the exact cost of a stage in micros, by the row that applies."""
    billable_kg, km = Fraction(cargo.billable_g, 1_000), Fraction(length_m, 1_000)
    value = Fraction(cargo.value_micros, MICROS) * (INSURED if stage == "insurance" else 1)
    money = (
        rate.per_kg * billable_kg
        + rate.per_unit * cargo.units
        + rate.per_line * cargo.lines
        + rate.per_parcel * cargo.parcels
        + rate.per_km * km
        + rate.per_unit_km * cargo.units * km
        + rate.per_kg_km * billable_kg * km
        + rate.pct_of_value / 100 * value
    )
    return max(Fraction(rate.minimum_micros), rate.base_micros + money * MICROS)


def price_load(problem: Problem, candidate: Candidate, load: Load, cargo: Cargo) -> Ledger:
    """Book everything a shipment costs by itself: all of section 5 but split, rows, activation and unmet."""
    ledger = Ledger(problem.weights)
    order, node, policy = candidate.order, candidate.node, problem.policy
    _book_stages(problem, candidate, cargo, ledger)
    if crosses_border(node, order):
        _book_duties(problem, candidate, load, ledger)
    ledger.add("handling", node.shipment_cost_micros)
    ledger.add("handling", node.line_cost_micros, cargo.lines)
    for piece in load:
        unit_cost = problem.unit_costs.get((node.node, piece.position.item), node.unit_cost_micros)
        ledger.add("handling", unit_cost, piece.quantity)
        if piece.safety:
            ledger.add("safety_stock", policy.safety_stock_cost_micros, piece.quantity)
        if piece.position.item != piece.line.item:
            ledger.add("substitution", piece.line.substitute_cost_micros, piece.quantity)
    ledger.add("preference", node.preference_cost_micros)
    if order.preferred_services and candidate.service.service not in order.preferred_services:
        ledger.add("preference", order.unpreferred_cost_micros)
    ledger.add("late", order.factor * order.late_cost_micros * cargo.days_late)
    ledger.add("early", order.early_cost_micros * cargo.days_early)
    ledger.add("carbon", policy.carbon_cost_micros * cargo.co2_kg)
    return ledger


def _book_stages(problem: Problem, candidate: Candidate, cargo: Cargo, ledger: Ledger) -> None:
    borne = seller_bears(candidate.order)
    abroad = crosses_border(candidate.node, candidate.order)
    for stage in STAGES:
        rate = _applying(problem.rates.get((candidate.lane.rate, stage), ()), cargo.billable_g)
        if rate is None or (stage in CLEARANCES and not abroad):
            continue
        if distance_m(candidate.node, candidate.order) is None and (rate.per_km or rate.per_unit_km or rate.per_kg_km):
            raise ValueError(f"a rate per km without a distance: {candidate.lane.rate}")
        seller = "insurance" if stage == "insurance" else "freight"
        ledger.add(seller if stage in borne else "buyer", stage_cost(rate, stage, cargo, candidate.distance_m))


def _book_duties(problem: Problem, candidate: Candidate, load: Load, ledger: Ledger) -> None:
    """One amount per line aboard, over all its items; only DDP makes it the seller's."""
    by_line: dict[str, Fraction] = {}
    for piece in load:
        pct = duty_pct(problem, candidate.node, candidate.order, problem.items[piece.position.item])
        due = pct / 100 * piece.line.price_micros * piece.quantity
        by_line[piece.line.line] = by_line.get(piece.line.line, Fraction(0)) + due
    for due in by_line.values():
        ledger.add("duty" if candidate.order.incoterm == "DDP" else "buyer", due)
