"""Patterns of large orders: load chosen columns line by line from their cheapest bins, keeping every rule."""

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
from solvers.pricing_large_charges import reaches, unit_cost
from solvers.pricing_large_space import Large


@leaf
def build(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> tuple[float, int]:
    """Load the columns of ``ships[:ships]`` as well as may be; returns (what the pattern pays, number of its pieces).

    Shipments that break a rule, or do not pay, are closed and all is loaded anew. Infinite where none remains.
    """
    for s in range(ships):
        work.ships[s].banned = False
    while True:
        pieces, complete, left_out = _load_all(model, prices, capacity, ships, work)
        value, worst, worst_gain, shipped = left_out, wide(-1), -1e-6, 0
        for s in range(ships):
            ship = work.ships[s]
            if ship.units == 0:
                continue
            shipped += 1
            paid = _paid(model, prices, s, work)
            alone = True
            for other in range(s):
                here = work.ships[other]
                alone = alone and not (here.units > 0 and work.cols[here.col].node == work.cols[ship.col].node)
            if alone:
                value += prices.activation[work.cols[ship.col].candidate]
            value += paid
            gain = ship.unmet - paid
            if paid == np.inf or (gain < worst_gain and not work.state[0].must):
                worst, worst_gain = s, -np.inf if paid == np.inf else gain
        if shipped == 0 or not complete:
            return np.inf, 0
        if worst < 0:
            return value + (shipped - 1) * work.state[0].split_cost, pieces
        work.ships[worst].banned = True


@spliced
def _load_all(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> tuple[int, bool, float]:
    """Returns (pieces, whether the order may ship like this, what is left out pays)."""
    own = model.orders[work.state[0].order]
    first_row = 2 * len(model.positions)
    for slot in range(work.state[0].slots):
        work.slots[slot].left = work.slots[slot].limit
    for s in range(ships):
        _empty(s, work)
        departure = _departure(model, s, work)
        for at in range(departure.row_from, departure.row_to):
            work.row_used[model.departure_row[at] - first_row] = 0
    pieces, left_out, complete = wide(0), 0.0, True
    for line in range(own.line_from, own.line_to):
        if work.lines[line - own.line_from].cls < 0:
            asked = model.lines[line]
            left_out += asked.quantity * (asked.unmet_cost + asked.fill_weight * prices.fill)
            complete = False
    # Wholes first: what is left in shipments and positions must hold them at once.
    for turn in range(2):
        for cls in range(work.state[0].classes):
            demand = work.classes[cls]
            if demand.whole != (turn == 0):
                continue
            if demand.whole:
                before = pieces
                pieces = _load_whole(model, prices, capacity, cls, ships, pieces, work)
                if pieces == before:
                    complete = False
            for at in range(demand.line_from, demand.line_to):
                line = work.lines[at].member
                asked = model.lines[line]
                worth = asked.unmet_cost + asked.fill_weight * prices.fill
                if demand.whole:
                    left_out += asked.quantity * worth if pieces == before else 0.0
                    continue
                pieces, left = _load_line(model, prices, capacity, cls, line, ships, pieces, work)
                left_out += left * worth
                complete = complete and left == 0
    return pieces, complete or not (own.ship_complete or own.ship_together), left_out


@spliced
def _empty(s: int, work: Large) -> None:
    ship = work.ships[s]
    ship.units, ship.lines, ship.weight_g, ship.volume_cm3, ship.value_micros, ship.work_s = 0, 0, 0, 0, 0, 0
    ship.unit_cost_micros, ship.extra, ship.line, ship.percent_micros = 0, 0, -1, 0.0
    ship.ready_s, ship.latest_s, ship.stock, ship.unmet, ship.linear = -UNLIMITED, UNLIMITED, 0.0, 0.0, 0.0


@leaf
def _load_line(  # noqa: C901 - one bin after the other, each refused for a reason of its own
    model: Packed, prices: Prices, capacity: I64, cls: int, line: int, ships: int, pieces: int, work: Large
) -> tuple[int, int]:
    """Serve a line from the cheapest bins, unit by unit or pack by pack; returns (pieces, units left out)."""
    asked, must, most_pieces = model.lines[line], work.state[0].must, len(work.pieces) // 2
    worth = asked.unmet_cost + asked.fill_weight * prices.fill
    left, cost, after = asked.quantity, -np.inf, -1
    span = len(work.bins)
    while left >= asked.pack:
        # The cheapest (shipment, bin) behind the last one, in (cost, index).
        least, which = np.inf if must else worth, wide(-1)
        for s in range(ships):
            col = work.cols[work.ships[s].col]
            cell = _cell(s, cls, work)
            if cell < 0 or work.ships[s].banned:
                continue
            for b in range(work.cells[cell].bin_from, work.cells[cell].bin_to):
                found = work.arcs[col.arc_from + b]
                if found < least and (found > cost or (found == cost and s * span + b > after)):
                    least, which = found, s * span + b
        if which < 0:
            break
        cost, after = least, which
        s, first = which // span, which % span
        col, last = work.cols[work.ships[s].col], first + 1
        if asked.pack > 1:
            # Whole packs may be drawn from several bins of one shipment.
            cell = _cell(s, cls, work)
            first, last = work.cells[cell].bin_from, work.cells[cell].bin_to
        supply = 0
        for b in range(first, last):
            if _usable(model, s, line, b, work.arcs[col.arc_from + b], work) >= 0:
                supply += min(asked.quantity, work.slots[work.bins[b].slot].left)
        amount = min(left, supply)
        if amount >= asked.pack:
            amount = _room(model, capacity, s, line, work.bins[first].position, amount, ships, work)
        amount -= amount % asked.pack
        if amount <= 0 or pieces + last - first >= most_pieces:
            continue
        # A line that comes aboard anew pays for itself.
        gained = (worth - least + col.per_line * work.bins[first].share) * amount
        if not must and work.ships[s].line != line and gained <= col.per_line:
            continue
        left -= amount
        while amount > 0:
            best, chosen = np.inf, wide(-1)
            for b in range(first, last):
                paid = work.arcs[col.arc_from + b]
                if paid < best and _usable(model, s, line, b, paid, work) >= 0:
                    best, chosen = paid, b
            taken = min(amount, work.slots[work.bins[chosen].slot].left)
            source = _usable(model, s, line, chosen, best, work)
            _put(model, prices, s, line, source, taken, chosen, best, pieces, work)
            pieces += 1
            amount -= taken
    return pieces, left


@spliced
def _cell(s: int, cls: int, work: Large) -> int:
    """The cell of a class at a shipment's node, -1 for none."""
    return int(work.cell_of[work.cols[work.ships[s].col].node * work.state[0].classes + cls])


@spliced
def _departure(model: Packed, s: int, work: Large) -> Any:
    return model.departures[model.trips[work.cols[work.ships[s].col].trip].departure]


@leaf
def _usable(model: Packed, s: int, line: int, at: int, cost: float, work: Large) -> int:
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
def _room(model: Packed, capacity: I64, s: int, line: int, position: int, amount: int, ships: int, work: Large) -> int:
    """(P1, P6, P8) how many units more of a line a shipment takes, at most ``amount``."""
    ship, unit = work.ships[s], _unit_of(model, line, position)
    col, most = work.cols[ship.col], work.state[0].most
    if ship.units == 0 and most > 0:
        used = 0
        for other in range(ships):
            used += 1 if work.ships[other].units > 0 else 0
        if used >= most:
            return 0
    service, departure = model.services[model.offers[col.offer].service], _departure(model, s, work)
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
def _put(
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
    unit, departure = _unit_of(model, line, bin_.position), _departure(model, s, work)
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
def _paid(model: Packed, prices: Prices, s: int, work: Large) -> float:
    """What a loaded shipment pays, its draws included; infinite where it breaks P6 or P7."""
    _settle_duty(model, s, work)
    order, ship = work.state[0].order, work.ships[s]
    col = work.cols[ship.col]
    cost = offer_cost(model, col.candidate, col.offer, _cargo(s, work))
    timing = timing_cost(model, order, judged_s(model, order, col.offer, col.trip, ship.ready_s), ship.latest_s)
    if cost == NO_SHIPMENT or timing == NO_SHIPMENT:
        return np.inf
    ship.paid = cost + timing + ship.stock
    departure = _departure(model, s, work)
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        ship.paid += prices.row[row] * _drawn(model, row, s, work)
    return ship.paid  # type: ignore[no-any-return]


@spliced
def _load_whole(model: Packed, prices: Prices, capacity: I64, cls: int, ships: int, pieces: int, work: Large) -> int:
    """Load a whole into the cheapest shipment that takes it; returns the new number of pieces."""
    highest = work.steps[work.classes[cls].step_from].unmet
    cost, after = -np.inf, -1
    while True:
        least, which = highest, wide(-1)
        for s in range(ships):
            cell = _cell(s, cls, work)
            if cell < 0 or work.ships[s].banned:
                continue
            found = work.arcs[work.cols[work.ships[s].col].arc_from + work.cells[cell].bin_from]
            if found < least and (found > cost or (found == cost and s > after)):
                least, which = found, s
        if which < 0:
            return pieces
        cost, after = least, which
        loaded = _try_whole(model, prices, capacity, cls, which, ships, pieces, work)
        if loaded > pieces:
            work.ships[which].linear += cost
            return loaded


@leaf
def _try_whole(
    model: Packed, prices: Prices, capacity: I64, cls: int, s: int, ships: int, pieces: int, work: Large
) -> int:
    """Load a whole into one shipment, or leave it as it was; returns the number of pieces."""
    start, col, bins = pieces, work.ships[s].col, work.bins
    whole = bins[work.cells[_cell(s, cls, work)].bin_from]
    work.ships[-1] = work.ships[s]
    first, fits = whole.part_from, True
    while first < whole.part_to and fits:
        line, end = bins[first].line, first
        while end < whole.part_to and bins[end].line == line:
            bins[end].scratch = unit_cost(work.cols[col], bins[end]) if reaches(model, col, end, work) else np.inf
            end += 1
        left = model.lines[line].quantity
        while left > 0 and fits:
            best, chosen = np.inf, wide(-1)
            for part in range(first, end):
                paid = bins[part].scratch
                if paid < best and _usable(model, s, line, part, paid, work) >= 0:
                    best, chosen = paid, part
            fits = chosen >= 0 and 2 * pieces + 2 < len(work.pieces)
            if fits:
                taken = min(left, work.slots[bins[chosen].slot].left)
                fits = _room(model, capacity, s, line, bins[chosen].position, taken, ships, work) == taken
            if fits:
                _put(model, prices, s, line, bins[chosen].source, taken, chosen, 0.0, pieces, work)
                bins[chosen].scratch = np.inf
                pieces += 1
                left -= taken
        first = end
    if fits:
        return pieces
    _take_back(model, s, ships, start, pieces, work)
    return start


@spliced
def _take_back(model: Packed, s: int, ships: int, start: int, end: int, work: Large) -> None:
    """Undo pieces of a shipment whose former self stands last; its draws on capacities are counted anew."""
    for piece in range(start, end):
        noted = work.pieces[piece]
        work.slots[noted.slot].left += noted.quantity
    work.ships[s] = work.ships[-1]
    first_row = 2 * len(model.positions)
    departure = _departure(model, s, work)
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        work.row_used[row - first_row] = 0
        for other in range(ships):
            other_departure = _departure(model, other, work)
            for near in range(other_departure.row_from, other_departure.row_to):
                if model.departure_row[near] == row and work.ships[other].units > 0:
                    work.row_used[row - first_row] += _drawn(model, row, other, work)


@leaf
def _drawn(model: Packed, row: int, s: int, work: Large) -> int:
    """What a loaded shipment draws on a capacity."""
    return int(measured(model.rows[row].measure, _cargo(s, work), _parcels(model, s, work)))
