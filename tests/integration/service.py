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
    credentials: grpc.ChannelCredentials | None = None
    metrics: str = ""

    def channel(self) -> grpc.Channel:
        """A connection; answers may be large."""
        options = [("grpc.max_receive_message_length", -1)]
        if self.credentials is not None:
            return grpc.secure_channel(self.address, self.credentials, options=options)
        return grpc.insecure_channel(self.address, options=options)

    def workers(self) -> list[int]:
        """The process ids of its workers."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def ask_to_end(self) -> None:
        """What an orchestrator sends first."""
        self.process.send_signal(signal.SIGTERM)

    def exit_code(self) -> int:
        """Wait for the end."""
        return self.process.wait(timeout=60)


@contextmanager
def serving(
    repository: Path, *flags: str, credentials: grpc.ChannelCredentials | None = None, log: Path | None = None
) -> Iterator[Server]:
    """A server on a free port, healthy; killed in the end if it has not ended itself."""
    command = [sys.executable, str(repository / "server.py"), "--port", "0", *flags]
    with (
        (log or Path("/dev/null")).open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            listens = process.stdout.readline()
            match = re.fullmatch(r"dom-engine listens on (127\.0\.0\.1:\d+)\n", listens)
            assert match, f"the server said {listens!r}"
            server = Server(process, match[1], credentials)
            if "--metrics-port" in flags:
                server.metrics = process.stdout.readline().split()[-1]
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


def large_scenario(repository: Path, folder: Path) -> Scenario:
    """A scenario whose last gap no solver closes in a minute."""
    size = "--orders 1000 --nodes 20 --items 500 --stock tight --seed 1"
    script = repository / "scenarios" / "generate.py"
    subprocess.run([sys.executable, str(script), *size.split(), "--out", str(folder)], check=True, capture_output=True)
    return scenario_in(folder)
