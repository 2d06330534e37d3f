"""Faults as a status: the first hundred, the total, and never more than a client takes."""

from __future__ import annotations

import pytest
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from dom_engine.errors import Fault
from dom_engine.wire import field_path, fitted, invalid_argument


def faults(count: int) -> list[Fault]:
    return [Fault("orders", row, "latest", "NOT_AN_INSTANT", f"'{row}' is not an instant") for row in range(count)]


def details(status: Status) -> tuple[ErrorInfo, BadRequest]:
    info, request = ErrorInfo(), BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(request)
    return info, request


@pytest.mark.parametrize(
    ("fault", "path"),
    [
        (Fault("orders", 0, "latest", "X", ""), "scenario.orders[0].latest"),
        (Fault("capacities", 7, "", "X", ""), "scenario.capacities[7]"),
        (Fault("scenario", 0, "policy.split_cost", "X", ""), "scenario.policy.split_cost"),
        (Fault("", 0, "request_id", "X", ""), "request_id"),
    ],
)
def test_a_fault_is_located_by_field(fault: Fault, path: str) -> None:
    assert field_path(fault) == path


def test_every_fault_is_a_violation_with_code_text_and_place() -> None:
    status = invalid_argument(faults(2))
    info, request = details(status)
    assert status.code == Code.INVALID_ARGUMENT
    assert status.message == "2 faults in the request, the first: scenario.orders[0].latest: '0' is not an instant"
    assert (info.reason, info.domain, dict(info.metadata)) == ("INVALID_REQUEST", "dom-engine", {"total": "2"})
    assert [(v.field, v.reason, v.description) for v in request.field_violations] == [
        ("scenario.orders[0].latest", "NOT_AN_INSTANT", "'0' is not an instant"),
        ("scenario.orders[1].latest", "NOT_AN_INSTANT", "'1' is not an instant"),
    ]


def test_one_fault_needs_no_count() -> None:
    assert invalid_argument(faults(1)).message == "scenario.orders[0].latest: '0' is not an instant"


def test_the_first_hundred_are_said_and_the_total() -> None:
    info, request = details(invalid_argument(faults(250)))
    assert len(request.field_violations) == 100
    assert info.metadata["total"] == "250"


@pytest.mark.parametrize("max_bytes", [700, 1_000, 5_500])
def test_a_long_status_is_cut_to_what_fits(max_bytes: int) -> None:
    whole = invalid_argument(faults(100))
    assert whole.ByteSize() > max_bytes
    status = fitted(whole, max_bytes)
    info, request = details(status)
    assert status.ByteSize() <= max_bytes
    assert (status.code, status.message, info.metadata["total"]) == (whole.code, whole.message, "100")
    shown = list(request.field_violations)
    assert shown == list(details(whole)[1].field_violations)[: len(shown)]
    # Another one would not have fitted, give or take how lengths are written.
    assert status.ByteSize() + shown[-1].ByteSize() + 16 * len(shown) > max_bytes


def test_a_status_that_fits_stays_whole() -> None:
    whole = invalid_argument(faults(3))
    assert fitted(whole, 5_500) == whole
