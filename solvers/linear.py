"""Orders of one line that pay by the unit: priced in closed form, however many units they ask for.

Such an order draws a quantity q on each node, at most ``most``, and pays fixed + unit_cost * q there if q > 0. At any
row prices that stays so, and a cheapest way draws all or nothing everywhere but at one node: costs are concave. What is
rounded once a shipment may take half a micro off each; the bound allows for that.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.judging import from_shipments
from solvers.model import (
    F64,
    I32,
    I64,
    INSURED_SHARE,
    MEASURE_LINES,
    MEASURE_PARCELS,
    MEASURE_SHIPMENTS,
    MEASURE_UNITS,
    MEASURE_VOLUME,
    MEASURE_WEIGHT,
    NUM_STAGES,
    STAGE_EXPORT_CLEARANCE,
    STAGE_IMPORT_CLEARANCE,
    STAGE_INSURANCE,
    Flags,
    Patterns,
    Prices,
    SourcingModel,
)
from solvers.patterns import priced_cost

_MOST_SETS = 5_000
"""Sets of nodes that an order may exhaust, beyond which it is priced like any other."""

_FLOAT_MICROS = 1e-4
"""What sums of floats may be off by."""

Matrix = npt.NDArray[Any]


class Linear(NamedTuple):
    """The orders, and per order and place a candidate (-1: none) and what it offers.

    ``unit_cost``, ``fixed`` and ``slack`` (what rounding may take off a shipment) are weighted micros;
    float64[num_orders, num_places]. ``by_unit`` and ``by_shipment`` are the rows that a unit, and a shipment, draws
    one on, int64[num_orders, num_places, num_rows], -1: none. ``exhausted`` are sets of places, by order.
    """

    order: I32
    quantity: I64
    unmet: I64
    candidate: I64
    source: I64
    trip: I64
    most: I64
    unit_cost: F64
    fixed: F64
    slack: F64
    by_unit: I64
    by_shipment: I64
    exhausted: list[Flags]


class LinearPriced(NamedTuple):
    """``lower_bound`` in weighted micros; ``exact``: at prices in whole micros the pattern is proven the cheapest."""

    lower_bound: F64
    exact: Flags
    patterns: Patterns


class _Place(NamedTuple):
    candidate: int
    source: int
    trip: int
    most: int
    unit_cost: float
    fixed: float
    slack: float
    by_unit: list[int]
    by_shipment: list[int]


def find_linear(model: SourcingModel) -> Linear | None:
    """The orders of a batch that are priced in closed form; None where there are none."""
    found: list[tuple[int, list[_Place], Flags]] = []
    for order in np.flatnonzero(_plain_orders(model)).tolist():
        places = _places(model, order)
        if places:
            sets = _exhausted([place.most for place in places], int(model.lines.quantity[model.orders.line_ptr[order]]))
            if sets is not None:
                found.append((order, places, sets))
    if not found:
        return None
    orders = np.array([order for order, _, _ in found], np.int32)
    width = max(len(places) for _, places, _ in found)
    line = model.orders.line_ptr[orders]

    def column(name: str, kind: Any, blank: float) -> Matrix:
        cells = np.full((len(found), width), blank, kind)
        for at, (_, places, _) in enumerate(found):
            cells[at, : len(places)] = [getattr(place, name) for place in places]
        return cells

    def rows(name: str) -> I64:
        deep = max(1, max(len(getattr(place, name)) for _, places, _ in found for place in places))
        cells = np.full((len(found), width, deep), -1, np.int64)
        for at, (_, places, _) in enumerate(found):
            for k, place in enumerate(places):
                cells[at, k, : len(getattr(place, name))] = getattr(place, name)
        return cells

    wide = [np.pad(sets, ((0, 0), (0, width - sets.shape[1]))) for _, _, sets in found]
    return Linear(
        orders,
        model.lines.quantity[line],
        model.lines.unmet_cost[line],
        column("candidate", np.int64, -1),
        column("source", np.int64, -1),
        column("trip", np.int64, -1),
        column("most", np.int64, 0),
        column("unit_cost", np.float64, 0.0),
        column("fixed", np.float64, 0.0),
        column("slack", np.float64, 0.0),
        rows("by_unit"),
        rows("by_shipment"),
        wide,
    )


def _plain_orders(model: SourcingModel) -> Flags:
    """Orders without a rule that couples what they draw on nodes, or that makes a cost depend on when it leaves."""
    orders, lines, weights = model.orders, model.lines, model.weights
    one = np.diff(orders.line_ptr) == 1
    line = np.minimum(orders.line_ptr[:-1], max(0, len(lines.quantity) - 1))
    if not len(lines.quantity) or float(weights.handling) % 1.0:
        return np.zeros(model.num_orders, np.bool_)
    if any(weight not in (0.0, 1.0) for weight in (weights.freight, weights.insurance, weights.buyer)):
        return np.zeros(model.num_orders, np.bool_)
    plain: Flags = one & (lines.pack[line] == 1) & ~lines.unsplit[line] & (lines.group[line] < 0)
    plain &= ~orders.ship_complete & ~orders.ship_together & (orders.max_shipments == 0) & (orders.split_cost == 0)
    plain &= ~orders.use_safety_stock & ~orders.hard_window
    plain &= (orders.late_cost_per_day_micros == 0) & (orders.early_cost_per_day_micros == 0)
    return plain


def _places(model: SourcingModel, order: int) -> list[_Place] | None:
    """What each candidate of an order offers; None where some does not pay by the unit."""
    places = []
    for candidate in range(*model.orders.cand_ptr[order : order + 2].tolist()):
        place = _place(model, order, candidate)
        if place is None:
            return None
        places.append(place)
    return places


def _place(model: SourcingModel, order: int, candidate: int) -> _Place | None:
    candidates, offers, rows = model.candidates, model.offers, model.rows
    source, end = candidates.source_ptr[candidate : candidate + 2].tolist()
    first, last = offers.class_ptr[candidates.offer_class[candidate] :][:2].tolist()
    if end - source != 1 or last - first != 1 or offers.trip_ptr[first + 1] - offers.trip_ptr[first] != 1:
        return None
    trip, node = int(offers.trip_ptr[first]), int(candidates.node[candidate])
    departure = int(model.trips.departure[trip])
    position, line = int(model.sources.position[source]), int(model.sources.line[source])
    item, positions = int(model.positions.item[position]), model.positions
    ready = max(int(candidates.ready_s[candidate]), int(positions.ready_s[position]))
    dispatch = int(model.departures.dispatch_s[departure])
    weightless = model.items.weight_g[item] == 0 and model.items.volume_cm3[item] == 0
    rides = ready <= dispatch < positions.expires_s[position]
    rides = rides and bool(model.services.carry[offers.service[first], model.items.tag_class[item]])
    if not weightless or not rides or model.sources.duty_pct[source] or model.nodes.min_shipment_value_micros[node]:
        return None
    charged = _charged(model, order, candidate, int(offers.tariff[first]), int(model.lines.unit_price_micros[line]))
    if charged is None:
        return None
    per_unit, fixed, slack = charged
    by_unit, by_shipment = [position], list[int]()
    for row in model.departures.row[slice(*model.departures.row_ptr[departure : departure + 2].tolist())].tolist():
        measure = int(rows.measure[row])
        if rows.node[row] != node:
            return None
        if measure == MEASURE_UNITS:
            by_unit.append(row)
        elif measure in (MEASURE_SHIPMENTS, MEASURE_LINES, MEASURE_PARCELS):
            by_shipment.append(row)
        elif measure not in (MEASURE_WEIGHT, MEASURE_VOLUME):
            return None
    capacity = model.row_capacity()
    most = min(int(model.lines.quantity[line]), *(int(capacity[row]) for row in by_unit))
    most = 0 if any(capacity[row] < 1 for row in by_shipment) else most
    handling = int(model.weights.handling)
    per_unit += int(positions.unit_cost_micros[position]) * handling
    per_unit += int(model.lines.substitute_cost[line]) if item != model.lines.item[line] else 0
    nodes = model.nodes
    fixed += (int(nodes.shipment_cost_micros[node]) + int(nodes.line_cost_micros[node])) * handling
    fixed += int(nodes.preference_cost[node])
    fixed += int(model.orders.unpreferred_cost[order]) if offers.unpreferred[first] else 0
    return _Place(candidate, source, trip, most, per_unit, fixed, slack, by_unit, by_shipment)


def _charged(
    model: SourcingModel, order: int, candidate: int, tariff: int, unit_price: int
) -> tuple[float, float, float] | None:
    """What the stages of a weightless shipment charge per unit and once, and what rounding may take off; or None."""
    tariffs, orders, weights = model.tariffs, model.orders, model.weights
    distance_m = float(model.candidates.distance_m[candidate])
    per_unit = fixed = slack = 0.0
    for stage in range(NUM_STAGES):
        first, last = tariffs.ptr[tariff * NUM_STAGES + stage :][:2].tolist()
        clears = stage in (STAGE_EXPORT_CLEARANCE, STAGE_IMPORT_CLEARANCE)
        if first == last or (clears and model.candidates.domestic[candidate]):
            continue
        if tariffs.weight_from_g[first] > 0 or tariffs.minimum[first] != 0:
            return None
        insured, weight = stage == STAGE_INSURANCE, weights.buyer
        if int(orders.seller_stages[order]) >> stage & 1:
            weight = weights.insurance if insured else weights.freight
        if weight == 0.0:
            continue
        share = unit_price * (INSURED_SHARE if insured else 1.0) / 100.0
        per_unit += float(tariffs.per_unit[first] + tariffs.per_unit_km[first] * distance_m / 1e3)
        per_unit += float(tariffs.pct_of_value[first] * share)
        fixed += float(tariffs.base[first] + tariffs.per_line[first] + tariffs.per_parcel[first])
        fixed += float(tariffs.per_km[first] * distance_m / 1e3)
        slack += 0.5
    return per_unit, fixed, slack


def _exhausted(most: list[int], quantity: int) -> Flags | None:
    """Every set of places that the order can exhaust together, the empty one first; None where they are too many."""
    small = [place for place, units in enumerate(most) if 0 < units < quantity]
    sets: list[tuple[int, ...]] = [()]
    for size in range(1, len(small) + 1):
        more = []
        for members in combinations(small, size):
            if sum(most[place] for place in members) <= quantity:
                more.append(members)
            if len(sets) + len(more) > _MOST_SETS:
                return None
        if not more:
            break
        sets += more
    flags = np.zeros((len(sets), len(most)), np.bool_)
    for at, members in enumerate(sets):
        flags[at, list(members)] = True
    return flags


def price_linear(model: SourcingModel, linear: Linear, prices: Prices) -> LinearPriced:
    """The cheapest pattern of each order at prices of any sign."""
    there = linear.candidate >= 0
    row = np.append(prices.row, 0.0)
    unit = linear.unit_cost + row[linear.by_unit].sum(axis=2)
    once = linear.fixed + row[linear.by_shipment].sum(axis=2)
    once = once + np.where(there, prices.activation[linear.candidate], 0.0) - linear.slack
    count = len(linear.order)
    lower, picks = np.zeros(count), list[list[tuple[int, int]]]()
    for k in range(count):
        lower[k], taken = _cheapest(linear, k, unit[k], once[k])
        picks.append(taken)
    patterns = _patterns(model, linear, picks)
    value = priced_cost(patterns, prices)
    # Whole micros: none lies between the bound and a pattern that is less than one beyond it.
    return LinearPriced(lower, value - lower < 1.0 - _FLOAT_MICROS, patterns)


def _cheapest(linear: Linear, k: int, unit: F64, once: F64) -> tuple[float, list[tuple[int, int]]]:
    """The least that one order pays, a lower bound, and (place, units) of a pattern that pays about that."""
    most, sets = linear.most[k], linear.exhausted[k]
    whole = np.where(sets, once + unit * most, 0.0).sum(axis=1)
    left = int(linear.quantity[k]) - np.where(sets, most, 0).sum(axis=1)
    rest = np.minimum(most, left[:, np.newaxis])
    unmet = float(linear.unmet[k])
    partial = once + unit * rest + unmet * (left[:, np.newaxis] - rest)
    partial[sets | (rest <= 0)] = np.inf
    # The last column: nothing in part, what is left stays out.
    paid = whole[:, np.newaxis] + np.column_stack([partial, unmet * left])
    # Where rounding makes a shipment cheaper than nothing, a unit each from other places might spare half a micro.
    free = np.flatnonzero((once < 0.0) & (most > 0))
    gain = np.zeros((len(unit) + 1, len(unit)))
    gain[:, free] = np.maximum(0.0, np.append(unit, unmet)[:, np.newaxis] - unit[free] - once[free])
    gain[free, free] = 0.0
    spared = gain.sum(axis=1) - sets @ gain.T
    # A unit of what the place in part takes, or of what stays out; the place keeps one.
    moved = np.column_stack([np.maximum(0, rest - 1), left])
    spared = np.minimum(spared, moved * gain.max(axis=1))
    at, place = np.unravel_index(int(np.argmin(paid)), paid.shape)
    members = [(int(p), int(most[p])) for p in np.flatnonzero(sets[at])]
    if place < len(unit):
        members.append((int(place), int(rest[at, place])))
    return float((paid - spared).min()), members


def _patterns(model: SourcingModel, linear: Linear, picks: list[list[tuple[int, int]]]) -> Patterns:
    """The patterns of (place, units) for each order."""
    owner = np.array([k for k, taken in enumerate(picks) for _ in taken], np.int64)
    place = np.array([p for taken in picks for p, _ in taken], np.int64)
    units = np.array([q for taken in picks for _, q in taken], np.int64)
    return _patterns_of(model, linear, linear.order, np.array([len(taken) for taken in picks]), owner, place, units)


def _patterns_of(
    model: SourcingModel, linear: Linear, order: I32, sizes: I64, owner: I64, place: I64, units: I64
) -> Patterns:
    ship_ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int64)
    count = len(owner)
    return from_shipments(
        model,
        order,
        ship_ptr,
        linear.candidate[owner, place].astype(np.int32),
        linear.trip[owner, place].astype(np.int32),
        np.arange(count + 1, dtype=np.int64),
        linear.source[owner, place].astype(np.int32),
        np.zeros(count, np.bool_),
        units,
    )


def from_one_node(model: SourcingModel, linear: Linear) -> Patterns:
    """Every order's patterns that take as much as they can from one node."""
    owner, place = np.nonzero(linear.most > 0)
    units = linear.most[owner, place]
    return _patterns_of(model, linear, linear.order[owner], np.ones(len(owner), np.int64), owner, place, units)
