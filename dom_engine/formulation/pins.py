"""Pinned orders: the same problem with less to choose, and the way back.

An order that keeps its **units** becomes one whose lines are what each node gives of each of its own; one that keeps
**all** becomes an order for each of its shipments, with a line for each position aboard. Such orders are served whole,
or at a cost that no plan pays. What is then the same for every plan (units that stay left out, shipments beyond the
first) is no longer in the model, and is added to what it answers. So every bound of the reduced model bounds all plans
that keep the pins, and its prices prove it, order by order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from dom_engine.candidates.build import keep_sources
from dom_engine.domain.columns import I32, I64, NONE_IDX, lists_of, taken_rows
from dom_engine.domain.pins import PinLevel
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Certificate
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.formulation.model import Formulation, build_model
from dom_engine.kernels.riding import find_trips
from dom_engine.units import MICROS_PER_UNIT
from solvers.model import Offers, SourcingModel, Trips, frozen

_DEAR = 100
"""Leaving a pinned order out costs so many times what the dearest order costs left out."""


class _Line(NamedTuple):
    """A line of the reduced problem: what of a line may come from which nodes (none: any), or from one position."""

    order: int
    line: int
    quantity: int
    nodes: tuple[int, ...] = ()
    position: int = NONE_IDX


class _Order(NamedTuple):
    """An order of the reduced problem; ``shipment`` is the plan's, where all is kept."""

    order: int
    shipment: int = NONE_IDX


@dataclass(frozen=True, slots=True)
class Pinned:
    """The reduced problem, formulated.

    ``order_of`` and ``line_of`` lead back to the problem's orders and lines. ``must`` are the reduced orders that have
    to be served. ``cost_micros`` and ``fill`` are, by order of the problem, what every plan pays and leaves out beside.
    ``start`` is the plan that the pins are of, in the reduced problem.
    """

    problem: Problem
    formulation: Formulation
    order_of: I32
    line_of: I32
    must: I32
    cost_micros: I64
    fill: I64
    start: Plan

    def plan(self, reduced: Plan) -> Plan:
        """A plan of the reduced problem as one of the problem."""
        ships, loads = reduced.shipments, reduced.allocations
        order, line = self.order_of[ships.order_idx], self.line_of[loads.line_idx]
        by = np.lexsort((ships.service_idx, ships.node_idx, ships.dispatch_s, order))
        place = np.empty(len(by), np.int32)
        place[by] = np.arange(len(by), dtype=np.int32)
        shipment = place[loads.shipment_idx]
        at = np.lexsort((loads.from_safety_stock, loads.position_idx, line, shipment))
        return Plan(
            Shipments(order[by], ships.node_idx[by], ships.service_idx[by], ships.dispatch_s[by]),
            Allocations(
                shipment[at], line[at], loads.position_idx[at], loads.from_safety_stock[at], loads.quantity[at]
            ),
        )

    def certificate(self, reduced: Certificate) -> Certificate:
        """A certificate of the reduced problem as one of the plans that keep the pins."""
        num, order_of = len(self.problem.orders), self.order_of
        cost, least, exact = self.cost_micros.copy(), self.cost_micros.copy(), np.ones(num, np.bool_)
        np.add.at(cost, order_of, reduced.order_cost_micros)
        np.add.at(least, order_of, reduced.order_priced_minimum_micros)
        np.logical_and.at(exact, order_of, reduced.order_exact)
        fill_price = int(reduced.rows.price_micros[reduced.rows.kind == RowKind.FILL].sum())
        return Certificate(
            rows=self.rows(reduced.rows),
            order_cost_micros=cost,
            order_priced_minimum_micros=least + self.fill * fill_price // MICROS_PER_UNIT,
            order_exact=exact,
            lower_bound_micros=reduced.lower_bound_micros + int(self.cost_micros.sum()),
        )

    def rows(self, reduced: PricedRows) -> PricedRows:
        """Priced rows in the problem's orders; of shipments of one order from one node the prices add up."""
        priced = reduced.kind == RowKind.ACTIVATION
        order = np.where(priced, self.order_of[np.maximum(reduced.order_idx, 0)], NONE_IDX).astype(np.int32)
        key = np.where(priced, order.astype(np.int64) * len(self.problem.nodes) + reduced.node_idx, -1)
        first: dict[int, int] = {}
        price, used, keep = reduced.price_micros.copy(), reduced.used.copy(), np.ones(len(key), np.bool_)
        for row in np.flatnonzero(priced).tolist():
            mine = first.setdefault(int(key[row]), row)
            if mine != row:
                price[mine] += price[row]
                used[mine] = max(used[mine], used[row])
                keep[row] = False
        # What stays left out of pinned orders counts on both sides of the fill row.
        beside = np.where(reduced.kind == RowKind.FILL, int(self.fill.sum()), 0)
        stated = replace(reduced, order_idx=order, price_micros=price, used=used + beside, limit=reduced.limit + beside)
        kept = taken_rows(stated, np.flatnonzero(keep))
        by = np.lexsort(
            (kept.order_idx, kept.node_idx, np.arange(len(kept)) * (kept.kind != RowKind.ACTIVATION), kept.kind)
        )
        return taken_rows(kept, by)


