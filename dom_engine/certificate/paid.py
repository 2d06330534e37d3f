"""What the patterns of a plan pay at row prices: what no priced minimum may exceed."""

from __future__ import annotations

import numpy as np

from dom_engine.audit.amounts import unit_unmet_micros
from dom_engine.audit.exact import Integers, int64, plus, sum_by, times
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.result import Evaluation
from dom_engine.domain.settings import SHIPMENT_TERMS


def order_costs(pricing: Pricing, plan: Plan, evaluation: Evaluation) -> I64:
    """Each order's own cost in micros: its shipments, splits and unmet units (not the costs of shared rows).

    Raises
    ------
    OverflowError
        When a sum leaves 64 bits.
    """
    num_orders = len(pricing.problem.orders)
    order = plan.shipments.order_idx
    weighted = evaluation.shipments.weighted_micros
    shipped = sum_by(order, plus(*(weighted[term] for term in SHIPMENT_TERMS)), num_orders)
    splits = np.maximum(0, np.bincount(order, minlength=num_orders) - 1)
    unmet = sum_by(pricing.problem.lines.order_idx, evaluation.unmet_micros, num_orders)
    return int64(plus(shipped, times(splits, pricing.split_micros), unmet))


def prices_paid(pricing: Pricing, plan: Plan, evaluation: Evaluation) -> Integers:
    """What each order's pattern pays for the rows it draws on, in ``1/scale`` micros."""
    num_orders = len(pricing.problem.orders)
    paid = plus(
        _stock_paid(pricing, plan, num_orders),
        _capacities_paid(pricing, plan, num_orders),
        _activation_paid(pricing, plan, num_orders),
    )
    if not pricing.prices.fill_price_micros:
        return paid
    _, unmet = unit_unmet_micros(pricing.network)
    fill = plus(pricing.unmet, -times(unmet, pricing.scale))
    left = sum_by(pricing.problem.lines.order_idx, times(fill, evaluation.unallocated), num_orders)
    return plus(paid, left)


def _stock_paid(pricing: Pricing, plan: Plan, num_orders: int) -> Integers:
    rides = plan.allocations
    prices = np.where(
        rides.from_safety_stock,
        pricing.prices.safety[rides.position_idx],
        pricing.prices.stock[rides.position_idx],
    )
    order = plan.shipments.order_idx[rides.shipment_idx]
    return sum_by(order, times(prices, rides.quantity, pricing.scale), num_orders)


def _capacities_paid(pricing: Pricing, plan: Plan, num_orders: int) -> Integers:
    shipments = plan.shipments
    loads = pricing.auditor.loads_of(plan)
    charges = pricing.prices.charge_capacities(
        shipments.node_idx.astype(np.int64), shipments.service_idx.astype(np.int64), shipments.dispatch_s
    )
    paid: Integers = np.zeros(num_orders, np.int64)
    for column, measure in enumerate(pricing.prices.measures):
        amounts = times(loads.measured(measure), charges[:, column])
        paid = plus(paid, sum_by(shipments.order_idx, amounts, num_orders))
    return paid


def _activation_paid(pricing: Pricing, plan: Plan, num_orders: int) -> Integers:
    paid: Integers = np.zeros(num_orders, object)
    shipments = plan.shipments
    ships = set(zip(shipments.node_idx.tolist(), shipments.order_idx.tolist(), strict=True))
    for (node, order), price in pricing.prices.activation.items():
        if (node, order) in ships:
            paid[order] += price * pricing.scale
    return paid
