"""A batch part by part: what orders have no scarce row in common is solved on its own, largest parts first.

Rows tie orders together only once they are in the way. Every order alone comes first; the rows that these minima
oversell tie their orders into parts, each solved as a batch of its own; rows that the parts together still oversell
tie more, and what they touch is solved anew. Each round's bounds add up to a bound of the whole, and a round without
an oversold row is the optimum wherever its parts are. Where parts are dear to solve, let alone twice, every row that
could bind at all ties at once; and where even then next to nothing comes off, the batch is solved whole.

Only parts that are quickly proven stand alone. The others share one search, which does more for them in the same time
than a search for each (docs/decisions/0009).

Prices: of the parts that price a row the highest counts. A row answers with what is never positive and falls with its
price, and orders only pay more, so the bound at those prices is no less than the parts' own together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from solvers.components import can_bind, parts_of, reach_of, sources_by_order
from solvers.incumbent import Incumbent, Progress, usage_of
from solvers.model import F64, I32, I64, Flags, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, take
from solvers.pricing import Priced
from solvers.reinsertion import fit
from solvers.result import Outcome
from solvers.stop import HaltedError, Stop
from solvers.subbatch import restrict

MOST_ORDERS = 200_000
"""Orders beyond which nothing is sought: the search over windows is local already."""

LAZY_ORDERS = 20_000
"""Orders up to which rows tie only once they are oversold."""

SMALL_PART = 40
"""Orders below which parts share one program: a solver's start takes longer than they."""

_MEASURED_SOURCES, _MEASURED_CONTENTION, _MEASURED_S = 400, 0.2, 0.5
"""What a part of so many sources whose orders contend so much takes until it is proven, on average; time grows with the
cube of the sources and the square of the contention."""

_HARD_S = 3.0
"""A part that would take longer is hard: it joins the other hard ones."""

_LEAST_S = 0.05
"""What any batch may well take: starting a solver, and to hand over what it found."""

_LAZY_SHARE, _EASY_SHARE = 0.1, 0.7
"""Of the time limit: what easy parts may take for rows to tie lazily, and for them to be solved apart at all."""

_MOST_SHARE = 0.9
"""Share of the orders in one batch beyond which all are solved whole."""

_GENEROUS = 0.8
"""Power of its own share of what remains that a part may take: of many parts twice as much and more, as the quick ones
leave most of theirs; of few hardly more than its share."""

_MOST_ROUNDS = 6
_FIT_WORK = 20_000

SolvePart = Callable[[SourcingModel, I32, Stop, Callable[[Progress], None], int], Outcome]
"""Solves a batch of the given orders of the whole on so many threads; its plan is held to no slack of a micro."""


class Division(NamedTuple):
    """The rows that tie orders, and the batches to solve: rising orders each; seconds that each may well take.

    Easy parts come first, the longest of them at the head; the hard ones are one batch at the end. Orders that the
    kernel has solved alone are in none.
    """

    tying: Flags
    batches: list[I32]
    seconds: F64
    easy_s: float
    hard: bool

    def can_repeat(self, time_limit_s: float) -> bool:
        """Whether all of it is so quick that some parts may be solved again with other orders."""
        return not self.hard and self.easy_s <= _LAZY_SHARE * time_limit_s

    def worth(self, time_limit_s: float, num_orders: int) -> bool:
        """Whether the easy parts leave time for what is hard, and no batch is nearly the whole."""
        largest = max((len(orders) for orders in self.batches), default=0)
        return self.easy_s <= _EASY_SHARE * time_limit_s and largest <= _MOST_SHARE * num_orders


class _Part(NamedTuple):
    """A part's plan in the whole's indices, its bound and prices."""

    patterns: Patterns
    bound: int
    searched: bool
    prices: Prices


def divide(model: SourcingModel, price: Callable[[], Priced], time_limit_s: float) -> Division | None:
    """Batches to begin with; None where the batch is best solved whole.

    Parameters
    ----------
    price
        Gives every order's minimum without prices; not asked where a large batch hangs together anyway.
    time_limit_s
        What was asked for, not what is left: a run must reproduce.
    """
    if model.num_orders > MOST_ORDERS:
        return None
    bindable = can_bind(model, reach_of(model))
    if model.num_orders > LAZY_ORDERS:
        largest = int(np.bincount(parts_of(model, bindable)).max())
        if largest > _MOST_SHARE * model.num_orders:
            return None
    priced = price()
    if model.num_orders <= LAZY_ORDERS:
        oversold = _oversold(model, usage_of(model, priced.patterns))
        found = _tied(model, priced, bindable & (_costly(model) | oversold))
        if found.can_repeat(time_limit_s) and found.worth(time_limit_s, model.num_orders):
            return found
    found = _tied(model, priced, bindable)
    return found if found.worth(time_limit_s, model.num_orders) else None