def pin(formulation: Formulation, plan: Plan, pins: Mapping[int, PinLevel]) -> Pinned:
    """Reduce a problem to the plans that keep pins.

    Parameters
    ----------
    plan
        What is pinned, in the problem's indices.
    pins
        By order.
    """
    problem = formulation.problem
    orders, lines = _reduced(problem, plan, pins)
    reduced = _problem_of(problem, orders, lines, pins)
    built = build_model(reduced)
    order_of = np.array([one.order for one in orders], np.int32)
    must = np.array([row for row, one in enumerate(orders) if pins.get(one.order) in _SERVED], np.int32)
    model = _only_positions(built.model, lines)
    model, offer_lane = _only_trips(model, built.offer_lane, orders, plan)
    model = _dear(model, must)
    cost, fill = _beside(formulation.model, plan, pins)
    return Pinned(
        problem=problem,
        formulation=replace(built, model=frozen(model), offer_lane=offer_lane),
        order_of=order_of,
        line_of=np.array([one.line for one in lines], np.int32),
        must=must,
        cost_micros=cost,
        fill=fill,
        start=_restated(plan, orders, lines, pins),
    )


_SERVED = (PinLevel.ALL, PinLevel.QUANTITY)


def _reduced(problem: Problem, plan: Plan, pins: Mapping[int, PinLevel]) -> tuple[list[_Order], list[_Line]]:
    ships, loads = plan.shipments, plan.allocations
    first_ship = np.searchsorted(ships.order_idx, np.arange(len(problem.orders) + 1)).tolist()
    first_load = np.searchsorted(loads.shipment_idx, np.arange(len(ships) + 1)).tolist()
    orders: list[_Order] = []
    lines: list[_Line] = []
    for order in range(len(problem.orders)):
        level = pins.get(order)
        mine = range(first_ship[order], first_ship[order + 1])
        if level is PinLevel.ALL:
            for shipment in mine:
                aboard: dict[tuple[int, int], int] = {}
                for load in range(first_load[shipment], first_load[shipment + 1]):
                    key = int(loads.line_idx[load]), int(loads.position_idx[load])
                    aboard[key] = aboard.get(key, 0) + int(loads.quantity[load])
                node = int(ships.node_idx[shipment])
                lines += [_Line(len(orders), line, units, (node,), at) for (line, at), units in sorted(aboard.items())]
                orders.append(_Order(order, shipment))
            continue
        given: dict[tuple[int, int], int] = {}
        for load in range(first_load[mine.start], first_load[mine.stop]) if level is not None else ():
            pair = int(loads.line_idx[load]), int(ships.node_idx[loads.shipment_idx[load]])
            given[pair] = given.get(pair, 0) + int(loads.quantity[load])
        if level is PinLevel.QUANTITY:
            lines += [_Line(len(orders), line, units, (node,)) for (line, node), units in sorted(given.items())]
        else:
            for line in range(int(problem.orders.line_ptr[order]), int(problem.orders.line_ptr[order + 1])):
                nodes = tuple(sorted(node for of, node in given if of == line))
                lines.append(_Line(len(orders), line, int(problem.lines.quantity[line]), nodes))
        if given or level is not PinLevel.QUANTITY:
            orders.append(_Order(order))
    return orders, lines


