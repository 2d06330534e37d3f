from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dom_engine.domain.columns import Lists
from dom_engine.domain.transport import Duties


def test_lists_are_rows_of_indices() -> None:
    lists = Lists(ptr=np.array([0, 2, 2, 3]), idx=np.array([1, 4, 0], np.int32))
    assert [lists[row].tolist() for row in range(len(lists))] == [[1, 4], [], [0]]
    assert lists.lengths.tolist() == [2, 0, 1]


def test_empty_lists() -> None:
    lists = Lists.empty(3)
    assert (len(lists), lists[2].tolist(), lists.idx.dtype) == (3, [], np.int32)


def test_tables_are_read_only() -> None:
    zero = np.zeros(1, np.int32)
    duties = Duties(zero, zero.copy(), pa.array([""]), np.zeros(1))
    with pytest.raises(ValueError, match="read-only"):
        duties.pct[0] = 1.0
