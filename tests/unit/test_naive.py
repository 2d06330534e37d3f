"""Hand-computed cases that pin the oracle's reading of candidates and amounts."""

from __future__ import annotations

from datetime import date, time
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.naive import (
    Candidate,
    Piece,
    Problem,
    Scenario,
    candidates_of,
    cargo_of,
    price_load,
    read_problem,
    refusal,
)
from tests.naive.clock import (
    ALWAYS_OPEN,
    Calendar,
    after_transit_days,
    dispatches,
    iso,
    parse_instant,
    parse_weekdays,
    ready,
)
from tests.naive.exact import Ledger, half_even, scaled
from tests.naive.shipping import distance_m

UTC = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")
NOW = "2025-11-24T08:00:00Z"  # a Monday
MICROS = 1_000_000


def problem_of(config: dict[str, Any] | None = None, /, **tables: list[dict[str, str]]) -> Problem:
    """One node, one service, one order for two A of 3 kg and 10 money each; tables given replace these."""
    base: dict[str, list[dict[str, str]]] = {
        "nodes": [{"node": "N", "country": "US"}],
        "items": [{"item": "A", "weight_kg": "3", "value": "10"}],
        "inventory": [{"node": "N", "item": "A", "quantity": "9"}],
        "services": [{"service": "S"}],
        "lanes": [{"service": "S", "rate": "R", "transit_h": "10"}],
        "rates": [{"rate": "R", "base": "5"}],
        "orders": [{"order": "O", "country": "US"}],
        "order_lines": [{"order": "O", "line": "1", "item": "A", "quantity": "2"}],
    }
    return read_problem(Scenario({"now": NOW, "horizon_h": 24} | (config or {}), base | tables))


def shipped(problem: Problem, *quantities: int, service: str = "S") -> tuple[Ledger, str | None]:
    """Price the order's first candidate of a service, with so many units of each position in turn."""
    order = problem.orders[0]
    candidate = next(one for one in candidates_of(problem, order) if one.service.service == service)
    return priced(problem, candidate, *quantities)


def priced(problem: Problem, candidate: Candidate, *quantities: int) -> tuple[Ledger, str | None]:
    lines = candidate.order.lines
    load = tuple(
        Piece(lines[min(index, len(lines) - 1)], problem.positions[index], False, quantity)
        for index, quantity in enumerate(quantities)
        if quantity
    )
    cargo = cargo_of(problem, candidate, load)
    return price_load(problem, candidate, load, cargo), refusal(problem, candidate, cargo)


# -- numbers and instants ---------------------------------------------------------------------------------


def test_conversion_rounds_half_to_even() -> None:
    assert scaled("0.0000005", MICROS) == 0
    assert scaled("0.0000015", MICROS) == 2
    assert half_even(Fraction(5, 2)) == 2


def test_each_amount_is_rounded_before_and_after_its_weight() -> None:
    ledger = Ledger({"freight": Fraction(1, 2)})
    # 2.5 -> 2, halved -> 1; 3.5 -> 4, halved -> 2; three times over
    ledger.add("freight", Fraction(5, 2), 3)
    ledger.add("freight", Fraction(7, 2), 3)
    assert (ledger.raw["freight"], ledger.weighted["freight"]) == (18, 9)


def test_local_times_around_clock_changes() -> None:
    # 2:30 on 9 March 2025 is skipped: read with -05:00. 1:30 on 2 November occurs twice: the first, -04:00.
    assert iso(parse_instant("2025-03-09T02:30:00", NEW_YORK)) == "2025-03-09T07:30:00Z"
    assert iso(parse_instant("2025-11-02T01:30:00", NEW_YORK)) == "2025-11-02T05:30:00Z"
    with pytest.raises(ValueError, match="without offset"):
        parse_instant("2025-11-02T01:30:00", None)


def test_calendar_lists_and_holidays() -> None:
    assert parse_weekdays("Sat-Mon") == {5, 6, 0}
    assert parse_weekdays("Mon;Wed") == {0, 2}
    calendar = Calendar(parse_weekdays("Mon-Fri"), "US", frozenset(), frozenset({date(2025, 11, 27)}))
    assert not calendar.is_open(date(2026, 7, 3))  # Independence Day falls on a Saturday: observed on Friday
    assert calendar.is_open(date(2025, 11, 27))  # Thanksgiving, but listed open
    assert not calendar.is_open(date(2025, 11, 29))  # a Saturday


