"""What a verification found: each difference with the place where it stands, what is stated and what is expected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dom_engine.domain.columns import I64, Flags

MAX_FINDINGS_PER_COLUMN = 50


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not hold.

    ``row`` counts as a person sees the file: the header is row 1; 0 concerns the whole file. ``column`` is a key,
    with dots between its parts, in ``summary.json``. ``stated`` and ``expected`` are texts, empty where there is
    nothing to compare.
    """

    file: str
    row: int
    column: str
    code: str
    message: str
    stated: str = ""
    expected: str = ""

    def __str__(self) -> str:
        where = self.file
        if self.row:
            where += f", row {self.row}"
        if self.column:
            where += f", {self.column}"
        compared = f" (stated {self.stated}, expected {self.expected})" if self.stated or self.expected else ""
        return f"{where}: {self.message}{compared} [{self.code}]"


@dataclass(frozen=True, slots=True)
class Unproven:
    """A stated bound of which we prove but a part: the rest is the word of whoever made the result.

    ``file`` and ``key`` say where it stands; a bound of the fill counts millionths of a unit, every other one micros.
    ``orders`` maps the orders that the rest may lie in to how far their stated minima go beyond our relaxation, in
    micros, farthest first (0 where no minimum of theirs is stated); empty where no order's pricing is to blame.
    """

    file: str
    key: str
    stated_micros: int
    proven_micros: int
    orders: dict[str, int]

    @property
    def unproven_micros(self) -> int:
        """How much of the stated bound we do not prove."""
        return self.stated_micros - self.proven_micros


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """The outcome of a verification.

    ``notes`` say what was accepted and why it is worth knowing. ``certified_lower_bound_micros`` is our own L at the
    stated prices, None when the result was too broken to compute it; ``relaxed_orders`` are the ids of orders we
    could only bound, and ``unproven`` the stated bounds that go beyond what we prove. ``claims`` say what else is the
    folder's own word and lets it state more than the scenario alone would.
    """

    findings: tuple[Finding, ...]
    notes: tuple[str, ...] = ()
    certified_lower_bound_micros: int | None = None
    relaxed_orders: tuple[str, ...] = ()
    unproven: tuple[Unproven, ...] = ()
    claims: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing that the folder states is wrong; ``unproven`` may be right."""
        return not self.findings

    @property
    def proven(self) -> bool:
        """Whether nothing is wrong, we alone prove every stated bound, and nothing else rests on the folder's word."""
        return self.ok and not self.unproven and not self.claims


@dataclass(slots=True)
class Findings:
    """Collects findings while the checks run."""

    found: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    unproven: list[Unproven] = field(default_factory=list)
    claims: list[str] = field(default_factory=list)

    def add(
        self,
        file: str,
        column: str,
        code: str,
        message: str,
        *,
        row: int = 0,
        stated: object = "",
        expected: object = "",
    ) -> None:
        """Note one difference; ``row`` counts as in ``Finding``."""
        self.found.append(Finding(file, row, column, code, message, str(stated), str(expected)))

    def add_rows(
        self,
        file: str,
        column: str,
        code: str,
        rows: Iterable[int],
        describe: Callable[[int], tuple[str, object, object]],
    ) -> None:
        """Note rows (0-based) that differ, the first one by one: ``describe`` says message, stated, expected."""
        listed = list(rows)
        for row in listed[:MAX_FINDINGS_PER_COLUMN]:
            message, stated, expected = describe(row)
            self.add(file, column, code, message, row=row + 2, stated=stated, expected=expected)
        if len(listed) > MAX_FINDINGS_PER_COLUMN:
            self.add(file, column, code, f"and {len(listed) - MAX_FINDINGS_PER_COLUMN} more rows")

    def compare(
        self,
        file: str,
        column: str,
        stated: I64,
        expected: I64,
        tolerance: I64 | int,
        text: Callable[[int], str],
    ) -> None:
        """Note the rows where two columns differ by more than the tolerance."""
        differs = np.flatnonzero(~within(stated, expected, tolerance))
        self.add_rows(
            file,
            column,
            "DIFFERS",
            differs.tolist(),
            lambda row: ("is not what the plan gives", text(int(stated[row])), text(int(expected[row]))),
        )


def within(stated: npt.NDArray[np.int64], expected: npt.NDArray[np.int64], tolerance: I64 | int) -> Flags:
    """Whether values differ by no more than a tolerance; exact where the difference itself leaves 64 bits."""
    # Halves cannot wrap: a difference beyond 62 bits shows in them.
    far = np.abs(stated // 2 - expected // 2) > 2**61
    close: Flags = ~far & (np.abs(np.where(far, 0, stated) - np.where(far, 0, expected)) <= tolerance)
    return close
