"""Pricing: the cheapest pattern of every order at given row prices, with a valid lower bound.

An order goes through up to four stages: the dynamic program of ``pricing_order``; where the pattern it finds lets
shipments meet in a row that cannot bear them, the search of ``pricing_search``; where the order is too large for
either, ``pricing_large``; and where it must be exact and neither of them got there, ``pricing_closing``.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from solvers.jit import kernel
from solvers.judging import RULE_ROWS, judge
from solvers.model import F64, I32, I64, Flags, Patterns, Prices, SourcingModel
from solvers.packed import Packed, packed, wide
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing_cards import Cards, make_cards
from solvers.pricing_large import price_large
from solvers.pricing_order import price_order, write_loads
from solvers.pricing_search import FOUND_ALL, Tray, lay_pattern, make_tray, off_tray, search_order
from solvers.pricing_space import DONE, TOO_LARGE, Shipments, Workspace, make_workspace
from solvers.stop import Stop

ROUNDING = 1e-12
"""Relative float error of a priced cost: a sum of non-negative terms."""

SHARD = 512
"""Orders handed to a thread at a time, whatever the number of threads."""

_PROVEN = 1e-9
"""Relative difference of pattern and bound up to which a pattern counts as proven."""

COUPLED = 2
"""Status of an order whose relaxed minimum breaks a shared limit."""

_MOST_PIECES = 1 << 14

_LOOK_EVERY = 32
"""Orders searched between two looks at the stop: each may take as long as a thousand that states settle."""

_SEARCH_WORK = 50_000_000
"""Counted work that an order within the exact limits may take to search, whatever the work limit."""


class Priced(NamedTuple):
    """Per order: priced cost of its best pattern found, a valid lower bound, whether they are equal, counted work.

    ``value`` and ``lower_bound`` are weighted micros, float64[num_orders]; ``patterns`` holds the pattern of each.
    """

    value: F64
    lower_bound: F64
    exact: Flags
    work: I64
    patterns: Patterns


_held = threading.local()


def workspace_of(model: SourcingModel) -> Workspace:
    """The calling thread's workspace, made anew only when the model needs a larger one."""
    size = (
        int(np.diff(model.orders.line_ptr).max(initial=1)),
        int(np.diff(model.candidates.source_ptr).max(initial=1)),
    )
    kept: tuple[tuple[int, int], Workspace] | None = getattr(_held, "workspace", None)
    if kept is None or kept[0][0] < size[0] or kept[0][1] < size[1]:
        kept = (size, make_workspace(model))
        _held.workspace = kept
    return kept[1]


def cards_of() -> Cards:
    """The calling thread's cards."""
    cards: Cards | None = getattr(_held, "cards", None)
    if cards is None:
        cards = make_cards()
        _held.cards = cards
    return cards


def price_orders(
    model: SourcingModel,
    prices: Prices,
    orders: I32,
    *,
    work_limit: int,
    threads: int = 1,
    row_capacity: I64 | None = None,
    closing: Stop | None = None,
    stop: Stop | None = None,
) -> Priced:
    """Find the cheapest pattern of each order, by ``threads`` threads.

    Parameters
    ----------
    orders
        int32, any order any number of times; results stand in the same sequence.
    work_limit
        Counted work per order beyond the exact limits. Orders within them are solved exactly, but for those with more
        loads than fit or too many ways to meet in a row.
    closing
        How long those may be closed by branch and bound, at some hundredths of a second each; None: not at all.
    row_capacity
        What each row can still give, int64[num_rows]; by default all of it (P8).
    stop
        Looked at every so often; None: everyone is priced whatever the clock says.

    Returns
    -------
    Priced
        The same for any number of threads.

    Raises
    ------
    HaltedError
        When the run was over before everyone was priced.
    """
    capacity = model.row_capacity() if row_capacity is None else row_capacity
    packed(model)  # once, before the threads ask for it
    shards = [orders[at : at + SHARD].astype(np.int32) for at in range(0, max(1, len(orders)), SHARD)]

    def run(shard: I32) -> Priced:
        priced = _price_shard(model, prices, capacity, shard, work_limit, stop)
        return priced if closing is None else _close_open(model, prices, capacity, shard, priced, closing)

    if threads <= 1 or len(shards) == 1:
        return _join([run(shard) for shard in shards])
    with ThreadPoolExecutor(threads) as pool:
        return _join(list(pool.map(run, shards)))


