"""Scenarios and plans as Arrow: an upload in pieces to a raw scenario, a result to pieces, nothing row by row."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import pyarrow as pa

from dom_engine.domain.result import Result
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.results import result_tables
from dom_engine.scenario.results_format import DECIMALS, RESULT_TABLES, Kind
from dom_engine.scenario.schema import TABLES
from dom_engine.v1.optimizer_pb2 import (
    CertificateView,
    OptimizeRequest,
    TablePiece,
    UploadAndOptimizeRequest,
    UploadAndOptimizeResponse,
)
from dom_engine.wire.parts import PART_BYTES
from dom_engine.wire.results import AS_TEXT, CERTIFICATE_FILES, WHOLE, answer_head, field_name
from dom_engine.wire.scenarios import FIRST_ROW, raw_scenario

MOST_TABLE_BYTES = 2**32
"""What the tables of an upload may weigh in memory, whatever they were compressed to."""

_LENGTH = struct.Struct("<Q")


def joined(pieces: Iterable[bytes]) -> bytes:
    """The serialised messages of an upload as one payload."""
    return b"".join(part for piece in pieces for part in (_LENGTH.pack(len(piece)), piece))


def _pieces(payload: bytes) -> Iterator[UploadAndOptimizeRequest]:
    at = 0
    while at < len(payload):
        (size,) = _LENGTH.unpack_from(payload, at)
        at += _LENGTH.size + size
        yield UploadAndOptimizeRequest.FromString(payload[at - size : at])


def upload(payload: bytes) -> tuple[OptimizeRequest, RawScenario]:
    """The request of an upload, and its scenario with the tables that came as Arrow.

    Raises
    ------
    InputError
        When the pieces are not a request and tables that can be read, each given once.
    google.protobuf.message.DecodeError
        When a piece is no message.
    """
    pieces = _pieces(payload)
    first = next(pieces, UploadAndOptimizeRequest())
    faults: list[Fault] = []
    if not first.HasField("request"):
        faults.append(Fault("", 0, "request", "MISSING_VALUE", "the first message of an upload is its request"))
    data: dict[str, list[bytes]] = {}
    for number, piece in enumerate(pieces, start=1):
        if piece.HasField("table"):
            data.setdefault(piece.table.table, []).append(piece.table.data)
        else:
            faults.append(Fault("", 0, "request", "REPEATED", f"message {number} is no piece of a table"))
    raw = raw_scenario(first.request.scenario)
    tables = dict(raw.tables)
    room = MOST_TABLE_BYTES
    for name, chunks in data.items():
        if name in TABLES and len(raw.tables[name]):
            faults.append(Fault("", 0, f"scenario.{name}", "REPEATED", "the table is in the request and in the upload"))
        read = _table(name, b"".join(chunks), room)
        if isinstance(read, Fault):
            faults.append(read)
        else:
            tables[name] = RawTable(read, name, first_row=FIRST_ROW)
            room -= read.nbytes
    if faults:
        raise InputError(faults)
    return first.request, replace(raw, tables=tables)


def _table(name: str, data: bytes, room: int) -> pa.Table | Fault:
    """An Arrow IPC stream as a table, batch by batch so that one that grows too large is given up."""
    where = f"scenario.{name}"
    try:
        with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
            schema, batches = reader.schema, []
            for batch in reader:
                batch.validate(full=True)
                room -= batch.nbytes
                if room < 0:
                    message = f"the tables of the upload exceed {MOST_TABLE_BYTES} bytes"
                    return Fault("", 0, where, "TOO_LARGE", message)
                batches.append(batch)
        table = pa.Table.from_batches(batches, schema)
    except (pa.ArrowException, OSError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        return Fault("", 0, where, "UNREADABLE", f"is no Arrow IPC stream: {reason}")
    if len(set(table.column_names)) < len(table.column_names):
        return Fault("", 0, where, "DUPLICATE_COLUMN", "a column is given twice")
    return table.replace_schema_metadata(None)


def upload_events(
    result: Result, request_id: str = "", view: CertificateView = WHOLE, *, part_bytes: int = PART_BYTES
) -> Iterator[bytes]:
    """The answer to an upload as a stream says it: everything but rows, then the tables in pieces."""
    yield UploadAndOptimizeResponse(part=answer_head(result, request_id)).SerializeToString()
    tables = result_tables(result)
    for file in RESULT_TABLES:
        if file in CERTIFICATE_FILES[WHOLE] and file not in CERTIFICATE_FILES[view]:
            continue
        name = file.removesuffix(".csv")
        data = _stream(file, tables[file])
        for start in range(0, len(data), part_bytes):
            piece = TablePiece(table=name, data=data[start : start + part_bytes].to_pybytes())
            yield UploadAndOptimizeResponse(table=piece).SerializeToString()


def _stream(file: str, pieces: Iterable[Mapping[str, pa.Array]]) -> pa.Buffer:
    """A table of the result as one Arrow IPC stream, a record batch for each piece."""
    schema = pa.schema([(field_name(file, column), _type(file, column)) for column in RESULT_TABLES[file]])
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as writer:
        for piece in pieces:
            columns = [cells if isinstance(cells, pa.Array) else pa.array(cells) for cells in piece.values()]
            writer.write_batch(pa.record_batch(columns, schema=schema))
    return sink.getvalue()


def _type(file: str, column: str) -> pa.DataType:
    kind = RESULT_TABLES[file][column]
    if kind in DECIMALS and (file, column) not in AS_TEXT:
        return pa.int64()
    return pa.bool_() if kind is Kind.FLAG else pa.string()
