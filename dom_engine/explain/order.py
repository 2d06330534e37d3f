"""Why an order is served as it is: the best that every node could have given it, at the prices of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dom_engine.audit import Auditor
from dom_engine.audit.filters import Filters
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows
from dom_engine.errors import InputError
from dom_engine.explain.answer import Answer
from dom_engine.explain.copies import copies, part_of, prices_for
from dom_engine.explain.counterfactuals import Counterfactual, counterfactuals
from dom_engine.explain.options import Option, option
from dom_engine.formulation import Formulation, build_model, plan_of, prices_of
from dom_engine.scenario.texts import NearestName, unknown_name
from solvers.decide import Decider
from solvers.model import Prices


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an order is served as it is.

    ``chosen`` is what the plan does; ``best`` what costs least at the prices, wherever it ships from; ``by_node`` the
    best of each node alone, the cheapest first. Ways are compared by ``priced_micros``, and the difference of two is
    the sum of the differences of their terms and rows. ``chosen`` may cost more than ``best``: prices alone do not
    always make a plan, and a plan may not be the best one.
    """

    order: str
    chosen: Option
    best: Option
    by_node: tuple[Option, ...]
    counterfactuals: tuple[Counterfactual, ...]


def explain(answer: Answer, order: str) -> Explanation:
    """Explain what a plan does for one order.

    Raises
    ------
    InputError
        When the problem has no such order.
    """
    problem = answer.problem
    at = order_index(problem, order)
    nodes = _nodes_of(problem, at)
    several = copies(problem, at, [None, *nodes])
    formulation = build_model(several)
    plans = _best_plans(formulation, answer.rows, at)
    auditor = Auditor(copies(problem, at, [None]))
    chosen = option(auditor, answer.rows, at, part_of(answer.plan, problem, at))
    best = option(auditor, answer.rows, at, plans[0])
    names = problem.nodes.ids
    obstacles = _obstacles(several)
    by_node = [
        option(auditor, answer.rows, at, plan, names[node].as_py(), obstacle)
        for node, plan, obstacle in zip(nodes, plans[1:], obstacles[1:], strict=True)
    ]
    by_node.sort(key=lambda way: (bool(way.obstacle), way.priced_micros, way.node))
    return Explanation(order, chosen, best, tuple(by_node), counterfactuals(answer, at))


def order_index(problem: Problem, order: str) -> int:
    """The index of an order; InputError, with the nearest name, where there is none."""
    at: int = problem.orders.ids.index(order).as_py()
    if at < 0:
        message = unknown_name("order", order, NearestName(problem.orders.ids.to_pylist()))
        raise InputError.single("orders", message, column="order", code="UNKNOWN_ID")
    return at


def _nodes_of(problem: Problem, order: int) -> list[int]:
    """The nodes that the order admits by name; the filters say why one of them cannot serve it."""
    only = problem.orders.nodes[order].tolist()
    return only or list(range(len(problem.nodes)))


def _best_plans(formulation: Formulation, rows: PricedRows, order: int) -> list[Plan]:
    """The cheapest plan of each copy at the batch's prices, as a plan of the order by itself."""
    model = formulation.model
    prices = prices_of(formulation, prices_for(formulation, rows, order)).steering(model)
    decider, capacity = Decider(model), model.row_capacity()
    return [alone(formulation, decider, prices, capacity, copy) for copy in range(model.num_orders)]


def alone(formulation: Formulation, decider: Decider, prices: Prices, stock: I64, copy: int) -> Plan:
    """Decide one copy; the plan is that of the order by itself."""
    decision = decider.decide(copy, prices, stock)
    plan = plan_of(formulation, decision.pattern)
    return part_of(plan, formulation.problem, copy)


def _obstacles(several: Problem) -> Sequence[str]:
    """For each copy, why nothing of the order can come from its node; empty where something can."""
    filters = Filters(Auditor(several))
    found = []
    for copy in range(len(several.orders)):
        lines = range(int(several.orders.line_ptr[copy]), int(several.orders.line_ptr[copy + 1]))
        verdicts = [filters.candidates(line) for line in lines]
        closed = [verdict.reason.name for verdict in verdicts if verdict.reason is not None]
        found.append(" and ".join(dict.fromkeys(closed)) if len(closed) == len(verdicts) else "")
    return found
