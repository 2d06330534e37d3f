"""Texts in faults: how a bad value is shown, and which known name was probably meant."""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Iterable
from difflib import get_close_matches

from dom_engine.errors import MAX_FAULTS_SHOWN

MAX_SHOWN = 60
_SEARCHED_IN_FULL = 1_000
_NEIGHBOURS = 200


def shown(text: str) -> str:
    """The text in quotes on one line, cut when long: a 10 MB cell must not become a 10 MB message."""
    cut = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}... ({len(text)} characters)"
    return "'" + cut.replace("\r", "\\r").replace("\n", "\\n").replace("\x00", "\\0") + "'"


class NearestName:
    """Finds the known name most like an unknown one.

    Beyond a thousand names only the alphabetical neighbours are compared, forwards and backwards spelt, so that a
    mistake anywhere but in both ends of a name is still found among a million. As only so many faults are shown, only
    so many names are looked up.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._names = sorted(known)
        self._found: dict[str, str | None] = {}
        self._backwards: list[str] | None = None

    def of(self, unknown: str) -> str | None:
        """The nearest known name; None when none is known, or more than a hundred were asked for."""
        if unknown not in self._found:
            if len(unknown) > MAX_SHOWN or len(self._found) >= MAX_FAULTS_SHOWN:
                return None
            self._found[unknown] = self._search(unknown)
        return self._found[unknown]

    def misspelt_by(self, unknown: str) -> str:
        """The known name of which the unknown one looks like a misspelling; '' when there is none."""
        near = get_close_matches(unknown, self._pool(unknown), n=1)
        return near[0] if near else ""

    def _search(self, unknown: str) -> str | None:
        pool = self._pool(unknown)
        bare = unknown.strip().casefold()
        near = [name for name in pool if name.casefold() == bare] or get_close_matches(unknown, pool, n=1, cutoff=0.0)
        return near[0] if near else None

    def _pool(self, unknown: str) -> list[str]:
        if len(self._names) <= _SEARCHED_IN_FULL:
            return self._names
        if self._backwards is None:
            self._backwards = sorted(name[::-1] for name in self._names)
        pool = set(_around(self._names, unknown))
        pool.update(name[::-1] for name in _around(self._backwards, unknown[::-1]))
        return sorted(pool)


def _around(names: list[str], wanted: str) -> list[str]:
    at = bisect_left(names, wanted)
    return names[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS]


def unknown_name(what: str, unknown: str, known: NearestName) -> str:
    """``unknown node 'newrak'; the nearest known is 'newark'``."""
    near = known.of(unknown)
    message = f"unknown {what} {shown(unknown)}"
    return message if near is None else f"{message}; the nearest known is {shown(near)}"


def decode_utf8(content: bytes) -> tuple[str | None, str]:
    """The text of a UTF-8 file without its byte order mark; None and the reason when it is not UTF-8."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, "is UTF-16; save it as UTF-8"
    try:
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return None, f"is not UTF-8: byte {error.start} on line {line} cannot be read"
