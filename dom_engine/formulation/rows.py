"""Shared limits: stock, safety stock, and the capacities that some departure falls into, one row per instance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.candidates.clock import day_bounds, local_ordinal, zone
from dom_engine.candidates.offers import Timetable
from dom_engine.domain.columns import I32, I64, NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.formulation.amounts import weighted, weighted_one
from solvers.model import Rows

_UTC = zone("UTC")


class CapacityRows(NamedTuple):
    """Instances of capacities, sorted by capacity and start, and the departures that draw on each.

    Row k is capacity ``capacity_idx[k]`` over ``[starts_s[k], ends_s[k])``. Departure d draws on the rows
    ``row[row_ptr[d]:row_ptr[d + 1]]``, counted from 0, rising.
    """

    capacity_idx: I32
    starts_s: I64
    ends_s: I64
    row_ptr: I64
    row: I32


def _local_days(timezone: I32, dispatch_s: I64, names: tuple[str, ...]) -> I64:
    """The local date of each departure, int64; ``timezone`` -1 is UTC."""
    keys = np.stack([timezone.astype(np.int64), dispatch_s], axis=1)
    distinct, inverse = np.unique(keys, axis=0, return_inverse=True)
    days = [local_ordinal(at, zone(names[tz]) if tz >= 0 else _UTC) for tz, at in distinct.tolist()]
    return np.array(days, np.int64)[inverse.reshape(-1)]


def capacity_rows(problem: Problem, timetable: Timetable) -> CapacityRows:
    """One row per capacity, or per local day of a daily one (UTC without node), that some departure falls into."""
    caps, nodes = problem.capacities, problem.nodes
    node, service, dispatch_s = timetable.departure_node, timetable.departure_service, timetable.dispatch_s
    at_node = np.searchsorted(node, np.arange(len(nodes) + 1))
    day_here = day_utc = np.zeros(len(node), np.int64)
    if caps.daily.any():
        day_here = _local_days(nodes.timezone_idx[node], dispatch_s, problem.timezones)
        day_utc = _local_days(np.full(len(node), NONE_IDX, np.int32), dispatch_s, problem.timezones)
    capacity_idx: list[int] = []
    starts_s: list[int] = []
    ends_s: list[int] = []
    drawn: list[I64] = [np.zeros(0, np.int64)]
    drawn_row: list[I64] = [np.zeros(0, np.int64)]
    for cap in range(len(caps)):
        n, s = int(caps.node_idx[cap]), int(caps.service_idx[cap])
        first, last = (at_node[n], at_node[n + 1]) if n >= 0 else (0, len(node))
        starts, ends = int(caps.starts_s[cap]), int(caps.ends_s[cap])
        falls = (dispatch_s[first:last] >= starts) & (dispatch_s[first:last] < ends)
        if s >= 0:
            falls &= service[first:last] == s
        departures = first + np.flatnonzero(falls)
        if not len(departures):
            continue
        days = (day_here if n >= 0 else day_utc)[departures] if caps.daily[cap] else np.zeros(len(departures), np.int64)
        distinct, which = np.unique(days, return_inverse=True)
        tz = zone(problem.timezones[nodes.timezone_idx[n]]) if n >= 0 else _UTC
        drawn.append(departures)
        drawn_row.append(which.reshape(-1) + len(capacity_idx))
        for day in distinct.tolist():
            day_start, day_end = day_bounds(day, tz) if caps.daily[cap] else (starts, ends)
            capacity_idx.append(cap)
            starts_s.append(max(starts, day_start))
            ends_s.append(min(ends, day_end))
    departure, row = np.concatenate(drawn), np.concatenate(drawn_row)
    by = np.lexsort((row, departure))
    return CapacityRows(
        np.array(capacity_idx, np.int32),
        np.array(starts_s, np.int64),
        np.array(ends_s, np.int64),
        np.searchsorted(departure[by], np.arange(len(node) + 1)).astype(np.int64),
        row[by].astype(np.int32),
    )


def build_rows(problem: Problem, instances: CapacityRows) -> Rows:
    """The model's rows: stock, then safety stock of every position, then the capacity instances."""
    positions, caps, weights = problem.positions, problem.capacities, problem.weights
    num, idx = len(positions), instances.capacity_idx
    scale_of = np.array([BASE_UNITS_PER_MEASURE[measure] for measure in Measure], np.int64)
    stock64, none64 = np.ones(2 * num, np.int64), np.zeros(2 * num, np.int64)
    safety_cost = weighted_one(problem.policy.safety_stock_cost_micros, weights.safety_stock)
    return Rows(
        measure=np.concatenate([np.full(2 * num, NONE_IDX, np.int8), caps.measure[idx]]),
        node=np.concatenate([positions.node_idx, positions.node_idx, caps.node_idx[idx]]),
        limit=np.concatenate([positions.free, positions.covered_safety, caps.limit[idx]]),
        scale=np.concatenate([stock64, scale_of[caps.measure[idx]]]),
        open_cost=np.concatenate([none64, weighted(caps.open_cost_micros, weights.load)[idx]]),
        open_max=np.concatenate([stock64, caps.open_max[idx]]),
        overtime_limit=np.concatenate([none64, caps.overtime_limit[idx]]),
        overtime_cost=np.concatenate([none64, weighted(caps.overtime_cost_micros, weights.overtime)[idx]]),
        unit_cost=np.concatenate([none64[:num], np.full(num, safety_cost, np.int64), np.zeros(len(idx), np.int64)]),
    )
