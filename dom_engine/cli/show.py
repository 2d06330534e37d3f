"""``dom show``: a result folder in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dom_engine.cli.options import ResultArgument


def show(
    result: ResultArgument,
    svg: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Draw it into this SVG file instead.", show_default=False)
    ] = None,
) -> None:
    """Show a result folder: what the plan costs, how good it is, what ships and what does not.

    [bold]Examples[/bold]
    dom show plan
    dom show plan --svg plan.svg
    """
    from dom_engine.cli import terminal
    from dom_engine.cli.outcome import outcome_blocks
    from dom_engine.cli.stated import read_stated

    stated = read_stated(result)
    blocks = outcome_blocks(stated)
    if svg is None:
        terminal.show(blocks)
    else:
        svg.write_text(terminal.picture(blocks, f"dom show {result.name}"), encoding="utf-8", newline="\n")
        typer.echo(f"drawn into {svg}")
