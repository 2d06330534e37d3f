"""The certified bound L of any row prices (section 9)."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.pricing import price_orders
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.columns import Flags
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows


@dataclass(frozen=True, slots=True)
class BoundReport:
    """L and what it is made of.

    ``order_minimum[o]`` is best_o in ``1/scale`` micros: the least a pattern of the order pays, or where not
    ``exact`` a valid relaxation of it. ``answers_micros`` is the rest of L, what the rows answer;
    ``lower_bound_micros`` the sum, rounded down.
    """

    scale: int
    order_minimum: list[int]
    exact: Flags
    answers_micros: Fraction
    lower_bound_micros: int


def certified_bound(problem: Problem, rows: PricedRows, auditor: Auditor | None = None) -> BoundReport:
    """Compute L at these row prices: a lower bound on the cost of every plan of the problem, whatever the prices.

    Limits are the problem's own, but for a ``fill`` row, whose limit is the weighted unallocated units the bound
    assumes (under ``fill_first`` L bounds the plans that leave out no more than that).

    Parameters
    ----------
    rows
        Any prices >= 0; rows that are absent have price 0.
    auditor
        The audit's look-ups of the same problem, to share them.

    Raises
    ------
    ValueError
        When a price is negative.
    """
    pricing = Pricing(problem, rows, auditor)
    minima = price_orders(pricing)
    answers = pricing.prices.answers()
    total = Fraction(sum(minima.minimum), minima.scale) + answers
    return BoundReport(minima.scale, minima.minimum, minima.exact, answers, floor(total))
