"""A way to add units to a plan, tried step by step: each step is refused or can be taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from dom_engine.audit.exact import half_even, ratio
from dom_engine.audit.filters import RideKey, Source
from dom_engine.audit.loads import Loads
from dom_engine.audit.situation import Situation
from dom_engine.audit.window import judged_s
from dom_engine.domain.columns import NONE_IDX
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Reason
from dom_engine.domain.transport import Measure
from dom_engine.units import ALWAYS_S, NEVER_S, UNLIMITED


class Add(NamedTuple):
    """Some units of an order line from one source."""

    line: int
    source: Source
    quantity: int


Way = tuple[tuple[RideKey, tuple[Add, ...]], ...]
"""Additions by ride: to a shipment of the plan where the ride has one, else in a new one."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What is aboard one shipment, plan and additions together."""

    units: int = 0
    lines: frozenset[int] = frozenset()
    weight_g: int = 0
    volume_cm3: int = 0
    value_micros: int = 0
    work_s: int = 0
    latest_s: int = NEVER_S
    ready_s: int = ALWAYS_S

    def plus(self, situation: Situation, adds: tuple[Add, ...]) -> Hold:
        """The hold with some additions aboard."""
        units, weight_g, volume_cm3, value_micros = self.units, self.weight_g, self.volume_cm3, self.value_micros
        work_s, latest_s, ready_s = self.work_s, self.latest_s, self.ready_s
        for line, source, quantity in adds:
            units += quantity
            weight_g += quantity * situation.weight_g[source.item]
            volume_cm3 += quantity * situation.volume_cm3[source.item]
            value_micros += quantity * situation.price_micros[line]
            work_s += quantity * situation.work_s[source.position]
            latest_s = min(latest_s, situation.latest_s[line])
            ready_s = max(ready_s, source.ready_s)
        lines = self.lines.union(add.line for add in adds)
        return Hold(units, lines, weight_g, volume_cm3, value_micros, work_s, latest_s, ready_s)

    def measured(self, problem: Problem, service: int, measure: Measure) -> int:
        """The draw on a capacity of that measure, in base units; nothing for an empty hold."""
        match measure:
            case Measure.UNITS:
                return self.units
            case Measure.LINES:
                return len(self.lines)
            case Measure.SHIPMENTS:
                return 1 if self.lines else 0
            case Measure.PARCELS:
                max_parcel_g = int(problem.services.max_parcel_g[service])
                return max(1, -(-self.weight_g // max_parcel_g)) if self.lines else 0
            case Measure.KG:
                return self.weight_g
            case Measure.LITRES:
                return self.volume_cm3
            case Measure.VALUE:
                return self.value_micros
            case Measure.WORK_H:
                return self.work_s

    def billable_g(self, problem: Problem, service: int) -> int:
        """The larger of the actual and the volumetric weight."""
        numerator, denominator = ratio(float(problem.services.kg_per_m3[service]))
        return max(self.weight_g, half_even(self.volume_cm3 * numerator, 1_000 * denominator))


EMPTY_HOLD = Hold()


def planned_hold(situation: Situation, shipment: int) -> Hold:
    """What the plan has aboard a shipment."""
    loads: Loads = situation.loads
    return Hold(
        units=int(loads.units[shipment]),
        lines=situation.lines_aboard(shipment),
        weight_g=int(loads.weight_g[shipment]),
        volume_cm3=int(loads.volume_cm3[shipment]),
        value_micros=int(loads.value_micros[shipment]),
        work_s=int(loads.work_s[shipment]),
        latest_s=int(loads.latest_s[shipment]),
        ready_s=int(loads.ready_s[shipment]),
    )


class Trial:
    """Additions to one order under the rules in force: ``lifted`` names those that are not."""

    def __init__(
        self, situation: Situation, order: int, lanes: Mapping[tuple[int, int], int], lifted: frozenset[Reason]
    ) -> None:
        self._situation = situation
        self._problem = situation.problem
        self._order = order
        self._lanes = lanes
        self._stock_lifted = Reason.STOCK_TAKEN in lifted
        self._capacity_lifted = Reason.CAPACITY_FULL in lifted
        self._weight_lifted = Reason.CANNOT_CARRY in lifted
        self._window_lifted = Reason.WINDOW in lifted
        self._value_lifted = Reason.BELOW_MIN_VALUE in lifted
        self.planned = situation.shipments_of(order)
        most = int(situation.problem.orders.max_shipments[order])
        if most == 0 or Reason.MAX_SHIPMENTS in lifted:
            most = UNLIMITED
        self._new_left = most - len(self.planned)
        self._holds = {ride: planned_hold(situation, shipment) for ride, shipment in self.planned.items()}
        self._floors_g: dict[tuple[int, int], int] = {}
        self._steps: list[tuple[RideKey, tuple[Add, ...], Hold | None, dict[int, int]]] = []
        self._taken: dict[tuple[int, bool], int] = {}
        self._drawn: dict[int, int] = {}

    def left(self, source: Source) -> int:
        """Units still to be had from a source."""
        if self._stock_lifted:
            return UNLIMITED
        return self._situation.left(source) - self._taken.get(source[:2], 0)

    def hold(self, ride: RideKey) -> Hold:
        """What is aboard the ride's shipment so far."""
        return self._holds.get(ride, EMPTY_HOLD)

    def is_open(self, ride: RideKey) -> bool:
        """Whether the ride has a shipment so far."""
        return ride in self._holds

    def is_shut(self, ride: RideKey) -> bool:
        """Whether nothing can ride, whatever it is: spares trying each addition."""
        if ride in self._holds:
            return not self._capacity_lifted and self._situation.is_full(ride)
        if self._new_left <= 0:
            return True
        return not self._capacity_lifted and self._situation.is_full(ride, for_new_shipments=True)

    def push(self, ride: RideKey, adds: tuple[Add, ...]) -> bool:
        """Add units, at most what ``left`` says, unless a rule in force refuses them."""
        before = self._holds.get(ride)
        if before is None and self._new_left <= 0:
            return False
        after = (before or EMPTY_HOLD).plus(self._situation, adds)
        if not self._weight_lifted and after.weight_g > self._situation.max_weight_g[ride[1]]:
            return False
        if not self._window_lifted and not self._in_window(ride, after):
            return False
        draws = self._draws(ride, before or EMPTY_HOLD, after)
        if not self._capacity_lifted and any(not self._has_room(row, drawn) for row, drawn in draws.items()):
            return False
        self._steps.append((ride, adds, before, draws))
        self._holds[ride] = after
        self._new_left -= before is None
        for row, drawn in draws.items():
            self._drawn[row] = self._drawn.get(row, 0) + drawn
        for add in adds:
            key = add.source[:2]
            self._taken[key] = self._taken.get(key, 0) + add.quantity
        return True

    def pop(self) -> None:
        """Take the last step back."""
        ride, adds, before, draws = self._steps.pop()
        if before is None:
            del self._holds[ride]
            self._new_left += 1
        else:
            self._holds[ride] = before
        for row, drawn in draws.items():
            self._drawn[row] -= drawn
        for add in adds:
            self._taken[add.source[:2]] -= add.quantity

    def is_complete(self) -> bool:
        """Whether every shipment added to reaches its least value and the first break of its rate."""
        for ride in {step[0] for step in self._steps}:
            hold = self._holds[ride]
            if hold.value_micros < self.least_value_micros(ride):
                return False
            floor_g = self.rate_floor_g(ride)
            if floor_g and hold.billable_g(self._problem, ride[1]) < floor_g:
                return False
        return True

    def least_value_micros(self, ride: RideKey) -> int:
        """The value below which the ride's node ships nothing."""
        return 0 if self._value_lifted else self._situation.least_value_micros[ride[0]]

    def rate_floor_g(self, ride: RideKey) -> int:
        """The billable weight below which the ride's rate does not apply."""
        if self._weight_lifted:
            return 0
        pair = ride[:2]
        if pair not in self._floors_g:
            floor_g = self._situation.auditor.rates.floor_g
            self._floors_g[pair] = int(floor_g[self._problem.lanes.rate_idx[self._lanes[pair]]])
        return self._floors_g[pair]

    def way(self) -> Way:
        """The additions so far, by ride."""
        by_ride: dict[RideKey, tuple[Add, ...]] = {}
        for ride, adds, _, _ in self._steps:
            by_ride[ride] = by_ride.get(ride, ()) + adds
        return tuple(by_ride.items())

    def full_rows(self) -> list[int]:
        """The capacity rows that the additions overdraw, ascending."""
        return sorted(row for row, drawn in self._drawn.items() if not self._has_room(row, 0) and drawn > 0)

    def _in_window(self, ride: RideKey, hold: Hold) -> bool:
        orders = self._problem.orders
        if not orders.hard_window[self._order]:
            return True
        lane = self._lanes.get(ride[:2], NONE_IDX)
        judged = judged_s(self._situation.auditor.network, self._order, ride, lane, hold.ready_s)
        return bool(orders.earliest_s[self._order] <= judged <= hold.latest_s)

    def _draws(self, ride: RideKey, before: Hold, after: Hold) -> dict[int, int]:
        draws = {}
        for row in self._situation.auditor.capacity_rows.matching(*ride):
            measure = self._situation.row_measure[row]
            drawn = after.measured(self._problem, ride[1], measure) - before.measured(self._problem, ride[1], measure)
            if drawn:
                draws[row] = drawn
        return draws

    def _has_room(self, row: int, drawn: int) -> bool:
        used = self._situation.rows_used[row] + self._drawn.get(row, 0)
        return used + drawn <= self._situation.rows_limit[row]
