"""Programs over the columns that their relaxation hardly regrets."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.execution import solve_lp, solve_mip
from solvers.model import F64
from solvers.narrowing import kept_columns, over, widened
from solvers.ortools_calls import call
from solvers.program import MipOutcome, Program, Task
from solvers.stop import Stop, now_s

SEEDS = range(8)


def choices(seed: int, groups: int = 6, each: int = 5) -> tuple[Program, F64]:
    """One of each group within two shared rows, and a feasible start: the first of each group, which draws nothing."""
    random = np.random.default_rng(seed)
    count = groups * each
    draw = random.integers(1, 4, (2, count)).astype(np.float64)
    draw[:, ::each] = 0.0
    cost = random.integers(1, 20, count).astype(np.float64)
    cost[::each] = 30.0
    matrix = np.vstack([np.kron(np.eye(groups), np.ones(each)), draw])
    col, ptr = np.tile(np.arange(count, dtype=np.int32), groups + 2), np.arange(groups + 3) * count
    program = Program(
        cost, np.zeros(count), np.ones(count), np.ones(count, np.bool_), ptr, col, matrix.ravel(),
        np.concatenate([np.ones(groups), [-np.inf, -np.inf]]), np.concatenate([np.ones(groups), [6.0, 7.0]]),
    )  # fmt: skip
    return program, (np.arange(count) % each == 0).astype(np.float64)


def dense(program: Program) -> F64:
    matrix = np.zeros((len(program.row_lower), len(program.cost)))
    row = np.repeat(np.arange(len(program.row_lower)), np.diff(program.ptr))
    matrix[row, program.col] = program.coef
    return matrix


def narrowed(program: Program, hint: F64, most_reduced: float) -> MipOutcome:
    answer = call(Task("narrowed", program, hint=hint, most_reduced=most_reduced), now_s() + 60.0)
    assert isinstance(answer.outcome, MipOutcome)
    return answer.outcome


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_left_out_stand_at_nothing(seed: int) -> None:
    program, _ = choices(seed)
    keep = np.random.default_rng(seed).random(len(program.cost)) < 0.5
    part = over(program, keep)
    assert dense(part).tolist() == dense(program)[:, keep].tolist()
    x = np.random.default_rng(seed).random(int(keep.sum()))
    assert dense(program) @ widened(x, keep) == pytest.approx(dense(part) @ x)


@pytest.mark.parametrize("seed", SEEDS)
def test_columns_beyond_the_gap_are_in_no_better_plan(seed: int) -> None:
    program, hint = choices(seed)
    relaxed, whole = solve_lp(program, Stop()), solve_mip(program, Stop(), relative_gap=0.0)
    assert relaxed is not None
    gap = whole.objective - relaxed.objective
    found = narrowed(program, hint, gap + 1e-6)
    assert found.objective == pytest.approx(whole.objective)
    assert found.bound == pytest.approx(relaxed.objective)
    assert found.x is not None
    assert program.cost @ found.x == pytest.approx(whole.objective)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_left_holds_the_start(seed: int) -> None:
    program, hint = choices(seed)
    relaxed = solve_lp(program, Stop())
    assert relaxed is not None
    keep = kept_columns(program, relaxed.dual, -np.inf, hint)
    assert keep.tolist() == (hint > 0).tolist()
    assert narrowed(program, hint, -np.inf).objective == pytest.approx(program.cost @ hint)


def test_a_program_without_a_relaxation_has_no_solution() -> None:
    program, hint = choices(0)
    assert narrowed(program._replace(row_lower=np.full(8, 100.0), row_upper=np.full(8, np.inf)), hint, 1.0).x is None
