"""The certified bound of any prices, every order priced over all its patterns. Section 9."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from tests.naive import clock
from tests.naive.exact import MICROS, exact
from tests.naive.patterns import MOST_STEPS, Pattern, enumerate_patterns
from tests.naive.problem import Problem
from tests.naive.rows import Row, RowKey, bounds, capacity_row, response, stock_rows
from tests.naive.shipping import candidates_of


@dataclass(frozen=True)
class Prices:
    """Row prices in money per unit of measure; activation prices by (node, order); the fill row."""

    rows: Mapping[Row, Fraction]
    activation: Mapping[tuple[str, str], Fraction]
    fill_price: Fraction = Fraction(0)
    fill_limit: Fraction = Fraction(0)


@dataclass(frozen=True)
class Certificate:
    """The bound, and the least each order pays at the prices, in exact micros."""

    bound_micros: int
    order_minima: Mapping[str, Fraction]


def all_rows(problem: Problem) -> list[Row]:
    """Return every stock row, and every capacity row that some candidate draws on."""
    dispatched = [
        (candidate.dispatch_s, candidate.node.node, candidate.service.service)
        for order in problem.orders
        for candidate in candidates_of(problem, order)
    ]
    rows = list(stock_rows(problem))
    for capacity in problem.capacities:
        for dispatch_s, node, service in dispatched:
            if capacity.node not in ("", node) or capacity.service not in ("", service):
                continue
            if capacity.starts_s is not None and dispatch_s < capacity.starts_s:
                continue
            if capacity.ends_s is not None and dispatch_s >= capacity.ends_s:
                continue
            rows.append(capacity_row(problem, capacity, dispatch_s))
    return list(dict.fromkeys(rows))


def priced_minimum(problem: Problem, pattern: Pattern, prices: Prices) -> Fraction:
    """Return what a pattern pays: its own cost, its draws at the prices, the nodes it opens."""
    paid = Fraction(pattern.cost_micros)
    for row, amount in pattern.draws.items():
        paid += prices.rows.get(row, Fraction(0)) * Fraction(amount, row.scale) * MICROS
    for node in pattern.nodes:
        paid += prices.activation.get((node, pattern.order.order), Fraction(0)) * MICROS
    return paid + prices.fill_price * pattern.order.factor * sum(pattern.unallocated) * MICROS


def certified_bound(problem: Problem, prices: Prices, most_steps: int = MOST_STEPS) -> Certificate:
    """Return L of section 9 for any prices, best_o exact for every order.

    Raises
    ------
    TooLarge
        When an order has too many patterns to enumerate.
    ValueError
        When a price is negative.
    """
    given = [*prices.rows.values(), *prices.activation.values(), prices.fill_price]
    if any(price < 0 for price in given):
        raise ValueError("a negative price")
    total = -prices.fill_price * prices.fill_limit * MICROS
    minima: dict[str, Fraction] = {}
    for order in problem.orders:
        opened = {node for node, name in prices.activation if name == order.order}

        def matters(row: Row, opened: set[str] = opened) -> bool:
            # Patterns of equal draws may differ in nodes or units; with these rows told apart they do not.
            stock = row.capacity is None and (row.node in opened or bool(prices.fill_price))
            return stock or bool(prices.rows.get(row))

        patterns = enumerate_patterns(problem, order, matters, most_steps=most_steps)
        minima[order.order] = min(priced_minimum(problem, pattern, prices) for pattern in patterns)
        total += minima[order.order]
    total += _node_terms(problem, prices)
    return Certificate(floor(total), minima)


def _node_terms(problem: Problem, prices: Prices) -> Fraction:
    answers = dict.fromkeys(problem.nodes, Fraction(0))
    total = Fraction(0)
    for row, price in prices.rows.items():
        if row.node:
            answers[row.node] += response(problem, row, price)
        else:
            total += response(problem, row, price)
    for (opened, _), price in prices.activation.items():
        answers[opened] -= price * MICROS
    for name, node in problem.nodes.items():
        if node.activation_cost_micros:
            opening = problem.weights["activation"] * node.activation_cost_micros
            total += min(Fraction(0), opening + answers[name])
        else:
            total += answers[name]
    return total


def prices_from_table(problem: Problem, rows: Iterable[Mapping[str, str]]) -> Prices:
    """Read the rows of ``prices.csv``; one that names no row of the problem raises KeyError."""
    known: dict[RowKey, Row] = {}
    for row in all_rows(problem):
        if row.capacity is None:
            known[row.key] = row
        else:
            known[(*row.key[:4], *bounds(problem, row))] = row
    priced: dict[Row, Fraction] = {}
    activation: dict[tuple[str, str], Fraction] = {}
    fill_price = fill_limit = Fraction(0)
    for cells in rows:
        price = exact(cells["price"])
        if cells["kind"] == "fill":
            fill_price, fill_limit = price, exact(cells["limit"])
        elif cells["kind"] == "activation":
            activation[cells["node"], cells["order"]] = price
        else:
            priced[known[_key(cells)]] = price
    return Prices(priced, activation, fill_price, fill_limit)


def _key(cells: Mapping[str, str]) -> RowKey:
    def instant(column: str) -> int | None:
        return clock.parse_instant(cells[column], None) if cells[column] else None

    if cells["kind"] == "capacity":
        return (
            "capacity",
            cells["node"],
            cells["service"],
            cells["measure"],
            instant("starts"),
            instant("ends"),
        )
    return cells["kind"], cells["node"], cells["item"], instant("available_at"), cells["lot"], cells["pool"]
