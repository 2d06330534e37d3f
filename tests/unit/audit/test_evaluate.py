"""The audit's amounts against the oracle's, term by term and to the micro, on random scenarios."""

from __future__ import annotations

import pytest

from dom_engine.audit.evaluate import evaluate
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter

SEEDS = range(120)


@pytest.mark.parametrize("seed", SEEDS)
def test_best_plan_costs_what_the_oracle_says(seed: int) -> None:
    given = naive.read_problem(random_scenario(seed))
    try:
        best = naive.solve_exhaustive(given)
    except naive.TooLarge:
        return
    converter = Converter(given)
    evaluation = evaluate(converter.problem(), converter.plan(best.plan))
    costs = naive.cost_of_plan(given, best.plan)
    assert evaluation.raw_costs_micros == costs.raw
    assert evaluation.costs_micros == costs.weighted
    assert evaluation.objective_micros == costs.objective_micros
    assert evaluation.weighted_unallocated_micro_units == costs.fill * 1_000_000
