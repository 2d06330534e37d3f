"""One order beside all others of a plan: what they leave of every row, and what the plan costs once the order changes.

A plan is audited whole once. After that a change of one order, or of one row that gains, is audited by what it moves:
all rules on the order alone, the rows together with the others' draws, and every amount that can differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dom_engine.audit import Auditor, evaluate, violations
from dom_engine.audit.capacity import CapacityRows
from dom_engine.audit.evaluate import stock_use
from dom_engine.audit.exact import weigh_one
from dom_engine.audit.names import Names
from dom_engine.domain.columns import I64, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.errors import AuditError, Fault, InputError
from dom_engine.explain.answer import Answer
from dom_engine.explain.copies import copies, part_of, with_part
from dom_engine.explain.options import ROW_TERMS
from dom_engine.explain.room import CapacityUse
from dom_engine.formulation import Formulation


@dataclass(frozen=True, slots=True)
class Others:
    """What all orders but one draw, and what of their cost no change of that order moves.

    Attributes
    ----------
    order
        The one that is left out.
    stock
        int64[2, num_positions]: free and safety units drawn.
    capacity
        Base units drawn on each instance of a capacity.
    ships_from
        bool[num_nodes].
    own_micros
        Their weighted costs but for overtime, load and activation, which they share with the order.
    total_micros
        What the whole plan costs, the order included.
    """

    order: int
    stock: I64
    capacity: CapacityUse
    ships_from: Flags
    own_micros: int
    total_micros: int


def others_of(answer: Answer, order: int) -> Others:
    """All orders of a plan but one, after an audit of the whole plan.

    Raises
    ------
    InputError
        When the plan breaks a rule.
    """
    problem, plan, auditor = answer.problem, answer.plan, answer.auditor
    if broken := violations(problem, plan, auditor):
        raise InputError([Fault("plan", 0, "", one.code.value, f"{one.where}: {one.message}") for one in broken])
    whole = evaluate(problem, plan, auditor)
    mine = with_part(Plan.empty(), problem, order, part_of(plan, problem, order))
    drawn, drawn_mine = stock_use(problem, plan.allocations), stock_use(problem, mine.allocations)
    stock = np.stack([drawn.free - drawn_mine.free, drawn.safety - drawn_mine.safety]).astype(np.int64)
    known = auditor.capacity_rows
    used = known.used(auditor.loads_of(plan)) - known.used(auditor.loads(mine.shipments, mine.allocations))
    ships_from = np.zeros(len(problem.nodes), np.bool_)
    ships_from[plan.shipments.node_idx[plan.shipments.order_idx != order]] = True
    alone = evaluate(copies(problem, order, [None]), part_of(plan, problem, order))
    return Others(
        order=order,
        stock=stock,
        capacity=dict(zip(_instances(known), used.tolist(), strict=True)),
        ships_from=ships_from,
        own_micros=_own_micros(whole) - _own_micros(alone),
        total_micros=whole.objective_micros,
    )


def left_for(formulation: Formulation, stock: I64, use: CapacityUse) -> I64:
    """What every row of an order's formulation can still give beside all other orders."""
    left = formulation.model.row_capacity().copy()
    num = formulation.model.num_positions
    left[: 2 * num] -= stock.ravel()
    for place, key in enumerate(_instances(formulation)):
        left[2 * num + place] -= use.get(key, 0)
    return np.maximum(left, 0)


def audited_cost(problem: Problem, others: Others, stock: I64, part: Plan) -> int:
    """What the whole plan costs with the order served by ``part``, audited.

    Parameters
    ----------
    problem
        The plan's own, or one in which a row, the order or the horizon has more and nothing has less: whatever the
        others do stays allowed there and costs what it did, but for the rows, which are costed anew.
    stock
        ``others.stock`` by the positions of ``problem``.
    part
        A plan of the order by itself.

    Raises
    ------
    AuditError
        When the plan breaks a rule.
    """
    alone = _with_stock_left(copies(problem, others.order, [None]), stock)
    auditor = Auditor(alone)
    broken = violations(alone, part, auditor)
    if broken:
        raise AuditError(f"an order decided again breaks a rule: {broken[0]}")
    return (
        others.own_micros
        + _own_micros(evaluate(alone, part, auditor))
        + _capacity_micros(auditor, others.capacity, part)
        + _activation_micros(problem, others.ships_from, part)
    )


def _with_stock_left(alone: Problem, stock: I64) -> Problem:
    """The order by itself in what the others leave of every position."""
    positions = alone.positions
    free, safety = positions.free - stock[0], positions.covered_safety - stock[1]
    if min(free.min(initial=0), safety.min(initial=0)) < 0:
        raise AuditError("an order decided again finds a position that the others overdraw")
    return replace(alone, positions=replace(positions, free=free, covered_safety=safety))


def _own_micros(evaluation: Evaluation) -> int:
    return sum(cost for term, cost in evaluation.costs_micros.items() if term not in ROW_TERMS)


def _capacity_micros(auditor: Auditor, others: CapacityUse, part: Plan) -> int:
    """Loads and overtime of all orders; AuditError where they go beyond a limit."""
    rows = auditor.capacity_rows
    beside = [others.get(key, 0) for key in _instances(rows)]
    if sum(beside) != sum(others.values()):
        raise AuditError("an order decided again finds a capacity without a period that others draw on")
    total = 0
    for row, own in enumerate(rows.used(auditor.loads_of(part)).tolist()):
        used = own + beside[row]
        if used > rows.total_limit(row):
            raise AuditError(f"an order decided again overdraws {Names(auditor.problem).capacity(rows, row)}")
        total += rows.cost(row, used).weighted_micros if used else 0
    return total


def _activation_micros(problem: Problem, ships_from: Flags, part: Plan) -> int:
    """Opening every node that any order ships from."""
    opened = ships_from.copy()
    opened[part.shipments.node_idx] = True
    costs = problem.nodes.activation_cost_micros[opened].tolist()
    return sum(weigh_one(cost, problem.weights.activation) for cost in costs)


def _instances(rows: CapacityRows | Formulation) -> list[tuple[int, int, int]]:
    return list(zip(rows.capacity_idx.tolist(), rows.starts_s.tolist(), rows.ends_s.tolist(), strict=True))
