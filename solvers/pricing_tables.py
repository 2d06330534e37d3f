"""Everything one candidate can load for an order: its stock, the ways to load each digit, and their product.

Units of one item at one node are alike but for the row they are drawn from, so within a load they are taken cheapest
row first. What tells units apart (substitutes) is enumerated.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import inlined_leaf, leaf
from solvers.loads import Cargo, duty_cost, source_ready_s
from solvers.model import I64, UNLIMITED, Prices
from solvers.packed import Packed, Records, wide
from solvers.pricing_space import MAX_LOADS, MAX_OPTIONS, MAX_TAKES, Workspace


@leaf
def open_candidate(
    model: Packed, prices: Prices, capacity: I64, candidate: int, digits: int, work: Workspace
) -> tuple[int, int, bool, bool]:
    """Lay out a candidate's stock, options and loads; returns (loads, bins, tangled, plain).

    Loads: -1 where they do not fit. ``tangled``: two lines share a slot. ``plain``: one load per state.
    """
    slots, bins, regular = _gather(model, prices, capacity, candidate, wide(0), work)
    if not regular:
        slots, bins, regular = _gather(model, prices, capacity, candidate, wide(1), work)
    tangled = False
    for slot in range(slots):
        tangled = tangled or work.slots[slot].picks > 1
    fits, plain = _list_options(model, candidate, digits, work)
    count = 1
    for digit in range(digits):
        if fits:
            count *= 1 + work.digits[digit].last - work.digits[digit].first
            fits = count <= MAX_LOADS
    if not fits:
        return -1, bins, tangled, plain
    _list_loads(digits, work)
    return count, bins, tangled, plain


@leaf
def _gather(
    model: Packed, prices: Prices, capacity: I64, candidate: int, by_position: int, work: Workspace
) -> tuple[int, int, bool]:
    """Slots, bins and picks of a candidate; ``regular``: lines that want one item reach the same positions of it."""
    num_positions, order = len(model.positions), model.candidates[candidate].order
    own = model.orders[order]
    for here in range(own.line_to - own.line_from):
        work.lines[here].first_pick, work.lines[here].num_picks = 0, 0
    slots, bins, picks = wide(0), wide(0), wide(0)
    regular = True
    for source in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
        line, position = wide(model.sources[source].line), wide(model.sources[source].position)
        here = line - own.line_from
        free, spare = capacity[position], capacity[num_positions + position] if own.use_safety_stock else 0
        if work.lines[here].digit < 0 or free + spare <= 0:
            continue
        key = position if by_position == 1 else model.positions[position].item
        which = _find_slot(work.slots, slots, key)
        slot = work.slots[which]
        if which == slots:
            slots += 1
            slot.key, slot.line, slot.head, slot.total, slot.picks, slot.positions = key, line, -1, 0, 0, 0
        if slot.line == line:
            ready_s = source_ready_s(model, candidate, position)
            slot.total += free + spare
            slot.positions += 1
            if free > 0:
                _put_bin(work, bins, which, position, wide(0), free, prices.row[position], ready_s)
                bins += 1
            if spare > 0:
                row = num_positions + position
                _put_bin(
                    work, bins, which, position, wide(1), spare, prices.row[row] + model.rows[row].unit_cost, ready_s
                )
                bins += 1
        elif not _slot_has(work, which, position):
            regular = False
        entry = _find_pick(work, here, which)
        if entry < 0:
            entry = picks
            picks += 1
            if work.lines[here].num_picks == 0:
                work.lines[here].first_pick = entry
            pick = work.picks[entry]
            pick.line, pick.slot, pick.source, pick.positions = line, which, source, 0
            work.lines[here].num_picks += 1
            slot.picks += 1
        work.picks[entry].positions += 1
    for entry in range(picks):
        regular = regular and work.picks[entry].positions == work.slots[work.picks[entry].slot].positions
    return slots, bins, regular


@inlined_leaf
def _find_slot(slots: Records, known: int, key: int) -> int:
    slot = 0
    while slot < known and slots[slot].key != key:
        slot += 1
    return slot


@inlined_leaf
def _find_pick(work: Workspace, here: int, slot: int) -> int:
    """The pick of a line (counted within its order) from a slot, -1 for none; a line's picks are neighbours."""
    first = work.lines[here].first_pick
    for pick in range(first, first + work.lines[here].num_picks):
        if work.picks[pick].slot == slot:
            return int(pick)
    return -1


@inlined_leaf
def _slot_has(work: Workspace, slot: int, position: int) -> bool:
    entry = work.slots[slot].head
    while entry >= 0:
        if work.bins[entry].position == position:
            return True
        entry = work.bins[entry].next
    return False


@inlined_leaf
def _put_bin(
    work: Workspace, entry: int, slot: int, position: int, safety: int, limit: int, price: float, ready_s: int
) -> None:
    """Chain a bin into its slot by rising price."""
    made = work.bins[entry]
    made.slot, made.position, made.safety = slot, position, safety == 1
    made.limit, made.price, made.ready_s = limit, price, ready_s
    before, after = -1, work.slots[slot].head
    while after >= 0 and work.bins[after].price <= price:
        before, after = after, work.bins[after].next
    made.next = after
    if before < 0:
        work.slots[slot].head = entry
    else:
        work.bins[before].next = entry


