"""Objectives: figures of an audited plan that are the better the smaller, and the knob that presses on each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa

from dom_engine.domain.settings import COST_TERMS
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.exports import KG, MONEY
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.weights.points import Point

COST = "cost"
"""What a plan costs under the scenario's own weights and policy."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A figure to make small.

    ``measure`` is its key among a point's measures, integers in units of ``1 / scale``; ``knob`` is the weight or
    policy that makes it dear, empty for the cost itself.
    """

    name: str
    measure: str
    knob: str
    scale: int
    type: pa.DataType

    def of(self, point: Point) -> int:
        """The figure of a point's plan: micros, grams or a count."""
        return point.base_cost_micros if self.name == COST else point.measures[self.measure]


def _count(name: str, knob: str) -> Objective:
    return Objective(name, name, knob, 1, pa.int64())


_KNOWN = (
    Objective(COST, "", "", 1_000_000, MONEY),
    _count("late_shipments", "weights.late"),
    _count("days_late", "weights.late"),
    _count("split_orders", "policy.split_cost"),
    _count("shipments", "policy.split_cost"),
    _count("parcels", "policy.split_cost"),
    _count("unfilled_units", "weights.unmet"),
    _count("incomplete_orders", "weights.unmet"),
    Objective("co2_kg", "co2_g", "policy.carbon_cost_per_kg", 1_000, KG),
    *(Objective(f"raw_costs.{t}", f"raw_costs.{t}", f"weights.{t}", 1_000_000, MONEY) for t in COST_TERMS),
)
OBJECTIVES: Mapping[str, Objective] = MappingProxyType({objective.name: objective for objective in _KNOWN})


def objectives_of(names: Sequence[str], where: str) -> list[Objective]:
    """The objectives of these names.

    Raises
    ------
    InputError
        For a name nobody has, or one that comes twice; ``where`` is the option that said it.
    """
    nearest = NearestName(OBJECTIVES)
    faults = [
        Fault(COMMAND_LINE, 0, where, "UNKNOWN_OBJECTIVE", unknown_name("objective", name, nearest))
        for name in names
        if name not in OBJECTIVES
    ]
    faults += [
        Fault(COMMAND_LINE, 0, where, "DUPLICATE", f"'{name}' is given twice")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    if faults:
        raise InputError(faults)
    return [OBJECTIVES[name] for name in names]
