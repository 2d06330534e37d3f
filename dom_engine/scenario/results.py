"""Write a result folder: ``summary.json`` and the tables of sections 8 and 9, whole or not at all."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Branch, BranchTree, Leaf, Result
from dom_engine.domain.rows import PricedRows, RowKind, rows_where
from dom_engine.domain.settings import SHIPMENT_TERMS
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.errors import InputError
from dom_engine.scenario.results_format import (
    FEW_ROWS,
    RESULT_FILES,
    RESULT_TABLES,
    SUMMARY_FILE,
    TREE_COLUMNS,
    TREE_FILE,
    Cells,
    amount_text,
    csv_bytes,
    decimal_text,
    ids_text,
    instants_text,
    integer_text,
    sort_by_text,
    text_columns,
    text_order,
    write_csv,
)
from dom_engine.scenario.results_summary import summary
from dom_engine.units import MICROS_PER_UNIT

ROWS_AT_ONCE = 1 << 16
"""Rows written at once: their text, some 300 bytes a row, is held twice over while it is joined."""


def write_result(result: Result, folder: Path) -> None:
    """Write everything ``dom solve`` answers into ``folder``, which appears whole or not at all.

    Parameters
    ----------
    result
        An audited result. The same result gives the same bytes.
    folder
        New, empty, or a result folder, which is then replaced. Parents are created.

    Raises
    ------
    InputError
        When ``folder`` is something else than that, so that nobody's files are lost to a mistyped path.
    """
    folder = folder.resolve()
    check_replaceable(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}.{uuid.uuid4().hex}"
    beside.mkdir()
    try:
        for name, pieces in result_tables(result).items():
            with (beside / name).open("wb") as file:
                table = RESULT_TABLES[name]
                write_csv(file, tuple(table), (text_columns(table, piece) for piece in pieces))
        if result.tree is not None:
            (beside / TREE_FILE).write_bytes(csv_bytes(_tree(result.problem, result.tree)))
        text = json.dumps(summary(result), indent=2, ensure_ascii=False, allow_nan=False)
        (beside / SUMMARY_FILE).write_text(text + "\n", encoding="utf-8", newline="\n")
        _replace(folder, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_replaceable(folder: Path) -> None:
    """Raise InputError unless ``folder`` is absent, empty or a result folder: ask before a long solve."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError.single(str(folder), "is a file, not a folder to write results into", code="NOT_A_FOLDER")
    present = {entry.name for entry in folder.iterdir()}
    if not present:
        return
    foreign = sorted(present - {*RESULT_FILES, TREE_FILE})
    if foreign or not _is_result_summary(folder / SUMMARY_FILE):
        found = ", ".join(foreign[:3]) or "no summary.json of a result"
        message = f"is neither empty nor a result folder (it holds {found}); it was left as it is"
        raise InputError.single(str(folder), message, code="NOT_A_RESULT")


def _is_result_summary(path: Path) -> bool:
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(stated, dict) and "problem_digest" in stated


def _replace(folder: Path, beside: Path) -> None:
    if not folder.exists():
        beside.rename(folder)
        return
    former = beside.with_name(beside.name + ".former")
    try:
        folder.rename(former)
        beside.rename(folder)
    except BaseException:
        # Whoever leaves between the two, by a second interrupt say, is not to be left with neither.
        if former.exists() and not folder.exists():
            former.rename(folder)
        raise
    shutil.rmtree(former)


Columns: TypeAlias = Mapping[str, Cells]
"""Some rows of a table."""


def result_tables(result: Result) -> Mapping[str, Iterator[Columns]]:
    """Every table of the result by file name, in pieces of so many rows that text never fills the memory."""
    plan = result.plan
    in_order = _allocations_as_they_stand(result)
    return {
        "shipments.csv": (_shipments(result, rows) for rows in _slices(len(plan.shipments))),
        "allocations.csv": (_allocations(result, in_order[rows]) for rows in _slices(len(plan.allocations))),
        "unallocated.csv": (_unallocated(result, rows) for rows in _slices(len(result.reasons.line_idx))),
        "prices.csv": iter([_prices(result.problem, result.certificate.rows)]),
        "order_bounds.csv": (_order_bounds(result, rows) for rows in _slices(len(result.problem.orders))),
    }


