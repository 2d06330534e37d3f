"""Scoring kernels on cases worked out by hand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dom_engine.candidates.lanes import Prefixes
from dom_engine.kernels.clocks import OpenTimes, ready_instants
from dom_engine.kernels.distances import great_circle_m
from dom_engine.kernels.distinct import distinct_rows
from dom_engine.units import NEVER_S


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float, *, located: bool = True) -> int:
    first, there = np.zeros(1, np.int32), np.array([located])
    ends = [np.array([degrees]) for degrees in (lat, lon, other_lat, other_lon)]
    return int(great_circle_m(first, first, ends[0], ends[1], there, ends[2], ends[3], np.ones(1, np.bool_))[0])


def test_distances_of_known_arcs() -> None:
    # A degree is pi * 6,371,008.8 m / 180; half the way round is 180 of them.
    assert distance_m(0, 0, 1, 0) == 111_195
    assert distance_m(0, 179.5, 0, -179.5) == 111_195
    assert distance_m(90, 0, -90, 0) == 20_015_114
    assert distance_m(41.88, -87.63, 41.88, -87.63) == 0


def test_without_a_location_the_distance_is_0() -> None:
    assert distance_m(10, 10, 50, 50, located=False) == 0


@pytest.mark.parametrize(
    ("start_s", "handling_s", "ready_s"),
    [
        (5, 0, 5),  # no handling: at once, on a closed day too
        (5, 1, 11),  # closed until 10
        (12, 8, 20),  # done at the very end of the open day, not at the start of the next
        (12, 9, 31),
        (30, 10, 40),
        (30, 11, NEVER_S),
        (40, 1, NEVER_S),
    ],
)
def test_handling_counts_open_time_only(start_s: int, handling_s: int, ready_s: int) -> None:
    times = OpenTimes(np.array([0, 2]), np.array([10, 30]), np.array([20, 40]), np.array([0, 10]))
    found = ready_instants(np.zeros(1, np.int32), np.array([handling_s]), np.array([start_s]), times)
    assert found.tolist() == [ready_s]


def test_equal_rows_share_a_class() -> None:
    found = distinct_rows(np.array([0, 2, 2, 4, 5, 5]), np.array([7, 8, 7, 8, 7], np.int32))
    assert found.class_of.tolist() == [0, 1, 0, 2, 1]
    assert found.ptr.tolist() == [0, 2, 2, 3]
    assert found.idx.tolist() == [7, 8, 7]


def test_no_rows_have_no_classes() -> None:
    assert distinct_rows(np.zeros(1, np.int64), np.zeros(0, np.int32)).num_classes == 0


def test_postal_prefixes_are_the_longest_a_code_begins_with() -> None:
    prefixes = Prefixes(pa.array(["9", "", "902", "9", "ß"]))
    codes = pa.array(["90210", "9", "90", "", "8", "902", "ßx"])
    assert prefixes.longest_of(codes).tolist() == [3, 1, 1, 0, 0, 3, 2]
    # "902" begins with "9", and that with nothing; there is no "90" between them.
    assert prefixes.shorter.tolist() == [-1, 0, 0, 1]
