"""Patterns costed anew from their shipments and loads.

``recost`` is slow but sure: it takes nothing from a pattern but who ships what, computes cost, fill and draws from the
model, and checks P1-P8. Whatever a solver proposes passes through it.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import inlined_leaf, kernel, leaf
from solvers.loads import (
    NO_SHIPMENT,
    cargo_of,
    find_offer,
    judged_s,
    measured,
    num_parcels,
    offer_cost,
    rides,
    source_ready_s,
    timing_cost,
)
from solvers.model import I32, I64, UNLIMITED, Flags, Patterns, SourcingModel
from solvers.packed import Packed, packed, wide

RULE_ROWS = 8
"""What ``judge`` says of a pattern that, alone, breaks a shared row."""

_RULES = {
    1: "a trip that is none of the candidate's, taken twice, or too many shipments",
    2: "more than a line's quantity, no whole pack, or a source that is none of the candidate's or appears twice",
    3: "an unsplit line or a group that is not whole in one shipment",
    4: "an order that must ship complete, or together, and does not",
    5: "a source that cannot ride the trip, or safety stock that is closed to the order",
    6: "a load the service, the node or the tariff does not take",
    7: "a judged instant outside a hard window",
    8: "a draw beyond what a shared row can ever give",
}


def unserved(model: SourcingModel, orders: I32 | None = None) -> Patterns:
    """The patterns that serve nothing, one for each of ``orders`` (None: of all)."""
    every = np.arange(model.num_orders, dtype=np.int32) if orders is None else orders.astype(np.int32)
    no_ptr, none = np.zeros(len(every) + 1, np.int64), np.zeros(0, np.int32)
    loads = (np.zeros(1, np.int64), none, np.zeros(0, np.bool_), np.zeros(0, np.int64))
    return from_shipments(model, every, no_ptr, none, none, *loads)


def from_shipments(
    model: SourcingModel,
    order: I32,
    ship_ptr: I64,
    ship_cand: I32,
    ship_trip: I32,
    load_ptr: I64,
    load_source: I32,
    load_safety: Flags,
    load_quantity: I64,
) -> Patterns:
    """Patterns from who ships what, costed and checked as ``recost`` does."""
    zeros, no_draws = np.zeros(len(order), np.int64), np.zeros(len(order) + 1, np.int64)
    patterns = Patterns(
        order=order,
        cost=zeros,
        fill=zeros,
        ship_ptr=ship_ptr,
        ship_cand=ship_cand,
        ship_trip=ship_trip,
        load_ptr=load_ptr,
        load_source=load_source,
        load_safety=load_safety,
        load_quantity=load_quantity,
        draw_ptr=no_draws,
        draw_row=np.zeros(0, np.int32),
        draw=np.zeros(0, np.int64),
    )
    return recost(model, patterns)


def recost(model: SourcingModel, patterns: Patterns) -> Patterns:
    """The same shipments and loads with cost, fill and draws computed from the model.

    Raises
    ------
    ValueError
        Where a pattern breaks one of P1-P8; names the pattern, its order and the rule.
    """
    judged, rule = judge(model, patterns, model.row_capacity())
    broken = np.flatnonzero(rule)
    if len(broken):
        first = int(broken[0])
        code = int(rule[first])
        raise ValueError(f"pattern {first} of order {int(patterns.order[first])} breaks P{code}: {_RULES[code]}")
    return judged


def judge(model: SourcingModel, patterns: Patterns, row_capacity: I64) -> tuple[Patterns, I64]:
    """Cost patterns anew, and the number of the rule each breaks (0: none, else the lowest), int64[num_patterns]."""
    count = patterns.num_patterns
    departure_rows = np.diff(model.departures.row_ptr)[model.trips.departure[patterns.ship_trip]]
    room = len(patterns.load_source) + int(departure_rows.sum())
    cost, fill, rule = np.zeros(count, np.int64), np.zeros(count, np.int64), np.zeros(count, np.int64)
    draw_ptr, draw_row, draw = np.zeros(count + 1, np.int64), np.zeros(room, np.int32), np.zeros(room, np.int64)
    judge_patterns(packed(model), patterns, row_capacity, cost, fill, rule, draw_ptr, draw_row, draw)
    end = int(draw_ptr[-1])
    draws = (draw_ptr, draw_row[:end], draw[:end])
    return Patterns(patterns.order, cost, fill, *patterns[3:10], *draws), rule


@kernel
def judge_patterns(
    model: Packed,
    patterns: Patterns,
    row_capacity: I64,
    cost: I64,
    fill: I64,
    rule: I64,
    draw_ptr: I64,
    draw_row: I32,
    draw: I64,
) -> None:
    """Fill the last six arrays; ``draw_row`` and ``draw`` have room for every load entry and row of every trip."""
    most_lines = 0
    for k in range(len(patterns.order)):
        order = patterns.order[k]
        most_lines = max(most_lines, model.orders[order].line_to - model.orders[order].line_from)
    shipped, aboard = np.zeros(most_lines, np.int64), np.zeros(most_lines, np.int64)
    end = wide(0)
    for k in range(len(patterns.order)):
        order = wide(patterns.order[k])
        shipped[:] = 0
        broken = _count_rule(model, patterns, k)
        start = end
        total = 0
        for s in range(patterns.ship_ptr[k], patterns.ship_ptr[k + 1]):
            code = _load_rule(model, patterns, s, order, aboard)
            if code == 0:
                code, amount = _shipment_cost(model, patterns, s, order, aboard)
                total += amount
            broken = _lower(broken, code)
            shipped += aboard
            if code in (0, 6, 7):
                end = _draw_shipment(model, patterns, s, start, end, draw_row, draw)
        broken = _lower(broken, _order_rule(model, order, shipped, patterns.ship_ptr[k + 1] - patterns.ship_ptr[k]))
        _sort_draws(draw_row, draw, start, end)
        for i in range(start, end):
            if draw[i] > row_capacity[draw_row[i]]:
                broken = _lower(broken, wide(RULE_ROWS))
        draw_ptr[k + 1] = end
        splits = max(0, patterns.ship_ptr[k + 1] - patterns.ship_ptr[k] - 1)
        total += splits * model.orders[order].split_cost
        left_fill = 0
        first_line = model.orders[order].line_from
        for line in range(first_line, model.orders[order].line_to):
            left = model.lines[line].quantity - shipped[line - first_line]
            total += left * model.lines[line].unmet_cost
            left_fill += left * model.lines[line].fill_weight
        cost[k], fill[k], rule[k] = total, left_fill, broken


@inlined_leaf
def _lower(broken: int, code: int) -> int:
    """The lower of two rule numbers, 0 being none."""
    return code if code != 0 and (broken == 0 or code < broken) else broken


@leaf
def _count_rule(model: Packed, patterns: Patterns, k: int) -> int:
    """(P1) trips of the order's candidates, each once, not too many."""
    order = wide(patterns.order[k])
    first, last = patterns.ship_ptr[k], patterns.ship_ptr[k + 1]
    most = model.orders[order].max_shipments
    if most > 0 and last - first > most:
        return 1
    for s in range(first, last):
        candidate, trip = wide(patterns.ship_cand[s]), wide(patterns.ship_trip[s])
        if model.candidates[candidate].order != order or find_offer(model, candidate, trip) < 0:
            return 1
        for other in range(first, s):
            if patterns.ship_cand[other] == candidate and patterns.ship_trip[other] == trip:
                return 1
    return 0