def _tree(problem: Problem, tree: BranchTree) -> Mapping[str, pa.StringArray]:
    """Every leaf's branches, then its prices or rewards, leaves in their order."""
    parts: list[pa.Table] = []
    for number, leaf in enumerate(tree.leaves, start=1):
        priced = text_columns(RESULT_TABLES["prices.csv"], _prices(problem, leaf.rows))
        del priced["used"]
        says = pa.array(["price"] * len(priced["kind"]), pa.string())
        pieces = [_limits(problem, leaf), {"says": says, **priced}]
        if leaf.reward_micros is not None:
            pieces.append(_rewards(problem, leaf.reward_micros))
        for columns in pieces:
            named = pa.array([str(number)] * len(columns["kind"]), pa.string())
            parts.append(pa.table({"leaf": named, **columns}).select(list(TREE_COLUMNS)))
    whole = pa.concat_tables(parts)
    return {name: whole.column(name).combine_chunks() for name in TREE_COLUMNS}


def _limits(problem: Problem, leaf: Leaf) -> Mapping[str, pa.StringArray]:
    """What sets a leaf apart: its branches on nodes and orders, and the uses of rows."""
    branches = _branches(problem, leaf.branches)
    uses = dict(_named_rows(problem, leaf.uses))
    del uses["used"]
    uses["limit"] = _uses_text(problem, leaf, uses["limit"])
    uses["says"] = pa.array(["at_least" if own else "at_most" for own in leaf.at_least.tolist()], pa.string())
    names = [name for name in TREE_COLUMNS if name != "leaf"]
    columns = {name: pa.concat_arrays([branches[name], uses[name]]) for name in names}
    return sort_by_text(columns, [name for name in names if name != "says"])


def _uses_text(problem: Problem, leaf: Leaf, exact: pa.Array) -> pa.Array:
    """Uses in whole measures; what six decimals do not say is rounded away from the leaf's side, never into it.

    Read back in base units, which are larger than a millionth of their measure, it is the same use.
    """
    texts = exact.to_pylist()
    for row in np.flatnonzero(leaf.uses.kind == RowKind.CAPACITY).tolist():
        base_units = BASE_UNITS_PER_MEASURE[Measure(problem.capacities.measure[leaf.uses.capacity_idx[row]])]
        micro_measures = int(leaf.uses.limit[row]) * MICROS_PER_UNIT
        if micro_measures % base_units:
            rounded = micro_measures // base_units + (not leaf.at_least[row])
            texts[row] = decimal_text(np.array([rounded], np.int64), 6)[0].as_py()
    return pa.array(texts, pa.string())


def _branches(problem: Problem, branches: tuple[Branch, ...]) -> Mapping[str, pa.StringArray]:
    node = np.array([branch.node_idx for branch in branches], np.int64)
    order = np.array([branch.order_idx for branch in branches], np.int64)
    taken = [branch.taken for branch in branches]
    blank = pa.array([""] * len(branches), pa.string())
    columns = {name: blank for name in TREE_COLUMNS if name != "leaf"}
    return columns | {
        "says": pa.array(["at_least" if own else "at_most" for own in taken], pa.string()),
        "kind": pa.array(["node" if own < 0 else "activation" for own in order.tolist()], pa.string()),
        "node": ids_text(problem.nodes.ids, node),
        "order": ids_text(problem.orders.ids, order),
        "limit": pa.array(["1" if own else "0" for own in taken], pa.string()),
        "price": decimal_text(np.zeros(len(branches), np.int64), 6),
    }


def _rewards(problem: Problem, reward_micros: I64) -> Mapping[str, pa.StringArray]:
    orders = np.flatnonzero(reward_micros).astype(np.int64)
    blank = pa.array([""] * len(orders), pa.string())
    columns = {name: blank for name in TREE_COLUMNS if name != "leaf"}
    columns |= {
        "says": pa.array(["reward"] * len(orders), pa.string()),
        "order": ids_text(problem.orders.ids, orders),
        "limit": pa.array(["1"] * len(orders), pa.string()),
        "price": decimal_text(reward_micros[orders], 6),
    }
    return sort_by_text(columns, ["order"])


