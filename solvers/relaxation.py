"""Row prices and plans from the relaxation of the compact model: a good start for batches of few large orders.

Column generation starts from nothing, and an order of hundreds of lines has more patterns than any pool holds. The
compact model's relaxation is one linear program: its duals are row prices at once, and what it opens a tenth of is
nearly what a good plan opens. With the shipments chosen, units move at linear costs: a transportation problem.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from ortools.graph.python import min_cost_flow

from solvers.compact import MOST_LOADS, num_loads, state_compact
from solvers.compact_arcs import Network
from solvers.compact_layout import Layout, slot_terms
from solvers.compact_plan import patterns_of
from solvers.compact_rates import MICROS, PER_KG, PER_LINE, PER_PARCEL, load_ranges, slot_costs, unit_kg
from solvers.execution import solve_lp
from solvers.model import F64, I64, Flags, Patterns, Prices, SourcingModel
from solvers.stop import Stop

_OPENED = (0.05, 0.1, 0.2, 0.3)
"""Shares of a shipment in the relaxation from which it is opened, each tried."""

_PRECISE = 2.0**44
"""Largest cost of a unit that the flow solver is handed: times the nodes of the network it stays within 62 bits."""


class Relaxed(NamedTuple):
    """``plans`` are patterns, one per order; those of one plan may break shared rows other than stock."""

    prices: Prices
    plans: list[Patterns]


def relax(model: SourcingModel, stop: Stop) -> Relaxed | None:
    """Solve the relaxation and round it; None where it is too large, nothing can ship, or the run was stopped."""
    every = np.arange(model.num_orders)
    if num_loads(model, every) > MOST_LOADS:
        return None
    network, compact, _ = state_compact(model, every)
    if compact is None:
        return None
    solved = solve_lp(compact.program, stop)
    if solved is None:
        return None
    prices = Prices.zero(model)
    dual = np.maximum(0.0, -solved.dual[compact.shared_at])
    prices.row[compact.shared] = dual / (MICROS * model.rows.scale[compact.shared])
    opened = _opened(compact.layout, solved.x)
    cost = _unit_cost(model, network)
    plans: list[Patterns] = []
    for share in _OPENED:
        # The flow solver hears nothing and holds the interpreter: a third of a second for the most loads there may be.
        if stop.is_over():
            break
        quantity = _move_units(model, network, opened >= share, cost)
        if quantity is not None:
            plans.append(patterns_of(model, network, quantity))
    return Relaxed(prices, plans)


def _opened(layout: Layout, x: F64) -> F64:
    """How far the relaxation opens each slot, float64[num_slots]; 1 where opening one costs nothing."""
    column = layout.slot_col
    return np.where(column >= 0, x[np.maximum(column, 0)], 1.0)


def _unit_cost(model: SourcingModel, network: Network) -> F64:
    """Money per unit of each arc once its shipment is made, float64[num_arcs]; by the linear part of the rates."""
    arcs, loads = network.arcs, load_ranges(model, network)
    terms = slot_terms(model, network, slot_costs(model, network, loads))
    actual_kg, volume_kg = unit_kg(model, network)
    per_line = terms.coef[arcs.slot, PER_LINE] / model.lines.quantity[arcs.line]
    parcels = loads.most[:, PER_PARCEL] / np.maximum(loads.loaded_kg, 1e-9)
    per_kg = terms.coef[:, PER_KG] + terms.coef[:, PER_PARCEL] * np.where(loads.most[:, PER_PARCEL] > 1, parcels, 0.0)
    return np.asarray(terms.arc_cost + per_line + per_kg[arcs.slot] * np.maximum(actual_kg, volume_kg), np.float64)


def _move_units(model: SourcingModel, network: Network, opened: Flags, cost: F64) -> I64 | None:
    """Units per arc of the cheapest flow from stock to lines through open slots, int64[num_arcs]; None: none found."""
    arcs, wanted = network.arcs, model.lines.quantity
    used = np.flatnonzero(opened[arcs.slot])
    row, row_of = np.unique(arcs.row[used], return_inverse=True)
    num_lines, sink = len(wanted), len(wanted) + len(row)
    unmet = model.lines.unmet_cost * MICROS
    scale = min(1 / MICROS, _PRECISE / (sink + 1) / max(1.0, float(cost.max(initial=0.0)), float(unmet.max(initial=0))))
    lines, rows = np.arange(num_lines), num_lines + np.arange(len(row))
    flow = min_cost_flow.SimpleMinCostFlow()
    first = flow.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([arcs.line[used], lines, rows]).astype(np.int32),
        np.concatenate([num_lines + row_of, np.full(num_lines + len(row), sink)]).astype(np.int32),
        np.concatenate([arcs.most[used], wanted, model.rows.limit[row]]),
        np.rint(np.concatenate([cost[used], unmet, np.zeros(len(row))]) * scale).astype(np.int64),
    )
    supply = np.concatenate([wanted, np.zeros(len(row), np.int64), [-int(wanted.sum())]])
    flow.set_nodes_supplies(np.arange(sink + 1, dtype=np.int32), supply)
    if flow.solve() != flow.OPTIMAL:
        return None
    quantity = np.zeros(len(arcs.slot), np.int64)
    quantity[used] = flow.flows(first[: len(used)])
    return quantity
