"""Where output goes, and how blocks look on a terminal: rich where a person looks, plain lines where a program does."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dom_engine.cli import plain
from dom_engine.cli.blocks import Block, Cell, Facts, Grid, Remark, Tone
from dom_engine.cli.exits import ReaderGone

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

STYLES = {
    Tone.NORMAL: "",
    Tone.GOOD: "bold green",
    Tone.WARNING: "yellow",
    Tone.BAD: "bold red",
    Tone.QUIET: "dim",
    Tone.STRONG: "bold",
}
MAX_WIDTH = 110
"""Lines longer than this are hard to read, however wide the terminal."""

FLEXIBLE_WIDTH = 16
"""What a column that wraps must be left with before another one is given up for it."""

SIDE_BY_SIDE_WIDTH = 72
PICTURE_WIDTH = 88


def console(*, stderr: bool = False) -> Console:
    """A console on stdout or stderr; whether that is a terminal, and how wide, is rich's to find out."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=False)


def show(blocks: Sequence[Block]) -> None:
    """Print blocks to stdout, as its reader needs them."""
    out = console()
    if out.is_terminal:
        draw(out, blocks)
    else:
        _write("".join(f"{line}\n" for line in plain.lines(blocks)))


def picture(blocks: Sequence[Block], title: str) -> str:
    """The blocks as a terminal shows them, as SVG; the same blocks give the same bytes."""
    import io
    import re

    from rich.console import Console

    out = Console(record=True, width=PICTURE_WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    draw(out, blocks)
    svg = out.export_svg(title=title, unique_id="dom")
    # Rich's frame fetches a font from the network; a picture in a repository or an intranet must not.
    return re.sub(r"@font-face {.*?}\s*", "", svg, flags=re.DOTALL)


def show_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object to stdout."""
    _write(json.dumps(value, indent=2, allow_nan=False) + "\n")


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise ReaderGone from None


def draw(out: Console, blocks: Sequence[Block]) -> None:
    """Draw blocks on a terminal of any width."""
    width = min(out.width, MAX_WIDTH)
    for place, block in enumerate(blocks):
        if place:
            out.print()
        out.print(_drawn(block, width), width=width)


def _drawn(block: Block, width: int) -> RenderableType:
    from rich.console import Group
    from rich.table import Table

    if isinstance(block, Remark):
        return _text(Cell(block.text, Tone.QUIET))
    if isinstance(block, Facts):
        return _panel(block)
    if isinstance(block, Grid):
        return _grid(block, width)
    if width < SIDE_BY_SIDE_WIDTH:
        return Group(_grid(block.left, width), "", _grid(block.right, width))
    half = (width - 4) // 2
    pair = Table.grid(padding=(0, 4, 0, 0))
    pair.add_row(_grid(block.left, half), _grid(block.right, half))
    return pair


def _panel(facts: Facts) -> RenderableType:
    from rich import box
    from rich.panel import Panel
    from rich.table import Table
    from rich.text import Text

    body = Table.grid(padding=(0, 2, 0, 0))
    body.add_column(style=STYLES[Tone.QUIET], no_wrap=True)
    body.add_column(overflow="fold")
    for label, cell in facts.rows:
        body.add_row(label, _text(cell))
    title = Text(f" {facts.title} ", STYLES[Tone.STRONG])
    verdict = Text(f" {facts.verdict.text} ", STYLES[facts.verdict.tone])
    if facts.verdict.text:
        title = Text.assemble(title, "─ ", verdict)
    edge = STYLES[facts.verdict.tone].removeprefix("bold ")
    return Panel(body, box=box.ROUNDED, title=title, title_align="left", border_style=edge, padding=(0, 1))


def _grid(grid: Grid, width: int) -> RenderableType:
    from rich.console import Group

    # A title or caption of rich's own would be wrapped to the width of the table, however narrow that is.
    parts: list[RenderableType] = [_text(Cell(grid.title, Tone.STRONG)), _table(grid, width)]
    if grid.note:
        parts.append(_text(Cell(grid.note, Tone.QUIET)))
    return Group(*parts)


def _table(grid: Grid, width: int) -> Table:
    from rich import box
    from rich.table import Table

    kept = kept_columns(grid, width)
    table = Table(
        box=box.SIMPLE_HEAD,
        show_header=any(column.title for column in grid.columns),
        header_style=STYLES[Tone.QUIET],
        border_style=STYLES[Tone.QUIET],
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )
    for place in kept:
        column = grid.columns[place]
        table.add_column(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=not column.flexible,
            overflow="fold" if column.flexible else "ellipsis",
        )
    for row in grid.rows:
        table.add_row(*(_text(row[place]) for place in kept))
    return table


def kept_columns(grid: Grid, width: int) -> list[int]:
    """Which columns fit: those of the highest rank go first, until the rest keeps its full text."""
    widths = [_needed_width(grid, place) for place in range(len(grid.columns))]
    kept = list(range(len(grid.columns)))
    while sum(widths[place] + 2 for place in kept) - 2 > width:
        last = max(kept, key=lambda place: grid.columns[place].rank)
        if grid.columns[last].rank == 0:
            break
        kept.remove(last)
    return kept


def _needed_width(grid: Grid, place: int) -> int:
    column = grid.columns[place]
    longest = max((len(row[place].text) for row in grid.rows), default=0)
    longest = min(longest, FLEXIBLE_WIDTH) if column.flexible else longest
    return max(longest, len(column.title))


def _text(cell: Cell) -> Text:
    from rich.text import Text

    return Text(cell.text, STYLES[cell.tone])
