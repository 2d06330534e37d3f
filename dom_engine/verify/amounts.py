"""The amounts of shipments and unallocated lines, against our own, and how far two implementations may differ.

An amount is rounded to the micro, so another implementation may differ by 1 micro per amount; a column that sums
several, or counts a per-unit amount several times, by as many. Amounts that need no rounding leave no room.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.reasons import reasons
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Reason
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.trade import Stage
from dom_engine.scenario.results_read import StatedTable
from dom_engine.units import instant_text, money_text, thousandths_text
from dom_engine.verify.findings import Findings
from dom_engine.verify.plan import StatedPlan, check_sorted

# Amounts that are money as stated, times whole numbers: nothing is rounded unless their weight is broken.
_UNROUNDED = frozenset(
    {"handling", "preference", "early", "safety_stock", "substitution", "split", "load", "activation"}
)


@dataclass(frozen=True, slots=True)
class Tolerances:
    """How far amounts may differ, in micros: by shipment and term, by order line (unmet)."""

    shipments: dict[str, I64]
    unmet: I64

    def term(self, term: str) -> int:
        """How far the sum of a term may differ."""
        return int(self.shipments[term].sum())


def rounds(problem: Problem, term: str) -> bool:
    """Whether amounts of a term are rounded at all."""
    return term not in _UNROUNDED or not float(problem.weights.of(term)).is_integer()


def tolerances(auditor: Auditor, plan: StatedPlan, evaluation: Evaluation) -> Tolerances:
    """Count the rounded amounts behind each shipment's terms and each line's unmet cost."""
    problem, facts = auditor.problem, evaluation.shipments
    loads = auditor.loads_of(plan.plan)
    rate = np.append(problem.lanes.rate_idx, -1)[loads.lane_idx]
    stages = auditor.rates.has_stage[rate].sum(axis=1)
    insured = auditor.rates.has_stage[rate, Stage.INSURANCE].astype(np.int64)
    duties = facts.lines * int(len(problem.duties) > 0)
    one = np.ones(len(facts.units), np.int64)
    counts = {
        "freight": stages - insured,
        "insurance": insured,
        "duty": duties,
        "buyer": stages + duties,
        "handling": 1 + facts.lines + facts.units,
        "preference": 2 * one,
        "late": np.minimum(1, facts.days_late),
        "early": np.minimum(1, facts.days_early),
        "carbon": one,
        "safety_stock": facts.units,
        "substitution": facts.units,
    }
    shipments = {term: counts[term].astype(np.int64) * int(rounds(problem, term)) for term in SHIPMENT_TERMS}
    factors = problem.policy.priority_factor.values()
    whole = all(float(value).is_integer() for value in (problem.weights.unmet, *factors))
    exact = whole and problem.policy.unmet_value_pct == 0
    return Tolerances(shipments, np.zeros_like(evaluation.unallocated) if exact else evaluation.unallocated)


def check_shipments(
    table: StatedTable, plan: StatedPlan, evaluation: Evaluation, allowed: Tolerances, findings: Findings
) -> None:
    """Every column of ``shipments.csv`` that the plan determines."""
    facts, place = evaluation.shipments, plan.place
    for column, expected in (
        ("delivery_at", facts.delivery_at_s),
        ("judged_at", facts.judged_at_s),
        ("arrival_at", facts.arrival_at_s),
    ):
        findings.compare(table.file, column, table.values[column], expected[place], 0, _instant)
    for column, expected in (
        ("weight_kg", facts.weight_g),
        ("billable_kg", facts.billable_g),
        ("distance_km", facts.distance_m),
        ("co2_kg", facts.co2_g),
    ):
        findings.compare(table.file, column, table.values[column], expected[place], 0, thousandths_text)
    for column, expected in (
        ("units", facts.units),
        ("lines", facts.lines),
        ("parcels", facts.parcels),
        ("days_late", facts.days_late),
        ("days_early", facts.days_early),
    ):
        findings.compare(table.file, column, table.values[column], expected[place], 0, str)
    for term in SHIPMENT_TERMS:
        expected, tolerance = facts.weighted_micros[term][place], allowed.shipments[term][place]
        findings.compare(table.file, term, table.values[term], expected, tolerance, money_text)
    summed = sum((table.values[term].astype(object) for term in SHIPMENT_TERMS), np.zeros(len(place), object))
    differs = np.flatnonzero(summed != table.values["total"].astype(object))
    findings.add_rows(
        table.file,
        "total",
        "DIFFERS",
        differs.tolist(),
        lambda row: (
            "is not the sum of the terms",
            money_text(int(table.values["total"][row])),
            money_text(summed[row]),
        ),
    )


def _instant(instant_s: int) -> str:
    try:
        return instant_text(instant_s)
    except (OverflowError, ValueError, OSError):
        return f"{instant_s} s"


def check_unallocated(
    table: StatedTable,
    auditor: Auditor,
    plan: StatedPlan,
    evaluation: Evaluation,
    allowed: Tolerances,
    findings: Findings,
    *,
    judge_reasons: bool,
) -> None:
    """One row for each order line with unallocated units: quantity, cost and, for a feasible plan, reason."""
    lines = auditor.problem.lines
    check_sorted(table, ("order", "line"), findings)
    stated = table.values["line"]
    first: I64 = np.unique(stated, return_index=True)[1]
    repeated = np.setdiff1d(np.arange(len(stated)), first)
    findings.add_rows(
        table.file, "line", "REPEATED", repeated.tolist(), lambda _: ("the order line stands twice", "", "")
    )
    left = evaluation.unallocated[stated]
    extra = np.flatnonzero(left == 0)
    findings.add_rows(
        table.file, "line", "UNEXPECTED", extra.tolist(), lambda _: ("the plan serves this line in full", "", "")
    )
    for line in np.setdiff1d(np.flatnonzero(evaluation.unallocated), stated).tolist()[:50]:
        order = auditor.problem.orders.ids[int(lines.order_idx[line])].as_py()
        message = f"order {order}, line {lines.ids[line].as_py()} has unallocated units and no row"
        findings.add(table.file, "", "MISSING", message, expected=int(evaluation.unallocated[line]))
    findings.compare(table.file, "quantity", table.values["quantity"], left, 0, str)
    expected = evaluation.unmet_micros[stated]
    findings.compare(table.file, "unmet", table.values["unmet"], expected, allowed.unmet[stated], money_text)
    if judge_reasons:
        _check_reasons(table, auditor, plan, findings)


def _check_reasons(table: StatedTable, auditor: Auditor, plan: StatedPlan, findings: Findings) -> None:
    ours = reasons(auditor.problem, plan.plan, auditor)
    expected = {
        line: (reason.name, detail)
        for line, reason, detail in zip(ours.line_idx.tolist(), ours.reason, ours.detail, strict=True)
    }
    known = {reason.name for reason in Reason}
    stated = table.texts["reason"].to_pylist()
    differs = [
        row
        for row, line in enumerate(table.values["line"].tolist())
        if line in expected and stated[row] != expected[line][0]
    ]

    def describe(row: int) -> tuple[str, object, object]:
        reason, detail = expected[int(table.values["line"][row])]
        what = "is not the reason" if stated[row] in known else "is no reason of section 8"
        return f"{what}: {detail}", stated[row], reason

    findings.add_rows(table.file, "reason", "DIFFERS", differs, describe)
