"""Knobs as coordinates from 0 to 1, and Optuna as who proposes them.

Optuna is asked and told, one point after the other, with a fixed seed. A study that was interrupted is replayed from
its beginning: every point solved before is read instead of solved, so it arrives where it stopped in the very state it
had, and ends with the same tables as one that was never interrupted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.units import MICROS_PER_UNIT
from dom_engine.weights.knobs import Range, Setting, number_text, value_text

if TYPE_CHECKING:
    from optuna.study import Study

JOURNAL_FILE = "optuna.journal"
_CURVE = 1_000.0
"""Half of a range's coordinates lie within its lowest thirtieth: weights matter by their ratio."""

Place: TypeAlias = tuple[float | str, ...]
"""Coordinates of a setting: a number from 0 to 1 for a range, and a choice as itself."""


def require_optuna() -> None:
    """Raise InputError, naming the extra, where Optuna is not installed."""
    from importlib.util import find_spec

    if find_spec("optuna") is None:
        message = "searching over weights needs Optuna, which is not installed: pip install 'dom-engine[tune]'"
        raise InputError.single("environment", message, code="MISSING_EXTRA")


def setting_at(ranges: Sequence[Range], at: Sequence[float | str]) -> Setting:
    """The setting at some coordinates: numbers from 0 to 1, and a choice as itself."""
    pairs = []
    for one, place in zip(ranges, at, strict=True):
        if one.choices:
            pairs.append((one.knob, str(place)))
            continue
        share = math.expm1(float(place) * math.log(_CURVE)) / (_CURVE - 1)
        value = one.low + (one.high - one.low) * share
        pairs.append((one.knob, str(round(value)) if one.whole else number_text(float(f"{value:.3g}"))))
    return tuple(pairs)


def place_of(one: Range, value: float) -> float:
    """The coordinate of a number, cut to the range."""
    share = (min(max(value, one.low), one.high) - one.low) / (one.high - one.low)
    return math.log1p(share * (_CURVE - 1)) / math.log(_CURVE)


def own_place(problem: Problem, ranges: Sequence[Range]) -> Place:
    """The coordinates nearest to what the scenario itself says."""
    place: list[float | str] = []
    for one in ranges:
        table, _, key = one.knob.partition(".")
        if table == "weights":
            value: object = problem.weights.of(key)
        elif key == "window_basis":
            value = "arrival" if problem.policy.judge_arrival else "delivery_point"
        else:
            micros = getattr(problem.policy, f"{key}_micros", None)
            value = getattr(problem.policy, key) if micros is None else micros / MICROS_PER_UNIT
        if one.choices:
            text = value_text(value)
            place.append(text if text in one.choices else one.choices[0])
        else:
            place.append(place_of(one, float(str(value))))
    return tuple(place)


def first_places(problem: Problem, ranges: Sequence[Range]) -> list[Place]:
    """What a search tries first: the scenario's own setting, then that with each range alone at its upper end."""
    own = own_place(problem, ranges)
    pressed = [(*own[:index], 1.0, *own[index + 1 :]) for index, one in enumerate(ranges) if not one.choices]
    return [own, *pressed]


def ends(ranges: Sequence[Range]) -> list[Place]:
    """Each end and each choice of every range, the others at their lower ends or first choices."""
    low: list[float | str] = [one.choices[0] if one.choices else 0.0 for one in ranges]
    places: list[Place] = [tuple(low)] if ranges else []
    for index, one in enumerate(ranges):
        places += [(*low[:index], end, *low[index + 1 :]) for end in (one.choices[1:] or (1.0,))]
    return places


def begin_study(out: Path, sampler: Literal["nsga2", "tpe"], num_objectives: int, seed: int, population: int) -> Study:
    """A fresh study that all is told to again, kept in ``optuna.journal`` for whoever wants to look into it."""
    import optuna
    from optuna.samplers import NSGAIISampler, TPESampler
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    journal = out / JOURNAL_FILE
    journal.unlink(missing_ok=True)
    chosen = (
        NSGAIISampler(population_size=population, seed=seed)
        if sampler == "nsga2"
        else TPESampler(seed=seed, multivariate=False)
    )
    return optuna.create_study(
        storage=JournalStorage(JournalFileBackend(str(journal))),
        sampler=chosen,
        directions=["minimize"] * num_objectives,
        study_name=sampler,
    )


def distributions(ranges: Sequence[Range]) -> dict[str, Any]:
    """What Optuna draws for each knob."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    return {
        one.knob: CategoricalDistribution(one.choices) if one.choices else FloatDistribution(0.0, 1.0) for one in ranges
    }
