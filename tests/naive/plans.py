"""A whole plan: is it feasible, and what does it cost. Sections 2 to 5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from tests.naive import clock
from tests.naive.exact import Ledger
from tests.naive.problem import Line, Order, Problem
from tests.naive.rows import Row, draws_of, row_ledger
from tests.naive.shipping import (
    Candidate,
    Piece,
    Shipment,
    candidates_of,
    cargo_of,
    price_load,
    refusal,
    sources_of,
)


@dataclass(frozen=True)
class PlanCosts:
    """What a plan costs: terms raw and weighted in micros, their sum, weighted unallocated units."""

    objective_micros: int
    raw: Mapping[str, int]
    weighted: Mapping[str, int]
    fill: Fraction


def served(shipments: Iterable[Shipment]) -> dict[tuple[str, str], int]:
    """Return the units shipped by (order, line)."""
    units: dict[tuple[str, str], int] = {}
    for shipment in shipments:
        for piece in shipment.load:
            key = shipment.candidate.order.order, piece.line.line
            units[key] = units.get(key, 0) + piece.quantity
    return units


def book_unmet(problem: Problem, order: Order, line: Line, quantity: int, ledger: Ledger) -> None:
    """Book the unallocated units of a line: an amount per unit, the priority's factor in it."""
    per_unit = line.unmet_micros + problem.policy.unmet_value_pct / 100 * line.price_micros
    ledger.add("unmet", order.factor * per_unit, quantity)


def used_rows(problem: Problem, plan: Sequence[Shipment]) -> dict[Row, int]:
    """Return what a plan draws on each row."""
    used: dict[Row, int] = {}
    for shipment in filter(lambda one: one.load, plan):
        cargo = cargo_of(problem, shipment.candidate, shipment.load)
        for row, amount in draws_of(problem, shipment, cargo).items():
            used[row] = used.get(row, 0) + amount
    return used


def cost_of_plan(problem: Problem, plan: Sequence[Shipment]) -> PlanCosts:
    """Price a feasible plan, its loads and overtime chosen at least cost."""
    ledger = Ledger(problem.weights)
    for shipment in plan:
        cargo = cargo_of(problem, shipment.candidate, shipment.load)
        ledger.merge(price_load(problem, shipment.candidate, shipment.load, cargo))
    shipped = served(plan)
    fill = Fraction(0)
    for order in problem.orders:
        made = sum(shipment.candidate.order.order == order.order for shipment in plan)
        ledger.add("split", problem.policy.split_cost_micros, max(0, made - 1))
        for line in order.lines:
            missing = line.quantity - shipped.get((order.order, line.line), 0)
            book_unmet(problem, order, line, missing, ledger)
            fill += order.factor * missing
    for row, amount in used_rows(problem, plan).items():
        ledger.merge(row_ledger(problem, row, amount))
    for node in sorted({shipment.candidate.node.node for shipment in plan}):
        ledger.add("activation", problem.nodes[node].activation_cost_micros)
    return PlanCosts(ledger.total_micros, ledger.raw, ledger.weighted, fill)


def check_plan(problem: Problem, plan: Sequence[Shipment]) -> list[str]:
    """Return what is wrong with a plan, nothing where it is feasible."""
    faults: list[str] = []
    for order in problem.orders:
        mine = [shipment for shipment in plan if shipment.candidate.order.order == order.order]
        if mine:
            faults.extend(f"{order.order}: {fault}" for fault in _order_faults(problem, order, mine))
    for row, amount in used_rows(problem, plan).items():
        if amount > row.most:
            faults.append(f"{row.key}: {amount} of {row.most}")
    return faults


