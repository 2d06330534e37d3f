"""The digest of a problem: sha256 over everything that decides its solution, in canonical form."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping, Sized
from dataclasses import is_dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

from dom_engine.domain.problem import Problem

DIGEST_VERSION = b"dom-engine problem 1"
"""Changes when the same problem would digest to another value."""

_SILENT = frozenset({"name", "description", "solve", "digest"})
"""What a problem says without deciding its solution."""

_MOST_ROWS, _MOST_SAID = 512, 256
_said: OrderedDict[tuple[str, int], tuple[object, bytes]] = OrderedDict()
"""By name and identity: the table, which lives as long as its entry, and what it says."""


def problem_digest(problem: Problem) -> str:
    """Hex sha256 of the canonical problem; the tables are already sorted and resolved.

    Every value is preceded by its name, type and length, so that no two problems share their bytes.
    """
    sha256 = hashlib.sha256(DIGEST_VERSION)
    for name in Problem.__dataclass_fields__:
        if name not in _SILENT:
            _tell(sha256, name, getattr(problem, name))
    return sha256.hexdigest()


def _tell(sha256: Any, name: str, value: object) -> None:
    """As ``_update``; what small tables say is remembered, since a network comes again with each order."""
    num_rows = len(value) if isinstance(value, Sized) else _MOST_ROWS + 1
    if not is_dataclass(value) or num_rows > _MOST_ROWS:
        _update(sha256, name, value)
        return
    key = name, id(value)
    if key in _said:
        _said.move_to_end(key)
    else:
        said = _Said()
        _update(said, name, value)
        _said[key] = value, bytes(said.told)
        if len(_said) > _MOST_SAID:
            _said.popitem(last=False)
    sha256.update(_said[key][1])


class _Said:
    """What would be digested."""

    def __init__(self) -> None:
        self.told = bytearray()

    def update(self, data: Any) -> None:
        """Take more of it."""
        self.told += data


def _update(sha256: Any, name: str, value: object) -> None:
    sha256.update(f"\n{name}:".encode())
    if isinstance(value, np.ndarray):
        dtype, named = _little_endian(value.dtype)
        sha256.update(f"{named}[{value.size}]".encode())
        sha256.update(np.ascontiguousarray(value, dtype).view(np.uint8).data if value.size else b"")
    elif isinstance(value, pa.StringArray):
        _update_texts(sha256, value)
    elif isinstance(value, Mapping):
        for key in sorted(value):
            _update(sha256, repr(key), value[key])
    elif isinstance(value, frozenset):
        sha256.update(repr(sorted(value)).encode())
    elif isinstance(value, tuple):
        sha256.update(f"({len(value)})".encode())
        for item in value:
            _update(sha256, "", item)
    elif is_dataclass(value):
        sha256.update(type(value).__name__.encode())
        for field in value.__dataclass_fields__:
            _update(sha256, field, getattr(value, field))
    else:
        sha256.update(repr(value).encode())


@cache
def _little_endian(dtype: np.dtype[Any]) -> tuple[np.dtype[Any], str]:
    """A type in the byte order of the digest, and its name."""
    little = dtype.newbyteorder("<")
    return little, little.str


def _update_texts(sha256: Any, texts: pa.StringArray) -> None:
    # Offsets and bytes from zero, whatever slice of a larger buffer the array is.
    offsets = np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]
    sha256.update(f"text[{len(texts)}]".encode())
    if len(texts):
        sha256.update((offsets - offsets[0]).astype("<i4").tobytes())
        data = texts.buffers()[2]
        if data is not None:
            sha256.update(memoryview(data)[int(offsets[0]) : int(offsets[-1])])
