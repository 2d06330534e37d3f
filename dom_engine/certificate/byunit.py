"""Price an order of one line that pays by the unit at every node, whatever its size.

From each node it takes nothing, or q units up to what stock and capacities of units there give one order, and pays a
fixed amount and an amount a unit. So it exhausts some nodes, takes what is left from at most one more, and leaves the
rest out: every such choice is looked at. Amounts rounded once a shipment are bounded by half a micro each; what the
best choice pays is computed by the audit, and where no whole amount lies between, it is the minimum.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import ceil

import numpy as np

from dom_engine.audit.exact import ratio
from dom_engine.audit.network import SELLER_BEARS
from dom_engine.audit.stages import CLEARANCE
from dom_engine.certificate.charges import charge_loads, has_window
from dom_engine.certificate.options import LeafRules
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.trade import Stage
from dom_engine.domain.transport import Measure

_MOST_CHOICES = 100_000
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class _Node:
    """What a pair offers, in ``1/scale`` micros: ``fixed`` and ``unit`` without rounding, which takes off ``slack``."""

    pair: int
    offer: int
    dispatch: int
    source: int
    most: int
    fixed: Fraction
    unit: Fraction
    slack: Fraction


@dataclass(frozen=True, slots=True)
class ByUnit:
    """``minimum`` in ``1/scale`` micros; where not ``exact`` a lower bound of it."""

    minimum: int
    exact: bool


def price_by_unit(pricing: Pricing, block: Block, order: int, leaf: LeafRules | None = None) -> ByUnit | None:
    """The least that any pattern of the order pays; None where the order does not pay by the unit."""
    if leaf is not None and (leaf.within or leaf.drawn or leaf.loads):
        return None
    line = _only_line(pricing, order)
    if line < 0:
        return None
    first, last = (int(pair) for pair in np.searchsorted(block.pair_order, (order, order + 1)))
    nodes = []
    for pair in range(first, last):
        node = _node(pricing, block, order, line, pair)
        if node is None:
            return None
        if leaf is None or int(block.pair_node[pair]) not in leaf.without:
            nodes.append(node)
    quantity, unmet = int(pricing.problem.lines.quantity[line]), int(pricing.unmet[line])
    return _cheapest(pricing, block, nodes, quantity, unmet)


def _only_line(pricing: Pricing, order: int) -> int:
    """The order's line, where nothing but its units couples its shipments; else -1."""
    problem = pricing.problem
    orders, lines, policy = problem.orders, problem.lines, problem.policy
    line = int(orders.line_ptr[order])
    alone = int(orders.line_ptr[order + 1]) - line == 1
    if not alone or lines.pack[line] != 1 or lines.group_idx[line] != NONE_IDX or not orders.line_split[order]:
        return -1
    whole = orders.ship_complete[order] or orders.ship_together[order]
    if whole or orders.max_shipments[order] or pricing.split_micros or has_window(pricing, np.array([order]))[0]:
        return -1
    safety = orders.priority[order] <= policy.safety_stock_priority
    return -1 if safety or float(problem.weights.handling) % 1 else line


def _node(pricing: Pricing, block: Block, order: int, line: int, pair: int) -> _Node | None:
    problem, prices = pricing.problem, pricing.prices
    column, offer = int(block.column_ptr[pair]), int(np.searchsorted(block.offer_pair, pair))
    source = int(block.source_ptr[column])
    single = int(block.column_ptr[pair + 1]) - column == 1 and int(block.source_ptr[column + 1]) - source == 1
    single = single and int(np.searchsorted(block.offer_pair, pair + 1)) - offer == 1
    node, service = int(block.pair_node[pair]), int(block.offer_service[offer])
    key = node * len(problem.services) + service
    dispatch = int(prices.dispatches.ptr[key])
    if not single or int(prices.dispatches.ptr[key + 1]) - dispatch != 1:
        return None
    sources, dispatch_s = block.sources, int(prices.dispatches.instant_s[dispatch])
    item = int(block.column_item[column])
    rides = sources.ready_s[source] <= dispatch_s < sources.expires_s[source]
    heavy = problem.items.weight_g[item] or problem.items.volume_cm3[item]
    if not rides or heavy or sources.safety[source] or problem.nodes.min_shipment_value_micros[node]:
        return None
    charged = _charged(pricing, block, order, line, offer)
    if charged is None:
        return None
    fixed, unit, slack = charged
    most = min(int(problem.lines.quantity[line]), int(sources.limit[source]))
    rows, capacities = pricing.auditor.capacity_rows, problem.capacities
    for row in rows.matching(node, service, dispatch_s):
        capacity = rows.capacity_idx[row]
        measure = Measure(capacities.measure[capacity])
        if capacities.node_idx[capacity] != node or measure in (Measure.VALUE, Measure.WORK_H):
            return None
        if measure == Measure.UNITS:
            most = min(most, rows.total_limit(row))
        elif measure not in (Measure.KG, Measure.LITRES) and rows.total_limit(row) < 1:
            most = 0
    scale = pricing.scale
    fixed, unit, slack = fixed * scale, unit * scale + int(sources.unit_price[source]), slack * scale
    for number, measure in enumerate(prices.measures):
        per_base_unit = int(prices.dispatches.charges[dispatch, number])
        if measure == Measure.UNITS:
            unit += per_base_unit
        elif measure not in (Measure.KG, Measure.LITRES):
            fixed += per_base_unit
    fixed += prices.activation.get((node, order), 0) * scale
    return _Node(pair, offer, dispatch, source, most, fixed, unit, slack)


