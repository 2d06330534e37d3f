"""The sections on one plan: costs, load, what was fought over, splits and lateness, what is left out, departures."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.report.figures import Bar, bars, waterfall
from dom_engine.report.html import Cell, Column, Number, cards, section, table
from dom_engine.report.read import amounts, integers, read_columns
from dom_engine.report.words import money, percent

MAX_SCARCE = 50
MAX_GROUPS = 500
MAX_BARS = 12
_SHIPMENTS = ("order", "node", "service", "dispatch_at", "units", "days_late", "total")
_PRICES = ("kind", "node", "item", "service", "measure", "starts", "limit", "used", "price")


_FOUGHT_OVER = (
    "The dearest shared limits. A price is about what one more would save; it belongs to the bound. What is used "
    "beyond the limit of a capacity is overtime, or another load."
)


def plan_sections(folder: Path, summary: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Everything a report says of one result; tables that would be long are aggregated, and the files are named."""
    shipments = read_columns(folder / "shipments.csv", _SHIPMENTS)
    unallocated = read_columns(folder / "unallocated.csv", ("order", "line", "quantity", "unmet", "reason", "detail"))
    prices = read_columns(folder / "prices.csv", _PRICES)
    currency = str(summary.get("currency", ""))
    return [
        section(f"{prefix}At a glance", _cards(summary, currency)),
        section(f"{prefix}Costs in {currency}", *_costs(summary)),
        section(f"{prefix}Splits and lateness", *_distributions(shipments)),
        section(f"{prefix}Load by node and day", *_load(shipments)),
        section(
            f"{prefix}What was fought over",
            _scarce(prices),
            lead=_FOUGHT_OVER,
        ),
        section(f"{prefix}What is left out", *_left_out(unallocated)),
        section(f"{prefix}Departures by node and service", _departures(shipments), lead="Each is in shipments.csv."),
    ]


def _cards(summary: Mapping[str, Any], currency: str) -> str:
    kpis = summary["kpis"]
    return cards(
        [
            ("cost", money(summary["objective_micros"], currency)),
            ("gap", percent(summary.get("gap"))),
            ("orders", f"{kpis['orders']:,}"),
            ("complete", f"{kpis['complete_orders']:,}"),
            ("units filled", f"{kpis['filled_units']:,} of {kpis['units']:,}"),
            ("shipments", f"{kpis['shipments']:,}"),
            ("split orders", f"{kpis['split_orders']:,}"),
            ("on time", f"{kpis['on_time_shipments']:,} of {kpis['shipments']:,}"),
            ("CO2", f"{kpis['co2_kg']:,.1f} kg"),
            ("cost per order", money(kpis["cost_per_order_micros"], currency)),
        ]
    )


def _costs(summary: Mapping[str, Any]) -> tuple[str, str]:
    terms = {term: amount for term, amount in summary["costs_micros"].items() if amount}
    piled = [Bar(_plain(term), amount / 1e6, money(amount)) for term, amount in sorted(terms.items(), key=_dearest)]
    total = summary["objective_micros"]
    rows: list[list[Cell]] = [
        [_plain(term), _money(amount), _money(summary["raw_costs_micros"][term])] for term, amount in terms.items()
    ]
    columns = (Column("term"), Column("weighted", number=True), Column("before weights", number=True))
    figure = waterfall("Cost by term, adding up to the total", piled, Bar("total", total / 1e6, money(total)))
    return figure, table("Cost by term", columns, rows)


def _dearest(pair: tuple[str, int]) -> tuple[int, str]:
    return -pair[1], pair[0]


def _distributions(shipments: pa.Table) -> tuple[str, str]:
    per_order = shipments.group_by("order").aggregate([("units", "count")])["units_count"].to_numpy()
    split = np.bincount(np.minimum(per_order, 6), minlength=7)[1:]
    counts = [Bar(_shipments(num), float(of), f"{of:,}") for num, of in enumerate(split.tolist(), 1) if of]
    late = np.minimum(integers(shipments["days_late"]).to_numpy(), 8)
    days = np.bincount(late, minlength=9)
    lateness = [Bar(_late(day), float(of), f"{of:,}") for day, of in enumerate(days.tolist()) if of]
    return bars("Orders by number of shipments", counts), bars("Shipments by days late", lateness)


def _shipments(num: int) -> str:
    return "1 shipment" if num == 1 else f"{num} shipments" if num < 6 else "6 or more"


def _late(day: int) -> str:
    return "on time" if day == 0 else f"{day} d late" if day < 8 else "8 d or more"


