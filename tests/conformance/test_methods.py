"""What every method owes, whatever it is worth: a feasible plan, true bounds, the same answer again, an end in time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dom_engine.domain.settings import METHODS
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.results import write_result
from dom_engine.verify import verify
from scenarios.generate import Spec, generate, write_scenario
from solvers.incumbent import Progress
from solvers.stop import Stop
from tests import naive
from tests.naive.certificate import Prices
from tests.property.random_scenario import random_scenario
from tests.runs import Run, run, run_folder

SEEDS = range(12)
PROOFS = ("auto", "exact")
NO_PRICES = Prices({}, {})
SMALL_BATCH = Spec(orders=60, nodes=6, items=60, stock="comfortable", seed=3)

pytestmark = pytest.mark.parametrize("method", METHODS)


@pytest.fixture(scope="module", params=[1, 3], ids=["together", "apart"])
def batch(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sixty orders that meet in stock and capacities, few enough to prove the best plan within seconds.

    The second time they are of three regions that share nothing.
    """
    spec = replace(SMALL_BATCH, regions=request.param)
    folder: Path = tmp_path_factory.mktemp("batch") / spec.name
    write_scenario(generate(spec), folder)
    return folder


@pytest.mark.parametrize("seed", SEEDS)
def test_the_plan_holds_and_the_bounds_are_true(method: str, seed: int, tmp_path: Path) -> None:
    scenario = random_scenario(seed)
    problem = naive.read_problem(scenario)
    solved = run(scenario, tmp_path, method=method)
    plan = naive.plan_from_tables(problem, solved.table("shipments.csv"), solved.table("allocations.csv"))
    assert naive.check_plan(problem, plan) == []
    assert verify(solved.problem, solved.folder).findings == ()
    check_bounds(solved, problem, naive.solve_exhaustive(problem))


def check_bounds(solved: Run, problem: naive.Problem, best: naive.Optimum) -> None:
    summary, fill_first = solved.summary(), problem.policy.fill_first
    objective, bound = summary["objective_micros"], summary["lower_bound_micros"]
    certified, left = summary["certified_lower_bound_micros"], summary["fill"]["weighted_unallocated_micros"]
    most_filled = best.fill * 10**6
    # Under fill_first a plan that leaves more out may well cost less: then its cost compares with nothing.
    if not fill_first or left == most_filled:
        assert bound <= best.objective_micros <= objective
    assert certified <= bound <= objective
    assert certified >= naive.certified_bound(problem, NO_PRICES).bound_micros
    proven = objective - bound <= 1
    if fill_first:
        assert left >= most_filled
        left_bound = summary["fill"]["lower_bound_micros"]
        assert left_bound is None or left_bound <= most_filled
        proven = proven and left == left_bound
    assert summary["status"] == ("OPTIMAL" if proven else "FEASIBLE")
    assert proven or solved.result.method not in PROOFS


def test_the_same_answer_again(method: str, batch: Path, tmp_path: Path) -> None:
    again = [run_folder(batch, tmp_path / name, method=method, seed=5).bytes() for name in ("one", "two")]
    assert again[0] == again[1]


def test_more_threads_find_no_other_value(method: str, batch: Path, tmp_path: Path) -> None:
    values = {
        run_folder(batch, tmp_path / str(threads), method=method, threads=threads).result.evaluation.objective_micros
        for threads in (1, 2)
    }
    assert len(values) == 1


@pytest.mark.parametrize("limit", ["TIME", "WORK", "INTERRUPTED"])
def test_a_stopped_run_still_answers(method: str, limit: str, batch: Path, tmp_path: Path) -> None:
    """Stopped before it begins: nothing may be served, but plan, bound and reasons hold and the status is honest."""
    problem = load_scenario(batch, overrides={"method": method, "gap": 0.0, "threads": 1})
    stop = Stop(0.0 if limit == "TIME" else float("inf"), work_limit=1 if limit == "WORK" else 0)
    if limit == "INTERRUPTED":
        stop.interrupt()
    phases: list[str] = []

    def watch(progress: Progress) -> None:
        if stop.reason is not None and progress.phase not in phases:
            phases.append(progress.phase)

    result = solve(problem, stop=stop, watch=watch)
    write_result(result, tmp_path / "out")
    assert (result.status, result.limit) == ("FEASIBLE", limit)
    assert phases[-1] == "certificate"
    assert verify(problem, tmp_path / "out").findings == ()