def _join(parts: list[Priced]) -> Priced:
    if len(parts) == 1:
        return parts[0]
    return Priced(
        np.concatenate([part.value for part in parts]),
        np.concatenate([part.lower_bound for part in parts]),
        np.concatenate([part.exact for part in parts]),
        np.concatenate([part.work for part in parts]),
        concatenate([part.patterns for part in parts]),
    )


def _price_shard(
    model: SourcingModel, prices: Prices, capacity: I64, orders: I32, work_limit: int, stop: Stop | None
) -> Priced:
    if stop is not None:
        stop.check()
    status, bound, work, shipments = price_by_states(packed(model), prices, capacity, orders, workspace_of(model))
    patterns, rule = judge(model, _bare(orders, shipments), capacity)
    _refuse(orders, np.where(rule == RULE_ROWS, 0, rule))
    value = priced_cost(patterns, prices)
    broken = (rule == RULE_ROWS) | (value > bound + np.abs(bound) * 1e-11 + 1e-3)
    status[(status == DONE) & broken] = COUPLED
    exact = status == DONE
    for rest, finish in ((COUPLED, _settle), (TOO_LARGE, _price_large)):
        where = np.flatnonzero(status == rest)
        if len(where):
            bound[where], exact[where], spent, finished = finish(
                model, prices, capacity, orders[where], bound[where], work_limit, stop
            )
            work[where] += spent
            patterns, value[where] = _replace(patterns, where, finished), priced_cost(finished, prices)
    where = np.flatnonzero((status == COUPLED) & ~exact)
    if len(where):
        # A search that was cut short may have found nothing at all.
        bound[where], _, spent, finished = _price_large(
            model, prices, capacity, orders[where], bound[where], work_limit, stop
        )
        work[where] += spent
        paid = priced_cost(finished, prices)
        better = paid < value[where]
        patterns = _replace(patterns, where[better], take(finished, np.flatnonzero(better)))
        value[where] = np.minimum(value[where], paid)
        exact[where] = value[where] <= bound[where] * (1.0 + _PROVEN) + 1e-3
    bound = np.where(exact, np.minimum(bound, value), bound)
    return Priced(value, bound * (1.0 - ROUNDING), exact, work, patterns)


def _refuse(orders: I32, rule: I64) -> None:
    """Raise where a kernel gave an order a pattern that breaks a rule: an internal error."""
    if rule.any():
        at = int(np.flatnonzero(rule)[0])
        raise RuntimeError(f"pricing gave order {int(orders[at])} a pattern that breaks P{int(rule[at])}")


def _settle(
    model: SourcingModel,
    prices: Prices,
    capacity: I64,
    orders: I32,
    bound: F64,
    work_limit: int,
    stop: Stop | None,
) -> tuple[F64, Flags, I64, Patterns]:
    """Orders whose relaxed minimum breaks a row: (bound, exact, work, patterns)."""
    count, tray = len(orders), make_tray(len(orders) + 64)
    raised, ended, spent = bound.copy(), np.zeros(count, np.int64), np.zeros(count, np.int64)
    limit, held = max(work_limit, _SEARCH_WORK), (workspace_of(model), cards_of(), tray)
    found: list[Patterns] = []
    for at in range(0, count, _LOOK_EVERY):
        if stop is not None:
            stop.check()
        own = slice(at, at + _LOOK_EVERY)
        settle(packed(model), prices, capacity, orders[own], raised[own], (ended[own], spent[own]), limit, *held)
        found.append(off_tray(orders[own], np.ones(len(orders[own]), np.int64), tray))
    patterns, rule = judge(model, concatenate(found), capacity)
    _refuse(orders, rule)
    return raised, ended == FOUND_ALL, spent, patterns


