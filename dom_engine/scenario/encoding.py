"""Columns as codes into their distinct texts: whatever a file or the wire brings, a distinct value is parsed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from dom_engine.domain.columns import I32, NONE_IDX, Flags
from dom_engine.scenario.schema import NUMERIC_KINDS, Column, Kind

FEW_CELLS = 16
"""Columns below are encoded by Python: each of Arrow's calls takes as long, however little it is about."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """``values[codes[row]]`` is the cell's text; code -1: empty. Every value is used by some row; none is empty."""

    codes: I32
    values: pa.StringArray

    @property
    def blank(self) -> Flags:
        """Rows whose cell is empty."""
        blank: Flags = self.codes == NONE_IDX
        return blank

    def texts(self) -> pa.StringArray:
        """The column written out, '' where empty."""
        filled = pa.concat_arrays([self.values, pa.array([""], pa.string())])
        codes = np.where(self.blank, len(self.values), self.codes)
        return filled.take(pa.array(codes))


def encode_text(cells: pa.ChunkedArray | pa.Array) -> Encoded:
    """Encode cells of text, null and '' as empty."""
    dense = cells.combine_chunks() if isinstance(cells, pa.ChunkedArray) else cells
    if isinstance(dense, pa.ChunkedArray):  # text beyond 2 GiB stays in chunks
        dense = pa.concat_arrays(pc.dictionary_encode(dense).unify_dictionaries().chunks)
    if len(dense) < FEW_CELLS and pt.is_string(dense.type):
        return _encode_few(dense.to_pylist())
    encoded = pc.dictionary_encode(dense) if not pt.is_dictionary(dense.type) else dense
    values = encoded.dictionary.cast(pa.string())
    codes = encoded.indices.fill_null(NONE_IDX).to_numpy(zero_copy_only=False).astype(np.int32)
    empty = pc.index(values, "").as_py()
    if empty >= 0:
        codes = np.where(codes == empty, NONE_IDX, codes - (codes > empty)).astype(np.int32)
        values = pa.concat_arrays([values.slice(0, empty), values.slice(empty + 1)])
    return Encoded(codes, values)


def _encode_few(cells: list[str | None]) -> Encoded:
    codes: dict[str, int] = {}
    of_row = [codes.setdefault(cell, len(codes)) if cell else NONE_IDX for cell in cells]
    return Encoded(np.array(of_row, np.int32), pa.array(list(codes), pa.string()))


def nothing(num_rows: int) -> Encoded:
    """An absent column: all cells empty."""
    return Encoded(np.full(num_rows, NONE_IDX, np.int32), pa.array([], pa.string()))


def encode(cells: pa.ChunkedArray, column: Column) -> Encoded | str:
    """Encode a column of any Arrow type that its kind admits.

    Text kinds admit text alone (an id that was stored as a number has already lost its zeros). Numbers admit integers,
    floats (taken as the shortest decimal that prints as the float) and decimals; flags booleans; instants timestamps
    (without zone: local to the scenario's); lists Arrow lists of text.

    Returns
    -------
    Encoded | str
        The column, or the reason why its type cannot be read.
    """
    kind = cells.type
    if pt.is_dictionary(kind):
        cells = cells.cast(kind.value_type)
        kind = kind.value_type
    if pt.is_null(kind):
        return nothing(len(cells))
    if pt.is_list(kind) or pt.is_large_list(kind):
        if not column.is_list or not _is_text(kind.value_type):
            return f"holds {kind} in Parquet; {_admitted(column)}"
        return encode_text(pc.binary_join(cells.cast(pa.list_(pa.string())), ";"))
    if _is_text(kind):
        encoded = encode_text(cells.cast(pa.string()))
        return encoded if column.is_text and not column.is_list else _trimmed(encoded)
    if not _admits(column, kind):
        return f"holds {kind} in Parquet; {_admitted(column)}"
    if pt.is_timestamp(kind):
        cells = _whole_seconds(cells)
    distinct = pc.dictionary_encode(cells.combine_chunks())
    codes = distinct.indices.fill_null(NONE_IDX).to_numpy(zero_copy_only=False).astype(np.int32)
    return Encoded(codes, distinct.dictionary.cast(pa.string()))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pt.is_string(kind) or pt.is_large_string(kind) or pt.is_string_view(kind))


def _admits(column: Column, kind: pa.DataType) -> bool:
    if column.is_list or column.is_text:
        return False
    if column.kind in NUMERIC_KINDS:
        return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))
    if column.kind is Kind.FLAG:
        return bool(pt.is_boolean(kind))
    if column.kind is Kind.INSTANT:
        return bool(pt.is_timestamp(kind))
    return bool(column.kind is Kind.TIME_OF_DAY and pt.is_time(kind))


def _admitted(column: Column) -> str:
    if column.is_text:
        return f"a {column.kind.value} is text and is never converted"
    return f"{column.kind.value} is expected"


def _whole_seconds(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Timestamps in UTC (where zoned) and in seconds where that loses nothing, so that their text is plain."""
    zone = "UTC" if cells.type.tz is not None else None
    try:
        return cells.cast(pa.timestamp("s", zone))
    except pa.ArrowInvalid:
        return cells.cast(pa.timestamp("us", zone), safe=False)


def _trimmed(encoded: Encoded) -> Encoded:
    """The column with outer white space off its texts; what then is empty is an empty cell."""
    if len(encoded.values) < FEW_CELLS and not any(map(_may_have_space_around, encoded.values.to_pylist())):
        return encoded
    trimmed = pc.utf8_trim_whitespace(encoded.values)
    if trimmed.equals(encoded.values):
        return encoded
    again = encode_text(trimmed)
    codes = np.append(again.codes, np.int32(NONE_IDX))[encoded.codes].astype(np.int32)
    return Encoded(codes, again.values)


def _may_have_space_around(text: str) -> bool:
    """Whether a text that is not empty begins or ends with what could be white space, of any script."""
    return not ("!" <= text[0] <= "~" and "!" <= text[-1] <= "~")