def _slices(num_rows: int) -> Iterator[slice]:
    return (slice(start, min(start + ROWS_AT_ONCE, num_rows)) for start in range(0, num_rows, ROWS_AT_ONCE))


def shipment_ids(shipment_idx: np.typing.NDArray[np.integer], num_shipments: int) -> pa.StringArray:
    """``S000001`` and on: as wide as needed, so that bytewise order is the plan's order."""
    width = max(6, len(str(num_shipments)))
    if len(shipment_idx) < FEW_ROWS:
        return pa.array([f"S{number + 1:0{width}d}" for number in shipment_idx.tolist()], pa.string())
    digits = integer_text(shipment_idx.astype(np.int64) + 1)
    return pc.binary_join_element_wise("S", pc.utf8_lpad(digits, width, "0"), "")


def _shipments(result: Result, rows: slice) -> Columns:
    problem, shipments, facts = result.problem, result.plan.shipments, result.evaluation.shipments
    weighted = {term: facts.weighted_micros[term][rows] for term in SHIPMENT_TERMS}
    total = np.zeros(rows.stop - rows.start, np.int64)
    for term in SHIPMENT_TERMS:
        total += weighted[term]
    return {
        "shipment": shipment_ids(np.arange(rows.start, rows.stop), len(shipments)),
        "order": ids_text(problem.orders.ids, shipments.order_idx[rows]),
        "node": ids_text(problem.nodes.ids, shipments.node_idx[rows]),
        "service": ids_text(problem.services.ids, shipments.service_idx[rows]),
        "dispatch_at": instants_text(shipments.dispatch_s[rows]),
        "delivery_at": instants_text(facts.delivery_at_s[rows]),
        "judged_at": instants_text(facts.judged_at_s[rows]),
        "arrival_at": instants_text(facts.arrival_at_s[rows]),
        "units": facts.units[rows],
        "lines": facts.lines[rows],
        "parcels": facts.parcels[rows],
        "weight_kg": facts.weight_g[rows],
        "billable_kg": facts.billable_g[rows],
        "distance_km": facts.distance_m[rows],
        "co2_kg": facts.co2_g[rows],
        "days_late": facts.days_late[rows],
        "days_early": facts.days_early[rows],
        **{term: weighted[term] for term in SHIPMENT_TERMS},
        "total": total,
    }


def _allocations_as_they_stand(result: Result) -> I64:
    """Allocations in the order of the file: a line may ride as several items, which come before the position."""
    rides, item_idx = result.plan.allocations, result.problem.positions.item_idx[result.plan.allocations.position_idx]
    return np.lexsort((rides.from_safety_stock, rides.position_idx, item_idx, rides.line_idx, rides.shipment_idx))


def _allocations(result: Result, rides: I64) -> Columns:
    problem, allocations, positions = result.problem, result.plan.allocations, result.problem.positions
    at, line_idx = allocations.position_idx[rides], allocations.line_idx[rides]
    return {
        "shipment": shipment_ids(allocations.shipment_idx[rides], len(result.plan.shipments)),
        "order": ids_text(problem.orders.ids, problem.lines.order_idx[line_idx]),
        "line": ids_text(problem.lines.ids, line_idx),
        "item": ids_text(problem.items.ids, positions.item_idx[at]),
        "quantity": allocations.quantity[rides],
        "available_at": instants_text(positions.available_at_s[at]),
        "lot": ids_text(problem.lots, positions.lot_idx[at]),
        "pool": ids_text(problem.pools, positions.pool_idx[at]),
        "from_safety_stock": allocations.from_safety_stock[rides],
    }


def _unallocated(result: Result, rows: slice) -> Columns:
    problem, reasons = result.problem, result.reasons
    at = reasons.line_idx[rows]
    return {
        "order": ids_text(problem.orders.ids, problem.lines.order_idx[at]),
        "line": ids_text(problem.lines.ids, at),
        "quantity": result.evaluation.unallocated[at],
        "unmet": result.evaluation.unmet_micros[at],
        "reason": pa.array([reason.name for reason in reasons.reason[rows]], pa.string()),
        "detail": pa.array(reasons.detail[rows], pa.string()),
    }


