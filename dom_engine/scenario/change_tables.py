"""The four changes of a table: scale, set, add, remove. Each returns the raw table changed, its new cells as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_FLOOR, Context, Decimal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import NONE_IDX, Flags
from dom_engine.scenario.encoding import Encoded, encode_text
from dom_engine.scenario.numbers import BadText, parse_decimal
from dom_engine.scenario.raw import Place, RawScenario, RawTable
from dom_engine.scenario.schema import COUNT_MEASURES, MEASURES, NUMERIC_KINDS, TABLES, Column, Kind, Table
from dom_engine.scenario.where import ChangeFault, cell_text, cells_of, column_of, matching_rows
from dom_engine.scenario.yaml_positions import YamlList, YamlMap, YamlScalar
from dom_engine.units import MICROS_PER_UNIT, money_text

_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
_COUNT_MEASURES = frozenset(MEASURES[measure] for measure in COUNT_MEASURES)


def scale_column(raw: RawScenario, table: RawTable, change: YamlMap) -> RawTable:
    """Multiply a numeric column; empty cells scale as their default, whole numbers round down."""
    schema, column = _table_and_column(change)
    by = change.entries["by"]
    if column.kind not in NUMERIC_KINDS:
        node = change.entries["column"]
        raise ChangeFault.at(node, column.name, "NOT_NUMERIC", f"a {column.kind.value} cannot be scaled")
    try:
        factor = parse_decimal(cell_text(by, column))
    except BadText as error:
        raise ChangeFault.at(by, "by", *error.problem) from None
    rows = matching_rows(raw, table, schema, change.get("where"))
    cells = _with_defaults(raw, table, schema, column)
    whole = np.full(len(table), column.kind is Kind.INTEGER)
    if column.kind is Kind.MEASURED:
        measures = cells_of(table, schema.columns["measure"])
        counts = pc.is_in(measures.values, value_set=pa.array(sorted(_COUNT_MEASURES)))
        whole = np.append(counts.to_numpy(zero_copy_only=False), False)[measures.codes]
    texts = cells.values.to_pylist()
    for selected, rounds_down in ((rows & whole, True), (rows & ~whole, False)):
        scaled = [_scaled(text, factor, rounds_down) for text in texts]
        table = _written(table, column, selected, Encoded(cells.codes, pa.array(scaled, pa.string())), by)
    return table


def _scaled(text: str, factor: Decimal, rounds_down: bool) -> str:
    try:
        value = _EXACT.multiply(parse_decimal(text, signed=True), factor)
    except BadText:
        return text  # noted when the table is read
    return format(value.to_integral_value(ROUND_FLOOR) if rounds_down else value, "f")


def set_column(raw: RawScenario, table: RawTable, change: YamlMap) -> RawTable:
    """Write one value into a column; null empties the cells."""
    schema, column = _table_and_column(change)
    to = change.entries["to"]
    text = cell_text(to, column)
    rows = matching_rows(raw, table, schema, change.get("where"))
    codes = np.full(len(table), 0 if text else NONE_IDX, np.int32)
    return _written(table, column, rows, Encoded(codes, pa.array([text] if text else [], pa.string())), to)


def remove_rows(raw: RawScenario, table: RawTable, change: YamlMap) -> RawTable:
    """Remove the rows that match."""
    schema = TABLES[_text(change, "table")]
    return table.taken(np.flatnonzero(~matching_rows(raw, table, schema, change.get("where"))))


def add_rows(_raw: RawScenario, table: RawTable, change: YamlMap) -> RawTable:
    """Append rows; their faults are placed where the change writes them."""
    schema = TABLES[_text(change, "table")]
    rows_node = change.entries["rows"]
    if not isinstance(rows_node, YamlList):
        raise ChangeFault.at(rows_node, "rows", "NOT_A_LIST", "rows must be a list of mappings")
    rows = []
    for node in rows_node.items:
        if not isinstance(node, YamlMap):
            raise ChangeFault.at(node, "rows", "NOT_A_MAPPING", "a row must be a mapping of columns to values")
        for name, value in node.entries.items():
            column_of(schema, name, value, node.key_lines.get(name, 0))
        rows.append(node)
    names = [name for name in schema.columns if name in table.data.column_names or any(name in r.entries for r in rows)]
    columns = {}
    for name in names:
        column = schema.columns[name]
        own = cells_of(table, column).texts()
        added = [cell_text(row.entries.get(name, _NULL), column) for row in rows]
        columns[name] = pa.concat_arrays([own, pa.array(added, pa.string())])
    unknown = [name for name in table.data.column_names if name not in schema.columns]
    for name in unknown:  # noted when the table is read
        columns[name] = pa.nulls(len(table) + len(rows))
    return _appended(table, pa.table(columns), [Place(row.file, row.line) for row in rows])


_NULL = YamlScalar(None)


def _appended(table: RawTable, data: pa.Table, added: Sequence[Place]) -> RawTable:
    own = np.full(len(table), NONE_IDX, np.int32) if table.row_places is None else table.row_places
    new = np.arange(len(added), dtype=np.int32) + len(table.places)
    none = np.full(len(added), NONE_IDX, np.int32)
    return replace(
        table,
        token=b"",
        data=data,
        rows=np.append(table.row_numbers(), np.zeros(len(added), np.int64)),
        places=(*table.places, *added),
        row_places=np.append(own, new),
        cell_places={name: np.append(at, none) for name, at in table.cell_places.items()},
    )


def _written(table: RawTable, column: Column, rows: Flags, new: Encoded, node: object) -> RawTable:
    """The table with the column's cells in ``rows`` replaced, placed at the change that wrote them."""
    if not rows.any():
        return table
    assert isinstance(node, YamlScalar | YamlList | YamlMap)
    texts = pc.if_else(pa.array(rows), new.texts(), cells_of(table, column).texts())
    names = table.data.column_names
    if column.name in names:
        data = table.data.set_column(names.index(column.name), column.name, texts)
    else:
        data = table.data.append_column(column.name, texts)
    before = table.cell_places.get(column.name, np.full(len(table), NONE_IDX, np.int32))
    written = np.where(rows, np.int32(len(table.places)), before)
    unreadable = dict(table.unreadable)
    if column.name in unreadable:
        unreadable[column.name] = frozenset(row for row in unreadable[column.name] if not rows[row])
    return replace(
        table,
        token=b"",
        data=data,
        places=(*table.places, Place(node.file, node.line)),
        cell_places={**table.cell_places, column.name: written},
        unreadable=unreadable,
    )


