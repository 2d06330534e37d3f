"""Polishing a plan window by window: an integer program over some hundred orders that contend for the same rows.

A window takes orders that pay more than their priced minimum, and those they contend with; everybody else keeps what
they hold. Its columns are all patterns of its orders near their priced minimum. Windows of a round share no order, and
of rows that two of them could draw on only the first sees what is left, so they are solved side by side.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.jit import kernel
from solvers.master import MONEY_PER_MICRO, build_master
from solvers.menu_pricing import near_menus, usage_of_picks
from solvers.menu_seats import Seats, Wanted, cost_of_held, held_by, hold, priced_excess
from solvers.menus import Menus, fitting, patterns_of
from solvers.model import F64, I32, I64, Flags, Prices, SourcingModel
from solvers.packed import wide
from solvers.program import MipOutcome, Task
from solvers.stop import Stop
from solvers.workers import Worker, limit_s, wait_for

WINDOW_ORDERS, SHORT_WINDOW_ORDERS = 1_000, 250
WINDOW_COLUMNS = 25_000
WINDOW_S = 12.0
"""A window's own limit: one that needs more is too large."""

_ONLY_SHARE = 0.5
_LEAST_WIDTH = 0.25
"""Of the width that windows begin with, what none is narrowed below."""


_MOST_PATTERNS = 60
_POPULAR = 256
"""A row wanted by more orders than this ties no window together: it would take everybody in."""

_ENOUGH = 2e-4


class Window(NamedTuple):
    """Orders (rising), and the columns: ``order`` of each, and its picks; what the orders hold comes last."""

    orders: I32
    pick_ptr: I64
    picks: I32
    order: I32


