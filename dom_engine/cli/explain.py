"""``dom explain``: why an order is served as it is."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Tone
from dom_engine.cli.options import JsonOption, ResultArgument, ScenarioArgument, TablesOption, VariantOption

if TYPE_CHECKING:
    from dom_engine.domain.problem import Problem
    from dom_engine.explain import Explanation, Option

MAX_NODES = 20
MAX_CHANGES = 6
TEXT_LIMIT = 60


def explain(
    scenario: ScenarioArgument,
    result: ResultArgument,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="An order's id.", show_default=False)],
    variant: VariantOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Gets the tables ways, way_terms and counterfactuals.", show_default=False),
    ] = None,
    tables: TablesOption = "csv",
    as_json: JsonOption = False,
) -> None:
    """Explain one order: what every other node could have given it, and what would have served what is left out.

    Ways are compared by the order's own cost plus the prices of the scarce rows it draws on, and the differences add up
    term by term. What is left out is served by one change, with every other order left as it is: more stock at a node,
    one more day, one more shipment. Each change is confirmed by deciding the order again and auditing the whole plan.

    [bold]Examples[/bold]
    dom explain quickstart plan 1006
    dom explain my-batch plan 4711 --variant reno-closed --out why --tables parquet
    """
    from dom_engine.cli import shipped, terminal
    from dom_engine.explain import explain as explain_order
    from dom_engine.explain import read_answer
    from dom_engine.scenario import load_scenario

    if out is not None:
        from dom_engine.cli.target import check_tables_folder

        check_tables_folder(out)
    problem = load_scenario(shipped.locate(scenario), variant)
    explanation = explain_order(read_answer(problem, result), order)
    if out is not None:
        from dom_engine.explain.tables import explanation_tables
        from dom_engine.scenario.exports import write_tables

        write_tables(out, explanation_tables(explanation, problem), tables)
    if as_json:
        terminal.show_json(members(explanation, problem))
    else:
        terminal.show(explanation_blocks(explanation, problem))


def explanation_blocks(explanation: Explanation, problem: Problem) -> list[Block]:
    """The order, its ways node by node, the sum that decides between the first two, and what would have served more."""
    from dom_engine.cli.texts import count, money, printable
    from dom_engine.explain.tables import shipments_text

    chosen, currency = explanation.chosen, problem.currency
    units = count(chosen.served_units + chosen.missing_units, "unit")
    verdict = Cell(f"{chosen.served_units:,} of {units} served", Tone.WARNING if chosen.missing_units else Tone.GOOD)
    facts = [("ships", Cell(printable(shipments_text(chosen, problem)), Tone.STRONG))]
    facts.append(("cost", Cell(money(chosen.own_micros, currency))))
    if chosen.priced_micros != chosen.own_micros:
        facts.append(("with prices", Cell(f"{money(chosen.priced_micros, currency)}: what it draws is scarce")))
    above = chosen.priced_micros - explanation.best.priced_micros
    if above > 0:
        text = f"{money(above, currency)} below that is possible at these prices, but not for all orders at once"
        facts.append(("above the least", Cell(text, Tone.QUIET)))
    blocks: list[Block] = [Facts(printable(f"order {explanation.order}", TEXT_LIMIT), verdict, tuple(facts))]
    blocks.append(ways(explanation, currency))
    other = next((way for way in explanation.by_node if _differs(way, chosen)), None)
    if other is not None:
        blocks.append(difference(chosen, other, currency))
    if chosen.missing_units:
        blocks.append(changes(explanation, currency))
    return blocks


def ways(explanation: Explanation, currency: str) -> Grid:
    """The best that each node alone could have given."""
    from dom_engine.cli.texts import money, printable

    chosen = explanation.chosen
    rows = []
    for way in explanation.by_node[:MAX_NODES]:
        more = way.priced_micros - chosen.priced_micros
        difference_text = f"+{money(more)}" if more > 0 else money(more)
        rows.append(
            (
                Cell(printable(way.node, TEXT_LIMIT), Tone.STRONG),
                Cell(f"{way.served_units:,}"),
                Cell("" if way.obstacle else money(way.own_micros)),
                Cell("" if way.obstacle else money(way.priced_micros - way.own_micros)),
                Cell("" if way.obstacle else difference_text),
                Cell(way.obstacle, Tone.QUIET),
            )
        )
    columns = (
        Column("all from"),
        Column("units", right=True),
        Column("cost", right=True),
        Column("prices", right=True, rank=1),
        Column("against the plan", right=True),
        Column("why not", flexible=True, rank=2),
    )
    hidden = len(explanation.by_node) - len(rows)
    note = f"... and {hidden:,} more nodes with --out or --json." if hidden else ""
    return Grid(
        f"What each node alone could have given, in {currency}", columns, tuple(rows), note
    ).without_empty_columns()


def difference(chosen: Option, other: Option, currency: str) -> Grid:
    """Term by term and row by row, from the plan to another way; the last line is the sum of those above."""
    from dom_engine.cli.texts import money, printable

    rows = []
    for name, mine, theirs in difference_terms(chosen, other):
        moved = theirs - mine
        rows.append((Cell(printable(name)), Cell(money(mine)), Cell(money(theirs)), Cell(_signed(moved))))
    ours, its = Cell(money(chosen.priced_micros), Tone.STRONG), Cell(money(other.priced_micros), Tone.STRONG)
    total = Cell(_signed(other.priced_micros - chosen.priced_micros), Tone.STRONG)
    rows.append((Cell("together", Tone.STRONG), ours, its, total))
    columns = (
        Column(""),
        Column("the plan", right=True),
        Column(f"all from {printable(other.node, TEXT_LIMIT)}", right=True),
        Column("difference", right=True),
    )
    return Grid(f"Why not from {printable(other.node, TEXT_LIMIT)}, in {currency}", columns, tuple(rows))


def difference_terms(chosen: Option, other: Option) -> list[tuple[str, int, int]]:
    """Cost terms, then rows at their prices, that either way pays; they sum to ``priced_micros`` of both."""
    terms = [
        (name.replace("_", " "), mine, other.costs_micros[name])
        for name, mine in chosen.costs_micros.items()
        if mine or other.costs_micros[name]
    ]
    paid: dict[str, list[int]] = {}
    for place, way in enumerate((chosen, other)):
        for share in way.rows:
            paid.setdefault(f"price of {share.label}", [0, 0])[place] += share.paid_micros
    return terms + [(name, mine, theirs) for name, (mine, theirs) in paid.items()]


def changes(explanation: Explanation, currency: str) -> Grid:
    """What would have served what is left out."""
    from dom_engine.cli.texts import printable

    rows = []
    for line in dict.fromkeys(one.line for one in explanation.counterfactuals):
        of_line = [one for one in explanation.counterfactuals if one.line == line]
        rows += [
            (
                Cell(printable(line, TEXT_LIMIT), Tone.STRONG),
                Cell(printable(one.change, TEXT_LIMIT)),
                Cell(f"{one.served_units:,} of {one.short_units:,}"),
                Cell(_signed(one.delta_micros)),
            )
            for one in of_line[:MAX_CHANGES]
        ]
    columns = (
        Column("line"),
        Column("change", flexible=True),
        Column("units served", right=True),
        Column(f"cost of all in {currency}", right=True),
    )
    note = "Each with every other order left as it is, audited." if rows else "No such change serves any of it."
    return Grid("What would have served what is left out", columns, tuple(rows), note)


def members(explanation: Explanation, problem: Problem) -> dict[str, Any]:
    """Everything, for programs."""
    from dom_engine.explain.tables import shipments_text

    def of(way: Option) -> dict[str, Any]:
        return {
            "node": way.node,
            "ships": shipments_text(way, problem),
            "served_units": way.served_units,
            "missing_units": way.missing_units,
            "costs_micros": dict(way.costs_micros),
            "rows": [asdict(share) for share in way.rows],
            "own_micros": way.own_micros,
            "priced_micros": way.priced_micros,
            "obstacle": way.obstacle,
        }

    return {
        "order": explanation.order,
        "currency": problem.currency,
        "chosen": of(explanation.chosen),
        "best": of(explanation.best),
        "by_node": [of(way) for way in explanation.by_node],
        "counterfactuals": [asdict(one) for one in explanation.counterfactuals],
    }


def _differs(way: Option, chosen: Option) -> bool:
    same = way.costs_micros == chosen.costs_micros and way.rows == chosen.rows
    return not way.obstacle and not same


def _signed(micros: int) -> str:
    from dom_engine.cli.texts import money

    return f"+{money(micros)}" if micros > 0 else money(micros)
