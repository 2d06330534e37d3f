"""``dom regret``: what a shop's own history cost, against what was possible."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Remark, Tone
from dom_engine.cli.options import (
    GapOption,
    HindsightLimitOption,
    JsonOption,
    SeedOption,
    TablesOption,
    ThreadsOption,
    TimeLimitOption,
    WorkLimitOption,
)
from dom_engine.cli.replay import seconds_of

if TYPE_CHECKING:
    from dom_engine.whatif.regret import Regret

MAX_ORDERS = 5


def regret(
    orders: Annotated[Path, typer.Argument(metavar="ORDERS", help="A row per order line.", show_default=False)],
    shipments: Annotated[
        Path, typer.Argument(metavar="SHIPMENTS", help="A row per order, item and node.", show_default=False)
    ],
    network: Annotated[
        Path,
        typer.Option(
            metavar="SCENARIO", help="Nodes, services, lanes, rates, rules: a scenario folder.", show_default=False
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="DIR", help="Gets the report, its tables, the scenario and its best plan.", show_default=False
        ),
    ],
    columns: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="YAML: what the export calls columns, nodes, services.", show_default=False),
    ] = None,
    window: Annotated[
        str, typer.Option(metavar="W", help="How long orders would have been gathered: 15m, 1h, 1d.")
    ] = "1d",
    infer_stock: Annotated[
        bool,
        typer.Option("--infer-stock", metavar="", help="Take what each node shipped for its stock."),
    ] = False,
    tables: TablesOption = "csv",
    as_json: JsonOption = False,
    time_limit: TimeLimitOption = None,
    hindsight_limit: HindsightLimitOption = None,
    work_limit: WorkLimitOption = None,
    gap: GapOption = None,
    seed: SeedOption = None,
    threads: ThreadsOption = None,
) -> None:
    """Value a shop's own history: what it paid, what it could have paid, and who carries the difference.

    The stock is the network's inventory; where it states none, what each node shipped. Limits hold for each window, and
    for the solve in hindsight.

    [bold]Examples[/bold]
    dom regret orders.csv shipments.csv --network my-network --out regret
    dom regret orders.csv shipments.csv --network my-network --columns columns.yaml --window 1h --out regret
    """
    given = {"time_limit_s": time_limit, "work_limit": work_limit, "gap": gap, "seed": seed, "threads": threads}
    window_s = seconds_of(window)
    from dom_engine.cli import shipped, terminal
    from dom_engine.cli.progress import reporter
    from dom_engine.cli.target import check_reachable
    from dom_engine.importers.folder import check_replaceable

    check_reachable(out)
    check_replaceable(out)
    with reporter(quiet=as_json) as report:
        report.step(f"reading {orders} and {shipments}")
        from dom_engine.report.regret import figures, write_regret
        from dom_engine.whatif.history import read_history
        from dom_engine.whatif.regret import regret as valued

        overrides = {key: value for key, value in given.items() if value is not None}
        history = read_history(
            orders, shipments, shipped.locate(network), columns, infer_stock=infer_stock, overrides=overrides
        )
        report.step("warming up", "on the first run kernels are compiled, which takes minutes")
        from dom_engine.cli.warmup import warm_up

        warm_up(history.problem)
        found = valued(history, window_s, report.step, hindsight_limit)
        write_regret(found, out, tables)
    if as_json:
        terminal.show_json(figures(found))
    else:
        terminal.show([*regret_blocks(found), Remark(f"Written to {out}. For a browser: {out / 'regret.html'}")])


def regret_blocks(found: Regret) -> list[Block]:
    """The verdict, the costs, and the dearest orders."""
    from dom_engine.cli.texts import count, money, printable
    from dom_engine.report.regret import carriers, verdict
    from dom_engine.whatif.regret import tables

    currency, best = found.problem.currency, found.hindsight.evaluation
    num_windows = count(found.windows.num_windows, "window")
    facts = [
        ("paid", Cell(money(found.paid_micros, currency), Tone.STRONG)),
        ("in windows", Cell(f"{money(found.windows.cost_micros, currency)}, {num_windows}")),
        ("in hindsight", Cell(money(best.objective_micros, currency))),
        ("never below", Cell(money(found.bound_micros, currency))),
    ]
    if found.broken:
        text = f"{count(len(found.broken), 'rule')} of the network not kept; see broken.csv"
        facts.append(("the history", Cell(text, Tone.WARNING)))
    blocks: list[Block] = [Facts("regret", Cell(verdict(found), Tone.STRONG), tuple(facts)), Remark(carriers(found))]
    made = tables(found)["orders"].slice(0, MAX_ORDERS).to_pylist()
    rows = [
        (
            Cell(printable(row["order"]), Tone.STRONG),
            Cell(money(int(row["excess"].scaleb(6)))),
            Cell(printable(row["shipped_from"].replace(";", ", ") or "nowhere")),
            Cell(printable(row["best_from"].replace(";", ", ") or "nowhere")),
        )
        for row in made
        if row["excess"] > 0
    ]
    columns = (
        Column("order"),
        Column("too much", right=True),
        Column("shipped from", flexible=True),
        Column("in hindsight from", flexible=True, rank=1),
    )
    if rows:
        blocks.append(Grid(f"The dearest orders, in {currency}", columns, tuple(rows), ""))
    return blocks
