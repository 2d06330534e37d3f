"""Tables for people and notebooks: typed columns, written as CSV, Parquet or both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dom_engine.errors import InputError
from dom_engine.scenario.changes import COMMAND_LINE
from dom_engine.scenario.results_format import csv_bytes
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.whole import replacing_file

TableFormat = Literal["csv", "parquet", "both"]
SUFFIXES = ("csv", "parquet")

MONEY = pa.decimal128(38, 6)
"""Exact to the micro, in the scenario's currency."""

KG = pa.decimal128(38, 3)


def table_of(rows: Sequence[Mapping[str, Any]], types: Mapping[str, pa.DataType]) -> pa.Table:
    """Rows as a typed table; decimals are given as integers of their last place (micros, grams), blanks as None."""
    return pa.table({name: column_of([row[name] for row in rows], kind) for name, kind in types.items()})


def column_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """One column of such a table."""
    if not pa.types.is_decimal(kind):
        return pa.array(values, kind)
    texts = [None if value is None else _scaled(int(value), kind.scale) for value in values]
    return pa.array(texts, pa.string()).cast(kind)


def check_table_format(form: str) -> None:
    """Raise InputError for a format of tables that nobody writes."""
    known = get_args(TableFormat)
    if form not in known:
        message = unknown_name("format", form, NearestName(known))
        raise InputError.single(COMMAND_LINE, message, column="tables", code="UNKNOWN_FORMAT")


def table_files(names: Sequence[str]) -> set[str]:
    """The files that these tables may become."""
    return {f"{name}.{suffix}" for name in names for suffix in SUFFIXES}


def write_tables(out: Path, tables: Mapping[str, pa.Table], form: TableFormat = "csv") -> None:
    """Write ``NAME.csv``, ``NAME.parquet`` or both for each table into a folder, made where it is missing.

    Every file appears whole or not at all. One of a format that was not asked for is removed: it would tell of an
    earlier run.

    Raises
    ------
    InputError
        For a format that nobody writes, before anything is written.
    """
    check_table_format(form)
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        for suffix in SUFFIXES:
            path = out / f"{name}.{suffix}"
            if form in (suffix, "both"):
                write_table(path, table)
            else:
                path.unlink(missing_ok=True)


def write_table(path: Path, table: pa.Table) -> None:
    """Write one table, as Parquet or, by any other name, as CSV whose blanks are empty cells."""
    with replacing_file(path) as beside:
        if path.suffix == ".parquet":
            pq.write_table(table, beside)
        else:
            beside.write_bytes(csv_bytes({name: _texts(table.column(name)) for name in table.column_names}))


def _scaled(value: int, scale: int) -> str:
    whole, rest = divmod(abs(value), 10**scale)
    return f"{'-' if value < 0 else ''}{whole}.{rest:0{scale}d}"


def _texts(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    if pa.types.is_floating(whole.type):
        return pa.array(["" if value is None else repr(value) for value in whole.to_pylist()], pa.string())
    return pc.fill_null(whole.cast(pa.string()), "")
