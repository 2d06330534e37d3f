"""L and every order's priced minimum against the oracle, which enumerates all patterns."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from random import Random

import numpy as np
import pytest

from dom_engine.certificate import certified_bound, pricing, relaxation
from dom_engine.certificate.batch import price_regular
from dom_engine.certificate.options import Budget, TooManyError
from dom_engine.certificate.relaxation import relaxed_minimum
from dom_engine.certificate.sources import Pricing, build_block
from dom_engine.domain.rows import RowKind
from dom_engine.scenario import load_scenario
from tests import naive
from tests.naive.certificate import Prices
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import NO_PRICES, priced_rows, random_prices, table_of

SEEDS = range(120)


def problem_and_prices(seed: int) -> tuple[Converter, Prices]:
    given = naive.read_problem(random_scenario(seed))
    prices = random_prices(given, Random(seed)) if seed % 5 else NO_PRICES
    return Converter(given), prices


@pytest.mark.parametrize("seed", SEEDS)
def test_bound_and_minima_are_the_oracles(seed: int) -> None:
    converter, prices = problem_and_prices(seed)
    try:
        expected = naive.certified_bound(converter.given, prices)
    except naive.TooLarge:
        return
    report = certified_bound(converter.problem(), priced_rows(converter, prices))
    assert report.exact.all()
    minima = [Fraction(least, report.scale) for least in report.order_minimum]
    assert minima == [expected.order_minima[order] for order in converter.orders]
    assert report.lower_bound_micros == expected.bound_micros


@pytest.mark.parametrize("seed", SEEDS)
def test_no_relaxation_is_above_the_minimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    converter, prices = problem_and_prices(seed)
    try:
        expected = naive.certified_bound(converter.given, prices)
    except naive.TooLarge:
        return
    priced = Pricing(converter.problem(), priced_rows(converter, prices))
    num_orders = len(priced.problem.orders)
    block = build_block(priced, 0, num_orders)
    batch = price_regular(priced, block, 0, num_orders, np.zeros(num_orders, np.bool_))
    for order, name in enumerate(converter.orders):
        least = expected.order_minima[name] * priced.scale
        over_subsets = relaxed_minimum(priced, block, order)
        with monkeypatch.context() as patched:
            patched.setattr(relaxation, "MAX_SUBSET_NODES", -1)
            by_ascent = relaxed_minimum(priced, block, order)
        assert by_ascent <= over_subsets <= least
        if batch.priced[order]:
            assert batch.minimum[order] <= least
        if batch.proven[order]:
            assert batch.minimum[order] == least


def test_quickstart_at_zero_prices_is_each_order_alone(repository: Path) -> None:
    # README: the best plan costs 115.80, 15.20 of it for order 1001, which alone could pay 10.80.
    report = certified_bound(load_scenario(repository / "scenarios" / "quickstart"), table_of([]))
    assert report.lower_bound_micros == 115_800_000 - 15_200_000 + 10_800_000


def test_quickstart_lamp_price_moves_the_bound_to_the_optimum(repository: Path) -> None:
    # At 4.40 a lamp in Chicago 1001 is as well served from Newark and Reno (10.80 + 4.40 = 15.20); 1005 pays
    # 8 + 2 * 4.40, still less than 17.00 from Reno; the row takes back 2 * 4.40. So L is the optimum, 115.80.
    problem = load_scenario(repository / "scenarios" / "quickstart")
    names = zip(
        problem.nodes.ids.take(problem.positions.node_idx).to_pylist(),
        problem.items.ids.take(problem.positions.item_idx).to_pylist(),
        strict=True,
    )
    lamp = list(names).index(("chicago", "lamp"))
    rows = table_of([(RowKind.STOCK, lamp, -1, -1, -1, 0, 0, 2, 2, 4_400_000)])
    assert certified_bound(problem, rows).lower_bound_micros == 115_800_000


@pytest.mark.parametrize("seed", range(40))
def test_no_prices_bound_more_than_the_optimum(seed: int) -> None:
    converter, prices = problem_and_prices(seed)
    if converter.given.policy.fill_first:
        return
    try:
        best = naive.solve_exhaustive(converter.given)
    except naive.TooLarge:
        return
    report = certified_bound(converter.problem(), priced_rows(converter, prices))
    assert report.lower_bound_micros <= best.objective_micros


def test_negative_price_is_refused() -> None:
    converter, _ = problem_and_prices(0)
    with pytest.raises(ValueError, match="negative"):
        certified_bound(converter.problem(), table_of([(RowKind.STOCK, 0, -1, -1, -1, 0, 0, 1, 0, -1)]))


def test_budget_says_when_it_is_spent() -> None:
    budget = Budget(3)
    budget.spend(3)
    with pytest.raises(TooManyError):
        budget.spend(1)
    assert budget.steps == 0


def scenario_of(lines: list[dict[str, str]], nodes: int, **policy: object) -> naive.Scenario:
    """One order with these lines; every node has plenty of every item, the second pays 2 a shipment more."""
    items = sorted({line["item"] for line in lines})
    return naive.Scenario(
        {"format": 1, "now": "2026-01-05T08:00:00Z", "horizon_h": 24, "policy": policy},
        {
            "nodes": [{"node": f"n{k}", "shipment_cost": str(2 * k), "cutoff": "17:00"} for k in range(nodes)],
            "items": [{"item": item, "weight_kg": "1"} for item in items],
            "inventory": [
                {"node": f"n{k}", "item": item, "quantity": "1000000"} for k in range(nodes) for item in items
            ],
            "services": [{"service": "truck"}],
            "lanes": [{"service": "truck", "rate": "r"}],
            "rates": [{"rate": "r", "base": "5", "per_unit": "0.25"}],
            "orders": [{"order": "o", "country": "US"}],
            "order_lines": [{"order": "o", **line} for line in lines],
        },
    )


def test_long_order_is_bounded_without_enumeration() -> None:
    # 674 lines of 7 units: one shipment of 5 + 674 * 7 * 0.25 = 1,184.50; the relaxation takes the roundings off,
    # under 10 micros.
    lines = [{"line": f"{k:03}", "item": f"i{k % 50}", "quantity": "7"} for k in range(674)]
    problem = Converter(naive.read_problem(scenario_of(lines, nodes=3))).problem()
    report = certified_bound(problem, table_of([]))
    assert not report.exact[0]
    assert 1_184_500_000 - 10 <= report.lower_bound_micros <= 1_184_500_000


def test_huge_quantity_is_bounded_without_enumeration() -> None:
    # 74,215 units in one shipment: 5 + 74,215 * 0.25 = 18,558.75.
    problem = Converter(
        naive.read_problem(scenario_of([{"line": "1", "item": "i", "quantity": "74215"}], nodes=2))
    ).problem()
    report = certified_bound(problem, table_of([]))
    assert not report.exact[0]
    assert 18_558_750_000 - 10 <= report.lower_bound_micros <= 18_558_750_000


def test_huge_amounts_are_priced_in_whole_numbers() -> None:
    # Unmet at 3 * 10**12 a unit is 3 * 10**18 micros: two units leave 62 bits; the order is served for 5.50 instead.
    scenario = scenario_of([{"line": "1", "item": "i", "quantity": "2"}], nodes=1, unmet_cost=3_000_000_000_000)
    problem = Converter(naive.read_problem(scenario)).problem()
    report = certified_bound(problem, table_of([]))
    assert report.exact.all()
    assert report.order_minimum == [5_500_000]


def test_many_states_of_one_line_are_exact() -> None:
    # 4,095 units have 4,096 states, the most that are priced exactly here.
    problem = Converter(
        naive.read_problem(scenario_of([{"line": "1", "item": "i", "quantity": "4095"}], nodes=2))
    ).problem()
    report = certified_bound(problem, table_of([]))
    assert report.exact.all()
    assert report.order_minimum == [5_000_000 + 4_095 * 250_000]
    assert isinstance(report.exact, np.ndarray)


def test_orders_beyond_the_budget_are_bounded_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    # A group is priced by enumeration alone: two units in one shipment, 5 + 2 * 0.25.
    lines = [{"line": line, "item": "i", "quantity": "1", "group": "g"} for line in "ab"]
    problem = Converter(naive.read_problem(scenario_of(lines, nodes=2))).problem()
    assert certified_bound(problem, table_of([])).order_minimum == [5_500_000]
    monkeypatch.setattr(pricing, "_ORDER_STEPS", 0)
    report = certified_bound(problem, table_of([]))
    assert not report.exact.any()
    assert 5_500_000 - 10 <= report.lower_bound_micros <= 5_500_000
