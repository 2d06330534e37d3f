"""The scenario generator: reproducible, of the sizes asked for, and with the scarcity asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pytest
import yaml

from dom_engine.errors import InputError
from scenarios.generate import STOCK_FACTOR, Generated, Spec, generate, main, write_scenario

SMALL = Spec(orders=400, nodes=12, items=90, seed=5)


@pytest.fixture(scope="module")
def small() -> Generated:
    return generate(SMALL)


def test_sizes_and_keys(small: Generated) -> None:
    tables = small.tables
    assert tables["nodes"].num_rows == 12
    assert tables["items"].num_rows == 90
    assert tables["orders"].num_rows == 400
    assert set(tables["order_lines"]["order"].to_pylist()) == set(tables["orders"]["order"].to_pylist())
    for name, key in (("order_lines", ["order", "line"]), ("inventory", ["node", "item"])):
        keys = [tuple(row.values()) for row in tables[name].select(key).to_pylist()]
        assert len(set(keys)) == len(keys)
    assert small.settings["horizon_h"] == 24


def test_references_resolve(small: Generated) -> None:
    tables = small.tables
    assert set(tables["inventory"]["node"].to_pylist()) <= set(tables["nodes"]["node"].to_pylist())
    assert set(tables["inventory"]["item"].to_pylist()) <= set(tables["items"]["item"].to_pylist())
    assert set(tables["order_lines"]["item"].to_pylist()) <= set(tables["items"]["item"].to_pylist())
    assert set(tables["lanes"]["rate"].to_pylist()) == set(tables["rates"]["rate"].to_pylist())
    assert set(tables["capacities"]["node"].to_pylist()) <= set(tables["nodes"]["node"].to_pylist())


@pytest.mark.parametrize("stock", list(STOCK_FACTOR))
def test_stock_is_the_wanted_share_of_demand(stock: str) -> None:
    tables = generate(Spec(orders=3000, nodes=12, items=90, stock=stock, seed=5)).tables  # type: ignore[arg-type]
    units, wanted = (pc.sum(tables[name]["quantity"]).as_py() for name in ("inventory", "order_lines"))
    assert units / wanted == pytest.approx(STOCK_FACTOR[stock], rel=0.02)


def test_popularity_is_heavy_tailed_and_lines_are_many() -> None:
    tables = generate(Spec(orders=5000, nodes=12, items=1000, seed=1)).tables
    units = np.sort(np.unique(tables["order_lines"]["item"].to_pylist(), return_counts=True)[1])[::-1]
    assert units[:100].sum() > 0.5 * units.sum()
    lines = np.unique(tables["order_lines"]["order"].to_pylist(), return_counts=True)[1]
    assert 1.8 < lines.mean() < 2.4
    assert lines.max() == 5
    assert set(tables["order_lines"]["quantity"].to_pylist()) == {1, 2, 3, 4}


def test_stocking_nodes_an_item() -> None:
    tables = generate(Spec(orders=20_000, nodes=40, items=100, seed=1)).tables
    nodes_an_item = np.unique(tables["inventory"]["item"].to_pylist(), return_counts=True)[1]
    assert nodes_an_item.mean() == pytest.approx(6, abs=0.5)


def test_capacities_bind_at_a_third_of_the_nodes(small: Generated) -> None:
    capacities = small.tables["capacities"]
    assert capacities.num_rows == 4
    stock = dict.fromkeys(small.tables["nodes"]["node"].to_pylist(), 0)
    for row in small.tables["inventory"].select(["node", "quantity"]).to_pylist():
        stock[row["node"]] += row["quantity"]
    for row in capacities.to_pylist():
        assert 1 <= row["limit"] < stock[row["node"]]


def test_several_days() -> None:
    spec = Spec(orders=400, nodes=12, items=90, services=2, days=5, daily_capacity=True, line_split=False)
    generated = generate(spec)
    tables = generated.tables
    assert generated.settings["horizon_h"] == 120
    assert tables["services"]["service"].to_pylist() == ["ground", "express"]
    assert set(tables["capacities"]["every"].to_pylist()) == {"day"}
    assert set(tables["orders"]["line_split"].to_pylist()) == {"false"}
    inbound = tables["inventory"]["available_at"].drop_null()
    assert 0 < len(inbound) < 0.3 * tables["inventory"].num_rows
    assert min(tables["orders"]["latest"].to_pylist()) > "2026-06-02"
    assert tables["calendars"].num_rows == 1


def test_same_seed_same_bytes_and_another_seed_differs(tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_scenario(generate(Spec(orders=50, nodes=5, items=20, seed=seed)), tmp_path / name)
    content = {name: {f.name: f.read_bytes() for f in (tmp_path / name).iterdir()} for name in "abc"}
    assert content["a"] == content["b"]
    assert content["a"]["orders.parquet"] != content["c"]["orders.parquet"]


def test_command_writes_csv_and_replaces_only_its_own(tmp_path: Path) -> None:
    command = ["--orders=20", "--nodes=4", "--items=9", "--format=csv", f"--out={tmp_path / 's'}"]
    main(command)
    main([*command, "--seed=3"])
    assert yaml.safe_load((tmp_path / "s" / "scenario.yaml").read_text())["solve"] == {"seed": 3}
    assert len((tmp_path / "s" / "orders.csv").read_text().splitlines()) == 21
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.txt").write_text("precious")
    with pytest.raises(InputError, match="not empty"):
        write_scenario(generate(SMALL), foreign)
    assert [path.name for path in foreign.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("wrong", [{"nodes": 0}, {"stock": "plenty"}, {"days": 8}, {"services": 3}, {"orders": -1}])
def test_impossible_sizes_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"needed|one of|services"):
        Spec(**{"orders": 1, "nodes": 1, "items": 1, **wrong})  # type: ignore[arg-type]


def test_no_orders_at_all() -> None:
    tables = generate(Spec(orders=0, nodes=3, items=4)).tables
    assert tables["orders"].num_rows == tables["order_lines"].num_rows == tables["inventory"].num_rows == 0


def test_regions_share_nothing_but_services() -> None:
    spec = Spec(orders=31, nodes=5, items=20, seed=2, regions=2)
    tables = generate(spec).tables
    assert [tables[name].num_rows for name in ("orders", "nodes", "items")] == [31, 5, 20]
    assert spec.name.endswith("-2r-2")
    wanted = zip(tables["order_lines"]["order"].to_pylist(), tables["order_lines"]["item"].to_pylist(), strict=True)
    stocked = zip(tables["inventory"]["node"].to_pylist(), tables["inventory"]["item"].to_pylist(), strict=True)
    assert {(one[:3], other[:3]) for one, other in [*wanted, *stocked]} == {("R1-", "R1-"), ("R2-", "R2-")}
    with pytest.raises(ValueError, match="regions"):
        Spec(orders=31, nodes=1, items=20, regions=2)
