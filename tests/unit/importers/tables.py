"""Reading back the CSV tables that an importer wrote, as plain text."""

from __future__ import annotations

import csv
from pathlib import Path


def read_table(folder: Path, name: str) -> list[dict[str, str]]:
    """Every row of ``NAME.csv`` by column."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
