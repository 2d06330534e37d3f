"""Tables from files: CSV, gzipped CSV and Parquet into ``RawTable``, what cannot be read reported where it stands."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import zlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from dom_engine.domain.columns import I64
from dom_engine.errors import Fault
from dom_engine.scenario.raw import RawTable
from dom_engine.scenario.texts import shown

TABLE_SUFFIXES = (".csv", ".csv.gz", ".parquet")
MAX_BLOCK_BYTES = 2**28
"""A CSV is parsed in one block up to this size; a single record must fit one."""

_REPLACEMENT = "\ufffd"


def read_table(path: Path, file: str) -> tuple[RawTable | None, list[Fault]]:
    """Read one table.

    Parameters
    ----------
    path
        A ``.csv``, ``.csv.gz`` or ``.parquet`` file.
    file
        The name under which faults are reported.

    Returns
    -------
    tuple[RawTable | None, list[Fault]]
        The table, None when nothing of it could be read, and what is wrong with the file.
    """
    try:
        if path.name.endswith(".parquet"):
            return _read_parquet(path, file)
        content = gzip.decompress(path.read_bytes()) if path.name.endswith(".gz") else path.read_bytes()
    except (OSError, EOFError, zlib.error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return None, [Fault(file, 0, "", "UNREADABLE", f"cannot be read: {reason}")]
    return parse_csv(content, file)


def _read_parquet(path: Path, file: str) -> tuple[RawTable | None, list[Fault]]:
    try:
        with pq.ParquetFile(path) as parquet:
            data = parquet.read(use_threads=True)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        return None, [Fault(file, 0, "", "UNREADABLE", f"is not readable Parquet: {reason}")]
    data, faults = _unique_columns(data, data.column_names, file)
    return RawTable(data.replace_schema_metadata(None), file), faults


def _unique_columns(data: pa.Table, names: list[str], file: str) -> tuple[pa.Table, list[Fault]]:
    """The table with its columns renamed, the first of each name kept."""
    faults = [
        Fault(file, 1, name, "DUPLICATE_COLUMN", f"column {shown(name)} is given {count} times")
        for name, count in Counter(names).items()
        if count > 1
    ]
    first = {name: at for at, name in reversed(list(enumerate(names)))}
    kept = sorted(first.values())
    return data.select(kept).rename_columns([names[at] for at in kept]), faults


def parse_csv(content: bytes, file: str) -> tuple[RawTable | None, list[Fault]]:
    """Parse a CSV file's bytes: RFC 4180, UTF-8 with or without byte order mark, any line ends, empty rows ignored."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return None, [Fault(file, 0, "", "BAD_ENCODING", "is UTF-16; save it as UTF-8")]
    content, is_utf8 = _as_utf8(content)
    if not content.strip():
        return None, [Fault(file, 0, "", "EMPTY_FILE", "is empty; the first row must name the columns")]
    if not content.endswith((b"\n", b"\r")):
        content += b"\n"  # Arrow takes a header without line end for an empty file
    if content.count(b'"') % 2:
        faults = _unterminated_quote(content, file)
        if faults:
            return None, faults
    try:
        cells, ragged = _parse_cells(content)
    except pa.ArrowInvalid as error:
        return None, [Fault(file, 0, "", "UNREADABLE", f"is not readable CSV: {str(error).splitlines()[0][:200]}")]
    header = [str(column[0]) for column in cells.itercolumns()]
    if not any(header):
        return None, [Fault(file, 1, "", "EMPTY_HEADER", "the first row must name the columns")]
    rows = _row_numbers(cells.num_rows, [number for number, _, _ in ragged])
    ragged = [record for record in ragged if record[2].strip(", \t\r\n")]  # nothing but separators says nothing
    data, faults = _unique_columns(cells, header, file)
    # Row 0 is the header; a row of nothing but separators says nothing, as spreadsheets leave them behind.
    keep = np.flatnonzero(~_all_empty(data))
    keep = keep[keep > 0]
    whole = len(keep) == data.num_rows - 1
    data = data.slice(1) if whole else data.take(pa.array(keep))
    rows = rows[keep]
    faults += [
        Fault(file, number, "", "RAGGED_ROW", f"has {actual} cells where the header has {len(header)}")
        for number, actual, _ in ragged
    ]
    unreadable, encoding_faults = ({}, []) if is_utf8 else _bad_cells(data, rows, file)
    contiguous = len(rows) == 0 or int(rows[-1]) == len(rows) + 1
    records = tuple(dict(zip(header, _split(text), strict=False)) for _, _, text in ragged)
    table = RawTable(data, file, None if contiguous else rows, ragged=records, unreadable=unreadable)
    return table, faults + encoding_faults


def _as_utf8(content: bytes) -> tuple[bytes, bool]:
    """The content, undecodable bytes replaced, and whether there were none."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return content.decode(errors="replace").encode(), False
    return content, True


def _unterminated_quote(content: bytes, file: str) -> list[Fault]:
    """Where a quote is opened and never closed, swallowing the rows behind it; an odd one inside a cell is harmless."""
    csv.field_size_limit(2**31 - 1)
    records = 0
    try:
        for _ in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True):
            records += 1
    except csv.Error:
        return [Fault(file, records + 1, "", "UNCLOSED_QUOTE", "a quoted cell that starts in this row is not closed")]
    return []


def _parse_cells(content: bytes) -> tuple[pa.Table, list[tuple[int, int, str]]]:
    """All records as text, the header among them, and the ragged ones as (row number, cells, text)."""
    ragged: list[tuple[int, int, str]] = []

    def note(row: Any) -> str:
        ragged.append((row.number, row.actual_columns, row.text))
        return "skip"

    cells = pcsv.read_csv(
        pa.BufferReader(content),
        # One thread: only then does Arrow number the ragged rows.
        read_options=pcsv.ReadOptions(
            use_threads=False,
            autogenerate_column_names=True,
            block_size=min(len(content) + 1, MAX_BLOCK_BYTES),
        ),
        parse_options=pcsv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note),
        convert_options=pcsv.ConvertOptions(
            default_column_type=pa.string(), check_utf8=False, null_values=[], strings_can_be_null=False
        ),
    )
    return cells, ragged


def _row_numbers(num_parsed: int, skipped: list[int]) -> I64:
    """Row numbers of the parsed records, the header's among them, given those of the skipped ones."""
    numbers = np.arange(1, num_parsed + len(skipped) + 1, dtype=np.int64)
    return np.delete(numbers, np.array(skipped, np.int64) - 1)


def _all_empty(data: pa.Table) -> np.ndarray[Any, np.dtype[np.bool_]]:
    empty = np.ones(data.num_rows, np.bool_)
    for column in data.itercolumns():
        if not empty.any():
            break
        empty &= pc.equal(pc.binary_length(column), 0).to_numpy()
    return empty


def _split(text: str) -> list[str]:
    """The cells of one record."""
    return next(csv.reader(io.StringIO(text, newline="")), [])


def _bad_cells(data: pa.Table, rows: I64, file: str) -> tuple[dict[str, frozenset[int]], list[Fault]]:
    """The cells whose bytes are not UTF-8."""
    unreadable: dict[str, frozenset[int]] = {}
    faults: list[Fault] = []
    for name in data.column_names:
        bad = np.flatnonzero(pc.match_substring(data.column(name), _REPLACEMENT).to_numpy())
        if len(bad):
            unreadable[name] = frozenset(bad.tolist())
            faults += [Fault(file, int(rows[row]), name, "BAD_ENCODING", "is not UTF-8") for row in bad]
    return unreadable, faults
