"""The README's picture: what ``dom show`` draws of the quickstart's result. Run as a script, it draws it anew."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURE = ROOT / "docs" / "quickstart.svg"
TIMINGS_S = {"formulation": 0.1, "search": 0.2, "audit": 0.0, "reasons": 0.0}
"""Stands for the clock, so that the picture changes only with the product."""


def quickstart_picture(folder: Path) -> str:
    """Solve the quickstart in ``folder`` and draw the result."""

    def dom(*words: str) -> None:
        command = [sys.executable, "-m", "dom_engine.cli", *words]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    plan, picture = folder / "plan", folder / "plan.svg"
    dom("solve", "scenarios/quickstart", "--out", str(plan), "--threads", "2")
    summary = json.loads((plan / "summary.json").read_text(encoding="utf-8"))
    (plan / "summary.json").write_text(json.dumps(summary | {"timings_s": TIMINGS_S}), encoding="utf-8")
    dom("show", str(plan), "--svg", str(picture))
    return picture.read_text(encoding="utf-8")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        PICTURE.write_text(quickstart_picture(Path(folder)), encoding="utf-8", newline="\n")
