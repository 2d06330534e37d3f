"""The pool: slots that let workers answer what admission lets in.

A request that its caller gives up is abandoned. A worker that does not let go of it at once, or that hangs or dies, is
killed and a warm one takes its place: only the request it held is lost.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Collection, Coroutine
from dataclasses import dataclass
from typing import Any

from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service.admission import Admission, Lane, Limits, Outcome, Request, Ticket
from dom_engine.service.frames import Asked, Frame, FrameKind
from dom_engine.service.workers import WORKER_COMMAND, Nursery, Worker, WorkerLost
from dom_engine.wire import failure

log = logging.getLogger(__name__)

ABANDON_GRACE_S = 0.3
"""What a worker has to let go of a job nobody waits for, before a warm spare takes its place: some solvers cannot be
stopped."""

ABANDON_LIMIT_S = 5.0
"""What it has while there is no spare: it may let go before another is warm."""

HANG_GRACE_S = 120.0
"""What a worker has beyond a job's budget: certificate, audit and reasons of a large batch come after the search."""

READY_GRACE_S = 5.0
"""What a worker has from its answer until it can take another job."""

END_GRACE_S = 2.0


@dataclass(frozen=True, slots=True)
class Slots:
    """How many requests are solved at once: ``general`` of any size, ``small`` of small ones only; ``spares`` wait."""

    general: int = 1
    small: int = 1
    spares: int = 1


class WorkerPool:
    """Long-lived workers behind two lanes.

    Parameters
    ----------
    slots
        How many workers there are.
    limits
        What may wait for one.
    command
        What starts one.
    """

    def __init__(
        self, slots: Slots | None = None, limits: Limits | None = None, command: tuple[str, ...] = WORKER_COMMAND
    ) -> None:
        self._slots = slots or Slots()
        self._command = command
        self.admission = Admission(limits or Limits())
        self.lost_workers = 0
        self._nursery: Nursery | None = None
        self._busy: dict[Worker, Ticket] = {}
        self._attending: list[asyncio.Task[None]] = []
        self._filled: list[asyncio.Future[None]] = []
        self._ending: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Start the workers; requests may come at once, and wait until one is warm."""
        loop = asyncio.get_running_loop()
        nursery = self._nursery = Nursery(self._command, self._slots.spares)
        lanes = [tuple(Lane)] * self._slots.general + [(Lane.SMALL,)] * self._slots.small
        self._filled = [loop.create_future() for _ in lanes]
        self._attending = [
            asyncio.create_task(self._attend(nursery, takes, filled))
            for takes, filled in zip(lanes, self._filled, strict=True)
        ]
        nursery.start()

    async def ready(self) -> None:
        """Wait until every slot has a warm worker.

        Raises
        ------
        InternalError
            When the first one died before it was.
        """
        assert self._nursery is not None
        for filled in self._filled:
            await asyncio.wait({filled, self._nursery.failed}, return_when=asyncio.FIRST_COMPLETED)
            if self._nursery.failed.done():
                self._nursery.failed.result()

    async def run(self, request: Request) -> Outcome:
        """Have a request answered; cancelling the wait stops the solver and frees the worker."""
        entered = self.admission.enter(request)
        return entered if isinstance(entered, Status) else await entered.outcome

    async def drain(self) -> None:
        """Wait until nothing runs and nothing waits."""
        await self.admission.drain()

    async def hand_back(self) -> None:
        """Ask every busy worker for the best plan it has, and send away what waits."""
        self.admission.refuse_waiting(failure(Code.UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down"))
        for worker, ticket in list(self._busy.items()):
            worker.send(Frame(FrameKind.INTERRUPT, ticket.number))

    async def close(self) -> None:
        """End the workers; what still runs is lost."""
        for task in self._attending:
            task.cancel()
        await asyncio.gather(*self._attending, return_exceptions=True)
        if self._nursery is not None:
            await self._nursery.close()
        await asyncio.gather(*self._ending)

    async def _attend(self, nursery: Nursery, takes: Collection[Lane], filled: asyncio.Future[None]) -> None:
        """Keep one slot filled and its worker at work."""
        while True:
            worker = await nursery.take()
            if not filled.done():
                filled.set_result(None)
            try:
                while True:
                    await self._serve(worker, await self._next(worker, takes), nursery)
                    await _ready_again(worker)
            except WorkerLost:
                worker.kill()
                self.lost_workers += 1
                log.info("worker %d is gone; another takes its place", worker.process.pid)
            finally:
                # A task of its own: cancelled half-way, an end would leave the process behind.
                ending = asyncio.create_task(worker.end(END_GRACE_S))
                self._ending.add(ending)
                ending.add_done_callback(self._ending.discard)

    async def _next(self, worker: Worker, takes: Collection[Lane]) -> Ticket:
        """Wait for a request; a worker that dies meanwhile loses nobody's."""
        coming = asyncio.ensure_future(self.admission.next(takes))
        death = asyncio.ensure_future(worker.receive())  # an idle worker says nothing
        try:
            await asyncio.wait({coming, death}, return_when=asyncio.FIRST_COMPLETED)
            if not death.done():
                return coming.result()
            if coming.done():
                self.admission.put_back(coming.result())
            raise WorkerLost
        finally:
            coming.cancel()
            await _cancelled(death)

    async def _serve(self, worker: Worker, ticket: Ticket, nursery: Nursery) -> None:
        clock = asyncio.get_running_loop()
        started_s = clock.time()
        self._busy[worker] = ticket  # no other task runs between this and the job's frame
        outcome: Outcome = failure(Code.UNAVAILABLE, "SHUTTING_DOWN", "the server is shutting down")
        try:
            outcome = await _solve(worker, ticket, nursery)
        except WorkerLost:
            outcome = failure(Code.INTERNAL, "WORKER_LOST", "the worker that solved this request died or hung")
            raise
        finally:
            del self._busy[worker]
            self.admission.done(ticket, clock.time() - started_s)
            if not ticket.outcome.done():
                ticket.outcome.set_result(outcome)


