"""Uploads: frames to pieces of Arrow, and the answer's pieces to tables."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dom_engine.client.tables import arrow_table
from dom_engine.v1.optimizer_pb2 import (
    OptimizeRequest,
    OptimizeResponse,
    Progress,
    TablePiece,
    UploadAndOptimizeRequest,
)

PIECE_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The answer to an upload: ``head`` holds everything but rows, ``tables`` the rows by the name of their table.

    Tables are ``shipments``, ``allocations``, ``unallocated``, ``prices`` and ``order_bounds``, as far as wanted.
    """

    head: OptimizeResponse
    tables: Mapping[str, pa.Table]


def pieces(request: OptimizeRequest, tables: Mapping[str, Any]) -> Iterator[UploadAndOptimizeRequest]:
    """What an upload sends: the request, then every table in pieces of about a megabyte."""
    yield UploadAndOptimizeRequest(request=request)
    for name, frame in tables.items():
        table = arrow_table(frame)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        data = sink.getvalue()
        for start in range(0, len(data), PIECE_BYTES):
            piece = TablePiece(table=name, data=data[start : start + PIECE_BYTES].to_pybytes())
            yield UploadAndOptimizeRequest(table=piece)


class Uploading:
    """An upload being answered: iterate for its progress, await ``answer()`` for the plan.

    Leaving it before the end (``cancel()``) stops the solver.
    """

    def __init__(self, call: Any) -> None:
        self._call = call
        self._head = OptimizeResponse()
        self._data: dict[str, list[bytes]] = {}

    async def __aiter__(self) -> AsyncIterator[Progress]:
        async for event in self._call:
            if event.HasField("progress"):
                yield event.progress
            elif event.HasField("table"):
                self._data.setdefault(event.table.table, []).append(event.table.data)
            else:
                self._head.MergeFrom(event.part)

    async def answer(self) -> Uploaded:
        """The answer, whole."""
        async for _ in self:
            pass
        tables = {name: pa.ipc.open_stream(b"".join(data)).read_all() for name, data in self._data.items()}
        return Uploaded(self._head, tables)

    def cancel(self) -> None:
        """Stop the solver."""
        self._call.cancel()
