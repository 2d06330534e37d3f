"""Which method for which batch, within one stop: the best plan and the best bound win.

``auto`` and ``exact`` run the same steps, from cheap to dear, until the gap is closed or the run is stopped:

1. price every order at zero prices: a first bound, and often the optimum where nothing is scarce;
2. plan one order after another in their sequence, as shops do: a first plan; where the batch falls into parts that
share no scarce row, each goes on by itself (``apart``), the largest first;
3. generate columns: row prices and the certified bound;
4. plan again in the light of the prices, then choose among all patterns near each order's priced minimum;
5. close the proof: either every pattern that an improvement could use is in the pool, or the compact model
bounds the rest.

Orders of one unit each are solved as the assignment that they are (``assignment``), and where a capacity of their node
is all that they compete for, bounded by knapsacks (``knapsacks``). Few large orders, where pricing is
dear, get prices and plans from the compact model's relaxation instead of columns (``bulky``).

Batches of many ordinary orders go their own way, on menus (``listed``): prices by ascent, seats, search, windows.

The rules of today (``greedy``) stop after step 2 with a bound at zero prices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from solvers import bulky
from solvers.apart import SolvePart, divide, solve_apart
from solvers.assignment import Assigned, is_assignment, solve_assignment
from solvers.certify import PRICING_WORK, certify, price_everyone
from solvers.closing import close_by_compact, close_by_knapsacks, close_by_pool
from solvers.columns import generate_columns
from solvers.fill import fill_model, fill_step
from solvers.greedy import RULES, construct, keep_fitting, regret_sequence, serving_first
from solvers.incumbent import Incumbent, Progress
from solvers.judging import recost, unserved
from solvers.leaves import Tree
from solvers.listed import FEWEST_ORDERS, search_listed, suits
from solvers.menus import Menus, list_menus
from solvers.model import I32, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, take
from solvers.pricing import Priced
from solvers.result import Outcome
from solvers.stop import HaltedError, Stop, StopReason

PRICES_WORK = 500_000_000
"""Counted pricing work spent on prices in all."""

DEAR_WORK = 5_000
"""Counted work per order above which pricing is dear: few large orders, which the compact model takes whole."""

COMPACT_SOURCES = 5_000
"""Sources up to which the compact model may go first: beyond, prices get further in the same time."""

COMPACT_SHARE, PRICES_SHARE, POOL_SHARE, APART_SHARE = 0.6, 0.4, 0.5, 0.6
"""Of the time that remains, what each step may take at most before the next; the last where a search of many ordinary
orders may follow."""

CLOSING_SHARE, LEAST_CLOSING_S = 0.2, 5.0
"""Of the time limit, what the certificate may take beyond it for orders that the pricing kernels leave open."""


class Settings(NamedTuple):
    """``gap`` is relative; ``sequence`` is the order in which rules serve orders, int32[num_orders]."""

    method: str
    gap: float
    seed: int
    threads: int
    sequence: I32
    fill_first: bool = False


class Begin(NamedTuple):
    """Where to begin: a plan that holds every row, one pattern per order, and prices near those expected, or None."""

    patterns: Patterns
    prices: Prices | None = None


def solve(
    model: SourcingModel,
    settings: Settings,
    stop: Stop,
    watch: Callable[[Progress], None] | None = None,
    begin: Begin | None = None,
) -> Outcome:
    """Solve a batch. Always returns a plan that holds every row: serving nothing does.

    Parameters
    ----------
    begin
        A plan that the answer is never worse than. Rules take none: what they would do is the question.

    Raises
    ------
    ValueError
        When the method is unknown.
    """
    if settings.method in RULES:
        return _by_rule(model, settings, stop, watch)
    if settings.method not in ("auto", "exact"):
        raise ValueError(f"unknown method {settings.method!r}")
    given = [] if begin is None else _completed(model, begin.patterns, settings, stop)
    warm = None if begin is None else begin.prices
    if not settings.fill_first:
        return _search(model, settings, stop, watch, None, given, warm=warm)
    step, filled = fill_step(model), fill_model(model)
    again = [recost(filled, plan) for plan in given]
    first = _search(filled, settings._replace(gap=0.0), stop, None, None, again, step)
    fill_bound = -(-first.bound // step) * step
    # Given plans count again where nothing fills more than they do.
    outcome = _search(model, settings, stop, watch, first.objective, [recost(model, first.patterns), *given])
    proven = first.objective <= fill_bound
    return outcome._replace(fill_bound=min(fill_bound, first.objective), optimal=outcome.optimal and proven)


def _by_rule(model: SourcingModel, settings: Settings, stop: Stop, watch: Callable[[Progress], None] | None) -> Outcome:
    incumbent = Incumbent(model, stop, watch)
    incumbent.enter(settings.method)
    zero = Prices.zero(model)
    # What a rule ships stands even where leaving orders out would cost less: where fill comes first it does.
    wish = serving_first(zero) if settings.fill_first else zero
    incumbent.offer(
        construct(
            model, wish, settings.sequence, stop,
            work_limit=PRICING_WORK, threads=settings.threads, rule=settings.method,
        )
    )  # fmt: skip
    return _finish(model, settings, stop, incumbent, [zero], None)


def _search(
    model: SourcingModel,
    settings: Settings,
    stop: Stop,
    watch: Callable[[Progress], None] | None,
    fill_limit: int | None,
    given: list[Patterns],
    step: int = 1,
    warm: Prices | None = None,
    exacting: bool = False,
) -> Outcome:
    incumbent = Incumbent(model, stop, watch, fill_limit, step, exacting)
    incumbent.enter("pricing")
    nothing = unserved(model)
    incumbent.offer(nothing)
    for plan in given:
        incumbent.offer(plan)
    menus: Menus | None = None
    if model.num_orders >= FEWEST_ORDERS and fill_limit is None and step == 1:
        menus = list_menus(model, settings.threads)
        menus = menus if suits(model, menus) else None
    zero = Prices.zero(model)
    apart = fill_limit is None and not exacting
    if menus is not None:
        found: list[Prices] = []
        if apart:
            with stop.part(APART_SHARE):
                found = _solve_parts(model, settings, stop, incumbent, menus)
        begin = given[0] if given else None
        # Where parts were cut short the search goes on from what they gave.
        begin = incumbent.patterns if found else begin
        if not found or not (incumbent.closed(settings.gap) or stop.reason is not None):
            found.append(
                search_listed(
                    model, menus, stop, incumbent,
                    gap=settings.gap, seed=settings.seed, threads=settings.threads, pricing_work=PRICING_WORK,
                    start=begin, warm=warm,
                )
            )  # fmt: skip
        return _finish(model, settings, stop, incumbent, found, fill_limit, menus)
    priced = _price_first(model, settings, stop, incumbent, None)
    prices = zero
    tree: Tree | None = None
    if not incumbent.closed(settings.gap) and stop.reason is None:
        incumbent.enter("construction")
        plan = construct(model, zero, settings.sequence, stop, work_limit=PRICING_WORK, threads=settings.threads)
        incumbent.offer(plan)
        _offer_fitting(model, settings, stop, incumbent, priced)
        division = divide(model, lambda: priced, stop.time_limit_s) if apart else None
        if division is not None:
            solver = _part_solver(settings)
            threads = settings.threads
            prices = solve_apart(model, division, priced, stop, incumbent, solver, settings.gap, threads)
            return _finish(model, settings, stop, incumbent, [zero, prices], fill_limit, first=priced)
        pool = concatenate([nothing, priced.patterns, plan, *given])
        if is_assignment(model):
            assigned, tree = _assign(model, settings, stop, incumbent)
            if assigned is not None:
                prices, pool = assigned.prices, assigned.patterns
        if not incumbent.closed(settings.gap) and stop.reason is None:
            dear = int(priced.work.sum()) > DEAR_WORK * model.num_orders
            if dear and fill_limit is None and bulky.applies(model):
                prices = _improve_bulky(model, settings, stop, incumbent)
            else:
                dear = dear and len(model.sources.line) <= COMPACT_SOURCES
                prices = _improve(model, settings, stop, incumbent, pool, dear)
    return _finish(model, settings, stop, incumbent, [zero, prices], fill_limit, first=priced)._replace(tree=tree)


def _completed(model: SourcingModel, plan: Patterns, settings: Settings, stop: Stop) -> list[Patterns]:
    """A plan, and the same with orders that it leaves out served from what it leaves of the rows."""
    idle = np.diff(plan.ship_ptr) == 0
    if not idle.any() or idle.all():
        return [plan]
    served, later = take(plan, ~idle), settings.sequence[idle[settings.sequence]]
    zero = Prices.zero(model)
    rest = construct(model, zero, later, stop, work_limit=PRICING_WORK, threads=settings.threads, beside=served)
    both = concatenate([served, rest])
    return [plan, take(both, np.argsort(both.order, kind="stable"))]


def _price_first(
    model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent, menus: Menus | None
) -> Priced:
    """Step 1: every order's minimum at zero prices."""
    priced = price_everyone(model, Prices.zero(model), settings.threads, menus, None)
    stop.spend(model.num_orders)
    stop.count("passes")
    stop.count("orders_repriced", model.num_orders)
    incumbent.offer(priced.patterns)
    incumbent.prove(int(np.floor(priced.lower_bound.sum())) - 1)
    _offer_fitting(model, settings, stop, incumbent, priced)
    return priced


