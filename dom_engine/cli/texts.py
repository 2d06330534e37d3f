"""How numbers and names look to a reader; nothing here can harm a terminal."""

from __future__ import annotations

from datetime import datetime

MICROS_PER_UNIT = 1_000_000


def money(micros: int, currency: str = "") -> str:
    """Two decimals and thousands separators; a smaller amount keeps the decimals it needs to be seen.

    >>> money(1_234_500_000, "USD")
    '1,234.50 USD'
    """
    if micros and abs(micros) < MICROS_PER_UNIT // 100:
        text = f"{micros / MICROS_PER_UNIT:.6f}".rstrip("0")
    else:
        # Integers decide: a float would lose the cents of a very large amount.
        cents, rest = divmod(abs(micros), 10_000)
        cents += rest > 5_000 or (rest == 5_000 and cents % 2 == 1)
        text = f"{'-' if micros < 0 else ''}{cents // 100:,}.{cents % 100:02d}"
    return f"{text} {currency}" if currency else text


def percent(ratio: float | None) -> str:
    """A ratio as a percentage; a gap that is not zero never looks like zero.

    >>> percent(0.00004), percent(0.0), percent(None)
    ('0.004 %', '0.00 %', 'none')
    """
    if ratio is None:
        return "none"
    if ratio and abs(ratio) < 0.000_05:
        return f"{ratio * 100:.1g} %" if abs(ratio) >= 1e-6 else "< 0.0001 %"
    return f"{ratio * 100:.2f} %"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number and its noun.

    >>> count(1, "order"), count(2_000, "order")
    ('1 order', '2,000 orders')
    """
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def seconds(elapsed_s: float) -> str:
    """A duration as a person says it.

    >>> seconds(0.123), seconds(1.23), seconds(75)
    ('0.12 s', '1.2 s', '1 min 15 s')
    """
    if elapsed_s < 1:
        return f"{elapsed_s:.2f} s"
    if elapsed_s < 60:
        return f"{elapsed_s:.1f} s"
    minutes, rest = divmod(round(elapsed_s), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def printable(text: str, limit: int = 0) -> str:
    r"""Text from a file, fit for a terminal: control characters escaped, cut to ``limit`` characters (0: whole).

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    if limit and len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def instants(texts: list[str]) -> list[str]:
    """Instants in UTC, to the minute: ``24 Nov 22:00``, with the year where they do not all share one."""
    known = [datetime.fromisoformat(text) for text in texts if text]
    form = "%d %b %H:%M" if len({instant.year for instant in known}) == 1 else "%Y-%m-%d %H:%M"
    return [datetime.fromisoformat(text).strftime(form) if text else "" for text in texts]
