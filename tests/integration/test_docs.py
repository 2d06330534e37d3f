"""Every example in README.md and docs/ is run, and says what the product says.

A ``console`` block is a session: lines that begin with ``$`` are run by bash, in a folder that the blocks of one page
share; what follows up to the next ``$`` is their output, as doctest compares it (``...`` stands for anything). A
``python`` block is run as a script, in that folder too. A block that cannot run here says so, and why, in a comment
just above it: ``<!-- not run: it would never end -->``.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.integration.picture import PICTURE, quickstart_picture

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<why>.+) -->\n+)?^```(?P<kind>console|python)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL
)
PLAIN_TARGETS = re.compile(r"^make (?P<target>[a-z-]+)( +#.*)?$")


class Example(NamedTuple):
    """A command and its output, or a script; ``line`` is where it stands."""

    line: int
    kind: str
    source: str
    output: str | None


def examples(text: str) -> Iterator[Example]:
    """The examples of a page that are to be run, in their order."""
    for block in BLOCK.finditer(text):
        if block["why"]:
            continue
        line = text[: block.start("body")].count("\n") + 1
        if block["kind"] == "python":
            yield Example(line, "python", block["body"], None)
            continue
        assert block["body"].startswith("$ "), f"line {line}: a console block begins with a command"
        for session in re.split(r"^(?=\$ )", block["body"], flags=re.MULTILINE):
            if session:
                command, _, output = session[2:].partition("\n")
                yield Example(line, "console", command, output or None)
            line += session.count("\n")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a reader has after installing: ``dom`` and ``python`` on the path."""
    programs = tmp_path_factory.mktemp("bin")
    for name, command in {"dom": "-m dom_engine.cli", "python": ""}.items():
        (programs / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n')
        (programs / name).chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "FORCE_COLOR", "DOM_DATA")}
    return {
        **kept,
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), kept.get("PYTHONPATH")))),
    }


def run(example: Example, folder: Path, environment: dict[str, str]) -> None:
    """Run one example; it must succeed and print what the page shows."""
    script = example.source
    command = [sys.executable, "-c", script] if example.kind == "python" else ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"line {example.line}: {script}\n{done.stdout}{done.stderr}"
    if example.output is not None:
        checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        if not checker.check_output(example.output, done.stdout, flags):
            pytest.fail(f"line {example.line}: `{script}` prints\n{done.stdout}\nthe page shows\n{example.output}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples(page: Path, tmp_path: Path, environment: dict[str, str]) -> None:
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios", ignore=shutil.ignore_patterns("__pycache__"))
    for example in examples(page.read_text(encoding="utf-8")):
        if target := PLAIN_TARGETS.match(example.source):
            # Making the environment anew is what every test run has just done.
            assert re.search(rf"^{target['target']}:.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE), example
        else:
            run(example, tmp_path, environment)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if not (page.parent / link).exists()]
    assert missing == []


def test_the_picture_is_current(tmp_path: Path) -> None:
    current = quickstart_picture(tmp_path)
    assert PICTURE.read_text(encoding="utf-8") == current, "draw it anew: python -m tests.integration.picture"


PAGE = """
```console
$ echo one
one
$ echo two; echo three
two
...
```

<!-- not run: for the sake of the test -->
```console
$ false
```

```python
print(1)
```
"""


def test_a_page_is_read_as_its_reader_reads_it(tmp_path: Path, environment: dict[str, str]) -> None:
    found = list(examples(PAGE))
    assert found == [
        Example(3, "console", "echo one", "one\n"),
        Example(5, "console", "echo two; echo three", "two\n...\n"),
        Example(16, "python", "print(1)\n", None),
    ]
    for example in found:
        run(example, tmp_path, environment)


def test_a_session_without_a_command_is_found() -> None:
    with pytest.raises(AssertionError, match="begins with a command"):
        list(examples("```console\nmake test\n```\n"))


@pytest.mark.parametrize(
    "example",
    [
        Example(1, "console", "false", None),
        Example(1, "console", "echo one", "two\n"),
        Example(1, "python", "1/0", None),
    ],
)
def test_an_example_that_is_wrong_is_found(example: Example, tmp_path: Path, environment: dict[str, str]) -> None:
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        run(example, tmp_path, environment)
