"""Who may wait, and who is served next."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import ErrorInfo
from google.rpc.status_pb2 import Status

from dom_engine.service.admission import Admission, Lane, Latest, Limits, Request, Ticket
from dom_engine.service.frames import Ask
from dom_engine.wire import retry_s_of

BOTH = tuple(Lane)


def entered(admission: Admission, tenant: str = "", size: int = 1) -> Ticket:
    ticket = admission.enter(Request(Ask.OPTIMIZE, bytes(size), tenant))
    assert isinstance(ticket, Ticket)
    return ticket


def refusal(admission: Admission, tenant: str = "", size: int = 1) -> str:
    status = admission.enter(Request(Ask.OPTIMIZE, bytes(size), tenant))
    assert isinstance(status, Status)
    assert status.code == Code.RESOURCE_EXHAUSTED
    retry_s = retry_s_of(status)
    assert retry_s is not None
    assert 0 < retry_s <= 30
    info = ErrorInfo()
    assert status.details[0].Unpack(info)
    return info.reason


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


async def answered(admission: Admission, ticket: Ticket) -> None:
    admission.done(ticket, 0.1)
    ticket.outcome.set_result((b"",))
    await asyncio.sleep(0)


@pytest.mark.parametrize(("size", "lane"), [(8, Lane.SMALL), (9, Lane.LARGE)])
def test_a_lane_is_chosen_by_size(size: int, lane: Lane) -> None:
    async def test() -> None:
        assert entered(Admission(Limits(small_bytes=8)), size=size).lane is lane

    run(test())


def test_each_lane_is_bounded_by_itself() -> None:
    async def test() -> None:
        admission = Admission(Limits(small_bytes=8, waiting=2))
        entered(admission), entered(admission)
        assert refusal(admission) == "QUEUE_FULL"
        entered(admission, size=9), entered(admission, size=9)
        assert refusal(admission, size=9) == "QUEUE_FULL"
        await admission.next(BOTH)
        entered(admission)

    run(test())


def test_what_waits_is_bounded_in_bytes() -> None:
    async def test() -> None:
        admission = Admission(Limits(waiting_bytes=10))
        first = entered(admission, size=6)
        assert refusal(admission, size=5) == "QUEUE_FULL"
        first.outcome.cancel()
        await asyncio.sleep(0)
        entered(admission, size=10)

    run(test())


def test_a_tenant_has_a_quota_that_others_do_not_share() -> None:
    async def test() -> None:
        admission = Admission(Limits(per_tenant=2))
        entered(admission, "a"), entered(admission, "a")
        assert refusal(admission, "a") == "TENANT_QUOTA"
        entered(admission, "b")
        ticket = await admission.next(BOTH)  # running counts as open
        assert refusal(admission, "a") == "TENANT_QUOTA"
        await answered(admission, ticket)
        entered(admission, "a")

    run(test())


def test_tenants_take_turns_however_many_one_sends() -> None:
    async def test() -> None:
        admission = Admission(Limits())
        for tenant in "aaaabc":
            entered(admission, tenant)
        order = []
        for _ in range(6):
            ticket = await admission.next(BOTH)
            order.append(ticket.request.tenant)
            await answered(admission, ticket)
        assert order == ["a", "b", "c", "a", "a", "a"]

    run(test())


def test_who_has_fewer_running_comes_first() -> None:
    async def test() -> None:
        admission = Admission(Limits())
        for tenant in "aab":
            entered(admission, tenant)
        assert [(await admission.next(BOTH)).request.tenant for _ in range(3)] == ["a", "b", "a"]

    run(test())


def test_a_lane_may_be_left_to_others() -> None:
    async def test() -> None:
        admission = Admission(Limits(small_bytes=8))
        entered(admission, size=9)
        small = asyncio.create_task(admission.next((Lane.SMALL,)))
        await asyncio.sleep(0)
        assert not small.done()
        entered(admission, size=3)
        assert len((await small).request.payload) == 3

    run(test())


def test_a_caller_that_has_left_is_passed_over() -> None:
    async def test() -> None:
        admission = Admission(Limits())
        entered(admission).outcome.cancel()
        stays = entered(admission)
        assert await admission.next(BOTH) is stays
        assert admission.num_running == 1

    run(test())


def test_what_is_put_back_is_served_before_what_came_later() -> None:
    async def test() -> None:
        admission = Admission(Limits())
        first, second = entered(admission), entered(admission)
        admission.put_back(await admission.next(BOTH))
        assert [await admission.next(BOTH), await admission.next(BOTH)] == [first, second]

    run(test())


def test_a_slow_reader_hears_the_latest() -> None:
    async def test() -> None:
        latest = Latest()
        for event in (b"one", b"two"):
            latest.tell(event)
        assert await latest.next() == b"two"
        reading = asyncio.create_task(latest.next())
        await asyncio.sleep(0)
        latest.tell(b"three")
        latest.end()
        assert await reading == b"three"
        assert await latest.next() is None

    run(test())
