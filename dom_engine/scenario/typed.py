"""Raw tables to typed columns: units, defaults and ranges; references stay labels until all tables are known."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import F64, I8, I32, I64, NONE_IDX, Flags
from dom_engine.errors import Fault
from dom_engine.scenario.codes import country_check, region_check, timezone_check
from dom_engine.scenario.encoding import Encoded, encode, nothing
from dom_engine.scenario.instants import instants, parse_date, parse_time_of_day, parse_weekdays
from dom_engine.scenario.numbers import BadText, Problems, floats, integers, one_by_one, parse_flag, scaled_integers
from dom_engine.scenario.raw import FaultLog, RawTable
from dom_engine.scenario.schema import UNIT_SCALES, Column, Kind, Table
from dom_engine.scenario.texts import NearestName, shown, unknown_name

MAX_DURATION_S = 100 * 366 * 86_400
"""No duration is longer than a century: beyond, dates leave the calendar."""

MAX_DAYS = 36_600

Values: TypeAlias = npt.NDArray[Any]

_CHECKS: Mapping[Kind, Callable[[], Callable[[str], str]]] = {
    Kind.COUNTRY: country_check,
    Kind.TIMEZONE: timezone_check,
    Kind.HOLIDAYS: region_check,
}
_PARSERS: Mapping[Kind, Callable[[str], int]] = {
    Kind.FLAG: parse_flag,
    Kind.TIME_OF_DAY: parse_time_of_day,
    Kind.WEEKDAYS: parse_weekdays,
    Kind.DATE: parse_date,
}


@dataclass(frozen=True, slots=True)
class Cells:
    """One typed column.

    ``values`` per row: numbers (defaults filled in), or for text kinds codes into ``labels`` (-1 empty). A list column
    has codes into its distinct lists, whose entries are ``entries[entry_ptr[code]:entry_ptr[code + 1]]``: codes into
    ``labels``, or numbers for dates. ``blank``: the cell was empty; ``bad``: a fault was noted, the value means
    nothing.
    """

    values: Values
    blank: Flags
    bad: Flags
    labels: pa.StringArray
    entry_ptr: I64
    entries: Values

    @property
    def given(self) -> Flags:
        """Rows whose cell holds something that could be read."""
        return ~self.blank & ~self.bad

    @property
    def encoded(self) -> Encoded:
        """A text column as codes and texts."""
        return Encoded(self.values, self.labels)


@dataclass(frozen=True, slots=True)
class TypedTable:
    """A table's typed columns, every column of the schema among them."""

    schema: Table
    raw: RawTable
    cells: Mapping[str, Cells]

    def __len__(self) -> int:
        return len(self.raw)

    def __getitem__(self, column: str) -> Cells:
        return self.cells[column]

    def ints(self, column: str) -> I64:
        """An integer column, int64."""
        return self.cells[column].values.astype(np.int64, copy=False)

    def floats(self, column: str) -> F64:
        """A float column, float64."""
        return self.cells[column].values.astype(np.float64, copy=False)

    def flags(self, column: str) -> Flags:
        """A flag column, bool."""
        return self.cells[column].values.astype(np.bool_, copy=False)

    def choices(self, column: str) -> I8:
        """A choice column: positions among the choices, int8."""
        return self.cells[column].values.astype(np.int8, copy=False)

    def good(self, *columns: str) -> Flags:
        """Rows in which none of the columns has a fault."""
        good = np.ones(len(self), np.bool_)
        for column in columns:
            good &= ~self.cells[column].bad
        return good

    def fault(self, row: int, column: str, code: str, message: str) -> Fault:
        """A fault in one cell."""
        return self.raw.fault(row, column, code, message)


_MOST_KEPT, _MOST_BLANK_ROWS = 256, 256
_kept: OrderedDict[tuple[bytes, str, str], TypedTable] = OrderedDict()
"""Tables typed lately by what they hold: requests bring the same network again and again, with other orders."""


def type_known_table(raw: RawTable, schema: Table, timezone: ZoneInfo | None, log: FaultLog) -> TypedTable:
    """``type_table``, remembering tables that say by a token what they hold, unless there is a fault in them."""
    if not raw.token:
        return type_table(raw, schema, timezone, log)
    key = (raw.token, schema.name, "" if timezone is None else timezone.key)
    if (known := _kept.get(key)) is not None:
        _kept.move_to_end(key)
        return known
    before = len(log)
    typed = type_table(raw, schema, timezone, log)
    if len(log) == before:
        _kept[key] = typed
        if len(_kept) > _MOST_KEPT:
            _kept.popitem(last=False)
    return typed


