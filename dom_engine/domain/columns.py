"""The building blocks of every columnar table: ids as Arrow strings, lists inside a cell as CSR."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Ids = pa.StringArray
"""A column of ids or free text: Arrow, so that a million of them are two buffers and not a million objects."""

Table = TypeVar("Table", bound=Any)

NONE_IDX = -1
"""The index of nothing: a blank reference."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of indices, one per row: row ``i`` holds ``idx[ptr[i]:ptr[i + 1]]``, ascending."""

    ptr: I64
    idx: I32

    def __getitem__(self, row: int) -> I32:
        return self.idx[self.ptr[row] : self.ptr[row + 1]]

    def __len__(self) -> int:
        return len(self.ptr) - 1

    @property
    def lengths(self) -> I64:
        """Entries per row."""
        return np.diff(self.ptr)

    @classmethod
    def empty(cls, num_rows: int) -> Lists:
        """``num_rows`` empty lists."""
        return cls(ptr=np.zeros(num_rows + 1, np.int64), idx=np.zeros(0, np.int32))


def freeze(table: Any) -> None:
    """Make every array of a frozen dataclass read-only; called from ``__post_init__``."""
    for name in table.__dataclass_fields__:
        value = getattr(table, name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
        elif isinstance(value, Lists):
            value.ptr.setflags(write=False)
            value.idx.setflags(write=False)


def taken_rows(table: Table, rows: I64, skip: str = "") -> Table:
    """The rows of a columnar table, in that order; the column ``skip`` stays as it is."""
    taken: dict[str, Any] = {}
    for name in table.__dataclass_fields__:
        column = getattr(table, name)
        if name == skip:
            continue
        if isinstance(column, Lists):
            taken[name] = lists_of([column[row] for row in rows])
        elif isinstance(column, pa.Array):
            taken[name] = column.take(pa.array(rows))
        else:
            taken[name] = column[rows]
    return replace(table, **taken)


def lists_of(entries: Sequence[I32]) -> Lists:
    """Lists by their entries."""
    ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum([len(entry) for entry in entries])])
    return Lists(ptr.astype(np.int64), np.concatenate([*entries, np.zeros(0, np.int32)]).astype(np.int32))
