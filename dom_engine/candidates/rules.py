"""What orders, lines and stock positions ask of each other, laid out for the kernels."""

from __future__ import annotations

import numpy as np

from dom_engine.domain.columns import I8, I32, I64, Flags, Lists
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import WATERBORNE_ONLY, Delivery, Incoterm, NamedPlace, Stage, delivery_of, seller_stages
from dom_engine.domain.transport import Mode
from dom_engine.kernels.distinct import DistinctRows, distinct_rows
from dom_engine.kernels.eligible import LineRules, OrderRules, Stock
from dom_engine.kernels.lanes import SERVICE_CLOSED, SERVICE_OPEN, SERVICE_UNPREFERRED

_ALL_STAGES = sum(1 << stage for stage in Stage)
_SELLER_STAGES = np.array(
    [[sum(1 << stage for stage in seller_stages(rule, place)) for place in NamedPlace] for rule in Incoterm], np.int32
)
_DELIVERY = np.array([[delivery_of(rule, place) for place in NamedPlace] for rule in Incoterm], np.int8)


def distinct_lists(lists: Lists) -> DistinctRows:
    """Number the distinct lists of a column; most orders share the empty one."""
    return distinct_rows(lists.ptr, lists.idx)


def _class_lists(classes: DistinctRows) -> list[list[int]]:
    return [classes.idx[classes.ptr[c] : classes.ptr[c + 1]].tolist() for c in range(classes.num_classes)]


def covers(sets: Lists, wanted: DistinctRows) -> Flags:
    """Which rows of ``sets`` hold every entry of each wanted class, bool[len(sets), num_classes]."""
    held = [set(sets[row].tolist()) for row in range(len(sets))]
    asked = [set(entries) for entries in _class_lists(wanted)]
    return np.array([[ask <= have for ask in asked] for have in held], np.bool_).reshape(len(held), len(asked))


def order_rules(problem: Problem) -> OrderRules:
    """Node, pool and stock rules of the orders."""
    orders = problem.orders
    tag_rules = distinct_lists(orders.node_tags)
    return OrderRules(
        line_ptr=orders.line_ptr,
        nodes_ptr=orders.nodes.ptr,
        nodes=orders.nodes.idx,
        exclude_ptr=orders.exclude_nodes.ptr,
        exclude=orders.exclude_nodes.idx,
        pools_ptr=orders.pools.ptr,
        pools=orders.pools.idx,
        tag_rule=tag_rules.class_of,
        tag_allows=np.ascontiguousarray(covers(problem.nodes.tags, tag_rules).T),
        pickup_node=orders.pickup_node_idx,
        backorder=orders.backorder,
        safety_stock=uses_safety_stock(problem),
    )


def uses_safety_stock(problem: Problem) -> Flags:
    """Which orders are important enough for safety stock, bool[num_orders]."""
    return problem.orders.priority <= problem.policy.safety_stock_priority


def line_rules(problem: Problem) -> LineRules:
    """Node rules of the lines and the items that may serve each, its own among them."""
    lines = problem.lines
    items_ptr, items = _with_own_item(lines.item_idx, lines.substitutes)
    return LineRules(
        items_ptr=items_ptr,
        items=items,
        nodes_ptr=lines.nodes.ptr,
        nodes=lines.nodes.idx,
        exclude_ptr=lines.exclude_nodes.ptr,
        exclude=lines.exclude_nodes.idx,
    )


def _with_own_item(own: I32, substitutes: Lists) -> tuple[I64, I32]:
    if not len(substitutes.idx):
        return np.arange(len(own) + 1, dtype=np.int64), own
    line = np.concatenate([np.arange(len(own)), np.repeat(np.arange(len(own)), substitutes.lengths)])
    item = np.concatenate([own, substitutes.idx])
    by = np.lexsort((item, line))
    line, item = line[by], item[by]
    # A line that names its own item as a substitute still has it once.
    first = np.concatenate([[True], (line[1:] != line[:-1]) | (item[1:] != item[:-1])])
    line, item = line[first], item[first]
    return np.searchsorted(line, np.arange(len(own) + 1)).astype(np.int64), item.astype(np.int32)


