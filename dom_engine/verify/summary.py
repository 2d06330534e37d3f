"""``summary.json``: every figure against the plan's own, and the figures against one another."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.fill import least_unallocated
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Limit, Status
from dom_engine.domain.settings import COST_TERMS, SHIPMENT_TERMS
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import StatedResult
from dom_engine.units import MICROS_PER_UNIT, money_text
from dom_engine.verify.amounts import Tolerances, rounds
from dom_engine.verify.findings import Findings, Unproven

_RATIO_TOLERANCE = 1e-9


class SummaryCheck:
    """Reads the summary key by key; what is missing or of the wrong kind is a finding, and None."""

    def __init__(self, stated: Mapping[str, Any], findings: Findings) -> None:
        self._stated, self._findings = stated, findings

    def differs(self, key: str, message: str, stated: object = "", expected: object = "") -> None:
        """Note a difference."""
        self._findings.add(SUMMARY_FILE, key, "DIFFERS", message, stated=stated, expected=expected)

    def get(self, key: str) -> Any:
        """What stands at a key, its parts divided by dots; None where there is nothing."""
        found: Any = self._stated
        for part in key.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    def integer(self, key: str, *, optional: bool = False) -> int | None:
        """An integer; None where it may be null and is."""
        found = self.get(key)
        if isinstance(found, int) and not isinstance(found, bool):
            return found
        if found is not None or not optional:
            self._findings.add(SUMMARY_FILE, key, "MISSING", "is not an integer", stated=found)
        return None

    def number(self, key: str, *, optional: bool = False) -> float | None:
        """A number; None where it may be null and is."""
        found = self.get(key)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return float(found)
        if found is not None or not optional:
            self._findings.add(SUMMARY_FILE, key, "MISSING", "is not a number", stated=found)
        return None

    def amount(self, key: str, *, optional: bool = False) -> int | None:
        """An amount in micros, stated as integer and, to the same micro, as number."""
        parent, _, term = key.rpartition(".")
        # The terms of ``costs`` stand in ``costs_micros``; other amounts have a key of their own beside them.
        of_terms = parent in ("costs", "raw_costs")
        micros = self.integer(f"{parent}_micros.{term}" if of_terms else f"{key}_micros", optional=optional)
        value = self.number(key, optional=optional)
        if (micros is None) != (value is None):
            self.differs(key, "is null beside an integer that is not, or the other way round", value, micros)
        elif micros is not None and value is not None:
            off = abs(Fraction(value) * MICROS_PER_UNIT - micros)
            if off > 1 + abs(micros) // 10**15:
                self.differs(key, "is not its integer in micros", value, micros)
        return micros

    def ratio(self, key: str, expected: float | None) -> None:
        """A quotient of stated figures."""
        stated = self.number(key, optional=expected is None)
        if stated is None or expected is None:
            if stated is not None:
                self.differs(key, "has no meaning without a bound", stated)
        elif abs(stated - expected) > _RATIO_TOLERANCE * max(1.0, abs(expected)):
            self.differs(key, "is not what the figures give", stated, expected)


def check_summary(
    auditor: Auditor,
    stated: StatedResult,
    plan: Plan,
    evaluation: Evaluation,
    allowed: Tolerances,
    findings: Findings,
) -> None:
    """Check every figure of the summary but the certified bound, which ``bounds`` recomputes."""
    check, problem = SummaryCheck(stated.summary, findings), auditor.problem
    _check_costs(problem, check, stated, evaluation, allowed, len(plan.shipments))
    _check_fill(auditor, check, evaluation, findings)
    _check_kpis(problem, check, plan, evaluation)
    _check_bounds(problem, check, evaluation, findings)
    _check_run(check)


def _check_costs(
    problem: Problem,
    check: SummaryCheck,
    stated: StatedResult,
    evaluation: Evaluation,
    allowed: Tolerances,
    num_shipments: int,
) -> None:
    slack = _term_slack(problem, allowed, num_shipments)
    weighted: dict[str, int] = {}
    for term in COST_TERMS:
        for key, own in (("costs", evaluation.costs_micros), ("raw_costs", evaluation.raw_costs_micros)):
            micros = check.amount(f"{key}.{term}")
            if micros is not None and abs(micros - own[term]) > slack[term]:
                check.differs(f"{key}_micros.{term}", "is not what the plan costs", micros, own[term])
            if micros is not None and key == "costs":
                weighted[term] = micros
    columns = {term: ("shipments.csv", term) for term in SHIPMENT_TERMS} | {"unmet": ("unallocated.csv", "unmet")}
    for term, (file, column) in columns.items():
        total = sum(stated.tables[file].values[column].tolist())
        if weighted.get(term, total) != total:
            check.differs(f"costs_micros.{term}", f"is not the sum of {column} in {file}", weighted[term], total)
    for key in ("costs_micros", "raw_costs_micros", "costs", "raw_costs"):
        extra = sorted(set(check.get(key) or ()) - set(COST_TERMS))
        if extra:
            check.differs(key, f"has terms section 5 does not know: {', '.join(extra)}")
    objective = check.amount("objective")
    if objective is not None and len(weighted) == len(COST_TERMS) and objective != sum(weighted.values()):
        check.differs("objective_micros", "is not the sum of the costs", objective, sum(weighted.values()))


def _term_slack(problem: Problem, allowed: Tolerances, num_shipments: int) -> dict[str, int]:
    """How far the sum of each term may differ, in micros: the amounts it sums."""
    num_rows = len(problem.capacities) * (2 + problem.horizon_s // 80_000)
    slack = {term: allowed.term(term) for term in SHIPMENT_TERMS}
    slack["split"] = num_shipments * int(rounds(problem, "split"))
    slack["overtime"] = num_rows
    slack["load"] = num_rows * int(rounds(problem, "load"))
    slack["activation"] = len(problem.nodes) * int(rounds(problem, "activation"))
    slack["unmet"] = int(allowed.unmet.sum())
    return slack


def _check_fill(auditor: Auditor, check: SummaryCheck, evaluation: Evaluation, findings: Findings) -> None:
    problem = auditor.problem
    own = evaluation.weighted_unallocated_micro_units
    reached = check.amount("fill.weighted_unallocated")
    # A factor of more than six decimals is rounded once per unit.
    slack = int(evaluation.unallocated.sum()) if problem.policy.priority_factor else 0
    if reached is not None and abs(reached - own) > slack:
        check.differs("fill.weighted_unallocated_micros", "is not what the plan leaves out", reached, own)
    bound = check.amount("fill.lower_bound", optional=True)
    if bound is None:
        return
    if bound > own:
        check.differs("fill.lower_bound_micros", "is more than the plan leaves out", bound, own)
    elif bound > 0:
        proven = least_unallocated(problem, auditor)
        if bound > proven + slack:
            key = "fill.lower_bound_micros"
            findings.unproven.append(Unproven(SUMMARY_FILE, key, bound, proven, {}))
            findings.notes.append(
                f"of the stated fill.lower_bound {money_text(bound)} (weighted units) we prove {money_text(proven)}: "
                "that no plan serves more is the folder's word"
            )


def _kpis(problem: Problem, plan: Plan, evaluation: Evaluation) -> dict[str, int | float]:
    """The figures of section 8 but the cost per order, from the plan."""
    missing = evaluation.unallocated
    wanted = sum(problem.lines.quantity.tolist())
    shipping, shipments_each = np.unique(plan.shipments.order_idx, return_counts=True)
    num_shipments, num_orders = len(plan.shipments), len(problem.orders)
    left = sum(missing.tolist())
    return {
        "orders": num_orders,
        "lines": len(problem.lines),
        "units": wanted,
        "filled_units": wanted - left,
        "fill_rate": 1.0 if wanted == 0 else (wanted - left) / wanted,
        "complete_orders": num_orders - len(np.unique(problem.lines.order_idx[missing > 0])),
        "split_orders": int((shipments_each >= 2).sum()),
        "shipments": num_shipments,
        "parcels": sum(evaluation.shipments.parcels.tolist()),
        "shipments_per_order": 0.0 if num_shipments == 0 else num_shipments / len(shipping),
        "on_time_shipments": sum(days == 0 for days in evaluation.shipments.days_late.tolist()),
        "co2_kg": sum(evaluation.shipments.co2_g.tolist()) / 1_000,
    }


def _check_kpis(problem: Problem, check: SummaryCheck, plan: Plan, evaluation: Evaluation) -> None:
    for name, value in _kpis(problem, plan, evaluation).items():
        if isinstance(value, int):
            stated = check.integer(f"kpis.{name}")
            if stated is not None and stated != value:
                check.differs(f"kpis.{name}", "is not what the plan gives", stated, value)
        else:
            check.ratio(f"kpis.{name}", value)
    objective, per_order = check.get("objective_micros"), check.amount("kpis.cost_per_order")
    num_orders = len(problem.orders)
    if isinstance(objective, int) and per_order is not None:
        off = abs(per_order * num_orders - objective) if num_orders else abs(per_order)
        if off > num_orders:
            expected = objective // num_orders if num_orders else 0
            check.differs("kpis.cost_per_order_micros", "is not the objective per order", per_order, expected)


def _gap(objective: int, bound: int | None) -> float | None:
    """(objective - bound) / max(1, objective), from micros."""
    return None if bound is None else float(Fraction(objective - bound, max(objective, MICROS_PER_UNIT)))


def _check_bounds(problem: Problem, check: SummaryCheck, evaluation: Evaluation, findings: Findings) -> None:
    """Bounds, their source, gaps and status, from the stated figures."""
    objective, certified = check.get("objective_micros"), check.amount("certified_lower_bound")
    bound = check.amount("lower_bound", optional=True)
    source = check.get("bound_source")
    if source not in ("prices", "search"):
        check.differs("bound_source", "is neither prices nor search", source)
    if not isinstance(objective, int):
        return
    check.ratio("gap", _gap(objective, bound))
    check.ratio("certified_gap", _gap(objective, certified))
    if bound is not None:
        if bound > objective:
            check.differs("lower_bound_micros", "is more than the objective", bound, objective)
        if certified is not None and bound < min(certified, objective):
            check.differs("lower_bound_micros", "is less than the certified bound", bound, certified)
        if source == "prices" and certified is not None and bound != min(certified, objective):
            check.differs("lower_bound_micros", "is not the certified bound, its stated source", bound, certified)
        tree = check.amount("tree_lower_bound", optional=True)
        certificates = [one for one in (certified, tree) if one is not None]
        if source == "search" and certificates and max(certificates) < bound:
            findings.unproven.append(Unproven(SUMMARY_FILE, "lower_bound_micros", bound, max(certificates), {}))
            findings.notes.append("lower_bound is the claim of a search: nothing in the folder proves it")
    _check_status(problem, check, objective, bound, evaluation, findings)


def _check_status(
    problem: Problem,
    check: SummaryCheck,
    objective: int,
    bound: int | None,
    evaluation: Evaluation,
    findings: Findings,
) -> None:
    """The status follows from the gap that the run says it was asked for: a flag wins over the scenario's.

    Where only that gap makes the plan OPTIMAL, and the scenario's own would not, it is the folder's word.
    """
    fill_bound = check.get("fill.lower_bound_micros")
    filled = isinstance(fill_bound, int) and fill_bound >= evaluation.weighted_unallocated_micro_units
    judged = bound is not None and (filled or not problem.policy.fill_first)

    def status(gap: float) -> Status:
        close = bound is not None and objective - bound <= Fraction(repr(gap)) * max(objective, MICROS_PER_UNIT) + 1
        return Status.OPTIMAL if judged and close else Status.FEASIBLE

    asked = check.number("solve.gap", optional=True)
    if asked is not None and not 0 <= asked < float("inf"):
        check.differs("solve.gap", "is no gap", asked)
        asked = None
    gap, own_gap = problem.solve.gap if asked is None else asked, problem.solve.gap
    if gap != own_gap:
        findings.notes.append(f"the run was asked for a gap of {gap}, the scenario for {own_gap}")
        if status(gap) is not status(own_gap) and status(gap) is Status.OPTIMAL:
            claim = f"the plan is OPTIMAL at the gap of {gap} that the run states, not at the scenario's {own_gap}"
            findings.claims.append(claim)
    if check.get("status") != status(gap).value:
        check.differs("status", "is not what gap and fill say", check.get("status"), status(gap).value)


def _check_run(check: SummaryCheck) -> None:
    """What the folder says of the run itself: only its form can be checked."""
    limit = check.get("limit")
    if limit is not None and limit not in tuple(Limit):
        check.differs("limit", "is not null, TIME, WORK or INTERRUPTED", limit)
    for key in ("work", "seed", "threads"):
        check.integer(key)
    if not isinstance(check.get("method"), str):
        check.differs("method", "is not a text", check.get("method"))
    for key, kind in (("timings_s", (int, float)), ("versions", (str,))):
        entries = check.get(key)
        if not isinstance(entries, Mapping) or not all(isinstance(entry, kind) for entry in entries.values()):
            check.differs(key, "is not a mapping of " + ("texts" if kind == (str,) else "numbers"))
