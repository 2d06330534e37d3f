"""The answer: a plan, what it costs, how good it is, and why anything was left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum

from dom_engine.domain.columns import I64, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows
from dom_engine.domain.start import Begun
from dom_engine.units import MICROS_PER_UNIT


class Status(StrEnum):
    """``OPTIMAL``: proven within the gap asked for (section 8); ``FEASIBLE``: audited, not proven."""

    OPTIMAL = "OPTIMAL"
    FEASIBLE = "FEASIBLE"


def status_of(
    objective_micros: int, bound_micros: int | None, gap: float, *, fill_first: bool, fill_proven: bool
) -> Status:
    """Judge a plan by its gap, and under fill_first by its fill too.

    ``OPTIMAL`` when objective - bound <= gap * max(1, objective) + 1 micro, in the currency, and the fill is
    proven.
    """
    if bound_micros is None or (fill_first and not fill_proven):
        return Status.FEASIBLE
    allowed = gap * max(MICROS_PER_UNIT, objective_micros) + 1
    return Status.OPTIMAL if objective_micros - bound_micros <= allowed else Status.FEASIBLE


class Limit(StrEnum):
    """What ended the run before its own end."""

    TIME = "TIME"
    WORK = "WORK"
    INTERRUPTED = "INTERRUPTED"


class Reason(Enum):
    """Why a unit was left out (section 8): the candidate filters in their order, then the plan's reasons in theirs."""

    NODE_DISABLED = 0
    NODE_EXCLUDED = 1
    NO_STOCK = 2
    SERVICE_EXCLUDED = 3
    NO_LANE = 4
    TOO_FAR = 5
    INCOTERM_MODE = 6
    CANNOT_CARRY = 7
    NOT_READY = 8
    WINDOW = 9
    BELOW_MIN_VALUE = 10
    MAX_SHIPMENTS = 11
    LINE_RULE = 12
    SHIP_TOGETHER = 13
    SHIP_COMPLETE = 14
    STOCK_TAKEN = 15
    CAPACITY_FULL = 16
    NOT_WORTH_IT = 17
    SEARCH_LIMIT = 18


@dataclass(frozen=True, slots=True)
class ShipmentFacts:
    """What the audit computed of each shipment of a plan, in the plan's order of shipments.

    ``raw_micros`` and ``weighted_micros`` map a term of ``SHIPMENT_TERMS`` to int64[num_shipments].
    """

    delivery_at_s: I64
    judged_at_s: I64
    arrival_at_s: I64
    units: I64
    lines: I64
    parcels: I64
    weight_g: I64
    billable_g: I64
    distance_m: I64
    co2_g: I64
    days_late: I64
    days_early: I64
    raw_micros: Mapping[str, I64]
    weighted_micros: Mapping[str, I64]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A plan's exact amounts: per shipment, per order line (unmet, weighted), and summed by term of ``COST_TERMS``."""

    shipments: ShipmentFacts
    unmet_micros: I64
    unallocated: I64
    raw_costs_micros: Mapping[str, int]
    costs_micros: Mapping[str, int]
    weighted_unallocated_micro_units: int
    """Unallocated units times the priority factor, in millionths of a unit: what ``fill_first`` compares first."""

    @property
    def objective_micros(self) -> int:
        """Z of section 5."""
        return sum(self.costs_micros.values())


@dataclass(frozen=True, slots=True)
class Reasons:
    """One row per order line with unallocated units, in the order of lines."""

    line_idx: I64
    reason: tuple[Reason, ...]
    detail: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Certificate:
    """Prices and what they prove (section 9). ``cost``, ``priced_minimum`` in micros and ``exact`` are per order."""

    rows: PricedRows
    order_cost_micros: I64
    order_priced_minimum_micros: I64
    order_exact: Flags
    lower_bound_micros: int


@dataclass(frozen=True, slots=True)
class Branch:
    """One side of a split: node ``node_idx`` is open (or closed), or order ``order_idx`` ships from it (or does not).

    ``order_idx`` is -1 where the node itself is split on. ``taken``: open, or shipped from.
    """

    node_idx: int
    order_idx: int
    taken: bool


@dataclass(frozen=True, slots=True)
class Leaf:
    """The plans on one side of every branch, and what bounds them: prices of rows, or a reward for each order.

    ``uses`` are branches on rows: of each, and of stock for an order where ``order_idx`` names one, the use is at most
    ``limit``, or at least that where ``at_least``. A row of ``rows`` may have a price below 0.
    """

    branches: tuple[Branch, ...]
    uses: PricedRows
    at_least: Flags
    rows: PricedRows
    reward_micros: I64 | None = None


@dataclass(frozen=True, slots=True)
class BranchTree:
    """Leaves that cover every plan; ``lower_bound_micros`` is what the worst of them proves."""

    leaves: tuple[Leaf, ...]
    lower_bound_micros: int


@dataclass(frozen=True, slots=True)
class Fill:
    """Weighted unallocated units in millionths: reached, and the proven bound (None when not computed)."""

    weighted_unallocated_micro_units: int
    lower_bound_micro_units: int | None


@dataclass(frozen=True, slots=True)
class Result:
    """Everything ``dom solve`` writes, before it is written.

    ``counters`` count what the search did, ``work`` among them: deterministic unless the clock or a person ended it.
    ``begun`` says what was taken over of a plan to start from, where there was one.
    """

    problem: Problem
    plan: Plan
    evaluation: Evaluation
    reasons: Reasons
    certificate: Certificate
    tree: BranchTree | None
    fill: Fill
    status: Status
    limit: Limit | None
    lower_bound_micros: int | None
    bound_source: str
    method: str
    seed: int
    threads: int
    work: int
    counters: Mapping[str, int]
    timings_s: Mapping[str, float]
    begun: Begun | None = None
