"""``dom report``: a result or a study as one HTML file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dom_engine.cli.options import VariantOption


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
    scenario: Annotated[
        Path | None,
        typer.Option(
            metavar="SCENARIO", help="What was solved: adds the map, and load against capacity.", show_default=False
        ),
    ] = None,
    variant: VariantOption = None,
    png: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Gets every figure as a PNG file too.", show_default=False),
    ] = None,
) -> None:
    """Write a report that opens in any browser, with no network: figures, and tables that sort and filter.

    [bold]Examples[/bold]
    dom report plan --out plan.html --scenario quickstart
    dom report study --out study.html --png pictures
    """
    from dom_engine.cli import shipped
    from dom_engine.cli.target import check_reachable
    from dom_engine.report import write_report
    from dom_engine.scenario import load_scenario

    check_reachable(out)
    if png is not None:
        check_reachable(png / "figure.png")
    problem = None if scenario is None else load_scenario(shipped.locate(scenario), variant)
    write_report(folder, out, problem, png)
    typer.echo(f"Written to {out}" if png is None else f"Written to {out}, its figures to {png}")
