"""What each node can do for an order: its entries, one per state (and number of shipments) that it can serve.

One shipment is enough where merging two is never dearer, which a cheap test mostly proves; where it may not be, the
node's trips are combined. Shipments of a node share its stock: where all its trips reach the same, they pay for their
sum.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import inlined_leaf, kernel, leaf
from solvers.model import F64, I32, I64, JUDGE_EX_WORKS, Prices
from solvers.packed import Packed, wide
from solvers.pricing_space import MAX_ENTRIES, MAX_NODES, MAX_SHIPMENTS, Workspace, guard_bits
from solvers.pricing_tables import open_candidate
from solvers.pricing_trips import MASK_BINS, add_trip, base_costs, open_bins

_FEW_LOADS = 256
"""Beyond so many loads no pairs are tried."""


@kernel
def list_entries(
    model: Packed, prices: Prices, capacity: I64, order: int, extent: tuple[int, int, int], work: Workspace
) -> int:
    """Entries of every node of an order; returns the number of nodes, -1 where they do not fit.

    ``extent`` is (digits, states, layers): more than one layer counts shipments, up to layers - 1.
    """
    digits = extent[0]
    nodes, end = wide(0), wide(0)
    for digit in range(digits):
        work.digits[digit].slope = np.inf
    for candidate in range(model.orders[order].cand_from, model.orders[order].cand_to):
        count, bins, tangled, plain = open_candidate(model, prices, capacity, candidate, digits, work)
        if count < 0 or nodes == MAX_NODES:
            return -1
        if count == 1:
            continue
        work.spent[0] += count
        shape = (digits, count, bins, tangled)
        before = end
        several, pooled = list_singles(model, prices, capacity, candidate, shape, plain, work)
        _lower_slopes(digits, work)
        if several and not (plain and _singles_suffice(digits, count, pooled, work)):
            end = combine_trips(model, prices, capacity, candidate, shape, extent, pooled, wide(-1), end, work)
        else:
            end = _put_singles(prices.activation[candidate], count, end, work)
        if end < 0:
            return -1
        if end > before:
            work.nodes[nodes].first, work.nodes[nodes].candidate = before, candidate
            nodes += 1
    work.nodes[nodes].first = end
    return nodes


@inlined_leaf
def forget_best(count: int, work: Workspace) -> None:
    """Forget the cheapest load of every state that some load serves."""
    for load in range(1, count):
        work.states[work.loads[load].state].best_cost = np.inf


@leaf
def list_singles(
    model: Packed,
    prices: Prices,
    capacity: I64,
    candidate: int,
    shape: tuple[int, int, int, bool],
    plain: bool,
    work: Workspace,
) -> tuple[bool, bool]:
    """The cheapest single shipment per state, as the states' best.

    Returns (whether several shipments from here are possible, whether they would draw on one pool of stock).
    """
    digits, count, bins, _ = shape
    own, offer_class = model.orders[model.candidates[candidate].order], model.candidates[candidate].offer_class
    forget_best(count, work)
    trips, common, steady = 0, 0, bins < MASK_BINS
    for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
        costed, unbeaten, reach = False, False, 0
        for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
            mask = open_bins(model, offer, trip, bins, work)
            if bins < MASK_BINS and mask == 0:
                continue
            steady = steady and (trips == 0 or mask == common)
            trips, common = trips + 1, mask
            # Exact dominance: a trip of this offer that reaches as much stock asks nothing for time or capacity.
            if unbeaten and bins < MASK_BINS and (mask & ~reach) == 0:
                continue
            if not costed:
                base_costs(model, candidate, offer, count, work)
                costed = True
            free = add_trip(model, prices, capacity, candidate, offer, trip, shape, work)
            work.spent[0] += count
            if free and not unbeaten:
                unbeaten, reach = True, mask
    levels = 0
    for digit in range(digits):
        levels += work.digits[digit].most
    several = trips > 1 and levels > 1 and own.max_shipments != 1
    return several, plain and steady and own.judge != JUDGE_EX_WORKS


@leaf
def _put_singles(activation: float, count: int, end: int, work: Workspace) -> int:
    """Append the entries of single shipments; returns the new end, -1 where they do not fit."""
    for load in range(1, count):
        state = work.loads[load].state
        best = work.states[state]
        if best.best_load == load and best.best_cost < np.inf:
            if end == MAX_ENTRIES:
                return -1
            entry = work.entries[end]
            entry.state, entry.packed, entry.ships, entry.cost = state, best.packed, 1, best.best_cost + activation
            entry.trip, entry.load, entry.ready_s = best.best_trip, load, best.best_ready_s
            end += 1
    return end


@leaf
def _lower_slopes(digits: int, work: Workspace) -> None:
    """Lower the guess of what a level of each digit costs at the margin, by the node's fullest load."""
    top = 0
    for digit in range(digits):
        top += work.digits[digit].most * work.digits[digit].stride
    full_cost = work.states[top].best_cost
    if not full_cost < np.inf:
        return
    for which in range(digits):
        digit = work.digits[which]
        below = top - digit.stride
        if digit.most > 0 and below > 0 and work.states[below].best_cost < np.inf:
            digit.slope = min(digit.slope, max(0.0, full_cost - work.states[below].best_cost))


