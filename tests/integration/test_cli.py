"""The command line as users and scripts meet it: real processes, exit codes, and what is on disk afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from dom_engine.scenario.results_format import RESULT_FILES

DOM = [sys.executable, "-m", "dom_engine.cli"]

# An engine that says where it is and then works on for ever, heedless of its stop.
HEEDLESS = """
import sys, time
import dom_engine.cli.warmup, dom_engine.engine
from solvers.incumbent import Progress

def solve(problem, *, stop, watch, start=None):
    watch(Progress("working", None, None, 0.0))
    while True:
        time.sleep(0.01)

dom_engine.engine.solve = solve
dom_engine.cli.warmup.warm_up = lambda *_: None
from dom_engine.cli import main
sys.exit(main())
"""

# The engine as it is, but that it begins to work only when it is told to stop.
LATE = """
import sys, time
import dom_engine.cli.warmup, dom_engine.engine
from solvers.incumbent import Progress

solve_really = dom_engine.engine.solve

def solve(problem, *, stop, watch, start=None):
    watch(Progress("working", None, None, 0.0))
    while stop.reason is None:
        time.sleep(0.01)
    return solve_really(problem, stop=stop, watch=watch)

dom_engine.engine.solve = solve
dom_engine.cli.warmup.warm_up = lambda *_: None
from dom_engine.cli import main
sys.exit(main())
"""


def environment(**extra: str) -> dict[str, str]:
    """The process's own, with the checkout on the path and nothing that would pass for a terminal."""
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE")}
    root = str(Path(__file__).parents[2])
    return {**kept, "PYTHONPATH": os.pathsep.join(filter(None, (root, kept.get("PYTHONPATH")))), **extra}


def dom(*words: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*DOM, *words], cwd=cwd, env=environment(**extra), capture_output=True, text=True, check=False, timeout=300
    )


