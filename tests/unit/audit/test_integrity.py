"""Plans that are not well formed are named as such and judged no further."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dom_engine.audit.feasibility import Rule, violations
from dom_engine.domain.plan import Allocations, Plan
from tests.unit.audit.conversion import make_plan
from tests.unit.audit.test_instants import at, auditor

CUTOFF = at("2025-11-24T23:59")
GOOD = ([(0, CUTOFF, 0, 0)], [(0, 0, 0, False, 1)])


def spoiled_order() -> Plan:
    return make_plan([(0, CUTOFF, 0, 0), (0, CUTOFF - 86_400, 0, 0)], [(0, 0, 0, False, 1), (1, 0, 0, False, 1)])


def repeated_allocation() -> Plan:
    plan = make_plan(*GOOD)
    twice = Allocations(*(np.repeat(getattr(plan.allocations, name), 2) for name in Allocations.__dataclass_fields__))
    return Plan(plan.shipments, twice)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_plan([(7, CUTOFF, 0, 0)], []), "the order index 7 is not below 1"),
        (lambda: make_plan([(0, CUTOFF, -1, 0)], []), "the node index -1 is not below 1"),
        (lambda: make_plan(GOOD[0], [(0, 0, 5, False, 1)]), "the position index 5 is not below 1"),
        (lambda: make_plan(GOOD[0] * 2, GOOD[1]), "stands twice"),
        (spoiled_order, "stands out of order"),
        (repeated_allocation, "stands twice"),
    ],
)
def test_malformed_plan(make: Callable[[], Plan], message: str) -> None:
    problem = auditor({"now": "2025-11-24T12:00:00Z", "horizon_h": 48}).problem
    assert violations(problem, make_plan(*GOOD)) == []
    found = violations(problem, make())
    assert [violation.code for violation in found] == [Rule.INTEGRITY]
    assert found[0].message == message
