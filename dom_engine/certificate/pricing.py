"""Price every order at given row prices: exactly where that is within reach, from below elsewhere (section 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dom_engine.certificate.batch import price_regular
from dom_engine.certificate.enumeration import enumerate_minimum
from dom_engine.certificate.options import Budget, LeafRules, TooManyError
from dom_engine.certificate.relaxation import relaxed_minimum
from dom_engine.certificate.sources import Pricing, build_block
from dom_engine.domain.columns import Flags

_LINES_AT_ONCE = 250_000
_ORDER_STEPS = 200_000
_TOTAL_STEPS = 40_000_000


@dataclass(frozen=True, slots=True)
class OrderMinima:
    """best_o of every order, ``minimum[o]`` in ``1/scale`` micros; where not ``exact`` a valid lower bound of it."""

    scale: int
    minimum: list[int]
    exact: Flags


def price_orders(pricing: Pricing, ruled: Mapping[int, LeafRules] | None = None) -> OrderMinima:
    """Price every order of the problem.

    Orders whose lines come from stock of their own are priced by the thousand; those whose shipments compete with
    one another are enumerated, within a counted number of steps; what is left gets the better of two relaxations.

    Parameters
    ----------
    ruled
        Rules of their own that orders keep in a leaf of a branching tree: they are enumerated. Where that takes too
        many steps, what they pay without those rules is a relaxation.
    """
    ruled = ruled or {}
    num_orders = len(pricing.problem.orders)
    minimum: list[int] = []
    exact = np.ones(num_orders, np.bool_)
    left = Budget(_TOTAL_STEPS)
    for order_from, order_to in blocks(pricing):
        block = build_block(pricing, order_from, order_to)
        batch = price_regular(pricing, block, order_from, order_to)
        minimum += batch.minimum.tolist()
        settled = batch.proven.copy()
        settled[[order - order_from for order in ruled if order_from <= order < order_to]] = False
        for row in np.flatnonzero(~settled).tolist():
            order = order_from + row
            budget = Budget(min(_ORDER_STEPS, left.steps))
            allowed = budget.steps
            try:
                minimum[order] = enumerate_minimum(pricing, block, order, budget, ruled.get(order))
            except TooManyError:
                if not batch.proven[row]:
                    bound = relaxed_minimum(pricing, block, order)
                    minimum[order] = max(bound, minimum[order]) if batch.priced[row] else bound
                exact[order] = False
            left.spend(allowed - budget.steps)
    return OrderMinima(pricing.scale, minimum, exact)


def blocks(pricing: Pricing) -> Iterator[tuple[int, int]]:
    """Ranges of orders with about as many lines each."""
    line_ptr = pricing.problem.orders.line_ptr
    num_orders = len(line_ptr) - 1
    start = 0
    while start < num_orders:
        target = line_ptr[start] + _LINES_AT_ONCE
        end = max(start + 1, int(np.searchsorted(line_ptr, target, side="right")) - 1)
        yield start, end
        start = end
