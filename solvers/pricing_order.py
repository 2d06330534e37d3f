"""The cheapest pattern of one order: a shortest path over states, node by node.

A node's entries say what it can serve at what priced cost, its activation price included; nodes are combined by
dynamic programming over states. Limits that several shipments meet in (a position they reach at different times, a
capacity row) are relaxed: the caller checks the pattern found and searches on where the relaxation broke one.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import inlined_leaf, kernel, leaf
from solvers.model import F64, I32, I64, Flags, Prices
from solvers.packed import Packed, wide
from solvers.pricing_node import combine_trips, list_entries, list_singles, offer_at
from solvers.pricing_space import DONE, MAX_SHIPMENTS, TOO_LARGE, Workspace, guard_bits, open_order
from solvers.pricing_tables import open_candidate, option_of
from solvers.pricing_trips import open_bins

_FEW_STATES = 16
"""Up to so many states bounds cost more than they save."""

_SLACK = 1e-9
"""Bounds prune only what is worse by more than this, relative: float sums in another order may differ by less."""


@kernel
def price_order(
    model: Packed, prices: Prices, capacity: I64, order: int, work: Workspace
) -> tuple[int, int, float, int]:
    """Returns (status, digits, priced cost, number of shipments); the shipments stand in ``work.chosen``.

    The cost is that of the relaxation: a lower bound, and the minimum where the pattern found holds every shared limit.
    """
    status, digits, states = open_order(model, prices, capacity, order, work)
    if status != DONE:
        return status, 0, 0.0, 0
    most = model.orders[order].max_shipments
    value, shipments = _solve(model, prices, capacity, order, (digits, states, wide(1)), work)
    if 0 < most < shipments:
        value, shipments = _solve(model, prices, capacity, order, (digits, states, most + 1), work)
    return (DONE, digits, value, shipments) if shipments >= 0 else (TOO_LARGE, 0, 0.0, 0)


@kernel
def _solve(
    model: Packed, prices: Prices, capacity: I64, order: int, extent: tuple[int, int, int], work: Workspace
) -> tuple[float, int]:
    """List the nodes' entries and combine them: (priced cost, number of shipments; -1: no room)."""
    nodes = list_entries(model, prices, capacity, order, extent, work)
    if nodes < 0:
        return 0.0, -1
    own, states = model.orders[order], extent[1]
    split = float(own.split_cost)
    ceiling = prune_entries(extent, nodes, split, np.inf, own.max_shipments, work)
    size = extent[2] * states
    cost, via = np.full(size, np.inf), np.full(nodes * size, -1, np.int32)
    live, before = np.empty(size, np.int64), np.empty(size, np.float64)
    run_nodes(extent, nodes, ceiling, cost, via, live, before, np.empty(0, np.float64), work)
    # Every shipment paid for a split; the first one does not.
    value, goal = work.states[0].rest, 0
    for at in range(1, size):
        if at % states > 0 and cost[at] - split + work.states[at % states].rest < value:
            value, goal = cost[at] - split + work.states[at % states].rest, at
    shipments = wide(0)
    for node in range(nodes - 1, -1, -1):
        which = wide(via[node * size + goal])
        if which >= 0:
            if shipments == MAX_SHIPMENTS:
                return 0.0, -1
            entry = work.entries[which]
            step = entry.state + (states * entry.ships if extent[2] > 1 else 0)
            shipments = _write_entry(model, prices, capacity, extent, node, which, step, shipments, work)
            goal -= step
    return value, shipments


