"""A server under load for minutes, with cancels, deadlines and kills mixed in: no leak, no answer lost or doubled.

``python -m benchmarks.bench_soak --minutes 10`` starts a server on loopback, finds what it can serve, and asks for 80 %
of that. Every request has an id of its own; of ten one is asked a second time with it, one is cancelled, and one has a
deadline it may miss; every half minute a worker is killed. It prints a line a minute, then what came of the calls, how
the front's memory grew over the second half, and the most that a worker held. It exits 1 where an answer is lost, is
another's or differs from its first, where the server ended, or where memory grows by more than ``--most-mb-per-hour``;
short runs say little of that.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import UUID

import grpc
import numpy as np

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse
from dom_engine.v1.optimizer_pb2_grpc import OptimizerServiceStub

ROOT = Path(__file__).resolve().parents[1]
SHARE = 0.8
KILL_EVERY_S = 30.0
PATIENCE_S = 60.0
MIB = 2**20


@contextmanager
def server(log: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A warm server of its own, and its address."""
    command = [sys.executable, str(ROOT / "server.py"), "--port", "0", "--log-format", "text"]
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        assert process.stdout is not None
        said = iter(process.stdout.readline, "")
        match = re.search(r"127\.0\.0\.1:\d+", next(said))
        assert match is not None
        assert next(said) == "dom-engine serves\n"
        try:
            yield process, match[0]
        finally:
            process.terminate()


def workers(process: subprocess.Popen[str]) -> list[int]:
    """The process ids of the server's workers."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def resident_mib(pid: int) -> float:
    """Resident memory of a process; 0 of one that has ended."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / MIB
    return 0.0


class Soak:
    """The callers, and what came of their calls."""

    def __init__(self, address: str, seed: int) -> None:
        self._address = address
        self._chance = random.Random(seed)
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.times_s: list[float] = []
        self.most_worker_mib = 0.0

    def _request(self) -> OptimizeRequest:
        request = OptimizeRequest(scenario=tiny_scenario(), request_id=str(UUID(int=self._chance.getrandbits(128))))
        request.scenario.solve.time_limit_s = "30"
        # No two ask the same, so no answer can pass for another's.
        request.scenario.orders[0].lat = f"{50 + self._chance.random():.6f}"
        return request

    async def ask(self, optimizer: OptimizerServiceStub) -> None:
        """One call of a kind drawn by chance."""
        request, kind = self._request(), self._chance.random()
        timeout_s = 0.05 if kind < 0.1 else PATIENCE_S
        started_s = time.perf_counter()
        call = optimizer.Optimize(request, timeout=timeout_s)
        if 0.1 <= kind < 0.2:
            await asyncio.sleep(0.01)
            call.cancel()
        try:
            answer = await call
        except asyncio.CancelledError:
            self.outcomes["CANCELLED"] += 1
            return
        except grpc.aio.AioRpcError as error:
            self.outcomes[error.code().name] += 1
            self._judge(error, may_be_late=kind < 0.1)
            return
        self.times_s.append(time.perf_counter() - started_s)
        self.outcomes["OK"] += 1
        self._check(request, answer)
        if 0.2 <= kind < 0.3:
            self.outcomes["asked again"] += 1
            try:
                again = await optimizer.Optimize(request, timeout=PATIENCE_S)
            except grpc.aio.AioRpcError as error:
                self._judge(error, may_be_late=False)
                return
            if again != answer:
                self.wrong.append(f"{request.request_id} was answered twice, and differently")

    def _judge(self, error: grpc.aio.AioRpcError, *, may_be_late: bool) -> None:
        """Note an error that nothing explains: not a full queue, a killed worker, or a deadline that was short."""
        code = error.code()
        explained = code is grpc.StatusCode.RESOURCE_EXHAUSTED or _killed(error)
        if not explained and not (may_be_late and code is grpc.StatusCode.DEADLINE_EXCEEDED):
            self.wrong.append(f"{code.name}: {error.details()}")

    def _check(self, request: OptimizeRequest, answer: OptimizeResponse) -> None:
        if answer.request_id != request.request_id:
            self.wrong.append(f"{request.request_id} got the answer to {answer.request_id}")
        if sum(amount for _, amount in answer.summary.costs.ListFields()) != answer.summary.objective_micros:
            self.wrong.append(f"{request.request_id}: costs do not sum")

    async def capacity(self, seconds: float) -> float:
        """Calls a second that four callers get answered who ask again at once."""
        done = 0
        end_s = time.perf_counter() + seconds

        async def caller(optimizer: OptimizerServiceStub) -> None:
            nonlocal done
            while time.perf_counter() < end_s:
                await optimizer.Optimize(self._request(), timeout=PATIENCE_S)
                done += 1

        async with grpc.aio.insecure_channel(self._address) as channel:
            await asyncio.gather(*(caller(OptimizerServiceStub(channel)) for _ in range(4)))
        return done / seconds

    async def run(self, rate: float, seconds: float, process: subprocess.Popen[str]) -> list[tuple[float, float]]:
        """Ask at a rate for so long; (seconds, MiB of the front) twenty times in it."""
        memory: list[tuple[float, float]] = []
        open_calls: set[asyncio.Task[None]] = set()
        begun_s = killed_s = told_s = time.perf_counter()
        async with grpc.aio.insecure_channel(self._address) as channel:
            optimizer = OptimizerServiceStub(channel)
            while (elapsed_s := time.perf_counter() - begun_s) < seconds:
                task = asyncio.create_task(self.ask(optimizer))
                open_calls.add(task)
                task.add_done_callback(open_calls.discard)
                await asyncio.sleep(self._chance.expovariate(rate))
                now_s = time.perf_counter()
                if elapsed_s >= seconds / 20 * len(memory):
                    memory.append((elapsed_s, resident_mib(process.pid)))
                    self.most_worker_mib = max(self.most_worker_mib, *map(resident_mib, workers(process)))
                if now_s - killed_s > min(KILL_EVERY_S, seconds / 4):
                    killed_s = now_s
                    os.kill(self._chance.choice(workers(process)), signal.SIGKILL)
                    self.outcomes["workers killed"] += 1
                if now_s - told_s > PATIENCE_S:
                    told_s = now_s
                    print(f"{elapsed_s:6.0f} s  {dict(self.outcomes)}  front {memory[-1][1]:.0f} MiB", flush=True)
            await asyncio.gather(*open_calls)
        return memory


