"""Explanations of shipped plans: sums, numbers known by hand, and changes that a solve confirms."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.explain import explain, read_answer, shadow
from dom_engine.explain.beside import others_of
from dom_engine.explain.counterfactuals import changes, decision
from dom_engine.explain.order import order_index
from dom_engine.explain.shadow import shadow_table, with_one_more
from dom_engine.explain.tables import explanation_tables
from dom_engine.scenario import load_scenario
from tests.runs import TO_THE_END
from tests.unit.explain.conftest import Answers, with_limit


def test_an_order_that_could_have_come_cheaper_from_elsewhere(answers: Answers) -> None:
    explanation = explain(answers("quickstart"), "1001")
    ways = {way.node: way for way in explanation.by_node}
    # Chicago's freight is 4.40 lower, but a lamp there is worth at least that to order 1005.
    assert explanation.chosen.own_micros == explanation.chosen.priced_micros == 15_200_000
    assert ways["chicago"].own_micros == 10_800_000
    (lamp,) = ways["chicago"].rows
    assert (lamp.label, lamp.used, lamp.paid_micros) == ("lamp at chicago", 1, lamp.price_micros)
    assert ways["chicago"].priced_micros == 10_800_000 + lamp.price_micros >= 15_200_000
    assert (ways["newark"].served_units, ways["newark"].missing_units) == (2, 1)
    assert [way.node for way in explanation.by_node] == ["reno", "chicago", "newark"]
    assert explanation.counterfactuals == ()


@pytest.mark.parametrize("name", ["quickstart", "peak-day", "export", "stores"])
def test_the_best_way_of_each_order_is_what_the_certificate_says(name: str, answers: Answers) -> None:
    answer = answers(name)
    assert answer.stated is not None
    bounds = answer.stated.tables["order_bounds.csv"]
    by_order = dict(zip(bounds.texts["order"].to_pylist(), bounds.values["priced_minimum"].tolist(), strict=True))
    for order, least in by_order.items():
        explanation = explain(answer, order)
        # Shares are rounded to the micro row by row, the certificate once.
        assert abs(explanation.best.priced_micros - least) <= 1 + len(explanation.best.rows)
        assert explanation.best.priced_micros <= explanation.chosen.priced_micros
        nodes = [way.priced_micros for way in explanation.by_node]
        assert explanation.best.priced_micros <= min(nodes)
        assert len(nodes) == len(answer.problem.nodes)
        for way in (explanation.chosen, *explanation.by_node):
            terms = sum(way.costs_micros.values()) + sum(share.paid_micros for share in way.rows)
            assert terms == way.priced_micros


def test_tables_add_up(answers: Answers) -> None:
    answer = answers("quickstart")
    tables = explanation_tables(explain(answer, "1006"), answer.problem)
    ways = {row["way"]: row for row in tables["ways"].to_pylist()}
    assert list(ways)[:2] == ["chosen", "best"]
    assert {row["node"] for row in ways.values()} == {"", "reno", "chicago", "newark"}
    assert (ways["chosen"]["ships"], ways["chosen"]["missing_units"]) == ("from reno by ground", 1)
    terms = tables["way_terms"].to_pylist()
    for name, way in ways.items():
        own = sum(row["amount"] for row in terms if row["way"] == name and row["kind"] == "term")
        priced = sum(row["amount"] for row in terms if row["way"] == name)
        assert (own, priced, priced - own) == (way["cost"], way["priced"], way["prices"])
        assert way["against_plan"] == way["priced"] - ways["chosen"]["priced"]
    change = tables["counterfactuals"].to_pylist()[0]
    assert (change["change"], change["served_units"], change["delta"]) == ("1 more vase at reno", 1, Decimal(-22))
    worths = shadow(answer, top=1)
    rows = shadow_table(worths).to_pylist()
    assert [row["label"] for row in rows] == [worth.label for worth in worths]
    assert (rows[0]["saves_low"], rows[0]["saves_high"]) == (Decimal("4.4"), Decimal("4.4"))
    assert [row["saves_low"] for row in rows[1:]] == [None] * (len(rows) - 1)


def test_why_a_node_gives_nothing(answers: Answers) -> None:
    ways = {way.node: way for way in explain(answers("stores"), "S8").by_node}
    assert {node: way.obstacle for node, way in ways.items()} == {
        "dc": "NO_STOCK",
        "shop-harlem": "BELOW_MIN_VALUE",
        "shop-philly": "NO_STOCK",
        "shop-soho": "",
    }
    assert all(way.served_units == 0 for way in ways.values())


@pytest.mark.parametrize(
    ("settings", "order", "change", "delta_micros"),
    [
        (("", ""), "1006", "1 more vase at reno", -22_000_000),
        (("", ""), "1006", "1 more vase at newark", -7_500_000),
        (("  split_cost: 2", "  split_cost: 2\n  max_shipments: 1"), "1002", "one more shipment", None),
        (("horizon_h: 48", "horizon_h: 24"), "1002", "one more day", None),
    ],
)
def test_changes_that_would_have_served_are_confirmed_by_a_solve(
    settings: tuple[str, str], order: str, change: str, delta_micros: int | None, answers: Answers
) -> None:
    answer = answers("quickstart", *settings)
    (found,) = (one for one in explain(answer, order).counterfactuals if one.change == change)
    assert found.served_units == found.short_units
    assert delta_micros in (None, found.delta_micros)
    at = order_index(answer.problem, order)
    line = next(
        k for k, one in enumerate(answer.problem.lines.ids.to_pylist())
        if one == found.line and answer.problem.lines.order_idx[k] == at
    )  # fmt: skip
    (changed,) = (one for one in changes(answer.problem, at, line, found.short_units) if one.label == change)
    again = solve(changed.problem)
    # Every other order was left as it was: solving anew can only be better.
    assert again.evaluation.objective_micros <= answer.objective_micros + found.delta_micros
    part, _ = decision(answer, others_of(answer, at), changed)
    first, last = answer.problem.orders.line_ptr[at : at + 2].tolist()
    assert part.unallocated(answer.problem.lines.quantity[first:last])[line - first] == 0


WHOLE = "horizon_h: 48\nchanges: [{set: {table: orders, column: line_split, to: false, where: {order: '1006'}}}]"


def test_a_line_that_ships_whole_lacks_fewer_units_than_it_is_short_of(answers: Answers) -> None:
    answer = answers("quickstart", "horizon_h: 48", WHOLE)
    found = {one.change: one for one in explain(answer, "1006").counterfactuals}
    at_reno = found["1 more vase at reno"]
    assert (at_reno.served_units, at_reno.short_units) == (2, 2)
    # Where none lies, it takes both.
    assert found["2 more vase at newark"].served_units == 2
    text = f"{WHOLE[:-1]}, {{set: {{table: inventory, column: quantity, to: 2, where: {{node: reno, item: vase}}}}}}]"
    with_it = answers("quickstart", "horizon_h: 48", text)
    assert with_it.objective_micros <= answer.objective_micros + at_reno.delta_micros < answer.objective_micros


@pytest.mark.parametrize(("limit", "order", "served", "delta_micros"), [(1, "1006", 1, -14e6), (2, "1002", 1, -7e6)])
def test_more_room_in_a_capacity_is_confirmed_by_a_solve(
    limit: int, order: str, served: int, delta_micros: float, answers: Answers
) -> None:
    answer = answers("quickstart", *with_limit(limit))
    found = explain(answer, order).counterfactuals
    (room,) = (one for one in found if one.change == "1 more shipments at reno")
    assert (room.served_units, room.delta_micros) == (served, delta_micros)
    # What is left of the difference, another order gains.
    raised = answers("quickstart", *with_limit(limit + 1))
    assert raised.objective_micros <= answer.objective_micros + room.delta_micros


def test_no_room_is_told_where_none_lacks(answers: Answers) -> None:
    answer = answers("quickstart", *with_limit(2))
    assert all("shipments at reno" not in one.change for one in explain(answer, "1006").counterfactuals)


KNOWN_WORTHS = {
    ("quickstart", "lamp at chicago", ""): 4_400_000,
    ("peak-day", "work_h at dallas", "2025-11-28 06:00"): 4_000_000,
    ("peak-day", "shipments at atlanta", "2025-11-28 05:00"): 5_000_000,
}


@pytest.mark.parametrize("name", ["quickstart", "peak-day"])
def test_what_one_more_is_worth_exactly(name: str, answers: Answers) -> None:
    answer = answers(name)
    worths = shadow(answer, top=2)
    assert [worth.price_micros for worth in worths] == sorted((worth.price_micros for worth in worths), reverse=True)
    assert all(worth.saves_low_micros is None for worth in worths[2:])
    for worth in worths[:2]:
        low, high = worth.saves_low_micros or 0, worth.saves_high_micros or 0
        again = solve(with_one_more(answer.problem, answer.rows, worth.row))
        assert low <= answer.objective_micros - again.evaluation.objective_micros <= high
        # Which rows have a price is the search's to choose; what one more of them is worth is not.
        known = KNOWN_WORTHS.get((name, worth.label, worth.period))
        assert known is None or low - 10 <= known <= high + 10


def test_a_result_of_another_scenario_is_refused(answers: Answers, repository: Path) -> None:
    problem = load_scenario(repository / "scenarios" / "quickstart", "splits-hurt", TO_THE_END)
    stated = answers("quickstart").stated
    assert stated is not None
    with pytest.raises(InputError, match="answers another problem"):
        read_answer(problem, stated.folder)


def test_an_unknown_order_is_named_with_the_nearest(answers: Answers) -> None:
    with pytest.raises(InputError, match=r"unknown order '106'.*'1006'"):
        explain(answers("quickstart"), "106")
