"""Joins on columns against sets and dictionaries."""

from __future__ import annotations

import numpy as np
import pytest

from dom_engine.audit.tables import distinct


@pytest.mark.parametrize("largest", [0, 3, 1_000, 2**31, 2**62])
@pytest.mark.parametrize("num_columns", [1, 2, 3])
@pytest.mark.parametrize("num_rows", [0, 1, 7, 500])
def test_distinct_numbers_combinations_in_ascending_order(num_rows: int, num_columns: int, largest: int) -> None:
    rng = np.random.default_rng(num_rows + num_columns)
    columns = [rng.integers(-largest, largest + 1, num_rows) for _ in range(num_columns)]
    rows = list(zip(*(column.tolist() for column in columns), strict=True))
    number = {row: k for k, row in enumerate(sorted(set(rows)))}
    first, inverse = distinct(*columns)
    assert inverse.tolist() == [number[row] for row in rows]
    assert first.tolist() == [rows.index(row) for row in number]


def test_distinct_takes_narrow_columns_as_they_are() -> None:
    first, inverse = distinct(np.array([127, -128, 127], np.int8), np.array([1, 0, 1], np.int32))
    assert (first.tolist(), inverse.tolist()) == ([1, 0], [1, 0, 1])
