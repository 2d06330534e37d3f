"""Cards: every load of every trip that a pattern of an order below a ceiling can use, down to the stock it draws on.

The dynamic program knows the cheapest load per state; a search over patterns needs all of them, for two reasons:
shipments of one pattern can meet in a row that bears only one of them, and patterns that draw on other rows are other
columns.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import inlined_leaf, leaf
from solvers.loads import NO_SHIPMENT, judged_s, measured, num_parcels, timing_cost
from solvers.model import I64, JUDGE_EX_WORKS, UNLIMITED, Prices
from solvers.packed import Packed, Records, wide
from solvers.pricing_space import MAX_SHIPMENTS, UNTIMED_S, Workspace
from solvers.pricing_tables import cargo_at, open_candidate, option_of, slot_cost, stock_costs, sum_needs
from solvers.pricing_trips import base_costs, cost_trip, open_bins, tightest_s

MAX_CARDS = 1 << 16
MAX_PIECES = 1 << 18
MAX_TRIPS_SEARCHED = 4_096
MAX_LOCAL_ROWS = 4_096
_FEW_TWINS = 2_000
"""Beyond so many cards of a node no twins are looked for: duplicates are dropped later."""

_INT, _FLOAT, _FLAG, _BITS = np.int64, np.float64, np.bool_, np.uint64

# A trip of the order, counted over its nodes; ``node`` counts the nodes that have entries.
TRIP = {
    "node": _INT,
    "candidate": _INT,
    "offer": _INT,
    "trip": _INT,
    "card_from": _INT,
    "card_to": _INT,
    "used": _FLAG,
}
# ``twin``: a trip (-1: none) that takes the same load for less and draws alike; a pattern that leaves it idle is
# beaten.
CARD = {
    "trip": _INT,
    "state": _INT,
    "packed": _BITS,
    "cost": _FLOAT,
    "piece_from": _INT,
    "piece_to": _INT,
    "draw_from": _INT,
    "draw_to": _INT,
    "hash": _BITS,
    "twin": _INT,
}
PIECE = {"source": _INT, "safety": _FLAG, "quantity": _INT}
DRAW = {"row": _INT, "amount": _INT}
# Rows that some card draws on, numbered within the order.
ROW = {"row": _INT, "left": _INT}
# A choice of units from one bin, on the way through the slots that a load takes from.
STEP = {"slot": _INT, "bin": _INT, "quantity": _INT, "left": _INT, "cost": _FLOAT, "give": _INT}
# A shipment chosen on the way to a pattern: its card, what is still to serve, and the cost so far.
FRAME = {"card": _INT, "state": _INT, "trip": _INT, "cost": _FLOAT, "next": _INT}


class Cards(NamedTuple):
    """What a search writes on; ``counts`` holds the numbers of cards, pieces, draws and rows in use."""

    trips: Records
    cards: Records
    pieces: Records
    draws: Records
    rows: Records
    steps: Records
    frames: Records
    counts: I64


def make_cards() -> Cards:
    """Arrays for one thread."""

    def records(fields: dict[str, Any], count: int) -> Records:
        return np.zeros(count, np.dtype(list(fields.items()), align=True))

    return Cards(
        trips=records(TRIP, MAX_TRIPS_SEARCHED + 1),
        cards=records(CARD, MAX_CARDS),
        pieces=records(PIECE, MAX_PIECES),
        draws=records(DRAW, MAX_PIECES),
        rows=records(ROW, MAX_LOCAL_ROWS),
        steps=records(STEP, MAX_LOCAL_ROWS),
        frames=records(FRAME, MAX_SHIPMENTS + 1),
        counts=np.zeros(4, np.int64),
    )


@leaf
def deal_cards(
    model: Packed,
    prices: Prices,
    capacity: I64,
    extent: tuple[int, int, int],
    nodes: int,
    ceiling: float,
    work: Workspace,
    cards: Cards,
) -> int:
    """Cards of every trip, the last node's first; returns the number of trips, -1 where there is no room.

    A card that cannot be part of a pattern of at most ``ceiling`` (a split per shipment included) is not dealt.
    """
    for k in range(4):
        cards.counts[k] = 0
    trips = wide(0)
    for node in range(nodes - 1, -1, -1):
        candidate = work.nodes[node].candidate
        offer_class = model.candidates[candidate].offer_class
        count, bins, tangled, _ = open_candidate(model, prices, capacity, candidate, extent[0], work)
        first_trip = trips
        for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
            base_costs(model, candidate, offer, count, work)
            for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
                if trips == MAX_TRIPS_SEARCHED:
                    return -1
                made = cards.trips[trips]
                made.node, made.candidate, made.offer, made.trip, made.used = node, candidate, offer, trip, False
                made.card_from = cards.counts[0]
                open_bins(model, offer, trip, bins, work)
                shape = (extent[0], count, bins, tangled)
                if not _deal_trip(model, prices, capacity, trips, shape, ceiling, work, cards):
                    return -1
                made.card_to = cards.counts[0]
                trips += 1
        _find_twins(first_trip, trips, cards)
    return trips


@leaf
def _deal_trip(
    model: Packed,
    prices: Prices,
    capacity: I64,
    number: int,
    shape: tuple[int, int, int, bool],
    ceiling: float,
    work: Workspace,
    cards: Cards,
) -> bool:
    """Cards of one trip; False where there is no room."""
    digits, count, _, tangled = shape
    own = cards.trips[number]
    order = model.candidates[own.candidate].order
    # The least that stock and time can ask: every open bin, judged as early as the trip is.
    base_s = judged_s(model, order, own.offer, own.trip, wide(-UNLIMITED))
    stock_costs(digits, count, tangled, wide(UNTIMED_S), work)
    cost_trip(model, prices, capacity, order, own.offer, own.trip, (base_s, tightest_s(model, order)), count, work)
    for load in range(1, count):
        least = work.loads[load].cost
        if least + work.states[work.loads[load].state].floor > ceiling or not least < np.inf:
            continue
        work.spent[0] += 1
        if not _deal_load(model, capacity, number, digits, load, base_s, ceiling, work, cards):
            return False
    return True


@leaf
def _deal_load(
    model: Packed,
    capacity: I64,
    number: int,
    digits: int,
    load: int,
    base_s: int,
    ceiling: float,
    work: Workspace,
    cards: Cards,
) -> bool:
    """Every way to draw a load's units from the open bins, depth first; False where there is no room."""
    sum_needs(digits, load, work)
    spare = ceiling - work.states[work.loads[load].state].floor - work.loads[load].cost + work.loads[load].stock
    steps, depth = cards.steps, wide(0)
    slot = _next_need(digits, load, wide(-1), work)
    _enter(cards, depth, slot, work.slots[slot].head, work.slots[slot].need, 0.0, work)
    while depth >= 0:
        step = steps[depth]
        step.quantity -= 1
        if step.bin < 0 or step.quantity < 0:
            depth -= 1
            continue
        cost = step.cost + step.quantity * work.bins[step.bin].price
        left = step.left - step.quantity
        following = work.bins[step.bin].next
        # Bins come by rising price: the less is taken from this one, the more the rest costs, or lacks.
        if cost + _least_from(work, following, left) + _least_after(digits, load, step.slot, work) > spare:
            depth -= 1
            continue
        if left > 0:
            depth += 1
            _enter(cards, depth, step.slot, following, left, cost, work)
            continue
        slot = _next_need(digits, load, step.slot, work)
        if slot >= 0:
            depth += 1
            _enter(cards, depth, slot, work.slots[slot].head, work.slots[slot].need, cost, work)
        elif not _put_card(model, capacity, number, digits, load, base_s, ceiling, cost, depth, work, cards):
            return False
    return True


