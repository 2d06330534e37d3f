"""The command line answers at once: nothing heavy is imported before a command needs it; shells can complete it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"numpy", "pyarrow", "numba", "ortools", "scipy", "grpc", "google", "yaml", "holidays", "pycountry"}


@pytest.mark.parametrize("words", [["--help"], ["solve", "--help"], ["--version"], ["solv"]])
def test_nothing_heavy_is_imported_for_help(words: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "dom_engine.cli", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [line for line in run.stderr.splitlines() if line.startswith("import time:")]
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}
    assert "typer" in imported
    assert imported & HEAVY == set()


def completions(words: str, cwd: Path) -> list[str]:
    """What bash is offered for the last word."""
    run = subprocess.run(
        [sys.executable, "-m", "dom_engine.cli"],
        capture_output=True,
        text=True,
        check=True,
        cwd=cwd,
        env={
            **os.environ,
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "_DOM_COMPLETE": "complete_bash",
            "COMP_WORDS": words,
            "COMP_CWORD": str(words.count(" ")),
        },
    )
    return run.stdout.split()


def test_completion(tmp_path: Path) -> None:
    (tmp_path / "quarter").mkdir()
    (tmp_path / "quiet.txt").touch()
    assert completions("dom so", tmp_path) == ["solve"]
    assert completions("dom solve qu", tmp_path) == ["quickstart", "quarter/"]
    assert completions("dom solve quickstart --variant r", tmp_path) == ["reno-closed"]
    assert completions("dom solve quickstart --method f", tmp_path) == ["fcfs", "fewest-splits"]
    assert completions("dom solve nowhere --variant ", tmp_path) == []


@pytest.mark.parametrize(("words", "code"), [(["--help"], 0), (["--port", "none"], 2), (["--host", "0.0.0.0"], 2)])
def test_serve_leaves_its_options_to_the_service(words: list[str], code: int) -> None:
    command = [sys.executable, "-m", "dom_engine.cli", "serve", *words]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == code
    assert "--reflection" in run.stdout + run.stderr
