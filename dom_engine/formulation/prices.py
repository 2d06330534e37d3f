"""Prices of the model's rows in the words of a certificate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dom_engine.domain.columns import I32, I64, NONE_IDX
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.errors import InternalError
from dom_engine.formulation.model import Formulation
from solvers.bound import MeasurePrices
from solvers.model import Patterns


def priced_rows(formulation: Formulation, prices: MeasurePrices, patterns: Patterns) -> PricedRows:
    """The rows with a price, and how much of each the chosen patterns use; by kind, then row, then (node, order).

    Parameters
    ----------
    prices
        Integer micros per whole measure, as the certificate states them.
    patterns
        The plan, one pattern per order.
    """
    model = formulation.model
    used = np.zeros(model.num_rows, np.int64)
    np.add.at(used, patterns.draw_row, patterns.draw)
    num = model.num_positions
    parts = [
        _rows(formulation, RowKind.STOCK, np.arange(num), prices, used),
        _rows(formulation, RowKind.SAFETY_STOCK, np.arange(num, 2 * num), prices, used),
        _rows(formulation, RowKind.CAPACITY, np.arange(2 * num, model.num_rows), prices, used),
        _activation(formulation, prices, patterns),
        _fill(prices, patterns),
    ]
    return _joined(parts)


def used_rows(formulation: Formulation, row: I64, order: I32, units: I64) -> PricedRows:
    """Rows of the model whose use, by an order or (-1) by all, is ``limit``: base units, without a price."""
    num = formulation.model.num_positions
    kinds = np.where(
        row < num, int(RowKind.STOCK), np.where(row < 2 * num, int(RowKind.SAFETY_STOCK), int(RowKind.CAPACITY))
    )
    parts = []
    for kind in (RowKind.STOCK, RowKind.SAFETY_STOCK, RowKind.CAPACITY):
        own = np.flatnonzero(kinds == kind)
        zero = np.zeros(len(own), np.int64)
        placed = _placed(formulation, kind, row[own], zero, zero)
        parts.append(replace(placed, order_idx=order[own], limit=units[own]))
    return _joined(parts)


def _joined(parts: list[PricedRows]) -> PricedRows:
    columns = PricedRows.__dataclass_fields__
    return PricedRows(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in columns})


def prices_of(formulation: Formulation, rows: PricedRows) -> MeasurePrices:
    """The way back: a certificate's rows as prices of the model's rows; what is not named has price 0.

    Raises
    ------
    InternalError
        When a row is none of this formulation's: the prices are another problem's.
    """
    model, num = formulation.model, formulation.model.num_positions
    row, activation = np.zeros(model.num_rows, np.int64), np.zeros(len(model.candidates.order), np.int64)
    in_stock = (rows.kind == RowKind.STOCK) | (rows.kind == RowKind.SAFETY_STOCK)
    if (rows.position_idx[in_stock] >= num).any():
        raise InternalError("a priced position is none of the formulation's")
    position = rows.position_idx[in_stock] + num * (rows.kind[in_stock] == RowKind.SAFETY_STOCK)
    row[position] = rows.price_micros[in_stock]
    try:
        _price_capacities(formulation, rows, row)
        _price_activations(formulation, rows, activation)
    except KeyError as error:
        raise InternalError(f"a priced row is none of the formulation's: {error}") from error
    return MeasurePrices(row, activation, int(rows.price_micros[rows.kind == RowKind.FILL].sum()))


def rows_at(formulation: Formulation) -> dict[tuple[int, int, int], int]:
    """The model's row of each capacity instance, by (capacity, start, end)."""
    instances = (formulation.capacity_idx, formulation.starts_s, formulation.ends_s)
    named = zip(*(column.tolist() for column in instances), strict=True)
    return {key: 2 * formulation.model.num_positions + k for k, key in enumerate(named)}


