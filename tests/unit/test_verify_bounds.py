"""What ``verify`` makes of stated minima and bounds: relaxed ones, and those of orders that it cannot price exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from dom_engine.cli.app import app
from dom_engine.domain.result import Result
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.verify import verify
from tests.unit.certificate.made import result_of, table_of
from tests.unit.test_verify import accepts, cell_edit, quickstart_plan


@pytest.fixture(scope="module")
def quickstart(repository: Path) -> Result:
    problem = load_scenario(repository / "scenarios" / "quickstart")
    stock = [(0, row, -1, -1, -1, 0, 0, int(problem.positions.free[row]), 0, 1_500_000) for row in (0, 3)]
    return result_of(problem, quickstart_plan(problem), table_of(stock))


@pytest.fixture
def folder(quickstart: Result, tmp_path: Path) -> Path:
    write_result(quickstart, tmp_path / "out")
    return tmp_path / "out"


def test_a_relaxed_minimum_is_accepted_where_it_is_lower(quickstart: Result, tmp_path: Path) -> None:
    """A solver may state a valid relaxation, said so; the bound is then what its minima sum to."""
    certificate = quickstart.certificate
    minimum, exact = certificate.order_priced_minimum_micros.copy(), certificate.order_exact.copy()
    minimum[2] -= 500_000
    exact[2] = False
    lower = replace(
        certificate,
        order_priced_minimum_micros=minimum,
        order_exact=exact,
        lower_bound_micros=certificate.lower_bound_micros - 500_000,
    )
    stated = replace(quickstart, certificate=lower, lower_bound_micros=lower.lower_bound_micros)
    write_result(stated, tmp_path / "out")
    assert verify(quickstart.problem, tmp_path / "out").findings == ()
    overstated = replace(lower, order_priced_minimum_micros=minimum + 1_000_000 * (np.arange(len(minimum)) == 2))
    write_result(replace(stated, certificate=overstated), tmp_path / "out")
    assert "no bound: a pattern pays less" in {
        finding.message for finding in verify(quickstart.problem, tmp_path / "out").findings
    }


@pytest.fixture
def nothing_priced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every order counts as too large to price exactly."""
    from dom_engine.certificate import pricing
    from dom_engine.certificate.batch import BatchMinima

    def nothing(_pricing: object, _block: object, order_from: int, order_to: int, *_rules: object) -> BatchMinima:
        none = np.zeros(order_to - order_from, np.bool_)
        return BatchMinima(np.zeros(len(none), np.int64), none, none.copy())

    monkeypatch.setattr(pricing, "price_regular", nothing)
    monkeypatch.setattr(pricing, "_ORDER_STEPS", 0)


@pytest.mark.usefixtures("nothing_priced")
def test_orders_too_large_for_us_count_with_our_own_relaxation(quickstart: Result, folder: Path) -> None:
    report = verify(quickstart.problem, folder)
    assert accepts(report, "6 orders are too large to price exactly here, and count in the bound with a relaxation")
    assert report.relaxed_orders == ("1001", "1002", "1003", "1004", "1005", "1006")
    for text, message in (
        ("99.000000", "no bound: the plan's own pattern pays less"),
        ("0.000001", "less than any pattern pays"),
    ):
        cell_edit("order_bounds.csv", "priced_minimum", text, row=3)(folder)
        assert message in {finding.message for finding in verify(quickstart.problem, folder).findings}


@pytest.mark.usefixtures("nothing_priced")
def test_no_minimum_is_above_what_leaving_the_order_unserved_pays(quickstart: Result, tmp_path: Path) -> None:
    """At prices of 900 a unit order 1004's own pattern pays for four, and leaving it unserved far less."""
    problem = quickstart.problem
    free = problem.positions.free.tolist()
    stock = [(0, row, -1, -1, -1, 0, 0, units, 0, 900_000_000) for row, units in enumerate(free)]
    write_result(result_of(problem, quickstart_plan(problem), table_of(stock)), tmp_path / "out")
    cell_edit("order_bounds.csv", "priced_minimum", "3000.000000", row=3)(tmp_path / "out")
    found = [f for f in verify(problem, tmp_path / "out").findings if f.column == "priced_minimum"]
    assert [f.message for f in found] == ["no bound: leaving it unserved pays less"]


RAISED_MICROS = 500_000


@pytest.fixture
def overstated(quickstart: Result) -> Result:
    """Order 1001 is said to pay 50 cents more at the least than it does, and the bound to be that much higher."""
    certificate = quickstart.certificate
    minimum = certificate.order_priced_minimum_micros.copy()
    minimum[0] += RAISED_MICROS
    bound = certificate.lower_bound_micros + RAISED_MICROS
    raised = replace(certificate, order_priced_minimum_micros=minimum, lower_bound_micros=bound)
    return replace(quickstart, certificate=raised, lower_bound_micros=bound)


@pytest.mark.usefixtures("nothing_priced")
def test_a_bound_beyond_our_relaxation_is_not_certified_silently(overstated: Result, tmp_path: Path) -> None:
    """We cannot refute it, and say so: which order, and how much of the bound rests on it."""
    write_result(overstated, tmp_path / "out")
    report = verify(overstated.problem, tmp_path / "out")
    assert report.findings == ()
    assert report.ok
    assert not report.proven
    (part,) = report.unproven
    assert part.stated_micros == overstated.lower_bound_micros
    assert part.proven_micros == report.certified_lower_bound_micros
    assert part.proven_micros <= overstated.lower_bound_micros - RAISED_MICROS
    assert part.orders["1001"] >= RAISED_MICROS
    assert sum(part.orders.values()) == part.unproven_micros


@pytest.mark.usefixtures("nothing_priced")
def test_strict_takes_no_word_for_a_bound(overstated: Result, repository: Path, tmp_path: Path) -> None:
    write_result(overstated, tmp_path / "out")
    given = ["verify", str(repository / "scenarios" / "quickstart"), str(tmp_path / "out")]
    trusting, strict = (CliRunner().invoke(app, [*given, *more]) for more in ([], ["--strict"]))
    assert trusting.exit_code == 0
    assert "HOLDS, but what it states is proven here in part only" in trusting.stdout
    assert strict.exit_code == 1
    assert strict.stdout == trusting.stdout
