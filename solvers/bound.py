"""The lower bound that any prices give: order minima plus the responses of rows and nodes.

Lagrangian relaxation of C2-C5 (Geoffrion 1974, doi:10.1007/BFb0120690). Floats steer; ``exact_bound`` is what
may be claimed.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from solvers.model import F64, I64, Flags, Patterns, Prices, SourcingModel

Integers: TypeAlias = npt.NDArray[Any]
"""int64, or object holding Python integers where 64 bits may not do."""


class MeasurePrices(NamedTuple):
    """Prices as a certificate states them: integer micros per whole measure of a row, per use, per weighted unit."""

    row: I64
    activation: I64
    fill: int

    def steering(self, model: SourcingModel) -> Prices:
        """The same prices as kernels take them: floats per base unit."""
        return Prices(self.row / model.rows.scale, self.activation.astype(np.float64), self.fill / 1_000_000)


def to_measure(model: SourcingModel, prices: Prices, *, signed: bool = False) -> MeasurePrices:
    """Round to what a certificate can state; rows whose price rounds to nothing drop out.

    ``signed``: keep prices below 0, which only a leaf of a branching tree may have.
    """
    least = -np.inf if signed else 0.0
    return MeasurePrices(
        np.rint(np.maximum(prices.row, least) * model.rows.scale).astype(np.int64),
        np.rint(np.maximum(prices.activation, least)).astype(np.int64),
        round(max(prices.fill, 0.0) * 1_000_000),
    )


def responses(model: SourcingModel, row_price: F64) -> F64:
    """What each row answers to its price (section 9) in weighted micros, float64[num_rows], never positive."""
    rows = model.rows
    income = row_price * rows.limit
    loads = rows.open_max * np.minimum(0.0, rows.open_cost - income)
    overtime = np.maximum(0.0, row_price - rows.overtime_cost / rows.scale) * rows.overtime_limit
    return np.asarray(loads - overtime, np.float64)


def lagrangian(model: SourcingModel, prices: Prices, order_minima: float, fill_limit: int | None = None) -> float:
    """The bound in weighted micros, as a float, given the sum of the orders' minima."""
    answer = responses(model, prices.row)
    on_node = model.rows.node >= 0
    num_nodes = len(model.nodes.activation_cost)
    of_node = np.bincount(model.rows.node[on_node], weights=answer[on_node], minlength=num_nodes)
    # Not in place: of nothing at all, bincount makes whole numbers.
    of_node = of_node - np.bincount(model.candidates.node, weights=prices.activation, minlength=num_nodes)
    cost = model.nodes.activation_cost
    of_node = np.where(cost > 0, np.minimum(0.0, cost + of_node), of_node)
    total = order_minima + float(of_node.sum()) + float(answer[~on_node].sum())
    return total - prices.fill * fill_limit if fill_limit is not None else total


class Minima(NamedTuple):
    """What each order pays at least, exactly: ``floor + rest / scale`` micros, 0 <= ``rest`` < ``scale``."""

    floor: Integers
    rest: Integers
    scale: int

    @property
    def total(self) -> Fraction:
        """The sum over the orders."""
        return _sum(self.floor) + Fraction(_sum(self.rest), self.scale)


