"""What each result file holds, column by column, and how a column becomes text.

One schema serves writer and reader: a column's kind says how its integers are written and its text read back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum, auto
from io import BytesIO
from types import MappingProxyType
from typing import BinaryIO, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I64, Flags, Ids
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.units import ALWAYS_S, NEVER_S, instant_text

SUMMARY_FILE = "summary.json"
FORMAT = 1


class Kind(Enum):
    """How a column is written; a kind with OPTIONAL in its name may be blank."""

    SHIPMENT = auto()
    ORDER = auto()
    OPTIONAL_ORDER = auto()
    LINE = auto()
    NODE = auto()
    OPTIONAL_NODE = auto()
    SERVICE = auto()
    OPTIONAL_SERVICE = auto()
    ITEM = auto()
    OPTIONAL_ITEM = auto()
    OPTIONAL_LOT = auto()
    OPTIONAL_POOL = auto()
    INTEGER = auto()
    MICROS = auto()
    """Six decimals: money, and amounts of a capacity's measure."""
    THOUSANDTHS = auto()
    """Three decimals: kg and km."""
    INSTANT = auto()
    OPTIONAL_INSTANT = auto()
    FLAG = auto()
    TEXT = auto()


RESULT_TABLES: Mapping[str, Mapping[str, Kind]] = MappingProxyType(
    {
        "shipments.csv": MappingProxyType(
            {
                "shipment": Kind.TEXT,
                "order": Kind.ORDER,
                "node": Kind.NODE,
                "service": Kind.SERVICE,
                "dispatch_at": Kind.INSTANT,
                "delivery_at": Kind.INSTANT,
                "judged_at": Kind.INSTANT,
                "arrival_at": Kind.INSTANT,
                "units": Kind.INTEGER,
                "lines": Kind.INTEGER,
                "parcels": Kind.INTEGER,
                "weight_kg": Kind.THOUSANDTHS,
                "billable_kg": Kind.THOUSANDTHS,
                "distance_km": Kind.THOUSANDTHS,
                "co2_kg": Kind.THOUSANDTHS,
                "days_late": Kind.INTEGER,
                "days_early": Kind.INTEGER,
                **dict.fromkeys(SHIPMENT_TERMS, Kind.MICROS),
                "total": Kind.MICROS,
            }
        ),
        "allocations.csv": MappingProxyType(
            {
                "shipment": Kind.SHIPMENT,
                "order": Kind.ORDER,
                "line": Kind.LINE,
                "item": Kind.ITEM,
                "quantity": Kind.INTEGER,
                "available_at": Kind.OPTIONAL_INSTANT,
                "lot": Kind.OPTIONAL_LOT,
                "pool": Kind.OPTIONAL_POOL,
                "from_safety_stock": Kind.FLAG,
            }
        ),
        "unallocated.csv": MappingProxyType(
            {
                "order": Kind.ORDER,
                "line": Kind.LINE,
                "quantity": Kind.INTEGER,
                "unmet": Kind.MICROS,
                "reason": Kind.TEXT,
                "detail": Kind.TEXT,
            }
        ),
        "prices.csv": MappingProxyType(
            {
                "kind": Kind.TEXT,
                "node": Kind.OPTIONAL_NODE,
                "item": Kind.OPTIONAL_ITEM,
                "available_at": Kind.OPTIONAL_INSTANT,
                "lot": Kind.OPTIONAL_LOT,
                "pool": Kind.OPTIONAL_POOL,
                "service": Kind.OPTIONAL_SERVICE,
                "measure": Kind.TEXT,
                "starts": Kind.OPTIONAL_INSTANT,
                "ends": Kind.OPTIONAL_INSTANT,
                "order": Kind.OPTIONAL_ORDER,
                "limit": Kind.MICROS,
                "used": Kind.MICROS,
                "price": Kind.MICROS,
            }
        ),
        "order_bounds.csv": MappingProxyType(
            {
                "order": Kind.ORDER,
                "cost": Kind.MICROS,
                "priced_minimum": Kind.MICROS,
                "exact": Kind.FLAG,
            }
        ),
    }
)
"""Every table of a result folder: its columns in their order, and their kinds."""

TREE_FILE = "tree.csv"
"""Only there where branching proved more than the prices of ``prices.csv`` do."""

TREE_COLUMNS: Mapping[str, Kind] = MappingProxyType(
    {
        "leaf": Kind.INTEGER,
        "says": Kind.TEXT,
        **{name: kind for name, kind in RESULT_TABLES["prices.csv"].items() if name != "used"},
    }
)
"""``says``: ``at_most`` or ``at_least`` (a use of ``limit``: what sets the leaf apart), ``price`` or ``reward``.

``kind`` may also be ``node``, whose use is 1 where anything ships from it, else 0.
"""

RESULT_FILES = (SUMMARY_FILE, *RESULT_TABLES)

DECIMALS: Mapping[Kind, int] = MappingProxyType({Kind.MICROS: 6, Kind.THOUSANDTHS: 3, Kind.INTEGER: 0})
"""Places behind the point of a number, which is held as an integer of the last of them."""

Cells: TypeAlias = "I64 | Flags | pa.StringArray"
"""A column of a table: numbers and flags as they are computed, everything else as text."""

FEW_ROWS = 16
"""Below, Python makes texts sooner than Arrow, whose calls take ten microseconds each however few they are about."""


