"""The Brunel data set: the mapping keeps its known facts, which are computed from the written tables alone."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import yaml
from scipy.optimize import linprog
from scipy.sparse import csr_array, vstack
from scipy.sparse.csgraph import maximum_flow

from dom_engine.errors import InputError
from dom_engine.importers.brunel import import_brunel
from dom_engine.importers.source import read_csv
from tests.unit.importers.tables import read_table


@pytest.fixture(scope="module")
def scenario(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return import_brunel(data_dir / "brunel", tmp_path_factory.mktemp("import") / "brunel")


@pytest.fixture(scope="module")
def eligible(scenario: Path) -> dict[str, list[str]]:
    """Nodes that may serve each order: stock, not excluded, and a service that carries it there at its weight."""
    items = {row["item"]: row for row in read_table(scenario, "items")}
    services = {row["service"]: row for row in read_table(scenario, "services")}
    lightest: dict[str, Decimal] = {}
    for row in read_table(scenario, "rates"):
        start = Decimal(row["weight_from_kg"])
        lightest[row["rate"]] = min(start, lightest.get(row["rate"], start))
    stock = defaultdict(list)
    for row in read_table(scenario, "inventory"):
        assert row["quantity"] == "1"
        stock[row["item"]].append(row["node"])
    lanes = defaultdict(list)
    for row in read_table(scenario, "lanes"):
        lanes[row["node"]].append(row)

    def serves(lane: dict[str, str], order: dict[str, str]) -> bool:
        service, item = services[lane["service"]], items[order["order"]]
        heaviest = Decimal(service["max_weight_kg"] or "Infinity")
        carried = item["tags"] in service["carries"].split(";")
        fits = lightest[lane["rate"]] <= Decimal(item["weight_kg"]) <= heaviest
        return carried and fits and order["postal_code"].startswith(lane["postal_prefix"])

    nodes: dict[str, list[str]] = {}
    for order in read_table(scenario, "orders"):
        open_nodes = set(stock[order["order"]]) - set(order["exclude_nodes"].split(";"))
        nodes[order["order"]] = [n for n in open_nodes if any(serves(lane, order) for lane in lanes[n] + lanes[""])]
    return nodes


def test_at_most_2444_orders_can_be_served(scenario: Path, eligible: dict[str, list[str]]) -> None:
    capacities = read_table(scenario, "capacities")
    assert {(row["measure"], row["every"]) for row in capacities} == {("shipments", "day")}
    limit = {row["node"]: int(row["limit"]) for row in capacities}
    assert sum(limit.values()) == 5791
    node_idx = {node: len(eligible) + i for i, node in enumerate(limit)}
    source, sink = len(eligible) + len(limit), len(eligible) + len(limit) + 1
    arcs = [(source, i, 1) for i in range(len(eligible))]
    arcs += [(i, node_idx[node], 1) for i, nodes in enumerate(eligible.values()) for node in nodes]
    arcs += [(node_idx[node], sink, limit[node]) for node in limit]
    tail, head, capacity = (np.array(column, dtype=np.int32) for column in zip(*arcs, strict=True))
    graph = csr_array((capacity, (tail, head)), shape=(sink + 1, sink + 1))
    assert maximum_flow(graph, source, sink).flow_value == 2444


def test_7387_orders_have_one_feasible_plant(eligible: dict[str, list[str]]) -> None:
    assert Counter(len(nodes) for nodes in eligible.values()) == {1: 7387, 2: 1580, 3: 248}


def test_fill_comes_first_in_one_day(scenario: Path) -> None:
    settings = yaml.safe_load((scenario / "scenario.yaml").read_text())
    assert settings["policy"]["fill_first"] is True
    assert settings["horizon_h"] == 24
    assert [variant["name"] for variant in settings["variants"]] == ["ground-truckloads"]


def test_ids_weights_and_counts_are_unharmed(scenario: Path, data_dir: Path) -> None:
    source = list(read_csv(data_dir / "brunel" / "OrderList.csv", ["Order ID", "Weight"]))
    assert [row["order"] for row in read_table(scenario, "orders")] == [row.text("Order ID") for row in source]
    weights = [Decimal(row["weight_kg"]) for row in read_table(scenario, "items")]
    assert weights == [row.number("Weight") for row in source]
    assert weights.count(Decimal(0)) == 2
    first = read_table(scenario, "order_lines")[0]
    assert list(first.values()) == ["1447296446.7", "1700106x808", "1447296446.7", "1"]
    cost = {(row["node"], row["item"]): row["unit_cost"] for row in read_table(scenario, "node_items")}
    # 808 units at 1.9198075078524335 each
    assert cost["PLANT16", "1447296446.7"] == "1551.204466"


def test_every_order_pays_the_cheapest_row_of_its_service(scenario: Path, data_dir: Path) -> None:
    columns = ["Carrier", "svc_cd", "mode_dsc", "tpt_day_cnt", "orig_port_cd", "dest_port_cd"]
    published = defaultdict(list)
    for source in read_csv(data_dir / "brunel" / "FreightRates.csv", columns):
        carrier, level, mode, days, origin, port = (source.text(column) for column in columns)
        published[f"{carrier}-{level}-{mode}-{days}d@{origin}-{port}"].append(source)
    written = defaultdict(list)
    for row in read_table(scenario, "rates"):
        written[row["rate"]].append(row)
    assert set(written) - {"CRF"} == set(published)
    weights = {Decimal(row["weight_kg"]).quantize(Decimal("0.01")) for row in read_table(scenario, "items")}
    for rate, rows in published.items():
        for weight in sorted(weights)[::60]:
            costs = [
                max(row.number("minimum cost"), row.number("rate") * weight)
                for row in rows
                if row.number("minm_wgh_qty") <= weight <= row.number("max_wgh_qty")
            ]
            if costs:
                row = [r for r in written[rate] if Decimal(r["weight_from_kg"]) <= weight][-1]
                assert max(Decimal(row["minimum"]), Decimal(row["per_kg"]) * weight) == min(costs)


def test_faults_are_located_and_leave_nothing_behind(data_dir: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    shutil.copytree(data_dir / "brunel", source)
    orders = (source / "OrderList.csv").read_text()
    broken = {
        "row 3, column Weight: 'heavy'": orders.replace("87.94", "heavy", 1),
        "row 3, column Order ID: '1447296446.7' occurs twice": orders.replace("1447158014.7", "1447296446.7", 1),
        "column Service Level: 'XYZ'": orders.replace(",CRF,", ",XYZ,", 1),
        "has no column 'Customer'": orders.replace("Customer", "Client", 1),
        "row 2: has 13 cells": orders.replace(",808,14.3", ",808", 1),
    }
    for message, text in broken.items():
        (source / "OrderList.csv").write_text(text)
        with pytest.raises(InputError) as caught:
            import_brunel(source, tmp_path / "out")
        assert message in str(caught.value)
        assert "OrderList.csv" in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"WhCapacities\.csv.*No such file"):
        import_brunel(tmp_path, tmp_path / "out")


def test_the_cheapest_way_to_serve_2444_orders(scenario: Path, eligible: dict[str, list[str]]) -> None:
    """A transport problem: its linear relaxation is integral, so an LP proves the scenario's optimum."""
    cost = cheapest_pairs(scenario, eligible)
    limit = {row["node"]: int(row["limit"]) for row in read_table(scenario, "capacities")}
    orders, nodes, pairs = list(eligible), list(limit), list(cost)
    order_idx = {order: i for i, order in enumerate(orders)}
    column = np.arange(len(pairs))
    once = csr_array((np.ones(len(pairs)), ([order_idx[o] for o, _ in pairs], column)))
    used = csr_array((np.ones(len(pairs)), ([nodes.index(n) for _, n in pairs], column)))
    result = linprog(
        np.array([cost[pair] / 1e6 for pair in pairs]),
        A_ub=vstack([once, used]),
        b_ub=np.concatenate([np.ones(once.shape[0]), [limit[node] for node in nodes[: used.shape[0]]]]),
        A_eq=np.ones((1, len(pairs))),
        b_eq=[2444],
    )
    chosen = [cost[pair] for pair, value in zip(pairs, result.x.tolist(), strict=True) if value > 0.5]
    assert len(chosen) == 2444
    assert sum(chosen) == round(result.fun * 1e6) == 1_189_450_587_426


