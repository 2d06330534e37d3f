"""Price every order at given row prices: exactly where that is within reach, from below elsewhere (section 9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from dom_engine.certificate.batch import price_regular
from dom_engine.certificate.byunit import ByUnit, price_by_unit
from dom_engine.certificate.enumeration import enumerate_minimum
from dom_engine.certificate.options import Budget, LeafRules, TooManyError
from dom_engine.certificate.relaxation import relaxed_minimum
from dom_engine.certificate.sources import Block, Pricing, build_block
from dom_engine.domain.columns import Flags

_LINES_AT_ONCE = 250_000
_ORDER_STEPS = 200_000
_TOTAL_STEPS = 40_000_000
_FEWEST_UNITS = 30
"""Units from which on an order of one line may be priced in closed form: smaller ones are quick by the thousand."""


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
        by_unit = _by_unit(pricing, block, order_from, order_to, ruled)
        skipped = np.isin(np.arange(order_from, order_to), list(by_unit))
        batch = price_regular(pricing, block, order_from, order_to, skipped)
        minimum += batch.minimum.tolist()
        for order, priced in by_unit.items():
            minimum[order], exact[order] = priced.minimum, priced.exact
        settled = batch.proven | skipped
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


def _by_unit(
    pricing: Pricing, block: Block, order_from: int, order_to: int, ruled: Mapping[int, LeafRules]
) -> dict[int, ByUnit]:
    """Orders of the block too large for states that are priced in closed form."""
    orders, found = pricing.problem.orders, dict[int, ByUnit]()
    first = orders.line_ptr[order_from:order_to]
    one = np.diff(orders.line_ptr[order_from : order_to + 1]) == 1
    large = one & (np.append(pricing.problem.lines.quantity, 0)[first] >= _FEWEST_UNITS)
    for order in (np.flatnonzero(large) + order_from).tolist():
        priced = price_by_unit(pricing, block, order, ruled.get(order))
        if priced is not None:
            found[order] = priced
    return found


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
