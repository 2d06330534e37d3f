"""``dom shadow``: what one more unit of stock or capacity is worth."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Cell, Column, Grid, Tone
from dom_engine.cli.options import (
    GapOption,
    JsonOption,
    ResultArgument,
    ScenarioArgument,
    TablesOption,
    TimeLimitOption,
    VariantOption,
)

if TYPE_CHECKING:
    from dom_engine.domain.problem import Problem
    from dom_engine.domain.result import Result
    from dom_engine.explain import Worth

MAX_ROWS = 30


def shadow(
    scenario: ScenarioArgument,
    result: ResultArgument,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, help="Solve again for this many of the dearest rows.", show_default=True)
    ] = 3,
    variant: VariantOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Gets the table shadow, with every row.", show_default=False)
    ] = None,
    tables: TablesOption = "csv",
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    gap: GapOption = None,
) -> None:
    """Say what one more unit of scarce stock or capacity is worth.

    Each row has its price in the bound, which is about that; for the dearest rows the scenario is solved again with one
    more, and the exact worth lies between the two figures given.

    [bold]Examples[/bold]
    dom shadow quickstart plan
    dom shadow my-batch plan --top 10 --time-limit 60 --out worth
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.progress import reporter

    if out is not None:
        from dom_engine.cli.target import check_tables_folder

        check_tables_folder(out)
    overrides = {"time_limit_s": time_limit, "gap": gap}
    with reporter(quiet=as_json) as report:
        report.step(f"reading {scenario}")
        from dom_engine.engine import solve
        from dom_engine.explain import read_answer
        from dom_engine.explain import shadow as shadow_of
        from dom_engine.scenario import load_scenario

        problem = load_scenario(shipped.locate(scenario), variant, overrides)
        answer = read_answer(problem, result)

        def again(changed: Problem) -> Result:
            return solve(changed, watch=report.watch)

        worths = shadow_of(answer, top=top, tell=lambda label: report.step(f"one more of {label}"), solver=again)
    if out is not None:
        from dom_engine.explain.shadow import shadow_table
        from dom_engine.scenario.exports import write_tables

        write_tables(out, {"shadow": shadow_table(worths)}, tables)
    if as_json:
        terminal.show_json({"currency": problem.currency, "rows": [asdict(worth) for worth in worths]})
    else:
        terminal.show([worth_grid(worths, problem.currency)])


def worth_grid(worths: list[Worth], currency: str) -> Grid:
    """Rows, the dearest first."""
    from dom_engine.cli.texts import money, printable

    rows = []
    for worth in worths[:MAX_ROWS]:
        low, high = worth.saves_low_micros, worth.saves_high_micros
        exact = ""
        if low is not None:
            most = "?" if high is None else money(high)
            exact = money(low) if money(low) == most else f"{money(low)} to {most}"
        rows.append(
            (
                Cell(printable(worth.label, 60), Tone.STRONG),
                Cell(worth.period, Tone.QUIET),
                Cell(money(worth.price_micros)),
                Cell(exact, Tone.GOOD),
            )
        )
    columns = (
        Column("one more of", flexible=True),
        Column("from", rank=2),
        Column("price in the bound", right=True),
        Column("worth, by solving again", right=True),
    )
    hidden = len(worths) - len(rows)
    note = f"... and {hidden:,} more rows with --out or --json." if hidden else ""
    if not worths:
        note = "Nothing is scarce: no row has a price."
    return Grid(f"What one more is worth, in {currency}", columns, tuple(rows), note).without_empty_columns()
