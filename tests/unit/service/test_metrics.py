"""What an operator sees of calls."""

from __future__ import annotations

import asyncio
import urllib.request

from prometheus_client import generate_latest

from dom_engine.service.admission import Request
from dom_engine.service.frames import Ask
from dom_engine.service.metrics import Metrics
from dom_engine.service.pool import WorkerPool


def test_calls_and_what_waits_are_counted() -> None:
    async def test() -> str:
        pool = WorkerPool()
        pool.admission.enter(Request(Ask.OPTIMIZE, b""))
        metrics = Metrics(pool)
        metrics.ended("Optimize", "OK", 0.2)
        return generate_latest(metrics.registry).decode()

    text = asyncio.run(test())
    assert 'dom_calls_total{code="OK",method="Optimize"} 1.0' in text
    assert 'dom_call_seconds_bucket{le="0.25",method="Optimize"} 1.0' in text
    assert 'dom_call_seconds_bucket{le="0.1",method="Optimize"} 0.0' in text
    assert 'dom_requests_waiting{lane="small"} 1.0' in text
    assert "dom_requests_running 0.0" in text


def test_they_are_served_where_a_port_is_given() -> None:
    metrics = Metrics(WorkerPool())
    with metrics.served("127.0.0.1", None) as port:
        assert port is None
    with (
        metrics.served("127.0.0.1", 0) as port,
        urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page,
    ):
        assert b"dom_requests_running" in page.read()
