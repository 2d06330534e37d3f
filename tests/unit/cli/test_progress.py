"""Progress: one live line on a terminal, lines elsewhere, silence for programs."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from dom_engine.cli.progress import PLAIN_EVERY_S, STOPPING, Live, Plain, Silent, progress_text, reporter
from solvers.incumbent import Progress

KNOWN = Progress("prices", 120_400_000, 110_000_000, 1.25)


def test_what_is_known_is_said() -> None:
    assert progress_text(KNOWN, 1.25) == "prices, best 120.40, bound 110.00, gap 8.64 %, 1.2 s"
    assert progress_text(Progress("pricing", None, None, 0.0), 0.5) == "pricing, 0.50 s"


def test_plain_lines_come_with_each_phase_and_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    with Plain() as report:
        report.step("reading quickstart")
        for phase, elapsed_s in [("prices", 0.1), ("prices", 0.2), ("columns", 0.3), ("columns", PLAIN_EVERY_S + 0.5)]:
            report.watch(Progress(phase, None, None, elapsed_s))
        report.stopping()
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "dom: reading quickstart",
        "dom: prices, 0.10 s",
        "dom: columns, 0.30 s",
        "dom: columns, 2.5 s",
        f"dom: {STOPPING}",
    ]


@pytest.mark.parametrize("width", [20, 60, 200])
def test_the_live_line_is_one_line_of_any_width(width: int) -> None:
    stream = io.StringIO()
    out = Console(file=stream, force_terminal=True, width=width, color_system=None)
    with Live(out) as report:
        report.step("reading quickstart")
        report.watch(KNOWN)
        report.stopping()
        drawn = Console(file=io.StringIO(), width=width)
        drawn.print(report.renderable())
    lines = drawn.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert len(lines) == 1
    assert "prices" in lines[0]
    if width == 200:
        assert re.search(r"best 120\.40, bound 110\.00, gap 8\.64 %, 1\.\d s; stopping", lines[0])
    assert "\x1b[?25h" in stream.getvalue()  # the cursor is back


def test_who_reads_decides() -> None:
    assert isinstance(reporter(quiet=True), Silent)
    assert isinstance(reporter(quiet=False), Plain)  # pytest captures stderr: no terminal


def test_silence(capfd: pytest.CaptureFixture[str]) -> None:
    with Silent() as report:
        report.step("reading")
        report.watch(KNOWN)
        report.stopping()
    assert capfd.readouterr() == ("", "")
