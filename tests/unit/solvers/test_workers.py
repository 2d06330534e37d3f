"""Solver processes: they answer, side by side, and a stop does not wait for them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from solvers import workers
from solvers.program import MipOutcome, Program, Task
from solvers.stop import Stop
from solvers.workers import Worker, wait_for, worker_pool


def knapsack(values: list[float], weights: list[float], room: float) -> Program:
    """Pick what is worth most (as the least of its negative) within the room."""
    count = len(values)
    return Program(
        -np.array(values), np.zeros(count), np.ones(count), np.ones(count, np.bool_), np.array([0, count]),
        np.arange(count, dtype=np.int32), np.array(weights), np.array([-np.inf]), np.array([room]),
    )  # fmt: skip


def endless(size: int = 60) -> Program:
    """Market split: equal sums of random weights, which branch and bound does not find in any time that matters."""
    rng = np.random.default_rng(7)
    rows = 6
    weights = rng.integers(1, 1_000, (rows, size)).astype(np.float64)
    half = np.floor(weights.sum(axis=1) / 2)
    slack = np.eye(rows)
    matrix = np.hstack([weights, slack, -slack])
    cost = np.concatenate([np.zeros(size), np.ones(2 * rows)])
    upper = np.concatenate([np.ones(size), np.full(2 * rows, 1e6)])
    integer = np.arange(len(cost)) < size
    ptr = np.arange(rows + 1) * len(cost)
    return Program(
        cost, np.zeros(len(cost)), upper, integer, ptr, np.tile(np.arange(len(cost), dtype=np.int32), rows),
        matrix.ravel(), half, half,
    )  # fmt: skip


def outcome_of(worker: Worker) -> MipOutcome:
    answer = wait_for(worker, 60.0, Stop())
    assert answer is not None
    assert isinstance(answer.outcome, MipOutcome)
    return answer.outcome


def test_two_programs_side_by_side() -> None:
    with worker_pool(2) as both:
        for worker, room in zip(both, (5.0, 3.0), strict=True):
            worker.begin(Task("mip", knapsack([4.0, 3.0, 2.0], [3.0, 2.0, 2.0], room)), 60.0)
        assert [outcome_of(worker).objective for worker in both] == [-7.0, -4.0]
        # A worker takes one program after another.
        both[0].begin(Task("mip", knapsack([1.0], [1.0], 2.0), hint=np.ones(1)), 60.0)
        again = outcome_of(both[0])
    assert again.optimal
    assert again.x is not None
    assert again.x.tolist() == [1.0]


def test_a_stop_does_not_wait() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(Task("mip", endless()), 600.0)
        stop = Stop()
        assert worker.poll(0.2) is None
        stop.interrupt()
        asked_s = time.monotonic()
        assert wait_for(worker, 600.0, stop) is None
    # Not a timing: ten minutes were asked for.
    assert time.monotonic() - asked_s < 60.0


def test_a_process_that_dies_is_heard_of() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(Task("mip", endless()), 600.0)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(EOFError, match="ended with code -9"):
            worker.poll(60.0)


def test_a_worker_at_rest_is_used_again_unless_it_has_ended() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(Task("mip", knapsack([1.0], [1.0], 2.0)), 60.0)
        outcome_of(worker)
        first = worker.pid
    with worker_pool(1) as (worker,):
        assert worker.pid == first
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    with worker_pool(1) as (worker,):
        assert worker.pid != first


def test_a_worker_still_busy_is_started_anew() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(Task("mip", endless()), 600.0)
        busy = worker.pid
        worker.begin(Task("mip", knapsack([1.0], [1.0], 2.0)), 60.0)
        assert worker.pid != busy
        assert outcome_of(worker).objective == -1.0


def test_a_worker_that_has_rested_for_long_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with worker_pool(1) as (worker,):
        first = worker.pid
        monkeypatch.setattr(workers, "_REST_SHARE", 0.0)
        worker.begin(Task("mip", knapsack([1.0], [1.0], 2.0)), 60.0)
        assert worker.pid != first
        assert outcome_of(worker).objective == -1.0
        second = worker.pid
    with worker_pool(1) as (worker,):
        assert worker.pid != second


def test_a_worker_without_questions_ends_by_itself() -> None:
    script = "from solvers import worker; worker.REST_S = 0.01; worker.main()"
    command = [sys.executable, "-c", script, "0"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.wait(60) == 0


def test_a_worker_ends_with_whoever_started_it() -> None:
    script = """
import os
from solvers.program import Task
from solvers.workers import Worker
from tests.unit.solvers.test_workers import endless

worker = Worker()
worker.begin(Task("mip", endless()), 600.0)
print(worker.pid, flush=True)
os._exit(0)
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    stat = Path("/proc") / ended.stdout.strip() / "stat"
    waited_s = 0.0
    while stat.exists() and stat.read_text().rsplit(")", 1)[1].split()[0] != "Z":
        time.sleep(0.05)
        waited_s += 0.05
        # Not a timing: ten minutes were asked for.
        assert waited_s < 60.0
