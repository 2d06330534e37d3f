"""A server that is guarded, watched and busy: TLS both ways, tokens, tenants, limits, metrics, logs."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc
import pytest
import trustme
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from grpc_status import rpc_status

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeStreamRequest
from dom_engine.v1.problem_pb2 import Scenario
from tests.integration.service import Server, endless, large_scenario, serving, stub

PATIENCE_S = 60.0
ANYONES, ACMES = "anyone-0123456789", "acme-0123456789ab"
REQUEST_ID = "2f1c1a52-7a3b-4a7e-9c53-0a4f0d3f6b1e"


def said(token: str, *more: tuple[str, str]) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}"), *more]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "server.log"


@pytest.fixture(scope="module")
def server(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, authority: trustme.CA, log: Path
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("secrets")
    tokens = folder / "tokens"
    tokens.write_text(f"{ANYONES}\n{ACMES} acme\n")
    issued = authority.issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(folder / "key.pem"))
    issued.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    flags = (
        f"--tls-cert {folder}/cert.pem --tls-key {folder}/key.pem --tls-client-ca {folder}/ca.pem --tokens {tokens} "
        "--small-workers 0 --spare-workers 0 --queue 2 --tenant-limit 2 --metrics-port 0 --reflection"
    )
    client = authority.issue_cert("client.example.org")
    credentials = grpc.ssl_channel_credentials(
        authority.cert_pem.bytes(), client.private_key_pem.bytes(), client.cert_chain_pems[0].bytes()
    )
    with serving(repository, *flags.split(), credentials=credentials, log=log) as running:
        yield running
        running.ask_to_end()
        assert running.exit_code() == 0


@pytest.fixture(scope="module")
def large(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return large_scenario(repository, tmp_path_factory.mktemp("scenarios") / "large")


@pytest.fixture
def methods(server: Server) -> Iterator[Any]:
    with server.channel() as channel:
        yield stub(channel)


TINY = OptimizeRequest(scenario=tiny_scenario(), request_id=REQUEST_ID)


def refused(call: Any) -> tuple[grpc.StatusCode, str]:
    with pytest.raises(grpc.RpcError) as caught:
        call()
    status = rpc_status.from_call(caught.value)
    info = ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    return caught.value.code(), info.reason


def test_who_has_certificate_and_token_is_served(methods: Any) -> None:
    answer = methods.Optimize(TINY, timeout=PATIENCE_S, metadata=said(ANYONES, ("x-tenant", "acme")))
    assert answer.summary.kpis.orders == len(TINY.scenario.orders)


@pytest.mark.parametrize("metadata", [None, said("not-a-token-of-ours"), [("authorization", ANYONES)]])
def test_without_a_token_nothing_is_served(methods: Any, metadata: Any) -> None:
    expected = (grpc.StatusCode.UNAUTHENTICATED, "TOKEN")
    assert refused(lambda: methods.Optimize(TINY, timeout=PATIENCE_S, metadata=metadata)) == expected
    wrapped = OptimizeStreamRequest(request=TINY)
    assert refused(lambda: list(methods.OptimizeStream(wrapped, timeout=PATIENCE_S, metadata=metadata))) == expected


def test_a_tenants_token_is_for_that_tenant(methods: Any) -> None:
    metadata = said(ACMES, ("x-tenant", "other"))
    assert refused(lambda: methods.Optimize(TINY, timeout=PATIENCE_S, metadata=metadata)) == (
        grpc.StatusCode.PERMISSION_DENIED,
        "TENANT",
    )


def test_without_a_certificate_there_is_no_connection(server: Server, authority: trustme.CA) -> None:
    bare = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
    foreign = trustme.CA().issue_cert("client.example.org")
    forged = grpc.ssl_channel_credentials(
        authority.cert_pem.bytes(), foreign.private_key_pem.bytes(), foreign.cert_chain_pems[0].bytes()
    )
    for channel in (
        grpc.secure_channel(server.address, bare),
        grpc.secure_channel(server.address, forged),
        grpc.insecure_channel(server.address),
    ):
        with channel, pytest.raises(grpc.RpcError) as caught:
            stub(channel).Optimize(TINY, timeout=PATIENCE_S, metadata=said(ANYONES))
        assert caught.value.code() == grpc.StatusCode.UNAVAILABLE


def refusals(calls: list[Any]) -> list[str]:
    """Why calls were not served, each told when to come again; the others were."""
    reasons = []
    for call in calls:
        error = call.exception()
        if error is None:
            continue
        status, info, retry = rpc_status.from_call(error), ErrorInfo(), RetryInfo()
        assert status is not None
        assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert status.details[0].Unpack(info)
        assert status.details[1].Unpack(retry)
        pushback_ms = int(dict(error.trailing_metadata())["grpc-retry-pushback-ms"])
        assert pushback_ms == retry.retry_delay.ToMilliseconds() > 0
        reasons.append(info.reason)
    return reasons


def test_too_much_at_once_is_refused_lane_by_lane_and_tenant_by_tenant(methods: Any, large: Scenario) -> None:
    def by(tenant: str) -> list[tuple[str, str]]:
        return said(ANYONES, ("x-tenant", tenant))

    finished: SimpleQueue[Any] = SimpleQueue()

    def send(tenant: str, count: int) -> None:
        for _ in range(count):
            call = methods.Optimize.future(OptimizeRequest(scenario=TINY.scenario), metadata=by(tenant))
            call.add_done_callback(finished.put)

    def ended(count: int) -> list[Any]:
        return [finished.get(timeout=PATIENCE_S) for _ in range(count)]

    stream = methods.OptimizeStream(OptimizeStreamRequest(request=endless(large)), metadata=by("busy"))
    next(stream)  # the one worker there is has it
    send("busy", 2)  # one may wait
    assert refusals(ended(1)) == ["TENANT_QUOTA"]
    send("another", 1)
    send("third", 2)  # two wait in this lane
    assert refusals(ended(2)) == ["QUEUE_FULL"] * 2
    stream.cancel()
    assert refusals(ended(2)) == []


def test_metrics_count_and_logs_name_calls_and_keep_secrets(server: Server, methods: Any, log: Path) -> None:
    methods.Optimize(TINY, timeout=PATIENCE_S, metadata=said(ANYONES))
    with urllib.request.urlopen(f"http://{server.metrics}/metrics", timeout=PATIENCE_S) as page:
        text = page.read().decode()
    assert 'dom_calls_total{code="OK",method="Optimize"}' in text
    assert 'dom_requests_waiting{lane="small"} 0.0' in text
    assert "dom_call_seconds_bucket" in text
    lines = [json.loads(line) for line in log.read_text().splitlines() if line[0] == "{"]  # gRPC's own are text
    calls = [line for line in lines if line["event"] == "call" and line["request_id"] == REQUEST_ID]
    assert calls
    assert calls[-1]["code"] == "OK"
    assert ANYONES not in log.read_text()
    assert ACMES not in log.read_text()
