"""Tuning: the weights and policy whose plans score best on some batches, judged on batches they were not tuned on.

Optuna's tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kegl 2011) proposes settings; each is solved
on every tuning batch and scored by a target. The hold-out batches are solved twice only, as they are and with what was
found, so nothing of them can leak into the choice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.exports import MONEY, TableFormat, check_table_format, table_files, table_of, write_tables
from dom_engine.scenario.whole import write_whole
from dom_engine.weights.folders import POINTS_FOLDER, begin_folder, check_folder
from dom_engine.weights.knobs import Range, Setting, as_changes, check_knobs
from dom_engine.weights.points import Batch, Point, Solver, check_settings
from dom_engine.weights.pointtable import (
    MEASURE_TYPES,
    SOLVED_TYPES,
    knob_cells,
    knob_types,
    measure_cells,
    solved_cells,
)
from dom_engine.weights.search import (
    JOURNAL_FILE,
    begin_study,
    distributions,
    ends,
    first_places,
    require_optuna,
    setting_at,
)
from dom_engine.weights.target import Aim, score_micros
from dom_engine.whatif.study import Silent, Watcher
from dom_engine.whatif.workers import Prepare

KIND = "tune"
TRIALS, BATCHES = "trials", "batches"
TUNED_FILE = "tuned.yaml"

BatchName: TypeAlias = Path | str | tuple[Path | str, str | None]
"""A scenario folder, or one and the name of a variant of it."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One batch as the scenario states it and as tuned, with the scores of both plans in micros."""

    batch: str
    held_out: bool
    base: Point
    tuned: Point
    base_score_micros: int
    tuned_score_micros: int


@dataclass(frozen=True, slots=True)
class Tuned:
    """What tuning found. ``setting`` is empty where nothing scored better than the scenarios as they are.

    ``trials`` are the settings tried and their scores, summed over the tuning batches. ``shared_orders`` counts the
    orders of hold-out batches whose id a tuning batch has too: where they are the same orders, they judge nothing.
    """

    currency: str
    setting: Setting
    trials: tuple[tuple[Setting, int], ...]
    judged: tuple[Judged, ...]
    shared_orders: int
    trial_table: pa.Table
    batch_table: pa.Table

    def scores(self, *, held_out: bool) -> tuple[int, int]:
        """Scores in micros, as the scenarios are and as tuned, summed over the batches of one kind."""
        of = [one for one in self.judged if one.held_out == held_out]
        return sum(one.base_score_micros for one in of), sum(one.tuned_score_micros for one in of)


def tune(
    batches: Sequence[BatchName],
    hold_out: Sequence[BatchName],
    ranges: Sequence[Range],
    target: Sequence[Aim],
    out: Path | str,
    *,
    trials: int = 40,
    overrides: Mapping[str, object] | None = None,
    tables: TableFormat = "csv",
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
) -> Tuned:
    """Tune weights and policy on some batches, and judge them on others.

    Parameters
    ----------
    batches, hold_out
        Scenarios of one currency, at least one of each; none may be in both.
    ranges
        What may be turned, and how far.
    target
        What each figure of a plan is worth. Costs are those under each scenario's own weights and policy.
    out
        Gets ``trials`` and ``batches`` as tables, ``tuned.yaml`` (the setting as changes of a scenario), the Optuna
        study, and what is known of each solved point; solved points are read, so an interrupted run goes on.
    overrides
        Keys of ``solve`` for every solve. ``seed`` is also that of the search.

    Raises
    ------
    InputError
        For input that makes no study, or a folder of something else: found before anything is solved or written.
    """
    out = Path(out)
    check_table_format(tables)
    check_knobs(one.knob for one in ranges)
    _check_given(batches, hold_out, ranges, target)
    require_optuna()
    named = {name: Batch.of(*parts, overrides) for name, parts in _named([*batches, *hold_out]).items()}
    names = list(named)
    tuning, judging = names[: len(batches)], names[len(batches) :]
    _check_batches(named, tuning, judging)
    for name in names:
        check_settings(named[name], [setting_at(ranges, place) for place in ends(ranges)])
    digests = {name: named[name].base.digest for name in names}
    check_folder(out, KIND, digests, {POINTS_FOLDER, TUNED_FILE, JOURNAL_FILE, *table_files([TRIALS, BATCHES])})

    begin_folder(out, KIND, digests)
    tell = watcher or Silent()
    solvers = {}
    for name in names:
        solvers[name] = Solver(named[name], out / POINTS_FOLDER, tell, prepare, keep_plans=False)
        prepare = None

    def score(setting: Setting, what: str) -> int:
        points = (solvers[name].point(setting, f"{name} {what}") for name in tuning)
        return sum(score_micros(target, point) for point in points)

    base_score = score((), "as it is")
    first = named[tuning[0]].base
    study = begin_study(out, "tpe", 1, first.solve.seed, 0)
    for place in first_places(first, ranges)[:trials]:
        study.enqueue_trial(dict(zip((one.knob for one in ranges), place, strict=True)))
    tried: list[tuple[Setting, int]] = []
    for number in range(1, trials + 1):
        trial = study.ask(distributions(ranges))
        setting = setting_at(ranges, [trial.params[one.knob] for one in ranges])
        tried.append((setting, score(setting, f"trial {number}")))
        study.tell(trial, tried[-1][1] / 1e6)
    best, best_score = min(tried, key=lambda pair: pair[1], default=((), base_score))
    if best_score >= base_score:
        best = ()

    judged = []
    for name in names:
        base, tuned = solvers[name].point((), f"{name} as it is"), solvers[name].point(best, f"{name} tuned")
        scores = score_micros(target, base), score_micros(target, tuned)
        judged.append(Judged(name, name in judging, base, tuned, *scores))
    knobs = [one.knob for one in ranges]
    made = {TRIALS: _trial_table(knobs, tried, best), BATCHES: _batch_table(knobs, judged)}
    write_tables(out, made, tables)
    write_whole(out / TUNED_FILE, _yaml(best))
    seen = {order for name in tuning for order in named[name].base.orders.ids.to_pylist()}
    shared = sum(order in seen for name in judging for order in named[name].base.orders.ids.to_pylist())
    return Tuned(first.currency, best, tuple(tried), tuple(judged), shared, made[TRIALS], made[BATCHES])


