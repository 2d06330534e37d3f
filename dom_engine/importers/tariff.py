"""Freight tables as published, brackets that overlap included, turned into one rate with weight breaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_EVEN, Decimal

GRAM = Decimal("0.001")


@dataclass(frozen=True, slots=True, order=True)
class Bracket:
    """One published row: from ``from_kg`` to ``to_kg`` a shipment costs max(minimum, per_kg * weight)."""

    from_kg: Decimal
    to_kg: Decimal
    minimum: Decimal
    per_kg: Decimal

    def cost(self, weight_kg: Decimal) -> Decimal:
        """Charge for a shipment of ``weight_kg``."""
        return max(self.minimum, self.per_kg * weight_kg)


@dataclass(frozen=True, slots=True)
class Break:
    """One row of a rate: from ``weight_from_kg`` (whole grams) on, ``bracket`` is the cheapest that applies."""

    weight_from_kg: Decimal
    bracket: Bracket


def cheapest_breaks(brackets: Sequence[Bracket]) -> list[Break]:
    """Return the lower envelope of overlapping brackets, exact for weights in whole grams.

    A weight may fall into several rows of a published table; the shipper books the cheapest. Between the end of a
    bracket (499.99) and the next start (500) the lower bracket goes on. Below the first start nothing applies.

    Complexity: k starts with up to n rows each cost O(k n^2 log n); published tables have n below twenty.
    """
    starts = sorted({bracket.from_kg for bracket in brackets})
    reach = {bracket: next((s for s in starts if s > bracket.to_kg), None) for bracket in brackets}
    breaks: list[Break] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        until = {b: reach[b] for b in brackets if b.from_kg <= start}
        rows = [b for b, stop in until.items() if stop is None or stop > start]
        for weight in _cuts(rows, start, end):
            best = min(rows, key=lambda b: (b.cost(weight), b.per_kg, b))
            if not breaks or breaks[-1].bracket != best:
                breaks.append(Break(weight, best))
    return breaks


def _cuts(rows: Sequence[Bracket], start: Decimal, end: Decimal | None) -> list[Decimal]:
    """List the weights in [start, end), in whole grams, at which another of ``rows`` can become the cheapest.

    The cheapest changes only where one row's minimum meets a row's price by weight.
    """
    first = start.quantize(GRAM, ROUND_HALF_EVEN)
    cuts = {first}
    for flat in rows:
        for rising in rows:
            if rising.per_kg > 0:
                weight = (flat.minimum / rising.per_kg).quantize(GRAM, ROUND_CEILING)
                if weight > first and (end is None or weight < end):
                    cuts.add(weight)
    return sorted(cuts)
