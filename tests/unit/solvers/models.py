"""Random sourcing models straight in numbers: small enough to enumerate, with any mix of features."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from solvers import model as m

Random = np.random.Generator
DAY_S = 86_400
MONEY = 1_000_000
NOW_S = 1_700_000_000


def _array(values: Any, dtype: Any) -> npt.NDArray[Any]:
    return np.asarray(values, dtype)


def pointers(lengths: Any) -> m.I64:
    """Where each of a run of slices begins, and the end of the last."""
    return np.concatenate([[0], np.cumsum(_array(lengths, np.int64))]).astype(np.int64)


class Traits(NamedTuple):
    """Which features a random model mixes; probabilities of each."""

    volumetric: float = 0.3
    parcels: float = 0.3
    breaks: float = 0.5
    stages: float = 0.3
    max_weight: float = 0.3
    min_value: float = 0.2
    windows: float = 0.5
    hard: float = 0.3
    inbound: float = 0.4
    safety: float = 0.4
    substitutes: float = 0.3
    packs: float = 0.25
    unsplit: float = 0.2
    groups: float = 0.2
    together: float = 0.1
    complete: float = 0.15
    max_shipments: float = 0.3
    capacities: float = 0.5
    same_item: float = 0.3
    tags: float = 0.15
    odd_weights: float = 0.3
    days: int = 2
    nodes: int = 3
    services: int = 2
    lines: int = 3
    quantity: int = 3


PLAIN = Traits(*[0.0] * 21, days=1, nodes=6, services=1, lines=4, quantity=4)
"""No exotic rule at all."""


def random_model(seed: int, traits: Traits | None = None, num_orders: int = 2) -> m.SourcingModel:
    """A random model small enough to enumerate; every feature is present or absent by chance."""
    traits = traits or Traits()
    rng = np.random.default_rng(seed)
    # A feature is in play for the whole model or not at all, so that simple paths are met as well as the mixes.
    rates = [p if isinstance(p, int) or rng.random() < 0.6 else 0.0 for p in traits]
    return _Builder(rng, Traits(*rates), num_orders).build()


def random_prices(seed: int, model: m.SourcingModel) -> m.Prices:
    """Zero, smooth or spiky prices of a model's rows, activations and fill."""
    rng = np.random.default_rng(seed)
    kind = rng.integers(4)
    rows, candidates = model.num_rows, len(model.candidates.order)
    if kind == 0:
        return m.Prices.zero(model)
    row = rng.random(rows) * 3 * MONEY
    if kind >= 2:
        row = np.where(rng.random(rows) < 0.3, row * 4, 0.0)
    row /= np.maximum(model.rows.scale, 1)
    activation = np.where(rng.random(candidates) < 0.4, rng.random(candidates) * 4 * MONEY, 0.0)
    return m.Prices(row, activation if kind != 1 else np.zeros(candidates), float(rng.random()) if kind == 3 else 0.0)


