"""Tables that come again are read once; what is remembered is what would have been read."""

from __future__ import annotations

import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import typed
from dom_engine.scenario.build import build_problem
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.problem_pb2 import Order
from dom_engine.wire import raw_scenario, scenarios


@pytest.fixture(autouse=True)
def nothing_known() -> None:
    typed._kept.clear()
    scenarios._known.clear()


def test_a_network_that_comes_again_is_the_same_tables() -> None:
    first, again = raw_scenario(tiny_scenario()), raw_scenario(tiny_scenario())
    for name, table in first.tables.items():
        assert again.tables[name] is table
    before = build_problem(first)
    kept = dict(typed._kept)
    assert len(kept) == len(first.tables)
    after = build_problem(again)
    assert after.digest == before.digest
    assert typed._kept == kept


def test_what_is_changed_is_read_anew_and_the_rest_is_not() -> None:
    told = tiny_scenario()
    first = raw_scenario(told)
    told.orders.append(Order(order="late", lat="50.1", lon="8.7"))
    again = raw_scenario(told)
    assert {name for name in first.tables if again.tables[name] is not first.tables[name]} == {"orders"}
    typed._kept.clear()
    scenarios._known.clear()
    assert build_problem(again).digest == build_problem(raw_scenario(told)).digest


def test_local_times_are_those_of_the_zone_in_force() -> None:
    told = tiny_scenario()
    told.orders[0].latest = "2025-11-25T12:00:00"
    latest = []
    for zone in ("UTC", "Europe/Berlin"):
        told.timezone = zone
        latest.append(int(build_problem(raw_scenario(told)).orders.latest_s[0]))
    assert latest[0] - latest[1] == 3_600


def test_faults_are_told_every_time() -> None:
    told = tiny_scenario()
    told.orders[0].lat = "north"
    told.items[0].tags.append("a;b")
    found = []
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            build_problem(raw_scenario(told))
        found.append([(fault.file, fault.row, fault.code) for fault in caught.value.faults])
    assert found[0] == found[1]
    assert len(found[0]) == 2


def test_blank_columns_are_shared_and_nobody_can_write_to_them() -> None:
    build_problem(raw_scenario(tiny_scenario()))
    (orders,) = (table for table in typed._kept.values() if table.schema.name == "orders")
    blank = orders["postal_code"]
    assert len(blank.values) == 5
    assert blank.blank.all()
    with pytest.raises(ValueError, match="read-only"):
        blank.values[0] = 7


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenarios, "MOST_KNOWN_TABLES", 3)
    monkeypatch.setattr(typed, "_MOST_KEPT", 3)
    build_problem(raw_scenario(tiny_scenario()))
    assert len(scenarios._known) == len(typed._kept) == 3
