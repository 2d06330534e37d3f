"""The entry point: one place that turns every way to fail into a clear message and an exit code."""

from __future__ import annotations

import io
import os
import shlex
import sys
import traceback
from collections.abc import Sequence

from dom_engine.cli.exits import ExitCode, Leave, ReaderGone, leave_on_signals

BROKEN_PIPE = 128 + 13
"""What a shell says of a program that wrote to a pipe nobody reads any more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        Without the program's name; by default those of the process.

    Returns
    -------
    int
        The exit code (see :class:`~dom_engine.cli.exits.ExitCode`).
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        leave_on_signals()
        if arguments is None:
            _keep_stdout_to_ourselves()
        _accept_any_text()
        code = _run(words, as_json=as_json)
        sys.stdout.flush()
    except Leave:
        from dom_engine.cli import failures

        failures.report("stopped", "interrupted; nothing was written", ExitCode.NO_PLAN, as_json=as_json)
        # A solver may still be running in its thread: there is nothing left to wait for.
        _flush()
        os._exit(ExitCode.NO_PLAN)
    except (ReaderGone, BrokenPipeError):
        # Python would complain once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _keep_stdout_to_ourselves() -> None:
    """What native code prints of its own accord goes to stderr: stdout is for the answer, which may be JSON."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.flush()
        own = os.dup(sys.stdout.fileno())
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        sys.stdout = io.TextIOWrapper(
            os.fdopen(own, "wb"), encoding=sys.stdout.encoding, errors=sys.stdout.errors, line_buffering=os.isatty(own)
        )


def _accept_any_text() -> None:
    """A terminal that knows no ``━`` or ``ü`` shows a question mark; it gets its answer all the same."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _run(words: list[str], *, as_json: bool) -> int:
    import typer

    from dom_engine.cli import failures
    from dom_engine.cli.app import app
    from dom_engine.cli.kept import Interrupted
    from dom_engine.errors import DomError, InputError, StoppedError

    try:
        code = typer.main.get_command(app).main(words, prog_name="dom", standalone_mode=False)
    except typer.TyperException as error:
        # Without a word of its own it is the help, printed already, of a command that lacks its subcommand.
        if message := error.format_message():
            failures.report("usage", message, ExitCode.BAD_INPUT, as_json=as_json, hints=[_help_hint(error)])
        return ExitCode.BAD_INPUT
    except InputError as error:
        total = len(error.faults)
        head = f"{total:,} error{'s' if total != 1 else ''} in the input"
        failures.report("input", head, ExitCode.BAD_INPUT, as_json=as_json, faults=error.faults)
        return ExitCode.BAD_INPUT
    except Interrupted as error:
        failures.report("interrupted", str(error), ExitCode.INTERRUPTED, as_json=as_json)
        return ExitCode.INTERRUPTED
    except StoppedError as error:
        failures.report("stopped", str(error), ExitCode.NO_PLAN, as_json=as_json)
        return ExitCode.NO_PLAN
    except OSError as error:
        failures.report("stopped", _os_message(error), ExitCode.NO_PLAN, as_json=as_json)
        return ExitCode.NO_PLAN
    except MemoryError:
        failures.report("stopped", "out of memory; nothing was written", ExitCode.NO_PLAN, as_json=as_json)
        return ExitCode.NO_PLAN
    except Exception as error:  # noqa: BLE001  no user is to meet a traceback
        return _internal_error(error, words, as_json=as_json, expected=isinstance(error, DomError))
    return code if isinstance(code, int) else ExitCode.DONE


def _internal_error(error: Exception, words: list[str], *, as_json: bool, expected: bool) -> int:
    from dom_engine.cli import failures

    name = "" if expected else f"{type(error).__name__}: "
    hints = [
        "This is a fault of dom-engine, not of your input; no answer is given, nothing was written.",
        f"Please report it in the project's issue tracker, with what `dom --debug {shlex.join(words)}` prints.",
    ]
    if "--debug" in words:
        traceback.print_exception(error)
        del hints[1:]
    failures.report("internal", f"{name}{error}", ExitCode.NO_PLAN, as_json=as_json, hints=hints)
    return ExitCode.NO_PLAN


def _help_hint(error: Exception) -> str:
    context = getattr(error, "ctx", None)
    return f"Try `{context.command_path if context else 'dom'} --help`."


def _os_message(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}"


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            continue
