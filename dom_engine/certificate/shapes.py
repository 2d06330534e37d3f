"""Shapes: which quantities of an order's lines may ride together, as states of a mixed-radix number.

A line that ships in steps of ``step`` units has the digits 0 .. quantity // step. A state has one digit per line,
the first line's the most significant; orders of one shape are priced together.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import prod

import numpy as np
import numpy.typing as npt

from dom_engine.audit.tables import distinct
from dom_engine.certificate.charges import judges_ready
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import I64, Flags

MAX_STATES = 4096
MAX_LINES = 12  # 2 ** 12 = 4096: more lines have more states
_MAX_SPLITS_KEPT = 1 << 18


@dataclass(frozen=True)
class Shape:
    """The states of some lines with ``radix[k]`` digits each."""

    radix: tuple[int, ...]

    @property
    def num_states(self) -> int:
        """The empty state, 0, counts."""
        return int(np.prod(self.radix, dtype=np.int64))

    @cached_property
    def digits(self) -> npt.NDArray[np.int64]:
        """int64[num_states, num_lines]."""
        if not self.radix:
            return np.zeros((1, 0), np.int64)
        return np.stack(np.unravel_index(np.arange(self.num_states), self.radix), axis=1).astype(np.int64)

    def below(self, state: int) -> I64:
        """The states but 0 whose every digit is at most that of ``state``."""
        if not self.keeps_splits:
            return self._parts(state)[1:]
        first, _, begin = self.splits
        end = begin[state + 1] if state + 1 < len(begin) else len(first)
        return first[begin[state] + 1 : end]

    def _parts(self, state: int) -> I64:
        if len(self.radix) == 1:
            return np.arange(state + 1)
        return np.flatnonzero((self.digits <= self.digits[state]).all(axis=1))

    @cached_property
    def keeps_splits(self) -> bool:
        """Whether the ways to write the states as sums of two are few enough to keep."""
        return prod(radix * (radix + 1) // 2 for radix in self.radix) <= _MAX_SPLITS_KEPT

    @cached_property
    def splits(self) -> tuple[I64, I64, I64]:
        """Every way to write every state as a sum of two: first parts, second parts, and where each state's begin.

        The first way leaves all to the second part. Only for shapes that ``keeps_splits``.
        """
        whole, first = np.zeros(1, np.int64), np.zeros(1, np.int64)
        for radix in self.radix:
            digit, part = np.tril_indices(radix)
            whole = (whole[:, np.newaxis] * radix + digit).ravel()
            first = (first[:, np.newaxis] * radix + part).ravel()
        by_state = np.lexsort((first, whole))
        whole, first = whole[by_state], first[by_state]
        return first, whole - first, np.searchsorted(whole, np.arange(self.num_states))


@lru_cache(maxsize=64)
def shape_of(radix: tuple[int, ...]) -> Shape:
    """The shape of these radices, its tables shared."""
    return Shape(radix)


@dataclass(frozen=True, slots=True)
class Forms:
    """How the orders of a block may be cut: arrays per order from ``order_from`` on, per line from ``line_from`` on.

    ``radix``, ``stride`` and ``line`` are int64[num_orders, MAX_LINES], one entry per line that some offer can
    serve: digits, what one digit adds to the state, and the line (-1: none). ``slot`` is a line's place there, -1
    for none; ``num_digits`` and ``step`` are what a line may ship. Orders not ``regular`` cannot be priced by states.
    """

    order_from: int
    line_from: int
    num_digits: I64
    step: I64
    slot: I64
    line: npt.NDArray[np.int64]
    radix: npt.NDArray[np.int64]
    stride: npt.NDArray[np.int64]
    num_states: I64
    regular: Flags


def forms_of(pricing: Pricing, block: Block, order_from: int, order_to: int) -> Forms:
    """Cut the orders ``order_from:order_to`` into states."""
    orders, lines = pricing.problem.orders, pricing.problem.lines
    line_from, line_to = int(orders.line_ptr[order_from]), int(orders.line_ptr[order_to])
    every = np.arange(line_from, line_to)
    order = lines.order_idx[every].astype(np.int64)
    quantity, pack = lines.quantity[every], lines.pack[every]
    whole = ~orders.line_split[order] | orders.ship_together[order]
    step = np.where(whole, quantity, pack)
    num_digits = np.where(whole & (quantity % pack != 0), 1, quantity // step + 1)

    served = np.zeros(len(every), np.bool_)
    served[block.column_line - line_from] = True
    served &= num_digits > 1
    local = order - order_from
    served_before: I64 = np.cumsum(served) - served
    before = served_before - served_before[orders.line_ptr[order] - line_from]
    slot = np.where(served & (before < MAX_LINES), before, -1)
    num_orders = order_to - order_from
    radix = np.ones((num_orders, MAX_LINES), np.int64)
    line = np.full((num_orders, MAX_LINES), -1)
    placed = np.flatnonzero(slot >= 0)
    radix[local[placed], slot[placed]] = num_digits[placed]
    line[local[placed], slot[placed]] = every[placed]
    # Digits beyond MAX_STATES are cut only to keep the product in range: such orders are not regular.
    product = np.minimum(radix, MAX_STATES + 1)[:, ::-1].cumprod(axis=1, dtype=np.float64)[:, ::-1]
    num_states = product[:, 0]
    regular = (num_states <= MAX_STATES) & (np.bincount(local[served], minlength=num_orders) <= MAX_LINES)
    stride = np.ones_like(radix)
    stride[:, :-1] = np.where(regular[:, np.newaxis], product[:, 1:], 0).astype(np.int64)
    regular[local[lines.group_idx[every] >= 0]] = False
    regular[_coupled(pricing, block, num_digits, line_from) - order_from] = False
    return Forms(
        order_from=order_from,
        line_from=line_from,
        num_digits=num_digits,
        step=step,
        slot=slot,
        line=line,
        radix=radix,
        stride=stride,
        num_states=np.where(regular, num_states, 0).astype(np.int64),
        regular=regular,
    )


def _coupled(pricing: Pricing, block: Block, num_digits: I64, line_from: int) -> I64:
    """Orders in which a load's cost is not a sum over its lines' own sources .

    A node offers two items for a line, or its stock could run short between two lines; what is ready decides when an
    EXW delivery is judged; a line cannot ship at all though it is in stock.
    """
    column_order = block.pair_order[block.column_pair]
    same_line = np.flatnonzero((np.diff(block.column_pair) == 0) & (np.diff(block.column_line) == 0))
    sources = block.sources
    order = column_order[sources.column]
    asked = pricing.problem.lines.quantity[block.column_line[sources.column]]
    first, group = distinct(order, sources.position_idx, sources.safety.astype(np.int64))
    wanted = np.zeros(len(first))
    np.add.at(wanted, group, asked.astype(np.float64))
    shared = np.bincount(group, minlength=len(first)) > 1
    short = first[shared & (wanted > sources.limit[first])]
    unshippable = num_digits[block.column_line - line_from] <= 1
    judged = judges_ready(pricing, block.pair_order)
    return np.unique(
        np.concatenate([column_order[same_line], order[short], column_order[unshippable], block.pair_order[judged]])
    )
