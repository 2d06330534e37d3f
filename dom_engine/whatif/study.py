"""A study: base and its variants, each solved into a folder of its own, and the comparison beside them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import SolveSettings
from dom_engine.engine import SEARCHES
from dom_engine.errors import Fault, InputError
from dom_engine.scenario import load_scenario, read_raw
from dom_engine.scenario.exports import TableFormat, check_table_format
from dom_engine.scenario.results import check_replaceable
from dom_engine.scenario.results_read import read_summary
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.yaml_positions import YamlMap, YamlScalar
from dom_engine.whatif.comparison import BASE, COMPARISON_FILE, COMPARISON_PARQUET, Delta, compare, write_comparison
from dom_engine.whatif.workers import Job, Prepare, solve_jobs
from solvers.incumbent import Progress

VARIANT_SHARE = 0.4
"""Of the time that base was searched for when the clock ended it, what each variant gets."""

_FOLDER_NAME = re.compile(r"[^\s./\\:*?\"<>|][^/\\:*?\"<>|\x00-\x1f]{0,100}")
_LEFTOVER = re.compile(r"\..+\.[0-9a-f]{32}(\.former)?")
"""What a process that was killed leaves beside the result it was writing."""


class Watcher(Protocol):
    """What a study tells a person; called from one thread, must return quickly."""

    def began(self, name: str) -> None:
        """A solve has begun."""

    def progressed(self, name: str, progress: Progress) -> None:
        """A solve has come so far."""

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """A result stands in its folder; ``kept``: since an earlier run."""


@dataclass(frozen=True, slots=True)
class Study:
    """What was solved: summaries by name, base first, and how the variants differ from it."""

    currency: str
    summaries: Mapping[str, Mapping[str, Any]]
    deltas: Sequence[Delta]


def solve_variants(
    folder: Path | str,
    out: Path | str,
    *,
    only: Sequence[str] = (),
    overrides: Mapping[str, object] | None = None,
    tables: TableFormat = "csv",
    watcher: Watcher | None = None,
    prepare: Prepare | None = None,
) -> Study:
    """Solve a scenario and its variants side by side, and compare each variant with base.

    Parameters
    ----------
    folder
        The scenario.
    out
        Gets a result folder ``base``, one for each variant by name, and ``comparison.csv``. A result that is there
        already and answers the same problem under the same settings is kept, so an interrupted study goes on.
    only
        Names of the variants to solve; none: all of them.
    overrides
        Keys of ``solve`` for every solve; ``threads`` is the budget of all solves together. Base has it to itself;
        then the variants start from base's plan and prices, and where the clock ended base's search each has 0.4 of
        that time.
    tables
        ``parquet`` or ``both`` writes ``comparison.parquet`` beside ``comparison.csv``, which is always written.
    prepare
        Called once in every process before its first solve, as to load compiled kernels.

    Raises
    ------
    InputError
        Whatever is wrong with any variant, found before anything is solved or written.
    """
    folder, out = Path(folder), Path(out)
    check_table_format(tables)
    names = _names(folder, only)
    check_study_folder(out)
    given = dict(overrides or {})
    asked = {name: _Asked.of(load_scenario(folder, None if name == BASE else name, given)) for name in names}
    budget = asked[BASE].settings.threads or len(os.sched_getaffinity(0))

    out.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(out)
    kept = {name: summary for name, one in asked.items() if (summary := _kept(out / name, one)) is not None}
    tell = watcher or Silent()
    for name, summary in kept.items():
        tell.finished(name, summary, kept=True)
    # Base first, with all threads; then its variants side by side, each from what was found for base.
    if BASE not in kept:
        first = Job(BASE, folder, None, {**given, "threads": budget}, out / BASE)
        solve_jobs([first], 1, tell.began, tell.progressed, _reporting(tell), prepare)
    variants = [name for name in names if name not in kept and name != BASE]
    if variants:
        num_workers = min(budget, len(variants))
        given["threads"] = max(1, budget // num_workers)
        most_s = _most_s(read_summary(out / BASE))
        jobs = [
            Job(name, folder, name, given, out / name, _start(asked[name], out / BASE), most_s) for name in variants
        ]
        solve_jobs(jobs, num_workers, tell.began, tell.progressed, _reporting(tell), prepare)
    summaries = {name: read_summary(out / name) for name in names}
    fill_first = {name for name, one in asked.items() if one.fill_first}
    deltas = compare(summaries, fill_first)
    write_comparison(deltas, out, tables)
    return Study(asked[BASE].currency, summaries, deltas)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a study has to know of a problem; those of all variants at once might not fit into memory."""

    digest: str
    settings: SolveSettings
    fill_first: bool
    currency: str

    @classmethod
    def of(cls, problem: Problem) -> _Asked:
        return cls(problem.digest, problem.solve, problem.policy.fill_first, problem.currency)


