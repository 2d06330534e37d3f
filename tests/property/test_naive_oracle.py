"""The oracle against something slower still, and against what theory says of its bound."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, product
from math import prod
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from tests.naive import (
    Piece,
    Problem,
    Scenario,
    Shipment,
    TooLarge,
    candidates_of,
    certified_bound,
    check_plan,
    cost_of_plan,
    read_problem,
    solve_exhaustive,
)
from tests.naive.certificate import Prices, all_rows
from tests.naive.problem import Order
from tests.naive.shipping import sources_of
from tests.property.strategies import random_scenario, scenarios

MOST_PLANS = 300


def every_service(problem: Problem, order: Order) -> Iterator[tuple[Shipment, ...]]:
    """Every quantity from every source on every candidate, rules and limits not yet looked at."""
    slots = [
        (candidate, Piece(line, position, safety, 0))
        for candidate in candidates_of(problem, order)
        for line in order.lines
        for position, safety in sources_of(problem, candidate, line)
    ]
    choices = [range(piece.line.quantity + 1) for _, piece in slots]
    if prod(map(len, choices)) > MOST_PLANS:
        raise TooLarge(order.order)
    for quantities in product(*choices):
        plan = [
            Shipment(candidate, tuple(replace(piece, quantity=quantity) for _, piece, quantity in group))
            for candidate, group in groupby(
                ((*slot, quantity) for slot, quantity in zip(slots, quantities, strict=True) if quantity),
                key=lambda entry: entry[0],
            )
        ]
        yield tuple(plan)


@given(scenarios())
def test_no_plan_beats_the_optimum(scenario: Scenario) -> None:
    problem = read_problem(scenario)
    try:
        kept = [
            [plan for plan in every_service(problem, order) if not check_plan(problem, plan)]
            for order in problem.orders
        ]
        optimum = solve_exhaustive(problem)
    except TooLarge:
        assume(False)
    assume(prod(map(len, kept)) <= MOST_PLANS)
    values: list[tuple[Fraction, int]] = []
    for chosen in product(*kept):
        plan = [shipment for part in chosen for shipment in part]
        if not check_plan(problem, plan):
            costs = cost_of_plan(problem, plan)
            values.append((costs.fill if problem.policy.fill_first else Fraction(0), costs.objective_micros))
    fill = optimum.fill if problem.policy.fill_first else Fraction(0)
    assert min(values) == (fill, optimum.objective_micros)


@given(scenarios(), st.integers(0, 1000))
def test_any_prices_bound_the_optimum(scenario: Scenario, seed: int) -> None:
    problem = read_problem(scenario)
    chance = Random(seed)

    def price() -> Fraction:
        return Fraction(chance.choice((0, 0, 1, 5, 20)), chance.choice((1, 4)))

    prices = Prices(
        {row: price() for row in all_rows(problem)},
        {(node, order.order): price() for node in problem.nodes for order in problem.orders},
    )
    try:
        optimum = solve_exhaustive(problem)
        bound = certified_bound(problem, prices)
    except TooLarge:
        assume(False)
    assert bound.bound_micros <= optimum.objective_micros
    assert sum(bound.order_minima.values()) >= bound.bound_micros


@given(st.integers(0, 10_000))
def test_a_scenario_is_decided_by_its_seed(seed: int) -> None:
    assert random_scenario(seed) == random_scenario(seed)
