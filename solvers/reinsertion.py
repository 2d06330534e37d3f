"""Better plans for few large orders: take some that want the same stock out of the plan, put them back one by one.

Large neighbourhood search (Shaw 1998, doi:10.1007/3-540-49481-2_30) with the pricing kernel as its repair: an order
comes back as the cheapest pattern that what is left allows, at a share of the row prices, so that it leaves alone what
others need more. Orders that pay far above their priced minimum are taken out most often.
"""

from __future__ import annotations

import numpy as np

from solvers.compact_arcs import pointers, ragged
from solvers.incumbent import Incumbent, usage_of
from solvers.model import F64, I64, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import price_orders
from solvers.stop import Stop

_FEWEST, _MOST = 2, 8
"""Orders taken out at a time."""

_SHARES = (0.0, 0.3, 0.6, 1.0)
"""Shares of the row prices that a returning order pays, one drawn each time."""

_REPORT = 64
"""Turns between two offers to the incumbent."""


def fit(model: SourcingModel, patterns: Patterns, prices: Prices, work_limit: int, stop: Stop) -> Patterns:
    """A plan that holds every row: patterns stay where they fit, those that do not are chosen anew from what is left.

    Parameters
    ----------
    patterns
        One per order, by order: of those that do not fit together the first stay.

    Raises
    ------
    HaltedError
        When the run was over before every order had its pattern.
    """
    residual = model.row_capacity()
    parts: list[Patterns | None] = [None] * patterns.num_patterns
    for k in range(patterns.num_patterns):
        stop.check()
        draws = slice(patterns.draw_ptr[k], patterns.draw_ptr[k + 1])
        row, drawn = patterns.draw_row[draws], patterns.draw[draws]
        if patterns.ship_ptr[k + 1] > patterns.ship_ptr[k] and np.all(drawn <= residual[row]):
            residual[row] -= drawn
            parts[k] = take(patterns, np.array([k]))
    for k, part in enumerate(parts):
        if part is None:
            stop.check()
            parts[k] = fresh = _insert(model, int(patterns.order[k]), prices, residual, work_limit)
            residual[fresh.draw_row] -= fresh.draw
    return concatenate([part for part in parts if part is not None])


class _Related:
    """Which orders want the same positions; positions without a price count little."""

    def __init__(self, model: SourcingModel, prices: Prices) -> None:
        order = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))[model.sources.line]
        key = np.unique(order * np.int64(model.num_positions) + model.sources.position)
        self._order, self._position = np.divmod(key, np.int64(max(1, model.num_positions)))
        self._of_order = pointers(self._order, model.num_orders)
        self._by_position = self._order[np.argsort(self._position, kind="stable")]
        self._of_position = pointers(self._position, model.num_positions)
        self._weight = 0.05 + (prices.row[: model.num_positions] > 0)
        self._size = np.sqrt(np.maximum(1, np.diff(self._of_order)))

    def to(self, order: int) -> F64:
        """How much every order has to do with one, float64[num_orders]."""
        position = self._position[self._of_order[order] : self._of_order[order + 1]]
        entry, at = ragged(self._of_position[position], self._of_position[position + 1])
        weight = self._weight[position[entry]]
        return np.bincount(self._by_position[at], weights=weight, minlength=len(self._size)) / self._size


def reinsert(
    model: SourcingModel,
    incumbent: Incumbent,
    prices: Prices,
    minima: F64,
    stop: Stop,
    *,
    turns: int,
    work_limit: int,
    seed: int,
) -> None:
    """Improve the incumbent until the turns are made or the run is stopped.

    Parameters
    ----------
    minima
        What each order pays at least at ``prices``, float64[num_orders].
    work_limit
        Counted work of putting back one order.
    """
    assert incumbent.patterns is not None
    rng = np.random.default_rng(seed)
    plan = [take(incumbent.patterns, np.array([k])) for k in range(model.num_orders)]
    paid = priced_cost(incumbent.patterns, prices)
    residual: I64 = model.row_capacity() - usage_of(model, incumbent.patterns)
    related = _Related(model, prices)
    floor = 1.0 + 0.1 * float(np.maximum(paid - minima, 0.0).mean())
    moved = False
    for turn in range(turns):
        excess = np.maximum(paid - minima, 0.0) + floor
        out = _draw(related, excess, rng)
        for k in out.tolist():
            residual[plan[k].draw_row] += plan[k].draw
        share = float(rng.choice(_SHARES))
        charged = prices._replace(row=prices.row * share)
        back: list[Patterns] = []
        for k in out.tolist():
            fresh = _insert(model, k, charged, residual, work_limit)
            residual[fresh.draw_row] -= fresh.draw
            back.append(fresh)
        stop.spend(len(out))
        if sum(int(part.cost[0]) for part in back) < sum(int(plan[k].cost[0]) for k in out.tolist()):
            moved = True
            for k, part in zip(out.tolist(), back, strict=True):
                plan[k], paid[k] = part, priced_cost(part, prices)[0]
        else:
            for part in back:
                residual[part.draw_row] += part.draw
            for k in out.tolist():
                residual[plan[k].draw_row] -= plan[k].draw
        ends = stop.reason is not None or turn == turns - 1
        if moved and (ends or turn % _REPORT == 0):
            incumbent.offer(concatenate(plan))
            moved = False
        if ends:
            return


def _draw(related: _Related, excess: F64, rng: np.random.Generator) -> I64:
    """Some related orders in random sequence: the first by its excess, the others by relation and excess."""
    first = int(rng.choice(len(excess), p=excess / excess.sum()))
    score = related.to(first) * np.sqrt(excess / excess.max()) * rng.random(len(excess))
    score[first] = np.inf
    count = min(len(excess), int(rng.integers(_FEWEST, _MOST + 1)))
    return np.asarray(rng.permutation(np.argsort(-score, kind="stable")[:count]), np.int64)


def _insert(model: SourcingModel, order: int, prices: Prices, residual: I64, work_limit: int) -> Patterns:
    orders = np.array([order], np.int32)
    return price_orders(model, prices, orders, work_limit=work_limit, row_capacity=residual).patterns
