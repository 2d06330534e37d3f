"""Plans to start from: what is kept, what is not and why, and that an answer is never worse."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Result
from dom_engine.domain.start import NotKept, Start
from dom_engine.engine import solve
from dom_engine.errors import InputError
from dom_engine.formulation import build_model, fit, steering_prices
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.scenario.starts import read_start
from solvers.incumbent import shared_cost, usage_of
from solvers.stop import Stop

NAMES = ["quickstart", "peak-day", "export", "stores"]


@pytest.fixture(scope="module")
def folder(repository: Path) -> Path:
    return repository / "scenarios"


@pytest.fixture(scope="module", params=NAMES)
def solved(request: pytest.FixtureRequest, folder: Path) -> Result:
    return solve(load_scenario(folder / request.param))


def in_turn(problem: Problem) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return np.arange(len(problem.orders), dtype=np.int32)


def test_a_plan_read_back_is_the_plan(solved: Result, tmp_path: Path) -> None:
    write_result(solved, tmp_path / "plan")
    start = read_start(solved.problem, tmp_path / "plan")
    assert start.not_kept == ()
    for read, made in (
        (start.plan.shipments, solved.plan.shipments),
        (start.plan.allocations, solved.plan.allocations),
    ):
        for name in type(made).__dataclass_fields__:
            assert np.array_equal(getattr(read, name), getattr(made, name)), name
    shared = solved.certificate.rows.kind <= 2
    assert start.prices is not None
    assert sorted(start.prices.price_micros) == sorted(solved.certificate.rows.price_micros[shared])


def test_its_patterns_cost_what_the_plan_costs(solved: Result) -> None:
    formulation = build_model(solved.problem)
    fitted = fit(formulation, solved.plan, in_turn(solved.problem))
    assert fitted.not_kept == ()
    assert fitted.kept.tolist() == sorted(set(solved.plan.shipments.order_idx.tolist()))
    shared = shared_cost(formulation.model, fitted.patterns, usage_of(formulation.model, fitted.patterns))
    assert shared is not None
    assert int(fitted.patterns.cost.sum()) + shared == solved.evaluation.objective_micros


def test_an_answer_is_never_worse_than_what_it_starts_from_even_without_any_time(solved: Result) -> None:
    again = solve(solved.problem, start=solved.plan, stop=Stop(0.0))
    assert again.begun is not None
    assert again.begun.objective_micros == solved.evaluation.objective_micros
    assert again.begun.not_kept == ()
    assert again.evaluation.objective_micros <= solved.evaluation.objective_micros
    assert again.lower_bound_micros is not None
    assert again.lower_bound_micros <= again.evaluation.objective_micros


def test_orders_left_out_are_served_beside_those_kept(folder: Path) -> None:
    problem = load_scenario(folder / "quickstart")
    whole = solve(problem)
    without = shipments_of(whole.plan, whole.plan.shipments.order_idx > 1)
    again = solve(problem, start=without, stop=Stop(work_limit=1))
    assert again.begun is not None
    assert again.begun.kept_orders == 4
    assert again.evaluation.objective_micros < again.begun.objective_micros


def shipments_of(plan: Plan, stays: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Plan:
    ships, loads = plan.shipments, plan.allocations
    aboard, place = stays[loads.shipment_idx], np.cumsum(stays) - 1
    columns = {name: getattr(loads, name)[aboard] for name in Allocations.__dataclass_fields__}
    columns["shipment_idx"] = place[columns["shipment_idx"]].astype(np.int32)
    return Plan(
        Shipments(**{name: getattr(ships, name)[stays] for name in Shipments.__dataclass_fields__}),
        Allocations(**columns),
    )


def test_a_closed_node_loses_its_orders_and_no_others(folder: Path) -> None:
    base = solve(load_scenario(folder / "peak-day"))
    problem = load_scenario(folder / "peak-day", "dallas-outage")
    again = solve(problem, start=base.plan)
    assert again.begun is not None
    assert [one.order for one in again.begun.not_kept] == ["T1", "T2", "T3", "T4", "T5"]
    assert again.begun.not_kept[0].why == "nothing can leave dallas by parcel at 2025-11-28T22:00:00Z for it"
    assert again.begun.kept_orders == 4
    assert again.evaluation.objective_micros == solve(problem).evaluation.objective_micros


def test_of_those_that_want_the_same_the_first_in_sequence_keep_it(folder: Path) -> None:
    base = solve(load_scenario(folder / "peak-day"))
    loads, positions = base.plan.allocations, base.problem.positions
    # G1 takes two consoles at atlanta, G3 and G4 one each: now there are two.
    position = int(loads.position_idx[np.argmax(loads.shipment_idx == 0)])
    free = positions.free.copy()
    free[position] = 2
    problem = replace(base.problem, positions=replace(positions, free=free))
    first = fit(build_model(problem), base.plan, in_turn(problem))
    last = fit(build_model(problem), base.plan, in_turn(problem)[::-1].copy())
    why = "orders before it took what it draws on"
    assert first.not_kept == (NotKept("G3", why), NotKept("G4", why))
    assert last.not_kept == (NotKept("G1", why),)


@pytest.mark.parametrize(
    ("column", "shift", "why"),
    [
        ("quantity", 1, "it ships more than a line's quantity, or no whole packs"),
        ("dispatch_s", 1, "nothing can leave"),
    ],
)
def test_what_breaks_a_rule_is_not_kept(folder: Path, column: str, shift: int, why: str) -> None:
    base = solve(load_scenario(folder / "quickstart"))
    ships, loads = base.plan.shipments, base.plan.allocations
    if column == "quantity":
        loads = replace(loads, quantity=loads.quantity + np.where(loads.shipment_idx == 0, 100, 0))
    else:
        ships = replace(ships, dispatch_s=ships.dispatch_s + np.where(ships.order_idx == 0, shift, 0))
    fitted = fit(build_model(base.problem), Plan(ships, loads), in_turn(base.problem))
    assert [one.order for one in fitted.not_kept] == ["1001"]
    assert fitted.not_kept[0].why.startswith(why)


def test_another_scenarios_plan_says_of_whom_it_speaks(folder: Path, tmp_path: Path) -> None:
    base = solve(load_scenario(folder / "quickstart"))
    write_result(base, tmp_path / "plan")
    start = read_start(load_scenario(folder / "peak-day"), tmp_path / "plan")
    assert len(start.plan.shipments) == 0
    assert {one.why for one in start.not_kept} == {"is no order of this scenario"}


def test_what_the_files_name_and_the_scenario_does_not_is_told_by_order(folder: Path, tmp_path: Path) -> None:
    base = solve(load_scenario(folder / "quickstart"))
    write_result(base, tmp_path / "plan")
    edit(tmp_path / "plan" / "shipments.csv", "1002,reno,ground", "1002,boise,ground")
    edit(tmp_path / "plan" / "allocations.csv", "1004,1,mug", "1004,9,mug")
    start = read_start(base.problem, tmp_path / "plan")
    assert start.not_kept == (NotKept("1002", "node 'boise' is not there"), NotKept("1004", "line '9' is not there"))
    assert set(start.plan.shipments.order_idx.tolist()) == {0, 2, 4, 5}


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_table_that_is_none_is_a_fault(folder: Path, tmp_path: Path) -> None:
    base = solve(load_scenario(folder / "quickstart"))
    write_result(base, tmp_path / "plan")
    edit(tmp_path / "plan" / "shipments.csv", "2025-11-25T01:00:00Z", "soon")
    with pytest.raises(InputError, match=r"shipments.csv, row \d+, column dispatch_at: 'soon' is not an instant"):
        read_start(base.problem, tmp_path / "plan")


def test_rules_of_today_take_no_plan(folder: Path) -> None:
    problem = load_scenario(folder / "quickstart", None, {"method": "fcfs"})
    with pytest.raises(InputError, match="takes no plan to start from"):
        solve(problem, start=Start(Plan.empty()))


def test_prices_steer_as_far_as_the_model_has_their_rows(solved: Result) -> None:
    formulation = build_model(solved.problem)
    row = steering_prices(formulation, solved.certificate.rows).row
    stated = solved.certificate.rows
    stock = stated.kind == 0
    assert row[stated.position_idx[stock]].tolist() == stated.price_micros[stock].tolist()
