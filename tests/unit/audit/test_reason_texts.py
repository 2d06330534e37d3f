"""One small case for each reason, and what the planner reads."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dom_engine.audit.reasons import reasons
from dom_engine.domain.plan import Plan
from dom_engine.domain.result import Reason
from tests import naive
from tests.unit.audit.conversion import Converter, make_plan
from tests.unit.audit.test_instants import at

CUTOFF = at("2025-11-24T23:59")
Rows = list[dict[str, str]]


def problem_of(config: dict[str, Any] | None = None, **tables: Rows) -> Converter:
    """A node N with 5 A, a service S everywhere, an order O for 2 A; ``tables`` replaces what differs."""
    base: dict[str, Rows] = {
        "nodes": [{"node": "N", "lat": "0", "lon": "0"}],
        "items": [{"item": "A", "weight_kg": "1", "value": "10"}],
        "inventory": [{"node": "N", "item": "A", "quantity": "5"}],
        "services": [{"service": "S"}],
        "lanes": [{"service": "S", "rate": "R"}],
        "rates": [{"rate": "R", "base": "7"}],
        "orders": [{"order": "O", "country": "US", "lat": "0", "lon": "10"}],
        "order_lines": [{"order": "O", "line": "1", "item": "A", "quantity": "2"}],
    }
    given = {"format": 1, "now": "2025-11-24T12:00:00Z", "horizon_h": 24} | (config or {})
    return Converter(naive.read_problem(naive.Scenario(given, base | tables)))


def order(**cells: str) -> Rows:
    return [{"order": "O", "country": "US", "lat": "0", "lon": "10", **cells}]


def line(**cells: str) -> Rows:
    return [{"order": "O", "line": "1", "item": "A", "quantity": "2", **cells}]


def stock(**cells: str) -> Rows:
    return [{"node": "N", "item": "A", "quantity": "5", **cells}]


def node(**cells: str) -> Rows:
    return [{"node": "N", "lat": "0", "lon": "0", **cells}]


HALF_A_KILO = {"service": "S", "max_weight_kg": "0.5"}

FILTERED: list[tuple[Reason, str, dict[str, Rows]]] = [
    (Reason.NODE_DISABLED, "every node is disabled", {"nodes": node(enabled="false")}),
    (Reason.NODE_EXCLUDED, "allow no enabled node", {"orders": order(exclude_nodes="N")}),
    (Reason.NODE_EXCLUDED, "allow no enabled node", {"order_lines": line(exclude_nodes="N")}),
    (Reason.NO_STOCK, "no node stocks A", {"inventory": []}),
    (Reason.NO_STOCK, "A at N is empty", {"inventory": stock(quantity="0")}),
    (Reason.NO_STOCK, "A at N (pool web) is in a pool that the order does not name", {"inventory": stock(pool="web")}),
    (Reason.NO_STOCK, "A at N is safety stock, closed", {"inventory": stock(safety_stock="9")}),
    (Reason.SERVICE_EXCLUDED, "no pickup service runs from N", {"orders": order(pickup_node="N")}),
    (Reason.NO_LANE, "no lane to US from N by S", {"lanes": [{"service": "S", "rate": "R", "country": "CA"}]}),
    (Reason.TOO_FAR, "N is 1111.951 km away and ships no farther than 900", {"nodes": node(max_distance_km="900")}),
    (
        Reason.INCOTERM_MODE,
        "FOB is for sea and barge; what is offered goes by parcel",
        {"orders": order(incoterm="FOB")},
    ),
    (Reason.CANNOT_CARRY, "S does not carry hazmat", {"items": [{"item": "A", "tags": "hazmat"}]}),
    (
        Reason.CANNOT_CARRY,
        "one A weighs 1.000 kg, S takes 0.5",
        {"services": [{"service": "S", "max_weight_kg": "0.5"}]},
    ),
    (Reason.CANNOT_CARRY, "the rate of S starts above", {"rates": [{"rate": "R", "weight_from_kg": "3"}]}),
    (
        Reason.NOT_READY,
        "N has 5 A ready from 2025-11-25T03:00:00Z, after the last dispatch at 2025-11-24T23:59:00Z",
        {"inventory": stock(available_at="2025-11-25T03:00:00Z")},
    ),
    (
        Reason.NOT_READY,
        "N has 5 A only from 2025-11-24T15:00:00Z, and the order takes no backorder",
        {"inventory": stock(available_at="2025-11-24T15:00:00Z"), "orders": order(backorder="false")},
    ),
    (Reason.NOT_READY, "expire before they can be dispatched", {"inventory": stock(expires_at="2025-11-24T20:00:00Z")}),
    (
        Reason.WINDOW,
        "N has 5 A; judged at 2025-11-24T23:59:00Z by S, after the hard window's end 2025-11-24T18:00:00Z",
        {"orders": order(latest="2025-11-24T18:00:00Z", window="hard")},
    ),
    (Reason.BELOW_MIN_VALUE, "N ships nothing below 20.500000", {"nodes": node(min_shipment_value="20.5")}),
]


@pytest.mark.parametrize(("reason", "text", "tables"), FILTERED)
def test_filter_that_removes_the_last_candidate(reason: Reason, text: str, tables: dict[str, Rows]) -> None:
    found = reasons(problem_of(**tables).problem(), Plan.empty())
    assert found.line_idx.tolist() == [0]
    assert found.reason == (reason,)
    assert text in found.detail[0]


def test_reserved_stock_is_told_from_absent_stock() -> None:
    problem = problem_of(inventory=stock(quantity="0")).problem()
    reserved = replace(problem.positions, quantity=np.array([5]))
    found = reasons(replace(problem, positions=reserved), Plan.empty())
    assert found.detail == ("no A that the order may take: A at N is all reserved",)


SIX = line(quantity="6")
TWO_ORDERS: Rows = [*order(), {"order": "P", "country": "US", "lat": "0", "lon": "10"}]
TWO_LINES: Rows = [*line(), {"order": "P", "line": "1", "item": "A", "quantity": "4"}]


def test_stock_taken_names_the_takers() -> None:
    converter = problem_of(orders=TWO_ORDERS, order_lines=TWO_LINES)
    plan = make_plan([(0, CUTOFF, 0, 0), (1, CUTOFF, 0, 0)], [(0, 0, 0, False, 1), (1, 1, 0, False, 4)])
    found = reasons(converter.problem(), plan)
    assert found.reason == (Reason.STOCK_TAKEN,)
    assert found.detail == ("A at N: taken by order O itself (1), order P (4)",)


def test_full_capacity_is_named() -> None:
    capacity = [{"node": "N", "measure": "units", "limit": "4"}]
    converter = problem_of(orders=TWO_ORDERS, order_lines=TWO_LINES, capacities=capacity)
    found = reasons(converter.problem(), make_plan([(1, CUTOFF, 0, 0)], [(0, 1, 0, False, 4)]))
    assert found.reason == (Reason.CAPACITY_FULL,)
    assert found.detail == ("capacity of N: 4 units of 4 units used",)


def test_stock_and_capacity_together_name_the_first() -> None:
    capacity = [{"node": "N", "measure": "units", "limit": "4"}]
    converter = problem_of(orders=TWO_ORDERS, order_lines=TWO_LINES, capacities=capacity, inventory=stock(quantity="4"))
    found = reasons(converter.problem(), make_plan([(1, CUTOFF, 0, 0)], [(0, 1, 0, False, 4)]))
    assert found.reason == (Reason.STOCK_TAKEN,)


@pytest.mark.parametrize(
    ("reason", "text", "tables"),
    [
        (Reason.LINE_RULE, "2 units are no multiple of its pack of 3", {"order_lines": line(pack="3")}),
        (
            Reason.LINE_RULE,
            "may not be split",
            {"orders": order(line_split="false"), "order_lines": SIX},
        ),
        (
            Reason.LINE_RULE,
            "its group goes whole",
            {"order_lines": [*line(group="kit"), {**line(group="kit")[0], "line": "2", "quantity": "4"}]},
        ),
        (
            Reason.SHIP_TOGETHER,
            "ships together",
            {"orders": order(ship_together="true"), "order_lines": SIX},
        ),
        (
            Reason.SHIP_COMPLETE,
            "line 1 has 5 of 6 units left",
            {"orders": order(ship_complete="true"), "order_lines": SIX},
        ),
    ],
)
def test_rule_that_keeps_an_order_out(reason: Reason, text: str, tables: dict[str, Rows]) -> None:
    found = reasons(problem_of(**tables).problem(), Plan.empty())
    assert set(found.reason) == {reason}
    assert text in found.detail[0]


def test_shipment_limit_keeps_the_rest_out() -> None:
    converter = problem_of(
        nodes=[*node(), {"node": "M"}],
        inventory=[*stock(quantity="1"), {"node": "M", "item": "A", "quantity": "1"}],
        orders=order(max_shipments="1"),
    )
    found = reasons(converter.problem(), make_plan([(0, CUTOFF, 0, 0)], [(0, 0, 0, False, 1)]))
    assert found.reason == (Reason.MAX_SHIPMENTS,)
    assert "may have 1 shipment; N by S" in found.detail[0]


def test_full_truck_cannot_carry_more() -> None:
    converter = problem_of(services=[{"service": "S", "max_weight_kg": "1"}])
    found = reasons(converter.problem(), make_plan([(0, CUTOFF, 0, 0)], [(0, 0, 0, False, 1)]))
    assert found.reason == (Reason.CANNOT_CARRY,)
    assert "would weigh too much" in found.detail[0]


@pytest.mark.parametrize(
    ("unmet", "reason", "text"),
    [
        # Both units cost 7 to ship: 6 saved do not pay, 7.02 saved do.
        (
            "3",
            Reason.NOT_WORTH_IT,
            "adding 2 units from N by S on 2025-11-24T23:59:00Z would cost 7.000000 and save only 6",
        ),
        ("3.51", Reason.SEARCH_LIMIT, "would cost 7.000000 and save 7.020000"),
    ],
)
def test_worth_of_what_could_be_added(unmet: str, reason: Reason, text: str) -> None:
    found = reasons(problem_of(order_lines=line(unmet_cost=unmet)).problem(), Plan.empty())
    assert found.reason == (reason,)
    assert text in found.detail[0]


def test_fill_first_blames_the_search_for_any_unit_that_fits() -> None:
    converter = problem_of({"policy": {"fill_first": True}}, order_lines=line(unmet_cost="0"))
    assert reasons(converter.problem(), Plan.empty()).reason == (Reason.SEARCH_LIMIT,)


def test_shared_rows_and_activation_count_as_cost() -> None:
    """Freight 7, a load of 4, activation 2 and a split of 1 are weighed against 2 units saved."""
    converter = problem_of(
        {"policy": {"split_cost": 1}},
        nodes=[*node(), {"node": "M", "activation_cost": "2"}],
        inventory=[*stock(quantity="1"), {"node": "M", "item": "A", "quantity": "1"}],
        capacities=[{"node": "M", "measure": "shipments", "limit": "1", "open_cost": "4"}],
        order_lines=line(unmet_cost="13.99"),
    )
    problem = converter.problem()
    at_n = make_plan([(0, CUTOFF, 1, 0)], [(0, 0, 1, False, 1)])
    found = reasons(problem, at_n)
    assert found.reason == (Reason.NOT_WORTH_IT,)
    assert "would cost 14.000000 and save only 13.990000" in found.detail[0]
