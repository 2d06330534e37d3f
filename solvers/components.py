"""Independent parts of a batch: orders meet only in rows that could run out, and in nodes that cost something to open.

A row whose orders together could never draw more than it gives for nothing ties nobody together (its price is 0). What
an order could draw at most is counted from its sources and trips alone, whatever the patterns; so dropping a row is
exact. Rows whose loads cost, and nodes whose opening does, tie all who could use them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.jit import kernel
from solvers.model import (
    F64,
    I64,
    MEASURE_LINES,
    MEASURE_PARCELS,
    MEASURE_SHIPMENTS,
    MEASURE_UNITS,
    MEASURE_VALUE,
    MEASURE_VOLUME,
    MEASURE_WEIGHT,
    MEASURE_WORK,
    Flags,
    SourcingModel,
)
from solvers.packed import Packed, packed, wide

_NUM_MEASURES = 8

# The measure that bounds each: a line, a shipment has a unit aboard at least; parcels are counted by weight.
_ADDS_UP = np.array(
    [
        MEASURE_UNITS,
        MEASURE_UNITS,
        MEASURE_UNITS,
        MEASURE_WEIGHT,
        MEASURE_WEIGHT,
        MEASURE_VOLUME,
        MEASURE_VALUE,
        MEASURE_WORK,
    ]
)


class Reach(NamedTuple):
    """Per row: a bound of what all orders together could draw, in base units, and how many could draw at all."""

    most: F64
    orders: I64


def reach_of(model: SourcingModel) -> Reach:
    """What could be drawn on every row; time grows with sources and trips."""
    most, orders = np.zeros(model.num_rows), np.zeros(model.num_rows, np.int64)
    _add_stock(model, most, orders)
    most_lines = int(np.diff(model.orders.line_ptr).max(initial=1))
    _add_capacities(packed(model), most_lines, most, orders)
    return Reach(most, orders)


def can_bind(model: SourcingModel, reach: Reach) -> Flags:
    """Rows that could run out of what costs nothing, or give nothing for free; bool[num_rows]."""
    rows = model.rows
    free = np.where(rows.open_cost > 0, 0.0, rows.limit.astype(np.float64) * rows.open_max)
    return np.asarray((reach.most > free) & (reach.orders > 0), np.bool_)


def parts_of(model: SourcingModel, tying: Flags) -> I64:
    """The part of each order, int64[num_orders]: parts count from 0 by their first order.

    Parameters
    ----------
    tying
        Rows whose orders belong together, bool[num_rows].
    """
    parent = np.arange(model.num_orders, dtype=np.int64)
    opens = model.nodes.activation_cost > 0
    _tie(packed(model), tying, opens, parent)
    _, part = np.unique(parent, return_inverse=True)
    return part.astype(np.int64)


def sources_by_order(model: SourcingModel) -> I64:
    """How many sources each order has, int64[num_orders]: the size of a part, as far as time goes."""
    return np.diff(model.candidates.source_ptr[model.orders.cand_ptr])


def _add_stock(model: SourcingModel, most: F64, orders: I64) -> None:
    """(C2): every unit of every line that has a position among its sources."""
    position, line = model.sources.position, model.sources.line
    quantity = model.lines.quantity[line].astype(np.float64)
    order = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))[line]
    num = model.num_positions
    spare = model.orders.use_safety_stock[order]
    most[:num] = np.bincount(position, quantity, num)
    most[num : 2 * num] = np.bincount(position[spare], quantity[spare], num)
    pairs = np.unique(order * np.int64(max(1, num)) + position)
    who, where = np.divmod(pairs, np.int64(max(1, num)))
    orders[:num] = np.bincount(where, minlength=num)
    orders[num : 2 * num] = np.bincount(where[model.orders.use_safety_stock[who]], minlength=num)


class _Met(NamedTuple):
    """What one order could send on each row: trips, lines and amount on them, the smallest parcel; by row.

    ``touched`` lists the rows met, ``seen`` is the last candidate that met a row.
    """

    trips: I64
    lines: I64
    amount: F64
    parcel_g: I64
    seen: I64
    touched: I64


@kernel
def _add_capacities(model: Packed, most_lines: int, most: F64, orders: I64) -> None:
    """(C3): per order what its candidates could send on trips that draw on a row, but no more than it wants."""
    count = len(model.rows)
    met = _Met(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.full(count, -1, np.int64),
        np.zeros(count, np.int64),
    )
    whole, here = np.zeros((_NUM_MEASURES, most_lines)), np.zeros((_NUM_MEASURES, most_lines))
    for order in range(len(model.orders)):
        whole[:] = 0.0
        num_met = wide(0)
        for candidate in range(model.orders[order].cand_from, model.orders[order].cand_to):
            here[:] = 0.0
            _most_aboard(model, wide(candidate), here)
            whole[:] = np.maximum(whole, here)
            num_met = _meet(model, wide(candidate), here, met, num_met)
        ships = _most_ships(model, wide(order), whole)
        for k in range(num_met):
            row = met.touched[k]
            drawn = _most_on_row(model, row, met, ships, whole)
            most[row] += drawn
            orders[row] += 1 if drawn > 0.0 else 0
            met.trips[row], met.lines[row], met.amount[row] = 0, 0, 0.0


@kernel
def _meet(model: Packed, candidate: int, here: F64, met: _Met, num_met: int) -> int:
    """Add what a candidate could send on its trips to the rows they draw on; returns how many rows were met by now."""
    lines = 0
    for line in range(here.shape[1]):
        lines += 1 if here[MEASURE_UNITS, line] > 0.0 else 0
    if lines == 0:
        return num_met
    offer_class = model.candidates[candidate].offer_class
    for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
        parcel_g = model.services[model.offers[offer].service].max_parcel_g
        for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
            departure = model.trips[trip].departure
            for i in range(model.departures[departure].row_from, model.departures[departure].row_to):
                row = model.departure_row[i]
                if met.trips[row] == 0:
                    met.touched[num_met], met.parcel_g[row] = row, parcel_g
                    num_met += 1
                met.trips[row] += 1
                met.lines[row] += lines
                met.parcel_g[row] = min(met.parcel_g[row], parcel_g)
                if met.seen[row] != candidate:
                    met.seen[row] = candidate
                    met.amount[row] += here[_ADDS_UP[model.rows[row].measure]].sum()
    return num_met


@kernel
def _most_ships(model: Packed, order: int, whole: F64) -> float:
    ships = whole[MEASURE_UNITS].sum()
    if model.orders[order].max_shipments > 0:
        ships = min(ships, float(model.orders[order].max_shipments))
    return float(min(ships, 1.0) if model.orders[order].ship_together else ships)


@kernel
def _most_on_row(model: Packed, row: int, met: _Met, ships: float, whole: F64) -> float:
    """The most one order could draw on a capacity."""
    measure = model.rows[row].measure
    most = min(met.amount[row], whole[_ADDS_UP[measure]].sum())
    ships = min(ships, float(met.trips[row]))
    if measure == MEASURE_SHIPMENTS:
        return float(min(ships, most))
    if measure == MEASURE_LINES:
        return float(min(float(met.lines[row]), most))
    if measure == MEASURE_PARCELS:
        # Each shipment fills at most one parcel only in part.
        return float(ships + np.floor(most / max(1, met.parcel_g[row])))
    return float(most)


@kernel
def _most_aboard(model: Packed, candidate: int, most: F64) -> None:
    """Raise, line by line, the most a candidate's sources could draw of every measure that adds up unit by unit."""
    first_line = model.orders[model.candidates[candidate].order].line_from
    for source in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
        line, position = wide(model.sources[source].line), wide(model.sources[source].position)
        quantity, item = float(model.lines[line].quantity), model.positions[position].item
        at = line - first_line
        most[MEASURE_UNITS, at] = quantity
        weight, volume = model.items[item].weight_g, model.items[item].volume_cm3
        most[MEASURE_WEIGHT, at] = max(most[MEASURE_WEIGHT, at], quantity * weight)
        most[MEASURE_VOLUME, at] = max(most[MEASURE_VOLUME, at], quantity * volume)
        most[MEASURE_VALUE, at] = quantity * model.lines[line].unit_price_micros
        most[MEASURE_WORK, at] = max(most[MEASURE_WORK, at], quantity * model.positions[position].work_s)


