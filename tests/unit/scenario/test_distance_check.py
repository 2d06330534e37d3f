"""An end without lat/lon is a fault where, and only where, a distance to it decides something."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.scenario.folders import faults_of, located, write_folder

BANDED = "van,,,,0,500,flat\nvan,,,,500,,flat\n"
FLAT = "van,,,,,,flat\n"
BY_KM = "van,,,,,,by-km\n"


def found(
    folder: Path,
    lanes: str = FLAT,
    *,
    orders: str = "order\n1\n",
    nodes: str = "node,lat,lon\nA,50,8\n",
    services: str = "service,mode\nvan,parcel\nshop,pickup\n",
    node_services: str = "node,service,enabled\n",
) -> list[tuple[str, int, str]]:
    tables: dict[str, str | bytes | None] = {
        "nodes.csv": nodes,
        "services.csv": services,
        "node_services.csv": node_services,
        "lanes.csv": f"service,node,country,postal_prefix,from_km,to_km,rate\n{lanes}",
        "rates.csv": "rate,base,per_km\nflat,4,\nby-km,4,0.1\n",
        "orders.csv": orders,
        "order_lines.csv": "order,line,item,quantity\n",
        "inventory.csv": "node,item,quantity\n",
    }
    tables |= dict.fromkeys(("items.csv", "node_items.csv", "capacities.csv", "calendars.csv", "duties.csv"))
    faults = faults_of(write_folder(folder, tables))
    assert {fault.code for fault in faults} <= {"NO_LOCATION"}
    return [(file, row, column) for file, row, column, _ in located(faults)]


AT_ORDER = [("orders.csv", 2, "lat")]
AT_NODE = [("nodes.csv", 2, "lat")]


@pytest.mark.parametrize(("lanes", "expected"), [(FLAT, []), (BANDED, AT_ORDER), (BY_KM, AT_ORDER)])
def test_bands_and_rates_by_km_need_distances(tmp_path: Path, lanes: str, expected: list[object]) -> None:
    assert found(tmp_path, lanes) == expected


def test_a_node_without_location(tmp_path: Path) -> None:
    located_orders = "order,lat,lon\n1,50,8\n"
    assert found(tmp_path / "a", BANDED, orders=located_orders, nodes="node\nA\n") == AT_NODE
    assert found(tmp_path / "b", BANDED, nodes="node\nA\n") == AT_NODE + AT_ORDER
    assert found(tmp_path / "c", BANDED, orders="order\n", nodes="node\nA\n") == []


def test_max_distance_applies_where_a_lane_does(tmp_path: Path) -> None:
    nodes = "node,lat,lon,max_distance_km\nA,50,8,100\n"
    assert found(tmp_path / "a", FLAT, nodes=nodes) == AT_ORDER
    assert found(tmp_path / "b", "van,,FR,,,,flat\n", nodes=nodes) == []


@pytest.mark.parametrize(
    ("orders", "expected"),
    [
        ("order,country\n1,DE\n", AT_ORDER),
        ("order,country\n1,FR\n", []),
        ("order,country\n1,\n", []),
        ("order,nodes\n1,B\n", []),
        ("order,exclude_nodes\n1,A\n", []),
        ("order,services,country\n1,shop,DE\n", []),
        ("order,country,node_tags\n1,DE,cold\n", AT_ORDER),
        ("order,country,node_tags\n1,DE,cold;new\n", []),
        ("order,country,pickup_node\n1,DE,A\n", []),  # served by a pickup service, which has no bands
        ("order,country,postal_code\n1,DE,01067\n", []),  # a more specific lane without band
        ("order,country,postal_code\n1,DE,10115\n", AT_ORDER),
    ],
)
def test_only_pairs_that_the_order_admits_count(tmp_path: Path, orders: str, expected: list[object]) -> None:
    lanes = "van,A,DE,,0,500,flat\nvan,A,DE,01,,,flat\nvan,B,,,,,flat\nshop,,,,,,flat\n"
    nodes = "node,lat,lon,tags\nA,50,8,cold\nB,51,9,\n"
    assert found(tmp_path, lanes, orders=orders, nodes=nodes) == expected


def test_what_is_disabled_needs_no_distance(tmp_path: Path) -> None:
    nodes = "node,lat,lon,enabled\nA,50,8,false\nB,51,9,true\n"
    services = "service,mode,enabled\nvan,parcel,false\nshop,pickup,true\n"
    lanes = "van,A,,,0,500,flat\nvan,B,,,,,flat\n"
    assert found(tmp_path / "node", lanes, nodes=nodes) == []
    assert found(tmp_path / "service", BANDED, services=services) == []
    assert found(tmp_path / "pair", BANDED, node_services="node,service,enabled\nA,van,false\n") == []


def test_the_message_says_which_pair(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    found(folder, BANDED)
    (fault,) = faults_of(folder)
    assert "service 'van' from 'A'" in fault.message
