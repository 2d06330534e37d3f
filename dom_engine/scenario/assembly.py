"""Clean typed tables to sorted domain columns: rows in canonical order, labels as indices into sorted vocabularies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dom_engine.domain.columns import F64, I8, I32, I64, NONE_IDX, Flags, Ids, Lists
from dom_engine.scenario.encoding import Encoded
from dom_engine.scenario.kept import same_texts
from dom_engine.scenario.references import indices_of, sorted_distinct
from dom_engine.scenario.typed import Cells, TypedTable


@dataclass(frozen=True, slots=True)
class Rows:
    """A table's columns in a given order of rows."""

    table: TypedTable
    order: I64

    def __len__(self) -> int:
        return len(self.order)

    def ints(self, column: str) -> I64:
        """An integer column."""
        return self.table.ints(column)[self.order]

    def floats(self, column: str) -> F64:
        """A float column."""
        return self.table.floats(column)[self.order]

    def flags(self, column: str) -> Flags:
        """A flag column."""
        return self.table.flags(column)[self.order]

    def choices(self, column: str) -> I8:
        """A choice column."""
        return self.table.choices(column)[self.order]

    def refs(self, column: str) -> I32:
        """A reference column: indices into the target's sorted ids, -1 empty."""
        return self.table[column].values[self.order].astype(np.int32)

    def blank(self, column: str) -> Flags:
        """Where a column is empty."""
        return self.table[column].blank[self.order]

    def texts(self, column: str) -> Ids:
        """A text column written out, '' where empty."""
        cells = self.table[column]
        return Encoded(cells.values[self.order], cells.labels).texts()

    def labels(self, column: str, vocabulary: Ids) -> I32:
        """A text column as indices into a vocabulary, -1 empty."""
        cells = self.table[column]
        to_index = np.append(indices_of(cells.labels, vocabulary), np.int32(NONE_IDX))
        return to_index[cells.values[self.order]]

    def ref_lists(self, column: str) -> Lists:
        """A list of references per row."""
        cells = self.table[column]
        return expand_lists(cells, cells.entries.astype(np.int32), self.order)

    def label_lists(self, column: str, vocabulary: Ids) -> Lists:
        """A list of labels per row, as indices into a vocabulary."""
        cells = self.table[column]
        return expand_lists(cells, indices_of(cells.labels, vocabulary)[cells.entries], self.order)


def expand_lists(cells: Cells, entries: I32, order: I64) -> Lists:
    """The distinct lists of a column, with these entries, laid out by row: ascending, without repetitions."""
    num_lists = len(cells.entry_ptr) - 1
    if not len(entries):
        return Lists.empty(len(order))
    of_list = np.repeat(np.arange(num_lists, dtype=np.int64), np.diff(cells.entry_ptr))
    pairs = np.unique(np.stack([of_list, entries.astype(np.int64)], axis=1), axis=0)
    # One more, empty list at the end: what the code -1 of an empty cell points to.
    lengths = np.append(np.bincount(pairs[:, 0], minlength=num_lists), 0)
    starts = np.append(0, np.cumsum(lengths))[:-1]
    codes = cells.values[order]
    ptr = np.append(0, np.cumsum(lengths[codes])).astype(np.int64)
    at = np.arange(ptr[-1]) + np.repeat(starts[codes] - ptr[:-1], lengths[codes])
    return Lists(ptr, pairs[at, 1].astype(np.int32))


def vocabulary(*columns: Cells) -> Ids:
    """Every label that the columns use, sorted bytewise."""
    return same_texts(sorted_distinct([cells.labels for cells in columns]))


def one_per_id(table: TypedTable, column: str) -> Rows:
    """The rows of a table with unique ids, sorted by them."""
    order = np.empty(len(table), np.int64)
    order[table[column].values] = np.arange(len(table))
    return Rows(table, order)


def sorted_by(table: TypedTable, *keys: I64 | I32 | I8) -> Rows:
    """All rows of a table sorted by the keys, the first the most significant."""
    return Rows(table, np.lexsort(keys[::-1]).astype(np.int64))


def label_ranks(cells: Cells) -> I64:
    """Per row the bytewise rank of its label, -1 empty."""
    return np.append(indices_of(cells.labels, sorted_distinct([cells.labels])), NONE_IDX)[cells.values].astype(np.int64)


def empty_texts(num_rows: int) -> Ids:
    """A column of empty texts."""
    return pa.array([""] * num_rows, pa.string())
