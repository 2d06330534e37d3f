"""Parts merge to the answer they were cut from."""

from __future__ import annotations

import pytest

from dom_engine.v1.optimizer_pb2 import OptimizeResponse
from dom_engine.v1.plan_pb2 import Certificate, OrderBound, Plan, Price, Shipment, Summary, Unallocated
from dom_engine.wire import parts_of

ANSWER = OptimizeResponse(
    request_id="id",
    problem_digest="digest",
    summary=Summary(objective_micros=7, lower_bound_micros=0, timings_s={"search": 1.0}),
    plan=Plan(
        shipments=[Shipment(shipment=f"S{number:06}", order=str(number)) for number in range(40)],
        unallocated=[Unallocated(order="x", quantity=3)],
    ),
    certificate=Certificate(
        prices=[Price(node="north", price_micros=5)], order_bounds=[OrderBound(order=str(n)) for n in range(40)]
    ),
)


def merged(parts: list[OptimizeResponse]) -> OptimizeResponse:
    return OptimizeResponse.FromString(b"".join(part.SerializeToString() for part in parts))


@pytest.mark.parametrize("part_bytes", [1, 100, 10**9])
def test_the_parts_merged_are_the_answer(part_bytes: int) -> None:
    parts = list(parts_of(ANSWER, part_bytes))
    assert merged(parts) == ANSWER
    largest_row = max(row.ByteSize() for row in ANSWER.plan.shipments)
    assert all(len(part.plan.shipments) * largest_row <= part_bytes + largest_row for part in parts[1:])
    assert len(parts) == {1: 83, 100: len(parts), 10**9: 5}[part_bytes]


@pytest.mark.parametrize(
    "answer",
    [
        OptimizeResponse(problem_digest="digest"),
        OptimizeResponse(plan=Plan()),
        OptimizeResponse(plan=Plan(), certificate=Certificate(), summary=Summary()),
    ],
)
def test_what_is_there_and_empty_stays_there(answer: OptimizeResponse) -> None:
    assert merged(list(parts_of(answer))) == answer
