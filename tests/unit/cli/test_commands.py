"""What help says of parameters: nothing that looks like a value to give, or like a word to type in braces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import typer
from typer.core import TyperGroup
from typer.testing import CliRunner

from dom_engine.cli.app import app


def paths(command: object, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every command by the words that call it."""
    yield path
    if isinstance(command, TyperGroup):
        for name, inner in command.commands.items():
            yield from paths(inner, (*path, name))


# The service parses its own options.
PATHS = [path for path in paths(typer.main.get_command(app)) if path != ("serve",)]


def helped(*words: str) -> str:
    done = CliRunner().invoke(app, [*words, "--help"], prog_name="dom", env={"COLUMNS": "100", "TERM": "dumb"})
    assert done.exit_code == 0
    return done.output


def test_every_command_is_looked_at() -> None:
    assert len(PATHS) > 20
    assert {(), ("solve",), ("import", "orlib-gap")} <= set(PATHS)


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_is_plain(path: tuple[str, ...]) -> None:
    text = helped(*path)
    usage = next(line for line in text.splitlines() if "Usage:" in line)
    assert usage.split()[: len(path) + 2] == ["Usage:", "dom", *path]
    assert "{" not in usage
    assert "<bool>" not in text


def test_arguments_stand_bare_in_usage() -> None:
    assert "Usage: dom verify [OPTIONS] SCENARIO DIR " in helped("verify")


@pytest.mark.parametrize("method", ["auto", "exact", "fcfs", "nearest", "preference", "fewest-splits"])
def test_help_names_every_method_whole(method: str) -> None:
    assert f"`{method}`" in helped("solve")
