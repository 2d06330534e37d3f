"""Batches of single units: every pattern is one unit from one source on one trip, so all of them are listed.

Where no more than one of an order's rows binds at a time the relaxation over all patterns is that of a transportation
problem: its vertices are whole and so are its duals (Hoffman & Kruskal 1956, doi:10.1515/9781400881987-014), so one
linear program gives the plan and the prices that prove it. Where knapsacks bind, its duals are at least the best prices
there are, and the pool is complete.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import ragged
from solvers.execution import solve_lp
from solvers.incumbent import Incumbent
from solvers.judging import judge, unserved
from solvers.knapsacks import Knapsacks, as_knapsacks
from solvers.master import build_master, chosen, master_prices, order_duals
from solvers.model import F64, I64, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, take
from solvers.stop import Stop

_MOST_PATTERNS = 400_000
_WHOLE = 1e-6


class Assigned(NamedTuple):
    """Row prices from the relaxation's duals, what serving each order is worth by them, and every pattern of all."""

    prices: Prices
    reward: F64
    patterns: Patterns
    knapsacks: Knapsacks | None


def is_assignment(model: SourcingModel) -> bool:
    """Whether every order asks for one unit, and its ways to get it are few enough to list."""
    single = len(model.lines.quantity) == model.num_orders and bool(np.all(model.lines.quantity == 1))
    return single and 2 * _trips_per_candidate(model)[_candidate_of_source(model)].sum() <= _MOST_PATTERNS


def list_all(model: SourcingModel) -> Patterns:
    """Every pattern of every order, serving nothing first, then in the sequence of sources and trips."""
    offers = model.offers
    candidate = _candidate_of_source(model)
    group = model.candidates.offer_class[candidate]
    first, last = offers.trip_ptr[offers.class_ptr[group]], offers.trip_ptr[offers.class_ptr[group + 1]]
    source, trip = ragged(first, last)
    spare = np.flatnonzero(model.orders.use_safety_stock[model.candidates.order[candidate[source]]])
    safety = np.repeat([False, True], [len(source), len(spare)])
    source, trip = np.concatenate([source, source[spare]]), np.concatenate([trip, trip[spare]])
    count, none = len(source), np.zeros(len(source), np.int64)
    one_each = np.arange(count + 1, dtype=np.int64)
    stated = Patterns(
        order=model.candidates.order[candidate[source]],
        cost=none,
        fill=none,
        ship_ptr=one_each,
        ship_cand=candidate[source].astype(np.int32),
        ship_trip=trip.astype(np.int32),
        load_ptr=one_each,
        load_source=source.astype(np.int32),
        load_safety=safety,
        load_quantity=none + 1,
        draw_ptr=np.zeros(count + 1, np.int64),
        draw_row=np.zeros(0, np.int32),
        draw=np.zeros(0, np.int64),
    )
    judged, rule = judge(model, stated, model.row_capacity())
    return concatenate([unserved(model), take(judged, np.flatnonzero(rule == 0))])


def solve_assignment(model: SourcingModel, stop: Stop, incumbent: Incumbent) -> Assigned | None:
    """Solve the relaxation over all patterns; offer its vertex where it is whole. None where it was stopped."""
    pool = list_all(model)
    master = build_master(model, pool, fill_limit=incumbent.fill_limit)
    assert master is not None
    solved = solve_lp(master.program, stop)
    stop.spend(model.num_orders)
    if solved is None:
        return None
    picked = solved.x[: master.num_patterns]
    if np.all(np.abs(picked - np.rint(picked)) <= _WHOLE):
        incumbent.offer(take(pool, _by_order(pool, chosen(master, solved.x))))
    return Assigned(
        master_prices(model, master, solved.dual),
        order_duals(model, master, solved.dual),
        pool,
        as_knapsacks(model, pool, master),
    )


def _by_order(pool: Patterns, which: I64) -> I64:
    return which[np.argsort(pool.order[which], kind="stable")]


def _trips_per_candidate(model: SourcingModel) -> I64:
    offers = model.offers
    trips = offers.trip_ptr[offers.class_ptr[1:]] - offers.trip_ptr[offers.class_ptr[:-1]]
    return np.asarray(trips[model.candidates.offer_class], np.int64)


def _candidate_of_source(model: SourcingModel) -> I64:
    return np.repeat(np.arange(len(model.candidates.order)), np.diff(model.candidates.source_ptr))
