"""What a search for trade-offs writes: its points, what is proven of them, and its front as variants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyarrow as pa

from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.exports import MONEY, table_of
from dom_engine.weights.folders import POINTS_FOLDER
from dom_engine.weights.knobs import Range, as_changes
from dom_engine.weights.objectives import COST, Objective
from dom_engine.weights.pointtable import (
    MEASURE_TYPES,
    SOLVED_TYPES,
    knob_cells,
    knob_types,
    measure_cells,
    solved_cells,
)

if TYPE_CHECKING:
    from dom_engine.weights.pareto import ParetoPoint
    from dom_engine.weights.points import Point, Solver

_ROUNDED_PER_UNIT = 64
"""More amounts than one unit of an order can cause, in a shipment of its own: each is rounded to the micro."""


def points_table(
    objectives: Sequence[Objective], ranges: Sequence[Range], points: Sequence[ParetoPoint], solver: Solver
) -> pa.Table:
    """One row per point; ``same_as`` and ``dominated_by`` are numbers of points."""
    knobs = [one.knob for one in ranges]
    types = {
        "point": pa.int64(),
        "source": pa.string(),
        "front": pa.bool_(),
        "supported": pa.bool_(),
        "same_as": pa.int64(),
        "dominated_by": pa.int64(),
        **{f"objective.{one.name}": one.type for one in objectives},
        "cost_at_least": MONEY,
        **knob_types(knobs),
        **SOLVED_TYPES,
        **MEASURE_TYPES,
        "folder": pa.string(),
    }
    rows = []
    for number, one in enumerate(points, start=1):
        rank = one.rank
        rows.append(
            {
                "point": number,
                "source": one.source,
                "front": rank.front,
                "supported": rank.supported if rank.front else None,
                "same_as": None if rank.same_as is None else rank.same_as + 1,
                "dominated_by": None if rank.dominated_by is None else rank.dominated_by + 1,
                **{f"objective.{o.name}": value for o, value in zip(objectives, one.values, strict=True)},
                "cost_at_least": one.at_least_micros,
                **knob_cells(knobs, dict(one.point.setting)),
                **solved_cells(one.point),
                **measure_cells(one.point),
                "folder": f"{POINTS_FOLDER}/{solver.place(one.point.setting)}",
            }
        )
    return table_of(rows, types)


def least_cost(
    base: Problem, objectives: Sequence[Objective], solved: Sequence[Point], vector: Sequence[int]
) -> int | None:
    """What no plan that is as good in every objective but cost can undercut, in micros; None where nothing proves it.

    Under weights v instead of w a plan costs what it costs under w, and (v - w) times each of its raw terms more. So
    the bound of a point that turned nothing but weights, less what the raw terms that are objectives may add by that,
    bounds the cost under w of every plan that keeps to those objectives.
    """
    if base.policy.fill_first or COST not in (one.name for one in objectives):
        return None
    limits = {one.measure: value for one, value in zip(objectives, vector, strict=True)}
    slack = _ROUNDED_PER_UNIT * int(base.lines.quantity.sum())
    best: int | None = None
    for point in solved:
        bound = point.summary["lower_bound_micros"]
        setting = dict(point.setting)
        if bound is None or any(not knob.startswith("weights.") for knob in setting):
            continue
        proven = float(bound)
        for term in COST_TERMS:
            more = float(setting.get(f"weights.{term}", base.weights.of(term))) - base.weights.of(term)
            if more > 0:
                proven -= more * limits.get(f"raw_costs.{term}", float("inf"))
        if proven > 0:
            found = int(proven) - (slack if setting else 0)
            best = found if best is None else max(best, found)
    return best


def front_yaml(points: Sequence[ParetoPoint]) -> str:
    """The front as variants of the scenario, to be pasted into its ``scenario.yaml``."""
    lines = ["variants:"]
    for number, one in enumerate(points, start=1):
        if one.rank.front and one.point.setting:
            lines += [f"  - name: front-{number}", "    changes:"]
            for change in as_changes(one.point.setting):
                for table, keys in change.items():
                    told = ", ".join(f"{key}: {value}" for key, value in keys.items())
                    lines.append(f"      - {table}: {{{told}}}")
    return "\n".join(lines) + "\n" if len(lines) > 1 else "variants: []\n"
