"""A crowd, and callers that send nonsense: everybody is answered, and the server stays up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import (
    EvaluatePlanRequest,
    ExplainOrderRequest,
    OptimizeRequest,
    OptimizeStreamRequest,
    UploadAndOptimizeRequest,
)
from dom_engine.v1.optimizer_pb2_grpc import OptimizerServiceStub
from dom_engine.v1.plan_pb2 import Plan, Shipment
from tests.integration.service import SERVICE, Server, serving

CLIENTS = 200
PATIENCE_S = 120.0
REFUSALS = {grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.DEADLINE_EXCEEDED}


@pytest.fixture(scope="module")
def server(repository: Path) -> Iterator[Server]:
    with serving(repository, "--tenant-limit", "256", "--spare-workers", "0") as running:
        yield running


def test_two_hundred_clients_at_once_are_all_answered(server: Server) -> None:
    request = OptimizeRequest(scenario=tiny_scenario(), validate_only=True)

    async def one() -> str:
        # A connection of its own, as different clients have.
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(server.address, options=options) as channel:
            answer = await OptimizerServiceStub(channel).Optimize(request, timeout=PATIENCE_S, wait_for_ready=True)
            digest: str = answer.problem_digest
            return digest

    async def crowd() -> Counter[str]:
        return Counter(await asyncio.gather(*(one() for _ in range(CLIENTS))))

    assert list(asyncio.run(crowd()).values()) == [CLIENTS]


def mutated(payload: bytes, chance: random.Random) -> bytes:
    """A few bytes changed, cut out, doubled or cut off."""
    data = bytearray(payload)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data))
        match chance.randrange(16):
            case 0:
                del data[max(1, at) :]
            case 1:
                del data[at : at + chance.randint(1, 20)]
            case 2:
                data[at:at] = data[at : at + chance.randint(1, 20)]
            case _:
                data[at] = chance.choice((data[at] ^ 1, data[at] ^ 128, chance.randrange(256)))
        data = data or bytearray(b"\0")
    return bytes(data)


def fuzz(server: Server, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    scenario = tiny_scenario()
    scenario.solve.time_limit_s = "1"
    request = OptimizeRequest(scenario=scenario)
    payloads: dict[str, Message] = {
        "Optimize": request,
        "EvaluatePlan": EvaluatePlanRequest(
            scenario=scenario, plan=Plan(shipments=[Shipment(shipment="1", order="0")])
        ),
        "ExplainOrder": ExplainOrderRequest(scenario=scenario, order="0"),
        "OptimizeStream": OptimizeStreamRequest(request=request),
        "UploadAndOptimize": UploadAndOptimizeRequest(request=request),
    }
    answered = 0
    with server.channel() as channel:
        for _ in range(rounds):
            for method, payload in payloads.items():
                path, data = f"/{SERVICE}/{method}", mutated(payload.SerializeToString(), chance)
                try:
                    if method == "OptimizeStream":
                        list(channel.unary_stream(path)(data, timeout=20))
                    elif method == "UploadAndOptimize":
                        list(channel.stream_stream(path)(iter([data]), timeout=20))
                    else:
                        channel.unary_unary(path)(data, timeout=20)
                    answered += 1
                except grpc.RpcError as error:
                    if error.code() not in REFUSALS:
                        pytest.fail(f"{method} of {data.hex()}: {error.code()}")
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=20)
        assert health.status == health_pb2.HealthCheckResponse.SERVING
    assert answered > 0  # some nonsense makes sense: not all of it ends where it is parsed


def test_nonsense_is_refused_and_hurts_nobody(server: Server) -> None:
    fuzz(server, rounds=12, seed=1)


@pytest.mark.nightly
def test_a_minute_of_nonsense_hurts_nobody(server: Server) -> None:
    fuzz(server, rounds=200, seed=2)
