"""The compact model as a program: (C1-C6) and (P1-P8) over slots, pairs and arcs.

Money is in units (micros * 1e-6), weight in kg, rows in their own measures: float solvers work with absolute
tolerances.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import Network, ragged
from solvers.compact_assembly import Assembly
from solvers.compact_cuts import cover_rows
from solvers.compact_layout import (
    ACTUAL_KG,
    MOST_LEVELS,
    VOLUME_KG,
    Layout,
    Measures,
    SlotTerms,
    flags,
    lay_out,
    slot_terms,
)
from solvers.compact_rates import (
    FIXED,
    GRAM_ROUNDING_KG,
    KG,
    MICROS,
    PER_KG,
    PER_LINE,
    PER_PARCEL,
    PER_UNIT,
    PER_VALUE,
    Loads,
    SlotCosts,
)
from solvers.compact_shared import add_measure, add_units, capacity_rows, stated_draws, stock_rows
from solvers.model import (
    F64,
    I64,
    Flags,
    SourcingModel,
)
from solvers.program import Program

# The two weights of which the greater is billed, and how far the billed one may be off by rounding.
_BILLED = ((ACTUAL_KG, 0.0), (VOLUME_KG, GRAM_ROUNDING_KG))


class Compact(NamedTuple):
    """A program and where its columns stand.

    ``slack`` is money: what rounding may take off beside what the columns carry. ``step``: every plan costs a whole
    multiple of so many micros (1 where nothing is known). The model's row ``shared[i]`` is the program's row
    ``shared_at[i]``, in measures and money.
    """

    program: Program
    layout: Layout
    slack: float
    step: int
    shared: I64
    shared_at: I64


def build_compact(
    model: SourcingModel,
    network: Network,
    loads: Loads,
    costs: SlotCosts,
    *,
    fill_limit: int | None = None,
    whole_grams: bool = False,
) -> Compact:
    """State the program of a network with at least one slot; ``fill_limit`` as in (C5), in millionths."""
    assembly = Assembly()
    terms = slot_terms(model, network, costs)
    draws = stated_draws(model, network, loads)
    layout = lay_out(model, network, loads, costs, terms, draws, assembly)
    measures = Measures(model, network, layout)
    for measure in (PER_KG, PER_LINE, PER_PARCEL):
        priced = np.flatnonzero(terms.coef[:, measure] > 0)
        entry, col, amount = measures.expand(measure, priced)
        assembly.charge(col, amount * terms.coef[priced[entry], measure])
    _order_rows(model, network, layout, measures, fill_limit, assembly)
    _gate_rows(model, network, layout, terms, measures, assembly)
    cover_rows(model, network, layout, assembly)
    _slot_rows(model, network, loads, costs, layout, measures, assembly)
    if whole_grams:
        _gram_rows(loads, layout, assembly)
    _tier_rows(loads, costs, layout, measures, assembly)
    stock, stock_at = stock_rows(model, network, layout, measures, assembly)
    capacity, capacity_at, rounded_rows = capacity_rows(model, draws, layout, measures, assembly)
    slack = _loose_slack(model, network, layout, terms) + rounded_rows * MICROS
    program = assembly.program()
    shared, shared_at = np.concatenate([stock, capacity]), np.concatenate([stock_at, capacity_at])
    return Compact(program, layout, slack, _step(program, layout, costs, terms), shared, shared_at)


def _step(program: Program, layout: Layout, costs: SlotCosts, terms: SlotTerms) -> int:
    """The largest step that all costs are multiples of, 1 where amounts are rounded or drawn continuously."""
    priced = program.cost != 0
    whole = program.integer.copy()
    whole[layout.unmet_col[layout.unmet_col >= 0]] = True
    if terms.slack.any() or len(costs.tiers.slot) or not whole[priced].all():
        return 1
    return max(1, int(np.gcd.reduce(np.rint(program.cost[priced] / MICROS).astype(np.int64), initial=0)))


def _loose_slack(model: SourcingModel, network: Network, layout: Layout, terms: SlotTerms) -> float:
    """Rounding of shipments without a column to carry it: an order makes no more of them than it has units."""
    loose = layout.slot_col < 0
    order = network.slots.order[loose]
    count = np.bincount(order, minlength=model.num_orders)
    largest = np.zeros(model.num_orders)
    np.maximum.at(largest, order, terms.slack[loose])
    units = (
        np.add.reduceat(np.append(model.lines.quantity, 0), model.orders.line_ptr[:-1]) if model.num_orders else count
    )
    return float((np.minimum(count, units) * largest).sum())


def _order_rows(
    model: SourcingModel,
    network: Network,
    layout: Layout,
    measures: Measures,
    fill_limit: int | None,
    assembly: Assembly,
) -> None:
    """(P1), (P2), (P4), (C5): what the slots of an order share."""
    slots, arcs, lines = network.slots, network.arcs, model.lines
    reached = np.flatnonzero(flags(arcs.line, len(lines.item)))
    wanted = lines.quantity[reached].astype(np.float64)
    row_of = np.full(len(lines.item), -1, np.int64)
    row_of[reached] = row = assembly.rows(len(reached), lower=wanted, upper=wanted)
    add_units(measures, np.arange(len(arcs.line)), row_of[arcs.line], assembly)
    assembly.entries(row, layout.unmet_col[reached], 1.0)
    # Complete: what is left out is all or nothing.
    order_of = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))
    tied = reached[layout.complete_col[order_of[reached]] >= 0]
    row = assembly.rows(
        len(tied), lower=lines.quantity[tied].astype(np.float64), upper=lines.quantity[tied].astype(np.float64)
    )
    assembly.entries(row, layout.unmet_col[tied], 1.0)
    assembly.entries(row, layout.complete_col[order_of[tied]], lines.quantity[tied].astype(np.float64))

    choices = np.bincount(slots.order, minlength=model.num_orders)
    most = np.where(model.orders.max_shipments > 0, model.orders.max_shipments, choices)
    most = np.where(model.orders.ship_together, np.minimum(most, 1), most)
    for limited, limit in ((choices > most, most), (layout.split_col >= 0, np.ones(model.num_orders, np.int64))):
        orders = np.flatnonzero(limited)
        row_of = np.full(model.num_orders, -1, np.int64)
        row_of[orders] = row = assembly.rows(len(orders), upper=limit[orders].astype(np.float64))
        here = limited[slots.order]
        assembly.entries(row_of[slots.order[here]], layout.slot_col[here], 1.0)
        if limit is not most:
            assembly.entries(row, layout.split_col[orders], -1.0)
    if fill_limit is not None:
        weighted = np.flatnonzero((layout.unmet_col >= 0) & (lines.fill_weight > 0))
        row = assembly.rows(1, upper=fill_limit * MICROS)
        assembly.entries(
            np.repeat(row, len(weighted)), layout.unmet_col[weighted], lines.fill_weight[weighted] * MICROS
        )


def _gate_rows(
    model: SourcingModel, network: Network, layout: Layout, terms: SlotTerms, measures: Measures, assembly: Assembly
) -> None:
    """Loads ride where their gate is open; gates open only with their shipment, shipments only with their node (C4)."""
    slots, pairs, arcs = network.slots, network.pairs, network.arcs
    gate = layout.gate_col
    _load_rows(network, layout, assembly)
    # Several loads of a pair together: by the line's quantity; a bundle takes it all.
    bundled = pairs.bundle >= 0
    several = np.diff(pairs.arc_ptr) > 1
    supply = np.bincount(arcs.pair, weights=arcs.most, minlength=len(gate))
    together = np.flatnonzero(several & (bundled | ((gate >= 0) & (supply > pairs.most))))
    row = assembly.rows(len(together), lower=np.where(bundled[together], 0.0, -np.inf), upper=0.0)
    _add_pairs(network, measures, together, row, assembly)
    assembly.entries(row, gate[together], -pairs.most[together].astype(np.float64))
    packed = np.flatnonzero(several & ~bundled & (model.lines.pack[pairs.line] > 1))
    pack = model.lines.pack[pairs.line[packed]]
    packs = assembly.columns(len(packed), (pairs.most[packed] // pack).astype(np.float64))
    row = assembly.rows(len(packed), lower=0.0, upper=0.0)
    _add_pairs(network, measures, packed, row, assembly)
    assembly.entries(row, packs, -pack.astype(np.float64))

    above = np.where(layout.slot_col >= 0, layout.slot_col, layout.node_col[slots.node])[pairs.slot]
    link = np.unique(np.stack([gate, above])[:, layout.gate_owned & (above >= 0)], axis=1)
    opened = np.flatnonzero((layout.slot_col >= 0) & (layout.node_col[slots.node] >= 0))
    lower = np.concatenate([link[0], layout.slot_col[opened]])
    upper = np.concatenate([link[1], layout.node_col[slots.node[opened]]])
    row = assembly.rows(len(lower), upper=0.0)
    assembly.entries(row, lower, 1.0)
    assembly.entries(row, upper, -1.0)
    # Lateness of what is aboard beyond that of any load.
    extra = pairs.late_days - terms.base_late_days[pairs.slot]
    late = np.flatnonzero((layout.late_col[pairs.slot] >= 0) & (extra > 0))
    row = assembly.rows(len(late), lower=0.0)
    assembly.entries(row, layout.late_col[pairs.slot[late]], 1.0)
    assembly.entries(row, gate[late], -extra[late].astype(np.float64))


def _load_rows(network: Network, layout: Layout, assembly: Assembly) -> None:
    """Each load by its own limit where its gate is open: one level at most, or all of it or a part, or any integer."""
    arcs = network.arcs
    gate = layout.gate_col[arcs.pair]
    num_parts = np.diff(layout.part_ptr)
    first = layout.part_ptr[:-1]
    tied = np.flatnonzero((gate >= 0) & (layout.part_col[first] != gate))
    entry, part = ragged(first[tied], layout.part_ptr[tied + 1])
    unit = layout.part_unit[first[tied]]
    steps = arcs.most[tied] // unit
    halved = (num_parts[tied] == 2) & (steps > MOST_LEVELS)
    most = np.where(halved, steps - 1, np.where(num_parts[tied] > 1, 1, steps)).astype(np.float64)
    whole = halved[entry] & (part > first[tied][entry])
    row = assembly.rows(len(tied), upper=0.0)
    assembly.entries(row[entry], layout.part_col[part], np.where(whole, most[entry], 1.0))
    assembly.entries(row, gate[tied], -most)


def _add_pairs(network: Network, measures: Measures, pair: I64, row: I64, assembly: Assembly) -> None:
    """Add the units of pairs to rows."""
    entry, arc = ragged(network.pairs.arc_ptr[pair], network.pairs.arc_ptr[pair + 1])
    add_units(measures, arc, row[entry], assembly)


def _slot_rows(
    model: SourcingModel,
    network: Network,
    loads: Loads,
    costs: SlotCosts,
    layout: Layout,
    measures: Measures,
    assembly: Assembly,
) -> None:
    """(P6), parcels, and billable weight where volume may decide it."""
    slots = network.slots
    service = model.departures.service[slots.departure]
    max_kg, parcel_kg = (limit[service] * KG for limit in (model.services.max_weight_g, model.services.max_parcel_g))
    least_value = model.nodes.min_shipment_value_micros[slots.node] * MICROS
    column = layout.slot_col

    heavy = np.flatnonzero(loads.loaded_kg > max_kg)
    row = assembly.rows(len(heavy), upper=np.where(column[heavy] >= 0, 0.0, max_kg[heavy]))
    add_measure(measures, ACTUAL_KG, heavy, row, 1.0, assembly)
    shipped = column[heavy] >= 0
    assembly.entries(row[shipped], column[heavy[shipped]], -max_kg[heavy[shipped]])
    for measure, least in ((PER_VALUE, least_value), (PER_KG, costs.least_kg)):
        slot = np.flatnonzero(least > loads.least[:, measure])
        row = assembly.rows(len(slot), lower=0.0)
        add_measure(measures, measure, slot, row, 1.0, assembly)
        assembly.entries(row, column[slot], -least[slot])

    counted = np.flatnonzero(layout.parcel_col >= 0)
    row = assembly.rows(len(counted), lower=0.0)
    assembly.entries(row, layout.parcel_col[counted], parcel_kg[counted])
    add_measure(measures, ACTUAL_KG, counted, row, -1.0, assembly)
    row = assembly.rows(len(counted), lower=0.0)
    assembly.entries(row, layout.parcel_col[counted], 1.0)
    assembly.entries(row, column[counted], -1.0)
    billed = np.flatnonzero(layout.billable_col >= 0)
    for measure, tolerance in _BILLED:
        row = assembly.rows(len(billed), lower=-tolerance)
        assembly.entries(row, layout.billable_col[billed], 1.0)
        add_measure(measures, measure, billed, row, -1.0, assembly)
    # Where a heavier shipment may be a cheaper one, neither weight is exceeded but by the other.
    graded = flags(costs.tiers.slot[np.diff(costs.tiers.step_ptr) > 1], slots.num) | (costs.least_kg > 0)
    billed = billed[graded[billed]]
    side = assembly.columns(len(billed), 1.0)
    most = loads.most[billed, PER_KG]
    for (measure, tolerance), sign in zip(_BILLED, (-1.0, 1.0), strict=True):
        row = assembly.rows(len(billed), upper=tolerance + np.where(sign > 0, most, 0.0))
        assembly.entries(row, layout.billable_col[billed], 1.0)
        add_measure(measures, measure, billed, row, -1.0, assembly)
        assembly.entries(row, side, sign * most)


def _gram_rows(loads: Loads, layout: Layout, assembly: Assembly) -> None:
    """Billed weights are whole grams."""
    billed = np.flatnonzero(layout.billable_col >= 0)
    grams = assembly.columns(len(billed), np.ceil(loads.most[billed, PER_KG] / KG))
    row = assembly.rows(len(billed), lower=0.0, upper=0.0)
    assembly.entries(row, layout.billable_col[billed], 1.0)
    assembly.entries(row, grams, -KG)


def _tier_rows(loads: Loads, costs: SlotCosts, layout: Layout, measures: Measures, assembly: Assembly) -> None:
    """Rates that break or have a minimum: one step holds the whole load, the minimum is a floor on its charge."""
    tiers = costs.tiers
    num_tiers = len(tiers.slot)
    if not num_tiers:
        return
    num_steps = np.diff(tiers.step_ptr)
    tier = np.repeat(np.arange(num_tiers), num_steps)
    chosen = (num_steps > 1)[tier]
    step_col = layout.slot_col[tiers.slot[tier]].copy()
    step_col[chosen] = assembly.columns(int(chosen.sum()), 1.0)
    choosing = np.flatnonzero(num_steps > 1)
    row_of = np.full(num_tiers, -1, np.int64)
    row_of[choosing] = row = assembly.rows(len(choosing), lower=0.0, upper=0.0)
    assembly.entries(row_of[tier[chosen]], step_col[chosen], 1.0)
    assembly.entries(row, layout.slot_col[tiers.slot[choosing]], -1.0)

    # What each tier charges: to a column of its own above the minimum, or to the objective at once.
    charge_row = np.full(num_tiers, -1, np.int64)
    floored = np.flatnonzero(tiers.floored)
    charge_row[floored] = row = assembly.rows(len(floored), lower=0.0)
    floor_row = np.full(num_tiers, -1, np.int64)
    floor_row[floored] = floor = assembly.rows(len(floored), lower=0.0)
    cost_col = assembly.columns(len(floored), np.inf, cost=1.0, integer=False)
    assembly.entries(row, cost_col, 1.0)
    assembly.entries(floor, cost_col, 1.0)
    under = tiers.floored[tier]
    assembly.entries(floor_row[tier[under]], step_col[under], -tiers.minimum[under])

    def charge(to_tier: I64, col: I64, cost: F64) -> None:
        bound = charge_row[to_tier] >= 0
        assembly.entries(charge_row[to_tier[bound]], col[bound], -cost[bound])
        assembly.charge(col[~bound], cost[~bound])

    charge(tier, step_col, tiers.coef[:, FIXED])
    for measure in (PER_KG, PER_UNIT, PER_LINE, PER_PARCEL, PER_VALUE):
        coef = tiers.coef[:, measure]
        first = coef[tiers.step_ptr[:-1]]
        varies = np.bincount(tier, weights=coef != first[tier], minlength=num_tiers) > 0
        apart = varies | ((num_steps > 1) & (measure == PER_KG))
        alike = np.flatnonzero(~apart & (first != 0))
        entry, col, amount = measures.expand(measure, tiers.slot[alike])
        charge(alike[entry], col, amount * first[alike[entry]])
        part = _spread(costs, loads, measure, tier, apart, step_col, measures, assembly)
        step = np.flatnonzero(apart[tier])
        charge(tier[step], part, coef[step])


def _spread(
    costs: SlotCosts,
    loads: Loads,
    measure: int,
    tier: I64,
    apart: Flags,
    step_col: I64,
    measures: Measures,
    assembly: Assembly,
) -> I64:
    """Spread a measure over the steps of the tiers that tell it ``apart``: columns, within range where chosen."""
    tiers = costs.tiers
    step = np.flatnonzero(apart[tier])
    slot = tiers.slot[tier[step]]
    most = tiers.to_kg[step] if measure == PER_KG else loads.most[slot, measure]
    least = tiers.from_kg[step] if measure == PER_KG else np.zeros(len(step))
    part = assembly.columns(len(step), most, integer=False)
    which = np.flatnonzero(apart)
    row_of = np.full(len(apart), -1, np.int64)
    row_of[which] = row = assembly.rows(len(which), lower=0.0, upper=0.0)
    assembly.entries(row_of[tier[step]], part, 1.0)
    add_measure(measures, measure, tiers.slot[which], row, -1.0, assembly)
    row = assembly.rows(len(step), upper=0.0)
    assembly.entries(row, part, 1.0)
    assembly.entries(row, step_col[step], -most)
    bounded = np.flatnonzero(least > 0)
    row = assembly.rows(len(bounded), lower=0.0)
    assembly.entries(row, part[bounded], 1.0)
    assembly.entries(row, step_col[step[bounded]], -least[bounded])
    return part
