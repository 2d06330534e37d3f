"""The drivers of the planner's tools on batches small enough for every change: columns told, variants solved."""

from __future__ import annotations

from pathlib import Path

from benchmarks import bench_explain, bench_whatif
from scenarios.generate import Spec, generate, write_scenario

QUICK = {"method": "fcfs", "threads": 1}
"""A rule of today, where only the driver is looked at."""


def test_six_variants_of_a_generated_batch(tmp_path: Path) -> None:
    spec = Spec(40, 5, 60, "tight", services=2, days=5, daily_capacity=True)
    bench_whatif.with_variants(spec, tmp_path / "batch")
    write_scenario(generate(spec), tmp_path / "small")
    one_s, orders, lines, gap_pct = bench_whatif.one(tmp_path / "batch", tmp_path / "small", tmp_path / "plan", QUICK)
    assert one_s > 0
    assert orders == 40 < lines
    assert 0 <= gap_pct < 100
    study_s, gaps, reasons_s, certain = bench_whatif.study(
        tmp_path / "batch", tmp_path / "small", tmp_path / "study", QUICK
    )
    assert study_s > reasons_s > 0
    assert list(gaps) == ["base", *(variant["name"] for variant in bench_whatif.VARIANTS)]
    assert 0 <= certain <= len(bench_whatif.VARIANTS) == 6


def test_a_plan_is_explained_and_reported(tmp_path: Path) -> None:
    for name, orders in (("batch", 40), ("small", 20)):
        spec = Spec(orders, 5, 30, "scarce", services=2, days=5, daily_capacity=True)
        write_scenario(generate(spec), tmp_path / name)
    bench_explain.solved(tmp_path / "batch", tmp_path / "small", tmp_path / "plan", QUICK)
    row = bench_explain.told(tmp_path / "batch", tmp_path / "small", tmp_path / "plan")
    assert 0 < row.short_orders < row.orders == 40
    assert min(row.read_s, row.first_s, row.served_s, row.short_s, row.plan_report_s, row.whole_report_s) > 0
    assert row.worst_s >= row.first_s
    assert row.whole_report_mb > row.plan_report_mb > 0
