"""A measurement as JSON in pytest-benchmark's form, read back, and two of them compared."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from dom_engine.bench.measure import Measured, summary_of
from dom_engine.errors import InputError

NOISE_S = 0.05
"""A phase that is slower by less than this on this machine is not judged: timers and caches do as much."""

_VERSION = "5.1.0"
"""The version of pytest-benchmark whose form this is."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``before`` and ``now`` are calibration loops of a phase, or counts; ``ratio`` is now to before."""

    name: str
    before: float
    now: float
    is_count: bool
    worse: bool

    @property
    def ratio(self) -> float:
        """How many times as much as before; 1 where both are nothing."""
        if self.before == 0:
            return 1.0 if self.now == 0 else float("inf")
        return self.now / self.before


def to_json(measured: Measured, measured_at: str) -> dict[str, Any]:
    """One benchmark per phase, as ``pytest-benchmark compare`` reads it."""
    about = {
        "scenario": measured.scenario,
        "problem_digest": measured.problem_digest,
        "solve": dict(measured.settings),
        "calibration_s": measured.calibration_s,
        "counters": dict(measured.counters),
        "status": measured.status,
        "limit": measured.limit,
        "gap": measured.gap,
    }
    return {
        "machine_info": {
            "node": platform.node(),
            "machine": platform.machine(),
            "system": platform.system(),
            "python_version": platform.python_version(),
            "cpu": {},
        },
        "commit_info": {},
        "benchmarks": [_benchmark(measured, phase, about) for phase in measured.seconds],
        "datetime": measured_at,
        "version": _VERSION,
    }


def _benchmark(measured: Measured, phase: str, about: Mapping[str, Any]) -> dict[str, Any]:
    taken = measured.seconds[phase]
    outliers = {"iqr_outliers": 0, "stddev_outliers": 0, "outliers": "0;0"}
    whiskers = {"ld15iqr": min(taken), "hd15iqr": max(taken)}
    stats = summary_of(taken)
    return {
        "group": measured.scenario,
        "name": phase,
        "fullname": f"{measured.scenario}::{phase}",
        "params": None,
        "param": None,
        "extra_info": {**about, "normalised": measured.normalised(phase)},
        "options": {},
        "stats": {
            **stats,
            **outliers,
            **whiskers,
            "rounds": len(taken),
            "iterations": 1,
            "ops": 1 / stats["mean"] if stats["mean"] > 0 else 0.0,
            "data": list(taken),
        },
    }


def read_measured(path: Path) -> Measured:
    """What :func:`to_json` stated.

    Raises
    ------
    InputError
        When there is no such file, or it is no measurement of ours; the field is named.
    """
    try:
        stated = json.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise InputError.single(str(path), "no such file; write one with --save", code="NOT_FOUND") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError.single(str(path), f"not JSON in UTF-8: {error}", code="MALFORMED") from None
    try:
        benchmarks = stated["benchmarks"]
        about = benchmarks[0]["extra_info"]
        seconds = {str(entry["name"]): tuple(map(float, entry["stats"]["data"])) for entry in benchmarks}
        measured = Measured(
            scenario=str(about["scenario"]),
            problem_digest=str(about["problem_digest"]),
            settings=dict(about["solve"]),
            seconds=seconds,
            calibration_s=float(about["calibration_s"]),
            counters={str(name): int(value) for name, value in about["counters"].items()},
            status=str(about["status"]),
            limit=str(about["limit"]),
            gap=None if about["gap"] is None else float(about["gap"]),
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        _refuse(path, f"no measurement of `dom bench`: {type(error).__name__} {error}")
    if not measured.calibration_s > 0 or not all(taken and min(taken) >= 0 for taken in seconds.values()):
        _refuse(path, "no measurement of `dom bench`: times are positive")
    return measured


def _refuse(path: Path, message: str) -> NoReturn:
    raise InputError.single(str(path), message, code="MALFORMED")


def compare(before: Measured, now: Measured, tolerance: float, path: Path) -> list[Comparison]:
    """Phases in calibration loops, then counters; worse is what rose by more than ``tolerance`` (relative).

    Counters are compared where both runs came to their own end: those of runs that the clock ended mean nothing.

    Raises
    ------
    InputError
        When the baseline is of another problem, or was solved by other settings.
    """
    if before.problem_digest != now.problem_digest:
        message = f"measures another problem ({before.scenario!r}), or this one before it changed: measure it anew"
        raise InputError.single(str(path), message, code="OTHER_PROBLEM")
    differing = sorted(k for k in {*before.settings, *now.settings} if before.settings.get(k) != now.settings.get(k))
    if differing:
        raise InputError.single(str(path), f"was solved with another {', '.join(differing)}", code="OTHER_SETTINGS")
    return [*_phases(before, now, tolerance), *_counters(before, now, tolerance)]


def _phases(before: Measured, now: Measured, tolerance: float) -> Iterator[Comparison]:
    for phase in now.seconds:
        if phase in before.seconds:
            earlier, later = before.normalised(phase), now.normalised(phase)
            noticed = (later - earlier) * now.calibration_s > NOISE_S
            yield Comparison(phase, earlier, later, is_count=False, worse=noticed and later > earlier * (1 + tolerance))


def _counters(before: Measured, now: Measured, tolerance: float) -> Iterator[Comparison]:
    if before.limit or now.limit:
        return
    for name, count in now.counters.items():
        if name in before.counters:
            earlier = before.counters[name]
            yield Comparison(name, earlier, count, is_count=True, worse=count > earlier * (1 + tolerance))
