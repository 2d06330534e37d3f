"""Where programs are solved changes no answer, what is small costs no process, and a stop waits for neither."""

from __future__ import annotations

import threading
from typing import Never

import numpy as np
import pytest

from solvers import execution
from solvers.execution import solve_in_integers, solve_lp, solve_mip
from solvers.ortools_calls import call
from solvers.program import NOTHING_FOUND, Task
from solvers.stop import Stop, now_s
from tests.unit.solvers.test_program import knapsack
from tests.unit.solvers.test_workers import endless


def no_process(count: int) -> Never:
    raise AssertionError(f"{count} processes were asked for")


def test_what_is_small_costs_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution, "worker_pool", no_process)
    # However busy the machine is.
    monkeypatch.setattr(execution, "TRIAL_S", 60.0)
    assert solve_mip(knapsack(), Stop(), relative_gap=0.0).optimal
    assert solve_in_integers(knapsack(), Stop()).optimal
    assert solve_lp(knapsack(), Stop()) is not None


def test_the_answer_is_the_same_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    here = solve_mip(knapsack(), Stop(), relative_gap=0.0), solve_lp(knapsack(), Stop())
    monkeypatch.setattr(execution, "TINY", -1)
    monkeypatch.setattr(execution, "SMALL", -1)
    there = solve_mip(knapsack(), Stop(), relative_gap=0.0), solve_lp(knapsack(), Stop())
    for one, other in zip(here, there, strict=True):
        assert one is not None
        assert other is not None
        for mine, theirs in zip(one, other, strict=True):
            assert np.array_equal(mine, theirs)
    assert solve_in_integers(knapsack(), Stop()).objective == -13.0


def test_beside_another_thread_it_is_solved_in_a_process() -> None:
    with execution._alone:
        assert solve_mip(knapsack(), Stop(), relative_gap=0.0).optimal


def test_what_takes_long_is_begun_anew_in_a_process_and_left_at_an_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, begun = Stop(), []
    begin = execution.worker_pool

    def interrupted_once_begun(count: int) -> object:
        begun.append(count)
        threading.Timer(0.2, stop.interrupt).start()
        return begin(count)

    monkeypatch.setattr(execution, "worker_pool", interrupted_once_begun)
    # Its search would go on for hours: that this ends at all is what is asked.
    assert solve_mip(endless(), stop, relative_gap=0.0) == NOTHING_FOUND
    assert begun == [1]


@pytest.mark.parametrize("kind", ["mip", "integers"])
def test_what_its_clock_ended_says_so(kind: str) -> None:
    assert call(Task(kind, endless()), now_s() + 0.05).was_cut
    assert not call(Task(kind, knapsack()), now_s() + 60.0).was_cut


def test_what_a_count_ended_was_not_cut() -> None:
    assert not call(Task("integers", endless(), deterministic_limit=0.01), now_s() + 600.0).was_cut
    assert not call(Task("mip", endless(30), most_nodes=3), now_s() + 600.0).was_cut


def test_a_count_of_nodes_is_kept_wherever_it_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    few = [solve_mip(endless(30), Stop(), relative_gap=0.0, most_nodes=3).nodes]
    monkeypatch.setattr(execution, "TINY", -1)
    monkeypatch.setattr(execution, "SMALL", -1)
    few.append(solve_mip(endless(30), Stop(), relative_gap=0.0, most_nodes=3).nodes)
    assert few[0] == few[1]


def test_a_program_without_an_answer_has_none_here_or_there(monkeypatch: pytest.MonkeyPatch) -> None:
    program = knapsack()._replace(row_lower=np.array([100.0, -np.inf, -np.inf]), row_upper=np.full(3, np.inf))
    assert solve_lp(program, Stop()) is None
    monkeypatch.setattr(execution, "TINY", -1)
    monkeypatch.setattr(execution, "SMALL", -1)
    assert solve_lp(program, Stop()) is None
    assert solve_in_integers(program, Stop()).bound == np.inf
