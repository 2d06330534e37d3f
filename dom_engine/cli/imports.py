"""``dom import``: public data sets as scenario folders."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from dom_engine.cli import commands, terminal
from dom_engine.cli.blocks import Remark

Imported = TypeVar("Imported")

app = typer.Typer(
    cls=commands.Group,
    help="Turn public data sets into scenario folders.\n\n"
    "What the data lacks is generated from a seed; the README of the output says what.",
    no_args_is_help=True,
)
command = partial(app.command, cls=commands.Command)

OutOption = Annotated[
    Path,
    typer.Option(
        metavar="DIR",
        help="Folder to write: new, empty, or an earlier import, which is replaced.",
        show_default=False,
    ),
]


def _file(what: str) -> typer.models.ArgumentInfo:
    argument = typer.Argument(metavar="FILE", help=what, show_default=False)
    assert isinstance(argument, typer.models.ArgumentInfo)
    return argument


@command("brunel")
def brunel(
    source: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with the seven CSV files.", show_default=False)
    ],
    out: OutOption,
) -> None:
    """Supply Chain Logistics Problem Dataset (Brunel University London): 9,215 orders, 19 warehouses, freight brackets.

    [bold]Examples[/bold]
    dom import brunel data/brunel --out brunel
    dom solve brunel --out plan
    """
    from dom_engine.importers import import_brunel

    _done(_imported(source, out, lambda: import_brunel(source, out)))


@command("online-retail")
def online_retail(
    file: Annotated[Path, _file("The invoices as CSV, plain or compressed (.gz, .xz).")],
    network: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Folder with cities.csv and fulfillment_centers.csv: where orders go and where stock lies.",
            show_default=False,
        ),
    ],
    out: OutOption,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Decides destinations and stock.")] = 0,
    months: Annotated[
        bool, typer.Option("--months", metavar="", help="A batch is a month, for dom replay, instead of a day.")
    ] = False,
) -> None:
    """Online Retail (UCI): every day of a British wholesaler's invoices as a batch, on a network of yours.

    [bold]Examples[/bold]
    dom import online-retail online_retail.csv --network data/us --out retail --seed 1
    dom solve retail/2010-12-01 --out plan
    """
    from dom_engine.cli.texts import count
    from dom_engine.importers import import_online_retail

    days = _imported(file, out, lambda: import_online_retail(file, network, out, seed, months=months))
    told = f"{count(len(days), 'scenario')}, one a {'month' if months else 'day'}"
    terminal.show([Remark(f"Written to {out}: {told}, on {out / 'base'}. {_next(days[0])}")])


@command("orlib-cap")
def orlib_cap(file: Annotated[Path, _file("An instance: cap71.txt and its like.")], out: OutOption) -> None:
    """OR-Library, capacitated warehouse location: customers as orders, warehouses as nodes with an activation cost.

    [bold]Examples[/bold]
    dom import orlib-cap cap71.txt --out cap71
    dom solve cap71 --out plan --gap 0
    """
    from dom_engine.importers import import_orlib_cap

    _done(_imported(file, out, lambda: import_orlib_cap(file, out)))


@command("orlib-gap")
def orlib_gap(
    file: Annotated[Path, _file("An instance of the generalised assignment problem, to be minimised.")], out: OutOption
) -> None:
    """OR-Library, generalised assignment: jobs as orders of one unit, agents as nodes with a capacity in work hours.

    [bold]Examples[/bold]
    dom import orlib-gap gap1.txt --out gap1
    dom solve gap1 --out plan --gap 0
    """
    from dom_engine.importers import import_orlib_gap

    _done(_imported(file, out, lambda: import_orlib_gap(file, out)))


def _imported(source: Path, out: Path, work: Callable[[], Imported]) -> Imported:
    from dom_engine.cli.progress import reporter
    from dom_engine.cli.target import check_reachable

    check_reachable(out)
    with reporter(quiet=False) as report:
        report.step(f"importing {source}")
        return work()


def _done(folder: Path) -> None:
    terminal.show([Remark(f"Written to {folder}. {_next(folder)}")])


def _next(folder: Path) -> str:
    return f"Solve it: dom solve {folder} --out plan"
