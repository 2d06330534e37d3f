"""Who is served next: two bounded lanes, and a fair share of both for every tenant.

Small requests have a lane, and workers, of their own, so that they never wait behind large ones.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import TypeAlias

from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service.frames import Ask
from dom_engine.wire import failure

Outcome: TypeAlias = "tuple[bytes, ...] | Status"
"""What comes of a request: the responses of its call, or why there are none."""

LEAST_RETRY_S, MOST_RETRY_S = 0.5, 30.0
_MEMORY = 0.2
"""Weight of the latest request in the mean of what one takes."""


class Lane(StrEnum):
    """Which requests wait behind each other."""

    SMALL = "small"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class Limits:
    """What may wait.

    Parameters
    ----------
    small_bytes
        A request of at most so many bytes is a small one.
    waiting
        Requests that may wait in a lane.
    waiting_bytes
        Bytes that all waiting requests together may have.
    per_tenant
        Requests of one tenant that may be open, waiting or running.
    """

    small_bytes: int = 64 * 2**10
    waiting: int = 256
    waiting_bytes: int = 512 * 2**20
    per_tenant: int = 128


def no_limit() -> float:
    """A budget without end."""
    return float("inf")


class Latest:
    """The newest of a series of events, for a reader that may be slower than what tells them."""

    def __init__(self) -> None:
        self._event: bytes | None = None
        self._changed = asyncio.Event()
        self._over = False

    def tell(self, event: bytes) -> None:
        """Take the place of whatever has not been read."""
        self._event = event
        self._changed.set()

    def end(self) -> None:
        """No more will come."""
        self._over = True
        self._changed.set()

    async def next(self) -> bytes | None:
        """The newest event not yet read; None at the end."""
        while self._event is None and not self._over:
            self._changed.clear()
            await self._changed.wait()
        event, self._event = self._event, None
        return event


@dataclass(frozen=True, slots=True)
class Request:
    """One call, as the pool sees it: bytes.

    ``budget_s`` is asked when a worker takes the request: the seconds it then has. ``progress`` hears how it goes.
    """

    ask: Ask
    payload: bytes
    tenant: str = ""
    budget_s: Callable[[], float] = no_limit
    progress: Latest | None = None


class Ticket:
    """A request from its admission to its outcome."""

    def __init__(self, number: int, request: Request, lane: Lane) -> None:
        self.number = number
        self.request = request
        self.lane = lane
        self.parts: list[bytes] = []
        self.outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()


class Admission:
    """The lanes, and who waits in them."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._numbers = count(1)
        self._waiting: dict[Lane, dict[str, deque[Ticket]]] = {lane: {} for lane in Lane}
        self._waiting_bytes = 0
        self._open: Counter[str] = Counter()
        self._running: Counter[str] = Counter()
        self._served_at: dict[str, int] = {}
        self._services = count(1)
        self._idle: list[asyncio.Future[None]] = []
        self._mean_s = dict.fromkeys(Lane, 1.0)
        self._unanswered: set[asyncio.Future[Outcome]] = set()

    def enter(self, request: Request) -> Ticket | Status:
        """Let a request wait for a worker, or say why it may not and when to come again."""
        lane = Lane.SMALL if len(request.payload) <= self.limits.small_bytes else Lane.LARGE
        if self._open[request.tenant] >= self.limits.per_tenant:
            return self._refusal(lane, "TENANT_QUOTA", f"{self.limits.per_tenant} requests of this tenant are open")
        if self.waiting(lane) >= self.limits.waiting:
            return self._refusal(lane, "QUEUE_FULL", f"{self.limits.waiting} {lane} requests are waiting")
        if self._waiting_bytes + len(request.payload) > self.limits.waiting_bytes:
            return self._refusal(lane, "QUEUE_FULL", "the waiting requests fill the memory they may have")
        ticket = Ticket(next(self._numbers), request, lane)
        self._open[request.tenant] += 1
        self._unanswered.add(ticket.outcome)
        ticket.outcome.add_done_callback(lambda _: self._leave(ticket))
        self._queue(ticket).append(ticket)
        self._waiting_bytes += len(request.payload)
        self._wake()
        return ticket

    def waiting(self, lane: Lane) -> int:
        """Requests that wait in a lane."""
        return sum(map(len, self._waiting[lane].values()))

    @property
    def num_running(self) -> int:
        """Requests that workers have."""
        return self._running.total()

    async def next(self, lanes: Collection[Lane]) -> Ticket:
        """Wait for a request of these lanes: of the tenant with the fewest running, served the longest ago."""
        while True:
            ticket = self._pick(lanes)
            if ticket is None:
                await self._change()
            elif not ticket.outcome.done():  # its caller may have left this very moment
                self._running[ticket.request.tenant] += 1
                return ticket

    def put_back(self, ticket: Ticket) -> None:
        """Let a request that was picked wait again, before all others."""
        self._running[ticket.request.tenant] -= 1
        if not ticket.outcome.done():
            self._queue(ticket).appendleft(ticket)
            self._waiting_bytes += len(ticket.request.payload)
            self._wake()

    def done(self, ticket: Ticket, seconds: float) -> None:
        """A worker is free again after so many seconds."""
        self._running[ticket.request.tenant] -= 1
        self._mean_s[ticket.lane] += _MEMORY * (seconds - self._mean_s[ticket.lane])

    def refuse_waiting(self, status: Status) -> None:
        """Answer whatever waits with a status."""
        for lane in Lane:
            for queue in self._waiting[lane].values():
                for ticket in list(queue):
                    if not ticket.outcome.done():
                        ticket.outcome.set_result(status)

    async def drain(self) -> None:
        """Wait until nothing runs and nothing waits."""
        while self._unanswered:
            await asyncio.wait(self._unanswered)

    async def _change(self) -> None:
        idle = asyncio.get_running_loop().create_future()
        self._idle.append(idle)
        try:
            await idle
        finally:
            self._idle.remove(idle)

    def _queue(self, ticket: Ticket) -> deque[Ticket]:
        return self._waiting[ticket.lane].setdefault(ticket.request.tenant, deque())

    def _pick(self, lanes: Collection[Lane]) -> Ticket | None:
        heads = [queue[0] for lane in lanes for queue in self._waiting[lane].values()]
        if not heads:
            return None
        ticket = min(heads, key=self._turn)
        self._take_out(ticket)
        self._served_at[ticket.request.tenant] = next(self._services)
        return ticket

    def _turn(self, ticket: Ticket) -> tuple[int, int, int]:
        tenant = ticket.request.tenant
        return self._running[tenant], self._served_at.get(tenant, 0), ticket.number

    def _take_out(self, ticket: Ticket) -> None:
        queues = self._waiting[ticket.lane]
        queue = queues[ticket.request.tenant]
        queue.remove(ticket)
        if not queue:
            del queues[ticket.request.tenant]
        self._waiting_bytes -= len(ticket.request.payload)

    def _leave(self, ticket: Ticket) -> None:
        """Forget a request that has its outcome, or whose caller has left."""
        tenant = ticket.request.tenant
        self._unanswered.discard(ticket.outcome)
        self._open[tenant] -= 1
        if ticket in self._waiting[ticket.lane].get(tenant, ()):
            self._take_out(ticket)
        if not self._open[tenant]:  # names come from outside: none is kept for ever
            del self._open[tenant]
            self._served_at.pop(tenant, None)

    def _wake(self) -> None:
        for idle in self._idle:
            if not idle.done():
                idle.set_result(None)

    def _refusal(self, lane: Lane, reason: str, message: str) -> Status:
        ahead = 1 + self.waiting(lane) / max(1, self.num_running)
        retry_s = min(max(LEAST_RETRY_S, ahead * self._mean_s[lane]), MOST_RETRY_S)
        return failure(Code.RESOURCE_EXHAUSTED, reason, message, retry_s=retry_s)
