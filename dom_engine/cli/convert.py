"""``dom convert``: scenario folders to requests of the service, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Remark
from dom_engine.cli.options import VariantOption

if TYPE_CHECKING:
    from dom_engine.scenario.raw import RawScenario

SourceArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SOURCE",
        help="A scenario folder, the name of a shipped scenario, or a request (.json, .binpb).",
        show_default=False,
    ),
]
TargetArgument = Annotated[
    Path,
    typer.Argument(
        metavar="TARGET", help="A request to write (.json, .binpb), or a new or empty folder.", show_default=False
    ),
]


def convert(source: SourceArgument, target: TargetArgument, variant: VariantOption = None) -> None:
    """Turn a scenario folder into a request of the service, or a request into a folder; nothing is lost.

    Changes and the variant asked for are applied on the way: a request says its scenario outright.

    [bold]Examples[/bold]
    dom convert quickstart request.json
    dom convert quickstart request.binpb --variant reno-closed
    dom convert request.json batch
    """
    from dom_engine.cli import terminal
    from dom_engine.cli.target import check_reachable
    from dom_engine.scenario.build import build_problem
    from dom_engine.scenario.whole import write_whole
    from dom_engine.scenario.write import write_scenario
    from dom_engine.wire import REQUEST_SUFFIXES, request_file

    check_reachable(target)
    raw = _read(source, variant)
    digest = build_problem(raw).digest  # whatever is wrong is said now, and nothing is written
    if target.suffix in REQUEST_SUFFIXES:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, request_file(raw, target.suffix))
    else:
        write_scenario(raw, target)
    terminal.show([Remark(f"Written to {target}: problem {digest[:12]}.")])


def _read(source: Path, variant: str | None) -> RawScenario:
    """What the source says, changes applied; a table without a cell is left out."""
    from dataclasses import replace

    from dom_engine.cli import shipped
    from dom_engine.errors import InputError
    from dom_engine.scenario.changes import with_variant
    from dom_engine.scenario.read import read_raw
    from dom_engine.wire import REQUEST_SUFFIXES, request_scenario

    if source.suffix not in REQUEST_SUFFIXES or source.is_dir():
        return with_variant(read_raw(shipped.locate(source)), variant)
    if variant is not None:
        raise InputError.single(str(source), "is a request, and requests have no variants", code="NO_VARIANTS")
    try:
        content = source.read_bytes()
    except OSError as error:
        raise InputError.single(str(source), f"cannot be read: {error.strerror}", code="UNREADABLE") from None
    raw = request_scenario(content, source.suffix, str(source))
    return replace(raw, tables={name: table for name, table in raw.tables.items() if table.data.num_columns})
