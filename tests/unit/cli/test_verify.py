"""How a verification is told: what holds, what does not, where, and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from dom_engine.cli import plain, shipped
from dom_engine.cli.verify import MAX_FINDINGS, report_blocks
from dom_engine.scenario import load_scenario
from dom_engine.verify import Finding, Unproven, VerifyReport

Teller = Callable[[VerifyReport], list[str]]


@pytest.fixture(scope="module")
def told() -> Teller:
    """The lines that a report becomes."""
    problem = load_scenario(shipped.folder() / "quickstart")
    return lambda report: list(plain.lines(report_blocks(report, problem, Path("plan"))))


def test_what_holds_is_said_with_the_bound_and_the_notes(told: Teller) -> None:
    report = VerifyReport((), ("a note\x07",), 111_400_000, ("1001", "1002"))
    assert told(report) == [
        "verify: HOLDS",
        "  scenario         quickstart",
        "  result           plan",
        "  certified bound  111.40 USD, computed anew from the prices",
        "  bounded only     2 orders",
        r"  note             a note\x07",
    ]


def test_a_bound_that_is_proven_in_part_is_told_as_such(told: Teller) -> None:
    part = Unproven("summary.json", "certified_lower_bound_micros", 120_000_000, 111_400_000, {"1001": 9_000_000})
    lines = told(VerifyReport((), (), 111_400_000, ("1001", "1002"), (part,)))
    assert lines[0] == "verify: HOLDS, but what it states is proven here in part only"
    assert "  not proven here  8.60 USD of the stated 120.00 USD (certified_lower_bound: 1 order)" in lines


def test_claims_are_told_beside_bounds_and_a_fill_in_its_own_unit(told: Teller) -> None:
    part = Unproven("summary.json", "fill.lower_bound_micros", 3_000_000, 1_000_000, {})
    lines = told(VerifyReport((), (), 111_400_000, (), (part,), ("OPTIMAL only at a gap of 1",)))
    assert lines[0] == "verify: HOLDS, but what it states is proven here in part only"
    assert "  not proven here  2.00 weighted units of the stated 3.00 weighted units (fill.lower_bound)" in lines
    assert "  not proven here  OPTIMAL only at a gap of 1" in lines


def test_what_does_not_hold_is_located_and_compared(told: Teller) -> None:
    findings = (
        Finding("shipments.csv", 3, "total", "DIFFERS", "is not what the plan gives", "14.2", "15.2"),
        Finding("unallocated.csv", 0, "", "MISSING", "order 1006 line 1 has no row"),
    )
    lines = told(VerifyReport(findings))
    assert lines[0] == "verify: DOES NOT HOLD, 2 findings"
    assert lines[-2:] == [
        "  shipments.csv, row 3, total  is not what the plan gives: stated 14.2, expected 15.2",
        "  unallocated.csv              order 1006 line 1 has no row",
    ]


def test_many_findings_are_counted(told: Teller) -> None:
    finding = Finding("shipments.csv", 2, "total", "DIFFERS", "is not what the plan gives")
    lines = told(VerifyReport((finding,) * (MAX_FINDINGS + 7)))
    assert lines[0] == f"verify: DOES NOT HOLD, {MAX_FINDINGS + 7} findings"
    assert lines[-1] == "  ... and 7 more"
    assert len(lines) == 3 + 2 + 2 + MAX_FINDINGS
