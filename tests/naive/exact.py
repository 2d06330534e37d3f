"""Exact numbers: text to fractions and integers, half-even rounding, the ledger of cost terms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

TERMS = (
    "freight",
    "insurance",
    "duty",
    "buyer",
    "handling",
    "preference",
    "split",
    "late",
    "early",
    "carbon",
    "safety_stock",
    "substitution",
    "overtime",
    "load",
    "activation",
    "unmet",
)

MICROS = 1_000_000
DAY_S = 86_400


class TooLarge(Exception):
    """The problem has too many patterns or plans to enumerate."""


def exact(value: object) -> Fraction:
    """Return the number as written: the text of a cell, or a YAML scalar by its shortest decimal form."""
    return Fraction(str(value))


def half_even(value: Fraction | int) -> int:
    """Round to the nearest integer, ties to the even one (what ``round`` does to a Fraction)."""
    return round(value)


def scaled(value: object, factor: int) -> int:
    """Convert a number at the boundary to an internal integer (money to micros, hours to seconds, ...)."""
    return half_even(exact(value) * factor)


def ceil_div(numerator: int, denominator: int) -> int:
    """Return the ceiling of a quotient of integers."""
    return -(-numerator // denominator)


class Ledger:
    """Amounts by term, raw and weighted, each rounded as section 5 says before it is summed."""

    def __init__(self, weights: Mapping[str, Fraction]) -> None:
        self._weights = weights
        self.raw: dict[str, int] = dict.fromkeys(TERMS, 0)
        self.weighted: dict[str, int] = dict.fromkeys(TERMS, 0)

    def add(self, term: str, amount_micros: Fraction | int, times: int = 1) -> None:
        """Book ``times`` equal amounts: each rounded to micros, weighted, and rounded again."""
        raw_micros = half_even(amount_micros)
        self.raw[term] += raw_micros * times
        self.weighted[term] += half_even(self._weights[term] * raw_micros) * times

    def merge(self, other: Ledger) -> None:
        """Book everything another ledger holds."""
        for term in TERMS:
            self.raw[term] += other.raw[term]
            self.weighted[term] += other.weighted[term]

    @property
    def total_micros(self) -> int:
        """The weighted amounts of all terms."""
        return sum(self.weighted.values())
