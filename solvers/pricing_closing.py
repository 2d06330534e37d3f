"""Closing what the pricing kernels leave open: one order's pricing as a mixed-integer program of its own.

Where a line may be served from several items or positions, a candidate can have more loads than any table holds,
though the order has few states; and where shipments meet in a row, a search may have more cards than it can deal. Such
an order alone, its rows priced, is a small compact model (``solvers.compact``), and branch and bound closes it.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

import numpy as np

from solvers.compact import solve_compact
from solvers.compact_arcs import ragged
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
    NUM_STAGES,
    Patterns,
    Prices,
    SourcingModel,
    frozen,
)
from solvers.pricing_space import Shipments
from solvers.stop import Stop

MOST_STATES = 4_096
MOST_CHOICES = 64
"""Orders within these limits are priced exactly, whatever it takes."""

_MOST_S = 60.0
"""Seconds that one order may take; far beyond what any has needed."""

_AMOUNTS = NUM_STAGES + 4
"""Amounts of a shipment that are rounded, beside a duty per line."""

_at_a_time = threading.Lock()
"""HiGHS keeps one scheduler per process."""


class Closed(NamedTuple):
    """A pattern of one order as shipments, None where none was found; what no pattern pays less than."""

    shipments: Shipments | None
    bound: float


def is_small(model: SourcingModel, order: int) -> bool:
    """Whether an order is one that must be priced exactly: few states and few choices."""
    orders, lines, offers = model.orders, model.lines, model.offers
    first, last = int(orders.line_ptr[order]), int(orders.line_ptr[order + 1])
    states, wholes = 1.0, set()
    for line in range(first, last):
        if orders.ship_together[order]:
            wholes.add(-1)
        elif lines.unsplit[line] or lines.group[line] >= 0:
            wholes.add(int(lines.group[line]) if lines.group[line] >= 0 else -2 - line)
        else:
            states *= int(lines.quantity[line]) // int(lines.pack[line]) + 1
    own = slice(int(orders.cand_ptr[order]), int(orders.cand_ptr[order + 1]))
    classes = model.candidates.offer_class[own]
    trips = offers.trip_ptr[offers.class_ptr[classes + 1]] - offers.trip_ptr[offers.class_ptr[classes]]
    return states * 2.0 ** len(wholes) <= MOST_STATES and int(trips.sum()) <= MOST_CHOICES


def close(model: SourcingModel, prices: Prices, capacity: I64, order: int, stop: Stop) -> Closed:
    """Solve one order's pricing to its end by branch and bound, or until stopped.

    Parameters
    ----------
    capacity
        What each row can still give, int64[num_rows].
    """
    part = _alone(model, prices, capacity, order)
    with _at_a_time:
        outcome = solve_compact(part.model, stop, relative_gap=0.0, time_limit_s=_MOST_S, whole_grams=True)
    bound = -np.inf if outcome.bound is None else float(outcome.bound)
    if outcome.patterns is None:
        return Closed(None, bound)
    own = outcome.patterns
    shipments = Shipments(
        ship_ptr=own.ship_ptr,
        ship_cand=(own.ship_cand + part.first_candidate).astype(np.int32),
        ship_trip=part.trips[own.ship_trip].astype(np.int32),
        load_ptr=own.load_ptr,
        load_source=(own.load_source + part.first_source).astype(np.int32),
        load_safety=own.load_safety,
        load_quantity=own.load_quantity,
    )
    return Closed(shipments, bound)


def allowance(model: SourcingModel, prices: Prices, pattern: Patterns) -> float:
    """How far apart two exact prices of an order may lie, in micros: amounts differ by one each.

    So do parts of a micro of a row's price, which are left out of the program. What a float solver may be off is no
    more than that for all but the dearest orders.

    Parameters
    ----------
    pattern
        The one pattern that pays the least found.
    """
    order = int(pattern.order[0])
    lines = int(model.orders.line_ptr[order + 1] - model.orders.line_ptr[order])
    per_measure = prices.row[pattern.draw_row] * model.rows.scale[pattern.draw_row]
    left_out = (per_measure - np.floor(per_measure)) * pattern.draw / model.rows.scale[pattern.draw_row]
    return (_AMOUNTS + lines) * max(1, len(pattern.ship_cand)) + float(left_out.sum()) + 1.0


class _Part(NamedTuple):
    """One order as a model, its rows' prices made costs; where its trips, candidates and sources come from."""

    model: SourcingModel
    trips: I64
    first_candidate: int
    first_source: int