def solve_apart(
    model: SourcingModel,
    division: Division,
    priced: Priced,
    stop: Stop,
    incumbent: Incumbent,
    solve_part: SolvePart,
    gap: float,
    threads: int = 1,
) -> Prices:
    """Solve part by part until no row is oversold, the plan is proven, or the run is stopped.

    Parameters
    ----------
    priced
        Every order's minimum without prices.
    incumbent
        Holds a plan already.
    """
    run = _Run(model, priced, stop, incumbent, solve_part, threads)
    bindable = can_bind(model, reach_of(model))
    for turn in range(_MOST_ROUNDS + 1):
        plan = run.round(division)
        broken = bindable & ~division.tying & _oversold(model, usage_of(model, plan))
        if not broken.any():
            break
        try:
            incumbent.offer(fit(model, plan, run.prices, _FIT_WORK, stop))
        except HaltedError:
            break
        if incumbent.closed(gap) or stop.reason is not None:
            break
        division = _tied(model, priced, division.tying | broken)
        if turn + 1 >= _MOST_ROUNDS or not division.can_repeat(stop.time_limit_s):
            division = _tied(model, priced, bindable)
    return run.prices


class _Run:
    """What has been solved so far: parts by their orders, which a later round need not solve again."""

    def __init__(
        self,
        model: SourcingModel,
        priced: Priced,
        stop: Stop,
        incumbent: Incumbent,
        solve_part: SolvePart,
        threads: int,
    ) -> None:
        self.model, self.priced, self.stop, self.incumbent = model, priced, stop, incumbent
        self.solve_part, self.threads = solve_part, threads
        self._telling = threading.Lock()
        self.alone = solved_alone(model, priced)
        self.known: dict[bytes, _Part] = {}
        self.prices = Prices.zero(model)

    def round(self, division: Division) -> Patterns:
        """Solve the parts not solved yet; returns the plan of all parts together, which rows may forbid."""
        batches = division.batches
        keys = [orders.tobytes() for orders in batches]
        self.known = {key: self.known[key] for key in keys if key in self.known}
        unknown = [at for at, key in enumerate(keys) if key not in self.known]
        for wave in waves(unknown, len(batches) - 1 if division.hard else len(batches), self.threads):
            if self.stop.reason is None:
                left = division.seconds[[at for at in unknown if at >= wave[0]]]
                solved = self._solve_wave([batches[at] for at in wave], division.seconds[wave], left)
                self.known.update(zip([keys[at] for at in wave], solved, strict=True))
                self._tell(keys)
        self._tell(keys)
        return self._plan(self.priced.patterns, keys)

    def _solve_wave(self, batches: list[I32], seconds: F64, left_s: F64) -> list[_Part]:
        """Solve batches side by side, a thread each, or one on all threads.

        Parameters
        ----------
        seconds
            What each of these may well take, the longest first; ``left_s`` is what they and all after them may.
        """
        # Waves take about as long as their first: of all that is left, the first of every so many.
        time = (seconds[0] / left_s[:: len(batches)].sum()) ** _GENEROUS
        work = (seconds.sum() / left_s.sum()) ** _GENEROUS * seconds / seconds.sum()
        stops = [self.stop.beside(time, share) for share in work.tolist()]
        threads = max(1, self.threads // len(batches))
        if len(batches) == 1:
            parts = [self._solve(batches[0], stops[0], threads)]
        else:
            with ThreadPoolExecutor(len(batches)) as pool:
                parts = list(pool.map(self._solve, batches, stops, [threads] * len(batches)))
        for part in stops:
            self.stop.join(part)
        return parts

    def _solve(self, orders: I32, stop: Stop, threads: int) -> _Part:
        batch = restrict(self.model, orders)
        stop.count("components")
        outcome = self.solve_part(batch.model, orders, stop, self._relay, threads)
        prices = outcome.certificate.prices.steering(batch.model)
        return _Part(
            batch.patterns_of_whole(outcome.patterns),
            outcome.bound,
            outcome.bound_source == "search",
            batch.prices_of_whole(prices),
        )

    def _relay(self, progress: Progress) -> None:
        """A part's phase with what is known of the whole; one thread at a time, as a watcher expects."""
        with self._telling:
            self.incumbent.enter(progress.phase)

    def _tell(self, keys: list[bytes]) -> None:
        """Hand over what the parts give together so far."""
        assert self.incumbent.patterns is not None
        parts = [self.known[key] for key in keys if key in self.known]
        solved = np.zeros(self.model.num_orders, np.bool_)
        for part in parts:
            solved[part.patterns.order] = True
        self.incumbent.offer(self._plan(self.incumbent.patterns, keys))
        rest = ~solved & ~self.alone
        exact = int(self.priced.patterns.cost[~solved & self.alone].sum())
        loose = int(np.floor(self.priced.lower_bound[rest].sum())) - 1 if rest.any() else 0
        bound = exact + loose + sum(part.bound for part in parts)
        self.incumbent.prove(bound, searched=any(part.searched for part in parts))
        row, activation = np.zeros(self.model.num_rows), np.zeros(len(self.model.candidates.order))
        for part in parts:
            row, activation = np.maximum(row, part.prices.row), np.maximum(activation, part.prices.activation)
        self.prices = Prices(row, activation, 0.0)

    def _plan(self, otherwise: Patterns, keys: list[bytes]) -> Patterns:
        """The parts' plans, the kernel's for orders that it has solved alone, and another plan's for the rest."""
        plans = [otherwise, take(self.priced.patterns, self.alone)]
        plans += [self.known[key].patterns for key in keys if key in self.known]
        both = concatenate(plans)
        last = np.full(self.model.num_orders, -1, np.int64)
        last[both.order] = np.arange(both.num_patterns)
        return take(both, last)


def waves(batches: list[int], easy: int, threads: int) -> Iterator[list[int]]:
    """Batches to be solved at the same time: as many as there are threads, what is hard by itself.

    The next wave begins once all of one have ended, so that what each may take does not hang on which was first.

    Parameters
    ----------
    batches
        Rising, the first ``easy`` of all the longest first.
    """
    together = [at for at in batches if at < easy]
    for first in range(0, len(together), max(1, threads)):
        yield together[first : first + max(1, threads)]
    for at in batches[len(together) :]:
        yield [at]


def solved_alone(model: SourcingModel, priced: Priced) -> Flags:
    """Orders of which the kernel has found the best there is as long as they meet nobody, bool[num_orders]."""
    return np.asarray(priced.exact & ~_pays_for_sharing(model, priced.patterns), np.bool_)


def _tied(model: SourcingModel, priced: Priced, tying: Flags) -> Division:
    """Parts under some rows, put into batches: easy parts, small ones together, and all that is hard."""
    part = parts_of(model, tying)
    size = np.bincount(part, minlength=1)
    seconds = _MEASURED_S * (np.bincount(part, sources_by_order(model), len(size)) / _MEASURED_SOURCES) ** 3
    contends = np.bincount(part, contention(model, priced.patterns), len(size)) / np.maximum(size, 1)
    seconds *= (contends / _MEASURED_CONTENTION) ** 2
    left = np.flatnonzero((size[part] > 1) | ~solved_alone(model, priced)).astype(np.int32)
    own = part[left]
    hard = seconds[own] > _HARD_S
    batch = np.where(hard, -1, np.where(size[own] < SMALL_PART, -2, own))
    by_batch = np.argsort(batch, kind="stable")
    starts = np.flatnonzero(np.diff(batch[by_batch]))
    batches = np.split(left[by_batch], starts + 1) if len(left) else []
    takes = [float(seconds[np.unique(part[orders])].sum()) for orders in batches]
    easy_s = float(seconds[np.unique(own[~hard])].sum())
    if hard.any():
        # It goes last, and has what the others leave.
        takes[0] = min(takes[0], max(easy_s, _HARD_S))
    last = [bool(hard.any()) and at == 0 for at in range(len(batches))]
    sequence = sorted(range(len(batches)), key=lambda at: (last[at], -takes[at], int(batches[at][0])))
    takes = [max(takes[at], _LEAST_S) for at in sequence]
    return Division(tying, [batches[at] for at in sequence], np.array(takes), easy_s, bool(hard.any()))


def contention(model: SourcingModel, minima: Patterns) -> F64:
    """How likely each order has to give way: the share by which the scarcest of its rows is oversold; 0 to 1."""
    used = usage_of(model, minima)
    share = np.maximum(0.0, used - _free(model)) / np.maximum(used, 1)
    most = np.zeros(model.num_orders)
    np.maximum.at(most, np.repeat(minima.order, np.diff(minima.draw_ptr)), share[minima.draw_row])
    return most


def _free(model: SourcingModel) -> F64:
    """What a row gives without a charge, float64[num_rows]."""
    rows = model.rows
    return np.asarray(np.where(rows.open_cost > 0, 0.0, rows.limit.astype(np.float64) * rows.open_max), np.float64)


def _costly(model: SourcingModel) -> Flags:
    """Rows of which every use may have to be paid for: loads are opened whole."""
    return np.asarray(model.rows.open_cost > 0, np.bool_)


def _oversold(model: SourcingModel, used: I64) -> Flags:
    """Rows drawn beyond what they give without a charge."""
    return np.asarray(used > _free(model), np.bool_)


def _pays_for_sharing(model: SourcingModel, patterns: Patterns) -> Flags:
    """Patterns that cost more than their own cost: they draw on what is charged, or open a node."""
    pattern = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.draw_ptr))
    pays = np.zeros(patterns.num_patterns, np.bool_)
    pays[pattern[patterns.draw > _free(model)[patterns.draw_row]]] = True
    ship = np.repeat(np.arange(patterns.num_patterns), np.diff(patterns.ship_ptr))
    pays[ship[model.nodes.activation_cost[model.candidates.node[patterns.ship_cand]] > 0]] = True
    return pays
