"""``dom infer``: the weights that people plan by, and the orders that these do not explain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Remark, Tone
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
    from dom_engine.weights.infer import Inferred
    from dom_engine.weights.inverse import Iteration

MAX_ORDERS = 20
TEXT_LIMIT = 60


def infer(
    scenario: ScenarioArgument,
    plan: Annotated[
        Path,
        typer.Argument(
            metavar="DIR",
            help="The plan that was chosen: shipments.csv and allocations.csv, of a result or made by hand.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR",
            help="Gets weights, orders and iterations as tables, and inferred.yaml; what is solved there is kept.",
            show_default=False,
        ),
    ],
    fixed: Annotated[
        str,
        typer.Option(metavar="TERM", help="The cost term whose weight stays; by default freight.", show_default=False),
    ] = "",
    iterations: Annotated[int, typer.Option(metavar="N", min=1, help="Solves at most.")] = 40,
    variant: VariantOption = None,
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
    tables: TablesOption = "csv",
) -> None:
    """Infer the weights under which a plan that people chose is closest to optimal, and what they override.

    An interrupted run goes on where it stopped when the same command is given again.

    [bold]Examples[/bold]
    dom infer my-batch chosen --out inferred
    dom infer my-batch chosen --out inferred --fixed handling
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
        from dom_engine.weights.infer import infer as inferred

        with keeping(out):
            found = inferred(
                folder,
                plan,
                out,
                fixed=fixed,
                max_iterations=iterations,
                variant=variant,
                overrides=overrides,
                tables=tables,
                watcher=progress,
                prepare=warm_up,
            )
    if as_json:
        terminal.show_json(_members(found))
        return
    terminal.show([*infer_blocks(found), Remark(f"Written to {out}; inferred.yaml has the weights for a scenario.")])


def infer_blocks(found: Inferred) -> list[Block]:
    """How close the plan is, the weights that explain it, and the orders that they do not."""
    from dom_engine.cli.texts import count, money, printable

    best = found.fit.best
    verdict = Cell("EXPLAINED", Tone.GOOD) if best.explains else Cell("NOT WHOLLY EXPLAINED", Tone.WARNING)
    told = [
        ("under its own weights", Cell(_regret(found.own))),
        ("under those inferred", Cell(_regret(best))),
        ("held fixed", Cell(f"weights.{found.fixed}")),
    ]
    if not found.fit.converged:
        told.append(("careful", Cell("stopped before the best weights were found", Tone.WARNING)))
    title = f"infer: {count(len(found.fit.iterations), 'solve')}, in {found.currency}"
    blocks: list[Block] = [Facts(title, verdict, tuple(told))]
    rows = []
    for term, (low, high) in found.fit.ranges.items():
        moved = term in found.weights
        rows.append(
            (
                Cell(f"weights.{term}"),
                Cell(f"{found.own_weights[term]:g}"),
                Cell(best.weights[term], Tone.STRONG if moved else Tone.NORMAL),
                Cell(f"{_weight(low)} to {_weight(high)}", Tone.QUIET),
            )
        )
    if rows:
        columns = (
            Column("weight"),
            Column("own", right=True),
            Column("inferred", right=True),
            Column("explains as well", right=True),
        )
        blocks.append(Grid("Weights", columns, tuple(rows), "Of weights that explain the plan as well, the nearest."))
    lines = [
        (
            Cell(printable(one.order, 20), Tone.STRONG),
            Cell(printable(one.customer, 20)),
            Cell(printable(one.channel, 12)),
            Cell(money(one.regret_micros)),
            Cell(money(one.own_regret_micros)),
            Cell(printable(one.chosen, TEXT_LIMIT) or "nothing"),
            Cell(printable(one.best, TEXT_LIMIT) or "nothing" if one.regret_micros else ""),
        )
        for one in found.overrides[:MAX_ORDERS]
    ]
    if lines:
        shown = (
            Column("order"),
            Column("customer", rank=2),
            Column("channel", rank=4),
            Column("regret", right=True),
            Column("own weights", right=True),
            Column("chosen", rank=1, flexible=True),
            Column("cheapest", rank=3, flexible=True),
        )
        more = len(found.overrides) - len(lines)
        note = (
            "What an order's own way costs more than its cheapest, the rest of the plan left as it is; what orders "
            "could save only by moving together is in the total alone."
        )
        if more:
            note += f" {more:,} more are in the tables."
        blocks.append(Grid("Overrides", shown, tuple(lines), note).without_empty_columns())
    return blocks


def _weight(value: float) -> str:
    """A weight to four digits; what only a solver's tolerance keeps from 0 is 0."""
    return f"{value:.4g}" if value >= 1e-4 else "0"


def _regret(one: Iteration) -> str:
    from dom_engine.cli.texts import money, percent

    cost = one.solved.plan_micros
    text = f"{money(cost)}, {money(one.regret_micros)} above the best plan found"
    if cost:
        text += f" ({percent(one.regret_micros / cost)})"
    at_most = one.regret_at_most_micros
    return text if at_most is None or at_most == one.regret_micros else f"{text}, at most {money(at_most)}"


def _members(found: Inferred) -> dict[str, object]:
    best = found.fit.best
    return {
        "currency": found.currency,
        "fixed": found.fixed,
        "weights": {term: float(weight) for term, weight in best.weights.items()},
        "ranges": {term: list(span) for term, span in found.fit.ranges.items()},
        "solves": len(found.fit.iterations),
        "converged": found.fit.converged,
        "own_regret_micros": found.own.regret_micros,
        "regret_micros": best.regret_micros,
        "regret_at_most_micros": best.regret_at_most_micros,
        "plan_micros": best.solved.plan_micros,
        "overrides": [
            {
                "order": one.order,
                "customer": one.customer,
                "channel": one.channel,
                "chosen": one.chosen,
                "best": one.best,
                "regret_micros": one.regret_micros,
                "own_regret_micros": one.own_regret_micros,
            }
            for one in found.overrides
        ],
    }
