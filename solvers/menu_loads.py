"""The loads of one candidate for a menu: which exist on which trips, at what cost and with which draws.

A trip is left out, exactly, where another of the same candidate carries every load of it for no more and draws on no
further row, and carrying together what the two would carry apart costs no more either: whatever pattern used it has an
equal one without it, at any prices.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import kernel, leaf
from solvers.loads import NO_SHIPMENT, Cargo, duty_cost, judged_s, measured, num_parcels, offer_cost, timing_cost
from solvers.model import F64, I64, MEASURE_PARCELS, UNLIMITED, Flags
from solvers.packed import Packed, wide

MOST_DIGITS = 10
MOST_LOADS = 512
"""Loads of one candidate; a listed order has no more of them at any."""

MOST_ENTRIES = 8_192
"""Loads of one order over all trips."""

MOST_SHIPS = 32
"""Shipments of one pattern."""

MOST_TRIPS = 64
_PAIRED_LOADS = 48
"""Loads of a candidate up to which pairs of its trips are compared."""


class Digits(NamedTuple):
    """Per digit of the order at hand: line, units a level serves, radix, and stride in states."""

    line: I64
    units: I64
    radix: I64
    stride: I64


class Bench(NamedTuple):
    """Scratch for the candidate at hand: its digits, and per trip and load the cost.

    ``digit``, ``source``, ``most`` describe its digits (index into the order's, source, highest level); ``level`` the
    levels of each load; ``state``, ``ready_s``, ``expires_s`` each load; ``trip``, ``offer``, ``kept`` each trip.
    """

    digit: I64
    source: I64
    most: I64
    stride: I64
    level: I64
    state: I64
    cost: F64
    trip: I64
    offer: I64
    kept: Flags


@kernel
def make_digits() -> Digits:
    """Room for one order's digits."""
    return Digits(
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
    )


@kernel
def make_bench() -> Bench:
    """Room for one candidate's loads and trips."""
    return Bench(
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_DIGITS, np.int64),
        np.zeros(MOST_LOADS * MOST_DIGITS, np.int64),
        np.zeros(MOST_LOADS, np.int64),
        np.zeros(MOST_LOADS * MOST_TRIPS),
        np.zeros(MOST_TRIPS, np.int64),
        np.zeros(MOST_TRIPS, np.int64),
        np.zeros(MOST_TRIPS, np.bool_),
    )


