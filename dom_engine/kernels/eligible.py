"""Which order line may draw on which stock position, from the lines' items to the positions that hold them.

Orders times nodes are never materialised: the work is proportional to the (line, position) pairs that share
an item.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags
from solvers.jit import inlined, kernel

_INSERTION_SORT_MOST = 48


class OrderRules(NamedTuple):
    """What orders ask of nodes and stock. Lists are CSR; ``tag_rule`` picks a row of ``tag_allows[rule, node]``."""

    line_ptr: I64
    nodes_ptr: I64
    nodes: I32
    exclude_ptr: I64
    exclude: I32
    pools_ptr: I64
    pools: I32
    tag_rule: I32
    tag_allows: Flags
    pickup_node: I32
    backorder: Flags
    safety_stock: Flags


class LineRules(NamedTuple):
    """What lines ask for. ``items`` of line l, ascending and distinct: its own and its substitutes."""

    items_ptr: I64
    items: I32
    nodes_ptr: I64
    nodes: I32
    exclude_ptr: I64
    exclude: I32


class Stock(NamedTuple):
    """Positions worth looking at, by item and then position; those of item i are ``item_ptr[i]:item_ptr[i + 1]``."""

    item_ptr: I64
    position: I32
    node: I32
    pool: I32
    has_free: Flags
    has_safety: Flags
    on_hand: Flags


@inlined
def _holds(ptr: I64, idx: I32, row: int, value: int) -> bool:
    found = False
    for k in range(ptr[row], ptr[row + 1]):
        found |= idx[k] == value
    return found


@inlined
def _allows(ptr: I64, idx: I32, row: int, value: int) -> bool:
    return ptr[row] == ptr[row + 1] or _holds(ptr, idx, row, value)


@inlined
def _by_node(node: I32, rank: I64) -> None:
    """Stable ranks by node; most orders have a handful of sources, for which insertion beats any call."""
    if len(node) > _INSERTION_SORT_MOST:
        rank[:] = np.argsort(node, kind="mergesort")
        return
    for k in range(len(node)):
        at = k
        while at > 0 and node[rank[at - 1]] > node[k]:
            rank[at] = rank[at - 1]
            at -= 1
        rank[at] = k


@kernel
def _pairs(
    orders: OrderRules,
    lines: LineRules,
    stock: Stock,
    most: int,
    line_out: I32,
    position_out: I32,
    order_out: I32,
    node_out: I32,
    source_ptr: I64,
) -> tuple[int, int]:
    found_line, found_position = np.empty(most, np.int32), np.empty(most, np.int32)
    found_node, rank = np.empty(most, np.int32), np.empty(most, np.int64)
    # Whether the order allows a node, worked out once per order and node: asked[node] is the last order that asked.
    asked, allowed = np.full(orders.tag_allows.shape[1], -1, np.int64), np.empty(orders.tag_allows.shape[1], np.bool_)
    # Columns taken out of their tuples once: each access inside the loop would count a reference, ten times the work.
    line_ptr, items_ptr, items = orders.line_ptr, lines.items_ptr, lines.items
    item_ptr, position_of, node_of, pool_of = stock.item_ptr, stock.position, stock.node, stock.pool
    has_free, has_safety, on_hand = stock.has_free, stock.has_safety, stock.on_hand
    order_nodes_ptr, order_nodes = orders.nodes_ptr, orders.nodes
    order_exclude_ptr, order_exclude = orders.exclude_ptr, orders.exclude
    line_nodes_ptr, line_nodes = lines.nodes_ptr, lines.nodes
    line_exclude_ptr, line_exclude = lines.exclude_ptr, lines.exclude
    pools_ptr, pools, tag_allows, tag_rule_of = orders.pools_ptr, orders.pools, orders.tag_allows, orders.tag_rule
    pickup_node_of, backorder_of, safety_of = orders.pickup_node, orders.backorder, orders.safety_stock
    num_pairs = num_sources = 0
    for order in range(len(line_ptr) - 1):
        safety, backorder, pickup_node = safety_of[order], backorder_of[order], pickup_node_of[order]
        num = 0
        for line in range(line_ptr[order], line_ptr[order + 1]):
            for i in range(items_ptr[line], items_ptr[line + 1]):
                item = items[i]
                for k in range(item_ptr[item], item_ptr[item + 1]):
                    if not (has_free[k] or (safety and has_safety[k])) or not (backorder or on_hand[k]):
                        continue
                    node = node_of[k]
                    if asked[node] != order:
                        asked[node] = order
                        allowed[node] = (
                            (pickup_node < 0 or pickup_node == node)
                            and tag_allows[tag_rule_of[order], node]
                            and _allows(order_nodes_ptr, order_nodes, order, node)
                            and not _holds(order_exclude_ptr, order_exclude, order, node)
                        )
                    if (
                        allowed[node]
                        and (pool_of[k] < 0 or _holds(pools_ptr, pools, order, pool_of[k]))
                        and _allows(line_nodes_ptr, line_nodes, line, node)
                        and not _holds(line_exclude_ptr, line_exclude, line, node)
                    ):
                        found_line[num] = line
                        found_position[num] = position_of[k]
                        found_node[num] = node
                        num += 1
        _by_node(found_node[:num], rank[:num])
        for at in range(num):
            found = rank[at]
            if at == 0 or found_node[found] != node_out[num_pairs - 1]:
                order_out[num_pairs] = order
                node_out[num_pairs] = found_node[found]
                source_ptr[num_pairs] = num_sources
                num_pairs += 1
            line_out[num_sources] = found_line[found]
            position_out[num_sources] = found_position[found]
            num_sources += 1
    source_ptr[num_pairs] = num_sources
    return num_pairs, num_sources


class EligiblePairs(NamedTuple):
    """Pairs sorted by (order, node), and their sources, the (line, position) that could ride.

    Sources of pair p are ``source_ptr[p]:source_ptr[p + 1]``, sorted by line and position.
    """

    order: I32
    node: I32
    source_ptr: I64
    line: I32
    position: I32


def eligible_pairs(orders: OrderRules, lines: LineRules, stock: Stock) -> EligiblePairs:
    """All (order, node) pairs with stock the order may draw on, and the (line, position) sources of each.

    Positions must be sorted by (node, item), so that going through a line's items in rising order keeps the
    sources of a pair sorted. Time and memory are proportional to the sources, not to orders times nodes.
    """
    per_line = _total_by_row(np.diff(stock.item_ptr)[lines.items], lines.items_ptr)
    per_order = _total_by_row(per_line, orders.line_ptr)
    most, total = int(per_order.max(initial=0)), int(per_order.sum())
    # What rules leave out is a tail of these arrays that is never written, so never given memory, and cut off below.
    line, position = np.empty(total, np.int32), np.empty(total, np.int32)
    order, node = np.empty(total, np.int32), np.empty(total, np.int32)
    source_ptr = np.empty(total + 1, np.int64)
    num_pairs, num_sources = _pairs(orders, lines, stock, most, line, position, order, node, source_ptr)
    return EligiblePairs(
        order[:num_pairs].copy(),
        node[:num_pairs].copy(),
        source_ptr[: num_pairs + 1].copy(),
        line[:num_sources].copy(),
        position[:num_sources].copy(),
    )


def _total_by_row(values: I64, ptr: I64) -> I64:
    """Sums of ``values[ptr[i]:ptr[i + 1]]``."""
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])
    return np.asarray(np.diff(before[ptr]), np.int64)