@inlined_leaf
def _enter(cards: Cards, depth: int, slot: int, entry: int, left: int, cost: float, work: Workspace) -> None:
    """Begin to choose from the next open bin of a slot; quantities are tried from the most down."""
    while entry >= 0 and not work.bins[entry].open:
        entry = work.bins[entry].next
    step = cards.steps[depth]
    step.slot, step.bin, step.left, step.cost = slot, entry, left, cost
    step.quantity = 1 + (min(left, work.bins[entry].limit) if entry >= 0 else 0)


@leaf
def _next_need(digits: int, load: int, slot: int, work: Workspace) -> int:
    """The next slot after ``slot`` that the load takes from, -1 for none."""
    found = wide(-1)
    left = load
    for digit in range(digits):
        option, left = option_of(left, digit, work)
        take = work.options[option].chain
        while take >= 0:
            other = work.picks[work.takes[take].pick].slot
            if other > slot and (found < 0 or other < found):
                found = other
            take = work.takes[take].next
    return found


@inlined_leaf
def _least_from(work: Workspace, entry: int, units: int) -> float:
    """What units cost from a bin of a chain on, cheapest first; infinite where too few."""
    cost, left = 0.0, units
    while left > 0 and entry >= 0:
        if work.bins[entry].open:
            taken = min(left, work.bins[entry].limit)
            cost += taken * work.bins[entry].price
            left -= taken
        entry = work.bins[entry].next
    return cost if left == 0 else np.inf


@leaf
def _least_after(digits: int, load: int, slot: int, work: Workspace) -> float:
    """The least that the slots after ``slot`` cost a load."""
    cost = 0.0
    slot = _next_need(digits, load, slot, work)
    while slot >= 0:
        cost += slot_cost(work, slot, work.slots[slot].need, wide(UNTIMED_S))
        slot = _next_need(digits, load, slot, work)
    return cost


