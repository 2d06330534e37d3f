"""What was shipped, as a plan: dispatches of the day it left on, units of the lines and positions that fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from dom_engine.audit.clock import Clock, local_day
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.errors import Fault, InputError
from dom_engine.whatif.assembly import sorted_plan

if TYPE_CHECKING:
    from dom_engine.whatif.history import Shipped


def done_plan(problem: Problem, shipped: Sequence[Shipped]) -> Plan:
    """The plan that a history amounts to; it need not keep the problem's rules.

    A shipment leaves with its node's dispatch of the local day it was shipped on, or the next one. Lines of the same
    item are filled in their order; units come from positions on hand first, and from the first position where the
    stock stated does not suffice.

    Raises
    ------
    InputError
        Where more of an item was shipped than its order asked for, or no dispatch follows.
    """
    writer = _Writer(problem)
    faults: list[Fault] = []
    for one in shipped:
        try:
            writer.add(one)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(sorted(faults))
    return writer.plan()


class _Writer:
    def __init__(self, problem: Problem) -> None:
        self._problem, self._clock = problem, Clock(problem)
        self._order = {name: at for at, name in enumerate(problem.orders.ids.to_pylist())}
        self._node = {name: at for at, name in enumerate(problem.nodes.ids.to_pylist())}
        self._service = {name: at for at, name in enumerate(problem.services.ids.to_pylist())}
        self._item = {name: at for at, name in enumerate(problem.items.ids.to_pylist())}
        self._wanted = problem.lines.quantity.tolist()
        self._free, self._safe = problem.positions.free.tolist(), problem.positions.covered_safety.tolist()
        self._lines: dict[tuple[int, int], list[int]] = {}
        for line, key in enumerate(zip(problem.lines.order_idx.tolist(), problem.lines.item_idx.tolist(), strict=True)):
            self._lines.setdefault(key, []).append(line)
        for line, order in enumerate(problem.lines.order_idx.tolist()):
            for item in problem.lines.substitutes[line].tolist():
                self._lines.setdefault((order, item), []).append(line)
        self._positions: dict[tuple[int, int], list[int]] = {}
        where = zip(problem.positions.node_idx.tolist(), problem.positions.item_idx.tolist(), strict=True)
        for position, key in enumerate(where):
            self._positions.setdefault(key, []).append(position)
        self._dispatch: dict[tuple[int, int, int, int], int] = {}
        self._shipments: dict[tuple[int, int, int, int], int] = {}
        self._aboard: dict[tuple[int, int, int, int], int] = {}

    def add(self, one: Shipped) -> None:
        order, node, item = self._order[one.order], self._node[one.node], self._item[one.item]
        service = self._service[one.service]
        key = (order, self._dispatched(one, node, service), node, service)
        shipment = self._shipments.setdefault(key, len(self._shipments))
        for line, units in self._on_lines(one, order, item):
            for position, safety, part in self._from(order, node, item, units):
                aboard = (shipment, line, position, safety)
                self._aboard[aboard] = self._aboard.get(aboard, 0) + part

    def _dispatched(self, one: Shipped, node: int, service: int) -> int:
        key = (node, service, one.ordinal, one.instant_s)
        if key not in self._dispatch:
            timezone = self._clock.timezone(node)
            day = one.ordinal or local_day(timezone, one.instant_s)[0]
            instants = self._clock.dispatches(node, service)
            later = [instant_s for instant_s in instants if local_day(timezone, instant_s)[0] >= day]
            if not later:
                message = f"'{one.node}' has no dispatch by '{one.service}' on that day or after"
                raise one.row.error("", message)
            self._dispatch[key] = later[0]
        return self._dispatch[key]

    def _on_lines(self, one: Shipped, order: int, item: int) -> list[tuple[int, int]]:
        left, parts = one.quantity, []
        for line in self._lines[order, item]:
            part = min(left, self._wanted[line])
            if part:
                parts.append((line, part))
                self._wanted[line] -= part
                left -= part
        if left:
            message = f"ships more of '{one.item}' than order '{one.order}' asks for: {left} too many"
            raise one.row.error("", message)
        return parts

    def _from(self, order: int, node: int, item: int, units: int) -> list[tuple[int, int, int]]:
        parts = []
        open_to = {NONE_IDX, *self._problem.orders.pools[order].tolist()}
        everyone = self._positions[node, item]
        positions = [at for at in everyone if int(self._problem.positions.pool_idx[at]) in open_to] or everyone
        for safety, held in enumerate((self._free, self._safe)):
            for position in positions:
                part = min(units, held[position])
                if part:
                    parts.append((position, safety, part))
                    held[position] -= part
                    units -= part
        if units:
            parts.append((positions[0], 0, units))
        return parts

    def plan(self) -> Plan:
        ships = np.array(list(self._shipments), np.int64).reshape(-1, 4)
        aboard = [(*key, units) for key, units in self._aboard.items()]
        return sorted_plan(ships, np.array(aboard, np.int64).reshape(-1, 5))