class _Builder:
    """Holds the tables while they grow."""

    def __init__(self, rng: Random, traits: Traits, num_orders: int) -> None:
        self.rng, self.traits, self.num_orders = rng, traits, num_orders
        self.num_nodes = int(rng.integers(1, traits.nodes + 1))
        self.num_services = int(rng.integers(1, traits.services + 1))
        self.num_items = int(rng.integers(1, 4))
        self.num_days = int(rng.integers(1, traits.days + 1))
        self.base = float(rng.choice([0.5, 5.0]))

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def money(self, most: float) -> int:
        return int(round(self.rng.random() * most, 2) * MONEY)

    def build(self) -> m.SourcingModel:
        items, services, nodes = self.items(), self.services(), self.nodes()
        positions, stock = self.positions()
        departures, rows = self.departures(positions, stock)
        orders, lines = self.orders()
        offers, trips, classes, tariffs = self.offers(departures)
        candidates, sources, orders = self.candidates(orders, lines, positions, classes)
        return m.SourcingModel(
            self.weights(), orders, lines, candidates, sources, offers, trips, departures, tariffs, nodes, services,
            items, positions, rows,
        )  # fmt: skip

    def weights(self) -> m.CostWeights:
        def weight() -> float:
            return float(self.rng.choice([0.5, 1.25, 0.333])) if self.chance(self.traits.odd_weights) else 1.0

        buyer = 0.1 if self.chance(0.2) else 0.0
        carbon = self.money(2) if self.chance(0.3) else 0
        return m.CostWeights(weight(), weight(), weight(), buyer, weight(), weight(), weight(), weight(), carbon)

    def items(self) -> m.Items:
        count = self.num_items
        weight = self.rng.choice([100, 250, 500, 1_000, 2_345], count)
        volume = self.rng.choice([0, 1_000, 4_000, 12_345], count)
        tagged = [int(self.chance(self.traits.tags)) for _ in range(count)]
        return m.Items(_array(weight, np.int64), _array(volume, np.int64), _array(tagged, np.int32))

    def services(self) -> m.Services:
        count, t = self.num_services, self.traits
        most = [int(self.rng.integers(800, 6_000)) if self.chance(t.max_weight) else m.UNLIMITED for _ in range(count)]
        parcel = [int(self.rng.integers(500, 3_000)) if self.chance(t.parcels) else m.UNLIMITED for _ in range(count)]
        dense = [float(self.rng.choice([166.7, 333.0])) if self.chance(t.volumetric) else 0.0 for _ in range(count)]
        co2 = self.rng.choice([0.0, 62.0, 602.5], count)
        carry = np.ones((count, 2), np.bool_)
        carry[:, 1] = self.rng.random(count) < 0.5
        return m.Services(_array(most, np.int64), _array(parcel, np.int64), _array(dense, np.float64), co2, carry)

    def nodes(self) -> m.Nodes:
        count = self.num_nodes
        least = [self.money(15) if self.chance(self.traits.min_value) else 0 for _ in range(count)]
        return m.Nodes(
            shipment_cost_micros=_array([self.money(3) for _ in range(count)], np.int64),
            line_cost_micros=_array([self.money(1) for _ in range(count)], np.int64),
            preference_cost=_array([self.money(0.5) for _ in range(count)], np.int64),
            activation_cost=_array([self.money(5) if self.chance(0.3) else 0 for _ in range(count)], np.int64),
            min_shipment_value_micros=_array(least, np.int64),
        )

    def positions(self) -> tuple[m.Positions, list[tuple[int, int, int]]]:
        rng, t = self.rng, self.traits
        table: list[tuple[int, int, int, int, int, int]] = []
        stock: list[tuple[int, int, int]] = []
        for node in range(self.num_nodes):
            for item in range(self.num_items):
                unit_cost, work_s = self.money(0.5), int(rng.integers(0, 600))
                for copy in range(int(rng.choice([0, 1, 1, 1, 2]))):
                    late = copy and self.chance(t.inbound)
                    ready_s = NOW_S + (int(rng.integers(1, 3 * DAY_S)) if late else 0)
                    expires_s = (
                        NOW_S + int(rng.integers(DAY_S, 3 * DAY_S)) if self.chance(t.inbound / 2) else m.UNLIMITED
                    )
                    table.append((node, item, ready_s, expires_s, unit_cost, work_s))
                    safety = int(rng.integers(0, 3)) if self.chance(t.safety) else 0
                    stock.append((int(rng.integers(0, t.quantity + 2)), safety, self.money(2)))
        columns = list(zip(*table, strict=True)) if table else [()] * 6
        dtypes = (np.int32, np.int32, np.int64, np.int64, np.int64, np.int64)
        return m.Positions(*[_array(c, d) for c, d in zip(columns, dtypes, strict=True)]), stock

    def departures(self, positions: m.Positions, stock: list[tuple[int, int, int]]) -> tuple[m.Departures, m.Rows]:
        rng = self.rng
        rows: list[tuple[int, int, int, int, int, int, int, int, int]] = []
        rows += [(-1, int(positions.node[p]), free, 1, 0, 1, 0, 0, 0) for p, (free, _, _) in enumerate(stock)]
        rows += [(-1, int(positions.node[p]), s, 1, 0, 1, 0, 0, cost) for p, (_, s, cost) in enumerate(stock)]
        table = [
            (node, service, NOW_S + (day + 1) * DAY_S + 3_600 * service)
            for node in range(self.num_nodes)
            for service in range(self.num_services)
            for day in range(self.num_days)
        ]
        applies: list[list[int]] = [[] for _ in table]
        for _ in range(int(rng.integers(1, 4)) if self.chance(self.traits.capacities) else 0):
            node = int(rng.integers(-1, self.num_nodes))
            service = int(rng.integers(-1 if node >= 0 else 0, self.num_services))
            day = int(rng.integers(-1, self.num_days))
            hit = [
                d
                for d, (n, s, _) in enumerate(table)
                if node in (-1, n) and service in (-1, s) and day in (-1, d % self.num_days)
            ]
            for d in hit:
                applies[d].append(len(rows))
            rows.append(self.capacity(node))
        nodes, services, dispatch = zip(*table, strict=True)
        departures = m.Departures(
            _array(nodes, np.int32),
            _array(services, np.int32),
            _array(dispatch, np.int64),
            pointers([len(a) for a in applies]),
            _array([row for a in applies for row in a], np.int32),
        )
        columns = list(zip(*rows, strict=True)) if rows else [()] * 9
        dtypes = (np.int8, np.int32, *[np.int64] * 7)
        return departures, m.Rows(*[_array(c, d) for c, d in zip(columns, dtypes, strict=True)])

    def capacity(self, node: int) -> tuple[int, int, int, int, int, int, int, int, int]:
        rng = self.rng
        measure = int(rng.integers(0, 8))
        limit = [4, 3, 2, 3, 3_000, 9_000, 30 * MONEY, 1_500][measure]
        scale = [1, 1, 1, 1, 1_000, 1_000, MONEY, 3_600][measure]
        open_max, overtime = (int(rng.integers(1, 3)), 0) if self.chance(0.7) else (1, max(1, limit // 3))
        return measure, node, limit, scale, self.money(4), open_max, overtime, self.money(2), 0

    def orders(self) -> tuple[m.Orders, m.Lines]:
        rng, t, count = self.rng, self.traits, self.num_orders
        counts = rng.integers(1, t.lines + 1, count)
        latest = [NOW_S + int(rng.integers(0, 4 * DAY_S)) if self.chance(t.windows) else m.UNLIMITED for _ in counts]
        earliest = [NOW_S + int(rng.integers(0, 2 * DAY_S)) if self.chance(t.windows) else -m.UNLIMITED for _ in counts]
        lines = self.lines(counts, latest)
        stages = _array([int(rng.integers(0, 1024)) if self.chance(t.stages) else 1023 for _ in counts], np.int32)
        flags = [[self.chance(p) for _ in counts] for p in (t.hard, 0.5, t.complete, t.together, t.safety)]
        hard, duty, complete, together, safety = (_array(f, np.bool_) for f in flags)
        most = [int(rng.integers(1, 4)) if self.chance(t.max_shipments) else 0 for _ in counts]
        return (
            m.Orders(
                cand_ptr=np.zeros(count + 1, np.int64),
                line_ptr=pointers(counts),
                earliest_s=_array(earliest, np.int64),
                hard_window=hard,
                judge=_array(rng.integers(0, 5, count), np.int8),
                seller_stages=stages,
                buyer_stages=1023 & ~stages,
                seller_duty=duty,
                late_cost_per_day_micros=_array([self.money(3) for _ in counts], np.int64),
                late_factor=_array(rng.choice([1.0, 2.5], count), np.float64),
                early_cost_per_day_micros=_array([self.money(2) for _ in counts], np.int64),
                max_shipments=_array(most, np.int64),
                split_cost=_array([self.money(2) if self.chance(0.5) else 0 for _ in counts], np.int64),
                ship_complete=complete,
                ship_together=together,
                use_safety_stock=safety,
                unpreferred_cost=_array([self.money(1) for _ in counts], np.int64),
            ),
            lines,
        )

    def lines(self, counts: npt.NDArray[Any], latest: list[int]) -> m.Lines:
        rng, t = self.rng, self.traits
        table: list[tuple[int, int, int, bool, int, int, int, int, int, int]] = []
        for o, count in enumerate(counts.tolist()):
            distinct = rng.permutation(self.num_items)
            grouped = self.chance(t.groups)
            for k in range(count):
                item = int(distinct[k % self.num_items]) if not self.chance(t.same_item) else int(distinct[0])
                pack = int(rng.integers(2, 4)) if self.chance(t.packs) else 1
                group = int(rng.integers(0, 2)) if grouped and self.chance(0.8) else -1
                late = (
                    min(latest[o], NOW_S + int(rng.integers(0, 4 * DAY_S))) if self.chance(t.windows / 2) else latest[o]
                )
                unmet, substitute = int(self.rng.integers(2, 60)) * MONEY, self.money(1)
                quantity = int(rng.integers(1, t.quantity + 1))
                price, weight = self.money(10), int(rng.integers(1, 4)) * MONEY
                table.append(
                    (item, quantity, pack, self.chance(t.unsplit), group, price, late, unmet, weight, substitute)
                )
        dtypes = (np.int32, np.int64, np.int64, np.bool_, np.int32, *[np.int64] * 5)
        return m.Lines(*[_array(c, d) for c, d in zip(zip(*table, strict=True), dtypes, strict=True)])

    def offers(self, departures: m.Departures) -> tuple[m.Offers, m.Trips, list[list[int]], m.Tariffs]:
        """Two offer classes for each node; every offer leaves out some days."""
        rng = self.rng
        num_tariffs = int(rng.integers(1, 4))
        offers: list[tuple[int, int, bool, int, int]] = []
        classes, class_lengths, trip_lengths = [], [], []
        trips: list[tuple[int, int]] = []
        for node in range(self.num_nodes):
            classes.append([len(class_lengths), len(class_lengths) + 1])
            for _ in range(2):
                before = len(offers)
                for service in range(self.num_services):
                    if self.chance(0.2):
                        continue
                    pre_s, export_s = int(rng.integers(0, DAY_S)), int(rng.integers(0, DAY_S))
                    offers.append((service, int(rng.integers(num_tariffs)), self.chance(0.3), pre_s, export_s))
                    at = [
                        d
                        for d in range(len(departures.node))
                        if (departures.node[d], departures.service[d]) == (node, service)
                    ]
                    kept = [d for d in at if not self.chance(0.2)]
                    hours_s = int(rng.integers(0, 2 * DAY_S))
                    trips += [(d, int(departures.dispatch_s[d]) + hours_s) for d in kept]
                    trip_lengths.append(len(kept))
                class_lengths.append(len(offers) - before)
        columns = list(zip(*offers, strict=True)) if offers else [()] * 5
        dtypes = (np.int32, np.int32, np.bool_, np.int64, np.int64)
        made = [_array(c, d) for c, d in zip(columns, dtypes, strict=True)]
        departure, arrival = zip(*trips, strict=True) if trips else ((), ())
        return (
            m.Offers(pointers(class_lengths), *made, pointers(trip_lengths)),
            m.Trips(_array(departure, np.int32), _array(arrival, np.int64)),
            classes,
            self.tariffs(num_tariffs),
        )

    def tariffs(self, count: int) -> m.Tariffs:
        rng, t = self.rng, self.traits
        lengths, rows = [], []
        for _ in range(count):
            for stage in range(m.NUM_STAGES):
                priced = stage == 4 or self.chance(t.stages / 2)
                breaks = [0 if self.chance(0.9) else 300]
                while self.chance(t.breaks) and len(breaks) < 3:
                    breaks.append(breaks[-1] + int(rng.integers(200, 2_500)))
                lengths.append(len(breaks) if priced else 0)
                rows += [self.rate(weight) for weight in breaks] if priced else []
        columns = [_array(c, np.float64) for c in zip(*rows, strict=True)]
        return m.Tariffs(pointers(lengths), columns[0].astype(np.int64), *columns[1:])

    def rate(self, weight_from_g: int) -> tuple[float, ...]:
        def some(most: float, probability: float) -> float:
            return round(float(self.rng.random()) * most * MONEY, 3) if self.chance(probability) else 0.0

        per = [some(1.5, 0.6), some(0.5, 0.3), some(0.5, 0.2), some(1, 0.2), some(0.002, 0.2), some(0.0005, 0.3)]
        pct = round(float(self.rng.random()) * 3, 2) if self.chance(0.2) else 0.0
        return (weight_from_g, some(self.base, 0.9), *per, some(0.0005, 0.2), pct, some(6, 0.3))

    def candidates(
        self, orders: m.Orders, lines: m.Lines, positions: m.Positions, classes: list[list[int]]
    ) -> tuple[m.Candidates, m.Sources, m.Orders]:
        rng = self.rng
        table: list[tuple[int, int, int, int, int, bool]] = []
        sources: list[tuple[int, int, float]] = []
        lengths, per_order = [], []
        swaps = {
            k: int(rng.integers(self.num_items)) for k in range(len(lines.item)) if self.chance(self.traits.substitutes)
        }
        for o in range(self.num_orders):
            before = len(table)
            for node in range(self.num_nodes):
                if self.chance(0.1):
                    continue
                ready_s = NOW_S + (int(rng.integers(0, DAY_S)) if self.chance(0.3) else 0)
                reach_m, domestic = int(rng.integers(0, 900_000)), self.chance(0.6)
                table.append((o, node, reach_m, int(rng.choice(classes[node])), ready_s, domestic))
                at = len(sources)
                for line in range(int(orders.line_ptr[o]), int(orders.line_ptr[o + 1])):
                    duty = {item: round(float(rng.random()) * 20, 1) for item in range(self.num_items)}
                    wanted = {int(lines.item[line]), swaps.get(line, int(lines.item[line]))}
                    for p in range(len(positions.node)):
                        item = int(positions.item[p])
                        if positions.node[p] == node and item in wanted:
                            sources.append((line, p, 0.0 if domestic else duty[item]))
                lengths.append(len(sources) - at)
            per_order.append(len(table) - before)
        columns = list(zip(*table, strict=True)) if table else [()] * 6
        dtypes = (np.int32, np.int32, np.int64, np.int32, np.int64, np.bool_)
        made = [_array(c, d) for c, d in zip(columns, dtypes, strict=True)]
        line, position, duty_pct = zip(*sources, strict=True) if sources else ((), (), ())
        return (
            m.Candidates(*made, pointers(lengths)),
            m.Sources(_array(line, np.int32), _array(position, np.int32), _array(duty_pct, np.float64)),
            orders._replace(cand_ptr=pointers(per_order)),
        )
