"""Pricing of orders beyond the exact limits: one good pattern each, and a bound that is proven.

An order of hundreds of lines, or of a quantity in the ten thousands, is never enumerated unit by unit: a branch and
bound opens nodes, fills every line from the cheapest opened stock and parts ranges of weight, within counted work.
It ends exact where bound and pattern meet, else with a valid relaxation.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from solvers.jit import kernel
from solvers.model import F64, I32, I64, Flags, Prices, SourcingModel
from solvers.packed import Packed, packed
from solvers.pricing_large_search import search
from solvers.pricing_large_space import Large, make_large, room_for

Columns = tuple[I64, I32, I32, I64, I32, Flags, I64]
"""Shipments of a run of orders: ``ship_ptr`` to ``load_quantity`` as in ``Patterns``."""


def price_large(
    model: SourcingModel, prices: Prices, capacity: I64, orders: I32, work_limit: int
) -> tuple[F64, Flags, I64, Columns]:
    """Price orders of any size.

    Parameters
    ----------
    capacity
        What each row can still give, int64[num_rows]; no pattern alone draws more (P8).
    orders
        int32, any order any number of times; results stand in the same sequence.
    work_limit
        Counted work per order (about the cells looked at); what its layout takes is always done.

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
    """
    priced = (prices.row, prices.activation, np.array([prices.fill]))
    whole = all(bool(np.all(values == np.rint(values))) for values in priced)
    count, wanted = len(orders), orders.astype(np.int64)
    work = make_large(model, room_for(model, wanted))
    most_ships, most_pieces = len(work.ships), len(work.pieces) // 2
    parts: list[tuple[_Tray, int, int]] = []
    done = 0
    while done < count or not parts:
        tray = _make_tray(count, 2 * count + most_ships, 16 * count + most_pieces)
        end = _price_run(packed(model), prices, capacity, wanted, done, whole, work_limit, work, tray)
        parts.append((tray, done, end))
        done = end
    return _join(parts)


class _Tray(NamedTuple):
    """Results of a run of orders, and room for more of their shipments and pieces."""

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


def _make_tray(orders: int, ships: int, pieces: int) -> _Tray:
    return _Tray(
        bound=np.zeros(orders),
        exact=np.zeros(orders, np.bool_),
        work=np.zeros(orders, np.int64),
        ship_ptr=np.zeros(orders + 1, np.int64),
        ship_cand=np.zeros(ships, np.int32),
        ship_trip=np.zeros(ships, np.int32),
        load_ptr=np.zeros(ships + 1, np.int64),
        load_source=np.zeros(pieces, np.int32),
        load_safety=np.zeros(pieces, np.bool_),
        load_quantity=np.zeros(pieces, np.int64),
    )


def _join(parts: list[tuple[_Tray, int, int]]) -> tuple[F64, Flags, I64, Columns]:
    """The trays of runs ``[start, end)`` as one."""
    ships = [int(tray.ship_ptr[end]) for tray, _, end in parts]
    pieces = [int(tray.load_ptr[n]) for (tray, _, _), n in zip(parts, ships, strict=True)]

    def results(name: str) -> Any:
        return np.concatenate([getattr(tray, name)[start:end] for tray, start, end in parts])

    def cut(name: str, lengths: list[int]) -> Any:
        return np.concatenate([getattr(part[0], name)[:n] for part, n in zip(parts, lengths, strict=True)])

    def pointers(lengths: list[I64]) -> I64:
        return np.concatenate([[0], *lengths]).cumsum().astype(np.int64)

    columns = (
        pointers([np.diff(tray.ship_ptr[start : end + 1]) for tray, start, end in parts]),
        cut("ship_cand", ships),
        cut("ship_trip", ships),
        pointers([np.diff(tray.load_ptr[: n + 1]) for (tray, _, _), n in zip(parts, ships, strict=True)]),
        cut("load_source", pieces),
        cut("load_safety", pieces),
        cut("load_quantity", pieces),
    )
    return results("bound"), results("exact"), results("work"), columns


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

    The tray holds at least the pattern of one order.
    """
    ships, loaded, state = 0, 0, work.state[0]
    half = len(work.pieces) // 2
    tray.ship_ptr[start] = 0
    for k in range(start, len(orders)):
        if k > start and (ships + len(work.ships) > len(tray.ship_cand) or loaded + half > len(tray.load_source)):
            return k
        value, bound = search(model, prices, capacity, orders[k], whole, limit, work)
        tray.bound[k], tray.work[k] = bound, state.spent
        tray.exact[k] = value <= bound + abs(bound) * 1e-9 + 1e-3
        for s in range(state.best_ships):
            before = loaded
            for at in range(half, half + state.best_pieces):
                piece = work.pieces[at]
                if piece.ship == s:
                    tray.load_source[loaded], tray.load_safety[loaded] = piece.source, piece.safety
                    tray.load_quantity[loaded] = piece.quantity
                    loaded += 1
            if loaded > before:
                col = work.cols[work.ships[s].best_col]
                tray.ship_cand[ships], tray.ship_trip[ships] = col.candidate, col.trip
                ships += 1
                tray.load_ptr[ships] = loaded
        tray.ship_ptr[k + 1] = ships
    return len(orders)
