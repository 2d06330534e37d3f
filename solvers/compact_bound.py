"""Bounding a batch by the compact model in a process of its own, while the plan is improved beside it."""

from __future__ import annotations

import numpy as np

from solvers.compact import bound_of, num_loads, state_compact
from solvers.compact_plan import plan_of, start_of
from solvers.incumbent import Incumbent
from solvers.model import I64, Patterns, SourcingModel
from solvers.program import MipOutcome, Task
from solvers.stop import Stop
from solvers.workers import Worker, wait_for

MOST_LOADS = 20_000
"""Sources times trips beyond which the compact model's bound does not pass that of prices within a minute."""

_SHARE_OF_TIME = 0.85
"""HiGHS was seen to overrun its limit by a tenth in a round of cuts; what comes after the clock is lost."""


def can_bound(model: SourcingModel) -> bool:
    """Whether a batch is small enough."""
    return num_loads(model, np.arange(model.num_orders)) <= MOST_LOADS


class Bounding:
    """A search for a bound that has begun, from the plan known when it began.

    Slots that no better plan uses, ``idle``, are left out, so what it proves is the least of its bound and that plan.
    """

    def __init__(
        self, model: SourcingModel, start: Patterns, idle: I64, worker: Worker, stop: Stop, gap: float, seed: int
    ) -> None:
        self._model, self._worker, self._stop = model, worker, stop
        self._network, compact, stand_ins = state_compact(model, np.arange(model.num_orders), idle=idle)
        self._compact, self._seconds, self._done = compact, _SHARE_OF_TIME * stop.remaining_s, compact is None
        self._done = self._done or stop.reason is not None
        if compact is not None and not self._done:
            hint = start_of(model, self._network, compact, stand_ins, start, stop)
            worker.begin(Task("mip", compact.program, gap / 2, hint, seed), self._seconds)

    def look(self, incumbent: Incumbent, wait_s: float) -> bool:
        """Wait up to ``wait_s`` for the outcome, and tell the incumbent; whether it came now."""
        if self._done:
            return False
        answer = wait_for(self._worker, wait_s, self._stop) if wait_s > 0.0 else self._worker.poll(0.0)
        if answer is None:
            return False
        self._done, outcome = True, answer.outcome
        assert isinstance(outcome, MipOutcome)
        assert self._compact is not None
        bound = bound_of(outcome.bound, self._compact)
        if bound is not None:
            incumbent.prove(bound, searched=True)
        plan = None if outcome.x is None else plan_of(self._model, self._network, self._compact.layout, outcome.x)
        if plan is not None:
            incumbent.offer(plan)
        return True
