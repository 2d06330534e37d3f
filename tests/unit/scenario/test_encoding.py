from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

import pyarrow as pa
import pytest

from dom_engine.scenario.encoding import Encoded, encode
from dom_engine.scenario.schema import TABLES


def encoded(cells: pa.Array, table: str, column: str) -> list[str] | str:
    result = encode(pa.chunked_array([cells]), TABLES[table].columns[column])
    if isinstance(result, str):
        return result
    assert isinstance(result, Encoded)
    assert set(result.codes.tolist()) - {-1} == set(range(len(result.values)))
    return [str(text) for text in result.texts().to_pylist()]


def test_text_is_verbatim_and_empty_cells_are_empty() -> None:
    assert encoded(pa.array(["007", "", None, " x ", "007"]), "nodes", "node") == ["007", "", "", " x ", "007"]


def test_numbers_lose_outer_white_space() -> None:
    assert encoded(pa.array([" 1 ", "  ", "1", ""]), "nodes", "unit_cost") == ["1", "", "1", ""]


@pytest.mark.parametrize(
    "cells",
    [
        pa.array(["a", None, "b", "a"]).dictionary_encode(),
        pa.array(["a", None, "b", "a"], pa.large_string()),
        pa.array(["a", None, "b", "a"], pa.string_view()),
    ],
)
def test_text_types(cells: pa.Array) -> None:
    assert encoded(cells, "orders", "customer") == ["a", "", "b", "a"]


def test_an_unused_entry_of_a_dictionary_is_no_value() -> None:
    cells = pa.DictionaryArray.from_arrays(pa.array([0, 0]), pa.array(["a", "ghost"]))
    assert encoded(cells, "orders", "customer") == ["a", "a"]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([3, None, -1], pa.int64()), ["3", "", "-1"]),
        (pa.array([0.1, None, 1e22, 3.0]), ["0.1", "", "1e+22", "3"]),
        (pa.array([0.1], pa.float32()), ["0.1"]),  # as the float prints, not as its nearest double
        (pa.array([Decimal("1.50")], pa.decimal128(9, 2)), ["1.50"]),
        (pa.array([float("nan")]), ["nan"]),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_numbers_become_the_text_they_print_as(cells: pa.Array, expected: list[str]) -> None:
    assert encoded(cells, "nodes", "unit_cost") == expected


def test_other_types() -> None:
    assert encoded(pa.array([True, None, False]), "nodes", "enabled") == ["true", "", "false"]
    assert encoded(pa.array([time(16, 30)]), "nodes", "cutoff")[0].startswith("16:30:00")
    assert encoded(pa.array([["a", "b"], [], None]), "nodes", "tags") == ["a;b", "", ""]
    zoned = pa.array([datetime(2026, 3, 1, 12, tzinfo=UTC)], pa.timestamp("ns", "America/New_York"))
    assert encoded(zoned, "orders", "latest") == ["2026-03-01 12:00:00Z"]
    local = pa.array([datetime(2026, 3, 1, 12)], pa.timestamp("us"))  # noqa: DTZ001 - a wall clock
    assert encoded(local, "orders", "latest") == ["2026-03-01 12:00:00"]


@pytest.mark.parametrize(
    ("cells", "table", "column", "reason"),
    [
        (pa.array([7]), "nodes", "node", "never converted"),
        (pa.array([7.0]), "order_lines", "item", "never converted"),
        (pa.array([1067]), "orders", "postal_code", "never converted"),
        (pa.array([True]), "nodes", "unit_cost", "money is expected"),
        (pa.array([1]), "nodes", "enabled", "flag is expected"),
        (pa.array([[1]]), "nodes", "tags", "never converted"),
        (pa.array([["a"]]), "nodes", "country", "never converted"),
        (pa.array([b"x"]), "nodes", "node", "never converted"),
    ],
)
def test_types_that_a_column_does_not_admit(cells: pa.Array, table: str, column: str, reason: str) -> None:
    message = encoded(cells, table, column)
    assert isinstance(message, str)
    assert reason in message
