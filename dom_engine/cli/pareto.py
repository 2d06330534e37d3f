"""``dom pareto``: what two or three objectives cost each other, and the weights that make each trade."""

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
    from dom_engine.weights.objectives import Objective
    from dom_engine.weights.pareto import Pareto, ParetoPoint

MAX_DOMINATED = 20


def pareto(
    scenario: ScenarioArgument,
    objective: Annotated[
        list[str],
        typer.Option(
            metavar="NAME",
            help="What is to be small; two or three of: `cost`, `late_shipments`, `days_late`, `split_orders`, "
            "`shipments`, `parcels`, `unfilled_units`, `incomplete_orders`, `co2_kg`, `raw_costs.TERM`.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Gets the table points, front.yaml and a result folder per point; points there are kept.",
            show_default=False,
        ),
    ],
    vary: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KNOB=LOW:HIGH",
            help="A weight or policy to search as well, or another range for one; V,V gives choices.",
            show_default=False,
        ),
    ] = None,
    trials: Annotated[int, typer.Option(metavar="N", min=0, help="Points that NSGA-II proposes.")] = 24,
    refinements: Annotated[
        int, typer.Option(metavar="N", min=0, help="At most so many points between neighbours on the front.")
    ] = 12,
    variant: VariantOption = None,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    tables: TablesOption = "csv",
) -> None:
    r"""Find the plans that no other beats in two or three objectives at once, and the weights that make them.

    An interrupted run goes on where it stopped when the same command is given again, and ends with the same tables.
    Needs Optuna: pip install 'dom-engine\[tune]'.

    [bold]Examples[/bold]
    dom pareto peak-day --objective cost --objective late_shipments --out front
    dom pareto export --objective cost --objective co2_kg --trials 60 --out front
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
        from dom_engine.weights.knobs import parse_ranges
        from dom_engine.weights.pareto import pareto as trade

        with keeping(out):
            found = trade(
                folder,
                objective,
                out,
                ranges=parse_ranges(vary or ()),
                trials=trials,
                refinements=refinements,
                variant=variant,
                overrides=overrides,
                tables=tables,
                watcher=progress,
                prepare=warm_up,
            )
    if as_json:
        terminal.show_json(_members(found))
        return
    remark = Remark(f"Written to {out}; front.yaml has the front's weights as variants to paste into scenario.yaml.")
    terminal.show([*pareto_blocks(found), remark])


def pareto_blocks(found: Pareto) -> list[Block]:
    """The front, and what it beats."""
    front = found.front
    rows = [(*_values(found, one), *_rest(one)) for one in front]
    titles = [Column(_title(objective), right=True) for objective in found.objectives]
    proven = Column("cost at least", right=True, rank=2)
    columns = (*titles, proven, Column("supported", rank=3), Column("made by", flexible=True))
    note = (
        "Cost is that under the scenario's own weights and policy; cost at least: no plan as good in the other "
        "objectives costs less, certainly. Supported: some fixed prices of the objectives choose it."
    )
    blocks: list[Block] = [
        Grid(f"Front in {found.currency}", columns, tuple(rows), note).without_empty_columns(),
    ]
    beaten = [one for one in found.points if one.rank.dominated_by is not None]
    beaten.sort(key=lambda one: one.values)
    if beaten:
        lost = [(*_values(found, one), Cell(_setting(one), Tone.QUIET)) for one in beaten[:MAX_DOMINATED]]
        more = f"{len(beaten) - len(lost):,} more are in the tables." if len(beaten) > len(lost) else ""
        blocks.append(Grid("Dominated", (*titles, Column("made by", flexible=True)), tuple(lost), more))
    return blocks


def _title(objective: Objective) -> str:
    return objective.name.removeprefix("raw_costs.").replace("_", " ")


def _values(found: Pareto, one: ParetoPoint) -> list[Cell]:
    return [Cell(_value(objective, value)) for objective, value in zip(found.objectives, one.values, strict=True)]


def _value(objective: Objective, value: int) -> str:
    from dom_engine.cli.texts import money

    if objective.scale == 1:
        return f"{value:,}"
    return money(value) if objective.scale == 1_000_000 else f"{value / objective.scale:,.1f}"


def _rest(one: ParetoPoint) -> list[Cell]:
    from dom_engine.cli.texts import money

    proven = "" if one.at_least_micros is None else money(one.at_least_micros)
    return [Cell(proven, Tone.QUIET), Cell("yes" if one.rank.supported else "no"), Cell(_setting(one), Tone.QUIET)]


def _setting(one: ParetoPoint) -> str:
    told = ", ".join(f"{knob.partition('.')[2]} {value}" for knob, value in one.point.setting)
    return told or "the scenario as it is"


def _members(found: Pareto) -> dict[str, object]:
    return {
        "currency": found.currency,
        "objectives": [objective.name for objective in found.objectives],
        "points": [
            {
                "source": one.source,
                "setting": dict(one.point.setting),
                "values": list(one.values),
                "front": one.rank.front,
                "supported": one.rank.supported if one.rank.front else None,
                "cost_at_least_micros": one.at_least_micros,
                "base_violations": one.point.base_violations,
            }
            for one in found.points
        ],
    }
