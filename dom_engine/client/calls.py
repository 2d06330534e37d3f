"""The calls of the service, asynchronous and typed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping
from types import TracebackType
from typing import Any
from uuid import uuid4

import grpc
from google.longrunning import operations_pb2 as longrunning
from google.longrunning.operations_pb2_grpc import OperationsStub
from google.protobuf.duration_pb2 import Duration

from dom_engine.client.uploads import Uploading, pieces
from dom_engine.v1.explanation_pb2 import Explanation
from dom_engine.v1.jobs_pb2 import SubmitOptimizationRequest
from dom_engine.v1.jobs_pb2_grpc import JobServiceStub
from dom_engine.v1.optimizer_pb2 import (
    EvaluatePlanRequest,
    EvaluatePlanResponse,
    ExplainOrderRequest,
    ExplainOrderResponse,
    OptimizeRequest,
    OptimizeResponse,
    OptimizeStreamRequest,
    Pin,
    Progress,
)
from dom_engine.v1.optimizer_pb2_grpc import OptimizerServiceStub
from dom_engine.v1.plan_pb2 import Plan, Price
from dom_engine.v1.problem_pb2 import Scenario

SERVICE_CONFIG = json.dumps(
    {
        "methodConfig": [
            {
                "name": [{"service": "dom_engine.v1.OptimizerService"}, {"service": "dom_engine.v1.JobService"}],
                # Every request has an id, so none is solved twice; when to come again the server says itself.
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.2s",
                    "maxBackoff": "5s",
                    "backoffMultiplier": 2,
                    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED"],
                },
            }
        ]
    }
)
"""How gRPC itself retries."""


class Client:
    """A connection to a server; an asynchronous context manager.

    Parameters
    ----------
    address
        ``host:port``.
    credentials
        For TLS; without them the connection is plain text.
    token
        The bearer token, where the server wants one.
    tenant
        Who asks, where the server is shared.

    Calls raise ``grpc.aio.AioRpcError``; ``timeout_s`` is a call's deadline, at which the server has a plan.
    """

    def __init__(
        self,
        address: str,
        *,
        credentials: grpc.ChannelCredentials | None = None,
        token: str | None = None,
        tenant: str | None = None,
    ) -> None:
        options = [
            ("grpc.service_config", SERVICE_CONFIG),
            ("grpc.max_receive_message_length", -1),
            ("grpc.max_metadata_size", 2**16),
        ]
        if credentials is None:
            self.channel = grpc.aio.insecure_channel(address, options=options)
        else:
            self.channel = grpc.aio.secure_channel(address, credentials, options=options)
        # Faults travel as metadata: this client takes all of them.
        self._metadata: list[tuple[str, str]] = [("x-max-status-bytes", str(2**15))]
        if token is not None:
            self._metadata.append(("authorization", f"Bearer {token}"))
        if tenant is not None:
            self._metadata.append(("x-tenant", tenant))
        self._optimizer: Any = OptimizerServiceStub(self.channel)
        self._jobs: Any = JobServiceStub(self.channel)
        self._operations: Any = OperationsStub(self.channel)

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.channel.close()

    async def optimize(
        self,
        scenario: Scenario,
        *,
        mode: OptimizeRequest.Mode = OptimizeRequest.MODE_SOLVE,
        start: Plan | None = None,
        pins: Mapping[str, Pin.Level] | None = None,
        timeout_s: float | None = None,
    ) -> OptimizeResponse:
        """Solve a scenario, or do with it what the mode says.

        ``start`` is a plan to go on from, ``pins`` says by order what of it is kept.
        """
        kept = [Pin(order=order, level=level) for order, level in (pins or {}).items()]
        request = OptimizeRequest(request_id=str(uuid4()), scenario=scenario, mode=mode, start=start, pins=kept)
        answer: OptimizeResponse = await self._optimizer.Optimize(request, timeout=timeout_s, metadata=self._metadata)
        return answer

    def optimize_stream(self, scenario: Scenario, *, timeout_s: float | None = None) -> Solving:
        """Solve a scenario, and hear how it goes."""
        request = OptimizeRequest(request_id=str(uuid4()), scenario=scenario)
        wrapped = OptimizeStreamRequest(request=request)
        return Solving(self._optimizer.OptimizeStream(wrapped, timeout=timeout_s, metadata=self._metadata))

    def upload(self, scenario: Scenario, tables: Mapping[str, Any], *, timeout_s: float | None = None) -> Uploading:
        """Solve a scenario too large for a message a row: its tables go as Arrow, and the plan's come back so.

        ``scenario`` holds the settings and the tables that are not in ``tables``; those are frames, as ``scenario_of``
        takes them. An upload is not retried.
        """
        request = OptimizeRequest(request_id=str(uuid4()), scenario=scenario)
        call = self._optimizer.UploadAndOptimize(pieces(request, tables), timeout=timeout_s, metadata=self._metadata)
        return Uploading(call)

    async def evaluate(self, scenario: Scenario, plan: Plan, *, timeout_s: float | None = None) -> EvaluatePlanResponse:
        """What a plan costs, and which rules it breaks."""
        request = EvaluatePlanRequest(request_id=str(uuid4()), scenario=scenario, plan=plan)
        answer: EvaluatePlanResponse = await self._optimizer.EvaluatePlan(
            request, timeout=timeout_s, metadata=self._metadata
        )
        return answer

    async def explain(
        self,
        scenario: Scenario,
        plan: Plan,
        prices: Iterable[Price],
        order: str,
        *,
        timeout_s: float | None = None,
    ) -> Explanation:
        """Why a plan serves an order as it does, at the prices of its certificate."""
        request = ExplainOrderRequest(request_id=str(uuid4()), scenario=scenario, plan=plan, prices=prices, order=order)
        answer: ExplainOrderResponse = await self._optimizer.ExplainOrder(
            request, timeout=timeout_s, metadata=self._metadata
        )
        return answer.explanation

    async def submit(self, scenario: Scenario, *, request_id: str = "") -> str:
        """Have a scenario solved in the background; the name of the job.

        A ``request_id`` (a UUID) that you keep finds the job again after a crash of yours: to submit it once more is to
        find it.
        """
        request = OptimizeRequest(request_id=request_id or str(uuid4()), scenario=scenario)
        operation = await self._jobs.SubmitOptimization(
            SubmitOptimizationRequest(request=request), metadata=self._metadata
        )
        return str(operation.name)

    async def operation(self, name: str, *, wait_s: float = 0.0) -> Any:
        """A job's ``google.longrunning.Operation``, once it is done or so many seconds are over."""
        timeout = Duration()
        timeout.FromMilliseconds(round(wait_s * 1_000))
        request = longrunning.WaitOperationRequest(name=name, timeout=timeout)
        return await self._operations.WaitOperation(request, metadata=self._metadata)

    async def answer(self, name: str, *, poll_s: float = 20.0) -> OptimizeResponse:
        """A job's answer, as soon as there is one.

        Raises
        ------
        RuntimeError
            When the job failed or was cancelled.
        """
        while not (operation := await self.operation(name, wait_s=poll_s)).done:
            pass
        if operation.HasField("error"):
            raise RuntimeError(f"{name} failed: {operation.error.message}")
        response = OptimizeResponse()
        operation.response.Unpack(response)
        return response

    async def cancel(self, name: str) -> None:
        """Stop a job."""
        await self._operations.CancelOperation(longrunning.CancelOperationRequest(name=name), metadata=self._metadata)


class Solving:
    """A solve in progress: iterate for its progress, await ``answer()`` for the plan.

    Leaving it before the end (``cancel()``) stops the solver.
    """

    def __init__(self, call: Any) -> None:
        self._call = call
        self._answer = OptimizeResponse()

    async def __aiter__(self) -> AsyncIterator[Progress]:
        async for event in self._call:
            if event.HasField("progress"):
                yield event.progress
            else:
                self._answer.MergeFrom(event.part)

    async def answer(self) -> OptimizeResponse:
        """The answer, whole."""
        async for _ in self:
            pass
        return self._answer

    def cancel(self) -> None:
        """Stop the solver."""
        self._call.cancel()
