"""Where programs are solved: here while that takes a moment, else in a process that a stop can kill.

HiGHS hears no interrupt and CP-SAT a tenth of a second late. What is small is tried here, under a limit that is itself
a moment; a program that needs longer is begun anew in a process of its own, and so is every one that is not small. The
answer is the same wherever it comes from: the clock decides on the place alone.
"""

from __future__ import annotations

import threading

from solvers.model import F64
from solvers.program import NOTHING_FOUND, Answer, LpOutcome, MipOutcome, Program, Task
from solvers.stop import Stop, now_s
from solvers.workers import has_idle, limit_s, wait_for, worker_pool

SMALL, TINY = 20_000, 2_000
"""Coefficients up to which a program is tried here: the larger ones only as long as a process would have to be started
for them."""

TRIAL_S = 0.1
"""What a trial may take. Of such a size HiGHS and CP-SAT overrun it by hundredths of a second."""

_alone = threading.Lock()
"""HiGHS keeps one scheduler per process: two solves beside each other may crash both."""


def solve_lp(program: Program, stop: Stop) -> LpOutcome | None:
    """Solve the relaxation with HiGHS; None when stopped before the optimum."""
    answer = _solve(Task("lp", program), stop)
    if answer is None or answer.outcome is None:
        return None
    assert isinstance(answer.outcome, LpOutcome)
    return answer.outcome


def solve_mip(
    program: Program,
    stop: Stop,
    *,
    relative_gap: float,
    time_limit_s: float = float("inf"),
    hint: F64 | None = None,
    seed: int = 0,
    most_nodes: int | None = None,
) -> MipOutcome:
    """Solve with HiGHS within its float tolerances; ``hint`` is a feasible start, ``most_nodes`` a counted limit."""
    task = Task("mip", program, relative_gap, hint, seed, most_nodes)
    outcome = _mip_outcome(_solve(task, stop, time_limit_s))
    stop.count("nodes", outcome.nodes)
    return outcome


def solve_in_integers(
    program: Program,
    stop: Stop,
    *,
    time_limit_s: float = float("inf"),
    hint: F64 | None = None,
    seed: int = 0,
    threads: int = 1,
    deterministic_limit: float = 0.0,
) -> MipOutcome:
    """Solve with CP-SAT: every coefficient an integer, every claim holds in integers.

    With one thread and a deterministic limit the run reproduces to the byte. The caller keeps ``sum |cost| *
    upper`` within 2**62.
    """
    task = Task("integers", program, 0.0, hint, seed, None, threads, deterministic_limit)
    return _mip_outcome(_solve(task, stop, time_limit_s))


def _mip_outcome(answer: Answer | None) -> MipOutcome:
    if answer is None:
        return NOTHING_FOUND
    assert isinstance(answer.outcome, MipOutcome)
    return answer.outcome


def _solve(task: Task, stop: Stop, most_s: float = float("inf")) -> Answer | None:
    """The answer, which may be one that its own limit cut; None when it was not waited for."""
    if stop.remaining_s == 0.0:
        return None
    size = len(task.program.coef)
    if size <= TINY or (size <= SMALL and not has_idle()):
        trial_s = min(TRIAL_S, most_s, stop.remaining_s)
        answer = _try_here(task, trial_s)
        if answer is not None and (not answer.was_cut or trial_s < TRIAL_S):
            return answer
    with worker_pool(1) as (worker,):
        seconds = limit_s(stop, most_s)
        worker.begin(task, seconds)
        return wait_for(worker, seconds, stop)


def _try_here(task: Task, seconds: float) -> Answer | None:
    """The answer within a moment; None where another thread is at it."""
    from solvers.ortools_calls import call

    # What others solve here takes a moment, too: less than to start a process, which is all that a tiny one would need.
    patience_s = TRIAL_S if len(task.program.coef) <= TINY else 0.0
    if not _alone.acquire(timeout=patience_s):
        return None
    try:
        return call(task, now_s() + seconds)
    finally:
        _alone.release()
