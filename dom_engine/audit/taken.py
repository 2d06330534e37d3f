"""Order lines whose stock others took, judged together: by far the most common reason in a large batch.

``reasons`` judges one line at a time and knows every rule; at a hundred thousand unallocated lines most of that time
goes to lines of which one sentence is true: what is left of their stock lies where no capacity is left, and a unit
more elsewhere would ride. Those are found here by joins; a line of which any other rule might speak is left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dom_engine.audit.additions import MOST_FIRST_SOURCES, MOST_STEPS
from dom_engine.audit.exact import ceil_div
from dom_engine.audit.situation import Situation
from dom_engine.audit.tables import contains, distinct, entries, spans
from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Measure
from dom_engine.units import UNLIMITED

LINES_AT_ONCE = 20_000
"""Bounds the memory of the joins."""

MOST_RIDES = MOST_STEPS // MOST_FIRST_SOURCES
"""Rides of a line that ``additions`` is sure to look at within its limit."""


class Taken(NamedTuple):
    """Positions drawn empty that units could have come from, ascending, and the units left elsewhere."""

    positions: tuple[int, ...]
    left: int


def lines_out_of_stock(situation: Situation, lines: I64) -> dict[int, Taken]:
    """The lines that only STOCK_TAKEN keeps from a unit.

    Parameters
    ----------
    lines
        Order lines with unallocated units, ascending.

    Returns
    -------
    dict[int, Taken]
        Only lines for which that is certain; of the others nothing is said.
    """
    join = _Join(situation)
    found: dict[int, Taken] = {}
    plain = lines[_has_plain_rules(situation.problem, lines)]
    for start in range(0, len(plain), LINES_AT_ONCE):
        found.update(join.judge(plain[start : start + LINES_AT_ONCE]))
    return found


def _has_plain_rules(problem: Problem, lines: I64) -> Flags:
    """Lines whose smallest addition is one unit in one shipment, whatever else the order holds."""
    orders, table = problem.orders, problem.lines
    order = table.order_idx[lines]
    plain: Flags = (
        ~(orders.ship_together[order] | orders.ship_complete[order] | orders.hard_window[order])
        & (orders.max_shipments[order] == 0)
        & orders.line_split[order]
        & (table.pack[lines] == 1)
        & (table.group_idx[lines] == NONE_IDX)
    )
    return plain


@dataclass(frozen=True, slots=True)
class _Sources:
    """One row per (line, position, free or safety stock) that the rules of order, line and stock allow.

    ``left`` is what the plan leaves there.
    """

    line: I64
    item: I64
    position: I64
    left: I64


class _Join:
    """Joins lines with the stock, services and dispatches that may serve them."""

    def __init__(self, situation: Situation) -> None:
        self._situation = situation
        self._problem = problem = situation.problem
        self._network = situation.auditor.network
        item = problem.positions.item_idx
        self._by_item = np.argsort(item, kind="stable")
        self._item_ptr = np.searchsorted(item[self._by_item], np.arange(len(problem.items) + 1))
        self._departures = _Departures(situation)
        loads = situation.loads
        self._shipping = np.unique(self._pair(loads.order_idx.astype(np.int64), loads.node_idx.astype(np.int64)))

    def judge(self, lines: I64) -> dict[int, Taken]:
        """The lines of these that are out of stock for certain."""
        sources, num_lines = self._sources(lines), len(self._problem.lines)
        in_doubt, admitted = np.zeros(num_lines, np.bool_), np.zeros(num_lines, np.bool_)
        node = self._problem.positions.node_idx[sources.position]
        in_doubt[sources.line[self._problem.nodes.min_shipment_value_micros[node] > 0]] = True
        row, departure = self._rides(sources, in_doubt)
        line, in_stock = sources.line[row], sources.left[row] > 0
        admits, refuses = self._room(sources, row, departure)
        in_doubt[line[in_stock & ~refuses]] = True
        admitted[line[admits]] = True
        in_doubt |= ~admitted | (np.bincount(line, minlength=num_lines) > MOST_RIDES)
        first, ride = distinct(line, departure)
        in_doubt[line[first[np.bincount(ride, minlength=len(first)) > MOST_FIRST_SOURCES]]] = True
        sure = np.unique(row[~in_doubt[line]])
        return _grouped(sources.line[sure], sources.position[sure], sources.left[sure])

    def _sources(self, lines: I64) -> _Sources:
        problem, network = self._problem, self._network
        orders, table, positions = problem.orders, problem.lines, problem.positions
        owner, substitute = entries(table.substitutes, lines)
        other = substitute != table.item_idx[lines[owner]]
        line = np.concatenate([lines, lines[owner[other]]])
        item = np.concatenate([table.item_idx[lines].astype(np.int64), substitute[other]])
        row, entry = spans(self._item_ptr[item], self._item_ptr[item + 1] - self._item_ptr[item])
        line, item, position = line[row], item[row], self._by_item[entry]
        order, node = table.order_idx[line].astype(np.int64), positions.node_idx[position].astype(np.int64)
        pool = positions.pool_idx[position].astype(np.int64)
        allowed = (
            problem.nodes.enabled[node]
            & network.node_allowed(order, node)
            & network.line_node_allowed(line, node)
            & ((pool == NONE_IDX) | contains(orders.pools, order, pool))
        )
        entitled = orders.priority[order] <= problem.policy.safety_stock_priority
        free = np.flatnonzero(allowed & (positions.free[position] > 0))
        covered = np.flatnonzero(allowed & entitled & (positions.covered_safety[position] > 0))
        rows = np.concatenate([free, covered])
        left = np.concatenate(
            [self._situation.free_left[position[free]], self._situation.safety_left[position[covered]]]
        )
        return _Sources(line[rows], item[rows], position[rows], left)

    def _rides(self, sources: _Sources, in_doubt: Flags) -> tuple[I64, I64]:
        """The departures that each source can take, as rows of sources and of departures.

        Lines offered a rate that starts above weight 0 are marked as in doubt.
        """
        problem, network, departures = self._problem, self._network, self._departures
        order = problem.lines.order_idx[sources.line].astype(np.int64)
        node = problem.positions.node_idx[sources.position].astype(np.int64)
        first, pair = distinct(order, node)
        lanes = self._lanes(order[first], node[first])
        num_services = len(problem.services)
        row = np.repeat(np.arange(len(order), dtype=np.int64), num_services)
        service = np.tile(np.arange(num_services, dtype=np.int64), len(order))
        lane = lanes[pair[row], service]
        offered = np.flatnonzero(lane != NONE_IDX)
        row, service, lane = row[offered], service[offered], lane[offered]
        in_doubt[sources.line[row[self._situation.auditor.rates.floor_g[problem.lanes.rate_idx[lane]] > 0]]] = True
        carried = network.carries(service, sources.item[row])
        carried &= problem.items.weight_g[sources.item[row]] <= problem.services.max_weight_g[service]
        row, service = row[carried], service[carried]
        key = node[row] * num_services + service
        at, departure = spans(departures.ptr[key], departures.ptr[key + 1] - departures.ptr[key])
        row = row[at]
        dispatch_s, position = departures.dispatch_s[departure], sources.position[row]
        available_s = problem.positions.available_at_s[position]
        start_s = np.maximum(problem.now_s, np.maximum(problem.orders.released_at_s[order[row]], available_s))
        rides = network.clock.ready_s(node[row], start_s) <= dispatch_s
        rides &= dispatch_s < problem.positions.expires_at_s[position]
        rides &= problem.orders.backorder[order[row]] | (available_s <= problem.now_s)
        return row[rides], departure[rides]

    def _lanes(self, order: I64, node: I64) -> I64:
        """The lane that every service offers each pair, int64[num_pairs, num_services]; -1 for none."""
        problem, network = self._problem, self._network
        distance_m = network.distance_m(order, node)
        near = distance_m <= problem.nodes.max_distance_m[node]
        lanes = np.full((len(order), len(problem.services)), NONE_IDX, np.int64)
        for service in range(len(problem.services)):
            services = np.full(len(order), service)
            agrees = near & network.service_enabled(node, services) & network.service_allowed(order, services)
            agrees &= network.incoterm_agrees(order, services)
            rows = np.flatnonzero(agrees)
            lanes[rows, service] = network.lane_idx(order[rows], node[rows], services[rows], distance_m[rows])
        return lanes

    def _room(self, sources: _Sources, row: I64, departure: I64) -> tuple[Flags, Flags]:
        """Rides that take a unit for certain as far as capacities go, and rides that for certain do not.

        Of an order that ships from there already a unit may open no new shipment, parcel or line, and what is aboard
        counts in the weight: neither is certain then, unless the unit's own measures do not fit.
        """
        problem, room = self._problem, self._departures.room
        item, position, line = sources.item[row], sources.position[row], sources.line[row]
        weight_g = problem.items.weight_g[item]
        always = {
            Measure.UNITS: 1,
            Measure.KG: weight_g,
            Measure.LITRES: problem.items.volume_cm3[item],
            Measure.VALUE: problem.lines.unit_price_micros[line],
            Measure.WORK_H: problem.positions.work_s[position],
        }
        parcels = ceil_div(weight_g, problem.services.max_parcel_g[self._departures.service[departure]])
        alone = {Measure.LINES: 1, Measure.SHIPMENTS: 1, Measure.PARCELS: np.maximum(1, parcels)}
        over, over_alone = np.zeros(len(row), np.bool_), np.zeros(len(row), np.bool_)
        for measure, drawn in always.items():
            over |= drawn > room[departure, measure]
        for measure, drawn in alone.items():
            over_alone |= drawn > room[departure, measure]
        pair = self._pair(problem.lines.order_idx[line].astype(np.int64), self._departures.node[departure])
        ships = np.append(self._shipping, NONE_IDX)[np.searchsorted(self._shipping, pair)] == pair
        return ~(over | over_alone | ships), over | (over_alone & ~ships)

    def _pair(self, order: I64, node: I64) -> I64:
        return order * len(self._problem.nodes) + node


class _Departures:
    """Every (node, service, dispatch), those of (node, service) at ``ptr[node * num_services + service]``.

    ``room[departure, measure]``: what the plan leaves of the capacity rows there, in base units.
    """

    def __init__(self, situation: Situation) -> None:
        problem, clock = situation.problem, situation.auditor.network.clock
        num_services = len(problem.services)
        pairs = [(node, service) for node in range(len(problem.nodes)) for service in range(num_services)]
        instants = [clock.dispatches(*pair) for pair in pairs]
        lengths = np.array([len(some) for some in instants], np.int64)
        self.ptr: I64 = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        self.dispatch_s: I64 = np.array([instant for some in instants for instant in some], np.int64)
        key = np.repeat(np.arange(len(pairs)), lengths)
        self.node: I64 = key // max(1, num_services)
        self.service: I64 = key % max(1, num_services)
        self.room = np.full((len(key), len(Measure)), UNLIMITED, np.int64)
        left = [
            min(UNLIMITED, limit - used) for limit, used in zip(situation.rows_limit, situation.rows_used, strict=True)
        ]
        rows = situation.auditor.capacity_rows.matching_of(
            self.node.astype(np.int32), self.service.astype(np.int32), self.dispatch_s
        )
        departure = np.repeat(np.arange(len(key)), rows.lengths)
        measure = problem.capacities.measure[situation.auditor.capacity_rows.capacity_idx[rows.idx]]
        np.minimum.at(self.room, (departure, measure), np.array(left, np.int64)[rows.idx])


def _grouped(line: I64, position: I64, left: I64) -> dict[int, Taken]:
    """The sources of each line that has empty ones."""
    if not len(line):
        return {}
    by = np.lexsort((position, line))
    line, position, left = line[by], position[by], left[by]
    starts = np.flatnonzero(np.diff(line, prepend=-1))
    units = np.add.reduceat(np.maximum(0, left), starts)
    empty = [np.unique(group) for group in np.split(np.where(left > 0, NONE_IDX, position), starts[1:])]
    return {
        of: Taken(tuple(found[found != NONE_IDX].tolist()), units_left)
        for of, units_left, found in zip(line[starts].tolist(), units.tolist(), empty, strict=True)
        if (found != NONE_IDX).any()
    }
