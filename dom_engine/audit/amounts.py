"""The amounts of section 5 that belong to one shipment, exact to the micro: raw, then times their weights."""

from __future__ import annotations

import numpy as np

from dom_engine.audit.exact import (
    Integers,
    ceil_div,
    int64,
    plus,
    ratio,
    ratios,
    round_half_even,
    sum_by,
    times,
    weigh,
)
from dom_engine.audit.loads import Loads
from dom_engine.audit.network import SELLER_BEARS, Network
from dom_engine.audit.stages import RateBook, stage_costs_micros
from dom_engine.audit.tables import Indices
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Allocations
from dom_engine.domain.result import ShipmentFacts
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.trade import Incoterm, Stage
from dom_engine.units import SECONDS_PER_DAY


class _Amounts:
    """Sums of raw and weighted amounts by term, one entry per shipment."""

    def __init__(self, network: Network, num_shipments: int) -> None:
        self._weights = network.problem.weights
        self.raw = {term: np.zeros(num_shipments, np.int64) for term in SHIPMENT_TERMS}
        self.weighted = {term: np.zeros(num_shipments, np.int64) for term in SHIPMENT_TERMS}

    def add(self, term: str, raw_micros: I64) -> None:
        """Add one amount per shipment."""
        self.raw[term] = int64(plus(self.raw[term], raw_micros))
        weighted = weigh(raw_micros, self._weights.of(term))
        self.weighted[term] = int64(plus(self.weighted[term], weighted))

    def add_by(self, term: str, idx: I64, raw_micros: I64, count: I64 | None = None) -> None:
        """Add amounts of shipment ``idx[i]``: each is rounded, then counted ``count`` times."""
        num = len(self.raw[term])
        weighted = weigh(raw_micros, self._weights.of(term))
        for sums, amounts in ((self.raw, raw_micros), (self.weighted, weighted)):
            counted = amounts if count is None else times(amounts, count)
            sums[term] = int64(plus(sums[term], sum_by(idx, counted, num)))


def shipment_facts(network: Network, book: RateBook, loads: Loads, allocations: Allocations) -> ShipmentFacts:
    """Instants, measures and amounts of each shipment.

    Parameters
    ----------
    loads
        ``load_shipments`` of the same allocations.

    Raises
    ------
    OverflowError
        When an amount leaves 64 bits.
    """
    problem = network.problem
    orders, nodes = problem.orders, problem.nodes
    order, node = loads.order_idx, loads.node_idx
    delivery_s = network.delivery_s(order, loads.lane_idx, loads.dispatch_s, loads.arrival_s, loads.ready_s)
    judged_s = network.judged_s(delivery_s, loads.arrival_s)
    days_late = _started_days(judged_s - loads.latest_s)
    days_early = _started_days(orders.earliest_s[order] - judged_s)

    amounts = _Amounts(network, len(loads))
    _add_stages(amounts, network, book, loads)
    _add_duties(amounts, network, loads, allocations)
    amounts.add("handling", nodes.shipment_cost_micros[node])
    every = np.arange(len(loads))
    amounts.add_by("handling", every, nodes.line_cost_micros[node], loads.lines)
    amounts.add("preference", nodes.preference_cost_micros[node])
    unpreferred = ~network.is_preferred(order, loads.service_idx)
    amounts.add("preference", np.where(unpreferred, orders.unpreferred_cost_micros[order], 0))
    late = times(orders.late_cost_per_day_micros[order], days_late)
    factors, denominator = priority_factors(network, order)
    amounts.add("late", round_half_even(times(late, factors), denominator))
    amounts.add("early", int64(times(orders.early_cost_per_day_micros[order], days_early)))
    co2, co2_denominator = _co2(network, loads)
    per_kg = problem.policy.carbon_cost_per_kg_micros
    amounts.add("carbon", round_half_even(times(co2, per_kg), co2_denominator * 1_000))
    _add_unit_costs(amounts, network, allocations)
    return ShipmentFacts(
        delivery_at_s=delivery_s,
        judged_at_s=judged_s,
        arrival_at_s=loads.arrival_s,
        units=loads.units,
        lines=loads.lines,
        parcels=loads.parcels,
        weight_g=loads.weight_g,
        billable_g=loads.billable_g,
        distance_m=loads.distance_m,
        co2_g=round_half_even(co2, co2_denominator),
        days_late=days_late,
        days_early=days_early,
        raw_micros=amounts.raw,
        weighted_micros=amounts.weighted,
    )


