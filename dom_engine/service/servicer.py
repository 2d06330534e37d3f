"""``OptimizerService``: requests pass through as bytes, for the event loop to stay free; workers read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from dom_engine.service.admission import Latest, Outcome, Request
from dom_engine.service.answers import Answers
from dom_engine.service.calls import Call, Context, Desk
from dom_engine.service.frames import Ask
from dom_engine.service.pool import WorkerPool
from dom_engine.v1 import optimizer_pb2
from dom_engine.wire import content_digest, request_id_of, wrapped

SERVICE_NAME: str = optimizer_pb2.DESCRIPTOR.services_by_name["OptimizerService"].full_name

REQUESTS: Mapping[Ask, type[Message]] = MappingProxyType(
    {
        Ask.OPTIMIZE: optimizer_pb2.OptimizeRequest,
        Ask.OPTIMIZE_STREAM: optimizer_pb2.OptimizeStreamRequest,
    }
)
"""What the workers read."""


class Optimizer:
    """The methods of the service, over a pool of workers."""

    def __init__(self, pool: WorkerPool, desk: Desk) -> None:
        self._pool = pool
        self._desk = desk
        self._answers = Answers()

    async def optimize(self, request: bytes, context: Context) -> bytes:
        """Have a worker answer; a cancelled or timed-out call cancels this, and with it the solve."""
        with self._desk.call("Optimize", context) as call:
            outcome = await self._outcome(call, Ask.OPTIMIZE, request, request_id_of(request))
            if isinstance(outcome, Status):
                await call.refuse(outcome)
            return outcome[0]

    async def optimize_stream(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """Have a worker answer, and tell progress meanwhile."""
        with self._desk.call("OptimizeStream", context) as call:
            progress = Latest()
            outcome = asyncio.create_task(
                self._outcome(call, Ask.OPTIMIZE_STREAM, request, request_id_of(wrapped(request)), progress)
            )
            outcome.add_done_callback(lambda _: progress.end())
            try:
                while (event := await progress.next()) is not None:
                    yield event
                answer = await outcome
            finally:
                outcome.cancel()
            if isinstance(answer, Status):
                await call.refuse(answer)
            for part in answer:
                yield part

    async def _outcome(
        self, call: Call, ask: Ask, payload: bytes, request_id: str, progress: Latest | None = None
    ) -> Outcome:
        call.request_id, call.num_bytes = request_id[:64], len(payload)
        request = Request(ask, payload, call.tenant, call.budget_s, progress)
        if not request_id:
            return await self._pool.run(request)
        # A thread for what may take a moment: the rest of the process goes on.
        digest = await asyncio.to_thread(content_digest, payload, REQUESTS[ask])
        return await self._answers.once((call.tenant, ask, request_id), digest, lambda: self._pool.run(request))

    def handlers(self) -> grpc.GenericRpcHandler:
        """The methods by name, for a server; without (de)serialisers messages stay bytes."""
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Optimize": grpc.unary_unary_rpc_method_handler(self.optimize),
            "OptimizeStream": grpc.unary_stream_rpc_method_handler(self.optimize_stream),
        }
        return grpc.method_handlers_generic_handler(SERVICE_NAME, methods)
