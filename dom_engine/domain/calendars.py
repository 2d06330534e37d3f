"""Calendars: which dates are open. A date is its proleptic ordinal (``date.toordinal``)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import holidays


@lru_cache(maxsize=1024)
def public_holidays(region: str, year: int) -> frozenset[int]:
    """Ordinals of the public holidays, observed days included, of ``US`` or ``US-CA`` in one year.

    Raises
    ------
    NotImplementedError
        When the ``holidays`` library knows no such country or subdivision (the reader turns it into a located
        fault).
    """
    country, _, subdivision = region.partition("-")
    # An observed day may fall into the year before or after its holiday (New Year's Day on a Saturday).
    table = holidays.country_holidays(
        country, subdiv=subdivision or None, years=[year - 1, year, year + 1], observed=True
    )
    return frozenset(day.toordinal() for day in table if day.year == year)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Open weekdays less holidays and closed dates, plus open dates, which win over the rest.

    ``weekdays`` has bit 0 for Monday; ``regions`` are codes of ``holidays``; ``closed`` and ``open`` are
    ordinals.
    """

    calendar: str
    weekdays: int = 0b1111111
    regions: tuple[str, ...] = ()
    closed: frozenset[int] = frozenset()
    open: frozenset[int] = frozenset()

    def is_open(self, ordinal: int) -> bool:
        """Whether the date is open."""
        if ordinal in self.open:
            return True
        # date.toordinal() % 7 is 1 for Monday.
        if not self.weekdays >> ((ordinal - 1) % 7) & 1 or ordinal in self.closed:
            return False
        year = date.fromordinal(ordinal).year
        return not any(ordinal in public_holidays(region, year) for region in self.regions)
