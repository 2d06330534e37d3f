"""A shipment of a large order while it is loaded: what may come aboard, what it holds, what it pays."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.jit import leaf, spliced
from solvers.loads import (
    NO_SHIPMENT,
    Cargo,
    duty_cost,
    judged_s,
    measured,
    num_parcels,
    offer_cost,
    timing_cost,
)
from solvers.model import I64, MEASURE_LINES, MEASURE_PARCELS, MEASURE_SHIPMENTS, UNLIMITED, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_space import Large


@spliced
def empty_ship(s: int, work: Large) -> None:
    """Start loading a shipment."""
    ship = work.ships[s]
    ship.units, ship.lines, ship.weight_g, ship.volume_cm3, ship.value_micros, ship.work_s = 0, 0, 0, 0, 0, 0
    ship.unit_cost_micros, ship.extra, ship.line, ship.percent_micros = 0, 0, -1, 0.0
    ship.ready_s, ship.latest_s, ship.stock, ship.unmet, ship.linear = -UNLIMITED, UNLIMITED, 0.0, 0.0, 0.0


@spliced
def departure_of(model: Packed, s: int, work: Large) -> Any:
    """The departure a shipment rides, as a record."""
    return model.departures[model.trips[work.cols[work.ships[s].col].trip].departure]


@leaf
def usable_source(model: Packed, s: int, line: int, at: int, cost: float, work: Large) -> int:
    """The source by which a line draws on a bin in a shipment, -1 where it may not or nothing is left."""
    own, ship = work.bins[at], work.ships[s]
    if cost == np.inf or work.slots[own.slot].left <= 0:
        return -1
    order, col = work.state[0].order, work.cols[ship.col]
    if model.orders[order].hard_window:
        # (P7) with a unit more.
        judged = judged_s(model, order, col.offer, col.trip, max(ship.ready_s, own.ready_s))
        if timing_cost(model, order, judged, min(ship.latest_s, model.lines[line].latest_s)) == NO_SHIPMENT:
            return -1
    return int(own.source) if own.line == line else _find_source(model, col.candidate, line, own.position)


@leaf
def _find_source(model: Packed, candidate: int, line: int, position: int) -> int:
    """The source of a line at a position, -1 for none; a candidate's sources are sorted by both."""
    low, high = model.candidates[candidate].source_from, model.candidates[candidate].source_to
    while low < high:
        middle = (low + high) // 2
        here, at = wide(model.sources[middle].line), wide(model.sources[middle].position)
        if here == line and at == position:
            return int(middle)
        if here < line or (here == line and at < position):
            low = middle + 1
        else:
            high = middle
    return -1


@spliced
def _unit_of(model: Packed, line: int, position: int) -> Cargo:
    """What one unit amounts to, its line new aboard."""
    stock = model.positions[position]
    item = model.items[stock.item]
    price = model.lines[line].unit_price_micros
    return Cargo(1, 1, item.weight_g, item.volume_cm3, price, stock.work_s, stock.unit_cost_micros, 0)


