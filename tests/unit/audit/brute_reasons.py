"""What stands in a unit's way, by trying every addition with the oracle: for orders that need not ship whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from dom_engine.domain.result import Reason
from tests import naive
from tests.naive.problem import Line, Order
from tests.naive.shipping import sources_of

Plan = Sequence[naive.Shipment]
PLENTY = 1_000


def lifted(given: naive.Problem, order_id: str, rule: Reason | None) -> naive.Problem:
    """The problem without one rule (for one order, where it is an order's)."""

    def order_without(order: Order) -> Order:
        if order.order != order_id:
            return order
        match rule:
            case Reason.MAX_SHIPMENTS:
                return replace(order, max_shipments=0)
            case Reason.LINE_RULE:
                free = tuple(replace(line, pack=1, group="") for line in order.lines)
                return replace(order, line_split=True, lines=free)
            case _:
                return order

    positions = given.positions
    if rule is Reason.STOCK_TAKEN:
        positions = tuple(
            replace(row, free=PLENTY if row.free else 0, covered=PLENTY if row.covered else 0) for row in positions
        )
    capacities = () if rule is Reason.CAPACITY_FULL else given.capacities
    orders = tuple(order_without(order) for order in given.orders)
    return replace(given, orders=orders, positions=positions, capacities=capacities)


def rebased(given: naive.Problem, plan: Plan) -> list[naive.Shipment]:
    """A plan of another version of the problem, in the terms of this one."""
    orders = {order.order: order for order in given.orders}
    positions = {position.key: position for position in given.positions}
    result = []
    for shipment in plan:
        order = orders[shipment.candidate.order.order]
        lines = {line.line: line for line in order.lines}
        load = tuple(
            replace(piece, line=lines[piece.line.line], position=positions[piece.position.key])
            for piece in shipment.load
        )
        result.append(naive.Shipment(replace(shipment.candidate, order=order), load))
    return result


def additions(given: naive.Problem, plan: Plan, order_id: str, line_id: str) -> Iterator[list[naive.Shipment]]:
    """Every feasible plan with units of the line (its group, where it has one) added to one shipment."""
    order = next(order for order in given.orders if order.order == order_id)
    line = next(line for line in order.lines if line.line == line_id)
    members = [other for other in order.lines if line.group and other.group == line.group] or [line]
    for candidate in naive.candidates_of(given, order):
        ways = [list(_pieces(given, candidate, plan, order, member)) for member in members]
        for choice in product(*ways):
            added = tuple(piece for pieces in choice for piece in pieces)
            more = _with(plan, candidate, added)
            if not naive.check_plan(given, more):
                yield more


def _pieces(
    given: naive.Problem, candidate: naive.Candidate, plan: Plan, order: Order, line: Line
) -> Iterator[tuple[naive.Piece, ...]]:
    served = sum(
        piece.quantity
        for shipment in plan
        if shipment.candidate.order.order == order.order
        for piece in shipment.load
        if piece.line.line == line.line
    )
    missing = line.quantity - served
    whole = line.group or not order.line_split
    sources = sources_of(given, candidate, line)
    for amounts in product(*(range(missing + 1) for _ in sources)):
        units = sum(amounts)
        if 0 < units <= missing and units % line.pack == 0 and (not whole or units == line.quantity):
            yield tuple(
                naive.Piece(line, position, safety, amount)
                for (position, safety), amount in zip(sources, amounts, strict=True)
                if amount
            )


def _with(plan: Plan, candidate: naive.Candidate, added: tuple[naive.Piece, ...]) -> list[naive.Shipment]:
    key = (candidate.order.order, candidate.node.node, candidate.service.service, candidate.dispatch_s)
    result, joined = [], False
    for shipment in plan:
        other = shipment.candidate
        if (other.order.order, other.node.node, other.service.service, other.dispatch_s) == key:
            units = {replace(piece, quantity=0): piece.quantity for piece in shipment.load}
            for piece in added:
                bare = replace(piece, quantity=0)
                units[bare] = units.get(bare, 0) + piece.quantity
            load = tuple(replace(piece, quantity=quantity) for piece, quantity in units.items())
            result.append(replace(shipment, load=load))
            joined = True
        else:
            result.append(shipment)
    return result if joined else [*result, naive.Shipment(candidate, added)]
