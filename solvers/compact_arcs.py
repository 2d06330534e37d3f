"""What the compact model decides upon: the shipments an order may make and the loads that may ride in them.

A **slot** is a shipment that could be made: one trip of one candidate. A **pair** is a line that could ride in a
slot, an **arc** the units one source could give it there, from free or from safety stock. What is left out here can
be in no pattern: order-local rules that forbid a slot or an arc outright are applied by omission.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers.model import (
    I64,
    JUDGE_AFTER_EXPORT,
    JUDGE_AFTER_PRE_CARRIAGE,
    JUDGE_ARRIVAL,
    JUDGE_EX_WORKS,
    Flags,
    SourcingModel,
)

DAY_S = 86_400


class Slots(NamedTuple):
    """Per slot, sorted by candidate and trip.

    ``judged_s`` is the instant a window judges, ex works the earliest it can be; ``early_days`` are started days before
    the order's earliest. ``pair_ptr`` and ``arc_ptr`` have one more entry than slots.
    """

    cand: I64
    trip: I64
    offer: I64
    order: I64
    node: I64
    departure: I64
    judged_s: I64
    early_days: I64
    pair_ptr: I64
    arc_ptr: I64

    @property
    def num(self) -> int:
        """How many there are."""
        return len(self.cand)


class Pairs(NamedTuple):
    """Per (slot, line), sorted. ``most`` is the most units of the line that can ride in the slot.

    ``bundle`` numbers what ships whole in one shipment (an unsplit line, a group, an order that ships together), -1:
    none. ``late_days`` are the started days after the line's latest if it rides, at least. ``arc_ptr`` has one more
    entry than pairs.
    """

    slot: I64
    line: I64
    most: I64
    bundle: I64
    late_days: I64
    arc_ptr: I64


class Arcs(NamedTuple):
    """Per (pair, source, free or safety stock), sorted. ``row`` is the stock row drawn on, ``most`` the most units."""

    pair: I64
    slot: I64
    source: I64
    line: I64
    position: I64
    safety: Flags
    row: I64
    most: I64
    late_days: I64


class Network(NamedTuple):
    """Slots, pairs and arcs of ``orders``. ``bundle_of_line`` is int64[num_lines] as in ``Pairs.bundle``."""

    orders: I64
    slots: Slots
    pairs: Pairs
    arcs: Arcs
    bundle_of_line: I64


def ragged(start: I64, stop: I64) -> tuple[I64, I64]:
    """Concatenate the ranges ``start[i]:stop[i]``: (i of each entry, the entry), both int64."""
    count = stop - start
    owner = np.repeat(np.arange(len(start), dtype=np.int64), count)
    return owner, np.arange(len(owner), dtype=np.int64) + np.repeat(start - (np.cumsum(count) - count), count)


def pointers(owner: I64, count: int) -> I64:
    """CSR pointers of entries sorted by owner, int64[count + 1]."""
    ptr = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(owner, minlength=count), out=ptr[1:])
    return ptr


def build_network(model: SourcingModel, orders: npt.NDArray[np.integer[Any]]) -> Network:
    """List every slot, pair and arc that can be in a pattern of ``orders`` (distinct order indices).

    Rules applied: readiness and expiry, tags, hard windows (ex works: by each source's own readiness), packs, wholes
    that find too little in a slot, orders that can never be complete.
    """
    every = np.unique(orders).astype(np.int64)
    slots = _all_slots(model, every)
    arcs = _all_arcs(model, slots)
    bundle_of_line = _bundles(model)
    keep = _shippable(model, slots, arcs, bundle_of_line)
    return assemble(model, Network(every, slots, _NO_PAIRS, arcs, bundle_of_line), np.ones(slots.num, np.bool_), keep)


def assemble(model: SourcingModel, network: Network, keep_slot: Flags, keep_arc: Flags) -> Network:
    """The network without the slots and arcs not kept, nor the slots left without an arc; pairs are rebuilt."""
    slots, arcs = network.slots, network.arcs
    keep_arc = keep_arc & keep_slot[arcs.slot]
    alive = np.bincount(arcs.slot[keep_arc], minlength=slots.num) > 0
    renumber = np.cumsum(alive) - 1
    arcs = Arcs._make(column[keep_arc] for column in arcs)
    slot = renumber[arcs.slot]
    pair, first = _pair_of(slot, arcs.line)
    arcs = arcs._replace(slot=slot, pair=pair)
    num_slots, num_pairs = int(alive.sum()), len(first)
    line = arcs.line[first]
    late_days = np.full(num_pairs, np.iinfo(np.int64).max)
    np.minimum.at(late_days, pair, arcs.late_days)
    supply = np.bincount(pair, weights=arcs.most, minlength=num_pairs)
    most = np.minimum(supply, model.lines.quantity[line]).astype(np.int64)
    pairs = Pairs(
        slot[first],
        line,
        _whole_packs(model, line, most),
        network.bundle_of_line[line],
        late_days,
        pointers(pair, num_pairs),
    )
    columns = [column[alive] for column in slots[:8]]
    kept = Slots._make([*columns, pointers(pairs.slot, num_slots), pointers(slot, num_slots)])
    return Network(network.orders, kept, pairs, arcs, network.bundle_of_line)


_NOTHING = np.empty(0, np.int64)
_NO_PAIRS = Pairs(_NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING, _NOTHING)


def _pair_of(slot: I64, line: I64) -> tuple[I64, I64]:
    """Number the runs of equal (slot, line): the run of each arc, and the first arc of each run."""
    starts = np.ones(len(slot), np.bool_)
    starts[1:] = (slot[1:] != slot[:-1]) | (line[1:] != line[:-1])
    return np.cumsum(starts) - 1, np.flatnonzero(starts)


def _whole_packs(model: SourcingModel, line: I64, units: I64) -> I64:
    return units // model.lines.pack[line] * model.lines.pack[line]


def _all_slots(model: SourcingModel, orders: I64) -> Slots:
    owner, cand = ragged(model.orders.cand_ptr[orders], model.orders.cand_ptr[orders + 1])
    order = orders[owner]
    offer_class = model.candidates.offer_class[cand].astype(np.int64)
    owner, offer = ragged(model.offers.class_ptr[offer_class], model.offers.class_ptr[offer_class + 1])
    cand, order = cand[owner], order[owner]
    owner, trip = ragged(model.offers.trip_ptr[offer], model.offers.trip_ptr[offer + 1])
    cand, order, offer = cand[owner], order[owner], offer[owner]
    departure = model.trips.departure[trip].astype(np.int64)
    judged_s = _judged(model, order, offer, trip, model.departures.dispatch_s[departure])
    earliest_s = model.orders.earliest_s[order]
    early_days = np.where(judged_s < earliest_s, started_days(np.maximum(earliest_s - judged_s, 0)), 0)
    keep = ~(model.orders.hard_window[order] & (judged_s < earliest_s))
    columns = (cand, trip, offer, order, model.candidates.node[cand].astype(np.int64), departure, judged_s, early_days)
    return Slots._make([*(column[keep] for column in columns), _NOTHING, _NOTHING])


def _judged(model: SourcingModel, order: I64, offer: I64, trip: I64, dispatch_s: I64) -> I64:
    """The instant the window judges; ex works, the readiness of what is aboard may put it off further."""
    judge = model.orders.judge[order]
    after_pre_carriage_s = dispatch_s + model.offers.pre_carriage_s[offer]
    ex_works_s = np.minimum(model.orders.earliest_s[order], dispatch_s)
    cases = [
        judge == JUDGE_EX_WORKS,
        judge == JUDGE_AFTER_PRE_CARRIAGE,
        judge == JUDGE_AFTER_EXPORT,
        judge == JUDGE_ARRIVAL,
    ]
    instants = [
        ex_works_s,
        after_pre_carriage_s,
        after_pre_carriage_s + model.offers.export_s[offer],
        model.trips.arrival_s[trip],
    ]
    return np.select(cases, instants, dispatch_s).astype(np.int64)


def started_days(elapsed_s: I64) -> I64:
    """Days begun in a span that is not negative, int64."""
    return -(-elapsed_s // DAY_S)


def _all_arcs(model: SourcingModel, slots: Slots) -> Arcs:
    """Sources that are there, ready, carried and in time (P5, P7)."""
    source_ptr = model.candidates.source_ptr
    slot, source = ragged(source_ptr[slots.cand], source_ptr[slots.cand + 1])
    line = model.sources.line[source].astype(np.int64)
    position = model.sources.position[source].astype(np.int64)
    order, departure = slots.order[slot], slots.departure[slot]
    ready_s = np.maximum(model.candidates.ready_s[slots.cand[slot]], model.positions.ready_s[position])
    dispatch_s = model.departures.dispatch_s[departure]
    tag_class = model.items.tag_class[model.positions.item[position]]
    carried = model.services.carry[model.departures.service[departure], tag_class]
    judged_s = slots.judged_s[slot]
    judged_s = np.where(model.orders.judge[order] == JUDGE_EX_WORKS, np.maximum(judged_s, ready_s), judged_s)
    late_s = np.maximum(judged_s - model.lines.latest_s[line], 0)
    keep = (ready_s <= dispatch_s) & (dispatch_s < model.positions.expires_s[position]) & carried
    keep &= ~(model.orders.hard_window[order] & (late_s > 0))
    # Free stock, then safety stock, of each source that is left.
    entry = np.repeat(np.flatnonzero(keep), 2)
    safety = np.tile(np.array([False, True]), len(entry) // 2)
    row = position[entry] + safety * model.num_positions
    most = np.minimum(model.lines.quantity[line[entry]], model.rows.limit[row])
    open_to = (most > 0) & (~safety | model.orders.use_safety_stock[order[entry]])
    entry, safety, row, most = entry[open_to], safety[open_to], row[open_to], most[open_to]
    slot, line = slot[entry], line[entry]
    pair, _ = _pair_of(slot, line)
    return Arcs(pair, slot, source[entry], line, position[entry], safety, row, most, started_days(late_s[entry]))


def _bundles(model: SourcingModel) -> I64:
    """What ships whole (P3, P4): an order that ships together, else a group, else an unsplit line; -1: none."""
    num_lines = len(model.lines.item)
    order = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))
    line = np.arange(num_lines)
    kinds = [model.orders.ship_together[order], model.lines.group >= 0, model.lines.unsplit]
    group = order * (int(model.lines.group.max(initial=0)) + 1) + model.lines.group
    key = np.select(kinds, [3 * order, 3 * group + 1, 3 * line + 2], -1)
    _, number = np.unique(key, return_inverse=True)
    return np.where(key >= 0, number, -1).astype(np.int64)


def _shippable(model: SourcingModel, slots: Slots, arcs: Arcs, bundle_of_line: I64) -> Flags:
    """Arcs that packs, wholes and completeness leave open, bool[num_arcs]."""
    _, first = _pair_of(arcs.slot, arcs.line)
    line, slot = arcs.line[first], arcs.slot[first]
    wanted = model.lines.quantity[line]
    supply = np.minimum(np.bincount(arcs.pair, weights=arcs.most, minlength=len(first)), wanted).astype(np.int64)
    bundle = bundle_of_line[line]
    size = np.bincount(bundle_of_line + 1)[1:]
    in_packs = _whole_packs(model, line, wanted) == wanted
    whole = (bundle >= 0) & (supply == wanted) & in_packs
    key, member = np.unique(np.stack([slot, bundle]), axis=1, return_inverse=True)
    found = np.bincount(member, weights=whole, minlength=key.shape[1])
    needed = np.where(key[1] >= 0, size[np.maximum(key[1], 0)] if len(size) else 0, 0)
    keep = np.where(bundle >= 0, (found == needed)[member], _whole_packs(model, line, supply) > 0)
    complete = model.orders.ship_complete[slots.order[slot]]
    keep &= ~complete | in_packs
    reached = np.zeros(len(model.lines.item), np.bool_)
    reached[line[keep]] = True
    missing = np.repeat(np.arange(model.num_orders), np.diff(model.orders.line_ptr))[~reached]
    hopeless = np.zeros(model.num_orders, np.bool_)
    hopeless[missing] = True
    keep &= ~(complete & hopeless[slots.order[slot]])
    return np.asarray(keep[arcs.pair])