def _offer_fitting(model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent, priced: Priced) -> None:
    """Where the run has been cut nothing more may be priced: what fits of what was beats serving nothing."""
    if stop.reason is not None:
        incumbent.offer(keep_fitting(model, priced.patterns, settings.sequence))


def _solve_parts(
    model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent, menus: Menus
) -> list[Prices]:
    """Many ordinary orders part by part; no prices, and nothing spent, where they are best solved together."""
    zero = Prices.zero(model)
    division = divide(model, lambda: price_everyone(model, zero, settings.threads, menus, None), stop.time_limit_s)
    if division is None:
        return []
    priced = _price_first(model, settings, stop, incumbent, menus)
    if incumbent.closed(settings.gap) or stop.reason is not None:
        return [zero]
    # What a part that is cut short would be left with.
    incumbent.offer(construct(model, zero, settings.sequence, stop, work_limit=PRICING_WORK, threads=settings.threads))
    solver, threads = _part_solver(settings), settings.threads
    return [solve_apart(model, division, priced, stop, incumbent, solver, settings.gap, threads)]


def _part_solver(settings: Settings) -> SolvePart:
    """Solves a part as a batch of its own, held to the gap without the micro that a whole batch is allowed."""
    rank = np.argsort(settings.sequence)

    def solve_part(
        model: SourcingModel, orders: I32, stop: Stop, watch: Callable[[Progress], None], threads: int
    ) -> Outcome:
        sequence = np.argsort(rank[orders], kind="stable").astype(np.int32)
        own = settings._replace(sequence=sequence, threads=threads)
        return _search(model, own, stop, watch, None, [], exacting=True)

    return solve_part


