"""``OptimizerService``: requests pass through as bytes, for the event loop to stay free; workers read them."""

from __future__ import annotations

import grpc
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from dom_engine.service.pool import WorkerPool
from dom_engine.v1 import optimizer_pb2
from dom_engine.wire import fitted

SERVICE_NAME: str = optimizer_pb2.DESCRIPTOR.services_by_name["OptimizerService"].full_name

STATUS_BYTES_KEY = "x-max-status-bytes"
DEFAULT_STATUS_BYTES = 5_500
"""What every client takes: 8 KiB of trailers is the least default there is, and base64 adds a third."""

RESERVE_S = 0.25
RESERVE_SHARE = 0.2
MAX_RESERVE_S = 10.0


def budget_s(remaining_s: float | None) -> float:
    """Seconds a solve may take of those that remain to the deadline; the rest is for the audit and the way back."""
    if remaining_s is None:
        return float("inf")
    reserve_s = min(RESERVE_S + RESERVE_SHARE * remaining_s, MAX_RESERVE_S, remaining_s / 2)
    return max(0.0, remaining_s - reserve_s)


class Optimizer:
    """The methods of the service, over a pool of workers."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def optimize(self, request: bytes, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        """Have a worker answer; a cancelled or timed-out call cancels this, and with it the solve."""
        outcome = await self._pool.run(request, lambda: budget_s(context.time_remaining()))
        if isinstance(outcome, Status):
            status = fitted(outcome, _max_status_bytes(context))
            await context.abort_with_status(rpc_status.to_status(status))
        return outcome

    def handlers(self) -> grpc.GenericRpcHandler:
        """The methods by name, for a server; without (de)serialisers messages stay bytes."""
        methods: dict[str, grpc.RpcMethodHandler[bytes, bytes]] = {
            "Optimize": grpc.unary_unary_rpc_method_handler(self.optimize)
        }
        return grpc.method_handlers_generic_handler(SERVICE_NAME, methods)


def _max_status_bytes(context: grpc.aio.ServicerContext[bytes, bytes]) -> int:
    """How long a status this caller takes, as it says itself."""
    for key, value in context.invocation_metadata() or ():
        if key == STATUS_BYTES_KEY and str(value).isdecimal():
            return max(DEFAULT_STATUS_BYTES, int(value))
    return DEFAULT_STATUS_BYTES
