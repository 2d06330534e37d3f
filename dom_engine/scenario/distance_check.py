"""Distances that are needed and cannot be had: a lane, rate or limit depends on them, and one end has no lat/lon.

Nothing is looked at pair by pair: orders fall into few profiles (the destination as lanes see it, the nodes and
services they admit), and the lanes of a service into groups of equal specificity, of which the first that matches
decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.transport import Mode
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.texts import shown
from dom_engine.scenario.typed import Cells, TypedTable
from dom_engine.units import UNLIMITED

_PROFILE_COLUMNS = ("services", "nodes", "exclude_nodes", "node_tags", "pickup_node")
_KM_COLUMNS = ("per_km", "per_unit_km", "per_kg_km")


@dataclass(frozen=True, slots=True)
class _Group:
    """Lanes of one service that are equally specific but for their bands."""

    banded: bool
    """Which of them is used depends on the distance."""
    by_km: bool
    """What the one used costs depends on the distance."""


@dataclass(frozen=True, slots=True)
class _Destination:
    """What the lanes can tell of an order: its country, and which of their prefixes its postal code has."""

    country: str
    prefixes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Profile:
    """Orders that no node, service or lane can tell apart."""

    destination: _Destination
    services: frozenset[int]
    nodes: frozenset[int]
    exclude_nodes: frozenset[int]
    node_tags: frozenset[str]
    pickup_node: int


@dataclass
class _Network:
    """Nodes, services and lanes as this check sees them."""

    groups: Mapping[tuple[int, int, str, str], _Group]
    node_rows: dict[int, int]
    node_tags: dict[int, frozenset[str]]
    far_nodes: frozenset[int]
    """Nodes with a max_distance_km."""
    services: dict[int, bool]
    """Enabled services, and whether they are picked up."""
    closed_pairs: frozenset[tuple[int, int]]
    _needs: dict[tuple[int, int, _Destination], bool | None] = field(default_factory=dict)

    def pairs(self, profile: _Profile) -> Iterator[tuple[int, int]]:
        """The (node, service) pairs that an order of the profile admits."""
        for node in self.node_rows:
            if (profile.nodes and node not in profile.nodes) or node in profile.exclude_nodes:
                continue
            if profile.pickup_node not in (NONE_IDX, node) or not profile.node_tags <= self.node_tags[node]:
                continue
            for service, is_pickup in self.services.items():
                admitted = not profile.services or service in profile.services
                collected = profile.pickup_node != NONE_IDX
                if admitted and is_pickup == collected and (node, service) not in self.closed_pairs:
                    yield node, service

    def needs_distance(self, node: int, service: int, destination: _Destination) -> bool:
        """Whether the distance between node and destination decides anything for the service."""
        key = node, service, destination
        if key not in self._needs:
            self._needs[key] = self._lane_depends(node, service, destination)
        depends = self._needs[key]
        return depends is not None and (depends or node in self.far_nodes)

    def _lane_depends(self, node: int, service: int, destination: _Destination) -> bool | None:
        """Whether the lane used, or its rate, depends on the distance; None when no lane matches."""
        for lane_node in (node, NONE_IDX):
            for country in dict.fromkeys((destination.country, "")):
                for prefix in destination.prefixes:
                    group = self.groups.get((service, lane_node, country, prefix))
                    if group is not None:
                        return group.banded or group.by_km
        return None


def check_distances(tables: Mapping[str, TypedTable], log: FaultLog) -> None:
    """Note orders and nodes without lat/lon where a distance to or from them is needed."""
    nodes, orders = tables["nodes"], tables["orders"]
    node_bare = nodes["lat"].blank & nodes["lon"].blank
    order_bare = orders["lat"].blank & orders["lon"].blank
    if not len(orders) or not (node_bare.any() or order_bare.any()):
        return
    network = _network(tables)
    if not network.far_nodes and not any(group.banded or group.by_km for group in network.groups.values()):
        return
    good = orders.good("lat", "lon", "country", "postal_code", *_PROFILE_COLUMNS)
    profiles, of_order = _profiles(orders, good, network)
    needy = [_first_need(network, profile, None) for profile in profiles]
    for row in np.flatnonzero(order_bare & good).tolist():
        pair = needy[int(of_order[row])]
        if pair is not None:
            log.add(orders.fault(row, "lat", "NO_LOCATION", _message(tables, "order", pair)))
    for node, row in network.node_rows.items():
        if node_bare[row] and not nodes["lat"].bad[row] and not nodes["lon"].bad[row]:
            found = (_first_need(network, profile, node) for profile in profiles)
            pair = next((pair for pair in found if pair is not None), None)
            if pair is not None:
                log.add(nodes.fault(row, "lat", "NO_LOCATION", _message(tables, "node", pair)))


def _first_need(network: _Network, profile: _Profile, only_node: int | None) -> tuple[int, int] | None:
    """The first pair of a profile, at one node or at any, for which a distance is needed."""
    for node, service in network.pairs(profile):
        if only_node in (None, node) and network.needs_distance(node, service, profile.destination):
            return node, service
    return None


def _message(tables: Mapping[str, TypedTable], end: str, pair: tuple[int, int]) -> str:
    node = shown(tables["nodes"]["node"].labels[pair[0]].as_py())
    service = shown(tables["services"]["service"].labels[pair[1]].as_py())
    return f"the {end} has no lat/lon, but the distance decides lane, rate or reach of service {service} from {node}"


def _network(tables: Mapping[str, TypedTable]) -> _Network:
    nodes, services, exceptions = tables["nodes"], tables["services"], tables["node_services"]
    open_nodes = np.flatnonzero(nodes.flags("enabled") & nodes.good("node", "enabled", "tags")).tolist()
    open_services = np.flatnonzero(services.flags("enabled") & services.good("service", "enabled", "mode")).tolist()
    closed = np.flatnonzero(~exceptions.flags("enabled") & exceptions.good("node", "service", "enabled")).tolist()
    node_idx, service_idx = nodes["node"].values.tolist(), services["service"].values.tolist()
    limited = nodes.ints("max_distance_km") < UNLIMITED
    return _Network(
        groups=_groups(tables),
        node_rows={node_idx[row]: row for row in open_nodes},
        node_tags={node_idx[row]: frozenset(_texts(nodes["tags"], row)) for row in open_nodes},
        far_nodes=frozenset(node_idx[row] for row in open_nodes if limited[row]),
        services={service_idx[row]: bool(services["mode"].values[row] == Mode.PICKUP) for row in open_services},
        closed_pairs=frozenset(
            (int(exceptions["node"].values[row]), int(exceptions["service"].values[row])) for row in closed
        ),
    )


def _groups(tables: Mapping[str, TypedTable]) -> dict[tuple[int, int, str, str], _Group]:
    """Lanes by (service, node, country, prefix).

    A lane whose band cannot be read counts as one without: its own fault is enough.
    """
    lanes, rates = tables["lanes"], tables["rates"]
    by_km = np.zeros(len(rates["rate"].labels) + 1, np.bool_)
    for column in _KM_COLUMNS:
        by_km[rates["rate"].values[(rates.floats(column) > 0) & rates.good("rate", column)]] = True
    readable = lanes.good("from_km", "to_km")
    banded = ((lanes.ints("from_km") > 0) | (lanes.ints("to_km") < UNLIMITED)) & readable
    priced = by_km[lanes["rate"].values]
    countries, prefixes = _written_out(lanes["country"]), _written_out(lanes["postal_prefix"])
    groups: dict[tuple[int, int, str, str], _Group] = {}
    for row in np.flatnonzero(lanes.good("service", "node", "country", "postal_prefix")).tolist():
        key = int(lanes["service"].values[row]), int(lanes["node"].values[row]), countries[row], prefixes[row]
        before = groups.get(key, _Group(False, False))
        groups[key] = _Group(before.banded or bool(banded[row]), before.by_km or bool(priced[row]))
    return groups


def _profiles(orders: TypedTable, good: Flags, network: _Network) -> tuple[list[_Profile], I64]:
    """The distinct profiles of the good orders, and per order the position of its own (-1: not good)."""
    destinations, of_destination = _destinations(orders, good, network)
    rows = np.flatnonzero(good)
    codes = [of_destination, *(orders[column].values[rows].astype(np.int64) for column in _PROFILE_COLUMNS)]
    distinct, first, inverse = np.unique(np.stack(codes, axis=1), axis=0, return_index=True, return_inverse=True)
    of_order = np.full(len(orders), NONE_IDX, np.int64)
    of_order[rows] = inverse.reshape(-1)
    profiles = []
    for at, row in enumerate(rows[first].tolist()):
        services, nodes, exclude_nodes = (frozenset(_entries(orders[name], row)) for name in _PROFILE_COLUMNS[:3])
        tags = frozenset(_texts(orders["node_tags"], row))
        pickup_node = int(orders["pickup_node"].values[row])
        destination = destinations[int(distinct[at, 0])]
        profiles.append(_Profile(destination, services, nodes, exclude_nodes, tags, pickup_node))
    return profiles, of_order


def _destinations(orders: TypedTable, good: Flags, network: _Network) -> tuple[list[_Destination], I64]:
    """The distinct destinations of the good orders, and for each of these the position of its own."""
    known = {prefix for _, _, _, prefix in network.groups}
    lengths = sorted({len(prefix) for prefix in known}, reverse=True)
    country, postal = orders["country"], orders["postal_code"]
    chains = [
        tuple(text[:length] for length in lengths if len(text) >= length and text[:length] in known)
        for text in [*postal.labels.to_pylist(), ""]
    ]
    countries = [*country.labels.to_pylist(), ""]
    rows = np.flatnonzero(good)
    pairs = np.stack([country.values[rows], postal.values[rows]], axis=1)
    distinct, inverse = np.unique(pairs, axis=0, return_inverse=True)
    number: dict[_Destination, int] = {}
    of_pair = [number.setdefault(_Destination(countries[c], chains[p]), len(number)) for c, p in distinct.tolist()]
    return list(number), np.array(of_pair, np.int64)[inverse.reshape(-1)]


def _entries(cells: Cells, row: int) -> list[int]:
    """The entries of one list cell."""
    code = int(cells.values[row])
    return [] if code < 0 else cells.entries[cells.entry_ptr[code] : cells.entry_ptr[code + 1]].tolist()


def _texts(cells: Cells, row: int) -> list[str]:
    """The labels of one list cell."""
    return [cells.labels[code].as_py() for code in _entries(cells, row)]


def _written_out(cells: Cells) -> list[str]:
    texts: list[str] = cells.encoded.texts().to_pylist()
    return texts
