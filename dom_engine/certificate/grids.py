"""The cheapest single shipment for every load of every regular order: offers of one shape, whole columns at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.audit.exact import Integers, magnitude, plus, times
from dom_engine.audit.tables import distinct
from dom_engine.certificate.charges import Charges, Matrix, charge_loads, has_window, judged_at, window_costs
from dom_engine.certificate.shapes import Forms, Shape, shape_of
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import I64, Flags

IMPOSSIBLE = 2**60
"""The cost of what cannot be; real costs stay below half of it, or their orders are priced another way."""

_CELLS_AT_ONCE = 1 << 19


@dataclass(frozen=True, slots=True)
class Slots:
    """Where the best shipment for each load is kept: a slot of states per order, or per pair.

    ``best`` in ``1/scale`` micros, ``IMPOSSIBLE`` where no shipment holds the load; ``offer`` and ``dispatch`` (a
    row of ``Dispatches``) say which shipment it is. ``ptr`` bounds each slot's states, ``of_pair`` is the slot of a
    pair (-1: none).
    """

    ptr: I64
    of_pair: I64
    best: I64
    offer: I64
    dispatch: I64


def slots_by_order(block: Block, forms: Forms, orders: Flags) -> Slots:
    """Empty slots, one for each order of the block; no states for those not in ``orders``."""
    local = block.pair_order - forms.order_from
    return _empty_slots(np.where(orders, forms.num_states, 0), np.where(orders[local], local, -1))


def slots_by_pair(block: Block, forms: Forms, orders: Flags) -> Slots:
    """Empty slots, one for each pair of ``orders``."""
    local = block.pair_order - forms.order_from
    own = orders[local]
    return _empty_slots(forms.num_states[local[own]], np.where(own, np.cumsum(own) - 1, -1))


def _empty_slots(sizes: I64, of_pair: I64) -> Slots:
    ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
    num_states = int(ptr[-1])
    best = np.full(num_states, IMPOSSIBLE)
    return Slots(ptr, of_pair, best, np.full(num_states, -1), np.full(num_states, -1))


def fill_slots(pricing: Pricing, block: Block, forms: Forms, slots: Slots) -> Flags:
    """Put the cheapest single shipment for every load into ``slots.best``.

    Returns
    -------
    bool[num_orders]
        Orders whose amounts are too large for this way of pricing.
    """
    too_large = np.zeros(len(forms.regular), np.bool_)
    for shape, step, offers in _offers_by_shape(pricing, block, forms, slots):
        rows_at_once = max(1, _CELLS_AT_ONCE // max(1, shape.num_states))
        for start in range(0, len(offers), rows_at_once):
            chunk = offers[start : start + rows_at_once]
            if not _fill_chunk(pricing, block, forms, slots, shape, step, chunk):
                too_large[block.pair_order[block.offer_pair[chunk]] - forms.order_from] = True
    return too_large


def _offers_by_shape(pricing: Pricing, block: Block, forms: Forms, slots: Slots) -> Iterator[tuple[Shape, I64, I64]]:
    """Offers of regular orders, grouped by what their pair's columns may ship and by what changes between dispatches.

    Yields the shape of the columns, the units of each column's digit, and the offers.
    """
    num_columns = np.diff(block.column_ptr)
    # What one line may ship, numbered: its digits and the units of one.
    first_line, form = distinct(forms.num_digits, forms.step)
    place = np.arange(len(block.column_line)) - block.column_ptr[block.column_pair]
    regular = slots.of_pair[block.column_pair] >= 0
    of_column = np.full((len(num_columns), int(num_columns[slots.of_pair >= 0].max(initial=0))), -1)
    of_column[block.column_pair[regular], place[regular]] = form[block.column_line[regular] - forms.line_from]

    offers = np.flatnonzero(slots.of_pair[block.offer_pair] >= 0)
    pair = block.offer_pair[offers]
    windows = has_window(pricing, block.pair_order[pair])
    changes = _changes_between_dispatches(pricing, block, offers)
    first, group = distinct(2 * windows.astype(np.int64) + changes, *of_column[pair].T)
    by_group = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[by_group], np.arange(len(first)), side="right")
    for sample, members in zip(first, np.split(by_group, ends[:-1]) if len(first) else [], strict=True):
        lines = first_line[of_column[pair[sample], : num_columns[pair[sample]]]]
        yield shape_of(tuple(forms.num_digits[lines].tolist())), forms.step[lines], offers[members]


def _changes_between_dispatches(pricing: Pricing, block: Block, offers: I64) -> Flags:
    """Offers where some source of the pair cannot ride on some dispatch."""
    dispatches = pricing.prices.dispatches
    source_pair = block.column_pair[block.sources.column]
    ready_s = np.zeros(len(block.pair_order), np.int64)
    expires_s = np.full(len(block.pair_order), IMPOSSIBLE)
    np.maximum.at(ready_s, source_pair, block.sources.ready_s)
    np.minimum.at(expires_s, source_pair, block.sources.expires_s)
    pair = block.offer_pair[offers]
    key = block.pair_node[pair] * len(pricing.problem.services) + block.offer_service[offers]
    first_s = dispatches.instant_s[dispatches.ptr[key]]
    last_s = dispatches.instant_s[dispatches.ptr[key + 1] - 1]
    changes: Flags = (ready_s[pair] > first_s) | (expires_s[pair] <= last_s)
    return changes


def _fill_chunk(
    pricing: Pricing, block: Block, forms: Forms, slots: Slots, shape: Shape, step: I64, offers: I64
) -> bool:
    """Price one chunk of offers of one shape; False when its amounts are too large."""
    pair = block.offer_pair[offers]
    columns = block.column_ptr[pair][:, np.newaxis] + np.arange(len(shape.radix))
    digits = shape.digits[1:]
    try:
        charges = charge_loads(pricing, block, offers, columns, digits * step)
        cheapest, dispatch = _cheapest_dispatch(pricing, block, offers, columns, charges, digits, step)
    except OverflowError:
        return False
    local = block.pair_order[pair] - forms.order_from
    stride = forms.stride[local[:, np.newaxis], forms.slot[block.column_line[columns] - forms.line_from]]
    state = (slots.ptr[slots.of_pair[pair]][:, np.newaxis] + stride @ digits.T).ravel()
    cheapest, dispatch = cheapest.ravel(), dispatch.ravel()
    np.minimum.at(slots.best, state, cheapest)
    won = np.flatnonzero((cheapest < IMPOSSIBLE) & (cheapest == slots.best[state]))
    slots.offer[state[won]] = np.repeat(offers, len(digits))[won]
    slots.dispatch[state[won]] = dispatch[won]
    return True


def _cheapest_dispatch(
    pricing: Pricing, block: Block, offers: I64, columns: Matrix, charges: Charges, digits: Matrix, step: I64
) -> tuple[Matrix, Matrix]:
    """The least each load pays on each offer, and the dispatch (row of ``Dispatches``) at which it does."""
    dispatches = pricing.prices.dispatches
    pair = block.offer_pair[offers]
    order = block.pair_order[pair]
    key = block.pair_node[pair] * len(pricing.problem.services) + block.offer_service[offers]
    first, count = dispatches.ptr[key], dispatches.ptr[key + 1] - dispatches.ptr[key]
    windowed = bool(has_window(pricing, order).any())
    latest_s = charges.latest_s
    if windowed and (latest_s == latest_s[:, :1]).all():
        latest_s = latest_s[:, :1]

    cheapest = np.full(charges.paid.shape, IMPOSSIBLE)
    chosen = np.full(charges.paid.shape, -1)
    stock = _Stock(block, columns, digits, step)
    for number in range(int(count.max(initial=0))):
        rows = np.flatnonzero(count > number)
        at = first[rows] + number
        from_stock, short = stock.costs(rows, dispatches.instant_s[at])
        terms: list[Integers] = [times(charges.paid[rows], pricing.scale), from_stock]
        for column, measure in enumerate(pricing.prices.measures):
            per_base_unit = dispatches.charges[at, column][:, np.newaxis]
            terms.append(times(charges.drawn(measure)[rows], per_base_unit))
        forbidden = short | ~charges.possible[rows]
        if windowed:
            judged_s = judged_at(pricing, block, offers[rows], dispatches.instant_s[at], dispatches.instant_s[at])
            costs, outside = window_costs(pricing, order[rows], judged_s[:, np.newaxis], latest_s[rows])
            terms.append(np.broadcast_to(times(costs, pricing.scale), forbidden.shape))
            forbidden = forbidden | outside
        paid = plus(*terms)
        if magnitude(paid) >= IMPOSSIBLE // 2:
            raise OverflowError("too large to price beside the cost of the impossible")
        better = ~forbidden & (paid < cheapest[rows])
        cheapest[rows] = np.where(better, paid, cheapest[rows])
        chosen[rows] = np.where(better, at[:, np.newaxis], chosen[rows])
    return cheapest, chosen


class _Stock:
    """What the units of each load pay for the stock they come from, cheapest first, as far as it can ride."""

    def __init__(self, block: Block, columns: Matrix, digits: Matrix, step: I64) -> None:
        sources = block.sources
        begin, end = block.source_ptr[columns], block.source_ptr[columns + 1]
        depth = np.arange(int((end - begin).max(initial=0)))
        source = begin[:, :, np.newaxis] + depth
        there = source < end[:, :, np.newaxis]
        source = np.where(there, source, begin[:, :, np.newaxis])
        self._digits, self._step = digits, step
        self._limit = np.where(there, sources.limit[source], 0)
        self._price = sources.unit_price[source]
        self._ready_s, self._expires_s = sources.ready_s[source], sources.expires_s[source]
        self._last: tuple[Flags, I64, tuple[Integers, Flags]] | None = None

    def costs(self, rows: I64, dispatch_s: I64) -> tuple[Integers, Flags]:
        """Costs of the loads on these rows' dispatches, and where stock runs short."""
        instant_s = dispatch_s[:, np.newaxis, np.newaxis]
        can_ride = (self._ready_s[rows] <= instant_s) & (instant_s < self._expires_s[rows])
        if self._last is not None:
            could_ride, last_rows, answer = self._last
            if np.array_equal(last_rows, rows) and np.array_equal(could_ride, can_ride):
                return answer
        answer = self._costs(rows, np.where(can_ride, self._limit[rows], 0))
        self._last = can_ride, rows, answer
        return answer

    def _costs(self, rows: I64, limit: npt.NDArray[np.int64]) -> tuple[Integers, Flags]:
        sums: Integers = np.zeros((len(rows), len(self._digits)), np.int64)
        short = np.zeros(sums.shape, np.bool_)
        for column in range(limit.shape[1]):
            units = np.arange(int(self._digits[:, column].max()) + 1) * self._step[column]
            left = np.minimum(limit[:, column, :], units[-1])
            before = np.cumsum(left, axis=1) - left
            taken = np.clip(units[:, np.newaxis] - before[:, np.newaxis, :], 0, left[:, np.newaxis, :])
            per_source = times(taken, self._price[rows, column, :][:, np.newaxis, :])
            if magnitude(per_source) >= IMPOSSIBLE // max(1, 2 * limit.shape[2]):
                raise OverflowError("stock worth too much")
            digit = self._digits[:, column]
            sums = plus(sums, per_source.sum(axis=2)[:, digit])
            short |= (units > left.sum(axis=1)[:, np.newaxis])[:, digit]
        return sums, short
