from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dom_engine.scenario.numbers import (
    BadText,
    floats,
    integers,
    parse_decimal,
    parse_flag,
    parse_integer,
    parse_scaled,
    scaled_integers,
)

MICROS = 1_000_000


def texts(*values: str) -> pa.StringArray:
    return pa.array(values, pa.string())


@pytest.mark.parametrize(
    ("text", "scale", "expected"),
    [
        ("1.5", MICROS, 1_500_000),
        ("0.0000005", MICROS, 0),  # half to even: 0.5 micros is 0
        ("0.0000015", MICROS, 2),  # and 1.5 micros are 2
        ("0.0000025", MICROS, 2),
        ("0.00000050000000000000000000000000000000001", MICROS, 1),  # beyond 28 digits, but more than half
        ("1e-7", MICROS, 0),
        ("2.5e3", 1, 2_500),
        ("+4", 3_600, 14_400),
        (".5", 3_600, 1_800),
        ("0.00013888888888889", 3_600, 1),  # half a second and a little
        ("9223372036854.775807", MICROS, 2**63 - 1),
        ("999999999999.999999", MICROS, 999_999_999_999_999_999),
        ("1e-999999", MICROS, 0),
        ("-0", MICROS, 0),
    ],
)
def test_decimals_scale_exactly_and_round_half_even(text: str, scale: int, expected: int) -> None:
    assert parse_scaled(text, scale) == expected
    values, problems = scaled_integers(texts(text), scale, signed=False, positive=False)
    assert (values.tolist(), problems) == ([expected], {})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nan", "NOT_FINITE"),
        ("-Infinity", "NOT_FINITE"),
        ("1,5", "NOT_A_NUMBER"),
        ("1 000", "NOT_A_NUMBER"),
        ("0x10", "NOT_A_NUMBER"),
        ("١", "NOT_A_NUMBER"),
        ("--1", "NOT_A_NUMBER"),
        ("-0.01", "NEGATIVE"),
        ("9223372036854.775808", "OVERFLOW"),
        ("1e30", "OVERFLOW"),
        ("1e999999", "OVERFLOW"),
        ("9" * 1_000_000, "OVERFLOW"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, code: str) -> None:
    _, problems = scaled_integers(texts("1", text, "2"), MICROS, signed=False, positive=False)
    assert list(problems) == [1]
    assert problems[1][0] == code
    assert len(problems[1][1]) < 200


def test_zero_is_refused_where_more_is_needed_also_after_rounding() -> None:
    _, problems = scaled_integers(texts("0", "0.0001", "0.001"), 1_000, signed=False, positive=True)
    assert {at: code for at, (code, _) in problems.items()} == {0: "NOT_POSITIVE", 1: "NOT_POSITIVE"}


def test_whole_numbers_may_be_written_as_decimals() -> None:
    values, problems = integers(
        texts("3", "3.0", "3e2", "2.5", "1e-9", "9223372036854775807", "9223372036854775808"),
        signed=False,
        positive=False,
    )
    assert values[[0, 1, 2, 5]].tolist() == [3, 3, 300, 2**63 - 1]
    assert {at: code for at, (code, _) in problems.items()} == {
        3: "NOT_AN_INTEGER",
        4: "NOT_AN_INTEGER",
        6: "OVERFLOW",
    }


def test_signed_numbers() -> None:
    assert parse_integer("-1", signed=True) == -1
    values, problems = floats(texts("-73.99", "-0", "1e1"), signed=True)
    assert values.tolist() == [-73.99, 0.0, 10.0]
    assert str(values[1]) == "0.0"  # no negative zero: it is the same number
    assert problems == {}


def test_rates_keep_their_precision() -> None:
    values, problems = floats(texts("0.000541", "0.1", "-0.1", "1e400"), signed=False)
    assert values[:2].tolist() == [0.000541, 0.1]
    assert [problems[at][0] for at in (2, 3)] == ["NEGATIVE", "OVERFLOW"]


def test_flags() -> None:
    assert [parse_flag(text) for text in ("true", "FALSE", "True")] == [True, False, True]
    with pytest.raises(BadText, match="neither true nor false"):
        parse_flag("yes")


@given(
    st.lists(st.decimals(min_value=0, max_value=10**15, allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    st.sampled_from([1, 1_000, 3_600, MICROS]),
)
def test_bulk_and_exact_arithmetic_agree(decimals: list[Decimal], scale: int) -> None:
    written = [format(value, "f") for value in decimals] + [str(value) for value in decimals]
    values, problems = scaled_integers(texts(*written), scale, signed=False, positive=False)
    for at, text in enumerate(written):
        exact = round(Fraction(text) * scale)  # Python rounds fractions half to even
        if exact >= 2**63:
            assert problems[at][0] == "OVERFLOW"
        else:
            assert values[at] == exact


@given(st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=0, max_value=1_000))
def test_half_even_at_the_micro(value: Decimal) -> None:
    expected = int((value * MICROS).to_integral_value(ROUND_HALF_EVEN))
    assert parse_scaled(str(value), MICROS) == expected


def test_parse_decimal_says_what_it_read() -> None:
    with pytest.raises(BadText, match="'heavy' is not a number"):
        parse_decimal("heavy")
