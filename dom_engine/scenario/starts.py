"""Plans of an earlier scenario in the words of a later one, order by order: what cannot be said there is left behind.

Ids decide. An order whose nodes, services, lines or stock positions are not all there any more is not kept, and is
told with the reason; the others are taken over as they were, whether or not they still hold every rule.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from dom_engine.audit.positions import positions_of
from dom_engine.audit.tables import distinct
from dom_engine.domain.columns import I64, NONE_IDX, Flags, Ids
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.start import NotKept, Start
from dom_engine.domain.transport import Measure
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.results_read import indices_of, line_indices, read_summary, read_texts, stated_numbers
from dom_engine.scenario.texts import shown

Texts = Mapping[str, Ids]
"""A table's cells as text, by column."""

SHIPMENTS, ALLOCATIONS, PRICES = "shipments.csv", "allocations.csv", "prices.csv"
SHIPMENT_COLUMNS = ("shipment", "order", "node", "service", "dispatch_at")
ALLOCATION_COLUMNS = (
    "shipment", "order", "line", "item", "quantity", "available_at", "lot", "pool", "from_safety_stock",
)  # fmt: skip


def read_start(problem: Problem, folder: Path | str) -> Start:
    """A result folder, of this problem or of one like it, as a plan to start from; its prices too.

    Raises
    ------
    InputError
        When the folder is no result, or a table in it is malformed. That it answers another problem is no fault.
    """
    folder = Path(folder)
    read_summary(folder)
    faults: list[Fault] = []
    ships, loads, prices = (read_texts(folder / file, faults) for file in (SHIPMENTS, ALLOCATIONS, PRICES))
    if faults:
        raise InputError(sorted(faults))
    start = stated_start(problem, ships, loads, faults)
    rows = _known_rows(problem, prices, faults)
    if faults:
        raise InputError(sorted(faults))
    return Start(start.plan, start.not_kept, rows)


def stated_start(problem: Problem, ships: Texts, loads: Texts, faults: list[Fault]) -> Start:
    """What tables of shipments and allocations state, order by order; faults are noted as in those result files.

    Parameters
    ----------
    ships, loads
        At least ``SHIPMENT_COLUMNS`` and ``ALLOCATION_COLUMNS``.
    """
    keep = _Keeping(ships["order"], loads["order"])
    order = keep.ships_known("order", "is no order of this scenario", ships, problem.orders.ids)
    node = keep.ships_known("node", "node {} is not there", ships, problem.nodes.ids)
    service = keep.ships_known("service", "service {} is not there", ships, problem.services.ids)
    dispatch_s = stated_numbers(SHIPMENTS, "dispatch_at", ships["dispatch_at"], faults)
    shipment = keep.loads_known("shipment", "no shipment is {}", loads, ships["shipment"])
    of_order = keep.loads_known("order", "is no order of this scenario", loads, problem.orders.ids)
    item = keep.loads_known("item", "item {} is not there", loads, problem.items.ids)
    line = line_indices(of_order, loads["line"], problem)
    keep.drop_loads(line < 0, lambda row: f"line {shown(loads['line'][row].as_py())} is not there")
    quantity = stated_numbers(ALLOCATIONS, "quantity", loads["quantity"], faults)
    ordered = problem.lines.quantity[np.maximum(line, 0)] if len(problem.lines) else np.zeros(len(line), np.int64)
    keep.drop_loads((quantity < 1) | (quantity > ordered), lambda _: "a quantity is none of its line")
    there = {
        "item": item,
        "available_at": stated_numbers(ALLOCATIONS, "available_at", loads["available_at"], faults),
        "lot": indices_of(loads["lot"], problem.lots),
        "pool": indices_of(loads["pool"], problem.pools),
    }
    from_node = _through(node, shipment)
    position = positions_of(problem, there, from_node)
    for name in ("lot", "pool"):  # -1 is the blank, and no unknown one
        position[(there[name] < 0) & _filled(loads[name])] = NONE_IDX
    keep.drop_loads(position < 0, lambda row: f"item {shown(loads['item'][row].as_py())} has no such stock position")
    keep.drop_loads(_through(order, shipment) != of_order, lambda _: "an allocation is aboard another order's shipment")
    safety = stated_numbers(ALLOCATIONS, "from_safety_stock", loads["from_safety_stock"], faults)
    ids = indices_of(ships["shipment"], ships["shipment"])
    keep.drop_ships(_repeated(ids), lambda _: "two shipments have the same id")
    keep.drop_ships(_repeated(order, dispatch_s, node, service), lambda _: "two shipments are the same")
    keep.drop_loads(_repeated(shipment, line, position, safety), lambda _: "two allocations are the same")
    made = keep.ships_kept()
    by = made[np.lexsort((service[made], node[made], dispatch_s[made], order[made]))]
    place = np.full(len(order), NONE_IDX, np.int64)
    place[by] = np.arange(len(by))
    rides = np.flatnonzero(_through(place, shipment) >= 0)
    at = rides[np.lexsort((safety[rides], position[rides], line[rides], place[shipment[rides]]))]
    plan = Plan(
        Shipments(_i32(order[by]), _i32(node[by]), _i32(service[by]), dispatch_s[by]),
        Allocations(
            _i32(place[shipment[at]]), _i32(line[at]), _i32(position[at]), safety[at].astype(np.bool_), quantity[at]
        ),
    )
    return Start(plan, keep.not_kept())


