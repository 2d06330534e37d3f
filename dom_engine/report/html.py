"""The parts of a page: cards, tables that sort and filter, and the frame with style and script inside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

MANY_ROWS = 8
"""Tables longer than this get a field to filter them."""

LONG_TEXT = 32
"""Letters: longer texts are broken into lines, in a column that is not squeezed; ids and dates never are."""


@dataclass(frozen=True, slots=True)
class Column:
    """A heading; ``number``: to the right, sorted as a number."""

    title: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """A number as shown, and as sorted by."""

    text: str
    value: float


Cell = str | Number


def page(title: str, subtitle: str, sections: Sequence[str]) -> str:
    """A whole document that needs nothing beside itself."""
    style = files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    script = files(__package__).joinpath("page.js").read_text(encoding="utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f'<h1>{escape(title)}</h1>\n<p class="quiet">{escape(subtitle)}</p>\n'
        + "\n".join(sections)
        + f"\n</main>\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def section(heading: str, *parts: str, lead: str = "") -> str:
    """A heading and what stands under it."""
    told = f"<p>{escape(lead)}</p>" if lead else ""
    return f"<section>\n<h2>{escape(heading)}</h2>\n{told}\n" + "\n".join(parts) + "\n</section>"


def cards(facts: Sequence[tuple[str, str]]) -> str:
    """Figures that are read first."""
    return (
        '<dl class="cards">'
        + "".join(f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>" for label, value in facts)
        + "</dl>"
    )


def table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> str:
    """A table whose columns sort and, where it is long, whose rows filter."""
    head = "".join(
        f'<th scope="col"{_kind(column)}><button type="button">{escape(column.title)}</button></th>'
        for column in columns
    )
    body = "\n".join(
        "<tr>" + "".join(_cell(cell, column) for cell, column in zip(row, columns, strict=True)) + "</tr>"
        for row in rows
    )
    label = f'<label class="filter">Filter: <input type="search" aria-label="Filter {escape(caption)}"></label>'
    return (
        (label if len(rows) > MANY_ROWS else "")
        + f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f'<table class="lively"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>"
    )


def _kind(column: Column) -> str:
    return ' class="number"' if column.number else ""


def _cell(cell: Cell, column: Column) -> str:
    if isinstance(cell, Number):
        return f'<td class="number" data-value="{cell.value!r}">{escape(cell.text)}</td>'
    kind = ' class="long"' if len(cell) > LONG_TEXT and not column.number else _kind(column)
    return f"<td{kind}>{escape(cell)}</td>"
