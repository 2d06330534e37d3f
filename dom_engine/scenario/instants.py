"""Instants, dates, times of day and weekdays from text."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I64
from dom_engine.scenario.numbers import BadText, Problems, one_by_one
from dom_engine.scenario.texts import shown

FIRST_INSTANT_S = int(datetime(1900, 1, 1, tzinfo=UTC).timestamp())
LAST_INSTANT_S = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
"""Instants before are refused, those after taken for this one: `9999-12-31` is how many systems write "never"."""

WEEKDAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ZONED_SECONDS = r"^(19|[2-9]\d)\d{2}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})$"
_HAS_TIME = re.compile(r"\d{4}-?\d{2}-?\d{2}[T ]\d{2}.*", re.ASCII)
_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.0*)?)?", re.ASCII)


@lru_cache(maxsize=1)
def timezone_names() -> frozenset[str]:
    """Every IANA zone that can be used."""
    return frozenset(available_timezones())


def parse_instant(text: str, timezone: ZoneInfo | None) -> int:
    """Seconds since 1970 UTC of an ISO 8601 instant; fractions of a second round half-even.

    Without an offset it is local to ``timezone``: a local time that a clock change skips is read with the offset
    before the change, one that occurs twice is the first (what ``fold=0`` means in PEP 495). ``BadText`` when there is
    no timezone.
    """
    try:
        if _HAS_TIME.fullmatch(text) is None:
            raise ValueError
        instant = datetime.fromisoformat(text)
    except ValueError:
        message = f"{shown(text)} is not an ISO 8601 instant such as 2026-11-25T12:00:00Z"
        raise BadText("NOT_AN_INSTANT", message) from None
    if instant.tzinfo is None:
        if timezone is None:
            message = f"{shown(text)} has no UTC offset, and scenario.yaml sets no timezone"
            raise BadText("NO_OFFSET", message)
        instant = instant.replace(tzinfo=timezone, fold=0)
    offset = instant.utcoffset()
    assert offset is not None
    elapsed = instant.replace(tzinfo=UTC) - _EPOCH - offset
    whole = elapsed // timedelta(seconds=1)
    twice_rest = 2 * (elapsed % timedelta(seconds=1))
    rounds_up = twice_rest > timedelta(seconds=1) or (twice_rest == timedelta(seconds=1) and whole % 2 == 1)
    seconds = whole + int(rounds_up)
    if seconds < FIRST_INSTANT_S:
        raise BadText("OUT_OF_RANGE", f"{shown(text)} lies before 1900")
    return min(seconds, LAST_INSTANT_S)


def instants(texts: pa.StringArray, timezone: ZoneInfo | None) -> tuple[I64, Problems]:
    """Instants in bulk, int64[len(texts)] seconds since 1970 UTC; 0 where a problem is noted."""
    values = np.zeros(len(texts), np.int64)
    plain = pc.match_substring_regex(texts, _ZONED_SECONDS).to_numpy(zero_copy_only=False)
    if plain.any():
        try:
            seconds = texts.filter(pa.array(plain)).cast(pa.timestamp("s", "UTC")).cast(pa.int64()).to_numpy()
            values[plain] = np.minimum(seconds, LAST_INSTANT_S)
            plain[plain] = seconds >= FIRST_INSTANT_S
        except pa.ArrowInvalid:  # at least one names no real date: find which, one by one
            plain[:] = False
    rest, problems = one_by_one(texts, np.flatnonzero(~plain), lambda text: parse_instant(text, timezone))
    for at, value in rest.items():
        values[at] = int(value)
    return values, problems


def parse_time_of_day(text: str) -> int:
    """Seconds since midnight of ``HH:MM`` or ``HH:MM:SS``."""
    found = _TIME_OF_DAY.fullmatch(text)
    if found is None:
        raise BadText("NOT_A_TIME", f"{shown(text)} is not a time of day such as 17:00")
    hours, minutes, seconds = found.groups("0")
    return int(hours) * 3_600 + int(minutes) * 60 + int(seconds)


def parse_date(text: str) -> int:
    """The ordinal of an ISO 8601 date."""
    try:
        return date.fromisoformat(text).toordinal()
    except ValueError:
        raise BadText("NOT_A_DATE", f"{shown(text)} is not a date such as 2026-11-26") from None


def parse_weekdays(text: str) -> int:
    """Bits of ``Mon-Fri`` or ``Mon;Wed;Sat``; bit 0 is Monday, a range may wrap (``Sat-Mon``)."""
    bits = 0
    for part in filter(None, (entry.strip() for entry in text.split(";"))):
        ends = [end.strip().capitalize() for end in part.split("-")]
        if len(ends) > 2 or any(end not in WEEKDAY_NAMES for end in ends):
            message = f"{shown(part)} is not a weekday or a range of them, such as Mon-Fri or Mon;Wed;Sat"
            raise BadText("NOT_WEEKDAYS", message)
        first, last = WEEKDAY_NAMES.index(ends[0]), WEEKDAY_NAMES.index(ends[-1])
        for day in range(first, last + 1 if last >= first else last + 8):
            bits |= 1 << day % 7
    if not bits:
        raise BadText("NOT_WEEKDAYS", f"{shown(text)} names no weekday")
    return bits
