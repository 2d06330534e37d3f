"""Answers in parts that merge, and what a stream says."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import Message

from dom_engine.v1.optimizer_pb2 import OptimizeResponse, OptimizeStreamResponse, Progress

PART_BYTES = 2**20
"""About the most that a part weighs: a quarter of what a client takes unless told otherwise."""


def parts_of(response: OptimizeResponse, part_bytes: int = PART_BYTES) -> Iterator[OptimizeResponse]:
    """Cut an answer into parts which, merged in their order, are the answer again.

    The first holds everything but the rows of tables; the others hold rows of one table each.
    """
    head = OptimizeResponse(request_id=response.request_id, problem_digest=response.problem_digest)
    for name in ("summary", "plan", "certificate"):
        if response.HasField(name):
            getattr(head, name).SetInParent()
    for name in ("summary", "start"):
        if response.HasField(name):
            getattr(head, name).CopyFrom(getattr(response, name))
    yield head
    for holder in ("plan", "certificate"):
        if response.HasField(holder):
            for table in getattr(response, holder).DESCRIPTOR.fields:
                rows = getattr(getattr(response, holder), table.name)
                for run in _runs(rows, part_bytes):
                    part = OptimizeResponse()
                    getattr(getattr(part, holder), table.name).extend(run)
                    yield part


def _runs(rows: list[Message], run_bytes: int) -> Iterator[list[Message]]:
    run: list[Message] = []
    weight = 0
    for row in rows:
        size = row.ByteSize()
        if run and weight + size > run_bytes:
            yield run
            run, weight = [], 0
        run.append(row)
        weight += size
    if run:
        yield run


def part_event(part: OptimizeResponse) -> bytes:
    """A part as a stream says it."""
    return OptimizeStreamResponse(part=part).SerializeToString()


def progress_event(
    phase: str, incumbent_micros: int | None, lower_bound_micros: int | None, gap: float | None, elapsed_s: float
) -> bytes:
    """How far a search is, as a stream says it."""
    progress = Progress(
        phase=phase,
        incumbent_micros=incumbent_micros,
        lower_bound_micros=lower_bound_micros,
        gap=gap,
        elapsed_s=elapsed_s,
    )
    return OptimizeStreamResponse(progress=progress).SerializeToString()
