"""Calls in front of a pool that does as it is told: what a caller may take up, and what it hears when we are wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from types import SimpleNamespace
from typing import Any, NoReturn

import grpc
import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service import servicer as servicer_module
from dom_engine.service.admission import Limits, Outcome, Request
from dom_engine.service.calls import Desk
from dom_engine.service.metrics import Metrics
from dom_engine.service.security import Gate
from dom_engine.service.servicer import Optimizer
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, UploadAndOptimizeRequest
from dom_engine.wire import failure

Run = Callable[[Request], Awaitable[Outcome]]


class Context:
    """A call that notes how it is aborted."""

    code: Any = None
    details = ""

    def invocation_metadata(self) -> tuple[()]:
        return ()

    def time_remaining(self) -> None:
        return None

    async def abort(self, code: Any, details: str, _trailing: object) -> NoReturn:
        self.code, self.details = code, details
        raise grpc.aio.AbortError


def optimizer(run: Run, gate: Any = None, room_bytes: int = 10_000) -> Optimizer:
    admission = SimpleNamespace(limits=Limits(waiting_bytes=room_bytes), waiting=lambda lane: 0, num_running=0)
    pool: Any = SimpleNamespace(admission=admission, lost_workers=0, run=run)
    return Optimizer(pool, Desk(gate or Gate(), Metrics(pool), 60.0))


async def answering(request: Request) -> Outcome:
    return (b"answer to %d bytes" % len(request.payload),)


def refused(call: Callable[[Context], Awaitable[object]]) -> tuple[grpc.StatusCode, str]:
    context = Context()
    with pytest.raises(grpc.aio.AbortError):
        asyncio.run(call(context))  # type: ignore[arg-type]  # a coroutine
    return context.code, context.details


async def uploaded(methods: Optimizer, pieces: AsyncIterator[bytes], context: Context) -> list[bytes]:
    return [event async for event in methods.upload_and_optimize(pieces, context)]  # type: ignore[arg-type]


def test_what_fails_in_the_server_is_internal_and_its_text_stays_in_the_log() -> None:
    async def failing(request: Request) -> Outcome:
        raise RuntimeError("the password is")

    methods = optimizer(failing)
    assert refused(lambda context: methods.optimize(b"", context)) == (  # type: ignore[arg-type]
        grpc.StatusCode.INTERNAL,
        "the server failed; its log says more",
    )


def test_a_token_taken_away_while_its_call_came_in_is_refused() -> None:
    class Gone(Gate):
        def tenant(self, metadata: object) -> Status:
            return failure(Code.UNAUTHENTICATED, "TOKEN", "a bearer token is needed")

    methods = optimizer(answering, Gone())
    assert refused(lambda context: methods.optimize(b"", context)) == (  # type: ignore[arg-type]
        grpc.StatusCode.UNAUTHENTICATED,
        "a bearer token is needed",
    )


def test_pieces_of_an_upload_take_room_however_empty_they_are() -> None:
    methods = optimizer(answering, room_bytes=10_000)
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield b""

    code, details = refused(lambda context: uploaded(methods, endless(), context))
    assert (code, details) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "uploads fill the memory they may have")
    assert sent < 100

    async def small() -> AsyncIterator[bytes]:
        yield UploadAndOptimizeRequest(request=OptimizeRequest()).SerializeToString()

    # What it took is there for the next.
    (answer,) = asyncio.run(uploaded(methods, small(), Context()))
    assert answer.startswith(b"answer")


def test_an_upload_that_falls_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servicer_module, "UPLOAD_SILENCE_S", 0.01)
    methods = optimizer(answering)

    async def silent() -> AsyncIterator[bytes]:
        yield b"half"
        await asyncio.Event().wait()

    code, details = refused(lambda context: uploaded(methods, silent(), context))
    assert (code, details) == (grpc.StatusCode.ABORTED, "nothing more of the upload came for 0.01 s")
