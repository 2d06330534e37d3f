"""What can be told of a request without reading all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from google.protobuf.message import DecodeError, Message

_REQUEST_ID = 1

MOST_FIELDS = 1_000
"""Fields of a request that are looked at. They come in the order of their numbers, so the first tell; and a message may
consist of millions, which would hold everybody up who waits for the same event loop."""

MOST_CANONICAL_BYTES = 2**20
"""Of larger messages the bytes are digested: to read one takes a tenth of a second, in which nobody else is served."""


def request_id_of(payload: bytes) -> str:
    """The ``request_id`` of a serialised request, field 1 of every one; '' where it has none or is no message."""
    found = b""
    for text in _fields(payload, _REQUEST_ID):
        found = text  # the last counts, as for whoever reads the message
    return found.decode("utf-8", "replace")


def wrapped(payload: bytes) -> bytes:
    """The serialised request that a wrapping request carries as its field 1.

    A message may be given in pieces, which merge; where there is none, an empty one.
    """
    return b"".join(_fields(payload, 1))


def _fields(payload: bytes, number: int) -> Iterator[bytes]:
    """The length-delimited fields of this number among the first ones; whoever reads the whole says what is wrong."""
    at = 0
    for _ in range(MOST_FIELDS):
        tag, at = _varint(payload, at)
        match tag & 7:
            case 0:  # varint
                _, at = _varint(payload, at)
            case 1:  # 64 bits
                at += 8
            case 5:  # 32 bits
                at += 4
            case 2:  # length-delimited
                size, at = _varint(payload, at)
                if at + size > len(payload):
                    return
                if tag >> 3 == number:
                    yield payload[at : at + size]
                at += size
            case _:  # a group, or nothing at all
                return
        if at >= len(payload):
            return


def _varint(payload: bytes, at: int) -> tuple[int, int]:
    """A number of up to ten bytes, and where what follows begins; behind the end of the payload where it is none."""
    value = 0
    for place in range(10):
        if at + place >= len(payload):
            break
        byte = payload[at + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, at + place + 1
    return 0, len(payload) + 1


def content_digest(payload: bytes, kind: type[Message] | None = None) -> bytes:
    """SHA-256 of what a serialised message says, however its maps are ordered; of the bytes of none or a large one."""
    if kind is None or len(payload) > MOST_CANONICAL_BYTES:
        return hashlib.sha256(payload).digest()
    try:
        payload = kind.FromString(payload).SerializeToString(deterministic=True)
    except DecodeError:
        return hashlib.sha256(payload).digest()
    return hashlib.sha256(payload).digest()
