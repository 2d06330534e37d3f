"""``dom scenarios``: what comes along to start from."""

from __future__ import annotations


def scenarios() -> None:
    """List the scenarios that come along.

    Each can be solved by its name, and each is a folder to copy and change.

    [bold]Examples[/bold]
    dom solve quickstart --out plan
    dom solve quickstart --variant reno-closed --out plan
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.blocks import Cell, Column, Grid, Tone

    rows = []
    for name in shipped.names():
        scenario = shipped.folder() / name
        description = str(shipped.settings(scenario).get("description", ""))
        variants = ", ".join(shipped.variant_names(scenario))
        rows.append((Cell(name, Tone.STRONG), Cell(description), Cell(variants, Tone.QUIET)))
    columns = (Column("scenario"), Column("about", flexible=True), Column("variants", flexible=True, rank=1))
    terminal.show([Grid("Shipped scenarios", columns, tuple(rows), f"They lie in {shipped.folder()}")])
