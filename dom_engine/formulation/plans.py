"""Patterns <-> plan: the same shipments in the indices of the model and in those of the problem."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.errors import InternalError
from dom_engine.formulation.model import Formulation
from dom_engine.kernels.riding import find_trips
from solvers.model import Candidates, Patterns


def plan_of(formulation: Formulation, patterns: Patterns) -> Plan:
    """The plan that chosen patterns make, at most one per order; shipments and allocations in their canonical order."""
    model = formulation.model
    departure = model.trips.departure[patterns.ship_trip]
    order = model.candidates.order[patterns.ship_cand]
    node, service = model.departures.node[departure], model.departures.service[departure]
    dispatch_s = model.departures.dispatch_s[departure]
    by = np.lexsort((service, node, dispatch_s, order))
    rank = np.empty(len(by), np.int32)
    rank[by] = np.arange(len(by), dtype=np.int32)
    loaded = patterns.load_quantity > 0
    shipment = np.repeat(rank, np.diff(patterns.load_ptr))[loaded]
    source = patterns.load_source[loaded]
    line, position = model.sources.line[source], model.sources.position[source]
    safety, quantity = patterns.load_safety[loaded], patterns.load_quantity[loaded]
    at = np.lexsort((safety, position, line, shipment))
    return Plan(
        Shipments(order[by], node[by], service[by], dispatch_s[by]),
        Allocations(shipment[at], line[at], position[at], safety[at], quantity[at]),
    )


def patterns_of(formulation: Formulation, plan: Plan) -> Patterns:
    """One pattern per order with the shipments and loads of a plan, for warm starts and for costing a given plan.

    Costs, fill and draws are left at 0 and empty: ``solvers`` computes them from the loads.

    Raises
    ------
    InternalError
        When a shipment is no trip of the model, or something aboard could not ride: the plan must have passed
        its audit.
    """
    found = found_in(formulation, plan)
    if (found.trip < 0).any():
        raise InternalError(f"shipment {int(np.argmax(found.trip < 0))} of the plan is no trip of the model")
    if (found.source < 0).any():
        raise InternalError(f"allocation {int(np.argmax(found.source < 0))} of the plan is no source of its candidate")
    return patterns_from(formulation, plan, found)


class Found(NamedTuple):
    """What a plan's rows are in a model: each shipment's candidate and trip, each allocation's source; -1: nothing."""

    cand: I32
    trip: I32
    source: I32


def found_in(formulation: Formulation, plan: Plan) -> Found:
    """Look a plan's shipments and allocations up in the model."""
    model, ships, loads = formulation.model, plan.shipments, plan.allocations
    cand = _candidates_of(model.candidates, ships.order_idx, ships.node_idx, len(formulation.problem.nodes))
    trip = find_trips(model, cand, ships.service_idx, ships.dispatch_s)
    source = _sources_of(formulation, cand[loads.shipment_idx], loads.line_idx, loads.position_idx)
    return Found(cand, trip, source)


def patterns_from(formulation: Formulation, plan: Plan, found: Found) -> Patterns:
    """One pattern per order with a plan's shipments and loads, all of which were found; not costed."""
    ships, loads = plan.shipments, plan.allocations
    num_orders = formulation.model.num_orders
    nothing64, nothing32 = np.zeros(0, np.int64), np.zeros(0, np.int32)
    return Patterns(
        order=np.arange(num_orders, dtype=np.int32),
        cost=np.zeros(num_orders, np.int64),
        fill=np.zeros(num_orders, np.int64),
        ship_ptr=np.searchsorted(ships.order_idx, np.arange(num_orders + 1)).astype(np.int64),
        ship_cand=found.cand,
        ship_trip=found.trip,
        load_ptr=np.searchsorted(loads.shipment_idx, np.arange(len(ships) + 1)).astype(np.int64),
        load_source=found.source,
        load_safety=loads.from_safety_stock,
        load_quantity=loads.quantity,
        draw_ptr=np.zeros(num_orders + 1, np.int64),
        draw_row=nothing32,
        draw=nothing64,
    )


def _candidates_of(candidates: Candidates, order: I32, node: I32, num_nodes: int) -> I32:
    keys = candidates.order.astype(np.int64) * num_nodes + candidates.node
    return _find(keys, order.astype(np.int64) * num_nodes + node)


def _sources_of(formulation: Formulation, cand: I32, line: I32, position: I32) -> I32:
    """The source of each (candidate, line, position), -1 where there is none."""
    model = formulation.model
    owner = np.repeat(np.arange(len(model.candidates.order)), np.diff(model.candidates.source_ptr))
    num_positions = model.num_positions
    keys = model.sources.line.astype(np.int64) * num_positions + model.sources.position
    by = np.argsort(keys, kind="stable")
    found = _find(keys[by], line.astype(np.int64) * num_positions + position)
    hit: Flags = found >= 0
    source = np.full(len(found), -1, np.int32)
    source[hit] = by[found[hit]]
    # A line and a position fix order and node, hence the candidate: anything else is aboard the wrong
    # shipment.
    hit[hit] = owner[source[hit]] == cand[hit]
    return np.where(hit, source, -1).astype(np.int32)


def _find(keys: I64, wanted: I64) -> I32:
    """Index of each wanted key in rising ``keys``, -1 where it is not."""
    if not len(keys):
        return np.full(len(wanted), -1, np.int32)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1).astype(np.int32)
