"""Random scenarios through the certificate and ``verify``: what the oracle proves holds, and nothing wrong passes."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path
from random import Random

from hypothesis import assume, given

from dom_engine.certificate import certified_bound
from dom_engine.domain.result import Result
from dom_engine.scenario.results import write_result
from dom_engine.verify import verify
from tests import naive
from tests.property.strategies import SEEDS, scenarios
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of


def best_result(scenario: naive.Scenario, seed: int) -> Result:
    """The oracle's best plan with random prices; scenarios that are too large are drawn again."""
    problem = naive.read_problem(scenario)
    try:
        best = naive.solve_exhaustive(problem)
    except naive.TooLarge:
        assume(False)
        raise
    converter = Converter(problem)
    return result_of(
        converter.problem(), converter.plan(best.plan), priced_rows(converter, random_prices(problem, Random(seed)))
    )


@given(scenarios(), SEEDS)
def test_any_prices_prove_what_the_oracle_says(scenario: naive.Scenario, seed: int) -> None:
    problem = naive.read_problem(scenario)
    prices = random_prices(problem, Random(seed))
    try:
        expected = naive.certified_bound(problem, prices)
    except naive.TooLarge:
        assume(False)
        raise
    converter = Converter(problem)
    report = certified_bound(converter.problem(), priced_rows(converter, prices))
    assert report.exact.all()
    minima = [Fraction(least, report.scale) for least in report.order_minimum]
    assert minima == [expected.order_minima[order] for order in converter.orders]
    assert report.lower_bound_micros == expected.bound_micros


@given(scenarios(), SEEDS)
def test_right_results_hold(scenario: naive.Scenario, seed: int) -> None:
    result = best_result(scenario, seed)
    with tempfile.TemporaryDirectory() as parent:
        write_result(result, Path(parent) / "out")
        assert verify(result.problem, Path(parent) / "out").findings == ()
