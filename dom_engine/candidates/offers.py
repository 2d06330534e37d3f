"""Offers, trips and departures: what a class of candidates can choose from."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.candidates.clock import LAST_INSTANT_S, OpenDays, arrival_after, calendar_at, zone
from dom_engine.candidates.schedules import Schedules
from dom_engine.domain.columns import I32, I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Lanes
from dom_engine.errors import InputError
from dom_engine.kernels.distinct import DistinctRows
from dom_engine.units import NEVER_S
from solvers.model import Offers, Trips


class Timetable(NamedTuple):
    """Offers with their trips, and the departures (node, service, dispatch instant) behind these, sorted so.

    ``lane`` int32[num_offers] is the lane of each offer.
    """

    offers: Offers
    trips: Trips
    lane: I32
    departure_node: I32
    departure_service: I32
    dispatch_s: I64


def _expand(first: I64, count: I64) -> tuple[I64, I64]:
    """Rows of the ranges ``first:first + count`` one after the other, and the range each belongs to."""
    owner = np.repeat(np.arange(len(count)), count)
    offset = np.cumsum(count) - count
    return np.arange(len(owner)) - offset[owner] + first[owner], owner


def _durations(lanes: Lanes) -> tuple[I64, I64]:
    """Seconds before and after the transit days of each lane."""
    parts = (lanes.pre_carriage_s, lanes.export_s, lanes.transit_s, lanes.import_s, lanes.on_carriage_s)
    if np.sum(parts, axis=0, dtype=np.float64).max(initial=0.0) > NEVER_S:
        message = "the durations of a lane add up to more than 64 bits hold"
        raise InputError.single("lanes", message, code="OVERFLOW")
    return np.sum(parts[:3], axis=0, dtype=np.int64), np.sum(parts[3:], axis=0, dtype=np.int64)


def build_timetable(problem: Problem, classes: DistinctRows, schedules: Schedules) -> Timetable:
    """Offers of every class, their trips within the horizon, and the departures these share.

    Parameters
    ----------
    classes
        Distinct rows of (node, offer codes), as ``kernels.lanes.offers_of_pairs`` writes them.

    Raises
    ------
    InputError
        When the durations of a lane overflow 64 bits.

    Notes ----- A trip that would arrive after the year 9999, or never because its calendar does not open
    often enough, is no trip.
    """
    lanes = problem.lanes
    is_code = np.ones(len(classes.idx), np.bool_)
    is_code[classes.ptr[:-1]] = False
    class_of_offer = np.repeat(np.arange(classes.num_classes), np.diff(classes.ptr) - 1)
    code = classes.idx[is_code]
    lane = code // 2
    service = lanes.service_idx[lane]
    node = classes.idx[classes.ptr[:-1]][class_of_offer]
    pair, pair_of_offer = np.unique(node.astype(np.int64) * len(problem.services) + service, return_inverse=True)
    pair_node, pair_service = np.divmod(pair, max(1, len(problem.services)))
    schedule = schedules.of_pair[pair_service, pair_node]
    num_calls = np.diff(schedules.ptr)[schedule]
    call, pair_of_departure = _expand(schedules.ptr[schedule], num_calls)
    dispatch_s = schedules.dispatch_s[call]
    first_departure = np.cumsum(num_calls) - num_calls
    departure, offer = _expand(first_departure[pair_of_offer], num_calls[pair_of_offer])
    arrival_s = arrivals(problem, lane[offer], node[offer], dispatch_s[departure])
    exists = arrival_s <= LAST_INSTANT_S
    trips_of_offer = np.bincount(offer[exists], minlength=len(lane))
    return Timetable(
        offers=Offers(
            class_ptr=(classes.ptr - np.arange(classes.num_classes + 1)).astype(np.int64),
            service=service,
            tariff=lanes.rate_idx[lane],
            unpreferred=(code % 2).astype(np.bool_),
            pre_carriage_s=lanes.pre_carriage_s[lane],
            export_s=lanes.export_s[lane],
            trip_ptr=np.concatenate([np.zeros(1, np.int64), np.cumsum(trips_of_offer)]).astype(np.int64),
        ),
        trips=Trips(departure=departure[exists].astype(np.int32), arrival_s=arrival_s[exists]),
        lane=lane.astype(np.int32),
        departure_node=pair_node[pair_of_departure].astype(np.int32),
        departure_service=pair_service[pair_of_departure].astype(np.int32),
        dispatch_s=dispatch_s,
    )


def arrivals(problem: Problem, lane: I32, node: I32, dispatch_s: I64) -> I64:
    """Arrival of a dispatch from a node on a lane, int64[num]; ``NEVER_S`` where the calendar has no such date.

    Each distinct (zone, calendar, days, instant) is computed once: trips by the million share a few thousand.
    """
    lanes = problem.lanes
    before_s, after_s = _durations(lanes)
    base_s = np.minimum(dispatch_s + np.minimum(before_s[lane], LAST_INSTANT_S), NEVER_S)
    days = lanes.transit_days[lane]
    counted = np.flatnonzero(days > 0)
    keys = np.stack(
        [
            problem.nodes.timezone_idx[node[counted]].astype(np.int64),
            problem.services.calendar_idx[lanes.service_idx[lane[counted]]].astype(np.int64),
            days[counted],
            base_s[counted],
        ]
    )
    distinct, inverse = _distinct_columns(keys)
    open_days: dict[int, OpenDays] = {}
    landed = np.empty(distinct.shape[1], np.int64)
    for k, (timezone, calendar, count, instant_s) in enumerate(distinct.T.tolist()):
        walk = open_days.setdefault(calendar, OpenDays(calendar_at(problem.calendars, calendar)))
        arrival = arrival_after(instant_s, count, zone(problem.timezones[timezone]), walk)
        landed[k] = NEVER_S if arrival is None else arrival
    base_s[counted] = landed[inverse]
    return np.where(base_s > LAST_INSTANT_S, NEVER_S, base_s + np.minimum(after_s[lane], LAST_INSTANT_S))


def _distinct_columns(keys: I64) -> tuple[I64, I64]:
    """``np.unique(axis=1, return_inverse=True)`` by one lexical sort, which is ten times as fast."""
    by = np.lexsort(keys)
    ordered = keys[:, by]
    new = np.ones(len(by), np.bool_)
    new[1:] = (ordered[:, 1:] != ordered[:, :-1]).any(axis=0)
    inverse = np.empty(len(by), np.int64)
    inverse[by] = np.cumsum(new) - 1
    return ordered[:, new], inverse
