"""States as mixed-radix numbers."""

from __future__ import annotations

from dom_engine.certificate.shapes import Shape


def test_states_count_the_first_line_highest() -> None:
    shape = Shape((2, 3))
    assert shape.num_states == 6
    assert shape.digits.tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]


def test_below_holds_what_a_state_contains_but_nothing() -> None:
    assert Shape((2, 3)).below(4).tolist() == [1, 3, 4]
    assert Shape((4,)).below(3).tolist() == [1, 2, 3]
    assert Shape(()).below(0).tolist() == []


def test_splits_are_all_sums_of_two() -> None:
    first, second, begin = Shape((2, 2)).splits
    assert (first + second).tolist() == [0, 1, 1, 2, 2, 3, 3, 3, 3]
    assert begin.tolist() == [0, 1, 3, 5]
    assert first[begin].tolist() == [0, 0, 0, 0]


def test_below_is_the_same_where_too_much_to_keep() -> None:
    large = Shape((40, 40, 3))
    assert not large.keeps_splits
    expected = [state for state in range(1, 800) if (large.digits[state] <= large.digits[800]).all()] + [800]
    assert large.below(800).tolist() == expected
