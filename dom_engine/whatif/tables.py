"""Tables for notebooks: typed columns, written as CSV, Parquet or both."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dom_engine.scenario.results_format import csv_bytes
from dom_engine.scenario.whole import replacing_file

TableFormat = Literal["csv", "parquet", "both"]
MONEY = pa.decimal128(38, 6)
"""Exact to the micro, in the scenario's currency."""


def money_column(micros: Sequence[int | None]) -> pa.Array:
    """Integer micros as exact decimals; None stays blank."""
    return pa.array([None if amount is None else Decimal(amount).scaleb(-6) for amount in micros], MONEY)


def write_table(table: pa.Table, folder: Path, name: str, form: TableFormat = "csv") -> list[Path]:
    """Write ``NAME.csv`` (blanks are empty cells), ``NAME.parquet`` or both; each appears whole or not at all."""
    written = []
    for ending in ("csv", "parquet") if form == "both" else (form,):
        path = folder / f"{name}.{ending}"
        with replacing_file(path) as beside:
            if ending == "csv":
                beside.write_bytes(csv_bytes({column: _text(table.column(column)) for column in table.column_names}))
            else:
                pq.write_table(table, beside)
        written.append(path)
    return written


def _text(column: pa.ChunkedArray) -> pa.Array:
    whole = column.combine_chunks()
    whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
    return pc.fill_null(pc.cast(whole, pa.string()), "")
