"""``dom whatif``: a scenario and its variants, solved side by side and compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    MethodOption,
    ScenarioArgument,
    SeedOption,
    TablesOption,
    ThreadsOption,
    TimeLimitOption,
    WorkLimitOption,
)

if TYPE_CHECKING:
    from dom_engine.whatif import Study


def whatif(
    scenario: ScenarioArgument,
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Gets a result folder for base and for each variant, and comparison.csv; results there are kept.",
            show_default=False,
        ),
    ],
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Solve only this variant; may be given several times.", show_default=False),
    ] = None,
    as_json: JsonOption = False,
    method: MethodOption = None,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    tables: TablesOption = "csv",
) -> None:
    """Solve a scenario and each of its variants, and say what certainly differs.

    Limits hold for each solve; the threads are shared among the solves that run side by side. An interrupted run goes
    on where it stopped when the same command is given again.

    [bold]Examples[/bold]
    dom whatif peak-day --out study
    dom whatif peak-day --out study --only later-cutoff --only no-overtime
    dom whatif my-batch --out study --time-limit 300
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.board import board
    from dom_engine.cli.kept import keeping

    folder = shipped.locate(scenario)
    given = {
        "method": method,
        "time_limit_s": time_limit,
        "work_limit": work_limit,
        "gap": gap,
        "seed": seed,
        "threads": threads,
    }
    overrides = {key: value for key, value in given.items() if value is not None}
    from dom_engine.cli.target import check_reachable

    check_reachable(out)
    with board(quiet=as_json) as progress:
        progress.step(f"reading {scenario}")
        from dom_engine.cli.warmup import warm_up
        from dom_engine.whatif import solve_variants

        with keeping(out):
            study = solve_variants(
                folder,
                out,
                only=only or (),
                overrides=overrides,
                tables=tables,
                watcher=progress,
                prepare=warm_up,
            )
    if as_json:
        terminal.show_json(_members(study))
        return
    from dom_engine.cli.blocks import Remark
    from dom_engine.cli.compared import study_blocks

    terminal.show([*study_blocks(study), Remark(f"Written to {out}. For a browser: dom report {out} --out study.html")])


def _members(study: Study) -> dict[str, object]:
    deltas: Sequence[object] = [
        {
            "variant": delta.variant,
            "metric": delta.metric,
            "value": float(delta.value),
            "base": float(delta.base),
            "delta": float(delta.delta),
            "delta_low": None if delta.delta_low is None else float(delta.delta_low),
            "delta_high": None if delta.delta_high is None else float(delta.delta_high),
            "certain": delta.is_certain,
        }
        for delta in study.deltas
    ]
    return {"currency": study.currency, "deltas": deltas}