def _alone(model: SourcingModel, prices: Prices, capacity: I64, order: int) -> _Part:
    orders, candidates, offers, departures = model.orders, model.candidates, model.offers, model.departures
    line, cand = _span(orders.line_ptr, order), _span(orders.cand_ptr, order)
    source = slice(int(candidates.source_ptr[cand.start]), int(candidates.source_ptr[cand.stop]))
    classes, offer_class = np.unique(candidates.offer_class[cand], return_inverse=True)
    of_class, offer = ragged(offers.class_ptr[classes], offers.class_ptr[classes + 1])
    of_offer, trip = ragged(offers.trip_ptr[offer], offers.trip_ptr[offer + 1])
    departure, trip_departure = np.unique(model.trips.departure[trip], return_inverse=True)
    of_departure, at = ragged(departures.row_ptr[departure], departures.row_ptr[departure + 1])
    row, departure_row = np.unique(departures.row[at], return_inverse=True)
    position, source_position = np.unique(model.sources.position[source], return_inverse=True)
    kept = np.concatenate([position, model.num_positions + position, row]).astype(np.int64)
    made = SourcingModel(
        weights=model.weights,
        orders=_cut(orders, slice(order, order + 1))._replace(
            cand_ptr=np.array([0, cand.stop - cand.start]), line_ptr=np.array([0, line.stop - line.start])
        ),
        lines=_priced_lines(model, prices, line),
        candidates=_cut(candidates, cand)._replace(
            order=np.zeros(cand.stop - cand.start, np.int32),
            offer_class=offer_class.astype(np.int32),
            source_ptr=candidates.source_ptr[cand.start : cand.stop + 1] - source.start,
        ),
        sources=_cut(model.sources, source)._replace(
            line=model.sources.line[source] - line.start, position=source_position.astype(np.int32)
        ),
        offers=_cut(offers, offer)._replace(
            class_ptr=_pointers(of_class, len(classes)), trip_ptr=_pointers(of_offer, len(offer))
        ),
        trips=_cut(model.trips, trip)._replace(departure=trip_departure.astype(np.int32)),
        departures=_cut(departures, departure, leave=("row",))._replace(
            row_ptr=_pointers(of_departure, len(departure)), row=(2 * len(position) + departure_row).astype(np.int32)
        ),
        tariffs=model.tariffs,
        nodes=_priced_nodes(model, prices, cand),
        services=model.services,
        items=model.items,
        positions=_cut(model.positions, position),
        rows=model.rows,
    )
    made = made._replace(rows=_priced_rows(model, prices, capacity, kept, made))
    # No kernel may write to the model's own columns: what is shared with it stays read-only, the rest becomes so.
    return _Part(frozen(made), trip, cand.start, source.start)


def _span(ptr: I64, entry: int) -> slice:
    return slice(int(ptr[entry]), int(ptr[entry + 1]))


def _cut(table: Any, where: Any, leave: tuple[str, ...] = ()) -> Any:
    """A table's records at some places; pointers, and what they point into, are for the caller to replace."""
    cut = {
        name: column[where].copy()
        for name, column in table._asdict().items()
        if not name.endswith("_ptr") and name not in leave
    }
    return table._replace(**cut)


def _pointers(owner: I64, count: int) -> I64:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.bincount(owner, minlength=count))]).astype(np.int64)


def _priced_lines(model: SourcingModel, prices: Prices, line: slice) -> Any:
    """A unit left out also pays for the fill it takes."""
    own = _cut(model.lines, line)
    return own._replace(unmet_cost=own.unmet_cost + np.floor(own.fill_weight * prices.fill).astype(np.int64))


def _priced_nodes(model: SourcingModel, prices: Prices, cand: slice) -> Any:
    """An order alone activates a node as it pays the activation's price."""
    cost = np.zeros_like(model.nodes.activation_cost)
    cost[model.candidates.node[cand]] = np.floor(prices.activation[cand]).astype(np.int64)
    return model.nodes._replace(activation_cost=cost)


def _priced_rows(model: SourcingModel, prices: Prices, capacity: I64, kept: I64, part: SourcingModel) -> Any:
    """Stock costs its price by the unit; a capacity has nothing free, and overtime at its price up to its limit.

    Prices are floors in micros of what the order would pay: what that takes off, the bound takes off.
    """
    own = _cut(model.rows, kept)
    price, stock = prices.row[kept], own.measure < 0
    limit = np.minimum(capacity[kept], _most_drawn(part, own.measure))
    priced = ~stock & (price > 0.0)
    none = np.zeros_like(limit)
    return own._replace(
        limit=np.where(priced, 0, limit),
        open_cost=none,
        open_max=none + 1,
        overtime_limit=np.where(priced, limit, 0),
        overtime_cost=np.where(priced, np.floor(price * own.scale), 0.0).astype(np.int64),
        unit_cost=own.unit_cost + np.where(stock, np.floor(price), 0.0).astype(np.int64),
    )


def _most_drawn(part: SourcingModel, measure: Any) -> I64:
    """More than all of the order's shipments together draw on a row of each measure."""
    lines, items, positions, sources = part.lines, part.items, part.positions, part.sources
    quantity, trips = lines.quantity.astype(np.float64), float(len(part.trips.departure))
    item = positions.item[sources.position]

    def most(per_source: F64 | I64) -> float:
        largest = np.zeros(len(quantity))
        np.maximum.at(largest, sources.line, per_source)
        return float((largest * quantity).sum())

    weight_g = most(items.weight_g[item])
    parcels = weight_g / float(max(1, part.services.max_parcel_g.min(initial=1 << 40))) + trips
    by_measure = {
        MEASURE_UNITS: float(quantity.sum()),
        MEASURE_LINES: len(quantity) * trips,
        MEASURE_SHIPMENTS: trips,
        MEASURE_PARCELS: parcels,
        MEASURE_WEIGHT: weight_g,
        MEASURE_VOLUME: most(items.volume_cm3[item]),
        MEASURE_VALUE: float((quantity * lines.unit_price_micros).sum()),
    }
    work = most(positions.work_s[sources.position])
    found = [float(quantity.sum()) if kind < 0 else by_measure.get(int(kind), work) for kind in measure.tolist()]
    return np.ceil(np.array(found, np.float64)).astype(np.int64) + 1
