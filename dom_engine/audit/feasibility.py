"""Whether a plan is feasible: every rule of sections 2, 3 and 6, checked from the problem and the plan alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dom_engine.audit.evaluate import Auditor, stock_use
from dom_engine.audit.integrity import integrity_faults
from dom_engine.audit.loads import Loads
from dom_engine.audit.names import Names, moment_text
from dom_engine.audit.stages import rates_apply
from dom_engine.audit.tables import contains, distinct
from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.units import NEVER_S, money_text, thousandths_text


class Rule(StrEnum):
    """The rules a plan can break."""

    INTEGRITY = "INTEGRITY"
    EMPTY_SHIPMENT = "EMPTY_SHIPMENT"
    NODE_DISABLED = "NODE_DISABLED"
    NODE_EXCLUDED = "NODE_EXCLUDED"
    SERVICE_EXCLUDED = "SERVICE_EXCLUDED"
    NO_LANE = "NO_LANE"
    TOO_FAR = "TOO_FAR"
    INCOTERM_MODE = "INCOTERM_MODE"
    DISPATCH = "DISPATCH"
    MAX_WEIGHT = "MAX_WEIGHT"
    BELOW_MIN_VALUE = "BELOW_MIN_VALUE"
    NO_RATE = "NO_RATE"
    WINDOW = "WINDOW"
    WRONG_ORDER = "WRONG_ORDER"
    WRONG_NODE = "WRONG_NODE"
    WRONG_ITEM = "WRONG_ITEM"
    CANNOT_CARRY = "CANNOT_CARRY"
    NOT_READY = "NOT_READY"
    EXPIRED = "EXPIRED"
    BACKORDER = "BACKORDER"
    POOL = "POOL"
    SAFETY_STOCK_PRIORITY = "SAFETY_STOCK_PRIORITY"
    QUANTITY = "QUANTITY"
    PACK = "PACK"
    LINE_SPLIT = "LINE_SPLIT"
    GROUP = "GROUP"
    SHIP_COMPLETE = "SHIP_COMPLETE"
    SHIP_TOGETHER = "SHIP_TOGETHER"
    MAX_SHIPMENTS = "MAX_SHIPMENTS"
    STOCK = "STOCK"
    SAFETY_STOCK = "SAFETY_STOCK"
    CAPACITY = "CAPACITY"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: which, where (in the scenario's ids), and what a planner needs to know about it."""

    code: Rule
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message} [{self.code}]"


def violations(problem: Problem, plan: Plan, auditor: Auditor | None = None) -> list[Violation]:
    """Every rule that a plan breaks, empty for a feasible plan.

    A plan that is not even well formed (an index out of range, rows out of order or repeated) is judged no further.

    Parameters
    ----------
    auditor
        The look-ups of the same problem, to share them between calls.

    Raises
    ------
    OverflowError
        When what is aboard a shipment leaves 64 bits.
    """
    faults = integrity_faults(problem, plan)
    if faults:
        return [Violation(Rule.INTEGRITY, where, message) for where, message in faults]
    check = _Check(auditor or Auditor(problem), plan)
    check.shipments()
    check.loads_fit()
    check.allocations()
    check.lines()
    check.orders()
    check.stock()
    check.capacities()
    return check.found


