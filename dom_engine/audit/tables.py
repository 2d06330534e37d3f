"""Joins and memberships on columns: the few relational steps that the audit needs, vectorised."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from dom_engine.domain.columns import I64, Flags, Lists

Indices = npt.NDArray[np.signedinteger[Any]]

_FEWEST_ROWS = 8
"""So few rows Python numbers before NumPy has begun."""

_MOST_FLAGS, _FLAGS_PER_VALUE = 256, 8
"""How far apart values may lie for a table of flags: beyond, sorting them takes less."""


def distinct(*columns: Indices) -> tuple[I64, I64]:
    """Number the distinct rows of some equally long columns.

    Returns
    -------
    first, inverse
        ``first[k]`` is the first row that shows combination ``k``; ``inverse`` maps every row to its combination.
    """
    if len(columns[0]) <= _FEWEST_ROWS:
        return _distinct_few([tuple(row) for row in zip(*(column.tolist() for column in columns), strict=True)])
    key = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        codes, count = _dense(column)
        # Codes are dense, so a product of two counts cannot leave 64 bits.
        key = _dense(key * max(1, count) + codes)[0]
    first = np.zeros(int(key.max()) + 1 if len(key) else 0, np.int64)
    first[key[::-1]] = np.arange(len(key) - 1, -1, -1)
    return first, key


def _distinct_few(rows: list[tuple[int, ...]]) -> tuple[I64, I64]:
    number = {row: at for at, row in enumerate(sorted(set(rows)))}
    return np.array([rows.index(row) for row in number], np.int64), np.array([number[row] for row in rows], np.int64)


def _dense(values: Indices) -> tuple[I64, int]:
    """Values as ranks among the distinct ones, and how many those are.

    By a table of flags where the values lie close together, as indices mostly do: a tenth of the time of sorting.
    """
    low, high = (int(values.min()), int(values.max())) if len(values) else (0, -1)
    if high - low > _MOST_FLAGS + _FLAGS_PER_VALUE * len(values):
        distinct_values, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), len(distinct_values)
    offset = values.astype(np.int64) - low
    shown = np.zeros(high - low + 1, np.bool_)
    shown[offset] = True
    rank = np.cumsum(shown, dtype=np.int64) - 1
    return rank[offset], int(rank[-1]) + 1 if len(rank) else 0


def spans(starts: Indices, lengths: Indices) -> tuple[I64, I64]:
    """Expand spans ``starts[i] .. starts[i] + lengths[i]``: the owner of each entry, and the entry."""
    owner = np.repeat(np.arange(len(starts), dtype=np.int64), lengths)
    before = np.cumsum(lengths, dtype=np.int64) - lengths
    entry = np.arange(len(owner), dtype=np.int64) - before[owner] + np.asarray(starts, np.int64)[owner]
    return owner, entry


def entries(lists: Lists, rows: Indices) -> tuple[I64, I64]:
    """The entries of the lists of ``rows``: position within ``rows``, and value."""
    owner, entry = spans(lists.ptr[rows], lists.lengths[rows])
    return owner, lists.idx[entry].astype(np.int64)


def contains(lists: Lists, rows: Indices, values: Indices) -> Flags:
    """Whether ``values[i]`` stands in the list of row ``rows[i]``."""
    if not len(lists.idx):
        return np.zeros(len(rows), np.bool_)
    width = int(max(lists.idx.max(), values.max(initial=0))) + 1
    owners = np.repeat(np.arange(len(lists), dtype=np.int64), lists.lengths)
    keys = owners * width + lists.idx
    wanted = np.asarray(rows, np.int64) * width + values
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found: Flags = (keys[at] == wanted) & (np.asarray(values) >= 0)
    return found


def allowed(lists: Lists, rows: Indices, values: Indices) -> Flags:
    """``contains``, where an empty list allows everything."""
    unlimited: Flags = lists.lengths[rows] == 0
    return unlimited | contains(lists, rows, values)


def covers(have: Lists, have_rows: Indices, need: Lists, need_rows: Indices) -> Flags:
    """Whether every entry of list ``need_rows[i]`` of ``need`` stands in list ``have_rows[i]`` of ``have``."""
    owner, value = entries(need, need_rows)
    missing = ~contains(have, np.asarray(have_rows)[owner], value)
    result = np.ones(len(need_rows), np.bool_)
    result[owner[missing]] = False
    return result
