"""Figures as SVG: a waterfall, bars, and differences with their intervals. Each says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 360
LABEL_WIDTH = 116
VALUE_WIDTH = 76
ROW_HEIGHT = 22
LABEL_LETTERS = 17


class Bar(NamedTuple):
    """A labelled amount, and how it is written."""

    label: str
    amount: float
    text: str


class Span(NamedTuple):
    """A labelled difference between ``low`` and ``high``, which enclose the true one (None: unknown)."""

    label: str
    amount: float
    low: float | None
    high: float | None
    text: str


class Gauge(NamedTuple):
    """What is drawn on a limit, and what overtime allows at most."""

    label: str
    used: float
    limit: float
    most: float


def waterfall(title: str, bars: Sequence[Bar], total: Bar) -> str:
    """Amounts that pile up to a total, each beginning where the one before ended."""
    top = max([total.amount, *(bar.amount for bar in bars), 1e-9])
    parts, before = [], 0.0
    for place, bar in enumerate(bars):
        parts.append(_row(place, bar, _x(before / top), _x((before + bar.amount) / top), "bar"))
        before += bar.amount
    parts.append(_row(len(bars), total, _x(0), _x(total.amount / top), "down"))
    return _figure(title, [*bars, total], parts, len(bars) + 1)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Amounts side by side."""
    top = max([*(bar.amount for bar in rows), 1e-9])
    parts = [_row(place, bar, _x(0), _x(bar.amount / top), "bar") for place, bar in enumerate(rows)]
    return _figure(title, rows, parts, len(rows))


def spans(title: str, rows: Sequence[Span]) -> str:
    """Differences around 0, with a whisker over the interval that encloses the true one."""
    ends = [end for row in rows for end in (row.amount, row.low, row.high, 0.0) if end is not None]
    least, most = min(ends, default=0.0), max(ends, default=0.0)
    reach = (most - least) or 1.0

    def x(value: float) -> float:
        return _x((value - least) / reach)

    parts = [f'<line class="axis" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{len(rows) * ROW_HEIGHT}"/>']
    for place, row in enumerate(rows):
        kind = "up" if row.amount > 0 else "down"
        start, end = sorted((x(0), x(row.amount)))
        parts.append(_row(place, Bar(row.label, row.amount, row.text), start, end, kind))
        if row.low is not None and row.high is not None:
            y = place * ROW_HEIGHT + ROW_HEIGHT / 2
            parts.append(f'<line class="whisker" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}"/>')
    return _figure(title, [Bar(row.label, row.amount, row.text) for row in rows], parts, len(rows))


def gauges(title: str, rows: Sequence[Gauge]) -> str:
    """Uses as shares of what is allowed at most, with a mark at the limit; what is beyond it stands out."""
    parts, told = [], []
    for place, row in enumerate(rows):
        most = row.most or 1.0
        bar = Bar(row.label, row.used, f"{row.used:,.6g} of {row.limit:,.6g}")
        told.append(bar)
        within = min(row.used, row.limit) / most
        parts.append(_row(place, bar, _x(0), _x(within), "bar"))
        top, bottom = place * ROW_HEIGHT + 1, (place + 1) * ROW_HEIGHT - 1
        if row.used > row.limit:
            width = max(1.0, _x(row.used / most) - _x(within))
            box = f'x="{_x(within):.1f}" y="{top + 3}" width="{width:.1f}" height="{ROW_HEIGHT - 8}"'
            parts.append(f'<rect class="up" {box}/>')
        x = _x(row.limit / most)
        parts.append(f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
    return _figure(title, told, parts, len(rows))


def _x(share: float) -> float:
    return LABEL_WIDTH + share * (WIDTH - LABEL_WIDTH - VALUE_WIDTH)


def _row(place: int, bar: Bar, start: float, end: float, kind: str) -> str:
    y, width = place * ROW_HEIGHT, max(1.0, end - start)
    label = bar.label if len(bar.label) <= LABEL_LETTERS else bar.label[: LABEL_LETTERS - 1] + "…"
    return (
        f'<text x="{LABEL_WIDTH - 6}" y="{y + 15}" text-anchor="end">{escape(label)}</text>'
        f'<rect class="{kind}" x="{start:.1f}" y="{y + 4}" width="{width:.1f}" height="{ROW_HEIGHT - 8}"/>'
        f'<text x="{WIDTH}" y="{y + 15}" text-anchor="end">{escape(bar.text)}</text>'
    )


def _figure(title: str, rows: Sequence[Bar], parts: Sequence[str], num_rows: int) -> str:
    told = "; ".join(f"{bar.label} {bar.text}" for bar in rows)
    return figure(title, told, parts, max(1, num_rows) * ROW_HEIGHT)


def figure(title: str, told: str, parts: Sequence[str], height: float) -> str:
    """Parts of a drawing under a caption; ``told`` says in words what they show."""
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img">'
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>{''.join(parts)}</svg></figure>"
    )
