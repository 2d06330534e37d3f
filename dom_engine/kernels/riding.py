"""Which sources could ride on a trip of their candidate at all, and which trip a shipment is (section 3)."""

from __future__ import annotations

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags
from solvers.jit import inlined, kernel
from solvers.loads import judged_instant_s
from solvers.model import SourcingModel


@inlined
def _in_window(model: SourcingModel, order: int, line: int, offer: int, trip: int, ready_s: int) -> bool:
    earliest_s, dispatch_s = model.orders.earliest_s[order], model.departures.dispatch_s[model.trips.departure[trip]]
    lane = model.offers.pre_carriage_s[offer], model.offers.export_s[offer], model.trips.arrival_s[trip]
    instant_s = judged_instant_s(model.orders.judge[order], ready_s, earliest_s, dispatch_s, *lane)
    return bool(earliest_s <= instant_s <= model.lines.latest_s[line])


@inlined
def _rides_some_trip(model: SourcingModel, cand: int, source: int) -> bool:
    order = model.candidates.order[cand]
    line, position = model.sources.line[source], model.sources.position[source]
    tags, expires_s = model.items.tag_class[model.positions.item[position]], model.positions.expires_s[position]
    ready_s = max(model.candidates.ready_s[cand], model.positions.ready_s[position])
    hard = model.orders.hard_window[order]
    offers, group = model.offers, model.candidates.offer_class[cand]
    for offer in range(offers.class_ptr[group], offers.class_ptr[group + 1]):
        for trip in range(offers.trip_ptr[offer], offers.trip_ptr[offer + 1]):
            dispatch_s = model.departures.dispatch_s[model.trips.departure[trip]]
            # (P5), and as much of (P7) as can be told before loading.
            rides = model.services.carry[offers.service[offer], tags] and ready_s <= dispatch_s < expires_s
            if rides and (not hard or _in_window(model, order, line, offer, trip, ready_s)):
                return True
    return False


@kernel
def _mark_riding(model: SourcingModel, riding: Flags) -> None:
    source_ptr = model.candidates.source_ptr
    for cand in range(len(model.candidates.order)):
        for source in range(source_ptr[cand], source_ptr[cand + 1]):
            riding[source] = _rides_some_trip(model, cand, source)


def riding_sources(model: SourcingModel) -> Flags:
    """Which sources some trip of their candidate can carry, bool[num_sources].

    A source rides a trip when it is ready by the dispatch and not expired, the service carries its item's tags
    and, under a hard window, the instant judged with this source alone lies within the order's earliest and the
    line's latest. Under EXW that instant only grows with more aboard, and the tightest latest only falls:
    what fails alone fails in company.
    """
    riding = np.empty(len(model.sources.line), np.bool_)
    _mark_riding(model, riding)
    return riding


@kernel
def _find_trips(model: SourcingModel, cand: I32, service: I32, dispatch_s: I64, found: I32) -> None:
    offers = model.offers
    for k in range(len(cand)):
        found[k] = -1
        if cand[k] < 0:
            continue
        group = model.candidates.offer_class[cand[k]]
        for offer in range(offers.class_ptr[group], offers.class_ptr[group + 1]):
            if offers.service[offer] == service[k]:
                for trip in range(offers.trip_ptr[offer], offers.trip_ptr[offer + 1]):
                    if model.departures.dispatch_s[model.trips.departure[trip]] == dispatch_s[k]:
                        found[k] = trip


def find_trips(model: SourcingModel, cand: I32, service: I32, dispatch_s: I64) -> I32:
    """The trip of each (candidate, service, dispatch instant), int32; -1 where there is none, or ``cand`` is -1."""
    found = np.empty(len(cand), np.int32)
    _find_trips(model, cand, service, dispatch_s, found)
    return found
