"""Exit codes, which scripts rely on, and the wish to leave at once."""

from __future__ import annotations

import signal
from enum import IntEnum
from types import FrameType


class ExitCode(IntEnum):
    """What a process says with its end (docs/command-line.md)."""

    DONE = 0
    CHECK_FAILED = 1
    """A check did not hold (``verify``), or a solve became slower (``bench``)."""
    BAD_INPUT = 2
    """Bad usage or bad input."""
    NO_PLAN = 3
    """Stopped before a plan could be audited, or an error of ours."""
    INTERRUPTED = 130
    """Interrupted, and the best plan so far is written, or what was solved of several things."""


class Leave(BaseException):
    """A person wants the process gone now. Not an ``Exception``: no library on the way may swallow it."""


class ReaderGone(BaseException):
    """Nobody reads our output any more (``dom show plan | head``). Typer would make it exit code 1, a failed check."""


def leave_on_signals() -> None:
    """From now on an interrupt or a termination unwinds the stack, so that everything half-made is cleared away."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _leave)


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise Leave
