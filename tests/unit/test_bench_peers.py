"""The monolith that peers are given is the product's own problem: same optimum, and plans that hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.monolith import patterns_of, state
from benchmarks.peers import run
from dom_engine.engine import solve
from dom_engine.formulation import build_model
from dom_engine.scenario import load_scenario
from scenarios.generate import Spec, generate, write_scenario
from solvers.execution import solve_mip
from solvers.program import Program
from solvers.stop import Stop

SPECS = (
    Spec(25, 4, 15, "tight"),
    Spec(25, 4, 15, "scarce", seed=1),
    Spec(12, 3, 8, "tight", services=2, days=3, daily_capacity=True),
)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_the_monolith_is_exact_on_generated_batches(spec: Spec, tmp_path: Path) -> None:
    write_scenario(generate(spec), tmp_path / "batch")
    problem = load_scenario(tmp_path / "batch", overrides={"gap": 0.0, "threads": 1})
    result = solve(problem, stop=Stop())
    assert result.status == "OPTIMAL"
    model = build_model(problem).model
    monolith = state(model)
    solved = solve_mip(monolith.program, Stop(), relative_gap=0.0)
    assert solved.x is not None
    plan = patterns_of(model, monolith, solved.x)
    used = np.bincount(plan.draw_row, plan.draw, model.num_rows)
    assert (used <= model.row_capacity()).all()
    # Amounts are rounded one by one in the product, and not at all in the program.
    rounding = 20 * (len(plan.ship_cand) + model.num_orders)
    optimum = result.evaluation.objective_micros
    assert solved.objective * 1e6 == pytest.approx(optimum, abs=rounding)
    assert int(plan.cost.sum()) == pytest.approx(optimum, abs=rounding)


def test_a_peer_answers_from_a_process_of_its_own(tmp_path: Path) -> None:
    write_scenario(generate(SPECS[1]), tmp_path / "batch")
    model = build_model(load_scenario(tmp_path / "batch")).model
    monolith = state(model)
    whole = run("MathOpt HiGHS", monolith.program, 60, 1e-9, 1)
    assert whole.status == "OPTIMAL"
    assert whole.x is not None
    assert int(patterns_of(model, monolith, whole.x).cost.sum()) / 1e6 == pytest.approx(whole.objective, rel=1e-5)
    relaxed = run("LP alone, HiGHS", monolith.program, 60, 0.0, 1)
    assert relaxed.objective <= whole.bound * (1 + 1e-9)


def test_a_peer_that_breaks_is_named() -> None:
    empty = np.zeros(0)
    broken = Program(
        np.ones(1), np.zeros(1), np.ones(1), np.ones(1, np.bool_), np.zeros(2, np.int64), empty.astype(np.int32), empty,
        np.ones(1), np.full(1, np.nan),
    )  # fmt: skip
    with pytest.raises(RuntimeError, match="MathOpt HiGHS"):
        run("MathOpt HiGHS", broken, 5, 0.0, 1)


@pytest.mark.parametrize("name", ["export", "stores"])
def test_what_it_does_not_state_it_refuses(name: str, repository: Path) -> None:
    model = build_model(load_scenario(repository / "scenarios" / name)).model
    with pytest.raises(ValueError, match="the monolith does not state"):
        state(model)
