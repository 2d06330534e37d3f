"""Writing scenario folders: beside the target, then renamed, so that a reader sees a whole folder or none."""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from dom_engine.errors import InputError

# First line of the README of every folder written here: the one proof that the folder may be replaced.
MARKER = "<!-- Written by dom-engine. The whole folder is replaced when it is written again. -->"

Cell = str | int | float | None


@dataclass
class CsvTable:
    """Rows of one table; an empty string or ``None`` is an empty cell."""

    name: str
    columns: Sequence[str]
    rows: list[Sequence[Cell]] = field(default_factory=list)


def is_ours(folder: Path) -> bool:
    """Whether ``folder`` was written by this module, and may thus be replaced."""
    readme = folder / "README.md"
    if not readme.is_file():
        return False
    with readme.open(encoding="utf-8", errors="replace") as stream:
        return stream.readline().rstrip("\r\n") == MARKER


def check_replaceable(out: Path) -> None:
    """Refuse to write to ``out`` unless it is new, an empty folder, or a folder of ours.

    Raises
    ------
    InputError
        ``out`` is a file, or a folder that holds anything else.
    """
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError.single(str(out), "is a file, and a folder is to be written here", code="OUTPUT_EXISTS")
    if any(out.iterdir()) and not is_ours(out):
        raise InputError.single(
            str(out),
            "the folder is not empty and was not written by an import: choose another one",
            code="OUTPUT_EXISTS",
        )


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``out``, which takes its place when the block ends well, else vanishes.

    Raises
    ------
    InputError
        ``out`` may not be replaced (see :func:`check_replaceable`).
    """
    check_replaceable(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    staging = out.parent / f".{out.name}.writing-{os.getpid()}"
    retired = out.parent / f".{out.name}.retired-{os.getpid()}"
    staging.mkdir()
    try:
        yield staging
        if out.exists():
            out.rename(retired)
        try:
            staging.rename(out)
        except OSError:
            if retired.exists():
                retired.rename(out)
            raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def write_settings(folder: Path, settings: Mapping[str, Any]) -> None:
    """Write ``scenario.yaml``, keys in the order given."""
    text = yaml.safe_dump(dict(settings), sort_keys=False, allow_unicode=True, width=110)
    (folder / "scenario.yaml").write_text(text, encoding="utf-8", newline="\n")


def write_readme(folder: Path, text: str) -> None:
    """Write ``README.md`` under the marker that lets the folder be replaced later."""
    (folder / "README.md").write_text(f"{MARKER}\n\n{text.strip()}\n", encoding="utf-8", newline="\n")


def write_csv(folder: Path, table: CsvTable) -> None:
    """Write one table as ``NAME.csv``: UTF-8, LF, quoted where needed."""
    with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(table.columns)
        writer.writerows(table.rows)


def write_tables(folder: Path, tables: Iterable[CsvTable]) -> None:
    """Write every table given, each as one CSV file."""
    for table in tables:
        write_csv(folder, table)


def plain(value: Decimal) -> str:
    """Write a decimal in full, without exponent or trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
