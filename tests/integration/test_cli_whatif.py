"""``dom whatif`` in real processes: the shipped variants' known costs, interrupts, and what programs get."""

from __future__ import annotations

import json
import signal
import sys
from pathlib import Path

import pytest

from tests.integration.test_cli import HEEDLESS, dom, interrupted

COSTS = {
    ("stores", "new-store"): 87.10,
    ("stores", "node-outage"): 196.30,
    ("export", "carbon-price"): 12_726.69,
    ("export", "carrier-price-rise"): 12_821.33,
}


@pytest.mark.parametrize("scenario", ["stores", "export"])
def test_shipped_variants(scenario: str, tmp_path: Path) -> None:
    expected = {variant: cost for (name, variant), cost in COSTS.items() if name == scenario}
    only = [word for variant in expected for word in ("--only", variant)]
    done = dom("whatif", scenario, "--out", "study", "--gap", "0", "--threads", "1", *only, "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    objectives = [delta for delta in json.loads(done.stdout)["deltas"] if delta["metric"] == "objective"]
    assert {delta["variant"]: round(delta["value"], 2) for delta in objectives} == expected
    for delta in objectives:
        # Proven to the micro and the bound of the prices: the interval is as good as one number.
        assert delta["delta_low"] <= delta["delta"] <= delta["delta_high"]
        assert delta["delta_high"] - delta["delta_low"] < 0.02
        assert delta["certain"]


def test_an_interrupt_in_the_first_solve_leaves_nothing_half_written(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HEEDLESS, "whatif", "quickstart", "--out", "study", "--threads", "1"]
    code, out, errors = interrupted(command, tmp_path, [("dom: base: solving", signal.SIGTERM)])
    assert (code, out) == (3, "")
    assert errors[-1] == "error: interrupted; what is solved stays in study, and the same command goes on"
    assert list((tmp_path / "study").iterdir()) == []


def test_an_unknown_variant_is_bad_input(tmp_path: Path) -> None:
    done = dom("whatif", "quickstart", "--out", "study", "--only", "reno-close", cwd=tmp_path)
    assert done.returncode == 2
    assert "unknown variant 'reno-close'" in done.stderr
    assert "reno-closed" in done.stderr
    assert not (tmp_path / "study").exists()
