"""The scale driver on a batch small enough for every change: every phase told, the plan verified."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.bench_scale import CASES, in_a_fresh_process, solved, verified
from scenarios.generate import Spec, generate, write_scenario


def test_every_size_comes_in_both_stocks_and_both_dispatches() -> None:
    kinds = {(case.spec.orders, case.spec.stock, case.spec.days, case.spec.daily_capacity) for case in CASES.values()}
    assert kinds == {
        (orders, stock, days, days > 1)
        for orders in (3_000, 10_000, 20_000, 100_000, 1_000_000)
        for stock in ("comfortable", "tight")
        for days in (1, 5)
    }


def test_a_row_tells_every_phase_of_a_plan_that_verifies(tmp_path: Path) -> None:
    for name, orders in (("batch", 60), ("small", 20)):
        write_scenario(generate(Spec(orders, 5, 30, "tight")), tmp_path / name)
    overrides = {"method": "fcfs", "time_limit_s": 60.0, "gap": 1e-3, "threads": 1}
    row = solved(tmp_path / "batch", tmp_path / "small", tmp_path / "plan", overrides)
    phases_s = (row.load_s, row.formulate_s, row.search_s, row.audit_s, row.reasons_s, row.write_s)
    assert all(phase_s > 0 for phase_s in phases_s)
    assert sum(phases_s) <= row.whole_s
    assert (row.orders, row.method, row.limit) == (60, "fcfs", "")
    assert row.certified_gap_pct >= row.gap_pct >= 0
    assert row.peak_gb > 0
    verify_s, verify_gb, findings = verified(tmp_path / "batch", tmp_path / "plan")
    assert verify_s > 0
    assert verify_gb > 0
    assert findings == 0


def test_a_case_runs_in_a_process_of_its_own() -> None:
    assert in_a_fresh_process(os.getpid) != os.getpid()
