"""A request sent again is answered again, not solved again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status

from dom_engine.service import answers as answers_module
from dom_engine.service.admission import Outcome
from dom_engine.service.answers import Answers

KEY = ("tenant", 1, "id")


class Runs:
    """Counts what is run; each run answers once it is let."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.started = 0
        self.cancelled = 0
        self.let = asyncio.Event()

    async def __call__(self) -> Outcome:
        self.started += 1
        try:
            await self.let.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.outcomes[self.started - 1]


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_the_same_request_is_run_once() -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs((b"answer",))
        both = asyncio.gather(answers.once(KEY, b"x", runs), answers.once(KEY, b"x", runs))
        await asyncio.sleep(0)
        runs.let.set()
        assert await both == [(b"answer",), (b"answer",)]
        assert await answers.once(KEY, b"x", runs) == (b"answer",)
        assert runs.started == 1

    run(test)


@pytest.mark.parametrize("finished", [True, False])
def test_the_same_id_with_other_content_is_refused(finished: bool) -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs((b"answer",))
        if finished:
            runs.let.set()
        first = asyncio.create_task(answers.once(KEY, b"x", runs))
        await asyncio.sleep(0.01)
        other = await answers.once(KEY, b"y", runs)
        assert isinstance(other, Status)
        assert other.code == Code.INVALID_ARGUMENT
        assert other.message.startswith("request_id: was used")
        runs.let.set()
        assert await first == (b"answer",)

    run(test)


def test_tenants_and_methods_share_no_ids() -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs((b"1",), (b"2",), (b"3",))
        runs.let.set()
        keys = [("a", 1, "id"), ("b", 1, "id"), ("a", 2, "id")]
        assert [await answers.once(key, b"x", runs) for key in keys] == [(b"1",), (b"2",), (b"3",)]

    run(test)


def test_a_failure_is_tried_again() -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs(Status(code=Code.INTERNAL), (b"answer",))
        runs.let.set()
        assert await answers.once(KEY, b"x", runs) == Status(code=Code.INTERNAL)
        assert await answers.once(KEY, b"x", runs) == (b"answer",)

    run(test)


def test_one_that_leaves_does_not_stop_the_others() -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs((b"answer",))
        first = asyncio.create_task(answers.once(KEY, b"x", runs))
        second = asyncio.create_task(answers.once(KEY, b"x", runs))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        runs.let.set()
        assert await second == (b"answer",)
        assert first.cancelled()

    run(test)


def test_when_all_have_left_it_is_stopped_and_can_be_asked_again() -> None:
    async def test() -> None:
        answers, runs = Answers(), Runs((b"never",), (b"answer",))
        first = asyncio.create_task(answers.once(KEY, b"x", runs))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        assert runs.cancelled == 1
        runs.let.set()
        assert await answers.once(KEY, b"x", runs) == (b"answer",)

    run(test)


@pytest.mark.parametrize(("limit", "value"), [("KEPT_S", -1.0), ("KEPT_BYTES", 5), ("KEPT_ANSWERS", 0)])
def test_answers_are_forgotten(monkeypatch: pytest.MonkeyPatch, limit: str, value: float) -> None:
    monkeypatch.setattr(answers_module, limit, value)

    async def test() -> None:
        answers, runs = Answers(), Runs((b"answer",), (b"another",))
        runs.let.set()
        assert await answers.once(KEY, b"x", runs) == (b"answer",)
        assert await answers.once(KEY, b"x", runs) == (b"another",)

    run(test)
