"""``dom sweep``: a scenario solved at every point of a grid over weights and policy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Grid, Remark, Tone
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    ScenarioArgument,
    SeedOption,
    TablesOption,
    ThreadsOption,
    TimeLimitOption,
    VariantOption,
    WorkLimitOption,
)

if TYPE_CHECKING:
    from dom_engine.weights import Sweep
    from dom_engine.weights.points import Point

MAX_ROWS = 60
BROKEN = "* The plan is not one that the scenario's own policy allows."


def sweep(
    scenario: ScenarioArgument,
    vary: Annotated[
        list[str],
        typer.Option(
            metavar="KNOB=V,V",
            help="A weight or policy and its values, as `weights.late=0,1,5`; several make a grid.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Gets the table points and a result folder per point; points there are kept.",
            show_default=False,
        ),
    ],
    variant: VariantOption = None,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    tables: TablesOption = "csv",
) -> None:
    """Solve a scenario at every combination of some values of its weights and policy.

    Limits hold for each point; the threads are shared among the points that are solved side by side. An interrupted
    run goes on where it stopped when the same command is given again.

    [bold]Examples[/bold]
    dom sweep quickstart --vary weights.late=0,1,5 --out swept
    dom sweep peak-day --vary weights.late=0,1,2 --vary policy.split_cost=0,1,20 --out swept --tables parquet
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.board import board
    from dom_engine.cli.kept import keeping
    from dom_engine.cli.target import check_reachable

    folder = shipped.locate(scenario)
    overrides = {"time_limit_s": time_limit, "work_limit": work_limit, "gap": gap, "seed": seed, "threads": threads}
    check_reachable(out)
    with board(quiet=as_json) as progress:
        progress.step(f"reading {scenario}")
        from dom_engine.cli.warmup import warm_up
        from dom_engine.weights import sweep as swept
        from dom_engine.weights.knobs import parse_values

        with keeping(out):
            found = swept(
                folder,
                parse_values(vary),
                out,
                variant=variant,
                overrides=overrides,
                tables=tables,
                watcher=progress,
                prepare=warm_up,
            )
    if as_json:
        terminal.show_json({"currency": found.currency, "points": [point_members(point) for point in found.points]})
        return
    terminal.show([*sweep_blocks(found), Remark(f"Written to {out}")])


def sweep_blocks(found: Sweep) -> list[Block]:
    """A row per point: its knobs, and what its plan comes to by the scenario's own yardstick."""
    rows = []
    for point in found.points[:MAX_ROWS]:
        setting = dict(point.setting)
        knobs = [Cell(setting[knob], Tone.STRONG) for knob in found.knobs]
        rows.append((*knobs, *(Cell(text) for text in figures(point))))
    titles = [Column(knob.partition(".")[2]) for knob in found.knobs]
    hidden = len(found.points) - len(rows)
    note = "Cost is that of each plan under the scenario's own weights and policy."
    if any(point.base_violations for point in found.points):
        note += f" {BROKEN}"
    if hidden:
        note += f" {hidden:,} more points are in the tables."
    return [Grid(f"Points in {found.currency}", (*titles, *FIGURES), tuple(rows), note)]


FIGURES = (
    Column("cost", right=True),
    Column("shipments", right=True, rank=3),
    Column("splits", right=True, rank=2),
    Column("late", right=True, rank=1),
    Column("units left out", right=True),
    Column("kg CO2", right=True, rank=4),
    Column("gap", right=True, rank=5),
)


def figures(point: Point) -> tuple[str, ...]:
    """What a plan comes to, as ``FIGURES`` lists it."""
    from dom_engine.cli.texts import money, percent

    measures = point.measures
    counts = ("shipments", "split_orders", "late_shipments", "unfilled_units")
    cost = money(point.base_cost_micros) + (" *" if point.base_violations else "")
    told = [f"{measures[name]:,}" for name in counts]
    return (cost, *told, f"{measures['co2_g'] / 1_000:,.1f}", percent(point.summary["gap"]))


def point_members(point: Point) -> dict[str, object]:
    """A point for programs."""
    summary = point.summary
    return {
        "setting": dict(point.setting),
        "status": summary["status"],
        "objective_micros": summary["objective_micros"],
        "lower_bound_micros": summary["lower_bound_micros"],
        "base_cost_micros": point.base_cost_micros,
        "base_violations": point.base_violations,
        "measures": dict(point.measures),
    }
