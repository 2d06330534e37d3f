"""The pipeline: problem -> formulation -> solvers -> plan -> audit -> reasons -> result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from dom_engine.audit import Auditor, evaluate, reasons, violations
from dom_engine.domain.columns import I32
from dom_engine.domain.pins import Pin
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import (
    BranchTree,
    Certificate,
    Evaluation,
    Fill,
    Limit,
    Reasons,
    Result,
    status_of,
)
from dom_engine.domain.rows import PricedRows
from dom_engine.domain.start import Begun, Start
from dom_engine.errors import AuditError, InputError, StoppedError
from dom_engine.formulation import (
    Formulation,
    PinnedStart,
    begin_pinned,
    branch_tree,
    build_model,
    fit,
    plan_of,
    priced_rows,
    steering_prices,
)
from dom_engine.units import MICROS_PER_UNIT
from solvers.branching import MOST_WORK, QUICK_WORK, grow_tree, worth_branching
from solvers.incumbent import Progress, shared_cost, usage_of
from solvers.model import Patterns
from solvers.portfolio import Begin, Settings
from solvers.portfolio import solve as solve_model
from solvers.result import Outcome
from solvers.stop import Stop, now_s

MAX_VIOLATIONS_SHOWN = 5
SEARCHES = ("auto", "exact")

NEAR_SHARE = 0.01
"""Of a plan's orders, those that may be lost for its prices to count as near the best ones: with a node closed, to
begin at the old prices ended 3 % above what a search from none found in the same time."""

BRANCHING_SHARE = 0.5
"""Of the time that remains after the search."""


def solve(
    problem: Problem,
    *,
    start: Plan | Start | None = None,
    pins: Sequence[Pin] = (),
    stop: Stop | None = None,
    watch: Callable[[Progress], None] | None = None,
) -> Result:
    """Source a batch: the best audited plan within the stop, its costs, bounds, prices and reasons.

    Parameters
    ----------
    problem
        A validated problem; its ``solve`` settings say how to solve.
    start
        A plan to go on from, which the answer is never worse than: what of it still holds every rule is kept, order by
        order, and ``Result.begun`` says what was not. ``read_start`` makes one of an earlier result.
    pins
        Orders that keep what ``start`` gives them, wholly or in part. Bounds and certificate are then of the plans that
        keep the pins, and of no others.
    stop
        Deadline, work limit and interrupt; by default what ``problem.solve`` says, from now.
    watch
        Called with progress from the solving thread; must return quickly.

    Raises
    ------
    InputError
        When a plan to start from is given to a rule of today; when a pin cannot be kept, located as ``pins[0].order``.
    AuditError
        When our own plan fails its audit; no answer is given then.
    StoppedError
        When the stop was abandoned before the answer was complete.
    """
    settings = problem.solve
    stop = stop or Stop(settings.time_limit_s, settings.work_limit)
    clock = _PhaseClock(stop)
    with clock.phase("formulation"):
        formulation = build_model(problem)
        case = _case(formulation, start, pins)
    with clock.phase("search"):
        settings_of_case = _settings(problem)._replace(sequence=case.sequence)
        outcome = solve_model(case.formulation.model, settings_of_case, stop, watch, case.begin)
        answered = _answered(case, outcome)
    with clock.phase("branching"):
        tree = None if case.pinned else _branched(formulation, outcome, problem, stop)
    with clock.phase("audit"):
        auditor, plan = Auditor(problem), answered.plan
        evaluation = audited(auditor, plan)
    with clock.phase("reasons"):
        why = reasons(problem, plan, auditor)
    objective = evaluation.objective_micros
    bound, source = min(answered.bound, objective), outcome.bound_source
    if tree is not None and tree.lower_bound_micros > bound:
        bound, source = min(tree.lower_bound_micros, objective), "search"
    # Without a bound on the fill nothing is proven under fill_first: another plan may serve more at any cost.
    filled = answered.fill_bound is not None and answered.fill <= answered.fill_bound
    return Result(
        problem=problem,
        plan=plan,
        evaluation=evaluation,
        reasons=why if not pins else _told_of_pins(problem, why, pins),
        certificate=answered.certificate,
        tree=tree,
        fill=Fill(evaluation.weighted_unallocated_micro_units, answered.fill_bound),
        status=status_of(objective, bound, settings.gap, fill_first=problem.policy.fill_first, fill_proven=filled),
        limit=_limit(outcome, stop),
        lower_bound_micros=bound,
        bound_source=source,
        method=outcome.method,
        seed=settings.seed,
        threads=num_threads(problem),
        work=stop.work,
        counters={"work": stop.work, **stop.counts},
        timings_s=clock.timings_s,
        begun=case.begun,
    )


def plan_and_prices(problem: Problem) -> tuple[Plan, PricedRows]:
    """The best plan found within the problem's own limits and the prices of its rows, with nothing told of them.

    For parts of something larger, which is audited as a whole: telling why each unit is left out can take longer than
    the search, of a batch that wants four times the stock by minutes.
    """
    stop = Stop(problem.solve.time_limit_s, problem.solve.work_limit)
    case = _case(build_model(problem), None, ())
    settings = _settings(problem)._replace(sequence=case.sequence)
    answered = _answered(case, solve_model(case.formulation.model, settings, stop, None, case.begin))
    return answered.plan, answered.certificate.rows


def audited(auditor: Auditor, plan: Plan) -> Evaluation:
    """Evaluate a plan that holds every rule; AuditError names what does not hold."""
    found = violations(auditor.problem, plan, auditor)
    if found:
        shown = "; ".join(str(v) for v in found[:MAX_VIOLATIONS_SHOWN])
        rules = sorted({v.code.value for v in found})
        raise AuditError(f"the plan breaks {len(found)} rule(s) and is withheld: {shown}", rules)
    return evaluate(auditor.problem, plan, auditor)


def num_threads(problem: Problem) -> int:
    """Threads to use: what the scenario says, else every core this process may run on."""
    return problem.solve.threads or len(os.sched_getaffinity(0))


def _sequence(problem: Problem) -> I32:
    """First come, first served: by release, then by id (orders are sorted by id, and the sort is stable)."""
    return np.argsort(problem.orders.released_at_s, kind="stable").astype(np.int32)


class _Case(NamedTuple):
    """What is handed to the solvers: the problem's formulation, or that of a reduced problem that keeps pins."""

    formulation: Formulation
    sequence: I32
    begin: Begin | None = None
    begun: Begun | None = None
    pinned: PinnedStart | None = None


