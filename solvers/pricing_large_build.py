"""Patterns of large orders: load chosen columns line by line from their cheapest bins, keeping every rule."""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.model import I64, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_arcs import reaches, unit_cost
from solvers.pricing_large_ships import (
    departure_of,
    empty_ship,
    paid_by,
    put_aboard,
    room_for_more,
    take_back,
    usable_source,
)
from solvers.pricing_large_space import Large

_MOST_TURNS = 6


@leaf
def build(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> tuple[float, int]:
    """Load the columns of ``ships[:ships]`` as well as may be; returns (what the pattern pays, number of its pieces).

    Shipments that break a rule, or do not pay, are closed and all is loaded anew. Infinite where none remains.
    """
    for s in range(ships):
        work.ships[s].banned = False
    for turn in range(ships + 1):
        pieces, complete, left_out = _load_all(model, prices, capacity, ships, work)
        value, worst, worst_gain, shipped = left_out, wide(-1), -1e-6, 0
        for s in range(ships):
            ship = work.ships[s]
            if ship.units == 0:
                continue
            shipped += 1
            paid = paid_by(model, prices, s, work)
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
                # One after the other at first, then all at once.
                ship.banned = paid == np.inf or turn >= _MOST_TURNS
        work.state[0].spent += work.state[0].classes + pieces
        if shipped == 0 or not complete:
            return np.inf, 0
        if worst < 0:
            return value + (shipped - 1) * work.state[0].split_cost, pieces
        work.ships[worst].banned = True
    return np.inf, 0


@spliced
def _load_all(model: Packed, prices: Prices, capacity: I64, ships: int, work: Large) -> tuple[int, bool, float]:
    """Returns (pieces, whether the order may ship like this, what is left out pays)."""
    own = model.orders[work.state[0].order]
    first_row = 2 * len(model.positions)
    for slot in range(work.state[0].slots):
        work.slots[slot].left = work.slots[slot].limit
    for s in range(ships):
        empty_ship(s, work)
        departure = departure_of(model, s, work)
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


@leaf
def _load_line(
    model: Packed, prices: Prices, capacity: I64, cls: int, line: int, ships: int, pieces: int, work: Large
) -> tuple[int, int]:
    """Serve a line from the cheapest bins, unit by unit or pack by pack; returns (pieces, units left out)."""
    asked, must, most_pieces = model.lines[line], work.state[0].must, len(work.pieces) // 2
    worth = asked.unmet_cost + asked.fill_weight * prices.fill
    left, cost, after = asked.quantity, -np.inf, wide(-1)
    span = len(work.bins)
    while left >= asked.pack:
        cost, after = _next_arc(cls, ships, np.inf if must else worth, cost, after, work)
        if after < 0:
            break
        which = after
        s, first = which // span, which % span
        col, last = work.cols[work.ships[s].col], first + 1
        if asked.pack > 1:
            # Whole packs may be drawn from several bins of one shipment.
            cell = _cell(s, cls, work)
            first, last = work.cells[cell].bin_from, work.cells[cell].bin_to
        supply = 0
        for b in range(first, last):
            if usable_source(model, s, line, b, work.arcs[col.arc_from + b], work) >= 0:
                supply += min(asked.quantity, work.slots[work.bins[b].slot].left)
        amount = min(left, supply)
        if amount >= asked.pack:
            amount = room_for_more(model, capacity, s, line, work.bins[first].position, amount, ships, work)
        amount -= amount % asked.pack
        if amount <= 0 or pieces + last - first >= most_pieces:
            continue
        # A line that comes aboard anew pays for itself.
        gained = (worth - cost + col.per_line * work.bins[first].share) * amount
        if not must and work.ships[s].line != line and gained <= col.per_line:
            continue
        left -= amount
        while amount > 0:
            best, chosen = np.inf, wide(-1)
            for b in range(first, last):
                paid = work.arcs[col.arc_from + b]
                if paid < best and usable_source(model, s, line, b, paid, work) >= 0:
                    best, chosen = paid, b
            taken = min(amount, work.slots[work.bins[chosen].slot].left)
            source = usable_source(model, s, line, chosen, best, work)
            put_aboard(model, prices, s, line, source, taken, chosen, best, pieces, work)
            pieces += 1
            amount -= taken
    return pieces, left


@spliced
def _cell(s: int, cls: int, work: Large) -> int:
    """The cell of a class at a shipment's node, -1 for none."""
    return int(work.cell_of[work.cols[work.ships[s].col].node * work.state[0].classes + cls])


@leaf
def _next_arc(cls: int, ships: int, below: float, cost: float, after: int, work: Large) -> tuple[float, int]:
    """The cheapest (shipment, bin) behind a given one that has room for a unit, as (cost, index); index -1 for none."""
    least, which, span = below, -1, len(work.bins)
    for s in range(ships):
        ship = work.ships[s]
        cell = _cell(s, cls, work)
        if cell < 0 or ship.banned:
            continue
        arc_from, room_g = work.cols[ship.col].arc_from, work.cols[ship.col].ceiling - ship.weight_g
        for b in range(work.cells[cell].bin_from, work.cells[cell].bin_to):
            found = work.arcs[arc_from + b]
            behind = found > cost or (found == cost and s * span + b > after)
            if behind and found < least and work.bins[b].weight <= room_g and work.slots[work.bins[b].slot].left > 0:
                least, which = found, s * span + b
    return least, which


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
                if paid < best and usable_source(model, s, line, part, paid, work) >= 0:
                    best, chosen = paid, part
            fits = chosen >= 0 and 2 * pieces + 2 < len(work.pieces)
            if fits:
                taken = min(left, work.slots[bins[chosen].slot].left)
                fits = room_for_more(model, capacity, s, line, bins[chosen].position, taken, ships, work) == taken
            if fits:
                put_aboard(model, prices, s, line, bins[chosen].source, taken, chosen, 0.0, pieces, work)
                bins[chosen].scratch = np.inf
                pieces += 1
                left -= taken
        first = end
    if fits:
        return pieces
    take_back(model, s, ships, start, pieces, work)
    return start