class _Check:
    """Walks through the rules and collects what is broken."""

    def __init__(self, auditor: Auditor, plan: Plan) -> None:
        self._auditor = auditor
        self._problem = auditor.problem
        self._plan = plan
        self._names = Names(auditor.problem)
        self._loads: Loads = auditor.loads_of(plan)
        self.found: list[Violation] = []

    def _note(
        self, rule: Rule, broken: Flags, where: Callable[[int], str], message: Callable[[int], str] | str
    ) -> None:
        for row in np.flatnonzero(broken).tolist():
            text = message if isinstance(message, str) else message(row)
            self.found.append(Violation(rule, where(row), text))

    def _shipment(self, row: int) -> str:
        loads, names = self._loads, self._names
        way = names.way(loads.node_idx[row], loads.service_idx[row], loads.dispatch_s[row])
        return f"order {names.order(loads.order_idx[row])}, shipment from {way}"

    def _allocation(self, row: int) -> str:
        allocations, names = self._plan.allocations, self._names
        shipment = int(allocations.shipment_idx[row])
        way = names.way(
            self._loads.node_idx[shipment], self._loads.service_idx[shipment], self._loads.dispatch_s[shipment]
        )
        position = names.position(allocations.position_idx[row])
        return f"{names.line(allocations.line_idx[row])}, {position}, shipped from {way}"

    def shipments(self) -> None:
        """Rules on (order, node, service, dispatch), whatever is aboard."""
        loads, network, nodes = self._loads, self._auditor.network, self._problem.nodes
        order, node, service = loads.order_idx, loads.node_idx, loads.service_idx
        self._note(Rule.EMPTY_SHIPMENT, loads.lines == 0, self._shipment, "nothing is aboard")
        self._note(Rule.NODE_DISABLED, ~nodes.enabled[node], self._shipment, "the node is disabled")
        self._note(
            Rule.NODE_EXCLUDED, ~network.node_allowed(order, node), self._shipment, "the order excludes the node"
        )
        self._note(
            Rule.SERVICE_EXCLUDED,
            ~network.service_enabled(node, service),
            self._shipment,
            "the service, or its pair with the node, is disabled",
        )
        self._note(
            Rule.SERVICE_EXCLUDED,
            ~network.service_allowed(order, service),
            self._shipment,
            "the order excludes the service",
        )
        self._note(Rule.NO_LANE, loads.lane_idx == NONE_IDX, self._shipment, "no lane matches")
        self._note(Rule.NO_LANE, loads.arrival_s >= NEVER_S, self._shipment, "the service never moves again")
        limit_m = nodes.max_distance_m[node]
        self._note(
            Rule.TOO_FAR,
            loads.distance_m > limit_m,
            self._shipment,
            lambda row: (
                f"{thousandths_text(loads.distance_m[row])} km, beyond the node's {thousandths_text(limit_m[row])} km"
            ),
        )
        self._note(
            Rule.INCOTERM_MODE,
            ~network.incoterm_agrees(order, service),
            self._shipment,
            "the order's Incoterm is not made for the service's mode",
        )
        self._note(
            Rule.DISPATCH, ~self._dispatches_exist(), self._shipment, "no cutoff of the node and the service then"
        )

    def _dispatches_exist(self) -> Flags:
        loads, clock = self._loads, self._auditor.network.clock
        first, group = distinct(loads.node_idx, loads.service_idx, loads.dispatch_s)
        exists = [
            int(loads.dispatch_s[row]) in clock.dispatches(int(loads.node_idx[row]), int(loads.service_idx[row]))
            for row in first
        ]
        return np.array(exists, np.bool_)[group]

    def loads_fit(self) -> None:
        """Rules on what is aboard each shipment."""
        loads, problem = self._loads, self._problem
        max_g = problem.services.max_weight_g[loads.service_idx]
        self._note(
            Rule.MAX_WEIGHT,
            loads.weight_g > max_g,
            self._shipment,
            lambda row: f"{thousandths_text(loads.weight_g[row])} kg, above {thousandths_text(max_g[row])} kg",
        )
        least = problem.nodes.min_shipment_value_micros[loads.node_idx]
        self._note(
            Rule.BELOW_MIN_VALUE,
            loads.value_micros < least,
            self._shipment,
            lambda row: f"worth {money_text(loads.value_micros[row])}, below {money_text(least[row])}",
        )
        applies = rates_apply(problem, self._auditor.rates, loads)
        self._note(
            Rule.NO_RATE,
            ~applies,
            self._shipment,
            lambda row: f"no rate row applies to {thousandths_text(loads.billable_g[row])} kg",
        )
        network = self._auditor.network
        delivery_s = network.delivery_s(
            loads.order_idx, loads.lane_idx, loads.dispatch_s, loads.arrival_s, loads.ready_s
        )
        judged_s = network.judged_s(delivery_s, loads.arrival_s)
        orders = problem.orders
        outside = (judged_s < orders.earliest_s[loads.order_idx]) | (judged_s > loads.latest_s)
        self._note(
            Rule.WINDOW,
            orders.hard_window[loads.order_idx] & outside,
            self._shipment,
            lambda row: f"judged at {moment_text(judged_s[row])}, outside the hard window",
        )

    def allocations(self) -> None:
        """Rules on what rides where, allocation by allocation."""
        problem, network = self._problem, self._auditor.network
        rides, loads, positions = self._plan.allocations, self._loads, problem.positions
        order, node = loads.order_idx[rides.shipment_idx], loads.node_idx[rides.shipment_idx]
        dispatch_s, service = loads.dispatch_s[rides.shipment_idx], loads.service_idx[rides.shipment_idx]
        position, line = rides.position_idx, rides.line_idx
        item, pool = positions.item_idx[position], positions.pool_idx[position]
        where = self._allocation
        self._note(Rule.QUANTITY, rides.quantity <= 0, where, "the quantity is not positive")
        self._note(
            Rule.WRONG_ORDER,
            problem.lines.order_idx[line] != order,
            where,
            "a line of another order than the shipment's",
        )
        self._note(Rule.WRONG_NODE, positions.node_idx[position] != node, where, "the stock lies at another node")
        ordered = (item == problem.lines.item_idx[line]) | contains(problem.lines.substitutes, line, item)
        self._note(Rule.WRONG_ITEM, ~ordered, where, "neither the line's item nor a substitute")
        line_allows = network.line_node_allowed(line, node)
        self._note(Rule.NODE_EXCLUDED, ~line_allows, where, "the order line excludes the node")
        carried = network.carries(service, item)
        self._note(Rule.CANNOT_CARRY, ~carried, where, "the service does not carry every tag of the item")
        ready_s = loads.allocation_ready_s
        self._note(Rule.NOT_READY, ready_s > dispatch_s, where, "not ready by the dispatch")
        self._note(Rule.EXPIRED, dispatch_s >= positions.expires_at_s[position], where, "expired at the dispatch")
        inbound = positions.available_at_s[position] > problem.now_s
        refused = inbound & ~problem.orders.backorder[order]
        self._note(Rule.BACKORDER, refused, where, "inbound stock for an order without backorder")
        closed = (pool != NONE_IDX) & ~contains(problem.orders.pools, order, pool)
        self._note(Rule.POOL, closed, where, "the order does not name the pool")
        entitled = problem.orders.priority[order] <= problem.policy.safety_stock_priority
        self._note(
            Rule.SAFETY_STOCK_PRIORITY,
            rides.from_safety_stock & ~entitled,
            where,
            "the order's priority does not open safety stock",
        )

    def lines(self) -> None:
        """Rules on the units of an order line aboard one shipment, and in all."""
        problem, loads, lines = self._problem, self._loads, self._problem.lines
        line, units, shipment = loads.pair_line_idx, loads.pair_units, loads.pair_shipment_idx

        def where(pair: int) -> str:
            return f"{self._names.line(line[pair])}, {self._shipment(int(shipment[pair]))}"

        self._note(
            Rule.PACK,
            units % lines.pack[line] != 0,
            where,
            lambda pair: f"{units[pair]} units are no multiple of the pack of {lines.pack[line[pair]]}",
        )
        partial = units != lines.quantity[line]
        whole = ~problem.orders.line_split[lines.order_idx[line]]
        self._note(Rule.LINE_SPLIT, whole & partial, where, "the line may not be split")
        grouped = np.flatnonzero(lines.group_idx[line] != NONE_IDX)
        incomplete = np.zeros(len(line), np.bool_)
        if len(grouped):
            group = lines.group_idx[line[grouped]]
            size = np.bincount(lines.group_idx[lines.group_idx != NONE_IDX], minlength=len(problem.groups))
            _, together = distinct(shipment[grouped], group)
            complete = np.bincount(together, weights=~partial[grouped])[together]
            incomplete[grouped] = complete < size[group]
        self._note(Rule.GROUP, incomplete, where, "the group is not whole in this shipment")
        self._note(
            Rule.QUANTITY,
            self._unallocated() < 0,
            self._names.line,
            lambda row: f"{-self._unallocated()[row]} units more than ordered",
        )

    def _unallocated(self) -> I64:
        return self._plan.unallocated(self._problem.lines.quantity)

    def orders(self) -> None:
        """Rules on all shipments of an order."""
        orders, lines = self._problem.orders, self._problem.lines
        num_shipments = np.bincount(self._loads.order_idx, minlength=len(orders))
        missing = np.zeros(len(orders), np.bool_)
        missing[lines.order_idx[self._unallocated() > 0]] = True
        ships = num_shipments > 0

        def where(order: int) -> str:
            return f"order {self._names.order(order)}"

        self._note(
            Rule.SHIP_COMPLETE, orders.ship_complete & ships & missing, where, "ships complete, and units are left out"
        )
        apart = (num_shipments > 1) | (ships & missing)
        self._note(
            Rule.SHIP_TOGETHER, orders.ship_together & apart, where, "ships together, and not all is in one shipment"
        )
        limited = (orders.max_shipments > 0) & (num_shipments > orders.max_shipments)
        self._note(
            Rule.MAX_SHIPMENTS,
            limited,
            where,
            lambda row: f"{num_shipments[row]} shipments, above {orders.max_shipments[row]}",
        )

    def stock(self) -> None:
        """The limits of stock positions."""
        positions = self._problem.positions
        use = stock_use(self._problem, self._plan.allocations)
        for rule, name, used, limit in (
            (Rule.STOCK, "free", use.free, positions.free),
            (Rule.SAFETY_STOCK, "of safety stock", use.safety, positions.covered_safety),
        ):
            for row in np.flatnonzero(used > limit).tolist():
                text = f"{used[row]} units taken, {limit[row]} {name}"
                self.found.append(Violation(rule, self._names.position(row), text))

    def capacities(self) -> None:
        """The limits of capacities: all loads and all overtime."""
        rows, names = self._auditor.capacity_rows, self._names
        used = rows.used(self._loads)
        for row in np.flatnonzero(used).tolist():
            limit = rows.total_limit(row)
            if used[row] > limit:
                text = f"{names.measured(rows, row, int(used[row]))} drawn, above {names.measured(rows, row, limit)}"
                self.found.append(Violation(Rule.CAPACITY, names.capacity(rows, row), text))