def stock_index(problem: Problem, ready_s: I64) -> Stock:
    """Positions that anyone could draw on within the horizon, by item.

    Parameters
    ----------
    ready_s
        int64[num_positions], when the units of each could leave for an order released at once.
    """
    positions = problem.positions
    useful = problem.nodes.enabled[positions.node_idx] & ((positions.free > 0) | (positions.covered_safety > 0))
    useful &= (ready_s <= problem.horizon_end_s) & (positions.expires_at_s > np.maximum(problem.now_s, ready_s))
    position = np.flatnonzero(useful)
    position = position[np.argsort(positions.item_idx[position], kind="stable")]
    return Stock(
        item_ptr=np.searchsorted(positions.item_idx[position], np.arange(len(problem.items) + 1)).astype(np.int64),
        position=position.astype(np.int32),
        node=positions.node_idx[position],
        pool=positions.pool_idx[position],
        has_free=positions.free[position] > 0,
        has_safety=positions.covered_safety[position] > 0,
        on_hand=positions.available_at_s[position] <= problem.now_s,
    )


def service_rules(problem: Problem) -> tuple[I32, I8]:
    """Which services each order may use.

    Returns
    -------
    rule
        int32[num_orders]. Lists, Incoterms that need water and pickup are all in it: orders alike share one rule.
    allows
        int8[num_rules, num_services], what each rule says of each service.
    """
    orders, services = problem.orders, problem.services
    allowed, preferred = distinct_lists(orders.services), distinct_lists(orders.preferred_services)
    waterborne = np.isin(orders.incoterm, [int(rule) for rule in WATERBORNE_ONLY])
    pickup = orders.pickup_node_idx >= 0
    key = (allowed.class_of.astype(np.int64) * preferred.num_classes + preferred.class_of) * 4 + waterborne * 2 + pickup
    distinct, rule = np.unique(key, return_inverse=True)
    on_water = np.isin(services.mode, [int(Mode.SEA), int(Mode.BARGE)])
    is_pickup = services.mode == int(Mode.PICKUP)
    allowed_lists, preferred_lists = _class_lists(allowed), _class_lists(preferred)
    says = np.empty((len(distinct), len(services)), np.int8)
    for row, value in enumerate(distinct.tolist()):
        lists, flags = divmod(value, 4)
        may, likes = allowed_lists[lists // preferred.num_classes], preferred_lists[lists % preferred.num_classes]
        is_open = (is_pickup == bool(flags & 1)) & (on_water | (not flags & 2)) & _listed(may, len(services))
        says[row] = np.where(
            is_open, np.where(_listed(likes, len(services)), SERVICE_OPEN, SERVICE_UNPREFERRED), SERVICE_CLOSED
        )
    return rule.reshape(-1).astype(np.int32), says


def _listed(entries: list[int], num: int) -> Flags:
    """Membership in a list whose emptiness means no limit."""
    listed = np.full(num, not entries)
    listed[entries] = True
    return listed


def stages_borne(problem: Problem) -> tuple[I32, I32]:
    """Bit masks of the stages whose cost the seller and the buyer bear, int32[num_orders] each."""
    seller = _SELLER_STAGES[problem.orders.incoterm, problem.orders.named_place]
    return seller, (_ALL_STAGES & ~seller).astype(np.int32)


def judged_instants(problem: Problem) -> I8:
    """Which instant the window of each order judges, a ``Delivery``, int8[num_orders]."""
    if problem.policy.judge_arrival:
        return np.full(len(problem.orders), Delivery.ARRIVAL, np.int8)
    return _DELIVERY[problem.orders.incoterm, problem.orders.named_place]
