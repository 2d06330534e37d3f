"""What would have served a unit left out: one thing changed, the order decided again, the plan audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import RowKind
from dom_engine.explain.answer import Answer
from dom_engine.explain.beside import Others, audited_cost, left_for, others_of
from dom_engine.explain.copies import copies, part_of, prices_for
from dom_engine.explain.room import PLENTY, fullest, lacking, room_label, roomier
from dom_engine.formulation import build_model, plan_of, prices_of
from dom_engine.units import ALWAYS_S, NEVER_S, SECONDS_PER_DAY
from solvers.decide import Decider

MAX_NODES = 12
"""More stock is tried at this many nodes for a line: those that hold the item most, then by id."""

MAX_STOCK_TOLD, MAX_OTHERS_TOLD = 3, 3
"""Changes told of a line, of stock and of all else: the plan is audited for each."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """A change that serves more of an order, with every other order left as it is.

    ``delta_micros`` is what the change moves the cost of the whole plan by, before any other order gains from it: a
    search anew could only find less.
    """

    line: str
    change: str
    served_units: int
    short_units: int
    delta_micros: int


class Change(NamedTuple):
    """A problem with one thing changed; positions from ``inserted`` on stand one place later (-1: none).

    ``units`` more lie at ``node``, where that is the change; ``capacity`` is the one with more room, which nobody else
    wants.
    """

    label: str
    problem: Problem
    inserted: int = -1
    units: int = 0
    node: int = NONE_IDX
    capacity: int = NONE_IDX

    def stock(self, others: Others) -> I64:
        """What the others draw, by the positions of the changed problem."""
        return others.stock if self.inserted < 0 else np.insert(others.stock, self.inserted, 0, axis=1)


def counterfactuals(answer: Answer, order: int) -> tuple[Counterfactual, ...]:
    """The changes that would have served units of the order's short lines, by line, the cheapest plan first."""
    problem, plan = answer.problem, answer.plan
    first, last = problem.orders.line_ptr[order : order + 2].tolist()
    short = plan.unallocated(problem.lines.quantity)[first:last]
    if not (short > 0).any():
        return ()
    others = others_of(answer, order)
    found = []
    for offset in np.flatnonzero(short > 0).tolist():
        units, name = int(short[offset]), problem.lines.ids[first + offset].as_py()
        of_line = []
        for promising, found_part, served in most_promising(answer, others, first + offset, units):
            change, part = fewest_units(answer, others, first + offset, promising, found_part)
            cost = audited_cost(change.problem, others, change.stock(others), part)
            of_line.append(Counterfactual(name, change.label, served, units, cost - others.total_micros))
        found += sorted(of_line, key=lambda one: (-one.served_units, one.delta_micros, one.change))
    return tuple(found)


def most_promising(answer: Answer, others: Others, line: int, units: int) -> list[tuple[Change, Plan, int]]:
    """The changes that serve units of the line: a few, by the order's own cost then.

    With each the plan of the order by itself, and the units served.
    """
    order = others.order
    ranked: list[tuple[int, int, int, tuple[Change, Plan, int]]] = []
    first, last = answer.problem.orders.line_ptr[order : order + 2].tolist()
    offset, wanted = line - first, answer.problem.lines.quantity[first:last]
    for change in (*changes(answer.problem, order, line, units), *more_room(answer, others, line)):
        part, own = decision(answer, others, change)
        served = units - int(part.unallocated(wanted)[offset])
        if served > 0:
            ranked.append((-served, own, len(ranked), (change, part, served)))
    best = [found for *_, found in sorted(ranked)]
    of_stock = [found for found in best if found[0].units][:MAX_STOCK_TOLD]
    return of_stock + [found for found in best if not found[0].units][:MAX_OTHERS_TOLD]