def _problem_of(problem: Problem, orders: list[_Order], lines: list[_Line], pins: Mapping[int, PinLevel]) -> Problem:
    """The tables of the reduced problem."""
    taken = np.array([one.order for one in orders], np.int64)
    made = np.array([one.shipment >= 0 for one in orders], np.bool_)
    served = np.array([pins.get(one.order) in _SERVED for one in orders], np.bool_)
    kept = taken_rows(problem.orders, taken, skip="line_ptr")
    order_of_line = np.array([one.order for one in lines], np.int32)
    kept = replace(
        kept,
        line_ptr=np.searchsorted(order_of_line, np.arange(len(orders) + 1)).astype(np.int64),
        ship_complete=kept.ship_complete | served,
        ship_together=np.where(made, True, kept.ship_together),
        max_shipments=np.where(made, 1, kept.max_shipments),
    )
    mine = taken_rows(problem.lines, np.array([one.line for one in lines], np.int64))
    nodes = [np.array(one.nodes, np.int32) if one.nodes else mine.nodes[row] for row, one in enumerate(lines)]
    by_position = np.array([one.position >= 0 for one in lines], np.bool_)
    mine = replace(
        mine,
        order_idx=order_of_line,
        quantity=np.array([one.quantity for one in lines], np.int64),
        nodes=lists_of(nodes),
        pack=np.where(by_position, 1, mine.pack),
        group_idx=np.where(by_position, NONE_IDX, mine.group_idx).astype(np.int32),
    )
    return replace(problem, orders=kept, lines=mine)


def _only_positions(model: SourcingModel, lines: list[_Line]) -> SourcingModel:
    """Without the sources of lines that are to come from another position."""
    wanted = np.array([one.position for one in lines], np.int64)[model.sources.line]
    return keep_sources(model, (wanted < 0) | (wanted == model.sources.position))


def _only_trips(model: SourcingModel, offer_lane: I32, orders: list[_Order], plan: Plan) -> tuple[SourcingModel, I32]:
    """Shipments that are kept whole have one offer with one trip: their own."""
    made = {row: one.shipment for row, one in enumerate(orders) if one.shipment >= 0}
    cand = np.flatnonzero(np.isin(model.candidates.order, list(made))).astype(np.int32)
    ship = np.array([made[int(order)] for order in model.candidates.order[cand]], np.int64)
    trip = find_trips(model, cand, plan.shipments.service_idx[ship], plan.shipments.dispatch_s[ship])
    # A shipment that is no trip any more keeps all its trips: it is found not to be kept, and said so.
    cand, trip = cand[trip >= 0], trip[trip >= 0]
    offers, trips = model.offers, model.trips
    distinct, which = np.unique(trip, return_inverse=True)
    of = np.searchsorted(offers.trip_ptr, distinct, side="right") - 1
    ends = np.arange(1, len(distinct) + 1)
    offer_class = model.candidates.offer_class.copy()
    offer_class[cand] = len(offers.class_ptr) - 1 + which.reshape(-1)
    return model._replace(
        candidates=model.candidates._replace(offer_class=offer_class),
        offers=Offers(
            class_ptr=np.concatenate([offers.class_ptr, offers.class_ptr[-1] + ends]),
            service=np.concatenate([offers.service, offers.service[of]]),
            tariff=np.concatenate([offers.tariff, offers.tariff[of]]),
            unpreferred=np.concatenate([offers.unpreferred, offers.unpreferred[of]]),
            pre_carriage_s=np.concatenate([offers.pre_carriage_s, offers.pre_carriage_s[of]]),
            export_s=np.concatenate([offers.export_s, offers.export_s[of]]),
            trip_ptr=np.concatenate([offers.trip_ptr, offers.trip_ptr[-1] + ends]),
        ),
        trips=Trips(
            departure=np.concatenate([trips.departure, trips.departure[distinct]]),
            arrival_s=np.concatenate([trips.arrival_s, trips.arrival_s[distinct]]),
        ),
    ), np.concatenate([offer_lane, offer_lane[of]])


