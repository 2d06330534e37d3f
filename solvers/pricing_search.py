"""All patterns of an order below a ceiling, depth first over its trips with bounds from the dynamic program.

Trips are taken node by node, the last node first, so that what earlier nodes can still do for the rest is known exactly
as the dynamic program left it (``reach``). A frame is one shipment chosen; a pattern is complete when its target state
is met.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.jit import inlined_leaf, kernel, leaf
from solvers.model import F64, I32, I64, Flags, Patterns, Prices
from solvers.packed import Packed, Records, wide
from solvers.pricing_cards import Cards, deal_cards
from solvers.pricing_node import list_entries
from solvers.pricing_order import prune_entries, run_nodes
from solvers.pricing_space import DONE, MAX_SHIPMENTS, Workspace, guard_bits, open_order

FOUND_ALL = 0
CUT = 1
"""Some patterns were left out: no room for cards, more patterns than asked for, or the work limit."""

NO_ROOM = 2
"""The tray is full: empty or enlarge it and search the order again."""


class Tray(NamedTuple):
    """Patterns found, as flat columns; ``counts`` holds the numbers of patterns, shipments and pieces."""

    value: F64
    ship_end: I64
    ship_cand: I32
    ship_trip: I32
    load_end: I64
    load_source: I32
    load_safety: Flags
    load_quantity: I64
    counts: I64


def make_tray(size: int) -> Tray:
    """Room for ``size`` patterns, twice as many shipments and eight times as many pieces."""
    return Tray(
        value=np.zeros(size, np.float64),
        ship_end=np.zeros(size, np.int64),
        ship_cand=np.zeros(2 * size, np.int32),
        ship_trip=np.zeros(2 * size, np.int32),
        load_end=np.zeros(2 * size, np.int64),
        load_source=np.zeros(8 * size, np.int32),
        load_safety=np.zeros(8 * size, np.bool_),
        load_quantity=np.zeros(8 * size, np.int64),
        counts=np.zeros(3, np.int64),
    )


def off_tray(orders: I32, owned: I64, tray: Tray) -> Patterns:
    """The tray's patterns as columns, without costs and draws; ``owned`` counts each order's patterns."""
    count, ships, pieces = (int(n) for n in tray.counts)
    zeros = np.zeros(count, np.int64)
    return Patterns(
        order=np.repeat(orders, owned).astype(np.int32),
        cost=zeros,
        fill=zeros,
        ship_ptr=np.concatenate([[0], tray.ship_end[:count]]).astype(np.int64),
        ship_cand=tray.ship_cand[:ships].copy(),
        ship_trip=tray.ship_trip[:ships].copy(),
        load_ptr=np.concatenate([[0], tray.load_end[:ships]]).astype(np.int64),
        load_source=tray.load_source[:pieces].copy(),
        load_safety=tray.load_safety[:pieces].copy(),
        load_quantity=tray.load_quantity[:pieces].copy(),
        draw_ptr=np.zeros(count + 1, np.int64),
        draw_row=np.zeros(0, np.int32),
        draw=np.zeros(0, np.int64),
    )


@kernel
def search_order(
    model: Packed,
    prices: Prices,
    capacity: I64,
    order: int,
    ceiling: float,
    limits: tuple[int, int, int],
    work: Workspace,
    cards: Cards,
    tray: Tray,
) -> int:
    """Put every pattern of priced cost at most ``ceiling`` on the tray; returns how the search ended.

    ``limits`` is (most patterns, counted work, 1 to keep the best pattern alone). The order fits the workspace.
    """
    start = (wide(tray.counts[0]), wide(tray.counts[1]), wide(tray.counts[2]))
    work.spent[0] = 0
    status, digits, states = open_order(model, prices, capacity, order, work)
    if status != DONE:
        return CUT
    extent = (digits, states, wide(1))
    if work.states[0].rest <= ceiling:
        if not lay_pattern(work.states[0].rest, wide(0), cards, tray):
            return NO_ROOM
        if limits[2] == 1:
            ceiling = work.states[0].rest
    nodes = list_entries(model, prices, capacity, order, extent, work)
    if nodes < 0:
        return CUT
    split, most = float(model.orders[order].split_cost), model.orders[order].max_shipments
    prune_entries(extent, nodes, split, ceiling + split, most, work)
    reach = np.empty((nodes + 1) * states, np.float64)
    cost, via = np.full(states, np.inf), np.full(nodes * states, -1, np.int32)
    live, before = np.empty(states, np.int64), np.empty(states, np.float64)
    run_nodes(extent, nodes, ceiling + split, cost, via, live, before, reach, work)
    trips = deal_cards(model, prices, capacity, extent, nodes, ceiling + split, work, cards)
    if trips < 0:
        return CUT
    within = _reach_within(extent, trips, ceiling + split, reach, work, cards)
    span = (digits, states, nodes, trips)
    for target in range(1, states):
        rest = work.states[target].rest
        if reach[nodes * states + target] + rest - split <= ceiling:
            ended, ceiling = _descend(
                prices, span, target, (rest - split, ceiling), (limits, most, start), reach, within, work, cards, tray
            )
            if ended != FOUND_ALL:
                return int(ended)
    return FOUND_ALL


@kernel
def _reach_within(
    extent: tuple[int, int, int], trips: int, ceiling: float, reach: F64, work: Workspace, cards: Cards
) -> F64:
    """Per trip and state: the least it takes to serve exactly the state by later trips of its node, and later nodes."""
    digits, states, _ = extent
    guard, within, live = guard_bits(digits, work), np.empty(trips * states, np.float64), np.empty(states, np.int64)
    num_live = wide(0)
    for trip in range(trips - 1, -1, -1):
        own, node = trip * states, cards.trips[trip].node
        if trip == trips - 1 or cards.trips[trip + 1].node != node:
            num_live = wide(0)
            for state in range(states):
                within[own + state] = reach[node * states + state]
                if within[own + state] < np.inf:
                    live[num_live] = state
                    num_live += 1
            continue
        for state in range(states):
            within[own + state] = within[own + states + state]
        span = (own, ceiling, guard)
        num_live = _add_cards(cards.trips[trip + 1], span, states, num_live, live, within, work, cards)
    return within


@leaf
def _add_cards(
    trip: Records,
    span: tuple[int, float, int],
    states: int,
    num_live: int,
    live: I64,
    within: F64,
    work: Workspace,
    cards: Cards,
) -> int:
    """Let a trip serve part of what it takes, where that can still end below the ceiling; returns the live states.

    ``span`` is (where the trip before begins in ``within``, ceiling, guard bits).
    """
    own, ceiling, guard = span
    known = num_live
    for which in range(trip.card_from, trip.card_to):
        card = cards.cards[which]
        room = (work.states[states - 1].packed | guard) - card.packed
        for k in range(known):
            before = live[k]
            if (room - work.states[before].packed) & guard != guard:
                continue
            after, total = before + card.state, within[own + states + before] + card.cost
            if total < within[own + after] and total + work.states[after].floor <= ceiling:
                if within[own + after] == np.inf:
                    live[num_live] = after
                    num_live += 1
                within[own + after] = total
        work.spent[0] += known
    return num_live


@leaf
def _descend(
    prices: Prices,
    span: tuple[int, int, int, int],
    target: int,
    costs: tuple[float, float],
    bounds: tuple[tuple[int, int, int], int, tuple[int, int, int]],
    reach: F64,
    within: F64,
    work: Workspace,
    cards: Cards,
    tray: Tray,
) -> tuple[int, float]:
    """Every way to serve exactly ``target``; returns how it ended and the ceiling, lowered where one pattern is kept.

    ``span`` is (digits, states, nodes, trips), ``costs`` (cost before any shipment, ceiling), ``bounds`` (limits, most
    shipments, where the order began on the tray).
    """
    digits, states, _, trips = span
    limits, most, start = bounds
    ceiling, last_card = costs[1], cards.trips[trips - 1].card_to
    guard, depth, ended = guard_bits(digits, work), wide(0), wide(FOUND_ALL)
    root = cards.frames[0]
    root.state, root.trip, root.cost, root.next = target, -1, costs[0], 0
    while depth >= 0:
        frame = cards.frames[depth]
        if frame.next >= last_card or ended != FOUND_ALL:
            _put_back(depth, cards)
            depth -= 1
            continue
        card = cards.cards[frame.next]
        trip = cards.trips[card.trip]
        active = frame.trip >= 0 and cards.trips[frame.trip].node == trip.node
        if (
            frame.next == trip.card_from
            and frame.cost + _least_from_trip(frame.state, card.trip, active, states, reach, within, cards) > ceiling
        ):
            # Nothing from this trip on can finish; where its node is in use already, later nodes still may.
            frame.next = _next_node(card.trip, trips, last_card, cards) if active else last_card
            continue
        frame.next += 1
        work.spent[0] += 1
        if work.spent[0] > limits[1]:
            ended = wide(CUT)
        if ((work.states[frame.state].packed | guard) - card.packed) & guard != guard:
            continue
        left = frame.state - card.state
        cost = frame.cost + card.cost + (0.0 if active else prices.activation[trip.candidate])
        least = within[card.trip * states + left] if left > 0 else 0.0
        idle = card.twin >= 0 and card.twin < card.trip and not cards.trips[card.twin].used
        if cost + least > ceiling or idle or 0 < most <= depth or depth == MAX_SHIPMENTS or not _take_rows(card, cards):
            continue
        depth += 1
        taken = cards.frames[depth]
        taken.card, taken.state, taken.trip, taken.cost, taken.next = (
            frame.next - 1,
            left,
            card.trip,
            cost,
            trip.card_to,
        )
        trip.used = True
        if left == 0:
            taken.next = last_card
            if not _beaten(depth, cards):
                if limits[2] == 1:
                    tray.counts[0], tray.counts[1], tray.counts[2] = start
                    ceiling = min(ceiling, cost)
                if tray.counts[0] - start[0] >= limits[0]:
                    ended = wide(CUT)
                elif not lay_pattern(cost, depth, cards, tray):
                    ended = wide(NO_ROOM)
    return ended, ceiling


@inlined_leaf
def _least_from_trip(state: int, trip: int, active: bool, states: int, reach: F64, within: F64, cards: Cards) -> float:
    """The least it takes to serve exactly a state by a trip, those after it, and later nodes."""
    if active:
        return float(within[(trip - 1) * states + state])
    return float(reach[(cards.trips[trip].node + 1) * states + state])


@inlined_leaf
def _next_node(trip: int, trips: int, last_card: int, cards: Cards) -> int:
    """The first card after a trip's node."""
    following = trip
    while following < trips and cards.trips[following].node == cards.trips[trip].node:
        following += 1
    return int(cards.trips[following].card_from) if following < trips else last_card


