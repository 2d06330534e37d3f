"""The pipeline: problem -> formulation -> solvers -> plan -> audit -> reasons -> result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dom_engine.audit import Auditor, evaluate, reasons, violations
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Certificate, Evaluation, Fill, Limit, Result, Status
from dom_engine.errors import AuditError
from dom_engine.formulation import Formulation, build_model, plan_of, priced_rows
from solvers.incumbent import Progress
from solvers.portfolio import Settings
from solvers.portfolio import solve as solve_model
from solvers.result import Outcome
from solvers.stop import Stop, now_s

MAX_VIOLATIONS_SHOWN = 5


def solve(problem: Problem, *, stop: Stop | None = None, watch: Callable[[Progress], None] | None = None) -> Result:
    """Source a batch: the best audited plan within the stop, its costs, bounds, prices and reasons.

    Parameters
    ----------
    problem
        A validated problem; its ``solve`` settings say how to solve.
    stop
        Deadline, work limit and interrupt; by default what ``problem.solve`` says, from now.
    watch
        Called with progress from the solving thread; must return quickly.

    Raises
    ------
    AuditError
        When our own plan fails its audit; no answer is given then.
    """
    clock = _PhaseClock()
    settings = problem.solve
    stop = stop or Stop(settings.time_limit_s, settings.work_limit)
    with clock.phase("formulation"):
        formulation = build_model(problem)
    with clock.phase("search"):
        outcome = solve_model(formulation.model, _settings(problem), stop, watch)
    with clock.phase("audit"):
        auditor, plan = Auditor(problem), plan_of(formulation, outcome.patterns)
        evaluation = audited(auditor, plan)
    with clock.phase("reasons"):
        why = reasons(problem, plan, auditor)
    objective = evaluation.objective_micros
    bound = min(outcome.bound, objective)
    proven = objective - bound <= settings.gap * max(1_000_000, objective) + 1
    if problem.policy.fill_first:
        # Without a bound on the fill nothing is proven: another plan may serve more at any cost.
        proven = proven and outcome.fill_bound is not None and outcome.fill <= outcome.fill_bound
    return Result(
        problem=problem,
        plan=plan,
        evaluation=evaluation,
        reasons=why,
        certificate=_certificate(formulation, outcome),
        fill=Fill(evaluation.weighted_unallocated_micro_units, outcome.fill_bound),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        limit=None if outcome.reason is None else Limit(outcome.reason.value),
        lower_bound_micros=bound,
        bound_source=outcome.bound_source,
        method=outcome.method,
        seed=settings.seed,
        threads=num_threads(problem),
        work=stop.work,
        counters={"work": stop.work, **stop.counts},
        timings_s=clock.timings_s,
    )


def audited(auditor: Auditor, plan: Plan) -> Evaluation:
    """Evaluate a plan that holds every rule; AuditError names what does not hold."""
    found = violations(auditor.problem, plan, auditor)
    if found:
        shown = "; ".join(str(v) for v in found[:MAX_VIOLATIONS_SHOWN])
        raise AuditError(f"the plan breaks {len(found)} rule(s) and is withheld: {shown}")
    return evaluate(auditor.problem, plan, auditor)


def num_threads(problem: Problem) -> int:
    """Threads to use: what the scenario says, else every core this process may run on."""
    return problem.solve.threads or len(os.sched_getaffinity(0))


def _settings(problem: Problem) -> Settings:
    # First come, first served: by release, then by id (orders are sorted by id, and the sort is stable).
    sequence = np.argsort(problem.orders.released_at_s, kind="stable").astype(np.int32)
    return Settings(
        method=problem.solve.method,
        gap=problem.solve.gap,
        seed=problem.solve.seed,
        threads=num_threads(problem),
        sequence=sequence,
        fill_first=problem.policy.fill_first,
    )


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
    """Seconds by phase, for the summary."""

    def __init__(self) -> None:
        self.timings_s: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        started_s = now_s()
        yield
        self.timings_s[name] = now_s() - started_s
