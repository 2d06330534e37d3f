"""What is judged together says what judging line by line says: the same reason, in the same words."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from dom_engine.audit import Auditor, reasons, taken
from dom_engine.audit.situation import Situation
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Reason
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from tests import naive
from tests.property.random_scenario import random_scenario
from tests.unit.audit.conversion import Converter

SPECS = (
    Spec(300, 10, 60, "scarce"),
    Spec(300, 10, 60, "tight", services=2, days=5, daily_capacity=True),
    Spec(300, 10, 60, "scarce", services=2, days=3),
)


def judged_together(problem: Problem, plan: Plan) -> dict[int, taken.Taken]:
    situation = Situation(Auditor(problem), plan)
    return taken.lines_out_of_stock(situation, situation.unallocated_lines)


def check(problem: Problem, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> int:
    """Compare both ways of judging; returns how many lines were judged together."""
    together = judged_together(problem, plan)
    ours = reasons(problem, plan)
    with monkeypatch.context() as patched:
        patched.setattr(import_module("dom_engine.audit.reasons"), "lines_out_of_stock", lambda *_: {})
        one_by_one = reasons(problem, plan)
    assert ours.line_idx.tolist() == one_by_one.line_idx.tolist()
    assert list(zip(ours.reason, ours.detail, strict=True)) == list(
        zip(one_by_one.reason, one_by_one.detail, strict=True)
    )
    return len(together)


def without_some_orders(problem: Problem, plan: Plan, seed: int) -> Plan:
    """The plan without the shipments of some orders: their stock is left, and its lines are not out of stock."""
    kept = np.random.default_rng(seed).random(len(problem.orders)) < 0.8
    ships, loads = plan.shipments, plan.allocations
    stays = kept[ships.order_idx]
    loaded = stays[loads.shipment_idx]
    number = (np.cumsum(stays) - 1).astype(np.int32)
    return Plan(
        Shipments(ships.order_idx[stays], ships.node_idx[stays], ships.service_idx[stays], ships.dispatch_s[stays]),
        Allocations(
            number[loads.shipment_idx[loaded]],
            loads.line_idx[loaded],
            loads.position_idx[loaded],
            loads.from_safety_stock[loaded],
            loads.quantity[loaded],
        ),
    )


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_scarce_batch(spec: Spec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_scenario(generate(spec), tmp_path / "batch")
    problem = load_scenario(tmp_path / "batch", overrides={"method": "fcfs"})
    result = solve(problem)
    num_taken = sum(reason is Reason.STOCK_TAKEN for reason in result.reasons.reason)
    together = check(problem, result.plan, monkeypatch)
    assert 0 < together <= num_taken
    assert together > 0.8 * num_taken
    for seed in range(3):
        check(problem, without_some_orders(problem, result.plan, seed), monkeypatch)


@pytest.mark.parametrize("first_seed", range(0, 150, 50))
def test_any_scenario(first_seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = 0
    for seed in range(first_seed, first_seed + 50):
        problem = Converter(naive.read_problem(random_scenario(seed))).problem()
        problem = replace(problem, solve=replace(problem.solve, method="fcfs"))
        plan = solve(problem).plan
        judged += check(problem, plan, monkeypatch)
        judged += check(problem, without_some_orders(problem, plan, seed), monkeypatch)
    assert judged > 0


def test_a_line_that_could_still_ship_is_left_alone(tmp_path: Path) -> None:
    write_scenario(generate(SPECS[0]), tmp_path / "batch")
    problem = load_scenario(tmp_path / "batch")
    assert judged_together(problem, Plan.empty()) == {}
