"""Exact integer arithmetic on columns: int64 where bounds prove that nothing wraps, Python integers elsewhere.

Amounts are products of integers and of rates given as decimals. Every rate becomes an integer over a power of ten, so
an amount is one integer over one denominator, and rounding it half-even needs no floating point and no tolerance.
Columns stay int64 as long as the largest magnitudes show that no product or sum leaves 62 bits; beyond that they turn
into object columns of Python integers, about twenty times slower and never wrong.
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from dom_engine.domain.columns import F64, I64

Integers = npt.NDArray[Any]
"""A column of integers: int64, or object holding Python integers."""

SAFE_MAGNITUDE = 2**62

_FEW, _FEWEST = 256, 8
"""Columns up to the first length are read as decimals once; up to the second Python is done before NumPy has begun."""


def magnitude(values: Integers | int) -> int:
    """The largest absolute value, 0 for an empty column."""
    if isinstance(values, int):
        return abs(values)
    if values.size <= _FEWEST:
        return max(map(abs, values.ravel().tolist()), default=0)
    return max(abs(int(values.min())), abs(int(values.max())))


def _widest(values: Integers | int) -> Integers | int:
    return values if isinstance(values, int) else values.astype(object)


def integers(values: list[int]) -> Integers:
    """A column of Python integers, as int64 where all of them fit."""
    wide = any(abs(value) >= SAFE_MAGNITUDE for value in values)
    return np.array(values, object if wide else np.int64)


def times(first: Integers, *factors: Integers | int) -> Integers:
    """The product, element by element, exact whatever its size."""
    bound = magnitude(first)
    for factor in factors:
        # A zero column must not hide the overflow of a partial product before it.
        bound = max(bound, 1) * max(magnitude(factor), 1)
    wide = bound >= SAFE_MAGNITUDE
    result: Integers = first.astype(object) if wide else first
    for factor in factors:
        result = result * (_widest(factor) if wide else factor)
    return result


def plus(first: Integers, *terms: Integers | int) -> Integers:
    """The sum, element by element, exact whatever its size."""
    wide = magnitude(first) + sum(magnitude(term) for term in terms) >= SAFE_MAGNITUDE
    result: Integers = first.astype(object) if wide else first
    for term in terms:
        result = result + (_widest(term) if wide else term)
    return result


def sum_by(idx: npt.NDArray[np.signedinteger[Any]], values: Integers, size: int) -> Integers:
    """``size`` sums: entry ``i`` is the sum of the values whose ``idx`` is ``i``."""
    wide = values.dtype == object or magnitude(values) * len(values) >= SAFE_MAGNITUDE
    sums: Integers = np.zeros(size, object if wide else np.int64)
    np.add.at(sums, idx, values)
    return sums


def total(values: Integers) -> int:
    """The sum of a column as a Python integer."""
    if values.dtype == object or magnitude(values) * len(values) >= SAFE_MAGNITUDE:
        return sum(int(value) for value in values)
    return int(values.sum())


def int64(values: Integers) -> I64:
    """The column as int64; OverflowError when a value does not fit."""
    return values.astype(np.int64)


def round_half_even(numerator: Integers, denominator: int) -> I64:
    """``numerator / denominator`` rounded half to even, as int64.

    Raises
    ------
    OverflowError
        When a rounded value does not fit 64 bits.
    """
    if denominator == 1:
        return int64(numerator)
    if denominator >= SAFE_MAGNITUDE // 2:
        numerator = numerator.astype(object)
    quotient = numerator // denominator
    twice = 2 * (numerator - quotient * denominator)
    up = (twice > denominator) | ((twice == denominator) & (quotient % 2 == 1))
    return int64(quotient + up.astype(np.int64))


def ceil_div(numerator: Integers, denominator: Integers | int) -> Integers:
    """``numerator / denominator`` rounded up, for positive denominators."""
    return -((-numerator) // denominator)


@lru_cache(maxsize=4096)
def ratio(value: float) -> tuple[int, int]:
    """A float as the decimal it prints as: numerator and denominator (a power of ten)."""
    decimal = Decimal(repr(float(value)))
    exponent = int(decimal.as_tuple().exponent)
    places = max(0, -exponent)
    return int(decimal.scaleb(places)), 10**places


def ratios(values: F64) -> tuple[Integers, int]:
    """A column of floats as the decimals they print as, over one common power of ten.

    Returns
    -------
    numerators, denominator
        Exactly ``numerators / denominator``, element by element.
    """
    if len(values) <= _FEW:
        return _known_ratios(values.tobytes())
    return _ratios(values)


@lru_cache(
    maxsize=1_024
)  # the same rates with every order: to read them as decimals takes longer than all that follows
def _known_ratios(values: bytes) -> tuple[Integers, int]:
    numerators, denominator = _ratios(np.frombuffer(values, np.float64))
    numerators.setflags(write=False)
    return numerators, denominator


def _ratios(values: F64) -> tuple[Integers, int]:
    distinct, inverse = np.unique(values, return_inverse=True)
    pairs = [ratio(value) for value in distinct]
    common = max((denominator for _, denominator in pairs), default=1)
    numerators = [numerator * (common // denominator) for numerator, denominator in pairs]
    wide = any(abs(numerator) >= SAFE_MAGNITUDE for numerator in numerators)
    return np.array(numerators, object if wide else np.int64)[inverse], common


def weigh(raw_micros: I64, weight: float) -> I64:
    """Amounts times a cost weight, each rounded half-even to the micro."""
    numerator, denominator = ratio(weight)
    if numerator == denominator:
        return raw_micros
    return round_half_even(times(raw_micros, numerator), denominator)


def weigh_one(raw_micros: int, weight: float) -> int:
    """One amount times a cost weight, rounded half-even to the micro."""
    numerator, denominator = ratio(weight)
    return half_even(raw_micros * numerator, denominator)


def half_even(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` rounded half to even."""
    quotient, rest = divmod(numerator, denominator)
    return quotient + (2 * rest > denominator or (2 * rest == denominator and quotient % 2 == 1))
