"""A plan of listed orders as seats: what each holds of its menu, and what that leaves of every row.

Seats change in place. Seating an order costs a microsecond or two: its table over what is left, and a walk back.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from solvers.jit import kernel, leaf
from solvers.menu_pricing import SHARD, cheapest_end, fill_table, slots_entries, table_size, trace
from solvers.menus import Menus
from solvers.model import F64, I32, I64, Flags
from solvers.packed import wide
from solvers.stop import Stop

_NO_ACTIVATION = np.zeros(0)


class Seats(NamedTuple):
    """A plan of listed orders, changed in place.

    Order o holds entries ``held[start[o]:start[o] + num_held[o]]`` at ``cost[o]`` weighted micros; ``left`` is what
    each row can still give.
    """

    start: I64
    num_held: I64
    held: I32
    cost: F64
    left: I64


class Wanted(NamedTuple):
    """By row, the orders with an entry that draws on it: ``order[ptr[r]:ptr[r + 1]]``."""

    ptr: I64
    order: I32


def make_seats(menus: Menus, capacity: I64) -> Seats:
    """A plan in which nothing is served."""
    start = np.concatenate([[0], np.cumsum(menus.most_ships)]).astype(np.int64)
    return Seats(
        start[:-1].copy(),
        np.zeros(menus.num_orders, np.int64),
        np.zeros(start[-1], np.int32),
        menus.state_unmet[menus.state_ptr[:-1]].copy(),
        capacity.copy(),
    )


def held_by(seats: Seats, orders: I32) -> tuple[I64, I32]:
    """What orders hold, end to end: pointers, and entries."""
    length = seats.num_held[orders]
    pick_ptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    at = np.arange(pick_ptr[-1]) + np.repeat(seats.start[orders] - pick_ptr[:-1], length)
    return pick_ptr, seats.held[at]


def wanted_by(menus: Menus, num_rows: int) -> Wanted:
    """Which orders could draw on each row, each once, rising; linear in the draws."""
    ptr, last = np.zeros(num_rows + 1, np.int64), np.full(num_rows, -1, np.int32)
    _count_wanted(menus, last, ptr)
    ptr = np.cumsum(ptr)
    order = np.empty(ptr[-1], np.int32)
    last[:] = -1
    _write_wanted(menus, last, ptr[:-1].copy(), order)
    return Wanted(ptr, order)


@kernel
def _count_wanted(menus: Menus, last: I32, count: I64) -> None:
    """Add one to ``count[r + 1]`` for each order that wants row r; ``last`` is the order met last by row."""
    for order in range(len(menus.slot_ptr) - 1):
        first, end = menus.entry_ptr[menus.slot_ptr[order]], menus.entry_ptr[menus.slot_ptr[order + 1]]
        for i in range(menus.draw_ptr[first], menus.draw_ptr[end]):
            r = menus.draw_row[i]
            if last[r] != order:
                last[r] = order
                count[r + 1] += 1


@kernel
def _write_wanted(menus: Menus, last: I32, at: I64, wanted: I32) -> None:
    """Write each order to the rows it wants; ``at`` is the next free place by row."""
    for order in range(len(menus.slot_ptr) - 1):
        first, end = menus.entry_ptr[menus.slot_ptr[order]], menus.entry_ptr[menus.slot_ptr[order + 1]]
        for i in range(menus.draw_ptr[first], menus.draw_ptr[end]):
            r = menus.draw_row[i]
            if last[r] != order:
                last[r] = order
                wanted[at[r]] = order
                at[r] += 1


def orders_wanting(wanted: Wanted, rows: I64, num_orders: int) -> I32:
    """Orders with an entry that draws on any of the rows, rising."""
    marked = np.zeros(num_orders, np.bool_)
    mark_wanting(wanted, rows, marked)
    return np.flatnonzero(marked).astype(np.int32)


@kernel
def mark_wanting(wanted: Wanted, rows: I64, marked: Flags) -> None:
    """Mark the orders that want any of the rows."""
    for k in range(len(rows)):
        for at in range(wanted.ptr[rows[k]], wanted.ptr[rows[k] + 1]):
            marked[wanted.order[at]] = True


def reprice(menus: Menus, row: F64, orders: I32, seats: Seats, threads: int, stop: Stop | None = None) -> None:
    """Let each of ``orders`` hold its cheapest pattern at row prices, whatever is left of the rows.

    ``seats.cost`` becomes what it pays, ``seats.left`` the rows' limits less what all orders draw, negative where they
    draw more.

    Raises
    ------
    HaltedError
        When the run was over before all were priced: the seats are then of no further use.
    """
    size = (table_size(menus), slots_entries(menus))
    shards = np.array_split(orders, max(1, min(threads, len(orders) // SHARD)))

    def run(shard: I32) -> I64:
        drawn = np.zeros(len(seats.left), np.int64)
        for at in range(0, len(shard), SHARD):
            if stop is not None:
                stop.check()
            hold_cheapest(menus, row, _NO_ACTIVATION, shard[at : at + SHARD], seats, drawn, *size)
        return drawn

    if len(shards) == 1:
        seats.left[:] -= run(shards[0])
        return
    with ThreadPoolExecutor(threads) as pool:
        for drawn in pool.map(run, shards):
            seats.left[:] -= drawn


@kernel
def hold_cheapest(
    menus: Menus, row: F64, no_activation: F64, orders: I32, seats: Seats, drawn: I64, table_room: int, entry_room: int
) -> None:
    """Seat each order at its cheapest; ``drawn`` gets how much more of each row they draw than before."""
    table, cost, no_limit = np.empty(table_room), np.empty(entry_room), np.empty(0, np.int64)
    for k in range(len(orders)):
        order = wide(orders[k])
        start = seats.start[order]
        add_held(menus, order, -1, seats, drawn)
        states = fill_table(menus, row, 1.0, no_activation, order, no_limit, cost, table)
        seats.cost[order], goal = cheapest_end(menus, order, states, 0.0, table)
        seats.num_held[order] = trace(menus, order, states, goal, cost, table, seats.held, start) - start
        add_held(menus, order, 1, seats, drawn)


@leaf
def add_held(menus: Menus, order: int, sign: int, seats: Seats, drawn: I64) -> None:
    """Add to ``drawn`` (or take off, by ``sign``) what an order's entries draw on each row."""
    for at in range(seats.start[order], seats.start[order] + seats.num_held[order]):
        entry = seats.held[at]
        for i in range(menus.draw_ptr[entry], menus.draw_ptr[entry + 1]):
            drawn[menus.draw_row[i]] += sign * menus.draw[i]


