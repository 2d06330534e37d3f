"""``dom explain`` and ``dom shadow`` for programs: sums that add up, errors that write nothing."""

from __future__ import annotations

import json
from pathlib import Path

from tests.integration.test_cli import dom


def test_explanations_for_programs(tmp_path: Path) -> None:
    assert dom("solve", "quickstart", "--out", "plan", "--threads", "1", cwd=tmp_path).returncode == 0
    done = dom("explain", "quickstart", "plan", "1006", "--json", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert told["chosen"]["ships"] == "from reno by ground"
    assert told["counterfactuals"][0] == {
        "line": "1",
        "change": "1 more vase at reno",
        "served_units": 1,
        "short_units": 1,
        "delta_micros": -22_000_000,
    }
    for way in told["by_node"]:
        paid = sum(row["paid_micros"] for row in way["rows"])
        assert sum(way["costs_micros"].values()) + paid == way["priced_micros"]
    worths = json.loads(dom("shadow", "quickstart", "plan", "--top", "0", "--json", cwd=tmp_path).stdout)
    assert {row["kind"] for row in worths["rows"]} <= {"stock", "safety_stock", "capacity"}
    other = dom("explain", "quickstart", "plan", "1006", "--variant", "splits-hurt", cwd=tmp_path)
    assert other.returncode == 2
    assert "answers another problem than this scenario (or variant) states" in other.stderr