def _charged(
    pricing: Pricing, block: Block, order: int, line: int, offer: int
) -> tuple[Fraction, Fraction, Fraction] | None:
    """What a weightless shipment pays once, a unit, and what rounding may take off, in micros; or None."""
    problem, weights = pricing.problem, pricing.problem.weights
    rates, node = problem.rates, int(block.pair_node[block.offer_pair[offer]])
    crosses = bool(pricing.network.crosses_border(np.array([order]), np.array([node]))[0])
    if crosses and len(problem.duties):
        return None
    rate = int(problem.lanes.rate_idx[block.offer_lane[offer]])
    km = Fraction(int(block.offer_distance_m[offer]), 1_000)
    value = Fraction(int(problem.lines.unit_price_micros[line]))
    fixed, unit, slack = Fraction(0), Fraction(0), Fraction(0)
    for stage in Stage:
        rows = np.flatnonzero((rates.rate_idx == rate) & (rates.stage == stage))
        if not len(rows) or (stage in CLEARANCE and not crosses):
            continue
        at = int(rows[np.argmin(rates.weight_from_g[rows])])
        if rates.weight_from_g[at] > 0 or rates.minimum_micros[at]:
            return None
        borne = SELLER_BEARS[problem.orders.incoterm[order], problem.orders.named_place[order], stage]
        weight = weights.of("buyer" if not borne else "insurance" if stage == Stage.INSURANCE else "freight")
        if weight not in (0.0, 1.0):
            return None
        if weight == 0.0:
            continue

        def micros(amount: np.floating) -> Fraction:
            return 1_000_000 * Fraction(*ratio(float(amount)))

        fixed += int(rates.base_micros[at]) + micros(rates.per_km[at]) * km
        fixed += micros(rates.per_line[at]) + micros(rates.per_parcel[at])
        insured = Fraction(110, 100) if stage == Stage.INSURANCE else Fraction(1)
        unit += micros(rates.per_unit[at]) + micros(rates.per_unit_km[at]) * km
        unit += Fraction(*ratio(float(rates.pct_of_value[at]))) / 100 * insured * value
        slack += _HALF
    nodes, orders = problem.nodes, problem.orders
    handling, preference = int(weights.handling), Fraction(*ratio(weights.preference))
    fixed += handling * (int(nodes.shipment_cost_micros[node]) + int(nodes.line_cost_micros[node]))
    unpreferred = not pricing.network.is_preferred(np.array([order]), np.array([int(block.offer_service[offer])]))[0]
    for amount in (nodes.preference_cost_micros[node], orders.unpreferred_cost_micros[order] * unpreferred):
        weighed = preference * int(amount)
        if weighed.denominator != 1:
            return None
        fixed += weighed
    return fixed, unit, slack


def _cheapest(pricing: Pricing, block: Block, nodes: list[_Node], quantity: int, unmet: int) -> ByUnit | None:
    """The best choice's payment, against the least that rounding leaves possible."""
    served = [node for node in nodes if node.most > 0]
    bound, best = Fraction(unmet * quantity), Fraction(unmet * quantity)
    taken: list[tuple[_Node, int]] = []
    # A shipment that rounding makes cheaper than nothing: one unit each of these could spare half a micro.
    free = [node for node in served if node.fixed < node.slack]
    choices = 0
    for full, left in _exhausted(served, quantity):
        paid = sum((node.fixed + node.unit * node.most for node in full), Fraction(0))
        slack = sum((node.slack for node in full), Fraction(0))
        for last in [None, *(node for node in served if node not in full)]:
            choices += 1
            if choices > _MOST_CHOICES:
                return None
            units = min(left, last.most) if last is not None else 0
            if last is not None and not units:
                continue
            total = paid + unmet * (left - units)
            margin, off, moved = Fraction(unmet), slack, left
            if last is not None:
                total += last.fixed + last.unit * units
                margin, off, moved = last.unit, slack + last.slack, units - 1
            others = [node for node in free if node is not last and node not in full]
            spared = sorted((margin - node.unit - node.fixed + node.slack for node in others), reverse=True)
            off += sum((gain for gain in spared[: max(0, moved)] if gain > 0), Fraction(0))
            bound = min(bound, total - off)
            if total < best:
                best, taken = total, [(node, node.most) for node in full] + ([(last, units)] if last else [])
    paid_exactly = sum(_paid(pricing, block, node, units) for node, units in taken)
    paid_exactly += unmet * (quantity - sum(units for _, units in taken))
    least = ceil(bound)
    return ByUnit(least, exact=False) if least < paid_exactly else ByUnit(paid_exactly, exact=True)


def _exhausted(nodes: list[_Node], quantity: int) -> Iterator[tuple[tuple[_Node, ...], int]]:
    """Sets of nodes that the order can exhaust together, and the units then left."""
    waiting: list[tuple[tuple[_Node, ...], int, int]] = [((), 0, quantity)]
    while waiting:
        full, start, left = waiting.pop()
        yield full, left
        waiting += [
            ((*full, nodes[at]), at + 1, left - nodes[at].most)
            for at in range(start, len(nodes))
            if nodes[at].most <= left and nodes[at].most < quantity
        ]


def _paid(pricing: Pricing, block: Block, node: _Node, units: int) -> int:
    """What a shipment of so many units pays, by the audit's amounts, in ``1/scale`` micros."""
    column = np.array([[int(block.column_ptr[node.pair])]])
    charges = charge_loads(pricing, block, np.array([node.offer]), column, np.array([[units]]))
    paid = int(charges.paid[0, 0]) * pricing.scale + int(block.sources.unit_price[node.source]) * units
    for number, measure in enumerate(pricing.prices.measures):
        per_base_unit = int(pricing.prices.dispatches.charges[node.dispatch, number])
        paid += per_base_unit * int(charges.drawn(measure)[0, 0])
    opening = pricing.prices.activation.get((int(block.pair_node[node.pair]), int(block.pair_order[node.pair])), 0)
    return paid + opening * pricing.scale