class Polish:
    """Windows over one plan, round by round.

    Parameters
    ----------
    minimum
        Every order's priced minimum at ``prices``, float64[num_orders].
    threshold
        Weighted micros beyond its minimum that a pattern may pay to be listed.
    most_reduced
        Weighted micros of reduced cost that a listed pattern may have to be a column.
    little
        A gain of less weighted micros is none.
    """

    def __init__(
        self,
        model: SourcingModel,
        menus: Menus,
        wanted: Wanted,
        prices: Prices,
        minimum: F64,
        threshold: float,
        most_reduced: float,
        little: float,
    ) -> None:
        self.model, self.menus, self.wanted, self.prices = model, menus, wanted, prices
        self.minimum, self.threshold, self.most_reduced, self.little = minimum, threshold, most_reduced, little
        self.size = WINDOW_ORDERS
        self._widest, self._least = threshold, _LEAST_WIDTH * most_reduced
        self._tried = np.zeros(model.num_orders, np.int64)
        self._is_settled, self._gained = np.zeros(model.num_orders, np.bool_), 0.0

    def widen(self, by: float) -> bool:
        """Begin anew with columns of so many times the reduced cost; False when all there are gained nothing."""
        is_widest = self.most_reduced >= self._widest
        if is_widest and self._gained > -self.little:
            return False
        self.most_reduced *= 1.0 if is_widest else by
        self._is_settled[:], self._gained = False, 0.0
        return True

    def next_windows(self, seats: Seats, count: int) -> list[I32]:
        """Up to ``count`` windows around the orders that carry most of the gap and were tried least.

        None when each that carries any is settled: its last window was solved to the end.
        """
        excess = priced_excess(self.menus, self.prices.row, seats) - self.minimum
        taken = np.zeros(self.model.num_orders, np.bool_)
        windows: list[I32] = []
        worth = np.where(self.menus.listed & (excess > 1.0) & ~self._is_settled, excess, 0.0)
        sequence = np.lexsort((-worth, self._tried))
        sequence = sequence[worth[sequence] > 0.0]
        for seed in sequence.tolist():
            if len(windows) == count:
                break
            if taken[seed]:
                continue
            orders = gather(self.menus, self.wanted, self.prices.row, seed, self.size, taken)
            windows.append(np.sort(orders).astype(np.int32))
            self._tried[orders] += 1
        return windows

    def columns_of(self, orders: I32, seats: Seats, left: I64, threads: int) -> Window:
        """The patterns a window chooses among: those near the minimum that fit what it could have."""
        threshold = self.threshold
        while True:
            near = near_menus(
                self.menus, self.prices, orders, self.minimum[orders] + threshold, _MOST_PATTERNS, threads
            )
            if len(near.order) <= WINDOW_COLUMNS:
                break
            threshold /= 2
        keep = fitting(self.menus, near.pick_ptr, near.picks, left)
        _, held = held_by(seats, orders)
        length = np.concatenate([np.diff(near.pick_ptr)[keep], seats.num_held[orders]])
        mask = np.repeat(keep, np.diff(near.pick_ptr))
        return Window(
            orders,
            np.concatenate([[0], np.cumsum(length)]).astype(np.int64),
            np.concatenate([near.picks[mask], held]).astype(np.int32),
            np.concatenate([near.order[keep], orders]).astype(np.int32),
        )

    def round(
        self, windows: list[I32], seats: Seats, workers: list[Worker], stop: Stop, seed: int, threads: int
    ) -> float:
        """Solve windows, each by a worker, and take what is better; returns the change of cost."""
        begun: list[tuple[Worker, Window]] = []
        free = seats.left.copy()
        # The only window of a batch may take the larger part of what is left.
        is_only = self.menus.listed.sum() <= self.size
        seconds = limit_s(stop, max(WINDOW_S, _ONLY_SHARE * stop.remaining_s) if is_only else WINDOW_S)
        for worker, orders in zip(workers, windows, strict=False):
            own = usage_of_picks(self.menus, len(free), held_by(seats, orders)[1])
            window = self.columns_of(orders, seats, free + own, threads)
            if stop.is_over():
                return 0.0
            stop.count("columns", len(window.order))
            pool = patterns_of(self.model, self.menus, window.order, window.pick_ptr, window.picks)
            rows = self.model.rows._replace(limit=free + own)
            master = build_master(self.model._replace(rows=rows), pool)
            assert master is not None
            hint = np.zeros(len(master.program.cost))
            hint[len(window.order) - len(orders) : len(window.order)] = 1.0
            most = self.most_reduced * MONEY_PER_MICRO
            worker.begin(Task("narrowed", master.program, _ENOUGH, hint, seed, most_reduced=most), seconds)
            begun.append((worker, window))
            touched = np.unique(pool.draw_row)
            free[touched] = 0
            if stop.is_over():
                return 0.0
        change, is_too_wide = 0.0, False
        for worker, window in begun:
            answer = wait_for(worker, seconds, stop)
            outcome = None if answer is None else answer.outcome
            assert outcome is None or isinstance(outcome, MipOutcome)
            # A window that its clock ended would end elsewhere another time.
            stop.was_cut = stop.was_cut or outcome is None or not outcome.optimal
            gained = 0.0
            if outcome is not None and outcome.x is not None:
                gained = self.take(window, np.flatnonzero(outcome.x[: len(window.order)] > 0.5), seats)
            change += gained
            has_gained, is_optimal = gained <= -self.little, outcome is not None and outcome.optimal
            is_too_wide = is_too_wide or not (has_gained or is_optimal)
            self._is_settled[window.orders] = is_optimal
        self._gained += change
        if is_too_wide:
            self._narrow()
        return change

    def _narrow(self) -> None:
        """Take fewer columns from now on: on a slower machine, or of a harder batch, so many lead nowhere in time."""
        self._widest = self.most_reduced = self.most_reduced / 2.0
        if self.most_reduced < self._least:
            self._is_settled[:] = True

    def take(self, window: Window, chosen: I64, seats: Seats) -> float:
        """Give a window's orders the chosen patterns if that costs less."""
        order = window.order[chosen]
        if len(order) != len(window.orders):
            return 0.0
        ptr = np.concatenate([[0], np.cumsum(np.diff(window.pick_ptr)[chosen])]).astype(np.int64)
        picks = np.concatenate([window.picks[window.pick_ptr[k] : window.pick_ptr[k + 1]] for k in chosen.tolist()])
        change = cost_of_held(self.menus, order, ptr, picks.astype(np.int32)) - float(seats.cost[order].sum())
        if change > -0.5:
            return 0.0
        old_ptr, old = held_by(seats, order)
        hold(self.menus, order, ptr, picks.astype(np.int32), seats)
        if (seats.left < 0).any():
            hold(self.menus, order, old_ptr, old, seats)
            return 0.0
        return change


@kernel
def gather(menus: Menus, wanted: Wanted, row: F64, seed: int, most: int, taken: Flags) -> I32:
    """The seed and the orders nearest to it over priced rows, breadth first, but those taken; marks them."""
    found = np.empty(most, np.int32)
    found[0], count, at = seed, 1, 0
    taken[seed] = True
    while at < count and count < most:
        order = wide(found[at])
        at += 1
        first, last = menus.entry_ptr[menus.slot_ptr[order]], menus.entry_ptr[menus.slot_ptr[order + 1]]
        for i in range(menus.draw_ptr[first], menus.draw_ptr[last]):
            r = menus.draw_row[i]
            if row[r] <= 0.0 or wanted.ptr[r + 1] - wanted.ptr[r] > _POPULAR:
                continue
            for k in range(wanted.ptr[r], wanted.ptr[r + 1]):
                other = wanted.order[k]
                if not taken[other] and count < most:
                    taken[other] = True
                    found[count] = other
                    count += 1
    return found[:count]
