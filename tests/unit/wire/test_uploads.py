"""Tables as Arrow, in and out: the same problem as row by row, and the same answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from dom_engine import engine
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.build import build_problem
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import (
    CertificateView,
    OptimizeRequest,
    TablePiece,
    UploadAndOptimizeRequest,
    UploadAndOptimizeResponse,
)
from dom_engine.wire import field_path, joined, optimize_response, raw_scenario, upload, upload_events
from dom_engine.wire import uploads as uploads_module


def ipc(table: pa.Table, compression: str | None = None) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_table(table, max_chunksize=2)
    return sink.getvalue().to_pybytes()


def pieces_of(name: str, data: bytes, size: int = 50) -> Iterator[bytes]:
    for start in range(0, len(data), size):
        piece = TablePiece(table=name, data=data[start : start + size])
        yield UploadAndOptimizeRequest(table=piece).SerializeToString()


def request(without: tuple[str, ...]) -> tuple[bytes, dict[str, pa.Table]]:
    """The tiny scenario's request without some tables, and those as Arrow."""
    scenario = tiny_scenario()
    raw = raw_scenario(scenario)
    for name in without:
        scenario.ClearField(name)
    message = UploadAndOptimizeRequest(request=OptimizeRequest(scenario=scenario))
    return message.SerializeToString(), {name: raw.tables[name].data for name in without}


def faults_of(payload: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        upload(payload)
    return [(field_path(fault), fault.code) for fault in caught.value.faults]


@pytest.mark.parametrize("compression", [None, "lz4", "zstd"])
def test_an_upload_is_the_problem_it_would_be_row_by_row(compression: str | None) -> None:
    first, tables = request(("orders", "order_lines", "inventory"))
    tables["inventory"] = tables["inventory"].set_column(
        0, "node", tables["inventory"].column("node").dictionary_encode()
    )
    payload = joined([first, *(p for name, data in tables.items() for p in pieces_of(name, ipc(data, compression)))])
    _, raw = upload(payload)
    assert build_problem(raw).digest == build_problem(raw_scenario(tiny_scenario())).digest


def test_a_fault_in_a_table_has_its_place() -> None:
    first, tables = request(("order_lines",))
    two = tables["order_lines"].slice(0, 2)
    wrong = two.set_column(two.column_names.index("item"), "item", pa.array(["A", "Z"]))
    _, raw = upload(joined([first, *pieces_of("order_lines", ipc(wrong))]))
    with pytest.raises(InputError) as caught:
        build_problem(raw)
    assert ("scenario.order_lines[1].item", "UNKNOWN_ID") in [(field_path(f), f.code) for f in caught.value.faults]


def test_an_upload_without_a_request_is_a_fault() -> None:
    assert faults_of(b"") == [("request", "MISSING_VALUE")]
    _, tables = request(("items",))
    assert ("request", "MISSING_VALUE") in faults_of(joined(pieces_of("items", ipc(tables["items"]))))


def test_what_is_given_twice_is_a_fault() -> None:
    first, tables = request(("items",))
    again, _ = request(())
    assert faults_of(joined([first, first])) == [("request", "REPEATED")]
    assert faults_of(joined([again, *pieces_of("items", ipc(tables["items"]))])) == [("scenario.items", "REPEATED")]
    twice = pa.table([pa.array(["A"]), pa.array(["B"])], names=["item", "item"])
    assert faults_of(joined([first, *pieces_of("items", ipc(twice))])) == [("scenario.items", "DUPLICATE_COLUMN")]


@pytest.mark.parametrize("data", [b"", b"no arrow at all", b"\xff\xff\xff\xff\x10\x00\x00\x00"])
def test_bytes_that_are_no_arrow_are_a_fault(data: bytes) -> None:
    first, _ = request(("items",))
    piece = UploadAndOptimizeRequest(table=TablePiece(table="items", data=data)).SerializeToString()
    assert faults_of(joined([first, piece])) == [("scenario.items", "UNREADABLE")]


def test_a_stream_cut_short_is_a_fault() -> None:
    first, tables = request(("items",))
    data = ipc(tables["items"])
    assert faults_of(joined([first, *pieces_of("items", data[: len(data) // 2])])) == [("scenario.items", "UNREADABLE")]


def test_tables_that_grow_too_large_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads_module, "MOST_TABLE_BYTES", 1_000)
    first, _ = request(("items",))
    bomb = pa.table({"item": ["A" * 10_000]})
    assert faults_of(joined([first, *pieces_of("items", ipc(bomb, "zstd"))])) == [("scenario.items", "TOO_LARGE")]


def test_an_unknown_table_is_left_to_the_scenarios_checks() -> None:
    first, tables = request(())
    del tables
    _, raw = upload(joined([first, *pieces_of("itmes", ipc(pa.table({"item": ["A"]})))]))
    with pytest.raises(InputError) as caught:
        build_problem(raw)
    assert [fault.code for fault in caught.value.faults] == ["UNKNOWN_TABLE"]
    assert isinstance(caught.value.faults[0], Fault)


@pytest.mark.parametrize("part_bytes", [100, 10**6])
def test_the_tables_of_the_answer_are_the_rows_of_its_messages(part_bytes: int) -> None:
    result = engine.solve(build_problem(raw_scenario(tiny_scenario())))
    events = [UploadAndOptimizeResponse.FromString(e) for e in upload_events(result, "an id", part_bytes=part_bytes)]
    data: dict[str, bytes] = {}
    for event in events[1:]:
        assert len(event.table.data) <= part_bytes
        data[event.table.table] = data.get(event.table.table, b"") + event.table.data
    answer = optimize_response(result, "an id")
    assert events[0].part.summary == answer.summary
    assert events[0].part.request_id == "an id"
    rows: dict[str, Any] = {
        "shipments": answer.plan.shipments,
        "allocations": answer.plan.allocations,
        "unallocated": answer.plan.unallocated,
        "prices": answer.certificate.prices,
        "order_bounds": answer.certificate.order_bounds,
    }
    for name, messages in rows.items():
        table = pa.ipc.open_stream(data[name]).read_all()
        assert table.num_rows == len(messages), name
        for field in table.column_names:
            if messages and messages[0].DESCRIPTOR.fields_by_name[field].enum_type is None:
                assert table.column(field).to_pylist() == [getattr(message, field) for message in messages], field


def test_without_the_certificate_its_tables_stay_away() -> None:
    result = engine.solve(build_problem(raw_scenario(tiny_scenario())))
    events = [
        UploadAndOptimizeResponse.FromString(e)
        for e in upload_events(result, view=CertificateView.CERTIFICATE_VIEW_NONE)
    ]
    assert {event.table.table for event in events[1:]} == {"shipments", "allocations", "unallocated"}
