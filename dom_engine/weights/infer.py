"""Which weights do people plan by? From a chosen plan to weights, and to the orders that these leave unexplained."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from dom_engine.audit import Auditor, evaluate
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import COST_TERMS
from dom_engine.errors import InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.exports import MONEY, TableFormat, check_table_format, table_files, table_of, write_tables
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.whole import write_whole
from dom_engine.weights.chosen import read_chosen
from dom_engine.weights.folders import POINTS_FOLDER, begin_folder, check_folder
from dom_engine.weights.inverse import Fit, Iteration, Solved, Weighing, fit
from dom_engine.weights.overrides import ORDER_TERMS, alternatives, order_terms, ways
from dom_engine.weights.points import Batch, Solver
from dom_engine.whatif.study import Silent, Watcher
from dom_engine.whatif.workers import Prepare

KIND = "infer"
WEIGHTS, ORDERS, ITERATIONS = "weights", "orders", "iterations"
INFERRED_FILE = "inferred.yaml"


@dataclass(frozen=True, slots=True)
class Override:
    """An order that the plan serves otherwise than would be cheapest, everything else left as it is.

    ``regret_micros`` is what that costs under the inferred weights, ``own_regret_micros`` what it costs under the
    scenario's own. ``more_micros``: what the order pays more by each unweighted term than its cheapest way under the
    inferred weights.
    """

    order: str
    customer: str
    channel: str
    chosen: str
    best: str
    regret_micros: int
    own_regret_micros: int
    more_micros: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Inferred:
    """The weights under which a plan is closest to optimal; ``fixed`` is the term whose weight was not moved.

    ``own`` is the plan under the scenario's own weights, ``fit.best`` under those inferred. ``overrides`` come with
    the dearest first, under the inferred weights.
    """

    currency: str
    fixed: str
    own_weights: Mapping[str, float]
    own: Iteration
    fit: Fit
    overrides: tuple[Override, ...]
    weight_table: pa.Table
    order_table: pa.Table

    @property
    def weights(self) -> dict[str, str]:
        """The weights that differ from the scenario's own, by term."""
        return {t: w for t, w in self.fit.best.weights.items() if float(w) != self.own_weights[t]}


def infer(
    folder: Path | str,
    plan_folder: Path | str,
    out: Path | str,
    *,
    fixed: str = "",
    max_iterations: int = 40,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    tables: TableFormat = "csv",
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
) -> Inferred:
    """Infer the weights under which a plan that people chose is closest to optimal.

    Parameters
    ----------
    plan_folder
        Holds ``shipments.csv`` and ``allocations.csv``, of a result or made by hand.
    out
        Gets ``weights``, ``orders`` and ``iterations`` as tables, and ``inferred.yaml``. What is known of each solve
        stands under ``points`` as soon as it is done and is read from there, so an interrupted run goes on.
    fixed
        The term whose weight stays as the scenario says; by default freight or, where the plan has none, its largest.
    max_iterations
        Solves at most.

    Raises
    ------
    InputError
        For a plan that is none of this scenario or breaks its rules, a term nobody has or that costs the plan nothing,
        a scenario that is filled first (its plans are not chosen by cost), or a folder of something else: found before
        anything is solved or written.
    """
    out = Path(out)
    check_table_format(tables)
    batch = Batch.of(folder, variant, overrides)
    base = batch.base
    auditor = Auditor(base)
    if base.policy.fill_first:
        message = "with policy.fill_first plans are not chosen by cost alone: no weights explain them"
        raise InputError.single("scenario.yaml", message, column="policy.fill_first", code="UNSUPPORTED")
    if max_iterations < 1:
        raise InputError.single(COMMAND_LINE, "at least one iteration", column="iterations", code="OUT_OF_RANGE")
    plan = read_chosen(auditor, Path(plan_folder))
    raw = evaluate(base, plan, auditor).raw_costs_micros
    fixed = _fixed(fixed, raw, base)
    digests = {"scenario": base.digest}
    names = [WEIGHTS, ORDERS, ITERATIONS]
    check_folder(out, KIND, digests, {POINTS_FOLDER, INFERRED_FILE, *table_files(names)})

    begin_folder(out, KIND, digests)
    solver = Solver(batch, out / POINTS_FOLDER, watcher or Silent(), prepare, keep_plans=False)
    run = _Run(batch, plan, solver)
    own = {term: base.weights.of(term) for term in COST_TERMS}
    fitted = fit(raw, own, fixed, run.solve, max_iterations)
    own_iteration = fitted.iterations[0]
    found = _overrides(auditor, batch.problem(_setting(fitted.best.weights)), plan)
    result = Inferred(
        base.currency,
        fixed,
        own,
        own_iteration,
        fitted,
        found,
        _weight_table(own, fixed, raw, fitted),
        _order_table(found),
    )
    made = {WEIGHTS: result.weight_table, ORDERS: result.order_table, ITERATIONS: _iteration_table(fitted)}
    write_tables(out, made, tables)
    keys = [f"  {term}: {weight}" for term, weight in result.weights.items()]
    nothing = "# The scenario's own weights explain the plan as well as any."
    write_whole(out / INFERRED_FILE, "\n".join(["weights:", *keys] if keys else [nothing]) + "\n")
    return result


