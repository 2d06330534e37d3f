"""What loads cost: every load of a grid on every offer of a column, through the audit's own amounts (section 5).

A grid is ``X[num_loads, num_columns]``, units of each column aboard; rows are offers of pairs with that many columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dom_engine.audit.amounts import priority_factors, shipment_facts
from dom_engine.audit.exact import Integers, ceil_div, int64, plus, round_half_even, times, weigh
from dom_engine.audit.loads import Loads, billable_g, parcels
from dom_engine.audit.network import DELIVERY
from dom_engine.audit.stages import rates_apply
from dom_engine.audit.tables import Indices, distinct
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import I32, I64, Flags
from dom_engine.domain.plan import Allocations
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.trade import Delivery
from dom_engine.domain.transport import Measure
from dom_engine.units import NEVER_S, SECONDS_PER_DAY

# What the audit charges for a load as a whole. Late and early also need the dispatch; handling, safety stock and
# substitution have parts per unit, which a source's unit price holds.
_LOAD_TERMS = tuple(
    term for term in SHIPMENT_TERMS if term not in ("handling", "late", "early", "safety_stock", "substitution")
)

Matrix = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Charges:
    """What each offer charges for each load whatever the dispatch; all matrices are [num_offers, num_loads].

    ``paid`` in micros holds every weighted amount but late, early and those per unit. ``latest_s`` is the tightest
    latest aboard. Where not ``possible``, no such shipment exists.
    """

    paid: Matrix
    possible: npt.NDArray[np.bool_]
    latest_s: Matrix
    loads: Loads

    def drawn(self, measure: Measure) -> Matrix:
        """What each load draws on a capacity of that measure, in base units."""
        return self.loads.measured(measure).reshape(self.paid.shape)


def charge_loads(pricing: Pricing, block: Block, offers: I64, columns: Matrix, grid: Matrix) -> Charges:
    """Charge every load on every offer.

    Parameters
    ----------
    offers
        Rows of ``block.offer_*``.
    columns
        int64[num_offers, num_columns], rows of ``block.column_*``; two columns of one row may share a line or an
        item.
    grid
        int64[num_loads, num_columns], no load empty.

    Raises
    ------
    OverflowError
        When an amount leaves 64 bits.
    """
    problem = pricing.problem
    shape = len(offers), len(grid)
    loads, allocations = _as_shipments(pricing, block, offers, columns, grid)
    facts = shipment_facts(pricing.network, pricing.auditor.rates, loads, allocations)
    paid = int64(plus(_handling(pricing, loads), *(facts.weighted_micros[term] for term in _LOAD_TERMS)))
    possible = (
        (loads.weight_g <= problem.services.max_weight_g[loads.service_idx])
        & (loads.value_micros >= problem.nodes.min_shipment_value_micros[loads.node_idx])
        & rates_apply(problem, pricing.auditor.rates, loads)
    ).reshape(shape)
    possible &= ~_refused(pricing, block, offers, columns, grid)
    return Charges(
        paid=paid.reshape(shape),
        possible=possible,
        latest_s=loads.latest_s.reshape(shape),
        loads=loads,
    )


def _handling(pricing: Pricing, loads: Loads) -> Integers:
    """Weighted handling per shipment and per line; that per unit is in the unit price of its source."""
    nodes, weight = pricing.problem.nodes, pricing.problem.weights.handling
    per_line = weigh(nodes.line_cost_micros, weight)[loads.node_idx]
    return plus(weigh(nodes.shipment_cost_micros, weight)[loads.node_idx], times(per_line, loads.lines))


def _refused(pricing: Pricing, block: Block, offers: I64, columns: Matrix, grid: Matrix) -> Flags:
    """Loads with something aboard that the offer's service does not carry."""
    service = np.repeat(block.offer_service[offers], columns.shape[1])
    carried = pricing.network.carries(service, block.column_item[columns].ravel()).reshape(columns.shape)
    refused = ~carried
    if not refused.any():
        return np.zeros((len(offers), len(grid)), np.bool_)
    return (refused.astype(np.int64) @ (grid > 0).T.astype(np.int64)) > 0


def _as_shipments(
    pricing: Pricing, block: Block, offers: I64, columns: Matrix, grid: Matrix
) -> tuple[Loads, Allocations]:
    """The grid on every offer as shipments end to end, offer by offer, as the audit takes them."""
    problem = pricing.problem
    lines, items, positions = problem.lines, problem.items, problem.positions
    num_offers, num_loads = len(offers), len(grid)
    line, item = block.column_line[columns], block.column_item[columns]
    # Unit cost and work are those of (node, item), the same at every position of a column.
    position = block.sources.position_idx[block.source_ptr[columns]]

    def summed(per_unit: Matrix) -> I64:
        sums: Integers = np.zeros((num_offers, num_loads), np.int64)
        for column in range(columns.shape[1]):
            sums = plus(sums, times(per_unit[:, [column]], grid[:, column][np.newaxis, :]))
        return int64(sums).ravel()

    def each(per_offer: I64) -> I64:
        return np.repeat(per_offer, num_loads)

    def each_idx(per_offer: Indices) -> I32:
        return np.repeat(per_offer.astype(np.int32), num_loads)

    pair = block.offer_pair[offers]
    service = each_idx(block.offer_service[offers])
    weight_g, volume_cm3 = summed(items.weight_g[item]), summed(items.volume_cm3[item])
    allocations, pair_arrays = _duty_pairs(pricing, line, position, grid)
    blank = np.zeros(num_offers * num_loads, np.int64)
    loads = Loads(
        order_idx=each_idx(block.pair_order[pair]),
        node_idx=each_idx(block.pair_node[pair]),
        service_idx=service,
        dispatch_s=blank,
        distance_m=each(block.offer_distance_m[offers]),
        lane_idx=each_idx(block.offer_lane[offers]),
        arrival_s=blank,
        units=np.tile(grid.sum(axis=1), num_offers),
        lines=_lines_aboard(line, grid).ravel(),
        weight_g=weight_g,
        volume_cm3=volume_cm3,
        value_micros=summed(lines.unit_price_micros[line]),
        work_s=summed(positions.work_s[position]),
        billable_g=billable_g(problem, service, weight_g, volume_cm3),
        parcels=parcels(problem, service, weight_g),
        latest_s=_tightest(lines.latest_s[line], grid).ravel(),
        ready_s=blank,
        allocation_ready_s=blank[:0],
        **pair_arrays,
    )
    return loads, allocations


