"""Result tables as columns of text, only those that a report needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from dom_engine.errors import InputError
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import read_summary

_MAX_CELL_BYTES = 1 << 26
_NEEDED = ("problem_digest", "objective_micros", "costs_micros", "raw_costs_micros", "kpis", "fill")


def read_columns(path: Path, columns: Sequence[str]) -> pa.Table:
    """Some columns of a CSV table, as text; InputError when the file or a column is missing."""
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(block_size=_MAX_CELL_BYTES),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except FileNotFoundError:
        raise InputError.single(str(path), "the folder has no such file", code="NOT_FOUND") from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError.single(str(path), f"not a table of a result: {error}", code="MALFORMED") from None


def read_result_summary(folder: Path) -> Mapping[str, Any]:
    """The summary of a result folder; InputError when it lacks what a result states."""
    summary = read_summary(folder)
    missing = [key for key in _NEEDED if key not in summary]
    if missing:
        message = f"is not the summary of a result: it has no '{missing[0]}'"
        raise InputError.single(str(folder / SUMMARY_FILE), message, code="NOT_A_RESULT")
    return summary


def integers(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text as whole numbers."""
    return pc.cast(column, pa.int64())


def amounts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Money as exact decimals."""
    return pc.cast(column, pa.decimal128(38, 6))
