"""The pipeline: problem -> formulation -> solvers -> plan -> audit -> reasons -> result."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from dom_engine.audit import Auditor, evaluate, reasons, violations
from dom_engine.domain.columns import I32
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Branch, BranchTree, Certificate, Evaluation, Fill, Leaf, Limit, Result, Status
from dom_engine.domain.rows import PricedRows
from dom_engine.domain.start import Begun, Start
from dom_engine.errors import AuditError, InputError
from dom_engine.formulation import Formulation, build_model, fit, plan_of, priced_rows, steering_prices
from dom_engine.units import MICROS_PER_UNIT
from solvers.branching import Leaf as SolvedLeaf
from solvers.branching import Limits, grow_tree, worth_branching
from solvers.incumbent import Progress, shared_cost, usage_of
from solvers.model import SourcingModel
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
    stop
        Deadline, work limit and interrupt; by default what ``problem.solve`` says, from now.
    watch
        Called with progress from the solving thread; must return quickly.

    Raises
    ------
    InputError
        When a plan to start from is given to a rule of today.
    AuditError
        When our own plan fails its audit; no answer is given then.
    """
    clock = _PhaseClock()
    settings = problem.solve
    stop = stop or Stop(settings.time_limit_s, settings.work_limit)
    with clock.phase("formulation"):
        formulation = build_model(problem)
        begin, begun = _beginning(formulation, start)
    with clock.phase("search"):
        outcome = solve_model(formulation.model, _settings(problem), stop, watch, begin)
    with clock.phase("branching"):
        tree = _branched(formulation, outcome, problem, stop)
    with clock.phase("audit"):
        auditor, plan = Auditor(problem), plan_of(formulation, outcome.patterns)
        evaluation = audited(auditor, plan)
    with clock.phase("reasons"):
        why = reasons(problem, plan, auditor)
    objective = evaluation.objective_micros
    bound, source = min(outcome.bound, objective), outcome.bound_source
    if tree is not None and tree.lower_bound_micros > bound:
        bound, source = min(tree.lower_bound_micros, objective), "search"
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
        tree=tree,
        fill=Fill(evaluation.weighted_unallocated_micro_units, outcome.fill_bound),
        status=Status.OPTIMAL if proven else Status.FEASIBLE,
        limit=_limit(outcome, stop),
        lower_bound_micros=bound,
        bound_source=source,
        method=outcome.method,
        seed=settings.seed,
        threads=num_threads(problem),
        work=stop.work,
        counters={"work": stop.work, **stop.counts},
        timings_s=clock.timings_s,
        begun=begun,
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


def _sequence(problem: Problem) -> I32:
    """First come, first served: by release, then by id (orders are sorted by id, and the sort is stable)."""
    return np.argsort(problem.orders.released_at_s, kind="stable").astype(np.int32)


def _beginning(formulation: Formulation, start: Plan | Start | None) -> tuple[Begin | None, Begun | None]:
    """A plan to start from for the solvers, and what is told of it."""
    if start is None:
        return None, None
    problem = formulation.problem
    if problem.solve.method not in SEARCHES:
        message = f"the rule '{problem.solve.method}' plans as shops do and takes no plan to start from"
        raise InputError.single("scenario.yaml", message, column="solve.method", code="CONTRADICTION")
    stated = Start(start) if isinstance(start, Plan) else start
    fitted = fit(formulation, stated.plan, _sequence(problem))
    shared = shared_cost(formulation.model, fitted.patterns, usage_of(formulation.model, fitted.patterns))
    assert shared is not None  # fitted patterns hold every row
    lost = len(fitted.not_kept) / max(1, len(fitted.not_kept) + len(fitted.kept))
    near = stated.prices if lost <= NEAR_SHARE else None
    prices = None if near is None else steering_prices(formulation, near)
    not_kept = tuple(sorted((*stated.not_kept, *fitted.not_kept), key=lambda one: one.order))
    cost = int(fitted.patterns.cost.sum()) + shared
    return Begin(fitted.patterns, prices), Begun(len(fitted.kept), cost, not_kept)


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
    if outcome.reason is not None or certified >= target - 1 or problem.policy.fill_first:
        return None
    model = formulation.model
    if settings.method not in SEARCHES or not worth_branching(model):
        return None
    prices = outcome.certificate.prices.steering(model)
    with stop.share(BRANCHING_SHARE):
        tree = grow_tree(model, outcome.patterns, prices, target, stop, threads=num_threads(problem))
    if tree.bound <= certified:
        return None
    leaves = (Leaf(_branches(model, leaf.limits), _priced(formulation, leaf, outcome)) for leaf in tree.leaves)
    return BranchTree(tuple(leaves), min(tree.bound, outcome.objective))


def _priced(formulation: Formulation, leaf: SolvedLeaf, outcome: Outcome) -> PricedRows:
    return priced_rows(formulation, leaf.prices, outcome.patterns)


def _branches(model: SourcingModel, limits: Limits) -> tuple[Branch, ...]:
    node, order = model.candidates.node, model.candidates.order
    return (
        *(Branch(n, -1, taken=False) for n in limits.closed),
        *(Branch(n, -1, taken=True) for n in limits.opened),
        *(Branch(int(node[c]), int(order[c]), taken=False) for c in limits.without),
        *(Branch(int(node[c]), int(order[c]), taken=True) for c in limits.within),
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
