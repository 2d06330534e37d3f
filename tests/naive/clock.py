"""Instants, calendars and the three clocks of section 3: dispatch, ready, arrival.

Instants are whole seconds since 1970 in UTC. ``datetime`` with ``fold=0`` reads local times as
the contract asks: one that a clock change skips takes the offset before the change, one that
occurs twice is the first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from tests.naive.exact import scaled

ONE_DAY = timedelta(days=1)
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
SEARCH_DAYS = 3_660


@dataclass(frozen=True)
class Calendar:
    """Open days by weekday (Monday 0), closed and open dates, public holidays of a region."""

    weekdays: frozenset[int]
    region: str
    closed: frozenset[date]
    opened: frozenset[date]

    def is_open(self, day: date) -> bool:
        """Tell whether a date is open; the ``open`` list wins over everything else."""
        if day in self.opened:
            return True
        if day in self.closed or day.weekday() not in self.weekdays:
            return False
        return not (self.region and is_holiday(self.region, day))


ALWAYS_OPEN = Calendar(frozenset(range(7)), "", frozenset(), frozenset())


@lru_cache(maxsize=4096)
def is_holiday(region: str, day: date) -> bool:
    """Tell whether a date is a public holiday, or its observed day, of ``US`` or ``US-CA``."""
    country, _, subdivision = region.partition("-")
    return day in holidays.country_holidays(country, subdiv=subdivision or None, years=day.year)


def parse_weekdays(text: str) -> frozenset[int]:
    """Read ``Mon-Fri`` or ``Mon;Wed;Sat``; a range may wrap over Sunday."""
    days: set[int] = set()
    for part in text.split(";"):
        first, _, last = part.strip().partition("-")
        begin = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last or first) - begin) % 7
        days.update((begin + step) % 7 for step in range(length + 1))
    return frozenset(days)


def parse_instant(text: str, zone: ZoneInfo | None) -> int:
    """Read an ISO 8601 instant; without an offset it is local to ``zone``, and an error without one."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        if zone is None:
            raise ValueError(f"instant without offset: {text!r}")
        moment = moment.replace(tzinfo=zone)
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (elapsed.days * 86_400 + elapsed.seconds) + scaled(elapsed.microseconds / 1_000_000, 1)


def instant_of(day: date, at: time, zone: ZoneInfo) -> int:
    """Return the instant of a local date and time of day."""
    return int(datetime.combine(day, at, tzinfo=zone).timestamp())


def local(instant_s: int, zone: ZoneInfo) -> datetime:
    """Return the local date and time of an instant."""
    return datetime.fromtimestamp(instant_s, tz=zone)


def iso(instant_s: int) -> str:
    """Return the instant in UTC, as result files write it."""
    return datetime.fromtimestamp(instant_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_bounds(day: date, zone: ZoneInfo) -> tuple[int, int]:
    """Return the instants at which a local day begins and ends."""
    return instant_of(day, time(0), zone), instant_of(day + ONE_DAY, time(0), zone)


def dispatches(
    cutoff: time, zone: ZoneInfo, works: Calendar, collects: Calendar, now_s: int, horizon_s: int
) -> Iterator[int]:
    """Yield the cutoffs in (now, now + horizon] of the days open to the node and to the collection."""
    day = local(now_s, zone).date() - ONE_DAY
    last = local(now_s + horizon_s, zone).date() + ONE_DAY
    while day <= last:
        instant_s = instant_of(day, cutoff, zone)
        if now_s < instant_s <= now_s + horizon_s and works.is_open(day) and collects.is_open(day):
            yield instant_s
        day += ONE_DAY


def ready(start_s: int, handling_s: int, zone: ZoneInfo, works: Calendar) -> int | None:
    """Return when ``handling_s`` has elapsed since ``start_s`` on open local days; None: not in ten years."""
    if handling_s == 0:
        return start_s
    left_s = handling_s
    day = local(start_s, zone).date()
    for _ in range(SEARCH_DAYS):
        begin_s, end_s = day_bounds(day, zone)
        begin_s = max(begin_s, start_s)
        if works.is_open(day):
            if left_s <= end_s - begin_s:
                return begin_s + left_s
            left_s -= end_s - begin_s
        day += ONE_DAY
    return None


def after_transit_days(instant_s: int, days: int, zone: ZoneInfo, moves: Calendar) -> int:
    """Move an instant by ``days`` open dates counted from the next date, local time of day kept."""
    if days == 0:
        return instant_s
    moment = local(instant_s, zone)
    day = moment.date()
    for _ in range(SEARCH_DAYS):
        day += ONE_DAY
        if moves.is_open(day):
            days -= 1
            if days == 0:
                return instant_of(day, moment.time(), zone)
    raise ValueError("a service calendar that never opens")
