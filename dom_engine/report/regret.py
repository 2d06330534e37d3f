"""A valued history for a manager: what was paid, what was possible, who carries the difference, and the tables."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from dom_engine.importers.folder import replacing, write_readme
from dom_engine.report.figures import Bar, bars
from dom_engine.report.html import Cell, Column, Number, cards, page, section, table
from dom_engine.report.words import money, signed
from dom_engine.scenario.exports import TableFormat, write_tables
from dom_engine.scenario.results import write_result
from dom_engine.scenario.write import write_scenario
from dom_engine.whatif.regret import Regret, tables

MAX_ROWS = 50
MAX_WINDOWS = 400
REPORT_FILE, SUMMARY_FILE = "regret.html", "regret.json"

_README = """# What was paid, and what was possible

- `regret.html`: the report. `regret.json`: its figures.
- `orders`, `nodes`, `windows`, `terms`, `broken`: the tables behind it.
- `scenario`: the history as a scenario; `hindsight`: the best plan found for it. Ask about an order with
  `dom explain scenario hindsight ORDER`, check the bound with `dom verify scenario hindsight`.
"""


def write_regret(found: Regret, out: Path, form: TableFormat = "csv") -> None:
    """Write the report, its tables, the scenario and the plan of hindsight into ``out``, whole or not at all.

    Raises
    ------
    InputError
        When ``out`` is neither new, empty nor an earlier such folder.
    """
    made = tables(found)
    with replacing(out) as folder:
        (folder / REPORT_FILE).write_text(regret_page(found, made), encoding="utf-8", newline="\n")
        text = json.dumps(figures(found), indent=2, ensure_ascii=False, allow_nan=False)
        (folder / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        write_tables(folder, made, form)
        write_scenario(found.history.raw, folder / "scenario")
        write_result(found.hindsight, folder / "hindsight")
        write_readme(folder, _README)


def figures(found: Regret) -> dict[str, Any]:
    """The report's figures, for programs."""
    (orders, order_share), (nodes, node_share) = found.dearest_orders(), found.dearest_nodes()
    return {
        "currency": found.problem.currency,
        "orders": len(found.problem.orders),
        "windows": found.windows.num_windows,
        "window_s": found.windows.window_s,
        "paid_micros": found.paid_micros,
        "windows_micros": found.windows.cost_micros,
        "hindsight_micros": found.hindsight.evaluation.objective_micros,
        "best_micros": found.best_micros,
        "lower_bound_micros": found.hindsight.lower_bound_micros,
        "certified_lower_bound_micros": found.hindsight.certificate.lower_bound_micros,
        "excess": found.excess,
        "saved_by_windows": found.saved_by_windows,
        "dearest_orders": [found.problem.orders.ids[int(at)].as_py() for at in orders],
        "dearest_orders_share": order_share,
        "dearest_nodes": nodes,
        "dearest_nodes_share": node_share,
        "unused_micros": found.shares.unused_micros,
        "stock_inferred": found.history.stock_inferred,
        "broken_rules": len(found.broken),
    }


def verdict(found: Regret) -> str:
    """The finding in a sentence."""
    span = found.excess
    if span is None:
        return "No bound says how much was needed"
    low, high = (f"{ratio * 100:.1f}" for ratio in span)
    if span[1] <= 0:
        return "Nothing was paid that was not needed"
    if span[0] <= 0:
        return f"You paid at most {high} % more than needed"
    return f"You paid {low if low == high else f'{low} to {high}'} % more than needed, certainly"


def carriers(found: Regret) -> str:
    """Which orders and nodes carry it, in a sentence."""
    (orders, order_share), (nodes, node_share) = found.dearest_orders(), found.dearest_nodes()
    if not len(orders):
        return "No order carries any of it."
    num = f"One of {len(found.problem.orders):,} orders carries"
    if len(orders) > 1:
        num = f"{len(orders):,} of {len(found.problem.orders):,} orders carry"
    told = f"{num} {order_share * 100:.0f} % of it"
    if 0 < len(nodes) < len(set(found.history.done.shipments.node_idx.tolist())):
        named = nodes[0] if len(nodes) == 1 else f"{', '.join(nodes[:-1])} and {nodes[-1]}"
        told += f"; {node_share * 100:.0f} % was shipped from {named}"
    return f"{told}."


def regret_page(found: Regret, made: dict[str, pa.Table]) -> str:
    """The page."""
    currency = found.problem.currency
    stock = "what each node shipped" if found.history.stock_inferred else "as stated"
    facts = [
        ("paid", money(found.paid_micros, currency)),
        ("in windows", money(found.windows.cost_micros, currency)),
        ("in hindsight", money(found.hindsight.evaluation.objective_micros, currency)),
        ("never below", money(found.bound_micros, currency)),
        ("orders", f"{len(found.problem.orders):,}"),
        ("stock", stock),
    ]
    rows = [
        Bar("what was done", found.paid_micros / 1e6, money(found.paid_micros)),
        Bar("in windows", found.windows.cost_micros / 1e6, money(found.windows.cost_micros)),
        Bar("in hindsight", found.best_micros / 1e6, money(found.best_micros)),
        Bar("never below", found.bound_micros / 1e6, money(found.bound_micros)),
    ]
    lead = (
        "What was done is valued by the network's rates, rules and weights. In windows: the best plan for the orders "
        "of each window by itself, from what earlier windows left, so nothing is known of later orders. In hindsight: "
        "the best plan found with all orders known. Never below: no plan at all can cost less, and that is proven."
    )
    parts = [
        cards(facts),
        section("Who carries it", lead=carriers(found)),
        section(
            f"What was possible, in {currency}", bars("Cost of all orders", rows), _terms(made["terms"]), lead=lead
        ),
        section("Nodes", _node_bars(made["nodes"]), _nodes(made["nodes"]), lead=_NODES_LEAD),
        section("Orders", _orders(made["orders"]), lead=_ORDERS_LEAD),
        section("Windows", _windows(made["windows"])),
        section("Rules of the network that the history did not keep", *_broken(made["broken"])),
    ]
    return page(f"{found.problem.name}: what was paid", f"{verdict(found)}.", parts)


