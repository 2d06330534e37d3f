"""A worker: a process that warms up, then answers one request at a time. Started by ``pool``, as ``python -m``.

A thread reads what the front says, so that an interrupt reaches the solver while it runs. When the front is gone, so
is the worker.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO

from dom_engine.service.answer import Job, answer
from dom_engine.service.frames import Frame, FrameKind, budget_and_request, read_frame
from dom_engine.service.warmup import warm_up

log = logging.getLogger(__name__)

LEFT_BEHIND_GRACE_S = 0.2
ORPHAN_GRACE_S = 5.0
"""How long a solve may go on once nobody is left to hear of it."""


class Inbox:
    """What the front asks for: jobs in their order, interrupts at once."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[tuple[int, Job, bytes] | None] = SimpleQueue()
        self._open: dict[int, Job] = {}

    def take(self, frame: Frame) -> None:
        """Take a frame in; called from the reading thread."""
        if frame.kind is FrameKind.SOLVE:
            budget_s, request = budget_and_request(frame)
            job = self._open[frame.job] = Job(budget_s)
            self._jobs.put((frame.job, job, request))
        elif frame.job in self._open:
            self._open[frame.job].interrupt()

    def close(self) -> None:
        """Interrupt what runs and end the queue."""
        for job in list(self._open.values()):
            job.interrupt()
        self._jobs.put(None)

    def work(self, out: BinaryIO) -> None:
        """Answer jobs until the inbox is closed, or until one leaves a solver behind; called from the main thread.

        Some solvers cannot be stopped: their threads go on after the answer, to their own time limit, on cores that
        the next job needs. Only the end of the process ends them.
        """
        own = set(threading.enumerate())
        while not _solvers_left(own):
            _write(out, Frame(FrameKind.READY))
            if (item := self._jobs.get()) is None:
                return
            number, job, request = item
            outcome = answer(request, job)
            self._open.pop(number, None)
            if isinstance(outcome, bytes):
                _write(out, Frame(FrameKind.ANSWER, number, outcome))
            else:
                _write(out, Frame(FrameKind.FAILURE, number, outcome.SerializeToString()))
        log.info("retiring: a solver goes on")


def _solvers_left(own: set[threading.Thread]) -> bool:
    """Whether threads beside our own go on; those that are about to end are given a moment."""
    others = [thread for thread in threading.enumerate() if thread not in own]
    for thread in others:
        thread.join(LEFT_BEHIND_GRACE_S)
    return any(thread.is_alive() for thread in others)


def _write(out: BinaryIO, frame: Frame) -> None:
    out.write(frame.to_bytes())
    out.flush()


def main() -> None:
    """Work until standard input ends."""
    # A supervisor may signal every process of the service: when to end is the front's to say, by closing the pipe.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    # Solvers print to standard output from C; frames go where no one else writes.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warm_up()
    inbox = Inbox()
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    with suppress(BrokenPipeError):  # the front is gone
        inbox.work(out)
    logging.shutdown()
    os._exit(0)  # an orderly end would wait for solvers that cannot be stopped, or crash in their threads


def _listen(inbox: Inbox) -> None:
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        inbox.take(frame)
    inbox.close()
    time.sleep(ORPHAN_GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