def type_table(raw: RawTable, schema: Table, timezone: ZoneInfo | None, log: FaultLog) -> TypedTable:
    """Type every column of a table; unknown and missing columns and every unreadable cell are noted."""
    absent = check_columns(raw, schema, log)
    given = frozenset(raw.data.column_names)  # Arrow lists them anew each time
    cells = {}
    for column in schema.columns.values():
        if column.name in given or column.name in raw.unreadable:
            typed = _type_column(raw, column, timezone, log)
        else:
            typed = _blank_column(column, timezone, len(raw))
        if column.name in absent:
            typed = replace(typed, bad=np.ones(len(raw), np.bool_))
        elif column.required:
            typed = _require(raw, column, typed, log)
        cells[column.name] = typed
    return TypedTable(schema, raw, cells)


def check_columns(raw: RawTable, schema: Table, log: FaultLog) -> set[str]:
    """Note unknown columns and missing required ones; return the latter.

    A missing column whose name an unknown one nearly spells is not noted a second time.
    """
    header = max(raw.first_row - 1, 0)
    given = raw.data.column_names
    names = NearestName(schema.columns)
    explained = set()
    for name in given:
        if name not in schema.columns:
            log.add(Fault(raw.file, header, name, "UNKNOWN_COLUMN", unknown_name("column", name, names)))
            explained.add(names.misspelt_by(name))
    missing = {column.name for column in schema.columns.values() if column.required and column.name not in given}
    for name in missing - explained:
        log.add(Fault(raw.file, header, name, "MISSING_COLUMN", f"required column {shown(name)} is missing"))
    return missing


def _require(raw: RawTable, column: Column, cells: Cells, log: FaultLog) -> Cells:
    empty = cells.blank & ~cells.bad
    for row in np.flatnonzero(empty).tolist():
        log.add(raw.fault(row, column.name, "MISSING_VALUE", f"{column.name} must not be empty"))
    return replace(cells, bad=cells.bad | empty) if empty.any() else cells


def _type_column(raw: RawTable, column: Column, timezone: ZoneInfo | None, log: FaultLog) -> Cells:
    num_rows = len(raw)
    encoded: Encoded | str = nothing(num_rows)
    if column.name in raw.data.column_names:
        encoded = encode(raw.data.column(column.name), column)
    if isinstance(encoded, str):
        log.add(Fault(raw.file, 0, column.name, "WRONG_TYPE", encoded))
        cells = _type_cells(nothing(num_rows), column, timezone)[0]
        return replace(cells, bad=np.ones(num_rows, np.bool_))
    unreadable = np.zeros(num_rows, np.bool_)
    unreadable[list(raw.unreadable.get(column.name, ()))] = True
    if unreadable.any():
        encoded = Encoded(np.where(unreadable, NONE_IDX, encoded.codes).astype(np.int32), encoded.values)
    cells, problems = _type_cells(encoded, column, timezone)
    bad = unreadable
    if problems:
        wrong = np.zeros(len(encoded.values) + 1, np.bool_)
        wrong[list(problems)] = True
        bad = bad | wrong[encoded.codes]
        for row in np.flatnonzero(wrong[encoded.codes]).tolist():
            code, message = problems[int(encoded.codes[row])]
            log.add(raw.fault(row, column.name, code, message))
    return replace(cells, bad=bad)


def _blank_column(column: Column, timezone: ZoneInfo | None, num_rows: int) -> Cells:
    """A column of empty cells: the same each time, and of a small table remembered."""
    if num_rows > _MOST_BLANK_ROWS:
        return _type_cells(nothing(num_rows), column, timezone)[0]
    return _remembered_blank(column, timezone, num_rows)


@lru_cache(maxsize=4_096)
def _remembered_blank(column: Column, timezone: ZoneInfo | None, num_rows: int) -> Cells:
    cells = _type_cells(nothing(num_rows), column, timezone)[0]
    # Shared by whoever asks: nobody may write to it. What is bad is noted in a copy.
    cells = replace(cells, bad=np.zeros(num_rows, np.bool_))
    for values in (cells.values, cells.blank, cells.bad, cells.entry_ptr, cells.entries):
        values.setflags(write=False)
    return cells


def _type_cells(encoded: Encoded, column: Column, timezone: ZoneInfo | None) -> tuple[Cells, Problems]:
    labels = pa.array([], pa.string())
    entry_ptr = np.zeros(1, np.int64)
    entries: Values = np.zeros(0, np.int32)
    values: Values = encoded.codes
    if column.is_list:
        texts, entry_ptr, entries = _split_lists(encoded.values)
        parsed, of_entries = parse_values(texts, column, timezone)
        problems = _problems_of_lists(entry_ptr, entries, of_entries)
        labels = texts
        if parsed is not None:
            entries = parsed[entries]
    else:
        if len(encoded.values):
            parsed, problems = parse_values(encoded.values, column, timezone)
        else:
            parsed, problems = _nothing_parsed(column, timezone), {}
        if parsed is None:
            labels = encoded.values
            if column.default and encoded.blank.any():
                labels = pa.concat_arrays([labels, pa.array([column.default])])
                values = np.where(encoded.blank, len(labels) - 1, values).astype(np.int32)
        else:
            values = np.append(parsed, _default(column, timezone).astype(parsed.dtype))[encoded.codes]
    return Cells(values, encoded.blank, encoded.blank, labels, entry_ptr, entries), problems


