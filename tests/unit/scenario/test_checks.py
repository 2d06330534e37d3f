from __future__ import annotations

from pathlib import Path

import pytest

from dom_engine.scenario import load_scenario
from tests.unit.scenario.folders import TABLES, changed, faults_of, located, write_folder


@pytest.mark.parametrize(
    ("table", "row", "column"),
    [
        ("nodes", "A,dc,DE,EU,52.5,13.4,Europe/Berlin,week,16:30,1.5,0.25,,cold;bulky", "node"),
        ("items", "pen,1,1,1,,,", "item"),
        ("node_items", "A,desk,9,", "item"),
        ("node_services", "B,van,,", "service"),
        ("inventory", "B,pen,1,,,,,,", ""),
        ("inventory", "A,pen,1,2026-03-03T05:00:00Z,L1,gold,,,", ""),  # the same instant, otherwise written
        ("services", "shop,,pickup,,,,,,", "service"),
        ("rates", "near,main_carriage,20.0001,1,,", ""),  # the same break once in grams
        ("duties", "CN,EU,96,1", ""),
        ("capacities", "A,,kg,,,day,1,,,,", ""),
        ("calendars", "week,,,,", "calendar"),
        ("orders", "007,,,,,51.05,13.74,,,,,,,,", "order"),
        ("order_lines", "007,2,pen,1,,,,,,,", "line"),
    ],
)
def test_keys_are_unique(tmp_path: Path, table: str, row: str, column: str) -> None:
    number = TABLES[table].count("\n") + 1
    found = faults_of(write_folder(tmp_path, {f"{table}.csv": f"{TABLES[table]}{row}\n"}))
    assert located(found) == [(f"{table}.csv", number, column, "DUPLICATE_ROW")]
    assert "as in row" in found[0].message


def test_keys_that_only_look_alike(tmp_path: Path) -> None:
    tables = {
        "inventory.csv": TABLES["inventory"]
        + "B,pen,1,,L1,,,,\nB,pen,1,,,gold,,,\nB,pen,1,2026-03-02T07:00:00Z,,,,,\n",
        "capacities.csv": TABLES["capacities"] + "A,,kg,,,,1,,,,\nA,van,kg,,,day,1,,,,\n",
    }
    problem = load_scenario(write_folder(tmp_path, tables))
    assert (len(problem.positions), len(problem.capacities)) == (7, 4)


@pytest.mark.parametrize(
    ("rows", "ties"),
    [
        (["van,,,,0,500,near,,", "van,,,,500,,far,,"], []),
        (["van,,,,0,500,near,,", "van,,,,499,999,far,,"], [3]),  # as wide, and both cover 499
        (["van,,,,0,500,near,,", "van,,,,400,901,far,,"], []),  # wider: the narrower wins
        (["van,,,,0,,near,,", "van,,,,0,,far,,"], [3]),
        (["van,,,,0,,near,,", "van,,,,5,,far,,"], []),  # of two open ones the higher from_km
        (["van,,,,0,,near,,", "van,,,,0,500,far,,"], []),
        (["van,,,,0,,near,,", "shop,,,,0,,far,,"], []),
        (["van,A,,,0,,near,,", "van,,,,0,,far,,"], []),
        (["van,,DE,,0,,near,,", "van,,,,0,,far,,"], []),
        (["van,,DE,,0,,near,,", "van,,DE,,0,,near,,"], [3]),
        (["van,,DE,01,0,,near,,", "van,,DE,02,0,,far,,", "van,,DE,0,0,,far,,"], []),
        (["van,,,,400,500,near,,", "van,,,,0,100,near,,", "van,,,,450,550,near,,", "van,,,,50,150,near,,"], [4, 5]),
    ],
)
def test_equally_specific_lanes_tie(tmp_path: Path, rows: list[str], ties: list[int]) -> None:
    header = TABLES["lanes"].split("\n", 1)[0]
    lanes = "\n".join([header, *rows]) + "\n"
    found = located(faults_of(write_folder(tmp_path, {"lanes.csv": lanes})))
    assert found == [("lanes.csv", row, "", "LANE_TIE") for row in ties]


@pytest.mark.parametrize(
    ("table", "old", "new", "row", "column", "code"),
    [
        ("lanes", "0,500,near", "500,500,near", 2, "to_km", "EMPTY_BAND"),
        ("capacities", "00,2026-03-03T00", "00,2026-03-02T00", 3, "ends", "EMPTY_PERIOD"),
        ("capacities", "A,,kg", ",,kg", 2, "", "NO_SCOPE"),
        ("capacities", ",6,", ",6.5,", 3, "limit", "NOT_AN_INTEGER"),
        ("orders", "2026-03-03T00:00:00,2026-03-06", "2026-03-07T00:00:00,2026-03-06", 3, "latest", "EMPTY_WINDOW"),
        ("orders", "51.05,13.74", "51.05,", 2, "lon", "HALF_LOCATION"),
        ("items", "9608,CN", "9608,XY", 2, "origin", "UNKNOWN_CODE"),
        ("order_lines", "pen,10,", "pen,0,", 2, "quantity", "NOT_POSITIVE"),
        ("order_lines", "g,,,5", "g,,,0", 2, "pack", "NOT_POSITIVE"),
        ("services", "500,30,", "500,0.0001,", 2, "max_parcel_kg", "NOT_POSITIVE"),
        ("nodes", "52.5,13.4", "52.5,180.5", 2, "lon", "OUT_OF_RANGE"),
        ("nodes", "16:30,1.5", "16:30,1e7", 2, "handling_h", "OUT_OF_RANGE"),
        ("lanes", "near,,1", "near,,40000", 2, "transit_days", "OUT_OF_RANGE"),
    ],
)
def test_ranges(tmp_path: Path, table: str, old: str, new: str, row: int, column: str, code: str) -> None:
    found = located(faults_of(write_folder(tmp_path, changed(table, old, new))))
    assert found == [(f"{table}.csv", row, column, code)]


def test_origins_may_be_customs_territories_that_others_name(tmp_path: Path) -> None:
    problem = load_scenario(write_folder(tmp_path, changed("items", "9608,CN", "9608,EU")))
    assert problem.territories[problem.items.origin_idx[1]].as_py() == "EU"


def test_expired_and_overreserved_stock_is_no_fault(tmp_path: Path) -> None:
    inventory = "node,item,quantity,expires_at,reserved,safety_stock\nA,pen,3,2020-01-01T00:00:00Z,5,4\nB,pen,9,,2,20\n"
    positions = load_scenario(write_folder(tmp_path, {"inventory.csv": inventory})).positions
    assert positions.free.tolist() == [0, 0]
    assert positions.covered_safety.tolist() == [0, 7]