@leaf
def room_for_more(
    model: Packed, capacity: I64, s: int, line: int, position: int, amount: int, ships: int, work: Large
) -> int:
    """(P1, P6, P8) how many units more of a line a shipment takes, at most ``amount``."""
    ship, unit = work.ships[s], _unit_of(model, line, position)
    col, most = work.cols[ship.col], work.state[0].most
    if ship.units == 0 and most > 0:
        used = 0
        for other in range(ships):
            used += 1 if work.ships[other].units > 0 else 0
        if used >= most:
            return 0
    service, departure = model.services[model.offers[col.offer].service], departure_of(model, s, work)
    if unit.weight_g > 0:
        amount = min(amount, (int(col.ceiling) - ship.weight_g) // unit.weight_g)
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        measure, left = model.rows[row].measure, capacity[row] - work.row_used[row - 2 * len(model.positions)]
        if measure == MEASURE_SHIPMENTS:
            amount = amount if ship.units > 0 or left > 0 else 0
        elif measure == MEASURE_LINES:
            amount = amount if ship.line == line or left > 0 else 0
        elif measure == MEASURE_PARCELS:
            left += num_parcels(ship.weight_g, service.max_parcel_g) if ship.units > 0 else 0
            if left <= 0:
                return 0
            if unit.weight_g > 0 and left < UNLIMITED // max(1, service.max_parcel_g):
                amount = min(amount, (left * service.max_parcel_g - ship.weight_g) // unit.weight_g)
        else:
            draw = measured(measure, unit, wide(1))
            if draw > 0:
                amount = min(amount, left // draw)
    return max(0, amount)


@leaf
def put_aboard(
    model: Packed,
    prices: Prices,
    s: int,
    line: int,
    source: int,
    quantity: int,
    at_bin: int,
    cost: float,
    piece: int,
    work: Large,
) -> None:
    """Load units of a bin, and note them as a piece."""
    bin_, ship, asked = work.bins[at_bin], work.ships[s], model.lines[line]
    unit, departure = _unit_of(model, line, bin_.position), departure_of(model, s, work)
    service = model.services[model.offers[work.cols[ship.col].offer].service]
    if departure.row_from < departure.row_to:
        parcels = num_parcels(ship.weight_g + quantity * unit.weight_g, service.max_parcel_g)
        if ship.units > 0:
            parcels -= num_parcels(ship.weight_g, service.max_parcel_g)
        for at in range(departure.row_from, departure.row_to):
            row = model.departure_row[at]
            measure, drawn = model.rows[row].measure, 0
            if measure == MEASURE_SHIPMENTS:
                drawn = 1 if ship.units == 0 else 0
            elif measure == MEASURE_LINES:
                drawn = 1 if ship.line != line else 0
            elif measure == MEASURE_PARCELS:
                drawn = parcels
            else:
                drawn = quantity * measured(measure, unit, wide(1))
            work.row_used[row - 2 * len(model.positions)] += drawn
    if ship.line != line:
        _settle_duty(model, s, work)
        ship.line = line
        ship.lines += 1
    ship.units += quantity
    ship.weight_g += quantity * unit.weight_g
    ship.volume_cm3 += quantity * unit.volume_cm3
    ship.value_micros += quantity * unit.value_micros
    ship.work_s += quantity * unit.work_s
    ship.unit_cost_micros += quantity * unit.unit_cost_micros
    if model.positions[bin_.position].item != asked.item:
        ship.extra += quantity * asked.substitute_cost
    ship.percent_micros += model.sources[source].duty_pct * (quantity * asked.unit_price_micros)
    ship.ready_s, ship.latest_s = max(ship.ready_s, bin_.ready_s), min(ship.latest_s, asked.latest_s)
    row = work.slots[bin_.slot].row
    ship.stock += quantity * (prices.row[row] + model.rows[row].unit_cost)
    ship.unmet += quantity * (asked.unmet_cost + asked.fill_weight * prices.fill)
    ship.linear += quantity * cost
    work.slots[bin_.slot].left -= quantity
    noted = work.pieces[piece]
    noted.ship, noted.source, noted.slot, noted.safety, noted.quantity = s, source, bin_.slot, bin_.safety, quantity


@leaf
def _settle_duty(model: Packed, s: int, work: Large) -> None:
    """Charge the duty of the line last loaded: an amount per shipment and line."""
    ship = work.ships[s]
    if ship.percent_micros > 0.0 and not model.candidates[work.cols[ship.col].candidate].domestic:
        ship.extra += duty_cost(model, work.state[0].order, ship.percent_micros)
    ship.percent_micros = 0.0


@spliced
def _cargo(s: int, work: Large) -> Cargo:
    ship = work.ships[s]
    return Cargo(
        ship.units,
        ship.lines,
        ship.weight_g,
        ship.volume_cm3,
        ship.value_micros,
        ship.work_s,
        ship.unit_cost_micros,
        ship.extra,
    )


@spliced
def _parcels(model: Packed, s: int, work: Large) -> int:
    service = model.services[model.offers[work.cols[work.ships[s].col].offer].service]
    return num_parcels(work.ships[s].weight_g, service.max_parcel_g)


@leaf
def paid_by(model: Packed, prices: Prices, s: int, work: Large) -> float:
    """What a loaded shipment pays, its draws included; infinite where it breaks P6 or P7."""
    _settle_duty(model, s, work)
    order, ship = work.state[0].order, work.ships[s]
    col = work.cols[ship.col]
    cost = offer_cost(model, col.candidate, col.offer, _cargo(s, work))
    timing = timing_cost(model, order, judged_s(model, order, col.offer, col.trip, ship.ready_s), ship.latest_s)
    if cost == NO_SHIPMENT or timing == NO_SHIPMENT:
        return np.inf
    ship.paid = cost + timing + ship.stock
    departure = departure_of(model, s, work)
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        ship.paid += prices.row[row] * _drawn(model, row, s, work)
    return ship.paid  # type: ignore[no-any-return]


@spliced
def take_back(model: Packed, s: int, ships: int, start: int, end: int, work: Large) -> None:
    """Undo pieces of a shipment whose former self stands last; its draws on capacities are counted anew."""
    for piece in range(start, end):
        noted = work.pieces[piece]
        work.slots[noted.slot].left += noted.quantity
    work.ships[s] = work.ships[-1]
    first_row = 2 * len(model.positions)
    departure = departure_of(model, s, work)
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        work.row_used[row - first_row] = 0
        for other in range(ships):
            other_departure = departure_of(model, other, work)
            for near in range(other_departure.row_from, other_departure.row_to):
                if model.departure_row[near] == row and work.ships[other].units > 0:
                    work.row_used[row - first_row] += _drawn(model, row, other, work)


@leaf
def _drawn(model: Packed, row: int, s: int, work: Large) -> int:
    """What a loaded shipment draws on a capacity."""
    return int(measured(model.rows[row].measure, _cargo(s, work), _parcels(model, s, work)))
