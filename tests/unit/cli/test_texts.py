"""Numbers and names as a reader sees them."""

from __future__ import annotations

import doctest

import pytest

from dom_engine.cli import texts
from dom_engine.cli.texts import instants, money, percent, printable, seconds


def test_examples_in_docstrings() -> None:
    assert doctest.testmod(texts).failed == 0


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00"),
        (115_800_000, "115.80"),
        (-1_005_000, "-1.00"),  # half a cent goes to the even one
        (1_015_000, "1.02"),
        (1_005_001, "1.01"),
        (123, "0.000123"),
        (-123, "-0.000123"),
        (2**62, "4,611,686,018,427.39"),
    ],
)
def test_money(micros: int, text: str) -> None:
    assert money(micros) == text


def test_a_gap_that_is_not_zero_does_not_look_like_zero() -> None:
    shown = [percent(ratio) for ratio in (0.0, 1e-9, 4e-5, 5e-5, 0.0123, 1.5)]
    assert shown == ["0.00 %", "< 0.0001 %", "0.004 %", "0.01 %", "1.23 %", "150.00 %"]


def test_durations() -> None:
    assert [seconds(s) for s in (0.04, 1.04, 59.94, 60, 3_599.4, 3_600)] == [
        "0.04 s",
        "1.0 s",
        "59.9 s",
        "1 min 00 s",
        "59 min 59 s",
        "1 h 00 min",
    ]


def test_nothing_reaches_the_terminal_that_could_steer_it() -> None:
    assert printable("a\x1b]0;title\x07\r\nb") == r"a\x1b]0;title\x07\r\nb"
    assert printable("Müller–№7") == "Müller–№7"
    assert printable("x" * 30, limit=5) == "xxxx…"


def test_instants_say_the_year_only_where_it_changes() -> None:
    assert instants(["2025-11-24T22:00:00Z", ""]) == ["24 Nov 22:00", ""]
    assert instants(["2025-12-31T22:00:00Z", "2026-01-01T01:30:00Z"]) == ["2025-12-31 22:00", "2026-01-01 01:30"]
