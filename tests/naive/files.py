"""A scenario as plain Python, and its folder of CSV and YAML."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TABLES = (
    "nodes",
    "items",
    "node_items",
    "node_services",
    "inventory",
    "services",
    "lanes",
    "rates",
    "duties",
    "capacities",
    "calendars",
    "orders",
    "order_lines",
)


@dataclass(frozen=True)
class Scenario:
    """What the files say: ``scenario.yaml`` as a dictionary, each table as rows of text."""

    config: Mapping[str, Any]
    tables: Mapping[str, Sequence[Mapping[str, str]]]

    def rows(self, table: str) -> Sequence[Mapping[str, str]]:
        """Return the rows of a table, none where the table is absent."""
        return self.tables.get(table, ())


def write_scenario(scenario: Scenario, folder: Path) -> Path:
    """Write a scenario as ``scenario.yaml`` and CSV tables, and return the folder.

    The columns of a table are the keys its rows use, in order of first use; a key that a row
    lacks is an empty cell.
    """
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(dict(scenario.config), sort_keys=False, allow_unicode=True)
    (folder / "scenario.yaml").write_text(text, encoding="utf-8")
    for table, rows in scenario.tables.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def read_scenario(folder: Path) -> Scenario:
    """Read a folder of plain CSV tables back (no ``extends``, changes or Parquet)."""
    config = yaml.safe_load((folder / "scenario.yaml").read_text(encoding="utf-8"))
    tables: dict[str, list[dict[str, str]]] = {}
    for table in TABLES:
        path = folder / f"{table}.csv"
        if path.exists():
            with path.open(encoding="utf-8-sig", newline="") as stream:
                tables[table] = list(csv.DictReader(stream))
    return Scenario(config, tables)
