"""Orders through time: decided window by window from what is left, against the best that hindsight could have done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from dom_engine.audit import Auditor
from dom_engine.audit.evaluate import stock_use
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Result
from dom_engine.domain.transport import Capacities
from dom_engine.engine import audited, solve
from dom_engine.errors import InputError
from dom_engine.explain.copies import with_orders

POLICIES = {
    "batch": "auto",
    "fcfs": "fcfs",
    "nearest": "nearest",
    "preference": "preference",
    "fewest-splits": "fewest-splits",
}
"""Ways to decide a window's orders, and the method of ``solve`` that does it: the best plan, or a rule of today."""

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


def replay(problem: Problem, policies: Sequence[str], window_s: int, tell: Tell | None = None) -> Replays:
    """Run the orders of a scenario through time under each policy, and once in hindsight.

    Orders released in a window are decided together at its end, from the stock and capacity that earlier windows left;
    what is not served then stays unserved. Windows begin with the first release. Goods arriving later may be promised.

    Parameters
    ----------
    policies
        Names of ``POLICIES``.
    window_s
        Length of a window in seconds, at least 1.
    tell
        Called with what is done next.

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
        replays.append(_replayed(problem, policy, window_s))
    told("solving in hindsight")
    return Replays(problem, tuple(replays), solve(problem))


def from_first_release(problem: Problem) -> Problem:
    """The problem as it stood when the first order came in; its last dispatch stays where it is."""
    first_s = int(problem.orders.released_at_s.min()) if len(problem.orders) else problem.now_s
    now_s = min(problem.now_s, first_s)
    return replace(problem, now_s=now_s, horizon_s=problem.horizon_end_s - now_s)


def _replayed(problem: Problem, policy: str, window_s: int) -> Replay:
    auditor = Auditor(problem)
    window = (problem.orders.released_at_s - problem.now_s) // window_s
    parts: list[tuple[I64, Plan]] = []
    plan = Plan.empty()
    windows = np.unique(window)
    for number in windows.tolist():
        orders = np.flatnonzero(window == number).astype(np.int64)
        at_s = problem.now_s + (number + 1) * window_s
        # Beyond the horizon nothing is dispatched any more, but its end must not lie before now.
        now = with_orders(_left(auditor, plan), orders)
        now = replace(now, now_s=at_s, horizon_s=max(0, problem.horizon_end_s - at_s))
        now = replace(now, solve=replace(problem.solve, method=POLICIES[policy]))
        parts.append((orders, solve(now).plan))
        plan = _together(problem, parts)
    return Replay(policy, window_s, len(windows), plan, audited(auditor, plan))


def _left(auditor: Auditor, plan: Plan) -> Problem:
    """The problem with what a plan leaves: stock, capacity by instance, and nodes that are open already."""
    problem = auditor.problem
    use = stock_use(problem, plan.allocations)
    positions = replace(
        problem.positions,
        free=(problem.positions.free - use.free).astype(np.int64),
        covered_safety=(problem.positions.covered_safety - use.safety).astype(np.int64),
    )
    activation = problem.nodes.activation_cost_micros.copy()
    activation[plan.shipments.node_idx] = 0
    nodes = replace(problem.nodes, activation_cost_micros=activation)
    return replace(problem, positions=positions, nodes=nodes, capacities=_capacities_left(auditor, plan))


def _capacities_left(auditor: Auditor, plan: Plan) -> Capacities:
    """One capacity per instance, by what is left of its limit, then of its overtime."""
    capacities, rows = auditor.problem.capacities, auditor.capacity_rows
    at = rows.capacity_idx
    used = rows.used(auditor.loads(plan.shipments, plan.allocations)).astype(np.int64)
    limit = capacities.limit[at] * capacities.open_max[at]
    over = np.maximum(0, used - limit)
    columns = {name: getattr(capacities, name)[at].copy() for name in Capacities.__dataclass_fields__}
    columns |= {
        "starts_s": rows.starts_s.copy(),
        "ends_s": rows.ends_s.copy(),
        "daily": np.zeros(len(at), np.bool_),
        "limit": np.maximum(0, limit - used),
        "open_max": np.ones(len(at), np.int64),
        "overtime_limit": capacities.overtime_limit[at] - over,
    }
    return Capacities(**columns)


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
    shipments, allocations = np.concatenate(ships), np.concatenate(loads)
    by = np.lexsort(shipments.T[::-1])
    place = np.empty(len(by), np.int64)
    place[by] = np.arange(len(by))
    shipments = shipments[by]
    allocations[:, 0] = place[allocations[:, 0]]
    allocations = allocations[np.lexsort(allocations[:, :4].T[::-1])]
    return Plan(
        Shipments(
            shipments[:, 0].astype(np.int32),
            shipments[:, 2].astype(np.int32),
            shipments[:, 3].astype(np.int32),
            shipments[:, 1].copy(),
        ),
        Allocations(
            allocations[:, 0].astype(np.int32),
            allocations[:, 1].astype(np.int32),
            allocations[:, 2].astype(np.int32),
            allocations[:, 3].astype(np.bool_),
            allocations[:, 4].copy(),
        ),
    )
