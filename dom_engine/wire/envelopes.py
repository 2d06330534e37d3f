"""What can be told of a request without reading all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from google.protobuf.empty_pb2 import Empty
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet  # type: ignore[import-not-found]  # without types

_LENGTH_DELIMITED = 2
_REQUEST_ID = 1


def request_id_of(payload: bytes) -> str:
    """The ``request_id`` of a serialised request, field 1 of every one; '' where it has none or is no message."""
    for text in _fields(payload, _REQUEST_ID):
        return text.decode("utf-8", "replace")
    return ""


def wrapped(payload: bytes) -> bytes:
    """The serialised request that a wrapping request carries as its field 1.

    A message may be given in pieces, which merge; where there is none, an empty one.
    """
    return b"".join(_fields(payload, 1))


def _fields(payload: bytes, number: int) -> Iterator[bytes]:
    try:
        found = list(UnknownFieldSet(Empty.FromString(payload)))
    except DecodeError:
        return  # whoever reads it says so
    for field in found:
        if field.field_number == number and field.wire_type == _LENGTH_DELIMITED:
            yield field.data


def content_digest(payload: bytes, kind: type[Message] | None = None) -> bytes:
    """SHA-256 of what a serialised message says, however its maps are ordered; of the bytes where it is none."""
    if kind is None:
        return hashlib.sha256(payload).digest()
    try:
        payload = kind.FromString(payload).SerializeToString(deterministic=True)
    except DecodeError:
        return hashlib.sha256(payload).digest()
    return hashlib.sha256(payload).digest()