def interrupted(
    command: Sequence[str], cwd: Path, numbers: Sequence[tuple[str, signal.Signals]]
) -> tuple[int, str, list[str]]:
    """Run a command and send it each signal once a line of its stderr contains the given words."""
    process = subprocess.Popen(
        command, cwd=cwd, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stderr is not None
    lines: list[str] = []
    try:
        for words, number in numbers:
            while words not in (line := process.stderr.readline()):
                assert line, f"the process ended before it said {words!r}: {lines}"
                lines.append(line)
            process.send_signal(number)
        out, err = process.communicate(timeout=300)
    finally:
        process.kill()
        process.wait()
    return process.returncode, out, lines + err.splitlines()


@pytest.fixture(scope="module")
def solved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the quickstart was solved into ``plan``."""
    folder = tmp_path_factory.mktemp("solved")
    run = dom("solve", "quickstart", "--out", "plan", cwd=folder)
    assert run.returncode == 0, run.stderr
    return folder


def test_the_quickstart_is_solved_to_its_known_optimum(solved: Path) -> None:
    assert sorted(path.name for path in (solved / "plan").iterdir()) == sorted(RESULT_FILES)
    summary = json.loads((solved / "plan" / "summary.json").read_text())
    assert (summary["status"], summary["objective_micros"]) == ("OPTIMAL", 115_800_000)
    assert [path.name for path in solved.iterdir()] == ["plan"]


def test_without_a_terminal_output_is_plain(tmp_path: Path) -> None:
    run = dom("solve", "quickstart", "--out", "plan", cwd=tmp_path, COLUMNS="20")
    assert run.returncode == 0
    assert run.stdout.startswith("quickstart: OPTIMAL\n  objective        115.80 USD\n")
    assert "Check it: dom verify quickstart plan\n" in run.stdout
    assert "\x1b" not in run.stdout + run.stderr
    assert "dom: reading quickstart\n" in run.stderr
    assert all(line.startswith("dom: ") for line in run.stderr.splitlines())


@pytest.mark.parametrize("columns", ["20", "80", "200"])
def test_a_terminal_of_any_width_is_kept_to(solved: Path, columns: str) -> None:
    run = dom("show", "plan", cwd=solved, COLUMNS=columns, FORCE_COLOR="1", NO_COLOR="1")
    assert run.returncode == 0
    assert max(len(line) for line in run.stdout.splitlines() if "\x1b" not in line) <= int(columns)


def test_json_is_the_summary_and_nothing_else(tmp_path: Path) -> None:
    run = dom("solve", "quickstart", "--out", "plan", "--json", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    assert json.loads(run.stdout) == json.loads((tmp_path / "plan" / "summary.json").read_text())


def test_flags_win_over_the_scenario(tmp_path: Path) -> None:
    run = dom(
        "solve", "quickstart", "--out", "plan", "--json", "--method", "fcfs", "--seed", "7", "--threads", "1",
        "--variant", "splits-hurt", cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0
    summary = json.loads(run.stdout)
    assert (summary["method"], summary["seed"], summary["threads"]) == ("fcfs", 7, 1)
    plain = json.loads(dom("solve", "quickstart", "--out", "other", "--json", "--gap", "0", cwd=tmp_path).stdout)
    assert plain["problem_digest"] != summary["problem_digest"]
    assert plain["method"] == "auto"


def test_an_earlier_result_is_replaced_and_nothing_is_left_beside_it(solved: Path) -> None:
    before = (solved / "plan" / "shipments.csv").read_bytes()
    assert dom("solve", "quickstart", "--out", "plan", cwd=solved).returncode == 0
    assert (solved / "plan" / "shipments.csv").read_bytes() == before
    assert [path.name for path in solved.iterdir()] == ["plan"]


def test_a_plan_is_verified(solved: Path) -> None:
    run = dom("verify", "quickstart", "plan", cwd=solved)
    assert run.returncode == 0, run.stdout
    assert run.stdout.startswith("verify: HOLDS\n")
    told = dom("verify", "quickstart", "plan", "--json", cwd=solved)
    assert told.returncode == 0
    report: dict[str, Any] = json.loads(told.stdout)
    assert report["ok"] is True
    assert report["findings"] == []


def test_a_check_that_does_not_hold(solved: Path, tmp_path: Path) -> None:
    shutil.copytree(solved / "plan", tmp_path / "plan")
    shipments = tmp_path / "plan" / "shipments.csv"
    lines = shipments.read_text().splitlines()
    cells = lines[1].rsplit(",", 1)
    lines[1] = f"{cells[0]},{float(cells[1]) - 1:.6f}"
    shipments.write_text("\n".join(lines) + "\n")
    run = dom("verify", "quickstart", "plan", cwd=tmp_path)
    assert run.returncode == 1
    assert run.stdout.startswith("verify: DOES NOT HOLD")
    assert "shipments.csv" in run.stdout
    told = dom("verify", "quickstart", "plan", "--json", cwd=tmp_path)
    assert told.returncode == 1
    findings = json.loads(told.stdout)["findings"]
    assert ("shipments.csv", 2, "total") in {(f["file"], f["row"], f["column"]) for f in findings}


def test_bad_input_writes_nothing(tmp_path: Path, repository: Path) -> None:
    scenario = tmp_path / "batch"
    shutil.copytree(repository / "scenarios" / "quickstart", scenario)
    lines = (scenario / "order_lines.csv").read_text().splitlines()
    lines[1] = lines[1].replace("mug", "mgu")
    lines[2] = lines[2].rsplit(",", 1)[0] + ",-3"
    (scenario / "order_lines.csv").write_text("\n".join(lines) + "\n")
    run = dom("solve", "batch", "--out", "plan", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    errors = [line for line in run.stderr.splitlines() if not line.startswith("dom: ")]
    assert errors[0] == "error: 2 errors in the input"
    assert errors[1].startswith("  order_lines.csv, row 2, column item: ")
    assert errors[2].startswith("  order_lines.csv, row 3, column quantity: ")
    told = dom("solve", "batch", "--out", "plan", "--json", cwd=tmp_path)
    assert (told.returncode, told.stdout) == (2, "")
    faults = json.loads(told.stderr)["error"]["faults"]
    assert [(fault["row"], fault["column"]) for fault in faults] == [(2, "item"), (3, "quantity")]
    assert [path.name for path in tmp_path.iterdir()] == ["batch"]


@pytest.mark.parametrize("target", ["notes", "notes/list.txt", "notes/list.txt/plan"])
def test_a_folder_of_someone_elses_is_refused_before_solving(tmp_path: Path, target: str) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "list.txt").write_text("milk")
    run = dom("solve", "quickstart", "--out", target, cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr
    assert "dom: formulating" not in run.stderr
    assert [path.name for path in (tmp_path / "notes").iterdir()] == ["list.txt"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_writes_the_best_plan_so_far(tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-c", LATE, "solve", "quickstart", "--out", "plan", "--time-limit", "3600"]
    code, out, errors = interrupted(command, tmp_path, [("dom: working", number)])
    assert code == 130, errors
    assert "dom: stopping with the best plan so far (once more to leave at once)" in errors
    assert out.startswith("quickstart: FEASIBLE, interrupted\n")
    summary = json.loads((tmp_path / "plan" / "summary.json").read_text())
    assert (summary["status"], summary["limit"]) == ("FEASIBLE", "INTERRUPTED")
    assert summary["objective_micros"] >= 115_800_000 >= summary["lower_bound_micros"]
    assert dom("verify", "quickstart", "plan", cwd=tmp_path).returncode == 0


def test_a_second_interrupt_leaves_at_once_with_nothing_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HEEDLESS, "solve", "quickstart", "--out", "plan"]
    signals = [("dom: working", signal.SIGINT), ("dom: stopping", signal.SIGINT)]
    code, out, errors = interrupted(command, tmp_path, signals)
    assert (code, out) == (3, "")
    assert errors[-1] == "error: interrupted; nothing was written"
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_before_the_search_leaves_at_once(tmp_path: Path) -> None:
    command = [*DOM, "solve", "quickstart", "--out", "plan"]
    code, out, errors = interrupted(command, tmp_path, [("dom: reading", signal.SIGTERM)])
    assert (code, out) == (3, "")
    assert errors[-1] == "error: interrupted; nothing was written"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["show", "plan"], ["verify", "quickstart", "plan"], ["solve", "--help"]])
def test_a_terminal_of_few_characters_gets_its_answer(solved: Path, words: list[str]) -> None:
    run = dom(*words, cwd=solved, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert (run.returncode, "Traceback" in run.stderr) == (0, False)


def test_a_reader_that_closes_stderr_does_not_stop_the_work(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*DOM, "solve", "quickstart", "--out", "plan"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    process.stderr.close()
    assert process.wait(300) == 0
    assert (tmp_path / "plan" / "summary.json").is_file()


def test_a_reader_that_closes_the_pipe_is_no_error(solved: Path) -> None:
    process = subprocess.Popen(
        [*DOM, "show", "plan"],
        cwd=solved,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 141
    assert errors == ""
