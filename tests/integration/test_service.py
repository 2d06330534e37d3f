"""The service as its callers see it: a real process, real sockets."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

import grpc
import pyarrow as pa
import pytest
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from dom_engine.scenario.load import load_scenario
from dom_engine.v1.jobs_pb2 import SubmitOptimizationRequest
from dom_engine.v1.jobs_pb2_grpc import JobServiceStub
from dom_engine.v1.optimizer_pb2 import (
    EvaluatePlanRequest,
    OptimizeRequest,
    OptimizeResponse,
    OptimizeStreamRequest,
    TablePiece,
    UploadAndOptimizeRequest,
)
from dom_engine.v1.plan_pb2 import Limit, Reason, Status
from dom_engine.v1.problem_pb2 import Scenario
from dom_engine.wire import raw_scenario
from tests.integration.service import SERVICE, Server, endless, large_scenario, scenario_in, serving, stub, violations

PATIENCE_S = 60.0


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Server]:
    with serving(repository, "--reflection", "--small-workers", "0") as running:
        yield running
        running.ask_to_end()
        assert running.exit_code() == 0


@pytest.fixture
def channel(server: Server) -> Iterator[grpc.Channel]:
    with server.channel() as channel:
        yield channel


@pytest.fixture
def quickstart(repository: Path) -> Scenario:
    return scenario_in(repository / "scenarios" / "quickstart")


@pytest.fixture(scope="module")
def large(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return large_scenario(repository, tmp_path_factory.mktemp("scenarios") / "large")


def test_it_is_healthy_by_service_and_as_a_whole(channel: grpc.Channel) -> None:
    health = health_pb2_grpc.HealthStub(channel)
    for service in ("", SERVICE):
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=PATIENCE_S)
        assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_client_can_be_made_from_reflection_alone(
    channel: grpc.Channel, repository: Path, quickstart: Scenario
) -> None:
    database = ProtoReflectionDescriptorDatabase(channel)
    assert SERVICE in database.get_services()
    method = DescriptorPool(database).FindServiceByName(SERVICE).methods_by_name["Optimize"]
    request = GetMessageClass(method.input_type).FromString(
        OptimizeRequest(scenario=quickstart, validate_only=True).SerializeToString()
    )
    call = channel.unary_unary(
        f"/{SERVICE}/Optimize",
        request_serializer=type(request).SerializeToString,
        response_deserializer=GetMessageClass(method.output_type).FromString,
    )
    digest = load_scenario(repository / "scenarios" / "quickstart").digest
    assert call(request, timeout=PATIENCE_S).problem_digest == digest


def cells(table: Path, *columns: str) -> list[tuple[str, ...]]:
    with table.open(encoding="utf-8", newline="") as file:
        return [tuple(row[column] for column in columns) for row in csv.DictReader(file)]


def said(row: Message, *fields: str) -> tuple[str, ...]:
    return tuple(str(getattr(row, field)) for field in fields)


def in_units(amount: int, decimals: int) -> str:
    return str(Decimal(amount).scaleb(-decimals).quantize(Decimal(1).scaleb(-decimals)))


@pytest.mark.parametrize("name", ["quickstart", "peak-day", "export", "stores"])
def test_it_answers_what_the_command_line_writes(
    channel: grpc.Channel, repository: Path, tmp_path: Path, name: str
) -> None:
    request_id = str(uuid4())
    request = OptimizeRequest(scenario=scenario_in(repository / "scenarios" / name), request_id=request_id)
    response: OptimizeResponse = stub(channel).Optimize(request, timeout=PATIENCE_S)
    command = [sys.executable, "-m", "dom_engine.cli", "solve", f"scenarios/{name}", "--out", str(tmp_path / "plan")]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)

    assert response.request_id == request_id
    assert response.summary.status == Status.STATUS_OPTIMAL
    plan = tmp_path / "plan"
    same = ("shipment", "order", "node", "service", "dispatch_at", "delivery_at", "judged_at", "arrival_at")
    assert [said(row, *same, "units", "parcels") for row in response.plan.shipments] == cells(
        plan / "shipments.csv", *same, "units", "parcels"
    )
    assert [(in_units(row.weight_g, 3), in_units(row.total_micros, 6)) for row in response.plan.shipments] == cells(
        plan / "shipments.csv", "weight_kg", "total"
    )
    same = ("shipment", "order", "line", "item", "quantity", "available_at", "lot", "pool")
    assert [said(row, *same) for row in response.plan.allocations] == cells(plan / "allocations.csv", *same)
    same = ("order", "line", "quantity", "detail")
    assert [said(row, *same) for row in response.plan.unallocated] == cells(plan / "unallocated.csv", *same)
    assert [
        (row.order, in_units(row.cost_micros, 6), in_units(row.priced_minimum_micros, 6))
        for row in response.certificate.order_bounds
    ] == cells(plan / "order_bounds.csv", "order", "cost", "priced_minimum")
    assert [(row.node, row.limit, in_units(row.price_micros, 6)) for row in response.certificate.prices] == cells(
        plan / "prices.csv", "node", "limit", "price"
    )
    costs = response.summary.costs
    assert sum(value for _, value in costs.ListFields()) == response.summary.objective_micros


def test_bad_input_is_refused_with_every_fault_located(channel: grpc.Channel, quickstart: Scenario) -> None:
    quickstart.orders[3].latest = "tomorrow"
    quickstart.order_lines[0].item = "unobtainium"
    with pytest.raises(grpc.RpcError) as caught:
        stub(channel).Optimize(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    info, faults = violations(caught.value)
    assert info.metadata["total"] == "2"
    assert [(fault.field, fault.reason) for fault in faults.field_violations] == [
        ("scenario.order_lines[0].item", "UNKNOWN_ID"),
        ("scenario.orders[3].latest", "NOT_AN_INSTANT"),
    ]


def test_more_faults_than_a_trailer_holds_are_counted(
    channel: grpc.Channel, quickstart: Scenario, server: Server
) -> None:
    for number in range(300):
        quickstart.items.add(item=f"x{number}", weight_kg="heavy")
    request = OptimizeRequest(scenario=quickstart)
    with pytest.raises(grpc.RpcError) as caught:
        stub(channel).Optimize(request, timeout=PATIENCE_S)
    info, faults = violations(caught.value)
    assert info.metadata["total"] == "300"
    assert 20 < len(faults.field_violations) < 100

    roomy = grpc.insecure_channel(server.address, options=[("grpc.max_metadata_size", 2**20)])
    with roomy, pytest.raises(grpc.RpcError) as caught:
        stub(roomy).Optimize(request, timeout=PATIENCE_S, metadata=[("x-max-status-bytes", str(2**20))])
    info, faults = violations(caught.value)
    assert info.metadata["total"] == "300"
    assert len(faults.field_violations) == 100


def test_bytes_that_are_no_message_are_refused(channel: grpc.Channel) -> None:
    call = channel.unary_unary(f"/{SERVICE}/Optimize")
    with pytest.raises(grpc.RpcError) as caught:
        call(b"\xff\xff\xff", timeout=PATIENCE_S)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_an_unknown_method_is_unimplemented(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary(f"/{SERVICE}/Improvise")(b"", timeout=PATIENCE_S)
    assert caught.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_orders_that_cannot_be_filled_are_an_answer(channel: grpc.Channel, quickstart: Scenario) -> None:
    del quickstart.inventory[:]
    response = stub(channel).Optimize(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    assert response.summary.kpis.filled_units == 0
    assert len(response.plan.unallocated) == len(quickstart.order_lines)
    assert all(row.reason and row.detail for row in response.plan.unallocated)


def test_at_the_deadline_there_is_a_plan(channel: grpc.Channel, large: Scenario) -> None:
    response = stub(channel).Optimize(endless(large), timeout=15.0)
    assert response.summary.limit == Limit.LIMIT_TIME
    assert response.summary.kpis.filled_units > 0
    assert response.summary.lower_bound_micros <= response.summary.objective_micros


def test_a_cancelled_call_frees_its_worker(channel: grpc.Channel, quickstart: Scenario, large: Scenario) -> None:
    methods = stub(channel)
    long = methods.Optimize.future(endless(large))
    with pytest.raises(grpc.FutureTimeoutError):
        long.result(timeout=3.0)  # the one worker there is has it by now
    waiting = methods.Optimize.future(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    with pytest.raises(grpc.FutureTimeoutError):
        waiting.result(timeout=2.0)
    long.cancel()
    assert waiting.result().summary.status == Status.STATUS_OPTIMAL


def test_a_stream_tells_progress_and_then_what_optimize_answers(channel: grpc.Channel, quickstart: Scenario) -> None:
    request = OptimizeRequest(scenario=quickstart)
    events = list(stub(channel).OptimizeStream(OptimizeStreamRequest(request=request), timeout=PATIENCE_S))
    kinds = [event.WhichOneof("event") for event in events]
    assert kinds == sorted(kinds, reverse=True)  # progress before parts
    assert {"progress", "part"} == set(kinds)
    merged = OptimizeResponse()
    for event in events:
        merged.MergeFrom(event.part)
    alone = stub(channel).Optimize(request, timeout=PATIENCE_S)
    for response in (merged, alone):
        response.summary.timings_s.clear()
    assert merged == alone


def test_a_stream_ended_by_its_reader_frees_the_worker(
    channel: grpc.Channel, quickstart: Scenario, large: Scenario
) -> None:
    methods = stub(channel)
    stream = methods.OptimizeStream(OptimizeStreamRequest(request=endless(large)))
    first = next(stream)
    assert first.progress.phase
    stream.cancel()
    answer = methods.Optimize(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    assert answer.summary.status == Status.STATUS_OPTIMAL


def test_a_stream_is_refused_like_a_call(channel: grpc.Channel) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        list(stub(channel).OptimizeStream(OptimizeStreamRequest(), timeout=PATIENCE_S))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    _, faults = violations(caught.value)
    assert [fault.field for fault in faults.field_violations] == ["scenario.now"]


def test_what_cannot_be_filled_is_told_without_a_search(channel: grpc.Channel, quickstart: Scenario) -> None:
    quickstart.inventory.pop()
    quickstart.order_lines[0].exclude_nodes.extend(node.node for node in quickstart.nodes)
    request = OptimizeRequest(scenario=quickstart, mode=OptimizeRequest.MODE_DETECT_INFEASIBLE)
    response = stub(channel).Optimize(request, timeout=PATIENCE_S)
    assert not response.HasField("summary")
    found = {(row.order, row.line): row.reason for row in response.plan.unallocated}
    line = quickstart.order_lines[0]
    assert found[line.order, line.line] == Reason.REASON_NODE_EXCLUDED


def test_a_request_sent_again_is_not_solved_again(channel: grpc.Channel, quickstart: Scenario) -> None:
    methods, request_id = stub(channel), str(uuid4())
    request = OptimizeRequest(scenario=quickstart, request_id=request_id)
    first = methods.Optimize(request, timeout=PATIENCE_S)
    assert methods.Optimize(request, timeout=PATIENCE_S) == first  # to the timings
    quickstart.orders[0].priority = 7
    with pytest.raises(grpc.RpcError) as caught:
        methods.Optimize(OptimizeRequest(scenario=quickstart, request_id=request_id), timeout=PATIENCE_S)
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    _, faults = violations(caught.value)
    assert [(fault.field, fault.reason) for fault in faults.field_violations] == [("request_id", "ID_REUSED")]


def test_a_worker_killed_while_it_solves_loses_its_request_alone(
    channel: grpc.Channel, server: Server, quickstart: Scenario, large: Scenario
) -> None:
    methods = stub(channel)
    stream = methods.OptimizeStream(OptimizeStreamRequest(request=endless(large)))
    next(stream)
    waiting = methods.Optimize.future(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    for pid in server.workers():
        os.kill(pid, signal.SIGKILL)
    with pytest.raises(grpc.RpcError) as caught:
        list(stream)
    assert caught.value.code() == grpc.StatusCode.INTERNAL
    assert waiting.result().summary.status == Status.STATUS_OPTIMAL


def test_asked_to_end_it_hands_back_what_it_has(repository: Path, large: Scenario) -> None:
    flags = ["--grace", "8", "--max-message-mb", "1", "--small-workers", "0", "--spare-workers", "0"]
    with serving(repository, *flags) as server, server.channel() as channel:
        methods = stub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            methods.Optimize(OptimizeRequest(request_id="x" * 2**20), timeout=PATIENCE_S)
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        running = methods.Optimize.future(endless(large))
        with pytest.raises(grpc.FutureTimeoutError):
            running.result(timeout=3.0)
        server.ask_to_end()
        response = running.result(timeout=PATIENCE_S)
        assert response.summary.limit == Limit.LIMIT_INTERRUPTED
        assert response.summary.kpis.filled_units > 0
        assert server.exit_code() == 0


def test_a_port_in_use_is_told(server: Server, repository: Path) -> None:
    port = server.address.rpartition(":")[2]
    command = [sys.executable, str(repository / "server.py"), "--port", port]
    second = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert second.returncode == 2
    assert f"cannot listen on 127.0.0.1:{port}" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_example_of_the_documentation_works(server: Server, repository: Path) -> None:
    page = (repository / "docs" / "service.md").read_text(encoding="utf-8")
    scripts = [block.partition("```")[0] for block in page.split("```python\n")[1:]]
    assert len(scripts) == 2
    for script in scripts:
        assert "127.0.0.1:50051" in script
        script = script.replace("127.0.0.1:50051", server.address)
        done = subprocess.run(
            [sys.executable, "-c", script], cwd=repository, capture_output=True, text=True, check=True
        )
        lines = [line for line in done.stdout.splitlines() if not line.startswith("#")]
        assert [line.split()[:2] for line in lines] == [["1001", "newark"], ["1001", "reno"]]


def test_without_a_store_there_are_no_jobs(channel: grpc.Channel, quickstart: Scenario) -> None:
    job = SubmitOptimizationRequest(request=OptimizeRequest(scenario=quickstart))
    with pytest.raises(grpc.RpcError) as caught:
        JobServiceStub(channel).SubmitOptimization(job, timeout=PATIENCE_S)
    assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION


def test_an_upload_is_answered_as_arrow_what_optimize_answers(channel: grpc.Channel, quickstart: Scenario) -> None:
    methods = stub(channel)
    alone = methods.Optimize(OptimizeRequest(scenario=quickstart), timeout=PATIENCE_S)
    tables = {name: raw_scenario(quickstart).tables[name].data for name in ("orders", "order_lines")}
    settings = Scenario.FromString(quickstart.SerializeToString())

    def pieces() -> Iterator[UploadAndOptimizeRequest]:
        for name in tables:
            settings.ClearField(name)
        yield UploadAndOptimizeRequest(request=OptimizeRequest(scenario=settings))
        for name, table in tables.items():
            sink = pa.BufferOutputStream()
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write_table(table)
            yield UploadAndOptimizeRequest(table=TablePiece(table=name, data=sink.getvalue().to_pybytes()))

    events = list(methods.UploadAndOptimize(pieces(), timeout=PATIENCE_S))
    (head,) = [event.part for event in events if event.WhichOneof("event") == "part"]
    assert head.problem_digest == alone.problem_digest
    assert head.summary.costs == alone.summary.costs
    data = b"".join(event.table.data for event in events if event.table.table == "shipments")
    shipments = pa.ipc.open_stream(data).read_all()
    assert shipments.column("total_micros").to_pylist() == [row.total_micros for row in alone.plan.shipments]
    evaluated = methods.EvaluatePlan(EvaluatePlanRequest(scenario=quickstart, plan=alone.plan), timeout=PATIENCE_S)
    assert evaluated.objective_micros == alone.summary.objective_micros
    assert not evaluated.violations


def test_an_upload_of_nothing_is_refused_and_one_given_up_is_forgotten(channel: grpc.Channel) -> None:
    methods = stub(channel)
    with pytest.raises(grpc.RpcError) as caught:
        list(methods.UploadAndOptimize(iter(()), timeout=PATIENCE_S))
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    never = threading.Event()

    def half() -> Iterator[UploadAndOptimizeRequest]:
        yield UploadAndOptimizeRequest(request=OptimizeRequest())
        never.wait(PATIENCE_S)

    call = methods.UploadAndOptimize(half())
    call.cancel()
    never.set()
    assert call.code() == grpc.StatusCode.CANCELLED
    health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_S)
    assert health.status == health_pb2.HealthCheckResponse.SERVING
