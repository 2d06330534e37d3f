"""The folder of a study: what it may hold, whose it is, and its tables as CSV and Parquet."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dom_engine.errors import InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.results_format import csv_bytes
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.whole import replacing_file, write_whole

STUDY_FILE = "study.json"
POINTS_FOLDER = "points"
FORMATS = ("csv", "parquet")
KG = pa.decimal128(38, 3)

_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}(\.former)?")
"""What a process that was killed leaves beside what it was writing."""


def check_formats(formats: Sequence[str]) -> None:
    """Raise InputError for a format of tables that nobody writes."""
    for name in formats:
        if name not in FORMATS:
            message = unknown_name("format", name, NearestName(FORMATS))
            raise InputError.single(COMMAND_LINE, message, column="format", code="UNKNOWN_FORMAT")


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


def table_files(names: Sequence[str]) -> set[str]:
    """The files that these tables may become."""
    return {f"{name}.{suffix}" for name in names for suffix in FORMATS}


def write_tables(out: Path, tables: Mapping[str, pa.Table], formats: Sequence[str]) -> None:
    """Write each table in each format, every file whole or not at all; a format not asked for is removed."""
    for name, table in tables.items():
        for suffix in FORMATS:
            path = out / f"{name}.{suffix}"
            if suffix not in formats:
                path.unlink(missing_ok=True)
                continue
            with replacing_file(path) as beside:
                if suffix == "csv":
                    columns = {column: _texts(table.column(column)) for column in table.column_names}
                    beside.write_bytes(csv_bytes(columns))
                else:
                    pq.write_table(table, beside)


def table_of(rows: Sequence[Mapping[str, Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows as a typed table; decimals are given as integers of their last place, and blanks as None."""
    columns = {}
    for name, kind in types.items():
        values = [row[name] for row in rows]
        if pa.types.is_decimal(kind):
            texts = [None if value is None else _scaled(int(value), kind.scale) for value in values]
            columns[name] = pa.array(texts, pa.string()).cast(kind)
        else:
            columns[name] = pa.array(values, kind)
    return pa.table(columns)


def _scaled(value: int, scale: int) -> str:
    whole, rest = divmod(abs(value), 10**scale)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{scale}d}"


def _texts(column: pa.ChunkedArray) -> pa.StringArray:
    whole = column.combine_chunks()
    if pa.types.is_floating(whole.type):
        return pa.array(["" if value is None else repr(value) for value in whole.to_pylist()], pa.string())
    return pc.fill_null(whole.cast(pa.string()), "")


def _study(path: Path) -> Mapping[str, Any]:
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return stated if isinstance(stated, dict) else {}
