"""Signals during a solve: the first asks for the best plan so far, the second leaves, a late one is passed over."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import cast

import pytest

from dom_engine.cli.exits import Leave
from dom_engine.cli.progress import Plain, Silent
from dom_engine.cli.search import Hearing
from dom_engine.domain.result import Result
from solvers.stop import Stop, StopReason

PLAN = cast("Result", object())


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def when_waiting(*numbers: signal.Signals) -> None:
    """Send signals to this process from a thread, as a person would while the main thread waits."""
    for number in numbers:
        signal.pthread_kill(threading.main_thread().ident or 0, number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_asks_for_the_best_plan(number: signal.Signals, capsys: pytest.CaptureFixture[str]) -> None:
    stop = Stop()
    heard = threading.Event()

    class Listening(Plain):
        def stopping(self) -> None:
            super().stopping()
            heard.set()

    def engine() -> Result:
        when_waiting(number)
        assert heard.wait(30)
        return PLAN

    with Hearing(stop, Listening()) as hearing:
        assert hearing.run(engine) is PLAN
    assert stop.reason is StopReason.INTERRUPTED
    assert "stopping with the best plan so far" in capsys.readouterr().err


def test_the_second_signal_leaves_while_the_engine_still_works() -> None:
    release = threading.Event()
    ended = threading.Event()

    def engine() -> Result:
        when_waiting(signal.SIGINT)
        while stop.reason is None:
            threading.Event().wait(0.001)
        when_waiting(signal.SIGTERM)
        release.wait(30)
        ended.set()
        return PLAN

    stop = Stop()
    with pytest.raises(Leave), Hearing(stop, Silent()) as hearing:
        hearing.run(engine)
    assert not ended.is_set()
    release.set()


def test_a_signal_after_the_answer_cannot_lose_the_plan() -> None:
    stop = Stop()
    with Hearing(stop, Silent()) as hearing:
        assert hearing.run(lambda: PLAN) is PLAN
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)
    assert stop.reason is None


def test_before_and_after_a_signal_leaves_at_once() -> None:
    with Hearing(Stop(), Silent()):
        pass
    with pytest.raises(Leave):
        signal.raise_signal(signal.SIGINT)


def test_what_the_engine_raises_comes_out() -> None:
    def engine() -> Result:
        raise ZeroDivisionError("in the engine")

    with pytest.raises(ZeroDivisionError, match="in the engine"), Hearing(Stop(), Silent()) as hearing:
        hearing.run(engine)
