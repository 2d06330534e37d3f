"""The client against a server process; and a client in another language, made from the same protos."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from dom_engine.client import Client
from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, Pin
from dom_engine.v1.plan_pb2 import Status
from dom_engine.v1.problem_pb2 import Scenario
from tests.integration.service import Server, endless, large_scenario, serving

TOKEN = "a-token-0123456789"


@pytest.fixture(scope="module")
def server(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "tokens").write_text(f"{TOKEN}\n")
    flags = ("--tokens", str(folder / "tokens"), "--jobs", str(folder / "jobs"), "--queue", "2")
    flags = (*flags, "--small-workers", "0", "--spare-workers", "0")
    with serving(repository, *flags) as running:
        yield running


@pytest.fixture(scope="module")
def large(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Scenario:
    return large_scenario(repository, tmp_path_factory.mktemp("scenarios") / "large")


def client(server: Server, token: str | None = TOKEN) -> Client:
    return Client(server.address, token=token, tenant="tests")


def test_everything_can_be_called(server: Server) -> None:
    async def test() -> None:
        async with client(server) as service:
            scenario = tiny_scenario()
            alone = await service.optimize(scenario, timeout_s=60)
            assert alone.summary.status == Status.STATUS_OPTIMAL
            solving = service.optimize_stream(scenario, timeout_s=60)
            phases = [progress.phase async for progress in solving]
            assert phases
            assert (await solving.answer()).plan == alone.plan
            checked = await service.optimize(scenario, mode=OptimizeRequest.MODE_VALIDATE_ONLY)
            assert checked.problem_digest == alone.problem_digest
            evaluated = await service.evaluate(scenario, alone.plan)
            assert evaluated.objective_micros == alone.summary.objective_micros
            pinned = await service.optimize(scenario, start=alone.plan, pins={"0": Pin.LEVEL_ALL})
            assert pinned.start.objective_micros == pinned.summary.objective_micros == alone.summary.objective_micros
            found = await service.explain(scenario, alone.plan, alone.certificate.prices, "0")
            bound = next(row for row in alone.certificate.order_bounds if row.order == "0")
            assert (found.chosen.own_micros, found.best.priced_micros) == (
                bound.cost_micros,
                bound.priced_minimum_micros,
            )
            stock = [(row.node, row.item, row.quantity) for row in scenario.inventory]
            inventory = dict(zip(("node", "item", "quantity"), map(list, zip(*stock, strict=True)), strict=True))
            rest = Scenario()
            rest.CopyFrom(scenario)
            rest.ClearField("inventory")
            uploading = service.upload(rest, {"inventory": inventory}, timeout_s=60)
            assert [progress.phase async for progress in uploading]
            uploaded = await uploading.answer()
            assert uploaded.tables["shipments"].num_rows == uploaded.head.summary.kpis.shipments > 0
            assert uploaded.head.problem_digest == alone.problem_digest
            total = uploaded.head.summary.costs.freight_micros
            assert sum(uploaded.tables["shipments"]["freight_micros"].to_pylist()) == total
            job = await service.submit(scenario)
            assert (await service.answer(job)).plan == alone.plan
            failed = await service.submit(Scenario())
            with pytest.raises(RuntimeError, match=r"scenario\.now"):
                await service.answer(failed)

    asyncio.run(test())


def test_a_stranger_is_told_so(server: Server) -> None:
    async def test() -> None:
        async with client(server, token=None) as service:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await service.optimize(tiny_scenario())
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED

    asyncio.run(test())


def test_a_crowd_is_served_by_and_by(server: Server, large: Scenario) -> None:
    """More at once than may wait: those turned away come again when they were told to."""

    async def test() -> None:
        async with client(server) as service:
            solving = service.optimize_stream(endless(large).scenario)
            async for _ in solving:
                break  # the one worker has it
            crowd = [asyncio.create_task(service.optimize(tiny_scenario(), timeout_s=60)) for _ in range(4)]
            await asyncio.sleep(0.3)
            solving.cancel()
            answers = await asyncio.gather(*crowd)
            assert all(answer.summary.status == Status.STATUS_OPTIMAL for answer in answers)

    asyncio.run(test())


def test_the_example_in_node_works(server: Server, repository: Path, tmp_path: Path, node_modules: Path) -> None:
    for name in ("optimize.js", "request.json"):
        shutil.copy(repository / "examples" / "node" / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(node_modules)
    site_packages = next(folder for folder in map(Path, sys.path) if (folder / "google" / "api").is_dir())
    command = ["node", "optimize.js", server.address, TOKEN, str(repository / "proto"), str(site_packages)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "STATUS_OPTIMAL"
    assert [shipment["node"] for shipment in answer["shipments"]] == ["newark", "reno"]
