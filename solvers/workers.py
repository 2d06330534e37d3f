"""Solver processes: programs side by side, each stopped at once when the run is.

HiGHS hears no interrupt, keeps one scheduler per process and may overrun its limit. In a process of its own it can be
killed, and several run beside each other. Processes are started by name, not forked: a fork would copy locks that other
threads hold, and a spawned child would import the caller's main module.

To start one takes half a second of a processor, so a few stay for the next run, for as long as they stay by themselves.
One that was killed is gone.
"""

from __future__ import annotations

import atexit
import os
import pickle
import select
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from solvers.program import Answer, Task
from solvers.stop import Stop, now_s
from solvers.worker import HEADER, REST_S

_POLL_S = 0.02
_OVERRUN_S = 1.0
"""Seconds beyond its limit after which a worker is given up."""

_LAST_WORD_S = 0.1
"""Seconds after the clock has ended a run in which an answer is still taken."""

_HAND_OVER_S, _HAND_OVER_SHARE = 0.3, 0.05
"""Of the time that remains, what a solver's overrun and the way of its answer are given; never more than so long."""

_MOST_IDLE, _REST_SHARE = 4, 0.5
"""Workers kept for whoever asks next, and the share of their rest within which they are asked: one whose rest is about
to end might do so in between."""


class Worker:
    """One process; ``busy`` while it solves."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._questions = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        self._process = _started(self._questions.fileno())
        self.busy = False
        self.is_alive = True
        self._rested_s = now_s()
        self._answer = bytearray()

    @property
    def pid(self) -> int:
        """The process's."""
        return self._process.pid

    def begin(self, task: Task, seconds: float) -> None:
        """Hand over a program. A process that has ended is heard of when it is polled.

        One that is still busy with a program that nobody waits for any more, or has rested for long, is started anew.
        The seconds count from now, those included that a new process takes to start.
        """
        if self.busy or not self.is_ready():
            self.close()
            self._start()
        question = pickle.dumps((task, now_s() + seconds), protocol=pickle.HIGHEST_PROTOCOL)
        self._questions.seek(0)
        self._questions.write(question)
        self._questions.flush()
        assert self._process.stdin is not None
        self.busy = True
        try:
            self._process.stdin.write(HEADER.pack(len(question)))
            self._process.stdin.flush()
        except BrokenPipeError:
            self.is_alive = False

    def poll(self, seconds: float) -> Answer | None:
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
                self.is_alive = False
                raise EOFError(f"a solver process ended with code {self._process.wait()}")
            self._answer += part
            if len(self._answer) >= HEADER.size:
                size = HEADER.unpack_from(self._answer)[0]
                if len(self._answer) == HEADER.size + size:
                    answer: Answer = pickle.loads(bytes(self._answer[HEADER.size :]))
                    self._answer.clear()
                    self.busy = False
                    self._rested_s = now_s()
                    return answer
            seconds = 1.0
        return None

    def is_ready(self) -> bool:
        """Whether the process is there, and will be by the time that it is asked something."""
        return self._process.poll() is None and now_s() < self._rested_s + _REST_SHARE * REST_S

    def kill(self) -> None:
        """Begin to end the process; ``close`` waits until it has."""
        self.is_alive = False
        self._process.kill()

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._questions):
            assert stream is not None
            stream.close()


def _started(questions: int) -> subprocess.Popen[bytes]:
    path = os.pathsep.join(entry for entry in sys.path if entry)
    return subprocess.Popen(
        [sys.executable, "-m", "solvers.worker", str(questions)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        pass_fds=[questions],
        bufsize=0,
        env={**os.environ, "PYTHONPATH": path},
    )


class _Idle:
    """Workers that wait for the next run."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.workers: list[Worker] = []

    def take(self) -> Worker | None:
        """One that has not ended by itself since, if there is any."""
        with self.lock:
            while self.workers:
                worker = self.workers.pop()
                if worker.is_ready():
                    return worker
                worker.close()
        return None

    def put_back(self, workers: list[Worker]) -> None:
        """Keep those that could solve again, as many as are kept; end the others."""
        with self.lock:
            for worker in workers:
                if worker.is_alive and not worker.busy and len(self.workers) < _MOST_IDLE:
                    self.workers.append(worker)
        # All at once: to die takes a process a moment, and they may do it side by side.
        ended = [worker for worker in workers if worker not in self.workers]
        for worker in ended:
            worker.kill()
        for worker in ended:
            worker.close()

    def close(self) -> None:
        """End all."""
        while (worker := self.take()) is not None:
            worker.close()

    def forget(self) -> None:
        """After a fork they are the parent's."""
        self.lock = threading.Lock()
        self.workers = []


_idle = _Idle()
atexit.register(_idle.close)
os.register_at_fork(after_in_child=_idle.forget)


def has_idle() -> bool:
    """Whether a worker waits, so that none need be started."""
    return bool(_idle.workers)


def limit_s(stop: Stop, most_s: float = float("inf")) -> float:
    """Seconds that a solver is told, for its answer to come before the run's or the share's clock has ended."""
    left_s = stop.remaining_s
    return min(most_s, left_s - min(_HAND_OVER_S, _HAND_OVER_SHARE * left_s))


@contextmanager
def worker_pool(count: int) -> Iterator[list[Worker]]:
    """So many workers; at the end those at rest are kept for the next caller, the others killed."""
    workers = [_idle.take() or Worker() for _ in range(count)]
    try:
        yield workers
    finally:
        _idle.put_back(workers)


def wait_for(worker: Worker, seconds: float, stop: Stop) -> Answer | None:
    """The worker's answer; None, and the worker is of no further use, when the run is stopped or it overruns."""
    waited = late = 0.0
    while waited < seconds + _OVERRUN_S:
        answer = worker.poll(_POLL_S)
        if answer is not None:
            return answer
        waited += _POLL_S
        # A solver that keeps its limit answers about when the clock ends the run; an interrupt it has not heard.
        late += _POLL_S if stop.is_over() else 0.0
        if stop.is_interrupted or late > _LAST_WORD_S:
            return None
    return None
