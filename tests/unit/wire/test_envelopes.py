"""What is told of a request without reading it."""

from __future__ import annotations

import pytest

from dom_engine.service.warmup import tiny_scenario
from dom_engine.v1.optimizer_pb2 import OptimizeRequest, OptimizeStreamRequest
from dom_engine.wire import content_digest, request_id_of, wrapped

REQUEST = OptimizeRequest(request_id="an id", scenario=tiny_scenario())


def test_the_request_id_is_found() -> None:
    assert request_id_of(REQUEST.SerializeToString()) == "an id"
    assert request_id_of(OptimizeRequest(scenario=tiny_scenario()).SerializeToString()) == ""
    assert request_id_of(wrapped(OptimizeStreamRequest(request=REQUEST).SerializeToString())) == "an id"


@pytest.mark.parametrize("payload", [b"", b"\xff\xff", b"\x08\x01", REQUEST.SerializeToString()[:-3]])
def test_bytes_that_are_no_request_have_none(payload: bytes) -> None:
    assert request_id_of(payload) == ""
    assert wrapped(payload) == b""


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
