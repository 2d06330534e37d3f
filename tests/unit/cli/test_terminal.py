"""How blocks look on a terminal: within its width, whatever that is, and the important columns stay."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from dom_engine.cli.blocks import Block, Cell, Column, Grid
from dom_engine.cli.outcome import outcome_blocks
from dom_engine.cli.stated import read_stated
from dom_engine.cli.terminal import MAX_WIDTH, draw, kept_columns, picture
from tests.unit.cli.results import quickstart


def drawn(blocks: list[Block], width: int) -> str:
    stream = io.StringIO()
    draw(Console(file=stream, width=width, force_terminal=True, color_system=None), blocks)
    return stream.getvalue()


@pytest.fixture
def blocks(tmp_path: Path) -> list[Block]:
    return outcome_blocks(read_stated(quickstart(tmp_path / "plan")))


@pytest.mark.parametrize("width", [30, 44, 60, 80, 120, 300])
def test_every_line_fits(blocks: list[Block], width: int) -> None:
    lines = drawn(blocks, width).splitlines()
    assert max(len(line) for line in lines) <= min(width, MAX_WIDTH)
    assert "OPTIMAL" in lines[0]


def test_tables_stand_side_by_side_where_there_is_room(blocks: list[Block]) -> None:
    def together(width: int) -> bool:
        return any("Costs in USD" in line and "The batch" in line for line in drawn(blocks, width).splitlines())

    assert together(80)
    assert not together(60)


def test_the_least_important_column_goes_first() -> None:
    columns = (Column("order"), Column("service", rank=2), Column("aboard", flexible=True, rank=1))
    grid = Grid("", columns, ((Cell("1001"), Cell("overnight"), Cell("x" * 50)),))
    assert [kept_columns(grid, width) for width in (80, 34, 33, 22, 3)] == [[0, 1, 2], [0, 1, 2], [0, 2], [0], [0]]


def test_nothing_of_a_cell_is_lost_on_eighty_columns(blocks: list[Block]) -> None:
    text = drawn(blocks, 80)
    assert "…" not in text
    for word in ("1 lamp, 2 mug", "STOCK_TAKEN", "02 Dec 01:00 +1d", "kettle"):
        assert word in text


def test_a_picture_needs_no_network_and_is_the_same_twice(blocks: list[Block]) -> None:
    first = picture(blocks, "dom show plan")
    assert first == picture(blocks, "dom show plan")
    assert "@font-face" not in first
    assert "OPTIMAL" in first
