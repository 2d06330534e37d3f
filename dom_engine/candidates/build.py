"""The candidates of a problem: who can ship what to whom, and on which trips (section 3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.candidates.duties import domestic_pairs, duty_pct
from dom_engine.candidates.lanes import lane_index_of
from dom_engine.candidates.offers import Timetable, build_timetable
from dom_engine.candidates.rules import line_rules, order_rules, service_rules, stock_index
from dom_engine.candidates.schedules import open_times_of, schedules_of
from dom_engine.domain.columns import I32, I64, Flags
from dom_engine.domain.problem import Problem
from dom_engine.kernels.clocks import ready_instants
from dom_engine.kernels.distances import great_circle_m
from dom_engine.kernels.distinct import DistinctRows, distinct_rows
from dom_engine.kernels.eligible import EligiblePairs, eligible_pairs
from dom_engine.kernels.lanes import ServiceRules, offers_of_pairs
from dom_engine.kernels.riding import riding_sources
from solvers.model import Candidates, Sources, SourcingModel


class Scored(NamedTuple):
    """Pairs with stock for each other, what could ride for them, and the timetable they choose from."""

    candidates: Candidates
    sources: Sources
    timetable: Timetable


def ready_at_nodes(problem: Problem, node: I32, start_s: I64) -> I64:
    """When handling that starts at an instant, or now where that has passed, is done at a node; int64[num]."""
    clock, times = open_times_of(problem)
    return ready_instants(clock[node], problem.nodes.handling_s[node], np.maximum(start_s, problem.now_s), times)


def build_candidates(problem: Problem, position_ready_s: I64) -> Scored:
    """Every (order, node) pair that allow each other and have stock in common, its sources and its offers.

    Time and memory grow with the sources (line, position), not with orders times nodes. A pair may turn out to be no
    candidate: ``keep_riding`` drops what no trip can carry.

    Parameters
    ----------
    problem
        The validated problem.
    position_ready_s
        int64[num_positions], when the units of each could leave for an order released at once.
    """
    orders, nodes = problem.orders, problem.nodes
    pairs = eligible_pairs(order_rules(problem), line_rules(problem), stock_index(problem, position_ready_s))
    order, node = pairs.order, pairs.node
    distance_m = great_circle_m(
        order, node, orders.lat, orders.lon, orders.has_location, nodes.lat, nodes.lon, nodes.has_location
    )
    classes, timetable = _offers(problem, order, node, distance_m)
    candidates = Candidates(
        order=order,
        node=node,
        distance_m=distance_m,
        offer_class=classes.class_of,
        ready_s=ready_at_nodes(problem, node, orders.released_at_s[order]),
        domestic=domestic_pairs(problem, order, node),
        source_ptr=pairs.source_ptr,
    )
    return Scored(candidates, _sources(problem, pairs, candidates.domestic), timetable)


def _offers(problem: Problem, order: I32, node: I32, distance_m: I64) -> tuple[DistinctRows, Timetable]:
    """Pairs by what they are offered, and the timetable of each such class."""
    schedules = schedules_of(problem)
    index, prefix = lane_index_of(problem)
    rule, allows = service_rules(problem)
    rules = ServiceRules(rule, allows, schedules.calls > 0, problem.orders.country_idx, prefix)
    classes = distinct_rows(*offers_of_pairs(order, node, distance_m, problem.nodes.max_distance_m, rules, index))
    return classes, build_timetable(problem, classes, schedules)


def _sources(problem: Problem, pairs: EligiblePairs, domestic: Flags) -> Sources:
    if not len(problem.duties) or domestic.all():
        return Sources(pairs.line, pairs.position, np.zeros(len(pairs.line)))
    owner = np.repeat(np.arange(len(pairs.order)), np.diff(pairs.source_ptr))
    item = problem.positions.item_idx[pairs.position]
    pct = duty_pct(problem, pairs.order[owner], pairs.node[owner], domestic[owner], item)
    return Sources(pairs.line, pairs.position, pct)


def keep_riding(model: SourcingModel) -> SourcingModel:
    """Drop the sources that no trip of their candidate can carry, and the candidates left without any; exact.

    What depends on the load (weights, values, the tightest latest aboard) is left to the pricing kernel.
    """
    return keep_sources(model, riding_sources(model))


def keep_sources(model: SourcingModel, riding: Flags) -> SourcingModel:
    """The model with the marked sources alone, and the candidates that have any."""
    cands, sources = model.candidates, model.sources
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(riding)])
    num_riding = np.diff(before[cands.source_ptr])
    kept = np.flatnonzero(num_riding)
    order = cands.order[kept]
    return model._replace(
        orders=model.orders._replace(cand_ptr=np.searchsorted(order, np.arange(model.num_orders + 1)).astype(np.int64)),
        candidates=Candidates(
            order=order,
            node=cands.node[kept],
            distance_m=cands.distance_m[kept],
            offer_class=cands.offer_class[kept],
            ready_s=cands.ready_s[kept],
            domestic=cands.domestic[kept],
            source_ptr=np.concatenate([np.zeros(1, np.int64), np.cumsum(num_riding[kept])]),
        ),
        sources=Sources(sources.line[riding], sources.position[riding], sources.duty_pct[riding]),
    )
