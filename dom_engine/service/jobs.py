"""Jobs: requests that are answered while nobody waits, and survive a restart of the server."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service.admission import Latest, Outcome, Request
from dom_engine.service.frames import Ask
from dom_engine.service.logs import FIELDS
from dom_engine.service.pool import WorkerPool
from dom_engine.service.store import JobRow, Page, State, Store, StoreError
from dom_engine.wire import failure, retry_s_of

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
"""How often a job is begun with before the interruptions are taken for its own doing."""

MAX_OPEN = 1_000
SUBMIT_RETRY_S = 30.0
FORGET_EVERY_S = 60.0

STORE_AGAIN_S = 5.0
"""After which what could not be written is tried again: disks are emptied by people."""

Found = TypeVar("Found")


class Jobs:
    """The jobs of a server.

    Parameters
    ----------
    store
        Where they are kept.
    pool
        Who answers them, in their own time: at most ``at_once`` of them wait or run there.
    keep_s
        How long an answer is kept.
    budget_s
        Seconds that a job may take.
    """

    def __init__(self, store: Store, pool: WorkerPool, keep_s: float, budget_s: float, at_once: int = 2) -> None:
        self._store = store
        self._pool = pool
        self._keep_s = keep_s
        self._budget_s = budget_s
        self._turn = asyncio.Semaphore(at_once)
        self._thread = ThreadPoolExecutor(1, "jobs")  # a disk may be slow, and everybody else waits for the loop
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._open: Counter[str] = Counter()
        self._progress: dict[str, bytes] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self._forgetting: asyncio.Task[None] | None = None
        self._leaving = False

    async def start(self) -> None:
        """Take up the jobs that a restart interrupted."""
        for row in await self._stored(self._store.unfinished):
            if row.attempts >= MAX_ATTEMPTS:
                message = f"the server ended {row.attempts} times while it solved this job"
                await self._stored(self._end_of(row, failure(Code.ABORTED, "JOB_INTERRUPTED", message)))
            else:
                self._launch(row)
        self._forgetting = asyncio.create_task(self._forget())

    async def leave(self) -> None:
        """Stop what runs, and leave it for the next start."""
        self._leaving = True
        tasks = [*self._tasks.values(), *([self._forgetting] if self._forgetting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            await self._stored(self._store.suspend)
        except StoreError as error:  # the next start takes them up all the same, as if the server had been killed
            log.error("%s", error)

    async def close(self) -> None:
        """Let go of the store."""
        if not self._leaving:
            await self.leave()
        self._thread.shutdown()
        self._store.close()

    async def submit(self, tenant: str, request_id: str, digest: bytes, request: bytes) -> JobRow | Status:
        """Take a job; one of the same request id is that job, or refused where it says something else."""
        most, message = self._pool.admission.limits.per_tenant, ""
        if self._open[tenant] >= most:
            reason, message = "TENANT_QUOTA", f"{most} jobs of this tenant are open"
        elif len(self._tasks) >= MAX_OPEN:
            reason, message = "QUEUE_FULL", f"{MAX_OPEN} jobs are open"
        if message:
            return failure(Code.RESOURCE_EXHAUSTED, reason, message, retry_s=SUBMIT_RETRY_S)
        name = f"operations/{uuid.uuid4()}"
        row = await self._stored(lambda: self._store.add(name, tenant, request_id, digest, request, time.time()))
        if row.digest != digest:
            message = "request_id: was used for a job with other content; a new job needs a new id"
            return failure(Code.INVALID_ARGUMENT, "ID_REUSED", message)
        if row.name == name:
            self._launch(row)
        return row

    async def get(self, name: str, tenant: str) -> JobRow | None:
        """A tenant's job."""
        return await self._stored(lambda: self._store.get(name, tenant))

    async def page(self, tenant: str, after: int, size: int, done: bool | None) -> Page:
        """A tenant's jobs, the oldest first."""
        return await self._stored(lambda: self._store.page(tenant, after, size, done))

    async def wait(self, row: JobRow, seconds: float) -> None:
        """Wait until a job is done, or for so many seconds."""
        ended = self._ended.get(row.name)
        if ended is not None:
            try:
                async with asyncio.timeout(seconds):
                    await ended.wait()
            except TimeoutError:
                return

    async def cancel(self, row: JobRow) -> None:
        """Stop a job, if it is not done."""
        task = self._tasks.get(row.name)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        outcome = failure(Code.CANCELLED, "JOB_CANCELLED", "the job was cancelled")
        await self._stored(self._end_of(row, outcome, cancelled=True))
        self._told(row)

    async def delete(self, row: JobRow) -> None:
        """Forget a job that is done."""
        await self._stored(lambda: self._store.delete(row.name))

    def progress(self, name: str) -> bytes | None:
        """The latest event of a job's search, while it runs."""
        return self._progress.get(name)

    async def _stored(self, work: Callable[[], Found]) -> Found:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise StoreError(error) from error

    def _launch(self, row: JobRow) -> None:
        if self._leaving:  # it is stored, and the next start takes it up
            return
        self._ended[row.name] = asyncio.Event()
        task = self._tasks[row.name] = asyncio.create_task(self._run(row))
        self._open[row.tenant] += 1
        task.add_done_callback(lambda _: self._left(row))

    def _left(self, row: JobRow) -> None:
        del self._tasks[row.name]
        self._open[row.tenant] -= 1
        if not self._open[row.tenant]:  # names come from outside: none is kept for ever
            del self._open[row.tenant]

    async def _run(self, row: JobRow) -> None:
        async with self._turn:
            request = await self._patiently(lambda: self._store.request(row.name))
            outcome = await self._answered(row, request)
        if isinstance(outcome, Status) and outcome.code == Code.UNAVAILABLE:
            return  # the server is ending: the next one takes it up
        await self._patiently(self._end_of(row, outcome))
        self._told(row)

    async def _patiently(self, work: Callable[[], Found]) -> Found:
        """Read or write until it succeeds: an answer is worth waiting for a disk."""
        while True:
            try:
                return await self._stored(work)
            except StoreError as error:
                log.error("%s; it is tried again", error)
                await asyncio.sleep(STORE_AGAIN_S)

    async def _answered(self, row: JobRow, payload: bytes) -> Outcome:
        while True:
            progress = Latest()
            request = Request(Ask.OPTIMIZE, payload, row.tenant, lambda: self._budget_s, progress)
            listening = asyncio.create_task(self._listen(row.name, progress))
            try:
                outcome = await self._pool.run(request)
            finally:
                listening.cancel()
                self._progress.pop(row.name, None)
            retry_s = retry_s_of(outcome) if isinstance(outcome, Status) else None
            if retry_s is None:
                return outcome
            await asyncio.sleep(retry_s)  # others fill the queue

    async def _listen(self, name: str, progress: Latest) -> None:
        """Note that a worker has begun, as its first event tells, and how far it is."""
        begun = False
        while (event := await progress.next()) is not None:
            if not begun:
                begun = True
                await self._patiently(lambda: self._store.begin(name))
            self._progress[name] = event

    def _end_of(self, row: JobRow, outcome: Outcome, cancelled: bool = False) -> Callable[[], None]:
        """What writes down the end of a job."""
        if not isinstance(outcome, Status):
            state, response, status = State.SUCCEEDED, outcome[0], None
        else:
            state, response, status = State.FAILED, None, outcome.SerializeToString()
        state = State.CANCELLED if cancelled else state
        fields = {"job": row.name, "request_id": row.request_id, "tenant": row.tenant, "state": state.name}

        def end() -> None:
            self._store.end(row.name, state, time.time(), response, status)
            log.info("job", extra={FIELDS: fields})

        return end

    def _told(self, row: JobRow) -> None:
        """Tell those who wait that a job has ended."""
        if (event := self._ended.pop(row.name, None)) is not None:
            event.set()

    async def _forget(self) -> None:
        while True:
            await self._patiently(lambda: self._store.forget(time.time() - self._keep_s))
            await asyncio.sleep(FORGET_EVERY_S)
