"""``order_bounds.csv`` and the certified lower bound, against our own pricing of every order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import Any

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.exact import sum_by
from dom_engine.certificate.bound import BoundReport, certified_bound
from dom_engine.certificate.paid import order_costs, prices_paid
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.domain.rows import PricedRows
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import StatedTable
from dom_engine.units import money_text
from dom_engine.verify.amounts import Tolerances, rounds
from dom_engine.verify.findings import Findings

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
    paid = prices_paid(pricing, plan, evaluation)
    ceilings = [Fraction(int(price), report.scale) + int(own) for price, own in zip(paid, cost, strict=True)]
    used = _check_minima(auditor, table, report, ceilings, findings)
    _check_lower_bound(problem, summary, report, used, findings)
    return BoundCheck(report.lower_bound_micros, _note_relaxed(problem, report, findings))


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
    ceilings: list[Fraction],
    findings: Findings,
) -> list[Fraction]:
    """Check each stated minimum, and return the one to sum: ours where both are exact, else the stated one.

    A stated minimum that is said to be a relaxation may be as low as it likes, but no higher than ours, or than what
    the plan's own pattern pays where ours is a relaxation too. One said to be exact equals ours, or lies between our
    relaxation and what the plan's own pattern pays.
    """
    stated, exact = table.values["priced_minimum"].tolist(), table.values["exact"].tolist()
    slack = pattern_tolerance(auditor.problem).tolist()
    used: list[Fraction] = []
    wrong: dict[int, tuple[str, object, object]] = {}
    for order, minimum in enumerate(report.order_minimum):
        own, claim = Fraction(minimum, report.scale), stated[order]
        used.append(own if report.exact[order] and exact[order] else Fraction(claim))
        if report.exact[order]:
            if claim > ceil(own) + slack[order]:
                wrong[order] = "no bound: a pattern pays less", money_text(claim), money_text(floor(own))
            elif exact[order] and claim < floor(own) - slack[order]:
                wrong[order] = "not the least a pattern pays", money_text(claim), money_text(floor(own))
        elif claim > ceil(ceilings[order]) + slack[order]:
            wrong[order] = "no bound: the plan's own pattern pays less", money_text(claim), _money(ceilings[order])
        elif exact[order] and claim < floor(own) - slack[order]:
            wrong[order] = "less than any pattern pays", money_text(claim), money_text(floor(own))
    findings.add_rows(table.file, "priced_minimum", "DIFFERS", sorted(wrong), wrong.__getitem__)
    return used


def _money(micros: Fraction) -> str:
    return money_text(floor(micros))


def _check_lower_bound(
    problem: Problem, summary: Mapping[str, Any], report: BoundReport, used: list[Fraction], findings: Findings
) -> None:
    """``certified_lower_bound``: the sum of the minima and of what the rows answer, rounded down."""
    expected = floor(sum(used, Fraction(0)) + report.answers_micros)
    stated = summary.get("certified_lower_bound_micros")
    key = "certified_lower_bound_micros"
    if not isinstance(stated, int) or isinstance(stated, bool):
        findings.add(SUMMARY_FILE, key, "MISSING", "is not an integer", stated=stated, expected=expected)
        return
    slack = int(pattern_tolerance(problem).sum())
    if abs(stated - expected) > slack:
        what = "more than the prices prove" if stated > expected else "not what the prices prove"
        findings.add(SUMMARY_FILE, key, "DIFFERS", what, stated=money_text(stated), expected=money_text(expected))
    elif stated != expected:
        findings.notes.append(
            f"certified_lower_bound is {stated - expected:+d} micros from ours, within rounding ({slack} micros)"
        )


def _note_relaxed(problem: Problem, report: BoundReport, findings: Findings) -> tuple[str, ...]:
    relaxed = [problem.orders.ids[int(order)].as_py() for order in np.flatnonzero(~report.exact)]
    if relaxed:
        named = ", ".join(relaxed[:MAX_ORDERS_NAMED]) + (", ..." if len(relaxed) > MAX_ORDERS_NAMED else "")
        findings.notes.append(
            f"{len(relaxed)} orders are too large to price exactly here; their stated minima were accepted up to what "
            f"the plan's own pattern pays, and where called exact from our relaxation on: {named}"
        )
    return tuple(relaxed)
