"""Local time: days, dispatch instants and arrivals, with the clock-change rules of section 2.

A local time that a clock change skips is read with the offset before the change; one that occurs twice is the
first. Both are what ``zoneinfo`` does with ``fold=0``.
"""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dom_engine.domain.calendars import Calendar
from dom_engine.units import SECONDS_PER_HOUR

LAST_INSTANT_S = int(datetime(9999, 12, 31, tzinfo=UTC).timestamp()) - 1
"""No instant is later: ISO 8601 writes years in four digits. A day short of them, so that any offset fits."""

ALWAYS_OPEN = Calendar("")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The zone of an IANA name."""
    return ZoneInfo(name)


def local_ordinal(instant_s: int, tz: ZoneInfo) -> int:
    """The proleptic ordinal of the local date on which the instant falls."""
    return datetime.fromtimestamp(instant_s, tz).toordinal()


def local_instant(ordinal: int, second_of_day: int, tz: ZoneInfo) -> int:
    """The instant at which local clocks show this time on this date."""
    at = datetime.combine(date.fromordinal(ordinal), time()) + timedelta(seconds=second_of_day)
    return int(at.replace(tzinfo=tz).timestamp())


def calendar_at(calendars: tuple[Calendar, ...], idx: int) -> Calendar:
    """The calendar of an index; blank (-1) is always open."""
    return calendars[idx] if idx >= 0 else ALWAYS_OPEN


def dispatch_instants(
    tz: ZoneInfo, open_days: tuple[Calendar, ...], cutoff_s: int, now_s: int, end_s: int
) -> list[int]:
    """The local cutoffs in ``(now_s, end_s]`` of the days on which all calendars are open, rising."""
    first, last = local_ordinal(now_s, tz) - 1, local_ordinal(min(end_s, LAST_INSTANT_S), tz) + 1
    found = set()
    for ordinal in range(first, min(last, date.max.toordinal()) + 1):
        if all(calendar.is_open(ordinal) for calendar in open_days):
            instant = local_instant(ordinal, cutoff_s, tz)
            if now_s < instant <= end_s:
                found.add(instant)
    return sorted(found)


def open_intervals(tz: ZoneInfo, calendar: Calendar, now_s: int, end_s: int) -> list[tuple[int, int]]:
    """The open local days from that of ``now_s`` to that of ``end_s`` as instants [start, end), neighbours joined."""
    joined: list[tuple[int, int]] = []
    first, last = local_ordinal(now_s, tz) - 1, local_ordinal(min(end_s, LAST_INSTANT_S), tz) + 1
    for ordinal in range(first, min(last, date.max.toordinal() - 1) + 1):
        if not calendar.is_open(ordinal):
            continue
        start, end = day_bounds(ordinal, tz)
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        elif start < end:
            joined.append((start, end))
    return joined


@lru_cache(maxsize=65_536)
def day_bounds(ordinal: int, tz: ZoneInfo) -> tuple[int, int]:
    """A local day as instants [start, end)."""
    return local_instant(ordinal, 0, tz), local_instant(ordinal + 1, 0, tz)


class OpenDays:
    """The open dates of one calendar, counted forward; remembers what it has walked through.

    Parameters
    ----------
    calendar
        Whose open dates.
    """

    def __init__(self, calendar: Calendar) -> None:
        self._calendar = calendar
        self._after = self._walked = date.max.toordinal()
        self._open: list[int] = []

    def after(self, ordinal: int, count: int) -> int | None:
        """The ``count``-th open date after ``ordinal``; None when the calendar has none before the year 10000."""
        if ordinal < self._after:
            self._after, self._walked, self._open = ordinal, ordinal, []
        while (at := bisect_right(self._open, ordinal) + count - 1) >= len(self._open):
            if self._walked >= date.max.toordinal() - 1:
                return None
            self._walked += 1
            if self._calendar.is_open(self._walked):
                self._open.append(self._walked)
        return self._open[at]


def arrival_after(instant_s: int, transit_days: int, tz: ZoneInfo, days: OpenDays) -> int | None:
    """``transit_days`` (> 0) open dates after the instant's local date, time of day kept; None without such a date."""
    if instant_s > LAST_INSTANT_S:
        return None
    local = datetime.fromtimestamp(instant_s, tz)
    ordinal = days.after(local.toordinal(), transit_days)
    if ordinal is None:
        return None
    second_of_day = local.hour * SECONDS_PER_HOUR + local.minute * 60 + local.second
    return local_instant(ordinal, second_of_day, tz)
