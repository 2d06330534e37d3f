"""Pricing from menus: the cheapest pattern of every listed order, and every pattern near it.

The same recursion as ``pricing_order``, slot by slot over states, but over entries that are already costed. The table
of all slots is kept, so that walking it backwards meets no dead end: whatever it says can be reached is a pattern.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from solvers.jit import kernel, leaf
from solvers.menu_loads import MOST_SHIPS
from solvers.menus import Menus
from solvers.model import F64, I32, I64, Flags, Prices
from solvers.packed import wide
from solvers.stop import Stop

SHARD = 4_096
"""Orders handed to a thread at a time, whatever the number of threads."""


class MenuPriced(NamedTuple):
    """Per order what its cheapest pattern pays, and that pattern: entries ``picks[pick_ptr[k]:pick_ptr[k + 1]]``."""

    value: F64
    pick_ptr: I64
    picks: I32


class MenuNear(NamedTuple):
    """Patterns within a threshold: whose, what each pays, its entries, and whether an order's are all there."""

    order: I32
    value: F64
    pick_ptr: I64
    picks: I32
    complete: Flags


def table_size(menus: Menus) -> int:
    """Room for the largest order's table: a row of states before each slot and after the last."""
    return int(((np.diff(menus.slot_ptr) + 1) * np.diff(menus.state_ptr)).max(initial=1))


def slots_entries(menus: Menus) -> int:
    """Entries of the largest menu."""
    return int((menus.entry_ptr[menus.slot_ptr[1:]] - menus.entry_ptr[menus.slot_ptr[:-1]]).max(initial=1))


def price_menus(
    menus: Menus,
    prices: Prices,
    orders: I32,
    threads: int = 1,
    residual: I64 | None = None,
    stop: Stop | None = None,
) -> MenuPriced:
    """The cheapest pattern of each of ``orders`` (listed ones); with ``residual`` of entries that draw no more than it.

    The same for any number of threads.

    Raises
    ------
    HaltedError
        When the run was over before all were priced; never without ``stop``.
    """
    left = np.zeros(0, np.int64) if residual is None else residual
    shards = [orders[at : at + SHARD] for at in range(0, max(1, len(orders)), SHARD)]
    size = (table_size(menus), slots_entries(menus))

    def run(shard: I32) -> MenuPriced:
        if stop is not None:
            stop.check()
        value, pick_ptr = np.zeros(len(shard)), np.zeros(len(shard) + 1, np.int64)
        picks = np.zeros(int(menus.most_ships[shard].sum()), np.int32)
        cheapest(menus, prices.row, prices.activation, prices.fill, shard, left, *size, value, pick_ptr, picks)
        return MenuPriced(value, pick_ptr, picks[: pick_ptr[-1]].copy())

    if threads <= 1 or len(shards) == 1:
        parts = [run(shard) for shard in shards]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, shards))
    if len(parts) == 1:
        return parts[0]
    return MenuPriced(
        np.concatenate([part.value for part in parts]),
        _joined([part.pick_ptr for part in parts]),
        np.concatenate([part.picks for part in parts]),
    )


def _joined(parts: list[I64]) -> I64:
    return np.concatenate([[0], np.cumsum(np.concatenate([np.diff(part) for part in parts]))]).astype(np.int64)


def near_menus(
    menus: Menus,
    prices: Prices,
    orders: I32,
    ceilings: F64,
    most: int,
    threads: int = 1,
    stop: Stop | None = None,
) -> MenuNear:
    """Every pattern of each of ``orders`` that pays at most its ceiling, in weighted micros, where at most ``most`` do.

    An order with more gets those within a half, a quarter, ... of its ceiling's distance from its minimum, and
    ``complete`` False. Patterns stand by order as given; the cheapest is always among them.

    Raises
    ------
    HaltedError
        When the run was over before all were listed; never without ``stop``.
    """
    shards = [np.arange(at, min(at + SHARD, len(orders))) for at in range(0, max(1, len(orders)), SHARD)]
    size = (table_size(menus), slots_entries(menus))

    def run(shard: I64) -> MenuNear:
        if stop is not None:
            stop.check()
        own, ceiling = orders[shard].astype(np.int32), ceilings[shard]
        count, room, held = np.zeros(len(own), np.int64), 16 * len(own) + most, 64 * len(own) + 16 * most
        complete = np.zeros(len(own), np.bool_)
        while True:
            value, pick_ptr, picks = np.zeros(room), np.zeros(room + 1, np.int64), np.zeros(held, np.int32)
            done = walk_near(
                menus, prices.row, prices.activation, prices.fill, own, ceiling, most, *size,
                value, pick_ptr, picks, count, complete,
            )  # fmt: skip
            if done:
                break
            room, held = 2 * room, 2 * held
        total = int(count.sum())
        return MenuNear(
            np.repeat(own, count), value[:total].copy(), pick_ptr[: total + 1].copy(),
            picks[: pick_ptr[total]].copy(), complete,
        )  # fmt: skip

    if threads <= 1 or len(shards) == 1:
        parts = [run(shard) for shard in shards]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, shards))
    return MenuNear(
        np.concatenate([part.order for part in parts]),
        np.concatenate([part.value for part in parts]),
        _joined([part.pick_ptr for part in parts]),
        np.concatenate([part.picks for part in parts]),
        np.concatenate([part.complete for part in parts]),
    )


