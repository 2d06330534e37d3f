"""Closing the gap: a set-partitioning program over all patterns that an improvement could use.

With prices of bound L and a plan of cost U, a pattern that pays more than its order's minimum plus U - L is
in no better plan
(reduced-cost fixing). So a pool complete up to a threshold T proves min(its own optimum, L + T), and the
optimum once T >= U - L.
"""

from __future__ import annotations

import numpy as np

from solvers.assignment import Assigned
from solvers.columns import Generated, merge, signatures
from solvers.compact import solve_compact
from solvers.execution import solve_in_integers, solve_mip
from solvers.fixing import fix_slots
from solvers.incumbent import Incumbent, row_mix, usage_of
from solvers.judging import unserved
from solvers.knapsack_tree import grow_by_knapsacks
from solvers.knapsacks import Ascended, ascend, forced
from solvers.leaves import Tree
from solvers.master import Master, build_master, chosen
from solvers.menus import list_menus
from solvers.model import F64, Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import price_orders
from solvers.pricing_near import Near, enumerate_near
from solvers.program import MipOutcome
from solvers.stop import HaltedError, Stop

_MOST_COLUMNS = 60_000
"""Patterns beyond which a pool is no longer widened: what the program over them takes in seconds."""

_NEAR_WORK = 60_000_000
"""Counted work of listing patterns, all orders together."""

_BLOCK = 256
"""Orders listed between two looks at the stop."""

_ENOUGH = 2e-4
"""Relative gap at which a pool that is not the last one counts as solved."""

_FEW_PATTERNS = 1.5
"""Patterns per order among which a first plan is sought."""

_FEW_NODES = 10
"""Nodes of that search: a good plan is found long before it is proven."""

_WIDENING = 3.0
_MICROS_PER_UNIT = 1_000_000
_SAFETY = 1e-9
"""Share by which a float solver's bound is lowered before it is claimed: well beyond the rounding of its sums."""


def close_by_pool(
    model: SourcingModel,
    gap: float,
    seed: int,
    threads: int,
    stop: Stop,
    incumbent: Incumbent,
    generated: Generated,
    pricing_work: int,
) -> None:
    """Widen a pool of near-optimal patterns and choose among them until closed, complete, too large or stopped."""
    if not np.isfinite(generated.bound):
        return  # its share of the time was over before any prices were tried: what is near them nobody knows
    orders = np.arange(model.num_orders, dtype=np.int32)
    try:
        priced = price_orders(model, generated.prices, orders, work_limit=pricing_work, threads=threads, stop=stop)
    except HaltedError:
        return
    lower = int(np.floor(generated.bound)) - 1
    pool = generated.pool
    assert incumbent.objective is not None
    # A quarter of what an order costs holds most of what a good plan uses; measured in docs/decisions/0005.
    threshold = max(1.0, 0.25 * lower / max(1, model.num_orders))
    while stop.reason is None:
        incumbent.enter("pool")
        needed = incumbent.objective - lower + 2
        threshold = float(min(threshold, needed))
        near = _list_near(model, generated.prices, threshold, threads, stop)
        complete = bool(near.complete.all() and priced.exact.all())
        if stop.is_over():
            return
        assert incumbent.patterns is not None
        pool = merge(merge(pool, incumbent.patterns), near.patterns)
        if threshold >= needed:
            # Nothing dearer can improve the plan; the incumbent's own patterns stay out of the way of the
            # proof.
            least = priced.lower_bound[pool.order]
            known = pool.num_patterns
            pool = take(pool, np.flatnonzero(priced_cost(pool, generated.prices) <= least + needed))
            stop.count("columns_fixed", known - pool.num_patterns)
        if stop.is_over():
            return
        reach = lower + int(threshold) - 1 if complete else lower
        choose_from(model, pool, gap, seed, threads, stop, incumbent, reach, final=complete and threshold >= needed)
        if incumbent.closed(gap) or not complete or threshold >= needed or pool.num_patterns > _MOST_COLUMNS:
            return
        threshold *= _WIDENING


