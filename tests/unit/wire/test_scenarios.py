"""A request and a folder that say the same are the same problem, and their faults read the same."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.read import read_raw
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.problem_pb2 import Incoterm, Mode, Scenario
from dom_engine.wire import field_path, raw_scenario, scenario_message

SHIPPED = ("quickstart", "peak-day", "export", "stores")


def faults_of(message: Scenario) -> list[Fault]:
    with pytest.raises(InputError) as caught:
        build_problem(raw_scenario(message))
    return list(caught.value.faults)


def only_fault(message: Scenario) -> tuple[str, str, str]:
    (fault,) = faults_of(message)
    return field_path(fault), fault.code, fault.message


@pytest.mark.parametrize("name", SHIPPED)
def test_a_folder_and_its_message_are_the_same_problem(repository: Path, name: str) -> None:
    raw = read_raw(repository / "scenarios" / name)
    message = scenario_message(raw)
    again = Scenario.FromString(message.SerializeToString())
    assert build_problem(raw_scenario(again)).digest == build_problem(raw).digest


@pytest.mark.parametrize("name", SHIPPED)
def test_a_message_comes_back_as_it_went(repository: Path, name: str) -> None:
    message = scenario_message(read_raw(repository / "scenarios" / name))
    assert scenario_message(raw_scenario(message)) == message


def test_text_keeps_every_digit_and_zero(tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(
        "now: 2025-11-24T09:00:00Z\npolicy: {split_cost: 0.10000000000000000001, priority_factor: {7: 2.50}}\n"
    )
    (tmp_path / "items.csv").write_text("item,value\n007,1234567890123.123456\n")
    for table, header in {
        "nodes": "node",
        "inventory": "node,item,quantity",
        "services": "service",
        "lanes": "service,rate",
        "rates": "rate",
        "orders": "order",
        "order_lines": "order,line,item,quantity",
    }.items():
        (tmp_path / f"{table}.csv").write_text(header + "\n")
    message = scenario_message(read_raw(tmp_path))
    assert (message.items[0].item, message.items[0].value) == ("007", "1234567890123.123456")
    assert message.policy.split_cost == "0.10000000000000000001"
    assert dict(message.policy.priority_factor) == {7: "2.50"}
    assert message.name == tmp_path.name
    build_problem(raw_scenario(message))


def test_an_unset_field_is_an_empty_cell_and_zero_is_not() -> None:
    message = tiny_scenario()
    message.orders[0].priority = 0
    message.orders[1].max_shipments = 0
    message.policy.max_shipments = 3
    problem = build_problem(raw_scenario(message))
    assert problem.orders.priority.tolist()[:3] == [0, 100, 100]
    assert problem.orders.max_shipments.tolist()[:3] == [3, 0, 3]


def test_a_missing_required_value_is_located() -> None:
    message = tiny_scenario()
    message.order_lines[4].ClearField("quantity")
    assert only_fault(message) == (
        "scenario.order_lines[4].quantity",
        "MISSING_VALUE",
        "quantity must not be empty",
    )


def test_a_fault_has_the_text_it_has_in_a_file() -> None:
    message = tiny_scenario()
    message.rates[0].base = "4,50"
    message.inventory[2].node = "sout"
    message.inventory[3].quantity = -1
    found = [(field_path(fault), fault.code, fault.message) for fault in faults_of(message)]
    assert found == [
        ("scenario.inventory[2].node", "UNKNOWN_ID", "unknown node 'sout'; the nearest known is 'south'"),
        ("scenario.inventory[3].quantity", "NEGATIVE", "'-1' must not be negative"),
        ("scenario.rates[0].base", "NOT_A_NUMBER", "'4,50' is not a number"),
    ]


def test_a_fault_in_a_setting_is_located() -> None:
    message = tiny_scenario()
    message.solve.gap = "small"
    assert only_fault(message) == ("scenario.solve.gap", "NOT_A_NUMBER", "'small' is not a number")


def test_a_fault_that_names_another_row_counts_as_the_fields_do() -> None:
    message = tiny_scenario()
    message.orders[2].order = "1"
    (fault, *_) = (fault for fault in faults_of(message) if fault.file == "orders")
    assert field_path(fault) == "scenario.orders[2].order"
    assert "row 1" in fault.message


def test_a_missing_now_is_located() -> None:
    message = tiny_scenario()
    message.now = ""
    assert only_fault(message)[:2] == ("scenario.now", "MISSING_KEY")


def test_a_word_that_this_version_does_not_know_is_a_fault() -> None:
    message = Scenario.FromString(tiny_scenario().SerializeToString())
    message.services[0].mode = 99  # type: ignore[assignment]
    path, code, text = only_fault(message)
    assert (path, code) == ("scenario.services[0].mode", "UNKNOWN_CHOICE")
    assert text.startswith("unknown value '99'")


def test_a_list_entry_that_would_fall_apart_is_a_fault() -> None:
    message = tiny_scenario()
    message.nodes[1].tags.append("cold;hazmat")
    assert only_fault(message) == (
        "scenario.nodes[1].tags",
        "LIST_SEPARATOR",
        "an entry holds ';', which separates entries",
    )


def test_an_empty_message_is_an_empty_batch() -> None:
    problem = build_problem(raw_scenario(Scenario(now="2025-11-24T09:00:00Z")))
    assert (len(problem.nodes), len(problem.orders), len(problem.lines)) == (0, 0, 0)


def test_choices_are_said_in_the_messages_words(repository: Path) -> None:
    message = scenario_message(read_raw(repository / "scenarios" / "export"))
    assert Mode.MODE_SEA in [service.mode for service in message.services]
    assert Incoterm.INCOTERM_DDP in [order.incoterm for order in message.orders]


def test_typed_columns_are_said_like_text() -> None:
    raw = raw_scenario(tiny_scenario())
    items = pa.table(
        {
            "item": ["A", "B"],
            "weight_kg": pa.array([1.5, None], pa.float64()),
            "tags": pa.array([["x", "y"], []], pa.list_(pa.string())),
        }
    )
    orders = pa.table({"order": ["0", "1", "2"], "ship_together": pa.array([True, None, False])})
    tables = {**raw.tables, "items": RawTable(items, "items.parquet"), "orders": RawTable(orders, "orders.parquet")}
    message = scenario_message(RawScenario(raw.settings, tables))
    assert [(item.weight_kg, list(item.tags)) for item in message.items] == [("1.5", ["x", "y"]), ("", [])]
    flags = [order.ship_together if order.HasField("ship_together") else None for order in message.orders]
    assert flags == [True, None, False]


def test_what_a_message_cannot_hold_is_located_in_the_file() -> None:
    raw = raw_scenario(tiny_scenario())
    inventory = pa.table({"node": ["north"], "item": ["A"], "quantity": ["many"], "colour": ["red"]})
    broken = RawScenario(raw.settings, {**raw.tables, "inventory": RawTable(inventory, "inventory.csv")})
    with pytest.raises(InputError) as caught:
        scenario_message(broken)
    assert [(fault.file, fault.row, fault.column, fault.code) for fault in caught.value.faults] == [
        ("inventory.csv", 1, "colour", "UNKNOWN_COLUMN"),
        ("inventory.csv", 2, "quantity", "NOT_A_NUMBER"),
    ]
