"""Rows that orders share, in the compact model: stock and capacities (C2, C3)."""

from __future__ import annotations

import numpy as np

from solvers.compact_arcs import Network, ragged
from solvers.compact_assembly import Assembly, Numbers
from solvers.compact_layout import ACTUAL_KG, LITRES, WORK_S, Draws, Layout, Measures, place
from solvers.compact_rates import FIXED, KG, MICROS, PER_LINE, PER_PARCEL, PER_UNIT, PER_VALUE, Loads
from solvers.model import (
    I64,
    MEASURE_LINES,
    MEASURE_PARCELS,
    MEASURE_SHIPMENTS,
    MEASURE_UNITS,
    MEASURE_VALUE,
    MEASURE_VOLUME,
    MEASURE_WEIGHT,
    MEASURE_WORK,
    SourcingModel,
)

# What a capacity's measure is stated in here, and how many of its base units make one.
_DRAWN = {
    MEASURE_UNITS: (PER_UNIT, 1.0),
    MEASURE_LINES: (PER_LINE, 1.0),
    MEASURE_SHIPMENTS: (FIXED, 1.0),
    MEASURE_PARCELS: (PER_PARCEL, 1.0),
    MEASURE_WEIGHT: (ACTUAL_KG, 1 / KG),
    MEASURE_VOLUME: (LITRES, 1e3),
    MEASURE_VALUE: (PER_VALUE, 1 / MICROS),
    MEASURE_WORK: (WORK_S, 1.0),
}


def stated_draws(model: SourcingModel, network: Network, loads: Loads) -> Draws:
    """Capacity rows that the network could break, that cost something or that open with their node."""
    slots, rows = network.slots, model.rows
    slot, at = ragged(model.departures.row_ptr[slots.departure], model.departures.row_ptr[slots.departure + 1])
    row = model.departures.row[at].astype(np.int64)
    column = {MEASURE_UNITS: PER_UNIT, MEASURE_LINES: PER_LINE, MEASURE_SHIPMENTS: FIXED, MEASURE_PARCELS: PER_PARCEL}
    most = np.full(len(slot), np.inf)
    for measure, index in column.items():
        here = rows.measure[row] == measure
        most[here] = loads.most[slot[here], index]
    demand = np.zeros(model.num_rows)
    np.add.at(demand, row, most)
    node_cost = np.where(rows.node >= 0, model.nodes.activation_cost[rows.node], 0)
    stated = (demand > rows.limit.astype(np.float64) * rows.open_max) | (rows.open_cost > 0) | (node_cost > 0)
    return Draws(slot[stated[row]], row[stated[row]])


def add_measure(measures: Measures, measure: int, slots: I64, row: I64, factor: Numbers, assembly: Assembly) -> None:
    """Add a measure of each slot, times a factor, to its row."""
    entry, col, amount = measures.expand(measure, slots)
    assembly.entries(row[entry], col, amount * np.broadcast_to(factor, len(slots))[entry])


def add_units(measures: Measures, arcs: I64, row: I64, assembly: Assembly) -> None:
    """Add the load of each arc to its row."""
    entry, col, units = measures.units(arcs)
    assembly.entries(row[entry], col, units)


def stock_rows(
    model: SourcingModel, network: Network, layout: Layout, measures: Measures, assembly: Assembly
) -> tuple[I64, I64]:
    """(C2), open only with the node where that costs anything. Returns (row stated, its place in the program)."""
    arcs = network.arcs
    key = np.unique(arcs.row * len(model.lines.item) + arcs.line)
    row, line = np.divmod(key, len(model.lines.item))
    demand = np.bincount(row, weights=model.lines.quantity[line], minlength=model.num_rows)
    limit = model.rows.limit.astype(np.float64)
    node = np.tile(model.positions.node, 2)
    opening = np.full(model.num_rows, -1, np.int64)
    opening[: len(node)] = layout.node_col[node]
    stated = np.unique(row[(demand > limit)[row] | (opening >= 0)[row]])
    at = np.full(model.num_rows, -1, np.int64)
    at[stated] = assembly.rows(len(stated), upper=np.where(opening[stated] >= 0, 0.0, limit[stated]))
    here = np.flatnonzero(at[arcs.row] >= 0)
    add_units(measures, here, at[arcs.row[here]], assembly)
    opens = stated[opening[stated] >= 0]
    assembly.entries(at[opens], opening[opens], -np.minimum(limit, demand)[opens])
    return stated, at[stated]


def capacity_rows(
    model: SourcingModel, draws: Draws, layout: Layout, measures: Measures, assembly: Assembly
) -> tuple[I64, I64, int]:
    """(C3), loads and overtime open only with their node.

    Returns (row stated, its place in the program), and how many have overtime: its cost is rounded.
    """
    rows = model.rows
    stated = np.unique(draws.row)
    scale = rows.scale[stated].astype(np.float64)
    limit, overtime_limit = rows.limit[stated] / scale, rows.overtime_limit[stated] / scale
    open_max = rows.open_max[stated].astype(np.float64)
    load_col = place(assembly, rows.open_cost[stated] > 0, open_max)
    loaded = load_col >= 0
    assembly.charge(load_col[loaded], rows.open_cost[stated[loaded]] * MICROS)
    overtime_col = place(assembly, overtime_limit > 0, overtime_limit, integer=False)
    extra = overtime_col >= 0
    assembly.charge(overtime_col[extra], rows.overtime_cost[stated[extra]] * MICROS)
    opening = np.where(rows.node[stated] >= 0, layout.node_col[rows.node[stated]], -1)
    free = np.where(loaded, 0.0, limit * open_max)
    row = assembly.rows(len(stated), upper=np.where(opening >= 0, 0.0, free))
    for measure, (stated_in, base) in _DRAWN.items():
        here = np.flatnonzero(rows.measure[draws.row] == measure)
        at = row[np.searchsorted(stated, draws.row[here])]
        add_measure(measures, stated_in, draws.slot[here], at, base / rows.scale[draws.row[here]], assembly)
    assembly.entries(row[loaded], load_col[loaded], -limit[loaded])
    assembly.entries(row[extra], overtime_col[extra], -1.0)
    gated = opening >= 0
    assembly.entries(row[gated], opening[gated], -free[gated])
    for column, most in ((load_col, open_max), (overtime_col, overtime_limit)):
        tied = np.flatnonzero(gated & (column >= 0))
        link = assembly.rows(len(tied), upper=0.0)
        assembly.entries(link, column[tied], 1.0)
        assembly.entries(link, opening[tied], -most[tied])
    return stated, row, int(extra.sum())
