"""Which of some points nothing beats, which of those fixed prices would choose, and what no plan can undercut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from dom_engine.domain.columns import F64

Vector = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rank:
    """How a point stands among the others, by their indices.

    ``same_as`` is an earlier point with the very same objectives, ``dominated_by`` a point of the front that is as good
    in each objective and better in one. ``supported``: some prices of the objectives, fixed for all, would choose it.
    """

    front: bool
    same_as: int | None = None
    dominated_by: int | None = None
    supported: bool = False


def ranks(vectors: Sequence[Vector], admissible: Sequence[bool]) -> list[Rank]:
    """Rank points by their objectives, all to be small; those not admissible beat nobody."""
    first: dict[Vector, int] = {}
    for index, vector in enumerate(vectors):
        if admissible[index]:
            first.setdefault(vector, index)
    front = [i for vector, i in first.items() if not any(_dominates(other, vector) for other in first)]
    by_place = [vectors[index] for index in front]
    held = dict(zip(front, supported(by_place), strict=True))
    found = []
    for index, vector in enumerate(vectors):
        if index in held:
            found.append(Rank(front=True, supported=held[index]))
            continue
        same = first.get(vector)
        by = next((one for one in front if _dominates(vectors[one], vector)), None)
        found.append(Rank(front=False, same_as=same if same != index else None, dominated_by=by))
    return found


def _dominates(one: Vector, other: Vector) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))


def supported(front: Sequence[Vector]) -> list[bool]:
    """Of points that do not dominate one another, those that minimise some weighted sum of the objectives."""
    if not front:
        return []
    values = np.array(front, np.float64)
    spread = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    return [_is_supported(scaled, index) for index in range(len(front))]


def _is_supported(points: F64, index: int) -> bool:
    """Whether prices >= 0 that sum to 1 exist under which no other point is cheaper (to a millionth)."""
    num = points.shape[1]
    answer = linprog(
        np.zeros(num),
        A_ub=points[index] - points,
        b_ub=np.full(len(points), 1e-6),
        A_eq=np.ones((1, num)),
        b_eq=[1.0],
        method="highs",
    )
    return bool(answer.status == 0)
