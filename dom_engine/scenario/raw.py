"""A scenario as it was given: settings with positions, raw tables with the place of every row, nothing interpreted yet.

This is where every input meets: a folder becomes a ``RawScenario`` through ``read_raw``, a wire request through its
constructor (same table and column names), and both go on through ``apply_changes`` and ``build_problem``, so their
faults read the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa

from dom_engine.domain.columns import I32, I64
from dom_engine.errors import Fault, InputError
from dom_engine.scenario.yaml_positions import YamlMap, YamlNode

FIRST_FILE_ROW = 2
"""Row 1 of a file is its header, as a person sees it."""

_OWN_CELL = -1


@dataclass(frozen=True, slots=True)
class Place:
    """Where something was written: a file and a row (a line, in YAML)."""

    file: str
    row: int


@dataclass(frozen=True, slots=True)
class RawTable:
    """One table as given.

    ``data`` holds the cells under their column names: text (from CSV always), or from Parquet and the wire any Arrow
    type that the column's kind admits; an absent column means all cells empty. ``rows`` are the records' row numbers
    in ``file`` (None: consecutive from ``first_row``). Rows and cells that a change wrote are placed at the change:
    ``row_places`` and ``cell_places`` index ``places``, -1 for the table's own. ``ragged`` are records of a wrong
    length, already reported, kept so that a reference to one is not reported again; ``unreadable`` are cells already
    reported. Tables with the same ``token``, where there is one, hold the same.
    """

    data: pa.Table
    file: str
    rows: I64 | None = None
    first_row: int = FIRST_FILE_ROW
    places: tuple[Place, ...] = ()
    row_places: I32 | None = None
    cell_places: Mapping[str, I32] = field(default_factory=dict)
    ragged: tuple[Mapping[str, str], ...] = ()
    unreadable: Mapping[str, frozenset[int]] = field(default_factory=dict)
    token: bytes = b""

    def __len__(self) -> int:
        return int(self.data.num_rows)

    def place(self, row: int, column: str) -> tuple[str, int, str]:
        """File, row and column name under which a fault in a cell is reported."""
        at = _OWN_CELL
        if column in self.cell_places:
            at = int(self.cell_places[column][row])
        if at == _OWN_CELL and self.row_places is not None:
            at = int(self.row_places[row])
        if at != _OWN_CELL:
            return self.places[at].file, self.places[at].row, column
        return self.file, int(self.rows[row]) if self.rows is not None else self.first_row + row, column

    def fault(self, row: int, column: str, code: str, message: str) -> Fault:
        """A fault in one cell."""
        file, at, name = self.place(row, column)
        return Fault(file, at, name, code, message)

    def taken(self, keep: I64) -> RawTable:
        """The table with the rows ``keep`` only, in that order."""
        renumbered = {int(old): new for new, old in enumerate(keep)} if self.unreadable else {}
        return replace(
            self,
            token=b"",
            data=self.data.take(pa.array(keep)),
            rows=self.row_numbers()[keep],
            row_places=None if self.row_places is None else self.row_places[keep],
            cell_places={column: at[keep] for column, at in self.cell_places.items()},
            unreadable={
                column: frozenset(renumbered[row] for row in rows if row in renumbered)
                for column, rows in self.unreadable.items()
            },
        )

    def row_numbers(self) -> I64:
        """The records' row numbers, int64[num_rows]."""
        return self.rows if self.rows is not None else np.arange(len(self), dtype=np.int64) + self.first_row


@dataclass(frozen=True, slots=True)
class RawScenario:
    """A scenario as given.

    ``settings`` hold the keys of ``scenario.yaml`` but ``extends``, ``changes`` and ``variants``; ``changes`` those
    not yet applied (the parent's before the own) and ``variants`` the entries of that key. ``faults`` were found so
    far; ``broken`` tables exist but could not be read, so nothing that refers to them can be judged,
    and with ``settings_broken`` the same is true of keys: what is missing may stand in what could not be read.
    """

    settings: YamlMap
    tables: Mapping[str, RawTable]
    default_name: str = ""
    changes: tuple[YamlNode, ...] = ()
    variants: tuple[YamlNode, ...] = ()
    faults: tuple[Fault, ...] = ()
    broken: frozenset[str] = frozenset()
    settings_broken: bool = False

    def with_faults(self, faults: Iterable[Fault]) -> RawScenario:
        """The scenario with more faults noted."""
        return replace(self, faults=(*self.faults, *faults))


class FaultLog:
    """Collects faults; the same fault twice counts once."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._faults: set[Fault] = set(faults)

    def add(self, fault: Fault) -> None:
        """Note one fault."""
        self._faults.add(fault)

    def node(self, node: YamlNode, path: str, code: str, message: str) -> None:
        """Note a fault in a setting."""
        self.add(Fault(node.file, node.line, path, code, message))

    def __len__(self) -> int:
        return len(self._faults)

    def sorted(self) -> list[Fault]:
        """All faults by file, row and column."""
        return sorted(self._faults)

    def raise_if_any(self) -> None:
        """Raise every fault noted as one ``InputError``."""
        if self._faults:
            raise InputError(self.sorted())