class _Answered(NamedTuple):
    """What the solvers answered, in the problem's own orders; ``fill`` and its bound in millionths."""

    plan: Plan
    certificate: Certificate
    bound: int
    fill: int
    fill_bound: int | None


def _case(formulation: Formulation, start: Plan | Start | None, pins: Sequence[Pin]) -> _Case:
    """A plan to start from, and pins, as the solvers take them."""
    problem, sequence = formulation.problem, _sequence(formulation.problem)
    if start is None:
        if pins:
            raise InputError.single("pins", "pins keep parts of a plan, and there is no plan to start from")
        return _Case(formulation, sequence)
    if problem.solve.method not in SEARCHES:
        message = f"the rule '{problem.solve.method}' plans as shops do and takes no plan to start from"
        raise InputError.single("scenario.yaml", message, column="solve.method", code="CONTRADICTION")
    stated = Start(start) if isinstance(start, Plan) else start
    pinned = begin_pinned(formulation, stated, pins, sequence) if pins else None
    searched, fitted = formulation, fit(formulation, stated.plan, sequence) if pinned is None else pinned.fitted
    if pinned is not None:
        searched, sequence = pinned.pinned.formulation, pinned.sequence
    lost = len(fitted.not_kept) / max(1, len(fitted.not_kept) + len(fitted.kept))
    near = stated.prices if lost <= NEAR_SHARE else None
    prices = None if near is None else steering_prices(searched, near)
    cost = _cost(searched, fitted.patterns)
    kept = fitted.kept
    if pinned is not None:
        cost, kept = cost + int(pinned.pinned.cost_micros.sum()), np.unique(pinned.pinned.order_of[kept])
    not_kept = tuple(sorted((*stated.not_kept, *fitted.not_kept), key=lambda one: one.order))
    return _Case(searched, sequence, Begin(fitted.patterns, prices), Begun(len(kept), cost, not_kept), pinned)


