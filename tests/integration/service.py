"""A server process to talk to over a real socket, and requests for it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from dom_engine.scenario.read import read_raw
from dom_engine.v1.optimizer_pb2 import OptimizeRequest
from dom_engine.v1.optimizer_pb2_grpc import OptimizerServiceStub
from dom_engine.v1.problem_pb2 import Scenario
from dom_engine.wire import scenario_message

WARM_UP_S = 900
"""On a busy machine that has compiled nothing yet; a warm one takes seconds."""

SERVICE = "dom_engine.v1.OptimizerService"


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    address: str

    def channel(self) -> grpc.Channel:
        """A connection; answers may be large."""
        return grpc.insecure_channel(self.address, options=[("grpc.max_receive_message_length", -1)])

    def ask_to_end(self) -> None:
        """What an orchestrator sends first."""
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for the end."""
        return self.process.wait(timeout=60)


@contextmanager
def serving(repository: Path, *flags: str) -> Iterator[Server]:
    """A server on a free port, healthy; killed in the end if it has not ended itself."""
    process = subprocess.Popen(
        [sys.executable, str(repository / "server.py"), "--port", "0", *flags], stdout=subprocess.PIPE, text=True
    )
    with process:
        try:
            assert process.stdout is not None
            listens = process.stdout.readline()
            match = re.fullmatch(r"dom-engine listens on (127\.0\.0\.1:\d+)\n", listens)
            assert match, f"the server said {listens!r}"
            server = Server(process, match[1])
            _await_health(server)
            assert process.stdout.readline() == "dom-engine serves\n"
            yield server
        finally:
            if process.poll() is None:
                process.kill()


def _await_health(server: Server) -> None:
    with server.channel() as channel:
        watch = health_pb2_grpc.HealthStub(channel).Watch(
            health_pb2.HealthCheckRequest(service=SERVICE), timeout=WARM_UP_S, wait_for_ready=True
        )
        for answer in watch:
            if answer.status == health_pb2.HealthCheckResponse.SERVING:
                watch.cancel()
                return


def stub(channel: grpc.Channel) -> OptimizerServiceStub:
    """The service's methods."""
    return OptimizerServiceStub(channel)


def scenario_in(folder: Path) -> Scenario:
    """The scenario of a folder."""
    return scenario_message(read_raw(folder))


def endless(scenario: Scenario) -> OptimizeRequest:
    """A request to solve for as long as one lets it."""
    request = OptimizeRequest(scenario=scenario)
    request.scenario.solve.time_limit_s = "3600"
    request.scenario.solve.gap = "0"
    return request


def violations(error: grpc.RpcError) -> tuple[ErrorInfo, BadRequest]:
    """The details of a refused request."""
    status = rpc_status.from_call(error)
    info, faults = ErrorInfo(), BadRequest()
    assert status is not None
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(faults)
    return info, faults
