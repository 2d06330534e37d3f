"""The exceptions of dom-engine.

::

    DomError
    ├── InputError            what the caller gave is wrong: carries every located fault (exit 2, INVALID_ARGUMENT)
    ├── StoppedError          stopped before any plan could be audited (exit 3)
    └── InternalError         we are wrong: never an answer
        └── AuditError        a plan of ours failed its audit and was withheld
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MAX_FAULTS_SHOWN = 100


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing wrong with the input, and where it stands.

    ``row`` counts data rows as a person sees them in the file: the header is row 1, the first record row 2; 0 means
    that the fault concerns the whole file. ``code`` is a stable upper-case word a program can branch on.
    """

    file: str
    row: int
    column: str
    code: str
    message: str

    def __str__(self) -> str:
        where = self.file
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", column {self.column}"
        return f"{where}: {self.message}"


class DomError(Exception):
    """Base of every error that dom-engine raises on purpose."""


class InputError(DomError):
    """The input is wrong; every fault found is listed, the first hundred are shown.

    Parameters
    ----------
    faults
        All faults, at least one, in the order file, row, column.
    """

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        shown = [str(fault) for fault in self.faults[:MAX_FAULTS_SHOWN]]
        hidden = len(self.faults) - len(shown)
        if hidden > 0:
            shown.append(f"... and {hidden} more")
        count = len(self.faults)
        head = f"{count} error{'s' if count != 1 else ''} in the input"
        super().__init__("\n".join([head, *shown]))

    @classmethod
    def single(cls, file: str, message: str, *, row: int = 0, column: str = "", code: str = "INVALID") -> InputError:
        """Wrap one fault."""
        return cls([Fault(file=file, row=row, column=column, code=code, message=message)])


class StoppedError(DomError):
    """The run was stopped before any plan could be audited."""


class InternalError(DomError):
    """An invariant of ours does not hold; no answer is given."""


class AuditError(InternalError):
    """A plan of ours failed its own audit and was withheld; ``rules`` are the names of those it broke."""

    def __init__(self, message: str, rules: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.rules = tuple(rules)