@kernel
def seat_all(
    menus: Menus, row: F64, activation: F64, sequence: I32, seats: Seats, table_room: int, entry_room: int
) -> None:
    """Seat orders one after another, each at its cheapest, prices counted, on what is left."""
    table, cost = np.empty(table_room), np.empty(entry_room)
    for k in range(len(sequence)):
        seat(menus, row, 1.0, activation, sequence[k], cost, table, seats)


@leaf
def seat(
    menus: Menus, row: F64, share: float, activation: F64, order: int, cost: F64, table: F64, seats: Seats
) -> None:
    """Seat an order that holds nothing; where its shipments would break a row together, by one shipment or none."""
    states = fill_table(menus, row, share, activation, order, seats.left, cost, table)
    _, goal = cheapest_end(menus, order, states, 0.0, table)
    start = seats.start[order]
    seats.num_held[order] = trace(menus, order, states, goal, cost, table, seats.held, start) - start
    fits = True
    for at in range(start, start + seats.num_held[order]):
        entry = seats.held[at]
        for i in range(menus.draw_ptr[entry], menus.draw_ptr[entry + 1]):
            seats.left[menus.draw_row[i]] -= menus.draw[i]
            fits = fits and seats.left[menus.draw_row[i]] >= 0
    if not fits:
        unseat(menus, order, seats)
        _seat_alone(menus, order, cost, seats)
    seats.cost[order] = cost_of(menus, order, seats)


