"""Fronts of made-up points: who beats whom, who is on the hull, and what input is refused."""

from __future__ import annotations

import pytest

from dom_engine.errors import InputError
from dom_engine.weights.front import Rank, ranks
from dom_engine.weights.objectives import objectives_of


def test_who_beats_whom() -> None:
    vectors = [(10, 0), (0, 10), (6, 6), (10, 0), (7, 7), (4, 4)]
    # (6, 6) lies above the line between (10, 0) and (0, 10): on the front once (4, 4) is not admissible.
    found = ranks(vectors, [True, True, True, True, True, False])
    assert found == [
        Rank(front=True, supported=True),
        Rank(front=True, supported=True),
        Rank(front=True, supported=False),
        Rank(front=False, same_as=0),
        Rank(front=False, dominated_by=2),
        Rank(front=False),
    ]
    assert [rank.front for rank in ranks(vectors, [True] * 6)] == [True, True, False, False, False, True]
    assert ranks(vectors, [True] * 6)[4].dominated_by == 5


def test_three_objectives() -> None:
    found = ranks([(0, 0, 9), (0, 9, 0), (9, 0, 0), (4, 4, 4), (1, 1, 1)], [True] * 5)
    assert [(rank.front, rank.supported) for rank in found] == [
        (True, True),
        (True, True),
        (True, True),
        (False, False),
        (True, True),
    ]


def test_no_points_no_front() -> None:
    assert ranks([], []) == []


def test_an_objective_nobody_has() -> None:
    with pytest.raises(InputError, match="unknown objective 'cots'; the nearest known is 'cost'"):
        objectives_of(["cots", "cost"], "objective")
    with pytest.raises(InputError, match="'cost' is given twice"):
        objectives_of(["cost", "cost"], "objective")
    assert [one.knob for one in objectives_of(["co2_kg", "raw_costs.freight"], "objective")] == [
        "policy.carbon_cost_per_kg",
        "weights.freight",
    ]
