"""The work that small batches take is what was recorded, or less: a slower search is seen without a clock."""

from __future__ import annotations

import pytest

from benchmarks.counters import CASES, count, read_stored, risen

ANEW = "if the search changed on purpose: make counters, and say why in the commit"


@pytest.mark.parametrize("name", sorted(CASES))
def test_no_counter_rose_by_a_fifth(name: str) -> None:
    assert risen(read_stored()[name], count(name)) == [], ANEW


def test_every_case_is_recorded() -> None:
    assert sorted(read_stored()) == sorted(CASES)


def test_a_rise_is_found_and_so_is_a_counter_that_is_gone() -> None:
    assert risen({"work": 100, "nodes": 0}, {"work": 120, "nodes": 0}) == []
    assert risen({"work": 100, "nodes": 5}, {"work": 121, "nodes": 5}) == ["work: 100 -> 121"]
    assert risen({"work": 100}, {"work": 50, "passes": 1}) == ["passes: recorded on one side only"]
    assert risen({"nodes": 0}, {"nodes": 1}) == ["nodes: 0 -> 1"]
