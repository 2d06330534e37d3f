"""Patterns as columns: joining and choosing them, and what each pays at given prices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from solvers.jit import kernel
from solvers.model import F64, I64, Patterns, Prices


def concatenate(parts: Sequence[Patterns]) -> Patterns:
    """Join patterns end to end, in the order given. At least one part is needed (it may hold no pattern)."""

    def joined(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts])

    return Patterns(
        order=joined("order"),
        cost=joined("cost"),
        fill=joined("fill"),
        ship_ptr=_join_ptr([part.ship_ptr for part in parts]),
        ship_cand=joined("ship_cand"),
        ship_trip=joined("ship_trip"),
        load_ptr=_join_ptr([part.load_ptr for part in parts]),
        load_source=joined("load_source"),
        load_safety=joined("load_safety"),
        load_quantity=joined("load_quantity"),
        draw_ptr=_join_ptr([part.draw_ptr for part in parts]),
        draw_row=joined("draw_row"),
        draw=joined("draw"),
    )


def _join_ptr(parts: list[I64]) -> I64:
    return np.concatenate([[0], *[np.diff(part) for part in parts]]).cumsum().astype(np.int64)


def take(patterns: Patterns, which: npt.NDArray[Any]) -> Patterns:
    """The patterns at the given indices (or under the given mask), in that order; an index may repeat."""
    chosen = np.flatnonzero(which) if which.dtype == np.bool_ else which
    ship_ptr, ship = _slices(patterns.ship_ptr, chosen)
    load_ptr, load = _slices(patterns.load_ptr, ship)
    draw_ptr, draw = _slices(patterns.draw_ptr, chosen)
    return Patterns(
        order=patterns.order[chosen],
        cost=patterns.cost[chosen],
        fill=patterns.fill[chosen],
        ship_ptr=ship_ptr,
        ship_cand=patterns.ship_cand[ship],
        ship_trip=patterns.ship_trip[ship],
        load_ptr=load_ptr,
        load_source=patterns.load_source[load],
        load_safety=patterns.load_safety[load],
        load_quantity=patterns.load_quantity[load],
        draw_ptr=draw_ptr,
        draw_row=patterns.draw_row[draw],
        draw=patterns.draw[draw],
    )


def _slices(ptr: I64, chosen: npt.NDArray[Any]) -> tuple[I64, I64]:
    """The new pointers, and the indices of the chosen slices' entries."""
    length = np.diff(ptr)[chosen]
    new_ptr = np.concatenate([[0], np.cumsum(length)]).astype(np.int64)
    entry = np.arange(new_ptr[-1], dtype=np.int64) + np.repeat(ptr[:-1][chosen] - new_ptr[:-1], length)
    return new_ptr, entry


def priced_cost(patterns: Patterns, prices: Prices) -> F64:
    """What each pattern pays at given prices: own cost, draws, activations and fill, float64[num_patterns]."""
    value = patterns.cost + patterns.fill * prices.fill
    _add_prices(patterns, prices, value)
    return value


@kernel
def _add_prices(patterns: Patterns, prices: Prices, value: F64) -> None:
    for k in range(len(patterns.order)):
        for i in range(patterns.draw_ptr[k], patterns.draw_ptr[k + 1]):
            value[k] += patterns.draw[i] * prices.row[patterns.draw_row[i]]
        for s in range(patterns.ship_ptr[k], patterns.ship_ptr[k + 1]):
            again = False
            for other in range(patterns.ship_ptr[k], s):
                again = again or patterns.ship_cand[other] == patterns.ship_cand[s]
            if not again:
                value[k] += prices.activation[patterns.ship_cand[s]]