def _dear(model: SourcingModel, must: I32) -> SourcingModel:
    """Leaving a pinned order out, which no plan may, costs more than it could spare; on its line of fewest units."""
    lines, ptr = model.lines, model.orders.line_ptr
    unmet, fill = lines.unmet_cost.copy(), lines.fill_weight.copy()
    if not len(must):
        return model
    dearest, fullest = _most(ptr, lines.unmet_cost * lines.quantity), _most(ptr, lines.fill_weight * lines.quantity)
    for order in must.tolist():
        least = int(ptr[order] + np.argmin(lines.quantity[ptr[order] : ptr[order + 1]]))
        units = int(lines.quantity[least])
        unmet[least] += -(-_DEAR * max(dearest, 1) // units)
        fill[least] += -(-_DEAR * max(fullest, 1) // units)
    return model._replace(lines=lines._replace(unmet_cost=unmet, fill_weight=fill))


def _most(ptr: I64, of_line: I64) -> int:
    """The largest sum over an order's lines."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(of_line)])
    return int((total[ptr[1:]] - total[ptr[:-1]]).max())


def _beside(model: SourcingModel, plan: Plan, pins: Mapping[int, PinLevel]) -> tuple[I64, I64]:
    """By order, weighted micros of units that stay out and of shipments beyond the first; and those units' fill."""
    left = plan.unallocated(model.lines.quantity)
    cost, fill = np.zeros(model.num_orders, np.int64), np.zeros(model.num_orders, np.int64)
    num_ships = np.bincount(plan.shipments.order_idx, minlength=model.num_orders)
    for order, level in pins.items():
        if level in _SERVED:
            mine = slice(int(model.orders.line_ptr[order]), int(model.orders.line_ptr[order + 1]))
            cost[order] = int((left[mine] * model.lines.unmet_cost[mine]).sum())
            fill[order] = int((left[mine] * model.lines.fill_weight[mine]).sum())
        if level is PinLevel.ALL:
            cost[order] += max(0, int(num_ships[order]) - 1) * int(model.orders.split_cost[order])
    return cost, fill


def _restated(plan: Plan, orders: list[_Order], lines: list[_Line], pins: Mapping[int, PinLevel]) -> Plan:
    """The plan in the reduced problem's orders and lines."""
    ships, loads = plan.shipments, plan.allocations
    of_order = {one.order: row for row, one in enumerate(orders) if one.shipment < 0}
    of_shipment = {one.shipment: row for row, one in enumerate(orders) if one.shipment >= 0}
    named = {
        (one.order, one.line, one.nodes if one.position < 0 else one.position): row for row, one in enumerate(lines)
    }
    free = {(one.order, one.line): row for row, one in enumerate(lines)}
    order = [of_shipment.get(row, of_order.get(int(of), NONE_IDX)) for row, of in enumerate(ships.order_idx.tolist())]
    line = []
    for load, shipment in enumerate(loads.shipment_idx.tolist()):
        mine, of = order[shipment], int(loads.line_idx[load])
        level = pins.get(int(ships.order_idx[shipment]))
        if level is PinLevel.ALL:
            line.append(named[mine, of, int(loads.position_idx[load])])
        elif level is PinLevel.QUANTITY:
            line.append(named[mine, of, (int(ships.node_idx[shipment]),)])
        else:
            line.append(free[mine, of])
    mine = np.array(order, np.int32)
    by = np.lexsort((ships.service_idx, ships.node_idx, ships.dispatch_s, mine))
    place = np.empty(len(by), np.int32)
    place[by] = np.arange(len(by), dtype=np.int32)
    row, shipment_idx = np.array(line, np.int32), place[loads.shipment_idx]
    at = np.lexsort((loads.from_safety_stock, loads.position_idx, row, shipment_idx))
    return Plan(
        Shipments(mine[by], ships.node_idx[by], ships.service_idx[by], ships.dispatch_s[by]),
        Allocations(shipment_idx[at], row[at], loads.position_idx[at], loads.from_safety_stock[at], loads.quantity[at]),
    )
