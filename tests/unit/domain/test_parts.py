"""What is remembered of parts of a problem: by the parts alone, and by all that are looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dom_engine.candidates.lanes import lane_index_of
from dom_engine.candidates.schedules import open_times_of, schedules_of
from dom_engine.domain import parts
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.scenario.load import load_scenario


@pytest.fixture
def problem(repository: Path) -> Problem:
    return load_scenario(repository / "scenarios" / "quickstart")


def test_the_same_parts_are_looked_at_once(problem: Problem) -> None:
    asked: list[int] = []

    @of_parts("nodes", "now_s")
    def num_nodes(seen: Problem) -> int:
        asked.append(seen.now_s)
        return len(seen.nodes)

    later = replace(problem, now_s=problem.now_s + 1)
    assert [num_nodes(problem), num_nodes(replace(problem, name="other")), num_nodes(later)] == [len(problem.nodes)] * 3
    assert asked == [problem.now_s, later.now_s]
    num_nodes(replace(problem, nodes=replace(problem.nodes)))  # it holds the same, but who would compare it?
    assert len(asked) == 3


def test_no_other_part_is_there_to_look_at(problem: Problem) -> None:
    @of_parts("nodes")
    def wrong(seen: Problem) -> int:
        return seen.now_s

    with pytest.raises(AttributeError, match="now_s"):
        wrong(problem)


def test_what_is_large_or_was_long_ago_is_not_kept(problem: Problem, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    @of_parts("nodes", "now_s")
    def noted(seen: Problem) -> int:
        asked.append(seen.now_s)
        return seen.now_s

    monkeypatch.setattr(parts, "MOST_KEPT", 2)
    for now_s in (1, 2, 3, 1):
        noted(replace(problem, now_s=now_s))
    assert asked == [1, 2, 3, 1]
    monkeypatch.setattr(parts, "MOST_ROWS", 0)
    noted(replace(problem, now_s=1))
    assert asked == [1, 2, 3, 1, 1]


def test_nothing_of_an_earlier_problem_stays(problem: Problem) -> None:
    """Another calendar, horizon or lane is another schedule, and what is remembered is what would be made anew."""
    asked = (schedules_of, open_times_of, lane_index_of)
    for changed in (problem, replace(problem, horizon_s=problem.horizon_s // 2), problem):
        for function in asked:
            anew = replace(changed, nodes=replace(changed.nodes))
            assert repr(function(changed)) == repr(function(anew))
    half = replace(problem, horizon_s=problem.horizon_s // 2)
    assert len(schedules_of(half).dispatch_s) < len(schedules_of(problem).dispatch_s)
