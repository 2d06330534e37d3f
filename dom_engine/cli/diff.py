"""``dom diff``: what changed from one plan to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Tone
from dom_engine.cli.options import JsonOption, TablesOption

if TYPE_CHECKING:
    from dom_engine.whatif.difference import PlanDiff

MAX_ORDERS = 20
TEXT_LIMIT = 120


def diff(
    before: Annotated[Path, typer.Argument(metavar="DIR_A", help="A result folder.", show_default=False)],
    after: Annotated[Path, typer.Argument(metavar="DIR_B", help="Another one.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Gets the tables order_changes, with every order, and cost_changes.", show_default=False
        ),
    ] = None,
    tables: TablesOption = "csv",
    as_json: JsonOption = False,
) -> None:
    """Say what changed from plan A to plan B, order by order, and why the cost moved.

    [bold]Examples[/bold]
    dom diff plan study/reno-closed
    dom diff yesterday today --out changes
    """
    from dom_engine.cli import terminal
    from dom_engine.whatif.difference import diff_plans, diff_tables

    if out is not None:
        from dom_engine.cli.target import check_tables_folder

        check_tables_folder(out)
    found = diff_plans(before, after)
    if out is not None:
        from dom_engine.scenario.exports import write_tables

        write_tables(out, diff_tables(found), tables)
    if as_json:
        terminal.show_json(_members(found))
    else:
        terminal.show(diff_blocks(found))


def diff_blocks(found: PlanDiff) -> list[Block]:
    """The move of the cost, its terms, and the orders that moved most."""
    from dom_engine.cli.texts import count, money, printable

    currency = str(found.after.get("currency", ""))
    facts = [
        (
            "cost",
            Cell(f"{money(found.before['objective_micros'])} to {money(found.after['objective_micros'], currency)}"),
        ),
        ("orders", Cell(f"{len(found.orders):,} of {count(found.num_orders, 'order')} changed")),
    ]
    if not found.same_problem:
        facts.append(
            ("problems", Cell("two different ones: the plans answer other scenarios or variants", Tone.WARNING))
        )
    moved = found.delta_micros
    tone = Tone.GOOD if moved < 0 else Tone.WARNING if moved > 0 else Tone.NORMAL
    blocks: list[Block] = [Facts("diff", Cell(_signed(moved) if moved else "same cost", tone), tuple(facts))]
    terms = {term: amount for term, amount in found.terms().items() if amount}
    if terms:
        rows = [(Cell(term.replace("_", " ")), Cell(_signed(amount))) for term, amount in terms.items()]
        rows.append((Cell("together", Tone.STRONG), Cell(_signed(moved), Tone.STRONG)))
        blocks.append(Grid(f"Why the cost moved, in {currency}", (Column(""), Column("", right=True)), tuple(rows)))
    if found.orders:
        listed = [
            (
                Cell(printable(change.order, TEXT_LIMIT), Tone.STRONG),
                Cell(change.kind),
                Cell(printable(change.before, TEXT_LIMIT), Tone.QUIET),
                Cell(printable(change.after, TEXT_LIMIT)),
                Cell(_signed(change.delta_micros)),
            )
            for change in found.orders[:MAX_ORDERS]
        ]
        columns = (
            Column("order"),
            Column("what"),
            Column("before", flexible=True, rank=1),
            Column("after", flexible=True),
            Column("cost", right=True),
        )
        hidden = len(found.orders) - len(listed)
        note = f"... and {hidden:,} more with --out or --json." if hidden else ""
        blocks.append(
            Grid("Orders that changed, the largest move of their own cost first", columns, tuple(listed), note)
        )
    return blocks


def _members(found: PlanDiff) -> dict[str, object]:
    return {
        "same_problem": found.same_problem,
        "delta_micros": found.delta_micros,
        "terms_micros": found.terms(),
        "rows_delta_micros": found.rows_delta_micros,
        "num_orders": found.num_orders,
        "orders": [
            {
                "order": change.order,
                "kind": change.kind,
                "before": change.before,
                "after": change.after,
                "cost_before_micros": change.cost_before_micros,
                "cost_after_micros": change.cost_after_micros,
                "delta_micros": change.delta_micros,
            }
            for change in found.orders
        ],
    }


def _signed(micros: int) -> str:
    from dom_engine.cli.texts import money

    return f"+{money(micros)}" if micros > 0 else money(micros)