@leaf
def _singles_suffice(digits: int, count: int, pooled: bool, work: Workspace) -> bool:
    """Whether merging two shipments of a plain candidate is never dearer, by a test that may say no too often.

    With any slopes a, write cost(v) = a v + dev(v). Two loads of sum w cost at least a w + 2 min dev, one load of w
    at most a w + max dev.
    """
    loads = work.loads
    # Pooled stock is paid for the sum of the loads, however they are split: leave it out of both sides. A load that
    # the pool is too small for has no cost (NaN fails every comparison): no two loads add up to it either.
    for load in range(1, count):
        loads[load].cost = work.states[loads[load].state].best_cost - (loads[load].stock if pooled else 0.0)
    top, step, filled = count - 1, 1, 1
    loads[0].slope = 0.0
    if not loads[top].cost < np.inf:
        return False
    for digit in range(digits):
        radix = 1 + work.digits[digit].last - work.digits[digit].first
        rise = 0.0
        if radix > 1 and top - step > 0 and loads[top - step].cost < np.inf:
            rise = loads[top].cost - loads[top - step].cost
        for level in range(1, radix):
            for base in range(filled):
                loads[level * filled + base].slope = loads[base].slope + level * rise
        step *= radix
        filled *= radix
    least, most = np.inf, -np.inf
    for load in range(1, count):
        deviation = loads[load].cost - loads[load].slope
        if deviation < least:
            least = deviation
        if deviation > most:
            most = deviation
    return most <= 2 * least or (most < np.inf and count <= _FEW_LOADS and _subadditive(digits, count, work))


@leaf
def _subadditive(digits: int, count: int, work: Workspace) -> bool:
    """The same by trying every pair; loads of a plain candidate add up as their numbers do."""
    loads, guard = work.loads, guard_bits(digits, work)
    room = work.states[loads[count - 1].state].packed | guard
    for first in range(1, count):
        left = room - work.states[loads[first].state].packed
        for second in range(first, count - first):
            if (left - work.states[loads[second].state].packed) & guard == guard:
                apart = loads[first].cost + loads[second].cost
                if loads[first + second].cost > apart + abs(apart) * 1e-15:
                    return False
    return True


@kernel
def combine_trips(
    model: Packed,
    prices: Prices,
    capacity: I64,
    candidate: int,
    shape: tuple[int, int, int, bool],
    extent: tuple[int, int, int],
    pooled: bool,
    goal: int,
    end: int,
    work: Workspace,
) -> int:
    """Several shipments from one node: a min-plus combination of its trips.

    Without a goal appends entries and returns their new end (-1: no room). With one (state + states * shipments where
    layers count them) writes the shipments that reach it into ``work.chosen`` from ``end`` on and returns their new
    end.
    """
    digits, count, bins, _ = shape
    size = extent[2] * extent[1]
    offer_class = model.candidates[candidate].offer_class
    first_offer, last_offer = model.class_ptr[offer_class], model.class_ptr[offer_class + 1]
    links = (model.offers[last_offer - 1].trip_to - model.offers[first_offer].trip_from) * size if goal >= 0 else 0
    cost, pieces = np.full(size, np.inf), np.zeros(count, np.int64)
    link_from, link_load = np.full(links, -1, np.int32), np.zeros(links, np.int32)
    link_ready_s = np.zeros(links, np.int64)
    cost[0] = 0.0
    number = wide(0)
    for offer in range(first_offer, last_offer):
        base_costs(model, candidate, offer, count, work)
        for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
            number += 1
            # A trip that nothing can ride must not leave its closed stock behind for the sums of pooled stock.
            if open_bins(model, offer, trip, bins, work) == 0 and bins < MASK_BINS:
                continue
            forget_best(count, work)
            add_trip(model, prices, capacity, candidate, offer, trip, shape, work)
            num_pieces = _list_pieces(count, pooled, pieces, work)
            link = (number - 1) * size if goal >= 0 else wide(-1)
            _add_pieces(digits, extent, num_pieces, pieces, link, cost, link_from, link_load, link_ready_s, work)
    if goal >= 0:
        first_trip = model.offers[first_offer].trip_from
        return _follow(candidate, first_trip, goal, size, link_from, link_load, link_ready_s, end, work)
    return _put_several(prices.activation[candidate], count, extent, pooled, cost, end, work)


