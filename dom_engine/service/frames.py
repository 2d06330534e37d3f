"""Frames: what the front and a worker say to each other over the worker's standard input and output."""

from __future__ import annotations

import asyncio
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

_HEADER = struct.Struct("<BQQ")
_BUDGET = struct.Struct("<d")


class FrameKind(IntEnum):
    """To a worker: SOLVE, INTERRUPT. From it: READY whenever it can take a job, one ANSWER or FAILURE for each."""

    SOLVE = 1
    INTERRUPT = 2
    READY = 3
    ANSWER = 4
    FAILURE = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; ``payload`` is serialised.

    SOLVE: a budget and an ``OptimizeRequest``; ANSWER: an ``OptimizeResponse``; FAILURE: a ``google.rpc.Status``.
    """

    kind: FrameKind
    job: int = 0
    payload: bytes = b""

    def to_bytes(self) -> bytes:
        """The frame as it goes through a pipe."""
        return _HEADER.pack(self.kind, self.job, len(self.payload)) + self.payload


def solve_frame(job: int, budget_s: float, request: bytes) -> Frame:
    """A request, and the seconds it may take (``inf``: what it says itself)."""
    return Frame(FrameKind.SOLVE, job, _BUDGET.pack(budget_s) + request)


def budget_and_request(frame: Frame) -> tuple[float, bytes]:
    """What ``solve_frame`` put together."""
    return _BUDGET.unpack_from(frame.payload)[0], frame.payload[_BUDGET.size :]


def read_frame(stream: BinaryIO) -> Frame | None:
    """The next frame; None at the end of the stream."""
    header = stream.read(_HEADER.size)
    if len(header) < _HEADER.size:
        return None
    kind, job, size = _HEADER.unpack(header)
    payload = stream.read(size)
    return Frame(FrameKind(kind), job, payload) if len(payload) == size else None


async def receive_frame(stream: asyncio.StreamReader) -> Frame | None:
    """The next frame; None at the end of the stream."""
    try:
        kind, job, size = _HEADER.unpack(await stream.readexactly(_HEADER.size))
        return Frame(FrameKind(kind), job, await stream.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
