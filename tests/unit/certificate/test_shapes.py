"""States of shapes, against their digits written out."""

from __future__ import annotations

from itertools import product

import pytest

from dom_engine.certificate.shapes import Shape


@pytest.mark.parametrize("radix", [(), (2,), (5,), (2, 2), (3, 1, 4), (2, 3, 2, 5), (7, 64, 9)])
def test_below_lists_what_fits_into_a_state(radix: tuple[int, ...]) -> None:
    shape = Shape(radix)
    states = list(product(*(range(digits) for digits in radix)))
    for state in range(0, len(states), max(1, len(states) // 50)):
        fits = [
            part
            for part, digits in enumerate(states)
            if part and all(a <= b for a, b in zip(digits, states[state], strict=True))
        ]
        assert shape.below(state).tolist() == fits


@pytest.mark.parametrize("radix", [(), (4,), (3, 2), (2, 3, 4)])
def test_splits_are_every_way_to_write_every_state_as_a_sum(radix: tuple[int, ...]) -> None:
    shape = Shape(radix)
    first, second, begin = shape.splits
    for state in range(shape.num_states):
        end = begin[state + 1] if state + 1 < shape.num_states else len(first)
        ways = list(zip(first[begin[state] : end].tolist(), second[begin[state] : end].tolist(), strict=True))
        assert ways == [(part, state - part) for part in (0, *shape.below(state).tolist())]