def decimal_text(values: I64, decimals: int) -> pa.StringArray:
    """Integers in units of ``10**-decimals`` as plain decimals: ``12_500_000`` with 6 is ``12.500000``."""
    words = np.empty((len(values), 2), np.int64)
    words[:, 0] = values
    words[:, 1] = values >> 63  # the sign, extended to 128 bits
    as_decimal = pa.Array.from_buffers(pa.decimal128(38, decimals), len(values), [None, pa.py_buffer(words.tobytes())])
    return as_decimal.cast(pa.string())


def integer_text(values: I64) -> pa.StringArray:
    """Integers as they are."""
    return pa.array(values, pa.int64()).cast(pa.string())


def flag_text(values: Flags) -> pa.StringArray:
    """``true`` and ``false``."""
    return pa.array(values, pa.bool_()).cast(pa.string())


def instants_text(values: I64) -> pa.StringArray:
    """Instants as ``2026-11-25T12:00:00Z``; the sentinels of a blank bound as empty text."""
    blank = (values == ALWAYS_S) | (values == NEVER_S)
    if len(values) < FEW_ROWS:
        told = zip(values.tolist(), blank.tolist(), strict=True)
        return pa.array(["" if nothing else instant_text(at_s) for at_s, nothing in told], pa.string())
    stamps = pa.array(values.astype("datetime64[s]"), mask=blank).cast(pa.string())
    return pc.fill_null(pc.binary_join_element_wise(pc.replace_substring(stamps, " ", "T"), "", "Z"), "")


def ids_text(ids: Ids, idx: np.typing.NDArray[np.integer]) -> pa.StringArray:
    """The ids at these indices; -1 as empty text."""
    blank = idx < 0
    if not blank.any():
        return ids.take(pa.array(idx))
    return pc.fill_null(ids.take(pa.array(idx, mask=blank)), "")


def text_columns(table: Mapping[str, Kind], columns: Mapping[str, Cells]) -> dict[str, pa.StringArray]:
    """Columns of a table as they are written."""
    return {name: _text(cells, table[name]) for name, cells in columns.items()}


def _text(cells: Cells, kind: Kind) -> pa.StringArray:
    if isinstance(cells, pa.StringArray):
        return cells
    if kind is Kind.FLAG:
        return flag_text(cells.astype(np.bool_, copy=False))
    return decimal_text(cells.astype(np.int64, copy=False), DECIMALS[kind])


def write_csv(file: BinaryIO, names: Sequence[str], pieces: Iterable[Mapping[str, pa.Array]]) -> None:
    """Write a table that comes in pieces of some rows each; LF, UTF-8, quoted only where a cell asks for it."""
    file.write((",".join(names) + "\n").encode())
    for columns in pieces:
        assert tuple(columns) == tuple(names)
        file.write(_rows(columns))


def csv_bytes(columns: Mapping[str, pa.Array]) -> bytes:
    """A table of text as CSV, as ``write_csv`` writes it."""
    file = BytesIO()
    write_csv(file, tuple(columns), [columns])
    return file.getvalue()


def _rows(columns: Mapping[str, pa.Array]) -> pa.Buffer | bytes:
    """The rows of a table of text; no Python object per cell."""
    cells = [_quoted(column.cast(pa.large_string())) for column in columns.values()]
    if not len(cells[0]):
        return b""
    *others, last = cells
    last = pc.binary_join_element_wise(last, _large("\n"), _large(""))
    rows = pc.binary_join_element_wise(*others, last, _large(","))
    # The rows lie end to end in the array's character buffer: that buffer is the file.
    _, offsets, characters = rows.buffers()
    return characters.slice(0, int(np.frombuffer(offsets, np.int64)[len(rows)]))


def _large(text: str) -> pa.LargeStringScalar:
    return pa.scalar(text, pa.large_string())


def _quoted(cells: pa.LargeStringArray) -> pa.LargeStringArray:
    # Searching the characters at once costs a tenth of asking every cell, and few columns hold any of these.
    characters = cells.buffers()[2].to_pybytes() if len(cells) else b""
    if not any(mark in characters for mark in (b'"', b",", b"\r", b"\n")):
        return cells
    special = pc.match_substring_regex(cells, '[",\r\n]')
    if not pc.any(special).as_py():
        return cells
    doubled = pc.replace_substring(cells, '"', '""')
    framed = pc.binary_join_element_wise(_large('"'), doubled, _large('"'), _large(""))
    return pc.if_else(special, framed, cells)


def text_order(columns: Mapping[str, pa.StringArray], keys: Sequence[str]) -> I64:
    """The table's rows in bytewise order of these columns, as their indices."""
    order: I64 = pc.sort_indices(pa.table(dict(columns)), sort_keys=[(key, "ascending") for key in keys]).to_numpy()
    return order


def sort_by_text(columns: Mapping[str, pa.StringArray], keys: Sequence[str]) -> dict[str, pa.StringArray]:
    """The table, its rows in bytewise order of these columns."""
    order = pa.array(text_order(columns, keys))
    return {name: column.take(order) for name, column in columns.items()}


def amount_text(amount: int, base_units: int) -> str:
    """An amount in base units as whole measures; hours, where decimals do not end, to the nearest 10**-6."""
    if base_units == 1:
        return str(amount)
    decimals = 3 if base_units == 1_000 else 6
    scaled = round_half_even(amount * 10**decimals, base_units)
    whole, rest = divmod(scaled, 10**decimals)
    return f"{whole}.{rest:0{decimals}d}"


def round_half_even(numerator: int, denominator: int) -> int:
    """The nearest integer to a quotient of integers, ties to even."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + int(2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1))
