"""Figures as SVG: a waterfall, bars, and differences with their intervals. Each says in words what it shows."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH = 360
LABEL_WIDTH = 80.0, 172.0
"""Room for labels, at least and at most; longer ones are cut."""

VALUE_WIDTH = 76.0
"""Room for values, at least."""

ROW_HEIGHT = 22
FONT_SIZE = 12.0

_NARROW, _SLIM, _WIDE = frozenset("ijlI'|.,:;!()[]/\\- "), frozenset('frt"'), frozenset("mwMWO@%+…—")
_EMS = 0.40, 0.42, 1.0
"""Widths of these in DejaVu Sans, the widest of the fonts that pages are shown in, rounded up."""


def text_width(text: str, font_size: float = FONT_SIZE) -> float:
    """What a text takes at most, in the units of its drawing."""
    return font_size * sum(_ems(letter) for letter in text)


def _ems(letter: str) -> float:
    for letters, ems in zip((_NARROW, _SLIM, _WIDE), _EMS, strict=True):
        if letter in letters:
            return ems
    if not letter.isascii():
        return 1.0
    return 0.78 if letter.isupper() else 0.64


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
    room = _Room.of([*bars, total])
    parts, before = [], 0.0
    for place, bar in enumerate(bars):
        parts.append(room.row(place, bar, room.x(before / top), room.x((before + bar.amount) / top), "bar"))
        before += bar.amount
    parts.append(room.row(len(bars), total, room.x(0), room.x(total.amount / top), "down"))
    return _figure(title, [*bars, total], parts, len(bars) + 1)


def bars(title: str, rows: Sequence[Bar]) -> str:
    """Amounts side by side."""
    top = max([*(bar.amount for bar in rows), 1e-9])
    room = _Room.of(rows)
    parts = [room.row(place, bar, room.x(0), room.x(bar.amount / top), "bar") for place, bar in enumerate(rows)]
    return _figure(title, rows, parts, len(rows))


def spans(title: str, rows: Sequence[Span]) -> str:
    """Differences around 0, with a whisker over the interval that encloses the true one."""
    ends = [end for row in rows for end in (row.amount, row.low, row.high, 0.0) if end is not None]
    least, most = min(ends, default=0.0), max(ends, default=0.0)
    reach = (most - least) or 1.0
    drawn = [Bar(row.label, row.amount, row.text) for row in rows]
    room = _Room.of(drawn)

    def x(value: float) -> float:
        return room.x((value - least) / reach)

    parts = [f'<line class="axis" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="0" y2="{len(rows) * ROW_HEIGHT}"/>']
    for place, (row, bar) in enumerate(zip(rows, drawn, strict=True)):
        kind = "up" if row.amount > 0 else "down"
        start, end = sorted((x(0), x(row.amount)))
        parts.append(room.row(place, bar, start, end, kind))
        if row.low is not None and row.high is not None:
            y = place * ROW_HEIGHT + ROW_HEIGHT / 2
            parts.append(f'<line class="whisker" x1="{x(row.low):.1f}" x2="{x(row.high):.1f}" y1="{y}" y2="{y}"/>')
    return _figure(title, drawn, parts, len(rows))


def gauges(title: str, rows: Sequence[Gauge]) -> str:
    """Uses as shares of what is allowed at most, with a mark at the limit; what is beyond it stands out."""
    parts = []
    told = [Bar(row.label, row.used, f"{row.used:,.6g} of {row.limit:,.6g}") for row in rows]
    room = _Room.of(told)
    for place, (row, bar) in enumerate(zip(rows, told, strict=True)):
        most = row.most or 1.0
        within = room.x(min(row.used, row.limit) / most)
        parts.append(room.row(place, bar, room.x(0), within, "bar"))
        top, bottom = place * ROW_HEIGHT + 1, (place + 1) * ROW_HEIGHT - 1
        if row.used > row.limit:
            width = max(1.0, room.x(row.used / most) - within)
            box = f'x="{within:.1f}" y="{top + 3}" width="{width:.1f}" height="{ROW_HEIGHT - 8}"'
            parts.append(f'<rect class="up" {box}/>')
        x = room.x(row.limit / most)
        parts.append(f'<line class="whisker" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}"/>')
    return _figure(title, told, parts, len(rows))


class _Room(NamedTuple):
    """How a figure divides its width: labels, what is drawn, values."""

    labels: float
    values: float

    @classmethod
    def of(cls, rows: Sequence[Bar]) -> _Room:
        least, most = LABEL_WIDTH
        labels = min(most, max([least, *(text_width(row.label) for row in rows)]))
        return cls(labels, max([VALUE_WIDTH, *(text_width(row.text) + 8 for row in rows)]))

    @property
    def left(self) -> float:
        return self.labels + 6

    def x(self, share: float) -> float:
        return self.left + share * (WIDTH - self.left - self.values)

    def row(self, place: int, bar: Bar, start: float, end: float, kind: str) -> str:
        y, width = place * ROW_HEIGHT, max(1.0, end - start)
        label = bar.label
        while text_width(label) > self.labels:
            label = label.removesuffix("…")[:-1] + "…"
        return (
            f'<text x="{self.left - 6:.1f}" y="{y + 15}" text-anchor="end">{escape(label)}</text>'
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
