"""Row prices ready for look-up, and what the rows answer to them (section 9)."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cached_property
from math import floor, lcm

import numpy as np

from dom_engine.audit.clock import Clock
from dom_engine.audit.exact import Integers, plus, ratio, ratios, sum_by, times
from dom_engine.domain.columns import I64, NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure


class RowPrices:
    """Prices of rows by what draws on them, as integers over one common denominator.

    Attributes
    ----------
    scale
        Priced amounts are integers in ``1/scale`` micros: a price per kg, times grams, is not whole micros.
    stock, safety
        int64[num_positions], micros per unit.
    activation
        Micros for ``(node_idx, order_idx)``, once if the order ships from the node.
    """

    def __init__(self, problem: Problem, rows: PricedRows, *, signed: bool = False) -> None:
        if len(rows) and int(rows.price_micros.min()) < 0 and not signed:
            raise ValueError("a row's price is negative")
        self.problem, self.rows = problem, rows
        self.stock = self._by_position(RowKind.STOCK)
        self.safety = self._by_position(RowKind.SAFETY_STOCK)
        self.activation = {
            (int(rows.node_idx[row]), int(rows.order_idx[row])): int(rows.price_micros[row])
            for row in np.flatnonzero((rows.kind == RowKind.ACTIVATION) & (rows.price_micros != 0))
        }
        fill = np.flatnonzero(rows.kind == RowKind.FILL)
        self.fill_price_micros = sum(int(rows.price_micros[row]) for row in fill)
        self._fill_answer = sum(
            Fraction(-int(rows.price_micros[row]) * int(rows.limit[row]), 1_000_000) for row in fill
        )
        self._capacity_rows = np.flatnonzero((rows.kind == RowKind.CAPACITY) & (rows.price_micros != 0))
        measures = {Measure(problem.capacities.measure[rows.capacity_idx[row]]) for row in self._capacity_rows}
        self.measures = tuple(sorted(measures))
        """Measures on which some capacity has a price."""
        factor_denominator = self.order_factor[1] if self.fill_price_micros else 1
        self.scale = lcm(factor_denominator, *(BASE_UNITS_PER_MEASURE[measure] for measure in measures))

    def _by_position(self, kind: RowKind) -> I64:
        prices = np.zeros(len(self.problem.positions), np.int64)
        of_kind = self.rows.kind == kind
        np.add.at(prices, self.rows.position_idx[of_kind], self.rows.price_micros[of_kind])
        return prices

    @cached_property
    def order_factor(self) -> tuple[Integers, int]:
        """Each order's priority factor, as integers over one denominator."""
        factors = self.problem.policy.priority_factor
        priority = self.problem.orders.priority
        values = np.ones(len(priority))
        for exact, factor in factors.items():
            values[priority == exact] = factor
        return ratios(values)

    @cached_property
    def dispatches(self) -> Dispatches:
        """Every dispatch of every (node, service) and what capacities charge there."""
        return Dispatches(self)

    # ---- what rows answer -----------------------------------------------------------------------------------------

    def answers(self, opened: frozenset[int] = frozenset(), gained: Mapping[int, Fraction] | None = None) -> Fraction:
        """All of L but the orders: node terms, capacities without node, and the fill row; exact micros.

        A row with a price below 0 answers nothing by itself: it may be used not at all.

        Parameters
        ----------
        opened
            Nodes known to be open: each pays for its opening, whatever its rows answer.
        gained
            What rows answer beyond their formula in a part of the plans, by node (-1: no node).
        """
        nodes = self.problem.nodes
        by_node = [Fraction(int(answer)) for answer in self._stock_answers()]
        rest = Fraction(self._fill_answer)
        for row in self._capacity_rows:
            capacity = int(self.rows.capacity_idx[row])
            answer = self.capacity_answer(capacity, int(self.rows.price_micros[row]))
            node = int(self.problem.capacities.node_idx[capacity])
            if node == NONE_IDX:
                rest += answer
            else:
                by_node[node] += answer
        for (node, _), price in self.activation.items():
            by_node[node] -= max(0, price)
        for node, more in (gained or {}).items():
            if node == NONE_IDX:
                rest += more
            else:
                by_node[node] += more
        weight = Fraction(*ratio(self.problem.weights.activation))
        for node, answer in enumerate(by_node):
            opening = int(nodes.activation_cost_micros[node])
            term = weight * opening + answer
            rest += min(Fraction(0), term) if opening and node not in opened else term
        return rest

    def _stock_answers(self) -> Integers:
        positions = self.problem.positions
        stock, safety = np.maximum(self.stock, 0), np.maximum(self.safety, 0)
        worth = plus(times(stock, positions.free), times(safety, positions.covered_safety))
        return -sum_by(positions.node_idx, worth, len(self.problem.nodes))

    def capacity_row(self, capacity: int, starts_s: int, ends_s: int) -> int:
        """The priced row of one instance of a capacity; -1 where it has no price."""
        rows = self.rows
        named = (rows.capacity_idx == capacity) & (rows.starts_s == starts_s) & (rows.ends_s == ends_s)
        return next((row for row in self._capacity_rows.tolist() if named[row]), -1)

    def answer_within(self, capacity: int, price: int, least: int, most: int) -> Fraction:
        """What a capacity with that price (micros per measure) answers where its use, in base units, is in a span.

        The least of what whole loads and overtime for a use cost less what the use pays. For any number of loads that
        is at an end of the span, or where loads or overtime are used up; and along each of these every load changes it
        by as much, so that the least and the greatest number of loads are all to look at.
        """
        capacities, weights, base_units = self.problem.capacities, self.problem.weights, self._base_units(capacity)
        load = Fraction(*ratio(weights.load)) * int(capacities.open_cost_micros[capacity])
        overtime = Fraction(*ratio(weights.overtime)) * int(capacities.overtime_cost_micros[capacity]) / base_units
        limit, extra = int(capacities.limit[capacity]), int(capacities.overtime_limit[capacity])
        open_max = int(capacities.open_max[capacity])
        most = min(most, limit * open_max + extra)
        least = min(least, most)
        counts = {0, open_max}
        for end in (least, most, least - extra, most - extra):
            counts |= {min(max(0, end // max(1, limit) + more), open_max) for more in (0, 1)}
        answers = [
            count * load + max(0, use - count * limit) * overtime - Fraction(price * use, base_units)
            for count in sorted(counts)
            for use in (least, most, count * limit, count * limit + extra)
            if least <= use <= min(most, count * limit + extra)
        ]
        return min(answers)

    def capacity_answer(self, capacity: int, price: int) -> Fraction:
        """What a capacity with that price (micros per measure) answers, in micros."""
        capacities, weights, base_units = self.problem.capacities, self.problem.weights, self._base_units(capacity)
        load_cost = Fraction(*ratio(weights.load)) * int(capacities.open_cost_micros[capacity])
        overtime_cost = Fraction(*ratio(weights.overtime)) * int(capacities.overtime_cost_micros[capacity])
        limit = Fraction(int(capacities.limit[capacity]), base_units)
        overtime_limit = Fraction(int(capacities.overtime_limit[capacity]), base_units)
        return (
            int(capacities.open_max[capacity]) * min(Fraction(0), load_cost - price * limit)
            - max(Fraction(0), price - overtime_cost) * overtime_limit
        )

    @cached_property
    def paid_back(self) -> list[int]:
        """The most that prices below 0 could pay each order, in micros, generously; only a leaf has such prices."""
        problem = self.problem
        units = np.zeros(len(problem.orders), object)
        np.add.at(units, problem.lines.order_idx, problem.lines.quantity.astype(object))
        paid = np.zeros(len(problem.orders), object)
        for price, limit in ((self.stock, problem.positions.free), (self.safety, problem.positions.covered_safety)):
            for position in np.flatnonzero(price < 0).tolist():
                paid -= int(price[position]) * np.minimum(units, int(limit[position]))
        for row in self._capacity_rows.tolist():
            capacity, per_measure = int(self.rows.capacity_idx[row]), int(self.rows.price_micros[row])
            if per_measure < 0:
                paid -= floor(Fraction(per_measure * self._most_use(capacity), self._base_units(capacity)))
        for (_, order), per_use in self.activation.items():
            paid[order] += max(0, -per_use)
        return [int(most) for most in paid]

    def _most_use(self, capacity: int) -> int:
        capacities = self.problem.capacities
        loads = int(capacities.limit[capacity]) * int(capacities.open_max[capacity])
        return loads + int(capacities.overtime_limit[capacity])

    def _base_units(self, capacity: int) -> int:
        return BASE_UNITS_PER_MEASURE[Measure(self.problem.capacities.measure[capacity])]

    def charge_capacities(self, node: I64, service: I64, dispatch_s: I64) -> Integers:
        """What one base unit of each measure pays, int[num_dispatches, num_measures] in ``1/scale`` micros."""
        charged: Integers = np.zeros((len(node), len(self.measures)), np.int64)
        capacities = self.problem.capacities
        for row in self._capacity_rows:
            capacity = int(self.rows.capacity_idx[row])
            measure = Measure(capacities.measure[capacity])
            per_base_unit = int(self.rows.price_micros[row]) * self.scale // BASE_UNITS_PER_MEASURE[measure]
            if per_base_unit >= 2**58:
                charged = charged.astype(object)
            drawn = (dispatch_s >= self.rows.starts_s[row]) & (dispatch_s < self.rows.ends_s[row])
            if capacities.node_idx[capacity] != NONE_IDX:
                drawn &= node == capacities.node_idx[capacity]
            if capacities.service_idx[capacity] != NONE_IDX:
                drawn &= service == capacities.service_idx[capacity]
            charged[drawn, self.measures.index(measure)] += per_base_unit
        return charged


class Dispatches:
    """The dispatch instants of every enabled (node, service), end to end.

    Those of (node, service) are rows ``ptr[key]:ptr[key + 1]`` with ``key = node * num_services + service``;
    ``instant_s`` is ascending within; ``charges`` is int[num_rows, num_measures]: what a base unit pays there, in
    ``1/scale`` micros.
    """

    def __init__(self, prices: RowPrices) -> None:
        problem = prices.problem
        clock = Clock(problem)
        num_nodes, num_services = len(problem.nodes), len(problem.services)
        instants = [
            clock.dispatches(node, service) if problem.nodes.enabled[node] and problem.services.enabled[service] else ()
            for node in range(num_nodes)
            for service in range(num_services)
        ]
        lengths = np.array([len(some) for some in instants], np.int64)
        self.ptr: I64 = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])
        self.instant_s: I64 = np.array([instant for some in instants for instant in some], np.int64)
        keys = np.repeat(np.arange(len(lengths)), lengths)
        self.charges = prices.charge_capacities(
            keys // max(1, num_services), keys % max(1, num_services), self.instant_s
        )
