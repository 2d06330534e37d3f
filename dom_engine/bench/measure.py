"""Repeated solves of one scenario, timed by phase beside a calibration loop."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.engine import solve
from dom_engine.kernels.calibration import calibration_s
from dom_engine.scenario.results import write_result
from solvers.stop import now_s

TOTAL = "total"
"""All phases of a round together, from the scenario's files to the result's."""


@dataclass(frozen=True, slots=True)
class Measured:
    """``seconds`` holds a phase's times, one per round; ``counters`` count work, the same on every machine.

    ``calibration_s`` is the fixed loop's best time, taken between the rounds. ``limit`` is what ended the last
    round's search before its own end, empty where nothing did.
    """

    scenario: str
    problem_digest: str
    settings: Mapping[str, object]
    seconds: Mapping[str, tuple[float, ...]]
    calibration_s: float
    counters: Mapping[str, int]
    status: str
    limit: str
    gap: float | None

    def normalised(self, phase: str) -> float:
        """The phase's best time in calibration loops: what may be compared between machines and days."""
        return min(self.seconds[phase]) / self.calibration_s


def measure(load: Callable[[], Problem], rounds: int, step: Callable[[str], None] = lambda _: None) -> Measured:
    """Load, solve and write a scenario ``rounds`` times; kernels must be compiled by then.

    Parameters
    ----------
    load
        Reads and validates the scenario.
    step
        Told what is done now.
    """
    seconds: dict[str, list[float]] = {}
    calibrations = [calibration_s()]
    for number in range(1, rounds + 1):
        step(f"round {number} of {rounds}")
        problem, result, phases = _round(load)
        for phase, taken_s in phases.items():
            seconds.setdefault(phase, []).append(taken_s)
        calibrations.append(calibration_s())
    objective = result.evaluation.objective_micros
    bound = result.lower_bound_micros
    return Measured(
        scenario=problem.name,
        problem_digest=problem.digest,
        settings=asdict(problem.solve),
        seconds={phase: tuple(taken) for phase, taken in seconds.items()},
        calibration_s=min(calibrations),
        counters=dict(result.counters),
        status=result.status.value,
        limit=result.limit.value if result.limit else "",
        gap=None if bound is None else (objective - bound) / max(1_000_000, objective),
    )


def _round(load: Callable[[], Problem]) -> tuple[Problem, Result, dict[str, float]]:
    started_s = now_s()
    problem = load()
    loaded_s = now_s()
    result = solve(problem)
    solved_s = now_s()
    with tempfile.TemporaryDirectory() as parent:
        write_result(result, Path(parent) / "result")
    ended_s = now_s()
    phases = {"load": loaded_s - started_s, **result.timings_s, "write": ended_s - solved_s}
    return problem, result, {**phases, TOTAL: ended_s - started_s}


def summary_of(taken: tuple[float, ...]) -> dict[str, float]:
    """What pytest-benchmark states of the times of one benchmark."""
    once = len(taken) == 1
    quarter, median, three_quarters = taken * 3 if once else statistics.quantiles(taken, n=4, method="inclusive")
    return {
        "min": min(taken),
        "max": max(taken),
        "mean": statistics.fmean(taken),
        "stddev": statistics.stdev(taken) if len(taken) > 1 else 0.0,
        "median": median,
        "q1": quarter,
        "q3": three_quarters,
        "iqr": three_quarters - quarter,
        "total": sum(taken),
    }
