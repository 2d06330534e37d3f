from __future__ import annotations

import pytest

from dom_engine.domain.settings import Policy, SolveSettings, Weights
from dom_engine.errors import Fault
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.settings import Settings, read_settings
from dom_engine.scenario.yaml_positions import YamlMap, from_plain, parse_yaml


def read(text: str) -> tuple[Settings, list[Fault]]:
    root, faults = parse_yaml(text.encode(), "scenario.yaml")
    log = FaultLog(faults)
    return read_settings(root, "folder", log), log.sorted()


def test_defaults() -> None:
    settings, faults = read("now: 2026-01-01T00:00:00Z\n")
    assert faults == []
    assert (settings.name, settings.description, settings.currency) == ("folder", "", "USD")
    assert (settings.now_s, settings.horizon_s, settings.timezone) == (1_767_225_600, 168 * 3_600, None)
    assert (settings.weights, settings.policy, settings.solve) == (Weights(), Policy(), SolveSettings())


def test_every_key() -> None:
    settings, faults = read("""\
format: 1
name: 007
description: "yes"
currency: JPY
timezone: Asia/Tokyo
now: 2026-01-01T09:00:00
horizon_h: 0.5
weights: {buyer: 0.5, late: 2}
policy:
  max_shipments: 3
  split_cost: 0.0000015
  unmet_cost: 12.5
  unmet_value_pct: 7.25
  safety_stock_priority: -2
  safety_stock_cost: 1
  carbon_cost_per_kg: 0.08
  window_basis: arrival
  priority_factor: {10: 2, 1: 3.5}
  fill_first: true
solve: {time_limit_s: 2.5, work_limit: 1000, gap: 0, seed: 4, threads: 2, method: fewest-splits}
""")
    assert faults == []
    assert (settings.name, settings.description, settings.currency) == ("007", "yes", "JPY")
    assert (settings.now_s, settings.horizon_s) == (1_767_225_600, 1_800)
    assert (settings.weights.buyer, settings.weights.late, settings.weights.freight) == (0.5, 2.0, 1.0)
    assert settings.policy == Policy(
        max_shipments=3,
        split_cost_micros=2,
        unmet_cost_micros=12_500_000,
        unmet_value_pct=7.25,
        safety_stock_priority=-2,
        safety_stock_cost_micros=1_000_000,
        carbon_cost_per_kg_micros=80_000,
        judge_arrival=True,
        priority_factor={1: 3.5, 10: 2.0},
        fill_first=True,
    )
    assert settings.solve == SolveSettings(2.5, 1_000, 0.0, 4, 2, "fewest-splits")


def test_now_is_required() -> None:
    _, faults = read("format: 1\n")
    assert [(fault.row, fault.column, fault.code) for fault in faults] == [(0, "now", "MISSING_KEY")]


@pytest.mark.parametrize(
    ("line", "column", "code"),
    [
        ("format: 1.5", "format", "UNKNOWN_FORMAT"),
        ("currency: usd", "currency", "UNKNOWN_CODE"),
        ("timezone: Mars/Olympus", "timezone", "UNKNOWN_CODE"),
        ("horizon_h: -1", "horizon_h", "NEGATIVE"),
        ("horizon_h: 1e9", "horizon_h", "OUT_OF_RANGE"),
        ("weights: 3", "weights", "NOT_A_MAPPING"),
        ("policy: {fill_first: perhaps}", "policy.fill_first", "NOT_A_FLAG"),
        ("policy: {unmet_cost: [1]}", "policy.unmet_cost", "NOT_A_VALUE"),
        ("policy: {priority_factor: {1: -2}}", "policy.priority_factor.1", "NEGATIVE"),
        ("policy: {priority_factor: {1: 2, 1.0: 3}}", "policy.priority_factor.1.0", "DUPLICATE_KEY"),
        ("policy: {splt_cost: 1}", "policy.splt_cost", "UNKNOWN_KEY"),
        ("solve: {seed: 0.5}", "solve.seed", "NOT_AN_INTEGER"),
        ("solve: {method: exakt}", "solve.method", "UNKNOWN_CHOICE"),
        ("wieghts: {}", "wieghts", "UNKNOWN_KEY"),
    ],
)
def test_faults_are_placed_at_their_line(line: str, column: str, code: str) -> None:
    _, faults = read(f"now: 2026-01-01T00:00:00Z\n\n{line}\n")
    assert [(fault.row, fault.column, fault.code) for fault in faults] == [(3, column, code)]


@pytest.mark.parametrize("instant", ["3000-01-01T00:00:00Z", "9999-12-31T23:59:59-08:00"])
def test_a_batch_is_planned_before_the_year_3000(instant: str) -> None:
    _, faults = read(f"now: {instant}\n")
    assert [(fault.row, fault.column, fault.code) for fault in faults] == [(1, "now", "OUT_OF_RANGE")]


def test_a_wrong_timezone_is_one_fault() -> None:
    _, faults = read("now: 2026-01-01T00:00:00\ntimezone: Mars/Olympus\n")
    assert [fault.column for fault in faults] == ["timezone"]


def test_settings_from_plain_values() -> None:
    root = from_plain({"now": "2026-01-01T00:00:00Z", "policy": {"unmet_cost": 0.1, "fill_first": True}}, "request")
    assert isinstance(root, YamlMap)
    log = FaultLog()
    settings = read_settings(root, "", log)
    assert len(log) == 0
    assert (settings.policy.unmet_cost_micros, settings.policy.fill_first) == (100_000, True)
