"""No pin lies below a version that is known to be vulnerable, and the audit says plainly what it could not ask."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.advisories import UNREACHABLE, VULNERABLE, asked, audit, below, floors, installed, pinned


def test_pins_and_environment_hold_the_floors(repository: Path) -> None:
    required = floors((repository / "security-floors.txt").read_text())
    pins = pinned((repository / "constraints.txt").read_text())
    assert below(required, pins) == []
    assert below(required, installed()) == []
    assert {"protobuf", "grpcio", "pyarrow", "pyyaml"} <= {one.name.lower() for one in required} & set(pins)


def test_the_environment_agrees_with_itself() -> None:
    done = subprocess.run([sys.executable, "-m", "pip", "check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_what_is_below_is_named() -> None:
    required = floors("PyYAML>=5.4  # CVE\n# nothing\nabsent>=1\n")
    assert below(required, {"pyyaml": "5.3.1"}) == ["PyYAML 5.3.1 is below >=5.4"]
    assert below(required, {"pyyaml": "10.0"}) == []


@pytest.mark.parametrize("line", ["PyYAML", "PyYAML==5.4", "PyYAML>=5,<6"])
def test_a_line_that_is_no_floor_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="is no floor"):
        floors(line)


PINS = {"numpy": "2.4.6"}
CLEAN = '{"dependencies": [{"name": "numpy", "version": "2.4.6", "vulns": []}]}'
KNOWN = '{"dependencies": [{"name": "numpy", "version": "2.4.6", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3"]}]}]}'
SKIPPED = '{"dependencies": [{"name": "numpy", "skip_reason": "not found"}]}'


def test_a_report_is_read() -> None:
    assert asked(CLEAN, PINS) == ([], [])
    assert asked(KNOWN, PINS) == (["numpy 2.4.6: PYSEC-1, fixed in 3"], [])
    assert asked(SKIPPED, PINS) == ([], ["numpy"])
    assert asked("", PINS) == ([], ["numpy"])


def of_all(report: str, repository: Path) -> str:
    """The report, said of every pinned package."""
    told = [
        {**package, "name": name}
        for name in pinned((repository / "constraints.txt").read_text())
        for package in json.loads(report)["dependencies"]
    ]
    return json.dumps({"dependencies": told})


@pytest.mark.parametrize(
    ("report", "code", "says"),
    [
        (CLEAN, 0, "no vulnerability is known of the"),
        (KNOWN, VULNERABLE, "VULNERABLE  protobuf 2.4.6: PYSEC-1, fixed in 3"),
        (SKIPPED, UNREACHABLE, "packages no advisories could be had: absl-py, alembic, annotated-doc ... (no route)"),
        ("", UNREACHABLE, "of them only the"),
    ],
)
def test_the_audit_never_passes_over_what_it_could_not_ask(
    report: str, code: int, says: str, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stated = of_all(report, repository) if report else ""

    def told(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1, stated, "trying\nno route")

    assert audit(told) == code
    assert says in capsys.readouterr().out
