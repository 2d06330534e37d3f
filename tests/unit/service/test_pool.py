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
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from dom_engine.errors import InternalError
from dom_engine.service import pool as pool_module
from dom_engine.service import workers as workers_module
from dom_engine.service.admission import Latest, Limits, Outcome, Request, no_limit
from dom_engine.service.frames import Ask
from dom_engine.service.pool import Slots, WorkerPool

FAKE_WORKER = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
ONE = Slots(general=1, small=0, spares=1)


@pytest.fixture(autouse=True)
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "ABANDON_GRACE_S", 0.2)
    monkeypatch.setattr(workers_module, "RESTART_DELAY_S", 0.0)


@asynccontextmanager
async def running(slots: Slots = ONE, limits: Limits | None = None) -> AsyncIterator[WorkerPool]:
    pool = WorkerPool(slots, limits, FAKE_WORKER)
    pool.start()
    try:
        await pool.ready()
        yield pool
    finally:
        await pool.close()


def on_a_pool(test: Callable[[WorkerPool], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with running() as pool:
            await test(pool)

    asyncio.run(run())


def asking(payload: bytes, budget_s: Callable[[], float] = no_limit, **fields: Any) -> Request:
    return Request(Ask.OPTIMIZE, payload, budget_s=budget_s, **fields)


async def said(pool: WorkerPool, payload: bytes) -> bytes:
    """The one response to a request."""
    outcome = await pool.run(asking(payload))
    assert isinstance(outcome, tuple)
    (response,) = outcome
    return response


async def taken(pool: WorkerPool, payload: bytes, budget_s: float = 1e3) -> asyncio.Task[Outcome]:
    """A request that a worker has begun with."""
    begun = asyncio.Event()

    def budget() -> float:
        begun.set()
        return budget_s

    task = asyncio.create_task(pool.run(asking(payload, budget)))
    await begun.wait()
    return task


def reason_of(outcome: Outcome) -> tuple[int, str]:
    assert isinstance(outcome, Status)
    info = ErrorInfo()
    assert outcome.details[0].Unpack(info)
    return outcome.code, info.reason


def test_the_budget_is_asked_for_when_a_worker_takes_the_request() -> None:
    async def test(pool: WorkerPool) -> None:
        left_s = [9.0]
        first = await taken(pool, b"solve")
        second = asyncio.create_task(pool.run(asking(b"budget", lambda: left_s[0])))
        await asyncio.sleep(0)
        left_s[0] = 4.0
        first.cancel()
        assert await second == (b"4.0",)

    on_a_pool(test)


def test_parts_come_in_their_order_and_progress_as_it_is() -> None:
    async def test(pool: WorkerPool) -> None:
        progress = Latest()
        assert await pool.run(asking(b"parts", progress=progress)) == (b"one", b"two")
        assert await progress.next() == b"half way"

    on_a_pool(test)


def test_a_failure_is_a_status_and_the_worker_goes_on() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        outcome = await pool.run(asking(b"refuse"))
        assert isinstance(outcome, Status)
        assert outcome.code == Code.INVALID_ARGUMENT
        assert await said(pool, b"pid") == pid

    on_a_pool(test)


def test_a_caller_that_leaves_frees_the_worker() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        left = await taken(pool, b"solve")
        left.cancel()
        assert await said(pool, b"pid") == pid
        assert left.cancelled()

    on_a_pool(test)


def test_callers_that_leave_in_a_row_use_up_no_spare() -> None:
    async def test() -> None:
        async with running(Slots(general=1, small=0, spares=0)) as pool:
            pids = []
            for _ in range(5):
                (await taken(pool, b"solve")).cancel()
                pids.append(await said(pool, b"pid"))
            assert len(set(pids)) == 1
            assert pool.lost_workers == 0

    asyncio.run(test())


def test_a_killed_worker_takes_its_solver_processes_along() -> None:
    async def test(pool: WorkerPool) -> None:
        _, child = (await said(pool, b"child")).split()
        left = await taken(pool, b"deaf")
        left.cancel()
        await said(pool, b"pid")
        assert await gone(int(child))

    on_a_pool(test)


def state_of(pid: int) -> str:
    """The letter that the kernel has for what a process does; none where there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.read_text().rpartition(")")[2].split()[0] if stat.exists() else ""


async def gone(pid: int) -> bool:
    """Whether a process ends within a while."""
    for _ in range(200):
        if state_of(pid) in ("", "Z"):
            return True
        await asyncio.sleep(0.05)
    return False


def test_a_caller_that_leaves_the_queue_is_forgotten() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await taken(pool, b"solve")
        waits = asyncio.create_task(pool.run(asking(b"die")))
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.sleep(0)
        first.cancel()
        assert int(await said(pool, b"pid")) > 0
        assert pool.lost_workers == 0

    on_a_pool(test)


def test_a_worker_that_does_not_let_go_is_replaced() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        left = await taken(pool, b"deaf")
        left.cancel()
        assert await said(pool, b"pid") != pid
        await asyncio.sleep(0.2)  # dead at once, and buried soon
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)

    on_a_pool(test)


@pytest.mark.parametrize(("spares", "stays"), [(0, True), (1, False)])
def test_a_worker_is_not_killed_where_none_can_take_its_place(spares: int, stays: bool) -> None:
    async def test() -> None:
        async with running(Slots(general=1, small=0, spares=spares)) as pool:
            pid = await said(pool, b"pid")
            left = await taken(pool, b"slow to let go")
            left.cancel()
            assert (await said(pool, b"pid") == pid) is stays

    asyncio.run(test())


def test_a_worker_that_hangs_beyond_its_budget_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "HANG_GRACE_S", 0.1)

    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        hanging = await taken(pool, b"deaf", budget_s=0.1)
        assert reason_of(await hanging) == (Code.INTERNAL, "WORKER_LOST")
        assert await said(pool, b"pid") != pid

    on_a_pool(test)


def test_a_worker_that_dies_loses_its_request_and_no_other() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        lost = asyncio.create_task(pool.run(asking(b"die")))
        other = asyncio.create_task(said(pool, b"pid"))
        assert reason_of(await lost) == (Code.INTERNAL, "WORKER_LOST")
        assert await other != pid

    on_a_pool(test)


def test_a_worker_that_retires_loses_nothing() -> None:
    async def test(pool: WorkerPool) -> None:
        requests = [b"retire", b"retire", b"pid", b"retire", b"pid"]
        pids = await asyncio.gather(*(said(pool, request) for request in requests))
        first, second, third, same, fourth = pids
        assert third == same
        assert len({first, second, third, fourth}) == 4

    on_a_pool(test)


def test_a_worker_that_dies_idle_loses_nothing() -> None:
    async def test(pool: WorkerPool) -> None:
        pid = await said(pool, b"pid")
        os.kill(int(pid), signal.SIGKILL)
        await asyncio.sleep(0.5)  # for the event loop to hear of it
        assert await said(pool, b"pid") != pid

    on_a_pool(test)


def test_two_workers_solve_at_once() -> None:
    async def test() -> None:
        async with running(Slots(general=2, small=0, spares=0)) as pool:
            first, second = await taken(pool, b"solve"), await taken(pool, b"solve")
            await pool.hand_back()
            assert [await first, await second] == [(b"interrupted",), (b"interrupted",)]

    asyncio.run(test())


def test_small_requests_do_not_wait_behind_large_ones() -> None:
    async def test() -> None:
        async with running(Slots(general=1, small=1, spares=0), Limits(small_bytes=8)) as pool:
            large = await taken(pool, b"solve".ljust(9))
            waits = asyncio.create_task(pool.run(asking(b"pid".ljust(9))))
            assert int(await said(pool, b"pid")) > 0
            assert not waits.done()
            large.cancel()
            await waits

    asyncio.run(test())


def test_what_waits_is_sent_away_and_what_runs_handed_back() -> None:
    async def test(pool: WorkerPool) -> None:
        first = await taken(pool, b"solve")
        second = asyncio.create_task(pool.run(asking(b"pid")))
        drained = asyncio.create_task(pool.drain())
        await asyncio.sleep(0)
        assert not drained.done()
        await pool.hand_back()
        await drained
        assert await first == (b"interrupted",)
        assert reason_of(await second) == (Code.UNAVAILABLE, "SHUTTING_DOWN")

    on_a_pool(test)


def test_what_runs_when_the_pool_closes_is_told_so() -> None:
    async def test() -> None:
        async with running() as pool:
            task = await taken(pool, b"solve")
        assert reason_of(await task) == (Code.UNAVAILABLE, "SHUTTING_DOWN")

    asyncio.run(test())


def test_workers_that_do_not_come_up_are_an_error() -> None:
    async def test() -> None:
        pool = WorkerPool(ONE, None, (*FAKE_WORKER, "--dead-on-arrival"))
        pool.start()
        try:
            with pytest.raises(InternalError, match="warmed up"):
                await pool.ready()
        finally:
            await pool.close()

    asyncio.run(test())