def _cost(formulation: Formulation, patterns: Patterns) -> int:
    """What patterns that hold every row cost."""
    shared = shared_cost(formulation.model, patterns, usage_of(formulation.model, patterns))
    assert shared is not None
    return int(patterns.cost.sum()) + shared


def _answered(case: _Case, outcome: Outcome) -> _Answered:
    certificate = _certificate(case.formulation, outcome)
    if case.pinned is None:
        plan = plan_of(case.formulation, outcome.patterns)
        return _Answered(plan, certificate, outcome.bound, outcome.fill, outcome.fill_bound)
    pinned, patterns = case.pinned.pinned, outcome.patterns
    if (np.diff(patterns.ship_ptr)[pinned.must] == 0).any():
        # Leaving a pinned order out spared even more than it was made to cost: the plan begun with keeps them all.
        patterns = case.pinned.fitted.patterns
        certificate = _certificate(case.formulation, outcome._replace(patterns=patterns))
    plan = pinned.plan(plan_of(case.formulation, patterns))
    beside, fill = int(pinned.cost_micros.sum()), int(pinned.fill.sum())
    fill_bound = None if outcome.fill_bound is None else outcome.fill_bound + fill
    return _Answered(
        plan, pinned.certificate(certificate), outcome.bound + beside, int(patterns.fill.sum()) + fill, fill_bound
    )


def _told_of_pins(problem: Problem, why: Reasons, pins: Sequence[Pin]) -> Reasons:
    """Reasons look at no pins: of a pinned order they are what would hold without."""
    pinned = {pin.order for pin in pins}
    ids, order_idx = problem.orders.ids, problem.lines.order_idx
    details = [
        f"the order is pinned; else: {text}" if ids[int(order_idx[line])].as_py() in pinned else text
        for line, text in zip(why.line_idx.tolist(), why.detail, strict=True)
    ]
    return replace(why, detail=tuple(details))


def _settings(problem: Problem) -> Settings:
    return Settings(
        method=problem.solve.method,
        gap=problem.solve.gap,
        seed=problem.solve.seed,
        threads=num_threads(problem),
        sequence=_sequence(problem),
        fill_first=problem.policy.fill_first,
    )


def _limit(outcome: Outcome, stop: Stop) -> Limit | None:
    if outcome.reason is None and stop.was_cut:
        return Limit.TIME
    return None if outcome.reason is None else Limit(outcome.reason.value)


def _branched(formulation: Formulation, outcome: Outcome, problem: Problem, stop: Stop) -> BranchTree | None:
    """A branching certificate where prices alone prove less than was asked for; None where that does not help."""
    settings, certified = problem.solve, outcome.certificate.bound
    target = outcome.objective - int(settings.gap * max(MICROS_PER_UNIT, outcome.objective))
    if certified >= target - 1 or problem.policy.fill_first:
        return None
    model, tree = formulation.model, outcome.tree
    if tree is None:
        if outcome.reason is not None or settings.method not in SEARCHES or not worth_branching(model):
            return None
        prices = outcome.certificate.prices.steering(model)
        work = MOST_WORK if settings.gap == 0 else QUICK_WORK
        with stop.share(BRANCHING_SHARE):
            tree = grow_tree(
                model, outcome.patterns, prices, target, stop, threads=num_threads(problem), most_work=work
            )
    if tree is None or tree.bound <= certified:
        return None
    return branch_tree(formulation, tree, outcome.patterns, outcome.objective)


def _certificate(formulation: Formulation, outcome: Outcome) -> Certificate:
    """The certificate in the words of the domain; a priced minimum is rounded down to its micro."""
    stated = outcome.certificate
    return Certificate(
        rows=priced_rows(formulation, stated.prices, outcome.patterns),
        order_cost_micros=outcome.patterns.cost,
        order_priced_minimum_micros=stated.order_minima.floor.astype(np.int64),
        order_exact=stated.order_exact,
        lower_bound_micros=stated.bound,
    )


class _PhaseClock:
    """Seconds by phase, for the summary; no phase begins for an answer that nobody waits for."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop
        self.timings_s: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        if self._stop.abandoned:
            raise StoppedError("nobody waits for the answer any more")
        started_s = now_s()
        yield
        self.timings_s[name] = now_s() - started_s
