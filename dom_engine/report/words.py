"""Numbers and headlines as a reader of a report sees them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def money(micros: int, currency: str = "") -> str:
    """Two decimals and thousands separators."""
    text = f"{Decimal(micros).scaleb(-6):,.2f}"
    return f"{text} {currency}" if currency else text


def signed(micros: int) -> str:
    """A difference: its sign is always there."""
    return f"+{money(micros)}" if micros > 0 else money(micros)


def percent(ratio: float | None) -> str:
    """A ratio as a percentage, rounded up where it would look like nothing."""
    if ratio is None:
        return "unknown"
    return "below 0.01 %" if 0 < ratio < 0.000_05 else f"{ratio * 100:.2f} %"


def headline(summary: Mapping[str, Any]) -> str:
    """How good the plan is, in a sentence."""
    proven = f"the gap to the best possible is {percent(summary.get('gap'))}"
    limit = f", ended by its {str(summary['limit']).lower()} limit" if summary.get("limit") else ""
    return f"{summary.get('status')}: {proven}{limit}. Solved by {summary.get('method')}, seed {summary.get('seed')}."
