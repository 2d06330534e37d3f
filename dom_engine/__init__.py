"""dom-engine: sourcing for batches of orders, with a proof of how good the plan is.

The public API in one screen::

    from dom_engine import load_scenario, solve, write_result

    problem = load_scenario(Path("scenarios/quickstart"))
    result = solve(problem)
    write_result(result, Path("out"))
    again = solve(problem, start=read_start(problem, Path("out")))

    from dom_engine.verify import verify

    report = verify(problem, Path("out"))

Why an order is served as it is, and what one more of a row is worth::

    answer = read_answer(problem, Path("out"))
    explanation = explain_order(answer, "1001")
    rows = shadow_prices(answer)

A scenario and its variants side by side, and what certainly differs::

    study = solve_variants(Path("scenarios/peak-day"), Path("study"))
    write_report(Path("study"), Path("study.html"))
    replays = replay(problem, ["nearest", "batch"], window_s=900)
    changes = diff_plans(Path("study/base"), Path("study/later-cutoff"))
    verdicts = accept(problem, Path("out"), Path("rules.yaml"))

Weights and policy at every point of a grid, against several objectives, and as people chose::

    swept = sweep(Path("scenarios/quickstart"), {"weights.late": [0, 1, 5]}, Path("swept"))
    frame = swept.table.to_pandas()
    traded = pareto(Path("scenarios/quickstart"), ["cost", "late_shipments"], Path("front"))
    meant = infer(Path("scenarios/quickstart"), Path("chosen"), Path("inferred"))

What a shop's own history cost, against what was possible::

    history = read_history(Path("orders.csv"), Path("shipments.csv"), Path("my-network"))
    found = regret(history, window_s=86_400)

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
    from dom_engine.explain import explain as explain_order
    from dom_engine.explain import read_answer
    from dom_engine.explain import shadow as shadow_prices
    from dom_engine.report import write_report
    from dom_engine.scenario import load_scenario
    from dom_engine.scenario.results import write_result
    from dom_engine.scenario.starts import read_start
    from dom_engine.weights.infer import infer
    from dom_engine.weights.pareto import pareto
    from dom_engine.weights.sweep import sweep
    from dom_engine.weights.tune import tune
    from dom_engine.whatif import solve_variants
    from dom_engine.whatif.acceptance import accept
    from dom_engine.whatif.difference import diff_plans
    from dom_engine.whatif.history import read_history
    from dom_engine.whatif.regret import regret
    from dom_engine.whatif.replay import replay

__all__ = [
    "Desk",
    "DomError",
    "InputError",
    "accept",
    "diff_plans",
    "explain_order",
    "infer",
    "load_scenario",
    "pareto",
    "read_answer",
    "read_history",
    "read_start",
    "regret",
    "replay",
    "shadow_prices",
    "solve",
    "solve_variants",
    "sweep",
    "tune",
    "write_report",
    "write_result",
]

_HOMES = {
    "Desk": ("dom_engine.desk", "Desk"),
    "DomError": ("dom_engine.errors", "DomError"),
    "InputError": ("dom_engine.errors", "InputError"),
    "accept": ("dom_engine.whatif.acceptance", "accept"),
    "diff_plans": ("dom_engine.whatif.difference", "diff_plans"),
    "explain_order": ("dom_engine.explain", "explain"),
    "infer": ("dom_engine.weights.infer", "infer"),
    "load_scenario": ("dom_engine.scenario", "load_scenario"),
    "pareto": ("dom_engine.weights.pareto", "pareto"),
    "read_answer": ("dom_engine.explain", "read_answer"),
    "read_start": ("dom_engine.scenario.starts", "read_start"),
    "read_history": ("dom_engine.whatif.history", "read_history"),
    "regret": ("dom_engine.whatif.regret", "regret"),
    "replay": ("dom_engine.whatif.replay", "replay"),
    "shadow_prices": ("dom_engine.explain", "shadow"),
    "solve": ("dom_engine.engine", "solve"),
    "solve_variants": ("dom_engine.whatif", "solve_variants"),
    "sweep": ("dom_engine.weights.sweep", "sweep"),
    "tune": ("dom_engine.weights.tune", "tune"),
    "write_report": ("dom_engine.report", "write_report"),
    "write_result": ("dom_engine.scenario.results", "write_result"),
}
"""Where each name lives, and what it is called there: a function may not share a package's name."""


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'dom_engine' has no attribute {name!r}")
    module, member = home
    return getattr(import_module(module), member)
