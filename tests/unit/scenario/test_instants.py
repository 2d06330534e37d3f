from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from dom_engine.scenario.instants import (
    LAST_INSTANT_S,
    instants,
    parse_date,
    parse_instant,
    parse_time_of_day,
    parse_weekdays,
)
from dom_engine.scenario.numbers import BadText

NEW_YORK = ZoneInfo("America/New_York")


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-25T12:00:00Z", "2026-11-25T12:00:00"),
        ("2026-11-25T12:00Z", "2026-11-25T12:00:00"),
        ("2026-11-25T06:00:00-06:00", "2026-11-25T12:00:00"),
        ("2026-11-25 06:00:00-06:00", "2026-11-25T12:00:00"),
        ("20261125T120000+0000", "2026-11-25T12:00:00"),
        ("2026-11-25T12:00:00.5Z", "2026-11-25T12:00:00"),  # half to even
        ("2026-11-25T12:00:01.5Z", "2026-11-25T12:00:02"),
        ("2026-11-25T12:00:01.500001Z", "2026-11-25T12:00:02"),
        ("1969-12-31T23:59:58.5Z", "1969-12-31T23:59:58"),
    ],
)
def test_instants_with_offset(text: str, expected: str) -> None:
    assert parse_instant(text, None) == utc(expected)
    values, problems = instants(pa.array([text]), None)
    assert (values.tolist(), problems) == ([utc(expected)], {})


def test_local_instants_need_a_timezone() -> None:
    with pytest.raises(BadText, match="no UTC offset"):
        parse_instant("2026-11-25T12:00:00", None)
    assert parse_instant("2026-11-25T12:00:00", NEW_YORK) == utc("2026-11-25T17:00:00")


def test_a_skipped_local_time_is_read_with_the_offset_before_the_change() -> None:
    # On 8 March 2026 clocks go from 02:00 EST (-5) to 03:00 EDT: 02:30 does not exist.
    assert parse_instant("2026-03-08T02:30:00", NEW_YORK) == utc("2026-03-08T07:30:00")


def test_a_local_time_that_occurs_twice_is_the_first() -> None:
    # On 1 November 2026 01:30 comes in EDT (-4) and again in EST (-5).
    assert parse_instant("2026-11-01T01:30:00", NEW_YORK) == utc("2026-11-01T05:30:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-30T00:00:00Z",
        "2026-11-25",
        "12:00",
        "tomorrow",
        "2026-11-25T24:30:00Z",
        "1764072000",
        "2026-W48-3T12:00Z",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    values, problems = instants(pa.array(["2026-11-25T12:00:00Z", text]), None)
    assert values[0] == utc("2026-11-25T12:00:00")
    assert problems[1][0] == "NOT_AN_INSTANT"


def test_years_out_of_reach() -> None:
    assert parse_instant("9999-12-31T23:59:59-05:00", None) == LAST_INSTANT_S
    with pytest.raises(BadText, match="before 1900"):
        parse_instant("0001-01-01T00:00:00Z", None)


def test_times_of_day() -> None:
    assert [parse_time_of_day(text) for text in ("00:00", "16:30", "23:59:59")] == [0, 59_400, 86_399]
    for text in ("24:00", "7:00", "noon", "12:60"):
        with pytest.raises(BadText, match="not a time of day"):
            parse_time_of_day(text)


def test_dates() -> None:
    assert parse_date("2026-12-25") == date(2026, 12, 25).toordinal()
    with pytest.raises(BadText, match="not a date"):
        parse_date("25.12.2026")


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("Mon-Sun", 0b1111111),
        ("Mon-Fri", 0b0011111),
        ("Mon;Wed;Sat", 0b0100101),
        ("mon - tue; Sun", 0b1000011),
        ("Sat-Mon", 0b1100001),
    ],
)
def test_weekdays(text: str, bits: int) -> None:
    assert parse_weekdays(text) == bits


@pytest.mark.parametrize("text", ["Mo", "Mon-Wed-Fri", "weekdays", ";"])
def test_what_is_no_weekday_is_refused(text: str) -> None:
    with pytest.raises(BadText):
        parse_weekdays(text)
