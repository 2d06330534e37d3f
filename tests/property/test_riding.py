"""Which sources ride on which trips, against a reading of section 3 one trip at a time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dom_engine.kernels.riding import find_trips, riding_sources
from solvers.model import I64, SourcingModel
from tests.unit.solvers.models import Traits, random_model

SEEDS = st.integers(0, 2**32 - 1)
TRAITS = Traits(windows=0.8, hard=0.7, inbound=0.7, tags=0.4, stages=0.6, odd_weights=0.0, days=3)


class NaiveTrip(NamedTuple):
    """One dispatch of one service that a candidate could take, with the instants of its lane."""

    trip: int
    service: int
    dispatch_s: int
    pre_carriage_s: int
    export_s: int
    arrival_s: int


def trips_of(model: SourcingModel, cand: int) -> Iterator[NaiveTrip]:
    """All trips of a candidate, with what is looked up to judge them."""
    group = model.candidates.offer_class[cand]
    for offer in range(model.offers.class_ptr[group], model.offers.class_ptr[group + 1]):
        for trip in range(model.offers.trip_ptr[offer], model.offers.trip_ptr[offer + 1]):
            yield NaiveTrip(
                trip,
                int(model.offers.service[offer]),
                int(model.departures.dispatch_s[model.trips.departure[trip]]),
                int(model.offers.pre_carriage_s[offer]),
                int(model.offers.export_s[offer]),
                int(model.trips.arrival_s[trip]),
            )


def naive_judged_s(judge: int, trip: NaiveTrip, ready_s: int, earliest_s: int) -> int:
    """Section 6: who hands over where; 0 is ex works, 4 the door."""
    handed_over = {
        # The buyer comes when the window opens or the goods are ready, at the latest when they leave.
        0: max(ready_s, min(earliest_s, trip.dispatch_s)),
        2: trip.dispatch_s + trip.pre_carriage_s,
        3: trip.dispatch_s + trip.pre_carriage_s + trip.export_s,
        4: trip.arrival_s,
    }
    return handed_over.get(judge, trip.dispatch_s)


def naive_rides(model: SourcingModel, cand: int, source: int, trip: NaiveTrip) -> bool:
    """A source alone on a trip: ready, not expired, carried, and inside a hard window."""
    order, line = int(model.candidates.order[cand]), int(model.sources.line[source])
    position = int(model.sources.position[source])
    ready_s = max(int(model.candidates.ready_s[cand]), int(model.positions.ready_s[position]))
    if trip.dispatch_s < ready_s or trip.dispatch_s >= int(model.positions.expires_s[position]):
        return False
    if not model.services.carry[trip.service, model.items.tag_class[model.positions.item[position]]]:
        return False
    if not model.orders.hard_window[order]:
        return True
    earliest_s, latest_s = int(model.orders.earliest_s[order]), int(model.lines.latest_s[line])
    return earliest_s <= naive_judged_s(int(model.orders.judge[order]), trip, ready_s, earliest_s) <= latest_s


def perturbed(seed: int) -> SourcingModel:
    """A random model with windows, expiries and readiness moved to the edges of its trips: off by one would show."""
    model = random_model(seed, TRAITS, num_orders=3)
    random = np.random.default_rng(seed)
    near = np.concatenate([model.departures.dispatch_s, model.trips.arrival_s])
    judged = near if len(near) else np.zeros(1, np.int64)

    def moved(instants: I64) -> I64:
        edges = random.choice(judged, len(instants)) + random.integers(-1, 2, len(instants))
        return np.where(random.random(len(instants)) < 0.6, edges, instants)

    return model._replace(
        orders=model.orders._replace(
            earliest_s=moved(model.orders.earliest_s),
            judge=random.choice([0, 1, 2, 3, 4], model.num_orders).astype(np.int8),
        ),
        lines=model.lines._replace(latest_s=moved(model.lines.latest_s)),
        positions=model.positions._replace(
            ready_s=moved(model.positions.ready_s), expires_s=moved(model.positions.expires_s)
        ),
    )


@given(SEEDS)
def test_a_source_rides_where_some_trip_could_carry_it_alone(seed: int) -> None:
    model = perturbed(seed)
    source_ptr = model.candidates.source_ptr
    expected = [
        any(naive_rides(model, cand, source, trip) for trip in trips_of(model, cand))
        for cand in range(len(model.candidates.order))
        for source in range(source_ptr[cand], source_ptr[cand + 1])
    ]
    assert riding_sources(model).tolist() == expected


@given(SEEDS)
def test_a_trip_is_found_by_its_candidate_service_and_instant(seed: int) -> None:
    model, random = random_model(seed, TRAITS, num_orders=3), Random(seed)
    asked = [
        (cand, trip.service, trip.dispatch_s, trip.trip)
        for cand in range(len(model.candidates.order))
        for trip in trips_of(model, cand)
    ]
    # A second early, and of nobody: there is none.
    asked += [
        (cand, service, instant_s - 1, -1) for cand, service, instant_s, _ in random.sample(asked, len(asked) // 2)
    ]
    asked += [(-1, 0, 0, -1)]
    random.shuffle(asked)
    cand, service, dispatch_s, trip = (np.array(column) for column in zip(*asked, strict=True))
    found = find_trips(model, cand.astype(np.int32), service.astype(np.int32), dispatch_s.astype(np.int64))
    assert found.tolist() == trip.tolist()
