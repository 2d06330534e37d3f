"""One point: a scenario under one setting of its knobs, solved, audited, measured by the scenario's own yardstick."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from dom_engine.audit import Auditor, evaluate, violations
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.engine import solve
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.build import build_problem
from dom_engine.scenario.changes import COMMAND_LINE, apply_changes, override_solve, with_variant
from dom_engine.scenario.raw import RawScenario
from dom_engine.scenario.read import read_raw
from dom_engine.scenario.results import write_result
from dom_engine.scenario.results_summary import summary
from dom_engine.scenario.whole import write_whole
from dom_engine.scenario.yaml_positions import from_plain
from dom_engine.weights.knobs import Setting, as_changes
from dom_engine.whatif.study import Watcher
from dom_engine.whatif.workers import Prepare
from solvers.incumbent import Progress
from solvers.stop import Stop

Watch = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """A scenario (or a variant of it) and how to solve it; ``token`` sets apart what was read at another time."""

    folder: Path
    variant: str | None
    overrides: tuple[tuple[str, object], ...]
    token: str

    @classmethod
    def of(cls, folder: Path | str, variant: str | None, overrides: Mapping[str, object] | None) -> Batch:
        """Name a batch; it is read when first asked for."""
        given = {key: value for key, value in (overrides or {}).items() if value is not None}
        return cls(Path(folder), variant, tuple(sorted(given.items())), uuid.uuid4().hex)

    @property
    def base(self) -> Problem:
        """The problem as the scenario states it; InputError with all that is wrong with it."""
        return _base(self).problem

    def problem(self, setting: Setting) -> Problem:
        """The problem under a setting; InputError for a value that the scenario format does not admit."""
        if not setting:
            return self.base
        return build_problem(apply_changes(_raw(self), [from_plain(c, COMMAND_LINE) for c in as_changes(setting)]))

    def key(self, setting: Setting) -> str:
        """What decides a solved point: problem, setting, how it was solved, and by which release."""
        base = self.base
        how = asdict(replace(base.solve, threads=0))
        stated = [base.digest, sorted(setting), how, version("dom-engine")]
        return hashlib.sha256(json.dumps(stated).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Point:
    """A solved point.

    ``base_cost_micros`` is what its plan costs under the scenario's own weights and policy, and ``base_violations``
    how many of the scenario's own rules it breaks: more than 0 only where the setting's policy allows what the
    scenario's does not. ``measures`` are the plan's figures of :func:`measures`; ``summary`` is that of the solve.
    """

    setting: Setting
    base_cost_micros: int
    base_violations: int
    measures: Mapping[str, int]
    summary: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PointTask:
    """Solve one point into ``out``: a JSON file and, where plans are kept, the result folder beside it."""

    name: str
    batch: Batch
    setting: Setting
    out: Path
    keep_plan: bool

    def run(self, watch: Watch | None, prepare: Prepare | None) -> None:
        """Solve, audit, measure and write; the file comes last, so that what it tells of is whole."""
        problem = self.batch.problem(self.setting)
        if prepare is not None:
            prepare(problem)
        result = solve(problem, stop=Stop(problem.solve.time_limit_s, problem.solve.work_limit), watch=watch)
        stated = {"key": self.batch.key(self.setting), **_stated(self.batch, self.setting, result)}
        self.out.parent.mkdir(parents=True, exist_ok=True)
        if self.keep_plan:
            write_result(result, self.out.with_suffix(""))
        write_whole(self.out, json.dumps(stated, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def read_point(task: PointTask) -> Point | None:
    """A point solved earlier; None where it is not there, is not whole, or answers something else."""
    if not task.out.is_file() or (task.keep_plan and not task.out.with_suffix("").is_dir()):
        return None
    try:
        stated = json.loads(task.out.read_text(encoding="utf-8"))
        if stated["key"] != task.batch.key(task.setting):
            return None
        return Point(
            task.setting,
            stated["base_cost_micros"],
            stated["base_violations"],
            stated["measures"],
            stated["summary"],
        )
    except (ValueError, KeyError, TypeError):
        return None


def solve_point(task: PointTask, watch: Watch | None = None, prepare: Prepare | None = None) -> Point:
    """Solve a point in this process."""
    task.run(watch, prepare)
    point = read_point(task)
    assert point is not None
    return point


def measures(problem: Problem, result: Result) -> dict[str, int]:
    """The audited plan's figures, all integers and all the better the smaller: counts, grams, raw costs in micros."""
    facts = result.evaluation.shipments
    shipments_of = np.bincount(result.plan.shipments.order_idx, minlength=len(problem.orders))
    missing = np.bincount(problem.lines.order_idx, result.evaluation.unallocated > 0, minlength=len(problem.orders))
    return {
        "shipments": len(result.plan.shipments),
        "parcels": int(facts.parcels.sum()),
        "split_orders": int(np.count_nonzero(shipments_of > 1)),
        "late_shipments": int(np.count_nonzero(facts.days_late > 0)),
        "days_late": int(facts.days_late.sum()),
        "unfilled_units": int(result.evaluation.unallocated.sum()),
        "incomplete_orders": int(np.count_nonzero(missing)),
        "co2_g": int(facts.co2_g.sum()),
        **{f"raw_costs.{term}": int(micros) for term, micros in result.evaluation.raw_costs_micros.items()},
    }


