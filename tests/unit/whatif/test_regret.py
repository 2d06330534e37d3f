"""A shop's history valued: the shipped one's numbers, sums that are exact, histories that broke rules, bad exports."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from dom_engine.audit import evaluate
from dom_engine.domain.problem import Problem
from dom_engine.errors import InputError
from dom_engine.report.regret import carriers, figures, verdict, write_regret
from dom_engine.scenario import load_scenario
from dom_engine.verify import verify
from dom_engine.whatif.history import History, read_history
from dom_engine.whatif.regret import Regret, regret
from tests.runs import TO_THE_END, read_table, run_folder

DAY_S = 86_400
LOADS = "{node: reno, measure: units, limit: 5, open_cost: 2}"
ORDER_FIELDS = (
    "order",
    "released_at",
    "country",
    "lat",
    "lon",
    "latest",
    "late_cost_per_day",
    "item",
    "quantity",
    "line",
)


@pytest.fixture(scope="module")
def shop(repository: Path) -> Path:
    return repository / "scenarios" / "history"


def read(shop: Path, repository: Path, *, infer_stock: bool = True, network: Path | None = None) -> History:
    files = [shop / name for name in ("orders.csv", "shipments.csv")]
    network = network or repository / "scenarios" / "quickstart"
    return read_history(*files, network, shop / "columns.yaml", infer_stock=infer_stock, overrides=TO_THE_END)


@pytest.fixture(scope="module")
def found(shop: Path, repository: Path) -> Regret:
    return regret(read(shop, repository), DAY_S)


def test_the_shipped_history_in_numbers(found: Regret) -> None:
    told = figures(found)
    assert (told["paid_micros"], told["windows_micros"], told["hindsight_micros"]) == (
        199_300_000,
        152_050_000,
        152_050_000,
    )
    low, high = found.excess or (0, 0)
    assert low == 199_300_000 / 152_050_000 - 1 <= high < low + 1e-6
    assert verdict(found) == "You paid 31.1 % more than needed, certainly"
    assert carriers(found) == "4 of 12 orders carry 97 % of it; 90 % was shipped from reno and newark."
    assert told["dearest_orders"] == ["H07", "H09", "H05", "H06"]
    assert found.broken == ()


def test_what_orders_carry_sums_to_the_difference(found: Regret) -> None:
    shares, bound = found.shares, found.hindsight.certificate.lower_bound_micros
    assert int(shares.excess_micros.sum()) + shares.unused_micros == found.paid_micros - bound
    assert (shares.excess_micros >= 0).all()
    assert shares.unused_micros >= 0
    assert int(found.node_excess().sum()) == int(shares.excess_micros.sum())
    assert int(shares.own_micros.sum()) == found.paid_micros  # no capacity and no activation here


def capacity_in(folder: Path, repository: Path) -> Path:
    folder.mkdir()
    more = "{node: reno, measure: shipments, every: day, limit: 1, overtime_limit: 4, overtime_cost: 3}"
    text = f"extends: {repository / 'scenarios' / 'quickstart'}\n"
    text += f"changes: [{{add: {{table: capacities, rows: [{more}]}}}}]\n"
    (folder / "scenario.yaml").write_text(text)
    return folder


def test_priced_capacities_are_shared_out_too(shop: Path, repository: Path, tmp_path: Path) -> None:
    found = regret(read(shop, repository, network=capacity_in(tmp_path / "network", repository)), DAY_S)
    bound = found.hindsight.certificate.lower_bound_micros
    # Reno ships once on the 10th, five times on the 12th, twice on the 13th; the first of a day is free.
    assert found.evaluation.costs_micros["overtime"] == 15_000_000
    assert found.paid_micros == 199_300_000 + 15_000_000
    assert int(found.shares.excess_micros.sum()) + found.shares.unused_micros == found.paid_micros - bound
    assert (found.shares.excess_micros >= 0).all()
    assert found.shares.unused_micros >= 0


def test_the_folder_answers_further_questions(found: Regret, tmp_path: Path) -> None:
    write_regret(found, tmp_path / "out", "both")
    again = load_scenario(tmp_path / "out" / "scenario")
    assert again.digest == found.problem.digest
    assert verify(again, tmp_path / "out" / "hindsight").ok
    orders = read_table(tmp_path / "out" / "orders.csv")
    assert [(row["order"], row["shipped_from"], row["best_from"]) for row in orders[:2]] == [
        ("H07", "newark;reno", "newark"),
        ("H09", "reno", "newark"),
    ]
    typed = pq.read_table(tmp_path / "out" / "orders.parquet").to_pylist()
    assert [f"{row['excess']:f}" for row in typed] == [row["excess"] for row in orders]
    windows = read_table(tmp_path / "out" / "windows.csv")
    assert [row["orders"] for row in windows] == ["4", "3", "4", "1"]
    assert sum(float(row["cost"]) for row in windows) == pytest.approx(199.3)
    page = (tmp_path / "out" / "regret.html").read_text(encoding="utf-8")
    assert "You paid 31.1 % more than needed, certainly." in page
    assert json.loads((tmp_path / "out" / "regret.json").read_text())["paid_micros"] == 199_300_000
    write_regret(found, tmp_path / "out")  # an earlier one is replaced
    assert not (tmp_path / "out" / "orders.parquet").exists()


def exported(repository: Path, folder: Path, name: str) -> tuple[Problem, int]:
    """The best plan of a shipped scenario, as a shop would export it."""
    run = run_folder(repository / "scenarios" / name, folder / "plan")
    shutil.rmtree(folder / "shop", ignore_errors=True)
    (folder / "shop").mkdir()
    scenario = repository / "scenarios" / name
    orders = {row["order"]: row for row in read_table(scenario / "orders.csv")}
    with (folder / "shop" / "orders.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ORDER_FIELDS, restval="")
        writer.writeheader()
        for line in read_table(scenario / "order_lines.csv"):
            row = {"released_at": "2025-11-24T09:00:00-05:00", **orders[line["order"]], **line}
            writer.writerow({key: row.get(key, "") for key in ORDER_FIELDS})
    ships = {row["shipment"]: row for row in run.table("shipments.csv")}
    with (folder / "shop" / "shipments.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow(["order", "item", "quantity", "node", "shipped_at"])
        for row in run.table("allocations.csv"):
            ship = ships[row["shipment"]]
            out.writerow([row["order"], row["item"], row["quantity"], ship["node"], ship["dispatch_at"]])
    return run.problem, run.result.evaluation.objective_micros


def test_whoever_did_the_best_regrets_nothing(repository: Path, tmp_path: Path) -> None:
    _, cost = exported(repository, tmp_path, "quickstart")
    shop, network = tmp_path / "shop", repository / "scenarios" / "quickstart"
    history = read_history(shop / "orders.csv", shop / "shipments.csv", network, overrides=TO_THE_END)
    assert not history.stock_inferred
    assert evaluate(history.problem, history.done).objective_micros == cost == 115_800_000
    found = regret(history, DAY_S)
    low, high = found.excess or (1, 1)
    assert low == 0 <= high < 1e-7
    assert verdict(found) in ("Nothing was paid that was not needed", "You paid at most 0.0 % more than needed")
    assert carriers(found) == "No order carries any of it."


def test_what_the_network_does_not_allow_is_told(shop: Path, repository: Path) -> None:
    # The quickstart states less stock than this shop shipped.
    found = regret(read(shop, repository, infer_stock=False), DAY_S)
    assert {str(one.code) for one in found.broken} == {"STOCK", "NOT_READY"}
    assert found.paid_micros == 199_300_000


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        ("orders.csv", "SKU", "Sku", "row 1, column SKU: has no column 'SKU'"),
        ("orders.csv", "mug,4", "mug,four", "row 7, column Qty"),
        ("orders.csv", "2025-11-10T16:30:00-05:00", "yesterday", "row 7, column Created"),
        ("orders.csv", "-74.01,lamp", "-70,lamp", "row 3, column Longitude: differs from row 2 of the same order"),
        ("orders.csv", "mug,4", "mog,4", "row 7, column SKU: unknown item 'mog'"),
        ("shipments.csv", "4,NJ-1", "4,NJ-2", "row 7, column Warehouse: unknown node 'NJ-2'"),
        ("shipments.csv", "H04", "H99", "row 7, column Order No: unknown order 'H99'"),
        ("shipments.csv", "H04,mug", "H04,lamp", "row 7, column SKU: order 'H04' has no line that item"),
        ("shipments.csv", "mug,4", "mug,5", "row 7: ships more of 'mug' than order 'H04' asks for: 1 too many"),
        ("shipments.csv", "2025-11-14", "2025-11-31", "row 19, column Shipped: '2025-11-31' is no date"),
        ("shipments.csv", "mug,4", "mug,0", "row 7, column Qty: is 0"),
        ("columns.yaml", "latest:", "lastest:", "row 11, column orders.lastest: unknown column 'lastest'"),
        ("columns.yaml", "services:", "carriers:", "row 20, column carriers: unknown key 'carriers'"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(
    file: str, old: str, new: str, said: str, shop: Path, repository: Path, tmp_path: Path
) -> None:
    shutil.copytree(shop, tmp_path / "shop")
    path = tmp_path / "shop" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError) as caught:
        read(tmp_path / "shop", repository)
    assert f"{file}, {said}" in str(caught.value)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("policy: {fill_first: true}", "under fill_first"),
        (f"changes: [{{add: {{table: capacities, rows: [{LOADS}]}}}}]", "by loads"),
    ],
)  # fmt: skip
def test_what_cannot_be_valued(more: str, said: str, shop: Path, repository: Path, tmp_path: Path) -> None:
    (tmp_path / "scenario.yaml").write_text(f"extends: {repository / 'scenarios' / 'quickstart'}\n{more}\n")
    with pytest.raises(InputError, match=said):
        regret(read(shop, repository, network=tmp_path), DAY_S)
