from __future__ import annotations

from decimal import Decimal

import pytest

from dom_engine.units import INT64_MAX, INT64_MIN, instant_text, money_text, scaled_integer, thousandths_text


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [
        ("0.5", 1, 0),
        ("1.5", 1, 2),
        ("-0.5", 1, 0),
        ("-1.5", 1, -2),
        ("0.5000000000000000000000000000000000001", 1, 1),  # more digits than the default context keeps
        ("9223372036854.775807", 1_000_000, INT64_MAX),
        ("-9223372036854.775808", 1_000_000, INT64_MIN),
        ("1e-1000000", 1, 0),
    ],
)
def test_scaling_rounds_half_even_exactly(value: str, scale: int, expected: int) -> None:
    assert scaled_integer(Decimal(value), scale) == expected


@pytest.mark.parametrize("value", ["9223372036854.7758075", "-9223372036854.7758086", "1e1000000"])
def test_what_leaves_64_bits_is_an_error(value: str) -> None:
    with pytest.raises(OverflowError):
        scaled_integer(Decimal(value), 1_000_000)


def test_texts_are_exact() -> None:
    assert instant_text(1_764_072_000) == "2025-11-25T12:00:00Z"
    assert [money_text(micros) for micros in (1, -1_500_000, INT64_MAX)] == [
        "0.000001",
        "-1.500000",
        "9223372036854.775807",
    ]
    assert [thousandths_text(grams) for grams in (5, -1_250)] == ["0.005", "-1.250"]
