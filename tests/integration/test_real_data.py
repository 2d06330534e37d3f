"""Real batches to known answers: Brunel's supply chain, OR-Library's instances, a wholesaler's days.

A few run on every change, all of OR-Library at night; ``benchmarks/bench_orlib.py`` and ``bench_solve.py`` tell times.
"""

from __future__ import annotations

import csv
import lzma
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.importers import import_brunel, import_online_retail, import_orlib_cap, import_orlib_gap
from dom_engine.verify import verify
from tests.runs import Run, run_folder

Import = Callable[[Path, Path], Path]

CAP = tuple(f"cap{number}" for number in (41, 42, 43, 44, 51, 61, 62, 63, 64, 71, 72, 73, 74))
GAP = (
    *(f"gap{group}-{number}" for group in range(1, 7) for number in range(5)),
    *(f"{kind}{agents:02}{jobs}" for kind in "ab" for agents in (5, 10, 20) for jobs in (100, 200)),
)
EVERY_CHANGE = {
    *("cap51", "cap61", "cap62", "cap71"),
    *(name for name in GAP if name.startswith("gap")),
    *("a05100", "a05200", "a10100", "a10200", "a20100", "b05100", "b10100"),
}
"""What takes a few seconds of a processor at most, checked and all."""

QUIET_DAY = "2011-02-06"
"""The day with the fewest orders: 11, of 279 invoice lines."""

BRUNEL_SERVED = 2_444
BRUNEL_COST_MICROS = 1_189_450_587_426
"""Proven by a linear program of its own: one day's orders over the plants that may serve them."""


def at_night(names: tuple[str, ...]) -> list[object]:
    return [name if name in EVERY_CHANGE else pytest.param(name, marks=pytest.mark.nightly) for name in names]


@pytest.fixture(scope="module")
def optima(data_dir: Path) -> dict[str, int]:
    """The library's optimum of each instance, in micros."""
    with (data_dir / "orlib" / "optima.csv").open(newline="") as stream:
        return {row["instance"]: int(Decimal(row["optimum"]) * 10**6) for row in csv.DictReader(stream)}


def check_optimum(solved: Run, optimum_micros: int) -> None:
    summary = solved.summary()
    assert summary["status"] == "OPTIMAL"
    assert summary["objective_micros"] == optimum_micros
    assert verify(solved.problem, solved.folder).findings == ()


@pytest.mark.parametrize("instance", at_night(CAP))
def test_cap(instance: str, data_dir: Path, optima: dict[str, int], tmp_path: Path) -> None:
    folder = import_orlib_cap(data_dir / "orlib" / "cap" / f"{instance}.txt", tmp_path / instance)
    check_optimum(run_folder(folder, tmp_path / "out"), optima[instance])


@pytest.mark.parametrize("instance", at_night(GAP))
def test_gap(instance: str, data_dir: Path, optima: dict[str, int], tmp_path: Path) -> None:
    folder = import_orlib_gap(data_dir / "orlib" / "gap" / instance, tmp_path / instance)
    check_optimum(run_folder(folder, tmp_path / "out"), optima[instance])


def test_the_lists_above_are_the_library(data_dir: Path, optima: dict[str, int]) -> None:
    assert sorted((*CAP, *GAP)) == sorted(optima)
    files = {path.stem for kind in ("cap", "gap") for path in (data_dir / "orlib" / kind).iterdir()}
    assert files == set(optima)


def test_brunel(data_dir: Path, tmp_path: Path) -> None:
    solved = run_folder(import_brunel(data_dir / "brunel", tmp_path / "brunel"), tmp_path / "out")
    check_optimum(solved, BRUNEL_COST_MICROS)
    # That no plan serves more is proven by the check's own flow, not taken on trust.
    assert [part.key for part in verify(solved.problem, solved.folder).unproven] == []
    summary = solved.summary()
    assert summary["kpis"]["complete_orders"] == BRUNEL_SERVED
    assert summary["fill"]["lower_bound_micros"] == summary["fill"]["weighted_unallocated_micros"]
    assert summary["kpis"]["units"] - summary["kpis"]["filled_units"] == len(solved.problem.orders) - BRUNEL_SERVED


@pytest.fixture(scope="module")
def days(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Every day of Online Retail as a scenario, the fewest order lines first."""
    file = data_dir / "online-retail" / "2010-12_2011-05.csv.xz"
    folders = import_online_retail(file, data_dir / "us-network", tmp_path_factory.mktemp("retail") / "days")
    return sorted(folders, key=lambda folder: (folder / "order_lines.csv").read_bytes().count(b"\n"))


def test_the_quietest_day_of_online_retail(data_dir: Path, tmp_path: Path) -> None:
    """Served as good as proven: what the search claims, and what prices alone certify."""
    whole = data_dir / "online-retail" / "2010-12_2011-05.csv.xz"
    with lzma.open(whole, "rt", encoding="utf-8", newline="") as stream:
        head, rows = next(stream), [row for row in stream if f",{QUIET_DAY} " in row]
    (tmp_path / "day.csv").write_text(head + "".join(rows), encoding="utf-8", newline="")
    (day,) = import_online_retail(tmp_path / "day.csv", data_dir / "us-network", tmp_path / "retail")
    solved = run_folder(day, tmp_path / "out", gap=1e-3)
    summary = solved.summary()
    assert summary["kpis"]["orders"] == 11
    assert summary["gap"] <= 1e-3
    assert summary["certified_gap"] <= 1e-3
    assert verify(solved.problem, solved.folder).findings == ()


@pytest.mark.nightly
@pytest.mark.parametrize("rank", [0, -1], ids=["smallest", "largest"])
def test_a_day_of_online_retail(rank: int, days: list[Path], tmp_path: Path) -> None:
    """Orders of hundreds of lines and tens of thousands of units: an audited plan and both bounds, in bounded time."""
    solved = run_folder(days[rank], tmp_path / "out", gap=1e-4, time_limit_s=10)
    summary = solved.summary()
    assert summary["certified_lower_bound_micros"] <= summary["lower_bound_micros"] <= summary["objective_micros"]
    assert summary["certified_gap"] < 0.25
    assert verify(solved.problem, solved.folder).findings == ()
