"""What a planner reads about each filter: the nearest miss, in the scenario's own ids and instants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dom_engine.audit.names import Names, moment_text
from dom_engine.audit.network import Network
from dom_engine.audit.window import judged_s
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import Incoterm
from dom_engine.domain.transport import Mode
from dom_engine.units import money_text, thousandths_text

if TYPE_CHECKING:
    from dom_engine.audit.filters import RideKey, Source

MOST_NAMED = 3


def listed(texts: Iterable[str]) -> str:
    """The first few distinct texts, and how many more there are."""
    distinct = list(dict.fromkeys(texts))
    more = len(distinct) - MOST_NAMED
    return ", ".join(distinct[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


class FilterDetails:
    """Writes one sentence for each filter of section 8 that removed a line's last candidate."""

    def __init__(self, problem: Problem, network: Network) -> None:
        self._problem = problem
        self._network = network
        self._names = Names(problem)

    def _order(self, line: int) -> int:
        return int(self._problem.lines.order_idx[line])

    def node_excluded(self, line: int) -> str:
        """No enabled node is allowed."""
        pickup = int(self._problem.orders.pickup_node_idx[self._order(line)])
        if pickup != NONE_IDX:
            return f"only its pickup node {self._names.node(pickup)} may serve it, which is disabled or excluded"
        return "the order and the line allow no enabled node"

    def no_stock(self, line: int, positions: Sequence[int], nodes: frozenset[int]) -> str:
        """No unit that is open to the line at a node that may serve it."""
        what = listed(self._names.item(self._problem.positions.item_idx[position]) for position in positions)
        item = self._names.item(self._problem.lines.item_idx[line])
        if not positions:
            return f"no node stocks {item}"
        misses = (f"{self._names.position(position)} {self._miss(position, nodes)}" for position in positions)
        return f"no {what} that the order may take: {listed(misses)}"

    def _miss(self, position: int, nodes: frozenset[int]) -> str:
        problem, positions = self._problem, self._problem.positions
        node = int(positions.node_idx[position])
        if node not in nodes:
            return "is at a disabled node" if not problem.nodes.enabled[node] else "is at an excluded node"
        if not positions.free[position] and not positions.covered_safety[position]:
            return "is empty" if not positions.quantity[position] else "is all reserved"
        if positions.pool_idx[position] != NONE_IDX and positions.free[position]:
            return "is in a pool that the order does not name"
        return "is safety stock, closed to the order's priority"

    def service_excluded(self, line: int, nodes: Iterable[int]) -> str:
        """No service from the nodes that have stock."""
        pickup = self._problem.orders.pickup_node_idx[self._order(line)] != NONE_IDX
        kind = "pickup service" if pickup else "service that the order accepts"
        return f"no {kind} runs from {listed(self._names.node(node) for node in sorted(nodes))}"

    def no_lane(self, line: int, pairs: Iterable[tuple[int, int]]) -> str:
        """No lane to the order's address."""
        problem, order = self._problem, self._order(line)
        country = int(problem.orders.country_idx[order])
        place = [str(problem.territories[country].as_py())] if country != NONE_IDX else []
        place += [problem.orders.postal_code[order].as_py()] if problem.orders.postal_code[order].as_py() else []
        return f"no lane to {' '.join(place) or 'the order'} from {self._pairs(pairs)}"

    def _pairs(self, pairs: Iterable[tuple[int, int]]) -> str:
        names = self._names
        return listed(f"{names.node(node)} by {names.service(service)}" for node, service in sorted(pairs))

    def too_far(self, distances_m: Mapping[int, int], pairs: Iterable[tuple[int, int]]) -> str:
        """Every node is farther than it ships."""
        limit_m = self._problem.nodes.max_distance_m
        node = min({node for node, _ in pairs}, key=lambda node: (distances_m[node] - limit_m[node], node))
        return (
            f"{self._names.node(node)} is {thousandths_text(distances_m[node])} km away and ships no farther than "
            f"{thousandths_text(int(limit_m[node]))} km"
        )

    def incoterm_mode(self, line: int, pairs: Iterable[tuple[int, int]]) -> str:
        """The Incoterm exists for none of the modes offered."""
        rule = Incoterm(int(self._problem.orders.incoterm[self._order(line)])).name
        modes = listed(Mode(int(self._problem.services.mode[service])).name.lower() for _, service in sorted(pairs))
        return f"{rule} is for sea and barge; what is offered goes by {modes}"

    def cannot_carry(self, pairs: Mapping[tuple[int, int], int], items: Sequence[int]) -> str:
        """Tags, weights or rates rule every service out."""
        problem, names = self._problem, self._names
        causes = []
        for service in sorted({service for _, service in pairs}):
            for item in items:
                tags = set(problem.items.tags[item].tolist()) - set(problem.services.carries[service].tolist())
                if tags:
                    unmet = ", ".join(problem.tags[tag].as_py() for tag in sorted(tags))
                    causes.append(f"{names.service(service)} does not carry {unmet}")
                elif problem.items.weight_g[item] > problem.services.max_weight_g[service]:
                    weight = thousandths_text(int(problem.items.weight_g[item]))
                    limit = thousandths_text(int(problem.services.max_weight_g[service]))
                    causes.append(f"one {names.item(item)} weighs {weight} kg, {names.service(service)} takes {limit}")
                else:
                    causes.append(f"the rate of {names.service(service)} starts above the order's weight")
        return listed(causes)

    def not_ready(self, line: int, carried: Mapping[tuple[int, int], Sequence[Source]]) -> str:
        """Nothing can leave in the horizon."""
        problem, names, positions = self._problem, self._names, self._problem.positions
        clock = self._network.clock
        if not any(clock.dispatches(*pair) for pair in carried):
            return f"no dispatch within the horizon from {self._pairs(carried)}"
        misses = []
        for pair, sources in sorted(carried.items()):
            for source in sources:
                inbound = positions.available_at_s[source.position] > problem.now_s
                units = f"{names.node(pair[0])} has {self._units(source)} {names.item(source.item)}"
                if inbound and not problem.orders.backorder[self._order(line)]:
                    since = moment_text(positions.available_at_s[source.position])
                    misses.append(f"{units} only from {since}, and the order takes no backorder")
                elif clock.dispatches(*pair) and source.ready_s > clock.dispatches(*pair)[-1]:
                    last = moment_text(clock.dispatches(*pair)[-1])
                    misses.append(f"{units} ready {self._ready(source)}, after the last dispatch at {last}")
                else:
                    misses.append(f"{units} that expire before they can be dispatched")
        return listed(misses)

    def _units(self, source: Source) -> int:
        positions = self._problem.positions
        stock = positions.covered_safety if source.from_safety else positions.free
        return int(stock[source.position])

    def _ready(self, source: Source) -> str:
        return f"from {moment_text(source.ready_s)}" if moment_text(source.ready_s) != "never" else "too late"

    def window(self, line: int, pairs: Mapping[tuple[int, int], int], rides: Mapping[RideKey, Sequence[Source]]) -> str:
        """Every ride is judged outside the hard window; the one that misses it least is named."""
        problem, names, order = self._problem, self._names, self._order(line)
        earliest_s, latest_s = int(problem.orders.earliest_s[order]), int(problem.lines.latest_s[line])

        judgements = (
            (judged_s(self._network, order, key, pairs[key[:2]], source.ready_s), key, source)
            for key, sources in rides.items()
            for source in sources
        )
        judged, ride, source = min(judgements, key=lambda row: (max(row[0] - latest_s, earliest_s - row[0]), row[1:]))
        late = judged > latest_s
        edge = f"after the hard window's end {moment_text(latest_s)}"
        if not late:
            edge = f"before the hard window's start {moment_text(earliest_s)}"
        since = problem.positions.available_at_s[source.position]
        stock = f"{names.node(ride[0])} has {self._units(source)} {names.item(source.item)}"
        stock += f" from {moment_text(since)}" if since > problem.now_s else ""
        return f"{stock}; judged at {moment_text(judged)} by {names.service(ride[1])}, {edge}"

    def below_min_value(self, rides: Iterable[RideKey]) -> str:
        """No node's least shipment value can be reached."""
        least = self._problem.nodes.min_shipment_value_micros
        nodes = np.unique([node for node, _, _ in rides]).tolist()
        texts = (f"{self._names.node(node)} ships nothing below {money_text(int(least[node]))}" for node in nodes)
        return f"what the order could take is worth too little: {listed(texts)}"
