"""The lower bound that any prices give: order minima plus the responses of rows and nodes.

Lagrangian relaxation of C2-C5 (Geoffrion 1974, doi:10.1007/BFb0120690). Floats steer; ``exact_bound`` is what
may be claimed.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.model import F64, I64, Flags, Patterns, Prices, SourcingModel


class MeasurePrices(NamedTuple):
    """Prices as a certificate states them: integer micros per whole measure of a row, per use, per weighted unit."""

    row: I64
    activation: I64
    fill: int

    def steering(self, model: SourcingModel) -> Prices:
        """The same prices as kernels take them: floats per base unit."""
        return Prices(self.row / model.rows.scale, self.activation.astype(np.float64), self.fill / 1_000_000)


def to_measure(model: SourcingModel, prices: Prices) -> MeasurePrices:
    """Round to what a certificate can state; rows whose price rounds to nothing drop out."""
    return MeasurePrices(
        np.rint(np.maximum(prices.row, 0.0) * model.rows.scale).astype(np.int64),
        np.rint(np.maximum(prices.activation, 0.0)).astype(np.int64),
        round(max(prices.fill, 0.0) * 1_000_000),
    )


def responses(model: SourcingModel, row_price: F64) -> F64:
    """What each row answers to its price (section 9), float64[num_rows], never positive."""
    rows = model.rows
    income = row_price * rows.limit
    loads = rows.open_max * np.minimum(0.0, rows.open_cost - income)
    overtime = np.maximum(0.0, row_price - rows.overtime_cost / rows.scale) * rows.overtime_limit
    return np.asarray(loads - overtime, np.float64)


def lagrangian(model: SourcingModel, prices: Prices, order_minima: float, fill_limit: int | None = None) -> float:
    """The bound in floats, given the sum of the orders' minima."""
    answer = responses(model, prices.row)
    on_node = model.rows.node >= 0
    num_nodes = len(model.nodes.activation_cost)
    of_node = np.bincount(model.rows.node[on_node], weights=answer[on_node], minlength=num_nodes)
    of_node -= np.bincount(model.candidates.node, weights=prices.activation, minlength=num_nodes)
    cost = model.nodes.activation_cost
    of_node = np.where(cost > 0, np.minimum(0.0, cost + of_node), of_node)
    total = order_minima + float(of_node.sum()) + float(answer[~on_node].sum())
    return total - prices.fill * fill_limit if fill_limit is not None else total


def priced_micros(model: SourcingModel, patterns: Patterns, prices: MeasurePrices) -> list[Fraction]:
    """What each pattern pays at stated prices, exactly."""
    row_price, scale = prices.row.tolist(), model.rows.scale.tolist()
    draw_ptr, draw_row, draw = patterns.draw_ptr.tolist(), patterns.draw_row.tolist(), patterns.draw.tolist()
    priced_nodes = bool(prices.activation.any())
    paid: list[Fraction] = []
    for k, (cost, fill) in enumerate(zip(patterns.cost.tolist(), patterns.fill.tolist(), strict=True)):
        whole, parts = cost, Fraction(fill * prices.fill, 1_000_000)
        for i in range(draw_ptr[k], draw_ptr[k + 1]):
            row = draw_row[i]
            if scale[row] == 1:
                whole += row_price[row] * draw[i]
            elif row_price[row]:
                parts += Fraction(row_price[row] * draw[i], scale[row])
        if priced_nodes:
            candidates = np.unique(patterns.ship_cand[patterns.ship_ptr[k] : patterns.ship_ptr[k + 1]])
            whole += int(prices.activation[candidates].sum())
        paid.append(whole + parts)
    return paid


def exact_minima(
    model: SourcingModel, patterns: Patterns, prices: MeasurePrices, lower_bound: npt.NDArray[np.float64], exact: Flags
) -> list[Fraction]:
    """Each order's least payment: its best pattern's where proven, else the kernel's bound less its float error."""
    paid = priced_micros(model, patterns, prices)
    minima: list[Fraction] = []
    for value, bound, proven in zip(paid, lower_bound.tolist(), exact.tolist(), strict=True):
        if not proven:
            value = min(value, Fraction(int(np.floor(bound - 1.0 - abs(bound) * 2.0**-40))))
        minima.append(value)
    return minima


def exact_bound(
    model: SourcingModel, prices: MeasurePrices, order_minima: Fraction, fill_limit: int | None = None
) -> int:
    """L of section 9 in exact arithmetic, rounded down to a micro."""
    rows = model.rows
    of_node: dict[int, Fraction] = {}
    total = order_minima
    for r in np.flatnonzero(prices.row).tolist():
        price = Fraction(int(prices.row[r]), int(rows.scale[r]))
        answer = int(rows.open_max[r]) * min(Fraction(0), int(rows.open_cost[r]) - price * int(rows.limit[r]))
        overtime = price - Fraction(int(rows.overtime_cost[r]), int(rows.scale[r]))
        answer -= max(Fraction(0), overtime) * int(rows.overtime_limit[r])
        node = int(rows.node[r])
        if node < 0:
            total += answer
        else:
            of_node[node] = of_node.get(node, Fraction(0)) + answer
    for c in np.flatnonzero(prices.activation).tolist():
        node = int(model.candidates.node[c])
        of_node[node] = of_node.get(node, Fraction(0)) - int(prices.activation[c])
    for node, answer in of_node.items():
        cost = int(model.nodes.activation_cost[node])
        total += min(Fraction(0), cost + answer) if cost > 0 else answer
    if fill_limit is not None:
        total -= Fraction(prices.fill * fill_limit, 1_000_000)
    return int(total // 1)
