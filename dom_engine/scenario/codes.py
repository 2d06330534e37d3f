"""Public code lists: ISO 3166 countries, ISO 4217 currencies, IANA time zones, regions with known public holidays.

Each function returns a check: code in, what is wrong with it out, '' if nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import holidays
import pycountry

from dom_engine.scenario.instants import timezone_names
from dom_engine.scenario.texts import NearestName, shown, unknown_name


@lru_cache(maxsize=1)
def country_codes() -> frozenset[str]:
    """ISO 3166-1 alpha-2 codes."""
    return frozenset(country.alpha_2 for country in pycountry.countries)


@lru_cache(maxsize=1)
def _currency_codes() -> frozenset[str]:
    return frozenset(currency.alpha_3 for currency in pycountry.currencies)


@lru_cache(maxsize=1)
def _regions() -> dict[str, frozenset[str]]:
    supported = holidays.list_supported_countries(include_aliases=True)
    return {country: frozenset(subdivisions) for country, subdivisions in supported.items()}


def country_check() -> Callable[[str], str]:
    """Check of ISO 3166 alpha-2 codes; an alpha-3 code is answered with the alpha-2 that was meant."""
    known = _membership("country", country_codes())

    def check(code: str) -> str:
        meant = pycountry.countries.get(alpha_3=code.upper()) if len(code) == 3 else None
        if meant is not None:
            return f"unknown country {shown(code)}; the nearest known is {shown(meant.alpha_2)}"
        return known(code)

    return check


def currency_check() -> Callable[[str], str]:
    """Check of ISO 4217 codes."""
    return _membership("currency", _currency_codes())


def timezone_check() -> Callable[[str], str]:
    """Check of IANA time zone names."""
    return _membership("timezone", timezone_names())


def region_check() -> Callable[[str], str]:
    """Check of regions of public holidays: ``US``, ``US-CA``."""
    known = _membership("holidays region", _regions())

    def check(region: str) -> str:
        country, dash, subdivision = region.partition("-")
        if not dash or country not in _regions():
            return known(region)
        if subdivision in _regions()[country]:
            return ""
        names = NearestName(f"{country}-{part}" for part in _regions()[country])
        return unknown_name("holidays region", region, names)

    return check


def _membership(what: str, known: Iterable[str]) -> Callable[[str], str]:
    codes = frozenset(known)
    names = NearestName(codes)
    return lambda code: "" if code in codes else unknown_name(what, code, names)
