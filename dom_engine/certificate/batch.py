"""Price regular orders together: the cheapest partition of what each order takes into single shipments.

Shipments are combined as if they met nowhere: two of one order may draw on one position, one capacity, or be the
same choice twice. That relaxes the order's pricing; where the cheapest partition breaks no such rule, its price is
the exact minimum, and the order is proven. (A dynamic program over the units still to serve, as in set partitioning
by subsets.) The few orders that are not are priced again node by node.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.audit.tables import distinct
from dom_engine.certificate.grids import IMPOSSIBLE, Slots, fill_slots, slots_by_order
from dom_engine.certificate.leftover import unmet_of_lines
from dom_engine.certificate.nodewise import price_by_node
from dom_engine.certificate.shapes import Forms, Shape, forms_of, shape_of
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.certificate.witness import Witness, breaks_a_rule, joined, witness_of
from dom_engine.domain.columns import I64, Flags

Matrix = npt.NDArray[np.int64]

_CELLS_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class BatchMinima:
    """Per order of a block: the least its partitions pay, in ``1/scale`` micros.

    A valid lower bound where ``priced``; where ``proven`` it is what a pattern pays, hence the exact minimum.
    """

    minimum: I64
    priced: Flags
    proven: Flags


def price_regular(pricing: Pricing, block: Block, order_from: int, order_to: int, skipped: Flags) -> BatchMinima:
    """Price what can be priced together of the orders ``order_from:order_to``, but for those ``skipped``."""
    forms = forms_of(pricing, block, order_from, order_to)
    unmet, small = unmet_of_lines(pricing, forms)
    priced = forms.regular & small & ~skipped
    minimum = np.zeros(order_to - order_from, np.int64)
    witnesses: list[Witness] = []

    together = priced & ~_pays_for_nodes(pricing, forms)
    slots = slots_by_order(block, forms, together)
    too_large = fill_slots(pricing, block, forms, slots)
    priced &= ~too_large
    for shape, rules, members in _orders_by_shape(pricing, forms, np.flatnonzero(together & priced)):
        at_once = max(1, _CELLS_AT_ONCE // shape.num_states)
        for start in range(0, len(members), at_once):
            chunk = members[start : start + at_once]
            unserved = unmet.of_states(shape, chunk)
            minimum[chunk], member, state = _partition(
                pricing, slots, shape, rules, chunk, unserved, unmet.can_complete[chunk]
            )
            at = slots.ptr[chunk[member]] + state
            witnesses.append(witness_of(chunk[member], shape.digits[state], slots.offer[at], slots.dispatch[at]))
    proven = together & priced & ~breaks_a_rule(pricing, block, forms, joined(witnesses))

    apart = priced & ~proven
    by_node, too_large = price_by_node(pricing, block, forms, unmet, apart, minimum)
    priced &= ~too_large
    return BatchMinima(minimum, priced, priced & (proven | by_node))


def _pays_for_nodes(pricing: Pricing, forms: Forms) -> Flags:
    """Orders that a priced activation concerns: they pay once per node, not per shipment."""
    pays = np.zeros(len(forms.regular), np.bool_)
    order = np.array([order for _, order in pricing.prices.activation], np.int64) - forms.order_from
    pays[order[(order >= 0) & (order < len(pays))]] = True
    return pays


@dataclass(frozen=True, slots=True)
class _Rules:
    """What orders priced together must share beside their shape."""

    complete: bool
    together: bool
    single: bool


def _orders_by_shape(pricing: Pricing, forms: Forms, members: I64) -> list[tuple[Shape, _Rules, I64]]:
    orders = pricing.problem.orders
    global_order = members + forms.order_from
    complete, together = orders.ship_complete[global_order], orders.ship_together[global_order]
    single = orders.max_shipments[global_order] == 1
    flags = 4 * complete.astype(np.int64) + 2 * together + single
    first, group = distinct(flags, *forms.radix[members].T)
    found = []
    for number, sample in enumerate(first):
        radix = tuple(int(digits) for digits in forms.radix[members[sample]] if digits > 1)
        rules = _Rules(bool(complete[sample]), bool(together[sample]), bool(single[sample]))
        found.append((shape_of(radix), rules, members[group == number]))
    return found


def _partition(
    pricing: Pricing, slots: Slots, shape: Shape, rules: _Rules, members: I64, unserved: Matrix, can_complete: Flags
) -> tuple[I64, I64, I64]:
    """The least each member pays, and the shipments that do it.

    Parameters
    ----------
    unserved
        What the units of each state pay when left out, int64[num_members, num_states].
    can_complete
        Whether the states cover every unit of the order.

    Returns
    -------
    minimum, member, state
        int64[num_members], and one row per shipment: whose it is, and its load.
    """
    full = shape.num_states - 1
    best = slots.best[slots.ptr[members][:, np.newaxis] + np.arange(shape.num_states)]
    if rules.complete or rules.together:
        best[~can_complete] = IMPOSSIBLE
    # What the rest pays once something ships: left out, or in further shipments.
    rest = np.full(best.shape, IMPOSSIBLE) if rules.complete or rules.together else unserved.copy()
    rest[:, 0] = unserved[:, 0]
    taken = np.zeros(best.shape, np.int64)
    if not (rules.single or rules.together):
        further = np.minimum(best + pricing.split_micros * pricing.scale, IMPOSSIBLE)
        for state in range(1, full):
            _improve(rest, taken, further, shape.below(state), state)
    minimum = unserved.copy()
    _improve(minimum, taken, best, shape.below(full), full, rest)
    return minimum[:, full], *_trace(taken, full)


def _improve(paid: Matrix, taken: Matrix, shipment: Matrix, loads: I64, state: int, rest: Matrix | None = None) -> None:
    """Lower what a state pays to the cheapest first load and what then remains, and note that load."""
    if not len(loads):
        return
    remaining = paid if rest is None else rest
    ways = shipment[:, loads] + remaining[:, state - loads]
    way = ways.argmin(axis=1)
    cheapest = ways[np.arange(len(ways)), way]
    better = cheapest < paid[:, state]
    paid[better, state] = cheapest[better]
    taken[better, state] = loads[way[better]]


def _trace(taken: Matrix, full: int) -> tuple[I64, I64]:
    """Follow the noted loads from the full state down."""
    members, states = [], []
    member = np.arange(len(taken))
    left = np.full(len(taken), full)
    while len(member):
        load = taken[member, left]
        member, left, load = member[load > 0], left[load > 0], load[load > 0]
        members.append(member)
        states.append(load)
        left = left - load
    return np.concatenate([*members, np.zeros(0, np.int64)]), np.concatenate([*states, np.zeros(0, np.int64)])
