"""The columns of the compact model: each kind where it decides something, -1 elsewhere; and loads stated in them.

A shipment column stands where shipping costs or counts by itself; without one, loads hang on their node's opening or
on nothing at all (then the model is a transportation problem). Aboard columns stand per pair where lines count, judge
lateness or ship whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import Network, ragged
from solvers.compact_assembly import Assembly, Numbers
from solvers.compact_rates import (
    FIXED,
    MICROS,
    PER_KG,
    PER_LINE,
    PER_PARCEL,
    PER_UNIT,
    PER_VALUE,
    Loads,
    SlotCosts,
    rounding,
    unit_kg,
)
from solvers.model import F64, I64, MEASURE_LINES, MEASURE_PARCELS, MEASURE_SHIPMENTS, Flags, SourcingModel

# What a capacity row may draw on and no rate is stated in.
ACTUAL_KG, VOLUME_KG, LITRES, WORK_S = 6, 7, 8, 9
LITRE = 1e-3

MOST_LEVELS = 6
"""Loads of up to this many units (or packs) have a binary per quantity."""


class Draws(NamedTuple):
    """(slot, capacity row its departure falls under), for the rows that must be stated."""

    slot: I64
    row: I64


class Layout(NamedTuple):
    """Columns by what they decide, and the costs that slots carry.

    Per slot: ``slot_col`` (the shipment is made), ``parcel_col``, ``billable_col`` (kg, where volume may decide),
    ``late_col`` (days beyond those that any load pays). Per pair: ``gate_col``, what must be 1 for the line to ride;
    ``gate_owned`` where that is an aboard column. An arc's load is the sum of its parts ``part_ptr[a]:part_ptr[a +
    1]``, each ``part_unit`` units times ``part_col``. Per line ``unmet_col``, per order ``complete_col`` and
    ``split_col``, per node ``node_col``.
    """

    slot_col: I64
    parcel_col: I64
    billable_col: I64
    late_col: I64
    gate_col: I64
    gate_owned: Flags
    part_ptr: I64
    part_col: I64
    part_unit: I64
    unmet_col: I64
    complete_col: I64
    split_col: I64
    node_col: I64


class SlotTerms(NamedTuple):
    """``SlotCosts`` with what follows from pairs and arcs.

    ``coef`` as there, late days that any load pays included; ``late_cost`` money per day beyond ``base_late_days``;
    ``arc_cost`` money per unit, all linear terms of its slot included but those per kg; ``slack`` money per shipment.
    """

    coef: F64
    late_cost: F64
    base_late_days: I64
    arc_cost: F64
    slack: F64


def slot_terms(model: SourcingModel, network: Network, costs: SlotCosts) -> SlotTerms:
    """Add lateness, duties and the units' own costs to what rates say."""
    slots, pairs, arcs = network.slots, network.pairs, network.arcs
    weights, order = model.weights, slots.order
    base_late_days = np.full(slots.num, np.iinfo(np.int64).max)
    np.minimum.at(base_late_days, pairs.slot, pairs.late_days)
    late_cost = weights.late * model.orders.late_factor[order] * model.orders.late_cost_per_day_micros[order] * MICROS
    coef = costs.coef.copy()
    coef[:, FIXED] += late_cost * base_late_days
    late = flags(pairs.slot[pairs.late_days > 0], slots.num) & (late_cost > 0)

    price = model.lines.unit_price_micros[arcs.line] * MICROS
    seller = model.orders.seller_duty[order]
    duty_weight = np.where(seller, weights.duty, weights.buyer)
    duty = model.sources.duty_pct[arcs.source] * 0.01 * price * duty_weight[arcs.slot]
    duty = np.where(model.candidates.domestic[slots.cand[arcs.slot]], 0.0, duty)
    dutiable = np.zeros(len(pairs.slot), np.bool_)
    dutiable[arcs.pair[duty > 0]] = True
    each = np.where(seller, rounding(weights.duty), rounding(weights.buyer))
    slack = (
        costs.slack
        + late * rounding(weights.late)
        + each * np.bincount(pairs.slot[dutiable], minlength=slots.num).astype(np.float64)
    )

    own = weights.handling * model.positions.unit_cost_micros[arcs.position]
    own = own + model.rows.unit_cost[arcs.row]
    own = own + model.lines.substitute_cost[arcs.line] * (
        model.positions.item[arcs.position] != model.lines.item[arcs.line]
    )
    arc_cost = own * MICROS + duty + coef[arcs.slot, PER_UNIT] + coef[arcs.slot, PER_VALUE] * price
    return SlotTerms(coef, late_cost, base_late_days, arc_cost, slack)