def _order_faults(problem: Problem, order: Order, mine: Sequence[Shipment]) -> list[str]:
    faults: list[str] = []
    exist = {_identity(candidate) for candidate in candidates_of(problem, order)}
    chosen = [_identity(shipment.candidate) for shipment in mine]
    if len(set(chosen)) < len(chosen):
        faults.append("two shipments of one node, service and dispatch")
    if order.max_shipments and len(mine) > order.max_shipments:
        faults.append("max_shipments")
    for shipment, identity in zip(mine, chosen, strict=True):
        if identity not in exist:
            faults.append(f"no candidate {identity}")
            continue
        faults.extend(_load_faults(problem, shipment))
    shipped = [
        sum(piece.quantity for one in mine for piece in one.load if piece.line.line == line.line)
        for line in order.lines
    ]
    for line, units in zip(order.lines, shipped, strict=True):
        if units > line.quantity:
            faults.append(f"line {line.line}: more than ordered")
    if order.ship_complete and shipped != [line.quantity for line in order.lines]:
        faults.append("ship_complete")
    return faults


def _load_faults(problem: Problem, shipment: Shipment) -> list[str]:
    candidate, order = shipment.candidate, shipment.candidate.order
    faults: list[str] = []
    if not shipment.load or any(piece.quantity <= 0 for piece in shipment.load):
        return ["a shipment without units"]
    faults.extend(
        f"line {piece.line.line}: {piece.position.key} cannot ride"
        for piece in shipment.load
        if (piece.position, piece.safety) not in sources_of(problem, candidate, piece.line)
    )
    if faults:
        return faults
    fault = refusal(problem, candidate, cargo_of(problem, candidate, shipment.load))
    if fault:
        faults.append(fault)
    aboard = {line.line: 0 for line in order.lines}
    for piece in shipment.load:
        aboard[piece.line.line] += piece.quantity
    faults.extend(rule_faults(order, tuple(aboard.values())))
    return faults


def rule_faults(order: Order, aboard: tuple[int, ...]) -> list[str]:
    """Return the rules that one shipment's units by line break: pack, line_split, groups, ship_together."""
    faults: list[str] = []
    full = [units == line.quantity for units, line in zip(aboard, order.lines, strict=True)]
    groups = {line.group for line, units in zip(order.lines, aboard, strict=True) if units and line.group}
    for line, units, is_full in zip(order.lines, aboard, full, strict=True):
        if units % line.pack:
            faults.append(f"line {line.line}: pack")
        if units and not is_full and not order.line_split:
            faults.append(f"line {line.line}: line_split")
        if line.group in groups and not is_full:
            faults.append(f"line {line.line}: group {line.group}")
    if order.ship_together and not all(full):
        faults.append("ship_together")
    return faults


def _identity(candidate: Candidate) -> tuple[str, str, int]:
    return candidate.node.node, candidate.service.service, candidate.dispatch_s


def plan_from_tables(
    problem: Problem, shipments: Iterable[Mapping[str, str]], allocations: Iterable[Mapping[str, str]]
) -> list[Shipment]:
    """Rebuild a plan from the rows of ``shipments.csv`` and ``allocations.csv``.

    A shipment that is no candidate, or a position that does not exist, raises KeyError.
    """
    pieces: dict[str, list[Piece]] = {}
    lines = {(order.order, line.line): line for order in problem.orders for line in order.lines}
    positions = {position.key: position for position in problem.positions}
    owners: dict[str, Mapping[str, str]] = {row["shipment"]: row for row in shipments}
    for row in allocations:
        owner = owners[row["shipment"]]
        available_s = clock.parse_instant(row["available_at"], None) if row["available_at"] else None
        position = positions[owner["node"], row["item"], available_s, row["lot"], row["pool"]]
        piece = Piece(
            lines[row["order"], row["line"]],
            position,
            row["from_safety_stock"] == "true",
            int(row["quantity"]),
        )
        pieces.setdefault(row["shipment"], []).append(piece)
    candidates = {
        (order.order, *_identity(candidate)): candidate
        for order in problem.orders
        for candidate in candidates_of(problem, order)
    }
    return [
        Shipment(
            candidates[row["order"], row["node"], row["service"], clock.parse_instant(row["dispatch_at"], None)],
            tuple(pieces.get(name, ())),
        )
        for name, row in owners.items()
    ]
