"""The single shipments an order may make from one node, each with its price and its draws on scarce rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod

import numpy as np

from dom_engine.certificate.charges import (
    Charges,
    charge_loads,
    has_window,
    judged_at,
    judges_ready,
    window_costs,
)
from dom_engine.certificate.sources import Block, Pricing
from dom_engine.domain.columns import I64
from dom_engine.domain.transport import Measure

MAX_LOADS = 20_000
"""Loads of one node that are looked at for an order, and ways to take one load from stock."""

Draws = tuple[tuple[int, int], ...]
"""(row, amount) pairs, ascending."""


class TooManyError(Exception):
    """The order has too many patterns to look at one by one."""


@dataclass
class Budget:
    """Steps that may still be taken; a step looks at a load, or combines a partial pattern with a shipment."""

    steps: int

    def spend(self, steps: int) -> None:
        """Take some steps, or say that they are too many."""
        if steps > self.steps:
            raise TooManyError
        self.steps -= steps


@dataclass(frozen=True, slots=True)
class Option:
    """The cheapest shipment of one choice with these units of each line and these draws; ``1/scale`` micros."""

    aboard: tuple[int, ...]
    draws: Draws
    paid: int


@dataclass(frozen=True, slots=True)
class LeafRules:
    """What an order keeps in a leaf of a branching tree beside its own rules.

    ``without``, ``within``: nodes that it ships nothing, and something, from. ``drawn``: the least and the most it
    draws on a (position, safety stock?), ``loads`` on a capacity row.
    """

    without: frozenset[int] = frozenset()
    within: frozenset[int] = frozenset()
    drawn: Mapping[tuple[int, bool], tuple[int, int]] = field(default_factory=dict)
    loads: Mapping[int, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OrderRules:
    """The rules of one order, its lines numbered from ``first_line``.

    ``scarce_sources`` maps the sources (rows of ``block.sources``, of several the first) that the order could
    exhaust, or that a leaf limits, to their limits; ``source_row`` maps every source to that first row. ``needed`` is
    the least that a leaf wants drawn (capacity rows from 0 up, sources from -1 down), ``most_loads`` the most on
    capacity rows; ``can_draw``: all that it wants drawn is there at all.
    """

    order: int
    first_line: int
    quantity: tuple[int, ...]
    steps: tuple[int, ...]
    group: tuple[int, ...]
    unmet_per_unit: tuple[int, ...]
    together: bool
    complete_only: bool
    max_shipments: int
    judges_ready: bool
    has_window: bool
    scarce_sources: dict[int, int]
    source_row: dict[int, int]
    needed: dict[int, int]
    most_loads: dict[int, int]
    can_draw: bool
    within: frozenset[int]

    @classmethod
    def of(cls, pricing: Pricing, block: Block, order: int, leaf: LeafRules | None = None) -> OrderRules:
        """The rules of an order of the block, those of a leaf among them."""
        leaf = leaf or LeafRules()
        orders, lines = pricing.problem.orders, pricing.problem.lines
        first, last = int(orders.line_ptr[order]), int(orders.line_ptr[order + 1])
        together = bool(orders.ship_together[order])
        cut = bool(orders.line_split[order]) and not together
        quantity = tuple(lines.quantity[first:last].tolist())
        pack, group = lines.pack[first:last].tolist(), lines.group_idx[first:last].tolist()
        steps = tuple(
            pack if cut and group < 0 else units if units % pack == 0 else 0
            for units, pack, group in zip(quantity, pack, group, strict=True)
        )
        scarce, row_of, named = _scarce_sources(block, quantity, first, order)
        for key, (_, most) in leaf.drawn.items():
            if key in named:
                scarce[named[key]] = min(most, int(block.sources.limit[named[key]]))
        wanted = {key: least for key, (least, _) in leaf.drawn.items() if least > 0}
        one = np.array([order])
        return cls(
            order=order,
            first_line=first,
            quantity=quantity,
            steps=steps,
            group=tuple(group),
            unmet_per_unit=tuple(int(paid) for paid in pricing.unmet[first:last]),
            together=together,
            complete_only=together or bool(orders.ship_complete[order]),
            max_shipments=int(orders.max_shipments[order]),
            judges_ready=bool(judges_ready(pricing, one)[0]),
            has_window=bool(has_window(pricing, one)[0]),
            scarce_sources=scarce,
            source_row=row_of,
            needed={-1 - named[key]: least for key, least in wanted.items() if key in named}
            | {row: least for row, (least, _) in leaf.loads.items() if least > 0},
            most_loads={row: most for row, (_, most) in leaf.loads.items()},
            can_draw=all(key in named for key in wanted),
            within=leaf.within,
        )

    @property
    def num_states(self) -> int:
        """How many quantities of its lines the order may take, all together."""
        return prod(1 + units // step if step else 1 for units, step in zip(self.quantity, self.steps, strict=True))

    def unmet(self, left: tuple[int, ...]) -> int:
        """What these units pay when they are left out."""
        return sum(map(int.__mul__, self.unmet_per_unit, left))


def _scarce_sources(
    block: Block, quantity: tuple[int, ...], first_line: int, order: int
) -> tuple[dict[int, int], dict[int, int], dict[tuple[int, bool], int]]:
    """Scarce sources and their limits, each source's first row, and the first row of each (position, safety stock?)."""
    first, last = np.searchsorted(block.pair_order, (order, order + 1))
    begin, end = block.source_ptr[block.column_ptr[first]], block.source_ptr[block.column_ptr[last]]
    rows: dict[tuple[int, bool], int] = {}
    wanted: dict[int, int] = {}
    row_of: dict[int, int] = {}
    sources = block.sources
    for source in range(int(begin), int(end)):
        row = rows.setdefault((int(sources.position_idx[source]), bool(sources.safety[source])), source)
        row_of[source] = row
        line = int(block.column_line[sources.column[source]])
        wanted[row] = wanted.get(row, 0) + quantity[line - first_line]
    scarce = {row: int(sources.limit[row]) for row, units in wanted.items() if sources.limit[row] < units}
    return scarce, row_of, rows