def lay_out(
    model: SourcingModel,
    network: Network,
    loads: Loads,
    costs: SlotCosts,
    terms: SlotTerms,
    draws: Draws,
    assembly: Assembly,
) -> Layout:
    """Add the columns of orders, nodes, slots, pairs and arcs, with the costs that are theirs alone."""
    slots, pairs = network.slots, network.pairs
    coef = terms.coef
    several_lines = np.diff(slots.pair_ptr) > 1
    tiers = costs.tiers
    tier_of_step = np.repeat(np.arange(len(tiers.slot)), np.diff(tiers.step_ptr))
    tiered = flags(tiers.slot, slots.num)
    in_tier = {
        measure: flags(tiers.slot[tier_of_step[tiers.coef[:, measure] != 0]], slots.num)
        for measure in (PER_LINE, PER_PARCEL)
    }
    drawn = {
        measure: flags(draws.slot[model.rows.measure[draws.row] == measure], slots.num)
        for measure in (MEASURE_SHIPMENTS, MEASURE_LINES, MEASURE_PARCELS)
    }
    parcels = (coef[:, PER_PARCEL] > 0) | in_tier[PER_PARCEL] | drawn[MEASURE_PARCELS]
    parcels &= loads.most[:, PER_PARCEL] > 1
    lines = several_lines & ((coef[:, PER_LINE] > 0) | in_tier[PER_LINE] | drawn[MEASURE_LINES])
    later = (pairs.late_days > terms.base_late_days[pairs.slot]) & (terms.late_cost[pairs.slot] > 0)
    shipped = tiered | parcels | (coef[:, FIXED] > 0) | _ruled(model, network, loads, costs)
    shipped |= drawn[MEASURE_SHIPMENTS] | drawn[MEASURE_PARCELS] | (drawn[MEASURE_LINES] & ~several_lines)

    node_col = _node_columns(model, network, assembly)
    slot_col = place(assembly, shipped, 1.0)
    assembly.charge(slot_col[shipped], coef[shipped, FIXED] - terms.slack[shipped])
    late_col = place(assembly, flags(pairs.slot[later], slots.num), np.inf, integer=False)
    assembly.charge(late_col[late_col >= 0], terms.late_cost[late_col >= 0])
    gate_col, gate_owned = _gates(model, network, lines, later, slot_col, node_col, assembly)
    return Layout(
        slot_col,
        place(assembly, parcels, loads.most[:, PER_PARCEL]),
        place(assembly, costs.weighed, loads.most[:, PER_KG], integer=False),
        late_col,
        gate_col,
        gate_owned,
        *_parts(model, network, terms, gate_col, gate_owned | (slot_col[pairs.slot] >= 0), assembly),
        *_order_columns(model, network, assembly),
        node_col,
    )


def place(assembly: Assembly, where: Flags, most: Numbers, *, integer: bool = True) -> I64:
    """One column for each flag set, int64[len(where)], -1 elsewhere; ``most`` is its upper bound."""
    column = np.full(len(where), -1, np.int64)
    column[where] = assembly.columns(int(where.sum()), np.broadcast_to(most, len(where))[where], integer=integer)
    return column


def flags(index: I64, count: int) -> Flags:
    """Set the flags at ``index``, bool[count]."""
    marked = np.zeros(count, np.bool_)
    marked[index] = True
    return marked