@leaf
def _list_options(model: Packed, candidate: int, digits: int, work: Workspace) -> tuple[bool, bool]:
    """Options of every digit; returns (whether they fit, whether each level of each digit has at most one)."""
    empty = work.options[0]
    empty.level, empty.chain, empty.latest_s = 0, -1, UNLIMITED
    empty.units, empty.lines, empty.weight_g, empty.volume_cm3 = 0, 0, 0, 0
    empty.value_micros, empty.work_s, empty.unit_cost_micros, empty.extra = 0, 0, 0, 0
    end, takes, plain = wide(1), wide(0), True
    for which in range(digits):
        digit = work.digits[which]
        first = end
        if digit.pack > 0:
            for level in range(1, digit.radix):
                before = end
                end, takes = _add_line(
                    model, candidate, digit.line, level * digit.pack, (wide(0), wide(1), end, takes), work
                )
                if end < 0:
                    return False, plain
                plain = plain and end <= before + 1
                for option in range(before, end):
                    work.options[option].level = level
        else:
            first, end, takes = _list_whole(model, candidate, which, end, takes, work)
            if end < 0:
                return False, plain
            plain = plain and end - first <= 1
        digit.first, digit.last = first, end
        digit.most = work.options[end - 1].level if first < end else 0
    return True, plain


@leaf
def _list_whole(
    model: Packed, candidate: int, digit: int, end: int, takes: int, work: Workspace
) -> tuple[int, int, int]:
    """Options that load every line of a whole; partial ones before them stay behind, owned by no digit."""
    first, last = wide(0), wide(1)
    own = model.orders[model.candidates[candidate].order]
    for line in range(work.digits[digit].line, own.line_to):
        if work.lines[line - own.line_from].digit == digit:
            span = (first, last, end, takes)
            first = end
            end, takes = _add_line(model, candidate, line, model.lines[line].quantity, span, work)
            if end < 0:
                return 0, -1, 0
            last = end
    for option in range(first, last):
        work.options[option].level = 1
    return first, end, takes


@leaf
def _add_line(
    model: Packed, candidate: int, line: int, units: int, span: tuple[int, int, int, int], work: Workspace
) -> tuple[int, int]:
    """Add ``units`` of a line, split over its picks in every way, to each option of a range.

    ``span`` is (first and last option of the range, first free option, first free take). Returns the two free ones
    after, -1 where the options do not fit.
    """
    first, last, end, takes = span
    here = line - model.orders[model.candidates[candidate].order].line_from
    first_pick, num_picks, picks = work.lines[here].first_pick, work.lines[here].num_picks, work.picks
    if num_picks == 0:
        return end, takes
    # An odometer over all picks but the last, which takes what remains.
    last_pick = first_pick + num_picks - 1
    for pick in range(first_pick, last_pick):
        picks[pick].count = 0
    while True:
        left = units
        for pick in range(first_pick, last_pick):
            left -= picks[pick].count
        if 0 <= left <= work.slots[picks[last_pick].slot].total:
            picks[last_pick].count = left
            for base in range(first, last):
                if end >= MAX_OPTIONS or takes + num_picks > MAX_TAKES:
                    return -1, 0
                takes = _put_option(model, candidate, line, units, base, end, takes, work)
                end += 1
        pick = first_pick
        while pick < last_pick:
            picks[pick].count += 1
            if picks[pick].count <= min(units, work.slots[picks[pick].slot].total):
                break
            picks[pick].count = 0
            pick += 1
        if pick == last_pick:
            return end, takes


@inlined_leaf
def _put_option(
    model: Packed, candidate: int, line: int, units: int, base: int, end: int, takes: int, work: Workspace
) -> int:
    """Write option ``end``: ``base`` and the counted picks of a line. Returns the first free take."""
    order, asked = model.candidates[candidate].order, model.lines[line]
    here = line - model.orders[order].line_from
    made, old = work.options[end], work.options[base]
    made.units, made.lines, made.latest_s = old.units + units, old.lines + 1, min(old.latest_s, asked.latest_s)
    made.value_micros = old.value_micros + units * asked.unit_price_micros
    weight_g, volume_cm3, work_s = old.weight_g, old.volume_cm3, old.work_s
    unit_cost_micros, extra, chain, percent_micros = old.unit_cost_micros, old.extra, old.chain, 0.0
    first_pick = work.lines[here].first_pick
    for entry in range(first_pick, first_pick + work.lines[here].num_picks):
        quantity = work.picks[entry].count
        if quantity == 0:
            continue
        source = work.picks[entry].source
        stock = model.positions[wide(model.sources[source].position)]
        item = model.items[stock.item]
        weight_g += quantity * item.weight_g
        volume_cm3 += quantity * item.volume_cm3
        work_s += quantity * stock.work_s
        unit_cost_micros += quantity * stock.unit_cost_micros
        if stock.item != asked.item:
            extra += quantity * asked.substitute_cost
        percent_micros += model.sources[source].duty_pct * (quantity * asked.unit_price_micros)
        taken = work.takes[takes]
        taken.pick, taken.quantity, taken.next = entry, quantity, chain
        chain = takes
        takes += 1
    if not model.candidates[candidate].domestic:
        extra += duty_cost(model, order, percent_micros)
    made.weight_g, made.volume_cm3, made.work_s = weight_g, volume_cm3, work_s
    made.unit_cost_micros, made.extra, made.chain = unit_cost_micros, extra, chain
    return takes


