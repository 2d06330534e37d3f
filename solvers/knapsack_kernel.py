"""Knapsacks by dynamic programming: what each holds at given rewards, and at least with one item put in or left out."""

from __future__ import annotations

from typing import NamedTuple

from solvers.jit import kernel
from solvers.model import I64, Flags

NEVER = 2**61
"""More than any value: an item that does not fit."""


class Items(NamedTuple):
    """Items by knapsack: those of k are ``ptr[k]:ptr[k + 1]``; a negative ``capacity`` is none at all.

    ``order``, ``cost`` in weighted micros and ``weight`` in the units of ``capacity`` are int64[num_items].
    """

    ptr: I64
    capacity: I64
    order: I64
    cost: I64
    weight: I64


@kernel
def pack(items: Items, reward: I64, taken: Flags, forward: I64) -> tuple[int, int]:
    """Fill every knapsack at least cost less reward; ``taken`` says how. Returns the sum, and the states looked at.

    ``reward`` is int64[num_orders]; ``forward`` is room for the states of the largest knapsack, flat.
    """
    total, states = 0, 0
    for knapsack in range(len(items.capacity)):
        value, useful = _pack_one(items, reward, knapsack, taken, forward)
        total += value
        states += useful * (items.capacity[knapsack] + 1)
    return total, states


@kernel
def force(items: Items, reward: I64, taken: Flags, forward: I64, backward: I64, with_it: I64, without_it: I64) -> None:
    """Say by how much ``pack`` returns more with each item put in (``with_it``), and left out (``without_it``)."""
    for knapsack in range(len(items.capacity)):
        first, last, room = items.ptr[knapsack], items.ptr[knapsack + 1], items.capacity[knapsack]
        value, useful = _pack_one(items, reward, knapsack, taken, forward)
        if room < 0:
            for item in range(first, last):
                reduced = items.cost[item] - reward[items.order[item]]
                with_it[item], without_it[item] = max(0, reduced), max(0, -reduced)
            continue
        # backward[k]: what items k, k + 1, ... of the useful ones cost at least in so much room.
        width = room + 1
        for c in range(width):
            backward[useful * width + c] = 0
        k = useful
        for item in range(last - 1, first - 1, -1):
            reduced, weight = items.cost[item] - reward[items.order[item]], items.weight[item]
            if reduced >= 0 or weight > room:
                continue
            k -= 1
            _step(backward, (k + 1) * width, k * width, reduced, weight, room)
        k = 0
        for item in range(first, last):
            reduced, weight = items.cost[item] - reward[items.order[item]], items.weight[item]
            with_it[item], without_it[item] = 0, 0
            if weight > room:
                with_it[item] = NEVER
            elif reduced >= 0:
                with_it[item] = reduced + forward[useful * width + room - weight] - value
            else:
                if taken[item]:
                    without_it[item] = _least(forward, k * width, backward, (k + 1) * width, room) - value
                else:
                    with_it[item] = (
                        reduced + _least(forward, k * width, backward, (k + 1) * width, room - weight) - value
                    )
                k += 1


@kernel
def _pack_one(items: Items, reward: I64, knapsack: int, taken: Flags, forward: I64) -> tuple[int, int]:
    """One knapsack's least value, and how many items are worth their cost; ``forward`` keeps the states."""
    first, last, room = items.ptr[knapsack], items.ptr[knapsack + 1], items.capacity[knapsack]
    if room < 0:
        value = 0
        for item in range(first, last):
            reduced = items.cost[item] - reward[items.order[item]]
            taken[item] = reduced < 0
            value += min(0, reduced)
        return value, 0
    width, useful = room + 1, 0
    for c in range(width):
        forward[c] = 0
    for item in range(first, last):
        reduced, weight = items.cost[item] - reward[items.order[item]], items.weight[item]
        taken[item] = False
        if reduced < 0 and weight <= room:
            _step(forward, useful * width, (useful + 1) * width, reduced, weight, room)
            useful += 1
    k, left = useful, room
    for item in range(last - 1, first - 1, -1):
        reduced, weight = items.cost[item] - reward[items.order[item]], items.weight[item]
        if reduced < 0 and weight <= room:
            k -= 1
            if forward[(k + 1) * width + left] != forward[k * width + left]:
                taken[item] = True
                left -= weight
    return forward[useful * width + room], useful


@kernel
def _step(table: I64, before: int, after: int, reduced: int, weight: int, room: int) -> None:
    """The states after one more item, from those before it."""
    # As slices of their own the compiler takes several states at a time.
    old, new = table[before : before + room + 1], table[after : after + room + 1]
    new[:weight] = old[:weight]
    for c in range(room + 1 - weight):
        new[weight + c] = min(old[weight + c], old[c] + reduced)


@kernel
def _least(one: I64, at: int, other: I64, to: int, room: int) -> int:
    """The least of two sets of items that share some room."""
    least = int(one[at] + other[to + room])
    for c in range(1, room + 1):
        least = min(least, int(one[at + c] + other[to + room - c]))
    return least
