"""What a solve returns: a plan in numbers, prices, and how good the plan is."""

from __future__ import annotations

from typing import NamedTuple

from solvers.bound import MeasurePrices, Minima
from solvers.leaves import Tree
from solvers.model import Flags, Patterns
from solvers.stop import StopReason


class Certificate(NamedTuple):
    """Prices as stated, what every order pays at least at them, and L in exact integers (weighted micros)."""

    prices: MeasurePrices
    order_minima: Minima
    order_exact: Flags
    bound: int


class Outcome(NamedTuple):
    """A finished solve.

    ``patterns`` is the plan, one pattern per order, ``objective`` its weighted micros. ``bound`` is the best lower
    bound known in weighted micros, ``bound_source`` ``prices`` where it is the certificate's own and ``search`` where
    branching gave it. ``fill``/``fill_bound`` are millionths of weighted unallocated units, reached and proven;
    ``fill_bound`` is None unless fill goes first. ``tree`` is the branching that the search itself did, if any.
    """

    patterns: Patterns
    objective: int
    certificate: Certificate
    bound: int
    bound_source: str
    optimal: bool
    fill: int
    fill_bound: int | None
    reason: StopReason | None
    method: str
    tree: Tree | None = None
