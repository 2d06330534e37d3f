"""What goes to stderr when a command fails: located lines for a person, one JSON object for a program."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dom_engine.cli.exits import ExitCode
from dom_engine.cli.texts import printable

if TYPE_CHECKING:
    from dom_engine.errors import Fault

MAX_MESSAGE = 2_000
"""Characters of one message that a terminal is shown; JSON has them all."""


def report(
    kind: str,
    message: str,
    exit_code: ExitCode,
    *,
    as_json: bool,
    faults: Sequence[Fault] = (),
    hints: Sequence[str] = (),
) -> None:
    """Say on stderr why nothing came of it.

    Parameters
    ----------
    kind
        ``usage``, ``input``, ``stopped`` or ``internal``: a word for programs.
    faults
        All faults of the input; the first hundred are shown and the total is said.
    hints
        Lines that help a person further; programs do without.
    """
    from dom_engine.errors import MAX_FAULTS_SHOWN

    shown = faults[:MAX_FAULTS_SHOWN]
    if as_json:
        error: dict[str, Any] = {"kind": kind, "exit_code": int(exit_code), "message": message}
        if faults:
            error |= {"total": len(faults), "faults": [_members(fault) for fault in shown]}
        sys.stderr.write(json.dumps({"error": error}, indent=2) + "\n")
        return
    lines = [("error: ", printable_lines(message))]
    lines += [(f"  {_place(fault)}: ", printable(fault.message, MAX_MESSAGE)) for fault in shown]
    if len(faults) > len(shown):
        lines.append(("", f"  ... and {len(faults) - len(shown):,} more"))
    _write(lines, hints)


def printable_lines(text: str) -> str:
    """Several lines, each fit for a terminal."""
    return "\n".join(printable(line, MAX_MESSAGE) for line in text.splitlines())


def _place(fault: Fault) -> str:
    place = printable(fault.file, MAX_MESSAGE)
    if fault.row:
        place += f", row {fault.row}"
    if fault.column:
        place += f", column {printable(fault.column, MAX_MESSAGE)}"
    return place


def _members(fault: Fault) -> dict[str, Any]:
    return {
        "file": fault.file,
        "row": fault.row,
        "column": fault.column,
        "code": fault.code,
        "message": fault.message,
    }


def _write(lines: Sequence[tuple[str, str]], hints: Sequence[str]) -> None:
    from rich.text import Text

    from dom_engine.cli.terminal import console

    out = console(stderr=True)
    if not out.is_terminal:
        sys.stderr.write("".join(f"{head}{rest}\n" for head, rest in lines))
        sys.stderr.write("".join(f"{hint}\n" for hint in hints))
        return
    for head, rest in lines:
        style = "bold red" if head == "error: " else "bold"
        out.print(Text.assemble((head, style), rest), soft_wrap=True)
    for hint in hints:
        out.print(Text(hint, "dim"), soft_wrap=True)
