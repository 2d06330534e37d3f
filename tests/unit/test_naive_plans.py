"""Hand-computed cases that pin the oracle's reading of trade, order rules, rows and the certificate."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from tests.naive import (
    Problem,
    Scenario,
    Shipment,
    TooLarge,
    candidates_of,
    cargo_of,
    certified_bound,
    check_plan,
    enumerate_patterns,
    plan_from_tables,
    price_load,
    prices_from_table,
    read_problem,
    solve_exhaustive,
)
from tests.naive.patterns import options_of
from tests.naive.trade import duty_pct, judged, seller_bears

NOW = "2025-11-24T08:00:00Z"
Table = list[dict[str, str]]


def problem_of(config: dict[str, Any] | None = None, /, **tables: Table) -> Problem:
    """Two nodes with one A each, freight 5 a shipment from near and 8 from far, an order for two A, unmet 20."""
    base: dict[str, Table] = {
        "nodes": [{"node": "near"}, {"node": "far"}],
        "items": [{"item": "A", "weight_kg": "1", "value": "10"}],
        "inventory": [{"node": node, "item": "A", "quantity": "1"} for node in ("near", "far")],
        "services": [{"service": "S"}],
        "lanes": [{"service": "S", "node": node, "rate": node} for node in ("near", "far")],
        "rates": [{"rate": "near", "base": "5"}, {"rate": "far", "base": "8"}],
        "orders": [{"order": "O"}],
        "order_lines": [{"order": "O", "line": "1", "item": "A", "quantity": "2"}],
    }
    merged = {"now": NOW, "horizon_h": 24, "policy": {"unmet_cost": 20}} | (config or {})
    return read_problem(Scenario(merged, base | tables))


def optimum(config: dict[str, Any] | None = None, /, **tables: Table) -> float:
    return solve_exhaustive(problem_of(config, **tables)).objective_micros / 1_000_000


def stock(near: int, far: int) -> Table:
    return [{"node": "near", "item": "A", "quantity": str(near)}, {"node": "far", "item": "A", "quantity": str(far)}]


# -- trade ------------------------------------------------------------------------------------------------


def test_who_bears_which_stage() -> None:
    def bears(rule: str, place: str = "") -> frozenset[str]:
        row = {"order": "O", "incoterm": rule, "named_place": place}
        return seller_bears(problem_of(orders=[row]).orders[0])

    assert bears("EXW") == set()
    assert bears("FCA") == {"loading", "export_clearance"}
    assert bears("FCA", "origin_port") - bears("FCA") == {"pre_carriage"}
    assert bears("FAS") == bears("FCA", "origin_port")
    assert bears("FOB") - bears("FAS") == {"origin_terminal"}
    assert bears("CFR") - bears("FOB") == {"main_carriage"}
    assert bears("CIF") - bears("CFR") == {"insurance"}
    assert bears("CPT", "destination_port") == bears("CFR")
    assert bears("CPT") - bears("CFR") == {"destination_terminal", "on_carriage"}
    assert bears("CIP") - bears("CPT") == {"insurance"}
    assert bears("DAP") == bears("CIP")
    assert bears("DPU") - bears("DAP") == {"unloading"}
    assert bears("DDP") - bears("DAP") == {"import_clearance"}


def test_the_instant_the_window_judges() -> None:
    def instant(rule: str, place: str = "", basis: str = "delivery_point", ready_s: int = 50) -> int:
        row = {"order": "O", "incoterm": rule, "named_place": place, "earliest": "1970-01-01T00:01:20Z"}
        order = problem_of(orders=[row]).orders[0]
        return judged(order, basis, 100, 7, 11, 900, ready_s)

    assert instant("EXW") == 80  # ready at 50, the buyer comes at the earliest, 80, before the cutoff at 100
    assert instant("EXW", ready_s=90) == 90
    assert (instant("FCA"), instant("FCA", "origin_port")) == (100, 107)
    assert instant("FAS") == instant("CIF") == 118
    assert instant("CPT") == instant("CIP") == 100
    assert instant("DAP") == instant("DDP") == 900
    assert instant("EXW", basis="arrival") == 900
    unhurried = problem_of(orders=[{"order": "O", "incoterm": "EXW"}]).orders[0]
    assert judged(unhurried, "delivery_point", 100, 7, 11, 900, 50) == 50


def test_stages_insurance_and_duties_find_their_payer() -> None:
    rates = [{"rate": rate, "base": "5"} for rate in ("near", "far")]
    rates += [{"rate": "near", "stage": "insurance", "pct_of_value": "2"}]
    rates += [{"rate": "near", "stage": "import_clearance", "base": "1.5"}]
    duties = [{"origin": "US", "destination": "EU", "hs_prefix": "84", "pct": "10"}]

    def costs(rule: str, territory: str = "EU") -> dict[str, int]:
        problem = problem_of(
            {"weights": {"buyer": "0.5"}},
            nodes=[{"node": "near", "country": "US"}, {"node": "far", "enabled": "false"}],
            items=[{"item": "A", "value": "10", "hs_code": "8471"}],
            rates=rates,
            duties=duties,
            orders=[{"order": "O", "country": "DE", "customs": territory, "incoterm": rule}],
        )
        option = options_of(problem, problem.orders[0])[0][1][0].shipment
        cargo = cargo_of(problem, option.candidate, option.load)
        ledger = price_load(problem, option.candidate, option.load, cargo)
        names = ("freight", "insurance", "duty", "buyer")
        return {name: ledger.raw[name] for name in names} | {"paid": ledger.total_micros}

    # One unit of 10: insurance 2 % of 110 % of it = 0.22, duty 10 % = 1.
    ddp = {"freight": 6_500_000, "insurance": 220_000, "duty": 1_000_000, "buyer": 0, "paid": 7_720_000}
    assert costs("DDP") == ddp
    dap = {"freight": 5_000_000, "insurance": 220_000, "duty": 0, "buyer": 2_500_000, "paid": 6_470_000}
    assert costs("DAP") == dap
    exw = {"freight": 0, "insurance": 0, "duty": 0, "buyer": 7_720_000, "paid": 3_860_000}
    assert costs("EXW") == exw
    # Within one territory neither clearance nor duty costs anything.
    home = {"freight": 5_000_000, "insurance": 220_000, "duty": 0, "buyer": 0, "paid": 5_220_000}
    assert costs("DDP", "US") == home


def test_the_longest_duty_prefix_wins() -> None:
    duties = [
        {"origin": "CN", "destination": "EU", "hs_prefix": prefix, "pct": pct}
        for prefix, pct in (("", "1"), ("84", "2"), ("8471", "3"))
    ]
    duties.append({"origin": "US", "destination": "EU", "pct": "9"})
    items = [{"item": code or "none", "hs_code": code, "origin": "CN"} for code in ("847130", "8409", "")]
    items.append({"item": "local", "hs_code": "8471"})
    problem = problem_of(
        nodes=[{"node": "near", "country": "US"}, {"node": "far"}],
        items=items,
        duties=duties,
        inventory=[{"node": "near", "item": "local", "quantity": "1"}],
        orders=[{"order": "O", "country": "EU"}],
        order_lines=[{"order": "O", "line": "1", "item": "local", "quantity": "1"}],
    )
    found = [duty_pct(problem, problem.nodes["near"], problem.orders[0], item) for item in problem.items.values()]
    assert found == [3, 2, 1, 9]


# -- one order --------------------------------------------------------------------------------------------


def test_a_split_is_worth_less_than_unmet_units() -> None:
    # 5 + 8 for both units; one left over: 5 + 20.
    assert optimum() == 13
    assert optimum({"policy": {"unmet_cost": 20, "split_cost": 11}}) == 24
    assert optimum({"policy": {"unmet_cost": 20, "split_cost": 13}}) == 25


def test_order_rules() -> None:
    def order(**cells: str) -> float:
        return optimum(orders=[{"order": "O"} | cells])

    def line(*cells: dict[str, str], **tables: Table) -> float:
        base = {"order": "O", "line": "1", "item": "A", "quantity": "2"}
        return optimum(order_lines=[base | {"line": str(index)} | row for index, row in enumerate(cells)], **tables)

    assert order(max_shipments="1") == 25
    assert order(max_shipments="0") == 13
    assert order(ship_complete="true") == 13
    assert order(ship_together="true") == 40
    assert order(line_split="false") == 40
    assert order(ship_complete="true", nodes="near") == 40
    assert line({"pack": "2"}) == 40
    assert line({"pack": "2"}, inventory=stock(0, 3)) == 8
    assert line({"pack": "2", "quantity": "3"}, inventory=stock(0, 3)) == 28
    # Three units in a group of two lines: far alone has them all.
    both = ({"quantity": "1", "group": "g"}, {"group": "g"})
    assert line(*both, inventory=stock(2, 3)) == 8
    assert line(*both, inventory=stock(2, 2)) == 60
    assert line({"exclude_nodes": "far"}) == 25
    assert line({"nodes": "far"}) == 28


def test_unmet_cost_by_line_value_and_priority() -> None:
    policy = {"unmet_cost": 20, "unmet_value_pct": 50, "priority_factor": {3: "0.5"}}
    lines = [{"order": "O", "line": "1", "item": "A", "quantity": "2", "unit_price": "4"}]
    lines += [{"order": "O", "line": "2", "item": "A", "quantity": "1", "unmet_cost": "0"}]
    result = solve_exhaustive(
        problem_of(
            {"policy": policy}, orders=[{"order": "O", "priority": "3"}], order_lines=lines, inventory=stock(0, 0)
        )
    )
    # half of (20 + 50 % of 4), twice; half of (0 + 50 % of 10)
    assert result.raw_costs["unmet"] == 22_000_000 + 2_500_000
    assert result.fill == Fraction(3, 2)


def test_one_position_may_feed_two_lines_and_two_shipments() -> None:
    lines = [{"order": "O", "line": line, "item": "A", "quantity": "1"} for line in "12"]
    assert optimum(inventory=stock(2, 0), order_lines=lines) == 5
    assert optimum(inventory=stock(1, 0), order_lines=lines) == 25
    # Two services of one node, each limited to a kilogram: two shipments out of one position.
    services = [{"service": name, "max_weight_kg": "1"} for name in ("S", "T")]
    lanes = [{"service": name, "rate": "near"} for name in ("S", "T")]
    assert optimum(inventory=stock(2, 0), services=services, lanes=lanes) == 10


def test_safety_stock_is_open_to_urgent_orders_at_its_cost() -> None:
    rows = [{"node": "near", "item": "A", "quantity": "2", "safety_stock": "1"}]
    policy = {"unmet_cost": 20, "safety_stock_priority": 5, "safety_stock_cost": "1.5"}
    assert optimum({"policy": policy}, inventory=rows, orders=[{"order": "O", "priority": "5"}]) == 6.5
    assert optimum({"policy": policy}, inventory=rows, orders=[{"order": "O", "priority": "6"}]) == 25


# -- orders together --------------------------------------------------------------------------------------

TWO_ORDERS: Table = [{"order": "O"}, {"order": "P"}]
ONE_EACH: Table = [{"order": order, "line": "1", "item": "A", "quantity": "1"} for order in "OP"]


def test_stock_is_shared() -> None:
    assert optimum(orders=TWO_ORDERS, order_lines=ONE_EACH) == 13
    assert optimum(orders=TWO_ORDERS, order_lines=ONE_EACH, inventory=stock(1, 0)) == 25


def test_capacity_with_loads_and_overtime() -> None:
    def cost(**cells: str) -> float:
        row = {"node": "near", "measure": "kg", "limit": "1"} | cells
        return optimum(orders=TWO_ORDERS, order_lines=ONE_EACH, inventory=stock(2, 1), capacities=[row])

    assert cost() == 13  # one of them must ship from far
    assert cost(open_cost="1", open_max="2") == 12  # 5 + 5 and two loads
    assert cost(open_cost="1", open_max="1") == 14
    assert cost(overtime_limit="1", overtime_cost="0.75") == 10.75
    assert cost(open_cost="2", overtime_limit="2", overtime_cost="0.75") == 11.5  # no load, two kilograms over
    assert cost(starts="2025-11-24T23:59:01Z") == 10  # the dispatch at 23:59 is before it


def test_a_daily_capacity_repeats_on_local_days() -> None:
    # From Kolkata the cutoffs of two days, 23:59 local; a shipment a day keeps both orders on near.
    tables: dict[str, Table] = {
        "nodes": [{"node": "near", "timezone": "Asia/Kolkata"}, {"node": "far", "enabled": "false"}],
        "inventory": stock(2, 0),
        "orders": TWO_ORDERS,
        "order_lines": ONE_EACH,
    }
    row = {"node": "near", "measure": "shipments", "limit": "1"}
    assert optimum({"horizon_h": 48}, **tables, capacities=[row | {"every": "day"}]) == 10
    assert optimum({"horizon_h": 48}, **tables, capacities=[row]) == 25
    assert optimum({"horizon_h": 24}, **tables, capacities=[row | {"every": "day"}]) == 25


def test_activation_is_paid_once_a_node() -> None:
    nodes = [{"node": "near", "activation_cost": "4"}, {"node": "far"}]
    tables: dict[str, Table] = {"orders": TWO_ORDERS, "order_lines": ONE_EACH, "nodes": nodes}
    assert optimum(**tables, inventory=stock(2, 2)) == 14  # 5 + 5 + 4, not 8 + 8
    assert optimum(**tables, inventory=stock(1, 2)) == 16  # 5 + 8 + 4 is dearer than far twice


def test_fill_first_serves_the_priority_weighted_most() -> None:
    # Serving anything costs more than leaving it; O counts twice, P once, and there is one unit.
    policy = {"unmet_cost": 1, "fill_first": True, "priority_factor": {1: 2}}
    tables: dict[str, Table] = {
        "orders": [{"order": "O", "priority": "1"}, {"order": "P"}],
        "order_lines": ONE_EACH,
        "inventory": stock(0, 1),
    }
    result = solve_exhaustive(problem_of({"policy": policy}, **tables))
    assert result.fill == 1
    assert result.objective_micros == 9_000_000
    assert [shipment.candidate.order.order for shipment in result.plan] == ["O"]
    assert optimum({"policy": policy | {"fill_first": False}}, **tables) == 3


# -- plans, patterns, certificate -------------------------------------------------------------------------


def test_a_plan_is_read_from_result_tables_and_checked() -> None:
    problem = problem_of()
    shipments = [{"shipment": "1", "order": "O", "node": "near", "service": "S", "dispatch_at": "2025-11-24T23:59:00Z"}]
    allocation = {"shipment": "1", "order": "O", "line": "1", "item": "A", "quantity": "1"}
    allocation |= {"available_at": "", "lot": "", "pool": "", "from_safety_stock": "false"}
    (shipment,) = plan = plan_from_tables(problem, shipments, [allocation])
    assert check_plan(problem, plan) == []
    too_much = plan_from_tables(problem, shipments, [allocation | {"quantity": "3"}])
    assert check_plan(problem, too_much) == [
        "O: line 1: more than ordered",
        "('stock', 'near', 'A', None, '', ''): 3 of 1",
    ]
    assert check_plan(problem, [shipment, shipment])[0] == "O: two shipments of one node, service and dispatch"
    assert check_plan(problem, [Shipment(shipment.candidate, ())]) == ["O: a shipment without units"]


def test_patterns_differ_in_draws() -> None:
    problem = problem_of()
    patterns = enumerate_patterns(problem, problem.orders[0])
    found = {(pattern.cost_micros, tuple(sorted(pattern.nodes))) for pattern in patterns}
    assert found == {
        (13_000_000, ("far", "near")),
        (25_000_000, ("near",)),
        (28_000_000, ("far",)),
        (40_000_000, ()),
    }
    with pytest.raises(TooLarge):
        enumerate_patterns(problem, problem.orders[0], most_steps=2)


def test_the_bound_of_prices() -> None:
    problem = problem_of(orders=TWO_ORDERS, order_lines=ONE_EACH, inventory=stock(1, 1))
    price = {"kind": "stock", "node": "near", "item": "A", "available_at": "", "lot": "", "pool": "", "price": "2.5"}
    # Without prices both want near: 5 + 5. At 2.5 both pay 7.5, and the row answers -2.5.
    assert certified_bound(problem, prices_from_table(problem, [])).bound_micros == 10_000_000
    priced = certified_bound(problem, prices_from_table(problem, [price]))
    assert priced.bound_micros == 12_500_000
    assert priced.order_minima["O"] == 7_500_000
    # At 3 near and far cost the same, and the bound is the optimum.
    best = certified_bound(problem, prices_from_table(problem, [price | {"price": "3"}]))
    assert best.bound_micros == 13_000_000
    with pytest.raises(KeyError):
        prices_from_table(problem, [price | {"lot": "x"}])


def test_the_bound_answers_for_loads_overtime_activation_and_fill() -> None:
    capacity = {"node": "near", "measure": "units", "limit": "1", "open_cost": "2", "open_max": "3"}
    capacity |= {"overtime_limit": "4", "overtime_cost": "0.5"}
    problem = problem_of(
        {"policy": {"unmet_cost": 20, "fill_first": True}},
        nodes=[{"node": "near", "activation_cost": "4"}, {"node": "far"}],
        inventory=stock(1, 0),
        capacities=[capacity],
        order_lines=[{"order": "O", "line": "1", "item": "A", "quantity": "1"}],
    )
    rows = [
        {"kind": "capacity", "node": "near", "service": "", "measure": "units", "starts": "", "ends": "", "price": "3"},
        {"kind": "activation", "node": "near", "order": "O", "price": "1"},
        {"kind": "fill", "limit": "0.5", "price": "7"},
    ]
    result = certified_bound(problem, prices_from_table(problem, rows))
    # The order: 5 + 3 + 1 = 9 against 20 + 7 unserved. The capacity answers 3 * min(0, 2 - 3) - (3 - 0.5) * 4 = -13;
    # the node min(0, 4 - 13 - 1) = -10; the fill row -7 * 0.5.
    assert result.bound_micros == 9_000_000 - 10_000_000 - 3_500_000


def test_candidates_come_by_node_service_and_dispatch() -> None:
    problem = problem_of({"horizon_h": 48})
    found = [(one.node.node, one.dispatch_s) for one in candidates_of(problem, problem.orders[0])]
    assert [node for node, _ in found] == ["near", "near", "far", "far"]
    assert found[1][1] - found[0][1] == 86_400
