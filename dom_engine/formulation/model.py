"""Problem -> SourcingModel: the tables solvers read, and the way back from their indices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.candidates.build import build_candidates, keep_riding, ready_at_nodes
from dom_engine.candidates.rules import (
    covers,
    distinct_lists,
    judged_instants,
    stages_borne,
    uses_safety_stock,
)
from dom_engine.domain.columns import F64, I32, I64, freeze
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import Policy, Weights
from dom_engine.domain.trade import Incoterm
from dom_engine.errors import InputError
from dom_engine.formulation.amounts import exact, micros_per_unit, unmet_micros, weighted, weighted_one
from dom_engine.formulation.rows import build_rows, capacity_rows
from dom_engine.units import MICROS_PER_UNIT
from solvers.model import (
    NUM_STAGES,
    UNLIMITED,
    CostWeights,
    Departures,
    Items,
    Lines,
    Nodes,
    Orders,
    Positions,
    Services,
    SourcingModel,
    Tariffs,
    frozen,
)


@dataclass(frozen=True, slots=True)
class Formulation:
    """A problem's model, and what its indices stand for.

    Orders, lines, nodes, items, services and positions of ``model`` are the rows of the problem's tables; its
    tariffs are ``problem.rate_ids``. Offer i runs on lane ``offer_lane[i]``. Row 2 * num_positions + k is
    capacity ``capacity_idx[k]`` over ``[starts_s[k], ends_s[k])``. A trip is the node, service and instant of
    ``model.departures`` at ``model.trips.departure[trip]``.
    """

    problem: Problem
    model: SourcingModel
    offer_lane: I32
    capacity_idx: I32
    starts_s: I64
    ends_s: I64

    def __post_init__(self) -> None:
        freeze(self)


def build_model(problem: Problem) -> Formulation:
    """Score the candidates of a problem and state its sourcing model.

    Raises
    ------
    InputError
        When a weighted amount, or the cost of serving nothing, does not fit 64 bits.
    """
    services, items = _carriers(problem)
    positions = _positions(problem)
    scored = build_candidates(problem, positions.ready_s)
    timetable = scored.timetable
    instances = capacity_rows(problem, timetable)
    model = SourcingModel(
        weights=_cost_weights(problem.weights, problem.policy),
        orders=_orders(problem),
        lines=_lines(problem),
        candidates=scored.candidates,
        sources=scored.sources,
        offers=timetable.offers,
        trips=timetable.trips,
        departures=Departures(
            node=timetable.departure_node,
            service=timetable.departure_service,
            dispatch_s=timetable.dispatch_s,
            row_ptr=instances.row_ptr,
            row=instances.row + np.int32(2 * len(problem.positions)),
        ),
        tariffs=_tariffs(problem),
        nodes=_nodes(problem),
        services=services,
        items=items,
        positions=positions,
        rows=build_rows(problem, instances),
    )
    model = frozen(keep_riding(frozen(model)))
    return Formulation(problem, model, timetable.lane, instances.capacity_idx, instances.starts_s, instances.ends_s)


def _cost_weights(weights: Weights, policy: Policy) -> CostWeights:
    return CostWeights(
        freight=float(weights.freight),
        insurance=float(weights.insurance),
        duty=float(weights.duty),
        buyer=float(weights.buyer),
        # Handling has three amounts, each weighted by itself: the arrays hold them weighted already.
        handling=1.0,
        late=float(weights.late),
        early=float(weights.early),
        carbon=float(weights.carbon),
        carbon_cost_per_kg_micros=policy.carbon_cost_per_kg_micros,
    )


def _priority_factors(problem: Problem) -> F64:
    priority, factors = problem.orders.priority, problem.policy.priority_factor
    factor = np.ones(len(priority))
    for value, multiplier in factors.items():
        factor[priority == value] = multiplier
    return factor


def _orders(problem: Problem) -> Orders:
    orders, weights = problem.orders, problem.weights
    seller, buyer = stages_borne(problem)
    split_cost = weighted_one(problem.policy.split_cost_micros, weights.split)
    return Orders(
        cand_ptr=np.zeros(len(orders) + 1, np.int64),  # until it is settled who is a candidate
        line_ptr=orders.line_ptr,
        earliest_s=orders.earliest_s,
        hard_window=orders.hard_window,
        judge=judged_instants(problem),
        seller_stages=seller,
        buyer_stages=buyer,
        seller_duty=orders.incoterm == int(Incoterm.DDP),
        late_cost_per_day_micros=orders.late_cost_per_day_micros,
        late_factor=_priority_factors(problem),
        early_cost_per_day_micros=orders.early_cost_per_day_micros,
        max_shipments=orders.max_shipments,
        split_cost=np.full(len(orders), split_cost, np.int64),
        ship_complete=orders.ship_complete,
        ship_together=orders.ship_together,
        use_safety_stock=uses_safety_stock(problem),
        unpreferred_cost=weighted(orders.unpreferred_cost_micros, weights.preference),
    )


def _lines(problem: Problem) -> Lines:
    lines, orders, weights = problem.lines, problem.orders, problem.weights
    factor = _priority_factors(problem)[lines.order_idx]
    raw_unmet = unmet_micros(lines.unmet_cost_micros, lines.unit_price_micros, problem.policy.unmet_value_pct, factor)
    unmet_cost = weighted(raw_unmet, weights.unmet)
    if float(unmet_cost.astype(np.float64) @ lines.quantity.astype(np.float64)) >= UNLIMITED:
        raise InputError.single("order_lines", "the cost of serving nothing does not fit 64 bits", code="OVERFLOW")
    in_millionths = {value: round(exact(value) * MICROS_PER_UNIT) for value in np.unique(factor).tolist()}
    fill_weight = np.empty(len(lines), np.int64)
    for value, millionths in in_millionths.items():
        fill_weight[factor == value] = millionths
    return Lines(
        item=lines.item_idx,
        quantity=lines.quantity,
        pack=lines.pack,
        unsplit=~orders.line_split[lines.order_idx],
        group=_groups_within_orders(lines.group_idx, lines.order_idx),
        unit_price_micros=lines.unit_price_micros,
        latest_s=lines.latest_s,
        unmet_cost=unmet_cost,
        fill_weight=fill_weight,
        substitute_cost=weighted(lines.substitute_cost_micros, weights.substitution),
    )


def _groups_within_orders(group_idx: I32, order_idx: I32) -> I32:
    """Groups, unique per (order, label), counted from 0 within each order by first line; -1 stays."""
    grouped = np.flatnonzero(group_idx >= 0)
    counted = np.full(len(group_idx), -1, np.int32)
    if not len(grouped):
        return counted
    distinct, first, inverse = np.unique(group_idx[grouped], return_index=True, return_inverse=True)
    rank = np.empty(len(distinct), np.int64)
    rank[np.argsort(first)] = np.arange(len(distinct))
    order_of_rank = order_idx[grouped[np.sort(first)]]
    first_of_order = np.searchsorted(order_of_rank, order_idx[grouped])
    counted[grouped] = rank[inverse.reshape(-1)] - first_of_order
    return counted


@of_parts("services", "items")
def _carriers(problem: Problem) -> tuple[Services, Items]:
    services, items = problem.services, problem.items
    tag_classes = distinct_lists(items.tags)
    return (
        Services(
            max_weight_g=services.max_weight_g,
            max_parcel_g=services.max_parcel_g,
            kg_per_m3=services.kg_per_m3,
            co2_g_per_tkm=services.co2_g_per_tkm,
            carry=covers(services.carries, tag_classes),
        ),
        Items(weight_g=items.weight_g, volume_cm3=items.volume_cm3, tag_class=tag_classes.class_of),
    )


@of_parts("positions", "nodes", "calendars", "timezones", "now_s", "horizon_end_s", "weights")
def _positions(problem: Problem) -> Positions:
    positions = problem.positions
    return Positions(
        node=positions.node_idx,
        item=positions.item_idx,
        ready_s=ready_at_nodes(problem, positions.node_idx, positions.available_at_s),
        expires_s=positions.expires_at_s,
        unit_cost_micros=weighted(positions.unit_cost_micros, problem.weights.handling),
        work_s=positions.work_s,
    )


@of_parts("nodes", "weights")
def _nodes(problem: Problem) -> Nodes:
    nodes, weights = problem.nodes, problem.weights
    return Nodes(
        shipment_cost_micros=weighted(nodes.shipment_cost_micros, weights.handling),
        line_cost_micros=weighted(nodes.line_cost_micros, weights.handling),
        preference_cost=weighted(nodes.preference_cost_micros, weights.preference),
        activation_cost=weighted(nodes.activation_cost_micros, weights.activation),
        min_shipment_value_micros=nodes.min_shipment_value_micros,
    )


@of_parts("rates", "rate_ids")
def _tariffs(problem: Problem) -> Tariffs:
    rates = problem.rates
    key = rates.rate_idx.astype(np.int64) * NUM_STAGES + rates.stage
    return Tariffs(
        ptr=np.searchsorted(key, np.arange(len(problem.rate_ids) * NUM_STAGES + 1)).astype(np.int64),
        weight_from_g=rates.weight_from_g,
        base=rates.base_micros.astype(np.float64),
        per_kg=micros_per_unit(rates.per_kg),
        per_unit=micros_per_unit(rates.per_unit),
        per_line=micros_per_unit(rates.per_line),
        per_parcel=micros_per_unit(rates.per_parcel),
        per_km=micros_per_unit(rates.per_km),
        per_unit_km=micros_per_unit(rates.per_unit_km),
        per_kg_km=micros_per_unit(rates.per_kg_km),
        pct_of_value=rates.pct_of_value,
        minimum=rates.minimum_micros.astype(np.float64),
    )
