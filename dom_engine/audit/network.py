"""The network as a shipment meets it: who may ship to whom, how far, by which lane, at whose cost (sections 3, 6)."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import numpy as np
import pyarrow.compute as pc

from dom_engine.audit.clock import Clock
from dom_engine.audit.exact import Integers, ratios
from dom_engine.audit.tables import Indices, allowed, contains, covers, distinct
from dom_engine.domain.columns import F64, I32, I64, NONE_IDX, Flags
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import (
    WATERBORNE_ONLY,
    Delivery,
    Incoterm,
    NamedPlace,
    Stage,
    delivery_of,
    seller_stages,
)
from dom_engine.domain.transport import Lanes, Mode
from dom_engine.units import UNLIMITED

EARTH_RADIUS_M = 6_371_008.8

SELLER_BEARS = np.array(
    [[[stage in seller_stages(rule, place) for stage in Stage] for place in NamedPlace] for rule in Incoterm]
)
"""bool[Incoterm, NamedPlace, Stage]: whether the seller bears the stage."""

DELIVERY = np.array([[delivery_of(rule, place) for place in NamedPlace] for rule in Incoterm], np.int8)
"""int8[Incoterm, NamedPlace]: the ``Delivery`` of the rule."""

_WATERBORNE_RULE = np.array([rule in WATERBORNE_ONLY for rule in Incoterm])
_WATERBORNE_MODE = np.array([mode in (Mode.SEA, Mode.BARGE) for mode in Mode])

LaneChain = tuple[int, ...]
"""The lanes that match all but the distance, the most specific first."""


def great_circle_m(lat_a: F64, lon_a: F64, lat_b: F64, lon_b: F64) -> I64:
    """Haversine distance in whole metres, half-even, between points in degrees."""
    phi_a, phi_b = np.radians(lat_a), np.radians(lat_b)
    half_phi, half_lambda = (phi_b - phi_a) / 2, np.radians(lon_b - lon_a) / 2
    chord = np.sin(half_phi) ** 2 + np.cos(phi_a) * np.cos(phi_b) * np.sin(half_lambda) ** 2
    metres: F64 = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(1.0, chord)))
    return np.rint(metres).astype(np.int64)


@of_parts("lanes")
def _lane_classes(problem: Problem) -> tuple[Mapping[tuple[int, int, int, str], LaneChain], tuple[int, ...]]:
    """Lanes of each (service, node, country, prefix), the narrower band first, and the lengths of prefixes in use.

    The longest length comes first; 0 is always among them.
    """
    lanes = problem.lanes
    prefixes = [prefix or "" for prefix in lanes.postal_prefix.to_pylist()]
    classes: dict[tuple[int, int, int, str], list[int]] = {}
    for lane, prefix in enumerate(prefixes):
        key = (int(lanes.service_idx[lane]), int(lanes.node_idx[lane]), int(lanes.country_idx[lane]), prefix)
        classes.setdefault(key, []).append(lane)
    ordered = {key: tuple(sorted(rows, key=lambda lane: _band_rank(lanes, lane))) for key, rows in classes.items()}
    return MappingProxyType(ordered), tuple(sorted({0, *map(len, prefixes)}, reverse=True))


def _band_rank(lanes: Lanes, lane_idx: int) -> tuple[int, int]:
    from_m, to_m = int(lanes.from_m[lane_idx]), int(lanes.to_m[lane_idx])
    return (UNLIMITED, -from_m) if to_m >= UNLIMITED else (to_m - from_m, 0)


class Network:
    """Look-ups over one problem, memoised; build it once and share it between the functions of the audit.

    Every method takes equally long index columns and answers one entry per row.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.clock = Clock(problem)
        self._lanes_by_class, self._prefix_lengths = _lane_classes(problem)
        self._chains: dict[tuple[int, int, int, str], LaneChain] = {}

    def distance_m(self, order_idx: Indices, node_idx: Indices) -> I64:
        """Great-circle metres from node to order, 0 where either end has no location."""
        orders, nodes = self.problem.orders, self.problem.nodes
        metres = great_circle_m(nodes.lat[node_idx], nodes.lon[node_idx], orders.lat[order_idx], orders.lon[order_idx])
        return np.where(nodes.has_location[node_idx] & orders.has_location[order_idx], metres, 0)

    def node_allowed(self, order_idx: Indices, node_idx: Indices) -> Flags:
        """Whether the order accepts the node: its lists of nodes, the tags it asks for, its pickup node."""
        orders = self.problem.orders
        pickup = orders.pickup_node_idx[order_idx]
        picked_up_there: Flags = (pickup == NONE_IDX) | (pickup == node_idx)
        return (
            picked_up_there
            & allowed(orders.nodes, order_idx, node_idx)
            & ~contains(orders.exclude_nodes, order_idx, node_idx)
            & covers(self.problem.nodes.tags, node_idx, orders.node_tags, order_idx)
        )

    def line_node_allowed(self, line_idx: Indices, node_idx: Indices) -> Flags:
        """Whether the order line's own lists accept the node."""
        lines = self.problem.lines
        return allowed(lines.nodes, line_idx, node_idx) & ~contains(lines.exclude_nodes, line_idx, node_idx)

    def service_enabled(self, node_idx: Indices, service_idx: Indices) -> Flags:
        """Whether the service and its pair with the node are enabled."""
        pairs = self.problem.node_services
        disabled = pairs.node_idx[~pairs.enabled].astype(np.int64) * len(self.problem.services)
        key = np.asarray(node_idx, np.int64) * len(self.problem.services) + service_idx
        return self.problem.services.enabled[service_idx] & ~np.isin(key, disabled + pairs.service_idx[~pairs.enabled])

    def service_allowed(self, order_idx: Indices, service_idx: Indices) -> Flags:
        """Whether the order accepts the service: its list, and pickup services for pickup orders alone."""
        orders = self.problem.orders
        picks_up = orders.pickup_node_idx[order_idx] != NONE_IDX
        agrees: Flags = picks_up == (self.problem.services.mode[service_idx] == Mode.PICKUP)
        return agrees & allowed(orders.services, order_idx, service_idx)

    def incoterm_agrees(self, order_idx: Indices, service_idx: Indices) -> Flags:
        """Whether the order's Incoterm exists for the service's mode."""
        rule, mode = self.problem.orders.incoterm[order_idx], self.problem.services.mode[service_idx]
        agrees: Flags = ~_WATERBORNE_RULE[rule] | _WATERBORNE_MODE[mode]
        return agrees

    def carries(self, service_idx: Indices, item_idx: Indices) -> Flags:
        """Whether the service carries every tag of the item."""
        return covers(self.problem.services.carries, service_idx, self.problem.items.tags, item_idx)

    def is_preferred(self, order_idx: Indices, service_idx: Indices) -> Flags:
        """Whether the service is one of the customer's, or the customer named none."""
        return allowed(self.problem.orders.preferred_services, order_idx, service_idx)

    def lane_chain(self, service_idx: int, node_idx: int, country_idx: int, postal_code: str) -> LaneChain:
        """The lanes that match all but the distance.

        Node given first, then country given, then the longer prefix, then the narrower band.
        """
        key = (service_idx, node_idx, country_idx, postal_code[: self._prefix_lengths[0]])
        chain = self._chains.get(key)
        if chain is None:
            found: list[int] = []
            for node in (node_idx, NONE_IDX):
                for country in dict.fromkeys((country_idx, NONE_IDX)):
                    for length in self._prefix_lengths:
                        if length <= len(postal_code):
                            rank = (service_idx, node, country, postal_code[:length])
                            found += self._lanes_by_class.get(rank, ())
            chain = self._chains[key] = tuple(found)
        return chain

    @cached_property
    def _postal_class(self) -> tuple[I64, list[str]]:
        """Each order's postal code cut to the longest prefix in use, as codes into a short list of texts."""
        if not self._prefix_lengths[0]:
            return np.zeros(len(self.problem.orders), np.int64), [""]
        cut = pc.utf8_slice_codeunits(self.problem.orders.postal_code, 0, self._prefix_lengths[0])
        encoded = pc.fill_null(cut, "").dictionary_encode()
        return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64), encoded.dictionary.to_pylist()

    def lane_idx(self, order_idx: Indices, node_idx: Indices, service_idx: Indices, distance_m: I64) -> I32:
        """The most specific lane that matches, -1 for none."""
        country = self.problem.orders.country_idx[order_idx]
        codes, texts = self._postal_class
        postal = codes[order_idx]
        first, group = distinct(service_idx, node_idx, country, postal)
        chains: dict[LaneChain, int] = {}
        number = np.zeros(len(first), np.int64)
        for k, row in enumerate(first):
            key = (int(service_idx[row]), int(node_idx[row]), int(country[row]), texts[postal[row]])
            number[k] = chains.setdefault(self.lane_chain(*key), len(chains))
        lane_of = np.full(len(order_idx), NONE_IDX, np.int32)
        chain_of = number[group]
        by_chain = np.argsort(chain_of, kind="stable")
        ends = np.searchsorted(chain_of[by_chain], np.arange(len(chains)), side="right")
        for chain, rows in zip(chains, np.split(by_chain, ends[:-1]) if len(chains) else [], strict=True):
            lane_of[rows] = self._first_in_band(chain, distance_m[rows])
        return lane_of

    def _first_in_band(self, chain: LaneChain, distance_m: I64) -> I32:
        lanes = self.problem.lanes
        chosen = np.full(len(distance_m), NONE_IDX, np.int32)
        for lane in reversed(chain):
            chosen[(lanes.from_m[lane] <= distance_m) & (distance_m < lanes.to_m[lane])] = lane
        return chosen

    def crosses_border(self, order_idx: Indices, node_idx: Indices) -> Flags:
        """Whether clearance and duties arise: both ends have a customs territory, and not the same one."""
        here, there = self.problem.nodes.customs_idx[node_idx], self.problem.orders.customs_idx[order_idx]
        crosses: Flags = (here != NONE_IDX) & (there != NONE_IDX) & (here != there)
        return crosses

    @cached_property
    def _duty_rows(self) -> dict[tuple[int, int], list[tuple[str, int]]]:
        """Duty rows of each (origin, destination), the longest HS prefix first."""
        duties = self.problem.duties
        rows: dict[tuple[int, int], list[tuple[str, int]]] = {}
        for row, prefix in enumerate(duties.hs_prefix.to_pylist()):
            ends = int(duties.origin_idx[row]), int(duties.destination_idx[row])
            rows.setdefault(ends, []).append((prefix or "", row))
        for found in rows.values():
            found.sort(key=lambda entry: -len(entry[0]))
        return rows

    @cached_property
    def _hs_codes(self) -> list[str]:
        return [code or "" for code in self.problem.items.hs_code.to_pylist()]

    @cached_property
    def _duty_pct(self) -> tuple[Integers, int]:
        return ratios(self.problem.duties.pct)

    @property
    def duty_denominator(self) -> int:
        """What ``duty_pct`` is to be divided by."""
        return self._duty_pct[1]

    def duty_pct(self, order_idx: Indices, node_idx: Indices, item_idx: Indices) -> Integers:
        """Percent of duty on an item shipped from node to order, times ``duty_denominator``."""
        numerators = np.append(self._duty_pct[0], 0)
        if not len(self.problem.duties):
            return np.zeros(len(order_idx), np.int64)
        origin = self.problem.items.origin_idx[item_idx]
        origin = np.where(origin == NONE_IDX, self.problem.nodes.customs_idx[node_idx], origin)
        destination = self.problem.orders.customs_idx[order_idx]
        dutiable = np.flatnonzero(self.crosses_border(order_idx, node_idx))
        first, group = distinct(origin[dutiable], destination[dutiable], item_idx[dutiable])
        row_of = np.full(len(order_idx), len(numerators) - 1, np.int64)
        samples = dutiable[first]
        found = [
            self._duty_row(int(origin[row]), int(destination[row]), self._hs_codes[item_idx[row]]) for row in samples
        ]
        row_of[dutiable] = np.array(found, np.int64)[group]
        return numerators[row_of]

    def _duty_row(self, origin_idx: int, destination_idx: int, hs_code: str) -> int:
        for prefix, row in self._duty_rows.get((origin_idx, destination_idx), ()):
            if hs_code.startswith(prefix):
                return row
        return len(self.problem.duties)

    def delivery_s(self, order_idx: Indices, lane_idx: Indices, dispatch_s: I64, arrival_s: I64, ready_s: I64) -> I64:
        """When the seller has delivered (section 6); ``ready_s`` is the latest ready instant aboard."""
        orders, lanes = self.problem.orders, self.problem.lanes
        kind = DELIVERY[orders.incoterm[order_idx], orders.named_place[order_idx]]
        no_lane = lane_idx == NONE_IDX
        # A blank lane has no durations; index -1 would read the last lane's.
        pre_s = np.where(no_lane, 0, lanes.pre_carriage_s[lane_idx]) if len(lanes) else np.zeros_like(dispatch_s)
        export_s = np.where(no_lane, 0, lanes.export_s[lane_idx]) if len(lanes) else np.zeros_like(dispatch_s)
        return np.select(
            [
                kind == Delivery.EX_WORKS,
                kind == Delivery.DISPATCH,
                kind == Delivery.AFTER_PRE_CARRIAGE,
                kind == Delivery.AFTER_EXPORT,
            ],
            [
                np.maximum(ready_s, np.minimum(orders.earliest_s[order_idx], dispatch_s)),
                dispatch_s,
                dispatch_s + pre_s,
                dispatch_s + pre_s + export_s,
            ],
            arrival_s,
        )

    def judged_s(self, delivery_s: I64, arrival_s: I64) -> I64:
        """The instant that windows judge, under the policy's ``window_basis``."""
        return arrival_s if self.problem.policy.judge_arrival else delivery_s
