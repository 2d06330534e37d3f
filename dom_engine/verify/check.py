"""``verify``: the checks in their order, each on what the ones before have made sure of."""

from __future__ import annotations

from pathlib import Path

from dom_engine.audit.evaluate import Auditor, evaluate
from dom_engine.audit.feasibility import violations
from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.scenario.results_format import SUMMARY_FILE, TREE_FILE
from dom_engine.scenario.results_read import read_result, read_summary
from dom_engine.verify.amounts import check_shipments, check_unallocated, tolerances
from dom_engine.verify.bounds import check_bounds
from dom_engine.verify.findings import Finding, Findings, VerifyReport
from dom_engine.verify.plan import stated_plan
from dom_engine.verify.prices import check_rows, stated_rows
from dom_engine.verify.summary import check_summary
from dom_engine.verify.tree import check_tree


def verify(problem: Problem, folder: Path) -> VerifyReport:
    """Check a result folder against its problem: feasibility, every amount, every reason, and the bound.

    Amounts may differ by a micro each, as two implementations of the rounding may; what is summed in the folder sums
    exactly.

    Raises
    ------
    InputError
        When ``folder`` is no result folder: it is not there, a file is missing, or ``summary.json`` is no JSON object.
    """
    summary = read_summary(folder)
    findings = Findings()
    if summary.get("problem_digest") != problem.digest:
        findings.add(
            SUMMARY_FILE,
            "problem_digest",
            "OTHER_PROBLEM",
            "the result answers another problem than this scenario (or variant) states",
            stated=summary.get("problem_digest"),
            expected=problem.digest,
        )
    try:
        stated = read_result(folder, problem)
    except InputError as error:
        if any(fault.code == "NOT_FOUND" for fault in error.faults):
            raise
        malformed = (Finding(f.file, f.row, f.column, f.code, f.message) for f in error.faults)
        return VerifyReport((*findings.found, *malformed))
    read = stated_plan(problem, stated, findings)
    if read is None:
        return VerifyReport(tuple(findings.found))

    auditor = Auditor(problem)
    broken = violations(problem, read.plan, auditor)
    for violation in broken:
        findings.add("plan", violation.where, str(violation.code), violation.message)
    evaluation = evaluate(problem, read.plan, auditor)
    allowed = tolerances(auditor, read, evaluation)
    check_shipments(stated.tables["shipments.csv"], read, evaluation, allowed, findings)
    check_unallocated(
        stated.tables["unallocated.csv"], auditor, read, evaluation, allowed, findings, judge_reasons=not broken
    )
    check_summary(auditor, stated, read.plan, evaluation, allowed, findings)
    rows = stated_rows(auditor, stated.tables["prices.csv"], findings)
    if rows is None:
        return VerifyReport(tuple(findings.found), tuple(findings.notes))
    check_rows(auditor, stated.tables["prices.csv"], rows, read.plan, evaluation, findings)
    bound = check_bounds(
        auditor, stated.tables["order_bounds.csv"], summary, rows, read.plan, evaluation, allowed, findings
    )
    check_tree(auditor, stated.tables.get(TREE_FILE), summary, read.plan, evaluation, findings)
    return VerifyReport(
        tuple(findings.found),
        tuple(findings.notes),
        None if bound is None else bound.lower_bound_micros,
        () if bound is None else bound.relaxed_orders,
        tuple(findings.unproven),
        tuple(findings.claims),
    )
