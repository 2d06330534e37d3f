"""What more room in a capacity would have served: the least raise that lets the order be decided as it would be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from dom_engine.audit import Auditor
from dom_engine.domain.columns import I64, NONE_IDX, Flags
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.explain.answer import Answer
from dom_engine.explain.copies import copies

MAX_CAPACITIES = 4
"""More room is tried in this many capacities for a line: the fullest, by what the other orders draw."""

PLENTY = 1 << 40
"""Base units: more than any order draws."""

CapacityUse = Mapping[tuple[int, int, int], int]
"""What is drawn on each instance of a capacity: (capacity, start, end), base units."""


def fullest(answer: Answer, allowed: Flags, use: CapacityUse) -> list[int]:
    """Capacities that bear on the nodes, the fullest first; none that nobody draws on."""
    capacities = answer.problem.capacities
    share = np.zeros(len(capacities))
    for (capacity, *_), used in use.items():
        total = _total(answer.problem, capacity)
        share[capacity] = max(share[capacity], used / total if total else 1.0)
    node = capacities.node_idx
    bears = (node == NONE_IDX) | allowed[np.maximum(node, 0)]
    ranked = [int(at) for at in np.argsort(-share, kind="stable") if bears[at] and (share[at] > 0)]
    return ranked[:MAX_CAPACITIES]


def _total(problem: Problem, capacity: int) -> int:
    capacities = problem.capacities
    loads = int(capacities.limit[capacity]) * int(capacities.open_max[capacity])
    return loads + int(capacities.overtime_limit[capacity])


def roomier(problem: Problem, capacity: int, more: int) -> Problem:
    """The problem with so many base units more in each instance of a capacity, and in each of its loads."""
    limit = problem.capacities.limit.copy()
    limit[capacity] += more
    return replace(problem, capacities=replace(problem.capacities, limit=limit))


def lacking(answer: Answer, order: int, part: Plan, capacity: int, use: CapacityUse) -> int:
    """How far a plan of one order, beside all others, goes beyond a capacity, in whole measures as base units."""
    most = max(_drawn(answer, order, part, capacity, use), default=0) - _total(answer.problem, capacity)
    base = BASE_UNITS_PER_MEASURE[Measure(int(answer.problem.capacities.measure[capacity]))]
    return -(-most // base) * base if most > 0 else 0


def _drawn(answer: Answer, order: int, part: Plan, capacity: int, use: CapacityUse) -> Iterator[int]:
    """The draw of the others and of the order on every instance that the order draws on."""
    auditor = Auditor(copies(answer.problem, order, [None]))
    rows = auditor.capacity_rows
    own: I64 = rows.used(auditor.loads(part.shipments, part.allocations)).astype(np.int64)
    for row in np.flatnonzero((own > 0) & (rows.capacity_idx == capacity)).tolist():
        key = (capacity, int(rows.starts_s[row]), int(rows.ends_s[row]))
        yield int(own[row]) + use.get(key, 0)


def room_label(problem: Problem, capacity: int, more: int) -> str:
    """The raise as a planner calls it."""
    capacities = problem.capacities
    measure, node = Measure(int(capacities.measure[capacity])), int(capacities.node_idx[capacity])
    service = int(capacities.service_idx[capacity])
    words = [f"{more // BASE_UNITS_PER_MEASURE[measure]:,} more {measure.name.lower()}"]
    if capacities.daily[capacity]:
        words.append("a day")
    if node != NONE_IDX:
        words.append(f"at {problem.nodes.ids[node].as_py()}")
    if service != NONE_IDX:
        words.append(f"by {problem.services.ids[service].as_py()}")
    return " ".join(words)