@leaf
def find_loads(model: Packed, capacity: I64, candidate: int, count: int, digits: Digits, bench: Bench) -> int:
    """Loads of a candidate, the empty one included, as levels and states; -1: too many."""
    here = model.candidates[candidate]
    own, loads = 0, 1
    for digit in range(count):
        for source in range(here.source_from, here.source_to):
            if model.sources[source].line != digits.line[digit]:
                continue
            most = min(digits.radix[digit] - 1, capacity[model.sources[source].position] // digits.units[digit])
            if most > 0:
                bench.digit[own], bench.source[own], bench.most[own] = digit, source, most
                bench.stride[own] = loads
                loads *= most + 1
                if loads > MOST_LOADS:
                    return -1
                own += 1
            break
    for load in range(loads):
        state = 0
        for digit in range(count):
            bench.level[load * MOST_DIGITS + digit] = 0
        for at in range(own):
            level = (load // bench.stride[at]) % (bench.most[at] + 1)
            bench.level[load * MOST_DIGITS + bench.digit[at]] = level
            state += level * digits.stride[bench.digit[at]]
        bench.state[load] = state
    for digit in range(count):
        bench.digit[digit] = bench.digit[digit] if digit < own else -1
    return loads


@leaf
def cost_loads(
    model: Packed, capacity: I64, order: int, candidate: int, count: int, loads: int, digits: Digits, bench: Bench
) -> int:
    """Cost every load on every trip, infinite where it makes no shipment; returns the number of trips, -1: too many."""
    here = model.candidates[candidate]
    trips = 0
    for offer in range(model.class_ptr[here.offer_class], model.class_ptr[here.offer_class + 1]):
        lane = model.offers[offer]
        first = trips
        for trip in range(lane.trip_from, lane.trip_to):
            if trips == MOST_TRIPS:
                return -1
            bench.trip[trips], bench.offer[trips] = trip, offer
            bench.cost[trips * MOST_LOADS] = np.inf
            trips += 1
        for load in range(1, loads):
            cargo, ready_s, expires_s, latest_s, fits = _cargo_of(model, candidate, load, count, digits, bench, lane)
            fits = fits and _stock_does(model, capacity, load, count, digits, bench)
            own_cost = offer_cost(model, candidate, offer, cargo) if fits else NO_SHIPMENT
            parcels = num_parcels(cargo.weight_g, model.services[lane.service].max_parcel_g)
            for t in range(first, trips):
                cost = np.inf
                departure = model.departures[model.trips[bench.trip[t]].departure]
                if own_cost != NO_SHIPMENT and ready_s <= departure.dispatch_s < expires_s:
                    timing = timing_cost(model, order, judged_s(model, order, offer, bench.trip[t], ready_s), latest_s)
                    if timing != NO_SHIPMENT:
                        cost = float(own_cost + timing)
                for r in range(departure.row_from, departure.row_to):
                    row = model.departure_row[r]
                    if measured(model.rows[row].measure, cargo, parcels) > capacity[row]:
                        cost = np.inf
                bench.cost[t * MOST_LOADS + load] = cost
    return trips


@leaf
def _stock_does(model: Packed, capacity: I64, load: int, count: int, digits: Digits, bench: Bench) -> bool:
    """Whether lines of one item that draw on one position leave it within its limit together."""
    for at in range(count):
        if bench.digit[at] < 0:
            break
        position, drawn = wide(model.sources[bench.source[at]].position), 0
        for other in range(count):
            if bench.digit[other] < 0:
                break
            if model.sources[bench.source[other]].position == position:
                digit = bench.digit[other]
                drawn += bench.level[load * MOST_DIGITS + digit] * digits.units[digit]
        if drawn > capacity[position]:
            return False
    return True


@leaf
def _cargo_of(
    model: Packed, candidate: int, load: int, count: int, digits: Digits, bench: Bench, lane: Any
) -> tuple[Cargo, int, int, int, bool]:
    """What a load amounts to, when it is ready and expires, its tightest latest, and whether the service carries it."""
    here = model.candidates[candidate]
    units, aboard, weight_g, volume_cm3, value_micros, work_s = wide(0), wide(0), wide(0), wide(0), wide(0), wide(0)
    unit_cost, extra = wide(0), wide(0)
    ready_s, expires_s, latest_s, fits = wide(here.ready_s), wide(UNLIMITED), wide(UNLIMITED), True
    for at in range(count):
        if bench.digit[at] < 0:
            break
        digit = bench.digit[at]
        quantity = bench.level[load * MOST_DIGITS + digit] * digits.units[digit]
        if quantity == 0:
            continue
        source = model.sources[bench.source[at]]
        asked, stock = model.lines[digits.line[digit]], model.positions[source.position]
        item = model.items[stock.item]
        units += quantity
        aboard += 1
        weight_g += quantity * item.weight_g
        volume_cm3 += quantity * item.volume_cm3
        value_micros += quantity * asked.unit_price_micros
        work_s += quantity * stock.work_s
        unit_cost += quantity * stock.unit_cost_micros
        if stock.item != asked.item:
            extra += quantity * asked.substitute_cost
        if not here.domestic:
            extra += duty_cost(model, wide(here.order), source.duty_pct * (quantity * asked.unit_price_micros))
        ready_s, expires_s = max(ready_s, wide(stock.ready_s)), min(expires_s, wide(stock.expires_s))
        latest_s = min(latest_s, wide(asked.latest_s))
        fits = fits and model.carry[lane.service, item.tag_class]
    cargo = Cargo(units, aboard, weight_g, volume_cm3, value_micros, work_s, unit_cost, extra)
    return cargo, ready_s, expires_s, latest_s, fits


@leaf
def drop_replaceable(model: Packed, order: int, trips: int, loads: int, count: int, bench: Bench) -> int:
    """Mark the trips to keep; returns how many."""
    kept = 0
    for t in range(trips):
        bench.kept[t] = False
        for load in range(1, loads):
            bench.kept[t] = bench.kept[t] or bench.cost[t * MOST_LOADS + load] < np.inf
        kept += 1 if bench.kept[t] else 0
    if loads > _PAIRED_LOADS:
        return kept
    for t in range(trips):
        for other in range(trips):
            both = kept > 1 and bench.kept[t] and bench.kept[other] and other != t
            if both and _replaces(model, order, other, t, loads, count, bench):
                bench.kept[t] = False
                kept -= 1
    return kept


@leaf
def _replaces(model: Packed, order: int, by: int, trip: int, loads: int, count: int, bench: Bench) -> bool:
    """Whether one trip carries all that another does for no more, and what both would carry together as well."""
    cost = bench.cost
    for load in range(1, loads):
        if cost[by * MOST_LOADS + load] > cost[trip * MOST_LOADS + load]:
            return False
    own = model.departures[model.trips[bench.trip[by]].departure]
    old = model.departures[model.trips[bench.trip[trip]].departure]
    for r in range(own.row_from, own.row_to):
        row, found = model.departure_row[r], False
        for q in range(old.row_from, old.row_to):
            found = found or model.departure_row[q] == row
        if not found or (model.rows[row].measure == MEASURE_PARCELS and own.service != old.service):
            return False
    split = float(model.orders[order].split_cost)
    for load in range(1, loads):
        for more in range(1, loads):
            fits = True
            for at in range(count):
                if bench.digit[at] < 0:
                    break
                digit = bench.digit[at]
                both = bench.level[load * MOST_DIGITS + digit] + bench.level[more * MOST_DIGITS + digit]
                fits = fits and both <= bench.most[at]
            apart = cost[by * MOST_LOADS + load] + cost[trip * MOST_LOADS + more] + split
            if fits and apart < np.inf and cost[by * MOST_LOADS + load + more] > apart:
                return False
    return True


@leaf
def emit_slot(
    model: Packed, order: int, candidate: int, t: int, loads: int, count: int, digits: Digits, bench: Bench, shard: Any
) -> None:
    """Append a slot and its entries, but those that cost no less than leaving their units out."""
    own = model.orders[order]
    slot, entry, end = shard.counts[0], shard.counts[1], shard.counts[2]
    departure = model.departures[model.trips[bench.trip[t]].departure]
    parcel_g = model.services[departure.service].max_parcel_g
    first = entry
    for load in range(1, loads):
        cost = bench.cost[t * MOST_LOADS + load]
        if cost == np.inf:
            continue
        worth, fill = 0.0, 0.0
        for digit in range(count):
            units = bench.level[load * MOST_DIGITS + digit] * digits.units[digit]
            worth += float(units * model.lines[digits.line[digit]].unmet_cost)
            fill += float(units * model.lines[digits.line[digit]].fill_weight)
        if not own.ship_complete and fill == 0.0 and cost >= worth:
            continue
        shard.entry_cost[entry], shard.entry_state[entry] = cost + own.split_cost, bench.state[load]
        begin = end
        for at in range(count):
            if bench.digit[at] < 0:
                break
            units = bench.level[load * MOST_DIGITS + bench.digit[at]] * digits.units[bench.digit[at]]
            if units > 0:
                end = _add(wide(model.sources[bench.source[at]].position), units, begin, end, shard)
        if departure.row_from < departure.row_to:
            lane = model.offers[bench.offer[t]]
            cargo, _, _, _, _ = _cargo_of(model, candidate, load, count, digits, bench, lane)
            parcels = num_parcels(cargo.weight_g, parcel_g)
            for r in range(departure.row_from, departure.row_to):
                row = model.departure_row[r]
                drawn = measured(model.rows[row].measure, cargo, parcels)
                if drawn > 0:
                    end = _add(wide(row), drawn, begin, end, shard)
        shard.entry_draws[entry] = end - begin
        entry += 1
    if entry > first:
        shard.slot_candidate[slot], shard.slot_trip[slot] = candidate, bench.trip[t]
        shard.slot_entries[slot] = entry - first
        shard.counts[0], shard.counts[1], shard.counts[2] = slot + 1, entry, end


@leaf
def _add(row: int, units: int, begin: int, end: int, shard: Any) -> int:
    """Add a draw of an entry whose draws begin at ``begin``; returns the new end."""
    for at in range(begin, end):
        if shard.draw_row[at] == row:
            shard.draw_units[at] += units
            return end
    shard.draw_row[end], shard.draw_units[end] = row, units
    return end + 1
