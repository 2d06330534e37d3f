"""One job of a worker: the time it may take, its interrupt, and what it says before it answers."""

from __future__ import annotations

import threading
from collections.abc import Callable

from dom_engine.domain.problem import Problem
from dom_engine.errors import StoppedError
from dom_engine.service.frames import FrameKind
from dom_engine.wire import progress_event
from solvers.incumbent import Progress
from solvers.stop import Stop, now_s

PROGRESS_INTERVAL_S = 0.1
"""Between two events of one phase; a new phase is always told."""


def say_nothing(kind: FrameKind, payload: bytes) -> None:
    """For jobs that nobody listens to."""


class Job:
    """The time one request may take, and its interrupt, which may come before there is anything to stop.

    Parameters
    ----------
    budget_s
        Seconds from now to the answer; ``inf``: what the scenario says itself.
    say
        Takes what the job says before it answers: progress and parts, each a serialised response.
    watched
        Whether it is to tell progress.
    """

    def __init__(
        self,
        budget_s: float = float("inf"),
        say: Callable[[FrameKind, bytes], None] = say_nothing,
        *,
        watched: bool = True,
    ) -> None:
        self._started_s = now_s()
        self._budget_s = budget_s
        self._say = say
        self._watched = watched
        self._interrupted = self.abandoned = False
        self._stop: Stop | None = None
        self._lock = threading.Lock()
        self._told_s = float("-inf")
        self._phase = ""

    @property
    def elapsed_s(self) -> float:
        """Seconds since the job came."""
        return now_s() - self._started_s

    def interrupt(self) -> None:
        """Ask for the best plan so far; safe from another thread."""
        self._interrupted = True
        if self._stop is not None:
            self._stop.interrupt()

    def abandon(self) -> None:
        """Ask for an end and want no answer; safe from another thread."""
        self.abandoned = True
        if self._stop is not None:
            self._stop.abandon()

    def go_on(self) -> None:
        """Raises StoppedError once nobody waits for the answer any more."""
        if self.abandoned:
            raise StoppedError("nobody waits for the answer any more")

    def stop_for(self, problem: Problem) -> Stop:
        """The stop of the solve: what is left of the budget, or the scenario's own limits where they are tighter."""
        settings = problem.solve
        stop = Stop(min(settings.time_limit_s, self._budget_s - self.elapsed_s), settings.work_limit)
        self._stop = stop
        if self._interrupted:
            stop.interrupt()
        if self.abandoned:
            stop.abandon()
        return stop

    @property
    def watch(self) -> Callable[[Progress], None] | None:
        """What a search is to call with its progress; None where nobody asks."""
        return self._tell if self._watched else None

    def _tell(self, progress: Progress) -> None:
        """Tell how far the search is; called from the solver's threads, often."""
        with self._lock:
            told_s = now_s()
            if progress.phase == self._phase and told_s - self._told_s < PROGRESS_INTERVAL_S:
                return
            self._told_s, self._phase = told_s, progress.phase
        event = progress_event(
            progress.phase, progress.incumbent_micros, progress.bound_micros, progress.gap, progress.elapsed_s
        )
        self._say(FrameKind.PROGRESS, event)

    def part(self, payload: bytes) -> None:
        """Say a part of the answer."""
        self._say(FrameKind.PART, payload)
