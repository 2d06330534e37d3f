"""Frames survive their way through a pipe, and end with it."""

from __future__ import annotations

import asyncio
import io

import pytest

from dom_engine.service.frames import (
    PIECE_BYTES,
    Ask,
    Asked,
    Frame,
    FrameKind,
    read_frame,
    receive_frame,
)

FRAMES = [Frame(FrameKind.READY), Frame(FrameKind.ANSWER, 2**40, b"\x00" * 70_000), Frame(FrameKind.INTERRUPT, 7)]


def test_frames_are_read_as_they_were_written() -> None:
    stream = io.BytesIO(b"".join(frame.to_bytes() for frame in FRAMES))
    assert [read_frame(stream) for _ in range(4)] == [*FRAMES, None]


@pytest.mark.parametrize("kept", [0, 5, 20])
def test_a_frame_cut_short_is_the_end(kept: int) -> None:
    cut = Asked(Ask.OPTIMIZE, 2.5, b"request").frame(1).to_bytes()[:kept]
    assert read_frame(io.BytesIO(cut)) is None


def test_the_front_reads_the_same_frames() -> None:
    async def receive() -> list[Frame | None]:
        stream = asyncio.StreamReader()
        stream.feed_data(b"".join(frame.to_bytes() for frame in FRAMES) + b"\x01")
        stream.feed_eof()
        return [await receive_frame(stream) for _ in range(4)]

    assert asyncio.run(receive()) == [*FRAMES, None]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("budget_s", [0.0, 2.5, float("inf")])
def test_a_request_travels_with_its_budget(budget_s: float, watched: bool) -> None:
    asked = Asked(Ask.OPTIMIZE_STREAM, budget_s, b"request", watched)
    frame = read_frame(io.BytesIO(asked.frame(3).to_bytes()))
    assert frame is not None
    assert frame.job == 3
    assert Asked.of(frame) == asked


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_a_large_frame_is_written_in_pieces(size: int) -> None:
    payload = bytes(range(256)) * (size // 256) + bytes(size % 256)
    pieces = list(Frame(FrameKind.ASK, 7, payload, b"head").pieces())
    assert max(map(len, pieces)) <= PIECE_BYTES + 100
    assert read_frame(io.BytesIO(b"".join(pieces))) == Frame(FrameKind.ASK, 7, b"head" + payload)
