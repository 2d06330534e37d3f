"""Stock positions by what names them: node, item, instant of availability, lot and pool."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dom_engine.audit.tables import Indices, distinct
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem


def positions_of(problem: Problem, values: Mapping[str, I64], node: I64) -> I64:
    """The stock position of each row by (node, item, available_at, lot, pool), -1 where there is none."""
    positions = problem.positions
    stated = [node, *(values[name] for name in ("item", "available_at", "lot", "pool"))]
    known: list[Indices] = [
        positions.node_idx,
        positions.item_idx,
        positions.available_at_s,
        positions.lot_idx,
        positions.pool_idx,
    ]
    together = [np.concatenate([there.astype(np.int64), here]) for there, here in zip(known, stated, strict=True)]
    # Positions come first and are distinct, so the sample of each combination is the position if there is one.
    first, group = distinct(*together)
    found = first[group[len(positions) :]]
    position: I64 = np.where(found < len(positions), found, -1)
    return position