def test_dispatches_lie_within_now_and_horizon_on_open_days() -> None:
    now_s = parse_instant(NOW, None)
    weekdays = Calendar(parse_weekdays("Mon-Fri"), "", frozenset({date(2025, 11, 25)}), frozenset())
    found = dispatches(time(8), UTC, weekdays, ALWAYS_OPEN, now_s, 3 * 86_400)
    # the 24th 8:00 is now itself and too late, the 25th is closed, the 27th 8:00 is the horizon's end
    assert [iso(instant) for instant in found] == ["2025-11-26T08:00:00Z", "2025-11-27T08:00:00Z"]


def test_handling_elapses_on_open_local_days_alone() -> None:
    weekdays = Calendar(parse_weekdays("Mon-Fri"), "", frozenset(), frozenset())
    friday = parse_instant("2025-03-07T22:00:00-05:00", None)
    # two hours on Friday, then from Monday 0:00 (-04:00 by then) one more
    assert iso(ready(friday, 3 * 3600, NEW_YORK, weekdays) or 0) == "2025-03-10T05:00:00Z"
    assert iso(ready(friday, 2 * 3600, NEW_YORK, weekdays) or 0) == "2025-03-08T05:00:00Z"
    saturday = parse_instant("2025-03-08T12:00:00-05:00", None)
    assert ready(saturday, 0, NEW_YORK, weekdays) == saturday


def test_transit_days_count_open_dates_and_keep_the_local_time() -> None:
    weekdays = Calendar(parse_weekdays("Mon-Fri"), "", frozenset(), frozenset())
    friday = parse_instant("2025-03-07T17:00:00-05:00", None)
    landed = after_transit_days(friday, 2, NEW_YORK, weekdays)
    assert iso(landed) == "2025-03-11T21:00:00Z"  # Tuesday 17:00, now -04:00


def test_arrival_adds_hours_then_days_then_import() -> None:
    lane = {"service": "S", "rate": "R", "transit_h": "2", "pre_carriage_h": "1", "export_h": "3"}
    lane |= {"import_h": "4", "on_carriage_h": "0.5", "transit_days": "1"}
    problem = problem_of(lanes=[lane], nodes=[{"node": "N", "cutoff": "20:00"}])
    candidate = next(candidates_of(problem, problem.orders[0]))
    # 24th 20:00 + 6 h = 25th 2:00; one day: 26th 2:00; + 4.5 h
    assert iso(candidate.arrival_s) == "2025-11-26T06:30:00Z"


# -- candidates -------------------------------------------------------------------------------------------


def test_distance_is_a_quarter_of_the_equator() -> None:
    node = [{"node": "N", "lat": "0", "lon": "0"}]
    problem = problem_of(nodes=node, orders=[{"order": "O", "lat": "0", "lon": "90"}])
    # 6371.0088 * pi / 2 = 10,007.5572... km
    assert distance_m(problem.nodes["N"], problem.orders[0]) == 10_007_557


def test_the_most_specific_lane_is_used() -> None:
    lanes = [
        {"service": "S", "rate": "R", "transit_h": "1"},
        {"service": "S", "rate": "R", "transit_h": "2", "country": "US", "postal_prefix": "100"},
        {"service": "S", "rate": "R", "transit_h": "3", "node": "N"},
    ]
    place = {"lat": "0", "lon": "0"}
    order = {"order": "O", "country": "US", "postal_code": "10001"} | place
    node = [{"node": "N"} | place]

    def chosen(rows: list[dict[str, str]]) -> int:
        problem = problem_of(nodes=node, lanes=rows, orders=[order])
        return next(candidates_of(problem, problem.orders[0])).lane.transit_s // 3600

    assert chosen(lanes) == 3  # the node outranks country and prefix
    assert chosen(lanes[:2]) == 2
    bands = [dict(lanes[0], to_km="5", transit_h="4"), dict(lanes[0], to_km="4", transit_h="5")]
    assert chosen([lanes[0], *bands]) == 5  # the narrower band, and any band before none
    with pytest.raises(ValueError, match="lanes tie"):
        chosen([lanes[0], lanes[0]])


