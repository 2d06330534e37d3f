"""``where``: which rows of a raw table a change is about."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import Flags
from dom_engine.errors import Fault
from dom_engine.scenario.encoding import Encoded, encode, nothing
from dom_engine.scenario.instants import timezone_names
from dom_engine.scenario.numbers import Problems, floats
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.schema import TABLES, Column, Table
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.typed import Values, parse_values
from dom_engine.scenario.yaml_positions import YamlList, YamlMap, YamlNode, YamlScalar


class ChangeFault(Exception):
    """A change cannot be applied."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault

    @classmethod
    def at(cls, node: YamlNode, path: str, code: str, message: str) -> ChangeFault:
        """A fault at a node of the change."""
        return cls(Fault(node.file, node.line, path, code, message))


class AlreadyNoted(Exception):
    """A change meets a column whose fault is noted anyway when the table is read."""


def schema_of(name_node: YamlScalar) -> Table:
    """The schema of the table that a change names."""
    name = name_node.text or ""
    if name not in TABLES:
        message = unknown_name("table", name, NearestName(TABLES))
        raise ChangeFault.at(name_node, "table", "UNKNOWN_TABLE", message)
    return TABLES[name]


def column_of(schema: Table, name: str, node: YamlNode, line: int = 0) -> Column:
    """The column of that name; ``node`` is where the change names it."""
    if name not in schema.columns:
        message = unknown_name("column", name, NearestName(schema.columns))
        raise ChangeFault(Fault(node.file, line or node.line, name, "UNKNOWN_COLUMN", message))
    return schema.columns[name]


def scenario_zone(raw: RawScenario) -> ZoneInfo | None:
    """The scenario's timezone; a wrong one is noted when the settings are read."""
    node = raw.settings.get("timezone")
    if isinstance(node, YamlScalar) and node.text in timezone_names():
        return ZoneInfo(node.text)
    return None


def cells_of(table: RawTable, column: Column) -> Encoded:
    """A column of a raw table, whatever its Arrow type; all empty where it is absent."""
    if column.name not in table.data.column_names:
        return nothing(len(table))
    encoded = encode(table.data.column(column.name), column)
    if isinstance(encoded, str):
        raise AlreadyNoted
    return encoded


def cell_text(node: YamlNode, column: Column) -> str:
    """A value in a change as the text of a cell: '' for null; a list only where the column holds lists."""
    if isinstance(node, YamlScalar):
        return node.text or ""
    if column.is_list and isinstance(node, YamlList):
        return ";".join(cell_text(item, column) for item in node.items)
    raise ChangeFault.at(node, column.name, "NOT_A_VALUE", f"{column.name} must be a single value")


def matching_rows(raw: RawScenario, table: RawTable, schema: Table, where: YamlNode | None) -> Flags:
    """The rows that satisfy every condition; all rows where there is none.

    Values compare as the column's kind has them (2 equals 2.0, an empty cell equals its default, a list holds a value).
    """
    rows = np.ones(len(table), np.bool_)
    if where is None:
        return rows
    if not isinstance(where, YamlMap):
        raise ChangeFault.at(where, "where", "NOT_A_MAPPING", "where must be a mapping of columns to values")
    for name, node in where.entries.items():
        column = column_of(schema, name, node, where.key_lines.get(name, 0))
        values = node.items if isinstance(node, YamlList) else (node,)
        wanted = [cell_text(value, column) for value in values]
        rows &= _matching(cells_of(table, column), column, wanted, node, scenario_zone(raw))
    if not rows.any():
        raise ChangeFault.at(where, "where", "NO_MATCH", f"where matches no row of {schema.name}")
    return rows


def _matching(cells: Encoded, column: Column, wanted: list[str], node: YamlNode, timezone: ZoneInfo | None) -> Flags:
    filled = [text or column.default for text in wanted if text or column.default]
    # An empty cell without a default equals null alone.
    wants_blank = "" in wanted and not column.default
    if column.is_list:
        matched = _lists_holding(cells.values, filled)
    elif column.is_text:
        matched = pc.is_in(cells.values, value_set=pa.array(filled, pa.string())).to_numpy(zero_copy_only=False)
        wants_blank |= column.default in filled
    else:
        texts = pa.concat_arrays([cells.values, pa.array([*filled, column.default or "0"], pa.string())])
        values, problems = _comparable(texts, column, timezone)
        num_cells = len(cells.values)
        for at in range(num_cells, num_cells + len(filled)):
            if at in problems:
                raise ChangeFault.at(node, column.name, *problems[at])
        goals = values[num_cells:-1]
        matched = np.isin(values[:num_cells], goals)
        matched[[at for at in problems if at < num_cells]] = False
        wants_blank |= bool(column.default) and values[-1] in goals
    flags: Flags = np.append(matched, wants_blank)[cells.codes]
    return flags


def _comparable(texts: pa.StringArray, column: Column, timezone: ZoneInfo | None) -> tuple[Values, Problems]:
    values, problems = parse_values(texts, column, timezone)
    if values is None:  # measured: the unit depends on the row, the number does not
        return floats(texts, signed=False)
    return values, problems


def _lists_holding(lists: pa.StringArray, wanted: list[str]) -> Flags:
    """The distinct lists that hold any of the wanted entries."""
    goals = set(wanted)
    found = [not goals.isdisjoint(part.strip() for part in text.split(";")) for text in lists.to_pylist()]
    return np.array(found, np.bool_)
