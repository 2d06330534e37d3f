"""Blocks as plain lines: no colour, no frames, nothing cut, for logs, pipes and ``grep``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dom_engine.cli.blocks import Block, Facts, Grid, Pair, Remark

INDENT = "  "


def lines(blocks: Sequence[Block]) -> Iterator[str]:
    """The lines of all blocks, an empty one between each two."""
    first = True
    for block in _flattened(blocks):
        if not first:
            yield ""
        first = False
        if isinstance(block, Remark):
            yield block.text
        else:
            yield from _facts(block) if isinstance(block, Facts) else _grid(block)


def _flattened(blocks: Sequence[Block]) -> Iterator[Facts | Grid | Remark]:
    for block in blocks:
        if isinstance(block, Pair):
            yield from block
        else:
            yield block


def _facts(facts: Facts) -> Iterator[str]:
    yield f"{facts.title}: {facts.verdict.text}" if facts.verdict.text else facts.title
    width = max((len(label) for label, _ in facts.rows), default=0)
    for label, cell in facts.rows:
        yield f"{INDENT}{label:<{width}}  {cell.text}"


def _grid(grid: Grid) -> Iterator[str]:
    yield grid.title
    rows = [[column.title for column in grid.columns], *([cell.text for cell in row] for row in grid.rows)]
    if not any(rows[0]):
        del rows[0]
    widths = [max((len(row[place]) for row in rows), default=0) for place in range(len(grid.columns))]
    for row in rows:
        cells = [
            text.rjust(width) if column.right else text.ljust(width)
            for text, width, column in zip(row, widths, grid.columns, strict=True)
        ]
        yield (INDENT + "  ".join(cells)).rstrip()
    if grid.note:
        yield INDENT + grid.note
