"""Replays: costs known by hand, stock and capacity that deplete, and what is refused."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.audit import violations
from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.whatif.replay import POLICIES, replay
from tests.runs import TO_THE_END

RELEASES = """
extends: {parent}
changes:
  - set: {{table: orders, column: released_at, to: "2025-11-24T06:10:00-05:00", where: {{order: "1001"}}}}
  - set: {{table: orders, column: released_at, to: "2025-11-24T06:50:00-05:00", where: {{order: ["1003", "1004"]}}}}
  - set: {{table: orders, column: released_at, to: "2025-11-24T07:40:00-05:00",
      where: {{order: ["1002", "1005", "1006"]}}}}
"""
CAPACITY = """
  - add: {table: capacities, rows: [{node: reno, measure: shipments, every: day, limit: 1, overtime_limit: 1,
      overtime_cost: 3}]}
"""


def morning(folder: Path, repository: Path, more: str = "") -> Problem:
    text = RELEASES.format(parent=repository / "scenarios" / "quickstart") + more
    (folder / "scenario.yaml").write_text(text)
    return load_scenario(folder, overrides=TO_THE_END)


def test_costs_of_policies(tmp_path: Path, repository: Path) -> None:
    found = replay(morning(tmp_path, repository), list(POLICIES), 900)
    assert found.hindsight.evaluation.objective_micros == 115_800_000
    costs = {one.policy: one.cost_micros for one in found.replays}
    assert costs["batch"] == 120_400_000
    assert costs["nearest"] == 124_400_000
    assert list(costs) == ["batch", "fcfs", "nearest", "priority", "fewest-splits", "priced"]
    assert all(cost >= 115_800_000 for cost in costs.values())
    batch = found.replays[0]
    assert batch.num_windows == 3
    low, high = found.excess(batch) or (0, 0)
    assert low == 120_400_000 / 115_800_000 - 1 <= high < low + 1e-6
    assert violations(found.problem, batch.plan) == []


def test_one_window_that_misses_nothing_is_hindsight(tmp_path: Path, repository: Path) -> None:
    found = replay(morning(tmp_path, repository), ["batch"], 7_200)
    assert (found.replays[0].num_windows, found.replays[0].cost_micros) == (1, 115_800_000)


def test_hindsight_is_never_dearer_than_what_was_replayed(tmp_path: Path, repository: Path) -> None:
    problem = morning(tmp_path, repository)
    found = replay(problem, ["nearest", "batch"], 900, hindsight_limit_s=0.0)
    assert [one.cost_micros for one in found.replays] == [124_400_000, 120_400_000]
    assert found.hindsight.evaluation.objective_micros == 120_400_000
    with_nothing_to_start_from = replay(problem, [], 900, hindsight_limit_s=0.0).hindsight
    assert with_nothing_to_start_from.evaluation.objective_micros > 120_400_000


def test_waiting_past_a_cutoff_costs(tmp_path: Path, repository: Path) -> None:
    found = replay(morning(tmp_path, repository), ["batch"], 86_400)
    first_s = found.problem.now_s
    assert (found.replays[0].plan.shipments.dispatch_s > first_s + 86_400).all()
    assert found.replays[0].cost_micros > 115_800_000


@pytest.mark.parametrize("window_s", [60, 3_600])
def test_capacity_depletes_from_window_to_window(window_s: int, tmp_path: Path, repository: Path) -> None:
    problem = morning(tmp_path, repository, CAPACITY)
    found = replay(problem, ["batch", "fcfs"], window_s)
    reno = problem.nodes.ids.to_pylist().index("reno")
    for one in found.replays:
        # Audited as one plan: at most one shipment a day and one more in overtime leave Reno, whatever the windows.
        ships = one.plan.shipments
        days = ships.dispatch_s[ships.node_idx == reno] // 86_400
        assert max(days.tolist().count(day) for day in set(days.tolist())) <= 2
        assert one.evaluation.costs_micros["overtime"] in (0, 3_000_000)
        assert one.cost_micros >= (found.hindsight.lower_bound_micros or 0)


def test_orders_released_together_are_one_window(repository: Path) -> None:
    problem = load_scenario(repository / "scenarios" / "quickstart", overrides=TO_THE_END)
    found = replay(problem, ["batch"], 1)
    assert (found.replays[0].num_windows, found.replays[0].cost_micros) == (1, 115_800_000)


@pytest.mark.parametrize(
    ("scenario", "policies", "window_s", "said"),
    [
        ("quickstart", ["dearest"], 60, "unknown policy 'dearest'; known are batch, fcfs"),
        ("quickstart", ["batch"], 0, "at least one second"),
        ("peak-day", ["batch"], 60, "opens by loads"),
    ],
)
def test_what_cannot_be_replayed(
    scenario: str, policies: list[str], window_s: int, said: str, repository: Path
) -> None:
    with pytest.raises(InputError, match=said):
        replay(load_scenario(repository / "scenarios" / scenario), policies, window_s)


def test_priced_decides_at_once_and_learns_from_what_came(tmp_path: Path, repository: Path) -> None:
    found = replay(morning(tmp_path, repository), ["priced"], 900)
    one = found.replays[0]
    assert violations(found.problem, one.plan) == []
    assert (one.num_windows, one.cost_micros) == (3, 120_400_000)
    assert found.hindsight.evaluation.objective_micros == 115_800_000


LAMPS = """
extends: {parent}
changes:
  - remove: {{table: order_lines, where: {{order: ["1001", "1002", "1003", "1004", "1005", "1006"]}}}}
  - remove: {{table: orders, where: {{order: ["1001", "1002", "1003", "1004", "1005", "1006"]}}}}
  - add:
      table: orders
      rows:
        - {{order: chicago-1, country: US, lat: 41.85, lon: -87.65, released_at: "2025-11-24T06:10:00-05:00"}}
        - {{order: kansas, country: US, lat: 39.1, lon: -94.6, released_at: "2025-11-24T06:30:00-05:00"}}
        - {{order: chicago-2, country: US, lat: 41.85, lon: -87.65, released_at: "2025-11-24T07:10:00-05:00"}}
  - add:
      table: order_lines
      rows:
        - {{order: chicago-1, line: "1", item: lamp, quantity: 1}}
        - {{order: kansas, line: "1", item: lamp, quantity: 1}}
        - {{order: chicago-2, line: "1", item: lamp, quantity: 1}}
"""


def test_learned_prices_keep_scarce_stock_for_those_who_live_there(tmp_path: Path, repository: Path) -> None:
    # Chicago has two lamps. Who takes the second for Kansas (7, and from Reno 10) sends Chicago's next one for 14.
    (tmp_path / "scenario.yaml").write_text(LAMPS.format(parent=repository / "scenarios" / "quickstart"))
    found = replay(load_scenario(tmp_path, overrides=TO_THE_END), ["fcfs", "priced"], 900)
    assert [one.cost_micros for one in found.replays] == [28_000_000, 24_000_000]
    assert found.hindsight.evaluation.objective_micros == 24_000_000


def test_tables_for_notebooks(tmp_path: Path, repository: Path) -> None:
    table = replay(morning(tmp_path, repository), ["nearest"], 900).table()
    totals = {row["policy"]: row["cost"] for row in table.to_pylist() if row["term"] == "total"}
    assert {policy: f"{cost:f}" for policy, cost in totals.items()} == {
        "nearest": "124.400000",
        "hindsight": "115.800000",
    }
    assert table.slice(0, 1).to_pylist() == [
        {"policy": "nearest", "window_s": 900, "term": "freight", "cost": Decimal("89.400000")}
    ]
