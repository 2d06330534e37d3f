"""Solver processes: they answer, side by side, and a stop does not wait for them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from solvers.program import Program
from solvers.stop import Stop
from solvers.workers import wait_for, worker_pool


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


def test_two_programs_side_by_side() -> None:
    with worker_pool(2) as workers:
        for worker, room in zip(workers, (5.0, 3.0), strict=True):
            worker.begin(knapsack([4.0, 3.0, 2.0], [3.0, 2.0, 2.0], room), 0.0, 60.0, None, 0)
        outcomes = [wait_for(worker, 60.0, Stop()) for worker in workers]
        assert [outcome.objective for outcome in outcomes if outcome is not None] == [-7.0, -4.0]
        # A worker takes one program after another.
        workers[0].begin(knapsack([1.0], [1.0], 2.0), 0.0, 60.0, np.ones(1), 0)
        again = wait_for(workers[0], 60.0, Stop())
    assert again is not None
    assert again.optimal
    assert again.x is not None
    assert again.x.tolist() == [1.0]


def test_a_stop_does_not_wait() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(endless(), 0.0, 600.0, None, 0)
        stop = Stop()
        assert worker.poll(0.2) is None
        stop.interrupt()
        asked_s = time.monotonic()
        assert wait_for(worker, 600.0, stop) is None
    # Not a timing: ten minutes were asked for.
    assert time.monotonic() - asked_s < 60.0


def test_a_process_that_dies_is_heard_of() -> None:
    with worker_pool(1) as (worker,):
        worker.begin(endless(), 0.0, 600.0, None, 0)
        worker.close()
        with pytest.raises((EOFError, ValueError)):
            worker.poll(5.0)
