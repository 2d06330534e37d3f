"""The sourcing model: one batch as numbers, and the formulation every solver here works on.

A **pattern** k of order o is one complete way to serve it: a set of shipments, each a (candidate, trip) with a load.
It has an own cost c_k and draws d_kr on shared rows r. With z_k = 1 when pattern k is chosen:

    minimise    sum_k c_k z_k + sum_r (open_cost_r loads_r + overtime_cost_r overtime_r) + sum_n activation_cost_n a_n

    (C1)  sum_{k of o} z_k = 1                         every order has one pattern (serving nothing is one)
    (C2)  sum_k d_kr z_k <= limit_r                    r a stock or safety-stock row
    (C3)  sum_k d_kr z_k <= limit_r loads_r + overtime_r        r a capacity row;
          loads_r <= open_max_r,  overtime_r <= overtime_limit_r
    (C4)  sum_{k of o that ship from n} z_k <= a_n     for every order o and node n with an activation cost
    (C5)  sum_k fill_k z_k <= fill_limit               only when fill goes first
    (C6)  z binary, a binary, loads integer, overtime >= 0

and within a pattern, for the order alone:

    (P1)  at most one shipment per trip of a candidate; no more than ``max_shipments`` in all (0: no limit)
    (P2)  a line ships at most its quantity, in whole packs per shipment, counted over all its sources
    (P3)  an unsplit line (or a group of lines) ships whole in one shipment, or not at all
    (P4)  ship_complete: every unit or none; ship_together: every unit in one shipment, or none
    (P5)  a source rides only when ready <= dispatch < expires, ready = max(candidate ready, position ready), and only
          on a service that carries its item's tags: ``services.carry[service, items.tag_class[position's item]]``
    (P6)  weight aboard <= the service's maximum; value aboard >= the node's minimum; every priced stage has a rate
          row that applies
    (P7)  a hard window: the judged instant lies within [earliest, the tightest latest aboard]
    (P8)  the pattern alone breaks no row: (C2) and (C3) hold with every load open and all overtime

Dualising C2-C5 with prices p >= 0 leaves one problem per order, which ``pricing`` solves.

Everything is a flat array, so that kernels take it as it is and a million orders fit in memory: a candidate is an
(order, node) pair; services and dispatch instants are chosen inside the kernel from tables shared by all orders.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

I64 = npt.NDArray[np.int64]
I32 = npt.NDArray[np.int32]
I8 = npt.NDArray[np.int8]
F64 = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

UNLIMITED = 2**62
NUM_STAGES = 10

# Stages that a domestic shipment passes at no cost, and the stage charged on 110 % of the value.
STAGE_EXPORT_CLEARANCE = 2
STAGE_INSURANCE = 5
STAGE_IMPORT_CLEARANCE = 7
INSURED_SHARE = 1.1

# The instant a window judges (Orders.judge); 1 is the dispatch, as what is none of the others.
JUDGE_EX_WORKS = 0
JUDGE_AFTER_PRE_CARRIAGE = 2
JUDGE_AFTER_EXPORT = 3
JUDGE_ARRIVAL = 4

# Capacity measures (Rows.measure); -1 on stock rows.
MEASURE_UNITS = 0
MEASURE_LINES = 1
MEASURE_SHIPMENTS = 2
MEASURE_PARCELS = 3
MEASURE_WEIGHT = 4
MEASURE_VOLUME = 5
MEASURE_VALUE = 6
MEASURE_WORK = 7


class CostWeights(NamedTuple):
    """Multipliers of amounts that are computed inside kernels; all others are already applied to the arrays."""

    freight: float
    insurance: float
    duty: float
    buyer: float
    handling: float
    late: float
    early: float
    carbon: float
    carbon_cost_per_kg_micros: int


class Orders(NamedTuple):
    """Per order. ``cand_ptr`` and ``line_ptr`` have one more entry than orders.

    Stage masks have bit s set where the seller (the buyer) bears stage s. ``late_factor`` is the priority factor.
    Money is raw micros except ``split_cost``, which is weighted: what each shipment beyond the first adds.
    """

    cand_ptr: I64
    line_ptr: I64
    earliest_s: I64
    hard_window: Flags
    judge: I8
    seller_stages: I32
    buyer_stages: I32
    seller_duty: Flags
    late_cost_per_day_micros: I64
    late_factor: F64
    early_cost_per_day_micros: I64
    max_shipments: I64
    split_cost: I64
    ship_complete: Flags
    ship_together: Flags
    use_safety_stock: Flags
    unpreferred_cost: I64  # weighted micros per shipment on an offer that is not preferred


class Lines(NamedTuple):
    """Per order line. ``group`` is the line's group counted from 0 within its order, -1: none.

    ``unmet_cost`` is weighted micros per unit left out, ``fill_weight`` its weight in millionths under fill-first,
    ``substitute_cost`` weighted micros per unit served by another item.
    """

    item: I32
    quantity: I64
    pack: I64
    unsplit: Flags
    group: I32
    unit_price_micros: I64
    latest_s: I64
    unmet_cost: I64
    fill_weight: I64
    substitute_cost: I64


class Candidates(NamedTuple):
    """Per candidate (order, node), sorted by both. ``offers_of`` indexes ``Offers.class_ptr``.

    ``domestic``: both ends in one customs territory (or one of them blank). Sources of candidate c are
    ``source_ptr[c]:source_ptr[c + 1]``.
    """

    order: I32
    node: I32
    distance_m: I64
    offer_class: I32
    ready_s: I64
    domestic: Flags
    source_ptr: I64


class Sources(NamedTuple):
    """What could ride for a candidate: one line from one position, sorted by both; ``duty_pct`` 0: none is due."""

    line: I32
    position: I32
    duty_pct: F64


class Offers(NamedTuple):
    """Services open to a class of candidates, shared by all candidates of the class.

    Offers of class g are ``class_ptr[g]:class_ptr[g + 1]``. An offer is one service on one lane; its trips are
    ``trip_ptr[i]:trip_ptr[i + 1]``, by dispatch instant.
    """

    class_ptr: I64
    service: I32
    tariff: I32
    unpreferred: Flags
    pre_carriage_s: I64
    export_s: I64
    trip_ptr: I64


class Trips(NamedTuple):
    """One offer at one dispatch instant."""

    departure: I32
    arrival_s: I64


class Departures(NamedTuple):
    """(node, service, dispatch instant), shared by all trips; ``row_ptr``/``row`` list the capacity rows that apply."""

    node: I32
    service: I32
    dispatch_s: I64
    row_ptr: I64
    row: I32


class Tariffs(NamedTuple):
    """Rate rows: stage s of tariff t has rows ``ptr[i]`` to ``ptr[i + 1]``, i = t * NUM_STAGES + s, by rising break.

    All ``per_*`` are micros (not money) per unit, as floats with the precision given.
    """

    ptr: I64
    weight_from_g: I64
    base: F64
    per_kg: F64
    per_unit: F64
    per_line: F64
    per_parcel: F64
    per_km: F64
    per_unit_km: F64
    per_kg_km: F64
    pct_of_value: F64
    minimum: F64


class Nodes(NamedTuple):
    """Per node, in weighted micros but for the minimum value; ``CostWeights.handling`` comes on top."""

    shipment_cost_micros: I64
    line_cost_micros: I64
    preference_cost: I64
    activation_cost: I64
    min_shipment_value_micros: I64


class Services(NamedTuple):
    """Per service; ``carry``, bool[num_services, num_tag_classes], says whether it takes items of a class (P5)."""

    max_weight_g: I64
    max_parcel_g: I64
    kg_per_m3: F64
    co2_g_per_tkm: F64
    carry: Flags


class Items(NamedTuple):
    """Per item. Items with the same set of tags share a ``tag_class``, a column of ``Services.carry``."""

    weight_g: I64
    volume_cm3: I64
    tag_class: I32


class Positions(NamedTuple):
    """Per stock position; ``ready_s`` is when its units can leave for an order released at once."""

    node: I32
    item: I32
    ready_s: I64
    expires_s: I64
    unit_cost_micros: I64
    work_s: I64


class Rows(NamedTuple):
    """Shared limits. Row p is the stock of position p, row P + p its safety stock, rows from 2 P on are capacities.

    ``limit`` is the stock, or one whole load of a capacity, in base units (``scale`` of them make a measure);
    ``node`` is -1 for a capacity without node. ``open_cost`` is weighted micros per load, ``overtime_cost`` weighted
    micros per measure. ``unit_cost`` is what a safety-stock unit costs (weighted micros), 0 elsewhere.
    """

    measure: I8
    node: I32
    limit: I64
    scale: I64
    open_cost: I64
    open_max: I64
    overtime_limit: I64
    overtime_cost: I64
    unit_cost: I64


class SourcingModel(NamedTuple):
    """A batch as numbers; see the module's formulation."""

    weights: CostWeights
    orders: Orders
    lines: Lines
    candidates: Candidates
    sources: Sources
    offers: Offers
    trips: Trips
    departures: Departures
    tariffs: Tariffs
    nodes: Nodes
    services: Services
    items: Items
    positions: Positions
    rows: Rows

    @property
    def num_orders(self) -> int:
        """Orders in the batch."""
        return len(self.orders.judge)

    @property
    def num_positions(self) -> int:
        """Stock positions: half as many as stock and safety-stock rows together."""
        return len(self.positions.node)

    @property
    def num_rows(self) -> int:
        """Shared rows."""
        return len(self.rows.limit)

    def row_capacity(self) -> I64:
        """The most each row can ever give: all loads open and all overtime, int64[num_rows]."""
        rows = self.rows
        fits = rows.limit <= UNLIMITED // np.maximum(rows.open_max, 1)
        loads: I64 = np.where(fits, rows.limit * np.where(fits, rows.open_max, 0), UNLIMITED)
        most: I64 = np.minimum(loads, UNLIMITED - np.minimum(rows.overtime_limit, UNLIMITED)) + rows.overtime_limit
        return most


