"""One order after another: the rules shops run today, and construction in the light of prices.

Each order takes the cheapest pattern that what is left of the rows allows. A rule is that same walk with
prices that make its wish dominate: nearest charges a node its distance, preference its preference cost,
fewest-splits every shipment alike.

Orders are priced in blocks against what was left at the block's start. A pattern that still fits when its
turn comes is still the cheapest, since less stock only takes choices away; one that does not is priced anew.
So blocks change the speed, not the walk.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from solvers.incumbent import usage_of
from solvers.jit import kernel
from solvers.judging import recost
from solvers.model import F64, I32, I64, UNLIMITED, Flags, Patterns, Prices, SourcingModel, frozen
from solvers.patterns import concatenate, take
from solvers.pricing import price_orders
from solvers.stop import HaltedError, Stop

RULES = ("fcfs", "nearest", "preference", "fewest-splits")

_BLOCK = 256
_LEAST_BLOCK = 4
_DOMINANT = 1e13
"""Weighted micros: above any order's cost, low enough that a float still tells micros apart beneath it."""


def construct(
    model: SourcingModel,
    prices: Prices,
    sequence: I32,
    stop: Stop,
    *,
    work_limit: int,
    threads: int = 1,
    rule: str = "fcfs",
    beside: Patterns | None = None,
) -> Patterns:
    """Serve the orders in sequence; those left when the run is stopped stay unserved.

    Parameters
    ----------
    prices
        Opportunity costs of rows, on top of each order's own cost.
    sequence
        Orders, each once, int32.
    rule
        One of ``RULES``: what the walk minimises before cost.
    beside
        Patterns of other orders, which keep what they draw.

    Returns
    -------
    Patterns
        One per order of the sequence, by order; together, and with those beside them, they hold every row.
    """
    wish = _with_wish(model, prices, rule)
    wanted = model if rule != "fewest-splits" else _charge_shipments(model)
    residual, opened = model.row_capacity(), np.zeros(len(model.nodes.activation_cost), np.bool_)
    used = np.zeros(model.num_rows, np.int64)
    if beside is not None:
        used = usage_of(model, beside)
        residual -= used
        opened[model.candidates.node[beside.ship_cand]] = True
    parts: list[Patterns] = []
    at, size = 0, _BLOCK
    while at < len(sequence):
        block = sequence[at : at + size]
        if stop.reason is not None:
            parts.append(unserved_at(model, sequence[at:]))
            break
        charged = _with_charges(model, wish, used, opened)
        try:
            priced = price_orders(
                wanted, charged, block, work_limit=work_limit, threads=threads, row_capacity=residual, stop=stop
            ).patterns
        except HaltedError:
            parts.append(unserved_at(model, sequence[at:]))
            break
        stop.spend(len(block))
        fitting = _accept(priced, residual, used)
        if fitting == 0:
            raise RuntimeError(f"order {int(block[0])} was given more than its rows had left")
        parts.append(take(priced, np.arange(fitting)))
        opened[model.candidates.node[parts[-1].ship_cand]] = True
        at += fitting
        # What is priced beyond the first misfit is priced again: where misfits are near, look less far ahead.
        size = min(_BLOCK, 2 * size) if fitting == len(block) else max(_LEAST_BLOCK, 2 * fitting)
    plan = concatenate(parts) if parts else unserved_at(model, sequence)
    return recost(model, take(plan, np.argsort(plan.order, kind="stable")))


def keep_fitting(model: SourcingModel, patterns: Patterns, sequence: I32) -> Patterns:
    """A plan without pricing anything: in sequence, each order keeps its pattern where rows still hold it.

    Parameters
    ----------
    patterns
        One per order, by order.
    sequence
        Orders, each once, int32; those whose pattern no longer fits stay unserved.
    """
    fits = np.zeros(patterns.num_patterns, np.bool_)
    _mark_fitting(patterns, sequence, model.row_capacity(), fits)
    idle = np.flatnonzero(~fits).astype(np.int32)
    plan = concatenate([take(patterns, fits), unserved_at(model, idle)])
    return take(plan, np.argsort(plan.order, kind="stable"))


@kernel
def _mark_fitting(patterns: Patterns, sequence: I32, residual: I64, fits: Flags) -> None:
    draw_ptr, draw_row, draw = patterns.draw_ptr, patterns.draw_row, patterns.draw
    for k in sequence:
        fits[k] = True
        for i in range(draw_ptr[k], draw_ptr[k + 1]):
            fits[k] = fits[k] and draw[i] <= residual[draw_row[i]]
        if fits[k]:
            for i in range(draw_ptr[k], draw_ptr[k + 1]):
                residual[draw_row[i]] -= draw[i]