def _list_near(model: SourcingModel, prices: Prices, threshold: float, threads: int, stop: Stop) -> Near:
    """All patterns within a threshold, block by block; the blocks a stop leaves out count as incomplete."""
    most = max(1, model.num_orders)
    parts: list[Near] = []
    for at in range(0, model.num_orders, _BLOCK * max(1, threads)):
        orders = np.arange(at, min(at + _BLOCK * max(1, threads), model.num_orders), dtype=np.int32)
        if stop.reason is not None:
            parts.append(Near(unserved(model, orders), np.zeros(len(orders), np.bool_)))
            continue
        try:
            near = enumerate_near(
                model,
                prices,
                orders,
                np.full(len(orders), threshold),
                max_patterns=max(64, _MOST_COLUMNS // most),
                work_limit=max(5_000, _NEAR_WORK // most),
                threads=threads,
                stop=stop,
            )
        except HaltedError:
            near = Near(unserved(model, orders), np.zeros(len(orders), np.bool_))
        parts.append(near)
        stop.spend(len(orders))
    listed = concatenate([part.patterns for part in parts])
    stop.count("columns", listed.num_patterns)
    return Near(listed, np.concatenate([part.complete for part in parts]))


def close_by_knapsacks(
    model: SourcingModel, gap: float, seed: int, threads: int, stop: Stop, incumbent: Incumbent, assigned: Assigned
) -> Tree | None:
    """A plan among the patterns that knapsacks leave in play, proven by branching; else by a program over all of them.

    Returns
    -------
    Tree
        What was proven by branching; None where the batch is none of knapsacks, or the run was stopped before.
    """
    knapsacks, pool = assigned.knapsacks, assigned.patterns
    if knapsacks is None or stop.reason is not None:
        return None
    incumbent.enter("knapsacks")
    assert incumbent.objective is not None
    ascended = ascend(knapsacks, assigned.reward, incumbent.objective, stop)
    incumbent.prove(knapsacks.raised(ascended.bound), searched=True)
    if not incumbent.closed(gap) and stop.reason is None:
        few = int(_FEW_PATTERNS * model.num_orders)
        _choose_in_play(model, assigned, ascended, gap, seed, threads, stop, incumbent, few, most_nodes=_FEW_NODES)
    incumbent.enter("branching")
    goal = incumbent.objective - int(gap * max(_MICROS_PER_UNIT, incumbent.objective))
    grown = grow_by_knapsacks(model, knapsacks, ascended.reward.astype(np.float64), goal, stop)
    if grown.plan is not None:
        incumbent.offer(take(pool, grown.plan[np.argsort(pool.order[grown.plan], kind="stable")]))
    incumbent.prove(grown.tree.bound, searched=True)
    if not incumbent.closed(gap) and stop.reason is None:
        _choose_in_play(model, assigned, ascended, gap, seed, threads, stop, incumbent, pool.num_patterns)
    return grown.tree


def _choose_in_play(
    model: SourcingModel,
    assigned: Assigned,
    ascended: Ascended,
    gap: float,
    seed: int,
    threads: int,
    stop: Stop,
    incumbent: Incumbent,
    most: int,
    most_nodes: int | None = None,
) -> None:
    """Choose among the patterns that a better plan may hold, at most so many, those of the best plans first."""
    knapsacks, pool = assigned.knapsacks, assigned.patterns
    assert knapsacks is not None
    assert incumbent.objective is not None
    assert incumbent.patterns is not None
    # A plan with the pattern costs at least this much.
    least = np.empty(pool.num_patterns, np.int64)
    least[knapsacks.pattern] = ascended.bound + forced(knapsacks, ascended.reward)
    better = np.flatnonzero(least <= incumbent.objective - knapsacks.step)
    by_cost = better[np.argsort(least[better], kind="stable")]
    final = len(better) <= most and most_nodes is None
    reach = incumbent.objective if len(better) <= most else int(least[by_cost[most]])
    kept = merge(take(pool, np.sort(by_cost[:most])), incumbent.patterns)
    choose_from(model, kept, gap, seed, threads, stop, incumbent, reach, final=final, most_nodes=most_nodes)


def close_by_compact(
    model: SourcingModel,
    gap: float,
    seed: int,
    threads: int,
    stop: Stop,
    incumbent: Incumbent,
    prices: Prices | None = None,
) -> None:
    """Let the compact model look for a plan and bound what no pool can hold.

    ``prices`` are those of a bound, by which slots are left out that no better plan uses.
    """
    incumbent.enter("compact")
    idle = None
    if prices is not None and incumbent.fill_limit is None:
        assert incumbent.objective is not None
        idle = fix_slots(model, list_menus(model, threads), prices, incumbent.objective)
        stop.count("slots_fixed", len(idle))
    outcome = solve_compact(
        model,
        stop,
        fill_limit=incumbent.fill_limit,
        warm=incumbent.patterns,
        idle=idle,
        relative_gap=gap / 2,
        time_limit_s=stop.remaining_s,
        seed=seed,
        threads=threads,
    )
    stop.spend(model.num_orders)
    if outcome.patterns is not None:
        incumbent.offer(outcome.patterns)
    if outcome.bound is not None:
        incumbent.prove(outcome.bound, searched=True)


def choose_from(
    model: SourcingModel,
    pool: Patterns,
    gap: float,
    seed: int,
    threads: int,
    stop: Stop,
    incumbent: Incumbent,
    reach: int,
    final: bool,
    most_nodes: int | None = None,
) -> None:
    """Solve the master over the pool; what it proves holds up to ``reach``, or for good when ``final``."""
    master = build_master(model, pool, fill_limit=incumbent.fill_limit)
    assert master is not None
    if stop.is_over():
        return
    # A pool that proves nothing need not be solved to the last digit: what it lacks weighs more.
    enough = gap / 2 if final else max(gap / 2, _ENOUGH)
    hint = _hint(model, master, pool, incumbent)
    outcome = solve_mip(master.program, stop, relative_gap=enough, hint=hint, seed=seed, most_nodes=most_nodes)
    _accept(pool, master, outcome, incumbent)
    if np.isfinite(outcome.bound):
        claim = outcome.bound / master.cost_scale
        claim = int(np.floor(claim - abs(claim) * _SAFETY)) - 1
        incumbent.prove(claim if final else min(claim, reach), searched=True)
    if final and outcome.optimal and not incumbent.closed(gap) and stop.reason is None:
        _settle_in_integers(model, pool, seed, threads, stop, incumbent)


def _settle_in_integers(
    model: SourcingModel, pool: Patterns, seed: int, threads: int, stop: Stop, incumbent: Incumbent
) -> None:
    """A gap narrower than float tolerances is closed by CP-SAT, whose every claim holds in integers."""
    master = build_master(model, pool, fill_limit=incumbent.fill_limit, in_integers=True)
    if master is None:
        return
    incumbent.enter("integers")
    hint = _hint(model, master, pool, incumbent)
    outcome = solve_in_integers(master.program, stop, hint=hint, seed=seed, threads=threads)
    _accept(pool, master, outcome, incumbent)
    if np.isfinite(outcome.bound):
        # Overtime per base unit may end in fractions of a micro, which the cost rounds row by row.
        rounded = int((model.rows.scale[master.overtime_rows] > 1).sum())
        claim = int(np.ceil(outcome.bound / master.cost_scale - 1e-6)) - (rounded + 1) // 2
        incumbent.prove(claim, searched=True)


def _accept(pool: Patterns, master: Master, outcome: MipOutcome, incumbent: Incumbent) -> None:
    if outcome.x is not None:
        picked = chosen(master, outcome.x)
        incumbent.offer(take(pool, picked[np.argsort(pool.order[picked], kind="stable")]))


def _hint(model: SourcingModel, master: Master, pool: Patterns, incumbent: Incumbent) -> F64 | None:
    """The incumbent in the master's columns; None when the pool lacks one of its patterns."""
    assert incumbent.patterns is not None
    known, wanted = signatures(pool), signatures(incumbent.patterns)
    order = np.argsort(known)
    at = order[np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)]
    if not np.array_equal(known[at], wanted):
        return None
    x = np.zeros(len(master.program.cost))
    x[at] = 1.0
    opened = np.unique(model.candidates.node[incumbent.patterns.ship_cand])
    x[master.num_patterns : master.num_patterns + len(master.nodes)] = np.isin(master.nodes, opened)
    used = usage_of(model, incumbent.patterns)
    first = master.num_patterns + len(master.nodes)
    loads = {int(r): row_mix(model, int(r), int(used[r]))[1] for r in (*master.load_rows, *master.overtime_rows)}
    x[first : first + len(master.load_rows)] = [loads[int(r)] for r in master.load_rows]
    over = [max(0, int(used[r]) - int(model.rows.limit[r]) * loads[int(r)]) for r in master.overtime_rows]
    x[first + len(master.load_rows) :] = np.array(over, np.float64) / master.overtime_unit
    return x