def _improve(
    model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent, pool: Patterns, dear: bool
) -> Prices:
    """Steps 3 to 5; returns the best prices found. ``dear``: pricing is, so the compact model goes first."""
    gap, seed, threads = settings.gap, settings.seed, settings.threads
    everyone = np.arange(model.num_orders, dtype=np.int32)
    if dear:
        with stop.share(COMPACT_SHARE):
            close_by_compact(model, gap, seed, threads, stop, incumbent)
    incumbent.enter("prices")
    with stop.share(PRICES_SHARE):
        generated = generate_columns(
            model,
            pool,
            stop,
            orders=everyone,
            tolerance=min(1e-6, gap / 10),
            threads=threads,
            pricing_work=PRICING_WORK,
            total_work=PRICES_WORK,
            fill_limit=incumbent.fill_limit,
            on_bound=lambda bound: incumbent.prove(int(np.floor(bound)) - 1),
        )
    prices = generated.prices
    if not incumbent.closed(gap) and stop.reason is None:
        _construct_again(model, settings, stop, incumbent, prices)
    if not incumbent.closed(gap) and stop.reason is None:
        with stop.share(POOL_SHARE):
            close_by_pool(model, gap, seed, threads, stop, incumbent, generated, PRICING_WORK)
    if not incumbent.closed(gap) and stop.reason is None and not (dear and not stop.was_cut):
        close_by_compact(model, gap, seed, threads, stop, incumbent, prices)
    return prices


