"""Points as a table: their knobs, how they were solved, and what their audited plans come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.exports import KG, MONEY
from dom_engine.weights.knobs import SWITCHES, WHOLE
from dom_engine.weights.points import Point

COUNTS = (
    "shipments",
    "parcels",
    "split_orders",
    "late_shipments",
    "days_late",
    "unfilled_units",
    "incomplete_orders",
)


def knob_types(knobs: Iterable[str]) -> dict[str, pa.DataType]:
    """Knobs as columns: numbers but for switches."""
    return {knob: pa.string() if knob in SWITCHES else pa.int64() if knob in WHOLE else pa.float64() for knob in knobs}


def knob_cells(knobs: Sequence[str], setting: Mapping[str, str]) -> dict[str, Any]:
    """What a setting says of each knob; None where the scenario's own value holds."""
    cells: dict[str, Any] = {}
    for knob in knobs:
        text = setting.get(knob)
        if text is None or knob in SWITCHES:
            cells[knob] = text
        else:
            cells[knob] = int(float(text)) if knob in WHOLE else float(text)
    return cells


SOLVED_TYPES: Mapping[str, pa.DataType] = {
    "status": pa.string(),
    "limit": pa.string(),
    "objective": MONEY,
    "lower_bound": MONEY,
    "gap": pa.float64(),
}
MEASURE_TYPES: Mapping[str, pa.DataType] = {
    "base_cost": MONEY,
    "base_violations": pa.int64(),
    **dict.fromkeys(COUNTS, pa.int64()),
    "co2_kg": KG,
    **{f"raw_costs.{term}": MONEY for term in COST_TERMS},
}
COST_TYPES: Mapping[str, pa.DataType] = {f"costs.{term}": MONEY for term in COST_TERMS}


def solved_cells(point: Point) -> dict[str, Any]:
    """How the point's solve ended, under its own setting."""
    summary = point.summary
    return {
        "status": summary["status"],
        "limit": summary["limit"],
        "objective": summary["objective_micros"],
        "lower_bound": summary["lower_bound_micros"],
        "gap": summary["gap"],
    }


def measure_cells(point: Point) -> dict[str, Any]:
    """What the point's plan comes to, by the scenario's own yardstick."""
    return {
        "base_cost": point.base_cost_micros,
        "base_violations": point.base_violations,
        **{name: point.measures[name] for name in COUNTS},
        "co2_kg": point.measures["co2_g"],
        **{f"raw_costs.{term}": point.measures[f"raw_costs.{term}"] for term in COST_TERMS},
    }


def cost_cells(point: Point) -> dict[str, int]:
    """The plan's weighted costs under the point's own setting."""
    return {f"costs.{term}": point.summary["costs_micros"][term] for term in COST_TERMS}