def _price_large(
    model: SourcingModel,
    prices: Prices,
    capacity: I64,
    orders: I32,
    bound: F64,
    work_limit: int,
    stop: Stop | None,
) -> tuple[F64, Flags, I64, Patterns]:
    """Orders beyond the workspace: (bound, exact, work, patterns)."""
    lower_bound, exact, spent, columns = price_large(model, prices, capacity, orders, work_limit, stop)
    patterns, rule = judge(model, _bare(orders, columns), capacity)
    _refuse(orders, rule)
    return np.maximum(bound, lower_bound), exact, spent, patterns


def _close_open(
    model: SourcingModel, prices: Prices, capacity: I64, orders: I32, priced: Priced, closing: Stop
) -> Priced:
    """Close the orders within the exact limits that are not proven yet, up to rounding; the bound stays a bound."""
    if priced.exact.all():
        return priced
    # Imported where it is needed: few batches have such orders, and the solver takes long to load.
    from solvers.pricing_closing import allowance, close, is_small

    value, bound, exact, patterns = priced.value.copy(), priced.lower_bound.copy(), priced.exact.copy(), priced.patterns
    for at in np.flatnonzero(~exact).tolist():
        order = int(orders[at])
        if not is_small(model, order):
            continue
        if closing.reason is not None:
            break
        closed = close(model, prices, capacity, order, closing)
        bound[at] = max(bound[at], closed.bound)
        if closed.shipments is not None:
            found, rule = judge(model, _bare(orders[at : at + 1], closed.shipments), capacity)
            paid = priced_cost(found, prices)[0]
            if not rule.any() and paid < value[at]:
                patterns, value[at] = _replace(patterns, np.array([at]), found), paid
        bound[at] = min(bound[at], value[at] * (1.0 - ROUNDING))
        exact[at] = value[at] - bound[at] <= allowance(model, prices, take(patterns, np.array([at])))
    closing.was_cut = closing.was_cut or closing.reason is not None
    return Priced(value, bound, exact, priced.work, patterns)


def _bare(orders: I32, shipments: tuple[I64, I32, I32, I64, I32, Flags, I64]) -> Patterns:
    """Shipments as patterns, without costs and draws."""
    zeros, no_draws = np.zeros(len(orders), np.int64), np.zeros(len(orders) + 1, np.int64)
    return Patterns(orders, zeros, zeros, *shipments, no_draws, np.zeros(0, np.int32), np.zeros(0, np.int64))


def _replace(patterns: Patterns, where: I64, by: Patterns) -> Patterns:
    """The same patterns but for those at ``where``."""
    source = np.arange(patterns.num_patterns)
    source[where] = patterns.num_patterns + np.arange(len(where))
    return take(concatenate([patterns, by]), source)


