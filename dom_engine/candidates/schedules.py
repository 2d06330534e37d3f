"""When nodes work and when services leave them: open times and dispatch instants, computed once per distinct rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.candidates.clock import calendar_at, dispatch_instants, open_intervals, zone
from dom_engine.domain.columns import I32, I64, NONE_IDX
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.kernels.clocks import OpenTimes


@dataclass(frozen=True, slots=True)
class Schedules:
    """Dispatch instants of (node, service) pairs.

    ``of_pair`` int32[num_services, num_nodes] is the schedule of a pair, -1 where it is disabled; instants of
    schedule k are ``dispatch_s[ptr[k]:ptr[k + 1]]``, rising.
    """

    of_pair: I32
    ptr: I64
    dispatch_s: I64

    @property
    def calls(self) -> I32:
        """How often a service leaves a node within the horizon, int32[num_services, num_nodes]; 0 where disabled."""
        # Index -1 finds the 0 at the end.
        return np.append(np.diff(self.ptr), 0)[self.of_pair].astype(np.int32)


def _csr(lists: list[list[int]]) -> tuple[I64, I64]:
    ptr = np.cumsum([0, *map(len, lists)], dtype=np.int64)
    return ptr, np.array([value for values in lists for value in values], np.int64)


@of_parts("nodes", "services", "node_services", "calendars", "timezones", "now_s", "horizon_end_s")
def schedules_of(problem: Problem) -> Schedules:
    """Dispatch instants of every enabled (node, service) pair: section 3's local cutoffs."""
    nodes, services, pairs = problem.nodes, problem.services, problem.node_services
    shape = (len(services), len(nodes))
    cutoff_s = np.broadcast_to(nodes.cutoff_s, shape).copy()
    enabled = services.enabled[:, None] & nodes.enabled[None, :]
    cutoff_s[pairs.service_idx, pairs.node_idx] = pairs.cutoff_s
    enabled[pairs.service_idx, pairs.node_idx] &= pairs.enabled
    service, node = np.nonzero(enabled)
    keys = np.stack(
        [
            nodes.timezone_idx[node].astype(np.int64),
            nodes.calendar_idx[node].astype(np.int64),
            services.pickup_calendar_idx[service].astype(np.int64),
            cutoff_s[service, node],
        ],
        axis=1,
    )
    distinct, schedule = np.unique(keys, axis=0, return_inverse=True)
    instants = [
        dispatch_instants(
            zone(problem.timezones[timezone]),
            (calendar_at(problem.calendars, at_node), calendar_at(problem.calendars, at_pickup)),
            cutoff,
            problem.now_s,
            problem.horizon_end_s,
        )
        for timezone, at_node, at_pickup, cutoff in distinct.tolist()
    ]
    of_pair = np.full(shape, NONE_IDX, np.int32)
    of_pair[service, node] = schedule.reshape(-1)
    ptr, dispatch_s = _csr(instants)
    return Schedules(of_pair, ptr, dispatch_s)


@of_parts("nodes", "calendars", "timezones", "now_s", "horizon_end_s")
def open_times_of(problem: Problem) -> tuple[I32, OpenTimes]:
    """The clock of each node, int32[num_nodes], and when each runs: handling counts a node's open local days."""
    nodes = problem.nodes
    keys = np.stack([nodes.timezone_idx, nodes.calendar_idx], axis=1)
    distinct, clock = np.unique(keys, axis=0, return_inverse=True)
    intervals = [
        open_intervals(
            zone(problem.timezones[timezone]), calendar_at(problem.calendars, at), problem.now_s, problem.horizon_end_s
        )
        for timezone, at in distinct.tolist()
    ]
    ptr, start_s = _csr([[start for start, _ in days] for days in intervals])
    _, end_s = _csr([[end for _, end in days] for days in intervals])
    elapsed_s = np.concatenate(
        [
            np.zeros(0, np.int64),
            *(np.cumsum([0, *(end - start for start, end in days[:-1])])[: len(days)] for days in intervals),
        ]
    ).astype(np.int64)
    return clock.reshape(-1).astype(np.int32), OpenTimes(ptr, start_s, end_s, elapsed_s)
