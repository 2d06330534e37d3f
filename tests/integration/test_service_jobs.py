"""Jobs over a real server: taken, watched, cancelled, and there again after the server was killed."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import grpc
import pytest
from google.longrunning import operations_pb2 as longrunning
from google.longrunning.operations_pb2_grpc import OperationsStub
from google.protobuf.duration_pb2 import Duration
from google.rpc.code_pb2 import Code

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.jobs_pb2 import JobMetadata, SubmitOptimizationRequest
from dom_engine.v1.jobs_pb2_grpc import JobServiceStub
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse
from dom_engine.v1.plan_pb2 import Status
from dom_engine.v1.problem_pb2 import Scenario
from tests.integration.service import Server, endless, large_scenario, scenario_in, serving

PATIENCE_S = 60.0
ENOUGH = Duration(seconds=50)


class Methods(NamedTuple):
    submit: Any
    operations: Any


@contextmanager
def methods(server: Server) -> Iterator[Methods]:
    with server.channel() as channel:
        yield Methods(JobServiceStub(channel).SubmitOptimization, OperationsStub(channel))


@pytest.fixture(scope="module")
def large(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return large_scenario(repository, tmp_path_factory.mktemp("scenarios") / "large")


def job(request: OptimizeRequest) -> SubmitOptimizationRequest:
    return SubmitOptimizationRequest(request=request)


def metadata_of(operation: Any) -> JobMetadata:
    metadata = JobMetadata()
    assert operation.metadata.Unpack(metadata)
    return metadata


def answer_of(operation: Any) -> OptimizeResponse:
    response = OptimizeResponse()
    assert operation.response.Unpack(response)
    return response


def code_of(call: Any, *arguments: Any, **named: Any) -> grpc.StatusCode:
    with pytest.raises(grpc.RpcError) as caught:
        call(*arguments, timeout=PATIENCE_S, **named)
    return caught.value.code()


def running(operations: Any, name: str) -> JobMetadata:
    """Wait until a worker has begun with a job."""
    while True:
        metadata = metadata_of(operations.WaitOperation(wait(name, Duration(nanos=10**8)), timeout=PATIENCE_S))
        if metadata.state == JobMetadata.STATE_RUNNING and metadata.progress.phase:
            return metadata


def wait(name: str, timeout: Duration = ENOUGH) -> Any:
    return longrunning.WaitOperationRequest(name=name, timeout=timeout)


def named(name: str) -> Any:
    return longrunning.GetOperationRequest(name=name)


def test_a_job_survives_a_server_that_is_killed(repository: Path, tmp_path: Path, large: Scenario) -> None:
    flags = ("--jobs", str(tmp_path / "jobs.sqlite"), "--small-workers", "0", "--spare-workers", "0")
    quick = job(OptimizeRequest(scenario=scenario_in(repository / "scenarios" / "quickstart"), request_id=str(uuid4())))
    with serving(repository, *flags) as server, methods(server) as (submit, operations):
        done = operations.WaitOperation(wait(submit(quick, timeout=PATIENCE_S).name), timeout=PATIENCE_S)
        assert done.done
        assert answer_of(done).summary.status == Status.STATUS_OPTIMAL
        assert metadata_of(done).state == JobMetadata.STATE_SUCCEEDED

        assert submit(quick, timeout=PATIENCE_S) == done  # the same job again
        quick.request.omit_certificate = True
        assert code_of(submit, quick) == grpc.StatusCode.INVALID_ARGUMENT
        long = submit(job(endless(large)), timeout=PATIENCE_S)
        behind = submit(job(OptimizeRequest(scenario=tiny_scenario())), timeout=PATIENCE_S)
        assert running(operations, long.name).attempts == 1
        server.process.send_signal(signal.SIGKILL)
        server.exit_code()

    with serving(repository, *flags) as server, methods(server) as (submit, operations):
        assert operations.GetOperation(named(done.name), timeout=PATIENCE_S) == done
        assert running(operations, long.name).attempts == 2
        assert code_of(operations.DeleteOperation, longrunning.DeleteOperationRequest(name=long.name)) == (
            grpc.StatusCode.FAILED_PRECONDITION
        )
        operations.CancelOperation(longrunning.CancelOperationRequest(name=long.name), timeout=PATIENCE_S)
        cancelled = operations.GetOperation(named(long.name), timeout=PATIENCE_S)
        assert cancelled.error.code == Code.CANCELLED
        assert metadata_of(cancelled).state == JobMetadata.STATE_CANCELLED
        assert answer_of(operations.WaitOperation(wait(behind.name), timeout=PATIENCE_S)).summary.kpis.orders > 0

        wrong = submit(job(OptimizeRequest()), timeout=PATIENCE_S)
        failed = operations.WaitOperation(wait(wrong.name), timeout=PATIENCE_S)
        assert failed.error.code == Code.INVALID_ARGUMENT
        assert failed.error.message.startswith("scenario.now")

        names = [done.name, long.name, behind.name, wrong.name]
        first = operations.ListOperations(longrunning.ListOperationsRequest(page_size=3), timeout=PATIENCE_S)
        rest = operations.ListOperations(
            longrunning.ListOperationsRequest(page_size=3, page_token=first.next_page_token), timeout=PATIENCE_S
        )
        assert [operation.name for page in (first, rest) for operation in page.operations] == names
        assert rest.next_page_token == ""
        other = [("x-tenant", "other")]
        assert not operations.ListOperations(
            longrunning.ListOperationsRequest(), timeout=PATIENCE_S, metadata=other
        ).operations
        assert code_of(operations.GetOperation, named(done.name), metadata=other) == grpc.StatusCode.NOT_FOUND
        for bad in (
            longrunning.ListOperationsRequest(filter="maybe"),
            longrunning.ListOperationsRequest(page_token="x"),
            longrunning.ListOperationsRequest(page_token="9" * 30),
        ):
            assert code_of(operations.ListOperations, bad) == grpc.StatusCode.INVALID_ARGUMENT

        operations.DeleteOperation(longrunning.DeleteOperationRequest(name=done.name), timeout=PATIENCE_S)
        assert code_of(operations.GetOperation, named(done.name)) == grpc.StatusCode.NOT_FOUND
        server.ask_to_end()
        assert server.exit_code() == 0
