"""What a plan leaves to the orders that come after it: stock, capacity by instance, and nodes that are open already."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dom_engine.audit import Auditor
from dom_engine.audit.evaluate import stock_use
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Capacities


def what_is_left(auditor: Auditor, plan: Plan) -> Problem:
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
