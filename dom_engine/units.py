"""Unit aliases, sentinels and the exact conversions between the boundary and the inside.

Outside: money in the scenario's currency, hours, km, kg, litres, decimals. Inside: integer micros, seconds,
metres, grams, cubic centimetres. Conversions round half to even; what leaves 64 bits raises
``OverflowError``.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal

MICROS_PER_UNIT = 1_000_000
SECONDS_PER_HOUR = 3_600
SECONDS_PER_DAY = 86_400
METRES_PER_KM = 1_000
GRAMS_PER_KG = 1_000
CM3_PER_LITRE = 1_000

# Sentinels for a blank bound. They leave two bits of headroom, so that adding a duration to one cannot wrap.
UNLIMITED = 2**62
NEVER_S = 2**62
ALWAYS_S = -(2**62)

INT64_MAX = 2**63 - 1
INT64_MIN = -(2**63)


# The default context rounds products to 28 digits, and rounding twice is not rounding half-even.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_MAX_POWER_OF_TEN = 40


def scaled_integer(value: Decimal, scale: int) -> int:
    """``value * scale`` rounded half-even, exactly; OverflowError when it does not fit 64 bits."""
    if value and abs(value.adjusted()) > _MAX_POWER_OF_TEN:  # too large whatever the scale, or too small to be seen
        if value.adjusted() < 0:
            return 0
        raise OverflowError(f"{value} does not fit 64 bits once scaled by {scale}")
    scaled = int(_EXACT.multiply(value, Decimal(scale)).to_integral_value(rounding=ROUND_HALF_EVEN))
    if not INT64_MIN <= scaled <= INT64_MAX:
        raise OverflowError(f"{value} does not fit 64 bits once scaled by {scale}")
    return scaled


def instant_text(instant_s: int) -> str:
    """UTC instant as ``2026-11-25T12:00:00Z``."""
    return datetime.fromtimestamp(instant_s, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def money_text(amount_micros: int) -> str:
    """Money with its six decimals, exactly."""
    sign = "-" if amount_micros < 0 else ""
    whole, micros = divmod(abs(amount_micros), MICROS_PER_UNIT)
    return f"{sign}{whole}.{micros:06d}"


def thousandths_text(amount: int) -> str:
    """Grams as kg, metres as km: three decimals, exactly."""
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 1_000)
    return f"{sign}{whole}.{rest:03d}"
