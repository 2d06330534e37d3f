"""``tree.csv``: that its leaves cover every plan, and what each of them proves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np

from dom_engine.audit.evaluate import Auditor
from dom_engine.certificate.paid import order_costs, prices_paid
from dom_engine.certificate.rewards import RewardBounds
from dom_engine.certificate.tree import (
    NODE,
    UNBOUNDED,
    Box,
    LeafReport,
    Split,
    leaf_bound,
    order_of,
    rewarded_bound,
    uncovered,
)
from dom_engine.domain.columns import I64, NONE_IDX
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.scenario.results_format import SUMMARY_FILE, TREE_FILE
from dom_engine.scenario.results_read import StatedTable
from dom_engine.units import MICROS_PER_UNIT, money_text
from dom_engine.verify.bounds import pattern_tolerance
from dom_engine.verify.findings import Findings, Unproven
from dom_engine.verify.prices import stated_rows

KEY = "tree_lower_bound_micros"
_SAYS = ("at_most", "at_least", "price", "reward")

_Leaf = tuple[PricedRows, I64 | None, Box]
"""Prices, or else rewards by order, and what sets the leaf apart."""


def check_tree(
    auditor: Auditor,
    table: StatedTable | None,
    summary: Mapping[str, Any],
    plan: Plan,
    evaluation: Evaluation,
    findings: Findings,
) -> None:
    """The stated ``tree_lower_bound`` is no more than the worst leaf proves, and no plan is in none of the leaves."""
    stated = summary.get(KEY)
    if table is None:
        if stated is not None:
            findings.add(SUMMARY_FILE, KEY, "UNEXPECTED", f"is stated, but there is no {TREE_FILE}", stated=stated)
        return
    if not isinstance(stated, int) or isinstance(stated, bool):
        findings.add(SUMMARY_FILE, KEY, "MISSING", f"is not an integer, beside a {TREE_FILE}", stated=stated)
        return
    if auditor.problem.policy.fill_first:
        findings.add(table.file, "", "UNEXPECTED", "under fill_first no tree is read")
        return
    leaves = _leaves(auditor, table, findings)
    if leaves is None:
        return
    try:
        _check_cover(auditor.problem, [box for _, _, box in leaves], findings)
        reports = _reports(auditor, leaves)
    except OverflowError as error:
        findings.add(table.file, "", "TOO_LARGE", str(error))
        return
    _check_bound(auditor.problem, stated, reports, plan, evaluation, findings)


def _reports(auditor: Auditor, leaves: list[_Leaf]) -> list[LeafReport]:
    problem = auditor.problem
    bounds = RewardBounds(problem, auditor) if any(reward is not None for _, reward, _ in leaves) else None
    return [
        leaf_bound(problem, rows, box, auditor)
        if reward is None or bounds is None
        else rewarded_bound(problem, reward, box, bounds, auditor)
        for rows, reward, box in leaves
    ]


def _leaves(auditor: Auditor, table: StatedTable, findings: Findings) -> list[_Leaf] | None:
    """Prices or rewards, and box of each leaf, by its number; None, with findings, where the table is malformed."""
    says = table.texts["says"].to_pylist()
    unknown = [row for row, word in enumerate(says) if word not in _SAYS]
    message = "is neither at_most, at_least, price nor reward"
    findings.add_rows(table.file, "says", "MALFORMED", unknown, lambda _: (message, "", ""))
    number = table.values["leaf"]
    if unknown or not len(number):
        return None
    priced = np.array([word == "price" for word in says])
    rewarded = np.array([word == "reward" for word in says])
    leaves: list[_Leaf] = []
    for leaf in np.unique(number).tolist():
        own = np.flatnonzero((number == leaf) & priced)
        rows = _named(auditor, table, own, findings, signed=True)
        limits = np.flatnonzero((number == leaf) & ~priced & ~rewarded)
        box = _box(auditor, table, limits, findings)
        own = np.flatnonzero((number == leaf) & rewarded)
        reward = _rewards(auditor.problem, table, own, findings) if len(own) else None
        if rows is None or box is None or (len(own) and reward is None):
            return None
        if len(own) and len(rows):
            message = "a leaf states prices or rewards, not both"
            findings.add_rows(table.file, "says", "UNEXPECTED", own[:1].tolist(), lambda _: (message, "", ""))  # noqa: B023
            return None
        leaves.append((rows, reward, box))
    return leaves


def _rewards(problem: Problem, table: StatedTable, rows: I64, findings: Findings) -> I64 | None:
    """Micros for serving each order; 0 where none is stated."""
    order, price = table.values["order"][rows], table.values["price"][rows]
    before = len(findings.found)
    first = np.unique(order, return_index=True)[1]
    for wrong, column, code, message in (
        (order < 0, "order", "MISSING", "is blank"),
        (~np.isin(np.arange(len(rows)), first), "order", "UNEXPECTED", "has its reward in this leaf already"),
        (price < 0, "price", "NEGATIVE", "a reward is at least 0"),
    ):
        told = message, "", ""
        findings.add_rows(table.file, column, code, rows[wrong].tolist(), lambda _, told=told: told)  # type: ignore[misc]
    if len(findings.found) > before:
        return None
    reward = np.zeros(len(problem.orders), np.int64)
    reward[order] = price
    return reward


def _named(
    auditor: Auditor,
    table: StatedTable,
    rows: I64,
    findings: Findings,
    *,
    signed: bool = False,
    by_order: bool = False,
) -> PricedRows | None:
    """These rows of the table read as ``prices.csv`` is; findings stand at the table's own rows."""
    part = StatedTable(
        table.file,
        len(rows),
        {name: values[rows] for name, values in table.values.items()},
        {name: texts.take(rows) for name, texts in table.texts.items()},
    )
    found = Findings()
    named = stated_rows(auditor, part, found, signed=signed, by_order=by_order)
    findings.found += [
        replace(finding, row=int(rows[finding.row - 2]) + 2 if finding.row >= 2 else 0) for finding in found.found
    ]
    return None if found.found else named


