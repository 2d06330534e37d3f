"""``prices.csv``: which rows it names, and their limits and uses."""

from __future__ import annotations

import numpy as np

from dom_engine.audit.evaluate import Auditor, stock_use
from dom_engine.audit.exact import half_even
from dom_engine.audit.positions import positions_of
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.scenario.results_read import StatedTable
from dom_engine.units import ALWAYS_S, MICROS_PER_UNIT, NEVER_S, money_text
from dom_engine.verify.findings import Findings
from dom_engine.verify.plan import check_sorted

_KINDS = {kind.name.lower(): kind for kind in RowKind}
_MEASURES = {measure.name.lower(): measure for measure in Measure}
_COLUMNS_OF = {
    RowKind.STOCK: {"node", "item", "available_at", "lot", "pool"},
    RowKind.SAFETY_STOCK: {"node", "item", "available_at", "lot", "pool"},
    RowKind.CAPACITY: {"node", "service", "measure", "starts", "ends"},
    RowKind.ACTIVATION: {"node", "order"},
    RowKind.FILL: set[str](),
}
"""Columns that a kind of row may fill; the others are blank."""
_NAMING = (
    "kind", "node", "item", "available_at", "lot", "pool", "service", "measure", "starts", "ends", "order",
)  # fmt: skip


def stated_rows(
    auditor: Auditor, table: StatedTable, findings: Findings, *, signed: bool = False, by_order: bool = False
) -> PricedRows | None:
    """The rows that ``prices.csv`` names; None, with findings, where it names something else.

    Parameters
    ----------
    signed
        A price may be below 0.
    by_order
        A row may be about one order's use of it, named in ``order``, and stand there for several.
    """
    problem = auditor.problem
    before = len(findings.found)
    kinds = [_KINDS.get(name) for name in table.texts["kind"].to_pylist()]
    unknown = [row for row, kind in enumerate(kinds) if kind is None]
    findings.add_rows(table.file, "kind", "MALFORMED", unknown, lambda _: ("is no kind of row", "", ""))
    negative = np.flatnonzero(table.values["price"] < 0).tolist()
    if not signed:
        findings.add_rows(table.file, "price", "NEGATIVE", negative, lambda _: ("a price is at least 0", "", ""))
    if len(findings.found) > before:
        return None
    kind = np.array([int(known) for known in kinds if known is not None], np.int8)
    _check_blanks(table, kind, by_order, findings)
    position = _positions(problem, table, kind, findings)
    capacity, starts_s, ends_s = _capacity_rows(auditor, table, kind, by_order, findings)
    if not problem.policy.fill_first:
        fills = np.flatnonzero(kind == RowKind.FILL).tolist()
        message = "the policy is not fill_first: a fill row bounds only plans that leave no more out"
        findings.add_rows(table.file, "kind", "UNEXPECTED", fills, lambda _: (message, "", ""))
    if len(findings.found) > before:
        return None
    check_sorted(table, _NAMING, findings)
    of_node = kind == RowKind.ACTIVATION
    return PricedRows(
        kind=kind,
        position_idx=position.astype(np.int32),
        capacity_idx=capacity.astype(np.int32),
        node_idx=np.where(of_node, table.values["node"], -1).astype(np.int32),
        order_idx=np.where(of_node | by_order, table.values["order"], -1).astype(np.int32),
        starts_s=starts_s,
        ends_s=ends_s,
        limit=_limits(problem, kind, position, capacity, table.values["limit"]),
        used=np.zeros(len(kind), np.int64),
        price_micros=table.values["price"],
    )


