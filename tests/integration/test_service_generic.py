"""A client that knows nothing but reflection lists, describes and calls everything; and clients that dawdle."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeStreamRequest, UploadAndOptimizeRequest
from dom_engine.v1.plan_pb2 import Status
from tests.integration.service import Server, endless, serving, stub

PATIENCE_S = 60.0
OPERATIONS = "google.longrunning.Operations"


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    jobs = str(tmp_path_factory.mktemp("server") / "jobs")
    with serving(repository, "--reflection", "--jobs", jobs, "--small-workers", "0", "--spare-workers", "0") as running:
        yield running


class Generic:
    """Calls methods by name, with messages made from what the server says of itself."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel
        self._database = ProtoReflectionDescriptorDatabase(channel)
        self.pool = DescriptorPool(self._database)
        self.called: set[str] = set()

    def services(self) -> list[ServiceDescriptor]:
        return [self.pool.FindServiceByName(name) for name in self._database.get_services()]

    def call(self, service: str, name: str, fields: Message | dict[str, Any]) -> list[Any]:
        """The responses, however many there are."""
        method: MethodDescriptor = self.pool.FindServiceByName(service).methods_by_name[name]
        kind = GetMessageClass(method.input_type)
        request = kind(**fields) if isinstance(fields, dict) else kind.FromString(fields.SerializeToString())
        shape = ("stream" if method.client_streaming else "unary", "stream" if method.server_streaming else "unary")
        call = getattr(self._channel, "_".join(shape))(
            f"/{service}/{name}",
            request_serializer=kind.SerializeToString,
            response_deserializer=GetMessageClass(method.output_type).FromString,
        )
        self.called.add(f"{service}/{name}")
        found = call(iter([request]) if method.client_streaming else request, timeout=PATIENCE_S)
        return list(found) if method.server_streaming else [found]


def test_a_client_made_of_reflection_calls_everything(server: Server) -> None:
    ours, jobs = "dom_engine.v1.OptimizerService", "dom_engine.v1.JobService"
    with server.channel() as channel:
        client = Generic(channel)
        request = OptimizeRequest(scenario=tiny_scenario())
        (answer,) = client.call(ours, "Optimize", request)
        assert answer.summary.status == Status.STATUS_OPTIMAL
        parts = client.call(ours, "OptimizeStream", OptimizeStreamRequest(request=request))
        merged = type(answer)()
        for event in parts:
            merged.MergeFrom(event.part)
        assert merged.plan == answer.plan
        uploaded = client.call(ours, "UploadAndOptimize", UploadAndOptimizeRequest(request=request))
        assert {event.table.table for event in uploaded if event.HasField("table")} >= {"shipments", "prices"}
        scenario = GetMessageClass(client.pool.FindMessageTypeByName("dom_engine.v1.Scenario")).FromString(
            tiny_scenario().SerializeToString()
        )
        (judged,) = client.call(ours, "EvaluatePlan", {"scenario": scenario, "plan": answer.plan})
        assert judged.objective_micros == answer.summary.objective_micros
        stated = {"scenario": scenario, "plan": answer.plan, "prices": answer.certificate.prices, "order": "1"}
        (explained,) = client.call(ours, "ExplainOrder", stated)
        assert {way.node for way in explained.explanation.by_node} == {"north", "south"}

        asked = GetMessageClass(client.pool.FindMessageTypeByName("dom_engine.v1.OptimizeRequest"))(scenario=scenario)
        (operation,) = client.call(jobs, "SubmitOptimization", {"request": asked})
        (waited,) = client.call(OPERATIONS, "WaitOperation", {"name": operation.name})
        assert waited.done
        response = type(answer)()
        assert waited.response.Unpack(response)
        assert response.plan == answer.plan
        (got,) = client.call(OPERATIONS, "GetOperation", {"name": operation.name})
        assert got == waited
        (listed,) = client.call(OPERATIONS, "ListOperations", {"filter": "done=true"})
        assert [one.name for one in listed.operations] == [operation.name]
        client.call(OPERATIONS, "CancelOperation", {"name": operation.name})
        client.call(OPERATIONS, "DeleteOperation", {"name": operation.name})
        (health,) = client.call("grpc.health.v1.Health", "Check", {"service": ours})
        assert health.status == 1

        known = {service.full_name for service in client.services()}
        assert known >= {ours, jobs, OPERATIONS, "grpc.health.v1.Health"}
        named = {
            f"{service.full_name}/{method.name}"
            for service in client.services()
            if service.full_name in (ours, jobs, OPERATIONS)
            for method in service.methods
        }
        assert named <= client.called


def test_json_and_reflection_are_all_it_takes(server: Server, repository: Path, tmp_path: Path) -> None:
    """As grpcurl does: messages made of what the server says of itself, JSON as ``dom convert`` writes it."""
    written = tmp_path / "request.json"
    command = [sys.executable, "-m", "dom_engine.cli", "convert", "quickstart", str(written)]
    subprocess.run(command, cwd=repository, check=True, capture_output=True)
    with server.channel() as channel:
        client = Generic(channel)
        kind = GetMessageClass(client.pool.FindMessageTypeByName("dom_engine.v1.OptimizeRequest"))
        request = json_format.Parse(written.read_text(encoding="utf-8"), kind())
        (answer,) = client.call("dom_engine.v1.OptimizerService", "Optimize", request)
    told = json_format.MessageToDict(answer, preserving_proto_field_name=True)
    assert told["summary"]["status"] == "STATUS_OPTIMAL"
    assert {row["node"] for row in told["plan"]["shipments"]} <= {node.node for node in request.scenario.nodes}


def test_a_slow_reader_gets_the_whole_answer_and_holds_nobody_up(server: Server) -> None:
    request = OptimizeRequest(scenario=tiny_scenario())
    with server.channel() as slow, server.channel() as quick:
        events = stub(slow).OptimizeStream(OptimizeStreamRequest(request=request), timeout=PATIENCE_S)
        first = next(events)
        # It reads no more for now; the worker has done with it all the same, and serves others.
        alone = stub(quick).Optimize(request, timeout=PATIENCE_S)
        time.sleep(0.5)
        kinds = [first.WhichOneof("event"), *(event.WhichOneof("event") for event in events)]
    assert "part" in kinds
    assert alone.summary.status == Status.STATUS_OPTIMAL


def test_an_upload_that_is_never_finished_holds_nobody_up_and_ends_with_its_deadline(server: Server) -> None:
    """Half of an upload, and then silence: neither more nor an end."""
    request = OptimizeRequest(scenario=tiny_scenario())
    silent = threading.Event()

    def half() -> Iterator[UploadAndOptimizeRequest]:
        yield UploadAndOptimizeRequest(request=request)
        silent.wait(PATIENCE_S)

    with server.channel() as channel:
        dangling = stub(channel).UploadAndOptimize(half(), timeout=2.0)
        alone = stub(channel).Optimize(request, timeout=PATIENCE_S)
        assert alone.summary.status == Status.STATUS_OPTIMAL
        with pytest.raises(grpc.RpcError) as caught:
            list(dangling)
        silent.set()
    assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED


def test_a_connection_that_breaks_off_frees_the_worker(server: Server) -> None:
    with server.channel() as channel:
        events = stub(channel).OptimizeStream(OptimizeStreamRequest(request=endless(tiny_scenario())))
        next(events)
    # The channel is closed without a word to the call.
    with server.channel() as channel:
        answer = stub(channel).Optimize(OptimizeRequest(scenario=tiny_scenario()), timeout=PATIENCE_S)
    assert answer.summary.status == Status.STATUS_OPTIMAL
