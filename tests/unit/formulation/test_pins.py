"""Pinned orders keep what they are to keep, bounds are of the plans that do, and pins that cannot be kept are named."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dom_engine.audit import violations
from dom_engine.domain.pins import Pin, PinLevel
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result, Status
from dom_engine.domain.rows import RowKind
from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.scenario import load_scenario
from solvers.stop import Stop

NAMES = ["quickstart", "peak-day", "export", "stores"]
LEVELS = list(PinLevel)


def loaded(repository: Path, name: str, method: str = "auto") -> Problem:
    return load_scenario(repository / "scenarios" / name, None, {"method": method})


@pytest.fixture(scope="module", params=NAMES)
def today(request: pytest.FixtureRequest, repository: Path) -> tuple[Problem, Result]:
    """A scenario, and what a shop's rule makes of it: good enough to keep, bad enough to improve."""
    return loaded(repository, request.param), solve(loaded(repository, request.param, "nearest"))


def everyone(problem: Problem, level: PinLevel) -> list[Pin]:
    return [Pin(order, level) for order in problem.orders.ids.to_pylist()]


def given(plan: Plan) -> Counter[tuple[int, int]]:
    """Units of each line from each node."""
    units: Counter[tuple[int, int]] = Counter()
    loads = plan.allocations
    for shipment, line, quantity in zip(loads.shipment_idx, loads.line_idx, loads.quantity, strict=True):
        units[int(line), int(plan.shipments.node_idx[shipment])] += int(quantity)
    return units


def shipped(plan: Plan) -> Counter[tuple[int, ...]]:
    """Units by order, node, service, dispatch, line and position."""
    units: Counter[tuple[int, ...]] = Counter()
    ships, loads = plan.shipments, plan.allocations
    for row in range(len(loads)):
        at = int(loads.shipment_idx[row])
        key = ships.order_idx[at], ships.node_idx[at], ships.service_idx[at], ships.dispatch_s[at]
        units[(*map(int, key), int(loads.line_idx[row]), int(loads.position_idx[row]))] += int(loads.quantity[row])
    return units


def test_all_of_everybody_is_the_same_plan_and_proven_the_best(today: tuple[Problem, Result]) -> None:
    problem, before = today
    after = solve(problem, start=before.plan, pins=everyone(problem, PinLevel.ALL))
    assert shipped(after.plan) == shipped(before.plan)
    assert after.evaluation.objective_micros == before.evaluation.objective_micros
    assert after.status is Status.OPTIMAL
    assert after.lower_bound_micros == before.evaluation.objective_micros
    assert violations(problem, after.plan) == []


def test_units_stay_at_their_nodes_and_ship_no_dearer(today: tuple[Problem, Result]) -> None:
    problem, before = today
    after = solve(problem, start=before.plan, pins=everyone(problem, PinLevel.QUANTITY))
    assert given(after.plan) == given(before.plan)
    assert after.evaluation.objective_micros <= before.evaluation.objective_micros


def test_lines_stay_at_their_nodes(today: tuple[Problem, Result]) -> None:
    problem, before = today
    after = solve(problem, start=before.plan, pins=everyone(problem, PinLevel.NODE))
    nodes = set(given(before.plan))
    shipping = {line for line, _ in nodes}
    assert {pair for pair in given(after.plan) if pair[0] in shipping} <= nodes
    assert after.evaluation.objective_micros <= before.evaluation.objective_micros


def test_each_level_frees_more(today: tuple[Problem, Result]) -> None:
    problem, before = today
    costs = [
        solve(problem, start=before.plan, pins=everyone(problem, level)).evaluation.objective_micros for level in LEVELS
    ]
    costs.append(solve(problem, start=before.plan).evaluation.objective_micros)
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize("level", LEVELS)
def test_what_is_claimed_is_of_plans_that_keep_the_pin(today: tuple[Problem, Result], level: PinLevel) -> None:
    """The optimum with one order pinned lies between the free one and the plan, and its certificate adds up."""
    problem, before = today
    order = problem.orders.ids[0].as_py()
    after = solve(problem, start=before.plan, pins=[Pin(order, level)])
    free = solve(problem)
    assert free.lower_bound_micros is not None
    assert after.lower_bound_micros is not None
    objective = after.evaluation.objective_micros
    assert free.lower_bound_micros <= objective <= before.evaluation.objective_micros
    assert after.lower_bound_micros <= objective
    certificate = after.certificate
    assert (certificate.order_priced_minimum_micros >= 0).all()
    own = sum(v for k, v in after.evaluation.costs_micros.items() if k not in ("load", "overtime", "activation"))
    assert int(certificate.order_cost_micros.sum()) == own
    if level is PinLevel.ALL:
        mine = {key: units for key, units in shipped(before.plan).items() if key[0] == 0}
        assert {key: units for key, units in shipped(after.plan).items() if key[0] == 0} == mine
    paid = dict.fromkeys(range(len(problem.orders)), 0)
    rows = certificate.rows
    for row in np.flatnonzero(rows.kind == RowKind.STOCK).tolist():
        loads = after.plan.allocations
        draws = (loads.position_idx == rows.position_idx[row]) & ~loads.from_safety_stock
        for at in np.flatnonzero(draws).tolist():
            of = int(after.plan.shipments.order_idx[loads.shipment_idx[at]])
            paid[of] += int(rows.price_micros[row] * loads.quantity[at])
    only_stock = (rows.kind == RowKind.STOCK).all()
    if only_stock:  # what the pattern in the plan pays is at least the minimum stated for its order
        for of, least in enumerate(certificate.order_priced_minimum_micros.tolist()):
            assert least <= int(certificate.order_cost_micros[of]) + paid[of] + 1


