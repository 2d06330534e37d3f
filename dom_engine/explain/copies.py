"""One order by itself, once or several times, in the same network and stock: indices of rows keep their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from dom_engine.domain.columns import I64, Lists, taken_rows
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.formulation import Formulation


def copies(problem: Problem, order: int, nodes: Sequence[int | None]) -> Problem:
    """The problem with nothing but copies of one order, each confined to a node (None: not confined)."""
    num = len(nodes)
    first, last = int(problem.orders.line_ptr[order]), int(problem.orders.line_ptr[order + 1])
    per_order = last - first
    orders = taken_rows(problem.orders, np.full(num, order), skip="line_ptr")
    confined = [problem.orders.nodes[order] if node is None else np.array([node], np.int32) for node in nodes]
    ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(entry) for entry in confined])]).astype(np.int64)
    orders = replace(
        orders,
        nodes=Lists(ptr, np.concatenate([*confined, np.zeros(0, np.int32)]).astype(np.int32)),
        line_ptr=np.arange(num + 1, dtype=np.int64) * per_order,
    )
    lines = taken_rows(problem.lines, np.tile(np.arange(first, last), num))
    copy = np.repeat(np.arange(num, dtype=np.int32), per_order)
    # A group is one order's: every copy has groups of its own.
    apart = np.where(lines.group_idx >= 0, lines.group_idx + copy * np.int32(len(problem.groups)), lines.group_idx)
    lines = replace(lines, order_idx=copy, group_idx=apart.astype(np.int32))
    return replace(problem, orders=orders, lines=lines, groups=pa.concat_arrays([problem.groups] * max(1, num)))


def with_orders(problem: Problem, orders: I64) -> Problem:
    """The problem with some of its orders alone, rising, and their lines."""
    ptr = problem.orders.line_ptr
    sizes = ptr[orders + 1] - ptr[orders]
    new_ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)]).astype(np.int64)
    lines = np.repeat(ptr[orders] - new_ptr[:-1], sizes) + np.arange(int(new_ptr[-1]))
    kept = replace(taken_rows(problem.orders, orders, skip="line_ptr"), line_ptr=new_ptr)
    mine = taken_rows(problem.lines, lines)
    mine = replace(mine, order_idx=np.repeat(np.arange(len(orders), dtype=np.int32), sizes))
    return replace(problem, orders=kept, lines=mine)


def part_of(plan: Plan, problem: Problem, order: int) -> Plan:
    """What a plan does for one order, as a plan of that order by itself."""
    ships, loads = plan.shipments, plan.allocations
    first, last = np.searchsorted(ships.order_idx, [order, order + 1])
    of = slice(*np.searchsorted(loads.shipment_idx, [first, last]).tolist())
    made = slice(int(first), int(last))
    return Plan(
        Shipments(
            np.zeros(int(last - first), np.int32),
            ships.node_idx[made].copy(),
            ships.service_idx[made].copy(),
            ships.dispatch_s[made].copy(),
        ),
        Allocations(
            (loads.shipment_idx[of] - np.int32(first)).astype(np.int32),
            (loads.line_idx[of] - np.int32(problem.orders.line_ptr[order])).astype(np.int32),
            loads.position_idx[of].copy(),
            loads.from_safety_stock[of].copy(),
            loads.quantity[of].copy(),
        ),
    )


def with_part(plan: Plan, problem: Problem, order: int, part: Plan) -> Plan:
    """A plan with what it does for one order replaced."""
    ships, loads = plan.shipments, plan.allocations
    first, last = np.searchsorted(ships.order_idx, [order, order + 1]).tolist()
    begin, end = np.searchsorted(loads.shipment_idx, [first, last]).tolist()
    grown = len(part.shipments) - (last - first)
    mine = part.shipments
    theirs = part.allocations
    return Plan(
        Shipments(
            _spliced(ships.order_idx, first, last, np.full(len(mine), order, np.int32)),
            _spliced(ships.node_idx, first, last, mine.node_idx),
            _spliced(ships.service_idx, first, last, mine.service_idx),
            _spliced(ships.dispatch_s, first, last, mine.dispatch_s),
        ),
        Allocations(
            np.concatenate(
                [loads.shipment_idx[:begin], theirs.shipment_idx + first, loads.shipment_idx[end:] + grown]
            ).astype(np.int32),
            _spliced(loads.line_idx, begin, end, theirs.line_idx + int(problem.orders.line_ptr[order])),
            _spliced(loads.position_idx, begin, end, theirs.position_idx),
            _spliced(loads.from_safety_stock, begin, end, theirs.from_safety_stock),
            _spliced(loads.quantity, begin, end, theirs.quantity),
        ),
    )


def _spliced(column: Any, first: int, last: int, instead: Any) -> Any:
    return np.concatenate([column[:first], instead, column[last:]]).astype(column.dtype)


def prices_for(formulation: Formulation, rows: PricedRows, order: int) -> PricedRows:
    """A batch's prices as far as the formulation of copies of one of its orders has the rows, for every copy."""
    instances = (formulation.capacity_idx, formulation.starts_s, formulation.ends_s)
    known = set(zip(*(column.tolist() for column in instances), strict=True))
    stated = zip(rows.capacity_idx.tolist(), rows.starts_s.tolist(), rows.ends_s.tolist(), strict=True)
    has_row = np.array([key in known for key in stated], np.bool_)
    keep = np.flatnonzero((rows.kind != RowKind.ACTIVATION) & ((rows.kind != RowKind.CAPACITY) | has_row))
    kept = taken_rows(rows, keep)
    candidates = formulation.model.candidates
    mine = (rows.kind == RowKind.ACTIVATION) & (rows.order_idx == order)
    price_of = dict(zip(rows.node_idx[mine].tolist(), np.flatnonzero(mine).tolist(), strict=True))
    at = [cand for cand, node in enumerate(candidates.node.tolist()) if node in price_of]
    activation = taken_rows(rows, np.array([price_of[int(candidates.node[cand])] for cand in at], np.int64))
    activation = replace(activation, order_idx=candidates.order[at].astype(np.int32))
    columns = PricedRows.__dataclass_fields__
    return PricedRows(**{name: np.concatenate([getattr(kept, name), getattr(activation, name)]) for name in columns})
