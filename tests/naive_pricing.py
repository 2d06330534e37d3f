"""Slow twin of the pricing kernels: every pattern of an order, in exact arithmetic, from the formulation itself.

Shares nothing with the kernels but the arrays. Fractions carry the rates as they are written in decimal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import fsum
from typing import Any

from solvers.model import Prices, SourcingModel

DAY_S = 86_400
CLEARANCES = (2, 7)
INSURANCE = 5


class TooLarge(Exception):
    """An order has too many loads or patterns to enumerate."""


Piece = tuple[int, bool, int]
"""Source, whether from safety stock, quantity."""


@dataclass(frozen=True)
class Shipment:
    candidate: int
    trip: int
    load: tuple[Piece, ...]
    cost: int
    draws: tuple[tuple[int, int], ...]
    by_line: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Pattern:
    order: int
    shipments: tuple[Shipment, ...]
    cost: int
    fill: int
    draws: tuple[tuple[int, int], ...]

    def paid(self, prices: Prices) -> float:
        """Own cost, draws, activations and fill at the given prices."""
        return fsum(
            [
                float(self.cost),
                *(amount * float(prices.row[row]) for row, amount in self.draws),
                *(float(prices.activation[c]) for c in {s.candidate for s in self.shipments}),
                self.fill * prices.fill,
            ]
        )


def _exact(value: Any) -> Fraction:
    return Fraction(repr(float(value)))


def _times(amount: Fraction | int, weight: float) -> int:
    """Half-even to micros, weighted, half-even again."""
    return round(round(amount) * _exact(weight))


def _ceil_days(seconds: int) -> int:
    return -(-seconds // DAY_S)


def _stage(model: SourcingModel, tariff: int, stage: int, billable_g: int) -> int | None:
    """The row charged, None for no rows; raises LookupError where rows exist and none applies."""
    first, last = int(model.tariffs.ptr[tariff * 10 + stage]), int(model.tariffs.ptr[tariff * 10 + stage + 1])
    if first == last:
        return None
    reached = [row for row in range(first, last) if model.tariffs.weight_from_g[row] <= billable_g]
    if not reached:
        raise LookupError
    return max(reached, key=lambda row: int(model.tariffs.weight_from_g[row]))


def offers_of(model: SourcingModel, candidate: int) -> Iterator[tuple[int, int]]:
    """Yield (offer, trip)."""
    offer_class = int(model.candidates.offer_class[candidate])
    for offer in range(int(model.offers.class_ptr[offer_class]), int(model.offers.class_ptr[offer_class + 1])):
        for trip in range(int(model.offers.trip_ptr[offer]), int(model.offers.trip_ptr[offer + 1])):
            yield offer, trip


def shipment_of(
    model: SourcingModel, candidate: int, offer: int, trip: int, load: tuple[Piece, ...]
) -> Shipment | None:
    """The shipment a load makes, None where it makes none (P5-P7; P2's packs; P3's wholes)."""
    m, o = model, int(model.candidates.order[candidate])
    node, departure = int(m.candidates.node[candidate]), int(m.trips.departure[trip])
    service = int(m.offers.service[offer])
    assert (node, service) == (int(m.departures.node[departure]), int(m.departures.service[departure]))
    by_line: dict[int, int] = {}
    for source, _, quantity in load:
        line = int(m.sources.line[source])
        by_line[line] = by_line.get(line, 0) + quantity
    if not _whole(m, o, by_line):
        return None
    pieces = [(s, int(m.sources.position[s]), int(m.sources.line[s]), safety, q) for s, safety, q in load]
    items = {p: int(m.positions.item[p]) for _, p, _, _, _ in pieces}
    units = sum(q for *_, q in pieces)
    weight_g = sum(q * int(m.items.weight_g[items[p]]) for _, p, _, _, q in pieces)
    volume_cm3 = sum(q * int(m.items.volume_cm3[items[p]]) for _, p, _, _, q in pieces)
    value = sum(q * int(m.lines.unit_price_micros[line]) for line, q in by_line.items())
    if weight_g > m.services.max_weight_g[service] or value < m.nodes.min_shipment_value_micros[node]:
        return None
    billable_g = max(weight_g, round(volume_cm3 * _exact(m.services.kg_per_m3[service]) / 1000))
    parcels = max(1, -(-weight_g // int(m.services.max_parcel_g[service])))
    cost = _stages(m, candidate, offer, units, len(by_line), parcels, billable_g, value)
    if cost is None:
        return None
    raw = int(m.nodes.shipment_cost_micros[node]) + int(m.nodes.line_cost_micros[node]) * len(by_line)
    raw += sum(q * int(m.positions.unit_cost_micros[p]) for _, p, _, _, q in pieces)
    cost += _times(raw, m.weights.handling) + int(m.nodes.preference_cost[node])
    if m.offers.unpreferred[offer]:
        cost += int(m.orders.unpreferred_cost[o])
    tonne_km = Fraction(billable_g, 10**6) * Fraction(int(m.candidates.distance_m[candidate]), 1000)
    co2_kg = tonne_km * _exact(m.services.co2_g_per_tkm[service]) / 1000
    cost += _times(co2_kg * m.weights.carbon_cost_per_kg_micros, m.weights.carbon)
    for _, p, line, safety, q in pieces:
        cost += q * int(m.rows.unit_cost[m.num_positions + p]) if safety else 0
        cost += q * int(m.lines.substitute_cost[line]) if items[p] != m.lines.item[line] else 0
    cost += _duties(m, candidate, load)
    timing = _timing(m, o, offer, trip, pieces, by_line, candidate)
    if timing is None:
        return None
    draws: dict[int, int] = {}
    for _, p, _, safety, q in pieces:
        row = p + m.num_positions if safety else p
        draws[row] = draws.get(row, 0) + q
    work_s = sum(q * int(m.positions.work_s[p]) for _, p, _, _, q in pieces)
    measures = (units, len(by_line), 1, parcels, weight_g, volume_cm3, value, work_s)
    for r in range(int(m.departures.row_ptr[departure]), int(m.departures.row_ptr[departure + 1])):
        row = int(m.departures.row[r])
        amount = measures[int(m.rows.measure[row])]
        if amount:
            draws[row] = draws.get(row, 0) + amount
    capacity = m.row_capacity()
    if any(amount > capacity[row] for row, amount in draws.items()):
        return None
    return Shipment(candidate, trip, load, cost + timing, tuple(sorted(draws.items())), tuple(sorted(by_line.items())))


def _whole(m: SourcingModel, o: int, by_line: dict[int, int]) -> bool:
    lines = range(int(m.orders.line_ptr[o]), int(m.orders.line_ptr[o + 1]))
    for line, units in by_line.items():
        full = int(m.lines.quantity[line])
        if units > full or units % m.lines.pack[line] or (m.lines.unsplit[line] and units != full):
            return False
        group = m.lines.group[line]
        if group >= 0 and any(m.lines.group[k] == group and by_line.get(k, 0) != m.lines.quantity[k] for k in lines):
            return False
    together = bool(m.orders.ship_together[o])
    return not together or all(by_line.get(k, 0) == m.lines.quantity[k] for k in lines)


def _stages(
    m: SourcingModel, c: int, offer: int, units: int, lines: int, parcels: int, billable_g: int, value: int
) -> int | None:
    o, t = int(m.candidates.order[c]), m.tariffs
    kg, km = Fraction(billable_g, 1000), Fraction(int(m.candidates.distance_m[c]), 1000)
    cost = 0
    for stage in range(10):
        try:
            row = _stage(m, int(m.offers.tariff[offer]), stage, billable_g)
        except LookupError:
            return None
        if row is None or (m.candidates.domestic[c] and stage in CLEARANCES):
            continue
        share = Fraction(11, 10) if stage == INSURANCE else Fraction(1)
        amount = _exact(t.base[row]) + _exact(t.per_kg[row]) * kg + _exact(t.per_unit[row]) * units
        amount += _exact(t.per_line[row]) * lines + _exact(t.per_parcel[row]) * parcels + _exact(t.per_km[row]) * km
        amount += _exact(t.per_unit_km[row]) * units * km + _exact(t.per_kg_km[row]) * kg * km
        amount += _exact(t.pct_of_value[row]) / 100 * share * value
        amount = max(amount, _exact(t.minimum[row]))
        if int(m.orders.seller_stages[o]) >> stage & 1:
            cost += _times(amount, m.weights.insurance if stage == INSURANCE else m.weights.freight)
        elif int(m.orders.buyer_stages[o]) >> stage & 1:
            cost += _times(amount, m.weights.buyer)
    return cost


def _duties(m: SourcingModel, candidate: int, load: tuple[Piece, ...]) -> int:
    o = int(m.candidates.order[candidate])
    if m.candidates.domestic[candidate]:
        return 0
    due: dict[int, Fraction] = {}
    for source, _, q in load:
        line = int(m.sources.line[source])
        amount = _exact(m.sources.duty_pct[source]) / 100 * int(m.lines.unit_price_micros[line]) * q
        due[line] = due.get(line, Fraction(0)) + amount
    weight = m.weights.duty if m.orders.seller_duty[o] else m.weights.buyer
    return sum(_times(amount, weight) for amount in due.values())


def _timing(
    m: SourcingModel,
    o: int,
    offer: int,
    trip: int,
    pieces: list[tuple[int, int, int, bool, int]],
    by_line: dict[int, int],
    candidate: int,
) -> int | None:
    service, dispatch_s = int(m.offers.service[offer]), int(m.departures.dispatch_s[m.trips.departure[trip]])
    ready_s = 0
    for _, p, _, safety, _ in pieces:
        ready = max(int(m.candidates.ready_s[candidate]), int(m.positions.ready_s[p]))
        carried = m.services.carry[service, m.items.tag_class[m.positions.item[p]]]
        if not carried or ready > dispatch_s or dispatch_s >= m.positions.expires_s[p]:
            return None
        if safety and not m.orders.use_safety_stock[o]:
            return None
        ready_s = max(ready_s, ready)
    earliest_s, latest_s = int(m.orders.earliest_s[o]), min(int(m.lines.latest_s[line]) for line in by_line)
    judged_s = {
        0: max(ready_s, min(earliest_s, dispatch_s)),
        1: dispatch_s,
        2: dispatch_s + int(m.offers.pre_carriage_s[offer]),
        3: dispatch_s + int(m.offers.pre_carriage_s[offer]) + int(m.offers.export_s[offer]),
        4: int(m.trips.arrival_s[trip]),
    }[int(m.orders.judge[o])]
    late, early = max(0, _ceil_days(judged_s - latest_s)), max(0, _ceil_days(earliest_s - judged_s))
    if m.orders.hard_window[o] and (late or early):
        return None
    cost = _times(_exact(m.orders.late_factor[o]) * int(m.orders.late_cost_per_day_micros[o]) * late, m.weights.late)
    return cost + _times(int(m.orders.early_cost_per_day_micros[o]) * early, m.weights.early)


def _splits(total: int, limits: list[int]) -> Iterator[tuple[int, ...]]:
    """Yield every way to draw at most ``total`` units from bins."""
    if not limits:
        yield ()
        return
    for first in range(min(total, limits[0]) + 1):
        for rest in _splits(total - first, limits[1:]):
            yield (first, *rest)


def loads_of(model: SourcingModel, candidate: int, most: int) -> list[tuple[Piece, ...]]:
    """Every load that the stock at the candidate's node and the lines' quantities allow, but the empty one."""
    m, o = model, int(model.candidates.order[candidate])
    by_line: dict[int, list[tuple[int, bool, int]]] = {}
    for source in range(int(m.candidates.source_ptr[candidate]), int(m.candidates.source_ptr[candidate + 1])):
        position = int(m.sources.position[source])
        bins = by_line.setdefault(int(m.sources.line[source]), [])
        bins.append((source, False, int(m.rows.limit[position])))
        if m.orders.use_safety_stock[o]:
            bins.append((source, True, int(m.rows.limit[m.num_positions + position])))
    choices: list[list[tuple[Piece, ...]]] = []
    for line, bins in by_line.items():
        ways = list(_splits(int(m.lines.quantity[line]), [limit for *_, limit in bins]))
        choices.append([tuple((s, f, q) for (s, f, _), q in zip(bins, way, strict=True) if q) for way in ways])
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > most:
        raise TooLarge
    loads = (tuple(piece for part in parts for piece in part) for parts in product(*choices))
    return [load for load in loads if load]


def patterns_of(model: SourcingModel, order: int, *, most: int = 4_000) -> list[Pattern]:
    """Every pattern of an order; raises TooLarge beyond ``most`` loads of a candidate or 20 times as many patterns."""
    m = model
    by_trip: list[list[Shipment]] = []
    for c in range(int(m.orders.cand_ptr[order]), int(m.orders.cand_ptr[order + 1])):
        loads = loads_of(m, c, most)
        for offer, trip in offers_of(m, c):
            made = [shipment_of(m, c, offer, trip, load) for load in loads]
            by_trip.append([s for s in made if s is not None])
    capacity = [int(x) for x in m.row_capacity()]
    found: list[Pattern] = []
    _extend(m, order, by_trip, 0, (), {}, {}, capacity, found, 20 * most)
    return found


def _extend(
    m: SourcingModel,
    order: int,
    by_trip: list[list[Shipment]],
    t: int,
    chosen: tuple[Shipment, ...],
    used: dict[int, int],
    shipped: dict[int, int],
    capacity: list[int],
    found: list[Pattern],
    most: int,
) -> None:
    if t == len(by_trip):
        pattern = _finish(m, order, chosen, used, shipped)
        if pattern is not None:
            found.append(pattern)
        if len(found) > most:
            raise TooLarge
        return
    _extend(m, order, by_trip, t + 1, chosen, used, shipped, capacity, found, most)
    limit = int(m.orders.max_shipments[order])
    if limit and len(chosen) >= limit:
        return
    for shipment in by_trip[t]:
        units = dict(shipped)
        for line, quantity in shipment.by_line:
            units[line] = units.get(line, 0) + quantity
        if any(units[line] > m.lines.quantity[line] for line, _ in shipment.by_line):
            continue
        draws = dict(used)
        for row, amount in shipment.draws:
            draws[row] = draws.get(row, 0) + amount
        if any(draws[row] > capacity[row] for row, _ in shipment.draws):
            continue
        _extend(m, order, by_trip, t + 1, (*chosen, shipment), draws, units, capacity, found, most)


def _finish(
    m: SourcingModel, order: int, chosen: tuple[Shipment, ...], used: dict[int, int], shipped: dict[int, int]
) -> Pattern | None:
    cost, fill, complete = sum(s.cost for s in chosen), 0, True
    for line in range(int(m.orders.line_ptr[order]), int(m.orders.line_ptr[order + 1])):
        left = int(m.lines.quantity[line]) - shipped.get(line, 0)
        cost += left * int(m.lines.unmet_cost[line])
        fill += left * int(m.lines.fill_weight[line])
        complete = complete and left == 0
    if chosen and m.orders.ship_complete[order] and not complete:
        return None
    if m.orders.ship_together[order] and len(chosen) > 1:
        return None
    cost += max(0, len(chosen) - 1) * int(m.orders.split_cost[order])
    return Pattern(order, chosen, cost, fill, tuple(sorted(used.items())))
