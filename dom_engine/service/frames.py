"""Frames: what the front and a worker say to each other over the worker's standard input and output."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

_HEADER = struct.Struct("<BQQ")
PIECE_BYTES = 2**18
"""What is written at once: a pipe takes no more at a time, and the rest would only be copied to wait for it."""

_ASKED = struct.Struct("<B?d")


class FrameKind(IntEnum):
    """To a worker: ASK, and of a job INTERRUPT (answer with what there is) or ABANDON (nobody waits any more).

    From it: READY whenever it can take a job; for each job any number of PROGRESS and PART, then one ANSWER or FAILURE.
    """

    ASK = 1
    INTERRUPT = 2
    ABANDON = 3
    READY = 4
    PROGRESS = 5
    PART = 6
    ANSWER = 7
    FAILURE = 8


class Ask(IntEnum):
    """What is asked of a worker: one for each method that needs one."""

    OPTIMIZE = 1
    OPTIMIZE_STREAM = 2
    UPLOAD_AND_OPTIMIZE = 3
    EVALUATE_PLAN = 4
    EXPLAIN_ORDER = 5


@dataclass(frozen=True, slots=True)
class Frame:
    """One message; ``payload`` is serialised.

    ASK: what is asked, a budget and the request; PROGRESS, PART: a response of a stream; ANSWER: a response, or
    nothing where parts have said all; FAILURE: a ``google.rpc.Status``. Who writes a frame may give the first bytes of
    its payload apart, as ``head``; whoever reads it gets one.
    """

    kind: FrameKind
    job: int = 0
    payload: bytes = b""
    head: bytes = b""

    def to_bytes(self) -> bytes:
        """The frame as it goes through a pipe."""
        return b"".join(self.pieces())

    def pieces(self) -> Iterator[bytes | memoryview]:
        """The same in pieces that a pipe takes soon, without a copy of a large payload."""
        whole = memoryview(self.payload)
        header = _HEADER.pack(self.kind, self.job, len(self.head) + len(whole))
        yield b"".join((header, self.head, whole[:PIECE_BYTES]))
        for start in range(PIECE_BYTES, len(whole), PIECE_BYTES):
            yield whole[start : start + PIECE_BYTES]


@dataclass(frozen=True, slots=True)
class Asked:
    """What an ASK frame carries: a request, and the seconds it may take (``inf``: what it says itself).

    ``watched``: somebody wants to hear of its progress.
    """

    ask: Ask
    budget_s: float
    request: bytes
    watched: bool = False

    def frame(self, job: int) -> Frame:
        """The frame that asks it."""
        return Frame(FrameKind.ASK, job, self.request, _ASKED.pack(self.ask, self.watched, self.budget_s))

    @classmethod
    def of(cls, frame: Frame) -> Asked:
        """What a frame asks."""
        ask, watched, budget_s = _ASKED.unpack_from(frame.payload)
        return cls(Ask(ask), budget_s, frame.payload[_ASKED.size :], watched)


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
