"""Price regular orders together: the cheapest partition of what each order takes into single shipments.

Shipments are combined as if they met nowhere: two of one order may draw on one position, one capacity, or be the
same choice twice. That relaxes the order's pricing; where the cheapest partition breaks no such rule, its price is
the exact minimum, and the order is proven. (A dynamic program over the units still to serve, as in set partitioning
by subsets.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.audit.tables import distinct
from dom_engine.certificate.grids import IMPOSSIBLE, Slots, empty_slots, fill_slots
from dom_engine.certificate.shapes import Forms, Shape, forms_of, shape_of
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.certificate.witness import Witness, breaks_a_rule
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


def price_regular(pricing: Pricing, block: Block, order_from: int, order_to: int) -> BatchMinima:
    """Price what can be priced together of the orders ``order_from:order_to``."""
    forms = forms_of(pricing, block, order_from, order_to)
    slots = empty_slots(pricing, block, forms, forms.regular)
    priced = forms.regular & ~fill_slots(pricing, block, forms, slots)
    unmet, small = _unmet_of_lines(pricing, forms, order_from, order_to)
    priced &= small
    minimum = np.zeros(order_to - order_from, np.int64)
    proven = np.zeros(len(minimum), np.bool_)
    repeated = _open_nodes(pricing, block, forms, slots, priced)
    for shape, rules, members in _orders_by_shape(pricing, forms, np.flatnonzero(priced)):
        at_once = max(1, _CELLS_AT_ONCE // shape.num_states)
        for start in range(0, len(members), at_once):
            chunk = members[start : start + at_once]
            unserved = _unmet_states(shape, chunk, unmet)
            minimum[chunk], member, state = _partition(
                pricing, slots, shape, rules, chunk, unserved, unmet.can_complete[chunk]
            )
            at = slots.ptr[chunk[member]] + state
            witness = Witness(member, shape.digits[state], slots.offer[at], slots.dispatch[at], repeated[at])
            proven[chunk] = ~breaks_a_rule(pricing, block, forms, witness, chunk)
    return BatchMinima(minimum, priced, proven & priced)


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


@dataclass(frozen=True, slots=True)
class _Unmet:
    """What units left out pay: per order for those no pattern ships, and per digit of each slot; ``1/scale`` micros."""

    always: I64
    per_digit: Matrix
    can_complete: Flags


def _unmet_of_lines(pricing: Pricing, forms: Forms, order_from: int, order_to: int) -> tuple[_Unmet, Flags]:
    """Unmet costs of a block, and the orders whose costs are small enough to add up here."""
    lines = pricing.problem.lines
    num_orders = order_to - order_from
    every = np.arange(forms.line_from, forms.line_from + len(forms.step))
    local = lines.order_idx[every].astype(np.int64) - order_from
    per_unit = pricing.unmet[every]
    left = np.where(forms.slot >= 0, lines.quantity[every] % np.maximum(1, forms.step), lines.quantity[every])
    total = np.zeros(num_orders)
    np.add.at(total, local, per_unit.astype(np.float64) * lines.quantity[every])
    small = total < IMPOSSIBLE / 8
    priced = small[local]
    always = np.zeros(num_orders, np.int64)
    np.add.at(always, local[priced], (per_unit[priced] * left[priced]).astype(np.int64))
    per_digit = np.zeros(forms.radix.shape, np.int64)
    slotted = np.flatnonzero(priced & (forms.slot >= 0))
    per_digit[local[slotted], forms.slot[slotted]] = per_unit[slotted] * forms.step[slotted]
    can_complete = np.ones(num_orders, np.bool_)
    can_complete[local[left > 0]] = False
    return _Unmet(always, per_digit, can_complete), small


def _unmet_states(shape: Shape, members: I64, unmet: _Unmet) -> Matrix:
    """What the units of each state pay when they are left out, int64[num_members, num_states]."""
    per_digit = unmet.per_digit[members, : len(shape.radix)]
    return unmet.always[members][:, np.newaxis] + per_digit @ shape.digits.T


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
    cheapest = np.take_along_axis(ways, way[:, np.newaxis], axis=1)[:, 0]
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


def _open_nodes(pricing: Pricing, block: Block, forms: Forms, slots: Slots, priced: Flags) -> Flags:
    """Charge priced activations once per node, and offer the result to the orders' own slots.

    Returns
    -------
    bool[num_states]
        States of orders whose best is several shipments of one node.
    """
    repeated = np.zeros(len(slots.best), np.bool_)
    num_orders = len(forms.regular)
    pairs = np.flatnonzero(slots.of_pair >= num_orders)
    local = block.pair_order[pairs] - forms.order_from
    pairs, local = pairs[priced[local]], local[priced[local]]
    first, group = distinct(*forms.radix[local].T)
    for number, sample in enumerate(first):
        shape = shape_of(tuple(int(digits) for digits in forms.radix[local[sample]] if digits > 1))
        of_shape = np.flatnonzero(group == number)
        at_once = max(1, _CELLS_AT_ONCE // shape.num_states)
        for start in range(0, len(of_shape), at_once):
            rows = of_shape[start : start + at_once]
            _open_chunk(pricing, block, slots, shape, pairs[rows], local[rows], repeated)
    return repeated


def _open_chunk(
    pricing: Pricing, block: Block, slots: Slots, shape: Shape, pairs: I64, local: I64, repeated: Flags
) -> None:
    states = np.arange(shape.num_states)
    at = slots.ptr[slots.of_pair[pairs]][:, np.newaxis] + states
    alone = slots.best[at]
    paid, taken = alone.copy(), np.zeros(alone.shape, np.int64)
    further = np.minimum(alone + pricing.split_micros * pricing.scale, IMPOSSIBLE)
    for state in range(1, shape.num_states):
        _improve(paid, taken, further, shape.below(state), state)
    prices = pricing.prices.activation
    ends = zip(block.pair_node[pairs].tolist(), block.pair_order[pairs].tolist(), strict=True)
    price = np.array([prices.get(end, 0) for end in ends], np.int64) * pricing.scale
    opened = np.minimum(paid + price[:, np.newaxis], IMPOSSIBLE).ravel()
    own = (slots.ptr[local][:, np.newaxis] + states).ravel()
    np.minimum.at(slots.best, own, opened)
    won = np.flatnonzero((opened == slots.best[own]) & (opened < IMPOSSIBLE))
    slots.offer[own[won]] = slots.offer[at.ravel()[won]]
    slots.dispatch[own[won]] = slots.dispatch[at.ravel()[won]]
    repeated[own[won]] = (paid < alone).ravel()[won]