def _killed(error: grpc.aio.AioRpcError) -> bool:
    """Whether a worker was lost under the call, as it was meant to be."""
    return error.code() is grpc.StatusCode.INTERNAL and "died or hung" in str(error.details())


def slope_mib_per_hour(memory: list[tuple[float, float]]) -> float:
    """Growth of memory over the second half of the run, by least squares: the first half fills caches."""
    later = np.array(memory[len(memory) // 2 :])
    return float(np.polyfit(later[:, 0], later[:, 1], 1)[0]) * 3_600 if len(later) > 1 else 0.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=Path(os.devnull), help="file for what the server logs")
    parser.add_argument("--most-mb-per-hour", type=float, default=120.0)
    arguments = parser.parse_args()
    with server(arguments.log) as (process, address):
        soak = Soak(address, arguments.seed)
        rate = SHARE * asyncio.run(soak.capacity(min(10.0, 6 * arguments.minutes)))
        memory = asyncio.run(soak.run(rate, 60 * arguments.minutes, process))
        alive = process.poll() is None
    growth = slope_mib_per_hour(memory)
    cuts_ms = [1_000 * cut for cut in statistics.quantiles(soak.times_s, n=100)]
    print(f"{rate:.1f} calls/s for {arguments.minutes:g} minutes: {dict(soak.outcomes)}")
    print(f"p50, p95, p99: {cuts_ms[49]:.0f}, {cuts_ms[94]:.0f}, {cuts_ms[98]:.0f} ms")
    print(f"memory of the front: {memory[0][1]:.0f} to {memory[-1][1]:.0f} MiB, {growth:+.1f} MiB an hour at the end")
    print(f"memory of a worker: {soak.most_worker_mib:.0f} MiB at most")
    print(f"server alive: {alive}; wrong: {len(soak.wrong)} {soak.wrong[:3]}")
    return int(bool(soak.wrong) or not alive or growth > arguments.most_mb_per_hour)


if __name__ == "__main__":
    sys.exit(main())
