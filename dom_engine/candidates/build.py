"""The candidates of a problem: who can ship what to whom, and on which trips (section 3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.candidates.duties import domestic_pairs, duty_pct
from dom_engine.candidates.lanes import lane_index_of
from dom_engine.candidates.offers import Timetable, build_timetable
from dom_engine.candidates.rules import line_rules, order_rules, service_rules, stock_index
from dom_engine.candidates.schedules import open_times_of, schedules_of
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.kernels.clocks import ready_instants
from dom_engine.kernels.distances import great_circle_m
from dom_engine.kernels.distinct import distinct_rows
from dom_engine.kernels.eligible import EligiblePairs, eligible_pairs
from dom_engine.kernels.lanes import ServiceRules, offers_of_pairs
from dom_engine.kernels.riding import Network, riding_sources
from solvers.model import Candidates, Departures, Items, Lines, Orders, Positions, Services, Sources


class Scored(NamedTuple):
    """Candidates with what could ride for them, and the timetable they choose from."""

    cand_ptr: I64
    candidates: Candidates
    sources: Sources
    timetable: Timetable


def position_ready_instants(problem: Problem) -> I64:
    """When the units of each position could leave for an order released at once, int64[num_positions]."""
    positions, clock = problem.positions, open_times_of(problem)
    start_s = np.maximum(positions.available_at_s, problem.now_s)
    node = positions.node_idx
    return ready_instants(clock[0][node], problem.nodes.handling_s[node], start_s, clock[1])


def _ready_for_orders(problem: Problem, pairs: EligiblePairs) -> I64:
    clock, times = open_times_of(problem)
    start_s = np.maximum(problem.orders.released_at_s, problem.now_s)[pairs.order]
    return ready_instants(clock[pairs.node], problem.nodes.handling_s[pairs.node], start_s, times)


def _distances(problem: Problem, pairs: EligiblePairs) -> I64:
    orders, nodes = problem.orders, problem.nodes
    return great_circle_m(
        pairs.order, pairs.node, orders.lat, orders.lon, orders.has_location, nodes.lat, nodes.lon, nodes.has_location
    )


def build_candidates(
    problem: Problem, orders: Orders, lines: Lines, services: Services, items: Items, positions: Positions
) -> Scored:
    """Every (order, node) pair that some trip can serve with some unit, and what could ride for it.

    A pair is a candidate when node and order allow each other, some service open to both has a lane at their
    distance, and some source rides on one of its trips: ready and not expired, its tags carried, a hard
    window kept as far as that can be told before loading. What depends on the load (weights, values, the
    tightest latest aboard) is the pricing kernel's to decide.

    Parameters
    ----------
    problem
        The validated problem.
    orders, lines, services, items, positions
        The same tables as the model's arrays; of ``orders`` only the windows are read, so its ``cand_ptr``
        may be empty.

    Notes
    -----
    Time and memory grow with the sources (line, position), not with orders times nodes.
    """
    pairs = eligible_pairs(order_rules(problem), line_rules(problem), stock_index(problem, positions.ready_s))
    distance_m = _distances(problem, pairs)
    schedules = schedules_of(problem)
    index, prefix = lane_index_of(problem)
    rule, allows = service_rules(problem)
    ptr, codes = offers_of_pairs(
        pairs.order,
        pairs.node,
        distance_m,
        problem.nodes.max_distance_m,
        ServiceRules(rule, allows, schedules.calls > 0, problem.orders.country_idx, prefix),
        index,
    )
    classes = distinct_rows(ptr, codes)
    timetable = build_timetable(problem, classes, schedules)
    candidates = Candidates(
        order=pairs.order,
        node=pairs.node,
        distance_m=distance_m,
        offer_class=classes.class_of,
        ready_s=_ready_for_orders(problem, pairs),
        domestic=domestic_pairs(problem, pairs.order, pairs.node),
        source_ptr=pairs.source_ptr,
    )
    nothing = np.zeros(0, np.int64)
    departures = Departures(
        timetable.departure_node, timetable.departure_service, timetable.dispatch_s, nothing, np.zeros(0, np.int32)
    )
    network = Network(timetable.offers, timetable.trips, departures, services, items, positions)
    rides = riding_sources(pairs.line, pairs.position, candidates, orders, lines, network)
    return _keep(problem, candidates, pairs, rides, timetable)


def _keep(
    problem: Problem, all_pairs: Candidates, pairs: EligiblePairs, rides: np.ndarray, timetable: Timetable
) -> Scored:
    """Drop the sources that never ride and the pairs left without any."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(rides)])
    num_riding = np.diff(before[pairs.source_ptr])
    kept = np.flatnonzero(num_riding)
    candidates = Candidates(
        order=all_pairs.order[kept],
        node=all_pairs.node[kept],
        distance_m=all_pairs.distance_m[kept],
        offer_class=all_pairs.offer_class[kept],
        ready_s=all_pairs.ready_s[kept],
        domestic=all_pairs.domestic[kept],
        source_ptr=np.concatenate([np.zeros(1, np.int64), np.cumsum(num_riding[kept])]),
    )
    line, position = pairs.line[rides], pairs.position[rides]
    owner = np.repeat(np.arange(len(kept)), num_riding[kept])
    pct = duty_pct(
        problem,
        candidates.order[owner],
        candidates.node[owner],
        candidates.domestic[owner],
        problem.positions.item_idx[position],
    )
    cand_ptr = np.searchsorted(candidates.order, np.arange(len(problem.orders) + 1)).astype(np.int64)
    return Scored(cand_ptr, candidates, Sources(line, position, pct), timetable)
