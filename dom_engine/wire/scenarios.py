"""``Scenario`` messages to raw scenarios and back, column by column: past this module a request is like any scenario.

What a message says goes through the same validator as a folder, so faults have the same codes and texts. A table's
rows are counted from 0 here, as the fields of the request are.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dom_engine.domain.columns import I64
from dom_engine.errors import Fault
from dom_engine.scenario.build import check_table_names
from dom_engine.scenario.encoding import Encoded, encode
from dom_engine.scenario.raw import FaultLog, RawScenario, RawTable
from dom_engine.scenario.schema import TABLES, Column, Kind
from dom_engine.scenario.settings import read_settings
from dom_engine.scenario.texts import shown
from dom_engine.scenario.typed import Cells, TypedTable, type_table
from dom_engine.v1.problem_pb2 import Scenario
from dom_engine.wire.settings import fill_settings, settings_of
from dom_engine.wire.words import numbers_of, word_of

FIRST_ROW = 0
_SEPARATOR = ";"

MOST_KNOWN_ROWS, MOST_KNOWN_TABLES = 512, 256
"""Tables of so many rows are remembered by what they hold: a network comes again with each order that asks for it."""

_known: OrderedDict[tuple[str, bytes], RawTable] = OrderedDict()


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of the contract, and the field that carries it."""

    column: Column
    descriptor: FieldDescriptor

    @property
    def name(self) -> str:
        return self.column.name


@lru_cache(maxsize=1)
def _tables() -> Mapping[str, tuple[_Field, ...]]:
    """The fields of each table's row message, in the contract's order of columns."""
    repeated = Scenario.DESCRIPTOR.fields_by_name
    return MappingProxyType(
        {
            name: tuple(
                _Field(column, repeated[name].message_type.fields_by_name[column.name])
                for column in table.columns.values()
            )
            for name, table in TABLES.items()
        }
    )


def raw_scenario(message: Scenario) -> RawScenario:
    """Take a scenario message for what it says.

    A table without rows is an empty table: on the wire it cannot be told from an absent one. Faults are noted in the
    result and raised, with all others, by ``build_problem``.
    """
    faults: list[Fault] = []
    tables = {name: _raw_table(name, getattr(message, name), fields, faults) for name, fields in _tables().items()}
    return RawScenario(settings_of(message), tables, faults=tuple(faults))


def _raw_table(name: str, messages: Sequence[Message], fields: Sequence[_Field], faults: list[Fault]) -> RawTable:
    rows = list(messages)  # each look at a repeated field makes its messages anew
    if len(rows) > MOST_KNOWN_ROWS:
        return _read_table(name, rows, fields, faults, b"")
    token = _token(rows)
    if (known := _known.get((name, token))) is not None:
        _known.move_to_end((name, token))
        return known
    before = len(faults)
    table = _read_table(name, rows, fields, faults, token)
    if len(faults) == before:
        _known[name, token] = table
        if len(_known) > MOST_KNOWN_TABLES:
            _known.popitem(last=False)
    return table


def _token(rows: Sequence[Message]) -> bytes:
    """What rows hold, in few bytes."""
    told = hashlib.sha256()
    for row in rows:
        content = row.SerializeToString(deterministic=True)
        told.update(len(content).to_bytes(8, "little"))
        told.update(content)
    return told.digest()


def _read_table(
    name: str, rows: Sequence[Message], fields: Sequence[_Field], faults: list[Fault], token: bytes
) -> RawTable:
    columns: dict[str, pa.Array] = {}
    unreadable: dict[str, frozenset[int]] = {}
    for field in fields:
        column = field.column
        if column.is_list:
            cells, bad = _lists(rows, column.name)
            message = f"an entry holds {shown(_SEPARATOR)}, which separates entries"
            faults += [Fault(name, FIRST_ROW + row, column.name, "LIST_SEPARATOR", message) for row in bad]
            unreadable |= {column.name: frozenset(bad)} if bad else {}
        else:
            cells = _cells(rows, field)
        if cells is not None:
            columns[column.name] = cells
    return RawTable(pa.table(columns), name, first_row=FIRST_ROW, unreadable=unreadable, token=token)