def test_under_fill_first_pins_are_kept_as_well(repository: Path) -> None:
    problem = loaded(repository, "quickstart")
    problem = replace(problem, policy=replace(problem.policy, fill_first=True))
    before = solve(loaded(repository, "quickstart", "nearest"))
    after = solve(problem, start=before.plan, pins=everyone(problem, PinLevel.ALL))
    assert shipped(after.plan) == shipped(before.plan)
    assert after.fill.lower_bound_micro_units == after.fill.weighted_unallocated_micro_units
    assert after.status is Status.OPTIMAL


def test_an_order_pinned_to_nothing_gets_nothing(repository: Path) -> None:
    problem = loaded(repository, "quickstart")
    after = solve(problem, start=Plan.empty(), pins=[Pin("1001", PinLevel.ALL), Pin("1002", PinLevel.QUANTITY)])
    assert set(after.plan.shipments.order_idx.tolist()) == {2, 3, 4, 5}
    unmet = after.evaluation.unmet_micros
    first = problem.orders.line_ptr
    assert int(after.certificate.order_priced_minimum_micros[0]) == int(unmet[first[0] : first[1]].sum())
    assert all(text.startswith("the order is pinned; else: ") for text in after.reasons.detail[:2])


def test_units_whose_service_is_gone_ship_by_another(repository: Path) -> None:
    before = solve(loaded(repository, "peak-day"))
    late = replace(
        before.plan, shipments=replace(before.plan.shipments, dispatch_s=before.plan.shipments.dispatch_s + 1)
    )
    problem = before.problem
    after = solve(problem, start=late, pins=everyone(problem, PinLevel.QUANTITY))
    assert given(after.plan) == given(before.plan)
    assert after.evaluation.objective_micros == before.evaluation.objective_micros
    with pytest.raises(InputError) as caught:
        solve(problem, start=late, pins=everyone(problem, PinLevel.ALL))
    assert [str(fault.file) for fault in caught.value.faults] == [f"pins[{at}]" for at in range(9)]
    assert {fault.code for fault in caught.value.faults} == {"CANNOT_KEEP"}
    assert "nothing can leave atlanta" in caught.value.faults[0].message


def test_pins_that_want_the_same_are_named(repository: Path) -> None:
    before = solve(loaded(repository, "peak-day"))
    loads, positions = before.plan.allocations, before.problem.positions
    free = positions.free.copy()
    free[int(loads.position_idx[np.argmax(loads.shipment_idx == 0)])] = 2
    problem = replace(before.problem, positions=replace(positions, free=free))
    for level in (PinLevel.ALL, PinLevel.QUANTITY):
        with pytest.raises(InputError) as caught:
            solve(problem, start=before.plan, pins=everyone(problem, level))
        assert [(fault.file, fault.code) for fault in caught.value.faults] == [
            ("pins[2]", "CANNOT_KEEP"),
            ("pins[3]", "CANNOT_KEEP"),
        ]
    # Beside orders that are not pinned, whoever is pinned comes first.
    after = solve(problem, start=before.plan, pins=[Pin("G4", PinLevel.ALL)], stop=Stop(work_limit=1))
    kept = {key: units for key, units in shipped(before.plan).items() if key[0] == 3}
    assert {key: units for key, units in shipped(after.plan).items() if key[0] == 3} == kept


@pytest.mark.parametrize(
    ("pins", "code"),
    [
        ([Pin("nobody", PinLevel.ALL)], "UNKNOWN_ID"),
        ([Pin("1001", PinLevel.ALL), Pin("1001", PinLevel.NODE)], "REPEATED"),
    ],
)
def test_pins_that_make_no_sense_are_refused(repository: Path, pins: list[Pin], code: str) -> None:
    with pytest.raises(InputError) as caught:
        solve(loaded(repository, "quickstart"), start=Plan.empty(), pins=pins)
    assert [(fault.column, fault.code) for fault in caught.value.faults] == [("order", code)]


def test_pins_need_a_plan(repository: Path) -> None:
    with pytest.raises(InputError, match="there is no plan to start from"):
        solve(loaded(repository, "quickstart"), pins=[Pin("1001", PinLevel.ALL)])
