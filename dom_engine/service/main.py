"""``python server.py`` and ``dom serve``: flags to options, options to a running server."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from dom_engine.errors import InputError, InternalError
from dom_engine.service.admission import Limits
from dom_engine.service.logs import FORMATS, LOG_FORMAT_KEY, set_up
from dom_engine.service.pool import Slots
from dom_engine.service.security import Tls
from dom_engine.service.server import Options, serve

_DEFAULTS = Options()


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Serve until asked to end; the exit code is 0 then, 2 for bad usage, 3 when the engine does not come up."""
    parser = _parser(prog)
    flags = parser.parse_args(argv)
    options = _options(parser, flags)
    set_up(flags.log_format)
    os.environ[LOG_FORMAT_KEY] = flags.log_format  # for the workers
    try:
        asyncio.run(serve(options))
    except (OSError, InputError) as error:
        text = str(error.faults[0]) if isinstance(error, InputError) else str(error)
        sys.stderr.write(f"{parser.prog}: {text}\n")
        return 2
    except InternalError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 3
    return 0


def _options(parser: argparse.ArgumentParser, flags: argparse.Namespace) -> Options:
    """What the flags say; flags that do not go together are bad usage."""
    if (flags.tls_cert is None) != (flags.tls_key is None):
        parser.error("--tls-cert and --tls-key go together")
    if flags.tls_client_ca is not None and flags.tls_cert is None:
        parser.error("--tls-client-ca needs --tls-cert and --tls-key")
    encrypted = flags.tls_cert is not None
    if not encrypted and not flags.insecure and not is_loopback(flags.host):
        parser.error(
            f"{flags.host} can be reached from other machines and the connection is not encrypted; "
            "give --tls-cert and --tls-key, or say --insecure where the network is trusted"
        )
    return Options(
        host=flags.host,
        port=flags.port,
        reflection=flags.reflection,
        slots=Slots(flags.workers, flags.small_workers, flags.spare_workers),
        limits=Limits(flags.small_kb * 2**10, flags.queue, flags.queue_mb * 2**20, flags.tenant_limit),
        max_solve_s=flags.max_solve_s,
        grace_s=flags.grace,
        max_message_bytes=flags.max_message_mb * 2**20,
        tls=Tls(flags.tls_cert, flags.tls_key, flags.tls_client_ca) if encrypted else None,
        tokens=flags.tokens,
        metrics_port=flags.metrics_port,
        jobs=flags.jobs,
        job_keep_s=flags.job_keep_h * 3_600,
    )


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _parser(prog: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description="Serve the optimiser over gRPC until SIGTERM or Ctrl-C.")
    add = partial(_add, parser)
    add("--host", str, _DEFAULTS.host, "address to listen on", "HOST")
    add("--port", _port, _DEFAULTS.port, "port; 0 takes a free one and prints it")
    parser.add_argument("--reflection", action="store_true", help="let clients ask for the service's description")
    add("--workers", _positive, _DEFAULTS.slots.general, "processes that solve requests of any size")
    add("--small-workers", _count, _DEFAULTS.slots.small, "processes that solve small requests only")
    add("--spare-workers", _count, _DEFAULTS.slots.spares, "warm processes that take the place of lost ones")
    add("--small-kb", _positive, _DEFAULTS.limits.small_bytes // 2**10, "largest small request", "KB")
    add("--queue", _positive, _DEFAULTS.limits.waiting, "requests that may wait, of small and of large ones each")
    add("--queue-mb", _positive, _DEFAULTS.limits.waiting_bytes // 2**20, "what all that wait may weigh", "MB")
    add("--tenant-limit", _positive, _DEFAULTS.limits.per_tenant, "requests that a tenant may have open")
    add("--max-solve-s", _seconds, _DEFAULTS.max_solve_s, "most that a solve may take", "S")
    add("--grace", _seconds, _DEFAULTS.grace_s, "what running calls have when the end is asked for", "S")
    add("--max-message-mb", _positive, _DEFAULTS.max_message_bytes // 2**20, "largest request taken", "MB")
    add("--tls-cert", Path, None, "certificate chain (PEM): encrypt", "FILE")
    add("--tls-key", Path, None, "its private key (PEM)", "FILE")
    add("--tls-client-ca", Path, None, "authorities (PEM) that clients need a certificate of", "FILE")
    add("--tokens", Path, None, "bearer tokens, one a line, each with a tenant or for all", "FILE")
    add("--metrics-port", _port, None, "show Prometheus metrics on this HTTP port of the same host")
    add("--jobs", Path, None, "store of jobs (made if it is not there); without it none are taken", "FILE")
    add("--job-keep-h", _seconds, _DEFAULTS.job_keep_s / 3_600, "hours that a job's answer is kept", "H")
    parser.add_argument("--log-format", choices=FORMATS, default=FORMATS[0], help="default: %(default)s")
    parser.add_argument("--insecure", action="store_true", help="allow plain text beyond this machine")
    return parser


def _add(
    parser: argparse.ArgumentParser,
    flag: str,
    kind: Callable[[str], Any],
    default: object,
    text: str,
    metavar: str = "N",
) -> None:
    said = "" if default is None else " (default: %(default)s)"
    parser.add_argument(flag, type=kind, default=default, metavar=metavar, help=text + said)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError(f"{port} is not a port")
    return port


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{number} is less than 0")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds
