"""Constant amounts: rounded half-even to micros, weighted, rounded half-even again, exactly."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dom_engine.errors import InputError
from dom_engine.formulation.amounts import micros_per_unit, ratio_half_even, unmet_micros, weighted

MICROS = st.integers(0, 10**15)
FACTORS = st.decimals(0, 100, places=4).map(float)


def half_even(value: Decimal) -> int:
    return int(value.quantize(Decimal(1), ROUND_HALF_EVEN))


@pytest.mark.parametrize(
    ("numerator", "expected"), [(1, 0), (2, 0), (3, 1), (6, 2), (10, 2), (14, 4), (-2, 0), (-6, -2)]
)
def test_ties_go_to_the_even_quotient(numerator: int, expected: int) -> None:
    # Quarters: 2/4 is a tie between 0 and 1, 6/4 between 1 and 2, 10/4 between 2 and 3.
    assert ratio_half_even(np.array([numerator]), 4).tolist() == [expected]


@given(MICROS, FACTORS)
def test_a_weight_is_the_decimal_it_was_written_as(raw: int, weight: float) -> None:
    assert weighted(np.array([raw]), weight).tolist() == [half_even(raw * Decimal(repr(weight)))]


@given(MICROS, MICROS, FACTORS, st.lists(FACTORS, min_size=1, max_size=3))
def test_unmet_cost_is_rounded_once_per_unit(cost: int, price: int, pct: float, factors: list[float]) -> None:
    num = len(factors)
    found = unmet_micros(np.full(num, cost), np.full(num, price), pct, np.array(factors))
    whole = cost + Decimal(repr(pct)) * price / 100
    assert found.tolist() == [half_even(Decimal(repr(factor)) * whole) for factor in factors]


def test_products_beyond_64_bits_are_exact_when_the_result_fits() -> None:
    assert weighted(np.array([4 * 10**18]), 0.123456789012345).tolist() == [493_827_156_049_380_000]


def test_an_amount_beyond_64_bits_is_an_input_error() -> None:
    with pytest.raises(InputError, match="does not fit 64 bits"):
        weighted(np.array([10**18]), 1000.0)


def test_rates_become_the_nearest_micros() -> None:
    assert 0.000123 * 1_000_000 != 123.0
    assert micros_per_unit(np.array([0.000123, 0.423, 0.0])).tolist() == [123.0, 423_000.0, 0.0]


def test_nothing_weighs_nothing() -> None:
    assert weighted(np.zeros(0, np.int64), 0.5).tolist() == []
