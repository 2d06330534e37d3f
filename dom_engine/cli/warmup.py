"""Kernels are compiled on their first use on a machine, in minutes: no search may lose its time limit to that."""

from __future__ import annotations

from dom_engine.cli import shipped

SCENARIO = "quickstart"


def warm_up() -> None:
    """Solve the smallest shipped scenario: kernels are compiled, or loaded as the search would have to anyway."""
    from dom_engine.engine import solve
    from dom_engine.scenario import load_scenario
    from solvers.stop import Stop

    # A gap of 0 goes through every step, so that none is left to compile later.
    solve(load_scenario(shipped.folder() / SCENARIO, overrides={"gap": 0}), stop=Stop())