def fewest_units(answer: Answer, others: Others, line: int, change: Change, part: Plan) -> tuple[Change, Plan]:
    """The fewest units more at the same node that serve as many of the line, and the plan of the order then.

    A line that ships whole lacks fewer units at a node than it is short of.
    """
    first, last = answer.problem.orders.line_ptr[others.order : others.order + 2].tolist()
    wanted = answer.problem.lines.quantity[first:last]
    most_missing = int(part.unallocated(wanted)[line - first])
    too_few = 0
    while change.units - too_few > 1:
        fewer = more_stock(answer.problem, line, change.node, (change.units + too_few) // 2)
        tried, _ = decision(answer, others, fewer)
        if int(tried.unallocated(wanted)[line - first]) <= most_missing:
            change, part = fewer, tried
        else:
            too_few = fewer.units
    return change, part


def changes(problem: Problem, order: int, line: int, units: int) -> Iterator[Change]:
    """One thing more: stock of the line's item at a node, a day, a shipment; ``more_room`` has more capacity."""
    item = int(problem.lines.item_idx[line])
    for node in _nodes_for(problem, order, line, item):
        yield more_stock(problem, line, node, units)
    yield Change("one more day", _with_a_day(problem, order))
    if problem.orders.max_shipments[order] > 0:
        allowed = problem.orders.max_shipments.copy()
        allowed[order] += 1
        yield Change("one more shipment", replace(problem, orders=replace(problem.orders, max_shipments=allowed)))


def more_stock(problem: Problem, line: int, node: int, units: int) -> Change:
    """So many units more of the line's item at a node."""
    item = int(problem.lines.item_idx[line])
    more, inserted = with_stock(problem, node, item, units)
    name, at = problem.items.ids[item].as_py(), problem.nodes.ids[node].as_py()
    return Change(f"{units} more {name} at {at}", more, inserted, units, node)


def more_room(answer: Answer, others: Others, line: int) -> Iterator[Change]:
    """More room in a full capacity, by the least that serves more of the line than the plan does."""
    problem, order, use = answer.problem, others.order, others.capacity
    first, last = problem.orders.line_ptr[order : order + 2].tolist()
    wanted, short = problem.lines.quantity[first:last], int(answer.plan.unallocated(problem.lines.quantity)[line])
    for capacity in fullest(answer, _nodes_allowed(problem, order, line), use):
        part, _ = decision(answer, others, Change("", roomier(problem, capacity, PLENTY), capacity=capacity))
        more = lacking(answer, order, part, capacity, use)
        if more and int(part.unallocated(wanted)[line - first]) < short:
            yield Change(room_label(problem, capacity, more), roomier(problem, capacity, more), capacity=capacity)


def _nodes_for(problem: Problem, order: int, line: int, item: int) -> list[int]:
    """Nodes that may serve the line, by the stock of its item that they hold."""
    allowed = _nodes_allowed(problem, order, line)
    held = np.zeros(len(allowed), np.int64)
    of_item = problem.positions.item_idx == item
    np.add.at(held, problem.positions.node_idx[of_item], problem.positions.quantity[of_item])
    nodes = np.flatnonzero(allowed)
    most_first: list[int] = nodes[np.argsort(-held[nodes], kind="stable")][:MAX_NODES].tolist()
    return most_first


def _nodes_allowed(problem: Problem, order: int, line: int) -> Flags:
    """Nodes that are enabled and that neither the order nor the line rules out by name."""
    allowed = problem.nodes.enabled.copy()
    for only in (problem.orders.nodes[order], problem.lines.nodes[line]):
        if len(only):
            allowed &= np.isin(np.arange(len(allowed)), only)
    for never in (problem.orders.exclude_nodes[order], problem.lines.exclude_nodes[line]):
        allowed[never] = False
    return allowed


def with_stock(problem: Problem, node: int, item: int, units: int) -> tuple[Problem, int]:
    """The problem with units more on hand, and where a position was inserted for them (-1: there was one)."""
    positions = problem.positions
    on_hand = (
        (positions.node_idx == node)
        & (positions.item_idx == item)
        & (positions.available_at_s == ALWAYS_S)
        & (positions.lot_idx == NONE_IDX)
        & (positions.pool_idx == NONE_IDX)
    )
    if on_hand.any():
        free = positions.free.copy()
        free[int(np.argmax(on_hand))] += units
        return replace(problem, positions=replace(positions, free=free)), -1
    before = (positions.node_idx < node) | ((positions.node_idx == node) & (positions.item_idx < item))
    at = int(np.count_nonzero(before))
    exceptions = problem.node_items
    stated = np.flatnonzero((exceptions.node_idx == node) & (exceptions.item_idx == item))
    unit_cost = exceptions.unit_cost_micros[stated] if len(stated) else problem.nodes.unit_cost_micros[[node]]
    values = {
        "node_idx": node,
        "item_idx": item,
        "available_at_s": ALWAYS_S,
        "lot_idx": NONE_IDX,
        "pool_idx": NONE_IDX,
        "expires_at_s": NEVER_S,
        "quantity": units,
        "free": units,
        "covered_safety": 0,
        "unit_cost_micros": int(unit_cost[0]),
        "work_s": int(exceptions.work_s[stated[0]]) if len(stated) else 0,
    }
    columns = {name: np.insert(getattr(positions, name), at, value) for name, value in values.items()}
    return replace(problem, positions=replace(positions, **columns)), at


def _with_a_day(problem: Problem, order: int) -> Problem:
    """The horizon and the order's latest instants a day later."""
    orders, lines = problem.orders, problem.lines
    mine = np.arange(len(orders)) == order
    later = np.where(mine & (orders.latest_s != NEVER_S), orders.latest_s + SECONDS_PER_DAY, orders.latest_s)
    mine = lines.order_idx == order
    line_later = np.where(mine & (lines.latest_s != NEVER_S), lines.latest_s + SECONDS_PER_DAY, lines.latest_s)
    return replace(
        problem,
        horizon_s=problem.horizon_s + SECONDS_PER_DAY,
        orders=replace(orders, latest_s=later),
        lines=replace(lines, latest_s=line_later),
    )


def decision(answer: Answer, others: Others, change: Change) -> tuple[Plan, int]:
    """The order decided anew in the changed problem: a plan of it by itself, and its own cost."""
    rows = answer.rows
    if change.inserted >= 0:
        behind = (rows.position_idx >= change.inserted).astype(np.int32)
        rows = replace(rows, position_idx=rows.position_idx + behind)
    formulation = build_model(copies(change.problem, others.order, [None]))
    model = formulation.model
    stated = prices_for(formulation, rows, others.order)
    # What the others leave of the stock has no other use; a load, overtime or a node still has to be paid.
    free = (stated.kind == RowKind.STOCK) | (stated.kind == RowKind.SAFETY_STOCK)
    free |= (stated.kind == RowKind.CAPACITY) & (stated.capacity_idx == change.capacity)
    stated = replace(stated, price_micros=np.where(free, 0, stated.price_micros))
    left = left_for(formulation, change.stock(others), others.capacity)
    found = Decider(model).decide(0, prices_of(formulation, stated).steering(model), left)
    part = part_of(plan_of(formulation, found.pattern), formulation.problem, 0)
    return part, int(found.pattern.cost[0])
