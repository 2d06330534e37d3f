"""Several objectives: the plans that no found plan beats, and which weights and policy make them.

Every point is the optimum of the scenario under some weights and policy, so its plan can be had by writing them into a
scenario. Three stages propose points: the scenario as it is and each knob alone at its end; NSGA-II over all knobs
(Deb, Pratap, Agarwal and Meyarivan 2002, doi:10.1109/4235.996017); and between neighbours on the front so found the
epsilon-constraint, "as good as possible in the rest with at most so much of this one" (Haimes, Lasdon and Wismer 1971),
realised by bisection of the setting between the two neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pyarrow as pa

from dom_engine.errors import InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.exports import TableFormat, check_table_format, table_files, write_tables
from dom_engine.scenario.whole import write_whole
from dom_engine.weights.folders import POINTS_FOLDER, begin_folder, check_folder
from dom_engine.weights.front import Rank, ranks
from dom_engine.weights.knobs import Range, Setting, check_knobs
from dom_engine.weights.objectives import Objective, objectives_of
from dom_engine.weights.pareto_table import front_yaml, least_cost, points_table
from dom_engine.weights.points import Batch, Point, Solver, check_settings
from dom_engine.weights.search import (
    JOURNAL_FILE,
    Place,
    begin_study,
    distributions,
    ends,
    first_places,
    require_optuna,
    setting_at,
)
from dom_engine.whatif.study import Silent, Watcher
from dom_engine.whatif.workers import Prepare

KIND = "pareto"
TABLE = "points"
FRONT_FILE = "front.yaml"

POPULATION = 8
BISECTIONS = 4
"""Points tried between two neighbours: the setting is then known to a sixteenth of their distance."""

_DEAR = 100
"""A knob's range ends where one unit of its objective costs so many times what a unit costs the scenario on average."""


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """A point, how it stands, and the stage that proposed it: ``base``, ``end``, ``nsga2`` or ``epsilon``.

    ``at_least_micros``: no plan that is as good in every other objective costs less; None where nothing proves that.
    """

    point: Point
    source: str
    values: tuple[int, ...]
    rank: Rank
    at_least_micros: int | None


@dataclass(frozen=True, slots=True)
class Pareto:
    """All points in the order in which they were solved; ``table`` is what ``points.csv`` holds."""

    currency: str
    objectives: tuple[Objective, ...]
    ranges: tuple[Range, ...]
    points: tuple[ParetoPoint, ...]
    table: pa.Table

    @property
    def front(self) -> list[ParetoPoint]:
        """The points that none beats, by their objectives."""
        return sorted((one for one in self.points if one.rank.front), key=lambda one: one.values)


def pareto(
    folder: Path | str,
    objectives: Sequence[str],
    out: Path | str,
    *,
    ranges: Sequence[Range] = (),
    trials: int = 24,
    refinements: int = 12,
    variant: str | None = None,
    overrides: Mapping[str, object] | None = None,
    tables: TableFormat = "csv",
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
) -> Pareto:
    """Find plans that trade two or three objectives against each other.

    Parameters
    ----------
    objectives
        Names of ``OBJECTIVES``, such as ``["cost", "late_shipments"]``.
    out
        Gets the table ``points``, ``front.yaml`` (each front point as a variant to paste into a
        scenario) and each point's result folder under ``points``. Points that are there already are read, so that an
        interrupted run goes on and ends with the same tables.
    ranges
        Knobs to search beside, or instead of the range of, those that press on the objectives.
    trials, refinements
        How many points NSGA-II proposes, and at most how many the epsilon-constraint does.
    overrides
        Keys of ``solve`` for every point. ``seed`` is also that of NSGA-II.

    Raises
    ------
    InputError
        For an objective or knob nobody has, other than two or three objectives, a folder of something else, or where
        Optuna is not installed: found before anything is solved or written.
    """
    out = Path(out)
    check_table_format(tables)
    chosen = objectives_of(objectives, "objective")
    if not 2 <= len(chosen) <= 3:
        message = f"{len(chosen)} objectives are given; two or three can be traded against each other"
        raise InputError.single(COMMAND_LINE, message, column="objective", code="OUT_OF_RANGE")
    check_knobs(one.knob for one in ranges)
    require_optuna()
    batch = Batch.of(folder, variant, overrides)
    digests = {"scenario": batch.base.digest}
    check_folder(out, KIND, digests, {POINTS_FOLDER, FRONT_FILE, JOURNAL_FILE, *table_files([TABLE])})
    given = {one.knob for one in ranges}
    check_settings(batch, [setting_at(ranges, place) for place in ends(ranges)])

    begin_folder(out, KIND, digests)
    run = _Run(batch, chosen, Solver(batch, out / POINTS_FOLDER, watcher or Silent(), prepare, keep_plans=True))
    base = run.solve((), "base")
    wide = (*ranges, *(one for one in _ranges(batch, chosen, base) if one.knob not in given))
    run.search(wide, out, trials)
    run.refine(wide, refinements)

    values = [tuple(objective.of(point) for objective in chosen) for point, _ in run.points]
    ranked = ranks(values, [point.base_violations == 0 for point, _ in run.points])
    solved = [point for point, _ in run.points]
    least = [least_cost(batch.base, chosen, solved, vector) for vector in values]
    points = tuple(
        ParetoPoint(point, source, vector, rank, bound)
        for (point, source), vector, rank, bound in zip(run.points, values, ranked, least, strict=True)
    )
    table = points_table(chosen, wide, points, run.solver)
    write_tables(out, {TABLE: table}, tables)
    write_whole(out / FRONT_FILE, front_yaml(points))
    return Pareto(batch.base.currency, tuple(chosen), wide, points, table)