@leaf
def _list_loads(digits: int, work: Workspace) -> None:
    """The product of the digits' options; load 0 is empty, the first digit's option varies fastest."""
    loads, empty = work.loads, work.loads[0]
    empty.state, empty.latest_s = 0, UNLIMITED
    empty.units, empty.lines, empty.weight_g, empty.volume_cm3 = 0, 0, 0, 0
    empty.value_micros, empty.work_s, empty.unit_cost_micros, empty.extra = 0, 0, 0, 0
    filled = 1
    for digit in range(digits):
        end = filled
        for entry in range(work.digits[digit].first, work.digits[digit].last):
            option = work.options[entry]
            served = option.level * work.digits[digit].stride
            for base in range(filled):
                made, old = loads[end + base], loads[base]
                made.state = old.state + served
                made.units = old.units + option.units
                made.lines = old.lines + option.lines
                made.weight_g = old.weight_g + option.weight_g
                made.volume_cm3 = old.volume_cm3 + option.volume_cm3
                made.value_micros = old.value_micros + option.value_micros
                made.work_s = old.work_s + option.work_s
                made.unit_cost_micros = old.unit_cost_micros + option.unit_cost_micros
                made.extra = old.extra + option.extra
                made.latest_s = min(old.latest_s, option.latest_s)
            end += filled
        filled = end


@inlined_leaf
def cargo_at(load: Records) -> Cargo:
    """A record of sums as a cargo."""
    return Cargo(
        load.units,
        load.lines,
        load.weight_g,
        load.volume_cm3,
        load.value_micros,
        load.work_s,
        load.unit_cost_micros,
        load.extra,
    )


@inlined_leaf
def option_of(load: int, digit: int, work: Workspace) -> tuple[int, int]:
    """Peel a digit off a load: its option (0: none) and what is left of the load's number."""
    own = work.digits[digit]
    radix = 1 + own.last - own.first
    which = load % radix
    return own.first + which - 1 if which > 0 else 0, load // radix


@inlined_leaf
def slot_cost(work: Workspace, slot: int, units: int, ready_s: int) -> float:
    """What the rows ask for units of a slot, cheapest first, among open bins ready in time; infinite where too few."""
    cost, left = 0.0, units
    entry = work.slots[slot].head
    while left > 0 and entry >= 0:
        stock = work.bins[entry]
        if stock.open and stock.ready_s <= ready_s:
            taken = min(left, stock.limit)
            cost += taken * stock.price
            left -= taken
        entry = stock.next
    return cost if left == 0 else np.inf


@leaf
def stock_costs(digits: int, count: int, tangled: bool, ready_s: int, work: Workspace) -> None:
    """What the stock rows ask for every load, infinite where the open bins run short."""
    loads = work.loads
    loads[0].stock = 0.0
    if tangled:
        for load in range(1, count):
            loads[load].stock = _tangled_cost(digits, load, ready_s, work)
        return
    filled = 1
    for digit in range(digits):
        end = filled
        for option in range(work.digits[digit].first, work.digits[digit].last):
            cost = 0.0
            take = work.options[option].chain
            while take >= 0:
                taken = work.takes[take]
                cost += slot_cost(work, work.picks[taken.pick].slot, taken.quantity, ready_s)
                take = taken.next
            for base in range(filled):
                loads[end + base].stock = loads[base].stock + cost
            end += filled
        filled = end


@leaf
def _tangled_cost(digits: int, load: int, ready_s: int, work: Workspace) -> float:
    """What the stock rows ask for a load whose lines share slots."""
    sum_needs(digits, load, work)
    cost = 0.0
    left = load
    for digit in range(digits):
        option, left = option_of(left, digit, work)
        take = work.options[option].chain
        while take >= 0:
            which = work.picks[work.takes[take].pick].slot
            cost += slot_cost(work, which, work.slots[which].need, ready_s)
            work.slots[which].need = 0
            take = work.takes[take].next
    return cost


@leaf
def sum_needs(digits: int, load: int, work: Workspace) -> None:
    """Leave in ``need`` of every slot that a load takes from how many units it takes."""
    for fresh in (True, False):
        left = load
        for digit in range(digits):
            option, left = option_of(left, digit, work)
            take = work.options[option].chain
            while take >= 0:
                slot = work.slots[work.picks[work.takes[take].pick].slot]
                slot.need = 0 if fresh else slot.need + work.takes[take].quantity
                take = work.takes[take].next
