"""Pricing of orders beyond the exact limits: one good pattern each, and a bound that is proven.

An order of hundreds of lines, or of a quantity in the ten thousands, is never enumerated unit by unit: a branch and
bound opens nodes, fills every line from the cheapest opened stock and parts ranges of weight, within counted work. It
ends exact where bound and pattern meet, else with a valid relaxation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import kernel, leaf
from solvers.model import F64, I32, I64, Flags, Prices, SourcingModel
from solvers.packed import Packed, packed, wide
from solvers.pricing_large_search import search
from solvers.pricing_large_space import Large, make_large, room_for
from solvers.stop import Stop

Columns = tuple[I64, I32, I32, I64, I32, Flags, I64]
"""Shipments of patterns as in ``Patterns``: ship_ptr, ship_cand, ship_trip, load_ptr, load_source, load_safety,
load_quantity."""

_MOST_PIECES = 1 << 22

_LOOK_EVERY = 1
"""Orders priced between two looks at the stop: one may take hundredths of a second."""


def price_large(
    model: SourcingModel, prices: Prices, capacity: I64, orders: I32, work_limit: int, stop: Stop | None = None
) -> tuple[F64, Flags, I64, Columns]:
    """Price orders of any size.

    Parameters
    ----------
    capacity
        What each row can still give, int64[num_rows]; no pattern alone draws more (P8).
    orders
        int32, any order any number of times; results stand in the same sequence.
    work_limit
        Counted work per order; laying it out and a first pattern are always done.

    Returns
    -------
    lower_bound
        float64[len(orders)]: no pattern of the order pays less.
    exact
        Whether the pattern is proven to pay no more than any other, up to 1e-9 of it.
    work
        int64[len(orders)], what was counted.
    columns
        One pattern per order, as shipments.

    Raises
    ------
    HaltedError
        When ``stop`` said so before the last order.
    """
    trays = _run(model, prices, capacity, orders, work_limit, stop)
    return (
        np.concatenate([tray.bound[tray.first : tray.last] for tray in trays]),
        np.concatenate([tray.exact[tray.first : tray.last] for tray in trays]),
        np.concatenate([tray.work[tray.first : tray.last] for tray in trays]),
        _join(trays),
    )


class _Tray(NamedTuple):
    """Results of orders ``first`` to ``last``: per order its bound and the shipments of one pattern.

    ``filled`` counts patterns, shipments and pieces.
    """

    first: int
    last: int
    filled: I64
    bound: F64
    exact: Flags
    work: I64
    ship_ptr: I64
    ship_cand: I32
    ship_trip: I32
    load_ptr: I64
    load_source: I32
    load_safety: Flags
    load_quantity: I64


def _run(
    model: SourcingModel, prices: Prices, capacity: I64, orders: I32, work_limit: int, stop: Stop | None
) -> list[_Tray]:
    """Search all orders, tray after tray."""
    priced = (prices.row, prices.activation, np.array([prices.fill]))
    whole = all(bool(np.all(values == np.rint(values))) for values in priced)
    count, wanted, records = len(orders), orders.astype(np.int64), packed(model)
    work = make_large(model, room_for(model, wanted))
    trays: list[_Tray] = []
    done = 0
    while done < count or not trays:
        tray = _make_tray(count, len(work.ships), len(work.pieces) // 2)
        end = done
        while True:
            if stop is not None:
                stop.check()
            begun, goal = end, min(count, end + _LOOK_EVERY)
            end = _price_run(records, prices, capacity, wanted[:goal], begun, whole, work_limit, work, tray)
            if end < goal or end == count:
                break
        trays.append(tray._replace(first=done, last=end))
        done = end
    return trays


def _make_tray(orders: int, ships: int, pieces: int) -> _Tray:
    """Room for ordinary patterns of all orders, and for the largest of one."""
    patterns = orders + 1
    room = min(16 * patterns, _MOST_PIECES) + pieces
    return _Tray(
        first=0,
        last=0,
        filled=np.zeros(3, np.int64),
        bound=np.zeros(orders),
        exact=np.zeros(orders, np.bool_),
        work=np.zeros(orders, np.int64),
        ship_ptr=np.zeros(patterns + 1, np.int64),
        ship_cand=np.zeros(4 * patterns + ships, np.int32),
        ship_trip=np.zeros(4 * patterns + ships, np.int32),
        load_ptr=np.zeros(4 * patterns + ships + 1, np.int64),
        load_source=np.zeros(room, np.int32),
        load_safety=np.zeros(room, np.bool_),
        load_quantity=np.zeros(room, np.int64),
    )


def _join(trays: list[_Tray]) -> Columns:
    """The shipments of all trays."""

    def cut(name: str, kind: int) -> Any:
        return np.concatenate([getattr(tray, name)[: tray.filled[kind]] for tray in trays])

    def pointers(name: str, kind: int) -> I64:
        lengths = [np.diff(getattr(tray, name)[: tray.filled[kind] + 1]) for tray in trays]
        return np.concatenate([[0], *lengths]).cumsum().astype(np.int64)

    return (
        pointers("ship_ptr", 0),
        cut("ship_cand", 1),
        cut("ship_trip", 1),
        pointers("load_ptr", 1),
        cut("load_source", 2),
        cut("load_safety", 2),
        cut("load_quantity", 2),
    )


@kernel
def _price_run(
    model: Packed,
    prices: Prices,
    capacity: I64,
    orders: I64,
    start: int,
    whole: bool,
    limit: int,
    work: Large,
    tray: _Tray,
) -> int:
    """Search orders from ``start`` on and lay their patterns on the tray until it is full; returns where it ended.

    An empty tray holds at least the pattern of one order.
    """
    state, half = work.state[0], len(work.pieces) // 2
    for k in range(start, len(orders)):
        if tray.filled[0] > 0 and not _has_room(work, tray):
            return k
        value, bound = search(model, prices, capacity, orders[k], whole, limit, work)
        tray.bound[k], tray.work[k] = bound, state.spent
        tray.exact[k] = value <= bound + abs(bound) * 1e-9 + 1e-3
        ships = wide(state.best_ships)
        for s in range(ships):
            work.ships[s].col = work.ships[s].best_col
        _lay(ships, half, half + state.best_pieces, work, tray)
    return len(orders)


@leaf
def _has_room(work: Large, tray: _Tray) -> bool:
    """Whether the tray has room for one pattern more."""
    return bool(
        tray.filled[0] + 1 < len(tray.ship_ptr)
        and tray.filled[1] + len(work.ships) <= len(tray.ship_cand)
        and 2 * tray.filled[2] + len(work.pieces) <= 2 * len(tray.load_source)
    )


@leaf
def _lay(ships: int, first: int, last: int, work: Large, tray: _Tray) -> None:
    """Lay a pattern on the tray: its pieces, shipment by shipment."""
    patterns, made, loaded = tray.filled[0], tray.filled[1], tray.filled[2]
    for s in range(ships):
        before = loaded
        for at in range(first, last):
            piece = work.pieces[at]
            if piece.ship == s:
                tray.load_source[loaded], tray.load_safety[loaded] = piece.source, piece.safety
                tray.load_quantity[loaded] = piece.quantity
                loaded += 1
        if loaded > before:
            col = work.cols[work.ships[s].col]
            tray.ship_cand[made], tray.ship_trip[made] = col.candidate, col.trip
            made += 1
            tray.load_ptr[made] = loaded
    tray.ship_ptr[patterns + 1] = made
    tray.filled[0], tray.filled[1], tray.filled[2] = patterns + 1, made, loaded
