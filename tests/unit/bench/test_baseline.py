"""Measurements as files, and what counts as worse."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dom_engine.bench import Measured, compare, read_measured, to_json
from dom_engine.bench.baseline import NOISE_S
from dom_engine.errors import InputError

BEFORE = Measured(
    scenario="night",
    problem_digest="d1",
    settings={"gap": 0.01, "method": "auto"},
    seconds={"search": (2.2, 2.0, 2.1), "write": (0.01, 0.01, 0.01)},
    calibration_s=0.2,
    counters={"work": 1_000},
    status="OPTIMAL",
    limit="",
    gap=0.004,
)
FILE = Path("baseline.json")


def worse(now: Measured, tolerance: float = 0.25) -> list[str]:
    return [comparison.name for comparison in compare(BEFORE, now, tolerance, FILE) if comparison.worse]


def written(measured: Measured, folder: Path) -> Path:
    file = folder / "bench.json"
    file.write_text(json.dumps(to_json(measured, "2026-01-01T00:00:00+00:00")))
    return file


@pytest.mark.parametrize("measured", [BEFORE, replace(BEFORE, gap=None, limit="TIME", seconds={"search": (1.0,)})])
def test_what_is_written_is_read_again(measured: Measured, tmp_path: Path) -> None:
    assert read_measured(written(measured, tmp_path)) == measured


def test_pytest_benchmark_reads_it(tmp_path: Path) -> None:
    script = "import sys; from pytest_benchmark.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", script, "compare", str(written(BEFORE, tmp_path))],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"search .*2,000\.0000 .*2,200\.0000", done.stdout)


def test_the_fastest_round_counts() -> None:
    assert worse(replace(BEFORE, seconds={"search": (9.0, 9.0, 2.4)})) == []
    assert worse(replace(BEFORE, seconds={"search": (9.0, 9.0, 2.6)})) == ["search"]


def test_a_slower_machine_is_not_slower_code() -> None:
    seconds = {"search": (5.0,), "write": (0.02,)}
    assert worse(replace(BEFORE, seconds=seconds, calibration_s=0.5)) == []
    assert worse(replace(BEFORE, seconds={"search": (2.0,)}, calibration_s=0.1)) == ["search"]


def test_moments_are_not_judged() -> None:
    assert worse(replace(BEFORE, seconds={"write": (0.01 + 0.9 * NOISE_S,)})) == []
    assert worse(replace(BEFORE, seconds={"write": (0.01 + 1.1 * NOISE_S,)})) == ["write"]


def test_work_that_rose_is_worse_unless_a_clock_ended_a_run() -> None:
    more = replace(BEFORE, counters={"work": 1_251})
    assert worse(more) == ["work"]
    assert worse(replace(BEFORE, counters={"work": 1_250})) == []
    assert worse(replace(more, limit="TIME")) == []


def test_a_baseline_of_something_else_is_refused() -> None:
    with pytest.raises(InputError, match="another problem"):
        worse(replace(BEFORE, problem_digest="d2"))
    with pytest.raises(InputError, match="solved with another gap, threads"):
        worse(replace(BEFORE, settings={"gap": 0.02, "method": "auto", "threads": 2}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "no such file"),
        ("{", "not JSON"),
        ("[]", "no measurement of `dom bench`"),
        ('{"benchmarks": []}', "no measurement of `dom bench`"),
        ('{"benchmarks": [{"extra_info": {}}]}', "no measurement of `dom bench`"),
    ],
)
def test_a_file_that_is_no_measurement_is_named(text: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=message) as raised:
        read_measured(file)
    assert raised.value.faults[0].file == str(file)


@pytest.mark.parametrize("field", ["calibration", "seconds"])
def test_times_that_cannot_be_are_refused(field: str, tmp_path: Path) -> None:
    wrong = {"calibration": {"calibration_s": -1.0}, "seconds": {"seconds": {"search": (-1.0,)}}}[field]
    with pytest.raises(InputError, match="times are positive"):
        read_measured(written(replace(BEFORE, **wrong), tmp_path))
