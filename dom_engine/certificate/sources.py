"""What may ride where: for a block of orders, the stock that each line can draw on and the offers that carry it.

A *pair* is (order, node). Its *columns* are the (line, item) combinations that the node can ship; each column has
*sources*, the free or the safety stock of a position. Its *offers* are the services that reach the order from the
node.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dom_engine.audit.amounts import priority_factors, unit_unmet_micros
from dom_engine.audit.evaluate import Auditor
from dom_engine.audit.exact import Integers, plus, times, weigh, weigh_one
from dom_engine.audit.tables import Indices, contains, distinct, entries, spans
from dom_engine.certificate.prices import RowPrices
from dom_engine.domain.columns import I32, I64, NONE_IDX, Flags
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows


class Pricing:
    """Look-ups that pricing the orders of one problem at given row prices shares."""

    def __init__(
        self, problem: Problem, rows: PricedRows, auditor: Auditor | None = None, *, signed: bool = False
    ) -> None:
        self.problem = problem
        self.auditor = auditor or Auditor(problem)
        self.network = self.auditor.network
        self.prices = RowPrices(problem, rows, signed=signed)
        weights, policy = problem.weights, problem.policy
        self.split_micros = weigh_one(policy.split_cost_micros, weights.split)
        self.safety_micros = weigh_one(policy.safety_stock_cost_micros, weights.safety_stock)

    @property
    def scale(self) -> int:
        """Priced amounts are integers in ``1/scale`` micros."""
        return self.prices.scale

    @cached_property
    def unmet(self) -> Integers:
        """What one unallocated unit of each order line pays, the fill row's price included, in ``1/scale`` micros."""
        _, weighted = unit_unmet_micros(self.network)
        paid = times(weighted, self.scale)
        if self.prices.fill_price_micros:
            factors, denominator = priority_factors(self.network, self.problem.lines.order_idx.astype(np.int64))
            paid = plus(paid, times(factors, self.prices.fill_price_micros * (self.scale // denominator)))
        return paid

    @cached_property
    def positions_by_item(self) -> tuple[I64, I64]:
        """Positions sorted by item, and where each item's begin."""
        item = self.problem.positions.item_idx
        by_item = np.argsort(item, kind="stable")
        return by_item, np.searchsorted(item[by_item], np.arange(len(self.problem.items) + 1))


@dataclass(frozen=True, slots=True)
class Sources:
    """One row per (column, position, safety or free), sorted by column, then cheapest first.

    ``unit_price`` in ``1/scale`` micros is what a unit pays for coming from there: the row's price, and the weighted
    costs per unit of handling, safety stock and substitution. It can ride on dispatches in [ready_s, expires_s).
    """

    column: I64
    position_idx: I64
    safety: Flags
    limit: I64
    unit_price: Integers
    ready_s: I64
    expires_s: I64


@dataclass(frozen=True, slots=True)
class Block:
    """The sources and offers of some consecutive orders.

    ``pair_*`` per pair, sorted by (order, node); ``column_*`` per column, sorted by (pair, line, item); ``offer_*``
    per offer, sorted by (pair, service). Columns of pair ``p`` are ``column_ptr[p]:column_ptr[p + 1]``, sources of
    column ``c`` ``source_ptr[c]:source_ptr[c + 1]``. Every offer has a lane and at least one dispatch.
    """

    pair_order: I64
    pair_node: I64
    column_ptr: I64
    column_pair: I64
    column_line: I64
    column_item: I64
    source_ptr: I64
    sources: Sources
    offer_pair: I64
    offer_service: I64
    offer_distance_m: I64
    offer_lane: I32


def build_block(pricing: Pricing, order_from: int, order_to: int) -> Block:
    """Join the lines of orders ``order_from:order_to`` with the stock and services that may serve them."""
    line, item, position = _join_stock(pricing, order_from, order_to)
    node = pricing.problem.positions.node_idx[position].astype(np.int64)
    order = pricing.problem.lines.order_idx[line].astype(np.int64)
    pair_first, pair_of = _sorted_distinct(order, node)
    offers = _offers(pricing, order[pair_first], node[pair_first])
    kept = np.zeros(len(pair_first), np.bool_)
    kept[offers[0]] = True
    renumbered = np.cumsum(kept) - 1
    rows = np.flatnonzero(kept[pair_of])
    pair_first = pair_first[kept]
    return _assemble(
        pricing,
        (order[pair_first], node[pair_first]),
        (line[rows], item[rows], position[rows], renumbered[pair_of[rows]]),
        (renumbered[offers[0]], *offers[1:]),
    )


def _sorted_distinct(*columns: I64) -> tuple[I64, I64]:
    """A sample row of each distinct combination in ascending order, and the combination of each row."""
    first, group = distinct(*columns)
    rank = np.lexsort(tuple(column[first] for column in reversed(columns)))
    place = np.empty(len(rank), np.int64)
    place[rank] = np.arange(len(rank))
    return first[rank], place[group]


def _join_stock(pricing: Pricing, order_from: int, order_to: int) -> tuple[I64, I64, I64]:
    """Every (line, item, position) that the order's, the line's and the position's own rules allow."""
    problem = pricing.problem
    orders, lines, positions, nodes = problem.orders, problem.lines, problem.positions, problem.nodes
    first, last = int(orders.line_ptr[order_from]), int(orders.line_ptr[order_to])
    wanted = np.arange(first, last, dtype=np.int64)
    owner, substitute = entries(lines.substitutes, wanted)
    other = substitute != lines.item_idx[wanted[owner]]
    line = np.concatenate([wanted, wanted[owner[other]]])
    item = np.concatenate([lines.item_idx[wanted].astype(np.int64), substitute[other]])
    by_item, ptr = pricing.positions_by_item
    row, entry = spans(ptr[item], ptr[item + 1] - ptr[item])
    line, item, position = line[row], item[row], by_item[entry]

    order, node = lines.order_idx[line].astype(np.int64), positions.node_idx[position].astype(np.int64)
    pool = positions.pool_idx[position].astype(np.int64)
    on_hand = positions.available_at_s[position] <= problem.now_s
    allowed = (
        nodes.enabled[node]
        & pricing.network.node_allowed(order, node)
        & pricing.network.line_node_allowed(line, node)
        & ((pool == NONE_IDX) | contains(orders.pools, order, pool))
        & (on_hand | orders.backorder[order])
        & ((positions.free[position] > 0) | _safety_open(problem, order, position))
    )
    return line[allowed], item[allowed], position[allowed]


def _safety_open(problem: Problem, order: Indices, position: I64) -> Flags:
    """Whether the order's priority opens the position's safety stock, and there is some."""
    may: Flags = problem.orders.priority[order] <= problem.policy.safety_stock_priority
    return may & (problem.positions.covered_safety[position] > 0)


def _offers(pricing: Pricing, order: I64, node: I64) -> tuple[I64, I64, I64, I32]:
    """Pair, service, distance and lane of every offer to these pairs."""
    problem, network = pricing.problem, pricing.network
    num_services = len(problem.services)
    counts = np.diff(pricing.prices.dispatches.ptr)
    keys = np.flatnonzero(counts)
    keys = keys[network.service_enabled(keys // max(1, num_services), keys % max(1, num_services))]
    ptr = np.searchsorted(keys, np.arange(len(problem.nodes) + 1) * num_services)
    pair, entry = spans(ptr[node], ptr[node + 1] - ptr[node])
    service = keys[entry] % max(1, num_services)
    agrees = network.service_allowed(order[pair], service) & network.incoterm_agrees(order[pair], service)
    pair, service = pair[agrees], service[agrees]
    distance_m = network.distance_m(order, node)
    near = distance_m <= problem.nodes.max_distance_m[node]
    pair, service = pair[near[pair]], service[near[pair]]
    lane = network.lane_idx(order[pair], node[pair], service, distance_m[pair])
    found = lane != NONE_IDX
    pair, service = pair[found], service[found]
    return pair, service, distance_m[pair], lane[found]


def _assemble(
    pricing: Pricing,
    pairs: tuple[I64, I64],
    stock: tuple[I64, I64, I64, I64],
    offers: tuple[I64, I64, I64, I32],
) -> Block:
    problem = pricing.problem
    positions, lines, orders = problem.positions, problem.lines, problem.orders
    line, item, position, pair = stock
    first, column = _sorted_distinct(pair, line, item)
    column_pair, column_line, column_item = pair[first], line[first], item[first]

    free = np.flatnonzero(positions.free[position] > 0)
    covered = np.flatnonzero(_safety_open(problem, lines.order_idx[line], position))
    rows = np.concatenate([free, covered])
    safety = np.arange(len(rows)) >= len(free)
    line, item, position, column = line[rows], item[rows], position[rows], column[rows]
    substituted = np.where(item != lines.item_idx[line], lines.substitute_cost_micros[line], 0)
    own = plus(
        weigh(positions.unit_cost_micros[position], problem.weights.handling),
        weigh(substituted, problem.weights.substitution),
        np.where(safety, pricing.safety_micros, 0),
    )
    row_price = np.where(safety, pricing.prices.safety[position], pricing.prices.stock[position])
    unit_price = times(plus(row_price, own), pricing.scale)
    start_s = np.maximum(problem.now_s, orders.released_at_s[lines.order_idx[line]])
    start_s = np.maximum(start_s, positions.available_at_s[position])
    ready_s = pricing.network.clock.ready_s(positions.node_idx[position], start_s)
    cheapest_first = np.lexsort((safety, position, unit_price, column))
    line, column = line[cheapest_first], column[cheapest_first]
    sources = Sources(
        column=column,
        position_idx=position[cheapest_first],
        safety=safety[cheapest_first],
        limit=np.where(safety, positions.covered_safety[position], positions.free[position])[cheapest_first],
        unit_price=unit_price[cheapest_first],
        ready_s=ready_s[cheapest_first],
        expires_s=positions.expires_at_s[position][cheapest_first],
    )
    num_pairs = len(pairs[0])
    return Block(
        pair_order=pairs[0],
        pair_node=pairs[1],
        column_ptr=np.searchsorted(column_pair, np.arange(num_pairs + 1)),
        column_pair=column_pair,
        column_line=column_line,
        column_item=column_item,
        source_ptr=np.searchsorted(column, np.arange(len(column_pair) + 1)),
        sources=sources,
        offer_pair=offers[0],
        offer_service=offers[1],
        offer_distance_m=offers[2],
        offer_lane=offers[3],
    )
