"""The compact model: one mixed-integer program over shipments and loads, where patterns are too many to list.

Where the master (``solvers.master``) has a column per pattern, this model has columns for shipments (a candidate on a
trip), for the units each source gives them and for whole lines aboard, and states P1-P8 and C1-C5 as rows (the
arc-flow counterpart of set partitioning; the master is its Dantzig-Wolfe reformulation: Dantzig & Wolfe 1960,
doi:10.1287/opre.8.1.101). Its relaxation is weaker, its size is not exponential: an order of 146 units over 16 nodes
has 16 loads here and more patterns than can be listed.

**Exact**: quantities, packs, unsplit lines, groups, complete and together, shipment limits, stock and safety stock,
every capacity measure with loads and overtime, activation, maximum weights, minimum values, parcels, rate breaks and
minima of every stage, billable weight, duties, insurance, handling, carbon, earliness, hard windows and lateness by
the tightest latest aboard.

**Relaxed**, so that no plan is cut off and none is charged more than it costs:

- ex works, lateness and hard windows are judged line by line by the readiness of the line's own units, not by the
  latest unit aboard;
- a billable weight by volume may be half a gram off, in the plan's favour, unless whole grams are asked for;
- amounts are not rounded to micros: every shipment is charged less by the most that rounding could take off.

So the optimum is a lower bound in integers; it is stated less a relative 1e-9 for what the float solver may be off.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.compact_arcs import Network, assemble, build_network
from solvers.compact_dominance import needless_slots
from solvers.compact_layout import slot_terms
from solvers.compact_plan import StandIns, improved_start, plan_of, start_of
from solvers.compact_program import Compact, build_compact
from solvers.compact_rates import MICROS, PER_KG, PER_VALUE, load_ranges, slot_costs
from solvers.compact_shared import stated_draws
from solvers.execution import solve_mip
from solvers.judging import unserved
from solvers.model import I64, Patterns, SourcingModel
from solvers.stop import Stop

MOST_LOADS = 500_000
"""Sources times trips beyond which nothing is tried: the first relaxation alone would take minutes."""

LARGE = 5_000
"""Columns from which a plan is sought in a part of the model before all of it is searched."""

_SAFETY = 1e-9
_SHARE_OF_TIME = 0.9
_SHARE_OF_START = 0.6


class CompactOutcome(NamedTuple):
    """One pattern per order, exactly costed, and a lower bound of every plan's cost in weighted micros.

    Either may be None. ``optimal``: the search ended within the gap asked for; a plan that the exact rules made dearer
    may still lie further above the bound.
    """

    patterns: Patterns | None
    bound: int | None
    optimal: bool


def solve_compact(
    model: SourcingModel,
    stop: Stop,
    *,
    orders: npt.NDArray[np.integer[Any]] | None = None,
    fill_limit: int | None = None,
    warm: Patterns | None = None,
    idle: I64 | None = None,
    relative_gap: float = 1e-4,
    time_limit_s: float = float("inf"),
    whole_grams: bool = False,
    seed: int = 0,
    threads: int = 0,  # noqa: ARG001 - HiGHS searches on one thread; the tree's order must not depend on the machine
) -> CompactOutcome:
    """Solve the compact model of a batch with HiGHS; one of more than ``MOST_LOADS`` is left alone.

    Parameters
    ----------
    orders
        Order indices, None for all. Rows have their full limits: the bound holds for these orders as if they were
        alone.
    fill_limit
        The most weighted unallocated units of these orders, in millionths (C5).
    warm
        A plan of these orders to start from, one pattern each; one that the model cannot state is left aside.
    idle
        Slots that no plan worth having uses, as candidate * num_trips + trip: the bound is then of such plans alone.
    relative_gap
        When to end, relative to the plan's cost.
    whole_grams
        Bill weights by volume to the gram, a column of its own for each shipment: exact, and slower.
    """
    every = np.arange(model.num_orders) if orders is None else np.unique(orders)
    if num_loads(model, every) > MOST_LOADS:
        return CompactOutcome(None, None, False)
    network, compact, stand_ins = state_compact(model, every, fill_limit=fill_limit, whole_grams=whole_grams, idle=idle)
    if compact is None:
        nothing = unserved(model, every.astype(np.int32))
        if fill_limit is not None and int(nothing.fill.sum()) > fill_limit:
            return CompactOutcome(None, None, False)
        return CompactOutcome(nothing, int(nothing.cost.sum()), True)
    hint = None if warm is None else start_of(model, network, compact, stand_ins, warm, stop)
    # HiGHS may overrun its limit, and what it has found by the hard stop would be lost.
    limit_s = min(time_limit_s, _SHARE_OF_TIME * stop.remaining_s)
    ends_s = stop.elapsed_s + limit_s
    if len(compact.program.cost) >= LARGE:
        share_s = _SHARE_OF_START * limit_s
        hint = improved_start(compact.program, len(every), stop, hint, relative_gap, share_s, seed)
        limit_s = ends_s - stop.elapsed_s
    outcome = solve_mip(compact.program, stop, relative_gap=relative_gap, time_limit_s=limit_s, hint=hint, seed=seed)
    patterns = None if outcome.x is None else plan_of(model, network, compact.layout, outcome.x)
    if patterns is not None and fill_limit is not None and int(patterns.fill.sum()) > fill_limit:
        patterns = None
    return CompactOutcome(patterns, bound_of(outcome.bound, compact), outcome.optimal)


def state_compact(
    model: SourcingModel,
    orders: npt.NDArray[np.integer[Any]],
    *,
    fill_limit: int | None = None,
    whole_grams: bool = False,
    idle: I64 | None = None,
) -> tuple[Network, Compact | None, StandIns]:
    """The network and the program of some orders (none where nothing can ship), and trips others stand in for.

    ``idle`` are slots to be left out, as candidate * num_trips + trip.
    """
    network = build_network(model, orders)
    loads = load_ranges(model, network)
    costs = slot_costs(model, network, loads, whole_grams=whole_grams)
    # Slots that no load makes a shipment of (P6).
    possible = costs.possible & (costs.least_kg <= loads.most[:, PER_KG])
    possible &= model.nodes.min_shipment_value_micros[network.slots.node] * MICROS <= loads.most[:, PER_VALUE]
    if idle is not None:
        possible &= ~np.isin(network.slots.cand * len(model.trips.departure) + network.slots.trip, idle)
    if not possible.all():
        network = assemble(model, network, possible, np.ones(len(network.arcs.slot), np.bool_))
        loads = load_ranges(model, network)
        costs = slot_costs(model, network, loads, whole_grams=whole_grams)
    stand_ins = StandIns(np.full(1, -1, np.int64), np.full(1, -1, np.int64))
    if network.slots.num == 0:
        return network, None, stand_ins
    slots = network.slots
    terms = slot_terms(model, network, costs)
    needless = needless_slots(model, network, loads, costs, terms, stated_draws(model, network, loads))
    stays = needless.stand_in == np.arange(slots.num)
    if not stays.all():
        key = slots.cand[~stays] * len(model.trips.departure) + slots.trip[~stays]
        stand_ins = StandIns(
            np.append(stand_ins.key, key), np.append(stand_ins.trip, slots.trip[needless.stand_in[~stays]])
        )
        network = assemble(model, network, stays, np.ones(len(network.arcs.slot), np.bool_))
        loads = load_ranges(model, network)
        costs = slot_costs(model, network, loads, whole_grams=whole_grams)
    compact = build_compact(model, network, loads, costs, fill_limit=fill_limit, whole_grams=whole_grams)
    return network, compact._replace(slack=compact.slack + needless.slack), stand_ins


def num_loads(model: SourcingModel, orders: npt.NDArray[np.integer[Any]]) -> int:
    """Sources times trips of some orders: how large their compact model gets."""
    offers, candidates = model.offers, model.candidates
    trips = offers.trip_ptr[offers.class_ptr[1:]] - offers.trip_ptr[offers.class_ptr[:-1]]
    loads = np.append(0, np.cumsum(np.diff(candidates.source_ptr) * trips[candidates.offer_class]))
    return int((loads[model.orders.cand_ptr[orders + 1]] - loads[model.orders.cand_ptr[orders]]).sum())


def bound_of(bound: float, compact: Compact) -> int | None:
    """What a float solver's bound proves, in weighted micros; None where it proves nothing."""
    if not np.isfinite(bound):
        return None
    micros = int(np.floor((bound - compact.slack - abs(bound) * _SAFETY) / MICROS)) - 1
    # Between two costs that plans can have, the bound moves up to the next.
    return -(-micros // compact.step) * compact.step