def _prices(problem: Problem, rows: PricedRows) -> Columns:
    priced = rows_where(rows, rows.price_micros != 0)
    texts = _named_rows(problem, priced)
    order = text_order(texts, tuple(texts))
    ordered = {name: cells.take(pa.array(order)) for name, cells in texts.items()}
    return {**ordered, "price": priced.price_micros[order]}


def _named_rows(problem: Problem, rows: PricedRows) -> Mapping[str, pa.StringArray]:
    """Rows as ``prices.csv`` names them, in their own order."""
    if not len(rows):
        return {name: pa.array([], pa.string()) for name in RESULT_TABLES["prices.csv"]}
    positions, capacities = problem.positions, problem.capacities
    kind = rows.kind
    position_idx, capacity_idx = rows.position_idx, rows.capacity_idx
    node_idx = rows.node_idx.copy()
    node_idx[position_idx >= 0] = positions.node_idx[position_idx[position_idx >= 0]]
    node_idx[capacity_idx >= 0] = capacities.node_idx[capacity_idx[capacity_idx >= 0]]
    is_capacity = pa.array(kind == RowKind.CAPACITY)
    measures = pa.array([*(measure.name.lower() for measure in Measure), ""], pa.string())
    return {
        "kind": pa.array([name.name.lower() for name in RowKind], pa.string()).take(pa.array(kind)),
        "node": ids_text(problem.nodes.ids, node_idx),
        "item": ids_text(problem.items.ids, _through(positions.item_idx, position_idx)),
        "available_at": pc.if_else(
            pa.array(position_idx >= 0), instants_text(_through(positions.available_at_s, position_idx)), ""
        ),
        "lot": ids_text(problem.lots, _through(positions.lot_idx, position_idx)),
        "pool": ids_text(problem.pools, _through(positions.pool_idx, position_idx)),
        "service": ids_text(problem.services.ids, _through(capacities.service_idx, capacity_idx)),
        "measure": measures.take(pa.array(_through(capacities.measure, capacity_idx, len(Measure)))),
        "starts": pc.if_else(is_capacity, instants_text(rows.starts_s), ""),
        "ends": pc.if_else(is_capacity, instants_text(rows.ends_s), ""),
        "order": ids_text(problem.orders.ids, rows.order_idx),
        "limit": _amounts_text(problem, kind, capacity_idx, rows.limit),
        "used": _amounts_text(problem, kind, capacity_idx, rows.used),
        "price": decimal_text(rows.price_micros, 6),
    }


def _through(values: np.typing.NDArray[np.integer], idx: np.typing.NDArray[np.integer], blank: int = -1) -> I64:
    """``values[idx]``, and ``blank`` where the index is -1."""
    if not len(values):
        return np.full(len(idx), blank, np.int64)
    return np.where(idx >= 0, values[idx], blank).astype(np.int64)


def _amounts_text(
    problem: Problem,
    kind: np.typing.NDArray[np.int8],
    capacity_idx: np.typing.NDArray[np.int32],
    amounts: I64,
) -> pa.StringArray:
    """Limits and uses in whole measures: counts as integers, kg and litres to 3 decimals, the rest to 6."""
    measured = (kind == RowKind.CAPACITY) | (kind == RowKind.FILL)
    texts = []
    for row in np.flatnonzero(measured):
        if kind[row] == RowKind.FILL:
            base_units = MICROS_PER_UNIT
        else:
            base_units = BASE_UNITS_PER_MEASURE[Measure(problem.capacities.measure[capacity_idx[row]])]
        texts.append(amount_text(int(amounts[row]), base_units))
    return pc.replace_with_mask(integer_text(amounts), pa.array(measured), pa.array(texts, pa.string()))


def _order_bounds(result: Result, rows: slice) -> Columns:
    certificate = result.certificate
    return {
        "order": result.problem.orders.ids[rows],
        "cost": certificate.order_cost_micros[rows],
        "priced_minimum": certificate.order_priced_minimum_micros[rows],
        "exact": certificate.order_exact[rows],
    }
