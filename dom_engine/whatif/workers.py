"""Solves side by side: each worker process takes one job after the other, within a budget of threads."""

from __future__ import annotations

import multiprocessing
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Protocol

from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.errors import DomError, Fault, InputError, InternalError, StoppedError
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.scenario.starts import read_start
from solvers.incumbent import Progress
from solvers.stop import Stop

PROGRESS_EVERY_S = 0.25
_GRACE_S = 5.0
"""Given to a worker to clear away what it was writing."""

Prepare = Callable[[Problem], None]


class Task(Protocol):
    """One solve that a worker can do; it travels by pipe."""

    @property
    def name(self) -> str:
        """What it is called where its progress is told."""

    @property
    def out(self) -> Path:
        """Where its result appears."""

    def run(self, watch: Callable[[Progress], None] | None, prepare: Prepare | None) -> None:
        """Solve, and write the result whole or not at all; ``prepare`` comes before the clock starts."""


@dataclass(frozen=True, slots=True)
class Job:
    """Solve ``variant`` of ``scenario`` into ``out``.

    ``start`` is a result folder to start from, ``most_s`` a limit beside the scenario's own.
    """

    name: str
    scenario: Path
    variant: str | None
    overrides: Mapping[str, object]
    out: Path
    start: Path | None = None
    most_s: float = float("inf")

    def run(self, watch: Callable[[Progress], None] | None, prepare: Prepare | None) -> None:
        """Solve and write; the time limit begins once everything is loaded."""
        problem = load_scenario(self.scenario, self.variant, self.overrides)
        if prepare is not None:
            prepare(problem)
        start = None if self.start is None else read_start(problem, self.start)
        stop = Stop(min(problem.solve.time_limit_s, self.most_s), problem.solve.work_limit)
        write_result(solve(problem, start=start, stop=stop, watch=watch), self.out)


def solve_jobs(
    jobs: Sequence[Task],
    num_workers: int,
    began: Callable[[str], None],
    progressed: Callable[[str, Progress], None],
    finished: Callable[[str, Path], None],
    prepare: Prepare | None = None,
) -> None:
    """Solve all jobs, at most ``num_workers`` at a time; a single worker is this process itself.

    Raises
    ------
    StoppedError
        When a worker dies. Results that are written stay.
    """
    if num_workers == 1 or len(jobs) == 1:
        for job in jobs:
            began(job.name)
            job.run(partial(progressed, job.name), prepare)
            prepare = None
            finished(job.name, job.out)
        return
    crew = _Crew(min(num_workers, len(jobs)), prepare)
    try:
        crew.work(list(jobs), began, progressed, finished)
    finally:
        crew.dismiss()


class _Crew:
    """Worker processes and the pipes to them."""

    def __init__(self, num_workers: int, prepare: Prepare | None) -> None:
        context = multiprocessing.get_context("spawn")
        self._workers: dict[Connection, SpawnProcess] = {}
        self._busy: dict[Connection, Task] = {}
        for _ in range(num_workers):
            ours, theirs = context.Pipe()
            worker = context.Process(target=_worker, args=(theirs, prepare), name="solve", daemon=True)
            worker.start()
            theirs.close()
            self._workers[ours] = worker

    def work(
        self,
        jobs: list[Task],
        began: Callable[[str], None],
        progressed: Callable[[str, Progress], None],
        finished: Callable[[str, Path], None],
    ) -> None:
        """Hand out the jobs in their order and hear what comes of them."""
        for pipe in list(self._workers):
            self._hand_out(pipe, jobs, began)
        while self._busy:
            ready = set(wait(list(self._busy)))
            for pipe in [pipe for pipe in self._busy if pipe in ready]:
                job = self._busy[pipe]
                try:
                    message = pipe.recv()
                except EOFError:
                    raise StoppedError(f"the process that solved '{job.name}' died; what is solved is kept") from None
                if isinstance(message, Progress):
                    progressed(job.name, message)
                elif isinstance(message, tuple):
                    raise InputError(message)
                elif isinstance(message, Exception):
                    raise message
                else:
                    del self._busy[pipe]
                    finished(job.name, job.out)
                    self._hand_out(pipe, jobs, began)

    def _hand_out(self, pipe: Connection, jobs: list[Task], began: Callable[[str], None]) -> None:
        if jobs:
            job = self._busy[pipe] = jobs.pop(0)
            began(job.name)
            pipe.send(job)

    def dismiss(self) -> None:
        """End the workers; one that does not hear is killed."""
        for worker in self._workers.values():
            worker.terminate()
        for pipe, worker in self._workers.items():
            worker.join(_GRACE_S)
            if worker.is_alive():
                worker.kill()
                worker.join()
            pipe.close()


def _worker(pipe: Connection, prepare: Prepare | None) -> None:
    # An interrupt at a terminal reaches every process; whoever started this one decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            job.run(_Throttled(pipe), prepare)
        except Exception as error:  # noqa: BLE001  raised again where it can be handled
            pipe.send(_sendable(error))
        else:
            pipe.send(None)
        prepare = None


class _Throttled:
    """Sends progress now and then: a search may report it thousands of times a second."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._last_s = -PROGRESS_EVERY_S

    def __call__(self, progress: Progress) -> None:
        if progress.elapsed_s - self._last_s >= PROGRESS_EVERY_S:
            self._last_s = progress.elapsed_s
            self._pipe.send(progress)


def _sendable(error: Exception) -> Exception | tuple[Fault, ...]:
    """What a pipe can carry of an error: faults of the input by themselves, what is foreign as text."""
    if isinstance(error, InputError):
        return error.faults
    if isinstance(error, DomError | OSError | MemoryError):
        return error
    return InternalError(f"{type(error).__name__}: {error}")
