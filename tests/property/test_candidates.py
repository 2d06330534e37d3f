"""Scoring kernels against their slow twins on random input."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dom_engine.candidates.lanes import Prefixes, index_lanes
from dom_engine.candidates.rules import covers, distinct_lists
from dom_engine.domain.columns import Lists
from dom_engine.domain.transport import Lanes
from dom_engine.kernels.clocks import OpenTimes, ready_instants
from dom_engine.kernels.distances import great_circle_m
from dom_engine.kernels.distinct import distinct_rows
from dom_engine.kernels.eligible import LineRules, OrderRules, Stock, eligible_pairs
from dom_engine.kernels.lanes import SERVICE_CLOSED, SERVICE_UNPREFERRED, ServiceRules, offers_of_pairs
from dom_engine.units import NEVER_S, UNLIMITED
from tests import naive_scoring as naive
from tests.naive_scoring import NaiveLane, NaiveLine, NaiveOrder, NaivePosition

SEEDS = st.integers(0, 2**32 - 1)
LATITUDES = st.floats(-90, 90)
LONGITUDES = st.floats(-180, 180)


def lists_of(rows: list[list[int]]) -> Lists:
    ptr = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    return Lists(ptr, np.array([entry for row in rows for entry in sorted(row)], np.int32))


@given(LATITUDES, LONGITUDES, LATITUDES, LONGITUDES)
def test_distance_is_that_of_the_chord(lat: float, lon: float, other_lat: float, other_lon: float) -> None:
    zero, located = np.zeros(1, np.int32), np.ones(1, np.bool_)
    ends = [np.array([degrees]) for degrees in (lat, lon, other_lat, other_lon)]
    found = great_circle_m(zero, zero, ends[0], ends[1], located, ends[2], ends[3], located)
    # Near antipodes asin magnifies the rounding of either formula to a few centimetres.
    assert abs(int(found[0]) - naive.distance_m(lat, lon, other_lat, other_lon)) <= 1


@given(st.lists(st.lists(st.integers(-3, 3), max_size=4), max_size=40))
def test_distinct_rows_are_those_of_a_dictionary(rows: list[list[int]]) -> None:
    ptr = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    found = distinct_rows(ptr, np.array([entry for row in rows for entry in row], np.int32))
    numbers = {row: number for number, row in enumerate(dict.fromkeys(map(tuple, rows)))}
    assert found.class_of.tolist() == [numbers[tuple(row)] for row in rows]
    classes = [tuple(found.idx[found.ptr[c] : found.ptr[c + 1]].tolist()) for c in range(found.num_classes)]
    assert classes == list(numbers)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=10), st.integers(-5, 40), st.integers(0, 25))
def test_ready_is_when_the_open_clock_has_run(gaps: list[int], start_s: int, handling_s: int) -> None:
    edges = np.cumsum(gaps)[: len(gaps) // 2 * 2].reshape(-1, 2)
    lengths = edges[:, 1] - edges[:, 0]
    # A clock before and one after, so that looking beyond one's own intervals would be seen.
    ptr = np.array([0, 1, 1 + len(edges), 2 + len(edges)], np.int64)
    start = np.concatenate([[-100], edges[:, 0], [-100]])
    end = np.concatenate([[-50], edges[:, 1], [1000]])
    elapsed = np.concatenate([[0], np.cumsum(lengths) - lengths, [0]])
    found = ready_instants(
        np.ones(1, np.int32), np.array([handling_s]), np.array([start_s]), OpenTimes(ptr, start, end, elapsed)
    )
    expected = naive.ready_s(start_s, handling_s, [(int(a), int(b)) for a, b in edges])
    assert found[0] == (NEVER_S if expected is None else expected)


def random_lanes(random: Random, num_services: int, num_nodes: int) -> list[NaiveLane]:
    """Lanes of which no two tie: bands that start and end alike are kept once, and widths differ by construction."""
    lanes: dict[tuple[object, ...], NaiveLane] = {}
    for _ in range(random.randrange(30)):
        from_m = random.choice([0, 0, 10, 100, 1000])
        to_m = random.choice([None, from_m + 7, from_m + 50, from_m + 400])
        lane = NaiveLane(
            random.randrange(num_services),
            random.choice([None, *range(num_nodes)]),
            random.choice([None, 0, 1]),
            random.choice(["", "1", "12", "123", "2", "13"]),
            from_m,
            to_m,
        )
        width = from_m if to_m is None else to_m - from_m
        lanes[lane.service, lane.node, lane.country, lane.prefix, to_m is None, width] = lane
    return sorted(lanes.values(), key=lambda lane: lane.service)


def lanes_table(lanes: list[NaiveLane]) -> Lanes:
    def column(values: list[int | None], blank: int, dtype: type = np.int64) -> np.ndarray:
        return np.array([blank if value is None else value for value in values], dtype)

    nothing = np.zeros(len(lanes), np.int64)
    return Lanes(
        column([lane.service for lane in lanes], -1, np.int32),
        column([lane.node for lane in lanes], -1, np.int32),
        column([lane.country for lane in lanes], -1, np.int32),
        pa.array([lane.prefix for lane in lanes], pa.string()),
        column([lane.from_m for lane in lanes], 0),
        column([lane.to_m for lane in lanes], UNLIMITED),
        np.zeros(len(lanes), np.int32),
        *(nothing.copy() for _ in range(6)),
    )


@given(SEEDS)
def test_the_most_specific_lane_of_each_service_is_offered(seed: int) -> None:
    random = Random(seed)
    num_services, num_nodes, num_orders = 3, 3, 6
    lanes = random_lanes(random, num_services, num_nodes)
    codes = [random.choice(["", "1", "12", "1234", "13", "2x", "999"]) for _ in range(num_orders)]
    countries = [random.choice([None, 0, 1, 2]) for _ in range(num_orders)]
    allows = [[random.randrange(3) for _ in range(num_services)] for _ in range(2)]
    rules = [random.randrange(2) for _ in range(num_orders)]
    calls = [[random.random() < 0.8 for _ in range(num_nodes)] for _ in range(num_services)]
    pairs = [
        (order, node, random.choice([0, 5, 12, 60, 105, 800, 5000]))
        for order in range(num_orders)
        for node in range(num_nodes)
    ]
    most_m = [random.choice([UNLIMITED, 100]) for _ in range(num_nodes)]
    prefixes = Prefixes(pa.array([lane.prefix for lane in lanes], pa.string()))
    columns = [np.array(column) for column in zip(*pairs, strict=True)]
    ptr, found = offers_of_pairs(
        columns[0].astype(np.int32),
        columns[1].astype(np.int32),
        columns[2],
        np.array(most_m),
        ServiceRules(
            np.array(rules, np.int32),
            np.array(allows, np.int8),
            np.array(calls),
            np.array([-1 if country is None else country for country in countries], np.int32),
            prefixes.longest_of(pa.array(codes, pa.string())),
        ),
        index_lanes(lanes_table(lanes), prefixes, num_services, num_nodes),
    )
    for pair, (order, node, length_m) in enumerate(pairs):
        expected = [node]
        for service in range(num_services):
            says = allows[rules[order]][service]
            lane = naive.find_lane(lanes, service, node, countries[order], codes[order], length_m)
            if says != SERVICE_CLOSED and calls[service][node] and lane is not None and length_m <= most_m[node]:
                expected.append(2 * lane + (says == SERVICE_UNPREFERRED))
        assert found[ptr[pair] : ptr[pair + 1]].tolist() == expected


def some(random: Random, num: int, chance: float) -> frozenset[int]:
    return frozenset(entry for entry in range(num) if random.random() < chance)


def random_orders(random: Random, num_nodes: int, num_items: int) -> list[NaiveOrder]:
    orders: list[NaiveOrder] = []
    for _ in range(random.randrange(1, 6)):
        # One in eight has more lines than insertion sort is used for.
        num_lines = random.choice([1, 1, 2, 2, 3, 3, 4, 60])
        lines = tuple(
            NaiveLine(
                some(random, num_items, 0.2) | {random.randrange(num_items)},
                some(random, num_nodes, random.choice([0, 0, 0.5])),
                some(random, num_nodes, random.choice([0, 0, 0.3])),
            )
            for _ in range(num_lines)
        )
        order = NaiveOrder(
            lines,
            some(random, num_nodes, random.choice([0, 0, 0.5])),
            some(random, num_nodes, random.choice([0, 0, 0.3])),
            some(random, 2, 0.4),
            some(random, 2, random.choice([0, 0, 0.5])),
            random.choice([None, None, None, random.randrange(num_nodes)]),
            random.random() < 0.7,
            random.random() < 0.5,
        )
        before = orders[-1].num_lines_before + len(orders[-1].lines) if orders else 0
        orders.append(replace(order, num_lines_before=before))
    return orders


def order_rules(orders: list[NaiveOrder], node_tags: list[frozenset[int]]) -> OrderRules:
    nodes, exclude = lists_of([[*o.nodes] for o in orders]), lists_of([[*o.exclude] for o in orders])
    pools, tags = lists_of([[*o.pools] for o in orders]), distinct_lists(lists_of([[*o.tags] for o in orders]))
    return OrderRules(
        np.array([o.num_lines_before for o in orders] + [sum(len(o.lines) for o in orders)], np.int64),
        nodes.ptr,
        nodes.idx,
        exclude.ptr,
        exclude.idx,
        pools.ptr,
        pools.idx,
        tags.class_of,
        np.ascontiguousarray(covers(lists_of([[*tags] for tags in node_tags]), tags).T),
        np.array([-1 if o.pickup_node is None else o.pickup_node for o in orders], np.int32),
        np.array([o.backorder for o in orders]),
        np.array([o.safety_stock for o in orders]),
    )


def line_rules(orders: list[NaiveOrder]) -> LineRules:
    lines = [line for order in orders for line in order.lines]
    items, nodes = lists_of([[*line.items] for line in lines]), lists_of([[*line.nodes] for line in lines])
    exclude = lists_of([[*line.exclude] for line in lines])
    return LineRules(items.ptr, items.idx, nodes.ptr, nodes.idx, exclude.ptr, exclude.idx)


def stock_of(positions: list[NaivePosition], num_items: int) -> Stock:
    by = sorted(range(len(positions)), key=lambda p: (positions[p].item, p))
    rows = [positions[p] for p in by]
    return Stock(
        np.searchsorted([row.item for row in rows], np.arange(num_items + 1)).astype(np.int64),
        np.array(by, np.int32),
        np.array([row.node for row in rows], np.int32),
        np.array([-1 if row.pool is None else row.pool for row in rows], np.int32),
        np.array([row.free for row in rows], np.bool_),
        np.array([row.safety for row in rows], np.bool_),
        np.array([row.on_hand for row in rows], np.bool_),
    )


@given(SEEDS)
def test_eligible_pairs_are_those_of_every_order_with_every_node(seed: int) -> None:
    random = Random(seed)
    num_nodes, num_items = 4, 3
    node_tags = [some(random, 2, 0.6) for _ in range(num_nodes)]
    positions = sorted(
        (
            NaivePosition(
                random.randrange(num_nodes),
                random.randrange(num_items),
                random.choice([None, None, 0, 1]),
                random.random() < 0.7,
                random.random() < 0.5,
                random.random() < 0.7,
            )
            for _ in range(random.randrange(20))
        ),
        key=lambda position: (position.node, position.item),
    )
    orders = random_orders(random, num_nodes, num_items)
    found = eligible_pairs(order_rules(orders, node_tags), line_rules(orders), stock_of(positions, num_items))
    told = [
        (
            int(found.order[pair]),
            int(found.node[pair]),
            list(zip(found.line[start:end].tolist(), found.position[start:end].tolist(), strict=True)),
        )
        for pair, (start, end) in enumerate(zip(found.source_ptr[:-1], found.source_ptr[1:], strict=True))
    ]
    assert told == list(naive.eligible(orders, positions, node_tags))
