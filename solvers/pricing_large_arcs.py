"""What the bins of a node pay at least per unit on a column: its arcs."""

from __future__ import annotations

from typing import Any

import numpy as np

from solvers.jit import leaf, spliced
from solvers.loads import NO_SHIPMENT, judged_s, rides, timing_cost
from solvers.packed import Packed
from solvers.pricing_large_space import Large


@leaf
def price_arcs(model: Packed, col: int, arc_from: int, work: Large) -> float:
    """Write what each bin of the column's node pays per unit, infinite where it cannot ride; how many units reach."""
    out, arcs = work.cols[col], work.arcs
    node = work.nodes[out.node]
    out.arc_from = arc_from - node.bin_from
    reached = 0.0
    for b in range(node.bin_from, node.bin_to):
        bin_ = work.bins[b]
        cost = np.inf
        if bin_.part_to > bin_.part_from:
            cost = _price_whole(model, col, b, work)
        elif reaches(model, col, b, work):
            cost = unit_cost(out, bin_)
        arcs[out.arc_from + b] = cost
        if cost < np.inf:
            reached += bin_.limit
    return reached


@spliced
def unit_cost(col: Any, bin_: Any) -> float:
    """What a unit of a bin pays on a column."""
    cost = bin_.cost + col.per_unit + col.per_line * bin_.share + col.per_g * bin_.weight + col.per_cm3 * bin_.volume
    total: float = (
        cost
        + col.per_value * bin_.value
        + col.per_handling * bin_.handling
        + col.per_work * bin_.work
        + col.per_duty * bin_.duty
    )
    return total


@leaf
def reaches(model: Packed, col: int, at: int, work: Large) -> bool:
    """(P5), and (P7) for a bin alone."""
    out, own = work.cols[col], work.bins[at]
    service, dispatch_s = model.offers[out.offer].service, model.departures[model.trips[out.trip].departure].dispatch_s
    if not rides(model, out.candidate, own.position, service, dispatch_s):
        return False
    order = work.state[0].order
    if not model.orders[order].hard_window:
        return True
    judged = judged_s(model, order, out.offer, out.trip, own.ready_s)
    return bool(timing_cost(model, order, judged, own.latest_s) != NO_SHIPMENT)


@leaf
def _price_whole(model: Packed, col: int, at: int, work: Large) -> float:
    """What all units of a whole pay at least, each line from its cheapest bins that can ride."""
    out, bins = work.cols[col], work.bins
    total, first, last = 0.0, bins[at].part_from, bins[at].part_to
    while first < last:
        line, end = bins[first].line, first
        while end < last and bins[end].line == line:
            bins[end].scratch = unit_cost(out, bins[end]) if reaches(model, col, end, work) else np.inf
            end += 1
        left = float(model.lines[line].quantity)
        while left > 0.0:
            least, which = np.inf, -1
            for part in range(first, end):
                if bins[part].scratch < least:
                    least, which = bins[part].scratch, part
            if which < 0:
                return np.inf
            taken = min(left, bins[which].limit)
            total += taken * least
            left -= taken
            bins[which].scratch = np.inf
        first = end
    return total
