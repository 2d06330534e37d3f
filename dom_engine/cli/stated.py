"""A result folder as it stands, for showing: the summary and the few columns a person reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pacsv

from dom_engine.errors import InputError
from dom_engine.scenario.results_format import SUMMARY_FILE
from dom_engine.scenario.results_read import read_summary

MAX_CELL_BYTES = 1 << 26
SHIPMENT_COLUMNS = (
    "shipment", "order", "node", "service", "dispatch_at", "arrival_at", "units", "days_late", "total",
)  # fmt: skip
TABLES: Mapping[str, Sequence[str]] = {
    "shipments.csv": SHIPMENT_COLUMNS,
    "allocations.csv": ("shipment", "item", "quantity"),
    "unallocated.csv": ("order", "line", "quantity", "unmet", "reason", "detail"),
    "prices.csv": ("kind", "node", "item", "service", "measure", "starts", "limit", "used", "price"),
}


@dataclass(frozen=True, slots=True)
class Stated:
    """What a result folder says. ``tables`` hold text, by file name; checking them is ``dom verify``'s part."""

    folder: Path
    summary: Mapping[str, Any]
    tables: Mapping[str, pa.Table]


def read_stated(folder: Path) -> Stated:
    """Read a result folder.

    Raises
    ------
    InputError
        When it is none: no folder, a file missing, or a table without the columns of a result.
    """
    summary = read_summary(folder)
    missing = [key for key in ("problem_digest", "objective_micros", "costs_micros", "kpis") if key not in summary]
    if missing:
        message = f"is not the summary of a result: it has no '{missing[0]}'"
        raise InputError.single(SUMMARY_FILE, message, code="NOT_A_RESULT")
    return Stated(folder, summary, {file: _read(folder / file, columns) for file, columns in TABLES.items()})


def _read(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        return pacsv.read_csv(
            path,
            read_options=pacsv.ReadOptions(block_size=MAX_CELL_BYTES),
            parse_options=pacsv.ParseOptions(newlines_in_values=True),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                strings_can_be_null=False,
            ),
        )
    except FileNotFoundError:
        raise InputError.single(path.name, "the result folder has no such file", code="NOT_FOUND") from None
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise InputError.single(path.name, f"not a table of a result: {error}", code="MALFORMED") from None