async def _ready_again(worker: Worker) -> None:
    """Wait for READY after an answer; a worker that retires ends instead."""
    try:
        async with asyncio.timeout(READY_GRACE_S):  # Python 3.11's wait_for may lose a cancellation
            await worker.receive()
    except TimeoutError:
        raise WorkerLost from None


async def _solve(worker: Worker, ticket: Ticket, nursery: Nursery) -> Outcome:
    """Let a worker answer; once the caller has left, or the time is long over, only until it lets go."""
    request = ticket.request
    budget_s = request.budget_s()
    # Sent here and now: an interrupt that came before its job would be lost.
    worker.send(Asked(request.ask, budget_s, request.payload, request.progress is not None).frame(ticket.number))
    reply = asyncio.ensure_future(_reply(worker, ticket))
    try:
        patience_s = budget_s + HANG_GRACE_S if math.isfinite(budget_s) else None
        await asyncio.wait({reply, ticket.outcome}, return_when=asyncio.FIRST_COMPLETED, timeout=patience_s)
        if not reply.done():
            worker.send(Frame(FrameKind.ABANDON, ticket.number))
            await asyncio.wait({reply}, timeout=ABANDON_GRACE_S)
            if not reply.done():
                await _either(reply, nursery.spare())
            if not reply.done():
                raise WorkerLost
        return reply.result()
    finally:
        await _cancelled(reply)


async def _either(reply: asyncio.Future[Any], spare: Coroutine[Any, Any, None]) -> None:
    """Wait for the worker to let go or for another that can take its place, but not for ever."""
    waiting: asyncio.Future[Any] = asyncio.ensure_future(spare)
    try:
        await asyncio.wait({reply, waiting}, timeout=ABANDON_LIMIT_S, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()


async def _reply(worker: Worker, ticket: Ticket) -> Outcome:
    while True:
        frame = await worker.receive()
        if frame.kind is FrameKind.PROGRESS:
            if ticket.request.progress is not None:
                ticket.request.progress.tell(frame.payload)
        elif frame.kind is FrameKind.PART:
            ticket.parts.append(frame.payload)
        elif frame.kind is FrameKind.FAILURE:
            return Status.FromString(frame.payload)
        else:
            return (*ticket.parts, frame.payload) if frame.payload else tuple(ticket.parts)


async def _cancelled(task: asyncio.Future[Outcome] | asyncio.Future[Frame]) -> None:
    """Cancel a task and wait until it is, so that nobody else reads from its worker meanwhile."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
