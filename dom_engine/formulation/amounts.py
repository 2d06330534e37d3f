"""Constant amounts of section 5: rounded half-even to micros, times the weight, rounded half-even again, all exactly.

Decimals are read as written (``0.1`` is one tenth), as fractions of integers, so that no binary rounding
decides a tie.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dom_engine.domain.columns import F64, I64
from dom_engine.errors import InputError
from dom_engine.units import MICROS_PER_UNIT

_SAFE = 2**62


@lru_cache(maxsize=4_096)  # the same few weights and factors, asked for by every table
def exact(value: float) -> Fraction:
    """The decimal a float was read from."""
    return Fraction(repr(value))


def _times(values: npt.NDArray[Any], factor: int) -> npt.NDArray[Any]:
    """Integers times an integer, in Python's integers where 64 bits may not do."""
    largest = max(abs(int(values.max())), abs(int(values.min())), 1) if len(values) else 1
    return (values.astype(object) if largest * abs(factor) >= _SAFE else values) * factor


def ratio_half_even(numerator: npt.NDArray[Any], denominator: int) -> I64:
    """``numerator / denominator`` (> 0) rounded half-even, int64.

    Raises
    ------
    InputError
        When a result leaves 64 bits.
    """
    if denominator >= _SAFE // 2:
        numerator = numerator.astype(object)
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    rounded = quotient + ((twice > denominator) | ((twice == denominator) & (quotient % 2 == 1)))
    if rounded.dtype == object and any(abs(int(value)) >= _SAFE for value in rounded):
        raise InputError.single("scenario.yaml", "a weighted cost does not fit 64 bits", code="OVERFLOW")
    return np.asarray(rounded, np.int64)


def weighted(raw_micros: I64, weight: float) -> I64:
    """Raw micros times a cost weight, rounded half-even, int64."""
    factor = exact(weight)
    return ratio_half_even(_times(raw_micros, factor.numerator), factor.denominator)


def weighted_one(raw_micros: int, weight: float) -> int:
    """``weighted`` of a single amount."""
    return int(weighted(np.array([raw_micros], np.int64), weight)[0])


def unmet_micros(unmet_cost_micros: I64, unit_price_micros: I64, value_pct: float, factor: F64) -> I64:
    """Raw cost of leaving out one unit of each line, int64[num_lines].

    It is factor * (unmet_cost + value_pct / 100 * unit_price).
    """
    share = exact(value_pct) / 100
    # Each part stays below half of 64 bits, or is in Python's integers already.
    total = _times(unmet_cost_micros, share.denominator) + _times(unit_price_micros, share.numerator)
    raw = np.empty(len(unmet_cost_micros), np.int64)
    for value in np.unique(factor).tolist():
        rows = factor == value
        times = exact(value)
        raw[rows] = ratio_half_even(_times(total[rows], times.numerator), times.denominator * share.denominator)
    return raw


def micros_per_unit(rates: F64) -> F64:
    """Money per measure as micros per measure, each the double nearest to the decimal given."""
    distinct, inverse = np.unique(rates, return_inverse=True)
    return np.array([float(exact(rate) * MICROS_PER_UNIT) for rate in distinct.tolist()], np.float64)[
        inverse.reshape(-1)
    ]
