"""Capacity rows: their instances, what is drawn on each, and the cheapest loads and overtime that cover it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np

from dom_engine.audit.clock import local_day, local_instant
from dom_engine.audit.exact import Integers, half_even, sum_by, weigh_one
from dom_engine.audit.loads import Loads
from dom_engine.audit.network import Network
from dom_engine.audit.tables import distinct, spans
from dom_engine.domain.columns import I32, I64, NONE_IDX, Lists
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure


@dataclass(frozen=True, slots=True)
class RowCost:
    """What a draw on one row costs: loads opened and overtime drawn (base units), and their amounts."""

    loads: int
    overtime: int
    load_micros: int
    overtime_micros: int
    weighted_load_micros: int
    weighted_overtime_micros: int

    @property
    def weighted_micros(self) -> int:
        """Both amounts, weighted."""
        return self.weighted_load_micros + self.weighted_overtime_micros


class CapacityRows:
    """The instances of a problem's capacities, sorted by (capacity, start).

    One per capacity, or one per node-local day that it repeats on (UTC without node), clipped to its own bounds, for
    the days of the horizon.

    Attributes
    ----------
    capacity_idx, starts_s, ends_s
        One entry per row; a row covers dispatches in [starts, ends).
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._matching: dict[tuple[int, int, int], tuple[int, ...]] = {}
        rows: list[tuple[int, int, int]] = []
        capacities = network.problem.capacities
        for capacity in range(len(capacities)):
            bounds = int(capacities.starts_s[capacity]), int(capacities.ends_s[capacity])
            if capacities.daily[capacity]:
                rows += [(capacity, *day) for day in self._days(capacity, *bounds)]
            else:
                rows.append((capacity, *bounds))
        table = np.array(rows, np.int64).reshape(-1, 3)
        self.capacity_idx: I32 = table[:, 0].astype(np.int32)
        self.starts_s: I64 = table[:, 1].copy()
        self.ends_s: I64 = table[:, 2].copy()

    def __len__(self) -> int:
        return len(self.capacity_idx)

    def _days(self, capacity: int, starts_s: int, ends_s: int) -> list[tuple[int, int]]:
        problem = self._network.problem
        timezone = self._network.clock.timezone(int(problem.capacities.node_idx[capacity]))
        if starts_s > problem.horizon_end_s or ends_s <= problem.now_s:
            return []
        first, _ = local_day(timezone, max(problem.now_s, starts_s))
        last, _ = local_day(timezone, min(problem.horizon_end_s, ends_s))
        midnights = [local_instant(timezone, day, 0) for day in range(first, last + 2)]
        clipped = [(max(start_s, starts_s), min(end_s, ends_s)) for start_s, end_s in pairwise(midnights)]
        return [(start_s, end_s) for start_s, end_s in clipped if start_s < end_s]

    @cached_property
    def _rows_of_node(self) -> dict[int, list[int]]:
        """Rows that name each node; under -1 those that name none."""
        rows: dict[int, list[int]] = {}
        nodes = self._network.problem.capacities.node_idx[self.capacity_idx]
        for row, node in enumerate(nodes.tolist()):
            rows.setdefault(node, []).append(row)
        return rows

    def matching(self, node_idx: int, service_idx: int, dispatch_s: int) -> tuple[int, ...]:
        """The rows that a shipment draws on, ascending."""
        key = (node_idx, service_idx, dispatch_s)
        found = self._matching.get(key)
        if found is None:
            services = self._network.problem.capacities.service_idx
            of_node = self._rows_of_node.get(node_idx, []) + self._rows_of_node.get(NONE_IDX, [])
            found = self._matching[key] = tuple(
                sorted(
                    row
                    for row in of_node
                    if self.starts_s[row] <= dispatch_s < self.ends_s[row]
                    and services[self.capacity_idx[row]] in (NONE_IDX, service_idx)
                )
            )
        return found

    def matching_of(self, node_idx: I32, service_idx: I32, dispatch_s: I64) -> Lists:
        """``matching`` of each row of the columns, as lists of rows."""
        first, group = distinct(node_idx, service_idx, dispatch_s)
        found = [self.matching(int(node_idx[row]), int(service_idx[row]), int(dispatch_s[row])) for row in first]
        lengths = np.array([len(rows) for rows in found], np.int64)
        flat = np.array([row for rows in found for row in rows], np.int32)
        starts = np.cumsum(lengths) - lengths
        _, entry = spans(starts[group], lengths[group])
        ptr = np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths[group])])
        return Lists(ptr=ptr, idx=flat[entry])

    def used(self, loads: Loads) -> Integers:
        """What the shipments draw on each row, in base units of the row's measure."""
        matching = self.matching_of(loads.node_idx, loads.service_idx, loads.dispatch_s)
        shipment = np.repeat(np.arange(len(loads)), matching.lengths)
        row = matching.idx.astype(np.int64)
        measure = self._network.problem.capacities.measure[self.capacity_idx]
        used: Integers = np.zeros(len(self), np.int64)
        for kind in Measure:
            of_kind = measure[row] == kind
            if of_kind.any():
                drawn = sum_by(row[of_kind], loads.measured(kind)[shipment[of_kind]], len(self))
                used = used + drawn
        return used

    def total_limit(self, row: int) -> int:
        """All loads and all overtime of a row, in base units."""
        capacities, capacity = self._network.problem.capacities, self.capacity_idx[row]
        loads = int(capacities.limit[capacity]) * int(capacities.open_max[capacity])
        return loads + int(capacities.overtime_limit[capacity])

    def is_free(self, row: int) -> bool:
        """Whether drawing on the row costs nothing."""
        capacities, capacity = self._network.problem.capacities, self.capacity_idx[row]
        return not (capacities.open_cost_micros[capacity] or capacities.overtime_limit[capacity])

    def cost(self, row: int, used: int) -> RowCost:
        """The cheapest loads and overtime that cover ``used``; all loads and the rest overtime where nothing does."""
        capacities, capacity = self._network.problem.capacities, self.capacity_idx[row]
        limit, open_max = int(capacities.limit[capacity]), int(capacities.open_max[capacity])
        if limit == 0 or used <= 0:
            return self._cost(row, 0, max(0, used))
        covering = min(open_max, -(-used // limit))
        least = -(-max(0, used - int(capacities.overtime_limit[capacity])) // limit)
        # The cost is linear in the loads up to the last whole load below the draw: an end or that load is cheapest.
        options = {covering, max(0, covering - 1), min(least, covering)}
        choices = [
            self._cost(row, loads, max(0, used - loads * limit))
            for loads in sorted(options)
            if loads >= min(least, covering)
        ]
        return min(choices, key=lambda choice: (choice.weighted_micros, choice.loads))

    def _cost(self, row: int, loads: int, overtime: int) -> RowCost:
        problem = self._network.problem
        capacities, capacity = problem.capacities, self.capacity_idx[row]
        base_units = BASE_UNITS_PER_MEASURE[Measure(int(capacities.measure[capacity]))]
        load_micros = int(capacities.open_cost_micros[capacity]) * loads
        overtime_micros = half_even(int(capacities.overtime_cost_micros[capacity]) * overtime, base_units)
        return RowCost(
            loads=loads,
            overtime=overtime,
            load_micros=load_micros,
            overtime_micros=overtime_micros,
            weighted_load_micros=weigh_one(load_micros, problem.weights.load),
            weighted_overtime_micros=weigh_one(overtime_micros, problem.weights.overtime),
        )
