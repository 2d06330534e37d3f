"""What follows from some parts of a problem is kept for a while: batches bring the same network again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sized
from functools import wraps
from threading import Lock
from types import SimpleNamespace
from typing import TypeVar, cast

from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import Weights

Made = TypeVar("Made")

MOST_ROWS = 4_096
"""Rows that parts have together for what is made of them to be kept: it lives on, and so do they."""

MOST_KEPT = 64
"""Results kept of each function; the one that was asked for longest ago goes first."""

_BY_VALUE = (int, float, str, tuple, Weights)
"""What is known again by what it says; tables are by being the very same, which readers of networks see to."""


def of_parts(*names: str) -> Callable[[Callable[[Problem], Made]], Callable[[Problem], Made]]:
    """Remember what a function makes of these parts of a problem, which are all of it that it gets to see.

    What it makes is shared by all who ask, so nobody may change it. An entry holds the parts it was made of, so that no
    others get their identity.
    """

    def decorate(make: Callable[[Problem], Made]) -> Callable[[Problem], Made]:
        entries: OrderedDict[Hashable, tuple[object, Made]] = OrderedDict()
        lock = Lock()

        @wraps(make)
        def made(problem: Problem) -> Made:
            parts = [getattr(problem, name) for name in names]
            # Stands in for the problem: of any other part there is none, whatever `make` comes to ask for.
            seen = cast("Problem", SimpleNamespace(**dict(zip(names, parts, strict=True))))
            if sum(len(part) for part in parts if isinstance(part, Sized)) > MOST_ROWS:
                return make(seen)
            key = tuple(part if isinstance(part, _BY_VALUE) else id(part) for part in parts)
            with lock:
                if (entry := entries.get(key)) is not None:
                    entries.move_to_end(key)
                    return entry[1]
            new = make(seen)
            with lock:
                entries[key] = parts, new
                if len(entries) > MOST_KEPT:
                    entries.popitem(last=False)
            return new

        return made

    return decorate