def priority_factors(network: Network, order_idx: Indices) -> tuple[Integers, int]:
    """Each order's multiplier on unmet and late: numerators and their common denominator."""
    factors = network.problem.policy.priority_factor
    priority = network.problem.orders.priority
    column = np.ones(len(priority))
    for exact_priority, factor in factors.items():
        column[priority == exact_priority] = factor
    numerators, denominator = ratios(column)
    return numerators[order_idx], denominator


def _started_days(elapsed_s: I64) -> I64:
    return np.maximum(0, int64(ceil_div(elapsed_s, SECONDS_PER_DAY)))


def _add_stages(amounts: _Amounts, network: Network, book: RateBook, loads: Loads) -> None:
    orders = network.problem.orders
    bears = SELLER_BEARS[orders.incoterm[loads.order_idx], orders.named_place[loads.order_idx]]
    for stage in Stage:
        if not book.has_stage[:, stage].any():
            continue
        costs = stage_costs_micros(network, book, loads, stage)
        sellers = bears[:, stage]
        amounts.add("insurance" if stage == Stage.INSURANCE else "freight", np.where(sellers, costs, 0))
        amounts.add("buyer", np.where(sellers, 0, costs))


def _add_duties(amounts: _Amounts, network: Network, loads: Loads, allocations: Allocations) -> None:
    problem = network.problem
    if not len(problem.duties):
        return
    aboard = allocations.shipment_idx
    item = problem.positions.item_idx[allocations.position_idx]
    pct = network.duty_pct(loads.order_idx[aboard], loads.node_idx[aboard], item)
    value = times(problem.lines.unit_price_micros[allocations.line_idx], allocations.quantity, pct)
    # One amount per shipment and line, whatever items and positions the line's units come from.
    per_pair = sum_by(loads.pair, value, len(loads.pair_line_idx))
    duty = round_half_even(per_pair, 100 * network.duty_denominator)
    shipment = loads.pair_shipment_idx
    sellers = problem.orders.incoterm[loads.order_idx[shipment]] == Incoterm.DDP
    amounts.add_by("duty", shipment[sellers], duty[sellers])
    amounts.add_by("buyer", shipment[~sellers], duty[~sellers])


def _co2(network: Network, loads: Loads) -> tuple[Integers, int]:
    """Grams of CO2 of each shipment: numerators and their denominator."""
    per_tkm, denominator = ratios(network.problem.services.co2_g_per_tkm)
    # g / 10^6 t times m / 10^3 km times g/tkm.
    grams = times(loads.billable_g, loads.distance_m, per_tkm[loads.service_idx])
    return grams, denominator * 1_000_000_000


def _add_unit_costs(amounts: _Amounts, network: Network, allocations: Allocations) -> None:
    problem = network.problem
    aboard, line = allocations.shipment_idx.astype(np.int64), allocations.line_idx
    position = allocations.position_idx
    amounts.add_by("handling", aboard, problem.positions.unit_cost_micros[position], allocations.quantity)
    safety = allocations.from_safety_stock
    cost = np.full(int(safety.sum()), problem.policy.safety_stock_cost_micros, np.int64)
    amounts.add_by("safety_stock", aboard[safety], cost, allocations.quantity[safety])
    other = problem.positions.item_idx[position] != problem.lines.item_idx[line]
    cost = problem.lines.substitute_cost_micros[line[other]]
    amounts.add_by("substitution", aboard[other], cost, allocations.quantity[other])


def unit_unmet_micros(network: Network) -> tuple[I64, I64]:
    """What one unallocated unit of each order line costs: raw and weighted."""
    problem = network.problem
    lines, policy = problem.lines, problem.policy
    pct, pct_denominator = ratio(policy.unmet_value_pct)
    factors, factor_denominator = priority_factors(network, lines.order_idx)
    base = times(lines.unmet_cost_micros, 100 * pct_denominator)
    share = times(lines.unit_price_micros, pct)
    raw = round_half_even(times(plus(base, share), factors), 100 * pct_denominator * factor_denominator)
    return raw, weigh(raw, problem.weights.unmet)
