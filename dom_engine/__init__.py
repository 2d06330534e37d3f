"""dom-engine: sourcing for batches of orders, with a proof of how good the plan is.

The public API in one screen::

    from dom_engine import load_scenario, solve, write_result

    problem = load_scenario(Path("scenarios/quickstart"))
    result = solve(problem)
    write_result(result, Path("out"))

    from dom_engine.verify import verify

    report = verify(problem, Path("out"))

A scenario and its variants side by side, and what certainly differs::

    study = solve_variants(Path("scenarios/peak-day"), Path("study"))

One order at a time, at the prices of a batch::

    desk = Desk(problem, result.certificate.rows)
    decision = desk.decide("1001")

Names are looked up when first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dom_engine.desk import Desk
    from dom_engine.engine import solve
    from dom_engine.errors import DomError, InputError
    from dom_engine.scenario import load_scenario
    from dom_engine.scenario.results import write_result
    from dom_engine.whatif import solve_variants

__all__ = ["Desk", "DomError", "InputError", "load_scenario", "solve", "solve_variants", "write_result"]

_HOMES = {
    "Desk": "dom_engine.desk",
    "DomError": "dom_engine.errors",
    "InputError": "dom_engine.errors",
    "load_scenario": "dom_engine.scenario",
    "solve": "dom_engine.engine",
    "solve_variants": "dom_engine.whatif",
    "write_result": "dom_engine.scenario.results",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dom_engine' has no attribute {name!r}")
    return getattr(import_module(home), name)
