"""``dom report``: a result or a study as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def report(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="A result folder, or a folder of variants that dom whatif wrote.", show_default=False
        ),
    ],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="The HTML file; one that is there is replaced.", show_default=False)
    ],
) -> None:
    """Write a report that opens in any browser, with no network: figures, and tables that sort and filter.

    [bold]Examples[/bold]
    dom report plan --out plan.html
    dom report study --out study.html
    """
    from dom_engine.cli.target import check_reachable
    from dom_engine.report import write_report

    check_reachable(out)
    write_report(folder, out)
    typer.echo(f"Written to {out}")