def _price_capacities(formulation: Formulation, rows: PricedRows, price: I64) -> None:
    stated = np.flatnonzero(rows.kind == RowKind.CAPACITY)
    row_of = rows_at(formulation) if len(stated) else {}
    for k in stated.tolist():
        price[row_of[int(rows.capacity_idx[k]), int(rows.starts_s[k]), int(rows.ends_s[k])]] = rows.price_micros[k]


def _price_activations(formulation: Formulation, rows: PricedRows, price: I64) -> None:
    stated = np.flatnonzero(rows.kind == RowKind.ACTIVATION)
    candidates = formulation.model.candidates
    pairs = zip(candidates.order.tolist(), candidates.node.tolist(), strict=True)
    candidate_of = {pair: c for c, pair in enumerate(pairs)} if len(stated) else {}
    for k in stated.tolist():
        price[candidate_of[int(rows.order_idx[k]), int(rows.node_idx[k])]] = rows.price_micros[k]


def _rows(formulation: Formulation, kind: RowKind, rows: I64, prices: MeasurePrices, used: I64) -> PricedRows:
    rows = rows[prices.row[rows] != 0]
    return _placed(formulation, kind, rows, prices.row[rows], used[rows])


def _placed(formulation: Formulation, kind: RowKind, rows: I64, price: I64, used: I64) -> PricedRows:
    """The model's rows of one kind in the words of the domain."""
    which = rows % max(1, formulation.model.num_positions)
    nothing = np.full(len(rows), NONE_IDX, np.int32)
    bounds = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    instance = rows - 2 * formulation.model.num_positions
    is_capacity = kind == RowKind.CAPACITY
    return PricedRows(
        kind=np.full(len(rows), int(kind), np.int8),
        position_idx=nothing if is_capacity else which.astype(np.int32),
        capacity_idx=formulation.capacity_idx[instance] if is_capacity else nothing.copy(),
        node_idx=nothing.copy(),
        order_idx=nothing.copy(),
        starts_s=formulation.starts_s[instance] if is_capacity else bounds[0],
        ends_s=formulation.ends_s[instance] if is_capacity else bounds[1],
        limit=formulation.model.rows.limit[rows],
        used=used,
        price_micros=price,
    )


def _activation(formulation: Formulation, prices: MeasurePrices, patterns: Patterns) -> PricedRows:
    """One row per priced (node, order): an order may use a node that is open, once."""
    candidates = formulation.model.candidates
    cand = np.flatnonzero(prices.activation != 0)
    cand = cand[np.lexsort((candidates.order[cand], candidates.node[cand]))]
    ships = np.zeros(len(candidates.order), np.int64)
    ships[patterns.ship_cand] = 1
    return _unplaced(
        RowKind.ACTIVATION,
        candidates.node[cand],
        candidates.order[cand],
        np.ones(len(cand), np.int64),
        ships[cand],
        prices.activation[cand],
    )


def _fill(prices: MeasurePrices, patterns: Patterns) -> PricedRows:
    """The fill row: its limit is the weighted unallocated units reached."""
    reached = np.array([patterns.fill.sum()] if prices.fill > 0 else [], np.int64)
    nothing = np.full(len(reached), NONE_IDX, np.int32)
    price = np.full(len(reached), prices.fill, np.int64)
    return _unplaced(RowKind.FILL, nothing, nothing.copy(), reached, reached.copy(), price)


def _unplaced(kind: RowKind, node: I32, order: I32, limit: I64, used: I64, price: I64) -> PricedRows:
    nothing, instant = np.full(len(limit), NONE_IDX, np.int32), np.zeros(len(limit), np.int64)
    return PricedRows(
        kind=np.full(len(limit), int(kind), np.int8),
        position_idx=nothing,
        capacity_idx=nothing.copy(),
        node_idx=node,
        order_idx=order,
        starts_s=instant,
        ends_s=instant.copy(),
        limit=limit,
        used=used,
        price_micros=price,
    )
