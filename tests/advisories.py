"""Known vulnerabilities of what is pinned: those that stand in ``security-floors.txt``, and, asked for, the database's.

``make audit`` runs this. It fails where a pin is vulnerable, and, with another exit code, where the database cannot be
reached: then nothing is known of what was published since the floors were written, and it says so.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[1]
VULNERABLE, UNREACHABLE = 1, 3
PATIENCE_S = 300

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


def floors(text: str) -> list[Requirement]:
    """The floors of a file; a line that states none is an error."""
    found = [
        Requirement(line.partition("#")[0].strip()) for line in text.splitlines() if line.partition("#")[0].strip()
    ]
    for one in found:
        if [clause.operator for clause in one.specifier] != [">="]:
            raise ValueError(f"security-floors.txt: '{one}' is no floor such as name>=1.2")
    return found


def below(required: Sequence[Requirement], versions: dict[str, str]) -> list[str]:
    """What of these versions lies below its floor; packages that are not among them do not matter."""
    return [
        f"{one.name} {version} is below {one.specifier}"
        for one in required
        if (version := versions.get(canonicalize_name(one.name))) is not None and Version(version) not in one.specifier
    ]


def pinned(text: str) -> dict[str, str]:
    """Versions of a constraints file by canonical name."""
    pins = (line.partition("#")[0].strip().split("==") for line in text.splitlines() if "==" in line.partition("#")[0])
    return {canonicalize_name(name): version for name, version in pins}


def installed() -> dict[str, str]:
    """Versions of this environment by canonical name."""
    return {canonicalize_name(one.name): one.version for one in metadata.distributions()}


def asked(report: str, pins: dict[str, str]) -> tuple[list[str], list[str]]:
    """The vulnerabilities that pip-audit reports, and the pins of which it says nothing.

    A package that it skipped, as it does with all of them where a mirror knows no advisories, was not asked about; the
    tool itself calls that "no known vulnerabilities".
    """
    try:
        packages: list[Any] = json.loads(report)["dependencies"]
    except ValueError:
        packages = []
    known = {canonicalize_name(one["name"]): one for one in packages if "skip_reason" not in one}
    found = [
        f"{one['name']} {one['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'no version'}"
        for one in known.values()
        for flaw in one["vulns"]
    ]
    return found, sorted(set(pins) - set(known))


def run(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE_S)


def audit(run: Run = run) -> int:
    """Say what is known; the exit code."""
    pins = pinned((ROOT / "constraints.txt").read_text(encoding="utf-8"))
    required = floors((ROOT / "security-floors.txt").read_text(encoding="utf-8"))
    found = below(required, pins)
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(ROOT / "constraints.txt")]
    command += ["--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = run(command)
    told, unasked = asked(done.stdout, pins)
    for line in [*found, *told]:
        print(f"VULNERABLE  {line}")
    if unasked:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        names = ", ".join(unasked[:3]) + (" ..." if len(unasked) > 3 else "")
        print(f"NOT ASKED   of {len(unasked)} of {len(pins)} packages no advisories could be had: {names} ({last})")
        print(f"            of them only the {len(required)} floors of security-floors.txt are known")
    if found or told:
        return VULNERABLE
    if unasked:
        return UNREACHABLE
    print(f"no vulnerability is known of the {len(pins)} pinned packages")
    return 0


if __name__ == "__main__":
    sys.exit(audit())
