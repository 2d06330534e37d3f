"""Arguments and options that several commands share, and how a shell completes them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Literal

import typer

from dom_engine.cli import shipped

TableFormat = Literal["csv", "parquet", "both"]
Method = Literal["auto", "exact", "fcfs", "nearest", "preference", "fewest-splits"]


def _finite(value: float | None) -> float | None:
    """NaN passes every comparison that guards a range."""
    if value is not None and not math.isfinite(value):
        raise typer.BadParameter(f"{value} is not a finite number")
    return value


def _complete_variant(context: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    # While an option waits for its value the arguments are not yet assigned.
    named = context.params.get("scenario") or next(iter(context.args), None)
    if named is None:
        return []
    folder = Path(named) if Path(named).exists() else shipped.folder() / named
    names = shipped.variant_names(folder)
    return [(name, "variant") for name in names if name.startswith(incomplete)]


def _complete_scenario(incomplete: str) -> list[tuple[str, str]]:
    known = [(name, "shipped scenario") for name in shipped.names() if name.startswith(incomplete)]
    return known + [(folder, "folder") for folder in _folders(incomplete)]


def _folders(incomplete: str) -> list[str]:
    parent = Path(incomplete) if incomplete.endswith("/") else Path(incomplete).parent
    if not parent.is_dir():
        return []
    found = [entry.as_posix() + "/" for entry in sorted(parent.iterdir()) if entry.is_dir()]
    return [folder for folder in found if folder.startswith(incomplete)]


ScenarioArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO",
        help="A scenario folder, or the name of a shipped scenario.",
        show_default=False,
        autocompletion=_complete_scenario,
    ),
]
ResultArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A result folder, as `dom solve` writes it.", show_default=False)
]
VariantOption = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Apply this variant of the scenario.",
        show_default=False,
        autocompletion=_complete_variant,
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="For programs: JSON on stdout, errors as JSON on stderr.")
]

TablesOption = Annotated[
    TableFormat, typer.Option("--tables", help="Tables as CSV, or typed as Parquet, for notebooks.")
]

_HOW = "How to solve (wins over scenario.yaml)"

MethodOption = Annotated[
    Method | None,
    typer.Option(
        metavar="M",
        help="`auto` (or `exact`) searches for the best plan. Rules that shops run today: `fcfs`, `nearest`, "
        "`preference`, `fewest-splits`.",
        show_default=False,
        rich_help_panel=_HOW,
    ),
]
TimeLimitOption = Annotated[
    float | None,
    typer.Option(
        metavar="S", min=0, callback=_finite, help="Seconds to search.", show_default=False, rich_help_panel=_HOW
    ),
]
HindsightLimitOption = Annotated[
    float | None,
    typer.Option(
        "--hindsight-limit",
        metavar="S",
        min=0,
        callback=_finite,
        help="Seconds to search in hindsight; by default the limit of a window.",
        show_default=False,
        rich_help_panel=_HOW,
    ),
]
WorkLimitOption = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=0,
        help="Counted work to do, the same on every machine; 0: no limit.",
        show_default=False,
        rich_help_panel=_HOW,
    ),
]
GapOption = Annotated[
    float | None,
    typer.Option(
        metavar="G",
        min=0,
        callback=_finite,
        help="Relative gap to the bound at which to stop; 0: proven best to the micro.",
        show_default=False,
        rich_help_panel=_HOW,
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Decides ties.", show_default=False, rich_help_panel=_HOW),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Threads to use; 0: every core.", show_default=False, rich_help_panel=_HOW),
]
ToleranceOption = Annotated[
    float,
    typer.Option(metavar="R", min=0, callback=_finite, help="How much slower is too slow: 0.25 is a quarter."),
]
