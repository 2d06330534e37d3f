"""The restricted master within a leaf of a branching tree: duals are the leaf's prices, values say what to split."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.execution import solve_lp
from solvers.leaves import LeafSpace
from solvers.master import Master, build_master, master_prices
from solvers.model import F64, I64, Patterns, Prices, SourcingModel
from solvers.program import LpOutcome, Program
from solvers.stop import Stop


class LeafSolved(NamedTuple):
    """Prices, the value in weighted micros, how much of each pattern is taken and how open nodes are (nan: no cost).

    ``loads``: how many of the rows' whose loads cost anything are open, 0 of the others; float64[num_rows].
    """

    prices: Prices
    value: float
    pattern: F64
    opening: F64
    loads: F64


class LeafProgram:
    """The master over a pool, for any leaf in which orders keep a pattern of it.

    Parameters
    ----------
    lacking
        What falling short of a needed use by one costs, in weighted micros: prices below 0 go no further.
    """

    def __init__(self, model: SourcingModel, pool: Patterns, lacking: float) -> None:
        self.model, self.pool, self._lacking = model, pool, lacking
        master = build_master(model, pool)
        assert master is not None
        self.master: Master = master
        self._draws_of = np.repeat(np.arange(pool.num_patterns), np.diff(pool.draw_ptr))

    @property
    def size(self) -> int:
        """Columns and rows together."""
        return len(self.master.program.cost) + len(self.master.program.row_lower)

    def solve(self, space: LeafSpace, stop: Stop, favoured: F64 | None = None) -> LeafSolved | None:
        """The relaxation within a leaf; None when stopped.

        ``favoured``: taken off the cost of each pattern, float64[num_patterns], in weighted micros.
        """
        program = self._within(space)
        if favoured is not None:
            cost = program.cost.copy()
            cost[: len(favoured)] -= favoured * self.master.cost_scale
            program = program._replace(cost=cost)
        solved = solve_lp(_with_rows(program, self._limited(space), self._lacking * self.master.cost_scale), stop)
        return None if solved is None else self._read(space, solved)

    def _within(self, space: LeafSpace) -> Program:
        """The master without what the leaf rules out; an order that must be served may be left out at a cost."""
        master, program = self.master, self.master.program
        lower, upper, cost = program.lower.copy(), program.upper.copy(), program.cost.copy()
        patterns = slice(master.num_patterns)
        allowed = space.allowed(self.pool)
        serves = np.diff(self.pool.ship_ptr) > 0
        upper[patterns][~allowed & serves] = 0.0
        cost[patterns][~allowed & ~serves] += self._lacking * master.cost_scale
        columns = master.num_patterns + np.arange(len(master.nodes))
        closed = np.isin(master.nodes, np.array(space.limits.closed, np.int64))
        upper[columns[closed]] = 0.0
        lower[columns[space.opened[master.nodes] & ~closed]] = 1.0
        for place, row in enumerate(master.load_rows.tolist(), start=master.num_patterns + len(master.nodes)):
            if row in space.limited:
                lower[place], upper[place] = space.loads_of(row)
        return program._replace(lower=lower, upper=upper, cost=cost)

    def _limited(self, space: LeafSpace) -> list[tuple[I64, F64, float, float]]:
        """The leaf's own rows: columns, coefficients, least and most."""
        pool, new = self.pool, list[tuple[I64, F64, float, float]]()
        for row in space.limited:
            scale = float(self.model.rows.scale[row])
            drawn = np.flatnonzero(pool.draw_row == row)
            new.append(
                (self._draws_of[drawn], pool.draw[drawn] / scale, space.least[row] / scale, space.most[row] / scale)
            )
        return new

    def _read(self, space: LeafSpace, solved: LpOutcome) -> LeafSolved:
        master, known = self.master, len(self.master.program.row_lower)
        prices = master_prices(self.model, master, solved.dual[:known])
        more = -solved.dual[known:] / master.cost_scale
        for row, price in zip(space.limited, more.tolist(), strict=True):
            prices.row[row] += price / self.model.rows.scale[row]
        opening = np.full(len(self.model.nodes.activation_cost), np.nan)
        opening[master.nodes] = solved.x[master.num_patterns : master.num_patterns + len(master.nodes)]
        loads, first = np.zeros(self.model.num_rows), master.num_patterns + len(master.nodes)
        loads[master.load_rows] = solved.x[first : first + len(master.load_rows)]
        value = solved.objective / master.cost_scale
        return LeafSolved(prices, value, solved.x[: master.num_patterns], opening, loads)


def _with_rows(program: Program, new: list[tuple[I64, F64, float, float]], lacking: float) -> Program:
    """The program with further rows (columns, coefficients, least, most); a least may be lacked at a cost."""
    needy = [place for place, (_, _, least, _) in enumerate(new) if least > 0]
    column = {place: len(program.cost) + k for k, place in enumerate(needy)}
    cols = [np.append(idx, column[place]) if place in column else idx for place, (idx, *_) in enumerate(new)]
    coefs = [np.append(coef, 1.0) if place in column else coef for place, (_, coef, *_) in enumerate(new)]
    sizes = np.array([len(idx) for idx in cols], np.int64)
    count = len(needy)
    return Program(
        np.append(program.cost, np.full(count, lacking)),
        np.append(program.lower, np.zeros(count)),
        np.append(program.upper, np.full(count, np.inf)),
        np.append(program.integer, np.zeros(count, np.bool_)),
        np.append(program.ptr, program.ptr[-1] + np.cumsum(sizes)),
        np.concatenate([program.col, *cols]).astype(np.int32),
        np.concatenate([program.coef, *coefs]),
        np.append(program.row_lower, [least for _, _, least, _ in new]),
        np.append(program.row_upper, [most for _, _, _, most in new]),
    )
