"""A result folder as what it says of a problem: the plan, the prices, and how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dom_engine.audit import Auditor
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.rows import PricedRows
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import StatedResult, read_result, read_summary
from dom_engine.verify.findings import Findings
from dom_engine.verify.plan import stated_plan
from dom_engine.verify.prices import stated_rows


@dataclass(frozen=True, slots=True)
class Answer:
    """A problem, a plan for it and the prices of its rows, as a folder states them, or a caller.

    A caller's has no ``summary``, and ``stated`` is None.
    """

    problem: Problem
    auditor: Auditor
    plan: Plan
    rows: PricedRows
    summary: Mapping[str, Any]
    stated: StatedResult | None = None

    @property
    def objective_micros(self) -> int:
        """What the plan costs."""
        return int(self.summary["objective_micros"])


def read_answer(problem: Problem, folder: Path) -> Answer:
    """Read a result folder.

    Raises
    ------
    InputError
        When the folder is none, is malformed, or answers another problem (its digest differs).
    """
    summary = read_summary(folder)
    if summary.get("problem_digest") != problem.digest:
        message = "the result answers another problem than this scenario (or variant) states: solve it again"
        raise InputError.single(str(folder / SUMMARY_FILE), message, column="problem_digest", code="OTHER_PROBLEM")
    stated = read_result(folder, problem)
    findings = Findings()
    auditor = Auditor(problem)
    read = stated_plan(problem, stated, findings)
    rows = stated_rows(auditor, stated.tables["prices.csv"], findings)
    if read is None or rows is None:
        raise InputError([Fault(f.file, f.row, f.column, f.code, f.message) for f in findings.found])
    return Answer(problem, auditor, read.plan, rows, summary, stated)
