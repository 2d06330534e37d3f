"""What a shop paid, against what its windows could have decided and what hindsight could have: with certain limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from dom_engine.audit import Auditor, evaluate, violations
from dom_engine.audit.feasibility import Violation
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Result
from dom_engine.errors import InputError
from dom_engine.scenario.exports import MONEY, column_of
from dom_engine.scenario.results_format import instants_text
from dom_engine.whatif.history import History
from dom_engine.whatif.replay import Replay, in_hindsight, replayed
from dom_engine.whatif.shares import Shares, by_node, own_costs, shares

NUM_ORDERS_TOLD, NUM_NODES_TOLD = 50, 3
MOST_OF_IT = 0.8
CENT_MICROS = 10_000
"""Told are the fewest orders and nodes that carry so much of the excess, at most so many."""


@dataclass(frozen=True, slots=True)
class Regret:
    """A history, valued.

    ``windows`` is the best that windows could have decided, each without knowing what came after; ``hindsight`` the
    best with all orders known. ``broken`` are the rules of the network that the history did not keep.
    """

    history: History
    auditor: Auditor
    evaluation: Evaluation
    broken: tuple[Violation, ...]
    windows: Replay
    hindsight: Result
    shares: Shares

    @property
    def problem(self) -> Problem:
        """What was asked for."""
        return self.history.problem

    @property
    def paid_micros(self) -> int:
        """What the history costs, by the weights of the network."""
        return self.evaluation.objective_micros

    @property
    def best_micros(self) -> int:
        """The least cost of any plan known to keep the rules."""
        found = [self.hindsight.evaluation.objective_micros, self.windows.cost_micros]
        return min(found if self.broken else [*found, self.paid_micros])

    @property
    def bound_micros(self) -> int:
        """What no plan can cost less than."""
        return self.hindsight.lower_bound_micros or 0

    @property
    def excess(self) -> tuple[float, float] | None:
        """How much too much was paid, as ratios that certainly enclose it; None without a bound above 0."""
        if self.bound_micros <= 0:
            return None
        return self.paid_micros / self.best_micros - 1, self.paid_micros / self.bound_micros - 1

    @property
    def saved_by_windows(self) -> float | None:
        """What windows would have saved of what was paid, as a ratio; None where nothing was paid."""
        return 1 - self.windows.cost_micros / self.paid_micros if self.paid_micros else None

    def dearest_orders(self) -> tuple[I64, float]:
        """The fewest orders that carry most of it, the dearest first, and their share of what orders carry."""
        return _fewest(self.shares.excess_micros, NUM_ORDERS_TOLD)

    def node_excess(self) -> I64:
        """What each node carries, and at the end what was not shipped at all."""
        return by_node(self.history.done, self.shares.excess_micros, len(self.problem.nodes))

    def dearest_nodes(self) -> tuple[list[str], float]:
        """The fewest nodes that carry most of it, likewise."""
        first, share = _fewest(self.node_excess()[:-1], NUM_NODES_TOLD)
        return [self.problem.nodes.ids[int(at)].as_py() for at in first], share


def _fewest(carried: I64, most: int) -> tuple[I64, float]:
    """The largest amounts that together reach ``MOST_OF_IT``, at most so many, and their share; no cents."""
    whole = int(np.maximum(0, carried).sum())
    if whole < CENT_MICROS:
        return np.zeros(0, np.int64), 0.0
    first = np.argsort(-carried, kind="stable")
    so_far = np.cumsum(np.maximum(0, carried[first]))
    num = min(most, int(np.searchsorted(so_far, MOST_OF_IT * whole)) + 1)
    return first[:num], int(so_far[num - 1]) / whole


def regret(
    history: History,
    window_s: int,
    tell: Callable[[str], None] | None = None,
    hindsight_limit_s: float | None = None,
) -> Regret:
    """Value a history: what it costs, what windows of orders could have cost, what hindsight could.

    Parameters
    ----------
    window_s
        Orders released within so many seconds are decided together at their end; at least 1.
    tell
        Called with what is done next.
    hindsight_limit_s
        Seconds to search in hindsight, from the plan of the windows; by default as long as for one window.

    Raises
    ------
    InputError
        Under ``fill_first``, and where a capacity opens by loads: neither windows nor costs compare then.
    """
    problem, told = history.problem, tell or (lambda _: None)
    if window_s < 1:
        raise InputError.single("command line", "a window is at least one second", column="window", code="OUT_OF_RANGE")
    if problem.policy.fill_first:
        message = "under fill_first plans compare by what they fill, and no cost says how much too much was paid"
        raise InputError.single("scenario.yaml", message, column="policy.fill_first", code="UNSUPPORTED")
    if (problem.capacities.open_cost_micros > 0).any():
        message = "a capacity that opens by loads (open_cost) cannot be replayed: what is left of loads is no capacity"
        raise InputError.single("capacities", message, column="open_cost", code="UNSUPPORTED")
    auditor = Auditor(problem)
    evaluation = evaluate(problem, history.done, auditor)
    broken = tuple(violations(problem, history.done, auditor))
    told("deciding window by window")
    windows = replayed(problem, "batch", window_s)
    told("solving in hindsight")
    hindsight = in_hindsight(problem, windows, hindsight_limit_s)
    carried = shares(auditor, history.done, hindsight.certificate, evaluation)
    return Regret(history, auditor, evaluation, broken, windows, hindsight, carried)


def tables(found: Regret) -> dict[str, pa.Table]:
    """Everything behind the figures, for notebooks: by order, node, window and cost term, and the rules broken."""
    return {
        "orders": _orders(found),
        "nodes": _nodes(found),
        "windows": _windows(found),
        "terms": _terms(found),
        "broken": pa.table(
            {
                "rule": pa.array([str(one.code) for one in found.broken], pa.string()),
                "where": pa.array([one.where for one in found.broken], pa.string()),
                "message": pa.array([one.message for one in found.broken], pa.string()),
            }
        ),
    }


def _orders(found: Regret) -> pa.Table:
    problem = found.problem
    best = own_costs(found.auditor, found.hindsight.plan, found.hindsight.evaluation)
    columns = {
        "order": problem.orders.ids,
        "released_at": instants_text(problem.orders.released_at_s),
        "shipped_from": nodes_of(problem, found.history.done),
        "best_from": nodes_of(problem, found.hindsight.plan),
        "cost": column_of(found.shares.own_micros.tolist(), MONEY),
        "best_cost": column_of(best.tolist(), MONEY),
        "excess": column_of(found.shares.excess_micros.tolist(), MONEY),
    }
    return pa.table(columns).take(pa.array(np.argsort(-found.shares.excess_micros, kind="stable")))


def nodes_of(problem: Problem, plan: Plan) -> pa.Array:
    """Where each order ships from: ids, joined by ``;``."""
    names, found = problem.nodes.ids.to_pylist(), [""] * len(problem.orders)
    for order, node in sorted(
        set(zip(plan.shipments.order_idx.tolist(), plan.shipments.node_idx.tolist(), strict=True))
    ):
        found[order] += f";{names[node]}" if found[order] else names[node]
    return pa.array(found, pa.string())


def _nodes(found: Regret) -> pa.Table:
    problem, carried = found.problem, found.node_excess()
    num = len(problem.nodes)

    def made(plan: Plan) -> list[int]:
        return [*np.bincount(plan.shipments.node_idx, minlength=num).tolist(), 0]

    columns = {
        "node": pa.array([*problem.nodes.ids.to_pylist(), ""], pa.string()),
        "shipments": pa.array(made(found.history.done), pa.int64()),
        "best_shipments": pa.array(made(found.hindsight.plan), pa.int64()),
        "excess": column_of(carried.tolist(), MONEY),
    }
    return pa.table(columns).take(pa.array(np.argsort(-carried, kind="stable")))


def _windows(found: Regret) -> pa.Table:
    problem = found.problem
    window = (problem.orders.released_at_s - problem.now_s) // found.windows.window_s
    numbers, of = np.unique(window, return_inverse=True)
    plans = [(found.history.done, found.evaluation), (found.windows.plan, found.windows.evaluation)]
    plans.append((found.hindsight.plan, found.hindsight.evaluation))

    def summed(amounts: I64) -> list[int]:
        total = np.zeros(len(numbers), np.int64)
        np.add.at(total, of, amounts)
        return [int(amount) for amount in total]

    paid, decided, best = (summed(own_costs(found.auditor, plan, evaluation)) for plan, evaluation in plans)
    return pa.table(
        {
            "starts": instants_text(problem.now_s + numbers * found.windows.window_s),
            "orders": pa.array(np.bincount(of).tolist(), pa.int64()),
            "cost": column_of(paid, MONEY),
            "window_cost": column_of(decided, MONEY),
            "best_cost": column_of(best, MONEY),
            "excess": column_of(summed(found.shares.excess_micros), MONEY),
        }
    )


def _terms(found: Regret) -> pa.Table:
    plans = (found.evaluation, found.windows.evaluation, found.hindsight.evaluation)
    terms = list(found.evaluation.costs_micros)
    paid, decided, best = ([one.costs_micros[term] for term in terms] for one in plans)
    return pa.table(
        {
            "term": pa.array(terms, pa.string()),
            "cost": column_of(paid, MONEY),
            "window_cost": column_of(decided, MONEY),
            "best_cost": column_of(best, MONEY),
        }
    )
