"""The sourcing model of random scenarios against the oracle's own reading of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from hypothesis import given

from dom_engine.domain.transport import Measure
from dom_engine.formulation import Formulation, build_model
from dom_engine.scenario import build_problem, read_raw
from dom_engine.units import ALWAYS_S, NEVER_S
from tests import naive
from tests.naive.exact import Ledger
from tests.naive.plans import book_unmet
from tests.naive.rows import Row, bounds, capacity_row
from tests.naive.shipping import ready_s, sources_of
from tests.naive.trade import crosses_border, duty_pct
from tests.property.strategies import scenarios

Ride = tuple[object, ...]


def formulated(scenario: naive.Scenario) -> Formulation:
    with tempfile.TemporaryDirectory() as folder:
        return build_model(build_problem(read_raw(naive.write_scenario(scenario, Path(folder)))))


def position_key(formulation: Formulation, position: int) -> tuple[str, str, int | None, str, str]:
    problem, stock = formulation.problem, formulation.problem.positions
    available_s, lot, pool = (int(column[position]) for column in (stock.available_at_s, stock.lot_idx, stock.pool_idx))
    return (
        problem.nodes.ids[int(stock.node_idx[position])].as_py(),
        problem.items.ids[int(stock.item_idx[position])].as_py(),
        None if available_s == ALWAYS_S else available_s,
        problem.lots[lot].as_py() if lot >= 0 else "",
        problem.pools[pool].as_py() if pool >= 0 else "",
    )


def rides_of_model(formulation: Formulation) -> Iterator[Ride]:
    """Every (candidate, trip, source, free or safety) that (P5) admits, with all that is known of it."""
    model, problem = formulation.model, formulation.problem
    cands, offers, trips, departures = model.candidates, model.offers, model.trips, model.departures
    for cand, group in enumerate(cands.offer_class.tolist()):
        order = int(cands.order[cand])
        for offer in range(offers.class_ptr[group], offers.class_ptr[group + 1]):
            service = int(offers.service[offer])
            for trip in range(offers.trip_ptr[offer], offers.trip_ptr[offer + 1]):
                departure = int(trips.departure[trip])
                dispatch_s = int(departures.dispatch_s[departure])
                assert (departures.node[departure], departures.service[departure]) == (cands.node[cand], service)
                for source in range(cands.source_ptr[cand], cands.source_ptr[cand + 1]):
                    position, line = int(model.sources.position[source]), int(model.sources.line[source])
                    leaves_s = max(int(cands.ready_s[cand]), int(model.positions.ready_s[position]))
                    tags = model.items.tag_class[model.positions.item[position]]
                    if leaves_s > dispatch_s or dispatch_s >= model.positions.expires_s[position]:
                        continue
                    if not model.services.carry[service, tags]:
                        continue
                    for safety in (False, True):
                        row = position + safety * model.num_positions
                        if model.rows.limit[row] == 0 or (safety and not model.orders.use_safety_stock[order]):
                            continue
                        yield (
                            problem.orders.ids[order].as_py(),
                            problem.lines.ids[line].as_py(),
                            position_key(formulation, position),
                            safety,
                            problem.services.ids[service].as_py(),
                            dispatch_s,
                            int(trips.arrival_s[trip]),
                            int(cands.distance_m[cand]),
                            problem.rate_ids[int(offers.tariff[offer])].as_py(),
                            int(offers.pre_carriage_s[offer]),
                            int(offers.export_s[offer]),
                            leaves_s,
                            bool(offers.unpreferred[offer]),
                            bool(cands.domestic[cand]),
                            float(model.sources.duty_pct[source]),
                        )


def rides_of_oracle(problem: naive.Problem, *, in_window: bool) -> Iterator[Ride]:
    """The same from the definitions; ``in_window``: only what keeps a hard window when it travels alone."""
    for order in problem.orders:
        for candidate in naive.candidates_of(problem, order):
            node, service, lane = candidate.node, candidate.service, candidate.lane
            for line in order.lines:
                for position, safety in sources_of(problem, candidate, line):
                    cargo = naive.cargo_of(problem, candidate, (naive.Piece(line, position, safety, 1),))
                    if in_window and order.hard and (cargo.days_late or cargo.days_early):
                        continue
                    abroad = crosses_border(node, order)
                    item = problem.items[position.item]
                    yield (
                        order.order,
                        line.line,
                        position.key,
                        safety,
                        service.service,
                        candidate.dispatch_s,
                        candidate.arrival_s,
                        candidate.distance_m,
                        lane.rate,
                        lane.pre_carriage_s,
                        lane.export_s,
                        ready_s(problem, order, position),
                        bool(order.preferred_services) and service.service not in order.preferred_services,
                        not abroad,
                        float(duty_pct(problem, node, order, item)) if abroad else 0.0,
                    )


@given(scenarios())
def test_what_can_ride_is_what_the_definitions_say(scenario: naive.Scenario) -> None:
    problem = naive.read_problem(scenario)
    told = list(rides_of_model(formulated(scenario)))
    kept = set(rides_of_oracle(problem, in_window=True))
    assert len(told) == len(set(told))
    # A source that keeps its window on one trip stays for all: the window is judged again with the load.
    assert kept <= set(told) <= set(rides_of_oracle(problem, in_window=False))
    assert {ride[:4] for ride in told} == {ride[:4] for ride in kept}


@given(scenarios(always=("capacities", "daily")))
def test_departures_draw_on_the_capacities_they_fall_into(scenario: naive.Scenario) -> None:
    problem = naive.read_problem(scenario)
    formulation = formulated(scenario)
    model, tables = formulation.model, formulation.problem
    first = 2 * model.num_positions

    def told(row: int) -> tuple[object, ...]:
        cap = int(formulation.capacity_idx[row - first])
        caps = tables.capacities
        node, service = int(caps.node_idx[cap]), int(caps.service_idx[cap])
        starts_s, ends_s = int(formulation.starts_s[row - first]), int(formulation.ends_s[row - first])
        return (
            tables.nodes.ids[node].as_py() if node >= 0 else "",
            tables.services.ids[service].as_py() if service >= 0 else "",
            Measure(caps.measure[cap]).name.lower(),
            None if starts_s == ALWAYS_S else starts_s,
            None if ends_s == NEVER_S else ends_s,
            bool(caps.daily[cap]),
            int(model.rows.limit[row]),
            int(model.rows.open_max[row]),
            int(model.rows.overtime_limit[row]),
            int(model.rows.scale[row]),
        )

    def meant(row: Row) -> tuple[object, ...]:
        capacity = row.capacity
        assert capacity is not None
        return (
            capacity.node,
            capacity.service,
            capacity.measure,
            *bounds(problem, row),
            capacity.daily,
            row.limit,
            capacity.open_max,
            capacity.overtime_limit,
            row.scale,
        )

    drawn_on = set()
    for departure, dispatch_s in enumerate(model.departures.dispatch_s.tolist()):
        node = tables.nodes.ids[int(model.departures.node[departure])].as_py()
        service = tables.services.ids[int(model.departures.service[departure])].as_py()
        rows = model.departures.row[
            model.departures.row_ptr[departure] : model.departures.row_ptr[departure + 1]
        ].tolist()
        drawn_on.update(rows)
        expected = {
            meant(capacity_row(problem, capacity, dispatch_s))
            for capacity in problem.capacities
            if capacity.node in ("", node)
            and capacity.service in ("", service)
            and (capacity.starts_s is None or capacity.starts_s <= dispatch_s)
            and (capacity.ends_s is None or dispatch_s < capacity.ends_s)
        }
        assert sorted(set(rows)) == rows
        assert {told(row) for row in rows} == expected
    assert drawn_on == set(range(first, model.num_rows))


@given(scenarios())
def test_unmet_costs_and_fill_weights_are_those_of_one_unit(scenario: naive.Scenario) -> None:
    problem = naive.read_problem(scenario)
    lines = formulated(scenario).model.lines
    expected: list[tuple[int, int]] = []
    for order in sorted(problem.orders, key=lambda order: order.order.encode()):
        for line in sorted(order.lines, key=lambda line: line.line.encode()):
            ledger = Ledger(problem.weights)
            book_unmet(problem, order, line, 1, ledger)
            expected.append((ledger.total_micros, round(order.factor * 1_000_000)))
    assert list(zip(lines.unmet_cost.tolist(), lines.fill_weight.tolist(), strict=True)) == expected
