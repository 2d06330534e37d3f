"""References between tables: labels become indices into the target's sorted ids; what names nothing is noted once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I32, NONE_IDX, Flags, Ids
from dom_engine.errors import Fault
from dom_engine.scenario.kept import kept
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.schema import TABLES, Kind
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.typed import Cells, TypedTable

_KEY_COLUMNS = {
    "nodes": "node",
    "items": "item",
    "services": "service",
    "calendars": "calendar",
    "rates": "rate",
    "orders": "order",
}
"""The column that holds the ids of each table that others refer to."""


@dataclass(frozen=True, slots=True)
class Known:
    """The ids of one table: sorted bytewise; ``elsewhere`` are ids of records that could not be read.

    Not ``complete``: the table, or its key column, could not be read at all, so nothing can be said of references to
    it.
    """

    ids: Ids
    elsewhere: frozenset[str]
    complete: bool


def known_ids(tables: Mapping[str, TypedTable], broken: frozenset[str]) -> dict[str, Known]:
    """The ids of every table that others refer to, by table."""
    known = {}
    for name, column in _KEY_COLUMNS.items():
        table = tables[name]
        if name == "items" and not table.raw.data.num_columns:
            known[name] = Known(_items_in_use(tables), frozenset(), name not in broken)
        else:
            known[name] = _known(table, column, name in broken)
    return known


@kept
def _known(table: TypedTable, column: str, broken: bool) -> Known:
    ragged = frozenset(record[column] for record in table.raw.ragged if column in record)
    unheard = bool(table.raw.data.num_columns) and (
        column not in table.raw.data.column_names or bool(len(table) and table[column].bad.all())
    )
    return Known(sorted_distinct([table[column].labels]), ragged, not broken and not unheard)


def _items_in_use(tables: Mapping[str, TypedTable]) -> Ids:
    """Without a table of items every item that is named exists, with all its columns at their defaults."""
    return sorted_distinct(
        [
            tables[table.name][column.name].labels
            for table in TABLES.values()
            for column in table.columns.values()
            if column.references == "items"
        ]
    )


def sorted_distinct(labels: list[pa.StringArray]) -> Ids:
    """The distinct texts, sorted bytewise."""
    named = [array for array in labels if len(array)]
    if not named:
        return pa.array([], pa.string())
    texts = pc.unique(pa.concat_arrays([array.cast(pa.string()) for array in named]))
    return texts.take(pc.sort_indices(texts))


def indices_of(labels: pa.StringArray, ids: Ids) -> I32:
    """The index of each label among ``ids``, -1 where absent."""
    if not len(labels):
        return np.zeros(0, np.int32)
    found = pc.index_in(labels, value_set=ids).fill_null(NONE_IDX)
    indices: I32 = found.to_numpy(zero_copy_only=False).astype(np.int32)
    return indices


def link(table: TypedTable, known: Mapping[str, Known], log: FaultLog) -> TypedTable:
    """The table with every reference, and its own id, as an index into the sorted ids of the table it belongs to."""
    references = [column.references for column in table.schema.columns.values() if column.kind is Kind.REF]
    return _linked(table, log, known.get(table.schema.name), *(known[target] for target in references))


@kept
def _linked(table: TypedTable, log: FaultLog, own: Known | None, *targets: Known) -> TypedTable:
    cells = dict(table.cells)
    if own is not None:
        key = _KEY_COLUMNS[table.schema.name]
        to_index = np.append(indices_of(cells[key].labels, own.ids), np.int32(NONE_IDX))
        cells[key] = replace(cells[key], values=to_index[cells[key].values], labels=own.ids)
    columns = [column for column in table.schema.columns.values() if column.kind is Kind.REF]
    for column, target in zip(columns, targets, strict=True):
        cells[column.name] = _link_column(table, column.name, target, column.references, log)
    return replace(table, cells=cells)


def _link_column(table: TypedTable, column: str, target: Known, target_name: str, log: FaultLog) -> Cells:
    cells = table[column]
    if not len(cells.labels):
        return replace(cells, labels=target.ids)
    to_index = indices_of(cells.labels, target.ids)
    missing = to_index == NONE_IDX
    if missing.any():
        said = np.flatnonzero(missing)
        elsewhere = [label in target.elsewhere for label in cells.labels.take(pa.array(said)).to_pylist()]
        noted = missing.copy()
        noted[said[np.array(elsewhere, np.bool_)]] = False
        if target.complete:
            _note_unknown(table, column, noted, target, target_name, log)
    if table.schema.columns[column].is_list:
        codes_bad = np.zeros(len(cells.entry_ptr), np.bool_)
        codes_bad[_lists_with(cells, missing)] = True
        return replace(
            cells, entries=to_index[cells.entries], labels=target.ids, bad=cells.bad | codes_bad[cells.values]
        )
    mapping = np.append(to_index, np.int32(NONE_IDX))
    bad = cells.bad | np.append(missing, False)[cells.values]
    return replace(cells, values=mapping[cells.values], labels=target.ids, bad=bad)


def _lists_with(cells: Cells, wanted: Flags) -> I32:
    """The distinct lists that hold one of the wanted labels."""
    at = np.flatnonzero(wanted[cells.entries])
    return (np.searchsorted(cells.entry_ptr, at, side="right") - 1).astype(np.int32)


def _note_unknown(
    table: TypedTable, column: str, unknown: Flags, target: Known, target_name: str, log: FaultLog
) -> None:
    cells = table[column]
    names = NearestName([*target.ids.to_pylist(), *target.elsewhere])
    what = _KEY_COLUMNS[target_name]
    if not table.schema.columns[column].is_list:
        for row in np.flatnonzero(np.append(unknown, False)[cells.values]).tolist():
            label = cells.labels[int(cells.values[row])].as_py()
            log.add(_unknown(table, row, column, unknown_name(what, label, names)))
        return
    has_unknown = np.zeros(len(cells.entry_ptr), np.bool_)
    has_unknown[_lists_with(cells, unknown)] = True
    for row in np.flatnonzero(has_unknown[cells.values]).tolist():
        code = int(cells.values[row])
        for entry in cells.entries[cells.entry_ptr[code] : cells.entry_ptr[code + 1]].tolist():
            if unknown[entry]:
                log.add(_unknown(table, row, column, unknown_name(what, cells.labels[entry].as_py(), names)))


def _unknown(table: TypedTable, row: int, column: str, message: str) -> Fault:
    return table.fault(row, column, "UNKNOWN_ID", message)
