from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dom_engine.scenario.raw import RawTable
from dom_engine.scenario.tables import parse_csv, read_table
from tests.unit.scenario.folders import located


def parsed(content: bytes) -> RawTable:
    table, faults = parse_csv(content, "t.csv")
    assert table is not None
    assert faults == []
    return table


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,2\n3,4\n",
        b"a,b\n1,2\n3,4",
        b"\xef\xbb\xbfa,b\r\n1,2\r\n3,4\r\n",
        b"a,b\r1,2\r3,4\r",
        b'"a","b"\n"1","2"\n3,"4"\n\n\n  \n,\n',
    ],
)
def test_line_ends_marks_quotes_and_trailing_blanks(content: bytes) -> None:
    table = parsed(content)
    assert table.data.to_pydict() == {"a": ["1", "3"], "b": ["2", "4"]}
    assert table.row_numbers().tolist() == [2, 3]


def test_cells_are_text_verbatim() -> None:
    table = parsed(b'id,note\n007,"1,5 "" and\na second line"\n1e3,\n NULL ,null\n')
    assert table.data.to_pydict() == {
        "id": ["007", "1e3", " NULL "],
        "note": ['1,5 " and\na second line', "", "null"],
    }


def test_rows_keep_their_numbers_around_blank_and_ragged_ones() -> None:
    table, faults = parse_csv(b"a,b\n\n1,2\n3\n4,5,6\n7,8\n", "t.csv")
    assert table is not None
    assert table.data.to_pydict() == {"a": ["1", "7"], "b": ["2", "8"]}
    assert table.row_numbers().tolist() == [3, 6]
    assert located(tuple(faults)) == [("t.csv", 4, "", "RAGGED_ROW"), ("t.csv", 5, "", "RAGGED_ROW")]
    assert table.ragged == ({"a": "3"}, {"a": "4", "b": "5"})


def test_rows_of_separators_say_nothing_however_many_there_are() -> None:
    table = parsed(b"a,b,c\r\n1,2,3\r\n,\r\n,,\r\n,,,,\r\n \t\r\n4,5,6\r\n\r\n,\r\n")
    assert (table.data.to_pydict(), table.row_numbers().tolist()) == (
        {"a": ["1", "4"], "b": ["2", "5"], "c": ["3", "6"]},
        [2, 7],
    )


def test_one_column_may_have_blank_rows() -> None:
    table = parsed(b"a\n1\n\n2\n\n")
    assert (table.data.to_pydict(), table.row_numbers().tolist()) == ({"a": ["1", "2"]}, [2, 4])


def test_a_header_alone_is_an_empty_table() -> None:
    assert (len(parsed(b"a,b")), len(parsed(b"a,b\n"))) == (0, 0)


@pytest.mark.parametrize(
    ("content", "row", "code"),
    [
        (b"", 0, "EMPTY_FILE"),
        (b" \n\n", 0, "EMPTY_FILE"),
        (b"\na,b\n1,2\n", 1, "EMPTY_HEADER"),
        ("a,b\n1,2\n".encode("utf-16"), 0, "BAD_ENCODING"),
        (b'a,b\n1,2\n3,"4\n5,6\n', 3, "UNCLOSED_QUOTE"),
    ],
)
def test_files_that_are_no_table(content: bytes, row: int, code: str) -> None:
    table, faults = parse_csv(content, "t.csv")
    assert table is None
    assert [(fault.row, fault.code) for fault in faults] == [(row, code)]


def test_a_lone_quote_inside_a_cell_is_a_character() -> None:
    assert parsed(b'a,b\n3" pipe,2\n').data.to_pydict() == {"a": ['3" pipe'], "b": ["2"]}


def test_bytes_that_are_not_utf8_are_placed_at_their_cells() -> None:
    table, faults = parse_csv(b"a,b\n1,caf\xe9\n2,ok\n\xff,3,4\n", "t.csv")
    assert table is not None
    assert sorted(located(tuple(faults))) == [("t.csv", 2, "b", "BAD_ENCODING"), ("t.csv", 4, "", "RAGGED_ROW")]
    assert table.unreadable == {"b": frozenset({0})}


def test_a_column_given_twice() -> None:
    table, faults = parse_csv(b"a,b,a\n1,2,3\n", "t.csv")
    assert table is not None
    assert table.data.to_pydict() == {"a": ["1"], "b": ["2"]}
    assert located(tuple(faults)) == [("t.csv", 1, "a", "DUPLICATE_COLUMN")]


def test_a_cell_of_ten_megabytes() -> None:
    table = parsed(b"a,b\n" + b"x" * 10_000_000 + b",2\n3,4\n")
    assert [len(cell) for cell in table.data["a"].to_pylist()] == [10_000_000, 1]


def test_files(tmp_path: Path) -> None:
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a\n1\n"))
    (tmp_path / "bad.csv.gz").write_bytes(gzip.compress(b"a\n1\n" * 1_000)[:20])
    (tmp_path / "no.csv.gz").write_bytes(b"a\n1\n")
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 is not enough")
    pq.write_table(pa.table({"a": ["1"], "n": [2]}), tmp_path / "t.parquet")
    zipped, parquet = read_table(tmp_path / "t.csv.gz", "t")[0], read_table(tmp_path / "t.parquet", "t")[0]
    assert zipped is not None
    assert parquet is not None
    assert zipped.data.to_pydict() == {"a": ["1"]}
    assert parquet.data.to_pydict() == {"a": ["1"], "n": [2]}
    for name in ("bad.csv.gz", "no.csv.gz", "bad.parquet", "absent.csv"):
        table, faults = read_table(tmp_path / name, name)
        assert (table, located(tuple(faults))) == (None, [(name, 0, "", "UNREADABLE")])
        assert str(tmp_path) not in str(faults[0])
