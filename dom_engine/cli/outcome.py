"""A result in words: how good the plan is, what it costs, what ships, what does not and what is scarce."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.cli.blocks import Block, Cell, Column, Facts, Grid, Pair, Tone
from dom_engine.cli.stated import Stated
from dom_engine.cli.texts import count, instants, money, percent, printable, seconds

MAX_SHIPMENTS = 30
"""A plan with more shipments is shown by node and service."""

MAX_GROUPS = 15
MAX_UNALLOCATED = 12
MAX_SCARCE = 6
MAX_NOT_KEPT = 1
ID_LIMIT = 24
DETAIL_LIMIT = 200
BAR_WIDTH = 12

LIMITS = {"TIME": "stopped by the time limit", "WORK": "stopped by the work limit", "INTERRUPTED": "interrupted"}


def outcome_blocks(stated: Stated) -> list[Block]:
    """Everything a terminal shows of a result."""
    blocks: list[Block] = [verdict(stated.summary), Pair(costs(stated.summary), batch(stated.summary))]
    tables = stated.tables
    shipments = tables["shipments.csv"]
    if 0 < len(shipments) <= MAX_SHIPMENTS:
        blocks.append(shipment_grid(shipments, tables["allocations.csv"]))
    elif len(shipments):
        blocks.append(departures_grid(shipments))
    unallocated = tables["unallocated.csv"]
    if 0 < len(unallocated) <= MAX_UNALLOCATED:
        blocks.append(unallocated_grid(unallocated))
    elif len(unallocated):
        blocks.append(reasons_grid(unallocated))
    if len(tables["prices.csv"]):
        blocks.append(scarcity_grid(tables["prices.csv"], str(stated.summary.get("currency", ""))))
    return blocks


def verdict(summary: Mapping[str, Any]) -> Facts:
    """The headline: status, objective, bounds and gaps."""
    currency = str(summary.get("currency", ""))
    status, limit = str(summary.get("status")), summary.get("limit")
    optimal = status == "OPTIMAL"
    words = f"{status}, {LIMITS.get(limit, limit)}" if limit else status
    rows = [("objective", Cell(money(summary["objective_micros"], currency), Tone.STRONG))]
    searched = summary.get("bound_source") == "search"
    bounds = [("lower bound", "lower_bound_micros", "gap", "found by branching")] if searched else []
    bounds.append(("certified bound", "certified_lower_bound_micros", "certified_gap", "proven by prices alone"))
    for label, key, gap, how in bounds:
        if summary.get(key) is not None:
            rows.append((label, Cell(f"{money(summary[key], currency)}   gap {percent(summary.get(gap))}   {how}")))
    fill = summary.get("fill") or {}
    if fill.get("lower_bound_micros") is not None:
        reached, least = fill["weighted_unallocated_micros"], fill["lower_bound_micros"]
        text = f"{money(reached)} weighted units left out, proven least {money(least)}"
        rows.append(("fill first", Cell(text, Tone.NORMAL if reached <= least else Tone.WARNING)))
    if begun := summary.get("start"):
        rows.append(("started from", Cell(started(begun), Tone.WARNING if begun["not_kept_orders"] else Tone.QUIET)))
    spent = seconds(sum(summary.get("timings_s", {}).values()))
    threads = count(summary.get("threads", 1), "thread")
    how = f"{summary.get('method')} in {spent}, seed {summary.get('seed')}, {threads}"
    rows.append(("solved by", Cell(how, Tone.QUIET)))
    tone = Tone.GOOD if optimal else Tone.WARNING
    return Facts(printable(str(summary.get("scenario", "result")), 60), Cell(words, tone), tuple(rows))


def started(begun: Mapping[str, Any]) -> str:
    """What was kept of an earlier plan, and of whom it was not."""
    kept = f"{count(begun['kept_orders'], 'order')} as they were, at {money(begun['objective_micros'])}"
    left, told = begun["not_kept_orders"], begun["not_kept"][:MAX_NOT_KEPT]
    if not left:
        return kept
    why = "; ".join(f"{one['order']}: {one['why']}" for one in told)
    more = f"; and {left - len(told):,} more" if left > len(told) else ""
    return printable(f"{kept}; not kept: {why}{more}", DETAIL_LIMIT)


def costs(summary: Mapping[str, Any]) -> Grid:
    """The terms of the objective that cost anything, the dearest first."""
    terms = {term: int(micros) for term, micros in summary["costs_micros"].items() if micros}
    total = sum(terms.values())
    rows = []
    for term, micros in sorted(terms.items(), key=lambda pair: -pair[1]):
        bar = "━" * max(1, round(BAR_WIDTH * micros / total)) if total else ""
        rows.append((Cell(term.replace("_", " ")), Cell(money(micros)), Cell(bar, Tone.QUIET)))
    rows.append((Cell("total", Tone.STRONG), Cell(money(total), Tone.STRONG), Cell("")))
    columns = (Column(""), Column("", right=True), Column("", rank=1))
    return Grid(f"Costs in {summary.get('currency', 'money')}", columns, tuple(rows))


def batch(summary: Mapping[str, Any]) -> Grid:
    """What a planner asks first about a batch."""
    kpis = summary["kpis"]
    orders, units, shipments = kpis["orders"], kpis["units"], kpis["shipments"]
    facts = [
        ("orders", f"{orders:,}", ""),
        ("complete", f"{kpis['complete_orders']:,}", f"of {orders:,}"),
        ("split", f"{kpis['split_orders']:,}", f"of {orders:,}"),
        ("units filled", f"{kpis['filled_units']:,}", f"of {units:,}, {kpis['fill_rate']:.1%}"),
        ("shipments", f"{shipments:,}", f"{kpis['shipments_per_order']:.2f} an order"),
        ("on time", f"{kpis['on_time_shipments']:,}", f"of {shipments:,}"),
        ("cost per order", money(kpis["cost_per_order_micros"]), ""),
    ]
    if kpis["co2_kg"]:
        facts.append(("CO2", f"{kpis['co2_kg']:,.1f}", "kg"))
    rows = tuple((Cell(label), Cell(value, Tone.STRONG), Cell(rest, Tone.QUIET)) for label, value, rest in facts)
    return Grid("The batch", (Column(""), Column("", right=True), Column("", rank=1)), rows)


def shipment_grid(shipments: pa.Table, allocations: pa.Table) -> Grid:
    """Every shipment and what is aboard."""
    aboard: dict[str, dict[str, int]] = {}
    for row in allocations.to_pylist():
        items = aboard.setdefault(row["shipment"], {})
        items[row["item"]] = items.get(row["item"], 0) + int(row["quantity"])
    listed = shipments.to_pylist()
    years = sorted({row[column][:4] for row in listed for column in ("dispatch_at", "arrival_at")})
    dispatched = instants([row["dispatch_at"] for row in listed])
    arriving = instants([row["arrival_at"] for row in listed])
    rows = []
    for row, dispatch, arrival in zip(listed, dispatched, arriving, strict=True):
        load = ", ".join(f"{n:,} {_id(item)}" for item, n in aboard.get(row["shipment"], {}).items())
        late = int(row["days_late"])
        rows.append(
            (
                Cell(_id(row["order"]), Tone.STRONG),
                Cell(_id(row["node"])),
                Cell(_id(row["service"])),
                Cell(dispatch, Tone.QUIET),
                Cell(f"{arrival} +{late}d" if late else arrival, Tone.WARNING if late else Tone.NORMAL),
                Cell(printable(load, DETAIL_LIMIT)),
                Cell(money(_micros(row["total"]))),
            )
        )
    columns = (
        Column("order"),
        Column("from"),
        Column("by", rank=2),
        Column("leaves", rank=3),
        Column("arrives", rank=1),
        Column("aboard", flexible=True),
        Column("cost", right=True),
    )
    late_note = "; +Nd: days after the promise" if any("+" in row[4].text for row in rows) else ""
    note = f"Instants in UTC, {' and '.join(years)}{late_note}."
    return Grid("Shipments", columns, tuple(rows), note)


def departures_grid(shipments: pa.Table) -> Grid:
    """A large plan by node and service, the busiest first."""
    amounts = pa.table(
        {
            "node": shipments["node"],
            "service": shipments["service"],
            "units": pc.cast(shipments["units"], pa.int64()),
            "late": pc.greater(pc.cast(shipments["days_late"], pa.int64()), 0).cast(pa.int64()),
            "total": pc.cast(shipments["total"], pa.decimal128(38, 6)),
        }
    )
    groups = amounts.group_by(["node", "service"]).aggregate(
        [("units", "count"), ("units", "sum"), ("late", "sum"), ("total", "sum")]
    )
    order = [("units_count", "descending"), ("node", "ascending"), ("service", "ascending")]
    rows = tuple(
        (
            Cell(_id(row["node"]), Tone.STRONG),
            Cell(_id(row["service"])),
            Cell(f"{row['units_count']:,}"),
            Cell(f"{row['units_sum']:,}"),
            Cell(f"{row['late_sum']:,}" if row["late_sum"] else "", Tone.WARNING),
            Cell(money(_micros(row["total_sum"]))),
        )
        for row in groups.sort_by(order).slice(0, MAX_GROUPS).to_pylist()
    )
    columns = (
        Column("from"),
        Column("by"),
        Column("shipments", right=True),
        Column("units", right=True, rank=1),
        Column("late", right=True, rank=2),
        Column("cost", right=True),
    )
    hidden = len(groups) - len(rows)
    note = f"... and {hidden:,} more; every shipment is in shipments.csv." if hidden else "Each is in shipments.csv."
    return Grid("Shipments by node and service", columns, rows, note).without_empty_columns()


def unallocated_grid(unallocated: pa.Table) -> Grid:
    """Every order line left short, and why."""
    rows = tuple(
        (
            Cell(_id(row["order"]), Tone.STRONG),
            Cell(_id(row["line"])),
            Cell(row["quantity"]),
            Cell(row["reason"], Tone.WARNING),
            Cell(printable(row["detail"], DETAIL_LIMIT)),
            Cell(money(_micros(row["unmet"]))),
        )
        for row in unallocated.to_pylist()
    )
    columns = (
        Column("order"),
        Column("line", rank=2),
        Column("units", right=True),
        Column("reason"),
        Column("why", flexible=True, rank=1),
        Column("cost", right=True, rank=3),
    )
    return Grid("Left out", columns, rows)


def reasons_grid(unallocated: pa.Table) -> Grid:
    """Many lines left short, by reason, with one of them told."""
    amounts = pa.table(
        {
            "reason": unallocated["reason"],
            "units": pc.cast(unallocated["quantity"], pa.int64()),
            "unmet": pc.cast(unallocated["unmet"], pa.decimal128(38, 6)),
            "place": pa.array(range(len(unallocated)), pa.int64()),
        }
    )
    groups = amounts.group_by("reason").aggregate(
        [("units", "count"), ("units", "sum"), ("unmet", "sum"), ("place", "min")]
    )
    rows = []
    for row in groups.sort_by([("units_sum", "descending"), ("reason", "ascending")]).to_pylist():
        first = unallocated.slice(row["place_min"], 1).to_pylist()[0]
        example = f"{_id(first['order'])}: {printable(first['detail'], DETAIL_LIMIT)}"
        rows.append(
            (
                Cell(row["reason"], Tone.WARNING),
                Cell(f"{row['units_count']:,}"),
                Cell(f"{row['units_sum']:,}"),
                Cell(money(_micros(row["unmet_sum"]))),
                Cell(example, Tone.QUIET),
            )
        )
    columns = (
        Column("reason"),
        Column("lines", right=True, rank=2),
        Column("units", right=True),
        Column("cost", right=True, rank=3),
        Column("for example", flexible=True, rank=1),
    )
    return Grid("Left out, by reason", columns, tuple(rows), "Each line is in unallocated.csv.")


def scarcity_grid(prices: pa.Table, currency: str) -> Grid:
    """The dearest shared limits: what one unit more of each would save at most."""
    listed = [row for row in prices.to_pylist() if row["kind"] in ("stock", "safety_stock", "capacity")]
    listed.sort(key=lambda row: (-Decimal(row["price"]), row["node"], row["item"], row["starts"]))
    rows = []
    for row in listed[:MAX_SCARCE]:
        capacity = row["kind"] == "capacity"
        what = f"{row['measure']} {_id(row['service'])}".strip() if capacity else _id(row["item"])
        rows.append(
            (
                Cell(row["kind"].replace("_", " ")),
                Cell(_id(row["node"]) or "all nodes", Tone.STRONG),
                Cell(what),
                Cell(instants([row["starts"]])[0] if capacity else "", Tone.QUIET),
                Cell(f"{_plain(row['used'])} of {_plain(row['limit'])}"),
                Cell(money(_micros(row["price"]))),
            )
        )
    columns = (
        Column("row"),
        Column("at"),
        Column("of"),
        Column("from", rank=2),
        Column("used", right=True, rank=1),
        Column("price", right=True),
    )
    hidden = len(listed) - len(rows)
    note = f"... and {hidden:,} more in prices.csv." if hidden else ""
    title = f"What is scarce, and about what one more unit is worth in {currency}"
    return Grid(title, columns, tuple(rows), note).without_empty_columns()


def _id(text: str) -> str:
    return printable(text, ID_LIMIT)


def _micros(amount: str | Decimal) -> int:
    return int(Decimal(amount).scaleb(6))


def _plain(amount: str) -> str:
    return amount.rstrip("0").rstrip(".") if "." in amount else amount
