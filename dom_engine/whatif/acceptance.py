"""A scenario solved now, held to rules against the result of an earlier day."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.compute as pc

from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.scenario.results_summary import summary
from dom_engine.whatif.comparison import BASE, compare
from dom_engine.whatif.difference import read_table, read_whole_summary
from dom_engine.whatif.rules import Rule, Verdict, judge, read_rules
from solvers.incumbent import Progress


def accept(problem: Problem, baseline: Path, rules: Path) -> list[Verdict]:
    """Solve a problem and hold its costs and KPIs to the rules of a file, against the result of an earlier day.

    Returns
    -------
    list of Verdict
        One for each limit of the file, in its order; ``verdict.holds`` says whether it is kept.

    Raises
    ------
    InputError
        For rules that say nothing, a metric that nobody has, or a baseline of other orders: before anything is solved.
    """
    stated = read_rules(rules)
    return judge_against(problem, read_baseline(baseline, problem), stated, str(rules))


def read_baseline(folder: Path, problem: Problem) -> Mapping[str, Any]:
    """The summary of a baseline; InputError unless it is a result of the very orders of the problem.

    Weights, rates and stock may have changed since, that is what is judged; the orders may not, or figures would differ
    for no reason of theirs.
    """
    stated = read_whole_summary(folder)
    orders = read_table(folder / "order_bounds.csv")["order"].combine_chunks()
    if len(orders) != len(problem.orders) or not pc.all(pc.is_in(orders, value_set=problem.orders.ids)).as_py():
        message = f"answers other orders ({len(orders):,}) than the scenario has ({len(problem.orders):,})"
        raise InputError.single(str(folder), message, code="OTHER_PROBLEM")
    return stated


def judge_against(
    problem: Problem,
    baseline: Mapping[str, Any],
    rules: Sequence[Rule],
    file: str,
    watch: Callable[[Progress], None] | None = None,
) -> list[Verdict]:
    """Solve the problem and hold its metrics to the rules; ``file`` is where faults of the rules are placed.

    Raises
    ------
    InputError
        For a metric that nobody has, before anything is solved.
    """
    judge(rules, compare({BASE: baseline, "now": baseline}), file)
    return judge(rules, compare({BASE: baseline, "now": summary(solve(problem, watch=watch))}), file)
