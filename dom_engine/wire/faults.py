"""Faults and failures as ``google.rpc.Status``: the same codes and texts as in files, located by field."""

from __future__ import annotations

from collections.abc import Sequence

from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from dom_engine.errors import MAX_FAULTS_SHOWN, Fault
from dom_engine.scenario.schema import TABLES
from dom_engine.wire.settings import SETTINGS_PATH

ERROR_DOMAIN = "dom-engine"

SETTINGS_FILE = "scenario.yaml"

_FRAMING_BYTES = 8
"""At least the bytes that a message costs inside another, beside its own."""


def field_path(fault: Fault) -> str:
    """The field a fault stands in: ``scenario.orders[3].latest``, ``scenario.policy.split_cost``, ``request_id``."""
    # What the engine finds fault with in settings, it says of the file that holds them in a folder.
    file = SETTINGS_PATH if fault.file == SETTINGS_FILE else fault.file
    parts = [part for part in (file, fault.column) if part]
    if fault.file in TABLES:
        parts = [SETTINGS_PATH, f"{fault.file}[{fault.row}]", *parts[1:]]
    return ".".join(parts)


def invalid_argument(faults: Sequence[Fault]) -> Status:
    """``INVALID_ARGUMENT`` with the first hundred faults as field violations, and how many there are in all."""
    total = len(faults)
    violations = [
        BadRequest.FieldViolation(field=field_path(fault), description=fault.message, reason=fault.code)
        for fault in faults[:MAX_FAULTS_SHOWN]
    ]
    first = f"{violations[0].field}: {violations[0].description}"
    message = first if total == 1 else f"{total} faults in the request, the first: {first}"
    status = failure(Code.INVALID_ARGUMENT, "INVALID_REQUEST", message, total=str(total))
    status.details.add().Pack(BadRequest(field_violations=violations))
    return status


def fitted(status: Status, max_bytes: int) -> Status:
    """The status with the last of its field violations left out until it has at most so many bytes.

    A status travels as a trailer, and a client that is sent more trailers than it takes sees none of them.
    """
    if status.ByteSize() <= max_bytes:
        return status
    result = Status(code=status.code, message=status.message)
    for detail in status.details:
        faults = BadRequest()
        if detail.Unpack(faults):
            room = max_bytes - result.ByteSize() - len(detail.type_url) - _FRAMING_BYTES
            kept = 0
            for violation in faults.field_violations:
                room -= violation.ByteSize() + _FRAMING_BYTES
                if room < 0:
                    break
                kept += 1
            del faults.field_violations[kept:]
            result.details.add().Pack(faults)
        else:
            result.details.append(detail)
    return result


def failure(code: int, reason: str, message: str, *, retry_s: float | None = None, **metadata: str) -> Status:
    """A status that says why in a word that programs can branch on (``google.rpc.ErrorInfo``).

    ``retry_s`` adds a ``google.rpc.RetryInfo``: the seconds after which to try again.
    """
    status = Status(code=code, message=message)
    status.details.add().Pack(ErrorInfo(reason=reason, domain=ERROR_DOMAIN, metadata=metadata))
    if retry_s is not None:
        info = RetryInfo()
        info.retry_delay.FromMilliseconds(round(retry_s * 1_000))
        status.details.add().Pack(info)
    return status


def retry_s_of(status: Status) -> float | None:
    """The seconds after which a status asks to try again; None where it does not."""
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            delay_ms: int = info.retry_delay.ToMilliseconds()
            return delay_ms / 1_000
    return None
