"""The pool: worker processes, and the requests that wait for one.

A request that its caller gives up is interrupted; a worker that does not let go of it within a grace time, or that
dies, is replaced, and only the request it held is lost.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TypeAlias

from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.errors import InternalError
from dom_engine.service.frames import Frame, FrameKind, receive_frame, solve_frame
from dom_engine.wire import failure

log = logging.getLogger(__name__)

INTERRUPT_GRACE_S = 5.0
"""What a worker has to let go of a job nobody waits for, before it is killed."""

END_GRACE_S = 2.0
RESTART_DELAY_S = 0.5
WORKER_COMMAND = (sys.executable, "-P", "-m", "dom_engine.service.worker")

_STREAM_BUFFER = 2**22
_PACKAGE_ROOT = Path(__file__).resolve().parents[2]

Outcome: TypeAlias = "bytes | Status"


class WorkerLost(Exception):
    """A worker died, or was given up."""


class Worker:
    """One worker process, seen from the front."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.process = process
        self._in = process.stdin
        self._out = process.stdout

    @classmethod
    async def spawn(cls, command: tuple[str, ...]) -> Worker:
        """Start a process. It leads a session of its own: a Ctrl-C in the terminal is the front's to handle."""
        paths = [str(_PACKAGE_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=_STREAM_BUFFER,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
        )
        return cls(process)

    async def send(self, frame: Frame) -> None:
        """Send a frame; raises WorkerLost when there is nobody to read it."""
        try:
            self._in.write(frame.to_bytes())
            await self._in.drain()
        except ConnectionError as error:
            raise WorkerLost from error

    async def receive(self) -> Frame:
        """Wait for the next frame; raises WorkerLost when there will be none."""
        frame = await receive_frame(self._out)
        if frame is None:
            raise WorkerLost
        return frame

    async def end(self, grace_s: float) -> None:
        """Close its input, which ends it once it is idle; kill it where that takes longer than the grace."""
        self._in.close()
        try:
            await asyncio.wait_for(self.process.wait(), grace_s)
        except TimeoutError:
            with suppress(ProcessLookupError):  # it may have ended just now
                self.process.kill()
            await self.process.wait()


class _Waiting:
    """A request in the queue."""

    def __init__(self, number: int, request: bytes, budget_s: Callable[[], float]) -> None:
        self.number = number
        self.request = request
        self.budget_s = budget_s
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class WorkerPool:
    """Long-lived workers behind one queue.

    Parameters
    ----------
    num_workers
        Processes; each solves one request at a time.
    command
        What starts one.
    """

    def __init__(self, num_workers: int, command: tuple[str, ...] = WORKER_COMMAND) -> None:
        self._num_workers = num_workers
        self._command = command
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._numbers = count(1)
        self._busy: dict[Worker, int] = {}
        self._attending: list[asyncio.Task[None]] = []
        self._warm: list[asyncio.Future[None]] = []
        self._ending: set[asyncio.Task[None]] = set()
        self._unanswered: set[asyncio.Future[Outcome]] = set()

    def start(self) -> None:
        """Start the workers; requests may come at once, and wait until one is warm."""
        loop = asyncio.get_running_loop()
        self._warm = [loop.create_future() for _ in range(self._num_workers)]
        self._attending = [asyncio.create_task(self._attend(warm)) for warm in self._warm]

    async def ready(self) -> None:
        """Wait until every worker is warm.

        Raises
        ------
        InternalError
            When one died before it was.
        """
        await asyncio.gather(*self._warm)

    async def run(self, request: bytes, budget_s: Callable[[], float]) -> Outcome:
        """Have a request answered; cancelling the wait stops the solver and frees the worker.

        Parameters
        ----------
        request
            A serialised ``OptimizeRequest``.
        budget_s
            Asked when a worker takes the request: the seconds it then has.
        """
        waiting = _Waiting(next(self._numbers), request, budget_s)
        self._unanswered.add(waiting.outcome)
        waiting.outcome.add_done_callback(self._unanswered.discard)
        self._queue.put_nowait(waiting)
        return await waiting.outcome

    async def drain(self) -> None:
        """Wait until nothing runs and nothing waits."""
        while self._unanswered:
            await asyncio.wait(self._unanswered)

    async def interrupt_all(self) -> None:
        """Ask every busy worker for the best plan it has."""
        for worker, number in list(self._busy.items()):
            await worker.send(Frame(FrameKind.INTERRUPT, number))

    async def close(self) -> None:
        """End the workers; what still runs is lost."""
        for task in self._attending:
            task.cancel()
        await asyncio.gather(*self._attending, return_exceptions=True)
        await asyncio.gather(*self._ending)

    async def _attend(self, warm: asyncio.Future[None]) -> None:
        """Keep one worker alive and at work."""
        while True:
            worker = await Worker.spawn(self._command)
            grace_s = END_GRACE_S
            try:
                while True:
                    await worker.receive()  # READY; a worker that retires ends instead
                    if not warm.done():
                        warm.set_result(None)
                    await self._serve(worker, await self._queue.get())
            except WorkerLost:
                grace_s = 0.0
                if not warm.done():
                    warm.set_exception(InternalError("a worker died while it warmed up; its log says why"))
                    return
                log.info("worker %d is gone; another takes its place", worker.process.pid)
            finally:
                # A task of its own: cancelled half-way, an end would leave the process behind.
                ending = asyncio.create_task(worker.end(grace_s))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)
            await asyncio.sleep(RESTART_DELAY_S)

    async def _serve(self, worker: Worker, waiting: _Waiting) -> None:
        while waiting.outcome.done():  # its caller left while it waited
            waiting = await self._queue.get()
        if worker.process.returncode is not None:  # died idle: nobody's request is lost
            self._queue.put_nowait(waiting)
            raise WorkerLost
        self._busy[worker] = waiting.number
        outcome: Outcome = failure(Code.UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down")
        try:
            outcome = await _solve(worker, waiting)
        except WorkerLost:
            outcome = failure(Code.INTERNAL, "WORKER_LOST", "the worker that solved this request died")
            raise
        finally:
            del self._busy[worker]
            if not waiting.outcome.done():
                waiting.outcome.set_result(outcome)


async def _solve(worker: Worker, waiting: _Waiting) -> Outcome:
    """Let a worker answer; once the caller has left, only wait until it is free again."""
    reply = asyncio.ensure_future(_reply(worker, waiting))
    try:
        await asyncio.wait({reply, waiting.outcome}, return_when=asyncio.FIRST_COMPLETED)
        if not reply.done():
            await worker.send(Frame(FrameKind.INTERRUPT, waiting.number))
            await asyncio.wait({reply}, timeout=INTERRUPT_GRACE_S)
            if not reply.done():
                raise WorkerLost
        return reply.result()
    finally:
        reply.cancel()


async def _reply(worker: Worker, waiting: _Waiting) -> Outcome:
    await worker.send(solve_frame(waiting.number, waiting.budget_s(), waiting.request))
    frame = await worker.receive()
    return frame.payload if frame.kind is FrameKind.ANSWER else Status.FromString(frame.payload)
