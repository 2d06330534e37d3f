"""The pool against workers that do as they are told: what is lost when one dies, hangs or is given up."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.errors import InternalError
from dom_engine.service import pool as pool_module
from dom_engine.service.pool import WorkerPool

FAKE_WORKER = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "INTERRUPT_GRACE_S", 0.2)
    monkeypatch.setattr(pool_module, "RESTART_DELAY_S", 0.0)


@asynccontextmanager
async def running(num_workers: int = 1) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(num_workers, FAKE_WORKER)
    pool.start()
    try:
        await pool.ready()
        yield pool
    finally:
        await pool.close()


def unlimited() -> float:
    return float("inf")


def on_a_pool(test: Callable[[WorkerPool], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with running() as pool:
            await test(pool)

    asyncio.run(run())


async def taken(pool: WorkerPool, request: bytes) -> asyncio.Task[bytes | Status]:
    """A request that a worker has begun with."""
    begun = asyncio.Event()

    def budget_s() -> float:
        begun.set()
        return 1.0

    task = asyncio.create_task(pool.run(request, budget_s))
    await begun.wait()
    return task


def test_the_budget_is_asked_for_when_a_worker_takes_the_request() -> None:
    async def test(pool: WorkerPool) -> None:
        left_s = [9.0]
        first = await taken(pool, b"solve")
        second = asyncio.create_task(pool.run(b"budget", lambda: left_s[0]))
        await asyncio.sleep(0)
        left_s[0] = 4.0
        await pool.interrupt_all()
        assert await first == b"interrupted"
        assert await second == b"4.0"

    on_a_pool(test)


def test_a_caller_that_leaves_frees_the_worker() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await pool.run(b"pid", unlimited)
        left = await taken(pool, b"solve")
        left.cancel()
        assert await pool.run(b"pid", unlimited) == pid
        assert left.cancelled()

    on_a_pool(test)


def test_a_caller_that_leaves_the_queue_is_forgotten() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await taken(pool, b"solve")
        waits = asyncio.create_task(pool.run(b"die", unlimited))
        await asyncio.sleep(0)
        waits.cancel()
        await pool.interrupt_all()
        assert await first == b"interrupted"
        assert int(str(await pool.run(b"pid", unlimited), "ascii")) > 0

    on_a_pool(test)


def test_a_worker_that_does_not_let_go_is_replaced() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await pool.run(b"pid", unlimited)
        left = await taken(pool, b"deaf")
        left.cancel()
        assert await pool.run(b"pid", unlimited) != pid
        with pytest.raises(ProcessLookupError):
            os.kill(int(str(pid, "ascii")), 0)

    on_a_pool(test)


def test_a_worker_that_dies_loses_its_request_and_no_other() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await pool.run(b"pid", unlimited)
        lost = asyncio.create_task(pool.run(b"die", unlimited))
        other = asyncio.create_task(pool.run(b"pid", unlimited))
        status = await lost
        assert isinstance(status, Status)
        assert status.code == Code.INTERNAL
        assert await other != pid

    on_a_pool(test)


def test_a_worker_that_retires_loses_nothing() -> None:
    async def test(pool: WorkerPool) -> None:
        requests = [b"retire", b"retire", b"pid", b"retire", b"pid"]
        pids = await asyncio.gather(*(pool.run(request, unlimited) for request in requests))
        first, second, third, same, fourth = pids
        assert third == same
        assert len({first, second, third, fourth}) == 4

    on_a_pool(test)


def test_a_worker_that_dies_idle_loses_nothing() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await pool.run(b"pid", unlimited)
        os.kill(int(str(pid, "ascii")), signal.SIGKILL)
        await asyncio.sleep(0.5)  # for the event loop to hear of it
        assert await pool.run(b"pid", unlimited) not in (pid, None)

    on_a_pool(test)


def test_two_workers_solve_at_once() -> None:
    async def test() -> None:
        async with running(2) as pool:
            first, second = await taken(pool, b"solve"), await taken(pool, b"solve")
            await pool.interrupt_all()
            assert [await first, await second] == [b"interrupted", b"interrupted"]

    asyncio.run(test())


def test_the_pool_is_drained_once_nothing_runs_or_waits() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await taken(pool, b"solve")
        second = asyncio.create_task(pool.run(b"pid", unlimited))
        drained = asyncio.create_task(pool.drain())
        await asyncio.sleep(0)
        assert not drained.done()
        await pool.interrupt_all()
        await drained
        assert first.done()
        await second

    on_a_pool(test)


def test_what_runs_when_the_pool_closes_is_told_so() -> None:
    async def test() -> None:
        async with running() as pool:
            task = await taken(pool, b"solve")
        status = await task
        assert isinstance(status, Status)
        assert status.code == Code.UNAVAILABLE

    asyncio.run(test())


def test_workers_that_do_not_come_up_are_an_error() -> None:
    async def test() -> None:
        pool = WorkerPool(1, (*FAKE_WORKER, "--dead-on-arrival"))
        pool.start()
        try:
            with pytest.raises(InternalError, match="warmed up"):
                await pool.ready()
        finally:
            await pool.close()

    asyncio.run(test())
