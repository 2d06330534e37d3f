"""Linear and integer programs as arrays, and what solving one gives."""

from __future__ import annotations

from typing import NamedTuple

from solvers.model import F64, I32, I64, Flags


class Program(NamedTuple):
    """minimise cost x, row_lower <= A x <= row_upper, lower <= x <= upper; A by rows (``ptr``, ``col``, ``coef``)."""

    cost: F64
    lower: F64
    upper: F64
    integer: Flags
    ptr: I64
    col: I32
    coef: F64
    row_lower: F64
    row_upper: F64


class LpOutcome(NamedTuple):
    """``dual`` is the change of the objective per unit of a row's bound; for a binding ``<=`` row it is <= 0."""

    x: F64
    dual: F64
    objective: float


class MipOutcome(NamedTuple):
    """``x`` is None when nothing feasible was found; ``bound`` is -inf when nothing was proven."""

    x: F64 | None
    objective: float
    bound: float
    optimal: bool
    nodes: int = 0


NOTHING_FOUND = MipOutcome(None, float("inf"), float("-inf"), False)
"""What a search that was stopped at once has to say."""


class Answer(NamedTuple):
    """``outcome`` is None for a relaxation without an optimum; ``was_cut``: the time limit ended the search."""

    outcome: LpOutcome | MipOutcome | None
    was_cut: bool


class Task(NamedTuple):
    """A program, and how to solve it.

    ``kind`` is ``lp`` (HiGHS, integrality left aside), ``mip`` (HiGHS, within its float tolerances), ``narrowed`` (the
    same over columns of reduced cost up to ``most_reduced``, in the program's money) or ``integers`` (CP-SAT: every
    coefficient an integer, every claim holds in integers). ``hint`` is a feasible start, ``most_nodes`` a counted
    limit, as is ``deterministic_limit`` (0: none).
    """

    kind: str
    program: Program
    relative_gap: float = 0.0
    hint: F64 | None = None
    seed: int = 0
    most_nodes: int | None = None
    threads: int = 1
    deterministic_limit: float = 0.0
    most_reduced: float = float("inf")