@kernel
def _root(parent: I64, order: int) -> int:
    while parent[order] != order:
        parent[order] = parent[parent[order]]
        order = parent[order]
    return order


@kernel
def _join(parent: I64, first: I64, at: int, order: int) -> None:
    """Put an order with the first that met ``at``. The lower index is the root."""
    if first[at] < 0:
        first[at] = order
        return
    one, other = _root(parent, wide(first[at])), _root(parent, wide(order))
    parent[max(one, other)] = min(one, other)


@kernel
def _tie(model: Packed, tying: Flags, opens: Flags, parent: I64) -> None:
    """Join orders that could draw on one tying row or ship from one node whose opening costs; leaves roots only."""
    num_positions = len(model.positions)
    by_row, by_node = np.full(len(model.rows), -1, np.int64), np.full(len(opens), -1, np.int64)
    for order in range(len(model.orders)):
        spare = model.orders[order].use_safety_stock
        for candidate in range(model.orders[order].cand_from, model.orders[order].cand_to):
            if model.candidates[candidate].source_from == model.candidates[candidate].source_to:
                continue
            if opens[model.candidates[candidate].node]:
                _join(parent, by_node, wide(model.candidates[candidate].node), wide(order))
            for source in range(model.candidates[candidate].source_from, model.candidates[candidate].source_to):
                position = wide(model.sources[source].position)
                if tying[position]:
                    _join(parent, by_row, position, wide(order))
                if spare and tying[position + num_positions]:
                    _join(parent, by_row, position + num_positions, wide(order))
            offer_class = model.candidates[candidate].offer_class
            for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
                for trip in range(model.offers[offer].trip_from, model.offers[offer].trip_to):
                    departure = model.trips[trip].departure
                    for i in range(model.departures[departure].row_from, model.departures[departure].row_to):
                        if tying[model.departure_row[i]]:
                            _join(parent, by_row, wide(model.departure_row[i]), wide(order))
    for order in range(len(parent)):
        parent[order] = _root(parent, wide(order))
