"""Price regular orders node by node: each node opened once, and never asked for more than it has.

A tighter relaxation than the partition of all shipments at once, for the few orders where that one took a node's last
units twice, and for orders that pay for opening nodes. Only shipments of one node may still meet unseen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.certificate.grids import IMPOSSIBLE, Slots, fill_slots, slots_by_pair
from dom_engine.certificate.leftover import Leftover
from dom_engine.certificate.shapes import Forms, Shape, shape_of
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.certificate.witness import Witness, breaks_a_rule, joined, witness_of
from dom_engine.domain.columns import I64, Flags

_LOADS_AT_ONCE = 2_000_000
"""States of pairs kept at a time."""


def price_by_node(
    pricing: Pricing, block: Block, forms: Forms, unmet: Leftover, orders: Flags, minimum: I64
) -> tuple[Flags, Flags]:
    """Price some regular orders; ``minimum`` takes the answers.

    Returns
    -------
    proven, too_large
        bool[num_orders]: orders whose minimum a pattern pays, and those whose amounts are too large to price here.
    """
    too_large = np.zeros(len(orders), np.bool_)
    witnesses: list[Witness] = []
    local = block.pair_order - forms.order_from
    size = np.bincount(local, forms.num_states[local], minlength=len(orders)) * orders
    batch = np.cumsum(size) // _LOADS_AT_ONCE
    for number in np.unique(batch[orders]):
        members = orders & (batch == number)
        slots = slots_by_pair(block, forms, members)
        too_large |= fill_slots(pricing, block, forms, slots)
        for member in np.flatnonzero(members & ~too_large).tolist():
            search = _NodeByNode(pricing, block, forms, slots, member)
            minimum[member], witness = search.price(unmet)
            witnesses.append(witness)
    proven = orders & ~too_large & ~breaks_a_rule(pricing, block, forms, joined(witnesses))
    return proven, too_large


@dataclass(frozen=True, slots=True)
class _NodeWays:
    """The least each load pays from one node, in how many shipments it takes: ``alone`` one, ``paid`` any number."""

    pair: int
    alone: I64
    paid: I64


class _NodeByNode:
    """One order's states, covered by one node after another."""

    def __init__(self, pricing: Pricing, block: Block, forms: Forms, slots: Slots, member: int) -> None:
        self._pricing, self._block, self._forms, self._slots = pricing, block, forms, slots
        self._member = member
        order = member + forms.order_from
        self._shape = shape_of(tuple(int(digits) for digits in forms.radix[member] if digits > 1))
        orders = pricing.problem.orders
        self._complete_only = bool(orders.ship_complete[order] or orders.ship_together[order])
        self._single = int(orders.max_shipments[order]) == 1 or bool(orders.ship_together[order])
        self._split = pricing.split_micros * pricing.scale
        first, last = np.searchsorted(block.pair_order, (order, order + 1))
        self._nodes = [self._ways_of(pair) for pair in range(int(first), int(last))]

    def price(self, unmet: Leftover) -> tuple[int, Witness]:
        """The least the order pays, and the shipments that do it."""
        members = np.array([self._member])
        unserved = unmet.of_states(self._shape, members)[0]
        full = self._shape.num_states - 1
        # covered[k][state]: the least the first k nodes take for a state, a split with every shipment.
        covered = [np.full(self._shape.num_states, IMPOSSIBLE)]
        covered[0][0] = 0
        for node in self._nodes:
            if self._single:
                covered.append(np.minimum(covered[-1], node.paid))
            else:
                covered.append(np.minimum(covered[-1], _sums(self._shape, node.paid, covered[-1])))
        shipped = covered[-1] - self._split + unserved[::-1]
        shipped[0] = IMPOSSIBLE
        if self._complete_only:
            shipped[:full] = IMPOSSIBLE
            if not unmet.can_complete[self._member]:
                shipped[full] = IMPOSSIBLE
        state = int(shipped.argmin())
        if shipped[state] >= unserved[full]:
            return int(unserved[full]), self._witness([])
        return int(shipped[state]), self._witness(self._trace(covered, state))

    def _ways_of(self, pair: int) -> _NodeWays:
        slots = self._slots
        begin, end = slots.ptr[slots.of_pair[pair]], slots.ptr[slots.of_pair[pair] + 1]
        alone = np.minimum(slots.best[begin:end] + self._split, IMPOSSIBLE)
        paid = alone
        if not self._single and self._num_choices(pair) > 1:
            has = (self._shape.digits <= self._stock_digits(pair)).all(axis=1)
            paid = alone.copy()
            paid[0] = 0
            while True:
                more = np.where(has, np.minimum(_sums(self._shape, paid, paid), IMPOSSIBLE), IMPOSSIBLE)
                if np.array_equal(more, paid):
                    break
                paid = more
        key = int(self._block.pair_node[pair]), int(self._block.pair_order[pair])
        opening = self._pricing.prices.activation.get(key, 0) * self._pricing.scale
        paid = np.minimum(paid + opening, IMPOSSIBLE)
        paid[0] = IMPOSSIBLE
        return _NodeWays(pair, alone, paid)

    def _num_choices(self, pair: int) -> int:
        block, dispatches = self._block, self._pricing.prices.dispatches
        first, last = np.searchsorted(block.offer_pair, (pair, pair + 1))
        key = int(block.pair_node[pair]) * len(self._pricing.problem.services) + block.offer_service[first:last]
        return int((dispatches.ptr[key + 1] - dispatches.ptr[key]).sum())

    def _stock_digits(self, pair: int) -> I64:
        """The most digits of each line that the node's stock holds."""
        block, forms = self._block, self._forms
        most = np.zeros(len(self._shape.radix), np.int64)
        for column in range(int(block.column_ptr[pair]), int(block.column_ptr[pair + 1])):
            line = int(block.column_line[column]) - forms.line_from
            limits = block.sources.limit[block.source_ptr[column] : block.source_ptr[column + 1]]
            most[forms.slot[line]] = sum(map(int, limits)) // int(forms.step[line])
        return most

    # ---- the shipments of the answer ------------------------------------------------------------------------------

    def _trace(self, covered: list[I64], state: int) -> list[tuple[int, int]]:
        """(pair, load) of each shipment that covers a state, last node first."""
        found: list[tuple[int, int]] = []
        for number in range(len(self._nodes) - 1, -1, -1):
            node, before = self._nodes[number], covered[number]
            if covered[number + 1][state] == before[state]:
                continue
            loads = np.array([state]) if self._single else self._shape.below(state)
            load = int(loads[(node.paid[loads] + before[state - loads]).argmin()])
            found += [(node.pair, part) for part in self._parts(node, load)]
            state -= load
        return found

    def _parts(self, node: _NodeWays, load: int) -> list[int]:
        """The loads of the shipments that take a load from one node."""
        opening = int(node.paid[load] - node.alone[load])
        key = int(self._block.pair_node[node.pair]), int(self._block.pair_order[node.pair])
        activation = self._pricing.prices.activation.get(key, 0) * self._pricing.scale
        if opening == activation:
            return [load]
        for first in self._shape.below(load)[:-1].tolist():
            rest = int(node.paid[load - first])
            if int(node.alone[first]) + rest == int(node.paid[load]):
                return [first, *self._parts(node, load - first)]
        raise AssertionError("a sum of shipments has no first one")

    def _witness(self, shipments: list[tuple[int, int]]) -> Witness:
        at = np.array([self._slots.ptr[self._slots.of_pair[pair]] + load for pair, load in shipments], np.int64)
        loads = np.array([load for _, load in shipments], np.int64)
        member = np.full(len(shipments), self._member)
        return witness_of(member, self._shape.digits[loads], self._slots.offer[at], self._slots.dispatch[at])


def _sums(shape: Shape, first: I64, second: I64) -> I64:
    """The least of first[a] + second[b] over a + b = state, for every state."""
    if shape.keeps_splits:
        part, rest, begin = shape.splits
        sums: I64 = np.minimum.reduceat(first[part] + second[rest], begin)
        return sums
    sums = first[0] + second
    for state in range(1, shape.num_states):
        parts = shape.below(state)
        sums[state] = min(sums[state], (first[parts] + second[state - parts]).min())
    return sums
