"""The folder of a study: what it may hold, and whose it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from dom_engine.errors import InputError
from dom_engine.scenario.whole import write_whole

STUDY_FILE = "study.json"
POINTS_FOLDER = "points"

_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}(\.former)?")
"""What a process that was killed leaves beside what it was writing."""


def check_folder(out: Path, kind: str, digests: Mapping[str, str], files: Collection[str]) -> None:
    """Raise InputError unless ``out`` is absent, empty, or a study of this kind of these very problems.

    Parameters
    ----------
    digests
        What the study is about: digests of problems by name.
    files
        Names of what such a study writes, ``study.json`` aside.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError.single(str(out), "is a file, not a folder to write a study into", code="NOT_A_FOLDER")
    present = sorted(entry.name for entry in out.iterdir())
    if not present:
        return
    stated = _study(out / STUDY_FILE)
    foreign = [name for name in present if name not in {STUDY_FILE, *files} and not _LEFTOVER.fullmatch(name)]
    if foreign or stated.get("kind") != kind:
        found = ", ".join(foreign[:3]) or f"no {STUDY_FILE} of dom {kind}"
        message = f"is neither empty nor a folder of dom {kind} (it holds {found}); it was left as it is"
        raise InputError.single(str(out), message, code="NOT_A_STUDY")
    if stated.get("problems") != dict(digests):
        message = "the study is of another scenario than this one (its digest differs): give it a folder of its own"
        raise InputError.single(str(out / STUDY_FILE), message, column="problems", code="OTHER_PROBLEM")


def begin_folder(out: Path, kind: str, digests: Mapping[str, str]) -> None:
    """Make the folder, say whose it is, and clear away what a killed process left."""
    out.mkdir(parents=True, exist_ok=True)
    for folder in (out, out / POINTS_FOLDER):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if _LEFTOVER.fullmatch(entry.name):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    write_whole(out / STUDY_FILE, json.dumps({"format": 1, "kind": kind, "problems": dict(digests)}, indent=2) + "\n")


def _study(path: Path) -> Mapping[str, Any]:
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}
