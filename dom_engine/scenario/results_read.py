"""Read a result folder as it stands: text to integers, ids to indices, faults located, nothing believed."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from dom_engine.domain.columns import I64, Ids
from dom_engine.domain.problem import Problem
from dom_engine.errors import MAX_FAULTS_SHOWN, Fault, InputError
from dom_engine.scenario.results_format import RESULT_TABLES, SUMMARY_FILE, TREE_COLUMNS, TREE_FILE, Kind
from dom_engine.units import ALWAYS_S, INT64_MAX, INT64_MIN, NEVER_S, SECONDS_PER_DAY

_MAX_CELL_BYTES = 1 << 26
_COLUMNS = {**RESULT_TABLES, TREE_FILE: TREE_COLUMNS}
_REFERENCES = {
    Kind.ORDER: "order",
    Kind.OPTIONAL_ORDER: "order",
    Kind.NODE: "node",
    Kind.OPTIONAL_NODE: "node",
    Kind.SERVICE: "service",
    Kind.OPTIONAL_SERVICE: "service",
    Kind.ITEM: "item",
    Kind.OPTIONAL_ITEM: "item",
    Kind.OPTIONAL_LOT: "lot",
    Kind.OPTIONAL_POOL: "pool",
    Kind.SHIPMENT: "shipment",
}


@dataclass(frozen=True, slots=True)
class StatedTable:
    """One result table as written, in its own order of rows.

    ``values`` holds int64 arrays: indices for ids (-1 blank), grams and metres for kg and km, micros for
    money and for amounts of a measure, seconds for instants (blank: ``ALWAYS_S``, in ``ends`` ``NEVER_S``),
    0 and 1 for flags. ``texts`` holds every column as text.
    """

    file: str
    num_rows: int
    values: Mapping[str, I64]
    texts: Mapping[str, Ids]


@dataclass(frozen=True, slots=True)
class StatedResult:
    """What a result folder states; ``tables`` by file name."""

    folder: Path
    summary: Mapping[str, Any]
    tables: Mapping[str, StatedTable]


def read_result(folder: Path, problem: Problem) -> StatedResult:
    """Parse a result folder against the problem it claims to answer.

    Raises
    ------
    InputError
        When a file is missing or malformed: a table that is no CSV, columns that are not the stated ones, a
        cell that is no number, instant or flag, an id the problem or the folder does not know. All faults
        are collected.
    """
    summary = read_summary(folder)
    faults: list[Fault] = []
    tables: dict[str, StatedTable] = {}
    for file in (*RESULT_TABLES, *([TREE_FILE] if (folder / TREE_FILE).exists() else [])):
        found: list[Fault] = []
        texts = read_texts(folder / file, found)
        if not found:
            tables[file] = parse_table(file, texts, problem, tables, found)
        faults += found
    if faults:
        raise InputError(sorted(faults))
    return StatedResult(folder, summary, tables)


def read_summary(folder: Path) -> Mapping[str, Any]:
    """``summary.json`` as a mapping; InputError when the folder, the file or its JSON is not there."""
    if not folder.is_dir():
        raise InputError.single(str(folder), "no such result folder", code="NOT_FOUND")
    try:
        stated = json.loads((folder / SUMMARY_FILE).read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise InputError.single(SUMMARY_FILE, "the result folder has no such file", code="NOT_FOUND") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError.single(SUMMARY_FILE, f"not JSON in UTF-8: {error}", code="MALFORMED") from None
    if not isinstance(stated, dict):
        raise InputError.single(SUMMARY_FILE, "not a JSON object", code="MALFORMED")
    return stated


def read_texts(path: Path, faults: list[Fault]) -> Mapping[str, pa.StringArray]:
    """The table's cells as text, by column, in the stated order of columns."""
    expected = list(_COLUMNS[path.name])
    if not path.is_file():
        faults.append(Fault(path.name, 0, "", "NOT_FOUND", "the result folder has no such file"))
        return {}

    def ragged(row: pacsv.InvalidRow) -> str:
        message = f"{row.actual_columns} cells where {row.expected_columns} are stated"
        faults.append(Fault(path.name, row.number or 0, "", "MALFORMED", message))
        return "skip"

    try:
        header, _, _ = path.read_bytes().decode("utf-8-sig").partition("\n")
        names = [name.strip('"') for name in header.rstrip("\r").split(",")]
        table = pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(use_threads=False, block_size=_MAX_CELL_BYTES),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=ragged),
            convert_options=pacsv.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False, null_values=[]
            ),
        )
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        faults.append(Fault(path.name, 0, "", "MALFORMED", f"not a CSV table in UTF-8: {error}"))
        return {}
    if table.column_names != expected:
        faults.append(Fault(path.name, 1, "", "COLUMNS", _columns_message(table.column_names, expected)))
        return {}
    return {name: _one_chunk(table.column(name)) for name in expected}


