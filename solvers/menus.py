"""Menus: everything an ordinary order could be sent, listed once, so that a pricing pass only adds up prices.

Most orders are small: a few lines, a few units, one position of each item at a node. Their shipments can all be listed
with cost and draws; then the cheapest pattern at any prices is a walk through that list, some thirty times faster than
costing loads anew. Orders that mix positions, substitutes or safety stock, ship in groups, or are too large are not
listed; ``pricing`` takes those.

A **slot** is a candidate on a trip. An **entry** is one load of a slot; a pattern takes at most one entry of each slot
(P1). A **state** is what has been served: one level per line that can be, mixed radix.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.jit import kernel
from solvers.judging import judge
from solvers.menu_build import MenuShard, list_shard, make_shard, sizes_of
from solvers.model import F64, I32, I64, Flags, Patterns, SourcingModel
from solvers.packed import packed

SHARD = 2_048
"""Orders listed by a thread at a time, whatever the number of threads."""

Bits = npt.NDArray[np.uint64]


class Menus(NamedTuple):
    """The menus of a batch. Orders that are not ``listed`` have no slots and only the state that serves nothing.

    Slots of order o are ``slot_ptr[o]:slot_ptr[o + 1]``, entries of slot s ``entry_ptr[s]:entry_ptr[s + 1]``, draws of
    entry e ``draw_ptr[e]:draw_ptr[e + 1]`` (rows rising are not promised), states of order o
    ``state_ptr[o]:state_ptr[o + 1]``. ``entry_cost`` is weighted micros including ``split``, which the first shipment
    of a pattern does not pay. ``state_unmet`` is what ending in a state leaves unmet, infinite where the order must be
    complete; ``state_fill`` the same in millionths of fill. ``state_packed`` holds levels side by side, a guard bit
    above each. Digit d of an order serves ``digit_units`` units of ``digit_line`` per level. ``coupled`` orders have
    entries that could break a row together (two trips of a node that share its last unit): what their menus hold is a
    relaxation (P8).
    """

    listed: Flags
    coupled: Flags
    slot_ptr: I64
    slot_candidate: I32
    slot_trip: I32
    entry_ptr: I64
    entry_cost: F64
    entry_state: I32
    draw_ptr: I64
    draw_row: I32
    draw: I64
    state_ptr: I64
    state_unmet: F64
    state_fill: F64
    state_packed: Bits
    guard: Bits
    split: F64
    most_ships: I64
    digit_ptr: I64
    digit_line: I32
    digit_units: I64
    digit_radix: I32

    @property
    def num_orders(self) -> int:
        """Orders of the batch, listed or not."""
        return len(self.listed)


def list_menus(model: SourcingModel, threads: int = 1) -> Menus:
    """List the menu of every ordinary order; the same for any number of threads."""
    records, capacity = packed(model), model.row_capacity()
    starts = range(0, max(1, model.num_orders), SHARD)

    def run(first: int) -> MenuShard:
        orders = (first, min(first + SHARD, model.num_orders))
        loads, draws, states = sizes_of(records, capacity, *orders)
        shard = make_shard(orders[1] - orders[0], int(loads), int(draws), int(states))
        list_shard(records, capacity, *orders, shard)
        return _trim(shard)

    if threads <= 1 or len(starts) == 1:
        return _join([run(first) for first in starts])
    with ThreadPoolExecutor(threads) as pool:
        return _join(list(pool.map(run, starts)))


def _trim(shard: MenuShard) -> MenuShard:
    """Copies of what was filled, so that the room that was not needed goes back."""
    slots, entries, draws, states, digits = (int(count) for count in shard.counts)
    ends = {"slot": slots, "entry": entries, "draw": draws, "state": states, "digit": digits}

    def part(name: str, column: Any) -> Any:
        kind = name.split("_")[0]
        return column if kind not in ends else column[: ends[kind]].copy()

    return MenuShard(**{name: part(name, column) for name, column in shard._asdict().items()})


def _join(shards: list[MenuShard]) -> Menus:
    def joined(name: str) -> Any:
        return np.concatenate([getattr(shard, name) for shard in shards])

    def pointer(name: str) -> I64:
        return np.concatenate([[0], np.cumsum(joined(name))]).astype(np.int64)

    return Menus(
        listed=joined("listed"),
        coupled=joined("coupled"),
        slot_ptr=pointer("num_slots"),
        slot_candidate=joined("slot_candidate"),
        slot_trip=joined("slot_trip"),
        entry_ptr=pointer("slot_entries"),
        entry_cost=joined("entry_cost"),
        entry_state=joined("entry_state"),
        draw_ptr=pointer("entry_draws"),
        draw_row=joined("draw_row"),
        draw=joined("draw_units"),
        state_ptr=pointer("num_states"),
        state_unmet=joined("state_unmet"),
        state_fill=joined("state_fill"),
        state_packed=joined("state_packed"),
        guard=joined("guard"),
        split=joined("split"),
        most_ships=joined("most_ships"),
        digit_ptr=pointer("num_digits"),
        digit_line=joined("digit_line"),
        digit_units=joined("digit_units"),
        digit_radix=joined("digit_radix"),
    )


def patterns_of(model: SourcingModel, menus: Menus, orders: I32, pick_ptr: I64, picks: I32) -> Patterns:
    """Patterns from entries: pattern k is of ``orders[k]`` and ships ``picks[pick_ptr[k]:pick_ptr[k + 1]]``.

    Costed and checked anew from the model, as whatever a solver proposes.

    Raises
    ------
    RuntimeError
        Where a pattern breaks a rule; a caller leaves out those of coupled orders that break a row (``fitting``).
    """
    slot_of = np.repeat(np.arange(len(menus.slot_trip)), np.diff(menus.entry_ptr))
    slot = slot_of[picks]
    num_loads = np.zeros(len(picks), np.int64)
    owner = np.repeat(orders, np.diff(pick_ptr)).astype(np.int32)
    _count_loads(menus, owner, picks, num_loads)
    load_ptr = np.concatenate([[0], np.cumsum(num_loads)]).astype(np.int64)
    load_source, load_quantity = np.zeros(load_ptr[-1], np.int32), np.zeros(load_ptr[-1], np.int64)
    candidate = menus.slot_candidate[slot]
    _write_loads(
        menus, model.candidates.source_ptr, model.sources.line, owner, picks, candidate, load_ptr,
        load_source, load_quantity,
    )  # fmt: skip
    zeros, no_ptr = np.zeros(len(orders), np.int64), np.zeros(len(orders) + 1, np.int64)
    bare = Patterns(
        orders.astype(np.int32), zeros, zeros, pick_ptr, candidate, menus.slot_trip[slot], load_ptr, load_source,
        np.zeros(len(load_source), np.bool_), load_quantity, no_ptr, np.zeros(0, np.int32), np.zeros(0, np.int64),
    )  # fmt: skip
    judged, rule = judge(model, bare, model.row_capacity())
    if rule.any():
        at = int(np.flatnonzero(rule)[0])
        raise RuntimeError(f"a menu gave order {int(orders[at])} a pattern that breaks P{int(rule[at])}")
    return judged


@kernel
def fitting(menus: Menus, pick_ptr: I64, picks: I32, left: I64) -> Flags:
    """Whether each pattern, given as entries, draws no more of any row than is left."""
    fits = np.ones(len(pick_ptr) - 1, np.bool_)
    for k in range(len(fits)):
        for at in range(pick_ptr[k], pick_ptr[k + 1]):
            for i in range(menus.draw_ptr[picks[at]], menus.draw_ptr[picks[at] + 1]):
                row, drawn = menus.draw_row[i], menus.draw[i]
                for other in range(pick_ptr[k], at):
                    for j in range(menus.draw_ptr[picks[other]], menus.draw_ptr[picks[other] + 1]):
                        drawn += menus.draw[j] if menus.draw_row[j] == row else 0
                fits[k] = fits[k] and drawn <= left[row]
    return fits


@kernel
def _count_loads(menus: Menus, owner: I32, picks: I32, num_loads: I64) -> None:
    """Lines aboard each picked entry."""
    for k in range(len(picks)):
        state = menus.entry_state[picks[k]]
        for digit in range(menus.digit_ptr[owner[k]], menus.digit_ptr[owner[k] + 1]):
            if state % menus.digit_radix[digit] > 0:
                num_loads[k] += 1
            state //= menus.digit_radix[digit]


@kernel
def _write_loads(
    menus: Menus,
    source_ptr: I64,
    source_line: I32,
    owner: I32,
    picks: I32,
    candidate: I32,
    load_ptr: I64,
    load_source: I32,
    load_quantity: I64,
) -> None:
    """Fill in which source gives how many units: a listed order has one source per line and candidate."""
    for k in range(len(picks)):
        state, at = menus.entry_state[picks[k]], load_ptr[k]
        for digit in range(menus.digit_ptr[owner[k]], menus.digit_ptr[owner[k] + 1]):
            level = state % menus.digit_radix[digit]
            state //= menus.digit_radix[digit]
            if level == 0:
                continue
            source = source_ptr[candidate[k]]
            while source_line[source] != menus.digit_line[digit]:
                source += 1
            load_source[at], load_quantity[at] = source, level * menus.digit_units[digit]
            at += 1
