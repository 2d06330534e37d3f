"""What a command has to say, free of how it looks: facts and tables, drawn by ``terminal`` or printed by ``plain``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Tone(Enum):
    """What a text means to the reader; a terminal gives it a colour."""

    NORMAL = "normal"
    GOOD = "good"
    WARNING = "warning"
    BAD = "bad"
    QUIET = "quiet"
    STRONG = "strong"


class Cell(NamedTuple):
    """A text and its tone."""

    text: str
    tone: Tone = Tone.NORMAL


class Column(NamedTuple):
    """``rank``: what goes first where space is short (0 stays). ``flexible``: may be wrapped."""

    title: str
    right: bool = False
    rank: int = 0
    flexible: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Labels and what they say, under a headline."""

    title: str
    verdict: Cell
    rows: tuple[tuple[str, Cell], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. ``note`` stands below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def without_empty_columns(self) -> Grid:
        """The columns that say something."""
        kept = [place for place in range(len(self.columns)) if any(row[place].text for row in self.rows)]
        rows = tuple(tuple(row[place] for place in kept) for row in self.rows)
        return Grid(self.title, tuple(self.columns[place] for place in kept), rows, self.note)


class Pair(NamedTuple):
    """Two tables that stand side by side where there is room."""

    left: Grid
    right: Grid


class Remark(NamedTuple):
    """A line that stands alone."""

    text: str


Block = Facts | Grid | Pair | Remark
