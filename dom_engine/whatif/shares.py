"""Who carries what a plan costs above the bound: its orders one by one, and the nodes that served them.

At the prices of a certificate every plan pays, above the bound, the sum of what each order pays above the least that it
could have paid (its own cost and its draws at those prices, less its priced minimum) and of what is left of priced
rows; both are never negative for a plan that keeps the rules (section 9).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.audit import Auditor, evaluate
from dom_engine.audit.exact import half_even, weigh_one
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.result import Certificate, Evaluation
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure


@dataclass(frozen=True, slots=True)
class Shares:
    """What each order pays above the least, int64[num_orders] weighted micros, and what no order pays.

    ``excess_micros`` and ``unused_micros`` sum to what the plan costs above the certified bound; ``own_micros`` is what
    each order costs by itself, without overtime, loads and nodes opened.
    """

    own_micros: I64
    excess_micros: I64
    unused_micros: int


def shares(auditor: Auditor, plan: Plan, certificate: Certificate, evaluation: Evaluation | None = None) -> Shares:
    """Share out what a plan costs above a bound that was certified for its problem."""
    paid = evaluation or evaluate(auditor.problem, plan, auditor)
    own = own_costs(auditor, plan, paid)
    excess = own + _at_prices(auditor, plan, certificate.rows) - certificate.order_priced_minimum_micros
    return Shares(own, excess, paid.objective_micros - certificate.lower_bound_micros - int(excess.sum()))


def own_costs(auditor: Auditor, plan: Plan, evaluation: Evaluation) -> I64:
    """What each order costs: its shipments, its splits and what it lacks; int64[num_orders]."""
    problem, ships = auditor.problem, plan.shipments
    own = np.zeros(len(problem.orders), np.int64)
    for term in SHIPMENT_TERMS:
        np.add.at(own, ships.order_idx, evaluation.shipments.weighted_micros[term].astype(np.int64))
    np.add.at(own, problem.lines.order_idx, evaluation.unmet_micros)
    made = np.bincount(ships.order_idx, minlength=len(own))
    own += np.maximum(0, made - 1) * weigh_one(problem.policy.split_cost_micros, problem.weights.split)
    return own


def _at_prices(auditor: Auditor, plan: Plan, rows: PricedRows) -> I64:
    """What each order's draws come to, int64[num_orders]."""
    problem, ships, loads = auditor.problem, plan.shipments, plan.allocations
    paid = np.zeros(len(problem.orders), np.int64)
    of_load = ships.order_idx[loads.shipment_idx]
    for kind, safety in ((RowKind.STOCK, False), (RowKind.SAFETY_STOCK, True)):
        price = np.zeros(len(problem.positions), np.int64)
        priced = rows.kind == kind
        price[rows.position_idx[priced]] = rows.price_micros[priced]
        drawn = loads.from_safety_stock == safety
        np.add.at(paid, of_load[drawn], price[loads.position_idx[drawn]] * loads.quantity[drawn])
    opened = set(zip(ships.node_idx.tolist(), ships.order_idx.tolist(), strict=True))
    for row in np.flatnonzero(rows.kind == RowKind.ACTIVATION).tolist():
        if (int(rows.node_idx[row]), int(rows.order_idx[row])) in opened:
            paid[rows.order_idx[row]] += rows.price_micros[row]
    return paid + _capacity_at_prices(auditor, plan, rows)


def _capacity_at_prices(auditor: Auditor, plan: Plan, rows: PricedRows) -> I64:
    problem, ships, known = auditor.problem, plan.shipments, auditor.capacity_rows
    paid = np.zeros(len(problem.orders), np.int64)
    drawn = np.flatnonzero(rows.kind == RowKind.CAPACITY)
    if not len(drawn):
        return paid
    keys = zip(
        rows.capacity_idx[drawn].tolist(), rows.starts_s[drawn].tolist(), rows.ends_s[drawn].tolist(), strict=True
    )
    price_of = dict(zip(keys, rows.price_micros[drawn].tolist(), strict=True))
    instances = zip(known.capacity_idx.tolist(), known.starts_s.tolist(), known.ends_s.tolist(), strict=True)
    price = [price_of.get(key, 0) for key in instances]
    loads, matching = auditor.loads_of(plan), known.matching_of(ships.node_idx, ships.service_idx, ships.dispatch_s)
    amounts = {measure: loads.measured(measure) for measure in Measure}
    for shipment, order in enumerate(ships.order_idx.tolist()):
        for row in matching[shipment].tolist():
            measure = Measure(int(problem.capacities.measure[known.capacity_idx[row]]))
            amount = price[row] * int(amounts[measure][shipment])
            paid[order] += half_even(amount, BASE_UNITS_PER_MEASURE[measure]) if amount else 0
    return paid


def by_node(plan: Plan, excess_micros: I64, num_nodes: int) -> I64:
    """Each order's excess, by the units that each node shipped of it; the last entry is of orders not shipped at all.

    int64[num_nodes + 1], summing to the whole.
    """
    ships, loads = plan.shipments, plan.allocations
    order, node = ships.order_idx[loads.shipment_idx].astype(np.int64), ships.node_idx[loads.shipment_idx]
    keys, place = np.unique(order * num_nodes + node, return_inverse=True)
    units = np.bincount(place, loads.quantity, minlength=len(keys)).astype(np.int64)
    of, at = keys // num_nodes, keys % num_nodes
    total = np.zeros(len(excess_micros), np.int64)
    np.add.at(total, of, units)
    found = np.zeros(num_nodes + 1, np.int64)
    left = excess_micros.copy()
    part = (excess_micros[of].astype(np.float64) * units / np.maximum(1, total[of])).astype(np.int64)
    np.add.at(found, at, part)
    np.subtract.at(left, of, part)
    # What rounding leaves goes to the first node of the order, so that the sum stays exact.
    first = np.unique(of, return_index=True)[1]
    np.add.at(found, at[first], left[of[first]])
    left[of[first]] = 0
    found[num_nodes] = left.sum()
    return found
