"""Random scenarios through the certificate and ``verify``: what the oracle proves holds, and nothing wrong passes."""

from __future__ import annotations

import csv
import tempfile
from fractions import Fraction
from pathlib import Path
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from dom_engine.certificate import certified_bound
from dom_engine.domain.result import Result
from dom_engine.scenario.results import write_result
from dom_engine.verify import verify
from tests import naive
from tests.property.strategies import SEEDS, scenarios
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices, result_of

AMOUNTS = {
    "shipments.csv": ("freight", "handling", "late", "total", "units", "weight_kg", "days_late", "parcels"),
    "allocations.csv": ("quantity",),
    "unallocated.csv": ("quantity", "unmet"),
    "prices.csv": ("limit", "used"),
    "order_bounds.csv": ("cost",),
}


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


@given(scenarios(), SEEDS, st.data())
def test_a_changed_amount_is_found(scenario: naive.Scenario, seed: int, data: st.DataObject) -> None:
    """Any amount of any table, changed by one whole unit: no rounding reaches that far."""
    result = best_result(scenario, seed)
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / "out"
        write_result(result, folder)
        tables = {file: _rows(folder / file) for file in AMOUNTS}
        filled = [file for file, rows in tables.items() if rows]
        file = data.draw(st.sampled_from(filled))
        row = data.draw(st.integers(0, len(tables[file]) - 1))
        column = data.draw(st.sampled_from(AMOUNTS[file]))
        whole, dot, decimals = tables[file][row][column].partition(".")
        tables[file][row][column] = f"{int(whole) + 1}{dot}{decimals}"
        _write(folder / file, tables[file])
        assert not verify(result.problem, folder).ok


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