def usage_of_picks(menus: Menus, num_rows: int, picks: I32, used: I64 | None = None) -> I64:
    """Units of each row drawn by entries, int64[num_rows]; added to ``used`` in place where given."""
    total = np.zeros(num_rows, np.int64) if used is None else used
    add_draws(menus.draw_ptr, menus.draw_row, menus.draw, picks, total)
    return total


@kernel
def add_draws(draw_ptr: I64, draw_row: I32, draw: I64, picks: I32, used: I64) -> None:
    """Add what entries draw to ``used``."""
    for k in range(len(picks)):
        for i in range(draw_ptr[picks[k]], draw_ptr[picks[k] + 1]):
            used[draw_row[i]] += draw[i]


@leaf
def fill_table(
    menus: Menus, row: F64, share: float, activation: F64, order: int, residual: I64, cost: F64, table: F64
) -> int:
    """Price an order's entries into ``cost`` (from 0) and fill its table; returns the number of states.

    ``table[k * states + s]`` is the least that entries of the first k slots pay to serve exactly state s, a split per
    shipment included; entries that draw more than ``residual`` (where it is given) cost infinitely much. An empty
    ``activation`` stands for none. Row prices count by ``share``.
    """
    first_state = menus.state_ptr[order]
    states = menus.state_ptr[order + 1] - first_state
    first_slot, first_entry = menus.slot_ptr[order], menus.entry_ptr[menus.slot_ptr[order]]
    guard = menus.guard[order]
    limited = len(residual) > 0
    for state in range(states):
        table[state] = np.inf
    table[0] = 0.0
    for slot in range(first_slot, menus.slot_ptr[order + 1]):
        before = (slot - first_slot) * states
        after = before + states
        for state in range(states):
            table[after + state] = table[before + state]
        opening = activation[menus.slot_candidate[slot]] if len(activation) > 0 else 0.0
        for entry in range(menus.entry_ptr[slot], menus.entry_ptr[slot + 1]):
            paid = menus.entry_cost[entry] + opening
            for i in range(menus.draw_ptr[entry], menus.draw_ptr[entry + 1]):
                paid += row[menus.draw_row[i]] * menus.draw[i] * share
                if limited and menus.draw[i] > residual[menus.draw_row[i]]:
                    paid = np.inf
            cost[entry - first_entry] = paid
            if paid == np.inf:
                continue
            step = wide(menus.entry_state[entry])
            levels = menus.state_packed[first_state + step]
            for state in range(states - step):
                total = table[before + state] + paid
                if total < table[after + state + step]:
                    full = menus.state_packed[first_state + state + step] | guard
                    # The state reached holds the entry's levels in every digit, so no digit overflowed.
                    if (full - levels) & guard == guard:
                        table[after + state + step] = total
    return int(states)


@leaf
def cheapest_end(menus: Menus, order: int, states: int, fill: float, table: F64) -> tuple[float, int]:
    """The least an order pays in all, and the state it ends in; the first shipment pays no split."""
    first, last = menus.state_ptr[order], (menus.slot_ptr[order + 1] - menus.slot_ptr[order]) * states
    best, at = menus.state_unmet[first] + fill * menus.state_fill[first], wide(0)
    for state in range(1, states):
        rest = menus.state_unmet[first + state] + fill * menus.state_fill[first + state] - menus.split[order]
        if table[last + state] + rest < best:
            best, at = table[last + state] + rest, state
    return best, at


@leaf
def trace(menus: Menus, order: int, states: int, goal: int, cost: F64, table: F64, picks: I32, end: int) -> int:
    """Write the entries by which the table reached a state, last slot first; returns the new end of ``picks``."""
    first_slot, first_entry = menus.slot_ptr[order], menus.entry_ptr[menus.slot_ptr[order]]
    first_state, guard = menus.state_ptr[order], menus.guard[order]
    slot = menus.slot_ptr[order + 1] - 1
    while goal > 0:
        before = (slot - first_slot) * states
        reached = table[before + states + goal]
        if reached < table[before + goal]:
            full = menus.state_packed[first_state + goal] | guard
            for entry in range(menus.entry_ptr[slot], menus.entry_ptr[slot + 1]):
                step = menus.entry_state[entry]
                within = step <= goal and (full - menus.state_packed[first_state + step]) & guard == guard
                if within and table[before + goal - step] + cost[entry - first_entry] == reached:
                    picks[end] = entry
                    end += 1
                    goal -= step
                    break
        slot -= 1
    return end


@kernel
def cheapest(
    menus: Menus,
    row: F64,
    activation: F64,
    fill: float,
    orders: I32,
    residual: I64,
    table_room: int,
    entry_room: int,
    value: F64,
    pick_ptr: I64,
    picks: I32,
) -> None:
    """The cheapest pattern of each order: fills the last three arrays."""
    table, cost = np.empty(table_room), np.empty(entry_room)
    for k in range(len(orders)):
        order = wide(orders[k])
        states = fill_table(menus, row, 1.0, activation, order, residual, cost, table)
        value[k], goal = cheapest_end(menus, order, states, fill, table)
        pick_ptr[k + 1] = trace(menus, order, states, goal, cost, table, picks, pick_ptr[k])