def _check_blanks(table: StatedTable, kind: np.typing.NDArray[np.int8], by_order: bool, findings: Findings) -> None:
    """Each kind of row fills its own columns, and names what it is about."""
    for column in _NAMING[1:]:
        filled = np.array([bool(cell) for cell in table.texts[column].to_pylist()], np.bool_)
        may = np.isin(kind, [of for of, columns in _COLUMNS_OF.items() if column in columns])
        if by_order and column == "order":
            may |= np.isin(kind, [RowKind.STOCK, RowKind.SAFETY_STOCK, RowKind.CAPACITY])
        findings.add_rows(
            table.file,
            column,
            "UNEXPECTED",
            np.flatnonzero(filled & ~may).tolist(),
            lambda _: ("is to be blank", "", ""),
        )
        must = np.isin(kind, [RowKind.STOCK, RowKind.SAFETY_STOCK]) & (column in ("node", "item"))
        must |= (kind == RowKind.ACTIVATION) & (column in ("node", "order"))
        must |= (kind == RowKind.CAPACITY) & (column == "measure")
        findings.add_rows(
            table.file, column, "MISSING", np.flatnonzero(must & ~filled).tolist(), lambda _: ("is blank", "", "")
        )


def _positions(problem: Problem, table: StatedTable, kind: np.typing.NDArray[np.int8], findings: Findings) -> I64:
    rows = np.flatnonzero((kind == RowKind.STOCK) | (kind == RowKind.SAFETY_STOCK))
    values = {name: table.values[name][rows] for name in ("node", "item", "available_at", "lot", "pool")}
    position = np.full(len(kind), -1)
    position[rows] = positions_of(problem, values, values["node"])
    findings.add_rows(
        table.file,
        "",
        "NO_ROW",
        rows[position[rows] < 0].tolist(),
        lambda _: ("no stock position of this node, item, available_at, lot and pool", "", ""),
    )
    return position


def _capacity_rows(
    auditor: Auditor, table: StatedTable, kind: np.typing.NDArray[np.int8], by_order: bool, findings: Findings
) -> tuple[I64, I64, I64]:
    """Capacity, start and end of each capacity row.

    A capacity with a period of one day and one that repeats daily may name the same row twice; then the stated limit
    tells them apart, else their order. Either way the prices prove what they prove.
    """
    rows, capacities = auditor.capacity_rows, auditor.problem.capacities
    known: dict[tuple[int, ...], list[int]] = {}
    for row, capacity in enumerate(rows.capacity_idx.tolist()):
        key = (
            int(capacities.node_idx[capacity]),
            int(capacities.service_idx[capacity]),
            int(capacities.measure[capacity]),
            int(rows.starts_s[row]),
            int(rows.ends_s[row]),
        )
        known.setdefault(key, []).append(row)
    capacity = np.full(len(kind), -1)
    starts_s, ends_s = np.full(len(kind), ALWAYS_S), np.full(len(kind), NEVER_S)
    measures = table.texts["measure"].to_pylist()
    missing = []
    for place in np.flatnonzero(kind == RowKind.CAPACITY).tolist():
        measure = _MEASURES.get(measures[place])
        columns = tuple(int(table.values[name][place]) for name in ("node", "service", "starts", "ends"))
        key = (columns[0], columns[1], -1 if measure is None else int(measure), columns[2], columns[3])
        found = known.get(key)
        if not found:
            missing.append(place)
            continue
        stated = int(table.values["limit"][place])
        alike = [row for row in found if _stated_limit(auditor, row) == stated]
        chosen = (alike or found)[0]
        if not by_order:
            found.remove(chosen)
        capacity[place] = rows.capacity_idx[chosen]
        starts_s[place], ends_s[place] = rows.starts_s[chosen], rows.ends_s[chosen]
    findings.add_rows(
        table.file,
        "",
        "NO_ROW",
        missing,
        lambda _: ("no capacity, or none left, of this node, service, measure, starts and ends", "", ""),
    )
    return capacity, starts_s, ends_s


def _stated_limit(auditor: Auditor, row: int) -> int:
    capacities = auditor.problem.capacities
    capacity = int(auditor.capacity_rows.capacity_idx[row])
    return in_micro_measures(int(capacities.limit[capacity]), _base_units(auditor.problem, capacity))


def in_micro_measures(amount: int, base_units: int) -> int:
    """Base units as millionths of the measure: how amounts of rows are stated."""
    return half_even(amount * MICROS_PER_UNIT, base_units)


def _base_units(problem: Problem, capacity: int) -> int:
    return BASE_UNITS_PER_MEASURE[Measure(problem.capacities.measure[capacity])]