@leaf
def _load_rule(model: Packed, patterns: Patterns, s: int, order: int, aboard: I64) -> int:
    """(P2, P3, P5) of one shipment; leaves in ``aboard`` the units of each line of the order."""
    aboard[:] = 0
    candidate, trip = wide(patterns.ship_cand[s]), wide(patterns.ship_trip[s])
    offer = find_offer(model, candidate, trip)
    if offer < 0:
        return 1
    service, dispatch_s = model.offers[offer].service, model.departures[model.trips[trip].departure].dispatch_s
    first_line = model.orders[order].line_from
    first_load, last_load = patterns.load_ptr[s], patterns.load_ptr[s + 1]
    if first_load == last_load:
        return 2
    broken = wide(0)
    for i in range(first_load, last_load):
        source = wide(patterns.load_source[i])
        inside = model.candidates[candidate].source_from <= source < model.candidates[candidate].source_to
        if not inside or patterns.load_quantity[i] <= 0:
            return 2
        for other in range(first_load, i):
            if patterns.load_source[other] == source and patterns.load_safety[other] == patterns.load_safety[i]:
                return 2
        if patterns.load_safety[i] and not model.orders[order].use_safety_stock:
            broken = 5
        if not rides(model, candidate, wide(model.sources[source].position), service, dispatch_s):
            broken = 5
        aboard[model.sources[source].line - first_line] += patterns.load_quantity[i]
    for line in range(first_line, model.orders[order].line_to):
        units = aboard[line - first_line]
        if units % model.lines[line].pack != 0:
            return 2
        if units > 0 and model.lines[line].unsplit and units != model.lines[line].quantity:
            broken = _lower(broken, wide(3))
        if units > 0 and not _group_whole(model, order, line, aboard):
            broken = _lower(broken, wide(3))
    return broken