def _table_and_column(change: YamlMap) -> tuple[Table, Column]:
    schema = TABLES[_text(change, "table")]
    return schema, schema.columns[_text(change, "column")]


def _text(change: YamlMap, key: str) -> str:
    node = change.entries[key]
    assert isinstance(node, YamlScalar)
    return node.text or ""


def _with_defaults(raw: RawScenario, table: RawTable, schema: Table, column: Column) -> Encoded:
    """The column with empty cells filled by their default, also where another table or the policy supplies it."""
    cells = cells_of(table, column)
    supplied = _supplied(raw, table, schema, column)
    if supplied is None:
        supplied = pa.array([column.default] * len(table), pa.string()) if column.default else None
    if supplied is None:
        return cells
    blank = cells.blank
    if (schema.name, column.name) == ("order_lines", "unit_price"):
        zero = [text.strip("0.") == "" for text in cells.values.to_pylist()]
        blank = blank | np.append(np.array(zero, np.bool_), False)[cells.codes]
    return encode_text(pc.if_else(pa.array(blank), supplied, cells.texts()))


def _supplied(raw: RawScenario, table: RawTable, schema: Table, column: Column) -> pa.StringArray | None:
    """Per row what an empty cell takes from elsewhere; None where the column takes nothing from elsewhere."""
    match schema.name, column.name:
        case "order_lines", "unit_price":
            return _looked_up(raw, table, schema, "item", "items", "value")
        case "node_items", "unit_cost":
            return _looked_up(raw, table, schema, "node", "nodes", "unit_cost")
        case "order_lines", "unmet_cost":
            return _policy(raw, "unmet_cost", money_text(100 * MICROS_PER_UNIT), len(table))
        case "orders", "max_shipments":
            return _policy(raw, "max_shipments", "0", len(table))
    return None


def _looked_up(raw: RawScenario, table: RawTable, schema: Table, key: str, target: str, value: str) -> pa.StringArray:
    keys = cells_of(table, schema.columns[key])
    default = TABLES[target].columns[value].default
    if target not in raw.tables:
        return pa.array([default] * len(table), pa.string())
    ids = cells_of(raw.tables[target], TABLES[target].columns[key]).texts()
    values = cells_of(raw.tables[target], TABLES[target].columns[value]).texts()
    found = values.take(pc.index_in(keys.values, value_set=ids)).fill_null("")
    found = pc.if_else(pc.equal(found, ""), default, found)
    return pa.concat_arrays([found, pa.array([default])]).take(pa.array(np.where(keys.blank, len(found), keys.codes)))


def _policy(raw: RawScenario, key: str, default: str, num_rows: int) -> pa.StringArray:
    policy = raw.settings.get("policy")
    node = policy.get(key) if isinstance(policy, YamlMap) else None
    text = node.text if isinstance(node, YamlScalar) and node.text else default
    return pa.array([text] * num_rows, pa.string())