@leaf
def _put_card(
    model: Packed,
    capacity: I64,
    number: int,
    digits: int,
    load: int,
    base_s: int,
    ceiling: float,
    stock: float,
    depth: int,
    work: Workspace,
    cards: Cards,
) -> bool:
    """Deal one card, unless its units are ready too late to be worth it; False where there is no room."""
    own, aboard = cards.trips[number], work.loads[load]
    order = model.candidates[own.candidate].order
    cost = aboard.cost - aboard.stock + stock
    if model.orders[order].judge == JUDGE_EX_WORKS:
        ready_s = wide(-UNLIMITED)
        for k in range(depth + 1):
            if cards.steps[k].quantity > 0:
                ready_s = max(ready_s, work.bins[cards.steps[k].bin].ready_s)
        instant_s = judged_s(model, order, own.offer, own.trip, ready_s)
        timing = timing_cost(model, order, instant_s, aboard.latest_s)
        if timing == NO_SHIPMENT:
            return True
        cost += timing - timing_cost(model, order, base_s, aboard.latest_s)
        if cost + work.states[aboard.state].floor > ceiling:
            return True
    card = wide(cards.counts[0])
    rows = model.departures[model.trips[own.trip].departure]
    room = depth + 1 + rows.row_to - rows.row_from
    if card == MAX_CARDS or cards.counts[2] + room > MAX_PIECES or cards.counts[3] + room > MAX_LOCAL_ROWS:
        return False
    made = cards.cards[card]
    made.trip, made.state, made.packed, made.cost = number, aboard.state, work.states[aboard.state].packed, cost
    made.piece_from, made.draw_from, made.twin = cards.counts[1], cards.counts[2], -1
    for k in range(depth + 1):
        if cards.steps[k].quantity > 0:
            drawn = work.bins[cards.steps[k].bin]
            row = drawn.position + (len(model.positions) if drawn.safety else 0)
            _put_draw(cards, row, cards.steps[k].quantity, capacity[row])
    if not _put_pieces(model, digits, load, depth, work, cards):
        return False
    parcels = num_parcels(aboard.weight_g, model.services[model.offers[own.offer].service].max_parcel_g)
    for k in range(rows.row_from, rows.row_to):
        row = model.departure_row[k]
        drawn_amount = measured(model.rows[row].measure, cargo_at(aboard), parcels)
        if drawn_amount > 0:
            _put_draw(cards, row, drawn_amount, capacity[row])
    made.piece_to, made.draw_to = cards.counts[1], cards.counts[2]
    mixed = np.uint64(made.state)
    for k in range(made.draw_from, made.draw_to):
        mixed = (mixed ^ np.uint64(cards.draws[k].row * 1_000_003 + cards.draws[k].amount)) * np.uint64(0x100000001B3)
    made.hash = mixed
    cards.counts[0] = card + 1
    return True


@inlined_leaf
def _put_draw(cards: Cards, row: int, amount: int, limit: int) -> None:
    """Note a draw on a row that can give ``limit``."""
    local = 0
    while local < cards.counts[3] and cards.rows[local].row != row:
        local += 1
    if local == cards.counts[3]:
        cards.rows[local].row, cards.rows[local].left = row, limit
        cards.counts[3] += 1
    draw = cards.draws[cards.counts[2]]
    draw.row, draw.amount = local, amount
    cards.counts[2] += 1


@leaf
def _put_pieces(model: Packed, digits: int, load: int, depth: int, work: Workspace, cards: Cards) -> bool:
    """Hand the drawn units to the lines that take them, in turn; False where there is no room."""
    for k in range(depth + 1):
        cards.steps[k].give = cards.steps[k].quantity
    left = load
    for digit in range(digits):
        option, left = option_of(left, digit, work)
        take = work.options[option].chain
        while take >= 0:
            pick, units = work.picks[work.takes[take].pick], work.takes[take].quantity
            for k in range(depth + 1):
                step = cards.steps[k]
                if step.slot != pick.slot or step.give == 0 or units == 0:
                    continue
                if cards.counts[1] == MAX_PIECES:
                    return False
                drawn, source = work.bins[step.bin], pick.source
                while wide(model.sources[source].position) != drawn.position:
                    source += 1
                piece = cards.pieces[cards.counts[1]]
                piece.source, piece.safety, piece.quantity = source, drawn.safety, min(units, step.give)
                step.give -= piece.quantity
                units -= piece.quantity
                cards.counts[1] += 1
            take = work.takes[take].next
    return True


@leaf
def _find_twins(first_trip: int, last_trip: int, cards: Cards) -> None:
    """Mark a node's cards that another of its trips takes for less (or as much, and comes first) on the same rows."""
    first, last = cards.trips[first_trip].card_from, wide(cards.counts[0])
    if last_trip - first_trip < 2 or last - first > _FEW_TWINS:
        return
    for one in range(first, last):
        card, least = cards.cards[one], cards.cards[one].cost
        for other in range(first, last):
            twin = cards.cards[other]
            if twin.hash != card.hash or twin.trip == card.trip or twin.state != card.state:
                continue
            cheaper = twin.cost < least or (twin.cost == least and twin.trip < card.trip and card.twin < 0)
            if cheaper and _draw_alike(cards, one, other):
                card.twin, least = twin.trip, twin.cost


@inlined_leaf
def _draw_alike(cards: Cards, one: int, other: int) -> bool:
    first, second = cards.cards[one], cards.cards[other]
    if first.draw_to - first.draw_from != second.draw_to - second.draw_from:
        return False
    for k in range(first.draw_to - first.draw_from):
        mine, its = cards.draws[first.draw_from + k], cards.draws[second.draw_from + k]
        if mine.row != its.row or mine.amount != its.amount:
            return False
    return True
