"""What would have served a unit left out: one thing changed, the order decided again, the whole plan audited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from dom_engine.audit import Auditor, evaluate, violations
from dom_engine.audit.capacity import CapacityRows
from dom_engine.audit.evaluate import stock_use
from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.errors import AuditError
from dom_engine.explain.answer import Answer
from dom_engine.explain.copies import copies, part_of, prices_for, with_part
from dom_engine.explain.room import PLENTY, CapacityUse, fullest, lacking, room_label, roomier
from dom_engine.formulation import Formulation, build_model, plan_of, prices_of
from dom_engine.units import ALWAYS_S, NEVER_S, SECONDS_PER_DAY
from solvers.decide import Decider

MAX_NODES = 12
"""More stock is tried at this many nodes for a line: those that hold the item most, then by id."""

MAX_STOCK_AUDITED, MAX_OTHERS_AUDITED = 3, 3
"""Changes told of a line, of stock and of all else: the whole plan is audited for each."""


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

    ``capacity`` is the one with more room, which nobody else wants.
    """

    label: str
    problem: Problem
    inserted: int = -1
    is_stock: bool = False
    capacity: int = NONE_IDX


def counterfactuals(answer: Answer, order: int) -> tuple[Counterfactual, ...]:
    """The changes that would have served units of the order's short lines, by line, the cheapest plan first."""
    problem, plan = answer.problem, answer.plan
    first, last = problem.orders.line_ptr[order : order + 2].tolist()
    short = plan.unallocated(problem.lines.quantity)[first:last]
    if not (short > 0).any():
        return ()
    before, use = evaluate(problem, plan, answer.auditor).objective_micros, use_of_others(answer, order)
    found = []
    for offset in np.flatnonzero(short > 0).tolist():
        units, name = int(short[offset]), problem.lines.ids[first + offset].as_py()
        of_line = []
        for change, after, served in _most_promising(answer, order, first + offset, units, use):
            cost = audited_cost(change.problem, after)
            of_line.append(Counterfactual(name, change.label, served, units, cost - before))
        found += sorted(of_line, key=lambda one: (-one.served_units, one.delta_micros, one.change))
    return tuple(found)


def _most_promising(
    answer: Answer, order: int, line: int, units: int, use: UseOfOthers
) -> list[tuple[Change, Plan, int]]:
    """The changes that serve units of the line, with the plan and the units: a few, by the order's own cost then."""
    ranked: list[tuple[int, int, int, tuple[Change, Plan, int]]] = []
    first, last = answer.problem.orders.line_ptr[order : order + 2].tolist()
    offset, wanted = line - first, answer.problem.lines.quantity[first:last]
    for change in (*changes(answer.problem, order, line, units), *more_room(answer, order, line, use)):
        part, own = _decision(answer, order, change, use)
        served = units - int(part.unallocated(wanted)[offset])
        if served > 0:
            ranked.append((-served, own, len(ranked), (change, part, served)))
    best = [found for *_, found in sorted(ranked)]
    of_stock = [found for found in best if found[0].is_stock][:MAX_STOCK_AUDITED]
    others = [found for found in best if not found[0].is_stock][:MAX_OTHERS_AUDITED]
    return [(change, with_decision(answer, order, change, part), served) for change, part, served in of_stock + others]


def changes(problem: Problem, order: int, line: int, units: int) -> Iterator[Change]:
    """One thing more: stock of the line's item at a node, a day, a shipment; ``more_room`` has more capacity."""
    item = int(problem.lines.item_idx[line])
    for node in _nodes_for(problem, order, line, item):
        more, inserted = with_stock(problem, node, item, units)
        name, at = problem.items.ids[item].as_py(), problem.nodes.ids[node].as_py()
        yield Change(f"{units} more {name} at {at}", more, inserted, is_stock=True)
    yield Change("one more day", _with_a_day(problem, order))
    if problem.orders.max_shipments[order] > 0:
        allowed = problem.orders.max_shipments.copy()
        allowed[order] += 1
        yield Change("one more shipment", replace(problem, orders=replace(problem.orders, max_shipments=allowed)))


def more_room(answer: Answer, order: int, line: int, use: UseOfOthers) -> Iterator[Change]:
    """More room in a full capacity, by the least that serves more of the line than the plan does."""
    problem = answer.problem
    first, last = problem.orders.line_ptr[order : order + 2].tolist()
    wanted, short = problem.lines.quantity[first:last], int(answer.plan.unallocated(problem.lines.quantity)[line])
    for capacity in fullest(answer, _nodes_allowed(problem, order, line), use.capacity):
        part, _ = _decision(answer, order, Change("", roomier(problem, capacity, PLENTY), capacity=capacity), use)
        more = lacking(answer, order, part, capacity, use.capacity)
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


