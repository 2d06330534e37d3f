"""The desk: decisions in the words of a problem, at the prices of a solved batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine import Desk
from dom_engine.audit import evaluate, violations
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.formulation import build_model, priced_rows, prices_of
from dom_engine.scenario import load_scenario
from solvers.judging import unserved


@pytest.fixture(scope="module", params=["quickstart", "stores", "export", "peak-day"])
def solved(request: pytest.FixtureRequest, repository: Path) -> Result:
    return solve(load_scenario(repository / "scenarios" / request.param, overrides={"gap": 0.0, "time_limit_s": 30}))


def arrive(problem: Problem, desk: Desk) -> int:
    """Every order in turn, its decision taken; returns what the plan costs by the audit, which must find it right."""
    decisions = [desk.decide(str(order)) for order in problem.orders.ids]
    for order in problem.orders.ids:
        desk.take(desk.decide(str(order)))
    plan = desk.plan()
    assert violations(problem, plan) == []
    assert all(decision.priced_cost_micros >= decision.cost_micros for decision in decisions)
    return evaluate(problem, plan).objective_micros


def test_orders_in_turn_make_a_plan_that_holds(solved: Result) -> None:
    cost = arrive(solved.problem, Desk(solved.problem, solved.certificate.rows))
    assert cost >= solved.certificate.lower_bound_micros


def test_prices_come_back_as_they_were_stated(solved: Result) -> None:
    formulation = build_model(solved.problem)
    rows = solved.certificate.rows
    prices = prices_of(formulation, rows)
    again = priced_rows(formulation, prices, unserved(formulation.model))
    for name in ("kind", "position_idx", "capacity_idx", "node_idx", "order_idx", "starts_s", "ends_s", "price_micros"):
        assert getattr(again, name).tolist() == getattr(rows, name).tolist()


def test_what_is_not_the_problems_is_refused(repository: Path) -> None:
    problem = load_scenario(repository / "scenarios" / "quickstart")
    desk = Desk(problem)
    with pytest.raises(InputError, match="no order 'nobody'"):
        desk.decide("nobody")
    decision = desk.decide("1001")
    desk.take(decision)
    with pytest.raises(ValueError, match="taken already"):
        desk.take(decision)
