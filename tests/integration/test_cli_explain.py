"""``dom explain`` and ``dom shadow`` for programs: sums that add up, errors that write nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from dom_engine.cli import main
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.exports import table_files
from dom_engine.scenario.results import write_result
from tests.integration.test_cli import dom


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Path:
    """The solved quickstart."""
    out = tmp_path_factory.mktemp("solved") / "plan"
    write_result(solve(load_scenario(repository / "scenarios" / "quickstart", overrides={"threads": 1})), out)
    return out


def test_explanations_for_programs(tmp_path: Path) -> None:
    assert dom("solve", "quickstart", "--out", "plan", "--threads", "1", cwd=tmp_path).returncode == 0
    done = dom("explain", "quickstart", "plan", "1006", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["chosen"]["ships"] == "from reno by ground"
    assert told["counterfactuals"][0] == {
        "line": "1",
        "change": "1 more vase at reno",
        "served_units": 1,
        "short_units": 1,
        "delta_micros": -22_000_000,
    }
    for way in told["by_node"]:
        paid = sum(row["paid_micros"] for row in way["rows"])
        assert sum(way["costs_micros"].values()) + paid == way["priced_micros"]
    worths = json.loads(dom("shadow", "quickstart", "plan", "--top", "0", "--json", cwd=tmp_path).stdout)
    assert {row["kind"] for row in worths["rows"]} <= {"stock", "safety_stock", "capacity"}
    other = dom("explain", "quickstart", "plan", "1006", "--variant", "splits-hurt", cwd=tmp_path)
    assert other.returncode == 2
    assert "answers another problem than this scenario (or variant) states" in other.stderr


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("explain quickstart plan 1006", ["ways", "way_terms", "counterfactuals"]),
        ("shadow quickstart plan --top 0", ["shadow"]),
        ("diff plan plan", ["order_changes", "cost_changes"]),
    ],
)
def test_tables_in_a_folder(
    words: str, names: list[str], plan: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # The process is not the command's own: its signals stay as they are.
    monkeypatch.setattr(sys.modules["dom_engine.cli.main"], "leave_on_signals", lambda: None)
    monkeypatch.chdir(plan.parent)
    out = tmp_path / "tables"
    assert main([*words.split(), "--out", str(out), "--tables", "both"]) == 0
    assert {path.name for path in out.iterdir()} == table_files(names)
    out.joinpath("file").touch()
    assert main([*words.split(), "--out", str(out / "file")]) == 2
    assert (out / "file").read_bytes() == b""
