"""What is told of a request without reading it."""

from __future__ import annotations

import hashlib

import pytest

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeStreamRequest
from dom_engine.wire import content_digest, request_id_of, wrapped
from dom_engine.wire.envelopes import MOST_CANONICAL_BYTES, MOST_FIELDS

REQUEST = OptimizeRequest(request_id="an id", scenario=tiny_scenario())


def test_the_request_id_is_found() -> None:
    assert request_id_of(REQUEST.SerializeToString()) == "an id"
    assert request_id_of(OptimizeRequest(scenario=tiny_scenario()).SerializeToString()) == ""
    assert request_id_of(wrapped(OptimizeStreamRequest(request=REQUEST).SerializeToString())) == "an id"


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xff",
        b"\x08\x01",
        b"\x0a",
        b"\x0a\x05ab",
        b"\x0a\xff\xff\xff\xff\x0f",
        b"\x0b\x0a\x01a",
        b"\x80" * 20,
    ],
)
def test_bytes_that_are_no_request_have_none(payload: bytes) -> None:
    assert request_id_of(payload) == ""
    assert wrapped(payload) == b""


def test_the_last_of_several_ids_counts_as_it_does_for_who_reads_the_message() -> None:
    twice = b"".join(OptimizeRequest(request_id=text).SerializeToString() for text in ("first", "last"))
    other_kinds = b"\x10\x01" + b"\x19" + bytes(8) + b"\x25" + bytes(4)
    assert request_id_of(other_kinds + twice) == OptimizeRequest.FromString(twice).request_id == "last"


def test_a_message_of_very_many_fields_is_looked_at_no_further() -> None:
    behind = b"\x10\x01" * MOST_FIELDS + REQUEST.SerializeToString()
    assert request_id_of(behind) == ""
    assert request_id_of(behind[4:]) == "an id"


def test_the_same_content_has_the_same_digest_however_it_is_written() -> None:
    factors = [(priority, "2") for priority in range(50)]
    digests = set()
    for order in (factors, factors[::-1]):
        request = OptimizeRequest()
        for priority, factor in order:
            request.scenario.policy.priority_factor[priority] = factor
        digests.add(content_digest(request.SerializeToString(), OptimizeRequest))
    assert len(digests) == 1
    request.scenario.policy.priority_factor[0] = "3"
    assert content_digest(request.SerializeToString(), OptimizeRequest) not in digests
    assert content_digest(b"\xff\xff", OptimizeRequest) != content_digest(b"\xff", OptimizeRequest)
    large = OptimizeRequest(request_id="x" * MOST_CANONICAL_BYTES).SerializeToString()
    assert content_digest(large, OptimizeRequest) == hashlib.sha256(large).digest()
