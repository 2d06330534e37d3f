"""The solvers behind ``Program`` agree on a small program whose answer is known by hand."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from solvers.execution import solve_in_integers, solve_lp, solve_mip
from solvers.program import Program
from solvers.stop import Stop


def knapsack() -> Program:
    """Maximise 5a + 4b + 3c with 2a + 3b + c <= 5 and 4a + b + 2c <= 11 and 3a + 4b + 2c <= 8, as a minimisation.

    The relaxation is the textbook one of Chvátal's first chapter: (2, 0, 1), value 13, which happens to be integral.
    """
    return Program(
        cost=np.array([-5.0, -4.0, -3.0]),
        lower=np.zeros(3),
        upper=np.full(3, 10.0),
        integer=np.ones(3, np.bool_),
        ptr=np.array([0, 3, 6, 9]),
        col=np.array([0, 1, 2] * 3, np.int32),
        coef=np.array([2.0, 3.0, 1.0, 4.0, 1.0, 2.0, 3.0, 4.0, 2.0]),
        row_lower=np.full(3, -np.inf),
        row_upper=np.array([5.0, 11.0, 8.0]),
    )


def test_relaxation_and_its_duals() -> None:
    solved = solve_lp(knapsack(), Stop())
    assert solved is not None
    assert solved.objective == pytest.approx(-13.0)
    assert solved.x == pytest.approx([2.0, 0.0, 1.0])
    # The dual prices are (1, 0, 1): 5 + 8 = 13; a <= row's dual is never positive in a minimisation.
    assert solved.dual == pytest.approx([-1.0, 0.0, -1.0])


@pytest.mark.parametrize("hint", [None, np.array([1.0, 0.0, 0.0])])
def test_integer_solvers_agree(hint: np.ndarray | None) -> None:
    by_highs = solve_mip(knapsack(), Stop(), relative_gap=0.0, hint=hint)
    by_cp_sat = solve_in_integers(knapsack(), Stop(), hint=hint)
    for outcome in (by_highs, by_cp_sat):
        assert outcome.optimal
        assert outcome.objective == pytest.approx(-13.0)
        assert outcome.bound == pytest.approx(-13.0)
        assert outcome.x is not None
        assert outcome.x.tolist() == [2.0, 0.0, 1.0]


def test_an_infeasible_program_has_no_solution() -> None:
    program = knapsack()._replace(row_lower=np.array([100.0, -np.inf, -np.inf]), row_upper=np.full(3, np.inf))
    assert solve_mip(program, Stop(), relative_gap=0.0).x is None
    assert solve_in_integers(program, Stop()).x is None
    assert solve_lp(program, Stop()) is None


def test_a_stopped_run_proves_nothing_it_has_not_proven() -> None:
    stop = Stop(time_limit_s=0.0)
    outcome = solve_in_integers(knapsack(), stop)
    assert outcome.bound <= -13.0
    assert solve_mip(knapsack(), stop, relative_gap=0.0).bound <= -13.0 + 1e-9


@pytest.mark.parametrize(
    "solve", ["solve_in_integers(program, Stop())", "solve_mip(program, Stop(), relative_gap=0.0)"]
)
def test_an_interrupt_still_reaches_its_handler_after_a_solve(solve: str) -> None:
    script = f"""
import signal
from solvers.execution import solve_in_integers, solve_mip
from solvers.stop import Stop
from tests.unit.solvers.test_program import knapsack

signal.signal(signal.SIGINT, lambda *_: print("heard"))
program = knapsack()
{solve}
signal.raise_signal(signal.SIGINT)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, "heard\n"), ended.stderr
