"""The server's life: workers, then the port, healthy once all are warm, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import grpc
from google.longrunning import operations_pb2_grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from dom_engine.service.admission import Limits
from dom_engine.service.calls import Desk
from dom_engine.service.jobs import Jobs
from dom_engine.service.metrics import Metrics
from dom_engine.service.operations import JOB_SERVICE_NAME, OPERATIONS_SERVICE_NAME, Operations
from dom_engine.service.pool import Slots, WorkerPool
from dom_engine.service.security import Gate, GateKeeper, Tls, Tokens
from dom_engine.service.servicer import SERVICE_NAME, Optimizer
from dom_engine.service.store import Store

log = logging.getLogger(__name__)

MAX_CONCURRENT_CALLS = 1_024
"""Calls beyond are refused with RESOURCE_EXHAUSTED: a queue without end is memory without end."""

MAX_METADATA_BYTES = 16 * 2**10

KEEPALIVE_S = 60
"""How often a silent connection is asked whether its client is still there."""

HAND_BACK_SHARE = 0.5
"""Of the grace time: when it is up, what still solves is asked for the best plan it has."""

SERVICES = (SERVICE_NAME, JOB_SERVICE_NAME, OPERATIONS_SERVICE_NAME)
"""What is healthy once the workers are warm."""

_LAST_BYTES_S = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve; ``port`` 0 is any free one, ``grace_s`` what running calls have once the end is asked for.

    ``max_solve_s`` is the most that a solve may take, and what it may take where its call has no deadline. ``jobs`` is
    the file of the job store, and ``job_keep_s`` how long it keeps what is done.
    """

    host: str = "127.0.0.1"
    port: int = 50051
    reflection: bool = False
    slots: Slots = field(default_factory=Slots)
    limits: Limits = field(default_factory=Limits)
    max_solve_s: float = 600.0
    grace_s: float = 20.0
    max_message_bytes: int = 64 * 2**20
    tls: Tls | None = None
    tokens: Path | None = None
    metrics_port: int | None = None
    jobs: Path | None = None
    job_keep_s: float = 86_400.0


async def serve(options: Options) -> None:
    """Serve until SIGTERM or SIGINT; then finish what runs, within the grace time.

    Raises
    ------
    InputError
        When a file of tokens, a certificate or a key is not what it should be.
    OSError
        When an address cannot be bound.
    InternalError
        When the workers do not come up.
    """
    ending = _ask_on_signals()
    gate = Gate(None if options.tokens is None else Tokens(options.tokens))
    credentials = None if options.tls is None else options.tls.credentials()
    pool = WorkerPool(options.slots, options.limits)
    metrics = Metrics(pool)
    jobs = None
    if options.jobs is not None:
        jobs = Jobs(Store(options.jobs), pool, options.job_keep_s, options.max_solve_s)
    checks = health.aio.HealthServicer()
    with ExitStack() as stack:
        metrics_port = stack.enter_context(metrics.served(options.host, options.metrics_port))
        pool.start()  # before gRPC has threads
        desk = Desk(gate, metrics, options.max_solve_s)
        server = _server(options, Optimizer(pool, desk), Operations(jobs, desk), gate, checks)
        try:
            await _tell(checks, serving=False)
            if jobs is not None:
                await jobs.start()
            port = _bind(server, options, credentials)
            await server.start()
            _say(f"dom-engine listens on {_address(options.host, port)}")
            if metrics_port is not None:
                _say(f"dom-engine shows metrics on {_address(options.host, metrics_port)}")
            if await _warm(pool, ending):
                await _tell(checks, serving=True)
                _say("dom-engine serves")
                await ending.wait()
            if jobs is not None:
                await jobs.leave()
            await _end(server, pool, checks, options.grace_s)
        finally:
            await server.stop(None)
            await pool.close()
            if jobs is not None:
                await jobs.close()


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


def _server(
    options: Options, optimizer: Optimizer, operations: Operations, gate: Gate, checks: health.aio.HealthServicer
) -> grpc.aio.Server:
    server = grpc.aio.server(
        interceptors=(GateKeeper(gate),),
        maximum_concurrent_rpcs=MAX_CONCURRENT_CALLS,
        options=[
            ("grpc.max_receive_message_length", options.max_message_bytes),
            ("grpc.max_send_message_length", -1),  # what an answer may weigh is for its caller to say
            ("grpc.max_metadata_size", MAX_METADATA_BYTES),
            ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
            ("grpc.keepalive_time_ms", KEEPALIVE_S * 1_000),
            ("grpc.so_reuseport", 0),  # a second server on the port is a mistake, to be told at once
        ],
    )
    server.add_generic_rpc_handlers((optimizer.handlers(), operations.handlers()))
    operations_pb2_grpc.add_OperationsServicer_to_server(operations, server)
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    if options.reflection:
        reflection.enable_server_reflection((*SERVICES, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    return server


def _bind(server: grpc.aio.Server, options: Options, credentials: grpc.ServerCredentials | None) -> int:
    address = _address(options.host, options.port)
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
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
        await pool.hand_back()
        await asyncio.wait({stopping, asyncio.ensure_future(pool.drain())}, return_when=asyncio.FIRST_COMPLETED)
    # Only watchers of health are left: they would stay for the whole grace.
    await server.stop(min(grace_s, _LAST_BYTES_S))
    await stopping


async def _tell(checks: health.aio.HealthServicer, *, serving: bool) -> None:
    status = health_pb2.HealthCheckResponse.SERVING if serving else health_pb2.HealthCheckResponse.NOT_SERVING
    for service in ("", *SERVICES):
        await checks.set(service, status)


def _address(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _say(line: str) -> None:
    """Say on standard output what whoever started the server waits for."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