# Most columns of most tables are blank throughout. What that means is the same each time, and in a request of one
# order to find it out anew would take most of the time.
@cache
def _nothing_parsed(column: Column, timezone: ZoneInfo | None) -> Values | None:
    """What a column of empty cells alone holds, before they get their default."""
    return parse_values(pa.array([], pa.string()), column, timezone)[0]


@cache
def _default(column: Column, timezone: ZoneInfo | None) -> Values:
    """What an empty cell stands for, as an array of one."""
    if not column.default:
        return np.array([column.blank])
    values, _ = parse_values(pa.array([column.default]), column, timezone)
    assert values is not None
    return values


def parse_values(texts: pa.StringArray, column: Column, timezone: ZoneInfo | None) -> tuple[Values | None, Problems]:
    """The inside's value of each distinct text; None for text kinds, which stay text (and are only checked)."""
    kind = column.kind
    if column.is_text:
        return None, _checked(texts, _CHECKS[kind]()) if kind in _CHECKS else {}
    if kind in _PARSERS:
        return _each(texts, _PARSERS[kind])
    if kind in UNIT_SCALES:
        values, problems = scaled_integers(texts, UNIT_SCALES[kind], signed=False, positive=column.positive)
        return values, problems | (_above(values, MAX_DURATION_S) if kind is Kind.HOURS else {})
    match kind:
        case Kind.INTEGER:
            values, problems = integers(texts, signed=column.signed, positive=column.positive)
            return values, problems | (_above(values, MAX_DAYS) if column.name == "transit_days" else {})
        case Kind.CHOICE:
            return _each(texts, partial(_parse_choice, column.choices, NearestName(column.choices)))
        case Kind.INSTANT:
            return instants(texts, timezone)
        case Kind.LATITUDE | Kind.LONGITUDE:
            return _within(texts, 90.0 if kind is Kind.LATITUDE else 180.0)
        case Kind.MEASURED:
            # The unit depends on the row's measure: see build_transport. Here the text is only judged.
            return None, floats(texts, signed=False)[1]
        case _:
            return floats(texts, signed=False)


def _checked(texts: pa.StringArray, check: Callable[[str], str]) -> Problems:
    """Check texts that stay text; ``check`` returns what is wrong, '' if nothing."""
    problems: Problems = {}
    for at, text in enumerate(texts.to_pylist()):
        message = check(text)
        if message:
            problems[at] = ("UNKNOWN_CODE", message)
    return problems


def _each(texts: pa.StringArray, parse: Callable[[str], int]) -> tuple[I64, Problems]:
    found, problems = one_by_one(texts, np.arange(len(texts)), parse)
    values = np.zeros(len(texts), np.int64)
    for at, value in found.items():
        values[at] = int(value)
    return values, problems


def _above(values: I64, most: int) -> Problems:
    return dict.fromkeys(np.flatnonzero(values > most).tolist(), ("OUT_OF_RANGE", "is longer than a hundred years"))


def _within(texts: pa.StringArray, most: float) -> tuple[F64, Problems]:
    values, problems = floats(texts, signed=True)
    for at in np.flatnonzero(np.abs(values) > most).tolist():
        problems[at] = ("OUT_OF_RANGE", f"{shown(texts[at].as_py())} lies outside -{most:g} to {most:g} degrees")
    return values, problems


def _parse_choice(choices: tuple[str, ...], names: NearestName, text: str) -> int:
    if text not in choices:
        message = unknown_name("value", text, names)
        raise BadText("UNKNOWN_CHOICE", f"{message}; known are {', '.join(choices)}")
    return choices.index(text)


def _split_lists(texts: pa.StringArray) -> tuple[pa.StringArray, I64, I32]:
    """Lists inside cells: the distinct entries, and per text its entries (white space around one is not part of it)."""
    parts = pc.split_pattern(texts, ";")
    entries = pc.utf8_trim_whitespace(parts.flatten())
    of_text = np.repeat(np.arange(len(texts)), np.diff(parts.offsets.to_numpy()))
    filled = pc.greater(pc.binary_length(entries), 0).to_numpy(zero_copy_only=False)
    distinct = pc.dictionary_encode(entries.filter(pa.array(filled)))
    counts = np.bincount(of_text[filled], minlength=len(texts))
    entry_ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return distinct.dictionary, entry_ptr, distinct.indices.to_numpy().astype(np.int32)


def _problems_of_lists(entry_ptr: I64, entries: I32, of_entries: Problems) -> Problems:
    """A list's problem is that of its first bad entry."""
    problems: Problems = {}
    for at in np.flatnonzero(np.isin(entries, list(of_entries)))[::-1].tolist():
        problems[int(np.searchsorted(entry_ptr, at, side="right")) - 1] = of_entries[int(entries[at])]
    return problems
