"""Equal rows of a CSR table found by hashing: what many orders share is then computed once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64
from solvers.jit import kernel


class DistinctRows(NamedTuple):
    """Rows by class, numbered by first appearance.

    ``class_of`` is int32[num_rows]; class c holds ``idx[ptr[c]:ptr[c + 1]]``.
    """

    class_of: I32
    ptr: I64
    idx: I32

    @property
    def num_classes(self) -> int:
        """How many rows are distinct."""
        return len(self.ptr) - 1


@kernel
def _classify(ptr: I64, idx: I32, slots: I32, class_of: I32, first_row: I32) -> int:
    mask = np.uint64(len(slots) - 1)
    num_classes = 0
    for row in range(len(ptr) - 1):
        start, end = ptr[row], ptr[row + 1]
        hashed = np.uint64(14695981039346656037)
        for k in range(start, end):
            hashed = (hashed ^ np.uint64(idx[k])) * np.uint64(1099511628211)
        # FNV leaves its high bits better mixed than the low ones that pick the slot.
        hashed ^= hashed >> np.uint64(29)
        while True:
            slot = np.int64(hashed & mask)
            known = slots[slot]
            if known < 0:
                slots[slot] = num_classes
                first_row[num_classes] = row
                class_of[row] = num_classes
                num_classes += 1
                break
            other = ptr[first_row[known]]
            same = ptr[first_row[known] + 1] - other == end - start
            k = 0
            while same and k < end - start:
                same = idx[other + k] == idx[start + k]
                k += 1
            if same:
                class_of[row] = known
                break
            hashed += np.uint64(1)
    return num_classes


def distinct_rows(ptr: I64, idx: I32) -> DistinctRows:
    """Number the distinct rows of a CSR table by first appearance; O(entries) expected.

    Parameters
    ----------
    ptr
        int64[num_rows + 1].
    idx
        int32 entries; rows are equal when they hold the same entries in the same order.
    """
    num_rows = len(ptr) - 1
    class_of = np.zeros(num_rows, np.int32)
    if num_rows and ptr[-1] == ptr[0]:
        return DistinctRows(class_of, np.zeros(2, np.int64), np.zeros(0, np.int32))
    first_row = np.empty(num_rows, np.int32)
    slots = np.full(1 << max(4, (2 * num_rows).bit_length()), -1, np.int32)
    num_classes = _classify(ptr, idx, slots, class_of, first_row)
    first_row = first_row[:num_classes]
    lengths = ptr[first_row + 1] - ptr[first_row]
    class_ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
    within = np.arange(class_ptr[-1]) - np.repeat(class_ptr[:-1], lengths)
    return DistinctRows(class_of, class_ptr, idx[np.repeat(ptr[first_row], lengths) + within])
