"""``dom replay``: a scenario's orders through time, under rules of today, in windowed batches, and in hindsight."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Grid, Tone
from dom_engine.cli.options import (
    GapOption,
    HindsightLimitOption,
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
    from dom_engine.domain.plan import Plan
    from dom_engine.domain.result import Evaluation
    from dom_engine.whatif.replay import Replay, Replays

_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def seconds_of(text: str) -> int:
    """``15m`` as seconds."""
    found = re.fullmatch(r"(\d{1,9})([smhd])", text)
    if found is None or int(found[1]) == 0:
        raise typer.BadParameter(f"'{text}' is not a whole number of s, m, h or d, such as 15m")
    return int(found[1]) * _SECONDS[found[2]]


def replay(
    scenario: ScenarioArgument,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P",
            help="`batch`, `priced`, or a rule of today: `fcfs`, `nearest`, `priority`, `fewest-splits`; may be "
            "repeated. Default: all.",
            show_default=False,
        ),
    ] = None,
    window: Annotated[
        str, typer.Option(metavar="W", help="How long orders are gathered before they are decided: 15m, 1h, 1d.")
    ] = "15m",
    variant: VariantOption = None,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    hindsight_limit: HindsightLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="A folder that gets the table replay: cost by policy and term.", show_default=False
        ),
    ] = None,
    tables: TablesOption = "csv",
) -> None:
    """Run the orders through time, as they were released, and compare what each policy paid with hindsight.

    Orders of a window are decided at its end from what earlier windows left. Limits hold for each window, and for the
    solve in hindsight.

    [bold]Examples[/bold]
    dom replay my-month --window 1d
    dom replay my-month --policy nearest --policy batch --window 15m
    """
    given = {"time_limit_s": time_limit, "work_limit": work_limit, "gap": gap, "seed": seed, "threads": threads}
    window_s = seconds_of(window)
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.target import check_tables_folder

    if out is not None:
        check_tables_folder(out)
    from dom_engine.cli.progress import reporter

    with reporter(quiet=as_json) as report:
        report.step(f"reading {scenario}")
        from dom_engine.scenario import load_scenario

        problem = load_scenario(shipped.locate(scenario), variant, given)
        report.step("warming up", "on the first run kernels are compiled, which takes minutes")
        from dom_engine.cli.warmup import warm_up
        from dom_engine.whatif.replay import POLICIES
        from dom_engine.whatif.replay import replay as replayed

        warm_up(problem)
        found = replayed(problem, policy or list(POLICIES), window_s, report.step, hindsight_limit)
    if out is not None:
        from dom_engine.scenario.exports import write_tables

        write_tables(out, {"replay": found.table()}, tables)
    if as_json:
        terminal.show_json(_members(found))
    else:
        terminal.show(replay_blocks(found, window))


def replay_blocks(found: Replays, window: str) -> list[Block]:
    """A row per policy, and hindsight."""
    from dom_engine.cli.texts import count, money

    rows = []
    for one in found.replays:
        told = (money(one.cost_micros), *_figures(one.plan, one.evaluation), _excess(found, one))
        rows.append((Cell(one.policy, Tone.STRONG), *(Cell(text) for text in told)))
    best, bound = found.hindsight.evaluation, found.hindsight.lower_bound_micros
    told = (money(best.objective_micros), *_figures(found.hindsight.plan, best), "")
    rows.append((Cell("hindsight", Tone.GOOD), *(Cell(text) for text in told)))
    note = "" if bound is None else f"The least possible, all orders known at once, is at least {money(bound)}."
    columns = (
        Column("policy"),
        Column("cost", right=True),
        Column("shipments", right=True, rank=2),
        Column("late", right=True, rank=3),
        Column("units left out", right=True, rank=1),
        Column("more than needed, certainly", right=True),
    )
    windows = found.replays[0].num_windows if found.replays else 0
    orders = count(len(found.problem.orders), "order")
    title = f"{orders} in {count(windows, 'window')} of {window}, in {found.problem.currency}"
    return [Grid(title, columns, tuple(rows), note)]


def _figures(plan: Plan, evaluation: Evaluation) -> tuple[str, str, str]:
    late = int((evaluation.shipments.days_late > 0).sum())
    return f"{len(plan.shipments):,}", f"{late:,}", f"{int(evaluation.unallocated.sum()):,}"


def _excess(found: Replays, one: Replay) -> str:
    span = found.excess(one)
    if span is None:
        return "no bound"
    low, high = (f"{ratio * 100:.1f}" for ratio in span)
    return f"{low} %" if low == high else f"{low} to {high} %"


def _members(found: Replays) -> dict[str, Any]:
    return {
        "currency": found.problem.currency,
        "hindsight_micros": found.hindsight.evaluation.objective_micros,
        "hindsight_lower_bound_micros": found.hindsight.lower_bound_micros,
        "replays": [
            {
                "policy": one.policy,
                "window_s": one.window_s,
                "windows": one.num_windows,
                "cost_micros": one.cost_micros,
                "costs_micros": dict(one.evaluation.costs_micros),
                "shipments": len(one.plan.shipments),
                "unallocated_units": int(one.evaluation.unallocated.sum()),
                "excess": found.excess(one),
            }
            for one in found.replays
        ],
    }
