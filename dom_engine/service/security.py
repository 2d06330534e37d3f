"""Who calls: TLS credentials, bearer tokens, tenants."""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import grpc
from google.rpc.code_pb2 import Code
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from dom_engine.errors import InputError
from dom_engine.wire import failure

log = logging.getLogger(__name__)

TENANT_KEY = "x-tenant"
MAX_TENANT_LENGTH = 64
LEAST_TOKEN_LENGTH = 16
OPEN_TO_ALL = "/grpc.health.v1.Health/"
"""Who balances load has no token, and learns nothing from it."""

_LOOK_AGAIN_S = 1.0

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

Metadata: TypeAlias = Iterable[tuple[str, str | bytes]]


@dataclass(frozen=True, slots=True)
class Tls:
    """PEM files: the server's certificate chain and key, and for mTLS the authorities of its clients."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def credentials(self) -> grpc.ServerCredentials:
        """The server's credentials; with ``client_ca`` a client without a certificate is turned away.

        Raises
        ------
        InputError
            When a file cannot be read.
        """
        ca = None if self.client_ca is None else _read(self.client_ca)
        pair = (_read(self.key), _read(self.certificate))
        return grpc.ssl_server_credentials([pair], root_certificates=ca, require_client_auth=ca is not None)


class Tokens:
    """The bearer tokens of a file, read again when it changes.

    A line is a token and, where it is for one tenant, that tenant's name; empty lines and those that begin with ``#``
    are passed over. Only digests are kept, and all are compared whichever fits, in constant time.

    Raises
    ------
    InputError
        When the file cannot be read, holds no token, or one that is too short. Once running, such a file is reported
        and the tokens of before go on.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._looked_s = clock()
        self._stamp = _stamp(path)
        self._tenants = read_tokens(path)

    def tenant_of(self, token: str) -> str | None:
        """The tenant that a token is for, '' for any; None for a token that is not known."""
        self._look_again()
        digest = _digest(token)
        found = None
        for known, tenant in self._tenants.items():
            if hmac.compare_digest(known, digest):
                found = tenant
        return found

    def _look_again(self) -> None:
        if self._clock() - self._looked_s < _LOOK_AGAIN_S:
            return
        self._looked_s = self._clock()
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        try:
            self._tenants, self._stamp = read_tokens(self._path), stamp
            log.info("read %d tokens anew", len(self._tenants))
        except InputError as error:
            log.warning("the tokens of before go on: %s", error.faults[0])


def read_tokens(path: Path) -> dict[bytes, str]:
    """The tenants of a token file, by the SHA-256 of their tokens."""
    tenants: dict[bytes, str] = {}
    for number, line in enumerate(_read(path).decode("utf-8", "replace").splitlines(), start=1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) > 2 or len(words[0]) < LEAST_TOKEN_LENGTH or not is_tenant(words[-1] if words[1:] else ""):
            message = f"expected a token of at least {LEAST_TOKEN_LENGTH} characters and at most a tenant's name"
            raise InputError.single(str(path), message, row=number, code="MALFORMED")
        tenants[_digest(words[0])] = words[1] if words[1:] else ""
    if not tenants:
        raise InputError.single(str(path), "holds no token", code="MALFORMED")
    return tenants


def is_tenant(name: str) -> bool:
    """Whether a name can be a tenant's: printable ASCII without spaces, not too long; '' is everybody's."""
    return len(name) <= MAX_TENANT_LENGTH and all("!" <= character <= "~" for character in name)


class Gate:
    """Lets callers in and says which tenant they are."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def tenant(self, metadata: Metadata | None) -> str | Status:
        """The caller's tenant, '' where it names none, or why it may not enter."""
        said = dict(metadata or ())
        tenant = said.get(TENANT_KEY, "")
        if not isinstance(tenant, str) or not is_tenant(tenant):
            message = f"{TENANT_KEY} is no name of at most {MAX_TENANT_LENGTH} printable characters"
            return failure(Code.INVALID_ARGUMENT, "TENANT", message)
        if self._tokens is None:
            return tenant
        scheme, _, token = str(said.get("authorization", "")).partition(" ")
        granted = self._tokens.tenant_of(token.strip()) if scheme.lower() == "bearer" else None
        if granted is None:
            return failure(Code.UNAUTHENTICATED, "TOKEN", "a bearer token that this server knows is needed")
        if granted and tenant not in ("", granted):
            return failure(Code.PERMISSION_DENIED, "TENANT", "the token is for another tenant")
        return granted or tenant


class GateKeeper(grpc.aio.ServerInterceptor):
    """Turns away whom the gate does not let in, whatever they call, but for health checks."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Asked, Answered] | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Asked, Answered] | None:
        """The method's handler, or one of the same kind that refuses."""
        handler = await continuation(handler_call_details)
        if handler is None or handler_call_details.method.startswith(OPEN_TO_ALL):
            return handler
        status = self._gate.tenant(handler_call_details.invocation_metadata)
        return handler if isinstance(status, str) else _refusing(handler, status)


def _refusing(handler: grpc.RpcMethodHandler[Any, Any], status: Status) -> grpc.RpcMethodHandler[Any, Any]:
    async def refuse(_: Any, context: grpc.aio.ServicerContext[Any, Any]) -> None:
        await context.abort_with_status(rpc_status.to_status(status))

    kinds = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    make: Any = kinds[handler.request_streaming, handler.response_streaming]
    refused: grpc.RpcMethodHandler[Any, Any] = make(refuse, handler.request_deserializer, handler.response_serializer)
    return refused


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError.single(str(path), f"cannot be read: {error.strerror}", code="UNREADABLE") from None


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return (0, 0, 0)
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
