"""The service's speed: what the wire costs, and what a crowd sees. Ratios are of one run on one machine.

``python benchmarks/bench_service.py`` starts a server on loopback and prints a line for each question;
``--only`` picks some of them, ``--seconds`` and ``--concurrency`` shape the load. Only ratios and milliseconds of
conversion mean something elsewhere.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import grpc
import pyarrow as pa
from grpc_health.v1 import health_pb2, health_pb2_grpc

from dom_engine.cli.warmup import warm_up
from dom_engine.engine import solve
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.changes import with_variant
from dom_engine.scenario.raw import RawScenario
from dom_engine.scenario.read import read_raw
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, TablePiece, UploadAndOptimizeRequest
from dom_engine.v1.optimizer_pb2_grpc import OptimizerServiceStub
from dom_engine.v1.problem_pb2 import Scenario
from dom_engine.wire import joined, optimize_response, raw_scenario, scenario_message, upload, upload_events

ROOT = Path(__file__).resolve().parents[1]
PIECE_BYTES = 2**20
SHORT_S = 2.0
"""A search long enough for a plan that serves nearly all: it is the answer's rows that count here."""
ARROW_TABLES = ("orders", "order_lines", "inventory")


@contextmanager
def server(*flags: str) -> Iterator[str]:
    """The address of a server of its own, warm."""
    command = [sys.executable, str(ROOT / "server.py"), "--port", "0", "--log-format", "text", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        said = iter(process.stdout.readline, "")
        match = re.search(r"127\.0\.0\.1:\d+", next(said))
        assert match is not None
        assert next(said) == "dom-engine serves\n"
        try:
            yield match[0]
        finally:
            process.terminate()


def generated(folder: Path, orders: int, nodes: int) -> RawScenario:
    """A seeded scenario."""
    out = folder / f"{orders}x{nodes}"
    size = f"--orders {orders} --nodes {nodes} --items {max(20, orders // 10)} --seed 1"
    script = str(ROOT / "scenarios" / "generate.py")
    subprocess.run([sys.executable, script, *size.split(), "--out", str(out)], check=True, capture_output=True)
    return with_variant(read_raw(out), None)


def timed_ms(work: Callable[[], object], repeats: int) -> float:
    """The median."""
    times = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_s)
    return 1_000 * statistics.median(times)


def say(what: str, found: str) -> None:
    print(f"{what:<72} {found}", flush=True)


def conversion_by_messages(raw: RawScenario) -> None:
    """Everything but the solve: request bytes to a problem, result to response bytes."""
    payloads = iter(_with_other_orders(scenario_message(raw), 20))
    problem = build_problem(raw)
    warm_up(problem)
    result = solve(problem)
    raw_scenario(OptimizeRequest.FromString(next(payloads)).scenario)
    read: list[RawScenario] = []
    inward_ms = timed_ms(lambda: read.append(raw_scenario(OptimizeRequest.FromString(next(payloads)).scenario)), 15)
    checked = iter(read)
    checks_ms = timed_ms(lambda: build_problem(next(checked)), 15)
    outward_ms = timed_ms(lambda: optimize_response(result).SerializeToString(), 15)
    say(
        f"{len(result.problem.orders)} orders, messages: in, out; checks",
        f"{inward_ms:.1f} + {outward_ms:.1f} = {inward_ms + outward_ms:.1f} ms; {checks_ms:.1f} ms",
    )


def _with_other_orders(scenario: Scenario, count: int) -> list[bytes]:
    """Requests that bring the same network and stock, each with orders of its own: nothing of them is known yet."""
    payloads = []
    for number in range(count):
        request = OptimizeRequest(scenario=scenario)
        for order in request.scenario.orders:
            order.order = f"{order.order}-{number}"
        for line in request.scenario.order_lines:
            line.order = f"{line.order}-{number}"
        payloads.append(request.SerializeToString())
    return payloads


