"""Lay out a large order: its classes of demand, and the stock that each of its nodes has for them."""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.loads import source_ready_s
from solvers.model import I64, UNLIMITED, Prices
from solvers.packed import Packed, wide
from solvers.pricing_large_space import Large


@leaf
def lay_out(model: Packed, prices: Prices, capacity: I64, order: int, work: Large) -> bool:
    """Fill the state, classes, nodes, cells and bins; returns whether anything can be served at all."""
    own, state = model.orders[order], work.state[0]
    state.order, state.split_cost, state.most, state.must = order, own.split_cost, own.max_shipments, own.ship_complete
    state.spent, state.slots, state.nodes = 0, 0, 0
    every = _count_supply(model, capacity, order, work)
    _list_classes(model, order, work)
    _list_steps(model, prices, order, work)
    cells, bins, parts = wide(0), wide(0), wide(len(work.bins) // 2)
    for candidate in range(own.cand_from, own.cand_to):
        node = work.nodes[state.nodes]
        node.candidate, node.cell_from, node.bin_from, node.decided = candidate, cells, bins, -2
        node.ready_s, node.latest_s, node.dutiable = UNLIMITED, -UNLIMITED, False
        node.all_ready_s, node.expires_s, node.uniform = -UNLIMITED, UNLIMITED, True
        node.full_units, node.full_lines, node.full_weight, node.full_volume, node.full_value = 0.0, 0.0, 0.0, 0.0, 0.0
        _point_at_sources(model, candidate, work)
        first_slot = state.slots
        for cls in range(state.classes):
            demand = work.classes[cls]
            work.cell_of[state.nodes * state.classes + cls] = -1
            start, first_part = bins, parts
            for at in range(demand.line_from, demand.line_to):
                line = work.lines[at].member
                if demand.whole:
                    parts = _add_bins(model, prices, capacity, candidate, line, cls, parts, parts, work)
                else:
                    bins = _add_bins(model, prices, capacity, candidate, line, cls, bins, start, work)
            if demand.whole:
                bins = _join_parts(model, cls, first_part, parts, bins, work)
            cap = _cell_cap(cls, start, bins, work)
            if cap <= 0.0:
                bins, parts = start, first_part
                continue
            work.cell_of[state.nodes * state.classes + cls] = cells
            cell = work.cells[cells]
            cell.cls, cell.bin_from, cell.bin_to, cell.cap = cls, start, bins, cap
            _fill_node(cells, work)
            cells += 1
        node.cell_to, node.bin_to = cells, bins
        node.ref_units, node.ref_lines, node.ref_value = node.full_units, node.full_lines, node.full_value
        node.ref_weight, node.ref_volume = node.full_weight, node.full_volume
        for slot in range(first_slot, state.slots):
            work.marks[work.slots[slot].row] = 0
        if bins > node.bin_from:
            state.nodes += 1
    return bool(state.nodes > 0 and (every or not (own.ship_complete or own.ship_together)))


@spliced
def _count_supply(model: Packed, capacity: I64, order: int, work: Large) -> bool:
    """Per line: the units that all candidates together have for it; returns whether all lines could ship whole."""
    own, num_positions = model.orders[order], len(model.positions)
    for here in range(own.line_to - own.line_from):
        work.lines[here].supply = 0
    for candidate in range(own.cand_from, own.cand_to):
        for at in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
            line, position = wide(model.sources[at].line), wide(model.sources[at].position)
            wanted = model.lines[line].quantity
            gives = min(max(0, capacity[position]), wanted)
            if own.use_safety_stock:
                gives += min(max(0, capacity[num_positions + position]), wanted)
            work.lines[line - own.line_from].supply += gives
    every = True
    for line in range(own.line_from, own.line_to):
        asked = model.lines[line]
        if work.lines[line - own.line_from].supply < asked.quantity or asked.quantity % asked.pack != 0:
            every = False
    return every


@spliced
def _list_classes(model: Packed, order: int, work: Large) -> None:
    """Classes and their lines; lines of one item that may be served unit by unit share stock: one class counts it."""
    own, marks, num_stock = model.orders[order], work.marks, 2 * len(model.positions)
    classes = 0
    for line in range(own.line_from, own.line_to):
        asked, cls = model.lines[line], -1
        single = False
        if own.ship_together:
            cls = 0
        elif asked.group >= 0:
            cls = classes
            for other in range(own.line_from, line):
                if model.lines[other].group == asked.group:
                    cls = work.lines[other - own.line_from].cls
                    break
        elif asked.unsplit:
            cls = classes
        elif work.lines[line - own.line_from].supply >= asked.pack and asked.pack <= asked.quantity:
            single = asked.pack == 1
            cls = marks[num_stock + asked.item] - 1 if single and marks[num_stock + asked.item] > 0 else classes
        work.lines[line - own.line_from].cls = cls
        if cls == classes:
            demand = work.classes[classes]
            demand.line_from, demand.line_to, demand.pack = 0, 0, asked.pack
            demand.whole = own.ship_together or asked.group >= 0 or asked.unsplit
            if single:
                marks[num_stock + asked.item] = classes + 1
            classes += 1
        if cls >= 0:
            work.classes[cls].line_to += 1
    work.state[0].classes = classes
    end = 0
    for cls in range(classes):
        count = work.classes[cls].line_to
        work.classes[cls].line_from, work.classes[cls].line_to = end, end
        end += count
    for line in range(own.line_from, own.line_to):
        marks[num_stock + model.lines[line].item] = 0
        cls = work.lines[line - own.line_from].cls
        if cls >= 0:
            work.lines[work.classes[cls].line_to].member = line
            work.classes[cls].line_to += 1


@spliced
def _list_steps(model: Packed, prices: Prices, order: int, work: Large) -> None:
    """What a class pays for units left out, in falling steps, one per line.

    A unit left out of an order that must ship complete is as dear as the empty pattern: no better one is lost by that.
    """
    own, state = model.orders[order], work.state[0]
    constant, unserved, end = 0.0, 0.0, 0
    for line in range(own.line_from, own.line_to):
        asked = model.lines[line]
        unserved += asked.quantity * asked.unmet_cost + asked.quantity * asked.fill_weight * prices.fill
        cls = work.lines[line - own.line_from].cls
        left = asked.quantity if cls < 0 else 0 if work.classes[cls].whole else asked.quantity % asked.pack
        constant += left * asked.unmet_cost + left * asked.fill_weight * prices.fill
    state.constant, state.unserved = constant, unserved
    for cls in range(state.classes):
        demand = work.classes[cls]
        demand.step_from = end
        total, quantity = 0.0, 0.0
        for at in range(demand.line_from, demand.line_to):
            line = work.lines[at].member
            asked = model.lines[line]
            per_unit = asked.unmet_cost + asked.fill_weight * prices.fill
            units = asked.quantity - asked.quantity % asked.pack
            if demand.whole:
                total += asked.quantity * per_unit
                continue
            per_unit = unserved + 1.0 if own.ship_complete else per_unit
            to, back = end, at
            while to > demand.step_from and work.steps[to - 1].unmet < per_unit:
                work.steps[to].unmet, work.steps[to].quantity = work.steps[to - 1].unmet, work.steps[to - 1].quantity
                work.lines[back].member = work.lines[back - 1].member
                to, back = to - 1, back - 1
            work.steps[to].unmet, work.steps[to].quantity = per_unit, units
            work.lines[back].member = line
            quantity += units
            end += 1
        if demand.whole:
            work.steps[end].unmet, work.steps[end].quantity = unserved + 1.0 if own.ship_complete else total, 1.0
            quantity = 1.0
            end += 1
        demand.step_to, demand.quantity = end, quantity


@spliced
def _point_at_sources(model: Packed, candidate: int, work: Large) -> None:
    """Per line of the order: its sources at a candidate, which are sorted by line."""
    own = model.orders[model.candidates[candidate].order]
    for here in range(own.line_to - own.line_from):
        work.lines[here].source_from, work.lines[here].source_to = 0, 0
    before = -1
    for at in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
        here = wide(model.sources[at].line) - own.line_from
        if here != before:
            work.lines[here].source_from = at
            before = here
        work.lines[here].source_to = at + 1


@leaf
def _add_bins(
    model: Packed,
    prices: Prices,
    capacity: I64,
    candidate: int,
    line: int,
    cls: int,
    end: int,
    start: int,
    work: Large,
) -> int:
    """Append what positions have for a line; it may share bins from ``start`` on. Returns the new end.

    A bin that several lines of a class share charges the least of what they pay.
    """
    own, asked, bins = model.orders[model.candidates[candidate].order], model.lines[line], work.bins
    num_positions = len(model.positions)
    here = work.lines[line - own.line_from]
    for source in range(here.source_from, here.source_to):
        position = wide(model.sources[source].position)
        stock = model.positions[position]
        item = model.items[stock.item]
        duty = model.sources[source].duty_pct * asked.unit_price_micros
        for kind in range(2 if own.use_safety_stock else 1):
            row = position + kind * num_positions
            if capacity[row] <= 0:
                continue
            slot = _slot_of(row, capacity[row], work)
            cost = prices.row[row] + model.rows[row].unit_cost
            if stock.item != asked.item:
                cost += asked.substitute_cost
            to = start
            while to < end and bins[to].slot != slot:
                to += 1
            record = bins[to]
            if to == end:
                end += 1
                record.cls, record.line, record.source, record.slot = cls, line, source, slot
                record.position, record.safety, record.cost = position, kind == 1, cost
                record.units, record.lines, record.value = 1.0, 1.0, asked.unit_price_micros
                record.weight, record.heaviest = item.weight_g, item.weight_g
                record.volume, record.largest = item.volume_cm3, item.volume_cm3
                record.handling, record.work, record.duty = stock.unit_cost_micros, stock.work_s, duty
                record.share, record.limit = 1.0 / asked.quantity, min(capacity[row], asked.quantity)
                record.ready_s, record.latest_s = source_ready_s(model, candidate, position), asked.latest_s
                record.expires_s, record.part_from, record.part_to = stock.expires_s, 0, 0
            else:
                record.cost, record.duty = min(record.cost, cost), min(record.duty, duty)
                record.value = min(record.value, float(asked.unit_price_micros))
                record.share = min(record.share, 1.0 / asked.quantity)
                record.latest_s = max(record.latest_s, asked.latest_s)
                record.limit = min(float(capacity[row]), record.limit + asked.quantity)
    return end


@spliced
def _slot_of(row: int, limit: int, work: Large) -> int:
    """The slot of a stock row, made when it is met first."""
    if work.marks[row] == 0:
        slot = work.slots[work.state[0].slots]
        slot.row, slot.limit = row, limit
        work.state[0].slots += 1
        work.marks[row] = work.state[0].slots
    return int(work.marks[row] - 1)


@spliced
def _join_parts(model: Packed, cls: int, first: int, last: int, end: int, work: Large) -> int:
    """Append the one bin that stands for a whole, where every line of it finds its units; returns the new end."""
    demand, bins = work.classes[cls], work.bins
    record = bins[end]
    record.cls, record.line, record.source = cls, work.lines[demand.line_from].member, -1
    record.slot, record.position, record.safety = -1, -1, False
    record.limit, record.part_from, record.part_to = 1.0, first, last
    record.weight, record.volume, record.value, record.units, record.lines = 0.0, 0.0, 0.0, 0.0, 0.0
    record.heaviest, record.largest = 0.0, 0.0
    record.ready_s, record.latest_s, record.expires_s = -UNLIMITED, UNLIMITED, -UNLIMITED
    at = first
    for index in range(demand.line_from, demand.line_to):
        line = work.lines[index].member
        asked = model.lines[line]
        supply, lightest, smallest, ready_s = 0.0, np.inf, np.inf, UNLIMITED
        heaviest, largest = 0.0, 0.0
        while at < last and bins[at].line == line:
            supply += bins[at].limit
            lightest, smallest = min(lightest, bins[at].weight), min(smallest, bins[at].volume)
            heaviest, largest = max(heaviest, bins[at].weight), max(largest, bins[at].volume)
            ready_s = min(ready_s, bins[at].ready_s)
            at += 1
        if supply < asked.quantity or asked.quantity % asked.pack != 0:
            return end
        record.units += asked.quantity
        record.lines += 1.0
        record.weight += asked.quantity * lightest
        record.volume += asked.quantity * smallest
        record.heaviest += asked.quantity * heaviest
        record.largest += asked.quantity * largest
        record.value += asked.quantity * float(asked.unit_price_micros)
        record.ready_s, record.latest_s = max(record.ready_s, ready_s), min(record.latest_s, asked.latest_s)
    return end + 1


@spliced
def _cell_cap(cls: int, start: int, end: int, work: Large) -> float:
    """Units of a class that one node can give: whole packs, and no more than wanted."""
    supply, demand = 0.0, work.classes[cls]
    for at in range(start, end):
        supply += work.bins[at].limit
    supply = min(supply, demand.quantity)
    return float(supply if demand.whole else supply - supply % demand.pack)


@spliced
def _fill_node(at: int, work: Large) -> None:
    """Add a cell to what could ride from its node at most."""
    cell, node = work.cells[at], work.nodes[work.state[0].nodes]
    demand = work.classes[cell.cls]
    units, weight, volume, value, lines = 0.0, 0.0, 0.0, 0.0, 0.0
    for b in range(cell.bin_from, cell.bin_to):
        own = work.bins[b]
        own.limit = min(own.limit, cell.cap)
        # A line pays in full for any of its units: of no more than the node has.
        own.share = max(own.share, 1.0 / cell.cap)
        units, weight, volume = max(units, own.units), max(weight, own.heaviest), max(volume, own.largest)
        value, lines = max(value, own.value), max(lines, own.lines)
        node.ready_s, node.latest_s = min(node.ready_s, own.ready_s), max(node.latest_s, own.latest_s)
        node.all_ready_s = max(node.all_ready_s, own.ready_s)
        node.expires_s = min(node.expires_s, own.expires_s)
        node.uniform = node.uniform and own.weight == own.heaviest
        node.dutiable = node.dutiable or own.duty > 0.0 or own.part_to > own.part_from
        cell.limit, cell.weight = own.limit, own.weight
    node.full_units += cell.cap * units
    node.full_weight += cell.cap * weight
    node.full_volume += cell.cap * volume
    node.full_value += cell.cap * value
    node.full_lines += lines if demand.whole else demand.line_to - demand.line_from
