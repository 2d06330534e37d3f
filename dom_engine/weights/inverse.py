"""Inverse optimisation: the weights under which a given plan is closest to optimal.

A plan's cost is linear in the weights, so its regret, its cost less that of the best plan, is the greatest of linear
functions, one for each other plan: convex and piecewise linear. Cutting planes minimise it (Wang 2009,
doi:10.1016/j.orl.2008.12.001): a linear program over the plans found so far proposes weights, a solve under those
weights finds the plan that regrets them most, which becomes the next cut.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from dom_engine.domain.columns import F64
from dom_engine.domain.settings import COST_TERMS
from dom_engine.errors import InternalError
from dom_engine.weights.knobs import number_text

HIGHEST = 1_000.0
"""No weight is inferred beyond so many times its own, or 1."""

_SLACK = 1e-7
"""Relative to the plan's cost: regrets within it are the same."""

Weighing = Mapping[str, str]
"""Weights by term, as text: six significant digits."""


@dataclass(frozen=True, slots=True)
class Solved:
    """What a solve under some weights told, in micros: what the given plan costs, the best plan found, its bound.

    ``raw_micros`` are the best found plan's unweighted terms.
    """

    plan_micros: int
    best_micros: int
    bound_micros: int | None
    raw_micros: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Iteration:
    """Weights tried, what solving under them told, and the least regret that weights can reach by the cuts so far."""

    weights: Weighing
    solved: Solved
    least_regret: float

    @property
    def regret_micros(self) -> int:
        """What the given plan costs more than the best that was found."""
        return max(0, self.solved.plan_micros - self.solved.best_micros)

    @property
    def explains(self) -> bool:
        """Whether the plan is as good as the best found, but for rounding of the weights."""
        return self.regret_micros / 1e6 <= 10 * _SLACK * max(1.0, self.solved.plan_micros / 1e6)

    @property
    def regret_at_most_micros(self) -> int | None:
        """What it can cost more than the best plan there is; None without a bound."""
        if self.solved.bound_micros is None:
            return None
        return max(0, self.solved.plan_micros - self.solved.bound_micros)


@dataclass(frozen=True, slots=True)
class Fit:
    """The best weights tried, how they were reached, and by term the range in which others explain the plan as well.

    ``converged``: by the plans found no weights do better, but for rounding.
    """

    best: Iteration
    iterations: tuple[Iteration, ...]
    ranges: Mapping[str, tuple[float, float]]
    converged: bool


def fit(
    chosen_raw: Mapping[str, int],
    own: Mapping[str, float],
    fixed: str,
    solve: Callable[[Weighing], Solved],
    max_iterations: int,
) -> Fit:
    """Find the weights under which a plan regrets least; of several, those nearest to the scenario's own.

    Parameters
    ----------
    chosen_raw
        The given plan's unweighted terms in micros, by name.
    own
        The scenario's own weights.
    fixed
        The term whose weight stays: weights matter by their ratios only.
    solve
        Solves under some weights.
    """
    terms = [term for term in COST_TERMS if term != fixed]
    start = np.array([own[term] for term in terms])
    chosen = np.array([chosen_raw[term] / 1e6 for term in terms])
    cuts: list[F64] = []
    constants: list[float] = []
    seen: set[tuple[int, ...]] = {tuple(chosen_raw[term] for term in COST_TERMS)}
    iterations: list[Iteration] = []
    at, least, converged = start, 0.0, False
    while len(iterations) < max_iterations:
        weights = {term: number_text(value) for term, value in zip(terms, at, strict=True)}
        solved = solve(weights)
        iterations.append(Iteration(weights, solved, least))
        key = tuple(solved.raw_micros[term] for term in COST_TERMS)
        slack = _SLACK * max(1.0, solved.plan_micros / 1e6)
        if key in seen or iterations[-1].regret_micros / 1e6 <= least + slack:
            converged = True
            break
        seen.add(key)
        cuts.append(chosen - np.array([solved.raw_micros[term] / 1e6 for term in terms]))
        constants.append(own[fixed] * (chosen_raw[fixed] - solved.raw_micros[fixed]) / 1e6)
        least = _least_regret(cuts, constants, start)
        at = _rounded(_nearest(cuts, constants, start, least), cuts, constants, least + slack)
    best = min(iterations, key=lambda one: one.regret_micros)
    allowed = max(least, best.regret_micros / 1e6)
    slack = _SLACK * max(1.0, best.solved.plan_micros / 1e6)
    return Fit(best, tuple(iterations), _ranges(terms, cuts, constants, start, allowed + slack), converged)


def _highest(start: F64) -> list[tuple[float, float]]:
    return [(0.0, HIGHEST * max(1.0, float(value))) for value in start]


def _least_regret(cuts: Sequence[F64], constants: Sequence[float], start: F64) -> float:
    """The least r with r >= weights . cut + constant for every cut, and r >= 0."""
    num = len(start)
    rows = np.hstack([np.array(cuts), -np.ones((len(cuts), 1))])
    answer = linprog(
        np.append(np.zeros(num), 1.0),
        A_ub=rows,
        b_ub=-np.array(constants),
        bounds=[*_highest(start), (0.0, None)],
        method="highs",
    )
    return float(_value(answer)[-1])


def _nearest(cuts: Sequence[F64], constants: Sequence[float], start: F64, regret: float) -> F64:
    """Of the weights with no more regret those that lie nearest to the start, each measured by its own size."""
    num = len(start)
    size = np.maximum(1.0, start)
    moves = np.hstack([np.diag(1 / size), -np.eye(num)])
    back = np.hstack([-np.diag(1 / size), -np.eye(num)])
    held = np.hstack([np.array(cuts), np.zeros((len(cuts), num))])
    answer = linprog(
        np.append(np.zeros(num), np.ones(num)),
        A_ub=np.vstack([held, moves, back]),
        b_ub=np.concatenate([regret - np.array(constants), start / size, -start / size]),
        bounds=[*_highest(start), *[(0.0, None)] * num],
        method="highs",
    )
    return _value(answer)[:num]


def _rounded(at: F64, cuts: Sequence[F64], constants: Sequence[float], allowed: float) -> F64:
    """The weights to as few digits as the cuts allow: 0.75 says more to a person than 0.749998."""
    for digits in range(2, 6):
        near = np.array([float(f"{value:.{digits}g}") for value in at])
        if float(np.max(np.array(cuts) @ near + np.array(constants))) <= allowed:
            return near
    return at


def _ranges(
    terms: Sequence[str], cuts: Sequence[F64], constants: Sequence[float], start: F64, regret: float
) -> dict[str, tuple[float, float]]:
    """How far each weight can move, the others following, before the plan regrets more."""
    found = {}
    for index, term in enumerate(terms):
        if not any(cut[index] for cut in cuts):
            continue
        goal = np.zeros(len(start))
        goal[index] = 1.0
        low, high = (
            float(
                _value(
                    linprog(
                        sign * goal,
                        A_ub=np.array(cuts),
                        b_ub=regret - np.array(constants),
                        bounds=_highest(start),
                        method="highs",
                    )
                )[index]
            )
            for sign in (1, -1)
        )
        found[term] = (low, high)
    return found


def _value(answer: object) -> F64:
    if getattr(answer, "status", -1) != 0:
        raise InternalError(f"the linear program over weights was not solved: {getattr(answer, 'message', '')}")
    values: F64 = np.asarray(getattr(answer, "x"), np.float64)  # noqa: B009  SciPy publishes no types
    return values