def conversion_by_arrow(raw: RawScenario) -> None:
    """An upload's pieces to a scenario, and a result to the pieces of its answer."""
    settings = scenario_message(raw)
    for name in ARROW_TABLES:
        settings.ClearField(name)
    pieces = [UploadAndOptimizeRequest(request=OptimizeRequest(scenario=settings)).SerializeToString()]
    for name in ARROW_TABLES:
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, raw.tables[name].data.schema) as writer:
            writer.write_table(raw.tables[name].data)
        data = sink.getvalue()
        for start in range(0, len(data), PIECE_BYTES):
            piece = TablePiece(table=name, data=data[start : start + PIECE_BYTES].to_pybytes())
            pieces.append(UploadAndOptimizeRequest(table=piece).SerializeToString())
    payload = joined(pieces)
    inward_ms = timed_ms(lambda: upload(payload), 5)
    read = upload(payload)[1]
    checks_ms = timed_ms(lambda: build_problem(read), 3)
    problem = build_problem(read)
    warm_up(problem)
    result = solve(replace(problem, solve=replace(problem.solve, time_limit_s=SHORT_S)))
    outward_ms = timed_ms(lambda: list(upload_events(result)), 5)
    sizes = f"{len(payload) / 2**20:.1f} MiB in, {sum(map(len, upload_events(result))) / 2**20:.1f} out"
    say(
        f"{len(problem.orders):,} orders, Arrow, {sizes}: in, out; checks",
        f"{inward_ms:.0f} + {outward_ms:.0f} = {inward_ms + outward_ms:.0f} ms; {checks_ms:.0f} ms",
    )


async def sequential_ms(call: Callable[[], Awaitable[object]], repeats: int) -> float:
    times = []
    for _ in range(repeats):
        started_s = time.perf_counter()
        await call()
        times.append(time.perf_counter() - started_s)
    return 1_000 * statistics.median(times)


async def one_order(address: str, scenario: Scenario, *, moving: bool) -> None:
    """One order, everything in the request, against a health check on the same connection.

    ``moving``: each request also is of another instant, as those of a shop are.
    """
    async with grpc.aio.insecure_channel(address) as channel:
        health, optimizer = health_pb2_grpc.HealthStub(channel), OptimizerServiceStub(channel)
        requests = iter(_orders(scenario, 125, moving=moving))
        check = health_pb2.HealthCheckRequest()
        for _ in range(5):
            await optimizer.Optimize(next(requests))
        # The published stubs leave the methods out that gRPC sets on the instance.
        health_ms = await sequential_ms(lambda: health.Check(check), 300)  # type: ignore[attr-defined]
        order_ms = await sequential_ms(lambda: optimizer.Optimize(next(requests)), 120)
    say(
        f"1 order x 50 nodes, {'each at its instant' if moving else 'one instant'}, against a health check, p50",
        f"{order_ms:.2f} / {health_ms:.2f} ms = {order_ms / health_ms:.0f} x",
    )


def _orders(scenario: Scenario, count: int, *, moving: bool) -> list[OptimizeRequest]:
    """The same network and stock, each time with another order: what a shop asks."""
    now = datetime.fromisoformat(scenario.now)
    requests = []
    for number in range(count):
        request = OptimizeRequest(scenario=scenario)
        order = request.scenario.orders[0]
        order.order, order.lat = f"order-{number}", f"{float(order.lat) + number / 1_000:.4f}"
        for line in request.scenario.order_lines:
            line.order = order.order
        if moving:
            request.scenario.now = (now + timedelta(seconds=number)).isoformat()
        requests.append(request)
    return requests


