"""The restricted master: choose one pattern per order so that rows hold (C1-C6 over a pool of patterns).

As a linear program its duals are the next row prices (column generation, Gilmore & Gomory 1961,
doi:10.1287/opre.9.6.849); as an integer program it is the set-partitioning model that finds plans. A row
enters only when the pool could break it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.model import F64, I32, I64, Patterns, Prices, SourcingModel
from solvers.program import Program

MONEY_PER_MICRO = 1e-6
"""Scale of a float program's costs."""
_SAFE_INTEGER = 2.0**61


class Master(NamedTuple):
    """A program over patterns, and where its columns and rows came from.

    Columns: patterns, then the ``nodes`` that may open, loads of ``load_rows``, overtime of ``overtime_rows``
    (in ``overtime_unit`` base units). ``cost_scale`` turns weighted micros into the program's cost.
    ``row_of`` gives, per program row, the shared row (stock and capacity rows), the candidate (activation
    rows, ``row_kind`` 1) or nothing.
    """

    program: Program
    num_patterns: int
    nodes: I32
    load_rows: I32
    overtime_rows: I32
    overtime_unit: F64
    cost_scale: float
    row_kind: npt.NDArray[np.int8]
    row_of: I64
    row_unit: F64


KIND_ORDER, KIND_SHARED, KIND_ACTIVATION, KIND_FILL, KIND_LINK = range(5)


class _Rows:
    """Collects a sparse matrix row block by row block."""

    def __init__(self) -> None:
        self.row: list[npt.NDArray[np.int64]] = []
        self.col: list[npt.NDArray[np.int64]] = []
        self.coef: list[F64] = []
        self.lower: list[F64] = []
        self.upper: list[F64] = []
        self.kind: list[npt.NDArray[np.int8]] = []
        self.of: list[I64] = []
        self.unit: list[F64] = []
        self.count = 0

    def add_rows(self, kind: int, of: I64, lower: F64, upper: F64, unit: F64 | None = None) -> npt.NDArray[np.int64]:
        index = np.arange(self.count, self.count + len(of), dtype=np.int64)
        self.count += len(of)
        self.kind.append(np.full(len(of), kind, np.int8))
        self.of.append(np.asarray(of, np.int64))
        self.lower.append(lower)
        self.upper.append(upper)
        self.unit.append(np.ones(len(of)) if unit is None else unit)
        return index

    def add_entries(self, row: npt.NDArray[np.int64], col: npt.NDArray[np.int64], coef: F64) -> None:
        self.row.append(row)
        self.col.append(col)
        self.coef.append(coef)

    def csr(self) -> tuple[I64, I32, F64]:
        row, col, coef = np.concatenate(self.row), np.concatenate(self.col), np.concatenate(self.coef)
        keep = coef != 0.0
        row, col, coef = row[keep], col[keep], coef[keep]
        order = np.lexsort((col, row))
        ptr = np.zeros(self.count + 1, np.int64)
        np.cumsum(np.bincount(row, minlength=self.count), out=ptr[1:])
        return ptr, col[order].astype(np.int32), coef[order]


