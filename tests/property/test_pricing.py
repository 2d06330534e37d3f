"""The pricing kernels held to the slow twin: random small orders, any mix of features, prices of any shape."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solvers.judging import recost
from solvers.model import Patterns, Prices, SourcingModel
from solvers.patterns import priced_cost
from solvers.pricing import price_orders
from solvers.pricing_near import enumerate_near
from tests.naive_pricing import Pattern, TooLarge, patterns_of
from tests.unit.solvers.models import Traits, random_model, random_prices

TOLERANCE = 1e-3
"""Weighted micros: float sums of at most some 10^9 of them differ in the last bits."""

ORDER = np.zeros(1, np.int32)
SINGLE_FEATURES = {
    "plain": Traits(*[0.0] * 21),
    "stock that comes, goes and is kept back": Traits(*[0.0] * 21)._replace(inbound=1.0, safety=1.0, windows=1.0),
    "loads that interact": Traits(*[0.0] * 21)._replace(breaks=1.0, parcels=1.0, volumetric=1.0, max_weight=1.0),
    "lines that interact": Traits(*[0.0] * 21)._replace(same_item=1.0, substitutes=1.0, packs=0.5, groups=0.5),
    "shipments that interact": Traits(*[0.0] * 21)._replace(capacities=1.0, max_shipments=0.7, max_weight=1.0),
}


def naive_patterns(model: SourcingModel) -> list[Pattern]:
    try:
        return patterns_of(model, 0, most=800)
    except TooLarge:
        assume(False)
        raise


def check_minimum(model: SourcingModel, prices: Prices, naive: list[Pattern]) -> float:
    """The kernel's answer for order 0 against the least of all patterns; returns it."""
    priced = price_orders(model, prices, ORDER, work_limit=0)
    least = min(pattern.paid(prices) for pattern in naive)
    assert priced.exact[0]
    assert priced.value[0] == pytest.approx(least, abs=TOLERANCE, rel=1e-12)
    assert priced.lower_bound[0] <= least + TOLERANCE
    assert priced_cost(recost(model, priced.patterns), prices)[0] == priced.value[0]
    return least


@given(st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_cheapest_pattern_is_found_and_proven(seed: int, price_seed: int) -> None:
    model = random_model(seed, num_orders=1)
    naive = naive_patterns(model)
    for k in range(3):
        check_minimum(model, random_prices(price_seed + k, model), naive)


@pytest.mark.parametrize("traits", SINGLE_FEATURES.values(), ids=SINGLE_FEATURES.keys())
@given(seed=st.integers(0, 2**32))
def test_each_kind_of_interplay_alone(traits: Traits, seed: int) -> None:
    model = random_model(seed, traits, num_orders=1)
    naive = naive_patterns(model)
    check_minimum(model, random_prices(seed + 1, model), naive)


def seen(patterns: Patterns, k: int) -> tuple[tuple[tuple[int, int], ...], int]:
    """What other patterns see of one: its draws and its fill."""
    of_k = slice(patterns.draw_ptr[k], patterns.draw_ptr[k + 1])
    draws = tuple(zip(patterns.draw_row[of_k].tolist(), patterns.draw[of_k].tolist(), strict=True))
    return draws, int(patterns.fill[k])


@given(st.integers(0, 2**32), st.integers(0, 2**32), st.floats(0.0, 3e7))
def test_no_pattern_near_the_minimum_is_missed(seed: int, price_seed: int, threshold: float) -> None:
    model = random_model(seed, num_orders=1)
    naive, prices = naive_patterns(model), random_prices(price_seed, model)
    least = min(pattern.paid(prices) for pattern in naive)
    near = enumerate_near(model, prices, ORDER, np.array([threshold]), max_patterns=10**6, work_limit=10**9)
    assert near.complete[0]
    found = {seen(near.patterns, k): int(near.patterns.cost[k]) for k in range(near.patterns.num_patterns)}
    assert len(found) == near.patterns.num_patterns, "two patterns draw and fill alike"
    wanted: dict[tuple[tuple[tuple[int, int], ...], int], int] = {}
    for pattern in naive:
        if pattern.paid(prices) <= least + threshold - TOLERANCE:
            key = pattern.draws, pattern.fill
            wanted[key] = min(wanted.get(key, pattern.cost), pattern.cost)
    assert wanted.items() <= found.items()
    assert all(paid <= least + threshold + TOLERANCE for paid in priced_cost(near.patterns, prices).tolist())


@given(st.integers(0, 2**32))
def test_what_other_orders_left_bounds_a_pattern(seed: int) -> None:
    """With rows partly used up, the answer is that of a model whose rows are that small."""
    model = random_model(seed, num_orders=1)
    prices = random_prices(seed, model)
    left = np.random.default_rng(seed).integers(0, np.minimum(model.row_capacity(), 10_000_000) + 1)
    smaller = model._replace(rows=model.rows._replace(limit=left, open_max=np.ones_like(left), overtime_limit=0 * left))
    given_less = price_orders(model, prices, ORDER, work_limit=0, row_capacity=left)
    having_less = price_orders(smaller, prices, ORDER, work_limit=0)
    assert given_less.value.tolist() == having_less.value.tolist()


@given(st.integers(0, 2**32))
def test_threads_do_not_change_the_answer(seed: int) -> None:
    model = random_model(seed, num_orders=3)
    orders = np.tile(np.arange(3, dtype=np.int32), 700)
    prices = random_prices(seed, model)
    alone, shared = (price_orders(model, prices, orders, work_limit=0, threads=k) for k in (1, 2))
    assert alone.value.tobytes() == shared.value.tobytes()
    assert alone.work.tobytes() == shared.work.tobytes()
    for one, other in zip(alone.patterns, shared.patterns, strict=True):
        assert one.tobytes() == other.tobytes()
