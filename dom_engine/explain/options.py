"""One way to serve an order, in money: its own cost by term, and what the rows it draws on are worth to others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dom_engine.audit import Auditor, evaluate
from dom_engine.audit.evaluate import stock_use
from dom_engine.audit.exact import half_even
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.settings import COST_TERMS
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure

ROW_TERMS = ("overtime", "load", "activation")
"""Costs of rows, not of orders: an order meets them as the prices of what it draws."""


@dataclass(frozen=True, slots=True)
class RowShare:
    """What an order pays for its draw on one row, in weighted micros; ``used`` in base units."""

    label: str
    used: int
    price_micros: int
    paid_micros: int


@dataclass(frozen=True, slots=True)
class Option:
    """A way to serve an order. ``node`` is where it is confined to, empty for ways that are free to choose.

    ``costs_micros`` holds its own terms by name and ``rows`` what it pays at the prices of the bound; ``priced_micros``
    is their sum, by which ways are compared. Where no way exists, ``obstacle`` says why and the way serves nothing.
    """

    node: str
    plan: Plan
    costs_micros: Mapping[str, int]
    rows: tuple[RowShare, ...]
    served_units: int
    missing_units: int
    obstacle: str = ""

    @property
    def own_micros(self) -> int:
        """The order's own cost."""
        return sum(self.costs_micros.values())

    @property
    def priced_micros(self) -> int:
        """Its own cost and what the rows it draws on are worth to others."""
        return self.own_micros + sum(share.paid_micros for share in self.rows)


def option(auditor: Auditor, rows: PricedRows, order: int, plan: Plan, node: str = "", obstacle: str = "") -> Option:
    """Price a plan of one order by itself.

    Parameters
    ----------
    auditor
        Of a problem that holds that order alone.
    rows
        The batch's prices, ``order`` the order's index in the batch.
    """
    problem = auditor.problem
    evaluation = evaluate(problem, plan, auditor)
    missing = int(evaluation.unallocated.sum())
    return Option(
        node=node,
        plan=plan,
        costs_micros={term: evaluation.costs_micros[term] for term in COST_TERMS if term not in ROW_TERMS},
        rows=tuple(_shares(auditor, rows, order, plan, evaluation.weighted_unallocated_micro_units)),
        served_units=int(problem.lines.quantity.sum()) - missing,
        missing_units=missing,
        obstacle=obstacle,
    )


def _shares(auditor: Auditor, rows: PricedRows, order: int, plan: Plan, unfilled: int) -> list[RowShare]:
    problem = auditor.problem
    stock = stock_use(problem, plan.allocations)
    known = auditor.capacity_rows
    drawn = known.used(auditor.loads(plan.shipments, plan.allocations)) if len(known) else np.zeros(0, np.int64)
    instances = zip(known.capacity_idx.tolist(), known.starts_s.tolist(), known.ends_s.tolist(), strict=True)
    capacity_use = dict(zip(instances, drawn.tolist(), strict=True))
    nodes = set(plan.shipments.node_idx.tolist())
    shares = []
    for row in np.flatnonzero(rows.price_micros > 0).tolist():
        base_units = 1
        match RowKind(int(rows.kind[row])):
            case RowKind.STOCK:
                used = int(stock.free[rows.position_idx[row]])
            case RowKind.SAFETY_STOCK:
                used = int(stock.safety[rows.position_idx[row]])
            case RowKind.CAPACITY:
                capacity = int(rows.capacity_idx[row])
                used = capacity_use.get((capacity, int(rows.starts_s[row]), int(rows.ends_s[row])), 0)
                base_units = BASE_UNITS_PER_MEASURE[Measure(int(problem.capacities.measure[capacity]))]
            case RowKind.ACTIVATION:
                used = int(rows.order_idx[row] == order and int(rows.node_idx[row]) in nodes)
            case RowKind.FILL:
                used, base_units = unfilled, 1_000_000
        if used:
            price = int(rows.price_micros[row])
            shares.append(RowShare(row_label(problem, rows, row), used, price, half_even(price * used, base_units)))
    return shares


def row_label(problem: Problem, rows: PricedRows, row: int) -> str:
    """A row as a planner calls it."""
    kind = RowKind(int(rows.kind[row]))
    if kind in (RowKind.STOCK, RowKind.SAFETY_STOCK):
        position = int(rows.position_idx[row])
        node = problem.nodes.ids[int(problem.positions.node_idx[position])].as_py()
        item = problem.items.ids[int(problem.positions.item_idx[position])].as_py()
        return f"{item} at {node}" if kind == RowKind.STOCK else f"safety stock of {item} at {node}"
    if kind == RowKind.CAPACITY:
        capacity = int(rows.capacity_idx[row])
        node, service = (int(problem.capacities.node_idx[capacity]), int(problem.capacities.service_idx[capacity]))
        measure = Measure(int(problem.capacities.measure[capacity])).name.lower()
        where = "" if node == NONE_IDX else f" at {problem.nodes.ids[node].as_py()}"
        by = "" if service == NONE_IDX else f" by {problem.services.ids[service].as_py()}"
        return f"{measure}{where}{by}"
    if kind == RowKind.ACTIVATION:
        return f"opening {problem.nodes.ids[int(rows.node_idx[row])].as_py()}"
    return "units left out"
