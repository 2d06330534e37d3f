"""Knobs: which there are, how values read, what is no grid and no range."""

from __future__ import annotations

import pytest

from dom_engine.errors import InputError
from dom_engine.weights.knobs import Range, as_changes, grid, number_text, parse_ranges, parse_values, value_text


def codes(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [fault.code for fault in error.value.faults]


def test_a_grid_is_every_combination_the_last_knob_fastest() -> None:
    points = grid({"weights.late": [0, 1.0], "policy.fill_first": [False, "True"]})
    assert points == [
        (("weights.late", "0"), ("policy.fill_first", "false")),
        (("weights.late", "0"), ("policy.fill_first", "true")),
        (("weights.late", "1"), ("policy.fill_first", "false")),
        (("weights.late", "1"), ("policy.fill_first", "true")),
    ]
    assert grid({"weights.late": ["1", "1.0", "1e0"]}) == [(("weights.late", "1"),)]
    assert as_changes(points[3]) == [{"weights": {"late": "1"}}, {"policy": {"fill_first": "true"}}]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "EMPTY_GRID"),
        ({"weights.late": []}, "EMPTY_GRID"),
        ({"weights.late": ["1", ""]}, "EMPTY_GRID"),
        ({"weights.late": range(400), "weights.split": range(400)}, "TOO_MANY"),
        ({"late": [1]}, "UNKNOWN_KNOB"),
        ({"policy.priority_factor": [1]}, "UNKNOWN_KNOB"),
    ],
)
def test_what_is_no_grid(values: dict[str, list[object]], code: str) -> None:
    with pytest.raises(InputError) as error:
        grid(values)
    assert codes(error) == [code]


def test_ranges_and_choices() -> None:
    words = ["weights.late=0.1:10", "policy.split_cost=0,2,2.0", "policy.fill_first=true,false"]
    assert parse_ranges(words) == [
        Range("weights.late", 0.1, 10.0),
        Range("policy.split_cost", choices=("0", "2")),
        Range("policy.fill_first", choices=("true", "false")),
    ]
    assert Range("policy.max_shipments", 0, 3).whole


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("weights.late", "MALFORMED"),
        ("weights.late=5", "MALFORMED"),
        ("weights.late=a:b", "MALFORMED"),
        ("policy.fill_first=0:1", "MALFORMED"),
        ("weights.late=5:5", "EMPTY_RANGE"),
        ("weights.late=0:nan", "EMPTY_RANGE"),
        ("weights.lates=0:1", "UNKNOWN_KNOB"),
    ],
)
def test_what_is_no_range(word: str, code: str) -> None:
    with pytest.raises(InputError) as error:
        parse_ranges([word])
    assert codes(error) == [code]


def test_a_knob_twice_is_a_mistake() -> None:
    with pytest.raises(InputError, match="given twice"):
        parse_values(["weights.late=1", "weights.late=2"])


def test_numbers_read_the_same_however_written() -> None:
    assert [value_text(v) for v in (1, 1.0, "1.00", "1e2", True, "arrival", "inf")] == [
        *("1", "1", "1", "100", "true", "arrival", "inf")
    ]
    assert [number_text(v) for v in (0.1 + 0.2, 1e-7, 123456789.0, 0.0)] == ["0.3", "0.0000001", "123457000", "0"]
