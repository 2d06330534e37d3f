"""Whatever a scenario allows, explanations add up and agree with the certificate; what they change passes the audit."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given

from dom_engine.explain import explain, read_answer
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.property.strategies import scenarios
from tests.runs import examples, run


@examples(0.2)
@given(scenarios())
def test_explanations(scenario: naive.Scenario) -> None:
    check_explanations(scenario)


def test_a_group_ships_whole_from_every_node() -> None:
    """Two orders, each with a group or a line of two units that no node holds together."""
    check_explanations(random_scenario(1, ["activation", "groups"]))


def check_explanations(scenario: naive.Scenario) -> None:
    with tempfile.TemporaryDirectory() as parent:
        solved = run(scenario, Path(parent))
        answer = read_answer(solved.problem, solved.folder)
        bounds = {row["order"]: row for row in solved.table("order_bounds.csv")}
    for order, bound in bounds.items():
        explanation = explain(answer, order)
        chosen, best = explanation.chosen, explanation.best
        assert round(float(bound["cost"]) * 1e6) == chosen.own_micros
        assert best.priced_micros <= chosen.priced_micros + len(chosen.rows)
        assert all(best.priced_micros <= way.priced_micros + len(way.rows) for way in explanation.by_node)
        if bound["exact"] == "true":
            # Shares are rounded to the micro row by row, the certificate once for all of them.
            assert abs(round(float(bound["priced_minimum"]) * 1e6) - best.priced_micros) <= 1 + len(best.rows)
        for one in explanation.counterfactuals:
            assert 0 < one.served_units <= one.short_units
