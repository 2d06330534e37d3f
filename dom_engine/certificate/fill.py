"""The least that any plan leaves unallocated, from below: a flow of units through stock and capacities.

Only what every plan must keep is looked at: which positions may serve a line at all, what lies there, and what a node
can send. Rules of whole orders, windows and capacities of a service are left out, so plans leave out at least as much.
The units of the most important lines that can flow, class by class, make the best weighted fill: sets of units that can
flow together are a matroid (Perfect, "Applications of Menger's graph theorem", 1968), where the heaviest first is best.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from dom_engine.audit.evaluate import Auditor, unit_fill_micro_units
from dom_engine.audit.exact import times, total
from dom_engine.audit.tables import spans
from dom_engine.certificate.pricing import blocks
from dom_engine.certificate.rewards import no_rows
from dom_engine.certificate.sources import Block, Pricing, build_block
from dom_engine.domain.columns import I64, NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Measure
from dom_engine.units import ALWAYS_S, NEVER_S

_MOST_UNITS = 2**31 - 1
"""The flow counts in 32 bits."""

_INSTANT_BITS = 40


def least_unallocated(problem: Problem, auditor: Auditor) -> int:
    """A lower bound of the weighted unallocated units of every plan, in millionths of a unit.

    0, which says nothing, where the batch wants more units than 32 bits count.
    """
    quantity = problem.lines.quantity
    wanted = sum(quantity.tolist())
    if not wanted or wanted > _MOST_UNITS:
        return 0
    network = _Network(Pricing(problem, no_rows(), auditor), wanted)
    weight = unit_fill_micro_units(auditor.network)
    filled = 0
    classes = sorted(set(weight.tolist()) - {0}, reverse=True)
    for heavy, lighter in zip(classes, [*classes[1:], 0], strict=True):
        filled += (heavy - lighter) * network.flow(np.where(weight >= heavy, quantity, 0))
    return total(times(weight, quantity)) - filled


class _Network:
    """Lines, then stock on hand or to come (free, then safety), then nodes; the source goes before, the sink behind."""

    def __init__(self, pricing: Pricing, wanted: int) -> None:
        problem = pricing.problem
        positions, num_nodes = problem.positions, len(problem.nodes)
        self._lines, num_positions = len(problem.lines), len(positions)
        first_stock = 1 + self._lines
        first_node = first_stock + 2 * num_positions
        self._sink = first_node + num_nodes
        line, position, safety = _rides(pricing)
        stock = np.arange(num_positions, dtype=np.int64)
        tails = [1 + line]
        heads = [first_stock + position + num_positions * safety]
        limits = [problem.lines.quantity[line]]
        for kind, amount in enumerate((positions.free, positions.covered_safety)):
            tails.append(first_stock + kind * num_positions + stock)
            heads.append(first_node + positions.node_idx.astype(np.int64))
            limits.append(np.minimum(amount, wanted))
        tails.append(first_node + np.arange(num_nodes))
        heads.append(np.full(num_nodes, self._sink))
        limits.append(_sent(pricing, wanted))
        self._tails, self._heads = np.concatenate(tails), np.concatenate(heads)
        self._limits: I64 = np.concatenate(limits)

    def flow(self, quantity: I64) -> int:
        """The most units that can flow, of each line at most so many."""
        tails = np.concatenate([np.zeros(self._lines, np.int64), self._tails])
        heads = np.concatenate([1 + np.arange(self._lines), self._heads])
        limits = np.concatenate([quantity, self._limits]).astype(np.int32)
        size = self._sink + 1
        arcs = csr_array((limits, (tails.astype(np.int32), heads.astype(np.int32))), shape=(size, size))
        most: int = maximum_flow(arcs, 0, self._sink).flow_value
        return most


def _rides(pricing: Pricing) -> tuple[I64, I64, I64]:
    """Line, position and 1 for safety stock of all that may ride on some dispatch by its own rules; each once."""
    parts = [_rides_of(pricing, build_block(pricing, *orders)) for orders in blocks(pricing)]
    line, position, safety = (np.concatenate([part[column] for part in parts]) for column in range(3))
    return line, position, safety


def _rides_of(pricing: Pricing, block: Block) -> tuple[I64, I64, I64]:
    problem, sources, dispatches = pricing.problem, block.sources, pricing.prices.dispatches
    pair = block.column_pair[sources.column]
    first = np.searchsorted(block.offer_pair, np.arange(len(block.pair_order) + 1))
    source, offer = spans(first[pair], first[pair + 1] - first[pair])
    service, item = block.offer_service[offer], block.column_item[sources.column[source]]
    key = block.pair_node[pair[source]] * len(problem.services) + service
    # Instants of one (node, service) after another, in one ascending column.
    owner = np.repeat(np.arange(len(dispatches.ptr) - 1), np.diff(dispatches.ptr))
    instants = (owner << _INSTANT_BITS) + dispatches.instant_s - problem.now_s
    ready = np.clip(sources.ready_s[source] - problem.now_s, 0, problem.horizon_end_s - problem.now_s + 1)
    at = np.searchsorted(instants, (key << _INSTANT_BITS) + ready)
    found = at < dispatches.ptr[key + 1]
    found[found] &= dispatches.instant_s[at[found]] < sources.expires_s[source[found]]
    found &= pricing.network.carries(service, item)
    found &= problem.items.weight_g[item] <= problem.services.max_weight_g[service]
    some = np.unique(source[found])
    return block.column_line[sources.column[some]], sources.position_idx[some], sources.safety[some].astype(np.int64)


def _sent(pricing: Pricing, wanted: int) -> I64:
    """The most units that each node can send, by its capacities of every service and of the whole horizon."""
    problem, rows = pricing.problem, pricing.auditor.capacity_rows
    capacities, orders, lines = problem.capacities, problem.orders, problem.lines
    dispatches, num_services = pricing.prices.dispatches, len(problem.services)
    by_order = np.zeros(len(orders), np.int64)
    np.add.at(by_order, lines.order_idx, lines.quantity)
    # A shipment is of one order, and a line of a shipment of one order line.
    units_each = {
        Measure.UNITS: 1,
        Measure.LINES: int(lines.quantity.max(initial=0)),
        Measure.SHIPMENTS: int(by_order.max(initial=0)),
    }
    most = np.full(len(problem.nodes), wanted, np.int64)
    for capacity in range(len(capacities)):
        node, each = int(capacities.node_idx[capacity]), units_each.get(Measure(int(capacities.measure[capacity])))
        always = capacities.starts_s[capacity] <= ALWAYS_S and capacities.ends_s[capacity] >= NEVER_S
        if each is None or not always or node == NONE_IDX or capacities.service_idx[capacity] != NONE_IDX:
            continue
        first, last = dispatches.ptr[node * num_services], dispatches.ptr[(node + 1) * num_services]
        instants = np.unique(dispatches.instant_s[first:last])
        of_capacity = np.flatnonzero(rows.capacity_idx == capacity)
        starts, ends = (np.searchsorted(instants, bound[of_capacity]) for bound in (rows.starts_s, rows.ends_s))
        # A day without a dispatch takes nothing.
        room = sum(rows.total_limit(row) for row in of_capacity[starts < ends].tolist())
        most[node] = min(int(most[node]), room * each)
    return most