def _box(auditor: Auditor, table: StatedTable, rows: I64, findings: Findings) -> Box | None:
    """The uses that a leaf holds."""
    kinds, says = table.texts["kind"].to_pylist(), table.texts["says"].to_pylist()
    of_nodes = np.array([row for row in rows.tolist() if kinds[row] == "node"], np.int64)
    others = np.setdiff1d(rows, of_nodes)
    blank = table.values["node"][of_nodes] < 0
    findings.add_rows(table.file, "node", "MISSING", of_nodes[blank].tolist(), lambda _: ("is blank", "", ""))
    splits: dict[int, Split] = {}
    # Apart, as a row may be used at most and at least so often.
    for side in ("at_most", "at_least"):
        own = np.array([row for row in others.tolist() if says[row] == side], np.int64)
        named = _named(auditor, table, own, findings, by_order=True)
        if named is None:
            return None
        splits |= dict(zip(own.tolist(), _splits(named), strict=True))
    if blank.any():
        return None
    splits |= {row: (NODE, int(table.values["node"][row])) for row in of_nodes.tolist()}
    box: dict[Split, tuple[int, int]] = {}
    for row in rows.tolist():
        least, most = box.get(splits[row], (0, UNBOUNDED))
        limit = int(table.values["limit"][row]) * _base_units(auditor.problem, splits[row])
        if table.texts["says"][row].as_py() == "at_most":
            most = min(most, limit // MICROS_PER_UNIT)
        else:
            least = max(least, -(-limit // MICROS_PER_UNIT))
        box[splits[row]] = (least, most)
    return box


def _splits(rows: PricedRows) -> list[Split]:
    splits: list[Split] = []
    for row, kind in enumerate(rows.kind.tolist()):
        of_order = (int(rows.order_idx[row]),) if rows.order_idx[row] >= 0 else ()
        match RowKind(kind):
            case RowKind.ACTIVATION:
                splits.append((kind, int(rows.node_idx[row]), int(rows.order_idx[row])))
            case RowKind.CAPACITY:
                instance = int(rows.capacity_idx[row]), int(rows.starts_s[row]), int(rows.ends_s[row])
                splits.append((kind, *instance, *of_order))
            case _:
                splits.append((kind, int(rows.position_idx[row]), *of_order))
    return splits


def _base_units(problem: Problem, split: Split) -> int:
    if split[0] != RowKind.CAPACITY:
        return 1
    return BASE_UNITS_PER_MEASURE[Measure(problem.capacities.measure[split[1]])]


def _check_cover(problem: Problem, boxes: list[Box], findings: Findings) -> None:
    binary = {split for box in boxes for split in box if split[0] in (NODE, RowKind.ACTIVATION)}
    missing = uncovered(boxes, binary)
    if missing is not None:
        what = ", ".join(_told(problem, split, uses) for split, uses in missing.items()) or "any plan at all"
        findings.add(TREE_FILE, "leaf", "UNCOVERED", f"no leaf holds the plans with {what}")


def _told(problem: Problem, split: Split, uses: tuple[int, int]) -> str:
    kind = "node" if split[0] == NODE else RowKind(split[0]).name.lower()
    name = problem.nodes.ids[split[1]].as_py() if split[0] in (NODE, RowKind.ACTIVATION) else str(split[1])
    if order_of(split) != NONE_IDX:
        name += f" for order {problem.orders.ids[order_of(split)].as_py()}"
    return f"a use of {kind} {name} from {uses[0]}" + (f" to {uses[1]}" if uses[1] < UNBOUNDED else " on")


def _check_bound(
    problem: Problem, stated: int, reports: list[LeafReport], plan: Plan, evaluation: Evaluation, findings: Findings
) -> None:
    """What is stated, against the worst leaf; orders that are too large to price here count as the plan's own pattern.

    That is how ``order_bounds.csv`` is judged, too.
    """
    proven = min(report.bound.lower_bound_micros for report in reports)
    at_best = min(_at_best(report, plan, evaluation) for report in reports)
    slack = int(pattern_tolerance(problem).sum())
    if stated > at_best + slack:
        message = f"more than the leaves of {TREE_FILE} prove"
        findings.add(SUMMARY_FILE, KEY, "DIFFERS", message, stated=money_text(stated), expected=money_text(at_best))
    elif stated > proven + slack:
        relaxed = np.flatnonzero(~np.logical_and.reduce([report.bound.exact for report in reports]))
        orders = {problem.orders.ids[order].as_py(): 0 for order in relaxed.tolist()}
        findings.unproven.append(Unproven(SUMMARY_FILE, KEY, stated, proven, orders))
        findings.notes.append(
            f"{TREE_FILE}: of the stated {money_text(stated)} its {len(reports)} leaves prove {money_text(proven)}; "
            f"the rest rests on {len(orders)} orders too large to price exactly here"
        )
    else:
        findings.notes.append(f"{TREE_FILE}: {len(reports)} leaves cover every plan and prove {money_text(stated)}")


def _at_best(report: LeafReport, plan: Plan, evaluation: Evaluation) -> int:
    """The leaf's L if every order that could only be relaxed here paid what the plan's own pattern pays."""
    bound = report.bound
    if bound.exact.all():
        return bound.lower_bound_micros
    cost = order_costs(report.pricing, plan, evaluation)
    paid = prices_paid(report.pricing, plan, evaluation)
    more = Fraction(0)
    for order in np.flatnonzero(~bound.exact).tolist():
        if order in report.ruled:
            # The patterns we know may be none of the leaf's: what its order pays at most is not known.
            return UNBOUNDED
        ceiling = min(
            Fraction(int(paid[order]), bound.scale) + int(cost[order]), Fraction(report.unserved_micros[order])
        )
        more += max(Fraction(0), ceiling - Fraction(bound.order_minimum[order], bound.scale))
    return floor(sum(bound.order_minimum, Fraction(0)) / bound.scale + bound.answers_micros + more)
