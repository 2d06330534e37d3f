"""Batches of ordinary orders, of any size: prices by ascent, a plan by seats, search and windows.

Everything here works on menus. Orders that are not listed are planned first, by the general kernel at the prices found,
and keep what they hold. Steps are counted, so that a run the clock does not cut reproduces.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from solvers.bound import lagrangian, to_measure
from solvers.closing import close_by_pool
from solvers.columns import Generated
from solvers.compact import state_compact
from solvers.compact_bound import Bounding, can_bound
from solvers.fixing import fix_slots, useful_entries
from solvers.greedy import construct
from solvers.incumbent import Incumbent, usage_of
from solvers.judging import unserved
from solvers.menu_pricing import near_menus, price_menus, slots_entries, table_size, usage_of_picks
from solvers.menu_search import improve_side_by_side
from solvers.menu_seats import Seats, Wanted, held_by, hold, make_seats, seat_all, wanted_by
from solvers.menu_start import picks_of
from solvers.menus import Menus, list_menus, patterns_of
from solvers.model import I32, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, take
from solvers.prices import ascend
from solvers.stop import HaltedError, Stop
from solvers.windows import SHORT_WINDOW_ORDERS, WINDOW_ORDERS, Polish
from solvers.workers import Worker, worker_pool

FEWEST_ORDERS = 400
"""Below this the general search proves what there is to prove within seconds."""

PROVABLE_COLUMNS = 60_000
"""Patterns that could still improve the plan, up to which they are all laid before the program that proves it."""

PRICES_SHARE, SEARCH_SHARE, LONG_SEARCH_SHARE = 0.35, 0.3, 0.75
"""Of the time that remains, what prices and then the search may take at most; the search more where windows would not
get round the batch."""

_WINDOWED_ORDERS = 5_000
"""Orders up to which windows get round the batch within a minute."""

_PASSES = ((5_000, 200), (200_000, 70), (2**62, 50))
"""Passes of the dual ascent up to so many orders."""

_ROUNDS_PER_ORDER, _WINDOWED_ROUNDS_PER_ORDER = 600, 300
"""Rounds of the search; fewer where windows follow, which gain faster once the search has found out the worst."""

_PARTED_ORDERS = 10_000
"""Orders from which threads search parts of the batch: of a smaller one every part lacks too much of the rest."""

_CALL_ROUNDS = 16_384
"""Search rounds per thread between two looks at the stop, and two ways to part the orders."""

_WARM_SHARE, _WARM_STEP, _WARM_HEAT = 0.3, 0.03, 0.2
"""Where a plan and prices near the best ones are given: the share of passes that is made all the same, their first step
as a share of an average cost, and the first heat of the search as a share of what it begins with otherwise."""

_HEAT = 0.05
"""What a round may worsen the plan by at first, as a share of what an order costs on average."""

_NEAR, _NARROW, _WIDENING = 0.75, 0.2, 2.0
"""Patterns that pay up to this share of an order's average cost beyond their order's minimum are listed for a window.
Columns are those of a reduced cost up to the second, which is widened as far as the first when no more is found."""

_SHORT_S = 15.0
"""Time limits below this make do with half the passes and with small windows. The limit asked for decides, not the
clock, so that a run that ends before it reproduces."""

_NO_ACTIVATION = np.zeros(0)
_OFTEN_TOLD = 50_000
"""Orders up to which every better window is told: costing a larger plan anew takes as long as a window."""

_LEAST_ROUND_S = 0.5
"""A round of windows is not begun with less time: to state its programs takes about half of that."""

_LAST_LOOK_S = 0.05
"""What has been proven by the end is heard even when the clock has run out."""

_SEATED_AT_ONCE = 8_192
"""Orders seated between two looks at the stop."""

_LITTLE = 1e-5
"""A round of windows that gains less than this share of the plan's cost found nothing."""


def suits(model: SourcingModel, menus: Menus) -> bool:
    """Whether a batch is one for this search: many orders, at least half listed, rows that cost nothing to open."""
    rows = model.rows
    free = not rows.open_cost.any() and not rows.overtime_limit.any() and not model.nodes.activation_cost.any()
    many = model.num_orders >= FEWEST_ORDERS and float(menus.listed.mean()) >= 0.5
    return bool(free and many)


