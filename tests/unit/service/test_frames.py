"""Frames survive their way through a pipe, and end with it."""

from __future__ import annotations

import asyncio
import io

import pytest

from dom_engine.service.frames import (
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
    assert Asked.of(asked.frame(3)) == asked
