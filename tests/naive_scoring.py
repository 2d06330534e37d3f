"""Slow twins of the scoring kernels: the same answers from the definitions, one case at a time, no arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

EARTH_RADIUS_M = 6_371_008.8


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> int:
    """Great circle by the straight chord through the sphere, where the kernel uses the haversine."""

    def on_sphere(phi: float, theta: float) -> tuple[float, float, float]:
        return math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi)

    chord = math.dist(
        on_sphere(math.radians(lat), math.radians(lon)), on_sphere(math.radians(other_lat), math.radians(other_lon))
    )
    return round(2 * EARTH_RADIUS_M * math.asin(min(1.0, chord / 2)))


def ready_s(start_s: int, handling_s: int, open_intervals: Sequence[tuple[int, int]]) -> int | None:
    """Let the clock run second by second while the node is open."""
    now_s, left = start_s, handling_s
    while left:
        if all(now_s >= end for _, end in open_intervals):
            return None
        left -= any(start <= now_s < end for start, end in open_intervals)
        now_s += 1
    return now_s


@dataclass(frozen=True)
class NaiveLane:
    """A lane by what it names; None and "" are blank."""

    service: int
    node: int | None
    country: int | None
    prefix: str
    from_m: int
    to_m: int | None


def find_lane(
    lanes: Sequence[NaiveLane], service: int, node: int, country: int | None, postal_code: str, length_m: int
) -> int | None:
    """The most specific of all lanes that match, by ranking every one of them."""
    ranked = [
        (
            lane.node is not None,
            lane.country is not None,
            len(lane.prefix),
            lane.to_m is not None,
            lane.from_m - lane.to_m if lane.to_m is not None else lane.from_m,
            idx,
        )
        for idx, lane in enumerate(lanes)
        if lane.service == service
        and lane.node in (None, node)
        and lane.country in (None, country)
        and postal_code.startswith(lane.prefix)
        and lane.from_m <= length_m
        and (lane.to_m is None or length_m < lane.to_m)
    ]
    return max(ranked)[-1] if ranked else None


@dataclass(frozen=True)
class NaivePosition:
    """A stock position, as far as eligibility looks at it."""

    node: int
    item: int
    pool: int | None
    free: bool
    safety: bool
    on_hand: bool


@dataclass(frozen=True)
class NaiveLine:
    """A line's items (its own and substitutes) and node lists."""

    items: frozenset[int]
    nodes: frozenset[int] = frozenset()
    exclude: frozenset[int] = frozenset()


@dataclass(frozen=True)
class NaiveOrder:
    """An order's rules on nodes and stock."""

    lines: tuple[NaiveLine, ...]
    nodes: frozenset[int] = frozenset()
    exclude: frozenset[int] = frozenset()
    pools: frozenset[int] = frozenset()
    tags: frozenset[int] = frozenset()
    pickup_node: int | None = None
    backorder: bool = True
    safety_stock: bool = False
    num_lines_before: int = field(default=0)


def eligible(
    orders: Sequence[NaiveOrder], positions: Sequence[NaivePosition], node_tags: Sequence[frozenset[int]]
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Every order with every node, and each line with each position there."""
    for o, order in enumerate(orders):
        for node, tags in enumerate(node_tags):
            barred = (
                (order.nodes and node not in order.nodes)
                or node in order.exclude
                or not order.tags <= tags
                or order.pickup_node not in (None, node)
            )
            sources = [
                (order.num_lines_before + number, p)
                for number, line in enumerate(order.lines)
                for p, position in enumerate(positions)
                if position.node == node
                and position.item in line.items
                and (not line.nodes or node in line.nodes)
                and node not in line.exclude
                and (position.pool is None or position.pool in order.pools)
                and (position.free or (order.safety_stock and position.safety))
                and (order.backorder or position.on_hand)
            ]
            if sources and not barred:
                yield o, node, sources
