"""Interrupts of commands that solve several things, in real processes: what is solved stays, and the tables agree."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dom_engine.cli import main
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from tests.integration.test_cli import interrupted

# The command as it is, but that it waits for its signal once something is solved: by then a solver has run in the
# process and may have taken the handlers.
WAITING = """
import sys, time
from dom_engine.cli.board import PlainBoard

say = PlainBoard.finished

def finished(*words, **named):
    say(*words, **named)
    while True:
        time.sleep(0.01)

PlainBoard.finished = finished
from dom_engine.cli import main
sys.exit(main())
"""

# The command as it is, but that it waits for its signal in the middle of its second solve, where that tells how it
# has come along.
IN_THE_MIDDLE = """
import sys, time
from dom_engine.cli.board import PlainBoard

say, begun = PlainBoard.began, []

def began(self, name):
    begun.append(name)
    say(self, name)

def progressed(self, name, progress):
    if name in begun[1:]:
        self.step("in the middle")
        while True:
            time.sleep(0.01)

PlainBoard.began, PlainBoard.progressed = began, progressed
from dom_engine.cli import main
sys.exit(main())
"""


class Case(NamedTuple):
    """A command without ``--out``, the signal, and the tables it ends with."""

    words: str
    number: signal.Signals
    tables: tuple[str, ...]


CASES = [
    Case("whatif quickstart", signal.SIGINT, ("comparison.csv",)),
    Case("sweep quickstart --vary weights.late=0,1,5", signal.SIGTERM, ("points.csv",)),
    Case(
        "pareto quickstart --objective cost --objective raw_costs.late --trials 2 --refinements 1",
        signal.SIGINT,
        ("points.csv", "front.yaml"),
    ),
    Case(
        "tune quickstart --hold-out stores --vary weights.late=0.1:40 --target cost=1 --target late_shipments=100"
        " --trials 2",
        signal.SIGTERM,
        ("trials.csv", "batches.csv", "tuned.yaml"),
    ),
]


@pytest.fixture
def own_handlers() -> Iterator[None]:
    """Commands run in this process leave its handlers as they were."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def goes_on(words: list[str], tables: tuple[str, ...], folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command given again reads what was solved and ends with the tables of a run that nothing stopped."""
    stopped = folder / "stopped"
    assert not any((stopped / table).exists() for table in tables)
    assert not list(stopped.rglob(".*"))
    kept = len([*stopped.glob("*/summary.json"), *stopped.glob("points/*.json")])
    assert kept
    words = [*words, "--threads", "1", "--out"]
    assert main([*words, str(stopped)]) == 0
    assert capsys.readouterr().err.count("kept from before") == kept
    assert main([*words, str(folder / "whole")]) == 0
    for table in tables:
        assert (stopped / table).read_bytes() == (folder / "whole" / table).read_bytes()


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words.split()[0])
def test_an_interrupted_command_keeps_what_is_solved_and_goes_on(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*case.words.split(), "--gap", "0"]
    command = [sys.executable, "-c", WAITING, *words, "--threads", "1", "--out", "stopped"]
    code, out, errors = interrupted(command, tmp_path, [(": OPTIMAL", case.number)])
    assert (code, out) == (130, "")
    assert errors[-1] == "error: interrupted; what is solved stays in stopped, and the same command goes on"
    goes_on(words, case.tables, tmp_path, capsys)


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize(
    ("command", "threads", "tables"),
    [
        # With two threads the variants are solved in processes of their own.
        ("whatif", "2", ("comparison.csv",)),
        ("infer", "1", ("weights.csv", "orders.csv", "iterations.csv", "inferred.yaml")),
    ],
)
def test_an_interrupt_in_the_middle_of_a_solve_costs_that_solve_alone(
    command: str,
    threads: str,
    tables: tuple[str, ...],
    tmp_path: Path,
    repository: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [command, "quickstart", "--gap", "0"]
    if command == "infer":
        problem = load_scenario(repository / "scenarios" / "quickstart", overrides={"method": "nearest", "threads": 1})
        write_result(solve(problem), tmp_path / "today")
        words.insert(2, str(tmp_path / "today"))
    process = [sys.executable, "-c", IN_THE_MIDDLE, *words, "--threads", threads, "--out", "stopped"]
    code, out, errors = interrupted(process, tmp_path, [("dom: in the middle", signal.SIGINT)])
    assert (code, out) == (130, "")
    assert errors[-1] == "error: interrupted; what is solved stays in stopped, and the same command goes on"
    goes_on(words, tables, tmp_path, capsys)
