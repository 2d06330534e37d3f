"""A plan's exact amounts, from the problem and the plan alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.audit.amounts import priority_factors, shipment_facts, unit_unmet_micros
from dom_engine.audit.capacity import CapacityRows
from dom_engine.audit.exact import Integers, int64, round_half_even, sum_by, times, total, weigh_one
from dom_engine.audit.loads import Loads, load_shipments
from dom_engine.audit.network import Network
from dom_engine.audit.stages import rate_book
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, ShipmentFacts
from dom_engine.domain.settings import COST_TERMS, SHIPMENT_TERMS
from dom_engine.errors import InputError

MICRO_UNITS = 1_000_000


class Auditor:
    """The look-ups that every audit of one problem shares: build one and audit many plans with it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.network = Network(problem)
        self.rates = rate_book(problem)
        self.capacity_rows = CapacityRows(self.network)
        self._known_loads: tuple[Plan, Loads] | None = None
        self._known_facts: tuple[Plan, ShipmentFacts] | None = None

    def loads(self, shipments: Shipments, allocations: Allocations) -> Loads:
        """What is aboard any shipments, feasible or not, repeated or not."""
        return load_shipments(self.network, shipments, allocations)

    def facts(self, loads: Loads, allocations: Allocations) -> ShipmentFacts:
        """Instants, measures and amounts of any shipments; ``loads`` are those of the same allocations."""
        return shipment_facts(self.network, self.rates, loads, allocations)

    def loads_of(self, plan: Plan) -> Loads:
        """``loads`` of a plan, kept for whoever asks about the same plan next: feasibility, amounts, reasons."""
        if self._known_loads is None or self._known_loads[0] is not plan:
            self._known_loads = plan, self.loads(plan.shipments, plan.allocations)
        return self._known_loads[1]

    def facts_of(self, plan: Plan) -> ShipmentFacts:
        """``facts`` of a plan, kept likewise."""
        if self._known_facts is None or self._known_facts[0] is not plan:
            self._known_facts = plan, self.facts(self.loads_of(plan), plan.allocations)
        return self._known_facts[1]


def evaluate(problem: Problem, plan: Plan, auditor: Auditor | None = None) -> Evaluation:
    """Compute every amount of section 5 of a plan.

    The plan need not be feasible: what does not exist costs nothing (a shipment without lane arrives as it leaves),
    what is allocated beyond an order line's quantity leaves no unit unallocated, and a row drawn beyond its limit pays
    the rest as overtime.

    Parameters
    ----------
    auditor
        The look-ups of the same problem, to share them between calls.

    Raises
    ------
    InputError
        When an amount leaves 64 bits.
    """
    try:
        return _evaluate(auditor or Auditor(problem), plan)
    except OverflowError as error:
        raise InputError.single("orders", f"the amounts of a plan leave 64 bits ({error})", code="OVERFLOW") from error


def _evaluate(auditor: Auditor, plan: Plan) -> Evaluation:
    problem = auditor.problem
    loads, facts = auditor.loads_of(plan), auditor.facts_of(plan)
    raw = {term: total(facts.raw_micros[term]) for term in SHIPMENT_TERMS}
    weighted = {term: total(facts.weighted_micros[term]) for term in SHIPMENT_TERMS}

    splits = num_splits(loads, len(problem.orders))
    split = problem.policy.split_cost_micros
    raw["split"] = split * splits
    weighted["split"] = weigh_one(split, problem.weights.split) * splits

    _add_rows(auditor, loads, raw, weighted)
    _add_activation(problem, loads, raw, weighted)

    unallocated = np.maximum(0, plan.unallocated(problem.lines.quantity))
    raw_unit, weighted_unit = unit_unmet_micros(auditor.network)
    unmet_micros = int64(times(weighted_unit, unallocated))
    raw["unmet"] = total(times(raw_unit, unallocated))
    weighted["unmet"] = total(unmet_micros)
    return Evaluation(
        shipments=facts,
        unmet_micros=unmet_micros,
        unallocated=unallocated,
        raw_costs_micros={term: raw[term] for term in COST_TERMS},
        costs_micros={term: weighted[term] for term in COST_TERMS},
        weighted_unallocated_micro_units=total(times(unit_fill_micro_units(auditor.network), unallocated)),
    )


def num_splits(loads: Loads, num_orders: int) -> int:
    """Shipments beyond each order's first."""
    shipments = np.bincount(loads.order_idx, minlength=num_orders)
    return int(np.maximum(0, shipments - 1).sum())


def unit_fill_micro_units(network: Network) -> I64:
    """What one unallocated unit of each order line weighs under ``fill_first``, in millionths of a unit."""
    factors, denominator = priority_factors(network, network.problem.lines.order_idx)
    return round_half_even(times(factors, MICRO_UNITS), denominator)


def _add_rows(auditor: Auditor, loads: Loads, raw: dict[str, int], weighted: dict[str, int]) -> None:
    for terms in (raw, weighted):
        terms["overtime"] = terms["load"] = 0
    rows = auditor.capacity_rows
    used = rows.used(loads)
    for row in np.flatnonzero(used).tolist():
        cost = rows.cost(row, int(used[row]))
        raw["load"] += cost.load_micros
        raw["overtime"] += cost.overtime_micros
        weighted["load"] += cost.weighted_load_micros
        weighted["overtime"] += cost.weighted_overtime_micros


def _add_activation(problem: Problem, loads: Loads, raw: dict[str, int], weighted: dict[str, int]) -> None:
    costs = problem.nodes.activation_cost_micros[np.unique(loads.node_idx)].tolist()
    raw["activation"] = sum(costs)
    weighted["activation"] = sum(weigh_one(cost, problem.weights.activation) for cost in costs)


@dataclass(frozen=True, slots=True)
class StockUse:
    """Units drawn on each position: from free stock and from safety stock."""

    free: Integers
    safety: Integers


def stock_use(problem: Problem, allocations: Allocations) -> StockUse:
    """What the allocations draw on each position."""
    safety, position, quantity = (
        allocations.from_safety_stock,
        allocations.position_idx,
        allocations.quantity,
    )
    num = len(problem.positions)
    return StockUse(
        free=sum_by(position[~safety], quantity[~safety], num),
        safety=sum_by(position[safety], quantity[safety], num),
    )
