"""Two plans apart: which orders changed and how, and that their costs add up to the objective's."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from dom_engine.errors import InputError
from dom_engine.whatif.difference import diff_plans, diff_tables
from tests.runs import read_table, run_folder, write_table


@pytest.fixture(scope="module")
def plans(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    out = tmp_path_factory.mktemp("plans")
    stated = {"quickstart": (None, "reno-closed"), "peak-day": (None, "later-cutoff", "dallas-outage")}
    for scenario, variants in stated.items():
        for variant in variants:
            run_folder(repository / "scenarios" / scenario, out / scenario / (variant or "base"), variant)
    return {f"{path.parent.name} {path.name}": path for path in out.glob("*/*")}


def test_a_node_closed(plans: dict[str, Path]) -> None:
    found = diff_plans(plans["quickstart base"], plans["quickstart reno-closed"])
    assert found.delta_micros == 37_200_000
    assert not found.same_problem
    moves = [(change.order, change.kind, change.delta_micros) for change in found.orders]
    assert moves == [("1001", "moved", 16_200_000), ("1006", "moved", 14_000_000), ("1002", "moved", 7_000_000)]
    assert (found.orders[1].before, found.orders[1].after) == ("1 from reno by ground 11-25T01:00", "nothing")
    assert found.num_orders == 6


@pytest.mark.parametrize("variant", ["peak-day later-cutoff", "peak-day dallas-outage"])
def test_orders_and_rows_add_up_to_the_objective(variant: str, plans: dict[str, Path]) -> None:
    found = diff_plans(plans["peak-day base"], plans[variant])
    orders = sum(change.delta_micros for change in found.orders)
    assert found.delta_micros == orders + found.rows_delta_micros == sum(found.terms().values()) != 0
    assert found.rows_delta_micros != 0
    terms = diff_tables(found)["cost_changes"].to_pylist()
    assert sum(row["after"] - row["before"] for row in terms) == sum(row["delta"] for row in terms)
    assert sum(row["delta"] for row in terms).scaleb(6) == found.delta_micros


def test_a_plan_and_itself(plans: dict[str, Path]) -> None:
    found = diff_plans(plans["quickstart base"], plans["quickstart base"])
    assert (found.orders, found.delta_micros, found.same_problem) == ((), 0, True)


def test_kinds_of_change(plans: dict[str, Path], tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    for file in plans["quickstart base"].iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    shipments = read_table(folder / "shipments.csv")
    by_order = {row["order"]: row for row in shipments}
    by_order["1003"]["service"] = "air"
    by_order["1004"]["dispatch_at"] = "2025-11-25T22:00:00Z"
    write_table(folder / "shipments.csv", shipments)
    loads = read_table(folder / "allocations.csv")
    next(row for row in loads if row["order"] == "1005")["quantity"] = "1"
    write_table(folder / "allocations.csv", loads)
    bounds = [row for row in read_table(folder / "order_bounds.csv") if row["order"] != "1006"]
    next(row for row in bounds if row["order"] == "1001")["cost"] = "16.000000"
    bounds.append({"order": "2000", "cost": "5.000000", "priced_minimum": "5.000000", "exact": "true"})
    write_table(folder / "order_bounds.csv", bounds)

    found = diff_plans(plans["quickstart base"], folder)
    assert {change.order: change.kind for change in found.orders} == {
        "1001": "cost",
        "1003": "service",
        "1004": "dispatch",
        "1005": "quantity",
        "1006": "removed",
        "2000": "added",
    }
    rows = {row["order"]: row for row in diff_tables(found)["order_changes"].to_pylist()}
    assert (rows["1001"]["cost_before"], rows["1001"]["delta"]) == (Decimal("15.200000"), Decimal("0.800000"))
    assert (rows["2000"]["before"], rows["2000"]["after"]) == ("no such order", "nothing")


def test_what_is_no_result_is_refused(plans: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such result folder"):
        diff_plans(plans["quickstart base"], tmp_path / "nowhere")
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError, match="it has no 'objective_micros'"):
        diff_plans(tmp_path, plans["quickstart base"])
