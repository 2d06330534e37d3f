"""Lanes, distances, duties and capacity rows by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.network import great_circle_m
from tests import naive
from tests.unit.audit.conversion import Converter
from tests.unit.audit.test_instants import at, auditor

CONFIG = {"now": "2025-11-24T12:00:00Z", "horizon_h": 48}


def test_great_circle_of_a_quarter_meridian() -> None:
    # A quarter of 2 * pi * 6371.0088 km is 10007.557 km.
    metres = great_circle_m(np.array([0.0]), np.array([0.0]), np.array([90.0]), np.array([0.0]))
    assert metres.tolist() == [10_007_557]


def lane_of(found: Auditor, postal_code_order: int, distance_m: int) -> int:
    one = np.array([0])
    order = np.array([postal_code_order])
    return int(found.network.lane_idx(order, one, one, np.array([distance_m], np.int64))[0])


def test_most_specific_lane_wins() -> None:
    lanes = [
        {"service": "S", "rate": "R"},
        {"service": "S", "rate": "R", "country": "US"},
        {"service": "S", "rate": "R", "country": "US", "postal_prefix": "9"},
        {"service": "S", "rate": "R", "country": "US", "postal_prefix": "90"},
        {"service": "S", "rate": "R", "country": "US", "postal_prefix": "90", "to_km": "500"},
        {"service": "S", "rate": "R", "country": "US", "postal_prefix": "90", "from_km": "300"},
        {"service": "S", "rate": "R", "node": "N", "country": "CA"},
    ]
    orders = [
        {"order": "O1", "country": "US", "postal_code": "90210"},
        {"order": "O2", "country": "US", "postal_code": "94105"},
        {"order": "O3", "country": "US"},
        {"order": "O4", "country": "CA", "postal_code": "90210"},
        {"order": "O5"},
    ]
    lines = [{"order": row["order"], "line": "1", "item": "A", "quantity": "1"} for row in orders]
    found = auditor(CONFIG, lanes=lanes, orders=orders, order_lines=lines)
    # Bands of equal rank: the narrower, of two open ones the higher from_km.
    assert [lane_of(found, 0, metres) for metres in (0, 299_999, 300_000, 499_999, 500_000)] == [4, 4, 4, 4, 5]
    assert [lane_of(found, order, 0) for order in (1, 2, 3, 4)] == [2, 1, 6, 0]


def test_longest_hs_prefix_sets_the_duty_and_one_territory_pays_none() -> None:
    found = auditor(
        CONFIG,
        nodes=[{"node": "N", "country": "CN"}],
        items=[
            {"item": "A", "hs_code": "640399"},
            {"item": "B", "hs_code": "640411"},
            {"item": "C"},
            {"item": "D", "hs_code": "6403", "origin": "VN"},
        ],
        orders=[{"order": "O1", "country": "US"}, {"order": "O2", "country": "CN"}],
        order_lines=[
            {"order": "O1", "line": "1", "item": "A", "quantity": "1"},
            {"order": "O2", "line": "1", "item": "A", "quantity": "1"},
        ],
        duties=[
            {"origin": "CN", "destination": "US", "pct": "3.5"},
            {"origin": "CN", "destination": "US", "hs_prefix": "64", "pct": "10"},
            {"origin": "CN", "destination": "US", "hs_prefix": "6403", "pct": "20"},
        ],
    )
    order, node = np.array([0, 0, 0, 0, 1]), np.zeros(5, np.int64)
    pct = found.network.duty_pct(order, node, np.array([0, 1, 2, 3, 0]))
    assert [int(value) / found.network.duty_denominator for value in pct] == [20, 10, 3.5, 0, 0]


def test_daily_capacity_repeats_on_node_local_days_clipped_to_its_bounds() -> None:
    found = auditor(
        {"now": "2025-11-24T12:00:00Z", "horizon_h": 48},
        nodes=[{"node": "N", "timezone": "America/New_York", "cutoff": "17:00"}],
        capacities=[
            {
                "node": "N",
                "measure": "units",
                "every": "day",
                "limit": "3",
                "starts": "2025-11-24T18:00:00Z",
                "ends": "2025-11-26T05:00:00Z",
            },
            {"service": "S", "measure": "kg", "limit": "1.5"},
        ],
    )
    rows = found.capacity_rows
    assert rows.capacity_idx.tolist() == [0, 0, 1]
    midnight = at("2025-11-25T00:00", "America/New_York")
    assert rows.starts_s[:2].tolist() == [at("2025-11-24T18:00"), midnight]
    assert rows.ends_s[:2].tolist() == [midnight, midnight + 86_400]
    assert rows.matching(0, 0, midnight - 1) == (0, 2)
    assert rows.matching(0, 0, midnight) == (1, 2)
    assert rows.matching(0, 0, midnight + 86_400) == (2,)
    assert [rows.total_limit(row) for row in range(3)] == [3, 3, 1_500]


@pytest.mark.parametrize(
    ("used", "loads", "overtime"),
    [
        (0, 0, 0),
        (10, 1, 0),
        # One unit beyond a load: overtime of 2 is cheaper than another load of 5.
        (11, 1, 1),
        (12, 1, 2),
        # Three units of overtime cost 6: the second load is cheaper.
        (13, 2, 0),
        # All three loads are open: the rest is overtime, within its limit of 4.
        (34, 3, 4),
    ],
)
def test_cheapest_loads_and_overtime_cover_a_draw(used: int, loads: int, overtime: int) -> None:
    capacity = {"limit": "10", "open_cost": "5", "open_max": "3", "overtime_limit": "4", "overtime_cost": "2"}
    found = auditor(CONFIG, capacities=[{"node": "N", "measure": "units", **capacity}])
    cost = found.capacity_rows.cost(0, used)
    assert (cost.loads, cost.overtime) == (loads, overtime)
    assert cost.weighted_micros == (5 * loads + 2 * overtime) * 1_000_000


def test_amounts_of_one_shipment_by_hand() -> None:
    """Two units of 1.2 kg and 3 l to an order 1113.195 km away (ten degrees along the equator, rounded)."""
    scenario = naive.Scenario(
        {"format": 1, **CONFIG, "weights": {"freight": 0.5}, "policy": {"carbon_cost_per_kg": 0.1}},
        {
            "nodes": [{"node": "N", "lat": "0", "lon": "0", "shipment_cost": "1", "line_cost": "0.5"}],
            "items": [{"item": "A", "weight_kg": "1.2", "volume_l": "3", "value": "10"}],
            "inventory": [{"node": "N", "item": "A", "quantity": "5"}],
            "services": [
                {"service": "S", "max_parcel_kg": "2", "kg_per_m3": "500", "co2_g_per_tkm": "100"},
            ],
            "lanes": [{"service": "S", "rate": "R"}],
            "rates": [
                {"rate": "R", "base": "2", "per_kg": "1.1", "per_parcel": "0.25"},
                {"rate": "R", "weight_from_kg": "3.001", "base": "99"},
                {"rate": "R", "stage": "insurance", "pct_of_value": "1"},
            ],
            "orders": [{"order": "O", "lat": "0", "lon": "10"}],
            "order_lines": [{"order": "O", "line": "1", "item": "A", "quantity": "3"}],
        },
    )
    given = naive.read_problem(scenario)
    candidate = next(iter(naive.candidates_of(given, given.orders[0])))
    piece = naive.Piece(given.orders[0].lines[0], given.positions[0], False, 2)
    converter = Converter(given)
    found = Auditor(converter.problem())
    plan = converter.plan([naive.Shipment(candidate, (piece,))])
    facts = found.facts(found.loads(plan.shipments, plan.allocations), plan.allocations)
    # 2.4 kg actual in two parcels; 0.006 m3 at 500 kg bill 3 kg; the break at 3.001 kg is not reached.
    assert (facts.weight_g[0], facts.billable_g[0], facts.parcels[0]) == (2_400, 3_000, 2)
    assert facts.distance_m[0] == 1_111_951
    # 2 + 1.1 * 3 + 0.25 * 2 = 5.80; half of it weighted.
    assert (facts.raw_micros["freight"][0], facts.weighted_micros["freight"][0]) == (5_800_000, 2_900_000)
    # 1 % of 110 % of 20.
    assert facts.raw_micros["insurance"][0] == 220_000
    assert facts.raw_micros["handling"][0] == 1_500_000
    # 0.003 t * 1111.951 km * 100 g = 333.5853 g, at 0.1 a kg.
    assert (facts.co2_g[0], facts.raw_micros["carbon"][0]) == (334, 33_359)
