"""``OptimizerService``: requests pass through as bytes, for the event loop to stay free; workers read them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from types import MappingProxyType
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service.admission import Latest, Outcome, Request
from dom_engine.service.answers import Answers
from dom_engine.service.calls import Call, Context, Desk
from dom_engine.service.frames import Ask
from dom_engine.service.pool import WorkerPool
from dom_engine.v1 import optimizer_pb2
from dom_engine.wire import content_digest, failure, joined, request_id_of, wrapped

SERVICE_NAME: str = optimizer_pb2.DESCRIPTOR.services_by_name["OptimizerService"].full_name

UPLOAD_RETRY_S = 5.0

UPLOAD_SILENCE_S = 60.0
"""How long an upload may pause: what it has sent takes room that others wait for."""

PIECE_OVERHEAD_BYTES = 128
"""What a piece takes beside its bytes: of empty ones there could be any number."""

REQUESTS: Mapping[Ask, type[Message]] = MappingProxyType(
    {
        Ask.OPTIMIZE: optimizer_pb2.OptimizeRequest,
        Ask.OPTIMIZE_STREAM: optimizer_pb2.OptimizeStreamRequest,
        Ask.EVALUATE_PLAN: optimizer_pb2.EvaluatePlanRequest,
        Ask.EXPLAIN_ORDER: optimizer_pb2.ExplainOrderRequest,
    }
)
"""What the workers read as one message."""


class Optimizer:
    """The methods of the service, over a pool of workers."""

    def __init__(self, pool: WorkerPool, desk: Desk) -> None:
        self._upload_bytes = pool.admission.limits.waiting_bytes
        self._uploading = 0
        self._pool = pool
        self._desk = desk
        self._answers = Answers()

    async def optimize(self, request: bytes, context: Context) -> bytes:
        """Have a worker answer; a cancelled or timed-out call cancels this, and with it the solve."""
        return await self._answered("Optimize", Ask.OPTIMIZE, request, context)

    async def evaluate_plan(self, request: bytes, context: Context) -> bytes:
        """Have a worker judge a plan."""
        return await self._answered("EvaluatePlan", Ask.EVALUATE_PLAN, request, context)

    async def explain_order(self, request: bytes, context: Context) -> bytes:
        """Have a worker explain an order of a plan."""
        return await self._answered("ExplainOrder", Ask.EXPLAIN_ORDER, request, context)

    async def _answered(self, method: str, ask: Ask, request: bytes, context: Context) -> bytes:
        async with self._desk.call(method, context) as call:
            outcome = await self._outcome(call, ask, request, request_id_of(request))
            if isinstance(outcome, Status):
                await call.refuse(outcome)
            return outcome[0]

    async def optimize_stream(self, request: bytes, context: Context) -> AsyncIterator[bytes]:
        """Have a worker answer, and tell progress meanwhile."""
        async with self._desk.call("OptimizeStream", context) as call:
            async for event in self._told(call, Ask.OPTIMIZE_STREAM, request, request_id_of(wrapped(request))):
                yield event

    async def upload_and_optimize(self, requests: AsyncIterator[bytes], context: Context) -> AsyncIterator[bytes]:
        """Collect what is uploaded, have a worker answer, and tell progress meanwhile."""
        async with self._desk.call("UploadAndOptimize", context) as call:
            pieces: list[bytes] = []
            weight = 0
            try:
                async for piece in _coming(call, requests):
                    room = len(piece) + PIECE_OVERHEAD_BYTES
                    if self._uploading + room > self._upload_bytes:
                        message = "uploads fill the memory they may have"
                        await call.refuse(
                            failure(Code.RESOURCE_EXHAUSTED, "UPLOADS_TOO_LARGE", message, retry_s=UPLOAD_RETRY_S)
                        )
                    self._uploading += room
                    weight += room
                    pieces.append(piece)
                request_id = request_id_of(wrapped(pieces[0])) if pieces else ""
                payload = joined(pieces)
                pieces.clear()
                async for event in self._told(call, Ask.UPLOAD_AND_OPTIMIZE, payload, request_id):
                    yield event
            finally:
                self._uploading -= weight

    async def _told(self, call: Call, ask: Ask, payload: bytes, request_id: str) -> AsyncIterator[bytes]:
        """Progress as it is, then the parts of the answer."""
        progress = Latest()
        outcome = asyncio.create_task(self._outcome(call, ask, payload, request_id, progress))
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
        digest = await asyncio.to_thread(content_digest, payload, REQUESTS.get(ask))
        return await self._answers.once((call.tenant, ask, request_id), digest, lambda: self._pool.run(request))

    def handlers(self) -> grpc.GenericRpcHandler:
        """The methods by name, for a server; without (de)serialisers messages stay bytes."""
        methods: dict[str, grpc.RpcMethodHandler[Any, Any]] = {
            "Optimize": grpc.unary_unary_rpc_method_handler(self.optimize),
            "EvaluatePlan": grpc.unary_unary_rpc_method_handler(self.evaluate_plan),
            "ExplainOrder": grpc.unary_unary_rpc_method_handler(self.explain_order),
            "UploadAndOptimize": grpc.stream_stream_rpc_method_handler(self.upload_and_optimize),
            "OptimizeStream": grpc.unary_stream_rpc_method_handler(self.optimize_stream),
        }
        return grpc.method_handlers_generic_handler(SERVICE_NAME, methods)


async def _coming(call: Call, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces of an upload, as long as they keep coming."""
    while True:
        try:
            async with asyncio.timeout(UPLOAD_SILENCE_S):
                piece = await anext(pieces, None)
        except TimeoutError:
            message = f"nothing more of the upload came for {UPLOAD_SILENCE_S:g} s"
            await call.refuse(failure(Code.ABORTED, "UPLOAD_STALLED", message))
        if piece is None:
            return
        yield piece
