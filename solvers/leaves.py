"""What one leaf of a branching tree proves: section 9 over the plans within its limits, in exact integers.

A leaf limits uses: of nodes, of a node by an order, of any row. Orders lose the candidates that it rules out; an open
node pays for its opening whatever it answers; and a row whose use lies in [a, b] answers the least of

    (whole loads and overtime for a use u) - price * u,    a <= u <= b,

so that a row which must be used may have a price below 0: it pays whoever draws on it, as the dual of a least use does.
What one order may draw on a row, or that it ships from a node, is a rule of that order alone: patterns that break
it are none of the leaf's.

No kernel prices orders under such rules or prices. Their patterns are listed instead, by their payment at the other
prices, as far as one of them could be the cheapest.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from solvers.bound import MeasurePrices, exact_minima, responses, to_measure
from solvers.judging import unserved
from solvers.linear import Linear, price_linear
from solvers.model import (
    F64,
    I64,
    MEASURE_LINES,
    MEASURE_SHIPMENTS,
    MEASURE_UNITS,
    UNLIMITED,
    Flags,
    Patterns,
    Prices,
    SourcingModel,
)
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import ROUNDING, Priced, price_orders
from solvers.pricing_near import enumerate_near
from solvers.stop import Stop

PRICING_WORK = 2_000_000
"""Counted work of an order in a pass."""

_MOST_LISTED = 2_000
"""Patterns listed per order that a price below 0 could pay."""

_FARTHER = (8.0, 64.0)
"""How much farther patterns are looked for where a leaf's rules leave none nearer."""

_LINEAR_WORK = 2_000
"""Counted work of an order priced in closed form."""

_LISTED_WORK = 200
"""Counted work of a listed pattern."""


EVERYONE = -1
"""In place of an order: all of them together."""


class Use(NamedTuple):
    """What ``order`` (or ``EVERYONE``) draws on a row of stock or capacity, in base units."""

    row: int
    order: int
    units: int


class Limits(NamedTuple):
    """What a leaf says of the plans in it; nodes and candidates by index.

    ``without``: candidates not shipped from; ``within``: candidates that are.
    """

    closed: tuple[int, ...] = ()
    opened: tuple[int, ...] = ()
    without: tuple[int, ...] = ()
    within: tuple[int, ...] = ()
    at_most: tuple[Use, ...] = ()
    at_least: tuple[Use, ...] = ()


class Leaf(NamedTuple):
    """``bound`` holds for every plan within ``limits``, in exact integers (weighted micros).

    ``reward``: what serving each order is worth, where the leaf is bounded by knapsacks instead of prices.
    """

    limits: Limits
    prices: MeasurePrices
    bound: int
    reward: I64 | None = None


class Tree(NamedTuple):
    """Leaves that cover every plan; ``bound`` is the worst leaf's."""

    leaves: list[Leaf]
    bound: int


class LeafPriced(NamedTuple):
    """Every order priced within a leaf: lower bounds in weighted micros, whether each is its best pattern's, patterns.

    ``best`` holds one pattern per order, ``more`` others that were listed.
    """

    lower_bound: F64
    exact: Flags
    best: Patterns
    more: Patterns
    work: int


def single_shipments(model: SourcingModel) -> Flags:
    """Orders that make one shipment at most."""
    units = units_of_orders(model)
    single: Flags = (units <= 1) | (model.orders.max_shipments == 1) | model.orders.ship_together
    return single


def units_of_orders(model: SourcingModel) -> I64:
    """Units that each order asks for, int64[num_orders]."""
    units = np.add.reduceat(np.append(model.lines.quantity, 0), model.orders.line_ptr[:-1])
    # An order without lines adds up nothing of its own.
    return np.where(np.diff(model.orders.line_ptr) > 0, units, 0)


