"""The columns of a large order: per node the trips worth bounding one by one, and all of them together."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.jit import leaf, spliced
from solvers.model import I64, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_arcs import price_arcs
from solvers.pricing_large_charges import charge
from solvers.pricing_large_space import MOST_KEPT, NO_ARCS, Large, truth

SEVERAL = -1
"""Trip of a column that stands for two or more shipments from its node."""

REST = -2
"""Trip of a column that stands for any one trip of its node that is not kept by itself."""


@leaf
def list_columns(model: Packed, prices: Prices, capacity: I64, work: Large) -> None:
    """Columns of every node.

    A trip is left out where another of its node charges no more, reaches as much and bears as much weight: exact for a
    single shipment. Two shipments of a node always belong to its ``SEVERAL``.
    """
    state, kept = work.state[0], wide(0)
    state.cols, state.arcs, state.curved = 0, 0, False
    for at in range(state.nodes):
        node = work.nodes[at]
        node.col_from = state.cols
        offer_class = model.candidates[node.candidate].offer_class
        for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
            for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
                _refer_to_load(model, at, offer, state.cols, work)
                work.cols[state.cols].trip = trip
                if charge(model, prices, capacity, state.cols, work):
                    work.cols[state.cols].arc_from = NO_ARCS
                    state.curved = state.curved or work.cols[state.cols].curved
                    state.cols += 1
        node.col_to, node.kept_from = state.cols, kept
        _rank_by_guess(node.col_from, node.col_to, work)
        # Two more stand for trips together; columns keep their places when all are charged anew.
        state.cols += 2
        work.cols[node.col_to].root, work.cols[node.col_to + 1].root = -1, -1
        kept, rest = _keep_best(model, at, kept, work)
        node.kept_to = _add_several(model, prices, at, kept, rest, work)
        kept = node.kept_to


@spliced
def _refer_to_load(model: Packed, node: int, offer: int, col: int, work: Large) -> None:
    """A column of the whole range, referring to as much of its node's load as the service takes."""
    out, own = work.cols[col], work.nodes[node]
    out.node, out.candidate, out.offer = node, own.candidate, offer
    out.lo, out.hi = 0.0, np.inf
    most = model.services[model.offers[offer].service].max_weight_g
    share = most / own.ref_weight if own.ref_weight > most else 1.0
    out.ref_units, out.ref_lines, out.ref_value = own.ref_units * share, own.ref_lines, own.ref_value * share
    out.ref_weight, out.ref_volume = own.ref_weight * share, own.ref_volume * share


@spliced
def _rank_by_guess(first: int, last: int, work: Large) -> None:
    """Stable: few trips, and mostly sorted."""
    cols = work.cols
    for i in range(first, last):
        j = i
        while j > first and cols[cols[j - 1].rank].guess > cols[i].guess:
            cols[j].rank = cols[j - 1].rank
            j -= 1
        cols[j].rank = i


@spliced
def _keep_best(model: Packed, at: int, kept: int, work: Large) -> tuple[int, bool]:
    """Keep trips that no other stands in for; the least arcs of those beyond the most follow behind the kept."""
    node, cols, arcs, arc_end = work.nodes[at], work.cols, work.arcs, work.state[0].arcs
    size, hard = node.bin_to - node.bin_from, model.orders[work.state[0].order].hard_window
    rest_from, rest = arc_end + MOST_KEPT * size, truth(False)
    everything = 0.0
    for b in range(node.bin_from, node.bin_to):
        everything += work.bins[b].limit
        arcs[rest_from + b - node.bin_from] = np.inf
    num_kept = 0
    for place in range(node.col_from, node.col_to):
        col = wide(cols[place].rank)
        out = cols[col]
        out.root = col
        dispatch_s = model.departures[model.trips[out.trip].departure].dispatch_s
        beaten = False
        timed = not hard and node.all_ready_s <= dispatch_s < node.expires_s
        for k in range(node.kept_from, node.kept_from + num_kept):
            other = cols[work.kept[k]]
            if timed and other.offer == out.offer and other.reached == everything and _asks_less(other, out):
                out.arc_from, out.reached, beaten = other.arc_from, everything, True
                break
        if beaten:
            continue
        scratch = arc_end + (num_kept if num_kept < MOST_KEPT else MOST_KEPT + 1) * size
        out.reached = price_arcs(model, col, scratch, work)
        work.state[0].spent += size
        if out.reached == 0.0:
            out.arc_from = NO_ARCS
            continue
        for k in range(node.kept_from, node.kept_from + num_kept):
            other = cols[work.kept[k]]
            if other.fixed <= out.fixed and other.floor <= out.floor and other.ceiling >= out.ceiling:
                beaten = True
                for b in range(node.bin_from, node.bin_to):
                    if arcs[other.arc_from + b] > arcs[out.arc_from + b]:
                        beaten = False
                        break
                if beaten:
                    out.arc_from = other.arc_from if other.reached == out.reached else NO_ARCS
                    break
        if beaten:
            continue
        if num_kept < MOST_KEPT:
            work.kept[node.kept_from + num_kept] = col
            num_kept += 1
            continue
        rest = True
        for b in range(size):
            arcs[rest_from + b] = min(arcs[rest_from + b], arcs[scratch + b])
        out.arc_from = NO_ARCS
    work.state[0].arcs += num_kept * size
    return kept + num_kept, rest


