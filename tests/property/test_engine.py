"""Whatever the contract allows in a scenario, the engine finds the optimum that exhaustive enumeration finds.

How micros are counted: money in these scenarios has two decimals, so that every reading of where to round gives the
same amounts (see ``random_scenario``). The oracle prices the engine's own plan, read back from the files, to the very
same amounts; and the objective may lie above the optimum by the one micro that the status OPTIMAL allows, no more.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given

from dom_engine.verify import verify
from tests import naive
from tests.property.strategies import scenarios
from tests.runs import Run, examples, oracle, run

OPTIMAL_SLACK_MICROS = 1


def check_against_oracle(scenario: naive.Scenario) -> None:
    problem = naive.read_problem(scenario)
    best = oracle(problem)
    with tempfile.TemporaryDirectory() as parent:
        solved = run(scenario, Path(parent))
        check_plan(solved, problem)
        check_optimum(solved, best, fill_first=problem.policy.fill_first)
        assert verify(solved.problem, solved.folder).findings == ()


def check_plan(solved: Run, problem: naive.Problem) -> None:
    """The plan in the files is feasible and costs what it says, in the oracle's own reading."""
    plan = naive.plan_from_tables(problem, solved.table("shipments.csv"), solved.table("allocations.csv"))
    assert naive.check_plan(problem, plan) == []
    costs = naive.cost_of_plan(problem, plan)
    stated = solved.result.evaluation
    assert costs.objective_micros == stated.objective_micros
    assert {term: micros for term, micros in costs.weighted.items() if micros} == {
        term: micros for term, micros in stated.costs_micros.items() if micros
    }
    assert costs.fill * 10**6 == stated.weighted_unallocated_micro_units


def check_optimum(solved: Run, best: naive.Optimum, *, fill_first: bool) -> None:
    result = solved.result
    assert result.status == "OPTIMAL"
    assert result.limit is None
    if fill_first:
        assert result.fill.weighted_unallocated_micro_units == best.fill * 10**6
        assert result.fill.lower_bound_micro_units == best.fill * 10**6
    excess_micros = result.evaluation.objective_micros - best.objective_micros
    assert 0 <= excess_micros <= OPTIMAL_SLACK_MICROS
    assert result.lower_bound_micros is not None
    assert result.lower_bound_micros <= best.objective_micros
    assert result.certificate.lower_bound_micros <= best.objective_micros


@examples(2)
@given(scenarios(never=["fill_first"]))
def test_the_least_cost_is_found(scenario: naive.Scenario) -> None:
    check_against_oracle(scenario)


@examples(1)
@given(scenarios(always=["fill_first"]))
def test_the_best_fill_is_found_and_then_the_least_cost(scenario: naive.Scenario) -> None:
    check_against_oracle(scenario)
