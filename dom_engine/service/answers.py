"""Answers kept for a while: a request sent again is not solved again."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeAlias

from google.rpc.status_pb2 import Status

from dom_engine.errors import Fault
from dom_engine.service.admission import Outcome
from dom_engine.wire import invalid_argument

KEPT_S = 600.0
KEPT_BYTES = 64 * 2**20
KEPT_ANSWERS = 10_000

Key: TypeAlias = tuple[str, int, str]
"""Tenant, what was asked, request id."""


@dataclass(slots=True)
class _UnderWay:
    """A request being answered, and how many wait for it."""

    digest: bytes
    task: asyncio.Task[Outcome]
    waiting: int = 0


@dataclass(frozen=True, slots=True)
class _Answered:
    """An answer, and since when it is kept."""

    digest: bytes
    outcome: tuple[bytes, ...]
    at_s: float

    @property
    def weight(self) -> int:
        return sum(map(len, self.outcome))


class Answers:
    """Joins requests that say the same under one id.

    An answer is kept for ``KEPT_S`` seconds, less where memory runs short; a failure is not kept: to try again is to
    try again.
    """

    def __init__(self) -> None:
        self._under_way: dict[Key, _UnderWay] = {}
        self._answered: OrderedDict[Key, _Answered] = OrderedDict()
        self._weight = 0

    async def once(self, key: Key, digest: bytes, run: Callable[[], Coroutine[Any, Any, Outcome]]) -> Outcome:
        """The outcome of a request: of this one, or of the one it repeats.

        What runs is cancelled only when everybody who waits for it has left. ``digest`` is the request's content: other
        content under the same key is a fault.
        """
        self._forget_old()
        known = self._answered.get(key) or self._under_way.get(key)
        if known is not None and known.digest != digest:
            message = "was used for a request with other content; a new request needs a new id"
            return invalid_argument([Fault("", 0, "request_id", "ID_REUSED", message)])
        if isinstance(known, _Answered):
            return known.outcome
        if known is None:
            known = self._under_way[key] = _UnderWay(digest, asyncio.create_task(run()))
            known.task.add_done_callback(lambda task: self._done(key, digest, task))
        return await self._joined(key, known)

    async def _joined(self, key: Key, under_way: _UnderWay) -> Outcome:
        under_way.waiting += 1
        try:
            return await asyncio.shield(under_way.task)
        finally:
            under_way.waiting -= 1
            if not under_way.waiting and not under_way.task.done():
                del self._under_way[key]  # at once: whoever asks again before it has ended must not join it
                under_way.task.cancel()

    def _done(self, key: Key, digest: bytes, task: asyncio.Task[Outcome]) -> None:
        under_way = self._under_way.get(key)
        if under_way is None or under_way.task is not task:
            return
        del self._under_way[key]
        if task.cancelled() or task.exception() is not None:
            return
        outcome = task.result()
        if isinstance(outcome, Status):
            return
        answered = self._answered[key] = _Answered(digest, outcome, asyncio.get_running_loop().time())
        self._weight += answered.weight
        self._forget_old()

    def _forget_old(self) -> None:
        eldest_s = asyncio.get_running_loop().time() - KEPT_S
        while self._answered:
            key, answered = next(iter(self._answered.items()))
            if answered.at_s >= eldest_s and self._weight <= KEPT_BYTES and len(self._answered) <= KEPT_ANSWERS:
                return
            self._weight -= answered.weight
            del self._answered[key]
