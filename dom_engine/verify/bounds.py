"""``order_bounds.csv`` and the certified lower bound, against our own pricing of every order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.exact import Integers, integers, plus, sum_by, times, total
from dom_engine.certificate.bound import BoundReport, certified_bound
from dom_engine.certificate.paid import order_costs, prices_paid
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import I64, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.domain.rows import PricedRows
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import StatedTable
from dom_engine.units import money_text
from dom_engine.verify.amounts import Tolerances, rounds
from dom_engine.verify.findings import Findings, Unproven

MAX_ORDERS_NAMED = 20


@dataclass(frozen=True, slots=True)
class BoundCheck:
    """Our own L at the stated prices, and the orders we could only bound from below."""

    lower_bound_micros: int
    relaxed_orders: tuple[str, ...]


def check_bounds(
    auditor: Auditor,
    table: StatedTable,
    summary: Mapping[str, Any],
    rows: PricedRows,
    plan: Plan,
    evaluation: Evaluation,
    allowed: Tolerances,
    findings: Findings,
) -> BoundCheck | None:
    """Costs, priced minima and L; None when ``order_bounds.csv`` does not hold each order once."""
    problem = auditor.problem
    if not np.array_equal(table.values["order"], np.arange(len(problem.orders))):
        findings.add(table.file, "order", "MISSING", "does not hold every order once, sorted by order")
        return None
    pricing = Pricing(problem, rows, auditor)
    cost = order_costs(pricing, plan, evaluation)
    findings.compare(
        table.file, "cost", table.values["cost"], cost, _cost_tolerance(problem, plan, allowed), money_text
    )
    report = certified_bound(problem, rows, auditor)
    ceilings = _ceilings(pricing, cost, prices_paid(pricing, plan, evaluation))
    minima = _check_minima(auditor, table, report, ceilings, findings)
    stated = _check_lower_bound(problem, summary, floor(minima + report.answers_micros), findings)
    relaxed = _note_relaxed(problem, report, findings)
    if stated is not None:
        _note_unproven(problem, table.values["priced_minimum"], report, stated, findings)
    return BoundCheck(report.lower_bound_micros, relaxed)


def _cost_tolerance(problem: Problem, plan: Plan, allowed: Tolerances) -> I64:
    """How far an order's cost may differ: as far as its shipments, splits and unmet units together."""
    num_orders = len(problem.orders)
    shipped = sum((allowed.shipments[term] for term in SHIPMENT_TERMS), np.zeros(len(plan.shipments), np.int64))
    order = plan.shipments.order_idx
    splits = np.maximum(0, np.bincount(order, minlength=num_orders) - 1) * int(rounds(problem, "split"))
    unmet = sum_by(problem.lines.order_idx, allowed.unmet, num_orders)
    tolerance: I64 = sum_by(order, shipped, num_orders) + splits + unmet
    return tolerance


def pattern_tolerance(problem: Problem) -> I64:
    """How far the price of a pattern of each order may differ between implementations, in micros.

    As many amounts as a shipment may have that are rounded, for as many shipments as the order has units; a micro
    more for the rounding of the file.
    """
    lines, orders = problem.lines, problem.orders
    stages = len(np.unique(problem.rates.stage)) if len(problem.rates) else 0
    duties = len(problem.duties) > 0
    carbon = problem.policy.carbon_cost_per_kg_micros > 0
    late = any(not float(factor).is_integer() for factor in problem.policy.priority_factor.values())
    weights = problem.weights
    per_shipment = stages + carbon + (late or rounds(problem, "handling")) + 2 * rounds(problem, "preference")
    per_unit = duties + sum(rounds(problem, term) for term in ("handling", "safety_stock", "substitution", "split"))
    unmet = late or problem.policy.unmet_value_pct != 0 or not float(weights.unmet).is_integer()
    units = np.zeros(len(orders), np.int64)
    np.add.at(units, lines.order_idx, lines.quantity)
    num_lines = np.diff(orders.line_ptr)
    shipments = np.minimum(units, 4 * np.maximum(1, num_lines))
    tolerance: I64 = 1 + per_shipment * shipments + (per_unit + unmet) * units
    return tolerance