class NodeOptions:
    """The loads an order may take from one node (a pair), and the shipments they make."""

    def __init__(self, pricing: Pricing, block: Block, rules: OrderRules, pair: int, budget: Budget) -> None:
        self._pricing, self._block, self._rules = pricing, block, rules
        self.node = int(block.pair_node[pair])
        self._columns = np.arange(block.column_ptr[pair], block.column_ptr[pair + 1])
        self._line = (block.column_line[self._columns] - rules.first_line).tolist()
        first, last = np.searchsorted(block.offer_pair, (pair, pair + 1))
        self._offers: I64 = np.arange(first, last)
        self._loads = list(self._all_loads(budget))
        budget.spend(len(self._loads) * len(self._offers))
        self._charges: Charges | None = None
        if self._loads:
            grid = np.array(self._loads, np.int64).reshape(len(self._loads), -1)
            columns = np.tile(self._columns, (len(self._offers), 1))
            self._charges = charge_loads(pricing, block, self._offers, columns, grid)

    def _all_loads(self, budget: Budget) -> Iterator[tuple[int, ...]]:
        """Units of each column in every load the order's rules allow, stock left aside but for its total."""
        rules = self._rules
        ways: list[list[tuple[int, ...]]] = []
        for line in range(len(rules.quantity)):
            columns = [place for place, owner in enumerate(self._line) if owner == line]
            stock = [self._stock_of(place) for place in columns]
            step = rules.steps[line]
            totals = [0] if not step else [*range(0, rules.quantity[line] + 1, step)]
            budget.spend(len(totals))
            found = [way for total in totals for way in _compositions(total, stock, budget)]
            if rules.together:
                found = [way for way in found if sum(way) == rules.quantity[line]]
            ways.append(found)
        count = 1
        for found in ways:
            count *= len(found)
        if count > MAX_LOADS:
            raise TooManyError
        for choice in product(*ways):
            units = tuple(sum(way) for way in choice)
            if any(units) and self._groups_whole(units):
                yield tuple(amount for way in choice for amount in way)

    def _stock_of(self, place: int) -> int:
        column = self._columns[place]
        limits = self._block.sources.limit[self._block.source_ptr[column] : self._block.source_ptr[column + 1]]
        return sum(map(int, limits))

    def _groups_whole(self, units: tuple[int, ...]) -> bool:
        """Whether each group is aboard whole or not at all."""
        aboard = {group for group, amount in zip(self._rules.group, units, strict=True) if group >= 0 and amount}
        return all(
            amount == quantity
            for group, amount, quantity in zip(self._rules.group, units, self._rules.quantity, strict=True)
            if group in aboard
        )

    # ---- capacities -----------------------------------------------------------------------------------------------

    def _dispatch_rows(self, offer: int) -> range:
        dispatches = self._pricing.prices.dispatches
        key = self.node * len(self._pricing.problem.services) + int(self._block.offer_service[offer])
        return range(int(dispatches.ptr[key]), int(dispatches.ptr[key + 1]))

    def _matching(self, offer: int, dispatch: int) -> tuple[int, ...]:
        dispatch_s = int(self._pricing.prices.dispatches.instant_s[dispatch])
        service = int(self._block.offer_service[offer])
        return self._pricing.auditor.capacity_rows.matching(self.node, service, dispatch_s)

    def _measure(self, row: int) -> Measure:
        capacity = self._pricing.auditor.capacity_rows.capacity_idx[row]
        return Measure(self._pricing.problem.capacities.measure[capacity])

    def most_drawn(self) -> Iterator[tuple[int, int]]:
        """The most that one shipment of each choice draws on each capacity row."""
        if self._charges is None:
            return
        for place, offer in enumerate(self._offers.tolist()):
            for dispatch in self._dispatch_rows(offer):
                for row in self._matching(offer, dispatch):
                    yield row, int(self._charges.drawn(self._measure(row))[place].max())

    # ---- shipments ------------------------------------------------------------------------------------------------

    def choices(self, limits: dict[int, int]) -> Iterator[list[Option]]:
        """The options of each (service, dispatch) from this node, given the limits of the scarce rows."""
        if self._charges is None:
            return
        for place, offer in enumerate(self._offers.tolist()):
            for dispatch in self._dispatch_rows(offer):
                options = self._options(self._charges, place, offer, dispatch, limits)
                if options:
                    yield options

    def _options(self, charges: Charges, place: int, offer: int, dispatch: int, limits: dict[int, int]) -> list[Option]:
        paid = self._paid(charges, place, dispatch)
        rows = [row for row in self._matching(offer, dispatch) if row in limits]
        drawn = {row: charges.drawn(self._measure(row))[place].tolist() for row in rows}
        dispatch_s = int(self._pricing.prices.dispatches.instant_s[dispatch])
        windows = _Windows(self._pricing, self._block, self._rules, offer, dispatch_s, charges.latest_s[place])
        best: dict[tuple[tuple[int, ...], Draws], int] = {}
        for number, load in enumerate(self._loads):
            if not charges.possible[place, number]:
                continue
            on_rows = [(row, drawn[row][number]) for row in rows if drawn[row][number]]
            if any(amount > limits[row] for row, amount in on_rows):
                continue
            for from_stock, taken, ready_s in self._ways(load, dispatch_s):
                late = windows.cost(number, ready_s)
                if late is not None:
                    key = self._aboard(load), tuple(sorted([*on_rows, *taken]))
                    total = paid[number] + from_stock + late
                    best[key] = min(total, best.get(key, total))
        return [Option(aboard, draws, total) for (aboard, draws), total in best.items()]

    def _paid(self, charges: Charges, place: int, dispatch: int) -> list[int]:
        """What each load pays on this choice but for stock and windows, ``1/scale`` micros."""
        prices = self._pricing.prices
        paid = [amount * prices.scale for amount in charges.paid[place].tolist()]
        for number, measure in enumerate(prices.measures):
            per_base_unit = int(prices.dispatches.charges[dispatch, number])
            for load, amount in enumerate(charges.drawn(measure)[place].tolist()):
                paid[load] += per_base_unit * amount
        return paid

    def _aboard(self, load: tuple[int, ...]) -> tuple[int, ...]:
        aboard = [0] * len(self._rules.quantity)
        for line, units in zip(self._line, load, strict=True):
            aboard[line] += units
        return tuple(aboard)

    def _ways(self, load: tuple[int, ...], dispatch_s: int) -> Iterator[tuple[int, Draws, int]]:
        """Ways to take a load from stock: cost, draws on scarce sources (numbered from -1 down), latest ready."""
        per_column = [list(self._column_ways(place, units, dispatch_s)) for place, units in enumerate(load) if units]
        count = 1
        for ways in per_column:
            count *= len(ways)
        if count > MAX_LOADS:
            raise TooManyError
        for choice in product(*per_column):
            taken: dict[int, int] = {}
            for _, draws, _ in choice:
                for source, amount in draws:
                    taken[source] = taken.get(source, 0) + amount
            if all(amount <= self._rules.scarce_sources[-1 - source] for source, amount in taken.items()):
                cost = sum(way[0] for way in choice)
                yield cost, tuple(sorted(taken.items())), max(way[2] for way in choice)

    def _column_ways(self, place: int, units: int, dispatch_s: int) -> Iterator[tuple[int, Draws, int]]:
        sources, rules = self._block.sources, self._rules
        column = self._columns[place]
        rows = range(int(self._block.source_ptr[column]), int(self._block.source_ptr[column + 1]))
        can_ride = [row for row in rows if sources.ready_s[row] <= dispatch_s < sources.expires_s[row]]
        # Of sources that cannot run short only the cheapest counts, unless it matters when its goods are ready.
        plenty = [row for row in can_ride if rules.source_row[row] not in rules.scarce_sources]
        if not rules.judges_ready:
            can_ride = [row for row in can_ride if row not in plenty[1:]]
        budget = Budget(MAX_LOADS)
        for way in _compositions(units, [int(sources.limit[row]) for row in can_ride], budget):
            used = [(row, amount) for row, amount in zip(can_ride, way, strict=True) if amount]
            cost = sum(int(sources.unit_price[row]) * amount for row, amount in used)
            scarce = [
                (-1 - rules.source_row[row], amount)
                for row, amount in used
                if rules.source_row[row] in rules.scarce_sources
            ]
            yield cost, tuple(scarce), max(int(sources.ready_s[row]) for row, _ in used)


