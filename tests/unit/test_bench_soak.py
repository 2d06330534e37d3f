"""The soak finds what it looks for: doubled answers, unexplained errors, memory that grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from grpc.aio import AioRpcError, Metadata

from benchmarks.bench_soak import Soak, slope_mib_per_hour
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeResponse
from dom_engine.v1.plan_pb2 import Costs, Summary


class Call:
    """What a stub returns: something to await or cancel."""

    def __init__(self, answer: OptimizeResponse | Exception) -> None:
        self._answer = answer

    def cancel(self) -> None:
        self._answer = asyncio.CancelledError()  # type: ignore[assignment]

    def __await__(self) -> Any:
        yield from ()
        if isinstance(self._answer, BaseException):
            raise self._answer
        return self._answer


class Stub:
    def __init__(self, answer: Callable[[OptimizeRequest], OptimizeResponse | Exception]) -> None:
        self._answer = answer

    def Optimize(self, request: OptimizeRequest, timeout: float) -> Call:
        return Call(self._answer(request))


def soaked(answer: Callable[[OptimizeRequest], OptimizeResponse | Exception]) -> Soak:
    soak = Soak("nowhere", seed=0)

    async def test() -> None:
        for _ in range(60):
            await soak.ask(Stub(answer))  # type: ignore[arg-type]

    asyncio.run(test())
    return soak


def good(request: OptimizeRequest, method: str = "") -> OptimizeResponse:
    summary = Summary(objective_micros=3, costs=Costs(freight_micros=2, late_micros=1), method=method)
    return OptimizeResponse(request_id=request.request_id, summary=summary)


def error(code: grpc.StatusCode, details: str = "") -> AioRpcError:
    return AioRpcError(code, Metadata(), Metadata(), details)


def test_a_good_server_passes() -> None:
    soak = soaked(good)
    assert soak.wrong == []
    assert soak.outcomes["OK"] + soak.outcomes["CANCELLED"] == 60
    assert soak.outcomes["CANCELLED"] > 0
    assert soak.outcomes["asked again"] > 0


def test_an_answer_that_differs_from_its_first_is_found() -> None:
    seen: list[str] = []

    def forgetful(request: OptimizeRequest) -> OptimizeResponse:
        seen.append(request.request_id)
        return good(request, method=str(len(seen)))

    soak = soaked(forgetful)
    assert len(soak.wrong) == soak.outcomes["asked again"] > 0
    assert all("differently" in one for one in soak.wrong)


@pytest.mark.parametrize(
    ("failure", "wrong"),
    [
        (error(grpc.StatusCode.RESOURCE_EXHAUSTED), False),
        (error(grpc.StatusCode.INTERNAL, "the worker that solved this request died or hung"), False),
        (error(grpc.StatusCode.INTERNAL, "the engine failed"), True),
        (error(grpc.StatusCode.UNAVAILABLE), True),
    ],
)
def test_only_what_was_provoked_is_forgiven(failure: AioRpcError, wrong: bool) -> None:
    assert bool(soaked(lambda _: failure).wrong) is wrong


def test_a_swapped_answer_is_found() -> None:
    assert any("got the answer to" in one for one in soaked(lambda _: OptimizeResponse(request_id="other")).wrong)


def test_growth_is_that_of_the_second_half() -> None:
    filling = [(60.0 * minute, 100.0 + min(minute, 5) * 20) for minute in range(10)]
    leaking = [(60.0 * minute, 100.0 + minute) for minute in range(10)]
    assert slope_mib_per_hour(filling) == pytest.approx(0.0, abs=1e-9)
    assert slope_mib_per_hour(leaking) == pytest.approx(60.0)
