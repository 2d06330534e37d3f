"""Feasibility against the oracle's verdict, on its best plans and on damaged ones."""

from __future__ import annotations

import random

import pytest

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.feasibility import violations
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter
from tests.unit.audit.perturbation import damaged


@pytest.mark.parametrize("seed", range(120))
def test_verdict_is_the_oracles(seed: int) -> None:
    given = naive.read_problem(random_scenario(seed))
    try:
        best = naive.solve_exhaustive(given)
    except naive.TooLarge:
        return
    converter = Converter(given)
    problem = converter.problem()
    auditor = Auditor(problem)
    assert violations(problem, converter.plan(best.plan), auditor) == []
    rng = random.Random(seed)
    for _ in range(10):
        plan = damaged(given, best.plan, rng)
        faults = naive.check_plan(given, plan)
        found = violations(problem, converter.plan(plan), auditor)
        assert bool(found) == bool(faults), (faults, [str(violation) for violation in found])