def _check_minima(
    auditor: Auditor,
    table: StatedTable,
    report: BoundReport,
    ceilings: _Ceilings,
    findings: Findings,
) -> Fraction:
    """Check each stated minimum, and return the sum of ours where both are exact and of the stated ones elsewhere.

    A stated minimum that is said to be a relaxation may be as low as it likes, but no higher than ours, or than what
    the patterns we know pay (the plan's own, and none at all) where ours is a relaxation too. One said to be exact
    equals ours, or lies between our relaxation and what those patterns pay.
    """
    claim, stated_exact = table.values["priced_minimum"], table.values["exact"] != 0
    slack = pattern_tolerance(auditor.problem)
    own = integers(report.order_minimum)
    least, most = own // report.scale, -(-own // report.scale)
    above = claim > plus(np.where(report.exact, most, ceilings.rounded_up), slack)
    below = stated_exact & (claim < plus(least, -slack))

    def describe(order: int) -> tuple[str, object, object]:
        ours = money_text(int(least[order]))
        if not above[order]:
            what = "not the least a pattern pays" if report.exact[order] else "less than any pattern pays"
        elif report.exact[order]:
            what = "no bound: a pattern pays less"
        else:
            what, ours = "no bound: " + ceilings.told(order), money_text(int(ceilings.rounded_down[order]))
        return what, money_text(int(claim[order])), ours

    findings.add_rows(table.file, "priced_minimum", "DIFFERS", np.flatnonzero(above | below).tolist(), describe)
    ours = report.exact & stated_exact
    return Fraction(total(own[ours]), report.scale) + total(claim[~ours])


@dataclass(frozen=True, slots=True)
class _Ceilings:
    """The least that the patterns we know of each order pay, in micros; ``unserved`` where that is to ship nothing."""

    rounded_down: Integers
    rounded_up: Integers
    unserved: Flags

    def told(self, order: int) -> str:
        """Which pattern pays so little."""
        return "leaving it unserved pays less" if self.unserved[order] else "the plan's own pattern pays less"


def _ceilings(pricing: Pricing, cost: I64, paid: Integers) -> _Ceilings:
    lines, scale = pricing.problem.lines, pricing.scale
    shipping = plus(times(cost, scale), paid)
    unserved = sum_by(lines.order_idx, times(pricing.unmet, lines.quantity), len(cost))
    least = integers(list(map(min, shipping.tolist(), unserved.tolist())))
    return _Ceilings(least // scale, -(-least // scale), unserved < shipping)


def _check_lower_bound(problem: Problem, summary: Mapping[str, Any], expected: int, findings: Findings) -> int | None:
    """``certified_lower_bound``: the sum of the minima and of what the rows answer, rounded down.

    Returns what is stated.
    """
    stated = summary.get("certified_lower_bound_micros")
    key = "certified_lower_bound_micros"
    if not isinstance(stated, int) or isinstance(stated, bool):
        findings.add(SUMMARY_FILE, key, "MISSING", "is not an integer", stated=stated, expected=expected)
        return None
    slack = int(pattern_tolerance(problem).sum())
    if abs(stated - expected) > slack:
        what = "more than the prices prove" if stated > expected else "not what the prices prove"
        findings.add(SUMMARY_FILE, key, "DIFFERS", what, stated=money_text(stated), expected=money_text(expected))
    elif stated != expected:
        findings.notes.append(
            f"certified_lower_bound is {stated - expected:+d} micros from ours, within rounding ({slack} micros)"
        )
    return stated


def _note_relaxed(problem: Problem, report: BoundReport, findings: Findings) -> tuple[str, ...]:
    relaxed = tuple(problem.orders.ids[int(order)].as_py() for order in np.flatnonzero(~report.exact))
    if relaxed:
        findings.notes.append(
            f"{len(relaxed)} orders are too large to price exactly here, and count in the bound with a relaxation of "
            f"our own: {_named(relaxed)}"
        )
    return relaxed


def _note_unproven(problem: Problem, claim: I64, report: BoundReport, stated: int, findings: Findings) -> None:
    """Say so where the stated L is more than ours: which minima it rests on, that we could only bound from below."""
    if stated - report.lower_bound_micros <= int(pattern_tolerance(problem).sum()):
        return
    beyond = plus(claim, -(integers(report.order_minimum) // report.scale))
    rests: list[int] = np.flatnonzero(~report.exact & (beyond > 0)).tolist()
    rests.sort(key=lambda order: (-int(beyond[order]), order))
    orders = {problem.orders.ids[order].as_py(): int(beyond[order]) for order in rests}
    unproven = Unproven(SUMMARY_FILE, "certified_lower_bound_micros", stated, report.lower_bound_micros, orders)
    findings.unproven.append(unproven)
    named = [f"{order} (+{money_text(micros)})" for order, micros in orders.items()]
    findings.notes.append(
        f"of the stated certified_lower_bound {money_text(stated)} we prove {money_text(unproven.proven_micros)}; "
        f"{money_text(unproven.unproven_micros)} rest on stated minima beyond our relaxation of {_named(named)}"
    )


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:MAX_ORDERS_NAMED]) + (", ..." if len(names) > MAX_ORDERS_NAMED else "")
