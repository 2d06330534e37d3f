"""Rules for the repository as a whole: what its files may not name, and what its wheel carries."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

SHIPPED_SCENARIOS = ["quickstart", "peak-day", "export", "stores"]

# Such a path follows no word, dot or slash: "a / home / b" and "https://example.org/home/page" are none.
MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:work|root|home|tmp|opt|Users)/\w")
# One letter of each stands in brackets, so that this file passes its own check.
REGISTRY_HOST = re.compile(r"\b(?:p[y]pi\.org|python[h]osted\.org|np[m]js\.org|conda\.[a]naconda)\b")


def forbidden_mentions(text: str) -> list[str]:
    """Lines, numbered, that name a path of some machine or the host of a package registry."""
    return [
        f"{number}: {line.strip()[:100]}"
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line) or REGISTRY_HOST.search(line)
    ]


def tracked_files(repository: Path) -> list[Path]:
    """Every file under version control that is still there."""
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True)
    names = listing.stdout.decode().split("\0")
    return [repository / name for name in names if name and (repository / name).is_file()]


def test_no_file_names_a_machine_path_or_a_registry(repository: Path) -> None:
    files = tracked_files(repository)
    assert repository / "pyproject.toml" in files
    found = {
        str(file.relative_to(repository)): mentions
        for file in files
        if (mentions := forbidden_mentions(file.read_text(encoding="utf-8", errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    [
        "out = '/" + "tmp/plan'",
        "see /" + "home/ann/notes",
        "index-url = https://" + "pypi" + ".org/simple",
    ],
)
def test_a_forbidden_mention_is_found(line: str) -> None:
    assert forbidden_mentions(f"harmless\n{line}\n") == [f"2: {line}"]


@pytest.mark.parametrize("line", ["scenarios/work/hours", "https://example.org/home/page", "a / home / b"])
def test_a_harmless_line_is_left_alone(line: str) -> None:
    assert forbidden_mentions(line) == []


def test_the_wheel_carries_the_product_and_nothing_else(repository: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=repository, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()

    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"dom_engine", "solvers"}
    for scenario in SHIPPED_SCENARIOS:
        assert f"dom_engine/shipped/{scenario}/scenario.yaml" in names
    assert not [name for name in names if "__pycache__" in name or name.endswith("shipped/generate.py")]
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
