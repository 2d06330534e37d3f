"""Commands that solve one thing after the other: an interrupt leaves what is solved, and the same command goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dom_engine.cli.exits import Leave


class Interrupted(Exception):
    """Interrupted, and what was solved until then stands on disk."""


@contextmanager
def keeping(out: Path) -> Iterator[None]:
    """Turn the wish to leave into what the user is told.

    Raises
    ------
    Interrupted
        When something solved stands in ``out``, since this run or an earlier one.
    StoppedError
        When nothing does.
    """
    from dom_engine.errors import StoppedError

    try:
        yield
    except Leave:
        message = f"interrupted; what is solved stays in {out}, and the same command goes on"
        raise (Interrupted if _holds_a_solve(out) else StoppedError)(message) from None


def _holds_a_solve(out: Path) -> bool:
    """Whether any result or point is there, whole: what is being written has a name that begins with a dot."""
    found = (path.relative_to(out) for path in out.rglob("*.json"))
    return any(path.name != "study.json" and not any(part.startswith(".") for part in path.parts) for path in found)