def _cells(rows: Sequence[Message], field: _Field) -> pa.Array | None:
    """A column of single values; None where it is blank throughout and may be."""
    name, descriptor = field.name, field.descriptor
    get: Callable[[Message], Any] = attrgetter(name)
    values: list[Any]
    if descriptor.has_presence:
        values = [get(row) if row.HasField(name) else None for row in rows]
        kind = pa.bool_() if descriptor.type == FieldDescriptor.TYPE_BOOL else pa.int64()
        is_blank = all(value is None for value in values)
    else:
        values, kind = list(map(get, rows)), pa.string()
        is_blank = not any(values)
        if descriptor.enum_type is not None:
            enum = descriptor.enum_type
            values = [word_of(enum, number) for number in values]
    return None if is_blank and not field.column.required else pa.array(values, kind)


def _lists(rows: Sequence[Message], name: str) -> tuple[pa.Array | None, list[int]]:
    """A column of lists as the text a cell would hold, and the rows in which an entry would fall apart."""
    lists = list(map(attrgetter(name), rows))
    if not any(lists):
        return None, []
    bad = [row for row, entries in enumerate(lists) if any(_SEPARATOR in entry for entry in entries)]
    return pa.array([_SEPARATOR.join(entries) for entries in lists], pa.string()), bad


def scenario_message(raw: RawScenario) -> Scenario:
    """Say a raw scenario, its changes applied, as a message.

    Text stays as written; what the message holds as numbers, flags and choices is read for that.

    Raises
    ------
    InputError
        With the faults found in reading it: those of single cells, columns, tables and settings. Only ``build_problem``
        judges the scenario as a whole.
    """
    log = FaultLog(raw.faults)
    settings = read_settings(raw.settings, raw.default_name, log)
    check_table_names(raw, log)
    known = {name: table for name, table in raw.tables.items() if name in TABLES}
    typed = {name: type_table(table, TABLES[name], settings.timezone, log) for name, table in known.items()}
    log.raise_if_any()
    message = Scenario(name=settings.name)
    fill_settings(message, raw.settings)
    for name, table in typed.items():
        make: Callable[..., Message] = getattr(message, name).add
        columns = {field.name: _values(table, field) for field in _tables()[name]}
        given = {column: values for column, values in columns.items() if any(value is not None for value in values)}
        for row in zip(*given.values(), strict=True):
            make(**{column: value for column, value in zip(given, row, strict=True) if value is not None})
    return message


def _values(table: TypedTable, field: _Field) -> list[Any]:
    """A column as values of its field, None where blank."""
    column, cells = field.column, table[field.name]
    if column.name not in table.raw.data.column_names:
        return [None] * len(table)
    if column.is_list or column.kind not in (Kind.INTEGER, Kind.FLAG, Kind.CHOICE):
        encoded = encode(table.raw.data.column(column.name), column)
        assert isinstance(encoded, Encoded)  # type_table has noted a fault otherwise
        texts = encoded.texts().to_pylist()
        return [_entries(text) or None for text in texts] if column.is_list else [text or None for text in texts]
    return _typed_values(cells, field)


def _typed_values(cells: Cells, field: _Field) -> list[Any]:
    values: I64 = cells.values.astype(np.int64)
    if field.descriptor.enum_type is not None:
        numbers = numbers_of(field.descriptor.enum_type)
        # The last stands for the -1 of a blank choice without default, and is never looked at.
        values = np.array([*(numbers[choice] for choice in field.column.choices), 0], np.int64)[values]
    elif field.descriptor.type == FieldDescriptor.TYPE_BOOL:
        values = values.astype(np.bool_)
    return [None if blank else value for blank, value in zip(cells.blank.tolist(), values.tolist(), strict=True)]


def _entries(text: str) -> list[str]:
    return [entry.strip() for entry in text.split(_SEPARATOR) if entry.strip()]
