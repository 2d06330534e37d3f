"""A batch that prices alone do not close: its tree is written, verified, and rejected once anything in it changes."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from dom_engine.cli import shipped
from dom_engine.domain.problem import Problem
from dom_engine.engine import solve
from dom_engine.importers import import_orlib_cap, import_orlib_gap
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.verify import VerifyReport, verify
from scenarios.generate import Spec, generate, write_scenario

Rows = list[dict[str, str]]


def assignment(folder: Path) -> Path:
    """Nine jobs, three agents with little room: prices split jobs, and one leaf of rewards does not do."""
    rng = Random(12)
    cost = [[rng.randint(10, 40) for _ in range(9)] for _ in range(3)]
    weight = [[rng.randint(5, 20) for _ in range(9)] for _ in range(3)]
    room = [int(0.85 * sum(own) / 3) for own in weight]
    lines = ["3 9", *(" ".join(map(str, row)) for row in (*cost, *weight)), " ".join(map(str, room))]
    (folder / "gap").write_text("\n".join(lines) + "\n")
    return import_orlib_gap(folder / "gap", folder / "gap-scenario")


def location(folder: Path) -> Path:
    """Eight customers, four sites with room for half of them each and a price of opening."""
    rng = Random(5)
    demand = [rng.randint(3, 9) for _ in range(8)]
    lines = ["4 8", *(f"{sum(demand) // 2} {rng.randint(60, 120)}" for _ in range(4))]
    for units in demand:
        lines += [str(units), " ".join(str(units * rng.randint(2, 20)) for _ in range(4))]
    (folder / "cap").write_text("\n".join(lines) + "\n")
    return import_orlib_cap(folder / "cap", folder / "cap-scenario")


def scarce(folder: Path) -> Path:
    """Twenty orders, stock by the piece: what is split is what rows, and orders of rows, are used."""
    spec = Spec(orders=20, nodes=5, items=10, stock="scarce", seed=1, line_split=False)
    write_scenario(generate(spec), folder / "scarce-scenario")
    return folder / "scarce-scenario"


class Solved:
    """A problem and its result folder, which may be copied and spoiled."""

    def __init__(self, scenario: Path, out: Path) -> None:
        self.problem: Problem = load_scenario(scenario, overrides={"gap": 0.0, "threads": 1, "time_limit_s": 120})
        self.result = solve(self.problem)
        self.folder = out
        write_result(self.result, out)

    def spoiled(self, folder: Path, change: Callable[[Rows], Rows]) -> VerifyReport:
        shutil.copytree(self.folder, folder)
        with (folder / "tree.csv").open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        columns = list(rows[0])
        with (folder / "tree.csv").open("w", newline="") as stream:
            writer = csv.DictWriter(stream, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(change(rows))
        return verify(self.problem, folder)


@pytest.fixture(scope="module", params=[assignment, location, scarce], ids=["gap", "cap", "scarce"])
def solved(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Solved:
    folder = tmp_path_factory.mktemp("tree")
    return Solved(request.param(folder), folder / "out")


def test_leaves_close_what_prices_leave_open(solved: Solved) -> None:
    objective, tree = solved.result.evaluation.objective_micros, solved.result.tree
    assert tree is not None
    assert len(tree.leaves) > 1
    assert solved.result.certificate.lower_bound_micros < 0.999 * objective
    # Prices are stated in whole micros: a few of them may be lost.
    assert objective - 1_000 <= tree.lower_bound_micros <= objective
    report = verify(solved.problem, solved.folder)
    assert report.findings == ()
    assert any("leaves cover every plan" in note for note in report.notes)
    summary = json.loads((solved.folder / "summary.json").read_text())
    assert summary["tree_lower_bound_micros"] == tree.lower_bound_micros


def test_the_same_solve_writes_the_same_tree(solved: Solved, tmp_path: Path) -> None:
    write_result(solve(solved.problem), tmp_path / "again")
    assert (tmp_path / "again" / "tree.csv").read_bytes() == (solved.folder / "tree.csv").read_bytes()


def test_a_missing_leaf_is_found(solved: Solved, tmp_path: Path) -> None:
    leaves = len(solved.result.tree.leaves) if solved.result.tree else 0
    for leaf in Random(0).sample(range(1, leaves + 1), min(leaves, 4)):
        report = solved.spoiled(
            tmp_path / str(leaf), lambda rows, gone=str(leaf): [row for row in rows if row["leaf"] != gone]
        )
        assert [finding.code for finding in report.findings] == ["UNCOVERED"], leaf


def test_a_leaf_that_is_given_up_to_the_wrong_side_is_found(solved: Solved, tmp_path: Path) -> None:
    def turned(rows: Rows) -> Rows:
        first = next(row for row in rows if row["says"] in ("at_most", "at_least"))
        first["says"], first["limit"] = ("at_least", "1") if first["says"] == "at_most" else ("at_most", "0")
        return rows

    assert "UNCOVERED" in {finding.code for finding in solved.spoiled(tmp_path / "turned", turned).findings}


@pytest.mark.parametrize(("says", "by"), [("at_most", -1), ("at_least", 1)])
def test_a_use_that_is_off_by_one_is_found(says: str, by: int, tmp_path: Path) -> None:
    solved = Solved(scarce(tmp_path), tmp_path / "out")

    def moved(rows: Rows) -> Rows:
        use = next(row for row in rows if row["says"] == says and row["kind"] == "stock")
        use["limit"] = str(int(use["limit"]) + by)
        return rows

    assert "UNCOVERED" in {finding.code for finding in solved.spoiled(tmp_path / "moved", moved).findings}


@pytest.mark.parametrize("factor", [0.0, 3.0])
def test_wrong_prices_are_found(factor: float, solved: Solved, tmp_path: Path) -> None:
    def dearer(rows: Rows) -> Rows:
        for row in rows:
            row["price"] = f"{float(row['price']) * factor:.6f}"
        return rows

    report = solved.spoiled(tmp_path / "dearer", dearer)
    assert {(finding.file, finding.code) for finding in report.findings} == {("summary.json", "DIFFERS")}


def test_a_claim_beyond_the_leaves_is_found(solved: Solved, tmp_path: Path) -> None:
    shutil.copytree(solved.folder, tmp_path / "out")
    path = tmp_path / "out" / "summary.json"
    summary = json.loads(path.read_text())
    for more, expected in ((1.0, ["DIFFERS"]), (None, ["MISSING"])):
        stated = dict(summary)
        if more is None:
            del stated["tree_lower_bound_micros"], stated["tree_lower_bound"]
        else:
            stated["tree_lower_bound"] += more
            stated["tree_lower_bound_micros"] += round(more * 1e6)
        path.write_text(json.dumps(stated))
        found = [finding.code for finding in verify(solved.problem, tmp_path / "out").findings]
        assert found == expected
    path.write_text(json.dumps(summary))
    (tmp_path / "out" / "tree.csv").unlink()
    assert [finding.code for finding in verify(solved.problem, tmp_path / "out").findings] == ["UNEXPECTED"]


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("says", "perhaps", "MALFORMED"),
        ("kind", "nodes", "MALFORMED"),
        ("node", "", "MISSING"),
        ("leaf", "x", "MALFORMED"),
    ],
)
def test_what_cannot_be_read_is_located(column: str, text: str, code: str, solved: Solved, tmp_path: Path) -> None:
    def changed(rows: Rows) -> Rows:
        rows[0][column] = text
        return rows

    report = solved.spoiled(tmp_path / "changed", changed)
    assert ("tree.csv", 2, column, code) in {(f.file, f.row, f.column, f.code) for f in report.findings}


def test_a_folder_with_a_tree_is_replaced_whole(solved: Solved, tmp_path: Path) -> None:
    shutil.copytree(solved.folder, tmp_path / "out")
    plain = load_scenario(shipped.folder() / "quickstart", overrides={"threads": 1})
    result = solve(plain)
    write_result(result, tmp_path / "out")
    assert (tmp_path / "out" / "tree.csv").exists() == (result.tree is not None)


@pytest.mark.parametrize(
    ("column", "text", "code"),
    [
        ("order", "", "MISSING"),
        ("order", "J001", "UNEXPECTED"),
        ("price", "-1.000000", "NEGATIVE"),
        ("says", "price", ""),
    ],
)
def test_rewards_that_make_no_sense_are_located(column: str, text: str, code: str, tmp_path: Path) -> None:
    solved = Solved(assignment(tmp_path), tmp_path / "out")

    def changed(rows: Rows) -> Rows:
        rewards = [row for row in rows if row["says"] == "reward"]
        rewards[1][column] = text if text != "J001" else rewards[0]["order"]
        return rows

    found = solved.spoiled(tmp_path / "changed", changed).findings
    assert {f.file for f in found} == {"tree.csv"}
    if code:
        assert (column, code) in {(f.column, f.code) for f in found}
