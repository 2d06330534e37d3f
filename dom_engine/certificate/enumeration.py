"""Price one order by enumerating its patterns: slow, plain, exact, for orders whose shipments meet.

Choice by choice (node, service, dispatch), keep of all partial patterns with the same units per line, the same draws
on rows the order alone could exceed, the same opened nodes and as many shipments, the cheapest: what completes one
completes the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dom_engine.certificate.options import (
    MAX_LOADS,
    Budget,
    Draws,
    LeafRules,
    NodeOptions,
    Option,
    OrderRules,
    TooManyError,
)
from dom_engine.certificate.sources import Block, Pricing

_State = tuple[tuple[int, ...], Draws, frozenset[int], int]
"""Units of each line aboard, draws on scarce rows, opened nodes whose activation has a price, shipments if limited."""


NO_PATTERN = 2**62
"""The least that an order pays in a leaf that leaves it no pattern: no plan is in it."""


def enumerate_minimum(pricing: Pricing, block: Block, order: int, budget: Budget, leaf: LeafRules | None = None) -> int:
    """The least any pattern of the order pays, exactly, in ``1/scale`` micros.

    Parameters
    ----------
    leaf
        What a pattern keeps beside the order's rules; ``NO_PATTERN`` where none does.

    Raises
    ------
    TooManyError
        When that takes more steps than ``budget`` has left.
    """
    rules = OrderRules.of(pricing, block, order, leaf)
    if rules.num_states > MAX_LOADS:
        raise TooManyError
    first, last = np.searchsorted(block.pair_order, (order, order + 1))
    pairs: Sequence[int] = range(int(first), int(last))
    if leaf is not None:
        pairs = [pair for pair in pairs if int(block.pair_node[pair]) not in leaf.without]
    nodes = [NodeOptions(pricing, block, rules, pair, budget) for pair in pairs]
    limits = _scarce_rows(pricing, rules, nodes)
    choices = [(node.node, options) for node in nodes for options in node.choices(limits)]
    search = _Search(pricing, rules, limits, choices)
    for node, options in choices:
        budget.spend(len(search.states) * len(options))
        search.add_choice(node, options)
    return search.best


def _scarce_rows(pricing: Pricing, rules: OrderRules, nodes: list[NodeOptions]) -> dict[int, int]:
    """Rows that the order alone could exceed or that a leaf limits: capacities from 0 up, sources from -1 down."""
    most: dict[int, int] = {}
    for node in nodes:
        for row, amount in node.most_drawn():
            most[row] = most.get(row, 0) + amount
    limits = {row: pricing.auditor.capacity_rows.total_limit(row) for row in most}
    scarce = {row: limit for row, limit in limits.items() if limit < most[row]}
    scarce |= {row: min(use, limits[row]) for row, use in rules.most_loads.items() if row in limits}
    return scarce | {-1 - source: limit for source, limit in rules.scarce_sources.items()}


class _Search:
    def __init__(
        self, pricing: Pricing, rules: OrderRules, limits: dict[int, int], choices: list[tuple[int, list[Option]]]
    ) -> None:
        self._rules, self._limits = rules, limits
        self._split = pricing.split_micros * pricing.scale
        self._opening = dict.fromkeys(rules.within, 0) | {
            node: price * pricing.scale
            for (node, order), price in pricing.prices.activation.items()
            if order == rules.order
        }
        # What later shipments may still pay back where prices are below 0.
        self._paid_back = sum(max(0, -min(option.paid for option in options)) for _, options in choices)
        self._paid_back += sum(max(0, -opening) for opening in self._opening.values())
        served = rules.needed or rules.within or not rules.can_draw
        self.best = NO_PATTERN if served else rules.unmet(rules.quantity)
        self.states: dict[_State, int] = {((0,) * len(rules.quantity), (), frozenset(), 0): 0}

    def add_choice(self, node: int, options: list[Option]) -> None:
        """Let every partial pattern make, or not, one shipment of this choice."""
        limit = self._rules.max_shipments
        for (aboard, draws, opened, count), paid in list(self.states.items()):
            if limit and count == limit:
                continue
            opens = node in self._opening and node not in opened
            base = paid + (self._split if any(aboard) else 0) + (self._opening[node] if opens else 0)
            now = opened | {node} if opens else opened
            for option in options:
                total = base + option.paid
                units = tuple(map(int.__add__, aboard, option.aboard))
                if total - self._paid_back >= self.best or any(map(int.__gt__, units, self._rules.quantity)):
                    continue
                drawn = self._together(draws, option.draws)
                if drawn is not None:
                    self._keep((units, drawn, now, count + 1 if limit else 0), total)

    def _keep(self, state: _State, paid: int) -> None:
        left = tuple(map(int.__sub__, self._rules.quantity, state[0]))
        if (not self._rules.complete_only or not any(left)) and self._in_leaf(state):
            self.best = min(self.best, paid + self._rules.unmet(left))
        known = self.states.get(state)
        if known is None or paid < known:
            self.states[state] = paid

    def _in_leaf(self, state: _State) -> bool:
        """Whether a pattern ships from the nodes, and draws on the sources, that a leaf wants it to."""
        rules, drawn = self._rules, dict(state[1])
        enough = all(drawn.get(row, 0) >= least for row, least in rules.needed.items())
        return rules.can_draw and enough and rules.within <= state[2]

    def _together(self, draws: Draws, more: Draws) -> Draws | None:
        """The draws of both, None where they exceed a row."""
        if not more:
            return draws
        total = dict(draws)
        for row, amount in more:
            total[row] = total.get(row, 0) + amount
            if total[row] > self._limits[row]:
                return None
        return tuple(sorted(total.items()))
