"""Orders that the pricing kernels leave open, closed by branch and bound: held to the slow twin on random orders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from solvers import pricing
from solvers.judging import recost
from solvers.model import JUDGE_EX_WORKS, SourcingModel
from solvers.patterns import priced_cost
from solvers.pricing import Priced, price_orders
from solvers.pricing_closing import allowance, is_small
from solvers.pricing_space import TOO_LARGE, Shipments
from solvers.stop import Stop
from tests.naive_pricing import TooLarge, patterns_of
from tests.runs import examples
from tests.unit.solvers.models import Traits, random_model, random_prices

INTERWOVEN = Traits()._replace(substitutes=0.6, same_item=0.6, inbound=0.6, safety=0.5)
"""Lines that many items, positions and trips may serve."""

PLENTY = Traits(*[0.0] * 21)._replace(
    substitutes=1.0, breaks=1.0, quantity=4_000, lines=1, nodes=4, days=3, parcels=0.5, volumetric=0.5, stages=0.5
)
"""Orders of few states and more loads than any table holds."""


def left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernels find no order small enough for their tables, and give their search no time."""
    by_states = pricing.price_by_states

    def nothing(*given: object) -> tuple[object, ...]:
        status, bound, spent, shipments = by_states(*given)
        none = Shipments(
            np.zeros_like(shipments.ship_ptr),
            *(column[:0] for column in shipments[1:3]),
            shipments.load_ptr[:1],
            *(column[:0] for column in shipments[4:]),
        )
        return np.full_like(status, TOO_LARGE), np.zeros_like(bound), spent, none

    monkeypatch.setattr(pricing, "price_by_states", nothing)
    monkeypatch.setattr(pricing, "_SEARCH_WORK", 0)


def closed(model: SourcingModel, order: int, price_seed: int) -> tuple[Priced, float]:
    """What pricing says of one order, and how far two exact prices may lie apart."""
    prices = random_prices(price_seed, model)
    priced = price_orders(model, prices, np.array([order], np.int32), work_limit=0, closing=Stop())
    value = float(priced.value[0])
    assert priced_cost(recost(model, priced.patterns), prices)[0] == value
    return priced, allowance(model, prices, priced.patterns)


@examples(0.5)
@given(st.integers(0, 2**32), st.integers(0, 2**32), st.integers(0, 2))
def test_what_is_closed_is_the_cheapest_pattern(seed: int, price_seed: int, order: int) -> None:
    model = random_model(seed, INTERWOVEN, num_orders=order + 1)
    try:
        naive = patterns_of(model, order, most=800)
    except TooLarge:
        assume(False)
        raise
    prices = random_prices(price_seed, model)
    least = min(pattern.paid(prices) for pattern in naive)
    with pytest.MonkeyPatch.context() as patch:
        left_open(patch)
        priced, apart = closed(model, order, price_seed)
    assert is_small(model, order)
    assert priced.lower_bound[0] <= least + 1e-3
    assert least - 1e-3 <= priced.value[0] <= least + apart
    # Ex works is judged line by line there: a bound, not always the minimum.
    assert priced.exact[0] or model.orders.judge[order] == JUDGE_EX_WORKS


@pytest.mark.parametrize("seed", [8, 27, 57])
def test_few_states_are_exact_however_many_loads_there_are(seed: int) -> None:
    """Up to four thousand units of one line, which three items may serve: millions of loads, a thousand states."""
    model = random_model(seed, PLENTY, num_orders=1)
    assert is_small(model, 0)
    prices = random_prices(seed + 1, model)
    kernels = price_orders(model, prices, np.zeros(1, np.int32), work_limit=0)
    assert not kernels.exact[0]
    priced, apart = closed(model, 0, seed + 1)
    assert priced.exact[0]
    assert kernels.lower_bound[0] <= priced.value[0]
    assert priced.value[0] <= kernels.value[0]
    assert priced.lower_bound[0] <= priced.value[0] <= priced.lower_bound[0] + apart


def test_shipments_of_one_node_that_meet_in_its_stock() -> None:
    """Some thirty units of two lines, four trips from one node: far more cards than the search can deal."""
    traits = Traits(*[0.0] * 21)._replace(substitutes=1.0, breaks=1.0, quantity=30, lines=2)
    model, least = random_model(58, traits, num_orders=1), 786_760_492
    prices = random_prices(59, model)
    order = np.zeros(1, np.int32)
    kernels = price_orders(model, prices, order, work_limit=0)
    assert kernels.value[0] < 1.5 * least
    assert kernels.lower_bound[0] <= least
    priced, _ = closed(model, 0, 59)
    assert priced.exact[0]
    assert round(priced.value[0]) == least


def test_only_orders_of_few_states_and_choices_must_be_exact() -> None:
    model = random_model(6, PLENTY, num_orders=1)
    lines = model.lines
    assert is_small(model, 0)
    many = model._replace(lines=lines._replace(quantity=np.full_like(lines.quantity, 4_096)))
    assert not is_small(many, 0)
    packed = many._replace(lines=many.lines._replace(pack=np.full_like(lines.pack, 4_096)))
    assert is_small(packed, 0)
    whole = many._replace(lines=many.lines._replace(unsplit=np.ones_like(lines.unsplit)))
    assert is_small(whole, 0)
