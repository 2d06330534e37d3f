"""``summary.json``: status, bounds, costs and figures of a result as one mapping (section 8)."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType
from typing import Any

import numpy as np

from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Result
from dom_engine.domain.settings import COST_TERMS
from dom_engine.domain.start import Begun
from dom_engine.errors import MAX_FAULTS_SHOWN
from dom_engine.scenario.results_format import FORMAT, round_half_even
from dom_engine.units import MICROS_PER_UNIT

_PACKAGES = ("dom-engine", "numba", "numpy", "ortools", "pyarrow")


def summary(result: Result) -> dict[str, Any]:
    """``summary.json`` as a mapping: every amount as a number in the currency and as integer ``*_micros``."""
    problem, evaluation, fill = result.problem, result.evaluation, result.fill
    objective = evaluation.objective_micros
    certified = result.certificate.lower_bound_micros
    return {
        "format": FORMAT,
        "scenario": problem.name,
        "currency": problem.currency,
        "status": result.status.value,
        "limit": None if result.limit is None else result.limit.value,
        **_amount("objective", objective),
        **_amount("lower_bound", result.lower_bound_micros),
        "bound_source": result.bound_source,
        **_amount("certified_lower_bound", certified),
        **({} if result.tree is None else _amount("tree_lower_bound", result.tree.lower_bound_micros)),
        "gap": relative_gap(objective, result.lower_bound_micros),
        "certified_gap": relative_gap(objective, certified),
        "fill": {
            **_amount("weighted_unallocated", fill.weighted_unallocated_micro_units),
            **_amount("lower_bound", fill.lower_bound_micro_units),
        },
        **_amounts("costs", evaluation.costs_micros),
        **_amounts("raw_costs", evaluation.raw_costs_micros),
        "kpis": kpis(problem, result.plan, evaluation),
        "solve": asdict(problem.solve),
        "timings_s": dict(result.timings_s),
        "work": result.work,
        "method": result.method,
        "seed": result.seed,
        "threads": result.threads,
        "problem_digest": problem.digest,
        **({} if result.begun is None else {"start": _begun(result.begun)}),
        "versions": dict(_versions()),
    }


def _begun(begun: Begun) -> dict[str, Any]:
    """What was taken over of the plan to start from; of the orders that were not, the first hundred by name."""
    told = begun.not_kept[:MAX_FAULTS_SHOWN]
    return {
        "kept_orders": begun.kept_orders,
        **_amount("objective", begun.objective_micros),
        "not_kept_orders": len(begun.not_kept),
        "not_kept": [{"order": one.order, "why": one.why} for one in told],
    }


def _amount(name: str, micros: int | None) -> dict[str, Any]:
    return {name: None if micros is None else micros / MICROS_PER_UNIT, f"{name}_micros": micros}


def _amounts(name: str, terms: Mapping[str, int]) -> dict[str, dict[str, float] | dict[str, int]]:
    micros = {term: int(terms[term]) for term in COST_TERMS}
    return {
        name: {term: amount / MICROS_PER_UNIT for term, amount in micros.items()},
        f"{name}_micros": micros,
    }


def relative_gap(objective_micros: int, bound_micros: int | None) -> float | None:
    """(objective - bound) / max(1, objective) in the currency, correctly rounded; None without a bound."""
    if bound_micros is None:
        return None
    return (objective_micros - bound_micros) / max(MICROS_PER_UNIT, objective_micros)


def kpis(problem: Problem, plan: Plan, evaluation: Evaluation) -> dict[str, float | int]:
    """Figures a planner reads first; a ratio over nothing is 0, but the fill rate of an empty batch is 1."""
    facts, lines = evaluation.shipments, problem.lines
    num_orders = len(problem.orders)
    missing = np.bincount(lines.order_idx, evaluation.unallocated > 0, minlength=num_orders)
    shipments_of = np.bincount(plan.shipments.order_idx, minlength=num_orders)
    num_shipments, num_shipping = len(plan.shipments), int(np.count_nonzero(shipments_of))
    units = int(lines.quantity.sum())
    filled = units - int(evaluation.unallocated.sum())
    cost_per_order = round_half_even(evaluation.objective_micros, num_orders) if num_orders else 0
    return {
        "orders": num_orders,
        "lines": len(lines),
        "units": units,
        "filled_units": filled,
        "fill_rate": filled / units if units else 1.0,
        "complete_orders": int(np.count_nonzero(missing == 0)),
        "split_orders": int(np.count_nonzero(shipments_of > 1)),
        "shipments": num_shipments,
        "parcels": int(facts.parcels.sum()),
        "shipments_per_order": num_shipments / num_shipping if num_shipping else 0.0,
        "on_time_shipments": int(np.count_nonzero(facts.days_late == 0)),
        "co2_kg": int(facts.co2_g.sum()) / 1_000,
        **_amount("cost_per_order", cost_per_order),
    }


@cache  # they stay what they are, and to look them up takes longer than to solve a small batch
def _versions() -> Mapping[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return MappingProxyType(found)
