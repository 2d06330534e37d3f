"""Result folders written by hand, so that showing one is tested without solving anything."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.results_format import RESULT_TABLES

MICROS = 1_000_000


def write_result_folder(
    folder: Path,
    *,
    shipments: Sequence[dict[str, Any]] = (),
    allocations: Sequence[dict[str, Any]] = (),
    unallocated: Sequence[dict[str, Any]] = (),
    prices: Sequence[dict[str, Any]] = (),
    **keys: Any,
) -> Path:
    """Write a result; cells that a caller leaves out are empty, ``keys`` replace those of the summary."""
    folder.mkdir(parents=True)
    rows = {
        "shipments.csv": shipments,
        "allocations.csv": allocations,
        "unallocated.csv": unallocated,
        "prices.csv": prices,
        "order_bounds.csv": (),
    }
    for file, columns in RESULT_TABLES.items():
        with (folder / file).open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(columns), restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows[file])
    (folder / "summary.json").write_text(json.dumps(summary() | keys), encoding="utf-8")
    return folder


def summary() -> dict[str, Any]:
    """The summary of a small result, proven by branching."""
    costs = dict.fromkeys(COST_TERMS, 0) | {"freight": 84_800_000, "unmet": 25_000_000, "late": 4_000_000}
    return {
        "scenario": "quickstart",
        "currency": "USD",
        "status": "OPTIMAL",
        "limit": None,
        "objective_micros": 113_800_000,
        "lower_bound_micros": 113_800_000,
        "bound_source": "search",
        "certified_lower_bound_micros": 110_000_000,
        "gap": 0.0,
        "certified_gap": 3.8 / 113.8,
        "fill": {"weighted_unallocated_micros": MICROS, "lower_bound_micros": None},
        "costs_micros": costs,
        "kpis": {
            "orders": 6,
            "lines": 8,
            "units": 16,
            "filled_units": 15,
            "fill_rate": 15 / 16,
            "complete_orders": 5,
            "split_orders": 1,
            "shipments": 7,
            "parcels": 7,
            "shipments_per_order": 7 / 6,
            "on_time_shipments": 6,
            "co2_kg": 0.0,
            "cost_per_order_micros": 18_966_667,
        },
        "timings_s": {"formulation": 0.2, "search": 0.3},
        "method": "auto",
        "seed": 0,
        "threads": 2,
        "problem_digest": "0" * 64,
    }


def shipment(number: int, **cells: Any) -> dict[str, Any]:
    """One shipment of one order, on time."""
    return {
        "shipment": f"S{number:06d}",
        "order": f"{1000 + number}",
        "node": "reno",
        "service": "ground",
        "dispatch_at": "2025-11-25T01:00:00Z",
        "arrival_at": "2025-12-02T01:00:00Z",
        "units": 2,
        "days_late": 0,
        "total": "15.200000",
    } | cells


def aboard(number: int, item: str, quantity: int) -> dict[str, Any]:
    """What rides in a shipment."""
    return {"shipment": f"S{number:06d}", "item": item, "quantity": quantity}


def left_out(order: str, reason: str, quantity: int = 1, detail: str = "") -> dict[str, Any]:
    """An order line left short."""
    return {
        "order": order,
        "line": "1",
        "quantity": quantity,
        "unmet": f"{25 * quantity}.000000",
        "reason": reason,
        "detail": detail or f"the reason of {order}",
    }


def quickstart(folder: Path) -> Path:
    """A result that looks like the one of ``scenarios/quickstart``."""
    return write_result_folder(
        folder,
        shipments=[
            shipment(1),
            shipment(2, node="newark"),
            shipment(3, node="newark", days_late=1, total="23.500000"),
        ],
        allocations=[aboard(1, "lamp", 1), aboard(1, "mug", 2), aboard(2, "rug", 1), aboard(3, "kettle", 2)],
        unallocated=[left_out("1006", "STOCK_TAKEN", detail="the only vase, in reno, rides with this order")],
        prices=[
            {"kind": "stock", "node": "chicago", "item": "lamp", "limit": "2", "used": "2", "price": "4.600000"},
            {
                "kind": "capacity",
                "node": "reno",
                "measure": "units",
                "starts": "2025-11-24T08:00:00Z",
                "limit": "20",
                "used": "12.500000",
                "price": "0.250000",
            },
        ],
    )