def test_what_keeps_a_candidate_from_existing() -> None:
    def count(order: dict[str, str] | None = None, /, **tables: list[dict[str, str]]) -> int:
        problem = problem_of(orders=[{"order": "O"} | (order or {})], **tables)
        return len(list(candidates_of(problem, problem.orders[0])))

    assert count() == 1
    assert count({"exclude_nodes": "N"}) == count({"services": "S", "node_tags": "x"}) == 0
    assert count(node_services=[{"node": "N", "service": "S", "enabled": "false"}]) == 0
    assert count(services=[{"service": "S", "mode": "pickup"}]) == 0
    assert count({"pickup_node": "N"}) == 0  # the service is no pickup
    assert count({"pickup_node": "N"}, services=[{"service": "S", "mode": "pickup"}]) == 1
    assert count({"incoterm": "FOB"}) == 0
    assert count({"incoterm": "FOB"}, services=[{"service": "S", "mode": "barge"}]) == 1
    assert count(items=[{"item": "A", "tags": "hazmat;cold"}]) == 0
    carrier = [{"service": "S", "carries": "cold;hazmat"}]
    assert count(items=[{"item": "A", "tags": "hazmat;cold"}], services=carrier) == 1


def test_stock_that_cannot_ride() -> None:
    def rides(order: dict[str, str] | None = None, /, **position: str) -> bool:
        row = {"node": "N", "item": "A", "quantity": "1"} | position
        problem = problem_of(orders=[{"order": "O"} | (order or {})], inventory=[row])
        return any(candidates_of(problem, problem.orders[0]))

    # The one dispatch is at 23:59 of the 24th.
    assert rides(available_at="2025-11-24T23:59:00Z")
    assert not rides(available_at="2025-11-24T23:59:01Z")
    assert not rides(expires_at="2025-11-24T23:59:00Z")
    assert not rides({"backorder": "false"}, available_at="2025-11-24T08:00:01Z")
    assert rides({"backorder": "false"}, available_at=NOW)
    assert not rides(pool="web")
    assert rides({"pools": "shop;web"}, pool="web")
    assert not rides(reserved="1")


def test_safety_stock_is_cut_from_what_is_not_reserved() -> None:
    rows = [
        {"node": "N", "item": "A", "quantity": "5", "reserved": "2", "safety_stock": "2"},
        {"node": "N", "item": "A", "lot": "x", "quantity": "1", "reserved": "2", "safety_stock": "4"},
    ]
    first, second = problem_of(inventory=rows).positions
    assert (first.free, first.covered) == (1, 2)
    assert (second.free, second.covered) == (0, 0)


# -- amounts ----------------------------------------------------------------------------------------------


def test_a_stage_sums_its_terms() -> None:
    rate = {"rate": "R", "base": "1", "per_kg": "0.5", "per_unit": "0.25", "per_line": "2", "per_parcel": "3"}
    rate |= {"pct_of_value": "10"}
    ledger, _ = shipped(problem_of(rates=[rate], services=[{"service": "S", "max_parcel_kg": "4"}]), 2)
    # 1 + 6 kg * 0.5 + 2 * 0.25 + 2 + ceil(6 / 4) * 3 + 10 % of 20 = 14.5
    assert ledger.raw["freight"] == 14_500_000


def test_rates_per_kilometre() -> None:
    rate = {"rate": "R", "per_km": "0.001", "per_unit_km": "0.01", "per_kg_km": "0.1"}
    node = [{"node": "N", "lat": "0", "lon": "0"}]
    problem = problem_of(rates=[rate], nodes=node, orders=[{"order": "O", "lat": "0", "lon": "90"}])
    # 10,007.557 km * (0.001 + 2 * 0.01 + 6 * 0.1) = 10,007.557 * 0.621
    assert shipped(problem, 2)[0].raw["freight"] == 6_214_692_897


def test_the_row_of_the_highest_break_reached_applies_on_billable_weight() -> None:
    rates = [{"rate": "R", "weight_from_kg": "1", "base": "9"}]
    rates += [{"rate": "R", "weight_from_kg": "4", "base": "2", "minimum": "3"}]
    problem = problem_of(rates=rates)
    assert shipped(problem, 1)[0].raw["freight"] == 9_000_000
    assert shipped(problem, 2)[0].raw["freight"] == 3_000_000  # heavier and cheaper: the row that applies
    light = problem_of(rates=rates, items=[{"item": "A", "weight_kg": "0.4", "value": "10"}])
    assert shipped(light, 1)[1] == "no rate of main_carriage applies"
    bulky = [{"item": "A", "weight_kg": "0.4", "volume_l": "20", "value": "10"}]
    volumetric = problem_of(rates=rates, items=bulky, services=[{"service": "S", "kg_per_m3": "200"}])
    assert shipped(volumetric, 1)[0].raw["freight"] == 3_000_000  # 0.02 m3 * 200 = 4 kg


