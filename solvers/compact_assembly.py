"""Columns and rows of a program, collected block by block as arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from solvers.compact_arcs import pointers
from solvers.model import F64, I64, Flags
from solvers.program import Program

Numbers = npt.NDArray[np.integer[Any] | np.floating[Any]] | float


class Assembly:
    """A program in the making: every method adds a block of columns, rows or coefficients."""

    def __init__(self) -> None:
        self._cost: list[F64] = []
        self._lower: list[F64] = []
        self._upper: list[F64] = []
        self._integer: list[Flags] = []
        self._row_lower: list[F64] = []
        self._row_upper: list[F64] = []
        self._entries: list[tuple[I64, I64, F64]] = []
        self._charges: list[tuple[I64, F64]] = []
        self._num_columns = 0
        self._num_rows = 0

    def columns(
        self, count: int, upper: Numbers, *, cost: Numbers = 0.0, lower: Numbers = 0.0, integer: Flags | bool = True
    ) -> I64:
        """Add columns; returns their indices."""
        self._cost.append(_spread(cost, count))
        self._lower.append(_spread(lower, count))
        self._upper.append(_spread(upper, count))
        self._integer.append(np.array(np.broadcast_to(integer, count), np.bool_))
        self._num_columns += count
        return np.arange(self._num_columns - count, self._num_columns, dtype=np.int64)

    def rows(self, count: int, *, lower: Numbers = -np.inf, upper: Numbers = np.inf) -> I64:
        """Add rows; returns their indices."""
        self._row_lower.append(_spread(lower, count))
        self._row_upper.append(_spread(upper, count))
        self._num_rows += count
        return np.arange(self._num_rows - count, self._num_rows, dtype=np.int64)

    def entries(self, row: I64, col: I64, coef: Numbers) -> None:
        """Add coefficients; those of one place add up."""
        self._entries.append((row, col, _spread(coef, len(row))))

    def charge(self, col: I64, cost: Numbers) -> None:
        """Add to the cost of columns."""
        self._charges.append((col, _spread(cost, len(col))))

    def program(self) -> Program:
        """Put the blocks together."""
        cost = np.concatenate(self._cost)
        for col, extra in self._charges:
            np.add.at(cost, col, extra)
        row, col, coef = (np.concatenate(parts) for parts in zip(*self._entries, strict=True))
        place, inverse = np.unique(row * self._num_columns + col, return_inverse=True)
        coef = np.bincount(inverse, weights=coef, minlength=len(place))
        place, coef = place[coef != 0.0], coef[coef != 0.0]
        row, col = np.divmod(place, self._num_columns)
        return Program(
            cost,
            np.concatenate(self._lower),
            np.concatenate(self._upper),
            np.concatenate(self._integer),
            pointers(row, self._num_rows),
            col.astype(np.int32),
            coef,
            np.concatenate(self._row_lower),
            np.concatenate(self._row_upper),
        )


def _spread(value: Numbers, count: int) -> F64:
    return np.array(np.broadcast_to(value, count), np.float64)
