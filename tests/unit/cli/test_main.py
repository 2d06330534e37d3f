"""Every way to fail ends in a clear message and the right exit code, never in a traceback."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from dom_engine.cli import main
from dom_engine.cli.options import Method
from dom_engine.domain.settings import METHODS
from dom_engine.errors import MAX_FAULTS_SHOWN, AuditError, Fault, InputError, StoppedError
from tests.unit.cli.results import quickstart


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Makes ``dom scenarios`` raise."""

    def fail(error: BaseException) -> None:
        def names() -> list[str]:
            raise error

        monkeypatch.setattr("dom_engine.cli.shipped.names", names)

    return fail


def error_of(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    out, err = capsys.readouterr()
    assert out == ""
    error: dict[str, Any] = json.loads(err)["error"]
    return error


@pytest.mark.parametrize(
    "words",
    [
        ["solve"],
        ["solve", "quickstart"],
        ["solv"],
        ["--no-such-option"],
        ["solve", "quickstart", "--out", "plan", "--method", "best"],
        ["solve", "quickstart", "--out", "plan", "--gap", "nan"],
        ["solve", "quickstart", "--out", "plan", "--time-limit", "inf"],
        ["solve", "quickstart", "--out", "plan", "--time-limit", "-1"],
        ["solve", "quickstart", "--out", "plan", "--threads", "many"],
        ["verify", "quickstart"],
        ["import", "nothing"],
    ],
)
def test_bad_usage(words: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    lines = err.splitlines()
    assert lines[0].startswith("error: ")
    assert lines[-1].startswith("Try `dom")
    assert main([*words, "--json"]) == 2
    error = error_of(capsys)
    assert (error["kind"], error["exit_code"]) == ("usage", 2)
    assert error["message"]


@pytest.mark.parametrize("words", [[], ["import"]])
def test_no_command_shows_the_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    out, err = capsys.readouterr()
    assert "Usage: dom" in out
    assert err == ""


def test_bad_input_is_located_and_counted(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    faults = [Fault("orders.csv", n + 2, "country", "UNKNOWN_CODE", f"'X{n}' is \x1b[31mnone") for n in range(150)]
    failing(InputError(faults))
    assert main(["scenarios"]) == 2
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert out == ""
    assert lines[0] == "error: 150 errors in the input"
    assert lines[1] == r"  orders.csv, row 2, column country: 'X0' is \x1b[31mnone"
    assert lines[-1] == "  ... and 50 more"
    assert len(lines) == 1 + MAX_FAULTS_SHOWN + 1

    assert main(["scenarios", "--debug"]) == 2  # an unknown option of that command
    capsys.readouterr()


def test_bad_input_as_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["solve", str(tmp_path / "none"), "--out", str(tmp_path / "plan"), "--json"]) == 2
    error = error_of(capsys)
    assert (error["kind"], error["exit_code"], error["total"]) == ("input", 2, 1)
    (fault,) = error["faults"]
    assert fault["code"] == "NOT_FOUND"
    assert set(fault) == {"file", "row", "column", "code", "message"}
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(
    ("error", "first"),
    [
        (StoppedError("stopped before a plan was found"), "error: stopped before a plan was found"),
        (AuditError("the plan breaks 1 rule(s)"), "error: the plan breaks 1 rule(s)"),
        (ZeroDivisionError("by zero"), "error: ZeroDivisionError: by zero"),
        (MemoryError(), "error: out of memory; nothing was written"),
        (OSError(28, "No space left on device", "plan"), "error: plan: No space left on device"),
    ],
)
def test_no_plan(
    error: BaseException, first: str, failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(error)
    assert main(["scenarios"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[0] == first
    assert "Traceback" not in err


def test_an_internal_error_says_how_to_report_it(
    failing: Callable[[BaseException], None], capsys: pytest.CaptureFixture[str]
) -> None:
    failing(ZeroDivisionError("by zero"))
    main(["scenarios"])
    err = capsys.readouterr().err
    assert "a fault of dom-engine, not of your input" in err
    assert "`dom --debug scenarios`" in err
    assert main(["--debug", "scenarios"]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("dom-engine ")


def test_show(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = quickstart(tmp_path / "plan")
    assert main(["show", str(folder)]) == 0
    assert capsys.readouterr().out.startswith("quickstart: OPTIMAL\n")
    picture = tmp_path / "plan.svg"
    assert main(["show", str(folder), "--svg", str(picture)]) == 0
    assert picture.read_text(encoding="utf-8").startswith("<svg")


def test_scenarios_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios"]) == 0
    out = capsys.readouterr().out
    for name in ("quickstart", "peak-day", "export", "stores", "reno-closed"):
        assert name in out


def test_methods_are_those_of_the_scenario_files() -> None:
    assert get_args(Method) == METHODS


@pytest.mark.parametrize("command", [[], ["solve"], ["verify"], ["show"], ["import", "brunel"], ["scenarios"]])
def test_help_teaches_by_examples(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--help"]) == 0
    out = capsys.readouterr().out
    assert "Usage: dom" in out
    assert re.search(r"\n +dom \S", out.partition("Usage: dom")[2])