class LeafSpace:
    """The plans within some limits, and what prices prove about them."""

    def __init__(
        self, model: SourcingModel, limits: Limits, single: Flags, forbidding: F64, linear: Linear | None = None
    ) -> None:
        self.model, self.limits, self._linear = model, limits, linear
        self.barred = _barred(model, limits, single)
        self._forbidding = np.where(self.barred, forbidding[model.candidates.order], 0.0)
        self._capacity = model.row_capacity()
        self._span: dict[tuple[int, int], tuple[int, int]] = {}
        for row, order, units in limits.at_most:
            least, most = self.span(row, order)
            self._span[row, order] = least, min(most, units)
        for row, order, units in limits.at_least:
            least, most = self.span(row, order)
            self._span[row, order] = max(least, units), most
        self.least, self.most = np.zeros(model.num_rows, np.int64), self._capacity.copy()
        self.limited: list[int] = sorted(row for row, order in self._span if order == EVERYONE)
        for row in self.limited:
            self.least[row], self.most[row] = self.span(row, EVERYONE)
        self.opened = np.zeros(len(model.nodes.activation_cost), np.bool_)
        self.opened[list(limits.opened)] = True
        self.opened[model.candidates.node[list(limits.within)]] = True
        needed = [row for (row, _), (least, _) in self._span.items() if least > 0 and model.rows.node[row] >= 0]
        self.opened[model.rows.node[needed]] = True
        self.ruled = np.zeros(model.num_orders, np.bool_)
        """Orders with rules of their own in the leaf, beside the candidates it takes from them."""
        self.ruled[model.candidates.order[list(limits.within)]] = True
        self.ruled[[order for _, order in self._span if order != EVERYONE]] = True

    def span(self, row: int, order: int) -> tuple[int, int]:
        """The least and the most use of a row by an order, or by everyone."""
        return self._span.get((row, order), (0, int(self._capacity[row])))

    def allowed(self, patterns: Patterns) -> Flags:
        """Patterns that keep the leaf's rules for their order."""
        keeps = ~uses(patterns, self.barred)
        draws_of = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.draw_ptr))
        ships_of = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.ship_ptr))
        for candidate in self.limits.within:
            ships = np.zeros(patterns.num_patterns, np.bool_)
            ships[ships_of[patterns.ship_cand == candidate]] = True
            keeps &= ships | (patterns.order != self.model.candidates.order[candidate])
        for (row, order), (least, most) in self._span.items():
            if order != EVERYONE:
                on_row = patterns.draw_row == row
                drawn = np.bincount(draws_of[on_row], patterns.draw[on_row], patterns.num_patterns)
                keeps &= ((drawn >= least) & (drawn <= most)) | (patterns.order != order)
        return keeps

    def fitted(self, prices: Prices) -> Prices:
        """Prices without those that say nothing in the leaf, and below 0 only where a use is needed."""
        idle = np.isin(self.model.rows.node, np.array(self.limits.closed, np.int64)) & (self.model.rows.node >= 0)
        row = np.where(idle | ((prices.row < 0) & (self.least == 0)), 0.0, prices.row)
        return prices._replace(row=row, activation=np.where(self.barred, 0.0, prices.activation))

    def bound(self, prices: Prices, order_minima: float) -> float:
        """The leaf's bound in weighted micros, as a float, given the sum of the orders' minima."""
        model = self.model
        answer = self._answers(prices.row)
        on_node, num_nodes = model.rows.node >= 0, len(model.nodes.activation_cost)
        of_node = np.bincount(model.rows.node[on_node], answer[on_node], num_nodes)
        of_node = of_node - np.bincount(model.candidates.node, prices.activation, num_nodes)
        cost = model.nodes.activation_cost
        terms = np.where(self.opened | (cost == 0), cost + of_node, np.minimum(0.0, cost + of_node))
        return order_minima + float(terms.sum()) + float(answer[~on_node].sum())

    def _answers(self, row_price: F64) -> F64:
        """What each row answers (see the module), float64[num_rows]."""
        answer = responses(self.model, np.maximum(row_price, 0.0))
        for row in self.limited:
            answer[row] = float(self._answer_within(row, Fraction(float(row_price[row]))))
        return answer

    def loads_of(self, row: int) -> tuple[int, int]:
        """The fewest and the most whole loads that a row's use in the leaf may open."""
        rows = self.model.rows
        limit = max(1, int(rows.limit[row]))
        fewest = max(0, -(-(int(self.least[row]) - int(rows.overtime_limit[row])) // limit))
        return fewest, max(fewest, min(int(rows.open_max[row]), -(-int(self.most[row]) // limit)))

    def price(
        self, prices: Prices, pool: Patterns, reach: float, threads: int, closing: Stop | None = None
    ) -> LeafPriced:
        """Price every order at prices that are ``fitted``.

        Parameters
        ----------
        pool
            Patterns known, to look no farther than the cheapest of them that the leaf allows.
        reach
            How much dearer than at its cheapest outside the leaf's rules an order's pattern is looked for.
        """
        model = self.model
        plain = prices._replace(
            row=np.maximum(prices.row, 0.0), activation=np.maximum(prices.activation, 0.0) + self._forbidding
        )
        priced = self._price_plain(plain, prices, threads, closing)
        work, paid = int(priced.work.sum()), self._most_paid(prices)
        lower, exact = priced.lower_bound - paid, priced.exact.copy()
        lower = np.where(paid > 0, lower, priced.lower_bound)
        if self._linear is not None:
            paid[self._linear.order] = 0.0
        touched = np.flatnonzero(self.ruled | (paid > 0)).astype(np.int32)
        exact[touched] = False
        listed = concatenate([unserved(model, touched), take(pool, np.isin(pool.order, touched))])
        listed = take(listed, self.allowed(listed))
        for farther in (1.0, *_FARTHER):
            if not len(touched):
                break
            farthest = priced.value + reach * farther
            np.minimum.at(farthest, listed.order, priced_cost(listed, prices))
            beyond = np.maximum(0.0, farthest - priced.value)[touched] + paid[touched] + 1.0
            near = enumerate_near(
                model, plain, touched, beyond, max_patterns=_MOST_LISTED, work_limit=PRICING_WORK, threads=threads
            )
            work += _LISTED_WORK * near.patterns.num_patterns
            listed = concatenate([listed, take(near.patterns, self.allowed(near.patterns))])
            least = np.full(model.num_orders, np.inf)
            np.minimum.at(least, listed.order, priced_cost(listed, prices))
            # What was not listed pays at least as much as what was looked for.
            whole = touched[near.complete]
            proven = np.minimum(least, farthest)[whole]
            lower[whole] = np.maximum(lower[whole], proven - np.abs(proven) * ROUNDING)
            exact[whole] = least[whole] <= farthest[whole]
            touched = whole[~exact[whole]]
        return LeafPriced(lower, exact, self._cheapest(priced.patterns, listed, prices), listed, work)

    def _price_plain(self, plain: Prices, prices: Prices, threads: int, closing: Stop | None) -> Priced:
        """Every order without the leaf's rules for it: linear ones at their prices, the others at those from 0 up."""
        model, linear = self.model, self._linear
        others = np.arange(model.num_orders, dtype=np.int32)
        if linear is not None:
            others = np.setdiff1d(others, linear.order).astype(np.int32)
        slow = price_orders(model, plain, others, work_limit=PRICING_WORK, threads=threads, closing=closing)
        if linear is None:
            return slow
        quick = price_linear(model, linear, prices._replace(activation=prices.activation + self._forbidding))
        both = concatenate([quick.patterns, slow.patterns])
        by = np.argsort(both.order, kind="stable")
        return Priced(
            np.concatenate([quick.lower_bound, slow.value])[by],
            np.concatenate([quick.lower_bound - np.abs(quick.lower_bound) * ROUNDING, slow.lower_bound])[by],
            np.concatenate([quick.exact, slow.exact])[by],
            np.concatenate([np.full(len(linear.order), _LINEAR_WORK), slow.work])[by],
            take(both, by),
        )

    def _cheapest(self, best: Patterns, listed: Patterns, prices: Prices) -> Patterns:
        """Each order's cheapest pattern that the leaf allows; serving nothing stands in where none is known."""
        model = self.model
        both = concatenate([unserved(model), best, listed])
        value = priced_cost(both, prices)
        value[~self.allowed(both)] = np.inf
        first = np.lexsort((np.arange(len(value)), value, both.order))
        return take(both, first[np.unique(both.order[first], return_index=True)[1]])

    def _most_paid(self, prices: Prices) -> F64:
        """The most that prices below 0 could pay each order, float64[num_orders]."""
        paid, units = np.zeros(self.model.num_orders), units_of_orders(self.model)
        for row in np.flatnonzero(prices.row < 0).tolist():
            draw = self._may_draw(row, units)
            paid += -prices.row[row] * np.minimum(draw, float(self._capacity[row]))
        return paid

    def _may_draw(self, row: int, units: I64) -> F64:
        """Base units of a row that each order could draw, float64[num_orders], generously."""
        model, num = self.model, self.model.num_positions
        candidate = np.repeat(np.arange(len(model.candidates.order)), np.diff(model.candidates.source_ptr))
        if row < 2 * num:
            sources = np.flatnonzero(model.sources.position == row % num)
            draw = np.zeros(model.num_orders)
            lines = model.sources.line[sources]
            np.add.at(draw, model.candidates.order[candidate[sources]], model.lines.quantity[lines].astype(np.float64))
            return draw
        node = int(model.rows.node[row])
        reached = model.candidates.order if node < 0 else model.candidates.order[model.candidates.node == node]
        counted = model.rows.measure[row] in (MEASURE_UNITS, MEASURE_LINES, MEASURE_SHIPMENTS)
        most = units.astype(np.float64) if counted else np.full(model.num_orders, float(UNLIMITED))
        return np.where(np.isin(np.arange(model.num_orders), reached), most, 0.0)

    def state(self, prices: Prices, pool: Patterns, reach: float, threads: int, stop: Stop) -> Leaf:
        """Round prices to what a certificate can state, and prove in exact integers what they do."""
        stated = to_measure(self.model, self.fitted(prices), signed=True)
        priced = self.price(stated.steering(self.model), pool, reach, threads, closing=stop)
        minima = exact_minima(self.model, priced.best, stated, priced.lower_bound, priced.exact)
        # A pattern that stands in for none that the leaf allows says nothing of what they pay.
        least = np.floor(priced.lower_bound - 1.0 - np.abs(priced.lower_bound) * 2.0**-40)
        least = np.clip(least, -(2.0**62), 2.0**62).astype(np.int64)
        minima = minima._replace(
            floor=np.where(priced.exact, minima.floor, least), rest=np.where(priced.exact, minima.rest, 0)
        )
        return Leaf(self.limits, stated, self._exact_bound(stated, minima.total))

    def _exact_bound(self, prices: MeasurePrices, order_minima: Fraction) -> int:
        model, rows, total = self.model, self.model.rows, order_minima
        charged = np.flatnonzero(prices.activation)
        of_node = [Fraction(0)] * len(model.nodes.activation_cost)
        for node, price in zip(
            model.candidates.node[charged].tolist(), prices.activation[charged].tolist(), strict=True
        ):
            of_node[node] -= price
        # A row that must be used costs its loads whatever its price.
        for row in sorted({*np.flatnonzero(prices.row).tolist(), *self.limited}):
            answer = self._exact_answer(row, int(prices.row[row]))
            if rows.node[row] < 0:
                total += answer
            else:
                of_node[int(rows.node[row])] += answer
        costs = model.nodes.activation_cost.tolist()
        for answered, cost, is_open in zip(of_node, costs, self.opened.tolist(), strict=True):
            total += cost + answered if is_open or cost == 0 else min(Fraction(0), cost + answered)
        return int(total // 1)

    def _exact_answer(self, row: int, price_per_measure: int) -> Fraction:
        price = Fraction(price_per_measure, int(self.model.rows.scale[row]))
        if row in self.limited:
            return self._answer_within(row, price)
        rows = self.model.rows
        loads = int(rows.open_max[row]) * min(Fraction(0), int(rows.open_cost[row]) - price * int(rows.limit[row]))
        overtime = price - Fraction(int(rows.overtime_cost[row]), int(rows.scale[row]))
        return loads - max(Fraction(0), overtime) * int(rows.overtime_limit[row])

    def _answer_within(self, row: int, price: Fraction) -> Fraction:
        """What a limited row answers to a price per base unit.

        With a number of loads given, its cost is least at the ends of the span or where loads or overtime are used up;
        along each of these it changes by as much with every load, so that its ends are all to look at.
        """
        rows, least, most = self.model.rows, int(self.least[row]), int(self.most[row])
        limit, overtime = max(1, int(rows.limit[row])), int(rows.overtime_limit[row])
        rate, cost = Fraction(int(rows.overtime_cost[row]), int(rows.scale[row])), int(rows.open_cost[row])
        ends = [end // limit + more for end in (least, most, least - overtime, most - overtime) for more in (0, 1)]
        found: list[Fraction] = []
        for loads in {min(max(0, end), int(rows.open_max[row])) for end in (*ends, int(rows.open_max[row]))}:
            room = loads * int(rows.limit[row])
            spans = {min(max(least, at), most) for at in (least, most, room, room + overtime)}
            found += [cost * loads + rate * max(0, use - room) - price * use for use in spans if use <= room + overtime]
        return min(found)


def uses(patterns: Patterns, barred: Flags) -> Flags:
    """Patterns that ship from a barred candidate."""
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.ship_ptr))
    found = np.zeros(patterns.num_patterns, np.bool_)
    found[pattern[barred[patterns.ship_cand]]] = True
    return found


def _barred(model: SourcingModel, limits: Limits, single: Flags) -> Flags:
    """Candidates that no pattern of a leaf uses."""
    candidates = model.candidates
    barred: Flags = np.isin(candidates.node, np.array(limits.closed, np.int64))
    barred[list(limits.without)] = True
    for kept in limits.within:
        order = int(candidates.order[kept])
        if single[order]:
            span = slice(*model.orders.cand_ptr[order : order + 2].tolist())
            barred[span] |= np.arange(span.start, span.stop) != kept
    return barred
