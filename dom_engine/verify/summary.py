"""``summary.json``: every figure against the plan's own, and the figures against one another."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Limit, Status
from dom_engine.domain.settings import COST_TERMS, SHIPMENT_TERMS
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import StatedResult
from dom_engine.scenario.results_summary import kpis, relative_gap, status_of
from dom_engine.units import MICROS_PER_UNIT
from dom_engine.verify.amounts import Tolerances, rounds
from dom_engine.verify.findings import Findings

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
    problem: Problem,
    stated: StatedResult,
    plan: Plan,
    evaluation: Evaluation,
    allowed: Tolerances,
    findings: Findings,
) -> None:
    """Check every figure of the summary but the certified bound, which ``bounds`` recomputes."""
    check = SummaryCheck(stated.summary, findings)
    _check_costs(problem, check, stated, evaluation, allowed, len(plan.shipments))
    _check_fill(problem, check, evaluation)
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


def _check_fill(problem: Problem, check: SummaryCheck, evaluation: Evaluation) -> None:
    own = evaluation.weighted_unallocated_micro_units
    reached = check.amount("fill.weighted_unallocated")
    # A factor of more than six decimals is rounded once per unit.
    slack = int(evaluation.unallocated.sum()) if problem.policy.priority_factor else 0
    if reached is not None and abs(reached - own) > slack:
        check.differs("fill.weighted_unallocated_micros", "is not what the plan leaves out", reached, own)
    bound = check.amount("fill.lower_bound", optional=True)
    if bound is not None and bound > own:
        check.differs("fill.lower_bound_micros", "is more than the plan leaves out", bound, own)


def _check_kpis(problem: Problem, check: SummaryCheck, plan: Plan, evaluation: Evaluation) -> None:
    own = kpis(problem, plan, evaluation)
    for name, value in own.items():
        if name.startswith("cost_per_order"):
            continue
        if isinstance(value, int):
            stated = check.integer(f"kpis.{name}")
            if stated is not None and stated != value:
                check.differs(f"kpis.{name}", "is not what the plan gives", stated, value)
        else:
            check.ratio(f"kpis.{name}", float(value))
    objective, per_order = check.get("objective_micros"), check.amount("kpis.cost_per_order")
    num_orders = len(problem.orders)
    if isinstance(objective, int) and per_order is not None:
        off = abs(per_order * num_orders - objective) if num_orders else abs(per_order)
        if off > num_orders:
            expected = objective // num_orders if num_orders else 0
            check.differs("kpis.cost_per_order_micros", "is not the objective per order", per_order, expected)


def _check_bounds(problem: Problem, check: SummaryCheck, evaluation: Evaluation, findings: Findings) -> None:
    """Bounds, their source, gaps and status, from the stated figures."""
    objective, certified = check.get("objective_micros"), check.amount("certified_lower_bound")
    bound = check.amount("lower_bound", optional=True)
    source = check.get("bound_source")
    if source not in ("prices", "search"):
        check.differs("bound_source", "is neither prices nor search", source)
    if not isinstance(objective, int):
        return
    check.ratio("gap", relative_gap(objective, bound))
    check.ratio("certified_gap", relative_gap(objective, certified))
    if bound is not None:
        if bound > objective:
            check.differs("lower_bound_micros", "is more than the objective", bound, objective)
        if certified is not None and bound < min(certified, objective):
            check.differs("lower_bound_micros", "is less than the certified bound", bound, certified)
        if source == "prices" and certified is not None and bound != min(certified, objective):
            check.differs("lower_bound_micros", "is not the certified bound, its stated source", bound, certified)
        tree = check.amount("tree_lower_bound", optional=True)
        if source == "search" and (tree is None or tree < bound):
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
    stated_gap = check.number("solve.gap", optional=True)
    gap = problem.solve.gap if stated_gap is None else stated_gap
    if gap != problem.solve.gap:
        findings.notes.append(f"the run was asked for a gap of {gap}, the scenario for {problem.solve.gap}")
    fill_bound = check.get("fill.lower_bound_micros")
    proven = isinstance(fill_bound, int) and fill_bound >= evaluation.weighted_unallocated_micro_units
    fill_first = problem.policy.fill_first
    expected = status_of(objective, bound, gap, fill_first=fill_first, fill_proven=proven)
    status = check.get("status")
    if status not in tuple(Status) or status != expected.value:
        check.differs("status", "is not what gap and fill say", status, expected.value)


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
