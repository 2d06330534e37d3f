"""Between plans and solutions of the compact model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import Network, pointers, ragged
from solvers.compact_layout import Layout
from solvers.compact_program import Compact
from solvers.execution import solve_lp, solve_mip
from solvers.judging import judge, unserved
from solvers.model import F64, I64, Patterns, SourcingModel
from solvers.patterns import concatenate, take
from solvers.program import Program
from solvers.stop import Stop

_COMPLETION_S = 5.0
# A start this close to the relaxation is good enough to prove with.
_CLOSE = 0.03
# Columns idle in the relaxation that cost more than this share of an order's mean are left out when a plan is sought.
_DEAR = 0.3
_START_GAP = 1e-3


class StandIns(NamedTuple):
    """Trips that others stand in for: candidate * num_trips + trip, rising, and the trip of the same candidate instead.

    The first entry matches nothing.
    """

    key: I64
    trip: I64


def plan_of(model: SourcingModel, network: Network, layout: Layout, x: F64) -> Patterns | None:
    """The plan that a solution states: one pattern per order of the network, exactly costed.

    A pattern that breaks a rule the model relaxes is given up: its order is left unserved. None where shared rows do
    not hold.
    """
    arc, part = ragged(layout.part_ptr[:-1], layout.part_ptr[1:])
    units = np.rint(x[layout.part_col[part]]) * layout.part_unit[part]
    quantity = np.bincount(arc, weights=units, minlength=len(network.arcs.slot)).astype(np.int64)
    judged = patterns_of(model, network, quantity)
    used = np.zeros(model.num_rows, np.int64)
    np.add.at(used, judged.draw_row, judged.draw)
    return None if np.any(used > model.row_capacity()) else judged


def patterns_of(model: SourcingModel, network: Network, quantity: I64) -> Patterns:
    """The patterns that put ``quantity`` units on each arc, int64[num_arcs], exactly costed, one per order.

    Those that break a rule are given up: their orders are left unserved. Together they may break shared rows.
    """
    arcs, slots = network.arcs, network.slots
    aboard = np.flatnonzero(quantity > 0)
    slot, of = np.unique(arcs.slot[aboard], return_inverse=True)
    at = np.searchsorted(network.orders, slots.order[slot])
    none = np.zeros(len(network.orders), np.int64)
    stated = Patterns(
        order=network.orders.astype(np.int32),
        cost=none,
        fill=none,
        ship_ptr=pointers(at, len(network.orders)),
        ship_cand=slots.cand[slot].astype(np.int32),
        ship_trip=slots.trip[slot].astype(np.int32),
        load_ptr=pointers(of, len(slot)),
        load_source=arcs.source[aboard].astype(np.int32),
        load_safety=arcs.safety[aboard],
        load_quantity=quantity[aboard],
        draw_ptr=np.zeros(len(network.orders) + 1, np.int64),
        draw_row=np.zeros(0, np.int32),
        draw=np.zeros(0, np.int64),
    )
    judged, rule = judge(model, stated, model.row_capacity())
    if rule.any():
        both = concatenate([judged, unserved(model, judged.order)])
        index = np.arange(len(rule))
        judged = take(both, np.where(rule > 0, index + len(rule), index))
    return judged


def start_of(
    model: SourcingModel, network: Network, compact: Compact, stand_ins: StandIns, warm: Patterns, stop: Stop
) -> F64 | None:
    """A solution of the program that states a plan, or None where the model has no such shipment or load.

    Shipments, loads and openings follow from the plan; what else there is (rate steps, parcels, overtime) the solver
    completes.
    """
    quantity = _loaded(model, network, stand_ins, warm)
    if quantity is None:
        return None
    layout, program = compact.layout, compact.program
    known = np.full(len(program.cost), np.nan)
    slots, arcs = network.slots, network.arcs
    for column, used in (
        (layout.slot_col, np.bincount(arcs.slot, weights=quantity) > 0),
        (np.where(layout.gate_owned, layout.gate_col, -1), np.bincount(arcs.pair, weights=quantity) > 0),
        (layout.node_col, np.bincount(slots.node[arcs.slot], weights=quantity, minlength=len(layout.node_col)) > 0),
    ):
        here = column >= 0
        known[column[here]] = 0.0
        np.maximum.at(known, column[here], used[here].astype(np.float64))
    part_col, part_value = _parts_of(layout, quantity)
    free = np.isnan(known[part_col])
    known[part_col[free]] = part_value[free]
    given = ~np.isnan(known)
    fixed = program._replace(lower=np.where(given, known, program.lower), upper=np.where(given, known, program.upper))
    outcome = solve_mip(fixed, stop, relative_gap=0.0, time_limit_s=_COMPLETION_S)
    return outcome.x


def improved_start(
    program: Program,
    num_orders: int,
    stop: Stop,
    hint: F64 | None,
    relative_gap: float,
    time_limit_s: float,
    seed: int,
) -> F64 | None:
    """A better start than ``hint``, searched among the columns that are cheap at the relaxation's prices.

    With a good plan at hand HiGHS proves 1,000 orders x 20 nodes to 0.1 % in 7 s; on its own it takes four to six times
    as long, most of it in search of one.
    """
    relaxed = solve_lp(program, stop)
    if relaxed is None or (hint is not None and program.cost @ hint <= relaxed.objective * (1 + _CLOSE)):
        return hint
    row = np.repeat(np.arange(len(program.row_lower)), np.diff(program.ptr))
    priced = np.bincount(program.col, weights=program.coef * relaxed.dual[row], minlength=len(program.cost))
    reduced = program.cost - priced
    dear = _DEAR * relaxed.objective / num_orders
    idle = program.integer & (relaxed.x <= program.lower + 1e-9) & (reduced > dear)
    if hint is not None:
        idle &= hint <= program.lower
    part = program._replace(upper=np.where(idle, program.lower, program.upper))
    gap = max(relative_gap, _START_GAP)
    outcome = solve_mip(part, stop, relative_gap=gap, time_limit_s=time_limit_s, hint=hint, seed=seed)
    return hint if outcome.x is None else outcome.x


def _loaded(model: SourcingModel, network: Network, stand_ins: StandIns, warm: Patterns) -> I64 | None:
    """Units the plan puts on each arc, int64[num_arcs]; None where some have no arc."""
    slots, arcs = network.slots, network.arcs
    num_trips = len(model.trips.departure)
    ship = np.repeat(np.arange(len(warm.ship_cand)), np.diff(warm.load_ptr))
    cand, trip = warm.ship_cand.astype(np.int64), warm.ship_trip.astype(np.int64)
    gone = np.minimum(np.searchsorted(stand_ins.key, cand * num_trips + trip), len(stand_ins.key) - 1)
    trip = np.where(stand_ins.key[gone] == cand * num_trips + trip, stand_ins.trip[gone], trip)
    key = (cand * num_trips + trip)[ship]
    slot_key = slots.cand * num_trips + slots.trip
    at = np.minimum(np.searchsorted(slot_key, key), slots.num - 1)
    if not np.array_equal(slot_key[at], key):
        return None
    num_sources = len(model.sources.line)
    arc_key = (arcs.slot * num_sources + arcs.source) * 2 + arcs.safety
    load_key = (at * num_sources + warm.load_source) * 2 + warm.load_safety
    arc = np.minimum(np.searchsorted(arc_key, load_key), len(arc_key) - 1)
    if not np.array_equal(arc_key[arc], load_key):
        return None
    quantity = np.zeros(len(arc_key), np.int64)
    np.add.at(quantity, arc, warm.load_quantity)
    return quantity if np.all(quantity <= arcs.most) else None


def _parts_of(layout: Layout, quantity: I64) -> tuple[I64, F64]:
    """Values of the columns that make up loads: all of it in the one part that states it alone, else in the first."""
    arc, part = ragged(layout.part_ptr[:-1], layout.part_ptr[1:])
    unit = layout.part_unit[part]
    alone = (unit == quantity[arc]) & (quantity[arc] > 0)
    told = np.bincount(arc[alone], minlength=len(quantity)) > 0
    first = part == layout.part_ptr[arc]
    value = np.where(alone, 1.0, np.where(first & ~told[arc], quantity[arc] / unit, 0.0))
    return layout.part_col[part], value