@leaf
def _seat_alone(menus: Menus, order: int, cost: F64, seats: Seats) -> None:
    """Seat an order by its cheapest single entry, if that beats nothing; ``cost`` holds what each entry pays."""
    first, first_state = menus.entry_ptr[menus.slot_ptr[order]], menus.state_ptr[order]
    best, which = menus.state_unmet[first_state], -1
    for entry in range(first, menus.entry_ptr[menus.slot_ptr[order + 1]]):
        paid = cost[entry - first] - menus.split[order] + menus.state_unmet[first_state + menus.entry_state[entry]]
        if paid < best:
            best, which = paid, entry
    if which >= 0:
        seats.held[seats.start[order]], seats.num_held[order] = which, 1
        for i in range(menus.draw_ptr[which], menus.draw_ptr[which + 1]):
            seats.left[menus.draw_row[i]] -= menus.draw[i]


@leaf
def unseat(menus: Menus, order: int, seats: Seats) -> None:
    """Give back all that an order holds."""
    for at in range(seats.start[order], seats.start[order] + seats.num_held[order]):
        entry = seats.held[at]
        for i in range(menus.draw_ptr[entry], menus.draw_ptr[entry + 1]):
            seats.left[menus.draw_row[i]] += menus.draw[i]
    seats.num_held[order] = 0


@leaf
def cost_of(menus: Menus, order: int, seats: Seats) -> float:
    """What an order's entries cost by themselves, with what they leave unmet."""
    if seats.num_held[order] == 0:
        return float(menus.state_unmet[menus.state_ptr[order]])
    total, state = -menus.split[order], 0
    for at in range(seats.start[order], seats.start[order] + seats.num_held[order]):
        total += menus.entry_cost[seats.held[at]]
        state += menus.entry_state[seats.held[at]]
    return float(total + menus.state_unmet[menus.state_ptr[order] + state])


@kernel
def hold(menus: Menus, orders: I32, pick_ptr: I64, picks: I32, seats: Seats) -> None:
    """Let orders hold given entries instead of their own, whether rows bear it or not."""
    for k in range(len(orders)):
        unseat(menus, orders[k], seats)
    for k in range(len(orders)):
        order = wide(orders[k])
        seats.num_held[order] = pick_ptr[k + 1] - pick_ptr[k]
        for at in range(seats.num_held[order]):
            seats.held[seats.start[order] + at] = picks[pick_ptr[k] + at]
        seats.cost[order] = cost_of(menus, order, seats)
        add_held(menus, order, -1, seats, seats.left)


@kernel
def cost_of_held(menus: Menus, orders: I32, pick_ptr: I64, picks: I32) -> float:
    """What patterns cost together by themselves."""
    total = 0.0
    for k in range(len(orders)):
        state = wide(0)
        for at in range(pick_ptr[k], pick_ptr[k + 1]):
            total += menus.entry_cost[picks[at]]
            state += menus.entry_state[picks[at]]
        if pick_ptr[k + 1] > pick_ptr[k]:
            total -= menus.split[orders[k]]
        total += menus.state_unmet[menus.state_ptr[orders[k]] + state]
    return total


def priced_excess(menus: Menus, row: F64, seats: Seats) -> F64:
    """What each order pays at row prices for what it holds, float64[num_orders]."""
    paid = seats.cost.copy()
    _add_paid(menus, row, seats, paid)
    return paid


@kernel
def _add_paid(menus: Menus, row: F64, seats: Seats, paid: F64) -> None:
    for order in range(len(paid)):
        for at in range(seats.start[order], seats.start[order] + seats.num_held[order]):
            for i in range(menus.draw_ptr[seats.held[at]], menus.draw_ptr[seats.held[at] + 1]):
                paid[order] += row[menus.draw_row[i]] * menus.draw[i]
