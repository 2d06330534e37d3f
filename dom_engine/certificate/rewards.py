"""What rewards for serving orders prove: each capacity packs, alone, the orders that pay it best (contract note 39).

Reward order o with r_o for being served one way or another; then whatever the plan, it costs at least the sum of the
rewards plus, for every capacity, the least that any load it can bear costs less its rewards. Orders may be served
twice or not at all here, stock may be oversold and only one capacity counts for each way to serve an order: all of that
only lowers the bound (Lagrangian relaxation; Ross & Soland 1975, doi:10.1007/BF01580430).
"""

from __future__ import annotations

from collections.abc import Set
from math import gcd

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.options import Budget, NodeOptions, OrderRules
from dom_engine.certificate.sources import Pricing, build_block
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows

_MOST_STATES = 1 << 24
_MOST_STEPS = 20_000_000
_LARGEST = 2**58

_UNBOUNDED = -1


class RewardBounds:
    """Every way to serve every order of a batch of single units, and what rewards prove about its plans.

    Raises
    ------
    OverflowError
        When an order asks for more than one unit, the ways are too many to list, or amounts too large to add up.
    """

    def __init__(self, problem: Problem, auditor: Auditor) -> None:
        lines, num_orders = problem.lines, len(problem.orders)
        if len(lines) != num_orders or (np.diff(problem.orders.line_ptr) != 1).any() or (lines.quantity != 1).any():
            raise OverflowError("rewards bound orders of one unit each, no others")
        pricing = Pricing(problem, no_rows(), auditor)
        block = build_block(pricing, 0, num_orders)
        budget = Budget(_MOST_STEPS)
        self._order: list[int] = list(range(num_orders))
        self._node: list[int] = [_UNBOUNDED] * num_orders
        self._cost: list[int] = [int(paid) for paid in pricing.unmet]
        draws: list[dict[int, int]] = [{} for _ in range(num_orders)]
        capacities = auditor.capacity_rows
        for pair, order in enumerate(block.pair_order.tolist()):
            options = NodeOptions(pricing, block, OrderRules.of(pricing, block, order), pair, budget)
            limits = {row: capacities.total_limit(row) for row, _ in options.most_drawn()}
            for ways in options.choices(limits):
                for way in ways:
                    self._order.append(order)
                    self._node.append(options.node)
                    self._cost.append(way.paid)
                    draws.append({row: amount for row, amount in way.draws if row >= 0})
        if sum(map(abs, self._cost)) > _LARGEST:
            raise OverflowError("the costs of the orders are too large to add up")
        demand = _demand(self._order, draws)
        scarce = {row for row, wanted in demand.items() if wanted > capacities.total_limit(row)}
        self._limit = {row: capacities.total_limit(row) for row in scarce}
        self._row = [min((row for row in drawn if row in scarce), default=_UNBOUNDED) for drawn in draws]
        self._draw = [drawn.get(row, 0) for drawn, row in zip(draws, self._row, strict=True)]
        self._base, self._step = self._steps(problem, auditor, demand)

    def _steps(self, problem: Problem, auditor: Auditor, demand: dict[int, int]) -> tuple[int, int]:
        """All plans cost the first and a multiple of the second; 1 where plans pay for more than their orders."""
        rows, capacities = auditor.capacity_rows, problem.capacities
        shared = any(problem.nodes.activation_cost_micros[node] for node in self._node if node >= 0)
        for row, wanted in demand.items():
            capacity = rows.capacity_idx[row]
            free = int(capacities.limit[capacity]) * int(capacities.open_max[capacity])
            shared |= bool(capacities.open_cost_micros[capacity]) or wanted > free < rows.total_limit(row)
        least = self._cost[: len(problem.orders)]
        if shared:
            return 0, 1
        step = gcd(*(cost - least[order] for order, cost in zip(self._order, self._cost, strict=True)))
        return sum(least), step or 1

    def bound(self, reward: I64, barred: Set[tuple[int, int]]) -> int:
        """What every plan costs at least that ships nothing from the barred (node, order), in weighted micros.

        Parameters
        ----------
        reward
            Micros, int64[num_orders], >= 0.
        """
        if float(reward.sum(dtype=np.float64)) > _LARGEST:
            raise OverflowError("the rewards are too large to add up")
        total, loads = int(reward.sum()), dict[int, list[tuple[int, int]]]()
        each = reward.tolist()
        for order, node, cost, row, draw in zip(
            self._order, self._node, self._cost, self._row, self._draw, strict=True
        ):
            paid = cost - each[order]
            if paid >= 0 or (node, order) in barred:
                continue
            if row == _UNBOUNDED:
                total += paid
            else:
                loads.setdefault(row, []).append((draw, paid))
        total += sum(_packed(load, self._limit[row]) for row, load in loads.items())
        return self._base + -(-(total - self._base) // self._step) * self._step


def _demand(orders: list[int], draws: list[dict[int, int]]) -> dict[int, int]:
    """What each row would give if every order drew the most it can."""
    most: dict[tuple[int, int], int] = {}
    for order, drawn in zip(orders, draws, strict=True):
        for row, amount in drawn.items():
            most[row, order] = max(most.get((row, order), 0), amount)
    demand: dict[int, int] = {}
    for (row, _), amount in most.items():
        demand[row] = demand.get(row, 0) + amount
    return demand


def _packed(load: list[tuple[int, int]], limit: int) -> int:
    """The least that a load within the limit pays, of (draw, payment)."""
    unit = gcd(*(draw for draw, _ in load)) or 1
    room = limit // unit
    if room >= _MOST_STATES:
        raise OverflowError("a capacity has too many different loads to look at")
    least = np.zeros(room + 1, np.int64)
    for draw, paid in load:
        weight = draw // unit
        if weight <= room:
            least[weight:] = np.minimum(least[weight:], least[: room + 1 - weight] + paid)
    return int(least[room])


def no_rows() -> PricedRows:
    """Prices of nothing."""
    none, zero = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return PricedRows(
        kind=np.zeros(0, np.int8), position_idx=none, capacity_idx=none.copy(), node_idx=none.copy(),
        order_idx=none.copy(), starts_s=zero, ends_s=zero.copy(), limit=zero.copy(), used=zero.copy(),
        price_micros=zero.copy(),
    )  # fmt: skip
