"""Orders through time: decided window by window from what is left, against the best that hindsight could have done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from dom_engine.audit import Auditor
from dom_engine.desk import Desk
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Result
from dom_engine.engine import SEARCHES, audited, plan_and_prices, solve
from dom_engine.errors import InputError
from dom_engine.explain.copies import with_orders
from dom_engine.scenario.exports import MONEY, column_of
from dom_engine.whatif.assembly import sorted_plan
from dom_engine.whatif.learned import learned_prices
from dom_engine.whatif.leftover import what_is_left
from solvers.stop import Stop

METHODS = {
    "batch": "auto",
    "fcfs": "fcfs",
    "nearest": "nearest",
    "priority": "preference",
    "fewest-splits": "fewest-splits",
}
"""Ways to decide a window's orders, and the method of ``solve`` that does it: the best plan, or a rule of today."""

POLICIES = (*METHODS, "priced")
"""All of them; ``priced`` waits for no window: every order is decided as it comes in, at learned prices."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Replay:
    """What a policy made of the orders; ``plan`` is one of the whole scenario, audited as such."""

    policy: str
    window_s: int
    num_windows: int
    plan: Plan
    evaluation: Evaluation

    @property
    def cost_micros(self) -> int:
        """What it paid."""
        return self.evaluation.objective_micros


@dataclass(frozen=True, slots=True)
class Replays:
    """Policies against hindsight, the best plan for all orders known at once from the first release on."""

    problem: Problem
    replays: tuple[Replay, ...]
    hindsight: Result

    def excess(self, replay: Replay) -> tuple[float, float] | None:
        """How much too much a policy paid, as ratios that certainly enclose it; None without a bound."""
        best = min([self.hindsight.evaluation.objective_micros, *(one.cost_micros for one in self.replays)])
        bound = self.hindsight.lower_bound_micros
        if bound is None or bound <= 0 or self.problem.policy.fill_first:
            return None
        return replay.cost_micros / best - 1, replay.cost_micros / bound - 1

    def table(self) -> pa.Table:
        """A row per policy and cost term (``total`` their sum), hindsight last, for notebooks."""
        hindsight = self.hindsight.evaluation
        paid = [(one.policy, one.window_s, one.evaluation) for one in self.replays] + [("hindsight", None, hindsight)]
        rows = [
            (policy, window_s, term, micros)
            for policy, window_s, evaluation in paid
            for term, micros in [*evaluation.costs_micros.items(), ("total", evaluation.objective_micros)]
        ]
        return pa.table(
            {
                "policy": pa.array([row[0] for row in rows], pa.string()),
                "window_s": pa.array([row[1] for row in rows], pa.int64()),
                "term": pa.array([row[2] for row in rows], pa.string()),
                "cost": column_of([row[3] for row in rows], MONEY),
            }
        )


def replay(
    problem: Problem,
    policies: Sequence[str],
    window_s: int,
    tell: Tell | None = None,
    hindsight_limit_s: float | None = None,
) -> Replays:
    """Run the orders of a scenario through time under each policy, and once in hindsight.

    Orders released in a window are decided together at its end, from the stock and capacity that earlier windows left;
    what is not served then stays unserved. Windows begin with the first release. Goods arriving later may be promised.
    Under ``priced`` an order is decided at its release, and a window's end is when the prices are learned anew.

    Parameters
    ----------
    policies
        Names of ``POLICIES``.
    window_s
        Length of a window in seconds, at least 1.
    tell
        Called with what is done next.
    hindsight_limit_s
        Seconds to search in hindsight, from the cheapest plan replayed; by default as long as for one window.

    Raises
    ------
    InputError
        For a policy that nobody has, and where a capacity opens by loads: what is left of one is no capacity.
    """
    unknown = [policy for policy in policies if policy not in POLICIES]
    if unknown:
        message = f"unknown policy '{unknown[0]}'; known are {', '.join(POLICIES)}"
        raise InputError.single("command line", message, column="policy", code="UNKNOWN_POLICY")
    if window_s < 1:
        raise InputError.single("command line", "a window is at least one second", column="window", code="OUT_OF_RANGE")
    if (problem.capacities.open_cost_micros > 0).any():
        message = "a capacity that opens by loads (open_cost) cannot be replayed: what is left of loads is no capacity"
        raise InputError.single("capacities", message, column="open_cost", code="UNSUPPORTED")
    problem = from_first_release(problem)
    told = tell or (lambda _: None)
    replays = []
    for policy in policies:
        told(f"replaying {policy}")
        replays.append(replayed(problem, policy, window_s) if policy in METHODS else _priced(problem, window_s))
    told("solving in hindsight")
    cheapest = min(replays, key=lambda one: one.cost_micros, default=None)
    return Replays(problem, tuple(replays), in_hindsight(problem, cheapest, hindsight_limit_s))


def in_hindsight(problem: Problem, found: Replay | None, limit_s: float | None = None) -> Result:
    """The best plan found with all orders known, never worse than a replayed one: a plan of windows is one of all.

    A rule of today starts from nothing.
    """
    settings = problem.solve
    stop = Stop(settings.time_limit_s if limit_s is None else limit_s, settings.work_limit)
    start = found.plan if found is not None and settings.method in SEARCHES else None
    return solve(problem, start=start, stop=stop)


def from_first_release(problem: Problem) -> Problem:
    """The problem as it stood when the first order came in; its last dispatch stays where it is."""
    first_s = int(problem.orders.released_at_s.min()) if len(problem.orders) else problem.now_s
    now_s = min(problem.now_s, first_s)
    return replace(problem, now_s=now_s, horizon_s=problem.horizon_end_s - now_s)


def replayed(problem: Problem, policy: str, window_s: int) -> Replay:
    """Windows decided by a method of ``METHODS``, each from what the ones before it left; windows begin at ``now``."""
    auditor = Auditor(problem)
    window = (problem.orders.released_at_s - problem.now_s) // window_s
    parts: list[tuple[I64, Plan]] = []
    plan = Plan.empty()
    windows = np.unique(window)
    for number in windows.tolist():
        orders = np.flatnonzero(window == number).astype(np.int64)
        at_s = problem.now_s + (number + 1) * window_s
        # Beyond the horizon nothing is dispatched any more, but its end must not lie before now.
        now = with_orders(what_is_left(auditor, plan), orders)
        now = replace(now, now_s=at_s, horizon_s=max(0, problem.horizon_end_s - at_s))
        now = replace(now, solve=replace(problem.solve, method=METHODS[policy]))
        parts.append((orders, plan_and_prices(now)[0]))
        plan = _together(problem, parts)
    return Replay(policy, window_s, len(windows), plan, audited(auditor, plan))


def _priced(problem: Problem, window_s: int) -> Replay:
    """Orders one at a time, first come first served, where a scarce unit costs what it is worth to those to come."""
    auditor, desk = Auditor(problem), Desk(problem)
    release_s = problem.orders.released_at_s - problem.now_s
    window = release_s // window_s
    ends_s = int(release_s.max(initial=0)) + 1
    windows = np.unique(window)
    for number in windows.tolist():
        for order in np.flatnonzero(window == number)[np.argsort(release_s[window == number], kind="stable")]:
            desk.take(desk.decide(str(problem.orders.ids[int(order)])))
        elapsed_s = (number + 1) * window_s
        if number != windows[-1]:
            desk.set_prices(learned_prices(auditor, desk, elapsed_s, ends_s - elapsed_s))
    plan = desk.plan()
    return Replay("priced", window_s, len(windows), plan, audited(auditor, plan))


def _together(problem: Problem, parts: Sequence[tuple[I64, Plan]]) -> Plan:
    """Plans of the orders of each window as one plan of all orders."""
    ships: list[I64] = []
    loads: list[I64] = []
    before = 0
    for orders, plan in parts:
        first = problem.orders.line_ptr[orders]
        size = problem.orders.line_ptr[orders + 1] - first
        begin = np.cumsum(size) - size
        lines = np.repeat(first - begin, size) + np.arange(int(size.sum()))
        made, rides = plan.shipments, plan.allocations
        ships.append(np.stack([orders[made.order_idx], made.dispatch_s, made.node_idx, made.service_idx], axis=1))
        aboard: list[I64] = [
            rides.shipment_idx.astype(np.int64) + before,
            lines[rides.line_idx],
            rides.position_idx.astype(np.int64),
            rides.from_safety_stock.astype(np.int64),
        ]
        loads.append(np.stack([*aboard, rides.quantity], axis=1))
        before += len(made)
    return sorted_plan(np.concatenate(ships), np.concatenate(loads))
