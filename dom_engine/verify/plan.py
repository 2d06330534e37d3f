"""From the stated tables to a plan, and whether the tables say it in good order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.audit.integrity import integrity_faults
from dom_engine.audit.positions import positions_of
from dom_engine.audit.tables import distinct
from dom_engine.domain.columns import I64
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.scenario.results_read import StatedResult, StatedTable
from dom_engine.verify.findings import Findings


@dataclass(frozen=True, slots=True)
class StatedPlan:
    """The plan of a result folder; ``place[row]`` is where row ``row`` of ``shipments.csv`` stands in the plan."""

    plan: Plan
    place: I64


def stated_plan(problem: Problem, stated: StatedResult, findings: Findings) -> StatedPlan | None:
    """The plan that the tables state; None, with findings, when they state none."""
    shipments, allocations = stated.tables["shipments.csv"], stated.tables["allocations.csv"]
    before = len(findings.found)
    _check_ids(shipments, findings)
    position = positions_of(problem, allocations.values, _through(shipments.values["node"], allocations))
    findings.add_rows(
        allocations.file,
        "",
        "NO_POSITION",
        np.flatnonzero(position < 0).tolist(),
        lambda _: ("the shipment's node has no stock position of this item, available_at, lot and pool", "", ""),
    )
    _check_order(shipments, allocations, findings)
    _check_ranges(problem, shipments, allocations, findings)
    if len(findings.found) > before:
        return None
    keys = tuple(shipments.values[name] for name in ("service", "node", "dispatch_at", "order"))
    sequence = np.lexsort(keys)
    place = np.empty(len(sequence), np.int64)
    place[sequence] = np.arange(len(sequence))
    if not np.array_equal(sequence, np.arange(len(sequence))):
        row = int(np.flatnonzero(sequence != np.arange(len(sequence)))[0])
        findings.add("shipments.csv", "", "UNSORTED", "not sorted by order, dispatch, node, service", row=row + 2)
    check_sorted(allocations, ("shipment", "order", "line", "item"), findings)
    plan = _plan(shipments, allocations, sequence, place, position)
    faults = integrity_faults(problem, plan)
    for where, what in faults:
        findings.add("allocations.csv" if where.startswith("allocation") else "shipments.csv", "", "REPEATED", what)
    return None if faults else StatedPlan(plan, place)


def _through(values: I64, allocations: StatedTable) -> I64:
    """A column of shipments as the allocations see it."""
    return values[allocations.values["shipment"]] if len(values) else np.zeros(0, np.int64)


def _plan(shipments: StatedTable, allocations: StatedTable, sequence: I64, place: I64, position: I64) -> Plan:
    made = Shipments(
        order_idx=shipments.values["order"][sequence].astype(np.int32),
        node_idx=shipments.values["node"][sequence].astype(np.int32),
        service_idx=shipments.values["service"][sequence].astype(np.int32),
        dispatch_s=shipments.values["dispatch_at"][sequence],
    )
    shipment = _through(place, allocations)
    line, safety = allocations.values["line"], allocations.values["from_safety_stock"]
    rows = np.lexsort((safety, position, line, shipment))
    rides = Allocations(
        shipment_idx=shipment[rows].astype(np.int32),
        line_idx=line[rows].astype(np.int32),
        position_idx=position[rows].astype(np.int32),
        from_safety_stock=safety[rows].astype(np.bool_),
        quantity=allocations.values["quantity"][rows],
    )
    return Plan(made, rides)


def _check_ids(shipments: StatedTable, findings: Findings) -> None:
    """Shipment ids name one shipment each."""
    ids = shipments.texts["shipment"].dictionary_encode().indices.to_numpy(zero_copy_only=False)
    first, group = distinct(ids.astype(np.int64))
    repeated = np.flatnonzero(first[group] != np.arange(len(group)))
    findings.add_rows(
        "shipments.csv",
        "shipment",
        "REPEATED",
        repeated.tolist(),
        lambda row: (f"'{shipments.texts['shipment'][row].as_py()}' names two shipments", "", ""),
    )


def _check_order(shipments: StatedTable, allocations: StatedTable, findings: Findings) -> None:
    """An allocation and its shipment are of one order."""
    other = np.flatnonzero(_through(shipments.values["order"], allocations) != allocations.values["order"])
    findings.add_rows(
        "allocations.csv",
        "order",
        "DIFFERS",
        other.tolist(),
        lambda row: ("is not the shipment's order", allocations.texts["order"][row].as_py(), ""),
    )


def _check_ranges(problem: Problem, shipments: StatedTable, allocations: StatedTable, findings: Findings) -> None:
    """Instants within the horizon and quantities within the order line: what lies beyond has no amounts to check."""
    dispatch_s = shipments.values["dispatch_at"]
    beyond = np.flatnonzero((dispatch_s <= problem.now_s) | (dispatch_s > problem.horizon_end_s))
    findings.add_rows(
        shipments.file,
        "dispatch_at",
        "DISPATCH",
        beyond.tolist(),
        lambda row: ("no dispatch after now and within the horizon", shipments.texts["dispatch_at"][row].as_py(), ""),
    )
    quantity, ordered = allocations.values["quantity"], problem.lines.quantity[allocations.values["line"]]
    findings.add_rows(
        allocations.file,
        "quantity",
        "QUANTITY",
        np.flatnonzero((quantity < 1) | (quantity > ordered)).tolist(),
        lambda row: ("is no quantity of this order line", quantity[row], f"1 to {ordered[row]}"),
    )


def check_sorted(table: StatedTable, columns: tuple[str, ...], findings: Findings) -> None:
    """Whether rows stand in bytewise order of these columns."""
    ranks = [_rank(table.texts[name]) for name in columns]
    if not table.num_rows:
        return
    sequence = np.lexsort(tuple(reversed(ranks)))
    if not np.array_equal(sequence, np.arange(len(sequence))):
        row = int(np.flatnonzero(sequence != np.arange(len(sequence)))[0])
        findings.add(table.file, "", "UNSORTED", f"not sorted by {', '.join(columns)}", row=row + 2)


def _rank(texts: pa.StringArray) -> I64:
    encoded = texts.dictionary_encode()
    words = encoded.dictionary
    place = np.empty(len(words), np.int64)
    place[pc.sort_indices(words).to_numpy()] = np.arange(len(words))
    ranks: I64 = place[encoded.indices.to_numpy(zero_copy_only=False)]
    return ranks
