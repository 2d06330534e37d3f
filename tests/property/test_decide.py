"""Any order of any model, from whatever stock others left: one decision is what pricing a batch of one finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from solvers.decide import Decider, take_from
from solvers.judging import recost
from solvers.model import frozen
from solvers.patterns import priced_cost
from solvers.pricing import price_orders
from tests.unit.solvers.models import random_model, random_prices

SEEDS = st.integers(0, 2**20)


@given(SEEDS, SEEDS, SEEDS)
def test_a_decision_is_the_cheapest_pattern_that_the_stock_allows(seed: int, price_seed: int, stock_seed: int) -> None:
    model = frozen(random_model(seed))
    prices = random_prices(price_seed, model)
    whole = model.row_capacity()
    stock = np.floor(whole * np.random.default_rng(stock_seed).choice([0.0, 0.5, 1.0], len(whole))).astype(np.int64)
    decider = Decider(model)
    for order in range(model.num_orders):
        decided = decider.decide(order, prices, stock)
        priced = price_orders(model, prices, np.array([order], np.int32), work_limit=200_000, row_capacity=stock.copy())
        assert decided.exact == priced.exact[0]
        assert decided.priced_cost == pytest.approx(priced.value[0], abs=1e-3, rel=1e-11)
        assert priced_cost(recost(model, decided.pattern), prices)[0] == pytest.approx(decided.priced_cost, rel=1e-12)
        take_from(stock, decided.pattern)
