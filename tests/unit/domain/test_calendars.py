from __future__ import annotations

from datetime import date

import pytest

from dom_engine.domain.calendars import Calendar, public_holidays


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def test_weekdays() -> None:
    calendar = Calendar("week", weekdays=0b0011111)
    days = [calendar.is_open(ordinal(f"2026-11-{day:02}")) for day in range(16, 23)]  # Monday to Sunday
    assert days == [True] * 5 + [False] * 2


def test_holidays_close_and_observed_days_too() -> None:
    calendar = Calendar("us", regions=("US",))
    assert not calendar.is_open(ordinal("2026-11-26"))  # Thanksgiving
    # Independence Day 2026 is a Saturday, observed on Friday.
    assert [calendar.is_open(ordinal(f"2026-07-0{day}")) for day in (2, 3, 4, 5)] == [True, False, False, True]


def test_an_observed_day_may_lie_in_the_year_before() -> None:
    # New Year's Day 2022 was a Saturday, observed on Friday, 31 December 2021.
    assert ordinal("2021-12-31") in public_holidays("US", 2021)
    assert not Calendar("us", regions=("US",)).is_open(ordinal("2021-12-31"))


def test_subdivisions_have_holidays_of_their_own() -> None:
    cesar_chavez_day = ordinal("2026-03-31")
    assert Calendar("us", regions=("US",)).is_open(cesar_chavez_day)
    assert not Calendar("ca", regions=("US-CA",)).is_open(cesar_chavez_day)


def test_several_regions_all_close() -> None:
    calendar = Calendar("both", regions=("US", "FR"))
    assert not calendar.is_open(ordinal("2026-07-14"))
    assert not calendar.is_open(ordinal("2026-11-26"))


def test_open_dates_win_over_all_else() -> None:
    day = ordinal("2026-12-25")  # a Friday, and Christmas
    closed = Calendar("c", weekdays=0b0001111, regions=("US",), closed=frozenset({day}))
    opened = Calendar("o", weekdays=0b0001111, regions=("US",), closed=frozenset({day}), open=frozenset({day}))
    assert (closed.is_open(day), opened.is_open(day)) == (False, True)


def test_closed_dates() -> None:
    calendar = Calendar("c", closed=frozenset({ordinal("2026-03-05")}))
    assert [calendar.is_open(ordinal(f"2026-03-0{day}")) for day in (4, 5, 6)] == [True, False, True]


def test_an_unknown_region_is_an_error() -> None:
    with pytest.raises(NotImplementedError):
        public_holidays("XX", 2026)
