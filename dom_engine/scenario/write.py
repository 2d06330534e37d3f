"""``write_scenario``: a raw scenario back to a folder that reads as the same problem."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dom_engine.errors import InputError
from dom_engine.scenario.encoding import encode
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.read import SETTINGS_FILE
from dom_engine.scenario.schema import TABLES
from dom_engine.scenario.yaml_positions import YamlList, dump_yaml

FileFormat = Literal["csv", "parquet"]


def write_scenario(raw: RawScenario, folder: Path, file_format: FileFormat = "csv") -> None:
    """Write a scenario's settings, changes, variants and tables, inherited ones among them, into one folder.

    The folder appears whole or not at all: it is written beside its place and then renamed.

    Parameters
    ----------
    raw
        A scenario without faults; changes not yet applied are written as changes.
    folder
        A new or an empty folder.
    file_format
        ``csv``: every cell as text; ``parquet``: columns in the types they have.

    Raises
    ------
    InputError
        When the scenario has faults, or the folder exists and is not empty.
    """
    if raw.faults:
        raise InputError(sorted(raw.faults))
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError.single(str(folder), "exists and is not an empty folder", code="OUTPUT_EXISTS")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.parent / f".{folder.name}.writing-{os.getpid()}"
    beside.mkdir()
    try:
        (beside / SETTINGS_FILE).write_text(_settings_text(raw), encoding="utf-8", newline="\n")
        for name, table in raw.tables.items():
            if file_format == "parquet":
                pq.write_table(table.data, beside / f"{name}.parquet")
            else:
                (beside / f"{name}.csv").write_bytes(_csv(name, table))
        beside.replace(folder)  # over an empty folder, too
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _settings_text(raw: RawScenario) -> str:
    root = raw.settings
    lists = {"changes": YamlList(raw.changes), "variants": YamlList(raw.variants)}
    return dump_yaml(root.merged(type(root)({key: node for key, node in lists.items() if node.items})))


def _csv(name: str, table: RawTable) -> bytes:
    columns = []
    for column in table.data.column_names:
        encoded = encode(table.data.column(column), TABLES[name].columns[column])
        if isinstance(encoded, str):
            raise InputError.single(table.file, encoded, column=column, code="WRONG_TYPE")
        columns.append(encoded.texts())
    return _records([pa.array([column]) for column in table.data.column_names]) + _records(columns)


def _records(columns: Sequence[pa.StringArray]) -> bytes:
    """Rows of text as CSV records, quoted where needed, ended by LF."""
    if not columns or not len(columns[0]):
        return b""
    joined = pc.binary_join_element_wise(*(_quoted(column) for column in columns), ",")
    ended = pc.binary_join_element_wise(joined, "\n", "").cast(pa.large_string())
    # A text column's bytes lie one behind the other: they are the file.
    records: bytes = ended.buffers()[2].to_pybytes()
    return records


def _quoted(column: pa.StringArray) -> pa.StringArray:
    needs = pc.match_substring_regex(column, '[",\r\n]')
    doubled = pc.replace_substring(column, '"', '""')
    return pc.if_else(needs, pc.binary_join_element_wise('"', doubled, '"', ""), column)