def _lines_aboard(line: Matrix, grid: Matrix) -> Matrix:
    """How many order lines each load holds, int64[num_offers, num_loads]; columns of a line stand side by side."""
    count = np.zeros((len(line), len(grid)), np.int64)
    counted = np.zeros(count.shape, np.bool_)
    for column in range(line.shape[1]):
        aboard = grid[:, column] > 0
        if column:
            counted &= (line[:, column] == line[:, column - 1])[:, np.newaxis]
        count += aboard & ~counted
        counted |= aboard
    return count


def _tightest(latest_s: Matrix, grid: Matrix) -> Matrix:
    """The tightest latest of the lines aboard, int64[num_offers, num_loads]."""
    tightest = np.full((len(latest_s), len(grid)), NEVER_S)
    for column in range(latest_s.shape[1]):
        aboard = grid[:, column] > 0
        tightest[:, aboard] = np.minimum(tightest[:, aboard], latest_s[:, [column]])
    return tightest


def _duty_pairs(pricing: Pricing, line: Matrix, position: Matrix, grid: Matrix) -> tuple[Allocations, dict[str, I64]]:
    """Allocations for the duties, which alone need to know what each line brings aboard; empty without duties."""
    shape = len(line), len(grid), line.shape[1]
    aboard = np.broadcast_to(grid > 0, shape)
    rows = np.flatnonzero(aboard) if len(pricing.problem.duties) else np.zeros(0, np.int64)
    shipment = rows // shape[2]
    lines = np.broadcast_to(line[:, np.newaxis, :], shape).ravel()[rows]
    quantity = np.broadcast_to(grid, shape).ravel()[rows]
    first, pair = distinct(shipment, lines)
    units = np.zeros(len(first), np.int64)
    np.add.at(units, pair, quantity)
    allocations = Allocations(
        shipment_idx=shipment.astype(np.int32),
        line_idx=lines.astype(np.int32),
        position_idx=np.broadcast_to(position[:, np.newaxis, :], shape).ravel()[rows].astype(np.int32),
        from_safety_stock=np.zeros(len(rows), np.bool_),
        quantity=quantity,
    )
    return allocations, {
        "pair": pair,
        "pair_shipment_idx": shipment[first],
        "pair_line_idx": lines[first],
        "pair_units": units,
    }


def window_costs(pricing: Pricing, order: I64, judged_s: Matrix, latest_s: Matrix) -> tuple[Matrix, Flags]:
    """Weighted late and early amounts of shipments, and which of them a hard window forbids.

    Parameters
    ----------
    order
        int64[num_offers].
    judged_s, latest_s
        [num_offers, num_loads], or 1 for the loads where they do not differ.
    """
    orders, weights = pricing.problem.orders, pricing.problem.weights
    days_late = np.maximum(0, int64(ceil_div(judged_s - latest_s, SECONDS_PER_DAY)))
    days_early = np.maximum(0, int64(ceil_div(orders.earliest_s[order][:, np.newaxis] - judged_s, SECONDS_PER_DAY)))
    factors, denominator = priority_factors(pricing.network, order)
    late = times(orders.late_cost_per_day_micros[order][:, np.newaxis], days_late, factors[:, np.newaxis])
    early = times(orders.early_cost_per_day_micros[order][:, np.newaxis], days_early)
    costs = plus(weigh(round_half_even(late, denominator), weights.late), weigh(int64(early), weights.early))
    forbidden = orders.hard_window[order][:, np.newaxis] & ((days_late > 0) | (days_early > 0))
    return int64(costs), forbidden


def has_window(pricing: Pricing, order: I64) -> Flags:
    """Orders for which the instant of delivery matters."""
    orders = pricing.problem.orders
    costs = (orders.late_cost_per_day_micros[order] > 0) | (orders.early_cost_per_day_micros[order] > 0)
    matters: Flags = orders.hard_window[order] | costs
    return matters


def judged_at(pricing: Pricing, block: Block, offers: I64, dispatch_s: I64, ready_s: I64) -> I64:
    """The instant the window judges, for offers leaving at these dispatches with goods ready at ``ready_s``."""
    network = pricing.network
    pair = block.offer_pair[offers]
    lane = block.offer_lane[offers]
    arrival_s = network.clock.arrivals_s(block.pair_node[pair], lane, dispatch_s)
    delivery_s = network.delivery_s(block.pair_order[pair], lane, dispatch_s, arrival_s, ready_s)
    return network.judged_s(delivery_s, arrival_s)


def judges_ready(pricing: Pricing, order: I64) -> Flags:
    """Orders whose window judges what is ready when (EXW), not only where the shipment goes and when."""
    orders = pricing.problem.orders
    ex_works = DELIVERY[orders.incoterm[order], orders.named_place[order]] == Delivery.EX_WORKS
    judges: Flags = ex_works & has_window(pricing, order) & (not pricing.problem.policy.judge_arrival)
    return judges
