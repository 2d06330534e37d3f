"""Tables for notebooks: the same cells as text and typed, and files that appear whole."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dom_engine.errors import InputError
from dom_engine.scenario.exports import KG, MONEY, table_files, table_of, write_tables

TYPES = {"name": pa.string(), "count": pa.int64(), "cost": MONEY, "co2": KG, "ratio": pa.float64(), "on": pa.bool_()}
ROWS = [
    {"name": 'a, "b"', "count": 3, "cost": -1, "co2": 1_500, "ratio": 0.1, "on": True},
    {"name": "", "count": None, "cost": 10**15, "co2": None, "ratio": 1e-7, "on": None},
    {"name": None, "count": 0, "cost": None, "co2": -2, "ratio": None, "on": False},
]


def test_cells_are_told_exactly_in_both_formats(tmp_path: Path) -> None:
    table = table_of(ROWS, TYPES)
    assert table.column("cost").to_pylist() == [Decimal("-0.000001"), Decimal("1000000000.000000"), None]
    write_tables(tmp_path / "new" / "folder", {"t": table}, "both")
    assert pq.read_table(tmp_path / "new" / "folder" / "t.parquet").equals(table)
    assert (tmp_path / "new" / "folder" / "t.csv").read_text() == (
        "name,count,cost,co2,ratio,on\n"
        '"a, ""b""",3,-0.000001,1.500,0.1,true\n'
        ",,1000000000.000000,,1e-07,\n"
        ",0,,-0.002,,false\n"
    )


def test_tables_in_pieces_and_without_rows(tmp_path: Path) -> None:
    halves = pa.concat_tables([table_of(ROWS[:1], TYPES), table_of(ROWS[1:], TYPES)])
    write_tables(tmp_path, {"pieces": halves, "none": table_of([], TYPES)})
    write_tables(tmp_path, {"whole": table_of(ROWS, TYPES)})
    assert (tmp_path / "pieces.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "none.csv").read_text() == "name,count,cost,co2,ratio,on\n"


def test_a_format_not_asked_for_does_not_tell_of_an_earlier_run(tmp_path: Path) -> None:
    table = table_of(ROWS, TYPES)
    (tmp_path / "mine.csv").write_text("mine")
    for form, suffixes in (("both", {"csv", "parquet"}), ("parquet", {"parquet"}), ("csv", {"csv"})):
        write_tables(tmp_path, {"t": table}, form)  # type: ignore[arg-type]
        assert {path.name for path in tmp_path.iterdir()} == {"mine.csv", *(f"t.{suffix}" for suffix in suffixes)}
    assert table_files(["t"]) == {"t.csv", "t.parquet"}


def test_a_format_nobody_writes(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown format 'parket'; the nearest known is 'parquet'"):
        write_tables(tmp_path / "out", {"t": table_of(ROWS, TYPES)}, "parket")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
