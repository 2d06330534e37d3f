"""Menus held to the general kernel and to the slow twin: random small orders, any mix of features, any prices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solvers.menu_pricing import near_menus, price_menus
from solvers.menus import fitting, list_menus, patterns_of
from solvers.model import Prices, SourcingModel
from solvers.patterns import priced_cost
from solvers.pricing import price_orders
from tests.naive_pricing import TooLarge
from tests.naive_pricing import patterns_of as naive_patterns_of
from tests.property.test_pricing import SINGLE_FEATURES, TOLERANCE
from tests.unit.solvers.batches import ordinary_model
from tests.unit.solvers.models import Traits, random_model, random_prices

ORDINARY = Traits(*[0.0] * 21)._replace(inbound=0.5, windows=0.5, packs=0.4, capacities=0.6, breaks=0.3, max_weight=0.3)


def prices_of(seed: int, model: SourcingModel) -> Prices:
    """Random prices; a node that costs nothing to open has no activation price."""
    prices = random_prices(seed, model)
    costs = model.nodes.activation_cost[model.candidates.node] > 0
    return prices._replace(activation=np.where(costs, prices.activation, 0.0))


def check_minima(model: SourcingModel, seed: int) -> int:
    """Listed orders pay by menu what they pay by the general kernel; returns how many there are."""
    menus = list_menus(model)
    listed = np.flatnonzero(menus.listed).astype(np.int32)
    for k in range(3):
        prices = prices_of(seed + k, model)
        quick = price_menus(menus, prices, listed)
        general = price_orders(model, prices, listed, work_limit=10**7)
        assert general.exact.all()
        assert (quick.value <= general.value * (1 + 1e-12) + TOLERANCE).all()
        alone = fitting(menus, quick.pick_ptr, quick.picks, model.row_capacity())
        assert (alone | menus.coupled[listed]).all()
        again = price_menus(menus, prices, listed[alone])
        assert again.value == pytest.approx(general.value[alone], abs=TOLERANCE, rel=1e-12)
        found = patterns_of(model, menus, listed[alone], again.pick_ptr, again.picks)
        assert priced_cost(found, prices) == pytest.approx(again.value, abs=TOLERANCE, rel=1e-12)
    return len(listed)


@given(st.integers(0, 2**32))
def test_a_menu_prices_as_the_general_kernel_does(seed: int) -> None:
    check_minima(random_model(seed), seed)
    check_minima(random_model(seed, ORDINARY), seed)


@pytest.mark.parametrize("traits", SINGLE_FEATURES.values(), ids=SINGLE_FEATURES.keys())
@given(seed=st.integers(0, 2**32))
def test_each_kind_of_interplay_alone(traits: Traits, seed: int) -> None:
    check_minima(random_model(seed, traits), seed)


@pytest.mark.parametrize("num_trips", [1, 4])
def test_ordinary_orders_are_listed(num_trips: int) -> None:
    model = ordinary_model(1, 300, num_trips=num_trips)
    assert check_minima(model, 1) > 270


@given(st.integers(0, 2**32), st.floats(0.0, 3e7))
def test_no_pattern_near_the_minimum_is_missed(seed: int, threshold: float) -> None:
    model = random_model(seed, ORDINARY, num_orders=1)
    menus, prices = list_menus(model), prices_of(seed, model)
    assume(bool(menus.listed[0]))
    try:
        naive = naive_patterns_of(model, 0, most=800)
    except TooLarge:
        assume(False)
    order = np.zeros(1, np.int32)
    ceiling = min(pattern.paid(prices) for pattern in naive) + threshold
    near = near_menus(menus, prices, order, np.array([ceiling]), 10**6)
    assert near.complete[0]
    assume(not menus.coupled[0])
    assert fitting(menus, near.pick_ptr, near.picks, model.row_capacity()).all()
    found = patterns_of(model, menus, near.order, near.pick_ptr, near.picks)
    assert priced_cost(found, prices) == pytest.approx(near.value, abs=TOLERANCE, rel=1e-12)
    assert (near.value <= ceiling + TOLERANCE).all()
    listed: dict[object, int] = {}
    for k in range(found.num_patterns):
        of_k = slice(found.draw_ptr[k], found.draw_ptr[k + 1])
        draws = tuple(zip(found.draw_row[of_k].tolist(), found.draw[of_k].tolist(), strict=True))
        listed[draws] = min(listed.get(draws, 2**62), int(found.cost[k]))
    for pattern in naive:
        if pattern.paid(prices) < ceiling - TOLERANCE and not replaceable(pattern, listed):
            assert listed[tuple(pattern.draws)] <= pattern.cost


def replaceable(pattern: object, listed: dict[object, int]) -> bool:
    """Whether a listed pattern draws no more of any row and costs no more."""
    draws = dict(pattern.draws)  # type: ignore[attr-defined]
    return any(
        cost <= pattern.cost and all(amount <= draws.get(row, 0) for row, amount in theirs)  # type: ignore[attr-defined]
        for theirs, cost in listed.items()
    )


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_threads_make_no_difference(seed: int, most: int) -> None:
    model = random_model(seed, ORDINARY, num_orders=4)
    one, two = list_menus(model, 1), list_menus(model, 2)
    for a, b in zip(one, two, strict=True):
        assert np.array_equal(a, b)
    prices, listed = prices_of(seed, model), np.flatnonzero(one.listed).astype(np.int32)
    minimum = price_menus(one, prices, listed).value
    near = near_menus(one, prices, listed, minimum + 1e8, most)
    assert (np.bincount(near.order, minlength=4)[listed] <= most).all()
    assert set(near.order.tolist()) == set(listed.tolist())