def _ruled(model: SourcingModel, network: Network, loads: Loads, costs: SlotCosts) -> Flags:
    """Slots that a rule of the order, the node or the rates counts as a shipment."""
    slots = network.slots
    order = slots.order
    choices = np.bincount(order, minlength=model.num_orders)[order]
    most = model.orders.max_shipments[order]
    ruled = (choices > 1) & (model.orders.split_cost[order] > 0)
    ruled |= ((most > 0) & (choices > most)) | model.orders.ship_together[order] | (costs.least_kg > 0)
    return ruled | (model.nodes.min_shipment_value_micros[slots.node] * MICROS > loads.least[:, PER_VALUE])


def _node_columns(model: SourcingModel, network: Network, assembly: Assembly) -> I64:
    cost = model.nodes.activation_cost
    column = place(assembly, flags(network.slots.node, len(cost)) & (cost > 0), 1.0)
    assembly.charge(column[column >= 0], cost[column >= 0] * MICROS)
    return column


def _gates(
    model: SourcingModel,
    network: Network,
    lines: Flags,
    later: Flags,
    slot_col: I64,
    node_col: I64,
    assembly: Assembly,
) -> tuple[I64, Flags]:
    """What each pair hangs on: an aboard column of its own or its bundle's, the shipment, or the node's opening."""
    slots, pairs = network.slots, network.pairs
    gate = slot_col[pairs.slot]
    gate = np.where(gate < 0, node_col[slots.node[pairs.slot]], gate)
    together = model.orders.ship_together[slots.order[pairs.slot]]
    whole = (pairs.bundle >= 0) & ~together
    alone = (lines[pairs.slot] | later) & (pairs.bundle < 0)
    # A bundle's lines share one column in each slot; a line aboard by itself has its own, numbered past all bundles.
    number = np.where(whole, pairs.bundle, int(pairs.bundle.max(initial=0)) + 1 + pairs.line)
    owned = whole | alone
    span = int(number.max(initial=0)) + 1
    _, member = np.unique(pairs.slot[owned] * span + number[owned], return_inverse=True)
    gate[owned] = assembly.columns(int(member.max(initial=-1)) + 1, 1.0)[member]
    return gate, owned


