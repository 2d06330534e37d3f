"""Orders of hundreds of lines and of huge quantities: bounded work, true bounds, no false claim of exactness."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from solvers.judging import judge
from solvers.model import Patterns, Prices, SourcingModel, frozen
from solvers.patterns import priced_cost
from solvers.pricing import Priced, price_orders
from solvers.pricing_large import price_large
from tests.unit.solvers.giants import giant_model, with_breaks, with_light_services, with_parcels
from tests.unit.solvers.models import MONEY

ORDER = np.zeros(1, np.int32)
MOST_LINES, MOST_QUANTITY = 674, 74_215
"""The largest of Online Retail."""

TARIFFS: dict[str, Callable[[SourcingModel], SourcingModel]] = {
    "linear": lambda model: model,
    "breaks": with_breaks,
    "parcels": with_parcels,
    "light": lambda model: with_light_services(with_breaks(model), 40),
}


def made(tariff: str, model: SourcingModel) -> SourcingModel:
    return frozen(TARIFFS[tariff](model))


def priced_stock(model: SourcingModel, seed: int) -> Prices:
    """Some stock rows cost up to two of money a unit."""
    rng = np.random.default_rng(seed)
    prices = Prices.zero(model)
    prices.row[: model.num_positions] = np.where(rng.random(model.num_positions) < 0.3, rng.random() * 2 * MONEY, 0.0)
    return prices


def price(model: SourcingModel, prices: Prices, work_limit: int) -> Priced:
    return price_orders(model, prices, ORDER, work_limit=work_limit)


def holds(model: SourcingModel, patterns: Patterns) -> bool:
    return not judge(model, patterns, model.row_capacity())[1].any()


@pytest.mark.parametrize("tariff", sorted(TARIFFS))
@pytest.mark.parametrize(("num_lines", "quantity"), [(MOST_LINES, 24), (1, MOST_QUANTITY), (40, MOST_QUANTITY)])
def test_giants_are_priced_in_bounded_work(num_lines: int, quantity: int, tariff: str) -> None:
    model = made(tariff, giant_model(7, num_lines, quantity=quantity))
    limit = 200_000
    priced = price(model, priced_stock(model, 7), limit)
    assert holds(model, priced.patterns)
    # Light services take what they can; all others a good part of what is wanted.
    least = 0.0 if tariff == "light" else 0.2
    assert priced.patterns.load_quantity.sum() > least * model.lines.quantity.sum()
    assert priced.lower_bound[0] <= priced.value[0]
    # Laying out and a first pattern are always done: linear in what could ride, whatever the quantities.
    assert priced.work[0] <= limit + 200 * len(model.sources.line) + 100_000


@pytest.mark.parametrize("tariff", ["linear", "breaks"])
def test_the_bound_of_a_giant_is_near(tariff: str) -> None:
    model = made(tariff, giant_model(3, MOST_LINES, quantity=24))
    priced = price(model, priced_stock(model, 3), 2_000_000)
    assert priced.value[0] - priced.lower_bound[0] <= 0.02 * priced.value[0]


@pytest.mark.parametrize("tariff", sorted(TARIFFS))
def test_more_work_never_hurts(tariff: str) -> None:
    model = made(tariff, giant_model(11, 60, quantity=24, scarcity=1.5))
    prices = priced_stock(model, 11)
    few, many = price(model, prices, 0), price(model, prices, 1_000_000)
    assert few.lower_bound[0] <= many.value[0]
    assert many.lower_bound[0] <= few.value[0]
    assert many.value[0] <= few.value[0]


@pytest.mark.parametrize("tariff", sorted(TARIFFS))
@pytest.mark.parametrize("seed", range(12))
def test_small_ones_agree_with_the_dynamic_program(seed: int, tariff: str) -> None:
    """The same orders by the program over states, which is exact: the slow twin at sizes where there is one."""
    model = made(tariff, giant_model(seed, 1 + seed % 4, num_nodes=4, num_trips=2, scarcity=1.0 + seed % 3))
    prices = priced_stock(model, seed)
    twin = price(model, prices, 0)
    assert twin.exact.all()
    bound, exact, _, columns = price_large(model, prices, model.row_capacity(), ORDER, 500_000)
    none, no_draws = np.zeros(1, np.int64), np.zeros(2, np.int64)
    empty = Patterns(ORDER, none, none, *columns, no_draws, np.zeros(0, np.int32), np.zeros(0, np.int64))
    pattern, rule = judge(model, empty, model.row_capacity())
    assert not rule.any()
    value = priced_cost(pattern, prices)[0]
    assert bound[0] <= twin.value[0] + 1.0
    assert value >= twin.value[0] - 1.0
    if exact[0]:
        assert value == pytest.approx(twin.value[0], rel=1e-8, abs=1.0)
