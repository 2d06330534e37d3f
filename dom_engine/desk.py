"""One order at a time: decided when it arrives, at the prices of an earlier batch, from the stock that is left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.errors import InputError
from dom_engine.formulation import build_model, plan_of, prices_of
from solvers.decide import Decider, Decision, take_from
from solvers.judging import unserved
from solvers.model import Patterns, Prices
from solvers.patterns import concatenate


@dataclass(frozen=True, slots=True)
class DeskDecision:
    """How an order is served.

    ``cost_micros`` is its own cost of section 5; ``priced_cost_micros`` adds what the rows it draws on are worth to
    others. ``exact``: no other way to serve it, from the same stock, has a lower priced cost.
    """

    order: str
    cost_micros: int
    priced_cost_micros: float
    exact: bool
    pattern: Patterns


class Desk:
    """Decides the orders of a problem one at a time, for one thread.

    Parameters
    ----------
    problem
        Its orders are those that may arrive; formulated once, here.
    prices
        The ``certificate.rows`` of a solved batch of the same problem; None: every unit is free, which is what shops
        that look at one order alone assume.

    Attributes
    ----------
    stock
        What every row can still give, int64: positions, their safety stocks, then capacities.
    """

    def __init__(self, problem: Problem, prices: PricedRows | None = None) -> None:
        self._formulation = build_model(problem)
        model = self._formulation.model
        self._index = {str(name): k for k, name in enumerate(problem.orders.ids)}
        self._decider = Decider(model)
        self.stock: I64 = model.row_capacity()
        self._taken: dict[int, Patterns] = {}
        self.set_prices(prices)

    def set_prices(self, prices: PricedRows | None) -> None:
        """Decide at other prices from now on, say those of a batch solved since."""
        model = self._formulation.model
        stated = None if prices is None else prices_of(self._formulation, prices)
        self._prices = Prices.zero(model) if stated is None else stated.steering(model)

    def known(self, prices: PricedRows) -> PricedRows:
        """The prices of rows that an order here can draw on; those of nodes that open belong to other orders' batch."""
        formulation = self._formulation
        instances = (formulation.capacity_idx, formulation.starts_s, formulation.ends_s)
        known = set(zip(*(column.tolist() for column in instances), strict=True))
        stated = zip(prices.capacity_idx.tolist(), prices.starts_s.tolist(), prices.ends_s.tolist(), strict=True)
        keep = (prices.kind == RowKind.STOCK) | (prices.kind == RowKind.SAFETY_STOCK)
        keep |= (prices.kind == RowKind.CAPACITY) & np.array([key in known for key in stated], np.bool_)
        return PricedRows(**{name: getattr(prices, name)[keep] for name in PricedRows.__dataclass_fields__})

    def decide(self, order: str) -> DeskDecision:
        """The cheapest way to serve an order now; nothing is taken yet.

        Raises
        ------
        InputError
            When the problem has no such order.
        """
        at = self._index.get(order)
        if at is None:
            raise InputError.single("orders", f"no order {order!r}", code="UNKNOWN_REFERENCE")
        decision: Decision = self._decider.decide(at, self._prices, self.stock)
        pattern = decision.pattern
        return DeskDecision(order, int(pattern.cost[0]), decision.priced_cost, decision.exact, pattern)

    def take(self, decision: DeskDecision) -> None:
        """Let a decision stand: what it ships leaves the stock.

        Raises
        ------
        ValueError
            When the order has been taken before, or another took the stock first; nothing changes then.
        """
        at = self._index[decision.order]
        if at in self._taken:
            raise ValueError(f"order {decision.order!r} has been taken already")
        take_from(self.stock, decision.pattern)
        self._taken[at] = decision.pattern

    def plan(self) -> Plan:
        """All decisions taken, as a plan of the problem; orders not taken are unserved."""
        model = self._formulation.model
        rest = np.setdiff1d(np.arange(model.num_orders, dtype=np.int32), list(self._taken))
        return plan_of(self._formulation, concatenate([unserved(model, rest), *self._taken.values()]))