@leaf
def run_nodes(
    extent: tuple[int, int, int],
    nodes: int,
    ceiling: float,
    cost: F64,
    via: I32,
    live: I64,
    before: F64,
    reach: F64,
    work: Workspace,
) -> None:
    """Dynamic programming over nodes: cost per state (and layer), and the entry it came by at each node.

    States that cannot end below ``ceiling`` are left out. ``cost`` starts infinite, ``via`` at -1. ``reach`` gets the
    costs before each node and after the last, end to end, where it has room for them.
    """
    digits, states, layers = extent
    size, guard = layers * states, guard_bits(digits, work)
    full = work.states[states - 1].packed | guard
    cost[0], live[0] = 0.0, 0
    num_live = 1
    for node in range(nodes):
        first, last = work.nodes[node].first, work.nodes[node + 1].first
        known = num_live
        for k in range(known):
            before[k] = cost[live[k]]
        for at in range(size if len(reach) > 0 else 0):
            reach[node * size + at] = cost[at]
        for k in range(known):
            start = live[k]
            state = start % states
            left = full - work.states[state].packed
            for which in range(first, last):
                entry = work.entries[which]
                if (left - entry.packed) & guard != guard:
                    continue
                after = start + entry.state + (states * entry.ships if layers > 1 else 0)
                total = before[k] + entry.cost
                if after >= size or total >= cost[after]:
                    continue
                if total + work.states[state + entry.state].floor <= ceiling:
                    if cost[after] == np.inf:
                        live[num_live] = after
                        num_live += 1
                    cost[after], via[node * size + after] = total, which
            work.spent[0] += last - first
    for at in range(size if len(reach) > 0 else 0):
        reach[nodes * size + at] = cost[at]


@leaf
def prune_entries(
    extent: tuple[int, int, int], nodes: int, split: float, ceiling: float, most: int, work: Workspace
) -> float:
    """Fill the states' ``floor``, the least it takes to finish, and drop entries that no good pattern uses.

    Returns the priced cost, a split per shipment included, above which nothing need be kept: the given ceiling, or that
    of the best pattern over one or two nodes. Small orders are not worth the trouble.
    """
    states, table = extent[1], work.states
    if states <= _FEW_STATES and ceiling == np.inf:
        for state in range(states):
            table[state].floor = 0.0
        return np.inf
    if ceiling == np.inf:
        ceiling = _two_nodes(extent, nodes, split, most, work)
        ceiling += abs(ceiling) * _SLACK
    entry_cost = _fill_floor(extent[0], nodes, work)
    if entry_cost < 0.0:
        # Several entries could then undercut one: fall back to no slope at all, where no entry is negative.
        for digit in range(extent[0]):
            work.digits[digit].slope = 0.0
        entry_cost = _fill_floor(extent[0], nodes, work)
    whole, last = table[states - 1].floor * (1.0 - _SLACK), table[states - 1].rest
    for state in range(states - 1):
        table[state].floor = min(table[state].rest, entry_cost + max(0.0, whole - table[state].floor) + last)
    table[states - 1].floor = last
    first, end = wide(0), wide(0)
    for node in range(nodes):
        stop = work.nodes[node + 1].first
        for which in range(first, stop):
            if work.entries[which].cost + table[work.entries[which].state].floor <= ceiling:
                _move_entry(work, which, end)
                end += 1
        first, work.nodes[node + 1].first = stop, end
    return ceiling


@leaf
def _fill_floor(digits: int, nodes: int, work: Workspace) -> float:
    """Write the slopes' cost of every state as its floor; returns the least that an entry costs beyond it."""
    table = work.states
    table[0].floor = 0.0
    filled = 1
    for which in range(digits):
        digit = work.digits[which]
        rise = min(digit.slope, digit.unmet) if digit.slope < np.inf else 0.0
        for level in range(1, digit.radix):
            for state in range(filled):
                table[level * filled + state].floor = table[state].floor + level * rise
        filled *= digit.radix
    least = np.inf
    for entry in range(work.nodes[nodes].first):
        least = min(least, work.entries[entry].cost - table[work.entries[entry].state].floor)
    return least


@inlined_leaf
def _move_entry(work: Workspace, old: int, new: int) -> None:
    source, target = work.entries[old], work.entries[new]
    target.state, target.packed, target.ships, target.cost = source.state, source.packed, source.ships, source.cost
    target.trip, target.load, target.ready_s = source.trip, source.load, source.ready_s