def _start(asked: _Asked, base: Path) -> Path | None:
    """What a variant starts from: base's result, but that rules of today take nothing."""
    return base if asked.settings.method in SEARCHES else None


def _most_s(base: Mapping[str, Any]) -> float:
    """What a variant may take: where the clock ended base's search, a share of that, for it goes on from there."""
    if base.get("limit") != "TIME":
        return float("inf")
    seconds: float = VARIANT_SHARE * base["timings_s"]["search"]
    return seconds


def check_study_folder(out: Path) -> None:
    """Raise InputError unless ``out`` is absent, empty, or holds nothing but results and their comparison."""
    if not out.exists():
        return
    if not out.is_dir():
        raise InputError.single(str(out), "is a file, not a folder to write results into", code="NOT_A_FOLDER")
    foreign = []
    for entry in sorted(out.iterdir()):
        if entry.is_dir() and not _LEFTOVER.fullmatch(entry.name):
            check_replaceable(entry)
        elif entry.name not in (COMPARISON_FILE, COMPARISON_PARQUET) and not _LEFTOVER.fullmatch(entry.name):
            foreign.append(entry.name)
    if foreign:
        message = f"is neither empty nor a folder of variants (it holds {', '.join(foreign[:3])}); it was left as it is"
        raise InputError.single(str(out), message, code="NOT_A_STUDY")


def _names(folder: Path, only: Sequence[str]) -> list[str]:
    """Base and the variants asked for, in the scenario's order; InputError for a name nobody has."""
    raw = read_raw(folder)
    faults, known = [], []
    for node in raw.variants:
        name = node.get("name") if isinstance(node, YamlMap) else None
        if not isinstance(name, YamlScalar):
            continue  # loading the scenario says what is wrong with it
        text = name.text or ""
        known.append(text)
        if text == BASE or not _FOLDER_NAME.fullmatch(text):
            why = "is the name of the scenario itself" if text == BASE else "cannot be the name of a folder"
            faults.append(Fault(name.file, name.line, "name", "VARIANT_NAME", f"'{text}' {why}; rename the variant"))
    nearest = NearestName(known)
    unknown = [unknown_name("variant", text, nearest) for text in only if text not in known]
    faults += [Fault(raw.settings.file, 0, "variants", "UNKNOWN_VARIANT", message) for message in unknown]
    if not known and not raw.faults:
        faults.append(Fault(raw.settings.file, 0, "variants", "NO_VARIANTS", "the scenario has no variants to compare"))
    if faults:
        raise InputError(sorted(faults))
    return [BASE, *(name for name in known if not only or name in only)]


def _kept(folder: Path, asked: _Asked) -> Mapping[str, Any] | None:
    """The summary of a result that need not be solved again: same problem, same settings, same release."""
    if not folder.is_dir() or not any(folder.iterdir()):
        return None
    summary = read_summary(folder)
    from importlib.metadata import version

    wanted = asdict(replace(asked.settings, threads=0))
    stated = summary.get("solve")
    same = (
        summary.get("problem_digest") == asked.digest
        and isinstance(stated, dict)
        and {**stated, "threads": 0} == wanted
        and summary.get("versions", {}).get("dom-engine") == version("dom-engine")
    )
    return summary if same else None


def _clear_leftovers(out: Path) -> None:
    for entry in out.iterdir():
        if _LEFTOVER.fullmatch(entry.name):
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _reporting(tell: Watcher) -> Callable[[str, Path], None]:
    def finished(name: str, folder: Path) -> None:
        tell.finished(name, read_summary(folder), kept=False)

    return finished


class Silent:
    """Watches and says nothing."""

    def began(self, name: str) -> None:
        """Say nothing."""

    def progressed(self, name: str, progress: Progress) -> None:
        """Say nothing."""

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        """Say nothing."""
