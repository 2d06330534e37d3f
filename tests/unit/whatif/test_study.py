"""Studies of shipped scenarios: the numbers, what is kept, what is refused, and what an interrupt leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from dom_engine.verify import verify
from dom_engine.whatif import solve_variants
from solvers.incumbent import Progress
from tests.runs import read_table

ALONE: Mapping[str, object] = {"gap": 0.0, "threads": 1}


class Heard:
    """Remembers which results were solved and which were kept; may stop the study at one of them."""

    def __init__(self, stop_at: str = "") -> None:
        self.solved: list[str] = []
        self.kept: list[str] = []
        self._stop_at = stop_at

    def began(self, name: str) -> None:
        if name == self._stop_at:
            raise KeyboardInterrupt

    def progressed(self, name: str, progress: Progress) -> None:
        pass

    def finished(self, name: str, summary: Mapping[str, Any], *, kept: bool) -> None:
        (self.kept if kept else self.solved).append(name)


def objective(out: Path, variant: str) -> dict[str, str]:
    rows = read_table(out / "comparison.csv")
    (row,) = (row for row in rows if (row["variant"], row["metric"]) == (variant, "objective"))
    return row


def test_the_quickstart_and_its_variants(tmp_path: Path, repository: Path) -> None:
    scenario, heard = repository / "scenarios" / "quickstart", Heard()
    study = solve_variants(scenario, tmp_path / "study", overrides=ALONE, watcher=heard)
    assert heard.solved == ["base", "reno-closed", "splits-hurt"]
    assert {name: s["objective_micros"] for name, s in study.summaries.items()} == {
        "base": 115_800_000,
        "reno-closed": 153_000_000,
        "splits-hurt": 122_800_000,
    }
    row = objective(tmp_path / "study", "reno-closed")
    # Both are proven, so the interval is one number.
    assert (row["delta"], row["delta_low"], row["delta_high"]) == ("37.200000", "37.200000", "37.200000")
    unmet = [d for d in study.deltas if (d.variant, d.metric) == ("splits-hurt", "costs.unmet")]
    assert [d.delta for d in unmet] == [Decimal(25)]
    for name in ("base", "reno-closed"):
        problem = load_scenario(scenario, None if name == "base" else name)
        assert verify(problem, tmp_path / "study" / name).ok


def test_an_interrupted_study_goes_on(tmp_path: Path, repository: Path) -> None:
    scenario, out = repository / "scenarios" / "quickstart", tmp_path / "study"
    with pytest.raises(KeyboardInterrupt):
        solve_variants(scenario, out, overrides=ALONE, watcher=Heard(stop_at="splits-hurt"))
    assert not (out / "comparison.csv").exists()
    (out / (".splits-hurt." + "0" * 32)).mkdir()
    again = Heard()
    solve_variants(scenario, out, overrides=ALONE, watcher=again)
    assert (again.kept, again.solved) == (["base", "reno-closed"], ["splits-hurt"])
    assert sorted(path.name for path in out.iterdir()) == ["base", "comparison.csv", "reno-closed", "splits-hurt"]


def test_what_changed_is_solved_again(tmp_path: Path, repository: Path) -> None:
    scenario, out = tmp_path / "scenario", tmp_path / "study"
    shutil.copytree(repository / "scenarios" / "quickstart", scenario)
    solve_variants(scenario, out, only=["reno-closed"], overrides=ALONE)
    with (scenario / "inventory.csv").open("a") as stream:
        stream.write("reno,vase,1,2025-11-25T06:00:00-08:00\n")
    heard = Heard()
    study = solve_variants(scenario, out, only=["reno-closed"], overrides=ALONE, watcher=heard)
    assert heard.solved == ["base", "reno-closed"]
    assert study.summaries["base"]["objective_micros"] == 93_800_000
    other_gap = Heard()
    solve_variants(scenario, out, only=["reno-closed"], overrides={**ALONE, "gap": 0.5}, watcher=other_gap)
    assert other_gap.kept == []


def test_side_by_side_gives_the_same(tmp_path: Path, repository: Path) -> None:
    scenario = repository / "scenarios" / "quickstart"
    heard = Heard()
    solve_variants(scenario, tmp_path / "two", only=["splits-hurt"], overrides={**ALONE, "threads": 2}, watcher=heard)
    solve_variants(scenario, tmp_path / "one", only=["splits-hurt"], overrides=ALONE)
    assert sorted(heard.solved) == ["base", "splits-hurt"]
    for file in ("comparison.csv", "base/shipments.csv", "splits-hurt/prices.csv"):
        assert (tmp_path / "two" / file).read_bytes() == (tmp_path / "one" / file).read_bytes()


@pytest.mark.parametrize(
    ("variants", "only", "said"),
    [
        ("[{name: a}]", ["b"], "unknown variant 'b'"),
        ("[]", [], "no variants"),
        ("[{name: base}]", [], "is the name of the scenario itself"),
        ("[{name: ../up}]", [], "cannot be the name of a folder"),
        (
            "[{name: a, changes: [{scale: {table: nodes, column: handling_h, by: 2, where: {node: mars}}}]}]",
            [],
            "matches no row of nodes",
        ),
    ],
)
def test_bad_variants_are_refused_and_nothing_is_written(
    tmp_path: Path, repository: Path, variants: str, only: list[str], said: str
) -> None:
    scenario = tmp_path / "scenario"
    shutil.copytree(repository / "scenarios" / "quickstart", scenario)
    stated = (scenario / "scenario.yaml").read_text().partition("variants:")[0]
    (scenario / "scenario.yaml").write_text(f"{stated}variants: {variants}\n")
    with pytest.raises(InputError, match=said):
        solve_variants(scenario, tmp_path / "study", only=only, overrides=ALONE)
    assert not (tmp_path / "study").exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, repository: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "base").mkdir()
    with pytest.raises(InputError, match=r"neither empty nor a folder of variants \(it holds notes.txt\)"):
        solve_variants(repository / "scenarios" / "quickstart", tmp_path)
    (tmp_path / "notes.txt").unlink()
    (tmp_path / "base" / "summary.json").write_text(json.dumps({"something": "else"}))
    with pytest.raises(InputError, match="neither empty nor a result folder"):
        solve_variants(repository / "scenarios" / "quickstart", tmp_path)
