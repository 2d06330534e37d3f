"""Changes and variants (section 7), applied to the raw tables and settings.

Changes work on the cells as written, so whatever they produce is read and checked exactly as if a file had said it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pyarrow as pa

from dom_engine.errors import Fault
from dom_engine.scenario.change_tables import add_rows, remove_rows, scale_column, set_column
from dom_engine.scenario.raw import RawScenario, RawTable
from dom_engine.scenario.settings import MERGED_KEYS
from dom_engine.scenario.texts import NearestName, shown, unknown_name
from dom_engine.scenario.where import AlreadyNoted, ChangeFault, column_of, schema_of
from dom_engine.scenario.yaml_positions import YamlList, YamlMap, YamlNode, YamlScalar, from_plain

COMMAND_LINE = "command line"
"""The file under which faults of options are reported."""

_TABLE_CHANGES: Mapping[str, Callable[[RawScenario, RawTable, YamlMap], RawTable]] = {
    "scale": scale_column,
    "set": set_column,
    "add": add_rows,
    "remove": remove_rows,
}
_REQUIRED = {
    "scale": ("table", "column", "by"),
    "set": ("table", "column", "to"),
    "add": ("table", "rows"),
    "remove": ("table",),
}
_HAVE_WHERE = ("scale", "set", "remove")
CHANGE_KEYS = (*_TABLE_CHANGES, *MERGED_KEYS)


def apply_changes(raw: RawScenario, changes: Sequence[YamlNode]) -> RawScenario:
    """Apply changes in order.

    Parameters
    ----------
    changes
        Nodes as ``raw.changes`` holds them; ``from_plain`` makes them of plain Python values.

    Returns
    -------
    RawScenario
        The scenario changed. A change that cannot be applied is left out and noted among the faults.
    """
    for node in changes:
        faults = check_change(node)
        if faults:
            raw = raw.with_faults(faults)
            continue
        assert isinstance(node, YamlMap)
        ((key, body),) = node.entries.items()
        assert isinstance(body, YamlMap)
        try:
            raw = _merge_settings(raw, key, body) if key in MERGED_KEYS else _change_table(raw, key, body)
        except ChangeFault as error:
            raw = raw.with_faults([error.fault])
        except AlreadyNoted:
            continue
    return raw


def with_variant(raw: RawScenario, variant: str | None) -> RawScenario:
    """The scenario with the named variant's changes behind its own; an unknown variant is noted among the faults."""
    raw = raw.with_faults(_check_variants(raw.variants))
    if variant is None:
        return raw
    named = {}
    for node in raw.variants:
        if isinstance(node, YamlMap) and isinstance(name := node.get("name"), YamlScalar):
            named[name.text or ""] = node
    if variant not in named:
        message = unknown_name("variant", variant, NearestName(named))
        return raw.with_faults([Fault(raw.settings.file, 0, "variants", "UNKNOWN_VARIANT", message)])
    changes = named[variant].get("changes")
    return replace(raw, changes=raw.changes + (changes.items if isinstance(changes, YamlList) else ()))


def override_solve(raw: RawScenario, overrides: Mapping[str, object]) -> RawScenario:
    """The scenario with keys of ``solve`` from a command line laid over its own; those that are None are left alone."""
    given = {key: value for key, value in overrides.items() if value is not None}
    body = from_plain(given, COMMAND_LINE)
    assert isinstance(body, YamlMap)
    return _merge_settings(raw, "solve", body) if given else raw


def check_change(node: YamlNode) -> list[Fault]:
    """What is wrong with a change as such, whatever the tables hold."""
    if not isinstance(node, YamlMap) or len(node.entries) != 1:
        message = f"a change is a mapping with one key of {', '.join(CHANGE_KEYS)}"
        return [Fault(node.file, node.line, "changes", "NOT_A_CHANGE", message)]
    ((key, body),) = node.entries.items()
    if key not in CHANGE_KEYS:
        message = unknown_name("change", key, NearestName(CHANGE_KEYS))
        return [Fault(node.file, node.line, key, "UNKNOWN_KEY", message)]
    if not isinstance(body, YamlMap):
        return [Fault(node.file, node.line, key, "NOT_A_MAPPING", f"{key} must be a mapping")]
    return [] if key in MERGED_KEYS else _check_table_change(key, body)


def _check_table_change(key: str, body: YamlMap) -> list[Fault]:
    known = (*_REQUIRED[key], *(("where",) if key in _HAVE_WHERE else ()))
    names = NearestName(known)
    faults = [
        Fault(body.file, body.key_lines.get(name, body.line), name, "UNKNOWN_KEY", unknown_name("key", name, names))
        for name in body.entries
        if name not in known
    ]
    for name in _REQUIRED[key]:
        if name not in body.entries:
            faults.append(Fault(body.file, body.line, name, "MISSING_KEY", f"{key} needs the key {shown(name)}"))
        elif name in ("table", "column") and not isinstance(body.get(name), YamlScalar):
            faults.append(Fault(body.file, body.line, name, "NOT_A_VALUE", f"{name} must be a single name"))
    if faults:
        return faults
    try:
        table, column = body.entries["table"], body.entries.get("column")
        assert isinstance(table, YamlScalar)
        schema = schema_of(table)
        if isinstance(column, YamlScalar):
            column_of(schema, column.text or "", column)
    except ChangeFault as error:
        return [error.fault]
    return []


def _check_variants(variants: Sequence[YamlNode]) -> list[Fault]:
    faults: list[Fault] = []
    seen: set[str] = set()
    known = NearestName(("name", "changes"))
    for node in variants:
        name = node.get("name") if isinstance(node, YamlMap) else None
        if not isinstance(node, YamlMap) or not isinstance(name, YamlScalar):
            message = "a variant is a mapping with the keys name and changes"
            faults.append(Fault(node.file, node.line, "variants", "NOT_A_VARIANT", message))
            continue
        if name.text in seen:
            message = f"variant {shown(name.text or '')} is given twice"
            faults.append(Fault(name.file, name.line, "name", "DUPLICATE_KEY", message))
        seen.add(name.text or "")
        for key in node.entries:
            if key not in ("name", "changes"):
                line = node.key_lines.get(key, node.line)
                faults.append(Fault(node.file, line, key, "UNKNOWN_KEY", unknown_name("key", key, known)))
        changes = node.get("changes")
        if isinstance(changes, YamlList):
            faults += [fault for change in changes.items for fault in check_change(change)]
        elif changes is not None:
            faults.append(Fault(changes.file, changes.line, "changes", "NOT_A_LIST", "changes must be a list"))
    return faults


def _merge_settings(raw: RawScenario, key: str, body: YamlMap) -> RawScenario:
    before = raw.settings.get(key)
    merged = before.merged(body) if isinstance(before, YamlMap) else body
    return replace(raw, settings=raw.settings.merged(YamlMap({key: merged})))


def _change_table(raw: RawScenario, key: str, body: YamlMap) -> RawScenario:
    name_node = body.entries["table"]
    assert isinstance(name_node, YamlScalar)
    name = name_node.text or ""
    if name in raw.broken:
        return raw
    table = raw.tables.get(name)
    if table is None:
        if key != "add":
            raise ChangeFault.at(name_node, "table", "NO_MATCH", f"the scenario has no table {shown(name)}")
        table = RawTable(pa.table({}), name)
    return replace(raw, tables={**raw.tables, name: _TABLE_CHANGES[key](raw, table, body)})