def build_master(
    model: SourcingModel, patterns: Patterns, *, fill_limit: int | None = None, in_integers: bool = False
) -> Master | None:
    """The master over a pool that holds at least one pattern per order it mentions.

    Parameters
    ----------
    fill_limit
        Upper limit of the weighted unallocated units in millionths (C5), None without it.
    in_integers
        True: all coefficients are integers in base units, for CP-SAT; returns None where they would not fit
        62 bits. False: rows in measures and costs in money, for float solvers.
    """
    rows = model.rows
    used = np.unique(patterns.draw_row)
    binding = _may_bind(model, patterns, used)
    load_rows = used[(rows.measure[used] >= 0) & (rows.open_cost[used] > 0)].astype(np.int32)
    # Where loads cost, overtime may be the cheaper way even when the loads would do.
    extra = np.union1d(binding, load_rows)
    overtime_rows = extra[rows.overtime_limit[extra] > 0].astype(np.int32)
    ships_node = np.unique(model.candidates.node[patterns.ship_cand])
    nodes = ships_node[model.nodes.activation_cost[ships_node] > 0].astype(np.int32)

    num = patterns.num_patterns
    node_col = np.full(len(model.nodes.activation_cost), -1, np.int64)
    node_col[nodes] = num + np.arange(len(nodes))
    load_col = np.full(model.num_rows, -1, np.int64)
    load_col[load_rows] = num + len(nodes) + np.arange(len(load_rows))
    overtime_col = np.full(model.num_rows, -1, np.int64)
    overtime_col[overtime_rows] = num + len(nodes) + len(load_rows) + np.arange(len(overtime_rows))

    unit = np.ones(model.num_rows) if in_integers else rows.scale.astype(np.float64)
    cost_scale = _cost_scale(model, overtime_rows) if in_integers else MONEY_PER_MICRO
    # A row must be stated also where it cannot bind but opening a load or a node is what makes it give
    # anything.
    gated = (load_col[used] >= 0) | (
        (rows.node[used] >= 0) & (node_col[rows.node[used]] >= 0) & (rows.measure[used] >= 0)
    )
    stated = np.union1d(binding, used[gated]).astype(np.int64)

    block = _Rows()
    _order_rows(block, patterns)
    _shared_rows(block, model, patterns, stated, node_col, load_col, overtime_col, unit)
    _activation_rows(block, model, patterns, node_col)
    if fill_limit is not None:
        fill_unit = 1.0 if in_integers else 1e6
        at = block.add_rows(
            KIND_FILL,
            np.zeros(1, np.int64),
            np.array([-np.inf]),
            np.array([fill_limit / fill_unit]),
            np.array([fill_unit]),
        )
        block.add_entries(np.full(num, at[0]), np.arange(num), patterns.fill / fill_unit)

    cost = np.concatenate(
        [
            patterns.cost * cost_scale,
            model.nodes.activation_cost[nodes] * cost_scale,
            rows.open_cost[load_rows] * cost_scale,
            rows.overtime_cost[overtime_rows] * (unit[overtime_rows] / rows.scale[overtime_rows]) * cost_scale,
        ]
    )
    upper = np.concatenate(
        [
            np.ones(num + len(nodes)),
            rows.open_max[load_rows].astype(np.float64),
            rows.overtime_limit[overtime_rows] / unit[overtime_rows],
        ]
    )
    integer = np.ones(len(cost), np.bool_)
    integer[num + len(nodes) + len(load_rows) :] = in_integers
    if in_integers and float(np.abs(cost * upper).sum()) > _SAFE_INTEGER:
        return None
    ptr, col, coef = block.csr()
    program = Program(
        cost,
        np.zeros(len(cost)),
        upper,
        integer,
        ptr,
        col,
        coef,
        np.concatenate(block.lower),
        np.concatenate(block.upper),
    )
    return Master(
        program, num, nodes, load_rows, overtime_rows, unit[overtime_rows], cost_scale,
        np.concatenate(block.kind), np.concatenate(block.of), np.concatenate(block.unit),
    )  # fmt: skip