@inlined_leaf
def _take_rows(card: Records, cards: Cards) -> bool:
    """Draw a card's rows, all or none (P8)."""
    for k in range(card.draw_from, card.draw_to):
        row = cards.rows[cards.draws[k].row]
        row.left -= cards.draws[k].amount
        if row.left < 0:
            for back in range(card.draw_from, k + 1):
                cards.rows[cards.draws[back].row].left += cards.draws[back].amount
            return False
    return True


@inlined_leaf
def _put_back(depth: int, cards: Cards) -> None:
    """Undo the shipment of a frame."""
    if depth == 0:
        return
    card = cards.cards[cards.frames[depth].card]
    cards.trips[card.trip].used = False
    for k in range(card.draw_from, card.draw_to):
        cards.rows[cards.draws[k].row].left += cards.draws[k].amount


@inlined_leaf
def _beaten(depth: int, cards: Cards) -> bool:
    """Whether some shipment could move to an idle trip of its node that takes the same load for less."""
    for k in range(1, depth + 1):
        twin = cards.cards[cards.frames[k].card].twin
        if twin >= 0 and not cards.trips[twin].used:
            return True
    return False


@leaf
def lay_pattern(value: float, depth: int, cards: Cards, tray: Tray) -> bool:
    """Put the shipments of the frames on the tray; False where there is no room."""
    pieces = wide(0)
    for k in range(1, depth + 1):
        card = cards.cards[cards.frames[k].card]
        pieces += card.piece_to - card.piece_from
    pattern, ship, load = tray.counts[0], tray.counts[1], tray.counts[2]
    if pattern == len(tray.value) or ship + depth > len(tray.ship_cand) or load + pieces > len(tray.load_source):
        return False
    for k in range(1, depth + 1):
        card = cards.cards[cards.frames[k].card]
        for p in range(card.piece_from, card.piece_to):
            piece = cards.pieces[p]
            tray.load_source[load], tray.load_safety[load] = piece.source, piece.safety
            tray.load_quantity[load] = piece.quantity
            load += 1
        trip = cards.trips[card.trip]
        tray.ship_cand[ship], tray.ship_trip[ship], tray.load_end[ship] = trip.candidate, trip.trip, load
        ship += 1
    tray.value[pattern], tray.ship_end[pattern] = value, ship
    tray.counts[0], tray.counts[1], tray.counts[2] = pattern + 1, ship, load
    return True
