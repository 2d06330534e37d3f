"""References, and that one mistake yields one fault."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dom_engine.scenario import load_scenario
from tests.unit.scenario.folders import TABLES, changed, faults_of, located, write_folder


@pytest.mark.parametrize(
    ("table", "old", "new", "row", "column"),
    [
        ("nodes", "Berlin,week", "Berlin,weak", 2, "calendar"),
        ("node_items", "A,desk", "A,dusk", 2, "item"),
        ("node_services", "B,van", "B,wan", 2, "service"),
        ("inventory", "B,pen,8", "C,pen,8", 4, "node"),
        ("services", "parcel,week,week", "parcel,week,WEEK", 2, "pickup_calendar"),
        ("lanes", "500,near", "500,nearby", 2, "rate"),
        ("capacities", ",van,ship", ",vam,ship", 3, "service"),
        ("orders", "van,A;B", "van,A; C;D", 2, "nodes"),
        ("orders", ",,,,B\n", ",,,,b\n", 3, "pickup_node"),
        ("order_lines", "8,1,pen", "08,1,pen", 4, "order"),
        ("order_lines", "g,pen", "g,pan", 3, "substitutes"),
    ],
)
def test_what_names_nothing(tmp_path: Path, table: str, old: str, new: str, row: int, column: str) -> None:
    found = located(faults_of(write_folder(tmp_path, changed(table, old, new))))
    expected = [(f"{table}.csv", row, column, "UNKNOWN_ID")]
    if "C;D" in new:  # each entry is one
        expected *= 2
    assert found == expected


def test_ids_are_never_coerced(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path))
    assert problem.orders.ids.to_pylist() == ["007", "8"]


def test_a_broken_record_still_counts_as_its_id(tmp_path: Path) -> None:
    nodes = TABLES["nodes"].replace(",,,,,900,", ",,,,900,")
    assert located(faults_of(write_folder(tmp_path, {"nodes.csv": nodes}))) == [("nodes.csv", 3, "", "RAGGED_ROW")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("", "EMPTY_FILE"),
        (TABLES["nodes"].replace("node,kind", "nodes,kind"), "UNKNOWN_COLUMN"),
        (TABLES["nodes"].replace("node,kind", "x,kind"), "both"),
    ],
)
def test_an_unreadable_table_of_nodes_is_not_a_fault_of_those_who_name_them(
    tmp_path: Path, content: str, code: str
) -> None:
    codes = [fault.code for fault in faults_of(write_folder(tmp_path, {"nodes.csv": content}))]
    assert codes == ([code] if code != "both" else ["MISSING_COLUMN", "UNKNOWN_COLUMN"])


def test_numbers_for_ids_are_one_fault(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, {"orders.csv": None})
    pq.write_table(pa.table({"order": [7, 8], "lat": [1.0, 1.0], "lon": [1.0, 1.0]}), folder / "orders.parquet")
    assert located(faults_of(folder)) == [("orders.parquet", 0, "order", "WRONG_TYPE")]


def test_without_items_whatever_is_named_is_one(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path, {"items.csv": None}))
    assert problem.items.ids.to_pylist() == ["desk", "pen"]
    assert problem.items.weight_g.tolist() == [0, 0]


def test_no_calendar_is_made_up(tmp_path: Path) -> None:
    found = located(faults_of(write_folder(tmp_path, {"calendars.csv": None})))
    assert found == [
        ("nodes.csv", 2, "calendar", "UNKNOWN_ID"),
        ("services.csv", 2, "calendar", "UNKNOWN_ID"),
        ("services.csv", 2, "pickup_calendar", "UNKNOWN_ID"),
    ]


def test_all_faults_are_counted_the_first_hundred_shown(tmp_path: Path) -> None:
    lines = "order,line,item,quantity\n" + "".join(f"8,{at},pan{at},1\n" for at in range(2_000))
    faults = faults_of(write_folder(tmp_path, {"order_lines.csv": lines}))
    assert len(faults) == 2_000
    assert faults[0].message == "unknown item 'pan0'; the nearest known is 'pen'"
    assert faults[1_999].message == "unknown item 'pan1999'"  # beyond what is shown no name is looked up
