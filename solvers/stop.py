"""When to stop: one object holds the deadline, the work limit and the interrupt. Only this module reads the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import numpy as np

from solvers.model import Flags


class StopReason(StrEnum):
    """What ended a run before its own end."""

    TIME = "TIME"
    WORK = "WORK"
    INTERRUPTED = "INTERRUPTED"


class HaltedError(Exception):
    """A long step was left in the middle because the run is over: it has no result."""


def now_s() -> float:
    """A monotonic clock, in seconds."""
    return time.monotonic()


class Stop:
    """Cooperative stop shared by everything that works on one solve.

    Parameters
    ----------
    time_limit_s
        Seconds from now; 0 or less stops at once, ``inf`` never.
    work_limit
        Counted units of work (priced orders and solver iterations); 0: none.
    """

    def __init__(self, time_limit_s: float = float("inf"), work_limit: int = 0) -> None:
        self.started_s = now_s()
        self.time_limit_s = time_limit_s
        self._deadline_s = self._end_s = self.started_s + time_limit_s
        self._work_limit = work_limit
        self._work = 0
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()
        self.halt: Flags = np.zeros(1, np.bool_)
        """True once interrupted: for kernels, which look at it while they run."""
        self._abandoned = False
        self._whole: Stop | None = None
        self.was_cut = False
        """Whether the clock ended a share of this run before its own end."""
        self.was_short = False
        """Whether the work limit ended a part of this run before its own end."""

    @contextmanager
    def share(self, fraction: float) -> Iterator[None]:
        """Within the block, the deadline is only this fraction of the time that remains.

        What the block's clock cuts short is noted in ``was_cut``: such a run does not reproduce to the byte.
        """
        whole_s = self._deadline_s
        self._deadline_s = min(whole_s, now_s() + fraction * self.remaining_s)
        try:
            yield
        finally:
            self.was_cut = self.was_cut or self.reason is StopReason.TIME
            self._deadline_s = whole_s

    @contextmanager
    def part(self, fraction: float) -> Iterator[None]:
        """Within the block, no more than this fraction of the time and of the work that remain."""
        whole = self._work_limit
        if whole:
            self._work_limit = min(whole, self._work + max(1, int(fraction * self.work_left)))
        try:
            with self.share(fraction):
                yield
        finally:
            self.was_short = self.was_short or self.reason is StopReason.WORK
            self._work_limit = whole

    def beside(self, time_fraction: float, work_fraction: float) -> Stop:
        """A stop for a part that is solved beside others, with so much of the time and of the work that remain.

        Interrupts reach it, and what it counts counts here at once. Its own limits are its thread's alone; ``join``
        tells whether they cut it.
        """
        own = Stop(self.time_limit_s)
        own.started_s, own.halt, own._whole = self.started_s, self.halt, self
        own._deadline_s = min(self._deadline_s, now_s() + time_fraction * self.remaining_s)
        own._end_s = self._end_s
        if self._work_limit:
            own._work_limit = max(1, int(work_fraction * self.work_left))
        return own

    def join(self, part: Stop) -> None:
        """Note what limits cut of a part that was solved beside others."""
        self.was_cut = self.was_cut or part.was_cut or part.reason is StopReason.TIME
        self.was_short = self.was_short or part.was_short or part.reason is StopReason.WORK

    def interrupt(self) -> None:
        """Ask for a stop; safe from a signal handler or another thread."""
        self.halt[0] = True

    def abandon(self) -> None:
        """Ask for a stop and want no answer; safe as ``interrupt`` is."""
        self._abandoned = True
        self.interrupt()

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for the answer any more: what is left to do may be left."""
        return self._abandoned if self._whole is None else self._whole.abandoned

    def spend(self, work: int) -> None:
        """Count work done."""
        with self._lock:
            self._work += int(work)
        if self._whole is not None:
            self._whole.spend(work)

    def count(self, name: str, number: int = 1) -> None:
        """Count what a search does by name (passes, columns, nodes ...): the same on every machine, unlike its time."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + int(number)
        if self._whole is not None:
            self._whole.count(name, number)

    @property
    def counts(self) -> dict[str, int]:
        """What was counted by name so far, names sorted."""
        with self._lock:
            return dict(sorted(self._counts.items()))

    @property
    def work(self) -> int:
        """Work counted so far."""
        return self._work

    @property
    def work_left(self) -> int:
        """Work that may still be done; a very large number without a limit."""
        return max(0, self._work_limit - self._work) if self._work_limit else 2**62

    @property
    def elapsed_s(self) -> float:
        """Seconds since this stop was made."""
        return now_s() - self.started_s

    @property
    def remaining_s(self) -> float:
        """Seconds to the deadline, never negative, 0 once interrupted."""
        return 0.0 if self.halt[0] else max(0.0, self._deadline_s - now_s())

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody asked for a stop."""
        return bool(self.halt[0])

    def is_over(self) -> bool:
        """Whether nothing more may be waited for: the clock has ended the run, not just a share, or somebody has."""
        return self.is_interrupted or now_s() >= self._end_s

    def check(self) -> None:
        """Raise HaltedError once the run is over; between two pieces of a step that takes long on some batches."""
        if self.is_over():
            raise HaltedError

    @property
    def reason(self) -> StopReason | None:
        """Why to stop now, or None to go on. A person's wish comes before the work limit, that before the clock."""
        if self.halt[0]:
            return StopReason.INTERRUPTED
        if self._work_limit and self._work >= self._work_limit:
            return StopReason.WORK
        if now_s() >= self._deadline_s:
            return StopReason.TIME
        return None
