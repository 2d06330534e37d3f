"""Kernels are compiled on their first use on a machine, in minutes: no search may lose its time limit to that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dom_engine.cli import shipped

if TYPE_CHECKING:
    from dom_engine.domain.problem import Problem

SCENARIO = "quickstart"

_STATES_BITS = 12
"""Orders with more states than two to this go through kernels of their own."""

_MANY = 500
"""Times the quickstart's quantities: orders as large as that have far more states."""


def warm_up(problem: Problem) -> None:
    """Solve the smallest shipped scenario: kernels are compiled, or loaded as the search would have to anyway.

    Parameters
    ----------
    problem
        What will be solved; the kernels of many orders, and of large ones, are warmed only where it has such.
    """
    from dom_engine.engine import solve
    from dom_engine.formulation import build_model
    from dom_engine.scenario import load_scenario
    from solvers.listed import FEWEST_ORDERS, rehearse
    from solvers.stop import Stop

    # A gap of 0 goes through every step, so that none is left to compile later.
    small = load_scenario(shipped.folder() / SCENARIO, overrides={"gap": 0})
    solved = solve(small, stop=Stop())
    # The way of a plan to start from is another.
    solve(small, start=solved.plan, stop=Stop())
    if len(problem.orders) >= FEWEST_ORDERS:
        rehearse(build_model(load_scenario(shipped.folder() / SCENARIO)).model)
    if _has_large_orders(problem):
        # One unit of work ends the search after its first pricing, which is all that differs.
        solve(_magnified(), stop=Stop(work_limit=1))


def _has_large_orders(problem: Problem) -> bool:
    import numpy as np

    lines = problem.lines
    bits = np.log2(lines.quantity // lines.pack + 1)
    by_order = np.bincount(lines.order_idx, weights=bits, minlength=len(problem.orders))
    return bool((by_order > _STATES_BITS).any())


def _magnified() -> Problem:
    """The same scenario with every quantity, of stock as well, many times as large."""
    from dom_engine.scenario.build import build_problem
    from dom_engine.scenario.changes import apply_changes
    from dom_engine.scenario.read import read_raw
    from dom_engine.scenario.yaml_positions import from_plain

    raw = read_raw(shipped.folder() / SCENARIO)
    changes = [
        from_plain({"scale": {"table": table, "column": "quantity", "by": _MANY}}, "warm-up")
        for table in ("order_lines", "inventory")
    ]
    return build_problem(apply_changes(raw, changes))
