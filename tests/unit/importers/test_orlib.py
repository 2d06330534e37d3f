"""OR-Library instances: the written tables, solved as textbook models, reach the library's optima."""

from __future__ import annotations

import csv
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

from dom_engine.errors import InputError
from dom_engine.importers.orlib import import_orlib_cap, import_orlib_gap
from tests.unit.importers.tables import read_table


@pytest.fixture(scope="module")
def optima(data_dir: Path) -> dict[str, Decimal]:
    with (data_dir / "orlib" / "optima.csv").open(newline="") as stream:
        return {row["instance"]: Decimal(row["optimum"]) for row in csv.DictReader(stream)}


def test_gap_scenario_has_the_optimum_of_the_library(
    data_dir: Path, tmp_path: Path, optima: dict[str, Decimal]
) -> None:
    folder = import_orlib_gap(data_dir / "orlib" / "gap" / "gap1-0", tmp_path / "gap")
    pairs = read_table(folder, "node_items")
    agents = [row["node"] for row in read_table(folder, "nodes")]
    jobs = [row["order"] for row in read_table(folder, "orders")]
    served, used = lil_array((len(jobs), len(pairs))), lil_array((len(agents), len(pairs)))
    for column, row in enumerate(pairs):
        served[jobs.index(row["item"]), column] = 1
        used[agents.index(row["node"]), column] = float(row["work_h"])
    limit = [float(row["limit"]) for row in read_table(folder, "capacities")]
    result = milp(
        np.array([float(row["unit_cost"]) for row in pairs]),
        integrality=np.ones(len(pairs)),
        bounds=Bounds(0, 1),
        constraints=[LinearConstraint(served.tocsr(), 1, 1), LinearConstraint(used.tocsr(), 0, limit)],
    )
    assert result.fun == pytest.approx(float(optima["gap1-0"]))


def test_cap_scenario_has_the_optimum_of_the_library(
    data_dir: Path, tmp_path: Path, optima: dict[str, Decimal]
) -> None:
    folder = import_orlib_cap(data_dir / "orlib" / "cap" / "cap61.txt", tmp_path / "cap")
    fixed = {row["node"]: float(row["activation_cost"]) for row in read_table(folder, "nodes")}
    demand = {row["order"]: int(row["quantity"]) for row in read_table(folder, "order_lines")}
    rate = {row["rate"]: float(row["per_unit"]) for row in read_table(folder, "rates")}
    lanes = [(row["node"], row["postal_prefix"], rate[row["rate"]]) for row in read_table(folder, "lanes")]
    limit = {row["node"]: int(row["limit"]) for row in read_table(folder, "capacities")}
    nodes, orders = list(fixed), list(demand)
    num = len(lanes)
    served = lil_array((len(orders), num + len(nodes)))
    used = lil_array((len(nodes), num + len(nodes)))
    opened = lil_array((num, num + len(nodes)))
    for column, (node, order, _) in enumerate(lanes):
        served[orders.index(order), column] = 1
        used[nodes.index(node), column] = 1
        opened[column, column] = 1
        opened[column, num + nodes.index(node)] = -demand[order]
    for i, node in enumerate(nodes):
        used[i, num + i] = -limit[node]
    result = milp(
        np.array([cost for _, _, cost in lanes] + [fixed[node] for node in nodes]),
        integrality=[0] * num + [1] * len(nodes),
        bounds=Bounds(0, [np.inf] * num + [1] * len(nodes)),
        constraints=[
            LinearConstraint(served.tocsr(), list(demand.values()), list(demand.values())),
            LinearConstraint(used.tocsr(), -np.inf, 0),
            LinearConstraint(opened.tocsr(), -np.inf, 0),
        ],
    )
    assert result.fun == pytest.approx(float(optima["cap61"]), abs=0.01)


def test_leaving_a_unit_unserved_never_pays(data_dir: Path, tmp_path: Path) -> None:
    folder = import_orlib_cap(data_dir / "orlib" / "cap" / "cap41.txt", tmp_path / "cap")
    settings = yaml.safe_load((folder / "scenario.yaml").read_text())
    dearest = max(float(row["per_unit"]) for row in read_table(folder, "rates"))
    opening = sum(float(row["activation_cost"]) for row in read_table(folder, "nodes"))
    assert settings["policy"]["unmet_cost"] > opening + dearest
    assert settings["solve"]["gap"] == 0


def test_costs_divide_to_full_precision(tmp_path: Path) -> None:
    source = tmp_path / "tiny.txt"
    source.write_text("1 2\n 10 5.\n 3\n 1.0\n 0\n 0\n")
    folder = import_orlib_cap(source, tmp_path / "out")
    per_unit = [Decimal(row["per_unit"]) for row in read_table(folder, "rates")]
    assert abs(per_unit[0] * 3 - 1) < Decimal("1e-25")
    # A customer that wants nothing is no order.
    assert [row["order"] for row in read_table(folder, "orders")] == ["C1"]


@pytest.mark.parametrize("importer", [import_orlib_cap, import_orlib_gap])
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 1\n1 1", r"row 2: ends early"),
        ("1 1\n1 x 1 1", r"row 2: 'x' is not a number"),
        ("1 1\n1 1 1 1 1 1\n", r"row 2: goes on"),
        ("1.5 1\n", r"row 1: 1\.5 is not a whole number"),
        ("1 1\n-1", r"row 2: '-1' must be"),
        ("", r"ends early"),
    ],
)
def test_faults_are_located(importer: Callable[[Path, Path], Path], text: str, message: str, tmp_path: Path) -> None:
    source = tmp_path / "bad.txt"
    source.write_text(text)
    with pytest.raises(InputError, match=message):
        importer(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()
