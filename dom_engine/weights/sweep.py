"""A sweep: a scenario solved at every point of a grid over weights and policy."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from dom_engine.scenario.exports import TableFormat, check_table_format, table_files, table_of, write_tables
from dom_engine.weights.folders import POINTS_FOLDER, begin_folder, check_folder
from dom_engine.weights.knobs import Setting, grid
from dom_engine.weights.points import Batch, Point, PointTask, check_settings, read_point
from dom_engine.weights.pointtable import (
    COST_TYPES,
    MEASURE_TYPES,
    SOLVED_TYPES,
    cost_cells,
    knob_cells,
    knob_types,
    measure_cells,
    solved_cells,
)
from dom_engine.whatif.study import Silent, Watcher
from dom_engine.whatif.workers import Prepare, solve_jobs
from solvers.incumbent import Progress

KIND = "sweep"
TABLE = "points"


@dataclass(frozen=True, slots=True)
class Sweep:
    """The points of a grid, in the grid's order, and as ``table`` (which is what ``points.csv`` holds)."""

    currency: str
    knobs: tuple[str, ...]
    points: tuple[Point, ...]
    table: pa.Table


def sweep(
    folder: Path | str,
    values: Mapping[str, Sequence[object]],
    out: Path | str,
    *,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    tables: TableFormat = "csv",
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
) -> Sweep:
    """Solve a scenario at every combination of some values of its weights and policy.

    Parameters
    ----------
    folder
        The scenario; ``variant`` one of its variants, whose changes come before the grid's.
    values
        The values of each knob by its name, such as ``{"weights.late": [0, 1, 5]}``.
    out
        Gets the table ``points`` and, for each point, its result folder under ``points``. Points that
        are there already are kept, so an interrupted sweep goes on and a finer grid costs only its new points.
    overrides
        Keys of ``solve`` for every point; ``threads`` is the budget of all points together.
    prepare
        Called once in every process before its first solve, as to load compiled kernels.

    Raises
    ------
    InputError
        For a knob nobody has, an empty grid, a value the format does not admit, or a folder of something else: found
        before anything is solved or written.
    """
    out = Path(out)
    check_table_format(tables)
    settings = grid(values)
    batch = Batch.of(folder, variant, overrides)
    check_settings(batch, settings)
    digests = {"scenario": batch.base.digest}
    check_folder(out, KIND, digests, {POINTS_FOLDER, *table_files([TABLE])})

    budget = batch.base.solve.threads or len(os.sched_getaffinity(0))
    num_workers = min(budget, len(settings))
    batch = replace(batch, overrides=_with(batch.overrides, threads=max(1, budget // num_workers)))
    begin_folder(out, KIND, digests)
    tasks = [task(batch, setting, out, _name(setting)) for setting in settings]
    tell = watcher or Silent()
    missing = []
    for one in tasks:
        point = read_point(one)
        if point is None:
            missing.append(one)
        else:
            tell.finished(one.name, point.summary, kept=True)
    by_name = {one.name: one for one in missing}

    def finished(name: str, _out: Path) -> None:
        tell.finished(name, _read(by_name[name]).summary, kept=False)

    def progressed(name: str, progress: Progress) -> None:
        tell.progressed(name, progress)

    solve_jobs(missing, num_workers, tell.began, progressed, finished, prepare)
    points = tuple(_read(one) for one in tasks)
    knobs = tuple(values)
    table = _table(knobs, points, [one.out.with_suffix("").name for one in tasks])
    write_tables(out, {TABLE: table}, tables)
    return Sweep(batch.base.currency, knobs, points, table)


def task(batch: Batch, setting: Setting, out: Path, name: str) -> PointTask:
    """The solve of a point that keeps its plan; its place is named by what decides it."""
    return PointTask(name, batch, setting, out / POINTS_FOLDER / f"{batch.key(setting)[:12]}.json", keep_plan=True)


def _name(setting: Setting) -> str:
    return " ".join(f"{knob.partition('.')[2]}={value}" for knob, value in setting)


def _read(one: PointTask) -> Point:
    point = read_point(one)
    assert point is not None
    return point


def _with(overrides: tuple[tuple[str, object], ...], **more: object) -> tuple[tuple[str, object], ...]:
    return tuple(sorted({**dict(overrides), **more}.items()))


def _table(knobs: Sequence[str], points: Sequence[Point], folders: Sequence[str]) -> pa.Table:
    types = {
        "point": pa.int64(),
        **knob_types(knobs),
        **SOLVED_TYPES,
        **MEASURE_TYPES,
        **COST_TYPES,
        "folder": pa.string(),
    }
    rows: list[dict[str, Any]] = [
        {
            "point": number,
            **knob_cells(knobs, dict(point.setting)),
            **solved_cells(point),
            **measure_cells(point),
            **cost_cells(point),
            "folder": f"{POINTS_FOLDER}/{folder}",
        }
        for number, (point, folder) in enumerate(zip(points, folders, strict=True), start=1)
    ]
    return table_of(rows, types)
