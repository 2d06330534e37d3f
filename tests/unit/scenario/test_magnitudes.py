"""Cells that fit 64 bits one by one, and not together."""

from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.scenario import load_scenario
from tests.unit.scenario.folders import SETTINGS, TABLES, changed, faults_of, write_folder


@pytest.mark.parametrize(
    ("table", "old", "new", "row", "column"),
    [
        ("order_lines", "pen,10,", "pen,9000000000000000000,", 2, "quantity"),
        ("order_lines", "250,80", "250,9000000000000", 3, "quantity"),
        ("order_lines", "g,pen,1.25", "g,pen,5000000000000", 3, "substitute_cost"),
        ("inventory", "A,pen,100", "A,pen,9000000000000000000", 2, "quantity"),
        ("items", "desk,31.5", "desk,9000000000000000", 3, "quantity"),
        ("rates", "near,,0,4", "near,,0,4000000000000", 2, "base"),
        ("rates", "20,10,0.3", "20,10,1e13", 3, "per_kg"),
        ("nodes", "1.5,0.25", "1.5,4000000000000", 2, "unit_cost"),
        ("capacities", "20,2,40", "20,9000000000000000000,40", 2, "open_max"),
        ("orders", "hard,5,", "hard,5000000000000,", 2, "late_cost_per_day"),
        ("duties", "96,4.5", "96,1e15", 2, "pct"),
    ],
)
def test_what_may_overflow_in_sums_is_located(
    tmp_path: Path, table: str, old: str, new: str, row: int, column: str
) -> None:
    found = faults_of(write_folder(tmp_path, changed(table, old, new)))
    assert {fault.code for fault in found} == {"OVERFLOW"}
    expected = "order_lines" if table == "items" else table
    assert (f"{expected}.csv", row, column) in {(fault.file, fault.row, fault.column) for fault in found}


def test_weights_and_factors_count(tmp_path: Path) -> None:
    settings = SETTINGS.replace("{1: 3.5}", "{1: 1e15}")
    (fault,) = faults_of(write_folder(tmp_path, settings=settings))[:1]
    assert fault.code == "OVERFLOW"


def test_large_but_sane_amounts_load(tmp_path: Path) -> None:
    lines = TABLES["order_lines"].replace("pen,10,", "pen,1000000,").replace("250,80", "250,1000000")
    tables = {"order_lines.csv": lines, **changed("nodes", "1.5,0.25", "1.5,1000")}
    assert len(load_scenario(write_folder(tmp_path, tables)).lines) == 3