@inlined_leaf
def _group_whole(model: Packed, order: int, line: int, aboard: I64) -> bool:
    """Whether the group of a line aboard (if it has one) is aboard whole."""
    group = model.lines[line].group
    if group < 0:
        return True
    first_line = model.orders[order].line_from
    for other in range(first_line, model.orders[order].line_to):
        if model.lines[other].group == group and aboard[other - first_line] != model.lines[other].quantity:
            return False
    return True


@leaf
def _shipment_cost(model: Packed, patterns: Patterns, s: int, order: int, aboard: I64) -> tuple[int, int]:
    """(P6, P7) of one shipment, and what it costs."""
    candidate, trip = wide(patterns.ship_cand[s]), wide(patterns.ship_trip[s])
    offer = find_offer(model, candidate, trip)
    first_load, last_load = patterns.load_ptr[s], patterns.load_ptr[s + 1]
    cargo = cargo_of(
        model, candidate, patterns.load_source[first_load:last_load], patterns.load_quantity[first_load:last_load]
    )
    cost = offer_cost(model, candidate, offer, cargo)
    if cost == NO_SHIPMENT:
        return 6, 0
    first_line = model.orders[order].line_from
    latest_s, ready_s = wide(UNLIMITED), wide(-UNLIMITED)
    for line in range(first_line, model.orders[order].line_to):
        if aboard[line - first_line] > 0:
            latest_s = min(latest_s, int(model.lines[line].latest_s))
    for i in range(first_load, last_load):
        position = wide(model.sources[patterns.load_source[i]].position)
        ready_s = max(ready_s, source_ready_s(model, candidate, position))
        if patterns.load_safety[i]:
            cost += patterns.load_quantity[i] * model.rows[len(model.positions) + position].unit_cost
    timing = timing_cost(model, order, judged_s(model, order, offer, trip, ready_s), latest_s)
    if timing == NO_SHIPMENT:
        return 7, 0
    return 0, cost + timing


@leaf
def _order_rule(model: Packed, order: int, shipped: I64, shipments: int) -> int:
    """(P2, P4) over all shipments: quantities, completeness, one shipment."""
    first_line = model.orders[order].line_from
    complete = True
    for line in range(first_line, model.orders[order].line_to):
        units = shipped[line - first_line]
        if units > model.lines[line].quantity:
            return 2
        complete = complete and units == model.lines[line].quantity
    if shipments > 0 and model.orders[order].ship_complete and not complete:
        return 4
    if shipments > 0 and model.orders[order].ship_together and (not complete or shipments > 1):
        return 4
    return 0


@leaf
def _draw_shipment(model: Packed, patterns: Patterns, s: int, start: int, end: int, draw_row: I32, draw: I64) -> int:
    """Add a shipment's draws to those from ``start`` on; returns the new end."""
    num_positions = len(model.positions)
    candidate, trip = wide(patterns.ship_cand[s]), wide(patterns.ship_trip[s])
    first_load, last_load = patterns.load_ptr[s], patterns.load_ptr[s + 1]
    for i in range(first_load, last_load):
        row = wide(model.sources[patterns.load_source[i]].position)
        if patterns.load_safety[i]:
            row += num_positions
        end = _add_draw(row, patterns.load_quantity[i], start, end, draw_row, draw)
    departure = model.trips[trip].departure
    if model.departures[departure].row_from < model.departures[departure].row_to:
        sources, quantities = patterns.load_source[first_load:last_load], patterns.load_quantity[first_load:last_load]
        cargo = cargo_of(model, candidate, sources, quantities)
        service = model.departures[departure].service
        parcels = num_parcels(cargo.weight_g, model.services[service].max_parcel_g)
        for r in range(model.departures[departure].row_from, model.departures[departure].row_to):
            row = model.departure_row[r]
            amount = measured(model.rows[row].measure, cargo, parcels)
            if amount > 0:
                end = _add_draw(row, amount, start, end, draw_row, draw)
    return end


@inlined_leaf
def _add_draw(row: int, amount: int, start: int, end: int, draw_row: I32, draw: I64) -> int:
    for i in range(start, end):
        if draw_row[i] == row:
            draw[i] += amount
            return end
    draw_row[end] = row
    draw[end] = amount
    return end + 1


@inlined_leaf
def _sort_draws(draw_row: I32, draw: I64, start: int, end: int) -> None:
    """By row, in place; few entries, and mostly sorted."""
    for i in range(start + 1, end):
        row, amount = draw_row[i], draw[i]
        j = i
        while j > start and draw_row[j - 1] > row:
            draw_row[j], draw[j] = draw_row[j - 1], draw[j - 1]
            j -= 1
        draw_row[j], draw[j] = row, amount
