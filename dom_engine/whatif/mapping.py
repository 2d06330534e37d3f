"""What a shop's export calls its columns, nodes and services, from a small YAML file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dom_engine.errors import Fault, InputError
from dom_engine.scenario.schema import TABLES
from dom_engine.scenario.texts import NearestName, unknown_name
from dom_engine.scenario.yaml_positions import YamlMap, YamlScalar, parse_yaml

SHIPMENT_COLUMNS = ("order", "item", "quantity", "node", "service", "shipped_at")
ORDER_COLUMNS = tuple(dict.fromkeys([*TABLES["orders"].columns, *TABLES["order_lines"].columns]))
_SECTIONS: Mapping[str, tuple[str, ...] | None] = {
    "orders": ORDER_COLUMNS,
    "shipments": SHIPMENT_COLUMNS,
    "nodes": None,
    "services": None,
}
"""The keys of each section; None: the export's own names, which may be any."""


@dataclass(frozen=True, slots=True)
class Mapped:
    """The export's name of each column of ours, and our id of each of its nodes and services."""

    order_columns: Mapping[str, str] = field(default_factory=dict)
    shipment_columns: Mapping[str, str] = field(default_factory=dict)
    nodes: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)

    def orders(self, column: str) -> str:
        """What the export of orders calls a column."""
        return self.order_columns.get(column, column)

    def shipments(self, column: str) -> str:
        """What the export of shipments calls a column."""
        return self.shipment_columns.get(column, column)


def read_mapping(path: Path | None) -> Mapped:
    """Read the file; without one every column is called as in the scenario format.

    Raises
    ------
    InputError
        Naming line and key: an unknown section or column, or a value that is no text.
    """
    if path is None:
        return Mapped()
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError.single(str(path), f"cannot be read: {error.strerror}", code="UNREADABLE") from None
    root, faults = parse_yaml(content, str(path))
    sections = {name: _section(root, name, known, faults) for name, known in _SECTIONS.items()}
    nearest = NearestName(_SECTIONS)
    for key in root.entries:
        if key not in _SECTIONS:
            line = root.key_lines.get(key, 0)
            faults.append(Fault(str(path), line, key, "UNKNOWN_KEY", unknown_name("key", key, nearest)))
    if faults:
        raise InputError(sorted(faults))
    return Mapped(sections["orders"], sections["shipments"], sections["nodes"], sections["services"])


def _section(root: YamlMap, name: str, known: tuple[str, ...] | None, faults: list[Fault]) -> dict[str, str]:
    section = root.get(name)
    if section is None:
        return {}
    if not isinstance(section, YamlMap):
        faults.append(Fault(section.file, section.line, name, "NOT_A_MAPPING", "must be names, each with a name"))
        return {}
    found, nearest = {}, NearestName(known or ())
    for key, node in section.entries.items():
        line = section.key_lines.get(key, 0)
        if known is not None and key not in known:
            faults.append(
                Fault(section.file, line, f"{name}.{key}", "UNKNOWN_COLUMN", unknown_name("column", key, nearest))
            )
        elif not isinstance(node, YamlScalar) or not node.text:
            faults.append(Fault(section.file, line, f"{name}.{key}", "NOT_A_VALUE", "must be one name"))
        else:
            found[key] = node.text
    return found
