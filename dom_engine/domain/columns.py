"""The building blocks of every columnar table: ids as Arrow strings, lists inside a cell as CSR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