def regret_sequence(
    model: SourcingModel, prices: Prices, orders: I32, stop: Stop, *, work_limit: int, threads: int
) -> I32:
    """Orders by what going unserved would cost them beyond their priced minimum, greatest first.

    Raises
    ------
    HaltedError
        When the run was over before everyone was priced.
    """
    priced = price_orders(model, prices, orders, work_limit=work_limit, threads=threads, stop=stop)
    alone = unserved_at(model, orders)
    regret = alone.cost + alone.fill * prices.fill - priced.value
    return np.asarray(orders[np.argsort(-regret, kind="stable")], np.int32)


def unserved_at(model: SourcingModel, orders: I32) -> Patterns:
    """The patterns that serve nothing, one for each of ``orders``."""
    none32, none64 = np.zeros(0, np.int32), np.zeros(0, np.int64)
    no_ptr = np.zeros(len(orders) + 1, np.int64)
    zeros = np.zeros(len(orders), np.int64)
    blank = Patterns(
        orders.astype(np.int32), zeros, zeros, no_ptr, none32, none32,
        np.zeros(1, np.int64), none32, np.zeros(0, np.bool_), none64, no_ptr, none32, none64,
    )  # fmt: skip
    return recost(model, blank)


@kernel
def _accept(patterns: Patterns, residual: I64, used: I64) -> int:
    """Take patterns in turn while they fit; returns how many did: at least the first, priced on what is left."""
    draw_ptr, draw_row, draw = patterns.draw_ptr, patterns.draw_row, patterns.draw
    for k in range(len(patterns.order)):
        for i in range(draw_ptr[k], draw_ptr[k + 1]):
            if draw[i] > residual[draw_row[i]]:
                return k
        for i in range(draw_ptr[k], draw_ptr[k + 1]):
            residual[draw_row[i]] -= draw[i]
            used[draw_row[i]] += draw[i]
    return len(patterns.order)


def _with_wish(model: SourcingModel, prices: Prices, rule: str) -> Prices:
    """Prices under which what the rule wants outweighs cost, and serving outweighs the rule."""
    if rule == "nearest":
        key = model.candidates.distance_m.astype(np.float64)
    elif rule == "preference":
        key = model.nodes.preference_cost[model.candidates.node].astype(np.float64)
    else:
        return serving_first(prices) if rule == "fewest-splits" else prices
    most = float(key.max(initial=0.0))
    scaled = key * (_DOMINANT / (1.0 + most))
    return serving_first(prices._replace(activation=prices.activation + scaled))


def serving_first(prices: Prices) -> Prices:
    """A unit left out weighs more than sixty-four wishes unheard."""
    return prices._replace(fill=prices.fill + 64 * _DOMINANT / 1e6)


def _charge_shipments(model: SourcingModel) -> SourcingModel:
    """The model in which a shipment beyond the first costs more than anything but leaving units out."""
    dominant = np.full_like(model.orders.split_cost, int(_DOMINANT))
    return frozen(model._replace(orders=model.orders._replace(split_cost=dominant)))


def _with_charges(model: SourcingModel, prices: Prices, used: I64, opened: Flags) -> Prices:
    """Prices plus what the next unit of each row, and opening each node, would cost the plan as it stands."""
    rows = model.rows
    costly = np.flatnonzero((rows.open_cost > 0) | (rows.overtime_limit > 0))
    closed = (model.nodes.activation_cost > 0) & ~opened
    if not len(costly) and not closed.any():
        return prices
    row = prices.row.copy()
    row[costly] += _next_unit(model, costly, used)
    activation = prices.activation
    if closed.any():
        cost = np.where(closed, model.nodes.activation_cost, 0)
        activation = activation + cost[model.candidates.node]
    return prices._replace(row=row, activation=activation)


def _next_unit(model: SourcingModel, rows: npt.NDArray[np.int64], used: I64) -> F64:
    """Weighted micros the next base unit costs: nothing within an open load, else a share of a load or overtime."""
    limit, most = model.rows.limit[rows], model.rows.open_max[rows]
    open_cost, overtime = model.rows.open_cost[rows], model.rows.overtime_cost[rows] / model.rows.scale[rows]
    drawn = used[rows]
    safe = np.maximum(limit, 1)
    whole = np.where((limit > 0) & (limit < UNLIMITED), drawn // safe, 0)
    inside = (limit > 0) & ((open_cost == 0) & (drawn < limit * most) | (open_cost > 0) & (drawn % safe > 0))
    can_load = (open_cost > 0) & (limit > 0) & (whole < most)
    share = np.where(can_load, open_cost / safe, np.inf)
    extra = np.where(model.rows.overtime_limit[rows] > 0, overtime, np.inf)
    cheapest = np.minimum(share, extra)
    return np.asarray(np.where(inside | np.isinf(cheapest), 0.0, cheapest), np.float64)
