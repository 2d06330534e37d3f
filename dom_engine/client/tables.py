"""Frames to scenarios and answers to tables; any frame that speaks Arrow (pandas, pyarrow, polars) will do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa
from google.protobuf.message import Message

from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.yaml_positions import YamlMap, from_plain
from dom_engine.v1.problem_pb2 import Scenario
from dom_engine.wire import scenario_message

SETTINGS = "settings"
"""Where faults in settings are said to stand."""


def scenario_of(tables: Mapping[str, Any], **settings: Any) -> Scenario:
    """A scenario from frames.

    Parameters
    ----------
    tables
        By the names of the scenario's tables, whatever ``pyarrow.table`` takes: a pandas, polars or pyarrow table, a
        mapping of columns. Columns have the names and types that a scenario's Parquet files may have.
    settings
        The keys of ``scenario.yaml``: ``now``, ``policy`` and the like; mappings where those are mappings.

    Raises
    ------
    InputError
        When a table, column, cell or setting cannot be read; each fault with its table and row, counted from 0.
    """
    raw = {name: RawTable(arrow_table(frame), name, first_row=0) for name, frame in tables.items()}
    stated = from_plain({"name": "", **settings}, SETTINGS)
    assert isinstance(stated, YamlMap)
    return scenario_message(RawScenario(stated, raw))


def arrow_table(frame: Any) -> pa.Table:
    """Any frame as an Arrow table: pandas, pyarrow, a mapping of columns, or whatever hands over an Arrow stream.

    Polars and others do the last (``__arrow_c_stream__``); neither needs to be installed here.
    """
    table = pa.table(frame)
    # What pandas adds of an index without a name is nobody's column.
    return table.drop_columns([name for name in table.column_names if name == "__index_level_0__"])


def table_of(rows: Iterable[Message], kind: type[Message]) -> pa.Table:
    """Rows of an answer, such as ``answer.plan.shipments``, as a table: a column for each field of their kind.

    Enumerations are their names; ``to_pandas()`` or ``polars.from_arrow`` makes it what you like.
    """
    held = list(rows)
    columns: dict[str, list[Any]] = {}
    for field in kind.DESCRIPTOR.fields:
        values = [getattr(row, field.name) for row in held]
        if field.enum_type is not None:
            values = [field.enum_type.values_by_number[value].name for value in values]
        columns[field.name] = values
    return pa.table(columns)
