"""Solver processes: integer programs side by side, each stopped at once when the run is.

HiGHS hears no interrupt, keeps one scheduler per process and may overrun its limit. In a process of its own it can be
killed, and several run beside each other. Processes are started by name, not forked: a fork would copy locks that other
threads hold, and a spawned child would import the caller's main module.
"""

from __future__ import annotations

import os
import pickle
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from solvers.model import F64
from solvers.program import MipOutcome, Program
from solvers.stop import Stop
from solvers.worker import HEADER

_POLL_S = 0.02
_OVERRUN_S = 1.0
"""Seconds beyond its limit after which a worker is given up."""


class Worker:
    """One process; ``busy`` while it solves."""

    def __init__(self) -> None:
        self._process = _started()
        self.busy = False
        self._answer = bytearray()

    def begin(self, program: Program, gap: float, seconds: float, hint: F64 | None, seed: int) -> None:
        """Hand over a program; at most one at a time."""
        question = pickle.dumps((program, gap, seconds, hint, seed), protocol=pickle.HIGHEST_PROTOCOL)
        assert self._process.stdin is not None
        self._process.stdin.write(HEADER.pack(len(question)) + question)
        self._process.stdin.flush()
        self.busy = True

    def poll(self, seconds: float) -> MipOutcome | None:
        """Wait so long for the answer.

        Raises
        ------
        EOFError
            When the process ended before it answered.
        """
        assert self._process.stdout is not None
        channel = self._process.stdout.fileno()
        while select.select([channel], [], [], seconds)[0]:
            part = os.read(channel, 1 << 20)
            if not part:
                raise EOFError(f"a solver process ended with code {self._process.wait()}")
            self._answer += part
            if len(self._answer) >= HEADER.size:
                size = HEADER.unpack_from(self._answer)[0]
                if len(self._answer) == HEADER.size + size:
                    outcome: MipOutcome = pickle.loads(bytes(self._answer[HEADER.size :]))
                    self._answer.clear()
                    self.busy = False
                    return outcome
            seconds = 1.0
        return None

    def kill(self) -> None:
        """Begin to end the process; ``close`` waits until it has."""
        self._process.kill()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def _started() -> subprocess.Popen[bytes]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "solvers.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )


@contextmanager
def worker_pool(count: int) -> Iterator[list[Worker]]:
    """So many workers, killed at the end."""
    workers = [Worker() for _ in range(count)]
    try:
        yield workers
    finally:
        # All at once: to die takes a process a moment, and they may do it side by side.
        for worker in workers:
            worker.kill()
        for worker in workers:
            worker.close()


def wait_for(worker: Worker, seconds: float, stop: Stop) -> MipOutcome | None:
    """The worker's answer; None, and the worker is of no further use, when the run is stopped or it overruns."""
    waited = 0.0
    while waited < seconds + _OVERRUN_S:
        outcome = worker.poll(_POLL_S)
        if outcome is not None:
            return outcome
        waited += _POLL_S
        if stop.remaining_s == 0.0:
            return None
    return None