@leaf
def _two_nodes(extent: tuple[int, int, int], nodes: int, split: float, most: int, work: Workspace) -> float:
    """The cheapest pattern over at most two nodes (a split per shipment included), serving nothing among them."""
    states, layers, table = extent[1], extent[2], work.states
    value = table[0].rest + split
    for state in range(states):
        table[state].near_cost, table[state].near_node, table[state].second_cost = np.inf, -1, np.inf
    for node in range(nodes):
        for which in range(work.nodes[node].first, work.nodes[node + 1].first):
            entry = work.entries[which]
            state = table[entry.state]
            if layers > 1 and entry.ships > 1:
                continue
            value = min(value, entry.cost + state.rest)
            if entry.cost < state.near_cost:
                if state.near_node != node:
                    state.second_cost = state.near_cost
                state.near_cost, state.near_node = entry.cost, node
            elif entry.cost < state.second_cost and state.near_node != node:
                state.second_cost = entry.cost
    if most == 1:
        return float(value)
    for node in range(nodes):
        for which in range(work.nodes[node].first, work.nodes[node + 1].first):
            entry = work.entries[which]
            if layers > 1 and entry.ships > 1:
                continue
            other = table[states - 1 - entry.state]
            cost = other.near_cost if other.near_node != node else other.second_cost
            value = min(value, entry.cost + cost + table[states - 1].rest)
    return float(value)


@kernel
def _write_entry(
    model: Packed,
    prices: Prices,
    capacity: I64,
    extent: tuple[int, int, int],
    node: int,
    which: int,
    goal: int,
    end: int,
    work: Workspace,
) -> int:
    """Write an entry's shipments into ``work.chosen`` from ``end`` on; returns their new end."""
    entry, candidate = work.entries[which], work.nodes[node].candidate
    if entry.trip >= 0:
        chosen = work.chosen[end]
        chosen.candidate, chosen.trip, chosen.load, chosen.ready_s = candidate, entry.trip, entry.load, entry.ready_s
        return end + 1
    count, bins, tangled, plain = open_candidate(model, prices, capacity, candidate, extent[0], work)
    shape = (extent[0], count, bins, tangled)
    _, pooled = list_singles(model, prices, capacity, candidate, shape, plain, work)
    return combine_trips(model, prices, capacity, candidate, shape, extent, pooled, goal, end, work)


@leaf
def write_loads(
    model: Packed,
    prices: Prices,
    capacity: I64,
    digits: int,
    shipments: int,
    work: Workspace,
    load_source: I32,
    load_safety: Flags,
    load_quantity: I64,
) -> bool:
    """Turn the chosen shipments' loads into (source, safety, quantity) entries, up to the ``end`` of each.

    Shipments of one node take turns at its stock. Returns False where what is left does not do: the relaxation broke.
    """
    end, opened, bins = wide(0), wide(-1), wide(0)
    for s in range(shipments):
        chosen = work.chosen[s]
        if chosen.candidate != opened:
            opened = chosen.candidate
            _, bins, _, _ = open_candidate(model, prices, capacity, opened, digits, work)
            for entry in range(bins):
                work.bins[entry].left = work.bins[entry].limit
        open_bins(model, offer_at(model, opened, chosen.trip), chosen.trip, bins, work)
        left = chosen.load
        for digit in range(digits):
            option, left = option_of(left, digit, work)
            take = work.options[option].chain
            while take >= 0:
                end = _take_units(model, take, chosen.ready_s, end, load_source, load_safety, load_quantity, work)
                if end < 0:
                    return False
                take = work.takes[take].next
        chosen.end = end
    return True


@leaf
def _take_units(
    model: Packed,
    take: int,
    ready_s: int,
    end: int,
    load_source: I32,
    load_safety: Flags,
    load_quantity: I64,
    work: Workspace,
) -> int:
    """Draw the units of a take from what is left in its slot, cheapest first; returns the new end, -1: too few."""
    pick, units = work.picks[work.takes[take].pick], work.takes[take].quantity
    entry = work.slots[pick.slot].head
    while units > 0 and entry >= 0:
        stock = work.bins[entry]
        if stock.open and stock.ready_s <= ready_s and stock.left > 0 and end < len(load_source):
            taken = min(units, stock.left)
            source = pick.source
            while wide(model.sources[source].position) != stock.position:
                source += 1
            load_source[end], load_safety[end], load_quantity[end] = source, stock.safety, taken
            stock.left -= taken
            units -= taken
            end += 1
        entry = stock.next
    return end if units == 0 else -1
