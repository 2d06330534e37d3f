"""Local time: dispatch instants, ready instants and arrivals (section 3), counted in node-local days.

A local time that a clock change skips is read with the offset before the change, one that occurs twice is the first:
that is what ``zoneinfo`` does with ``fold=0``.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from dom_engine.audit.tables import Indices, distinct
from dom_engine.domain.calendars import Calendar
from dom_engine.domain.columns import I64, NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.units import NEVER_S

# Past this instant (year 9000) local dates are not computed any more: what arrives then never arrives.
_LAST_LOCAL_S = 221_845_392_000


@cache
def _zone(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)


def local_instant(timezone: str, ordinal: int, second_of_day: int) -> int:
    """The instant at which clocks of the zone show that second of that date."""
    wall = datetime.combine(date.fromordinal(ordinal), datetime.min.time()) + timedelta(seconds=second_of_day)
    return int(wall.replace(tzinfo=_zone(timezone)).timestamp())


def local_day(timezone: str, instant_s: int) -> tuple[int, int]:
    """The date (ordinal) and the second of the day that clocks of the zone show at an instant."""
    wall = datetime.fromtimestamp(instant_s, tz=_zone(timezone))
    return wall.toordinal(), wall.hour * 3600 + wall.minute * 60 + wall.second


def _is_open(calendar: Calendar | None, ordinal: int) -> bool:
    return calendar is None or calendar.is_open(ordinal)


class Clock:
    """The instants of one problem, memoised by zone and calendar, which nodes and services share."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._cutoffs_s = {
            (int(node), int(service)): int(cutoff)
            for node, service, cutoff in zip(
                problem.node_services.node_idx,
                problem.node_services.service_idx,
                problem.node_services.cutoff_s,
                strict=True,
            )
        }
        self._dispatches: dict[tuple[str, int, int, int], tuple[int, ...]] = {}
        self._dispatches_of: dict[tuple[int, int], tuple[int, ...]] = {}
        self._open_time: dict[tuple[str, int], tuple[I64, I64]] = {}
        self._arrivals: dict[tuple[str, int, int], int] = {}

    def timezone(self, node_idx: int) -> str:
        """The IANA name of a node's zone; UTC for no node."""
        if node_idx == NONE_IDX:
            return "UTC"
        return self._problem.timezones[int(self._problem.nodes.timezone_idx[node_idx])]

    def _calendar(self, calendar_idx: int) -> Calendar | None:
        return None if calendar_idx == NONE_IDX else self._problem.calendars[calendar_idx]

    def dispatches(self, node_idx: int, service_idx: int) -> tuple[int, ...]:
        """Dispatch instants of (node, service), ascending.

        The local cutoffs in (now, now + horizon] of the days on which the node works and the service collects.
        """
        found = self._dispatches_of.get((node_idx, service_idx))
        if found is None:
            nodes, services = self._problem.nodes, self._problem.services
            cutoff_s = self._cutoffs_s.get((node_idx, service_idx), int(nodes.cutoff_s[node_idx]))
            calendars = int(nodes.calendar_idx[node_idx]), int(services.pickup_calendar_idx[service_idx])
            key = (self.timezone(node_idx), *calendars, cutoff_s)
            if key not in self._dispatches:
                self._dispatches[key] = self._cutoffs_within_horizon(*key)
            found = self._dispatches_of[node_idx, service_idx] = self._dispatches[key]
        return found

    def _cutoffs_within_horizon(
        self, timezone: str, calendar_idx: int, pickup_calendar_idx: int, cutoff_s: int
    ) -> tuple[int, ...]:
        problem = self._problem
        works, collects = self._calendar(calendar_idx), self._calendar(pickup_calendar_idx)
        instants = []
        first, _ = local_day(timezone, problem.now_s)
        last, _ = local_day(timezone, problem.horizon_end_s)
        for ordinal in range(first, last + 1):
            if _is_open(works, ordinal) and _is_open(collects, ordinal):
                instant_s = local_instant(timezone, ordinal, cutoff_s)
                if problem.now_s < instant_s <= problem.horizon_end_s:
                    instants.append(instant_s)
        return tuple(sorted(set(instants)))

    def _open_seconds(self, timezone: str, calendar_idx: int) -> tuple[I64, I64]:
        """Local midnights from before now to past the horizon, and the open seconds elapsed by each."""
        key = (timezone, calendar_idx)
        if key not in self._open_time:
            calendar = self._calendar(calendar_idx)
            first, _ = local_day(timezone, self._problem.now_s)
            last, _ = local_day(timezone, self._problem.horizon_end_s)
            ordinals = range(first, last + 2)
            midnights = np.array([local_instant(timezone, day, 0) for day in ordinals], np.int64)
            is_open = np.array([_is_open(calendar, day) for day in ordinals[:-1]], np.int64)
            elapsed = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(midnights) * is_open)])
            self._open_time[key] = midnights, elapsed
        return self._open_time[key]

    def ready_s(self, node_idx: Indices, start_s: I64) -> I64:
        """When handling that starts at ``start_s`` (not before now) is done.

        The node's handling time has elapsed by then, counting only its open local days. ``NEVER_S`` where that lies
        past the horizon's last day.
        """
        nodes = self._problem.nodes
        handling_s = nodes.handling_s[node_idx]
        ready = np.array(start_s, np.int64)
        slow = np.flatnonzero(handling_s > 0)
        first, group = distinct(nodes.timezone_idx[node_idx[slow]], nodes.calendar_idx[node_idx[slow]])
        for number, sample in enumerate(first):
            rows = slow[group == number]
            node = int(node_idx[slow[sample]])
            midnights, elapsed = self._open_seconds(self.timezone(node), int(nodes.calendar_idx[node]))
            ready[rows] = _after_open_time(midnights, elapsed, start_s[rows], handling_s[rows])
        return ready

    def arrival_s(self, node_idx: int, lane_idx: int, dispatch_s: int) -> int:
        """When a shipment arrives.

        The lane's durations, with ``transit_days`` open days of the service's calendar in between, counted from the
        next local date with the time of day kept. ``NEVER_S`` where no such day comes.
        """
        timezone = self.timezone(node_idx)
        key = (timezone, lane_idx, dispatch_s)
        if key not in self._arrivals:
            lanes = self._problem.lanes
            moved_s = dispatch_s + int(lanes.pre_carriage_s[lane_idx]) + int(lanes.export_s[lane_idx])
            moved_s += int(lanes.transit_s[lane_idx])
            calendar = self._calendar(int(self._problem.services.calendar_idx[lanes.service_idx[lane_idx]]))
            moved_s = _after_open_days(timezone, calendar, moved_s, int(lanes.transit_days[lane_idx]))
            moved_s += int(lanes.import_s[lane_idx]) + int(lanes.on_carriage_s[lane_idx])
            self._arrivals[key] = min(moved_s, NEVER_S)
        return self._arrivals[key]

    def arrivals_s(self, node_idx: Indices, lane_idx: Indices, dispatch_s: I64) -> I64:
        """``arrival_s`` of each row; the dispatch itself where there is no lane."""
        arrivals = np.array(dispatch_s, np.int64)
        moving = np.flatnonzero(lane_idx != NONE_IDX)
        zones = self._problem.nodes.timezone_idx[node_idx[moving]]
        first, group = distinct(zones, lane_idx[moving], dispatch_s[moving])
        samples = moving[first]
        known = [self.arrival_s(int(node_idx[row]), int(lane_idx[row]), int(dispatch_s[row])) for row in samples]
        arrivals[moving] = np.array(known, np.int64)[group]
        return arrivals