def _fixed(term: str, raw: Mapping[str, int], base: Problem) -> str:
    """The term to hold on to: one that costs the plan something and whose own weight is more than 0."""
    if not term:
        held = [name for name in COST_TERMS if raw[name] > 0 and base.weights.of(name) > 0]
        if not held:
            message = "the plan costs nothing under any weight: there is nothing to infer"
            raise InputError.single("shipments.csv", message, code="NO_COST")
        return "freight" if "freight" in held else max(held, key=lambda name: raw[name])
    if term not in COST_TERMS:
        message = unknown_name("cost term", term, NearestName(COST_TERMS))
        raise InputError.single(COMMAND_LINE, message, column="fixed", code="UNKNOWN_TERM")
    if raw[term] <= 0 or base.weights.of(term) <= 0:
        message = f"'{term}' costs the plan nothing, or its weight is 0: other weights cannot be measured by it"
        raise InputError.single(COMMAND_LINE, message, column="fixed", code="NO_COST")
    return term


def _setting(weights: Weighing) -> tuple[tuple[str, str], ...]:
    return tuple((f"weights.{term}", value) for term, value in weights.items())


class _Run:
    """Solves the scenario under weights, and costs the plan by them."""

    def __init__(self, batch: Batch, plan: Plan, solver: Solver) -> None:
        self._batch = batch
        self._plan = plan
        self._solver = solver
        self._count = 0

    def solve(self, weights: Weighing) -> Solved:
        """What the plan and the best plan cost under some weights."""
        self._count += 1
        setting = _setting(weights)
        found = self._solver.point(setting, f"iteration {self._count}").summary
        chosen = evaluate(self._batch.problem(setting), self._plan).objective_micros
        return Solved(chosen, found["objective_micros"], found["lower_bound_micros"], found["raw_costs_micros"])


def _overrides(auditor: Auditor, inferred: Problem, plan: Plan) -> tuple[Override, ...]:
    base = auditor.problem
    best, own = alternatives(inferred, plan), alternatives(base, plan)
    now, then = order_terms(auditor, plan), order_terms(auditor, best.plan)
    chosen, instead = ways(base, plan), ways(base, best.plan)
    orders = base.orders
    found = []
    for order in range(len(orders)):
        regret, own_regret = int(best.regret_micros[order]), int(own.regret_micros[order])
        if regret > 0 or own_regret > 0:
            more = {term: int(now[term][order] - then[term][order]) for term in ORDER_TERMS}
            name, customer, channel = (ids[order].as_py() for ids in (orders.ids, orders.customer, orders.channel))
            found.append(Override(name, customer, channel, chosen[order], instead[order], regret, own_regret, more))
    found.sort(key=lambda one: (-one.regret_micros, -one.own_regret_micros, one.order))
    return tuple(found)


def _weight_table(own: Mapping[str, float], fixed: str, raw: Mapping[str, int], fitted: Fit) -> pa.Table:
    types = {
        "term": pa.string(),
        "own": pa.float64(),
        "inferred": pa.float64(),
        "low": pa.float64(),
        "high": pa.float64(),
        "plan": MONEY,
        "best": MONEY,
    }
    rows: list[dict[str, Any]] = []
    for term in COST_TERMS:
        inferred = own[term] if term == fixed else float(fitted.best.weights[term])
        low, high = fitted.ranges.get(term, (None, None))
        best = fitted.best.solved.raw_micros[term]
        told = {"term": term, "own": own[term], "inferred": inferred, "low": low, "high": high}
        rows.append({**told, "plan": raw[term], "best": best})
    return table_of(rows, types)


def _order_table(found: Sequence[Override]) -> pa.Table:
    words = dict.fromkeys(("order", "customer", "channel", "chosen", "best"), pa.string())
    money = dict.fromkeys(("regret", "own_regret", *(f"more.{term}" for term in ORDER_TERMS)), MONEY)
    rows: list[dict[str, Any]] = [
        {
            **{name: getattr(one, name) for name in words},
            "regret": one.regret_micros,
            "own_regret": one.own_regret_micros,
            **{f"more.{term}": one.more_micros[term] for term in ORDER_TERMS},
        }
        for one in found
    ]
    return table_of(rows, {**words, **money})


def _iteration_table(fitted: Fit) -> pa.Table:
    terms = list(fitted.best.weights)
    types = {
        "iteration": pa.int64(),
        **{f"weights.{term}": pa.float64() for term in terms},
        **dict.fromkeys(("plan", "best", "lower_bound", "regret", "regret_at_most"), MONEY),
    }
    rows: list[dict[str, Any]] = [
        {
            "iteration": number,
            **{f"weights.{term}": float(one.weights[term]) for term in terms},
            "plan": one.solved.plan_micros,
            "best": one.solved.best_micros,
            "lower_bound": one.solved.bound_micros,
            "regret": one.regret_micros,
            "regret_at_most": one.regret_at_most_micros,
        }
        for number, one in enumerate(fitted.iterations, start=1)
    ]
    return table_of(rows, types)
