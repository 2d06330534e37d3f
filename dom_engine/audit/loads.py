"""What is aboard each shipment, and where and when it goes: all that its amounts and rules depend on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.audit.exact import ceil_div, int64, ratios, round_half_even, sum_by, times
from dom_engine.audit.network import Network
from dom_engine.audit.tables import distinct
from dom_engine.domain.columns import I32, I64, NONE_IDX
from dom_engine.domain.plan import Allocations, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Measure
from dom_engine.units import ALWAYS_S, NEVER_S


@dataclass(frozen=True, slots=True)
class Loads:
    """One row per shipment, all int64 but the indices.

    ``lane_idx`` is -1 where no lane matches; such a shipment arrives as it leaves and pays no stage. ``latest_s`` is
    the tightest latest aboard, ``ready_s`` the latest ready instant aboard. ``pair_*`` has one row per (shipment, order
    line) aboard; ``pair`` maps each allocation to its row there.
    """

    order_idx: I32
    node_idx: I32
    service_idx: I32
    dispatch_s: I64
    distance_m: I64
    lane_idx: I32
    arrival_s: I64
    units: I64
    lines: I64
    weight_g: I64
    volume_cm3: I64
    value_micros: I64
    work_s: I64
    billable_g: I64
    parcels: I64
    latest_s: I64
    ready_s: I64
    allocation_ready_s: I64
    pair: I64
    pair_shipment_idx: I64
    pair_line_idx: I64
    pair_units: I64

    def __len__(self) -> int:
        return len(self.order_idx)

    def measured(self, measure: Measure) -> I64:
        """Each shipment's draw on a capacity of that measure, in base units."""
        match measure:
            case Measure.UNITS:
                return self.units
            case Measure.LINES:
                return self.lines
            case Measure.SHIPMENTS:
                return np.ones(len(self), np.int64)
            case Measure.PARCELS:
                return self.parcels
            case Measure.KG:
                return self.weight_g
            case Measure.LITRES:
                return self.volume_cm3
            case Measure.VALUE:
                return self.value_micros
            case Measure.WORK_H:
                return self.work_s


def load_shipments(network: Network, shipments: Shipments, allocations: Allocations) -> Loads:
    """Add up what is aboard.

    Parameters
    ----------
    shipments
        Any shipments, feasible or not, repeated or not.
    allocations
        What rides in them, in any order, whatever the line or the position.

    Raises
    ------
    OverflowError
        When a sum leaves 64 bits.
    """
    problem = network.problem
    orders, lines, items, positions = problem.orders, problem.lines, problem.items, problem.positions
    num = len(shipments)
    aboard, line, position = allocations.shipment_idx, allocations.line_idx, allocations.position_idx
    quantity = allocations.quantity
    item = positions.item_idx[position]

    def summed(per_unit: I64) -> I64:
        return int64(sum_by(aboard, times(quantity, per_unit), num))

    first, pair = distinct(aboard, line)
    pair_shipment = aboard[first].astype(np.int64)
    start_s = np.maximum(problem.now_s, orders.released_at_s[shipments.order_idx[aboard]])
    start_s = np.maximum(start_s, positions.available_at_s[position])
    allocation_ready_s = network.clock.ready_s(shipments.node_idx[aboard], start_s)
    ready_s = np.full(num, ALWAYS_S)
    np.maximum.at(ready_s, aboard, allocation_ready_s)
    latest_s = np.full(num, NEVER_S)
    np.minimum.at(latest_s, aboard, lines.latest_s[line])
    distance_m = network.distance_m(shipments.order_idx, shipments.node_idx)
    lane_idx = network.lane_idx(shipments.order_idx, shipments.node_idx, shipments.service_idx, distance_m)
    weight_g, volume_cm3 = summed(items.weight_g[item]), summed(items.volume_cm3[item])
    return Loads(
        order_idx=shipments.order_idx,
        node_idx=shipments.node_idx,
        service_idx=shipments.service_idx,
        dispatch_s=shipments.dispatch_s,
        distance_m=distance_m,
        lane_idx=lane_idx,
        arrival_s=network.clock.arrivals_s(shipments.node_idx, lane_idx, shipments.dispatch_s),
        units=int64(sum_by(aboard, quantity, num)),
        lines=np.bincount(pair_shipment, minlength=num).astype(np.int64),
        weight_g=weight_g,
        volume_cm3=volume_cm3,
        value_micros=summed(lines.unit_price_micros[line]),
        work_s=summed(positions.work_s[position]),
        billable_g=billable_g(problem, shipments.service_idx, weight_g, volume_cm3),
        parcels=parcels(problem, shipments.service_idx, weight_g),
        latest_s=latest_s,
        ready_s=ready_s,
        allocation_ready_s=allocation_ready_s,
        pair=pair,
        pair_shipment_idx=pair_shipment,
        pair_line_idx=line[first].astype(np.int64),
        pair_units=int64(sum_by(pair, quantity, len(first))),
    )


def billable_g(problem: Problem, service_idx: I32, weight_g: I64, volume_cm3: I64) -> I64:
    """The larger of the actual and the volumetric weight, to the gram."""
    kg_per_m3, denominator = ratios(problem.services.kg_per_m3)
    # cm3 / 10^6 m3 times kg/m3 times 10^3 g/kg.
    volumetric_g = round_half_even(times(volume_cm3, kg_per_m3[service_idx]), 1_000 * denominator)
    return np.maximum(weight_g, volumetric_g)


def parcels(problem: Problem, service_idx: I32, weight_g: I64) -> I64:
    """How many parcels each shipment travels in."""
    return np.maximum(1, int64(ceil_div(weight_g, problem.services.max_parcel_g[service_idx])))


def rate_idx(problem: Problem, lane_idx: I32) -> I64:
    """The rate of each lane, -1 for no lane."""
    rate_of_lane = np.append(problem.lanes.rate_idx, np.int32(NONE_IDX))
    return rate_of_lane[lane_idx].astype(np.int64)
