"""Local time: cutoffs, open days and transit across clock changes, worked out by hand."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from dom_engine.candidates.clock import (
    ALWAYS_OPEN,
    OpenDays,
    arrival_after,
    day_bounds,
    dispatch_instants,
    local_instant,
    open_intervals,
    zone,
)
from dom_engine.domain.calendars import Calendar

NEW_YORK = zone("America/New_York")
WEEKDAYS = Calendar("weekdays", weekdays=0b0011111)
HOUR_S = 3_600
DAY_S = 86_400


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def ordinal(text: str) -> int:
    return date.fromisoformat(text).toordinal()


def test_a_skipped_local_time_is_read_with_the_offset_before_the_change() -> None:
    # On 8 March 2026 clocks go from 02:00 EST to 03:00 EDT: 02:30 at -05:00.
    assert local_instant(ordinal("2026-03-08"), 2 * HOUR_S + 1800, NEW_YORK) == at("2026-03-08T02:30:00-05:00")


def test_a_local_time_that_occurs_twice_is_the_first() -> None:
    # On 1 November 2026 clocks go from 02:00 EDT back to 01:00 EST.
    assert local_instant(ordinal("2026-11-01"), HOUR_S + 1800, NEW_YORK) == at("2026-11-01T01:30:00-04:00")


def test_a_day_of_a_clock_change_has_23_or_25_hours() -> None:
    lengths = [
        end - start for start, end in (day_bounds(ordinal(day), NEW_YORK) for day in ("2026-03-08", "2026-11-01"))
    ]
    assert lengths == [23 * HOUR_S, 25 * HOUR_S]


def test_dispatches_are_the_cutoffs_after_now_up_to_the_end_inclusive() -> None:
    now_s, end_s = at("2026-03-06T17:00:00-05:00"), at("2026-03-10T17:00:00-04:00")
    found = dispatch_instants(NEW_YORK, (ALWAYS_OPEN,), 17 * HOUR_S, now_s, end_s)
    # The cutoff at the very instant of now has passed; that at the end counts.
    assert found == [
        at("2026-03-07T17:00:00-05:00"),
        at("2026-03-08T17:00:00-04:00"),
        at("2026-03-09T17:00:00-04:00"),
        at("2026-03-10T17:00:00-04:00"),
    ]


def test_dispatches_need_every_calendar_open() -> None:
    collects = Calendar("collects", closed=frozenset({ordinal("2026-03-10")}))
    now_s = at("2026-03-06T18:00:00-05:00")
    found = dispatch_instants(NEW_YORK, (WEEKDAYS, collects), 17 * HOUR_S, now_s, now_s + 6 * DAY_S)
    assert found == [at("2026-03-09T17:00:00-04:00"), at("2026-03-11T17:00:00-04:00"), at("2026-03-12T17:00:00-04:00")]


def test_a_date_that_a_zone_skipped_whole_gives_no_second_dispatch() -> None:
    # Samoa had no 30 December 2011: its cutoff, at the offset before, is that of the 31st.
    now_s = at("2011-12-29T12:00:00-10:00")
    found = dispatch_instants(zone("Pacific/Apia"), (ALWAYS_OPEN,), 17 * HOUR_S, now_s, now_s + 2 * DAY_S)
    assert found == [at("2011-12-29T17:00:00-10:00"), at("2011-12-31T17:00:00+14:00")]


def test_neighbouring_open_days_are_one_interval() -> None:
    now_s = at("2026-03-05T12:00:00-05:00")
    found = open_intervals(NEW_YORK, WEEKDAYS, now_s, now_s + 5 * DAY_S)
    assert found[0][1] == at("2026-03-07T00:00:00-05:00")
    assert found[1][0] == at("2026-03-09T00:00:00-04:00")
    assert len(found) == 2


def test_transit_days_are_open_dates_from_the_next_one_at_the_same_local_time() -> None:
    friday = at("2026-03-06T17:00:00-05:00")
    days = OpenDays(WEEKDAYS)
    assert arrival_after(friday, 1, NEW_YORK, days) == at("2026-03-09T17:00:00-04:00")
    assert arrival_after(friday, 6, NEW_YORK, days) == at("2026-03-16T17:00:00-04:00")


@pytest.mark.parametrize("first", ["2026-03-20", "2026-03-02"])
def test_open_days_may_be_asked_in_any_order(first: str) -> None:
    days = OpenDays(WEEKDAYS)
    days.after(ordinal(first), 3)
    assert days.after(ordinal("2026-03-07"), 1) == ordinal("2026-03-09")
    assert days.after(ordinal("2026-03-12"), 2) == ordinal("2026-03-16")


def test_a_calendar_that_opens_no_more_delivers_nothing() -> None:
    once = Calendar("once", weekdays=0, open=frozenset({ordinal("2026-03-09")}))
    days = OpenDays(once)
    assert arrival_after(at("2026-03-06T17:00:00-05:00"), 1, NEW_YORK, days) == at("2026-03-09T17:00:00-04:00")
    assert arrival_after(at("2026-03-06T17:00:00-05:00"), 2, NEW_YORK, days) is None