def frozen(model: SourcingModel) -> SourcingModel:
    """Make every array of a model read-only, in place, and return it.

    No kernel may write to a model; and as numba compiles for read-only arrays apart, models that all are so share one
    compilation of each kernel.
    """
    for table in model:
        for column in table:
            if isinstance(column, np.ndarray):
                column.setflags(write=False)
    return model


class Prices(NamedTuple):
    """Row prices in weighted micros.

    ``row`` is per base unit of each row, float64[num_rows]; ``activation`` per use of a candidate's node,
    float64[num_candidates]; ``fill`` per millionth of a weighted unallocated unit.
    """

    row: F64
    activation: F64
    fill: float

    @classmethod
    def zero(cls, model: SourcingModel) -> Prices:
        """No price at all."""
        return cls(np.zeros(model.num_rows), np.zeros(len(model.candidates.order)), 0.0)

    def same(self, other: Prices) -> bool:
        """Whether both say the same."""
        return (
            self.fill == other.fill
            and np.array_equal(self.row, other.row)
            and np.array_equal(self.activation, other.activation)
        )


class Patterns(NamedTuple):
    """Patterns, columnar. Pattern k belongs to ``order[k]`` and costs ``cost[k]`` weighted micros (its own terms only).

    Its shipments are ``ship_ptr[k]:ship_ptr[k + 1]``: candidate, trip and load ``load_ptr[s]:load_ptr[s + 1]`` of
    (source, from safety stock, quantity). Its draws on shared rows are ``draw_ptr[k]:draw_ptr[k + 1]``, rising by
    row; ``fill`` is its weighted unallocated units in millionths.
    """

    order: I32
    cost: I64
    fill: I64
    ship_ptr: I64
    ship_cand: I32
    ship_trip: I32
    load_ptr: I64
    load_source: I32
    load_safety: Flags
    load_quantity: I64
    draw_ptr: I64
    draw_row: I32
    draw: I64

    @property
    def num_patterns(self) -> int:
        """Patterns held."""
        return len(self.order)