def priced_micros(model: SourcingModel, patterns: Patterns, prices: MeasurePrices) -> Minima:
    """What each pattern pays at stated prices, exactly; columnar, as every order of a batch passes through here.

    A price per measure times a draw in base units is split into whole micros and a rest below one, so that 64 bits
    hold both whenever they hold what is paid; where they would not, the same steps run on Python's integers.
    """
    row, fill = patterns.draw_row, np.full(patterns.num_patterns, prices.fill, np.int64)
    scales = np.unique(model.rows.scale[prices.row != 0]).tolist()
    common = lcm(*scales, 1_000_000 if prices.fill else 1)
    pays = patterns.draw * np.abs(prices.row[row].astype(np.float64)) / model.rows.scale[row]
    largest = float(patterns.cost.max(initial=0)) + float(_by_pattern(patterns.draw_ptr, pays).max(initial=0.0))
    largest += float((patterns.fill * (prices.fill / 1e6)).max(initial=0.0)) + float(np.abs(prices.activation).sum())
    kind: Any = np.int64 if largest < 2.0**61 and common < 2**31 else object
    draw_floor, draw_rest = _split(prices.row[row], patterns.draw, model.rows.scale[row], common, kind)
    fill_floor, fill_rest = _split(fill, patterns.fill, np.full_like(fill, 1_000_000), common, kind)
    rest = fill_rest + _by_pattern(patterns.draw_ptr, draw_rest)
    floor = patterns.cost.astype(kind) + fill_floor + _by_pattern(patterns.draw_ptr, draw_floor)
    if prices.activation.any():
        floor = floor + _activations(patterns, prices.activation, kind)
    return Minima(floor + rest // common, rest % common, common)


def _split(price: I64, amount: I64, scale: I64, common: int, kind: Any) -> tuple[Integers, Integers]:
    """``price * amount / scale`` as whole micros and a rest in ``1/common``, each product below what is paid."""
    price, amount, scale = (np.asarray(column, kind) for column in (price, amount, scale))
    units, part = amount // scale, amount % scale
    left = price % scale * part
    priced = price != 0
    # An unpriced row's scale need not divide the common one; its parts are 0.
    rest = np.where(priced, left % scale * (common // np.where(priced, scale, 1)), 0)
    return price * units + price // scale * part + left // scale, rest


def _by_pattern(ptr: I64, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Sums of the values of each pattern; a running sum may wrap, its differences do not."""
    before = np.concatenate([np.zeros(1, values.dtype), np.cumsum(values)])
    return np.asarray(before[ptr[1:]] - before[ptr[:-1]])


def _activations(patterns: Patterns, price: I64, kind: Any) -> Integers:
    """What each pattern pays for the nodes it ships from, each once."""
    pattern = np.repeat(np.arange(patterns.num_patterns, dtype=np.int64), np.diff(patterns.ship_ptr))
    pays = price[patterns.ship_cand] != 0
    keys = np.unique(pattern[pays] * len(price) + patterns.ship_cand[pays])
    paid: Integers = np.zeros(patterns.num_patterns, kind)
    np.add.at(paid, keys // len(price), price[keys % len(price)].astype(kind))
    return paid


def _sum(values: Integers) -> int:
    """The sum as a Python integer, whatever its size."""
    if values.dtype == object:
        return sum(values.tolist())
    high, low = values >> 32, values & 0xFFFFFFFF
    return (int(high.sum()) << 32) + int(low.sum())


def exact_minima(
    model: SourcingModel, patterns: Patterns, prices: MeasurePrices, lower_bound: npt.NDArray[np.float64], exact: Flags
) -> Minima:
    """Each order's least payment: its best pattern's where proven, else the kernel's bound less its float error.

    Where a pattern is proven up to rounding only, the bound lies below it, and stands.
    """
    paid = priced_micros(model, patterns, prices)
    # Nothing pays less than nothing, so a bound beyond 62 bits is none the worse for being cut there.
    bound = np.clip(np.floor(lower_bound - 1.0 - np.abs(lower_bound) * 2.0**-40), -(2.0**62), 2.0**62).astype(np.int64)
    below = lower_bound < paid.floor.astype(np.float64) * (1.0 - 1e-10) - 1.0
    relaxed = (~exact | below) & (bound <= paid.floor)
    return paid._replace(floor=np.where(relaxed, bound, paid.floor), rest=np.where(relaxed, 0, paid.rest))


def exact_bound(
    model: SourcingModel, prices: MeasurePrices, order_minima: Fraction, fill_limit: int | None = None
) -> int:
    """L of section 9 in exact arithmetic, rounded down to a micro."""
    rows, num_nodes = model.rows, len(model.nodes.activation_cost)
    priced = prices.row > 0
    plain = priced & (rows.scale == 1) & (rows.open_cost == 0) & (rows.open_max == 1) & (rows.overtime_limit == 0)
    *answers, without_node = _plain_answers(model, prices, np.flatnonzero(plain))
    of_node: list[int | Fraction] = list(answers)
    total = order_minima + without_node
    for r in np.flatnonzero(priced & ~plain).tolist():
        price = Fraction(int(prices.row[r]), int(rows.scale[r]))
        answer = int(rows.open_max[r]) * min(Fraction(0), int(rows.open_cost[r]) - price * int(rows.limit[r]))
        overtime = price - Fraction(int(rows.overtime_cost[r]), int(rows.scale[r]))
        answer -= max(Fraction(0), overtime) * int(rows.overtime_limit[r])
        if rows.node[r] < 0:
            total += answer
        else:
            of_node[int(rows.node[r])] += answer
    charged = np.flatnonzero(prices.activation)
    shared = _sums_by(model.candidates.node[charged], prices.activation[charged], num_nodes)
    for answered, paid, cost in zip(of_node, shared, model.nodes.activation_cost.tolist(), strict=True):
        if not answered and not paid:
            continue  # as most nodes, and fractions take their time
        total += min(Fraction(0), cost + answered - paid) if cost > 0 else answered - paid
    if fill_limit is not None:
        total -= Fraction(prices.fill * fill_limit, 1_000_000)
    return int(total // 1)


def _plain_answers(model: SourcingModel, prices: MeasurePrices, plain: I64) -> list[int]:
    """What rows answer that are a price and a limit alone (all stock): by node, those without node last."""
    rows, num_nodes = model.rows, len(model.nodes.activation_cost)
    price, limit = prices.row[plain], rows.limit[plain]
    wide = len(plain) and float((price.astype(np.float64) * limit).max()) >= 2.0**62
    income = price.astype(object) * limit if wide else price * limit
    node = np.where(rows.node[plain] < 0, num_nodes, rows.node[plain])
    return [-answer for answer in _sums_by(node, income, num_nodes + 1)]


def _sums_by(idx: npt.NDArray[Any], values: Integers, size: int) -> list[int]:
    """Sums of the values with each index, whatever their size."""
    if values.dtype == object:
        sums: Integers = np.zeros(size, object)
        np.add.at(sums, idx, values)
        return [int(value) for value in sums]
    high, low = np.zeros(size, np.int64), np.zeros(size, np.int64)
    np.add.at(high, idx, values >> 32)
    np.add.at(low, idx, values & 0xFFFFFFFF)
    return [(above << 32) + below for above, below in zip(high.tolist(), low.tolist(), strict=True)]
