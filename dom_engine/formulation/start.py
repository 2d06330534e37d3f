"""A plan to start from as patterns: order by order, what the model still allows, and of what is wanted twice, once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.start import NotKept
from dom_engine.formulation.model import Formulation
from dom_engine.formulation.plans import Found, found_in, patterns_from
from dom_engine.formulation.prices import prices_of, rows_at
from solvers.judging import RULE_ROWS, judge, unserved
from solvers.model import Patterns, Prices
from solvers.patterns import concatenate, take

_WHY = {
    1: "it has more shipments than it may have",
    2: "it ships more than a line's quantity, or no whole packs",
    3: "a line or group that ships whole does not",
    4: "it must ship complete, or together, and does not",
    5: "something aboard is not ready by the dispatch, expired, or closed to the order",
    6: "the service, the node or the rates do not take a load",
    7: "it misses its hard window",
    RULE_ROWS: "it draws more than there is",
}
"""What the model says of an order's part of a plan, by the rule it breaks."""


class Fitted(NamedTuple):
    """One pattern per order, by order, which together hold every row; those in ``not_kept`` serve nothing."""

    patterns: Patterns
    kept: I32
    not_kept: tuple[NotKept, ...]


def fit(formulation: Formulation, plan: Plan, sequence: I32) -> Fitted:
    """Keep of a plan what the model allows.

    Parameters
    ----------
    plan
        In the problem's indices, whatever rules it breaks.
    sequence
        Every order once: of those that want the same, the first keep it.
    """
    model, ids = formulation.model, formulation.problem.orders.ids
    found = found_in(formulation, plan)
    why: dict[int, str] = {}
    ships = plan.shipments.order_idx
    for row in np.flatnonzero(found.trip < 0).tolist():
        why.setdefault(int(ships[row]), _no_trip(formulation, plan, row))
    for row in np.flatnonzero(found.source < 0).tolist():
        why.setdefault(int(ships[plan.allocations.shipment_idx[row]]), _no_source(formulation, plan, row))
    plan, found = _without(plan, found, _marked(list(why), model.num_orders))
    judged, rule = judge(model, patterns_from(formulation, plan, found), model.row_capacity())
    for order in np.flatnonzero(rule).tolist():
        why[order] = _WHY[int(rule[order])]
    served = np.diff(judged.ship_ptr) > 0
    allowed = served & (rule == 0)
    for order in _left_over(judged, allowed, sequence, model.row_capacity()):
        allowed[order] = False
        why[order] = "orders before it took what it draws on"
    kept, others = np.flatnonzero(allowed).astype(np.int32), np.flatnonzero(~allowed).astype(np.int32)
    both = concatenate([take(judged, kept), unserved(model, others)])
    not_kept = tuple(NotKept(ids[order].as_py(), why[order]) for order in sorted(why))
    return Fitted(take(both, np.argsort(both.order, kind="stable")), kept, not_kept)


def steering_prices(formulation: Formulation, rows: PricedRows) -> Prices:
    """Prices of an earlier certificate as far as the model has their rows; those of orders and of fill are left out."""
    known = set(rows_at(formulation))
    stated = zip(rows.capacity_idx.tolist(), rows.starts_s.tolist(), rows.ends_s.tolist(), strict=True)
    there = np.array([key in known for key in stated], np.bool_)
    shared = (rows.kind == RowKind.STOCK) | (rows.kind == RowKind.SAFETY_STOCK)
    keep = np.flatnonzero(shared | ((rows.kind == RowKind.CAPACITY) & there))
    columns = PricedRows.__dataclass_fields__
    kept = PricedRows(**{name: getattr(rows, name)[keep] for name in columns})
    return prices_of(formulation, kept).steering(formulation.model)


def _marked(orders: list[int], num_orders: int) -> Flags:
    marked = np.zeros(num_orders, np.bool_)
    marked[orders] = True
    return marked


def _without(plan: Plan, found: Found, dropped: Flags) -> tuple[Plan, Found]:
    """The plan without some orders."""
    ships, loads = plan.shipments, plan.allocations
    stays = ~dropped[ships.order_idx]
    place = np.cumsum(stays) - 1
    aboard = stays[loads.shipment_idx]
    columns = {name: getattr(ships, name)[stays] for name in type(ships).__dataclass_fields__}
    rides = {name: getattr(loads, name)[aboard] for name in type(loads).__dataclass_fields__}
    rides["shipment_idx"] = place[rides["shipment_idx"]].astype(np.int32)
    kept = Plan(type(ships)(**columns), type(loads)(**rides))
    return kept, Found(found.cand[stays], found.trip[stays], found.source[aboard])


def _left_over(patterns: Patterns, allowed: Flags, sequence: I32, capacity: I64) -> list[int]:
    """The orders that go without where rows are wanted twice: those that come later."""
    used = np.zeros(len(capacity), np.int64)
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.draw_ptr))
    counts = allowed[pattern]
    np.add.at(used, patterns.draw_row[counts], patterns.draw[counts])
    over = used > capacity
    if not over.any():
        return []
    contested = np.zeros(patterns.num_patterns, np.bool_)
    contested[pattern[counts & over[patterns.draw_row]]] = True
    left, later = np.where(over, capacity, np.iinfo(np.int64).max), []
    for order in sequence[contested[sequence]].tolist():
        draws = slice(patterns.draw_ptr[order], patterns.draw_ptr[order + 1])
        row, drawn = patterns.draw_row[draws], patterns.draw[draws]
        if (drawn <= left[row]).all():
            left[row] -= drawn
        else:
            later.append(order)
    return later


def _no_trip(formulation: Formulation, plan: Plan, row: int) -> str:
    problem, ships = formulation.problem, plan.shipments
    node = problem.nodes.ids[int(ships.node_idx[row])].as_py()
    service = problem.services.ids[int(ships.service_idx[row])].as_py()
    at = np.datetime64(int(ships.dispatch_s[row]), "s")
    return f"nothing can leave {node} by {service} at {at}Z for it"


def _no_source(formulation: Formulation, plan: Plan, row: int) -> str:
    problem, loads = formulation.problem, plan.allocations
    position = int(loads.position_idx[row])
    item = problem.items.ids[int(problem.positions.item_idx[position])].as_py()
    node = problem.nodes.ids[int(problem.positions.node_idx[position])].as_py()
    return f"no {item} can come from {node} for line {problem.lines.ids[int(loads.line_idx[row])].as_py()}"
