"""The state space of one order: mixed-radix states over its lines, and the arrays a pricing thread works in.

A **digit** is a splittable line (counted in packs) or a whole: an unsplit line, a group, or all lines when they ship
together. A **state** is what has been served, one level per digit. Its levels are also kept packed, one field and a
guard bit per digit, so that "fits in every digit" is one subtraction and one mask.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import inlined_leaf, leaf
from solvers.model import I32, I64, UNLIMITED, Flags, Prices, SourcingModel
from solvers.packed import Packed, Records, wide

MAX_STATES = 4_096
MAX_DIGITS = 12
"""Orders within these limits are priced exactly, by however many trips: 2 to the 12th is 4,096."""

MAX_NODES = 512
MAX_OPTIONS = 1 << 20
MAX_TAKES = 1 << 21
MAX_LOADS = 1 << 20
"""Ways to load one candidate: hundreds of units of a line that a substitute may serve have a hundred thousand. Memory
that no order needs is never touched."""

MAX_ENTRIES = 1 << 18
MAX_SHIPMENTS = 512

DONE = 0
TOO_LARGE = 1
"""What a kernel answers when an order does not fit the workspace: price it in ``pricing_large``."""

_INT, _FLOAT, _FLAG, _BITS = np.int64, np.float64, np.bool_, np.uint64

# A level is ``pack`` units (0: a whole). ``unmet`` is the priced cost of a level left out. At the candidate that is
# open, the digit's options are ``first:last`` and its highest level ``most``. ``slope`` guesses what a level costs at
# the margin.
DIGIT = {
    "radix": _INT,
    "stride": _INT,
    "shift": _INT,
    "pack": _INT,
    "line": _INT,
    "unmet": _FLOAT,
    "first": _INT,
    "last": _INT,
    "most": _INT,
    "slope": _FLOAT,
}
# Per line of the order: its digit (-1: cannot be served), the stock that all candidates offer it and that one offers at
# most; and at the open candidate its picks.
OWN_LINE = {
    "digit": _INT,
    "supply": _INT,
    "supply_here": _INT,
    "first_pick": _INT,
    "num_picks": _INT,
}
# ``rest``: priced cost of ending in a state (infinite where the order must be complete). ``floor``: the least it
# takes to finish from it. ``best``: the cheapest load of the open candidate that serves exactly the state. ``near`` and
# ``second``: the cheapest entries of two different nodes.
STATE = {
    "packed": _BITS,
    "rest": _FLOAT,
    "floor": _FLOAT,
    "best_cost": _FLOAT,
    "best_trip": _INT,
    "best_load": _INT,
    "best_ready_s": _INT,
    "near_cost": _FLOAT,
    "near_node": _INT,
    "second_cost": _FLOAT,
}
# A slot is the stock of one item (or one position) at the open candidate's node.
SLOT = {
    "key": _INT,
    "line": _INT,
    "total": _INT,
    "head": _INT,
    "picks": _INT,
    "positions": _INT,
    "need": _INT,
}
# A pick is a line served from a slot.
PICK = {"line": _INT, "slot": _INT, "source": _INT, "positions": _INT, "count": _INT}
# A bin is the free or the safety stock of a position; a slot's bins are chained by rising price.
BIN = {
    "slot": _INT,
    "position": _INT,
    "safety": _FLAG,
    "limit": _INT,
    "left": _INT,
    "price": _FLOAT,
    "ready_s": _INT,
    "next": _INT,
    "open": _FLAG,
}
SUMS = {
    "units": _INT,
    "lines": _INT,
    "weight_g": _INT,
    "volume_cm3": _INT,
    "value_micros": _INT,
    "work_s": _INT,
    "unit_cost_micros": _INT,
    "extra": _INT,
    "latest_s": _INT,
}
# An option is a way to load one digit; option 0 loads nothing. What it takes is a chain of takes.
OPTION = {"level": _INT, "chain": _INT, **SUMS}
TAKE = {"pick": _INT, "quantity": _INT, "next": _INT}
# Loads are the product of the digits' options. ``base``: what a load costs on an offer whatever the dispatch;
# ``stock``: what its units' rows ask; ``cost``: its priced cost on a trip.
LOAD = {"state": _INT, **SUMS, "base": _INT, "stock": _FLOAT, "cost": _FLOAT, "slope": _FLOAT}
# An entry is a way to use a node: state served, shipments made, priced cost, and the load (trip -1: several shipments)
# with the readiness that its units keep within.
ENTRY = {
    "state": _INT,
    "packed": _BITS,
    "ships": _INT,
    "cost": _FLOAT,
    "trip": _INT,
    "load": _INT,
    "ready_s": _INT,
}
NODE = {"first": _INT, "candidate": _INT}
# A shipment of the pattern found.
CHOSEN = {"candidate": _INT, "trip": _INT, "load": _INT, "ready_s": _INT, "end": _INT}


class Shipments(NamedTuple):
    """Shipments of a run of orders as flat columns, as in ``Patterns``."""

    ship_ptr: I64
    ship_cand: I32
    ship_trip: I32
    load_ptr: I64
    load_source: I32
    load_safety: Flags
    load_quantity: I64


class Workspace(NamedTuple):
    """Everything a pricing thread writes on, as records; ``spent[0]`` counts work."""

    digits: Records
    lines: Records
    states: Records
    slots: Records
    picks: Records
    bins: Records
    options: Records
    takes: Records
    loads: Records
    entries: Records
    nodes: Records
    chosen: Records
    spent: I64


def make_workspace(model: SourcingModel) -> Workspace:
    """Arrays for one thread, sized by the largest order and candidate of the model."""
    most_lines = int(np.diff(model.orders.line_ptr).max(initial=1)) + 1
    most_sources = int(np.diff(model.candidates.source_ptr).max(initial=1)) + 1

    def records(fields: dict[str, Any], count: int) -> Records:
        return np.zeros(count, np.dtype(list(fields.items()), align=True))

    return Workspace(
        digits=records(DIGIT, MAX_DIGITS + 1),
        lines=records(OWN_LINE, most_lines),
        states=records(STATE, MAX_STATES),
        slots=records(SLOT, most_sources),
        picks=records(PICK, most_sources),
        bins=records(BIN, 2 * most_sources),
        options=records(OPTION, MAX_OPTIONS),
        takes=records(TAKE, MAX_TAKES),
        loads=records(LOAD, MAX_LOADS),
        entries=records(ENTRY, MAX_ENTRIES),
        nodes=records(NODE, MAX_NODES + 1),
        chosen=records(CHOSEN, MAX_SHIPMENTS),
        spent=np.zeros(1, np.int64),
    )


@leaf
def open_order(model: Packed, prices: Prices, capacity: I64, order: int, work: Workspace) -> tuple[int, int, int]:
    """Lay out an order's digits and states; returns (status, digits, states).

    Levels that no stock can fill are cut off: they cost a constant.
    """
    own = model.orders[order]
    _count_supply(model, capacity, order, work)
    for here in range(own.line_to - own.line_from):
        work.lines[here].digit = -1
    digits, states, shift = wide(0), wide(1), wide(0)
    for line in range(own.line_from, own.line_to):
        here = line - own.line_from
        if work.lines[here].digit >= 0:
            continue
        whole = own.ship_together or model.lines[line].unsplit or model.lines[line].group >= 0
        if whole:
            levels = 1 if _can_ship_whole(model, order, line, work) else 0
        else:
            levels = min(model.lines[line].quantity, work.lines[here].supply) // model.lines[line].pack
        if levels == 0:
            continue
        if digits == MAX_DIGITS or states * (levels + 1) > MAX_STATES:
            return TOO_LARGE, 0, 0
        digit = work.digits[digits]
        digit.radix, digit.stride, digit.shift, digit.line = levels + 1, states, shift, line
        digit.pack = 0 if whole else model.lines[line].pack
        for other in range(line, own.line_to):
            if other == line or (whole and _same_whole(model, order, line, other)):
                work.lines[other - own.line_from].digit = digits
        states *= levels + 1
        while levels > 0:
            levels >>= 1
            shift += 1
        shift += 1
        digits += 1
        work.digits[digits].shift = shift
    _fill_states(model, prices, order, digits, work)
    return DONE, digits, states


@leaf
def _count_supply(model: Packed, capacity: I64, order: int, work: Workspace) -> None:
    """Per line: the stock that all candidates together offer it, and the most that one of them does."""
    own, num_positions = model.orders[order], len(model.positions)
    for here in range(own.line_to - own.line_from):
        work.lines[here].supply, work.lines[here].supply_here = 0, 0
    for candidate in range(own.cand_from, own.cand_to):
        before, units = -1, 0
        for source in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
            line, position = wide(model.sources[source].line), wide(model.sources[source].position)
            if line != before:
                before, units = line, 0
            quantity = model.lines[line].quantity
            gives = min(capacity[position], quantity)
            if own.use_safety_stock:
                gives += min(capacity[num_positions + position], quantity)
            units += gives
            entry = work.lines[line - own.line_from]
            entry.supply += gives
            entry.supply_here = max(entry.supply_here, units)


@inlined_leaf
def _same_whole(model: Packed, order: int, line: int, other: int) -> bool:
    """Whether two lines of an order, one of them in a whole, share it."""
    if model.orders[order].ship_together or line == other:
        return True
    return bool(model.lines[line].group >= 0 and model.lines[line].group == model.lines[other].group)


@inlined_leaf
def _can_ship_whole(model: Packed, order: int, line: int, work: Workspace) -> bool:
    own = model.orders[order]
    for other in range(own.line_from, own.line_to):
        if _same_whole(model, order, line, other):
            quantity = model.lines[other].quantity
            if quantity % model.lines[other].pack != 0 or work.lines[other - own.line_from].supply_here < quantity:
                return False
    return True


@leaf
def _fill_states(model: Packed, prices: Prices, order: int, digits: int, work: Workspace) -> None:
    """Packed levels, and the cost of what each state leaves out."""
    own, states = model.orders[order], work.states
    left_cost, left_fill = 0, 0
    complete = True
    for digit in range(digits):
        work.digits[digit].unmet = 0.0
    for line in range(own.line_from, own.line_to):
        asked = model.lines[line]
        which, left = work.lines[line - own.line_from].digit, asked.quantity
        if which >= 0:
            units = work.digits[which].pack if work.digits[which].pack > 0 else left
            work.digits[which].unmet += units * asked.unmet_cost + units * asked.fill_weight * prices.fill
            left -= (work.digits[which].radix - 1) * units
        left_cost += left * asked.unmet_cost
        left_fill += left * asked.fill_weight
        complete = complete and left == 0
    states[0].packed = 0
    states[0].rest = left_cost + left_fill * prices.fill
    filled = 1
    for digit in range(digits):
        levels, unmet = work.digits[digit].radix - 1, work.digits[digit].unmet
        # From the fewest left out to the most: costs are only ever added, and stay exact to the last bits.
        for level in range(1, levels + 1):
            field = np.uint64(level) << np.uint64(work.digits[digit].shift)
            for state in range(filled):
                states[level * filled + state].packed = states[state].packed + field
                states[level * filled + state].rest = states[state].rest + (levels - level) * unmet
        for state in range(filled):
            states[state].rest += levels * unmet
        filled *= levels + 1
    if own.ship_complete:
        for state in range(1, filled - 1 if complete else filled):
            states[state].rest = np.inf


@inlined_leaf
def guard_bits(digits: int, work: Workspace) -> int:
    """One bit above every packed field."""
    bits = np.uint64(0)
    for digit in range(digits):
        bits |= np.uint64(1) << np.uint64(work.digits[digit + 1].shift - 1)
    return bits  # type: ignore[return-value]


UNTIMED_S = UNLIMITED
"""Readiness of a load whose units need not be ready before the dispatch."""
