"""The filters of section 8, in their order: what remains for an order line, or which filter removed the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.exact import ratio
from dom_engine.audit.filter_details import FilterDetails
from dom_engine.audit.window import judged_s
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.result import Reason

RideKey = tuple[int, int, int]
"""Node, service, dispatch instant."""


class Source(NamedTuple):
    """Where a unit can come from: a position's free stock or its safety stock, and when it is ready for the order."""

    position: int
    from_safety: bool
    item: int
    ready_s: int


@dataclass(slots=True)
class LineCandidates:
    """What remains of an order line's candidates: by ride, the sources whose units can take it, and each pair's lane.

    Where nothing remains, ``reason`` is the filter that removed the last candidate and ``detail`` says how.
    """

    rides: dict[RideKey, list[Source]] = field(default_factory=dict)
    lanes: dict[tuple[int, int], int] = field(default_factory=dict)
    reason: Reason | None = None
    detail: str = ""


class Filters:
    """Runs the filters for one order line at a time; look-ups shared by lines are kept."""

    def __init__(self, auditor: Auditor) -> None:
        self._auditor = auditor
        self._problem = auditor.problem
        self._network = auditor.network
        self._details = FilterDetails(auditor.problem, auditor.network)
        problem = auditor.problem
        by_item = np.argsort(problem.positions.item_idx, kind="stable")
        self._positions_by_item = by_item
        self._item_ptr = np.searchsorted(problem.positions.item_idx[by_item], np.arange(len(problem.items) + 1))
        self._enabled_nodes = frozenset(np.flatnonzero(problem.nodes.enabled).tolist())
        self._services: dict[tuple[int, tuple[int, ...], bool], tuple[int, ...]] = {}
        self._carries: dict[tuple[int, tuple[int, ...]], bool] = {}
        self._ready: dict[tuple[int, int], int] = {}
        # Plain lists where single values are read: a NumPy scalar costs three times as much.
        self._from_m: list[int] = problem.lanes.from_m.tolist()
        self._to_m: list[int] = problem.lanes.to_m.tolist()
        self._available_at_s: list[int] = problem.positions.available_at_s.tolist()
        self._expires_at_s: list[int] = problem.positions.expires_at_s.tolist()
        self._weight_g: list[int] = problem.items.weight_g.tolist()
        self._max_weight_g: list[int] = problem.services.max_weight_g.tolist()
        self._tags: dict[int, tuple[int, ...]] = {}
        self._order = NONE_IDX
        self._order_nodes: frozenset[int] = frozenset()
        self._order_place: tuple[int, str] = (NONE_IDX, "")
        self._distances: dict[int, int] = {}

    def candidates(self, line: int) -> LineCandidates:
        """The candidates of an order line, or why there are none."""
        order = int(self._problem.lines.order_idx[line])
        if order != self._order:
            orders = self._problem.orders
            self._order, self._distances = order, {}
            self._order_nodes = self._nodes_of(order)
            self._order_place = int(orders.country_idx[order]), orders.postal_code[order].as_py() or ""
        if not self._enabled_nodes:
            return LineCandidates(reason=Reason.NODE_DISABLED, detail="every node is disabled")
        nodes = self._nodes_of_line(line)
        if not nodes:
            return LineCandidates(reason=Reason.NODE_EXCLUDED, detail=self._details.node_excluded(line))
        sources = self.sources(line, nodes)
        if not sources:
            positions = [position for item in self.items(line) for position in self.positions(item)]
            return LineCandidates(reason=Reason.NO_STOCK, detail=self._details.no_stock(line, positions, nodes))
        pairs, reason, detail = self._pairs(line, sources)
        if reason is not None:
            return LineCandidates(reason=reason, detail=detail)
        return self._rides(line, pairs, sources)

    # Nodes and stock.

    def _nodes_of(self, order: int) -> frozenset[int]:
        orders = self._problem.orders
        lists = (orders.nodes, orders.exclude_nodes, orders.node_tags)
        if orders.pickup_node_idx[order] == NONE_IDX and not any(len(entries[order]) for entries in lists):
            return self._enabled_nodes
        if not len(orders.node_tags[order]):
            # Most orders that name nodes name nothing else: arrays of a few nodes cost more than sets.
            only, pickup = orders.nodes[order].tolist(), int(orders.pickup_node_idx[order])
            kept = self._enabled_nodes.intersection(only) if only else self._enabled_nodes
            kept = kept if pickup == NONE_IDX else kept & {pickup}
            return kept.difference(orders.exclude_nodes[order].tolist())
        nodes = np.array(sorted(self._enabled_nodes), np.int64)
        allowed = self._network.node_allowed(np.full(len(nodes), order), nodes)
        return frozenset(nodes[allowed].tolist())

    def _nodes_of_line(self, line: int) -> frozenset[int]:
        lines, nodes = self._problem.lines, self._order_nodes
        only, never = lines.nodes[line], lines.exclude_nodes[line]
        if len(only):
            nodes = nodes & frozenset(only.tolist())
        return nodes - frozenset(never.tolist()) if len(never) else nodes

    def items(self, line: int) -> list[int]:
        """The line's item, then its substitutes."""
        lines = self._problem.lines
        item = int(lines.item_idx[line])
        return [item, *(other for other in lines.substitutes[line].tolist() if other != item)]

    def positions(self, item: int) -> list[int]:
        """The positions of an item, ascending."""
        found: list[int] = self._positions_by_item[self._item_ptr[item] : self._item_ptr[item + 1]].tolist()
        return found

    def sources(self, line: int, nodes: frozenset[int] | set[int]) -> dict[int, list[Source]]:
        """By node, where units for the line can come from, whenever they are ready."""
        problem, positions = self._problem, self._problem.positions
        order = int(problem.lines.order_idx[line])
        entitled = bool(problem.orders.priority[order] <= problem.policy.safety_stock_priority)
        pools = problem.orders.pools[order]
        found: dict[int, list[Source]] = {}
        for item in self.items(line):
            for position in self.positions(item):
                node, pool = int(positions.node_idx[position]), positions.pool_idx[position]
                if node not in nodes or (pool != NONE_IDX and pool not in pools):
                    continue
                free = positions.free[position] > 0
                safety = entitled and positions.covered_safety[position] > 0
                if free or safety:
                    ready_s = self._ready_s(order, node, position)
                    here = found.setdefault(node, [])
                    if free:
                        here.append(Source(position, False, item, ready_s))
                    if safety:
                        here.append(Source(position, True, item, ready_s))
        return found

    def _ready_s(self, order: int, node: int, position: int) -> int:
        problem = self._problem
        start_s = max(
            problem.now_s,
            int(problem.orders.released_at_s[order]),
            self._available_at_s[position],
        )
        key = (node, start_s)
        if key not in self._ready:
            ready = self._network.clock.ready_s(np.array([node]), np.array([start_s], np.int64))
            self._ready[key] = int(ready[0])
        return self._ready[key]

    # Services and lanes.

    def _pairs(
        self, line: int, sources: dict[int, list[Source]]
    ) -> tuple[dict[tuple[int, int], int], Reason | None, str]:
        """The (node, service) pairs that may serve the line, each with its lane."""
        problem, details = self._problem, self._details
        order = int(problem.lines.order_idx[line])
        pairs = [(node, service) for node in sources for service in self._services_of(order, node)]
        if not pairs:
            return {}, Reason.SERVICE_EXCLUDED, details.service_excluded(line, sources)
        self._measure(order, sources)
        lanes = {pair: self._lane(*pair) for pair in pairs}
        found = {pair: lane for pair, lane in lanes.items() if lane != NONE_IDX}
        if not found:
            return {}, Reason.NO_LANE, details.no_lane(line, pairs)
        max_m = problem.nodes.max_distance_m
        near = {pair: lane for pair, lane in found.items() if self._distances[pair[0]] <= max_m[pair[0]]}
        if not near:
            return {}, Reason.TOO_FAR, details.too_far(self._distances, found)
        services = np.array([service for _, service in near])
        agrees = self._network.incoterm_agrees(np.full(len(near), order), services)
        agreed = {pair: lane for (pair, lane), fits in zip(near.items(), agrees, strict=True) if fits}
        if not agreed:
            return {}, Reason.INCOTERM_MODE, details.incoterm_mode(line, near)
        return agreed, None, ""

    def _services_of(self, order: int, node: int) -> tuple[int, ...]:
        orders = self._problem.orders
        listed = tuple(orders.services[order].tolist())
        key = (node, listed, bool(orders.pickup_node_idx[order] != NONE_IDX))
        if key not in self._services:
            services = np.arange(len(self._problem.services))
            ok = self._network.service_allowed(np.full(len(services), order), services)
            ok &= self._network.service_enabled(np.full(len(services), node), services)
            self._services[key] = tuple(np.flatnonzero(ok).tolist())
        return self._services[key]

    def _measure(self, order: int, nodes: Iterable[int]) -> None:
        missing = np.array([node for node in nodes if node not in self._distances], np.int64)
        if len(missing):
            metres = self._network.distance_m(np.full(len(missing), order), missing)
            self._distances.update(zip(missing.tolist(), metres.tolist(), strict=True))

    def _lane(self, node: int, service: int) -> int:
        metres = self._distances[node]
        for lane in self._network.lane_chain(service, node, *self._order_place):
            if self._from_m[lane] <= metres < self._to_m[lane]:
                return lane
        return NONE_IDX

    # Loads and instants.

    def _carried(self, service: int, source: Source) -> bool:
        item = source.item
        # Items that share their tags share the answer: a forwarder's orders have an item of its own each.
        if item not in self._tags:
            self._tags[item] = tuple(self._problem.items.tags[item].tolist())
        key = (service, self._tags[item])
        if key not in self._carries:
            self._carries[key] = bool(self._network.carries(np.array([service]), np.array([item]))[0])
        return self._carries[key] and self._weight_g[item] <= self._max_weight_g[service]

    def _rate_reached(self, order: int, service: int, lane: int) -> bool:
        """Whether all the order's units together are heavy enough for the lane's rate."""
        problem = self._problem
        floor_g = int(self._auditor.rates.floor_g[problem.lanes.rate_idx[lane]])
        if floor_g == 0:
            return True
        numerator, denominator = ratio(float(problem.services.kg_per_m3[service]))
        weight_g = volume_cm3 = 0
        for line in range(problem.orders.line_ptr[order], problem.orders.line_ptr[order + 1]):
            items = self.items(line)
            units = int(problem.lines.quantity[line])
            weight_g += units * max(int(problem.items.weight_g[item]) for item in items)
            volume_cm3 += units * max(int(problem.items.volume_cm3[item]) for item in items)
        return max(weight_g, -(-volume_cm3 * numerator // (1_000 * denominator))) >= floor_g

    def _rides(self, line: int, pairs: dict[tuple[int, int], int], sources: dict[int, list[Source]]) -> LineCandidates:
        problem, details = self._problem, self._details
        order = int(problem.lines.order_idx[line])
        carried: dict[tuple[int, int], list[Source]] = {}
        for (node, service), lane in pairs.items():
            if self._rate_reached(order, service, lane):
                here = [source for source in sources[node] if self._carried(service, source)]
                if here:
                    carried[node, service] = here
        if not carried:
            return LineCandidates(reason=Reason.CANNOT_CARRY, detail=details.cannot_carry(pairs, self.items(line)))
        rides = self._ready_rides(order, carried)
        if not rides:
            return LineCandidates(reason=Reason.NOT_READY, detail=details.not_ready(line, carried))
        if problem.orders.hard_window[order]:
            kept = self._within_window(line, pairs, rides)
            if not kept:
                return LineCandidates(reason=Reason.WINDOW, detail=details.window(line, pairs, rides))
            rides = kept
        worth = self._worthy(order, rides)
        if not worth:
            return LineCandidates(reason=Reason.BELOW_MIN_VALUE, detail=details.below_min_value(rides))
        return LineCandidates(rides=worth, lanes=pairs)

    def _ready_rides(self, order: int, carried: dict[tuple[int, int], list[Source]]) -> dict[RideKey, list[Source]]:
        problem = self._problem
        backorder = bool(problem.orders.backorder[order])
        rides: dict[RideKey, list[Source]] = {}
        for (node, service), sources in carried.items():
            dispatches = self._network.clock.dispatches(node, service)
            for source in sources:
                if not backorder and self._available_at_s[source.position] > problem.now_s:
                    continue
                expires_s = self._expires_at_s[source.position]
                for dispatch_s in dispatches:
                    if source.ready_s <= dispatch_s < expires_s:
                        rides.setdefault((node, service, dispatch_s), []).append(source)
        return rides

    def _within_window(
        self, line: int, pairs: dict[tuple[int, int], int], rides: dict[RideKey, list[Source]]
    ) -> dict[RideKey, list[Source]]:
        problem = self._problem
        order = int(problem.lines.order_idx[line])
        earliest_s, latest_s = int(problem.orders.earliest_s[order]), int(problem.lines.latest_s[line])
        kept = {}
        for key, sources in rides.items():
            inside = [
                source
                for source in sources
                if earliest_s <= judged_s(self._network, order, key, pairs[key[:2]], source.ready_s) <= latest_s
            ]
            if inside:
                kept[key] = inside
        return kept

    def _worthy(self, order: int, rides: dict[RideKey, list[Source]]) -> dict[RideKey, list[Source]]:
        """Rides from nodes where all that the node could add of the order reaches its least shipment value."""
        least = self._problem.nodes.min_shipment_value_micros
        demanding = {node for node, _, _ in rides if least[node] > 0}
        poor = {node for node in demanding if self._potential_micros(order, node) < least[node]}
        return {key: sources for key, sources in rides.items() if key[0] not in poor} if poor else rides

    def _potential_micros(self, order: int, node: int) -> int:
        problem, positions = self._problem, self._problem.positions
        value = 0
        for line in range(problem.orders.line_ptr[order], problem.orders.line_ptr[order + 1]):
            here = self.sources(line, self._nodes_of_line(line) & {node}).get(node, [])
            stock = sum(
                int(
                    positions.covered_safety[source.position] if source.from_safety else positions.free[source.position]
                )
                for source in here
            )
            value += int(problem.lines.unit_price_micros[line]) * min(stock, int(problem.lines.quantity[line]))
        return value