def _limits(problem: Problem, kind: np.typing.NDArray[np.int8], position: I64, capacity: I64, stated: I64) -> I64:
    """The problem's own limit of each row, in base units; that of the fill row is part of the claim."""
    limit = np.ones(len(kind), np.int64)
    stock, safety = kind == RowKind.STOCK, kind == RowKind.SAFETY_STOCK
    limit[stock] = problem.positions.free[position[stock]]
    limit[safety] = problem.positions.covered_safety[position[safety]]
    of_capacity = kind == RowKind.CAPACITY
    limit[of_capacity] = problem.capacities.limit[capacity[of_capacity]]
    limit[kind == RowKind.FILL] = stated[kind == RowKind.FILL]
    return limit


def check_rows(
    auditor: Auditor, table: StatedTable, rows: PricedRows, plan: Plan, evaluation: Evaluation, findings: Findings
) -> None:
    """Limits and uses of the named rows, and that none is named twice."""
    problem = auditor.problem
    names = list(zip(*(table.texts[column].to_pylist() for column in _NAMING), strict=True))
    capacity = rows.kind == RowKind.CAPACITY
    twice = [row for row in range(1, len(names)) if names[row] == names[row - 1] and not capacity[row]]
    findings.add_rows(table.file, "", "REPEATED", twice, lambda _: ("the row stands twice", "", ""))
    used, limit = _used(auditor, rows, plan, evaluation), rows.limit.astype(object)
    reached = evaluation.weighted_unallocated_micro_units
    for row in np.flatnonzero(rows.kind == RowKind.FILL).tolist():
        limit[row] = used[row] = reached
    base = np.array([_base_of(problem, rows, row) for row in range(len(rows))], object)
    for column, amounts in (("limit", limit), ("used", used)):
        expected = np.array(
            [in_micro_measures(int(amount), int(unit)) for amount, unit in zip(amounts, base, strict=True)], np.int64
        )
        # Hours do not end in six decimals: a micro of the measure is the rounding of their text.
        tolerance = np.array([int(MICROS_PER_UNIT % unit != 0) for unit in base], np.int64)
        findings.compare(table.file, column, table.values[column], expected, tolerance, money_text)


def _base_of(problem: Problem, rows: PricedRows, row: int) -> int:
    if rows.kind[row] == RowKind.CAPACITY:
        return _base_units(problem, int(rows.capacity_idx[row]))
    return MICROS_PER_UNIT if rows.kind[row] == RowKind.FILL else 1


def _used(auditor: Auditor, rows: PricedRows, plan: Plan, evaluation: Evaluation) -> np.typing.NDArray[np.object_]:
    """What the plan draws on each named row, in base units."""
    stock = stock_use(auditor.problem, plan.allocations)
    drawn = auditor.capacity_rows.used(auditor.loads_of(plan))
    row_of = {
        key: row
        for row, key in enumerate(
            zip(
                auditor.capacity_rows.capacity_idx.tolist(),
                auditor.capacity_rows.starts_s.tolist(),
                auditor.capacity_rows.ends_s.tolist(),
                strict=True,
            )
        )
    }
    ships = set(zip(plan.shipments.node_idx.tolist(), plan.shipments.order_idx.tolist(), strict=True))
    used = np.zeros(len(rows), object)
    for row, kind in enumerate(rows.kind.tolist()):
        match RowKind(kind):
            case RowKind.STOCK:
                used[row] = int(stock.free[rows.position_idx[row]])
            case RowKind.SAFETY_STOCK:
                used[row] = int(stock.safety[rows.position_idx[row]])
            case RowKind.CAPACITY:
                key = (int(rows.capacity_idx[row]), int(rows.starts_s[row]), int(rows.ends_s[row]))
                used[row] = int(drawn[row_of[key]])
            case RowKind.ACTIVATION:
                used[row] = int((int(rows.node_idx[row]), int(rows.order_idx[row])) in ships)
            case RowKind.FILL:
                used[row] = evaluation.weighted_unallocated_micro_units
    return used
