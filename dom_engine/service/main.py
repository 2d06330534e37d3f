"""``python server.py`` and ``dom serve``: flags to options, options to a running server."""

from __future__ import annotations

import argparse
import asyncio
import ipaddress
import logging
import sys
from collections.abc import Sequence

from dom_engine.errors import InternalError
from dom_engine.service.server import Options, serve

_DEFAULTS = Options()


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Serve until asked to end; the exit code is 0 then, 2 for bad usage, 3 when the engine does not come up."""
    parser = _parser(prog)
    flags = parser.parse_args(argv)
    if not flags.insecure and not is_loopback(flags.host):
        parser.error(
            f"{flags.host} can be reached from other machines and the connection is not encrypted; "
            "say --insecure where the network is trusted"
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    options = Options(
        host=flags.host,
        port=flags.port,
        reflection=flags.reflection,
        workers=flags.workers,
        grace_s=flags.grace,
        max_message_bytes=flags.max_message_mb * 2**20,
    )
    try:
        asyncio.run(serve(options))
    except OSError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 2
    except InternalError as error:
        sys.stderr.write(f"{parser.prog}: {error}\n")
        return 3
    return 0


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
    parser.add_argument("--host", default=_DEFAULTS.host, help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=_DEFAULTS.port,
        help="port; 0 takes a free one and prints it (default: %(default)s)",
    )
    parser.add_argument("--reflection", action="store_true", help="let clients ask for the service's description")
    parser.add_argument(
        "--workers", type=_positive, default=_DEFAULTS.workers, help="processes that solve (default: %(default)s)"
    )
    parser.add_argument(
        "--grace",
        type=_seconds,
        default=_DEFAULTS.grace_s,
        metavar="S",
        help="seconds that running calls have when the end is asked for (default: %(default)s)",
    )
    parser.add_argument(
        "--max-message-mb",
        type=_positive,
        default=_DEFAULTS.max_message_bytes // 2**20,
        metavar="MB",
        help="largest request taken (default: %(default)s)",
    )
    parser.add_argument("--insecure", action="store_true", help="allow plain text beyond this machine")
    return parser


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


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds")
    return seconds
