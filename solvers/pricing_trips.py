"""What a candidate's loads cost on each of its trips, and the cheapest per state.

Readiness, which only a window judged at the node's gate sees, is tried by thresholds: the cheapest load whose units are
all ready by an instant, judged at that instant, over all instants, is the cheapest load.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import inlined_leaf, leaf
from solvers.loads import NO_SHIPMENT, judged_s, measured, num_parcels, offer_cost, timing_cost
from solvers.model import I64, JUDGE_EX_WORKS, UNLIMITED, Prices
from solvers.packed import Packed, wide
from solvers.pricing_space import UNTIMED_S, Workspace
from solvers.pricing_tables import cargo_at, stock_costs

MASK_BINS = 63
"""Beyond so many bins a candidate's trips are not compared by the stock they reach."""


@leaf
def base_costs(model: Packed, candidate: int, offer: int, count: int, work: Workspace) -> None:
    """What every load costs on an offer, ``NO_SHIPMENT`` where it makes none."""
    for entry in range(1, count):
        load = work.loads[entry]
        load.base = offer_cost(model, candidate, offer, cargo_at(load))


@leaf
def open_bins(model: Packed, offer: int, trip: int, bins: int, work: Workspace) -> int:
    """Mark the bins that can ride a trip (P5); returns them as a bit mask where there are few enough, else 0."""
    service = model.offers[offer].service
    dispatch_s = model.departures[model.trips[trip].departure].dispatch_s
    mask = 0
    for entry in range(bins):
        stock = work.bins[entry]
        position = model.positions[stock.position]
        rides = model.carry[service, model.items[position.item].tag_class]
        rides = rides and stock.ready_s <= dispatch_s < position.expires_s
        stock.open = rides
        if rides and bins < MASK_BINS:
            mask |= 1 << entry
    return mask


@leaf
def add_trip(
    model: Packed,
    prices: Prices,
    capacity: I64,
    candidate: int,
    offer: int,
    trip: int,
    shape: tuple[int, int, int, bool],
    work: Workspace,
) -> bool:
    """Let a trip compete for the cheapest load of every state. ``base_costs`` and ``open_bins`` came before.

    ``shape`` is (digits, loads, bins, tangled). ``capacity`` is the most each row can give. Returns whether the trip
    asks nothing beyond the offer and the stock, whatever the load: no other trip of the offer can then be cheaper.
    """
    digits, count, bins, tangled = shape
    order = model.candidates[candidate].order
    base_s = judged_s(model, order, offer, trip, wide(-UNLIMITED))
    tight_s = tightest_s(model, order)
    ready_s, last_s = wide(UNTIMED_S), wide(UNTIMED_S)
    if model.orders[order].judge == JUDGE_EX_WORKS:
        ready_s, last_s = _ready_span(model, order, base_s, tight_s, bins, work)
    while True:
        stock_costs(digits, count, tangled, ready_s, work)
        instant_s = base_s if ready_s == UNTIMED_S else max(base_s, ready_s)
        free = cost_trip(model, prices, capacity, order, offer, trip, (instant_s, tight_s), count, work)
        for entry in range(1, count):
            load = work.loads[entry]
            best = work.states[load.state]
            if load.cost < best.best_cost:
                best.best_cost, best.best_trip, best.best_load, best.best_ready_s = load.cost, trip, entry, ready_s
        if ready_s >= last_s:
            return free and ready_s == UNTIMED_S
        following_s = UNTIMED_S
        for entry in range(bins):
            if work.bins[entry].open and work.bins[entry].ready_s > ready_s:
                following_s = min(following_s, work.bins[entry].ready_s)
        ready_s = following_s


@inlined_leaf
def tightest_s(model: Packed, order: int) -> int:
    """The tightest latest of an order's lines."""
    tight_s = wide(UNLIMITED)
    for line in range(model.orders[order].line_from, model.orders[order].line_to):
        tight_s = min(tight_s, model.lines[line].latest_s)
    return tight_s


@inlined_leaf
def _ready_span(model: Packed, order: int, base_s: int, tight_s: int, bins: int, work: Workspace) -> tuple[int, int]:
    """First and last readiness to try where the window judges it: the first can make nothing late.

    (``UNTIMED_S``, ``UNTIMED_S``) where readiness makes no difference.
    """
    own, last_s = model.orders[order], -UNLIMITED
    for entry in range(bins):
        if work.bins[entry].open:
            last_s = max(last_s, work.bins[entry].ready_s)
    costs = own.hard_window or own.late_cost_per_day_micros > 0
    # Where the dispatch comes before the window, the dispatch is judged: nothing aboard is ready later than that.
    if not costs or last_s <= max(base_s, tight_s) or base_s < own.earliest_s:
        return UNTIMED_S, UNTIMED_S
    return max(base_s, tight_s), last_s


@leaf
def cost_trip(
    model: Packed,
    prices: Prices,
    capacity: I64,
    order: int,
    offer: int,
    trip: int,
    instants: tuple[int, int],
    count: int,
    work: Workspace,
) -> bool:
    """Priced cost of every load on a trip, a split cost included; infinite where it makes no shipment.

    ``instants``: the instant judged, and the tightest latest of the order. Returns whether no load pays for time or
    capacity.
    """
    instant_s, tight_s = instants
    own, loads = model.orders[order], work.loads
    free = bool(own.earliest_s <= instant_s <= tight_s)
    split = float(own.split_cost)
    for entry in range(1, count):
        load = loads[entry]
        if load.base == NO_SHIPMENT:
            load.cost = np.inf
            continue
        cost = load.base + load.stock + split
        if not free:
            timing = timing_cost(model, order, instant_s, load.latest_s)
            cost = cost + timing if timing != NO_SHIPMENT else np.inf
        load.cost = cost
    departure = model.departures[model.trips[trip].departure]
    for k in range(departure.row_from, departure.row_to):
        row = model.departure_row[k]
        roomy = _charge_row(model, row, prices.row[row], capacity[row], offer, count, work)
        free = free and roomy and prices.row[row] == 0.0
    return free


@leaf
def _charge_row(model: Packed, row: int, price: float, most: int, offer: int, count: int, work: Workspace) -> bool:
    """Add a capacity row's price for every load, infinite where the load alone breaks it (P8); whether none does."""
    roomy, measure = True, model.rows[row].measure
    max_parcel_g = model.services[model.offers[offer].service].max_parcel_g
    for entry in range(1, count):
        load = work.loads[entry]
        drawn = measured(measure, cargo_at(load), num_parcels(load.weight_g, max_parcel_g))
        roomy = roomy and drawn <= most
        load.cost = load.cost + drawn * price if drawn <= most else np.inf
    return roomy