def _load(shipments: pa.Table) -> tuple[str, str]:
    loads = pa.table(
        {
            "node": shipments["node"],
            "day": pc.utf8_slice_codeunits(shipments["dispatch_at"], 0, 10),
            "units": integers(shipments["units"]),
            "late": pc.cast(pc.greater(integers(shipments["days_late"]), 0), pa.int64()),
        }
    )
    of_day = loads.group_by(["node", "day"]).aggregate([("units", "count"), ("units", "sum"), ("late", "sum")])
    listed = of_day.sort_by([("node", "ascending"), ("day", "ascending")]).to_pylist()
    rows: list[list[Cell]] = [
        [row["node"], row["day"], _count(row["units_count"]), _count(row["units_sum"]), _count(row["late_sum"])]
        for row in listed[:MAX_GROUPS]
    ]
    columns = (
        Column("node"),
        Column("day (UTC)"),
        Column("shipments", number=True),
        Column("units", number=True),
        Column("late", number=True),
    )
    busiest = loads.group_by("node").aggregate([("units", "count")])
    busiest = busiest.sort_by([("units_count", "descending"), ("node", "ascending")]).slice(0, MAX_BARS).to_pylist()
    counts = [Bar(row["node"], float(row["units_count"]), f"{row['units_count']:,}") for row in busiest]
    return bars("Shipments by node, the busiest first", counts), table("Load by node and day", columns, rows)


def _scarce(prices: pa.Table) -> str:
    listed = [row for row in prices.to_pylist() if row["kind"] in ("stock", "safety_stock", "capacity")]
    listed.sort(key=lambda row: (-float(row["price"]), row["node"], row["item"], row["starts"]))
    rows: list[list[Cell]] = [
        [
            _plain(row["kind"]),
            row["node"] or "all nodes",
            row["item"] or f"{row['measure']} {row['service']}".strip(),
            row["starts"][:10] if row["kind"] == "capacity" else "",
            Number(f"{float(row['used']):,.9g}", float(row["used"])),
            Number(f"{float(row['limit']):,.9g}", float(row["limit"])),
            Number(f"{float(row['price']):,.2f}", float(row["price"])),
        ]
        for row in listed[:MAX_SCARCE]
    ]
    columns = (
        Column("row"),
        Column("at"),
        Column("of"),
        Column("from"),
        Column("used", number=True),
        Column("limit", number=True),
        Column("price", number=True),
    )
    return table(f"Scarce rows, the dearest first ({len(rows)} of {len(listed):,})", columns, rows)


def _left_out(unallocated: pa.Table) -> list[str]:
    if not len(unallocated):
        return ["<p>Nothing: every unit ships.</p>"]
    drawn = pa.table(
        {
            "reason": unallocated["reason"],
            "units": integers(unallocated["quantity"]),
            "unmet": amounts(unallocated["unmet"]),
        }
    )
    groups = drawn.group_by("reason").aggregate([("units", "count"), ("units", "sum"), ("unmet", "sum")])
    listed = groups.sort_by([("units_sum", "descending"), ("reason", "ascending")]).to_pylist()
    figure = bars("Units left out, by reason", [_reason_bar(row["reason"], row["units_sum"]) for row in listed])
    by_reason: list[list[Cell]] = [
        [row["reason"], _count(row["units_count"]), _count(row["units_sum"]), _exact(row["unmet_sum"])]
        for row in listed
    ]
    numbers = (Column("lines", number=True), Column("units", number=True), Column("cost", number=True))
    dearest = drawn.append_column("place", pa.array(range(len(drawn)), pa.int64()))
    places = dearest.sort_by([("unmet", "descending"), ("place", "ascending")]).slice(0, MAX_SCARCE)["place"]
    lines: list[list[Cell]] = [
        [row["order"], row["line"], _count(int(row["quantity"])), row["reason"], row["detail"]]
        for row in unallocated.take(places).to_pylist()
    ]
    columns = (Column("order"), Column("line"), Column("units", number=True), Column("reason"), Column("why"))
    caption = f"Lines left short, the dearest first ({len(lines)} of {len(unallocated):,}; each is in unallocated.csv)"
    return [figure, table("By reason", (Column("reason"), *numbers), by_reason), table(caption, columns, lines)]


def _reason_bar(reason: str, units: int) -> Bar:
    return Bar(_plain(reason.lower()), float(units), f"{units:,}")


def _departures(shipments: pa.Table) -> str:
    drawn = pa.table(
        {
            "node": shipments["node"],
            "service": shipments["service"],
            "units": integers(shipments["units"]),
            "total": amounts(shipments["total"]),
        }
    )
    groups = drawn.group_by(["node", "service"]).aggregate([("units", "count"), ("units", "sum"), ("total", "sum")])
    listed = groups.sort_by(
        [("units_count", "descending"), ("node", "ascending"), ("service", "ascending")]
    ).to_pylist()
    rows: list[list[Cell]] = [
        [row["node"], row["service"], _count(row["units_count"]), _count(row["units_sum"]), _exact(row["total_sum"])]
        for row in listed[:MAX_GROUPS]
    ]
    numbers = (Column("shipments", number=True), Column("units", number=True), Column("cost", number=True))
    return table("Departures by node and service", (Column("node"), Column("service"), *numbers), rows)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _count(number: int) -> Number:
    return Number(f"{number:,}", float(number))


def _money(amount_micros: int) -> Number:
    return Number(money(amount_micros), amount_micros / 1e6)


def _exact(amount: Decimal) -> Number:
    return _money(int(amount.scaleb(6)))