def _stated(batch: Batch, setting: Setting, result: Result) -> dict[str, Any]:
    auditor = _base(batch)
    base = auditor.problem
    evaluation = evaluate(base, result.plan, auditor) if setting else result.evaluation
    return {
        "setting": dict(setting),
        "base_cost_micros": evaluation.objective_micros,
        "base_violations": len(violations(base, result.plan, auditor)) if setting else 0,
        "measures": measures(base, result),
        "summary": summary(result),
    }


@lru_cache(maxsize=16)
def _raw(batch: Batch) -> RawScenario:
    raw = with_variant(read_raw(batch.folder), batch.variant)
    raw = replace(apply_changes(raw, raw.changes), changes=())
    return override_solve(raw, dict(batch.overrides))


@lru_cache(maxsize=16)
def _base(batch: Batch) -> Auditor:
    return Auditor(build_problem(_raw(batch)))


def check_settings(batch: Batch, settings: list[Setting]) -> None:
    """Raise InputError for every value that the scenario format does not admit, each tried by itself."""
    faults: list[Fault] = []
    for knob_value in dict.fromkeys(pair for setting in settings for pair in setting):
        try:
            batch.problem((knob_value,))
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(sorted(set(faults)))


class Solver:
    """Solves points of one batch one after the other, each once: what was solved before, here or earlier, is read."""

    def __init__(self, batch: Batch, out: Path, watcher: Watcher, prepare: Prepare | None, *, keep_plans: bool) -> None:
        self._batch = batch
        self._out = out
        self._watcher = watcher
        self._prepare = prepare
        self._keep_plans = keep_plans
        self._solved: dict[str, Point] = {}

    def point(self, setting: Setting, name: str) -> Point:
        """The solved point of a setting; ``name`` is what it is called where progress is told."""
        key = self._batch.key(setting)
        if key not in self._solved:
            task = PointTask(name, self._batch, setting, self._out / f"{key[:12]}.json", self._keep_plans)
            point = read_point(task)
            kept = point is not None
            if point is None:
                self._watcher.began(name)
                point = solve_point(task, lambda progress: self._watcher.progressed(name, progress), self._prepare)
                self._prepare = None
            self._watcher.finished(name, point.summary, kept=kept)
            self._solved[key] = point
        return self._solved[key]

    def place(self, setting: Setting) -> str:
        """The name of the point's result folder."""
        return self._batch.key(setting)[:12]