@kernel
def walk_near(
    menus: Menus,
    row: F64,
    activation: F64,
    fill: float,
    orders: I32,
    ceilings: F64,
    most: int,
    table_room: int,
    entry_room: int,
    value: F64,
    pick_ptr: I64,
    picks: I32,
    count: I64,
    complete: Flags,
) -> bool:
    """List the patterns of each order within its ceiling; False where there is no room for them."""
    table, cost = np.empty(table_room), np.empty(entry_room)
    residual = np.empty(0, np.int64)
    stack_slot, stack_state = np.empty(MOST_SHIPS, np.int64), np.empty(MOST_SHIPS, np.int64)
    stack_entry, stack_paid = np.empty(MOST_SHIPS, np.int64), np.empty(MOST_SHIPS)
    total = wide(0)
    for k in range(len(orders)):
        order = wide(orders[k])
        states = fill_table(menus, row, 1.0, activation, order, residual, cost, table)
        least, _ = cheapest_end(menus, order, states, fill, table)
        ceiling = max(ceilings[k], least)
        complete[k] = True
        start = total
        for _ in range(24):
            total = start
            fits = True
            for state in range(states):
                if total - start <= most and fits:
                    total, fits = walk_state(
                        menus, order, states, state, fill, ceiling, most, start, total, cost, table,
                        stack_slot, stack_state, stack_entry, stack_paid, value, pick_ptr, picks,
                    )  # fmt: skip
            if not fits:
                return False
            if total - start <= most:
                break
            complete[k] = False
            ceiling = least + (ceiling - least) / 2
        # Still more: they all pay the minimum, but for what a float can tell apart.
        total = min(total, start + most)
        count[k] = total - start
    return True


@leaf
def walk_state(  # noqa: C901 - down, up and on are one walk
    menus: Menus,
    order: int,
    states: int,
    goal: int,
    fill: float,
    ceiling: float,
    most: int,
    start: int,
    total: int,
    cost: F64,
    table: F64,
    stack_slot: I64,
    stack_state: I64,
    stack_entry: I64,
    stack_paid: F64,
    value: F64,
    pick_ptr: I64,
    picks: I32,
) -> tuple[int, bool]:
    """List the patterns that end in one state, depth first; returns the new total and whether there was room.

    Each level of the stack has chosen an entry: its slot, what is still to be served below it, what is paid above it.
    """
    first_slot, first_entry = menus.slot_ptr[order], menus.entry_ptr[menus.slot_ptr[order]]
    first_state, guard = menus.state_ptr[order], menus.guard[order]
    rest = menus.state_unmet[first_state + goal] + fill * menus.state_fill[first_state + goal]
    if goal > 0:
        rest -= menus.split[order]
    slack = 1e-11 * abs(ceiling) + 1e-6
    last = (menus.slot_ptr[order + 1] - first_slot) * states
    if table[last + goal] + rest > ceiling + slack:
        return total, True
    depth, slot, state, paid = wide(0), menus.slot_ptr[order + 1] - 1, goal, rest
    entry = menus.entry_ptr[slot] if slot >= first_slot else wide(0)
    while True:
        if state == 0:
            if total + 1 >= len(value) or pick_ptr[total] + depth > len(picks):
                return total, False
            value[total] = paid
            for d in range(depth):
                picks[pick_ptr[total] + d] = stack_entry[d]
            pick_ptr[total + 1] = pick_ptr[total] + depth
            total += 1
            if total - start > most:
                return total, True
        found = False
        while state > 0 and slot >= first_slot and not found:
            before = (slot - first_slot) * states
            full = menus.state_packed[first_state + state] | guard
            while entry < menus.entry_ptr[slot + 1]:
                step = menus.entry_state[entry]
                if step <= state and (full - menus.state_packed[first_state + step]) & guard == guard:
                    spent = cost[entry - first_entry] + paid
                    if spent + table[before + state - step] <= ceiling + slack:
                        found = True
                        break
                entry += 1
            if not found:
                # Nothing more of this slot: go on without it while the rest can still be reached.
                if table[before + state] + paid > ceiling + slack:
                    break
                slot -= 1
                entry = menus.entry_ptr[slot] if slot >= first_slot else wide(0)
        if found:
            stack_slot[depth], stack_state[depth] = slot, state
            stack_entry[depth], stack_paid[depth] = entry, paid
            depth += 1
            paid += cost[entry - first_entry]
            state -= menus.entry_state[entry]
            slot -= 1
            entry = menus.entry_ptr[slot] if slot >= first_slot else wide(0)
            continue
        if depth == 0:
            return total, True
        depth -= 1
        slot, state = stack_slot[depth], stack_state[depth]
        entry, paid = stack_entry[depth] + 1, stack_paid[depth]
