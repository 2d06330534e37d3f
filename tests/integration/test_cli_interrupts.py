"""Interrupts of commands that solve several things, in real processes: what is solved stays, and the tables agree."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from dom_engine.cli import main
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


@pytest.mark.usefixtures("own_handlers")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words.split()[0])
def test_an_interrupted_command_keeps_what_is_solved_and_goes_on(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [*case.words.split(), "--gap", "0", "--threads", "1", "--out"]
    command = [sys.executable, "-c", WAITING, *words, "stopped"]
    code, out, errors = interrupted(command, tmp_path, [(": OPTIMAL", case.number)])
    assert (code, out) == (130, "")
    assert errors[-1] == "error: interrupted; what is solved stays in stopped, and the same command goes on"
    assert not any((tmp_path / "stopped" / table).exists() for table in case.tables)
    assert main([*words, str(tmp_path / "stopped")]) == 0
    assert capsys.readouterr().err.count("kept from before") == 1
    assert main([*words, str(tmp_path / "whole")]) == 0
    for table in case.tables:
        assert (tmp_path / "stopped" / table).read_bytes() == (tmp_path / "whole" / table).read_bytes()