def _one_chunk(column: pa.ChunkedArray) -> pa.StringArray:
    return pa.concat_arrays([pa.array([], pa.string()), *column.chunks])


def _columns_message(found: list[str], expected: list[str]) -> str:
    for place, name in enumerate(expected):
        if place >= len(found) or found[place] != name:
            instead = f"'{found[place]}'" if place < len(found) else "nothing"
            return f"column {place + 1} is {instead} where '{name}' is stated"
    return f"unknown column '{found[len(expected)]}'"


def parse_table(
    file: str,
    texts: Mapping[str, pa.StringArray],
    problem: Problem,
    tables: Mapping[str, StatedTable],
    faults: list[Fault],
) -> StatedTable:
    """Cells of a result table as values; what cannot be read, or is not known to the problem, is noted as a fault."""
    vocabularies: dict[str, Ids] = {
        "order": problem.orders.ids,
        "node": problem.nodes.ids,
        "service": problem.services.ids,
        "item": problem.items.ids,
        "lot": problem.lots,
        "pool": problem.pools,
    }
    if "shipments.csv" in tables:
        vocabularies["shipment"] = tables["shipments.csv"].texts["shipment"]
    values: dict[str, I64] = {}
    for column, kind in _COLUMNS[file].items():
        cells = texts[column]
        where = _Column(file, column, cells, faults)
        if kind is Kind.LINE:
            values[column] = _lines(where, values["order"], problem)
        elif kind in _REFERENCES:
            vocabulary = vocabularies.get(_REFERENCES[kind])
            if vocabulary is not None:  # a broken shipments.csv has its own faults already
                values[column] = _references(where, vocabulary, _REFERENCES[kind], "OPTIONAL" in kind.name)
        elif kind is not Kind.TEXT:
            values[column] = _numbers(where, kind)
    num_rows = len(next(iter(texts.values())))
    return StatedTable(file, num_rows, values, dict(texts))


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of text, and where its faults go."""

    file: str
    name: str
    cells: pa.StringArray
    faults: list[Fault]

    def fault(self, row: int, code: str, message: str) -> None:
        self.faults.append(Fault(self.file, row + 2, self.name, code, message))


def _references(column: _Column, vocabulary: Ids, what: str, may_be_blank: bool) -> I64:
    found = indices_of(column.cells, vocabulary)
    unknown = found < 0
    if may_be_blank:
        unknown &= ~pc.equal(column.cells, "").to_numpy(zero_copy_only=False)
    _report_unknown(column, unknown, what, vocabulary)
    return found


def stated_numbers(file: str, name: str, cells: Ids, faults: list[Fault]) -> I64:
    """A column of a result table that holds numbers, instants or flags, int64; cells that do not are noted."""
    return _numbers(_Column(file, name, cells, faults), RESULT_TABLES[file][name])


def indices_of(cells: Ids, vocabulary: Ids) -> I64:
    """The place of each cell in a vocabulary, int64; -1 where it has none."""
    return _array(pc.fill_null(pc.index_in(cells, value_set=vocabulary), -1))


def line_indices(order_idx: I64, cells: Ids, problem: Problem) -> I64:
    """Order lines by the order's index and the line's id, int64; -1 where there is none."""
    known = _pair_keys(problem.lines.order_idx.astype(np.int64), problem.lines.ids)
    return _array(pc.fill_null(pc.index_in(_pair_keys(order_idx, cells), value_set=known), -1))


def _lines(column: _Column, order_idx: I64, problem: Problem) -> I64:
    """Order lines by (order, line)."""
    idx = line_indices(order_idx, column.cells, problem)
    # An unknown order is a fault of its own; its lines are not reported again.
    _report_unknown(column, (idx < 0) & (order_idx >= 0), "line of this order", None)
    return idx


def _pair_keys(order_idx: I64, ids: Ids) -> pa.StringArray:
    return pc.binary_join_element_wise(pa.array(order_idx).cast(pa.string()), ids, "/")


def _report_unknown(column: _Column, unknown: np.typing.NDArray[np.bool_], what: str, vocabulary: Ids | None) -> None:
    for row in np.flatnonzero(unknown):
        text = column.cells[int(row)].as_py()
        message = f"unknown {what} '{text[:80]}'"
        if vocabulary is not None and len(column.faults) < MAX_FAULTS_SHOWN:
            near = difflib.get_close_matches(text[:80], vocabulary.to_pylist(), n=1)
            message += f", nearest is '{near[0]}'" if near else ""
        column.fault(int(row), "UNKNOWN_ID", message)


def _numbers(column: _Column, kind: Kind) -> I64:
    """A column of numbers, instants or flags, at once; cell by cell only to find what that stumbled on."""
    fast, slow = _PARSERS[kind]
    try:
        return fast(column.cells, column.name)
    except (pa.ArrowInvalid, OverflowError):
        pass  # the slow way below says which cell it is
    values = np.zeros(len(column.cells), np.int64)
    for row, cell in enumerate(column.cells.to_pylist()):
        try:
            values[row] = slow(cell, column.name)
        except (ValueError, InvalidOperation, OverflowError):
            column.fault(row, "MALFORMED", f"'{cell[:80]}' is not {_DESCRIPTIONS[kind]}")
    return values


def _array(column: pa.Array) -> I64:
    values: I64 = column.to_numpy(zero_copy_only=False).astype(np.int64)
    return values


def _decimals(cells: pa.StringArray, decimals: int) -> I64:
    stated = cells.cast(pa.decimal128(38, decimals))
    words = np.frombuffer(stated.buffers()[1], np.int64).reshape(-1, 2)
    low, high = words[stated.offset : stated.offset + len(stated)].T
    if np.any(high != low >> 63):
        raise OverflowError("does not fit 64 bits")
    values: I64 = low.copy()
    return values


def _decimal(cell: str, decimals: int) -> int:
    value = Decimal(cell).scaleb(decimals)
    if not value.is_finite() or value != value.to_integral_value() or not INT64_MIN <= value <= INT64_MAX:
        raise ValueError("too precise or too large")
    return int(value)


def _instants(cells: pa.StringArray, column: str) -> I64:
    blank = pc.equal(cells, "")
    known = pc.if_else(blank, "1970-01-01T00:00:00Z", cells).cast(pa.timestamp("s", tz="UTC"))
    seconds = _array(known.cast(pa.int64()))
    return np.where(blank.to_numpy(zero_copy_only=False), _blank_instant(column), seconds).astype(np.int64)


def _required_instants(cells: pa.StringArray, _column: str) -> I64:
    return _array(cells.cast(pa.timestamp("s", tz="UTC")).cast(pa.int64()))


def _instant(cell: str, column: str) -> int:
    if not cell:
        return _blank_instant(column)
    return _required_instant(cell, column)


def _required_instant(cell: str, _column: str) -> int:
    stated = datetime.fromisoformat(cell)
    if stated.tzinfo is None or stated.microsecond:
        raise ValueError("no offset, or a part of a second")
    since = stated - datetime(1970, 1, 1, tzinfo=UTC)
    return since.days * SECONDS_PER_DAY + since.seconds


def _blank_instant(column: str) -> int:
    return NEVER_S if column == "ends" else ALWAYS_S


def _flag(cell: str, _column: str) -> int:
    return ("false", "true").index(cell)


_Fast = Callable[[pa.StringArray, str], I64]
_Slow = Callable[[str, str], int]
_PARSERS: Mapping[Kind, tuple[_Fast, _Slow]] = {
    Kind.INTEGER: (lambda cells, _: _decimals(cells, 0), lambda cell, _: _decimal(cell, 0)),
    Kind.MICROS: (lambda cells, _: _decimals(cells, 6), lambda cell, _: _decimal(cell, 6)),
    Kind.THOUSANDTHS: (lambda cells, _: _decimals(cells, 3), lambda cell, _: _decimal(cell, 3)),
    Kind.INSTANT: (_required_instants, _required_instant),
    Kind.OPTIONAL_INSTANT: (_instants, _instant),
    Kind.FLAG: (lambda cells, _: _strict_flags(cells), _flag),
}
_DESCRIPTIONS = {
    Kind.INTEGER: "an integer of 64 bits",
    Kind.MICROS: "a decimal of at most 6 places within 64 bits",
    Kind.THOUSANDTHS: "a decimal of at most 3 places within 64 bits",
    Kind.INSTANT: "an instant with an offset, in whole seconds",
    Kind.OPTIONAL_INSTANT: "an instant with an offset, in whole seconds",
    Kind.FLAG: "'true' or 'false'",
}


def _strict_flags(cells: pa.StringArray) -> I64:
    known = pc.index_in(cells, value_set=pa.array(["false", "true"]))
    if known.null_count:
        raise pa.ArrowInvalid("neither true nor false")
    return _array(known)
