"""Exact column arithmetic against fractions, on either side of 64 bits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dom_engine.audit.exact import (
    ceil_div,
    int64,
    magnitude,
    plus,
    ratios,
    round_half_even,
    sum_by,
    times,
    total,
    weigh,
)

integers = st.integers(-(2**62), 2**62)
small = st.integers(-(10**6), 10**6)


@given(st.lists(st.tuples(small | integers, small | integers), min_size=1, max_size=8), small | integers)
def test_products_and_sums_never_wrap(rows: list[tuple[int, int]], scalar: int) -> None:
    left = np.array([row[0] for row in rows], np.int64)
    right = np.array([row[1] for row in rows], np.int64)
    assert [int(value) for value in times(left, right, scalar)] == [a * b * scalar for a, b in rows]
    assert [int(value) for value in plus(left, right, scalar)] == [a + b + scalar for a, b in rows]
    idx = np.arange(len(rows)) % 2
    sums = [sum(a for (a, _), k in zip(rows, idx, strict=True) if k == side) for side in (0, 1)]
    assert [int(value) for value in sum_by(idx, left, 2)] == sums
    assert total(left) == sum(a for a, _ in rows)


@given(st.lists(integers, min_size=1, max_size=8), st.integers(1, 2**62))
def test_rounding_is_half_even(values: list[int], denominator: int) -> None:
    rounded = round_half_even(np.array(values, np.int64), denominator)
    assert rounded.tolist() == [round(Fraction(value, denominator)) for value in values]


def test_ties_go_to_the_even_neighbour() -> None:
    assert round_half_even(np.array([5, 15, 25, -5, -15], np.int64), 10).tolist() == [0, 2, 2, 0, -2]


def test_ceil_div_rounds_up_on_both_sides_of_zero() -> None:
    assert ceil_div(np.array([-7, -6, 0, 1, 6, 7], np.int64), 3).tolist() == [-2, -2, 0, 1, 2, 3]


def test_result_beyond_64_bits_is_an_error() -> None:
    with pytest.raises(OverflowError):
        int64(times(np.array([2**40]), 2**40))


@given(st.lists(st.floats(0, 1e15, allow_nan=False), min_size=1, max_size=6))
def test_ratios_are_the_decimals_that_the_floats_print_as(values: list[float]) -> None:
    numerators, denominator = ratios(np.array(values))
    assert [Fraction(int(number), denominator) for number in numerators] == [
        Fraction(Decimal(repr(value))) for value in values
    ]


def test_rates_of_many_digits_leave_int64_unharmed() -> None:
    numerators, denominator = ratios(np.array([0.1 + 0.2, 123456.789]))
    assert magnitude(numerators) > 2**62
    product = times(numerators, np.array([10, 10]))
    assert round_half_even(product, denominator).tolist() == [3, 1234568]


def test_weight_rounds_each_amount_again() -> None:
    # 3 * 0.5 = 1.5 -> 2 and 5 * 0.5 = 2.5 -> 2: halves go to the even neighbour.
    assert weigh(np.array([3, 5, 4], np.int64), 0.5).tolist() == [2, 2, 2]
