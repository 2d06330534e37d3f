"""The bound in exact integers, against the same sums in fractions, order by order and row by row."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from solvers.bound import MeasurePrices, Minima, exact_bound, exact_minima, priced_micros
from solvers.model import I64, Patterns, SourcingModel
from solvers.pricing import price_orders
from tests.unit.solvers.models import random_model

SEEDS = range(40)
LARGEST = (1, 10_000_000, 2**57)
"""Bounds of the prices drawn; products of the last do not fit 64 bits."""


def drawn_prices(rng: np.random.Generator, model: SourcingModel, largest: int) -> MeasurePrices:
    def some(size: int) -> I64:
        prices: I64 = rng.integers(0, largest + 1, size) * (rng.random(size) < 0.6)
        return prices

    pays = model.nodes.activation_cost[model.candidates.node] > 0
    return MeasurePrices(some(model.num_rows), some(len(pays)) * pays, int(some(1)[0]))


def paid_by(model: SourcingModel, patterns: Patterns, prices: MeasurePrices, k: int) -> Fraction:
    paid = int(patterns.cost[k]) + Fraction(int(patterns.fill[k]) * prices.fill, 1_000_000)
    for i in range(int(patterns.draw_ptr[k]), int(patterns.draw_ptr[k + 1])):
        row = int(patterns.draw_row[i])
        paid += Fraction(int(prices.row[row]) * int(patterns.draw[i]), int(model.rows.scale[row]))
    shipping = patterns.ship_cand[patterns.ship_ptr[k] : patterns.ship_ptr[k + 1]]
    return paid + sum(int(prices.activation[candidate]) for candidate in set(shipping.tolist()))


def bound_of(model: SourcingModel, prices: MeasurePrices, minima: list[Fraction], fill_limit: int | None) -> int:
    rows = model.rows
    of_node = [Fraction(0)] * len(model.nodes.activation_cost)
    total = sum(minima, Fraction(0))
    for row in range(model.num_rows):
        price = Fraction(int(prices.row[row]), int(rows.scale[row]))
        overtime = price - Fraction(int(rows.overtime_cost[row]), int(rows.scale[row]))
        answer = int(rows.open_max[row]) * min(Fraction(0), int(rows.open_cost[row]) - price * int(rows.limit[row]))
        answer -= max(Fraction(0), overtime) * int(rows.overtime_limit[row])
        if rows.node[row] < 0:
            total += answer
        else:
            of_node[int(rows.node[row])] += answer
    for candidate, price_micros in enumerate(prices.activation.tolist()):
        of_node[int(model.candidates.node[candidate])] -= price_micros
    for answer, cost in zip(of_node, model.nodes.activation_cost.tolist(), strict=True):
        total += min(Fraction(0), cost + answer) if cost > 0 else answer
    if fill_limit is not None:
        total -= Fraction(prices.fill * fill_limit, 1_000_000)
    return int(total // 1)


@pytest.mark.parametrize("largest", LARGEST)
def test_minima_and_bound_are_what_fractions_say(largest: int) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        model = random_model(seed, num_orders=5)
        prices = drawn_prices(rng, model, largest)
        orders = np.arange(model.num_orders, dtype=np.int32)
        priced = price_orders(model, prices.steering(model), orders, work_limit=10_000)
        expected = [paid_by(model, priced.patterns, prices, k) for k in range(model.num_orders)]
        paid = priced_micros(model, priced.patterns, prices)
        assert as_fractions(paid) == expected
        proven = rng.random(model.num_orders) < 0.5
        lower = priced.lower_bound - np.where(proven, 0, rng.integers(-5, 5, model.num_orders))
        minima = exact_minima(model, priced.patterns, prices, lower, proven)
        for k in np.flatnonzero(~proven):
            relaxed = Fraction(int(np.floor(lower[k] - 1.0 - abs(lower[k]) * 2.0**-40)))
            expected[k] = min(expected[k], relaxed)
        assert as_fractions(minima) == expected
        assert minima.total == sum(expected)
        fill_limit = None if seed % 2 else int(priced.patterns.fill.sum())
        assert exact_bound(model, prices, minima.total, fill_limit) == bound_of(model, prices, expected, fill_limit)


def test_a_pattern_proven_up_to_rounding_leaves_the_minimum_at_its_bound() -> None:
    """Called exact, and seven micros above what is proven: L may count on no more than that."""
    model = random_model(5, num_orders=1)
    prices = MeasurePrices(np.zeros(model.num_rows, np.int64), np.zeros_like(model.candidates.ready_s), 0)
    priced = price_orders(model, prices.steering(model), np.zeros(1, np.int32), work_limit=0)
    paid = int(priced.patterns.cost[0])
    assert paid > 1_000_000
    for below, minimum in ((0.0, paid), (7.0, paid - 9)):
        minima = exact_minima(model, priced.patterns, prices, np.array([paid - below]), np.ones(1, np.bool_))
        assert as_fractions(minima) == [minimum]


def as_fractions(minima: Minima) -> list[Fraction]:
    floor, rest, scale = minima
    assert all(0 <= part < scale for part in rest.tolist())
    return [int(whole) + Fraction(int(part), scale) for whole, part in zip(floor, rest, strict=True)]


def test_rows_that_answer_beyond_64_bits_are_summed_all_the_same() -> None:
    model = random_model(3, num_orders=2)
    limit = np.where(model.rows.scale == 1, 2**61, model.rows.limit)
    model = model._replace(rows=model.rows._replace(limit=limit))
    prices = MeasurePrices(
        np.full(model.num_rows, 12_345_678_901, np.int64), np.zeros_like(model.candidates.ready_s), 0
    )
    assert exact_bound(model, prices, Fraction(7, 2)) == bound_of(model, prices, [Fraction(7, 2)], None)