async def cancelled(address: str, large: Scenario, small: Scenario, seconds: float, cancels: int) -> None:
    """From a cancel, at a random instant of a solve, until its worker, the only one, has answered a small request.

    The batch goes through every phase in about so many seconds; instants are spread evenly over them.
    """
    large.solve.time_limit_s, large.solve.gap = str(seconds), "0"
    chance = random.Random(0)
    async with grpc.aio.insecure_channel(address, options=[("grpc.max_receive_message_length", -1)]) as channel:
        optimizer = OptimizerServiceStub(channel)
        # Checked only, so that what is measured is the wait for the worker.
        check = OptimizeRequest(scenario=small, validate_only=True)
        alone_ms = await sequential_ms(lambda: optimizer.Optimize(check), 20)
        started_s = time.perf_counter()
        await optimizer.Optimize(OptimizeRequest(scenario=large))
        whole_s = time.perf_counter() - started_s
        waits_ms = []
        for number in range(cancels):
            long = optimizer.Optimize(OptimizeRequest(scenario=large))
            await asyncio.sleep(whole_s * (number + chance.random()) / cancels)
            long.cancel()
            waits_ms.append(await sequential_ms(lambda: optimizer.Optimize(check), 1) - alone_ms)
    cuts_ms = statistics.quantiles(waits_ms, n=100, method="inclusive")
    found = f"{cuts_ms[49]:.0f}, {cuts_ms[94]:.0f}, {cuts_ms[98]:.0f}, {max(waits_ms):.0f} ms"
    say(f"{cancels} cancels over {whole_s:.1f} s until the worker is free: p50, p95, p99, worst", found)


async def crowd(address: str, scenario: Scenario, seconds: float, concurrency: int) -> None:
    """Callers that ask again as soon as they are answered."""
    request = OptimizeRequest(scenario=scenario)
    times_s: list[float] = []
    refused: Counter[str] = Counter()
    end_s = time.perf_counter() + seconds

    async def caller(channel: grpc.aio.Channel) -> None:
        optimizer = OptimizerServiceStub(channel)
        while (started_s := time.perf_counter()) < end_s:
            try:
                await optimizer.Optimize(request, timeout=30)
                times_s.append(time.perf_counter() - started_s)
            except grpc.aio.AioRpcError as error:
                refused[error.code().name] += 1
                await asyncio.sleep(0.1)

    async with grpc.aio.insecure_channel(address) as channel:
        await asyncio.gather(*(caller(channel) for _ in range(concurrency)))
    cuts_ms = [1_000 * cut for cut in statistics.quantiles(times_s, n=100)]
    found = (
        f"{len(times_s) / seconds:.0f}/s; {cuts_ms[49]:.0f}, {cuts_ms[94]:.0f}, {cuts_ms[98]:.0f} ms; {dict(refused)}"
    )
    say(f"{concurrency} callers for {seconds:.0f} s: calls/s; p50, p95, p99; refused", found)


QUESTIONS = ("messages", "arrow", "one-order", "cancel", "crowd")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=QUESTIONS)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--cancels", type=int, default=100)
    parser.add_argument("--cancel-s", type=float, default=4.0, help="time limit of the solve that is cancelled")
    parser.add_argument("--arrow-orders", type=int, default=100_000)
    arguments = parser.parse_args()
    asked = set(arguments.only)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        if "messages" in asked:
            conversion_by_messages(generated(folder, 200, 20))
        if "arrow" in asked:
            conversion_by_arrow(generated(folder, arguments.arrow_orders, 50))
        if not asked & {"one-order", "cancel", "crowd"}:
            return
        one = scenario_message(generated(folder, 1, 50))
        if "cancel" in asked:
            large = scenario_message(generated(folder, 1_000, 20))
            with server("--small-workers", "0") as address:
                asyncio.run(cancelled(address, large, one, arguments.cancel_s, arguments.cancels))
        if not asked & {"one-order", "crowd"}:
            return
        with server() as address:
            if "one-order" in asked:
                for moving in (False, True):
                    asyncio.run(one_order(address, one, moving=moving))
            if "crowd" in asked:
                asyncio.run(crowd(address, one, arguments.seconds, arguments.concurrency))


if __name__ == "__main__":
    main()
