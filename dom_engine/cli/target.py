"""Whether a folder can be written, asked before the work and not after it."""

from __future__ import annotations

import os
from pathlib import Path

from dom_engine.errors import InputError
from dom_engine.scenario.results import check_replaceable


def check_target(out: Path) -> None:
    """Raise InputError unless ``out`` is new, empty or a result folder, and where it lies may be written to."""
    try:
        check_replaceable(out)
    except OSError as error:
        raise InputError.single(str(out), f"cannot be read: {error.strerror}", code="UNREADABLE") from None
    check_reachable(out)


def check_tables_folder(out: Path) -> None:
    """Raise InputError unless tables can be written into ``out``, a folder that is there or can be made."""
    check_reachable(out)
    if out.exists() and not out.is_dir():
        raise InputError.single(str(out), "is a file, not a folder to write tables into", code="NOT_A_FOLDER")
    if out.exists() and not os.access(out, os.W_OK | os.X_OK):
        raise InputError.single(str(out), "cannot be written: its permissions do not allow it", code="NOT_WRITABLE")


def check_reachable(out: Path) -> None:
    """Raise InputError unless a folder can be made at ``out``."""
    around = out.resolve().parent
    while not around.exists():
        around = around.parent
    if not around.is_dir():
        raise InputError.single(str(out), f"cannot be made: {around} is not a folder", code="NOT_A_FOLDER")
    if not os.access(around, os.W_OK | os.X_OK):
        raise InputError.single(str(out), f"cannot be written: {around} does not allow it", code="NOT_WRITABLE")