def test_an_interrupt_in_the_middle_keeps_the_best_plan(method: str, batch: Path, tmp_path: Path) -> None:
    problem = load_scenario(batch, overrides={"method": method, "gap": 0.0, "threads": 1})
    stop = Stop()
    best: list[int] = []

    def watch(progress: Progress) -> None:
        if progress.incumbent_micros is not None:
            best.append(progress.incumbent_micros)
            if len(set(best)) > 1:
                stop.interrupt()

    result = solve(problem, stop=stop, watch=watch)
    write_result(result, tmp_path / "out")
    assert result.evaluation.objective_micros <= min(best)
    assert verify(problem, tmp_path / "out").findings == ()


def test_an_empty_batch_is_a_plan_of_cost_zero(method: str, tmp_path: Path) -> None:
    solved = run_folder(emptied(tmp_path / "scenario"), tmp_path / "out", method=method)
    summary = solved.summary()
    assert (summary["status"], summary["objective_micros"], summary["lower_bound_micros"]) == ("OPTIMAL", 0, 0)
    assert summary["kpis"]["fill_rate"] == 1
    assert solved.table("shipments.csv") == []
    assert solved.table("unallocated.csv") == []
    assert verify(solved.problem, solved.folder).findings == ()


def test_an_impossible_batch_is_left_out_with_reasons(method: str, tmp_path: Path) -> None:
    solved = run_folder(impossible(tmp_path / "scenario"), tmp_path / "out", method=method)
    assert solved.result.status == "OPTIMAL"
    assert solved.table("shipments.csv") == []
    left = {row["order"]: (row["quantity"], row["reason"]) for row in solved.table("unallocated.csv")}
    assert left == {"abroad": ("2", "NO_LANE"), "absent": ("1", "NO_STOCK"), "banned": ("3", "SERVICE_EXCLUDED")}
    assert verify(solved.problem, solved.folder).findings == ()


PLAIN = naive.Scenario(
    {"format": 1, "name": "plain", "now": "2025-11-24T08:00:00Z", "horizon_h": 24},
    {
        "nodes": [{"node": "N1", "country": "US"}],
        "inventory": [{"node": "N1", "item": "A", "quantity": "9"}],
        "services": [{"service": "std"}],
        "lanes": [{"service": "std", "country": "US", "rate": "flat"}],
        "rates": [{"rate": "flat", "base": "2.00"}],
    },
)


def emptied(folder: Path) -> Path:
    naive.write_scenario(PLAIN, folder)
    (folder / "orders.csv").write_text("order,country\n")
    (folder / "order_lines.csv").write_text("order,line,item,quantity\n")
    return folder


def impossible(folder: Path) -> Path:
    def rows() -> Iterator[tuple[dict[str, str], dict[str, str]]]:
        yield {"order": "abroad", "country": "FR"}, {"item": "A", "quantity": "2"}
        yield {"order": "absent", "country": "US"}, {"item": "B", "quantity": "1"}
        yield {"order": "banned", "country": "US", "services": "exp"}, {"item": "A", "quantity": "3"}

    tables = {
        **PLAIN.tables,
        "services": [{"service": "std"}, {"service": "exp", "enabled": "false"}],
        "orders": [order for order, _ in rows()],
        "order_lines": [{"order": order["order"], "line": "1", **line} for order, line in rows()],
    }
    return naive.write_scenario(naive.Scenario(PLAIN.config, tables), folder)
