"""Order by order: what a plan does, and the best it could have done with the rest of the plan left as it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dom_engine.audit import Auditor, evaluate
from dom_engine.audit.amounts import unit_unmet_micros
from dom_engine.audit.exact import int64, times
from dom_engine.domain.columns import I32, I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.formulation import build_model, patterns_of, plan_of
from dom_engine.scenario.results_format import instants_text
from solvers.decide import Decider, take_from
from solvers.judging import recost
from solvers.model import Prices
from solvers.patterns import concatenate, take

ORDER_TERMS = (*SHIPMENT_TERMS, "split", "unmet")
"""The terms that belong to one order: the rest are costs of rows that orders share."""


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The cheapest way of every order by itself; ``plan`` puts them side by side, and need not hold together.

    ``regret_micros`` is what an order's own terms cost more than that, int64[num_orders].
    """

    plan: Plan
    regret_micros: I64


def alternatives(problem: Problem, plan: Plan) -> Alternatives:
    """For each order the cheapest pattern from what the others leave, under the problem's weights.

    Parameters
    ----------
    plan
        Of this problem, audited.
    """
    formulation = build_model(problem)
    model = formulation.model
    chosen = recost(model, patterns_of(formulation, plan))
    left = model.row_capacity()
    np.subtract.at(left, chosen.draw_row, chosen.draw)
    decider, prices = Decider(model), Prices.zero(model)
    regret = np.zeros(model.num_orders, np.int64)
    best = []
    for order in range(model.num_orders):
        mine = take(chosen, np.array([order]))
        np.add.at(left, mine.draw_row, mine.draw)
        pattern = decider.decide(order, prices, left).pattern
        take_from(left, mine)
        regret[order] = max(0, int(mine.cost[0]) - int(pattern.cost[0]))
        best.append(pattern if regret[order] > 0 else mine)
    return Alternatives(plan_of(formulation, concatenate(best)), regret)


def order_terms(auditor: Auditor, plan: Plan) -> Mapping[str, I64]:
    """What every order pays by its own terms, unweighted, in micros: int64[num_orders] by name."""
    problem = auditor.problem
    evaluation = evaluate(problem, plan, auditor)
    num = len(problem.orders)
    found: dict[str, I64] = {}
    for term in SHIPMENT_TERMS:
        found[term] = _by_order(plan.shipments.order_idx, evaluation.shipments.raw_micros[term], num)
    shipments = np.bincount(plan.shipments.order_idx, minlength=num)
    found["split"] = np.maximum(0, shipments - 1) * problem.policy.split_cost_micros
    raw_unit, _ = unit_unmet_micros(auditor.network)
    unmet = int64(times(raw_unit, evaluation.unallocated))
    found["unmet"] = _by_order(problem.lines.order_idx, unmet, num)
    return found


def ways(problem: Problem, plan: Plan) -> list[str]:
    """Each order's shipments as a person says them: units, node, service, dispatch; empty where nothing ships."""
    ships = plan.shipments
    units = np.zeros(len(ships), np.int64)
    np.add.at(units, plan.allocations.shipment_idx, plan.allocations.quantity)
    nodes, services = problem.nodes.ids.to_pylist(), problem.services.ids.to_pylist()
    instants = instants_text(ships.dispatch_s).to_pylist()
    told: list[list[str]] = [[] for _ in range(len(problem.orders))]
    for row, order in enumerate(ships.order_idx.tolist()):
        by = f"{nodes[ships.node_idx[row]]} by {services[ships.service_idx[row]]}"
        told[order].append(f"{units[row]} from {by} {instants[row]}")
    return [" + ".join(one) for one in told]


def _by_order(order: I32, values: I64, num: int) -> I64:
    found = np.zeros(num, np.int64)
    np.add.at(found, order, values)
    return found
