"""How several solves have come along: a live table on a terminal, plain lines elsewhere, nothing for programs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from dom_engine.cli.texts import money, percent, printable, seconds

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from solvers.incumbent import Progress

REFRESHES_PER_S = 4
NAME_LIMIT = 30


class Board(Protocol):
    """What several solves tell a person."""

    def __enter__(self) -> Board: ...

    def __exit__(self, *_: object) -> None: ...

    def step(self, text: str) -> None:
        """Name what is done before the first solve."""

    def began(self, name: str) -> None:
        """A solve has begun."""

    def progressed(self, name: str, progress: Progress) -> None:
        """A solve has come so far."""

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """A solve is done."""


def board(*, quiet: bool) -> Board:
    """The board that suits whoever reads stderr."""
    if quiet:
        return SilentBoard()
    from dom_engine.cli.terminal import console

    out = console(stderr=True)
    return LiveBoard(out) if out.is_terminal and not out.is_dumb_terminal else PlainBoard()


def done_text(summary: Mapping[str, Any], *, kept: bool) -> str:
    """What a solve came to, on one line."""
    words = f"{summary['status']} {money(summary['objective_micros'])}, gap {percent(summary.get('gap'))}"
    return f"{words}, kept from before" if kept else words


class SilentBoard:
    """For programs."""

    def __enter__(self) -> SilentBoard:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing was shown."""

    def step(self, text: str) -> None:
        """Say nothing."""

    def began(self, name: str) -> None:
        """Say nothing."""

    def progressed(self, name: str, progress: Progress) -> None:
        """Say nothing."""

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """Say nothing."""


class PlainBoard(SilentBoard):
    """A line when a solve begins and when it ends."""

    def __enter__(self) -> PlainBoard:
        return self

    def step(self, text: str) -> None:
        """Print it."""
        sys.stderr.write(f"dom: {text}\n")
        sys.stderr.flush()

    def began(self, name: str) -> None:
        """Print it."""
        self.step(f"{printable(name)}: solving")

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """Print what it came to."""
        self.step(f"{printable(name)}: {done_text(summary, kept=kept)}")


class LiveBoard(SilentBoard):
    """A table, one row per solve, redrawn in place and gone at the end."""

    def __init__(self, out: Console) -> None:
        from rich.live import Live

        self._rows: dict[str, str] = {}
        self._step = ""
        self._live = Live(
            console=out, get_renderable=self.renderable, transient=True, refresh_per_second=REFRESHES_PER_S
        )

    def __enter__(self) -> LiveBoard:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def step(self, text: str) -> None:
        """Show it until the first solve begins."""
        self._step = text

    def began(self, name: str) -> None:
        """Show a row for it."""
        self._rows[name] = "loading"

    def progressed(self, name: str, progress: Progress) -> None:
        """Keep it for the next time the table is drawn."""
        parts = [progress.phase]
        if progress.incumbent_micros is not None:
            parts.append(money(progress.incumbent_micros))
        if progress.gap is not None:
            parts.append(f"gap {percent(progress.gap)}")
        self._rows[name] = ", ".join([*parts, seconds(progress.elapsed_s)])

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """Show what it came to."""
        self._rows[name] = done_text(summary, kept=kept)

    def renderable(self) -> Table:
        """The table as it is now."""
        from rich.table import Table
        from rich.text import Text

        table = Table.grid(padding=(0, 2, 0, 0))
        if not self._rows:
            table.add_row(Text(self._step, no_wrap=True, overflow="ellipsis"))
        for name, text in dict(self._rows).items():
            table.add_row(Text(printable(name, NAME_LIMIT), "bold"), Text(text, no_wrap=True, overflow="ellipsis"))
        return table