def _after_open_time(midnights: I64, elapsed: I64, start_s: I64, duration_s: I64) -> I64:
    day = np.searchsorted(midnights, start_s, side="right") - 1
    inside = day < len(midnights) - 1
    day = np.minimum(day, len(midnights) - 2)
    # Within a day the elapsed time moves with the clock, or stands still where the day is closed.
    is_open = elapsed[day + 1] > elapsed[day]
    target = elapsed[day] + np.where(is_open, start_s - midnights[day], 0) + duration_s
    end = np.searchsorted(elapsed, target, side="left")
    reached = inside & (end < len(elapsed))
    end = np.minimum(end, len(elapsed) - 1)
    return np.where(reached, midnights[end - 1] + target - elapsed[end - 1], NEVER_S)


def _after_open_days(timezone: str, calendar: Calendar | None, instant_s: int, num_days: int) -> int:
    if num_days == 0:
        return instant_s
    if instant_s > _LAST_LOCAL_S:
        return NEVER_S
    ordinal, second_of_day = local_day(timezone, instant_s)
    if calendar is None:
        ordinal += num_days
    else:
        # Once the listed dates are past, a weekday kept open comes back within a fortnight, holidays notwithstanding.
        listed = max(max(calendar.closed, default=0), max(calendar.open, default=0), ordinal)
        last = listed + 14 * num_days + 60
        while num_days and ordinal <= last and ordinal < _LAST_ORDINAL:
            ordinal += 1
            num_days -= calendar.is_open(ordinal)
        if num_days:
            return NEVER_S
    return local_instant(timezone, ordinal, second_of_day) if ordinal <= _LAST_ORDINAL else NEVER_S


_LAST_ORDINAL = datetime.fromtimestamp(_LAST_LOCAL_S, tz=UTC).toordinal()