def test_loads_a_service_or_node_refuses() -> None:
    limited = problem_of(services=[{"service": "S", "max_weight_kg": "3"}])
    assert shipped(limited, 1)[1] is None
    assert shipped(limited, 2)[1] == "max_weight_kg"
    picky = problem_of(nodes=[{"node": "N", "min_shipment_value": "20"}])
    assert shipped(picky, 1)[1] == "min_shipment_value"
    assert shipped(picky, 2)[1] is None


def test_handling_preference_and_substitution() -> None:
    node = {"node": "N", "shipment_cost": "1", "line_cost": "0.5", "unit_cost": "7", "preference_cost": "2"}
    problem = problem_of(
        {"weights": {"handling": 2}},
        nodes=[node],
        items=[{"item": "A"}, {"item": "B"}],
        node_items=[{"node": "N", "item": "B", "unit_cost": "0.25"}],
        inventory=[{"node": "N", "item": item, "quantity": "9"} for item in "AB"],
        orders=[{"order": "O", "preferred_services": "S2", "unpreferred_cost": "0.3"}],
        services=[{"service": "S"}, {"service": "S2"}],
        order_lines=[
            {"order": "O", "line": "1", "item": "A", "quantity": "9", "substitutes": "B"} | {"substitute_cost": "0.4"}
        ],
    )
    ledger, _ = shipped(problem, 1, 2)
    assert ledger.raw["handling"] == 9_000_000  # 1 + one line 0.5 + 1 * 7 + 2 * 0.25
    assert ledger.weighted["handling"] == 18_000_000
    assert ledger.raw["preference"] == 2_300_000
    assert ledger.raw["substitution"] == 800_000


def test_started_days_late_and_early() -> None:
    def days(**order: str) -> tuple[int, int]:
        row = {"order": "O", "late_cost_per_day": "1", "early_cost_per_day": "1", "priority": "7"} | order
        problem = problem_of({"policy": {"priority_factor": {7: 3}}}, orders=[row])
        ledger, _ = shipped(problem, 2)
        return ledger.raw["late"] // MICROS, ledger.raw["early"] // MICROS

    # Arrival is the 25th at 9:59; the factor 3 multiplies late alone.
    assert days(latest="2025-11-25T09:59:00Z", earliest="2025-11-25T09:59:00Z") == (0, 0)
    assert days(latest="2025-11-25T09:58:59Z") == (3, 0)
    assert days(latest="2025-11-24T09:59:00Z") == (3, 0)
    assert days(latest="2025-11-24T09:58:59Z") == (6, 0)
    assert days(earliest="2025-11-26T10:00:00Z") == (0, 2)
    hard = problem_of(orders=[{"order": "O", "window": "hard", "latest": "2025-11-25T09:58:59Z"}])
    assert shipped(hard, 2)[1] == "hard window"


def test_the_tightest_latest_aboard_counts() -> None:
    lines = [
        {"order": "O", "line": "1", "item": "A", "quantity": "1"},
        {"order": "O", "line": "2", "item": "B", "quantity": "1", "latest": "2025-11-23T00:00:00Z"},
    ]
    problem = problem_of(
        items=[{"item": "A"}, {"item": "B"}],
        inventory=[{"node": "N", "item": item, "quantity": "9"} for item in "AB"],
        orders=[{"order": "O", "latest": "2025-11-25T00:00:00Z", "late_cost_per_day": "1"}],
        order_lines=lines,
    )
    # 9:59 of the 25th is one started day after the 25th 0:00, three after the 23rd 0:00
    assert shipped(problem, 1)[0].raw["late"] == 1_000_000
    assert shipped(problem, 1, 1)[0].raw["late"] == 3_000_000
    assert shipped(problem, 0, 1)[0].raw["late"] == 3_000_000


def test_carbon_counts_billable_tonne_kilometres() -> None:
    problem = problem_of(
        {"policy": {"carbon_cost_per_kg": 2}},
        nodes=[{"node": "N", "lat": "0", "lon": "0"}],
        orders=[{"order": "O", "lat": "0", "lon": "90"}],
        services=[{"service": "S", "co2_g_per_tkm": "100"}],
    )
    # 0.006 t * 10,007.557 km * 100 g = 6.0045342 kg, at 2 a kilogram
    assert shipped(problem, 2)[0].raw["carbon"] == 12_009_068
