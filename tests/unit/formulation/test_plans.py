"""Patterns to plans and back, and prices in the words of a certificate."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dom_engine.domain.plan import Plan
from dom_engine.domain.rows import RowKind
from dom_engine.errors import InternalError
from dom_engine.formulation import Formulation, build_model, patterns_of, plan_of, priced_rows
from dom_engine.formulation.model import _groups_within_orders
from dom_engine.scenario import load_scenario
from solvers.bound import MeasurePrices
from solvers.model import Patterns


@pytest.fixture(scope="module", params=["quickstart", "stores", "export", "peak-day"])
def formulation(request: pytest.FixtureRequest, repository: Path) -> Formulation:
    return build_model(load_scenario(repository / "scenarios" / request.param))


def everything_everywhere(formulation: Formulation) -> Patterns:
    """A pattern per order with a shipment on the last trip of each offer of each candidate, one unit from each source.

    No rule is kept, which neither direction of the mapping looks at; trips run against the plan's order.
    """
    model = formulation.model
    ship_ptr, cand, trip, load_ptr, source = [0], [], [], [0], []
    for order in range(model.num_orders):
        for c in reversed(range(model.orders.cand_ptr[order], model.orders.cand_ptr[order + 1])):
            group = model.candidates.offer_class[c]
            for offer in range(model.offers.class_ptr[group], model.offers.class_ptr[group + 1]):
                cand.append(c)
                trip.append(int(model.offers.trip_ptr[offer + 1]) - 1)
                source += list(range(model.candidates.source_ptr[c], model.candidates.source_ptr[c + 1]))[::-1]
                load_ptr.append(len(source))
        ship_ptr.append(len(cand))
    num = model.num_orders
    return Patterns(
        order=np.arange(num, dtype=np.int32),
        cost=np.zeros(num, np.int64),
        fill=np.zeros(num, np.int64),
        ship_ptr=np.array(ship_ptr),
        ship_cand=np.array(cand, np.int32),
        ship_trip=np.array(trip, np.int32),
        load_ptr=np.array(load_ptr),
        load_source=np.array(source, np.int32),
        load_safety=np.arange(len(source)) % 2 == 0,
        load_quantity=np.arange(1, len(source) + 1),
        draw_ptr=np.zeros(num + 1, np.int64),
        draw_row=np.zeros(0, np.int32),
        draw=np.zeros(0, np.int64),
    )


def loads_of(patterns: Patterns) -> set[tuple[int, int, int, bool, int]]:
    shipment = np.repeat(np.arange(len(patterns.ship_cand)), np.diff(patterns.load_ptr))
    columns = (
        patterns.ship_cand[shipment],
        patterns.ship_trip[shipment],
        patterns.load_source,
        patterns.load_safety,
        patterns.load_quantity,
    )
    return set(zip(*(column.tolist() for column in columns), strict=True))


def test_a_plan_holds_what_its_patterns_hold_and_gives_them_back(formulation: Formulation) -> None:
    patterns = everything_everywhere(formulation)
    plan = plan_of(formulation, patterns)
    ships, loads = plan.shipments, plan.allocations
    keys = list(zip(ships.order_idx, ships.dispatch_s, ships.node_idx, ships.service_idx, strict=True))
    assert keys == sorted(set(keys))
    aboard = list(zip(loads.shipment_idx, loads.line_idx, loads.position_idx, loads.from_safety_stock, strict=True))
    assert aboard == sorted(aboard)
    positions, lines = formulation.problem.positions, formulation.problem.lines
    assert np.array_equal(positions.node_idx[loads.position_idx], ships.node_idx[loads.shipment_idx])
    assert np.array_equal(lines.order_idx[loads.line_idx], ships.order_idx[loads.shipment_idx])
    back = patterns_of(formulation, plan)
    assert loads_of(back) == loads_of(patterns)
    assert np.array_equal(back.ship_ptr, patterns.ship_ptr)
    again = plan_of(formulation, back)
    assert np.array_equal(again.allocations.quantity, loads.quantity)


def test_the_empty_plan_is_a_pattern_of_nothing_per_order(formulation: Formulation) -> None:
    patterns = patterns_of(formulation, Plan.empty())
    assert patterns.num_patterns == formulation.model.num_orders
    assert not patterns.ship_ptr.any()
    assert len(plan_of(formulation, patterns).shipments) == 0


def test_a_shipment_that_is_no_trip_is_refused(formulation: Formulation) -> None:
    plan = plan_of(formulation, everything_everywhere(formulation))
    late = replace(plan.shipments, dispatch_s=plan.shipments.dispatch_s + 1)
    with pytest.raises(InternalError, match="shipment 0 of the plan is no trip"):
        patterns_of(formulation, replace(plan, shipments=late))


def test_an_allocation_aboard_the_wrong_shipment_is_refused(formulation: Formulation) -> None:
    plan = plan_of(formulation, everything_everywhere(formulation))
    loads, ships = plan.allocations, plan.shipments
    other = np.flatnonzero(ships.order_idx != ships.order_idx[0])[:1].astype(np.int32)
    moved = replace(loads, shipment_idx=np.concatenate([other, loads.shipment_idx[1:]]))
    with pytest.raises(InternalError, match="allocation 0 of the plan is no source"):
        patterns_of(formulation, replace(plan, allocations=moved))


def test_priced_rows_name_what_has_a_price_and_its_use(formulation: Formulation) -> None:
    model = formulation.model
    patterns = everything_everywhere(formulation)._replace(
        fill=np.full(model.num_orders, 7),
        draw_ptr=np.append(np.zeros(model.num_orders, np.int64), 2),
        draw_row=np.array([0, model.num_rows - 1], np.int32),
        draw=np.array([3, 5]),
    )
    row = np.zeros(model.num_rows, np.int64)
    row[[0, model.num_positions + 1, model.num_rows - 1]] = 10, 20, 30
    activation = np.zeros(len(model.candidates.order), np.int64)
    activation[-1] = 40
    rows = priced_rows(formulation, MeasurePrices(row, activation, 50), patterns)
    has_capacities = model.num_rows > 2 * model.num_positions
    third = RowKind.CAPACITY if has_capacities else RowKind.SAFETY_STOCK
    assert rows.kind.tolist() == [RowKind.STOCK, RowKind.SAFETY_STOCK, third, RowKind.ACTIVATION, RowKind.FILL]
    assert rows.price_micros.tolist() == [10, 20, 30, 40, 50]
    assert rows.used.tolist() == [3, 0, 5, 1, 7 * model.num_orders]
    assert rows.limit[0] == formulation.problem.positions.free[0]
    assert rows.position_idx.tolist()[:2] == [0, 1]
    assert (rows.node_idx[3], rows.order_idx[3]) == (model.candidates.node[-1], model.candidates.order[-1])
    if has_capacities:
        assert rows.capacity_idx[2] == formulation.capacity_idx[-1]
        assert rows.ends_s[2] == formulation.ends_s[-1]
    else:
        assert rows.position_idx[2] == model.num_positions - 1


def test_groups_count_from_nought_within_each_order() -> None:
    # Two orders: groups 4, 2, 4 and none; then 1 and 3. They count by first line.
    groups = np.array([4, 2, 4, -1, 1, 3], np.int32)
    assert _groups_within_orders(groups, np.array([0, 0, 0, 0, 1, 1], np.int32)).tolist() == [0, 1, 0, -1, 0, 1]
