"""Which sources could ride on a trip of their candidate at all, and dropping those that never can (section 3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I32, I64, Flags
from solvers.jit import inlined, kernel
from solvers.model import (
    JUDGE_AFTER_EXPORT,
    JUDGE_AFTER_PRE_CARRIAGE,
    JUDGE_ARRIVAL,
    JUDGE_DISPATCH,
    JUDGE_EX_WORKS,
    Candidates,
    Departures,
    Items,
    Lines,
    Offers,
    Orders,
    Positions,
    Services,
    Trips,
)

_EX_WORKS, _DISPATCH, _ARRIVAL = JUDGE_EX_WORKS, JUDGE_DISPATCH, JUDGE_ARRIVAL
_AFTER_PRE_CARRIAGE, _AFTER_EXPORT = JUDGE_AFTER_PRE_CARRIAGE, JUDGE_AFTER_EXPORT


class Network(NamedTuple):
    """The parts of a sourcing model that say when and how goods travel."""

    offers: Offers
    trips: Trips
    departures: Departures
    services: Services
    items: Items
    positions: Positions


@inlined
def _judged_s(
    judge: int, dispatch_s: int, arrival_s: int, pre_s: int, export_s: int, ready_s: int, earliest_s: int
) -> int:
    if judge == _ARRIVAL:
        return arrival_s
    if judge == _DISPATCH:
        return dispatch_s
    if judge == _AFTER_PRE_CARRIAGE:
        return dispatch_s + pre_s
    if judge == _AFTER_EXPORT:
        return dispatch_s + pre_s + export_s
    return max(ready_s, min(earliest_s, dispatch_s))


@inlined
def _rides(cand: int, line: int, position: int, cands: Candidates, orders: Orders, lines: Lines, net: Network) -> bool:
    order = cands.order[cand]
    ready_s = max(cands.ready_s[cand], net.positions.ready_s[position])
    tags = net.items.tag_class[net.positions.item[position]]
    hard, earliest_s = orders.hard_window[order], orders.earliest_s[order]
    group = cands.offer_class[cand]
    for offer in range(net.offers.class_ptr[group], net.offers.class_ptr[group + 1]):
        if not net.services.carry[net.offers.service[offer], tags]:
            continue
        for trip in range(net.offers.trip_ptr[offer], net.offers.trip_ptr[offer + 1]):
            dispatch_s = net.departures.dispatch_s[net.trips.departure[trip]]
            if dispatch_s < ready_s:
                continue
            if dispatch_s >= net.positions.expires_s[position]:
                break
            if not hard:
                return True
            judged_s = _judged_s(
                orders.judge[order],
                dispatch_s,
                net.trips.arrival_s[trip],
                net.offers.pre_carriage_s[offer],
                net.offers.export_s[offer],
                ready_s,
                earliest_s,
            )
            if earliest_s <= judged_s <= lines.latest_s[line]:
                return True
    return False


@kernel
def _mark_riding(
    line: I32, position: I32, cands: Candidates, orders: Orders, lines: Lines, net: Network, rides: Flags
) -> None:
    for cand in range(len(cands.order)):
        for source in range(cands.source_ptr[cand], cands.source_ptr[cand + 1]):
            rides[source] = _rides(cand, line[source], position[source], cands, orders, lines, net)


def riding_sources(line: I32, position: I32, cands: Candidates, orders: Orders, lines: Lines, net: Network) -> Flags:
    """Which (line, position) sources some trip of their candidate can carry, bool[num_sources].

    A source rides a trip when it is ready by the dispatch and not expired, the service carries its item's
    tags and, under a hard window, the instant judged with this source alone aboard lies within the order's
    earliest and the line's latest. Under EXW that instant only grows with more aboard, and the tightest
    latest only falls: what fails alone fails in company.
    """
    rides = np.empty(len(line), np.bool_)
    _mark_riding(line, position, cands, orders, lines, net, rides)
    return rides


@kernel
def _find_trips(
    cand: I32,
    service: I32,
    dispatch_s: I64,
    cands: Candidates,
    offers: Offers,
    trips: Trips,
    departures: Departures,
    found: I32,
) -> None:
    for k in range(len(cand)):
        found[k] = -1
        if cand[k] < 0:
            continue
        group = cands.offer_class[cand[k]]
        for offer in range(offers.class_ptr[group], offers.class_ptr[group + 1]):
            if offers.service[offer] == service[k]:
                for trip in range(offers.trip_ptr[offer], offers.trip_ptr[offer + 1]):
                    if departures.dispatch_s[trips.departure[trip]] == dispatch_s[k]:
                        found[k] = trip


def find_trips(
    cand: I32, service: I32, dispatch_s: I64, cands: Candidates, offers: Offers, trips: Trips, departures: Departures
) -> I32:
    """The trip of each (candidate, service, dispatch instant), int32; -1 where there is none, or ``cand`` is -1."""
    found = np.empty(len(cand), np.int32)
    _find_trips(cand, service, dispatch_s, cands, offers, trips, departures, found)
    return found
