"""The server's life: workers, then the port, healthy once all are warm, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from dataclasses import dataclass

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from dom_engine.service.pool import WorkerPool
from dom_engine.service.servicer import SERVICE_NAME, Optimizer

log = logging.getLogger(__name__)

MAX_CONCURRENT_CALLS = 256
"""Calls beyond are refused with RESOURCE_EXHAUSTED: a queue without end is memory without end."""

HAND_BACK_SHARE = 0.5
"""Of the grace time: when it is up, what still solves is asked for the best plan it has."""

_LAST_BYTES_S = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; ``port`` 0 is any free one, ``grace_s`` what running calls have once the end is asked for."""

    host: str = "127.0.0.1"
    port: int = 50051
    reflection: bool = False
    workers: int = 1
    grace_s: float = 20.0
    max_message_bytes: int = 64 * 2**20


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; then finish what runs, within the grace time.

    Raises
    ------
    OSError
        When the address cannot be bound.
    InternalError
        When the workers do not come up.
    """
    ending = _ask_on_signals()
    pool = WorkerPool(options.workers)
    pool.start()  # before gRPC has threads
    checks = health.aio.HealthServicer()
    server = _server(options, pool, checks)
    try:
        await _tell(checks, serving=False)
        port = _bind(server, options)
        await server.start()
        _say(f"dom-engine listens on {_address(options.host, port)}")
        if await _warm(pool, ending):
            await _tell(checks, serving=True)
            _say("dom-engine serves")
            await ending.wait()
        await _end(server, pool, checks, options.grace_s)
    finally:
        await server.stop(None)
        await pool.close()


async def _warm(pool: WorkerPool, ending: asyncio.Event) -> bool:
    """Wait until the workers are warm; False when the end is asked for before."""
    warming = asyncio.create_task(pool.ready())
    asked = asyncio.create_task(ending.wait())
    await asyncio.wait({warming, asked}, return_when=asyncio.FIRST_COMPLETED)
    if asked.done():
        warming.cancel()
        return False
    asked.cancel()
    await warming
    return True


def _ask_on_signals() -> asyncio.Event:
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    return ending


def _server(options: Options, pool: WorkerPool, checks: health.aio.HealthServicer) -> grpc.aio.Server:
    server = grpc.aio.server(
        maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS,
        options=[
            ("grpc.max_receive_message_length", options.max_message_bytes),
            ("grpc.max_send_message_length", -1),  # what an answer may weigh is for its caller to say
            ("grpc.so_reuseport", 0),  # a second server on the port is a mistake, to be told at once
        ],
    )
    server.add_generic_rpc_handlers((Optimizer(pool).handlers(),))
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if options.reflection:
        reflection.enable_server_reflection((SERVICE_NAME, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server


def _bind(server: grpc.aio.Server, options: Options) -> int:
    address = _address(options.host, options.port)
    try:
        port = server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}: {error}") from error
    if port == 0:
        raise OSError(f"cannot listen on {address}")
    return port


async def _end(server: grpc.aio.Server, pool: WorkerPool, checks: health.aio.HealthServicer, grace_s: float) -> None:
    """Not serving first, for load balancers to turn away; then wait, then ask for what there is, then leave."""
    log.info("ending: %s s for what runs", grace_s)
    await checks.enter_graceful_shutdown()
    stopping = asyncio.create_task(server.stop(grace_s))  # new calls are refused from here on
    try:
        await asyncio.wait_for(pool.drain(), grace_s * HAND_BACK_SHARE)
    except TimeoutError:
        await pool.interrupt_all()
        await asyncio.wait({stopping, asyncio.ensure_future(pool.drain())}, return_when=asyncio.FIRST_COMPLETED)
    # Only watchers of health are left: they would stay for the whole grace.
    await server.stop(min(grace_s, _LAST_BYTES_S))
    await stopping


async def _tell(checks: health.aio.HealthServicer, *, serving: bool) -> None:
    status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
    for service in ("", SERVICE_NAME):
        await checks.set(service, status)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _say(line: str) -> None:
    """Say on standard output what whoever started the server waits for."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
