"""The best plan so far, in numbers: one pattern per order, checked against every row, costed in integers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from solvers.model import I64, Patterns, SourcingModel
from solvers.stop import Stop


@dataclass(frozen=True, slots=True)
class Progress:
    """What a watcher is told; incumbent and bound are weighted micros, None while there is none."""

    phase: str
    incumbent_micros: int | None
    bound_micros: int | None
    elapsed_s: float

    @property
    def gap(self) -> float | None:
        """Relative gap, against an objective of at least one unit of money."""
        if self.incumbent_micros is None or self.bound_micros is None:
            return None
        return (self.incumbent_micros - self.bound_micros) / max(1_000_000, self.incumbent_micros)


def usage_of(model: SourcingModel, patterns: Patterns) -> I64:
    """Units of each row drawn by the patterns together, int64[num_rows]."""
    used = np.zeros(model.num_rows, np.int64)
    np.add.at(used, patterns.draw_row, patterns.draw)
    return used


def shared_cost(model: SourcingModel, patterns: Patterns, used: I64) -> int | None:
    """Loads, overtime and activation of a plan in weighted micros; None when a row is oversold."""
    rows = model.rows
    if np.any(used > model.row_capacity()):
        return None
    total = 0
    priced = np.flatnonzero((used > 0) & ((rows.open_cost > 0) | (rows.overtime_limit > 0)))
    for r in priced.tolist():
        total += row_mix(model, r, int(used[r]))[0]
    opened = np.zeros(len(model.nodes.activation_cost), np.bool_)
    opened[model.candidates.node[patterns.ship_cand]] = True
    return total + int(model.nodes.activation_cost[opened].sum())


def row_mix(model: SourcingModel, row: int, used: int) -> tuple[int, int]:
    """The cheapest mix of loads and overtime that gives ``used``: its cost in weighted micros, and the loads."""
    rows = model.rows
    limit, most = int(rows.limit[row]), int(rows.open_max[row])
    open_cost, overtime_limit = int(rows.open_cost[row]), int(rows.overtime_limit[row])
    rate, scale = int(rows.overtime_cost[row]), int(rows.scale[row])
    if open_cost == 0:
        return round(Fraction(max(0, used - limit * most) * rate, scale)), most
    # The cost is linear in the loads until the last one is only partly used, so an end of that range is best.
    fewest = max(0, -(-(used - overtime_limit) // limit)) if limit else 0
    enough = min(most, -(-used // limit)) if limit else 0
    tried = sorted({fewest, max(fewest, enough - 1), max(fewest, enough)})
    return min((k * open_cost + round(Fraction(max(0, used - limit * k) * rate, scale)), k) for k in tried)


@dataclass(slots=True)
class Incumbent:
    """Holds the best plan and the best bound (``searched``: found by branching); tells the watcher when either moves.

    ``fill_limit``: only plans with at most this many millionths of weighted unallocated units count. ``step``: what
    any plan costs is a multiple of it, so every bound is rounded up to one. ``exacting``: no micro is allowed
    beyond the gap, as for a part of a batch, of which there may be thousands.
    """

    model: SourcingModel
    stop: Stop
    watch: Callable[[Progress], None] | None = None
    fill_limit: int | None = None
    step: int = 1
    exacting: bool = False
    patterns: Patterns | None = None
    objective: int | None = None
    bound: int | None = None
    searched: bool = False
    phase: str = field(default="start")

    def offer(self, patterns: Patterns) -> bool:
        """Take a plan (one pattern per order, in order) if it holds and is better."""
        if self.fill_limit is not None and int(patterns.fill.sum()) > self.fill_limit:
            return False
        shared = shared_cost(self.model, patterns, usage_of(self.model, patterns))
        if shared is None:
            return False
        objective = int(patterns.cost.sum()) + shared
        if self.objective is not None and objective >= self.objective:
            return False
        self.patterns, self.objective = patterns, objective
        self.tell()
        return True

    def prove(self, bound: int, *, searched: bool = False) -> None:
        """Take a valid lower bound if it is better; ``searched``: branching gave it, not prices alone.

        Never above the objective, which bounds the optimum from above.
        """
        bound = -(-bound // self.step) * self.step
        if self.objective is not None:
            bound = min(bound, self.objective)
        if self.bound is None or bound > self.bound:
            self.bound, self.searched = bound, searched
            self.tell()

    def enter(self, phase: str) -> None:
        """Name the phase that begins."""
        self.phase = phase
        self.tell()

    def closed(self, gap: float) -> bool:
        """Whether the plan is proven within the relative gap, a micro allowed unless ``exacting``."""
        if self.objective is None or self.bound is None:
            return False
        if self.exacting:
            return self.objective - self.bound <= gap * self.objective
        return self.objective - self.bound <= gap * max(1_000_000, self.objective) + 1

    def tell(self) -> None:
        """Report to the watcher, if there is one."""
        if self.watch is not None:
            self.watch(Progress(self.phase, self.objective, self.bound, self.stop.elapsed_s))