def decided_again(answer: Answer, order: int, change: Change) -> Plan:
    """The plan with one order decided anew in the changed problem, from what the others leave."""
    return with_decision(answer, order, change, _decision(answer, order, change, use_of_others(answer, order))[0])


def with_decision(answer: Answer, order: int, change: Change, part: Plan) -> Plan:
    """The plan with one order served by a plan of it alone, as a plan of the changed problem."""
    plan = answer.plan
    if change.inserted >= 0:
        plan, _ = _shifted(plan, answer.rows, change.inserted)
    return with_part(plan, change.problem, order, part)


def _decision(answer: Answer, order: int, change: Change, use: UseOfOthers) -> tuple[Plan, int]:
    """One order decided anew in the changed problem: a plan of that order by itself, and its own cost."""
    rows, stock = answer.rows, use.stock
    if change.inserted >= 0:
        _, rows = _shifted(Plan.empty(), rows, change.inserted)
        stock = np.insert(stock, change.inserted, 0, axis=1)
    formulation = build_model(copies(change.problem, order, [None]))
    model = formulation.model
    stated = prices_for(formulation, rows, order)
    # What the others leave of the stock has no other use; a load, overtime or a node still has to be paid.
    free = (stated.kind == RowKind.STOCK) | (stated.kind == RowKind.SAFETY_STOCK)
    free |= (stated.kind == RowKind.CAPACITY) & (stated.capacity_idx == change.capacity)
    stated = replace(stated, price_micros=np.where(free, 0, stated.price_micros))
    left = _left(formulation, stock, use.capacity)
    decision = Decider(model).decide(0, prices_of(formulation, stated).steering(model), left)
    part = part_of(plan_of(formulation, decision.pattern), formulation.problem, 0)
    return part, int(decision.pattern.cost[0])


def audited_cost(problem: Problem, plan: Plan) -> int:
    """What a plan costs; AuditError where it breaks a rule."""
    auditor = Auditor(problem)
    broken = violations(problem, plan, auditor)
    if broken:
        raise AuditError(f"an order decided again breaks a rule: {broken[0]}")
    return evaluate(problem, plan, auditor).objective_micros


def _shifted(plan: Plan, rows: PricedRows, inserted: int) -> tuple[Plan, PricedRows]:
    """Plan and prices after a position was inserted."""
    loads = plan.allocations
    position = loads.position_idx + (loads.position_idx >= inserted).astype(np.int32)
    row_position = rows.position_idx + (rows.position_idx >= inserted).astype(np.int32)
    return Plan(plan.shipments, replace(loads, position_idx=position)), replace(rows, position_idx=row_position)


class UseOfOthers(NamedTuple):
    """What all other orders draw: ``stock`` int64[2, num_positions], free and safety; and on capacities."""

    stock: I64
    capacity: CapacityUse


def use_of_others(answer: Answer, order: int) -> UseOfOthers:
    """What a change to stock, to a capacity or to one order does not move."""
    known, problem = answer.auditor.capacity_rows, answer.problem
    others = with_part(answer.plan, problem, order, part_of(Plan.empty(), problem, 0))
    drawn = stock_use(problem, others.allocations)
    stock: I64 = np.stack([drawn.free, drawn.safety]).astype(np.int64)
    if not len(known):
        return UseOfOthers(stock, {})
    used = known.used(answer.auditor.loads(others.shipments, others.allocations)).tolist()
    return UseOfOthers(stock, dict(zip(_instances(known), used, strict=True)))


def _left(formulation: Formulation, stock: I64, use: CapacityUse) -> I64:
    """What every row of the order's formulation can still give beside all other orders."""
    left = formulation.model.row_capacity().copy()
    num = formulation.model.num_positions
    left[: 2 * num] -= stock.ravel()
    for place, key in enumerate(_instances(formulation)):
        left[2 * num + place] -= use.get(key, 0)
    return np.maximum(left, 0)


def _instances(rows: CapacityRows | Formulation) -> list[tuple[int, int, int]]:
    return list(zip(rows.capacity_idx.tolist(), rows.starts_s.tolist(), rows.ends_s.tolist(), strict=True))
