"""Where a search begins: an earlier plan in the words of this problem, and what of it could not be kept."""

from __future__ import annotations

from dataclasses import dataclass

from dom_engine.domain.plan import Plan
from dom_engine.domain.rows import PricedRows


@dataclass(frozen=True, slots=True)
class NotKept:
    """An order of which nothing was taken over, and why, in words that follow its id."""

    order: str
    why: str


@dataclass(frozen=True, slots=True)
class Start:
    """A plan to start from.

    ``plan`` is in the indices of the problem to solve, whatever rules it breaks; ``not_kept`` are orders of an earlier
    plan that cannot even be said in them. ``prices`` are the rows of an earlier certificate that this problem has too:
    a search may begin at them, and nothing is claimed of them.
    """

    plan: Plan
    not_kept: tuple[NotKept, ...] = ()
    prices: PricedRows | None = None


@dataclass(frozen=True, slots=True)
class Begun:
    """What a search began with: how many orders kept what they had, what that plan costs, and who kept nothing.

    Orders that shipped nothing in the plan to start from are neither.
    """

    kept_orders: int
    objective_micros: int
    not_kept: tuple[NotKept, ...]
