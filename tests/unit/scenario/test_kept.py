"""What is kept of a network from request to request: the same objects, and never another answer."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.kept import kept, same_texts
from dom_engine.scenario.raw import FaultLog, RawScenario
from dom_engine.scenario.schema import TABLES
from dom_engine.scenario.typed import TypedTable, type_known_table
from dom_engine.service.warmup import tiny_scenario
from dom_engine.wire import raw_scenario

NETWORK = ("nodes", "items", "positions", "services", "lanes", "rates", "duties", "capacities", "calendars")


def asked(number: int, lon: str = "12.6") -> RawScenario:
    """The same network each time, with another order; the first node lies at ``lon``."""
    message = tiny_scenario()
    message.nodes[0].lon = lon
    message.orders[0].lat = f"50.{number}"
    return raw_scenario(message)


def built_anew(raw: RawScenario) -> Problem:
    """As where nothing is known again: no table says what it holds."""
    return build_problem(replace(raw, tables={name: replace(t, token=b"") for name, t in raw.tables.items()}))


def test_a_network_that_comes_again_is_not_built_again() -> None:
    first, second = build_problem(asked(1)), build_problem(asked(2))
    for name in NETWORK:
        assert getattr(first, name) is getattr(second, name), name
    assert first.orders.lat[0] != second.orders.lat[0]
    assert first.digest != second.digest


def test_what_is_kept_says_what_is_built_anew() -> None:
    digests = []
    for number, lon in ((1, "12.6"), (2, "12.6"), (2, "12.7"), (1, "12.6"), (2, "12.7")):
        raw = asked(number, lon)
        digests.append(build_problem(raw).digest)
        assert digests[-1] == built_anew(raw).digest
    assert digests[0] == digests[3]
    assert digests[2] == digests[4]
    assert len(set(digests)) == 3


def test_another_vocabulary_makes_other_indices() -> None:
    message = tiny_scenario()
    before = build_problem(raw_scenario(message))
    message.orders[0].country = "AT"  # sorts before every other
    after = build_problem(raw_scenario(message))
    names = [problem.territories[int(problem.nodes.country_idx[0])].as_py() for problem in (before, after)]
    assert names == ["DK", "DK"]
    assert before.nodes.country_idx[0] != after.nodes.country_idx[0]
    assert after.digest == built_anew(raw_scenario(message)).digest


def test_a_fault_is_noted_each_time() -> None:
    message = tiny_scenario()
    message.lanes[0].rate = "air"
    message.nodes[1].node = "north"
    told = []
    for _ in range(2):
        with pytest.raises(InputError) as caught:
            build_problem(raw_scenario(message))
        told.append([(fault.file, fault.column, fault.code) for fault in caught.value.faults])
    assert told[0] == told[1]
    assert {("lanes", "rate", "UNKNOWN_ID"), ("nodes", "node", "DUPLICATE_ROW")} <= set(told[0])


def test_only_tables_that_say_what_they_hold_are_kept() -> None:
    calls: list[int] = []

    @kept
    def count(table: TypedTable, log: FaultLog, width: int) -> int:
        calls.append(width)
        return len(table) * width

    raw = raw_scenario(tiny_scenario()).tables["nodes"]
    table = type_known_table(raw, TABLES["nodes"], None, FaultLog())
    unsaid = replace(table, raw=replace(raw, token=b""))
    assert [count(one, FaultLog(), width) for one in (table, unsaid) for width in (2, 2, 3)] == [4, 4, 6, 4, 4, 6]
    assert calls == [2, 3, 2, 2, 3]


def test_texts_are_known_again_by_what_they_say() -> None:
    first, again, other = (build_problem(asked(1)).nodes.ids.take([0, at]) for at in (1, 1, 0))
    assert same_texts(again) is same_texts(first)
    assert same_texts(other) is not same_texts(first)
