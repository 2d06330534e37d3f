"""One call from its arrival to its end: who it is from, how long it may take, how it is refused, what is logged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn, TypeAlias

import grpc
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from dom_engine.service.logs import FIELDS
from dom_engine.service.metrics import Metrics
from dom_engine.service.security import Gate
from dom_engine.wire import failure, fitted, retry_s_of

log = logging.getLogger(__name__)

STATUS_BYTES_KEY = "x-max-status-bytes"
DEFAULT_STATUS_BYTES = 5_500
"""What every client takes: 8 KiB of trailers is the least default there is, and base64 adds a third."""

PUSHBACK_KEY = "grpc-retry-pushback-ms"
"""How a server tells the retries of gRPC itself when to come again."""

RESERVE_S = 0.25
RESERVE_SHARE = 0.2
MAX_RESERVE_S = 10.0

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]


def budget_s(remaining_s: float | None, most_s: float = float("inf")) -> float:
    """Seconds a solve may take of those that remain to the deadline; the rest is for the audit and the way back.

    Without a deadline, and at most in any case, it is ``most_s``.
    """
    if remaining_s is None:
        return most_s
    reserve_s = min(RESERVE_S + RESERVE_SHARE * remaining_s, MAX_RESERVE_S, remaining_s / 2)
    return min(most_s, max(0.0, remaining_s - reserve_s))


class Call:
    """A call being answered."""

    def __init__(self, method: str, context: Context, tenant: str, most_s: float) -> None:
        self.method = method
        self.tenant = tenant
        self.request_id = ""
        self.code = "OK"
        self.num_bytes = 0
        self._context = context
        self._most_s = most_s
        remaining_s = _remaining_s(context)
        now_s = asyncio.get_running_loop().time()
        self._deadline_s = None if remaining_s is None else now_s + remaining_s
        self._started_s = now_s

    @property
    def seconds(self) -> float:
        """Seconds since the call came."""
        return asyncio.get_running_loop().time() - self._started_s

    def budget_s(self) -> float:
        """Seconds that a solve may take from now on."""
        if self._deadline_s is None:
            return budget_s(None, self._most_s)
        return budget_s(self._deadline_s - asyncio.get_running_loop().time(), self._most_s)

    async def refuse(self, status: Status) -> NoReturn:
        """End the call with a status, cut to what the caller takes."""
        self.code = Code.Name(status.code)
        stated = rpc_status.to_status(fitted(status, _max_status_bytes(self._context)))
        trailing = list(stated.trailing_metadata or ())
        if (retry_s := retry_s_of(status)) is not None:
            trailing.append((PUSHBACK_KEY, str(round(retry_s * 1_000))))
        await self._context.abort(stated.code, stated.details, tuple(trailing))
        raise AssertionError("abort raises")


class Desk:
    """Where calls are registered."""

    def __init__(self, gate: Gate, metrics: Metrics, most_s: float) -> None:
        self._gate = gate
        self._metrics = metrics
        self._most_s = most_s

    @asynccontextmanager
    async def call(self, method: str, context: Context) -> AsyncIterator[Call]:
        """A call; its end is logged and counted, however it ends. What goes wrong with us is ``INTERNAL``."""
        tenant = self._gate.tenant(context.invocation_metadata())
        call = Call(method, context, tenant if isinstance(tenant, str) else "", self._most_s)
        try:
            if isinstance(tenant, Status):  # the gate keeper let it in, and its token has been taken away since
                await call.refuse(tenant)
            yield call
        except (asyncio.CancelledError, GeneratorExit):
            call.code = "CANCELLED"
            raise
        except grpc.aio.AbortError:
            raise
        except Exception:
            log.exception("the call failed")
            await call.refuse(failure(Code.INTERNAL, "INTERNAL", "the server failed; its log says more"))
        finally:
            self._metrics.ended(method, call.code, call.seconds)
            log.info("call", extra={FIELDS: _fields(call)})


def _remaining_s(context: Context) -> float | None:
    """Seconds to the deadline; the published types know no call without one."""
    return context.time_remaining()


def _fields(call: Call) -> dict[str, object]:
    return {
        "method": call.method,
        "code": call.code,
        "request_id": call.request_id,
        "tenant": call.tenant,
        "bytes": call.num_bytes,
        "seconds": round(call.seconds, 4),
    }


def _max_status_bytes(context: Context) -> int:
    """How long a status this caller takes, as it says itself."""
    for key, value in context.invocation_metadata() or ():
        if key == STATUS_BYTES_KEY and str(value).isdecimal():
            return max(DEFAULT_STATUS_BYTES, int(value))
    return DEFAULT_STATUS_BYTES