class _Keeping:
    """Which orders are kept; of the others, the first reason."""

    def __init__(self, order_of_ship: Ids, order_of_load: Ids) -> None:
        self._of_ship, self._of_load = order_of_ship, order_of_load
        self._why: dict[str, str] = {}

    def ships_known(self, name: str, why: str, ships: Texts, vocabulary: Ids) -> I64:
        """A column of shipments as indices; those without one are dropped."""
        found = indices_of(ships[name], vocabulary)
        self.drop_ships(found < 0, lambda row: why.format(shown(ships[name][row].as_py())))
        return found

    def loads_known(self, name: str, why: str, loads: Texts, vocabulary: Ids) -> I64:
        """The same of allocations."""
        found = indices_of(loads[name], vocabulary)
        self.drop_loads(found < 0, lambda row: why.format(shown(loads[name][row].as_py())))
        return found

    def drop_ships(self, bad: Flags, why: Callable[[int], str]) -> None:
        """Keep nothing of the orders of these shipments."""
        self._drop(self._of_ship, bad, why)

    def drop_loads(self, bad: Flags, why: Callable[[int], str]) -> None:
        """Keep nothing of the orders of these allocations."""
        self._drop(self._of_load, bad, why)

    def _drop(self, orders: Ids, bad: Flags, why: Callable[[int], str]) -> None:
        for row in np.flatnonzero(bad).tolist():
            order = orders[row].as_py()
            if order not in self._why:
                self._why[order] = why(row)

    def ships_kept(self) -> I64:
        """The shipments of orders that are kept."""
        dropped = set(self._why)
        return np.array([row for row, order in enumerate(self._of_ship.to_pylist()) if order not in dropped], np.int64)

    def not_kept(self) -> tuple[NotKept, ...]:
        """The orders that are not, by id."""
        return tuple(NotKept(order, why) for order, why in sorted(self._why.items()))


def _through(values: I64, shipment: I64) -> I64:
    """A column of shipments as allocations see it, -1 where they have none."""
    return np.append(values, NONE_IDX)[shipment]


def _filled(cells: Ids) -> Flags:
    return np.array([bool(cell) for cell in cells.to_pylist()], np.bool_)


def _repeated(*columns: I64) -> Flags:
    first, group = distinct(*columns)
    again: Flags = first[group] != np.arange(len(group))
    return again


def _i32(values: I64) -> np.typing.NDArray[np.int32]:
    return values.astype(np.int32)


def _known_rows(problem: Problem, prices: Texts, faults: list[Fault]) -> PricedRows:
    """The stock and capacity rows with a price that this problem has too; the others are left behind."""
    kinds = {kind.name.lower(): int(kind) for kind in (RowKind.STOCK, RowKind.SAFETY_STOCK, RowKind.CAPACITY)}
    kind = np.array([kinds.get(text, NONE_IDX) for text in prices["kind"].to_pylist()], np.int8)
    node, service = indices_of(prices["node"], problem.nodes.ids), indices_of(prices["service"], problem.services.ids)
    there = {
        "item": indices_of(prices["item"], problem.items.ids),
        "available_at": stated_numbers(PRICES, "available_at", prices["available_at"], faults),
        "lot": indices_of(prices["lot"], problem.lots),
        "pool": indices_of(prices["pool"], problem.pools),
    }
    position = positions_of(problem, there, node)
    caps = problem.capacities
    keys = zip(caps.node_idx.tolist(), caps.service_idx.tolist(), caps.measure.tolist(), strict=True)
    capacity_of = {key: at for at, key in enumerate(keys)}
    measures = {measure.name.lower(): int(measure) for measure in Measure}
    measure = [measures.get(text, NONE_IDX) for text in prices["measure"].to_pylist()]
    wanted = zip(node.tolist(), service.tolist(), measure, strict=True)
    capacity = np.array([capacity_of.get(key, NONE_IDX) for key in wanted], np.int64)
    keep = np.flatnonzero(np.where(kind == RowKind.CAPACITY, capacity >= 0, (kind >= 0) & (position >= 0)))
    is_capacity = kind[keep] == RowKind.CAPACITY
    starts_s, ends_s, price = (
        stated_numbers(PRICES, name, prices[name], faults) for name in ("starts", "ends", "price")
    )
    nothing = np.full(len(keep), NONE_IDX, np.int32)
    return PricedRows(
        kind=kind[keep],
        position_idx=np.where(is_capacity, NONE_IDX, position[keep]).astype(np.int32),
        capacity_idx=np.where(is_capacity, capacity[keep], NONE_IDX).astype(np.int32),
        node_idx=nothing,
        order_idx=nothing.copy(),
        starts_s=starts_s[keep],
        ends_s=ends_s[keep],
        limit=np.zeros(len(keep), np.int64),
        used=np.zeros(len(keep), np.int64),
        price_micros=price[keep],
    )
