"""Reading the files of others: every cell is text, and what is wrong is named by file, row and column."""

from __future__ import annotations

import csv
import gzip
import lzma
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Any

from dom_engine.errors import InputError


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One record: its cells by column, surrounding blanks removed, and where it stands."""

    file: str
    row: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """Return the cell, which must not be empty."""
        value = self.cells[column]
        if not value:
            raise self.error(column, "is empty, and a value is needed")
        return value

    def optional(self, column: str) -> str:
        """Return the cell, which may be empty."""
        return self.cells[column]

    def number(self, column: str) -> Decimal:
        """Return the cell as an exact, finite decimal."""
        return self._number(column, signed=True)

    def amount(self, column: str) -> Decimal:
        """Return the cell as an exact decimal that is not negative."""
        return self._number(column, signed=False)

    def count(self, column: str) -> int:
        """Return the cell as a whole number that is not negative."""
        value = self.amount(column)
        if value != value.to_integral_value():
            raise self.error(column, f"{self.cells[column]!r} is not a whole number")
        return int(value)

    def error(self, column: str, message: str) -> InputError:
        """Build the error that names this row and ``column``."""
        return InputError.single(self.file, message, row=self.row, column=column, code="BAD_SOURCE")

    def _number(self, column: str, *, signed: bool) -> Decimal:
        text = self.text(column)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise self.error(column, f"{text!r} is not a number") from None
        if not value.is_finite() or (value < 0 and not signed):
            raise self.error(column, f"{text!r} must be a finite number{'' if signed else ', zero or more'}")
        return value


@contextmanager
def open_text(path: Path) -> Iterator[IO[str]]:
    """Open plain, gzip or xz text by the ending of its name, a byte-order mark skipped.

    Raises
    ------
    InputError
        The file is missing, is not what its ending says, or is not UTF-8.
    """
    opener: Any = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    try:
        with opener(path, "rt", encoding="utf-8-sig", newline="") as stream:
            yield stream
    except OSError as error:
        raise InputError.single(str(path), f"cannot be read: {error.strerror or error}", code="UNREADABLE") from None
    except (lzma.LZMAError, EOFError) as error:
        raise InputError.single(str(path), f"is damaged: {error}", code="UNREADABLE") from None
    except UnicodeDecodeError as error:
        raise InputError.single(str(path), f"is not UTF-8: {error.reason}", code="UNREADABLE") from None


def read_csv(path: Path, columns: Sequence[str], *, header: bool = True) -> Iterator[SourceRow]:
    """Yield the records of a CSV file, blank lines skipped.

    Parameters
    ----------
    path
        The file; ``.gz`` and ``.xz`` are decompressed on the fly.
    columns
        The columns that must be there. Others are kept, too. Without a header they name the cells in order.
    header
        Whether the first line names the columns (blanks around the names are removed).

    Raises
    ------
    InputError
        A column is missing, or a record has another number of cells than the header.
    """
    with open_text(path) as stream:
        reader = csv.reader(stream)
        names = list(columns)
        if header:
            names = [name.strip() for name in next(reader, [])]
            for column in columns:
                if column not in names:
                    raise InputError.single(
                        str(path), f"has no column {column!r}", row=1, column=column, code="BAD_SOURCE"
                    )
        try:
            for cells in reader:
                if not any(cells):
                    continue
                if len(cells) != len(names):
                    message = f"has {len(cells)} cells, and {len(names)} are expected"
                    raise InputError.single(str(path), message, row=reader.line_num, code="BAD_SOURCE")
                values = dict(zip(names, (cell.strip() for cell in cells), strict=True))
                yield SourceRow(str(path), reader.line_num, values)
        except csv.Error as error:
            raise InputError.single(str(path), f"is not CSV: {error}", row=reader.line_num, code="BAD_SOURCE") from None
