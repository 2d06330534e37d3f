"""A plan that people chose: two tables in the words of a scenario, checked against its rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.audit import Auditor, violations
from dom_engine.domain.plan import Plan
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import read_summary
from dom_engine.scenario.starts import (
    ALLOCATION_COLUMNS,
    ALLOCATIONS,
    SHIPMENT_COLUMNS,
    SHIPMENTS,
    Texts,
    stated_start,
)
from dom_engine.scenario.tables import read_table

MAY_LACK = {"available_at": "", "lot": "", "pool": "", "from_safety_stock": "false"}
"""Columns that a hand-made table may leave out or blank, and what is then meant."""


def read_chosen(auditor: Auditor, folder: Path) -> Plan:
    """The plan that ``shipments.csv`` and ``allocations.csv`` of a folder state.

    The tables need no more columns than ``SHIPMENT_COLUMNS`` and ``ALLOCATION_COLUMNS``, in any order. A folder with a
    ``summary.json`` is a result, and must answer this very problem.

    Raises
    ------
    InputError
        When the folder or a table is missing or malformed, the result answers another problem, something in a table
        is not there in the scenario, or the plan breaks its rules.
    """
    problem = auditor.problem
    if not folder.is_dir():
        raise InputError.single(str(folder), "no such folder of a plan", code="NOT_FOUND")
    if (folder / SUMMARY_FILE).exists() and read_summary(folder).get("problem_digest") != problem.digest:
        message = "the result answers another problem than this scenario (or variant) states"
        raise InputError.single(str(folder / SUMMARY_FILE), message, column="problem_digest", code="OTHER_PROBLEM")
    faults: list[Fault] = []
    ships = _texts(folder / SHIPMENTS, SHIPMENT_COLUMNS, faults)
    loads = _texts(folder / ALLOCATIONS, ALLOCATION_COLUMNS, faults)
    if faults:
        raise InputError(sorted(faults))
    start = stated_start(problem, ships, loads, faults)
    faults += [Fault(SHIPMENTS, 0, "order", "UNKNOWN_ID", f"order {one.order}: {one.why}") for one in start.not_kept]
    if not faults:
        found = violations(problem, start.plan, auditor)
        faults = [Fault(SHIPMENTS, 0, "", "INFEASIBLE", f"the plan breaks a rule: {violation}") for violation in found]
    if faults:
        raise InputError(faults)
    return start.plan


def _texts(path: Path, columns: Sequence[str], faults: list[Fault]) -> Texts:
    """The cells of these columns as text."""
    if not path.is_file():
        faults.append(Fault(path.name, 0, "", "NOT_FOUND", "the folder of the plan has no such file"))
        return {}
    raw, found = read_table(path, path.name)
    faults += found
    if raw is None or found:
        return {}
    texts: dict[str, pa.StringArray] = {}
    for name in columns:
        if name not in raw.data.column_names:
            if name not in MAY_LACK:
                faults.append(Fault(path.name, 1, name, "MISSING_COLUMN", f"the column '{name}' is missing"))
            texts[name] = pa.array([MAY_LACK.get(name, "")] * len(raw), pa.string())
            continue
        cells = pc.fill_null(raw.data.column(name).combine_chunks().cast(pa.string()), "")
        texts[name] = pc.if_else(pc.equal(cells, ""), MAY_LACK.get(name, ""), cells)
    return texts
