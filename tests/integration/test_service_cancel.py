"""Cancels in a row against a real worker: it stays, ready for the next."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dom_engine.service.admission import Latest, Limits, Request
from dom_engine.service.frames import Ask
from dom_engine.service.pool import Slots, WorkerPool
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse, OptimizeStreamRequest, OptimizeStreamResponse
from tests.integration.service import endless, large_scenario

HEARD = (1, 3, 6, 9, 12)
"""Events of progress before each cancel: while it prices, then deeper and deeper in its search."""


def test_one_worker_outlives_cancels_in_a_row(repository: Path, tmp_path: Path) -> None:
    large = large_scenario(repository, tmp_path / "large")
    endless_stream = OptimizeStreamRequest(request=endless(large)).SerializeToString()
    check = Request(Ask.OPTIMIZE, OptimizeRequest(scenario=large, validate_only=True).SerializeToString())

    async def cancelled_after(pool: WorkerPool, events: int) -> None:
        progress = Latest()
        left = asyncio.create_task(pool.run(Request(Ask.OPTIMIZE_STREAM, endless_stream, progress=progress)))
        for _ in range(events):
            event = await progress.next()
            assert event is not None
            assert OptimizeStreamResponse.FromString(event).progress.phase
        left.cancel()

    async def run() -> None:
        # Without a spare a worker is given seconds to let go: a slow machine kills none that does.
        pool = WorkerPool(Slots(general=1, small=0, spares=0), Limits())
        pool.start()
        try:
            await pool.ready()
            for events in HEARD:
                await cancelled_after(pool, events)
                outcome = await pool.run(check)
                assert isinstance(outcome, tuple)
                assert OptimizeResponse.FromString(outcome[0]).problem_digest
            assert pool.lost_workers == 0
        finally:
            await pool.close()

    asyncio.run(run())