def _parts(
    model: SourcingModel, network: Network, terms: SlotTerms, gate_col: I64, closes: Flags, assembly: Assembly
) -> tuple[I64, I64, I64]:
    """Columns that make up loads, CSR by arc: pointers, columns and the units they count.

    Where an open gate settles a load its column is the gate's. A small load has a binary for each quantity, a larger
    one a binary for all of it beside an integer: stock rows are then knapsacks over binaries, from which float
    solvers draw far stronger cuts than from integers (1,000 orders x 20 nodes: the root bound ends 0.1 % below the
    best plan instead of 0.4 %). Without a gate that ``closes`` (one of the pair or its shipment, not the node's) the
    model is close to a transportation problem and plain integers do.
    """
    slots, pairs, arcs = network.slots, network.pairs, network.arcs
    single = (np.diff(pairs.arc_ptr) == 1)[arcs.pair]
    bundled = pairs.bundle[arcs.pair] >= 0
    gated = closes[arcs.pair]
    pack = np.where(single & ~bundled, model.lines.pack[arcs.line], 1)
    steps = arcs.most // pack
    only = (np.diff(slots.arc_ptr) == 1)[arcs.slot] & (steps == 1)
    settled = single & gated & (bundled | only)
    levelled = gated & ~settled & (steps <= MOST_LEVELS)
    halved = gated & ~settled & ~levelled & (arcs.most >= model.lines.quantity[arcs.line] // pack * pack)
    count = np.where(levelled, steps, np.where(halved, 2, 1))
    ptr = np.append(0, np.cumsum(count)).astype(np.int64)
    arc, part = ragged(ptr[:-1], ptr[1:])
    level = part - ptr[arc] + 1
    whole = halved[arc] & (level == 2)
    unit = np.where(levelled[arc], level, np.where(whole, steps[arc], 1)) * pack[arc]
    unit = np.where(settled[arc] & bundled[arc], pairs.most[arcs.pair[arc]], unit)
    most = np.where(levelled[arc] | whole, 1, np.where(halved[arc], steps[arc] - 1, steps[arc]))
    column = np.where(settled[arc], gate_col[arcs.pair[arc]], -1)
    own = column < 0
    column[own] = assembly.columns(int(own.sum()), most[own].astype(np.float64))
    assembly.charge(column, terms.arc_cost[arc] * unit)
    return ptr, column, unit


def _order_columns(model: SourcingModel, network: Network, assembly: Assembly) -> tuple[I64, I64, I64]:
    """Units left out of each line, whether an order that ships complete does, and shipments beyond an order's first."""
    _, line = ragged(model.orders.line_ptr[network.orders], model.orders.line_ptr[network.orders + 1])
    wanted = model.lines.quantity[line].astype(np.float64)
    reached = flags(network.pairs.line, len(model.lines.item))[line]
    unmet = np.full(len(model.lines.item), -1, np.int64)
    unmet[line] = assembly.columns(
        len(line),
        wanted,
        lower=np.where(reached, 0.0, wanted),
        cost=model.lines.unmet_cost[line] * MICROS,
        integer=False,
    )
    choices = np.bincount(network.slots.order, minlength=model.num_orders)
    complete = place(assembly, (choices > 0) & model.orders.ship_complete, 1.0)
    splits = (choices > 1) & (model.orders.split_cost > 0) & ~model.orders.ship_together
    split = place(assembly, splits, choices, integer=False)
    assembly.charge(split[splits], model.orders.split_cost[splits] * MICROS)
    return unmet, complete, split


class Measures:
    """Measures of loads stated in columns."""

    def __init__(self, model: SourcingModel, network: Network, layout: Layout) -> None:
        self._network, self._layout = network, layout
        arcs = network.arcs
        item = model.positions.item[arcs.position]
        actual, by_volume = unit_kg(model, network)
        self._per_arc = {
            PER_UNIT: np.ones(len(item)),
            PER_VALUE: model.lines.unit_price_micros[arcs.line] * MICROS,
            PER_KG: np.maximum(actual, by_volume),
            ACTUAL_KG: actual,
            VOLUME_KG: by_volume,
            LITRES: model.items.volume_cm3[item] * LITRE,
            WORK_S: model.positions.work_s[arcs.position].astype(np.float64),
        }

    def expand(self, measure: int, slots: I64) -> tuple[I64, I64, F64]:
        """Columns whose sum is the measure of each slot: (index into ``slots``, column, coefficient).

        Billable weight needs ``billable_col`` where units differ in what decides; shipments, lines and parcels need
        their columns.
        """
        layout, network = self._layout, self._network
        if measure == FIXED:
            return np.arange(len(slots)), layout.slot_col[slots], np.ones(len(slots))
        if measure == PER_PARCEL:
            column = layout.parcel_col[slots]
            return np.arange(len(slots)), np.where(column >= 0, column, layout.slot_col[slots]), np.ones(len(slots))
        if measure == PER_LINE:
            entry, pair = ragged(network.slots.pair_ptr[slots], network.slots.pair_ptr[slots + 1])
            return entry, layout.gate_col[pair], np.ones(len(pair))
        if measure == PER_KG:
            column = layout.billable_col[slots]
            whole = np.flatnonzero(column >= 0)
            parts = np.flatnonzero(column < 0)
            entry, col, amount = self._by_arc(PER_KG, slots[parts])
            entries = np.concatenate([whole, parts[entry]])
            return entries, np.concatenate([column[whole], col]), np.concatenate([np.ones(len(whole)), amount])
        return self._by_arc(measure, slots)

    def _by_arc(self, measure: int, slots: I64) -> tuple[I64, I64, F64]:
        entry, arc = ragged(self._network.slots.arc_ptr[slots], self._network.slots.arc_ptr[slots + 1])
        of, col, units = self.units(arc)
        return entry[of], col, self._per_arc[measure][arc[of]] * units

    def units(self, arcs: I64) -> tuple[I64, I64, F64]:
        """Columns whose sum is the load of each arc: (index into ``arcs``, column, units)."""
        layout = self._layout
        entry, part = ragged(layout.part_ptr[arcs], layout.part_ptr[arcs + 1])
        return entry, layout.part_col[part], layout.part_unit[part].astype(np.float64)