class _Windows:
    """What lateness costs the loads of one choice, by the instant their goods are ready."""

    def __init__(
        self, pricing: Pricing, block: Block, rules: OrderRules, offer: int, dispatch_s: int, latest_s: I64
    ) -> None:
        self._pricing, self._block, self._rules = pricing, block, rules
        self._offer, self._dispatch_s, self._latest_s = offer, dispatch_s, latest_s
        self._by_ready: dict[int, tuple[list[int], list[bool]]] = {}

    def cost(self, load: int, ready_s: int) -> int | None:
        """Late and early of a load in ``1/scale`` micros, None outside a hard window."""
        if not self._rules.has_window:
            return 0
        key = ready_s if self._rules.judges_ready else 0
        if key not in self._by_ready:
            self._by_ready[key] = self._costs(key)
        costs, outside = self._by_ready[key]
        return None if outside[load] else costs[load] * self._pricing.scale

    def _costs(self, ready_s: int) -> tuple[list[int], list[bool]]:
        judged_s = judged_at(
            self._pricing,
            self._block,
            np.array([self._offer]),
            np.array([self._dispatch_s]),
            np.array([ready_s]),
        )
        order = np.array([self._rules.order])
        costs, outside = window_costs(self._pricing, order, judged_s[:, np.newaxis], self._latest_s[np.newaxis, :])
        return costs[0].tolist(), outside[0].tolist()


def _compositions(total: int, limits: list[int], budget: Budget) -> Iterator[tuple[int, ...]]:
    """All ways to write a total as a sum of amounts, one per limit and at most that."""
    if not limits:
        if total == 0:
            budget.spend(1)
            yield ()
        return
    rest = sum(limits[1:])
    for amount in range(max(0, total - rest), min(total, limits[0]) + 1):
        for others in _compositions(total - amount, limits[1:], budget):
            yield (amount, *others)
