"""What a scenario sets beside its tables: cost weights, policy, and how to solve."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType

COST_TERMS = (
    "freight",
    "insurance",
    "duty",
    "buyer",
    "handling",
    "preference",
    "split",
    "late",
    "early",
    "carbon",
    "safety_stock",
    "substitution",
    "overtime",
    "load",
    "activation",
    "unmet",
)
"""The terms of Z (section 5), in the order in which results list them."""

SHIPMENT_TERMS = (
    "freight",
    "insurance",
    "duty",
    "buyer",
    "handling",
    "preference",
    "late",
    "early",
    "carbon",
    "safety_stock",
    "substitution",
)
"""The terms that belong to a single shipment, as columns of ``shipments.csv``."""

METHODS = ("auto", "exact", "fcfs", "nearest", "preference", "fewest-splits")


@dataclass(frozen=True, slots=True)
class Weights:
    """Multipliers of the cost terms."""

    freight: float = 1.0
    insurance: float = 1.0
    duty: float = 1.0
    buyer: float = 0.0
    handling: float = 1.0
    preference: float = 1.0
    split: float = 1.0
    late: float = 1.0
    early: float = 1.0
    carbon: float = 1.0
    safety_stock: float = 1.0
    substitution: float = 1.0
    overtime: float = 1.0
    load: float = 1.0
    activation: float = 1.0
    unmet: float = 1.0

    def of(self, term: str) -> float:
        """The weight of a term named in ``COST_TERMS``."""
        return float(getattr(self, term))


assert tuple(f.name for f in fields(Weights)) == COST_TERMS


@dataclass(frozen=True, slots=True)
class Policy:
    """Section 4. Money in micros; ``priority_factor`` maps an exact priority to a multiplier on unmet and late."""

    max_shipments: int = 0
    split_cost_micros: int = 0
    unmet_cost_micros: int = 100_000_000
    unmet_value_pct: float = 0.0
    safety_stock_priority: int = -1
    safety_stock_cost_micros: int = 0
    carbon_cost_per_kg_micros: int = 0
    judge_arrival: bool = False
    """``window_basis: arrival``: every window judges the arrival, whatever the Incoterm."""
    priority_factor: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))
    fill_first: bool = False


@dataclass(frozen=True, slots=True)
class SolveSettings:
    """How to solve. ``work_limit`` 0: none; ``threads`` 0: all cores; ``gap`` is relative."""

    time_limit_s: float = 30.0
    work_limit: int = 0
    gap: float = 1e-4
    seed: int = 0
    threads: int = 0
    method: str = "auto"
