"""``dom bench`` on the smallest scenario: what is measured, kept and compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dom_engine.bench import Measured, compare
from dom_engine.cli import plain
from dom_engine.cli.bench import measurement_blocks
from dom_engine.cli.main import main

PHASES = ["load", "formulation", "search", "branching", "audit", "reasons", "write", "total"]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("bench") / "baseline.json"
    assert main(["bench", "quickstart", "--rounds", "2", "--save", str(file)]) == 0
    return file


def doctored(saved: Path, file: Path, **about: Any) -> Path:
    """The measurement with other things said about it."""
    stated = json.loads(saved.read_text())
    for benchmark in stated["benchmarks"]:
        benchmark["extra_info"].update(about)
    file.write_text(json.dumps(stated))
    return file


def test_every_phase_is_measured_in_every_round(saved: Path) -> None:
    stated = json.loads(saved.read_text())
    assert [benchmark["name"] for benchmark in stated["benchmarks"]] == PHASES
    assert {benchmark["stats"]["rounds"] for benchmark in stated["benchmarks"]} == {2}
    assert sorted(path.name for path in saved.parent.iterdir()) == ["baseline.json"]


def test_the_same_work_is_no_worse_and_more_is(saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    counters = json.loads(saved.read_text())["benchmarks"][0]["extra_info"]["counters"]
    assert counters["work"] > 2
    # Whatever the machine does meanwhile, no phase takes a thousand times as long.
    command = ["bench", "quickstart", "--rounds", "1", "--json", "--tolerance", "1000", "--baseline"]
    assert main([*command, str(saved)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {c["name"] for c in told["comparisons"]} == {*PHASES, *counters}
    assert not any(c["worse"] for c in told["comparisons"])
    less = doctored(saved, tmp_path / "less.json", counters={"work": 0})
    assert main([*command, str(less)]) == 1
    told = json.loads(capsys.readouterr().out)
    assert [c["name"] for c in told["comparisons"] if c["worse"]] == ["work"]


def test_a_baseline_that_does_not_fit_is_bad_input(
    saved: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "quickstart", "--baseline", str(tmp_path / "none.json")]) == 2
    assert "no such file" in capsys.readouterr().err
    assert main(["bench", "quickstart", "--rounds", "1", "--gap", "0.5", "--baseline", str(saved)]) == 2
    assert "another gap" in capsys.readouterr().err
    assert main(["bench", "quickstart", "--tolerance", "nan"]) == 2


def test_what_became_worse_is_said_first() -> None:
    before = Measured("night", "d", {}, {"search": (2.0,)}, 0.2, {"work": 10}, "OPTIMAL", "", 0.0)
    now = Measured("night", "d", {}, {"search": (4.0,)}, 0.2, {"work": 10}, "FEASIBLE", "", 0.0)
    lines = list(plain.lines(measurement_blocks(now, compare(before, now, 0.25, Path("b")))))
    assert lines[0] == "bench night: WORSE: search"
    assert any(line.split() == ["search", "4.0", "s", "20.00", "+100", "%"] for line in lines)
    clocked = Measured("night", "d", {}, {"search": (4.0,)}, 0.2, {"work": 10}, "FEASIBLE", "TIME", None)
    assert "slower code shows in the gap" in "\n".join(plain.lines(measurement_blocks(clocked, [])))
