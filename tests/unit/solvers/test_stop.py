"""Stopping: a person's wish comes before the work limit, that before the clock."""

from __future__ import annotations

from solvers.stop import Stop, StopReason


def test_without_limits_it_goes_on() -> None:
    stop = Stop()
    stop.spend(10**12)
    assert stop.reason is None
    assert stop.remaining_s == float("inf")


def test_the_clock_ends_a_run() -> None:
    assert Stop(time_limit_s=0.0).reason is StopReason.TIME


def test_work_ends_a_run_and_is_counted() -> None:
    stop = Stop(work_limit=3)
    stop.spend(2)
    assert (stop.reason, stop.work_left) == (None, 1)
    stop.spend(2)
    assert (stop.reason, stop.work, stop.work_left) == (StopReason.WORK, 4, 0)


def test_an_abandoned_stop_is_interrupted_as_well() -> None:
    stop = Stop()
    assert not stop.abandoned
    assert not stop.halt[0]
    stop.abandon()
    assert stop.abandoned
    assert stop.halt[0]
    assert stop.reason is StopReason.INTERRUPTED
    assert stop.remaining_s == 0.0


def test_an_interrupt_wins() -> None:
    stop = Stop(time_limit_s=0.0, work_limit=1)
    stop.spend(1)
    assert stop.reason is StopReason.WORK
    stop.interrupt()
    assert stop.reason is StopReason.INTERRUPTED
    assert stop.remaining_s == 0.0
