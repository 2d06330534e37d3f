"""Listing the menus of a shard of orders: which orders are ordinary, their states, slot after slot."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.jit import kernel, leaf
from solvers.menu_loads import (
    MOST_DIGITS,
    MOST_ENTRIES,
    MOST_LOADS,
    MOST_SHIPS,
    Digits,
    cost_loads,
    drop_replaceable,
    emit_slot,
    find_loads,
    make_bench,
    make_digits,
)
from solvers.model import F64, I32, I64, Flags
from solvers.packed import Packed, wide

MOST_STATES = 1_024

Bits = npt.NDArray[np.uint64]


class MenuShard(NamedTuple):
    """Columns being filled; ``counts`` holds slots, entries, draws, states, digits. See ``Menus``."""

    counts: I64
    listed: Flags
    coupled: Flags
    num_slots: I64
    num_states: I64
    num_digits: I64
    guard: Bits
    split: F64
    most_ships: I64
    slot_candidate: I32
    slot_trip: I32
    slot_entries: I64
    entry_cost: F64
    entry_state: I32
    entry_draws: I64
    draw_row: I32
    draw_units: I64
    state_unmet: F64
    state_fill: F64
    state_packed: Bits
    digit_line: I32
    digit_units: I64
    digit_radix: I32


def make_shard(orders: int, loads: int, draws: int, states: int) -> MenuShard:
    """Room for a shard of orders with so many loads, draws and states at most."""
    return MenuShard(
        counts=np.zeros(5, np.int64),
        listed=np.zeros(orders, np.bool_),
        coupled=np.zeros(orders, np.bool_),
        num_slots=np.zeros(orders, np.int64),
        num_states=np.zeros(orders, np.int64),
        num_digits=np.zeros(orders, np.int64),
        guard=np.zeros(orders, np.uint64),
        split=np.zeros(orders),
        most_ships=np.zeros(orders, np.int64),
        slot_candidate=np.zeros(loads, np.int32),
        slot_trip=np.zeros(loads, np.int32),
        slot_entries=np.zeros(loads, np.int64),
        entry_cost=np.zeros(loads),
        entry_state=np.zeros(loads, np.int32),
        entry_draws=np.zeros(loads, np.int64),
        draw_row=np.zeros(draws, np.int32),
        draw_units=np.zeros(draws, np.int64),
        state_unmet=np.zeros(states),
        state_fill=np.zeros(states),
        state_packed=np.zeros(states, np.uint64),
        digit_line=np.zeros(orders * MOST_DIGITS, np.int32),
        digit_units=np.zeros(orders * MOST_DIGITS, np.int64),
        digit_radix=np.zeros(orders * MOST_DIGITS, np.int32),
    )


@leaf
def find_digits(model: Packed, capacity: I64, order: int, digits: Digits) -> int:
    """The digits of an order's lines: their number, -1 where the order is not an ordinary one."""
    own = model.orders[order]
    if own.ship_together:
        return -1
    count, states, levels = wide(0), wide(1), wide(0)
    for line in range(own.line_from, own.line_to):
        asked = model.lines[line]
        if asked.group >= 0:
            return -1
        most = wide(0)
        units = asked.quantity if asked.unsplit else asked.pack
        for candidate in range(own.cand_from, own.cand_to):
            here = model.candidates[candidate]
            found = -1
            for source in range(here.source_from, here.source_to):
                if model.sources[source].line == line:
                    if found >= 0:
                        return -1
                    found = source
            if found >= 0:
                position = wide(model.sources[found].position)
                if own.use_safety_stock and capacity[len(model.positions) + position] > 0:
                    return -1
                most = min(asked.quantity // units, most + min(asked.quantity, capacity[position]) // units)
        if asked.unsplit and asked.quantity % asked.pack != 0:
            most = 0
        if most == 0:
            continue
        if count == MOST_DIGITS or states * (most + 1) > MOST_STATES:
            return -1
        digits.line[count], digits.units[count], digits.radix[count] = line, units, most + 1
        digits.stride[count] = states
        states *= most + 1
        levels += most
        count += 1
    return -1 if 0 < own.max_shipments < levels else count


@kernel
def sizes_of(model: Packed, capacity: I64, first: int, last: int) -> tuple[int, int, int]:
    """The most loads, draws and states that the orders could list."""
    digits = make_digits()
    all_loads, all_draws, all_states = 1, 1, 0
    for order in range(first, last):
        count = find_digits(model, capacity, order, digits)
        states = 1
        for digit in range(max(0, count)):
            states *= digits.radix[digit]
        all_states += states
        own_loads = 0
        for candidate in range(model.orders[order].cand_from, model.orders[order].cand_to if count > 0 else 0):
            here = model.candidates[candidate]
            loads, aboard = 1, 0
            for source in range(here.source_from, here.source_to):
                for digit in range(count):
                    if digits.line[digit] == model.sources[source].line:
                        stock = capacity[model.sources[source].position] // digits.units[digit]
                        loads *= 1 + min(digits.radix[digit] - 1, stock)
                        aboard += 1
            if loads > MOST_LOADS:
                own_loads = MOST_ENTRIES + 1
                break
            trips, rows = 0, 0
            for offer in range(model.class_ptr[here.offer_class], model.class_ptr[here.offer_class + 1]):
                trips += model.offers[offer].trip_to - model.offers[offer].trip_from
                for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
                    departure = model.departures[model.trips[trip].departure]
                    rows = max(rows, departure.row_to - departure.row_from)
            own_loads += trips * loads
            all_draws += trips * loads * (aboard + rows)
        all_loads += own_loads if own_loads <= MOST_ENTRIES else 0
    return all_loads, all_draws, all_states


@kernel
def list_shard(model: Packed, capacity: I64, first: int, last: int, shard: MenuShard) -> None:
    """List the menus of orders ``first`` to ``last`` into an empty shard."""
    digits = make_digits()
    bench = make_bench()
    demand_row, demand = np.zeros(4_096, np.int64), np.zeros(4_096, np.int64)
    for order in range(first, last):
        k = order - first
        before = (wide(shard.counts[0]), wide(shard.counts[1]), wide(shard.counts[2]))
        count = find_digits(model, capacity, order, digits)
        listed = count >= 0
        if listed:
            listed = _list_order(model, capacity, order, count, digits, bench, shard)
        if listed:
            levels = wide(0)
            for digit in range(count):
                levels += digits.radix[digit] - 1
            listed = min(levels, shard.counts[0] - before[0]) <= MOST_SHIPS
        shard.coupled[k] = listed and _is_coupled(shard, before, capacity, demand_row, demand)
        shard.listed[k] = listed
        if not listed:
            count = 0
            shard.counts[0], shard.counts[1], shard.counts[2] = before
        shard.num_slots[k] = shard.counts[0] - before[0]
        _list_states(model, order, count, digits, k, shard)


@leaf
def _list_order(model: Packed, capacity: I64, order: int, count: int, digits: Digits, bench: Any, shard: Any) -> bool:
    """List the slots of one order; False where it turns out not to be ordinary."""
    own = model.orders[order]
    start = shard.counts[1]
    for candidate in range(own.cand_from, own.cand_to):
        loads = find_loads(model, capacity, candidate, count, digits, bench)
        if loads < 0:
            return False
        if loads <= 1:
            continue
        trips = cost_loads(model, capacity, order, candidate, count, loads, digits, bench)
        if trips < 0:
            return False
        kept = drop_replaceable(model, order, trips, loads, count, bench)
        if kept > 1 and model.nodes[model.candidates[candidate].node].activation_cost > 0:
            return False
        room = shard.counts[1] - start + kept * loads
        if room > MOST_ENTRIES or shard.counts[1] + kept * loads > len(shard.entry_cost):
            return False
        for t in range(trips):
            if bench.kept[t]:
                emit_slot(model, order, candidate, t, loads, count, digits, bench, shard)
    return True


@leaf
def _is_coupled(shard: Any, before: tuple[int, int, int], capacity: I64, demand_row: I64, demand: I64) -> bool:
    """Whether entries of different slots could break a row together: the most that each draws, added up, does (P8)."""
    rows, at, end = 0, before[1], before[2]
    for slot in range(before[0], shard.counts[0]):
        first = rows
        for _ in range(shard.slot_entries[slot]):
            for i in range(end, end + shard.entry_draws[at]):
                found = -1
                for r in range(first, rows):
                    if demand_row[r] == shard.draw_row[i]:
                        found = r
                if found < 0:
                    if rows == len(demand_row):
                        return True
                    demand_row[rows], demand[rows] = shard.draw_row[i], 0
                    found = rows
                    rows += 1
                demand[found] = max(demand[found], shard.draw_units[i])
            end += shard.entry_draws[at]
            at += 1
    for r in range(rows):
        total = demand[r]
        for q in range(r):
            if demand_row[q] == demand_row[r]:
                total += demand[q]
        if total > demand[r] and total > capacity[demand_row[r]]:
            return True
    return False


@leaf
def _list_states(model: Packed, order: int, count: int, digits: Digits, k: int, shard: Any) -> None:
    """Append an order's digits and states: what each leaves unmet, and its levels side by side."""
    own = model.orders[order]
    first, states, levels, shift, guard = shard.counts[3], 1, 0, 0, np.uint64(0)
    unmet, fill = 0.0, 0.0
    for line in range(own.line_from, own.line_to):
        unmet += float(model.lines[line].quantity * model.lines[line].unmet_cost)
        fill += float(model.lines[line].quantity * model.lines[line].fill_weight)
    shard.state_unmet[first], shard.state_fill[first], shard.state_packed[first] = unmet, fill, 0
    for digit in range(count):
        at = shard.counts[4] + digit
        radix = digits.radix[digit]
        shard.digit_line[at], shard.digit_units[at], shard.digit_radix[at] = (
            digits.line[digit],
            digits.units[digit],
            radix,
        )
        asked = model.lines[digits.line[digit]]
        for level in range(1, radix):
            units = level * digits.units[digit]
            for state in range(states):
                new = first + level * states + state
                shard.state_unmet[new] = shard.state_unmet[first + state] - float(units * asked.unmet_cost)
                shard.state_fill[new] = shard.state_fill[first + state] - float(units * asked.fill_weight)
                shard.state_packed[new] = shard.state_packed[first + state] | np.uint64(level) << np.uint64(shift)
        states *= radix
        levels += radix - 1
        shift = _next_shift(shift, radix)
        guard |= np.uint64(1) << np.uint64(shift - 1)
    if own.ship_complete:
        complete = True
        for line in range(own.line_from, own.line_to):
            served = wide(0)
            for digit in range(count):
                if digits.line[digit] == line:
                    served = (digits.radix[digit] - 1) * digits.units[digit]
            complete = complete and served == model.lines[line].quantity
        for state in range(1, states):
            if state < states - 1 or not complete:
                shard.state_unmet[first + state] = np.inf
    shard.counts[3] += states
    shard.counts[4] += count
    shard.num_states[k], shard.num_digits[k] = states, count
    shard.guard[k], shard.split[k] = guard, float(own.split_cost)
    shard.most_ships[k] = min(levels, shard.num_slots[k])


@leaf
def _next_shift(shift: int, radix: int) -> int:
    """Where the next digit's levels begin: behind this one's bits and its guard."""
    bits = 0
    while (1 << bits) < radix:
        bits += 1
    return shift + bits + 1