def search_listed(
    model: SourcingModel,
    menus: Menus,
    stop: Stop,
    incumbent: Incumbent,
    *,
    gap: float,
    seed: int,
    threads: int,
    pricing_work: int,
    start: Patterns | None = None,
    warm: Prices | None = None,
) -> Prices:
    """Plan and bound a batch that ``suits``; returns the prices of the bound.

    ``start`` is a plan to go on from, ``warm`` are prices near which the best ones are expected.
    """
    passes = next(count for most, count in _PASSES if model.num_orders <= most)
    if warm is not None:
        passes = max(1, int(_WARM_SHARE * passes))
    if stop.time_limit_s < _SHORT_S:
        passes //= 2
    incumbent.enter("prices")
    wanted = wanted_by(menus, model.num_rows)
    with stop.share(PRICES_SHARE):
        ascended = ascend(
            model, menus, stop, threads=threads, pricing_work=pricing_work, passes=passes, start=warm, wanted=wanted,
            first_step=None if warm is None else _WARM_STEP,
            on_bound=lambda bound: incumbent.prove(int(np.floor(bound)) - 1),
        )  # fmt: skip
    # From here on what a certificate can state is what steers.
    prices = to_measure(model, ascended.prices).steering(model)
    if stop.reason is None:
        workers = worker_pool(min(threads, 2 + model.num_orders // WINDOW_ORDERS))
        with suppress(HaltedError), workers as started:
            plan = _Plan(
                model, menus, wanted, prices, incumbent, stop, seed, threads, pricing_work, start, warm is not None
            )
            plan.run(gap, started)
    return prices


def rehearse(model: SourcingModel) -> None:
    """Take every step once on a small batch, for its kernels to be compiled before a clock runs."""
    menus = list_menus(model)
    listed = np.flatnonzero(menus.listed).astype(np.int32)
    ascend(model, menus, Stop(), threads=1, pricing_work=1, passes=2)
    zero, wanted = Prices.zero(model), wanted_by(menus, model.num_rows)
    minimum = np.zeros(model.num_orders)
    minimum[listed] = price_menus(menus, zero, listed).value
    seats = make_seats(menus, model.row_capacity())
    seat_all(menus, zero.row, _NO_ACTIVATION, listed, seats, table_size(menus), slots_entries(menus))
    rng = np.random.default_rng(0)
    improve_side_by_side(
        menus, wanted, zero.row, minimum, seats, rounds=1, heat=(0.0, 0.0), threads=1, rng=rng,
        halt=Stop().halt,
    )  # fmt: skip
    useful_entries(menus, zero, listed, minimum, 1.0)
    state_compact(model, np.arange(model.num_orders))
    polish = Polish(model, menus, wanted, zero, minimum - 2.0, 1.0, 1.0, 1.0)
    for orders in polish.next_windows(seats, 1):
        own = usage_of_picks(menus, model.num_rows, held_by(seats, orders)[1])
        window = polish.columns_of(orders, seats, seats.left + own, 1)
        given = patterns_of(model, menus, window.order, window.pick_ptr, window.picks)
        # What a plan to start from goes through.
        hold(menus, *picks_of(menus, model, given), make_seats(menus, model.row_capacity()))
        polish.take(window, np.arange(len(window.order) - len(orders), len(window.order)), seats)


class _Plan:
    """The plan being improved: seats of listed orders beside the patterns of the rest."""

    def __init__(
        self,
        model: SourcingModel,
        menus: Menus,
        wanted: Wanted,
        prices: Prices,
        incumbent: Incumbent,
        stop: Stop,
        seed: int,
        threads: int,
        pricing_work: int,
        start: Patterns | None = None,
        is_near: bool = False,
    ) -> None:
        self.start, self.is_near, self.resumed = start, is_near, False
        self.model, self.menus, self.prices, self.incumbent, self.stop = model, menus, prices, incumbent, stop
        self.seed, self.threads, self.pricing_work = seed, threads, pricing_work
        self.rng = np.random.default_rng(seed)
        self.listed = np.flatnonzero(menus.listed).astype(np.int32)
        self.wanted = wanted
        self.minimum = np.zeros(model.num_orders)
        self.minimum[self.listed] = price_menus(menus, prices, self.listed, threads, stop=stop).value
        self.mean_cost = max(1.0, float(self.minimum[self.listed].mean()))
        self.rest = self._plan_rest()
        self.seats: Seats = make_seats(menus, model.row_capacity() - usage_of(model, self.rest))

    def run(self, gap: float, workers: list[Worker]) -> None:
        """Seat, search, polish; tell the incumbent after each."""
        self.incumbent.enter("construction")
        regret = self.menus.state_unmet[self.menus.state_ptr[:-1]] - self.minimum
        sequence = self.listed[np.argsort(-regret[self.listed], kind="stable")]
        self._seat(sequence, self.seats)
        if self.start is not None:
            self._resume(self.start, sequence)
        self.offer()
        # Its bound takes as long from any plan, and one thread searches a batch so small.
        bounding = None
        if can_bound(self.model) and len(workers) > 1:
            bounding, workers = self._bound(gap, workers[-1]), workers[:-1]
        self._search(gap)
        if self.stop.reason is None and not self.incumbent.closed(gap):
            self._polish(gap, workers, bounding)

    def _resume(self, start: Patterns, sequence: I32) -> None:
        """Go on from a given plan, who holds nothing in it seated beside the others, if that costs less than anew.

        Where much of a plan is lost, what is left of it leaves too little room for a search that begins cool.
        """
        orders, pick_ptr, picks = picks_of(self.menus, self.model, start)
        seats = make_seats(self.menus, self.model.row_capacity() - usage_of(self.model, self.rest))
        hold(self.menus, orders, pick_ptr, picks, seats)
        others = sequence[seats.num_held[sequence] == 0]
        self._seat(others, seats)
        if seats.cost[self.listed].sum() < self.seats.cost[self.listed].sum():
            self.seats, self.resumed = seats, True

    def _seat(self, sequence: I32, seats: Seats) -> None:
        """Seat orders one after the other; those that a stop leaves out hold nothing."""
        rooms = table_size(self.menus), slots_entries(self.menus)
        for at in range(0, len(sequence), _SEATED_AT_ONCE):
            block = sequence[at : at + _SEATED_AT_ONCE]
            seat_all(self.menus, self.prices.row, _NO_ACTIVATION, block, seats, *rooms)
            if self.stop.is_over():
                return

    def offer(self) -> None:
        """Hand the plan as it stands to the incumbent."""
        pick_ptr, picks = held_by(self.seats, self.listed)
        plan = concatenate([patterns_of(self.model, self.menus, self.listed, pick_ptr, picks), self.rest])
        self.incumbent.offer(take(plan, np.argsort(plan.order, kind="stable")))

    def _plan_rest(self) -> Patterns:
        others = np.flatnonzero(~self.menus.listed).astype(np.int32)
        if self.start is None:
            return self._constructed(others, None)
        served = np.diff(self.start.ship_ptr) > 0
        # Beside all that the plan ships, what listed orders may go on holding included.
        planned = self._constructed(others[~served[others]], take(self.start, served))
        return concatenate([take(self.start, others[served[others]]), planned])

    def _constructed(self, orders: I32, beside: Patterns | None) -> Patterns:
        return construct(
            self.model, self.prices, orders, self.stop,
            work_limit=self.pricing_work, threads=self.threads, beside=beside,
        )  # fmt: skip

    def _search(self, gap: float) -> None:
        """Large neighbourhood search, cooling down as its rounds or its share of the clock run out."""
        self.incumbent.enter("search")
        threads = self.threads if len(self.listed) >= _PARTED_ORDERS else 1
        hottest = _HEAT * (_WARM_HEAT if self.resumed and self.is_near else 1.0)
        done, begun_s, heat = 0, self.stop.elapsed_s, hottest * self.mean_cost
        windowed = self.stop.time_limit_s >= _SHORT_S and len(self.listed) <= _WINDOWED_ORDERS
        total = (_WINDOWED_ROUNDS_PER_ORDER if windowed else _ROUNDS_PER_ORDER) * len(self.listed)
        with self.stop.share(SEARCH_SHARE if windowed else LONG_SEARCH_SHARE):
            span_s = max(1e-9, self.stop.remaining_s)
            while done < total and self.stop.reason is None and not self.incumbent.closed(gap):
                rounds = min(_CALL_ROUNDS, 1 + (total - done) // threads)
                done += rounds * threads
                # By whichever ends the search first, so that it always ends cold.
                clock = (self.stop.elapsed_s - begun_s) / span_s
                # What the clock cools would cool otherwise another time.
                self.stop.was_cut = self.stop.was_cut or clock > done / total
                cooler = max(0.0, 1.0 - max(done / total, clock)) * hottest
                improve_side_by_side(
                    self.menus, self.wanted, self.prices.row, self.minimum, self.seats, rounds=rounds,
                    heat=(heat, min(heat, cooler * self.mean_cost)), threads=threads, rng=self.rng,
                    halt=self.stop.halt,
                )  # fmt: skip
                heat = min(heat, cooler * self.mean_cost)
                self.stop.spend(rounds * threads)
        self.offer()

    def _polish(self, gap: float, workers: list[Worker], bounding: Bounding | None) -> None:
        """Windows until nothing more is found; then what bounds a batch small enough is waited for, or begins."""
        self.incumbent.enter("windows")
        self._solve_windows(gap, workers, bounding)
        self._prove(gap)
        if self.incumbent.closed(gap) or not can_bound(self.model):
            return
        if bounding is None and self.stop.reason is None:
            bounding = self._bound(gap, workers[-1])
        if bounding is not None:
            self.incumbent.enter("compact")
            bounding.look(self.incumbent, 0.0 if self.stop.abandoned else self.stop.remaining_s + _LAST_LOOK_S)

    def _prove(self, gap: float) -> None:
        """Choose among all patterns that could improve the plan, where they are few enough to be listed."""
        incumbent = self.incumbent
        if incumbent.closed(gap) or self.stop.reason is not None or not self.menus.listed.all():
            return
        assert incumbent.objective is not None
        # Of the prices' own bound: a better one that branching gave says nothing about patterns at these prices.
        bound = np.floor(lagrangian(self.model, self.prices, float(self.minimum.sum()))) - 1.0
        ceilings = self.minimum[self.listed] + (incumbent.objective - bound + 2.0)
        most = max(1, 4 * PROVABLE_COLUMNS // len(self.listed))
        near = near_menus(self.menus, self.prices, self.listed, ceilings, most, self.threads, self.stop)
        if near.complete.all() and len(near.order) <= PROVABLE_COLUMNS:
            known = Generated(self.prices, float(bound), unserved(self.model), True)
            close_by_pool(self.model, gap, self.seed, self.threads, self.stop, incumbent, known, self.pricing_work)

    def _bound(self, gap: float, worker: Worker) -> Bounding:
        assert self.incumbent.patterns is not None
        assert self.incumbent.objective is not None
        idle = fix_slots(self.model, self.menus, self.prices, self.incumbent.objective)
        self.stop.count("slots_fixed", len(idle))
        return Bounding(self.model, self.incumbent.patterns, idle, worker, self.stop, gap, self.seed)

    def _solve_windows(self, gap: float, workers: list[Worker], bounding: Bounding | None) -> None:
        """Round after round; more columns are taken when a sweep over the batch finds next to nothing."""
        near, narrow = _NEAR * self.mean_cost, _NARROW * self.mean_cost
        little = _LITTLE * self.mean_cost * len(self.listed)
        polish = Polish(self.model, self.menus, self.wanted, self.prices, self.minimum, near, narrow, little)
        if self.stop.time_limit_s < _SHORT_S:
            polish.size = SHORT_WINDOW_ORDERS
        while self.stop.reason is None and not self.incumbent.closed(gap):
            if self.stop.remaining_s < _LEAST_ROUND_S:
                self.stop.was_cut = True
                break
            windows = polish.next_windows(self.seats, len(workers))
            if windows:
                change = polish.round(windows, self.seats, workers, self.stop, self.seed, self.threads)
                self.stop.spend(WINDOW_ORDERS * len(windows))
                if change < 0.0 and len(self.listed) <= _OFTEN_TOLD:
                    self.offer()
            elif not polish.widen(_WIDENING):
                break
            if bounding is not None and bounding.look(self.incumbent, 0.0):
                # It is heard whenever it is done, which no count of rounds says.
                self.stop.was_cut = True
        self.offer()
