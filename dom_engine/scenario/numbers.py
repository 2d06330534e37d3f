"""Decimals from text, exactly: half-even to the inside's integers, refused where they leave 64 bits.

Each function takes the distinct texts of a column. Plain decimals go through Arrow's 128-bit decimals in bulk; the
rare rest (exponents, signs, very long numbers) through ``decimal`` one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import F64, I64
from dom_engine.scenario.texts import shown
from dom_engine.units import scaled_integer

Problem: TypeAlias = tuple[str, str]
"""Code and message of what is wrong with one text."""

Problems: TypeAlias = dict[int, Problem]
"""What is wrong, by position among the distinct texts."""

# 12 + 15 digits times a scale of at most 1e6 stay within 128-bit decimals before rounding and within 64 bits after it.
_PLAIN_DECIMAL = r"^\d{1,12}(\.\d{1,15})?$"
_PLAIN_SIGNED = r"^-?\d{1,12}(\.\d{1,15})?$"
_PLAIN_INTEGER = r"^\d{1,18}$"
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,6})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_MAX_MAGNITUDE = 40
"""Powers of ten beyond which a number overflows, or vanishes, whatever its unit."""


class BadText(ValueError):
    """A text that is not what its column holds."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.problem: Problem = (code, message)


def parse_decimal(text: str, *, signed: bool = False, positive: bool = False) -> Decimal:
    """A finite decimal; ``BadText`` when it is not one, is negative, or must be more than 0 and is not."""
    if _DECIMAL.fullmatch(text) is None:
        if _NOT_FINITE.fullmatch(text):
            raise BadText("NOT_FINITE", f"{shown(text)} is not a finite number")
        raise BadText("NOT_A_NUMBER", f"{shown(text)} is not a number")
    value = Decimal(text)
    if value < 0 and not signed:
        raise BadText("NEGATIVE", f"{shown(text)} must not be negative")
    if value == 0 and positive:
        raise BadText("NOT_POSITIVE", f"{shown(text)} must be more than 0")
    if value != 0 and value.adjusted() > _MAX_MAGNITUDE:
        raise BadText("OVERFLOW", f"{shown(text)} is too large for 64 bits")
    return value


def parse_scaled(text: str, scale: int, *, signed: bool = False, positive: bool = False) -> int:
    """A decimal in the inside's integer unit, rounded half-even."""
    value = parse_decimal(text, signed=signed, positive=positive)
    try:
        result = scaled_integer(value, scale)
    except OverflowError:
        raise BadText("OVERFLOW", f"{shown(text)} is too large for 64 bits") from None
    if positive and result <= 0:
        raise BadText("NOT_POSITIVE", f"{shown(text)} must be more than 0 once rounded")
    return result


def parse_integer(text: str, *, signed: bool = False, positive: bool = False) -> int:
    """A whole number (``3`` or ``3.0``)."""
    value = parse_decimal(text, signed=signed, positive=positive)
    if value.adjusted() < -_MAX_MAGNITUDE or value != value.to_integral_value():
        if value != 0:
            raise BadText("NOT_AN_INTEGER", f"{shown(text)} must be a whole number")
        return 0
    return parse_scaled(text, 1, signed=signed, positive=positive)


def parse_float(text: str, *, signed: bool = False) -> float:
    """A number kept with the precision given."""
    return float(parse_decimal(text, signed=signed)) + 0.0


def parse_flag(text: str) -> bool:
    """``true`` or ``false``, in any case (spreadsheets write capitals)."""
    if text.lower() not in ("true", "false"):
        raise BadText("NOT_A_FLAG", f"{shown(text)} is neither true nor false")
    return text.lower() == "true"


def scaled_integers(texts: pa.StringArray, scale: int, *, signed: bool, positive: bool) -> tuple[I64, Problems]:
    """Decimals times ``scale`` rounded half-even, int64[len(texts)]; 0 where a problem is noted."""

    def bulk(plain: pa.StringArray) -> I64:
        exact = plain.cast(pa.decimal128(27, 15))
        scaled = pc.multiply(exact, pa.scalar(scale, pa.decimal128(7, 0)))
        return _int64(pc.round(scaled, 0, round_mode="half_to_even").cast(pa.int64()))

    def one(text: str) -> int:
        return parse_scaled(text, scale, signed=signed, positive=positive)

    return _in_bulk(texts, _PLAIN_DECIMAL, bulk, one, positive=positive)


def integers(texts: pa.StringArray, *, signed: bool, positive: bool) -> tuple[I64, Problems]:
    """Whole numbers, int64[len(texts)]; 0 where a problem is noted."""

    def bulk(plain: pa.StringArray) -> I64:
        return _int64(plain.cast(pa.int64()))

    def one(text: str) -> int:
        return parse_integer(text, signed=signed, positive=positive)

    return _in_bulk(texts, _PLAIN_INTEGER, bulk, one, positive=positive)


def floats(texts: pa.StringArray, *, signed: bool) -> tuple[F64, Problems]:
    """Numbers with the precision given, float64[len(texts)]; 0 where a problem is noted."""
    values = np.zeros(len(texts), np.float64)
    plain = _matches(texts, _PLAIN_SIGNED if signed else _PLAIN_DECIMAL)
    # Adding 0.0 turns -0.0 into 0.0, which is the same number and must be the same bytes.
    values[plain] = texts.filter(pa.array(plain)).cast(pa.float64()).to_numpy() + 0.0
    rest, problems = one_by_one(texts, np.flatnonzero(~plain), lambda text: parse_float(text, signed=signed))
    for at, value in rest.items():
        values[at] = value
    return values, problems


def one_by_one(
    texts: pa.StringArray, which: npt.NDArray[np.int64], parse: Callable[[str], float]
) -> tuple[dict[int, float], Problems]:
    """Parse some texts one at a time; values by position, and problems by position."""
    values: dict[int, float] = {}
    problems: Problems = {}
    for at in which.tolist():
        try:
            values[at] = parse(texts[at].as_py())
        except BadText as error:
            problems[at] = error.problem
    return values, problems


def _in_bulk(
    texts: pa.StringArray,
    pattern: str,
    bulk: Callable[[pa.StringArray], I64],
    one: Callable[[str], int],
    *,
    positive: bool,
) -> tuple[I64, Problems]:
    values = np.zeros(len(texts), np.int64)
    plain = _matches(texts, pattern)
    values[plain] = bulk(texts.filter(pa.array(plain)))
    # What a bulk conversion finds to be 0 where 0 is refused is parsed again, for its message.
    rest = np.flatnonzero(~plain | (values <= 0)) if positive else np.flatnonzero(~plain)
    parsed, problems = one_by_one(texts, rest, one)
    for at, value in parsed.items():
        values[at] = value
    return values, problems


def _matches(texts: pa.StringArray, pattern: str) -> npt.NDArray[np.bool_]:
    flags: npt.NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return flags


def _int64(array: pa.Array) -> I64:
    values: I64 = array.to_numpy(zero_copy_only=False).astype(np.int64)
    return values
