"""The audit of a change by what it moves: it says what an audit of the whole plan says, and finds what that finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dom_engine.audit import evaluate, violations
from dom_engine.domain.plan import Plan
from dom_engine.errors import AuditError, InputError
from dom_engine.explain import Answer, explain
from dom_engine.explain.beside import Others, audited_cost, others_of
from dom_engine.explain.copies import part_of, with_part
from dom_engine.explain.counterfactuals import Change, changes, decision, more_room
from dom_engine.explain.order import order_index
from dom_engine.explain.room import PLENTY, roomier
from tests.unit.explain.conftest import Answers, with_limit


def audited_whole(answer: Answer, others: Others, change: Change, part: Plan) -> int:
    """What the changed plan costs, by an audit of everything in it."""
    plan = answer.plan
    if change.inserted >= 0:
        at = plan.allocations.position_idx
        behind = (at >= change.inserted).astype(np.int32)
        plan = Plan(plan.shipments, replace(plan.allocations, position_idx=at + behind))
    plan = with_part(plan, change.problem, others.order, part)
    assert violations(change.problem, plan) == []
    return evaluate(change.problem, plan).objective_micros


@pytest.mark.parametrize(
    ("name", "settings", "num_changes"),
    [
        ("quickstart", ("", ""), 4),
        ("quickstart", with_limit(1), 10),
        ("quickstart", ("horizon_h: 48", "horizon_h: 24"), 8),
        ("peak-day", ("", ""), 0),
        ("export", ("", ""), 3),
        ("stores", ("", ""), 6),
    ],
)
def test_a_change_costs_what_an_audit_of_the_whole_plan_says(
    name: str, settings: tuple[str, str], num_changes: int, answers: Answers
) -> None:
    answer = answers(name, *settings)
    problem, found = answer.problem, 0
    short = answer.plan.unallocated(problem.lines.quantity)
    for order in range(len(problem.orders)):
        others = others_of(answer, order)
        same = audited_cost(problem, others, others.stock, part_of(answer.plan, problem, order))
        assert same == others.total_micros == answer.objective_micros
        first, last = problem.orders.line_ptr[order : order + 2].tolist()
        for line in range(first, last):
            if not short[line]:
                continue
            for change in (*changes(problem, order, line, int(short[line])), *more_room(answer, others, line)):
                part, _ = decision(answer, others, change)
                cost = audited_cost(change.problem, others, change.stock(others), part)
                assert cost == audited_whole(answer, others, change, part)
                found += 1
    assert found == num_changes


def test_what_needs_the_change_breaks_a_rule_without_it(answers: Answers) -> None:
    answer = answers("quickstart")
    problem, order = answer.problem, order_index(answer.problem, "1006")
    others = others_of(answer, order)
    line = int(problem.orders.line_ptr[order])
    more = next(one for one in changes(problem, order, line, 1) if one.label == "1 more vase at reno")
    part, _ = decision(answer, others, more)
    assert more.inserted < 0
    with pytest.raises(AuditError, match="2 units taken, 1 free"):
        audited_cost(problem, others, others.stock, part)


def test_a_full_capacity_is_not_overdrawn(answers: Answers) -> None:
    answer = answers("quickstart", *with_limit(1))
    problem, order = answer.problem, order_index(answer.problem, "1006")
    others = others_of(answer, order)
    part, _ = decision(answer, others, Change("", roomier(problem, 0, PLENTY), capacity=0))
    with pytest.raises(AuditError, match=r"overdraws .*reno"):
        audited_cost(problem, others, others.stock, part)


def test_a_plan_that_breaks_a_rule_is_not_explained_by_changes(answers: Answers) -> None:
    answer = answers("quickstart")
    loads, lines = answer.plan.allocations, answer.problem.lines
    theirs = lines.order_idx[loads.line_idx] != order_index(answer.problem, "1006")
    tenfold = Plan(answer.plan.shipments, replace(loads, quantity=np.where(theirs, 10, 1) * loads.quantity))
    with pytest.raises(InputError, match=r"plan: .* more than ordered"):
        explain(replace(answer, plan=tenfold), "1006")