def cheapest_pairs(scenario: Path, eligible: dict[str, list[str]]) -> dict[tuple[str, str], int]:
    """Handling plus the cheapest freight of every order from every node that may serve it, in micros."""
    items = {row["item"]: row for row in read_table(scenario, "items")}
    services = {row["service"]: row["carries"].split(";") for row in read_table(scenario, "services")}
    handling = {(row["item"], row["node"]): row["unit_cost"] for row in read_table(scenario, "node_items")}
    rates = defaultdict(list)
    for row in read_table(scenario, "rates"):
        rates[row["rate"]].append([Decimal(row[key]) for key in ("weight_from_kg", "per_kg", "minimum")])
    lanes = defaultdict(list)
    for row in read_table(scenario, "lanes"):
        lanes[row["node"]].append((services[row["service"]], rates[row["rate"]]))
    micro = Decimal("0.000001")
    cost: dict[tuple[str, str], int] = {}
    for order, nodes in eligible.items():
        weight, level = Decimal(items[order]["weight_kg"]).quantize(Decimal("0.001")), items[order]["tags"]
        for node in nodes:
            freight = [
                max(minimum, per_kg * weight)
                for carries, breaks in lanes[node] + lanes[""]
                if level in carries
                for applying in [[row for row in breaks if row[0] <= weight][-1:]]
                for _, per_kg, minimum in applying
            ]
            total = min(freight).quantize(micro) + Decimal(handling[order, node])
            cost[order, node] = int(total / micro)
    return cost