@kernel
def settle(
    model: Packed,
    prices: Prices,
    capacity: I64,
    orders: I32,
    bound: F64,
    outcome: tuple[I64, I64],
    most_work: int,
    work: Workspace,
    cards: Cards,
    tray: Tray,
) -> None:
    """Find the best pattern of orders whose relaxed minimum ``bound`` breaks a row: search under a rising ceiling.

    Raises ``bound`` to the minimum, or to the ceiling that the last whole search proved; ``outcome`` gets how each
    order's search ended and its counted work. Leaves one pattern of each on the tray.
    """
    for k in range(3):
        tray.counts[k] = 0
    for k in range(len(orders)):
        start = (wide(tray.counts[0]), wide(tray.counts[1]), wide(tray.counts[2]))
        slack = 1.0 + 0.001 * abs(bound[k])
        floor = bound[k]
        while True:
            tray.counts[0], tray.counts[1], tray.counts[2] = start
            limits = (wide(1), most_work, wide(1))
            status = search_order(model, prices, capacity, wide(orders[k]), floor + slack, limits, work, cards, tray)
            outcome[1][k] += work.spent[0]
            if tray.counts[0] > start[0] or status != FOUND_ALL:
                break
            bound[k] = floor + slack
            slack *= 4.0
        outcome[0][k] = status
        if status == FOUND_ALL:
            bound[k] = tray.value[start[0]]
        if tray.counts[0] == start[0]:
            # The frames are empty: the pattern that serves nothing.
            lay_pattern(0.0, wide(0), cards, tray)


@kernel
def price_by_states(
    model: Packed, prices: Prices, capacity: I64, orders: I32, work: Workspace
) -> tuple[I64, F64, I64, Shipments]:
    """Run the dynamic program for each order; returns (status, relaxed minimum, work, shipments).

    Orders that are not ``DONE`` come back without shipments.
    """
    count = len(orders)
    status, bound, spent = np.zeros(count, np.int64), np.zeros(count, np.float64), np.zeros(count, np.int64)
    ship_ptr, load_ptr = np.zeros(count + 1, np.int64), np.zeros(2 * count + 1, np.int64)
    ship_cand, ship_trip = np.zeros(2 * count, np.int32), np.zeros(2 * count, np.int32)
    load_source, load_quantity = np.zeros(4 * count, np.int32), np.zeros(4 * count, np.int64)
    load_safety = np.zeros(4 * count, np.bool_)
    own_source = np.zeros(_MOST_PIECES, np.int32)
    own_safety, own_quantity = np.zeros(_MOST_PIECES, np.bool_), np.zeros(_MOST_PIECES, np.int64)
    ships, pieces = wide(0), wide(0)
    for k in range(count):
        work.spent[0] = 0
        order = wide(orders[k])
        status[k], digits, bound[k], made = price_order(model, prices, capacity, order, work)
        if status[k] == DONE and not write_loads(
            model, prices, capacity, digits, made, work, own_source, own_safety, own_quantity
        ):
            status[k] = COUPLED
        made = made if status[k] == DONE else 0
        spent[k] = work.spent[0]
        loaded = work.chosen[made - 1].end if made > 0 else 0
        if ships + made > len(ship_cand):
            ship_cand, ship_trip = _grow(ship_cand, made), _grow(ship_trip, made)
            load_ptr = _grow(load_ptr, len(ship_cand))
        if pieces + loaded > len(load_source):
            load_source, load_safety = _grow(load_source, loaded), _grow(load_safety, loaded)
            load_quantity = _grow(load_quantity, loaded)
        for s in range(made):
            ship_cand[ships], ship_trip[ships] = work.chosen[s].candidate, work.chosen[s].trip
            ships += 1
            load_ptr[ships] = pieces + work.chosen[s].end
        for i in range(loaded):
            load_source[pieces + i], load_safety[pieces + i] = own_source[i], own_safety[i]
            load_quantity[pieces + i] = own_quantity[i]
        pieces += loaded
        ship_ptr[k + 1] = ships
    made_ships = Shipments(
        ship_ptr,
        ship_cand[:ships].copy(),
        ship_trip[:ships].copy(),
        load_ptr[: ships + 1].copy(),
        load_source[:pieces].copy(),
        load_safety[:pieces].copy(),
        load_quantity[:pieces].copy(),
    )
    return status, bound, spent, made_ships


@kernel
def _grow(array: Any, more: int) -> Any:
    """A copy with room for at least ``more`` further entries."""
    longer = np.empty(2 * len(array) + more + 1, array.dtype)
    for i in range(len(array)):
        longer[i] = array[i]
    return longer