_ORDERS_LEAD = (
    "Too much: what an order cost, with the scarce stock and capacity it took at what they were worth to others, above "
    "the least it could have cost so. Over all orders, with what scarce stock lay unused, this sums to the difference "
    "between what was paid and the proven minimum."
)
_NODES_LEAD = "Too much of each order, by the node that shipped it. In hindsight: shipments of that plan."


def _exact(amount: Decimal) -> Number:
    micros = int(amount.scaleb(6))
    return Number(money(micros), micros / 1e6)


def _count(number: int) -> Number:
    return Number(f"{number:,}", float(number))


def _terms(rows: pa.Table) -> str:
    columns = (
        Column("term"),
        Column("paid", number=True),
        Column("in windows", number=True),
        Column("in hindsight", number=True),
        Column("paid more", number=True),
    )
    body: list[list[Cell]] = []
    for row in rows.to_pylist():
        paid, decided, best = row["cost"], row["window_cost"], row["best_cost"]
        if paid or decided or best:
            more = int((paid - best).scaleb(6))
            amounts = [_exact(paid), _exact(decided), _exact(best), Number(signed(more), more / 1e6)]
            body.append([row["term"].replace("_", " "), *amounts])
    return table("Cost by term", columns, body)


def _node_bars(rows: pa.Table) -> str:
    listed = [row for row in rows.slice(0, 12).to_pylist() if row["excess"] > 0]
    return bars("Paid too much, by node", [_bar(row["node"] or "not shipped", row["excess"]) for row in listed])


def _bar(label: str, amount: Decimal) -> Bar:
    return Bar(label, float(amount), money(int(amount.scaleb(6))))


def _nodes(rows: pa.Table) -> str:
    columns = (
        Column("node"),
        Column("too much", number=True),
        Column("shipments", number=True),
        Column("in hindsight", number=True),
    )
    body: list[list[Cell]] = [
        [row["node"] or "not shipped", _exact(row["excess"]), _count(row["shipments"]), _count(row["best_shipments"])]
        for row in rows.slice(0, MAX_WINDOWS).to_pylist()
    ]
    return table("Paid too much, by node", columns, body)


def _orders(rows: pa.Table) -> str:
    columns = (
        Column("order"),
        Column("released (UTC)"),
        Column("too much", number=True),
        Column("cost", number=True),
        Column("cost in hindsight", number=True),
        Column("shipped from"),
        Column("in hindsight from"),
    )
    body: list[list[Cell]] = [
        [
            row["order"],
            row["released_at"][:16].replace("T", " "),
            *(_exact(row[name]) for name in ("excess", "cost", "best_cost")),
            row["shipped_from"].replace(";", ", ") or "nowhere",
            row["best_from"].replace(";", ", ") or "nowhere",
        ]
        for row in rows.slice(0, MAX_ROWS).to_pylist()
    ]
    return table(f"The dearest first ({len(body)} of {rows.num_rows:,}; each is in orders)", columns, body)


def _windows(rows: pa.Table) -> str:
    columns = (
        Column("starts (UTC)"),
        Column("orders", number=True),
        Column("paid", number=True),
        Column("in windows", number=True),
        Column("in hindsight", number=True),
        Column("too much", number=True),
    )
    listed = rows.slice(0, MAX_WINDOWS).to_pylist()
    body: list[list[Cell]] = [
        [
            row["starts"][:16].replace("T", " "),
            _count(row["orders"]),
            *(_exact(row[name]) for name in ("cost", "window_cost", "best_cost", "excess")),
        ]
        for row in listed
    ]
    return table(f"By window ({len(body)} of {rows.num_rows:,}; each is in windows)", columns, body)


def _broken(rows: pa.Table) -> Sequence[str]:
    if not rows.num_rows:
        return ["<p>None: what was done is a plan that the network allows.</p>"]
    told = (
        "<p>Where the history did what the network does not allow (shipped sooner, or more than the stock stated, or "
        "by a lane that is missing), the comparison favours the history: correct the network, or take the result for "
        "a floor.</p>"
    )
    columns = (Column("rule"), Column("where"), Column("what"))
    listed = rows.slice(0, MAX_ROWS).to_pylist()
    body: list[list[Cell]] = [[row["rule"], row["where"], row["message"]] for row in listed]
    return [told, table(f"Broken rules ({len(body)} of {rows.num_rows:,}; each is in broken)", columns, body)]
