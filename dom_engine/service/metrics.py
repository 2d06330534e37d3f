"""What an operator watches: Prometheus metrics, on an HTTP port of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server
from prometheus_client.process_collector import ProcessCollector

from dom_engine.service.admission import Lane
from dom_engine.service.pool import WorkerPool

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """Counts calls, and reads off the pool what waits and runs."""

    def __init__(self, pool: WorkerPool) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._calls = Counter("dom_calls", "Calls answered.", ("method", "code"), registry=self.registry)
        self._seconds = Histogram(
            "dom_call_seconds", "Seconds from a call to its end.", ("method",), buckets=SECONDS, registry=self.registry
        )
        admission = pool.admission
        waiting = Gauge("dom_requests_waiting", "Requests that wait for a worker.", ("lane",), registry=self.registry)
        for lane in Lane:
            waiting.labels(lane.value).set_function(_reader(admission.waiting, lane))
        running = Gauge("dom_requests_running", "Requests that workers have.", registry=self.registry)
        running.set_function(lambda: admission.num_running)
        lost = Gauge("dom_workers_lost", "Workers that died, hung or were given up.", registry=self.registry)
        lost.set_function(lambda: pool.lost_workers)

    def ended(self, method: str, code: str, seconds: float) -> None:
        """Count a call."""
        self._calls.labels(method, code).inc()
        self._seconds.labels(method).observe(seconds)

    @contextmanager
    def served(self, host: str, port: int | None) -> Iterator[int | None]:
        """Answer ``GET /metrics`` within the context; the port, None where none is wanted.

        Raises
        ------
        OSError
            When the address cannot be bound.
        """
        if port is None:
            yield None
            return
        server, thread = start_http_server(port, host, self.registry)
        try:
            yield server.server_port
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _reader(waiting: Callable[[Lane], int], lane: Lane) -> Callable[[], float]:
    return lambda: waiting(lane)
