"""Every pattern of an order within a threshold of its priced minimum: the columns that a better plan could use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.jit import kernel
from solvers.judging import judge
from solvers.model import F64, I32, I64, Flags, Patterns, Prices, SourcingModel
from solvers.packed import Packed, packed, wide
from solvers.patterns import concatenate, take
from solvers.pricing import cards_of, price_orders, workspace_of
from solvers.pricing_cards import Cards
from solvers.pricing_search import CUT, FOUND_ALL, NO_ROOM, Tray, make_tray, off_tray, search_order
from solvers.pricing_space import Workspace
from solvers.stop import Stop

Bits = npt.NDArray[np.uint64]

SHARD = 256
"""Orders handed to a thread at a time, whatever the number of threads."""

_TRAY = 1 << 12
_SLACK = 1e-11
_HALVINGS = 6


class Near(NamedTuple):
    """``complete[k]``: the patterns hold all of ``orders[k]`` within its threshold, but the beaten.

    One that another one equals in draws and fill, and that is no cheaper, is beaten. Patterns stand by order as given,
    cheapest first.
    """

    patterns: Patterns
    complete: Flags


def enumerate_near(
    model: SourcingModel,
    prices: Prices,
    orders: I32,
    thresholds: F64,
    *,
    max_patterns: int,
    work_limit: int,
    threads: int = 1,
    stop: Stop | None = None,
) -> Near:
    """List the patterns of each order that pay at most its minimum plus its threshold.

    Parameters
    ----------
    orders
        int32, each at most once.
    thresholds
        Weighted micros, float64[len(orders)].
    max_patterns, work_limit
        Per order. One that needs more gets all patterns within a smaller threshold where those are few enough, the
        best one always, and ``complete`` False.
    stop
        Looked at every so often, where given.

    Raises
    ------
    HaltedError
        When the run was over before all was listed.
    """
    priced = price_orders(model, prices, orders, work_limit=work_limit, threads=threads, stop=stop)
    ceilings = priced.value + thresholds
    ceilings += np.abs(ceilings) * _SLACK
    shards = [np.arange(at, min(at + SHARD, len(orders))) for at in range(0, max(1, len(orders)), SHARD)]
    capacity, records = model.row_capacity(), packed(model)

    def run(shard: I64) -> Near:
        if stop is not None:
            stop.check()
        own = (orders[shard].astype(np.int32), ceilings[shard], priced.value[shard], priced.exact[shard])
        best = take(priced.patterns, shard)
        return _enumerate_shard(model, records, prices, capacity, own, best, (max_patterns, work_limit))

    if threads <= 1 or len(shards) == 1:
        parts = [run(shard) for shard in shards]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, shards))
    return Near(concatenate([part.patterns for part in parts]), np.concatenate([part.complete for part in parts]))


def _enumerate_shard(
    model: SourcingModel,
    records: Packed,
    prices: Prices,
    capacity: I64,
    own: tuple[I32, F64, F64, Flags],
    best: Patterns,
    limits: tuple[int, int],
) -> Near:
    orders, ceilings, least, exact = own
    complete, owner = np.zeros(len(orders), np.bool_), np.zeros(len(orders) + 1, np.int64)
    tray, size, at = make_tray(_TRAY), _TRAY, 0
    parts: list[Patterns] = []
    while at < len(orders):
        stopped = _fill_tray(
            records,
            prices,
            capacity,
            orders,
            ceilings,
            least,
            (at, *limits),
            workspace_of(model),
            cards_of(),
            tray,
            complete,
            owner,
        )
        if stopped == at:
            size *= 4
            tray = make_tray(size)
            continue
        parts.append(off_tray(orders[at:stopped], owner[at:stopped], tray))
        at = stopped
    complete &= exact
    found, rule = judge(model, concatenate([best, *parts]), capacity)
    if rule.any():
        raise RuntimeError(
            f"the search gave order {int(found.order[np.argmax(rule)])} a pattern that breaks P{int(rule.max())}"
        )
    return Near(_undominated(found, orders), complete)


@kernel
def _fill_tray(
    model: Packed,
    prices: Prices,
    capacity: I64,
    orders: I32,
    ceilings: F64,
    least: F64,
    limits: tuple[int, int, int],
    work: Workspace,
    cards: Cards,
    tray: Tray,
    complete: Flags,
    owner: I64,
) -> int:
    """Search orders from ``limits[0]`` on until the tray is full; returns the first order not searched.

    An order with too much within its threshold gets what is within a half, a quarter, ... of it.
    """
    for k in range(3):
        tray.counts[k] = 0
    for k in range(limits[0], len(orders)):
        start = (tray.counts[0], tray.counts[1], tray.counts[2])
        ceiling, ended = ceilings[k], wide(CUT)
        for trial in range(_HALVINGS):
            tray.counts[0], tray.counts[1], tray.counts[2] = start
            ended = search_order(
                model, prices, capacity, wide(orders[k]), ceiling, (limits[1], limits[2], wide(0)), work, cards, tray
            )
            if ended != CUT:
                complete[k] = trial == 0 and ended == FOUND_ALL
                break
            ceiling = least[k] + (ceiling - least[k]) / 2
        if ended == NO_ROOM:
            tray.counts[0], tray.counts[1], tray.counts[2] = start
            return k
        if ended == CUT:
            tray.counts[0], tray.counts[1], tray.counts[2] = start
        owner[k] = tray.counts[0] - start[0]
    return len(orders)


def _undominated(patterns: Patterns, orders: I32) -> Patterns:
    """Of patterns with the same order, fill and draws only the cheapest; by order as given, then cost."""
    count = patterns.num_patterns
    rank = np.empty(int(orders.max(initial=0)) + 1, np.int64)
    rank[orders] = np.arange(len(orders))
    place = rank[patterns.order]
    signature = np.zeros(count, np.uint64)
    _hash_draws(patterns, signature)
    by = np.lexsort((np.arange(count), patterns.cost, patterns.fill, signature, place))
    same = np.zeros(count, np.bool_)
    for column in (place, signature, patterns.fill):
        same[1:] |= column[by[1:]] != column[by[:-1]]
    if count:
        same[0] = True
    kept = by[same]
    return take(patterns, kept[np.lexsort((kept, patterns.cost[kept], place[kept]))])


@kernel
def _hash_draws(patterns: Patterns, total: Bits) -> None:
    """64 bits that tell the draws of two patterns apart."""
    for k in range(len(patterns.order)):
        mixed = np.uint64(0x9E3779B97F4A7C15)
        for i in range(patterns.draw_ptr[k], patterns.draw_ptr[k + 1]):
            for word in (np.uint64(patterns.draw_row[i]), np.uint64(patterns.draw[i])):
                # The finaliser of splitmix64 (Steele, Lea & Flood 2014, doi:10.1145/2660193.2660195).
                mixed = (mixed ^ word) * np.uint64(0xBF58476D1CE4E5B9)
                mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                mixed = mixed ^ (mixed >> np.uint64(31))
        total[k] = mixed