@spliced
def _asks_less(one: Any, other: Any) -> bool:
    """Whether every part of a column's charge is at most another's."""
    return bool(
        one.fixed <= other.fixed
        and one.per_unit <= other.per_unit
        and one.per_line <= other.per_line
        and one.per_g <= other.per_g
        and one.per_cm3 <= other.per_cm3
        and one.per_value <= other.per_value
        and one.per_handling <= other.per_handling
        and one.per_work <= other.per_work
        and one.per_duty <= other.per_duty
        and one.floor <= other.floor
        and one.ceiling >= other.ceiling
    )


@spliced
def _add_several(model: Packed, prices: Prices, at: int, kept: int, rest: bool, work: Large) -> int:
    """Add columns for the rest of a node's trips, and for several of its shipments; returns the end of the kept."""
    node, arcs, state = work.nodes[at], work.arcs, work.state[0]
    arc_end = state.arcs
    size = node.bin_to - node.bin_from
    # What several shipments pay at least: the two least fixed parts, the node's price once, units by the cheapest trip.
    first, second, below, trips, heaviest, together = np.inf, np.inf, 0.0, 0, 0.0, 0.0
    for col in range(node.col_from, node.col_to):
        fixed = work.cols[col].fixed - prices.activation[node.candidate]
        if fixed < first:
            first, second = fixed, first
        elif fixed < second:
            second = fixed
        below += min(0.0, fixed)
        heaviest = max(heaviest, work.cols[col].ceiling)
        together += work.cols[col].ceiling
        trips += 1
    rest_from = arc_end + (MOST_KEPT - (kept - node.kept_from)) * size
    if rest:
        for b in range(size):
            arcs[arc_end + b] = arcs[rest_from + b]
        _stand_for(wide(REST), node.col_to, at, first + prices.activation[node.candidate], work)
        work.kept[kept] = node.col_to
        kept, arc_end = kept + 1, arc_end + size
    own = model.orders[state.order]
    if trips < 2 or own.max_shipments == 1 or own.ship_together or kept == node.kept_from:
        return kept
    fixed = max(first + second, 0.0) if below >= 0.0 else below + max(0.0, first) + max(0.0, second)
    per_g = 0.0
    if first > 0.0 and heaviest > 0.0 and first * node.full_weight / heaviest > fixed:
        # As many shipments as the weight needs, instead of two.
        fixed, per_g = 0.0, first / heaviest
    fixed += prices.activation[node.candidate]
    for b in range(size):
        least = np.inf
        for k in range(node.kept_from, kept):
            least = min(least, arcs[work.cols[work.kept[k]].arc_from + node.bin_from + b])
        arcs[arc_end + b] = least + per_g * work.bins[node.bin_from + b].weight
    for k in range(node.kept_from, kept):
        other = work.cols[work.kept[k]]
        needless = other.fixed <= fixed and other.floor <= 0.0 and other.ceiling >= node.full_weight
        for b in range(size):
            needless = needless and arcs[other.arc_from + node.bin_from + b] <= arcs[arc_end + b]
        if needless:
            return kept
    _stand_for(wide(SEVERAL), node.col_to + 1, at, fixed, work)
    work.cols[node.col_to + 1].ceiling = together
    work.kept[kept] = node.col_to + 1
    return kept + 1


@leaf
def _stand_for(trip: int, col: int, at: int, fixed: float, work: Large) -> None:
    """Fill a column that stands for trips of a node, its arcs being the last ones."""
    state, node = work.state[0], work.nodes[at]
    out = work.cols[col]
    out.node, out.candidate, out.offer, out.trip = at, node.candidate, -1, trip
    out.arc_from, out.fixed = state.arcs - node.bin_from, fixed
    out.lo, out.hi, out.floor, out.ceiling = 0.0, np.inf, 0.0, np.inf
    state.arcs += node.bin_to - node.bin_from