def _construct_again(
    model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent, prices: Prices
) -> None:
    """Plan again in the light of the prices, what has most to lose first."""
    incumbent.enter("construction")
    everyone, threads = np.arange(model.num_orders, dtype=np.int32), settings.threads
    try:
        sequence = regret_sequence(model, prices, everyone, stop, work_limit=PRICING_WORK, threads=threads)
    except HaltedError:
        return
    incumbent.offer(construct(model, prices, sequence, stop, work_limit=PRICING_WORK, threads=threads))


def _assign(
    model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent
) -> tuple[Assigned | None, Tree | None]:
    """Orders of one unit each: the relaxation over all patterns (None where it was stopped), then knapsacks."""
    incumbent.enter("assignment")
    assigned, tree = solve_assignment(model, stop, incumbent), None
    if assigned is None:
        return None, None
    incumbent.prove(certify(model, assigned.prices, settings.threads, incumbent.fill_limit).bound)
    if not incumbent.closed(settings.gap) and incumbent.fill_limit is None:
        _construct_again(model, settings, stop, incumbent, assigned.prices)
        with stop.share(POOL_SHARE):
            tree = close_by_knapsacks(model, settings.gap, settings.seed, settings.threads, stop, incumbent, assigned)
    return assigned, tree


def _improve_bulky(model: SourcingModel, settings: Settings, stop: Stop, incumbent: Incumbent) -> Prices:
    """Instead of steps 3 to 5 where pricing is dear; the compact model closes what is left."""
    gap, seed, threads = settings.gap, settings.seed, settings.threads
    prices = bulky.improve_bulky(model, gap, seed, threads, stop, incumbent, PRICING_WORK)
    if not incumbent.closed(gap) and stop.reason is None:
        close_by_compact(model, gap, seed, threads, stop, incumbent)
    return prices


def _finish(
    model: SourcingModel,
    settings: Settings,
    stop: Stop,
    incumbent: Incumbent,
    prices: list[Prices],
    fill_limit: int | None,
    menus: Menus | None = None,
    first: Priced | None = None,
) -> Outcome:
    """Recompute the certificate in exact integers, whatever the clock says: no bound is claimed else.

    ``first`` is what everyone pays without prices.
    """
    cut = StopReason.WORK if stop.was_short else StopReason.TIME if stop.was_cut else None
    reason = stop.reason or cut
    incumbent.enter("certificate")
    # Without prices nothing worse than nothing is proven.
    # A part's is computed once more, with the whole's.
    waits = reason is not StopReason.INTERRUPTED and not incumbent.exacting
    closing = Stop(max(LEAST_CLOSING_S, CLOSING_SHARE * stop.time_limit_s) if waits else 0.0)
    distinct = [p for at, p in enumerate(prices) if not any(p.same(other) for other in prices[:at])]
    zero = Prices.zero(model)
    # Orders that are still open may be closed now.
    known = first if first is not None and (first.exact.all() or not waits) else None
    certificates = [
        certify(model, p, settings.threads, fill_limit, menus, closing, known if p.same(zero) else None)
        for p in distinct
    ]
    certificate = max(certificates, key=lambda c: c.bound)
    if reason is None and closing.was_cut:
        reason = StopReason.TIME
    assert incumbent.patterns is not None
    assert incumbent.objective is not None
    bound, source = certificate.bound, "prices"
    if incumbent.searched and incumbent.bound is not None and incumbent.bound > bound:
        bound, source = incumbent.bound, "search"
    optimal = incumbent.objective - bound <= settings.gap * max(1_000_000, incumbent.objective) + 1
    return Outcome(
        incumbent.patterns,
        incumbent.objective,
        certificate,
        bound,
        source,
        optimal,
        int(incumbent.patterns.fill.sum()),
        None,
        reason,
        settings.method,
    )