@leaf
def _list_pieces(count: int, pooled: bool, pieces: I64, work: Workspace) -> int:
    """The states one trip can serve; pooled stock is taken off their cost."""
    num_pieces = 0
    for load in range(1, count):
        state = work.loads[load].state
        best = work.states[state]
        if best.best_load == load and best.best_cost < np.inf:
            if pooled:
                best.best_cost -= work.loads[load].stock
            pieces[num_pieces] = state
            num_pieces += 1
    return num_pieces


@leaf
def _add_pieces(
    digits: int,
    extent: tuple[int, int, int],
    num_pieces: int,
    pieces: I64,
    link: int,
    cost: F64,
    link_from: I32,
    link_load: I32,
    link_ready_s: I64,
    work: Workspace,
) -> None:
    """Let one trip add at most one of its pieces to whatever the trips before it reach.

    ``link`` is where this trip's links begin, -1 to keep none.
    """
    states, layers = extent[1], extent[2]
    step = states if layers > 1 else 0
    guard, room = guard_bits(digits, work), np.uint64(0)
    for digit in range(digits):
        room += work.states[work.digits[digit].most * work.digits[digit].stride].packed
    for before in range(layers * states - 1, -1, -1):
        if not cost[before] < np.inf:
            continue
        left = (room | guard) - work.states[before % states].packed
        for k in range(num_pieces):
            piece = work.states[pieces[k]]
            after = before + pieces[k] + step
            if (left - piece.packed) & guard != guard or after >= layers * states:
                continue
            if cost[before] + piece.best_cost < cost[after]:
                cost[after] = cost[before] + piece.best_cost
                if link >= 0:
                    link_from[link + after], link_load[link + after] = before, piece.best_load
                    link_ready_s[link + after] = piece.best_ready_s
        work.spent[0] += num_pieces


@kernel
def _put_several(
    activation: float, count: int, extent: tuple[int, int, int], pooled: bool, cost: F64, end: int, work: Workspace
) -> int:
    """Append entries of one or more shipments, pooled stock paid for their sum; returns the new end, -1: no room."""
    states, layers = extent[1], extent[2]
    load_of = np.zeros(states, np.int64)
    for load in range(1, count):
        load_of[work.loads[load].state] = load
    for after in range(1, layers * states):
        state = after % states
        total = cost[after] + (work.loads[load_of[state]].stock if pooled else 0.0)
        if state > 0 and total < np.inf:
            if end == MAX_ENTRIES:
                return -1
            entry = work.entries[end]
            entry.state, entry.packed, entry.ships = state, work.states[state].packed, 1
            if layers > 1:
                entry.ships = after // states
            entry.cost, entry.trip, entry.load, entry.ready_s = total + activation, -1, 0, 0
            end += 1
    return end


@leaf
def _follow(
    candidate: int,
    first_trip: int,
    goal: int,
    size: int,
    link_from: I32,
    link_load: I32,
    link_ready_s: I64,
    end: int,
    work: Workspace,
) -> int:
    """Write the shipments that lead to a goal."""
    at = goal
    for number in range(len(link_from) // size - 1, -1, -1):
        link = number * size + at
        if at > 0 and link_from[link] >= 0 and end < MAX_SHIPMENTS:
            chosen = work.chosen[end]
            chosen.candidate, chosen.trip = candidate, first_trip + number
            chosen.load, chosen.ready_s = wide(link_load[link]), link_ready_s[link]
            at = wide(link_from[link])
            end += 1
    return end


@inlined_leaf
def offer_at(model: Packed, candidate: int, trip: int) -> int:
    """The offer of a candidate that a trip of it belongs to."""
    offer = model.class_ptr[model.candidates[candidate].offer_class]
    while model.offers[offer].trip_to <= trip:
        offer += 1
    return int(offer)
