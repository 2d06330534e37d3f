"""A worker: a process that warms up, then answers one request at a time. Started by ``pool``, as ``python -m``.

A thread reads what the front says, so that an interrupt reaches the solver while it runs. When the front is gone, so
is the worker.
"""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from queue import SimpleQueue
from typing import BinaryIO

from dom_engine.service.answer import answer
from dom_engine.service.frames import Ask, Asked, Frame, FrameKind, read_frame
from dom_engine.service.job import Job
from dom_engine.service.logs import FORMATS, LOG_FORMAT_KEY, set_up
from dom_engine.service.warmup import warm_up

log = logging.getLogger(__name__)

ORPHAN_GRACE_S = 5.0
"""How long a solve may go on once nobody is left to hear of it."""


class Outbox:
    """What the worker says; the solver's threads say progress while the main thread may say something else."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._lock = threading.Lock()

    def say(self, kind: FrameKind, job: int = 0, payload: bytes = b"") -> None:
        """Say one frame."""
        with self._lock:
            self._out.write(Frame(kind, job, payload).to_bytes())
            self._out.flush()


class Inbox:
    """What the front asks for: jobs in their order, interrupts at once."""

    def __init__(self, out: Outbox) -> None:
        self._out = out
        self._jobs: SimpleQueue[tuple[int, Ask, Job, bytes] | None] = SimpleQueue()
        self._open: dict[int, Job] = {}

    def take(self, frame: Frame) -> None:
        """Take a frame in; called from the reading thread."""
        if frame.kind is FrameKind.ASK:
            asked, number = Asked.of(frame), frame.job
            job = self._open[number] = Job(
                asked.budget_s, lambda kind, said: self._out.say(kind, number, said), watched=asked.watched
            )
            self._jobs.put((number, asked.ask, job, asked.request))
        elif frame.job in self._open:
            job = self._open[frame.job]
            (job.abandon if frame.kind is FrameKind.ABANDON else job.interrupt)()

    def close(self) -> None:
        """Abandon what runs and end the queue."""
        for job in list(self._open.values()):
            job.abandon()
        self._jobs.put(None)

    def work(self) -> None:
        """Answer jobs until the inbox is closed; called from the main thread."""
        while True:
            self._out.say(FrameKind.READY)
            if (item := self._jobs.get()) is None:
                return
            number, ask, job, request = item
            outcome = answer(ask, request, job)
            self._open.pop(number, None)
            if isinstance(outcome, bytes):
                self._out.say(FrameKind.ANSWER, number, outcome)
            else:
                self._out.say(FrameKind.FAILURE, number, outcome.SerializeToString())


def main() -> None:
    """Work until standard input ends."""
    # A supervisor may signal every process of the service: when to end is the front's to say, by closing the pipe.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    set_up(os.environ.get(LOG_FORMAT_KEY, FORMATS[0]))
    # Solvers print to standard output from C; frames go where no one else writes.
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warm_up()
    # What is loaded by now stays. To look for garbage in it took a tenth of the time of a small request.
    gc.collect()
    gc.freeze()
    inbox = Inbox(Outbox(out))
    threading.Thread(target=_listen, args=(inbox,), daemon=True).start()
    with suppress(BrokenPipeError):  # the front is gone
        inbox.work()
    logging.shutdown()
    os._exit(0)  # an orderly end would wait for whatever still runs


def _listen(inbox: Inbox) -> None:
    while (frame := read_frame(sys.stdin.buffer)) is not None:
        inbox.take(frame)
    inbox.close()
    time.sleep(ORPHAN_GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