def _ranges(batch: Batch, objectives: Sequence[Objective], base: Point) -> list[Range]:
    """For each objective the range of the knob that presses on it: from nothing to far too dear."""
    found: dict[str, Range] = {}
    for objective in objectives:
        table, _, key = objective.knob.partition(".")
        if not objective.knob or objective.knob in found:
            continue
        if table == "weights":
            high = _DEAR * max(1.0, batch.base.weights.of(key))
        else:
            units = max(1.0, objective.of(base) / objective.scale)
            high = max(1.0, _DEAR * base.base_cost_micros / 1e6 / units)
        found[objective.knob] = Range(objective.knob, 0.0, high)
    return list(found.values())


class _Run:
    """The points solved so far, each setting once, in their order."""

    def __init__(self, batch: Batch, objectives: Sequence[Objective], solver: Solver) -> None:
        self.points: list[tuple[Point, str]] = []
        self.solver = solver
        self._batch = batch
        self._objectives = objectives
        self._places: dict[Place, Point] = {}
        self._seen: set[Setting] = set()

    def solve(self, setting: Setting, source: str) -> Point:
        """Solve a setting, and note it as a point unless it is one already."""
        point = self.solver.point(setting, f"{source} {len(self.points) + 1}" if setting else source)
        if setting not in self._seen:
            self._seen.add(setting)
            self.points.append((point, source))
        return point

    def at(self, ranges: Sequence[Range], place: Place, source: str) -> Point:
        """Solve the setting at some coordinates."""
        self._places[place] = self.solve(setting_at(ranges, place), source)
        return self._places[place]

    def search(self, ranges: Sequence[Range], out: Path, trials: int) -> None:
        """Let NSGA-II propose points, the ends of the ranges and the scenario's own setting first."""
        seed = self._batch.base.solve.seed
        study = begin_study(out, "nsga2", len(self._objectives), seed, POPULATION)
        first = first_places(self._batch.base, ranges)[:trials]
        for place in first:
            study.enqueue_trial({one.knob: at for one, at in zip(ranges, place, strict=True)})
        for number in range(trials):
            trial = study.ask(distributions(ranges))
            place = tuple(trial.params[one.knob] for one in ranges)
            point = self.at(ranges, place, "end" if number < len(first) else "nsga2")
            study.tell(trial, [float(objective.of(point)) for objective in self._objectives])

    def refine(self, ranges: Sequence[Range], budget: int) -> None:
        """Between neighbours on the front: the least of the rest with at most so much of one objective."""
        for index in range(1, len(self._objectives)):
            left = budget // (len(self._objectives) - 1)
            tried: set[tuple[Place, Place]] = set()
            while left > 0:
                pair = self._widest(index, tried)
                if pair is None:
                    break
                tried.add(pair)
                left -= self._bisect(ranges, index, pair, min(left, BISECTIONS))

    def _widest(self, index: int, tried: set[tuple[Place, Place]]) -> tuple[Place, Place] | None:
        """The neighbours on the front that lie farthest apart in one objective, and were not tried."""
        places = list(self._places)
        vectors = [tuple(o.of(self._places[place]) for o in self._objectives) for place in places]
        admissible = [self._places[place].base_violations == 0 for place in places]
        front = [place for place, rank in zip(places, ranks(vectors, admissible), strict=True) if rank.front]
        of = self._objectives[index].of
        front.sort(key=lambda place: of(self._places[place]), reverse=True)
        pairs = [
            (of(self._places[more]) - of(self._places[less]), -number, (more, less))
            for number, (more, less) in enumerate(pairwise(front))
            if (more, less) not in tried and of(self._places[more]) - of(self._places[less]) > 1
        ]
        return max(pairs)[2] if pairs else None

    def _bisect(self, ranges: Sequence[Range], index: int, pair: tuple[Place, Place], budget: int) -> int:
        """Find the setting between two where the objective first keeps to the middle of theirs; points it took."""
        of = self._objectives[index].of
        more, less = pair
        epsilon = (of(self._places[more]) + of(self._places[less])) // 2
        low, high, before = 0.0, 1.0, len(self.points)
        for _ in range(budget):
            share = (low + high) / 2
            place = tuple(
                a if isinstance(a, str) or isinstance(b, str) else a + (b - a) * share
                for a, b in zip(more, less, strict=True)
            )
            if of(self.at(ranges, place, "epsilon")) <= epsilon:
                high = share
            else:
                low = share
        return max(1, len(self.points) - before)
