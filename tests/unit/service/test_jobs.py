"""Jobs against a pool that does as it is told and a disk that fills up: none is lost, and every end is told."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service import jobs as jobs_module
from dom_engine.service.admission import Limits, Outcome, Request
from dom_engine.service.jobs import Jobs
from dom_engine.service.store import JobRow, State, Store, StoreError

KEEP_S, BUDGET_S = 3_600.0, 60.0


class Pool:
    """Answers once it is told to."""

    def __init__(self, per_tenant: int) -> None:
        self.admission = SimpleNamespace(limits=Limits(per_tenant=per_tenant))
        self.answering = asyncio.Event()
        self.asked = asyncio.Event()

    async def run(self, request: Request) -> Outcome:
        self.asked.set()
        await self.answering.wait()
        return (b"answer to " + request.payload,)


def with_jobs(path: Path, play: Callable[[Jobs, Pool, Store], Awaitable[None]], per_tenant: int = 100) -> None:
    async def run() -> None:
        store, pool = Store(path), Pool(per_tenant)
        jobs = Jobs(store, pool, KEEP_S, BUDGET_S)  # type: ignore[arg-type]  # all of a pool that jobs use
        await jobs.start()
        try:
            await play(jobs, pool, store)
        finally:
            await jobs.close()

    asyncio.run(run())


async def submitted(jobs: Jobs, tenant: str = "t", payload: bytes = b"it") -> JobRow:
    row = await jobs.submit(tenant, "", b"digest", payload)
    assert isinstance(row, JobRow)
    return row


async def after(jobs: Jobs, row: JobRow, seconds: float = 30.0) -> JobRow:
    """A job once it is done, or after so many seconds."""
    await jobs.wait(row, seconds)
    found = await jobs.get(row.name, row.tenant)
    assert found is not None
    return found


def set_room(store: Store, pages: int = 0) -> None:
    """Let the store grow by so many pages."""
    (used,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {used + pages}")


def test_an_answer_waits_for_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "STORE_AGAIN_S", 0.01)

    async def play(jobs: Jobs, pool: Pool, store: Store) -> None:
        row = await submitted(jobs, payload=bytes(10**6))
        await pool.asked.wait()
        await jobs._stored(lambda: set_room(store))
        with pytest.raises(StoreError) as caught:
            await jobs.submit("t", "", b"digest", bytes(10**6))
        assert caught.value.full
        pool.answering.set()
        assert not (await after(jobs, row, 0.1)).state.done
        await jobs._stored(lambda: set_room(store, 10_000))
        found = await after(jobs, row)
        assert (found.state, found.response) == (State.SUCCEEDED, b"answer to " + bytes(10**6))

    with_jobs(tmp_path / "jobs", play)


def test_a_store_that_fails_once_is_no_end_of_forgetting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "STORE_AGAIN_S", 0.01)
    monkeypatch.setattr(jobs_module, "FORGET_EVERY_S", 0.01)
    forget, failed = Store.forget, []

    def fails_once(store: Store, before_s: float) -> None:
        if not failed:
            failed.append(before_s)
            raise sqlite3.OperationalError("disk I/O error")
        forget(store, before_s)

    monkeypatch.setattr(Store, "forget", fails_once)

    async def play(jobs: Jobs, pool: Pool, store: Store) -> None:
        pool.answering.set()
        row = await submitted(jobs)
        assert (await after(jobs, row)).state is State.SUCCEEDED
        await jobs._stored(lambda: store._db.execute("UPDATE jobs SET ended_s = 0"))
        for _ in range(3_000):
            if await jobs.get(row.name, row.tenant) is None:
                return
            await asyncio.sleep(0.01)
        pytest.fail("it is not forgotten")

    with_jobs(tmp_path / "jobs", play)
    assert failed


def test_a_tenant_has_so_many_jobs_open_and_room_again_once_they_end(tmp_path: Path) -> None:
    async def play(jobs: Jobs, pool: Pool, store: Store) -> None:
        rows = [await submitted(jobs) for _ in range(2)]
        refused = await jobs.submit("t", "", b"digest", b"one more")
        assert isinstance(refused, Status)
        assert refused.code == Code.RESOURCE_EXHAUSTED
        await submitted(jobs, tenant="another")
        pool.answering.set()
        for row in rows:
            assert (await after(jobs, row)).state is State.SUCCEEDED
        await submitted(jobs)

    with_jobs(tmp_path / "jobs", play, per_tenant=2)


@pytest.mark.parametrize("ahead_s", [-10 * KEEP_S, 10 * KEEP_S])
def test_a_clock_that_was_wrong_when_a_job_ended_hurts_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead_s: float
) -> None:
    """What ended by a clock that was behind goes at once, by one that was ahead later: the others in their time."""
    clock = jobs_module.time.time

    async def play(jobs: Jobs, pool: Pool, store: Store) -> None:
        pool.answering.set()
        right = await after(jobs, await submitted(jobs))
        with monkeypatch.context() as patch:
            patch.setattr(jobs_module.time, "time", lambda: clock() + ahead_s)
            wrong = await after(jobs, await submitted(jobs))
        await jobs._stored(lambda: store.forget(clock() - KEEP_S))
        assert await jobs.get(right.name, "t") is not None
        assert (await jobs.get(wrong.name, "t") is not None) == (ahead_s > 0)

    with_jobs(tmp_path / "jobs", play)


def test_an_interrupted_job_goes_on_and_one_that_ends_servers_does_not(tmp_path: Path) -> None:
    store = Store(tmp_path / "jobs")
    for name, attempts in (("a", 1), ("b", jobs_module.MAX_ATTEMPTS)):
        store.add(name, "t", "", b"d", b"it", 1.0)
        for _ in range(attempts):
            store.begin(name)
    store.close()

    async def play(jobs: Jobs, pool: Pool, store: Store) -> None:
        again, given_up = await jobs.get("a", "t"), await jobs.get("b", "t")
        assert again is not None
        assert given_up is not None
        assert given_up.status is not None
        assert Status.FromString(given_up.status).code == Code.ABORTED
        pool.answering.set()
        assert (await after(jobs, again)).response == b"answer to it"

    with_jobs(tmp_path / "jobs", play)