def _may_bind(model: SourcingModel, patterns: Patterns, used: npt.NDArray[np.int32]) -> npt.NDArray[np.int64]:
    """Rows that the pool could break, or that charge for what is drawn beyond the free loads."""
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.draw_ptr))
    order = patterns.order[pattern].astype(np.int64)
    key = patterns.draw_row.astype(np.int64) * (int(patterns.order.max(initial=0)) + 1) + order
    keys, inverse = np.unique(key, return_inverse=True)
    most = np.zeros(len(keys), np.int64)
    np.maximum.at(most, inverse, patterns.draw)
    demand = np.zeros(model.num_rows)
    np.add.at(demand, keys // (int(patterns.order.max(initial=0)) + 1), most)
    free = model.rows.limit.astype(np.float64) * model.rows.open_max
    return used[demand[used] > free[used]].astype(np.int64)


def _cost_scale(model: SourcingModel, overtime_rows: I32) -> float:
    """What makes overtime costs per base unit whole numbers."""
    scales = model.rows.scale[overtime_rows].tolist()
    return float(np.lcm.reduce(np.array(scales or [1], np.int64)))


def _order_rows(block: _Rows, patterns: Patterns) -> None:
    orders, position = np.unique(patterns.order, return_inverse=True)
    one = np.ones(len(orders))
    at = block.add_rows(KIND_ORDER, orders.astype(np.int64), one, one.copy())
    block.add_entries(at[position], np.arange(patterns.num_patterns), np.ones(patterns.num_patterns))


def _shared_rows(
    block: _Rows,
    model: SourcingModel,
    patterns: Patterns,
    stated: npt.NDArray[np.int64],
    node_col: npt.NDArray[np.int64],
    load_col: npt.NDArray[np.int64],
    overtime_col: npt.NDArray[np.int64],
    unit: F64,
) -> None:
    """(C2), (C3), each tied to its node's opening where that costs anything."""
    rows = model.rows
    free = np.where(load_col[stated] >= 0, 0.0, rows.limit[stated].astype(np.float64) * rows.open_max[stated])
    node = rows.node[stated]
    opens = np.where(node >= 0, node_col[node], -1)
    gated = opens >= 0
    limit = np.where(gated, 0.0, free) / unit[stated]
    at = block.add_rows(KIND_SHARED, stated, np.full(len(stated), -np.inf), limit, unit[stated])
    index_of = np.full(model.num_rows, -1, np.int64)
    index_of[stated] = at
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.draw_ptr))
    row = index_of[patterns.draw_row]
    keep = row >= 0
    block.add_entries(row[keep], pattern[keep], patterns.draw[keep] / unit[patterns.draw_row[keep]])
    block.add_entries(at[gated], opens[gated], -free[gated] / unit[stated[gated]])
    loads = load_col[stated] >= 0
    block.add_entries(at[loads], load_col[stated[loads]], -rows.limit[stated[loads]] / unit[stated[loads]])
    extra = overtime_col[stated] >= 0
    block.add_entries(at[extra], overtime_col[stated[extra]], -np.ones(int(extra.sum())))
    # Loads and overtime of a node that is closed give nothing.
    for columns, most in ((load_col, rows.open_max.astype(np.float64)), (overtime_col, rows.overtime_limit / unit)):
        tied = gated & (columns[stated] >= 0)
        count = int(tied.sum())
        link = block.add_rows(KIND_LINK, stated[tied], np.full(count, -np.inf), np.zeros(count))
        block.add_entries(link, columns[stated[tied]], np.ones(count))
        block.add_entries(link, opens[tied], -most[stated[tied]])


def _activation_rows(block: _Rows, model: SourcingModel, patterns: Patterns, node_col: npt.NDArray[np.int64]) -> None:
    """(C4), by order: per node alone the bound is far off (9-17 % on cap71-74)."""
    pattern = np.repeat(np.arange(patterns.num_patterns, dtype=np.int64), np.diff(patterns.ship_ptr))
    costly = node_col[model.candidates.node[patterns.ship_cand]] >= 0
    pairs = np.unique(pattern[costly] * len(model.candidates.order) + patterns.ship_cand[costly])
    if not len(pairs):
        return
    pattern, candidate = np.divmod(pairs, len(model.candidates.order))
    candidates, position = np.unique(candidate, return_inverse=True)
    count = len(candidates)
    at = block.add_rows(KIND_ACTIVATION, candidates, np.full(count, -np.inf), np.zeros(count))
    block.add_entries(at[position], pattern, np.ones(len(pattern)))
    block.add_entries(at, node_col[model.candidates.node[candidates]], -np.ones(count))


def master_prices(model: SourcingModel, master: Master, dual: F64) -> Prices:
    """Row prices from the duals of the relaxed master."""
    price = np.maximum(0.0, -dual) / (master.row_unit * master.cost_scale)
    prices = Prices.zero(model)
    shared = master.row_kind == KIND_SHARED
    prices.row[master.row_of[shared]] = price[shared]
    active = master.row_kind == KIND_ACTIVATION
    prices.activation[master.row_of[active]] = price[active]
    fill = price[master.row_kind == KIND_FILL]
    return prices._replace(fill=float(fill[0]) if len(fill) else 0.0)


def order_duals(model: SourcingModel, master: Master, dual: F64) -> F64:
    """What the relaxed master pays for serving each order, in weighted micros, float64[num_orders]."""
    by_order = np.zeros(model.num_orders)
    rows = master.row_kind == KIND_ORDER
    by_order[master.row_of[rows]] = dual[rows] / master.cost_scale
    return by_order


def chosen(master: Master, x: F64) -> npt.NDArray[np.int64]:
    """The patterns an integer solution picks, by index into the pool."""
    return np.flatnonzero(x[: master.num_patterns] > 0.5)