def _named(batches: Sequence[BatchName]) -> dict[str, tuple[Path | str, str | None]]:
    """Folder and variant by a name that tells the batches apart."""
    found: dict[str, tuple[Path | str, str | None]] = {}
    for batch in batches:
        folder, variant = batch if isinstance(batch, tuple) else (batch, None)
        name = Path(folder).resolve().name + (f":{variant}" if variant else "")
        if name in found and found[name] != (folder, variant):
            name = str(folder) + (f":{variant}" if variant else "")
        if name in found:
            message = f"batch '{name}' is given twice: a batch is tuned on or held out, once"
            raise InputError.single(COMMAND_LINE, message, column="batch", code="DUPLICATE")
        found[name] = (folder, variant)
    return found


def _check_given(
    batches: Sequence[BatchName], hold_out: Sequence[BatchName], ranges: Sequence[Range], target: Sequence[Aim]
) -> None:
    faults = []
    for given, column, message in (
        (batches, "batch", "there is no batch to tune on"),
        (hold_out, "hold-out", "there is no batch held out: weights are judged on orders they were not tuned on"),
        (ranges, "vary", "there is nothing to turn: name a weight or policy and its range"),
        (target, "target", "the target is empty: name figures and their prices"),
    ):
        if not given:
            faults.append(Fault(COMMAND_LINE, 0, column, "EMPTY", message))
    if faults:
        raise InputError(faults)


def _check_batches(named: Mapping[str, Batch], tuning: Sequence[str], judging: Sequence[str]) -> None:
    """One currency, and no batch on both sides."""
    currencies = {batch.base.currency for batch in named.values()}
    if len(currencies) > 1:
        message = f"the batches are in {' and '.join(sorted(currencies))}: their scores cannot be summed"
        raise InputError.single(COMMAND_LINE, message, column="batch", code="CURRENCIES")
    known = {named[name].base.digest: name for name in tuning}
    for name in judging:
        if named[name].base.digest in known:
            message = f"'{name}' is the same problem as '{known[named[name].base.digest]}', which is tuned on"
            raise InputError.single(COMMAND_LINE, message, column="hold-out", code="DUPLICATE")


def _trial_table(knobs: Sequence[str], tried: Sequence[tuple[Setting, int]], best: Setting) -> pa.Table:
    chosen = next((number for number, (setting, _) in enumerate(tried) if setting == best), -1)
    rows = [
        {"trial": number + 1, **knob_cells(knobs, dict(setting)), "score": score, "best": number == chosen}
        for number, (setting, score) in enumerate(tried)
    ]
    return table_of(rows, {"trial": pa.int64(), **knob_types(knobs), "score": MONEY, "best": pa.bool_()})


def _batch_table(knobs: Sequence[str], judged: Sequence[Judged]) -> pa.Table:
    types = {
        "batch": pa.string(),
        "role": pa.string(),
        "setting": pa.string(),
        "score": MONEY,
        **knob_types(knobs),
        **SOLVED_TYPES,
        **MEASURE_TYPES,
    }
    rows = []
    for one in judged:
        for setting, point, score in (
            ("base", one.base, one.base_score_micros),
            ("tuned", one.tuned, one.tuned_score_micros),
        ):
            rows.append(
                {
                    "batch": one.batch,
                    "role": "hold_out" if one.held_out else "tune",
                    "setting": setting,
                    "score": score,
                    **knob_cells(knobs, dict(point.setting)),
                    **solved_cells(point),
                    **measure_cells(point),
                }
            )
    return table_of(rows, types)


def _yaml(setting: Setting) -> str:
    """The setting as keys that can stand in a scenario."""
    lines = []
    for change in as_changes(setting):
        for table, keys in change.items():
            lines += [f"{table}:", *(f"  {key}: {value}" for key, value in keys.items())]
    return "\n".join(lines or ["# Nothing scored better than the scenarios as they are."]) + "\n"
