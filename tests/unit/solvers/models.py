"""Sourcing models straight in numbers: small ones with any mix of features, and large ordinary ones for measuring."""

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


def _ptr(lengths: Any) -> m.I64:
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
            _ptr([len(a) for a in applies]),
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
                line_ptr=_ptr(counts),
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
            m.Offers(_ptr(class_lengths), *made, _ptr(trip_lengths)),
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
        return m.Tariffs(_ptr(lengths), columns[0].astype(np.int64), *columns[1:])

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
            m.Candidates(*made, _ptr(lengths)),
            m.Sources(_array(line, np.int32), _array(position, np.int32), _array(duty_pct, np.float64)),
            orders._replace(cand_ptr=_ptr(per_order)),
        )


def ordinary_model(seed: int, num_orders: int, *, num_nodes: int = 6, num_trips: int = 1) -> m.SourcingModel:
    """A large batch without exotic rules: 1-5 lines of 1-6 units (mostly few), each order over ``num_nodes`` nodes.

    Half the trips of a node go by each of two services when there are several; a node stocks three items in four.
    """
    rng = np.random.default_rng(seed)
    num_items, nodes, num_services = 2_000, max(20, num_nodes), 1 if num_trips == 1 else 2
    stocked = rng.random((nodes, num_items)) < 0.75
    node_of, item_of = (a.astype(np.int32) for a in np.nonzero(stocked))
    position_of = np.full((nodes, num_items), -1, np.int64)
    position_of[node_of, item_of] = np.arange(len(node_of))
    count = rng.choice([1, 2, 3, 4, 5], num_orders, p=[0.4, 0.25, 0.17, 0.1, 0.08])
    item = rng.integers(0, num_items, count.sum()).astype(np.int32)
    quantity = rng.choice([1, 2, 3, 4, 5, 6], count.sum(), p=[0.55, 0.2, 0.1, 0.07, 0.05, 0.03])
    cand_node = np.sort(rng.permuted(np.tile(np.arange(nodes), (num_orders, 1)), axis=1)[:, :num_nodes], axis=1).ravel()
    cand_order = np.repeat(np.arange(num_orders), num_nodes)
    line_ptr, zeros, ones = _ptr(count), np.zeros(num_orders, np.int64), np.ones(num_orders)
    per_cand = count[cand_order]
    line = (
        np.repeat(line_ptr[cand_order], per_cand) + np.arange(per_cand.sum()) - np.repeat(_ptr(per_cand)[:-1], per_cand)
    )
    position = position_of[np.repeat(cand_node, per_cand), item[line]]
    kept = position >= 0
    source_ptr = np.concatenate([[0], np.cumsum(kept)])[_ptr(per_cand)]
    sources = m.Sources(line[kept].astype(np.int32), position[kept].astype(np.int32), np.zeros(int(kept.sum())))
    days = num_trips // num_services
    departures = [
        (n, s, NOW_S + (d + 1) * DAY_S) for n in range(nodes) for s in range(num_services) for d in range(days)
    ]
    node, service, dispatch_s = (np.array(c) for c in zip(*departures, strict=True))
    capacities = np.arange(len(departures)) + 2 * len(node_of)
    rates = rng.random((num_services, 2)) * 2 * MONEY
    flat = np.zeros(num_services)
    limits = np.concatenate([rng.integers(2, 40, len(node_of)), np.zeros(len(node_of)), np.full(len(departures), 200)])
    positions, rows = len(node_of), len(limits)
    per_row = np.zeros(rows, np.int64)
    orders = m.Orders(
        cand_ptr=np.arange(num_orders + 1, dtype=np.int64) * num_nodes,
        line_ptr=line_ptr,
        earliest_s=np.full(num_orders, -m.UNLIMITED),
        hard_window=zeros.astype(np.bool_),
        judge=np.full(num_orders, m.JUDGE_ARRIVAL, np.int8),
        seller_stages=np.full(num_orders, 1023, np.int32),
        buyer_stages=np.zeros(num_orders, np.int32),
        seller_duty=zeros.astype(np.bool_),
        late_cost_per_day_micros=np.full(num_orders, MONEY),
        late_factor=ones,
        early_cost_per_day_micros=zeros,
        max_shipments=zeros,
        split_cost=zeros,
        ship_complete=zeros.astype(np.bool_),
        ship_together=zeros.astype(np.bool_),
        use_safety_stock=zeros.astype(np.bool_),
        unpreferred_cost=zeros,
    )
    lines_left = np.zeros(len(item), np.int64)
    latest_s = np.repeat(NOW_S + rng.integers(2, 6, num_orders) * DAY_S, count)
    lines = m.Lines(
        item, quantity, lines_left + 1, lines_left.astype(np.bool_), np.full(len(item), -1, np.int32),
        lines_left + 20 * MONEY, latest_s, lines_left + 100 * MONEY, lines_left + MONEY, lines_left,
    )  # fmt: skip
    reach_m = rng.integers(50_000, 3_000_000, len(cand_node))
    everyone = np.zeros(len(cand_node), np.int64)
    candidates = m.Candidates(
        cand_order.astype(np.int32), cand_node.astype(np.int32), reach_m, cand_node.astype(np.int32), everyone + NOW_S,
        everyone == 0, source_ptr,
    )  # fmt: skip
    main_ptr = _ptr([1 if stage == 4 else 0 for _ in range(num_services) for stage in range(m.NUM_STAGES)])
    offers = m.Offers(
        np.arange(nodes + 1, dtype=np.int64) * num_services,
        np.tile(np.arange(num_services, dtype=np.int32), nodes),
        np.tile(np.arange(num_services, dtype=np.int32), nodes),
        np.zeros(nodes * num_services, np.bool_),
        np.zeros(nodes * num_services, np.int64),
        np.zeros(nodes * num_services, np.int64),
        np.arange(nodes * num_services + 1, dtype=np.int64) * days,
    )
    hours_s = np.where(service == 0, 3, 1) * DAY_S
    node_money = rng.integers(0, 2 * MONEY, (3, nodes))
    return m.SourcingModel(
        m.CostWeights(1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0),
        orders,
        lines,
        candidates,
        sources,
        offers,
        m.Trips(np.arange(len(departures), dtype=np.int32), dispatch_s + hours_s),
        m.Departures(
            node.astype(np.int32), service.astype(np.int32), dispatch_s, np.arange(len(departures) + 1, dtype=np.int64),
            capacities.astype(np.int32),
        ),
        m.Tariffs(
            main_ptr, flat.astype(np.int64), 4 * MONEY + rates[:, 0], rates[:, 1] / 2, flat, flat, flat, flat,
            rates[:, 0] / 2_000, rates[:, 1] / 4_000, flat, flat,
        ),
        m.Nodes(node_money[0], node_money[1] // 4, *[np.zeros(nodes, np.int64) for _ in range(3)]),
        m.Services(
            np.full(num_services, m.UNLIMITED), np.full(num_services, m.UNLIMITED), flat, flat,
            np.ones((num_services, 1), np.bool_),
        ),
        m.Items(
            rng.integers(100, 3_000, num_items), rng.integers(500, 20_000, num_items), np.zeros(num_items, np.int32)
        ),
        m.Positions(
            node_of, item_of, np.full(positions, NOW_S), np.full(positions, m.UNLIMITED), node_money[2][node_of] // 8,
            np.zeros(positions, np.int64),
        ),
        m.Rows(
            measure=np.where(np.arange(rows) < 2 * positions, -1, m.MEASURE_UNITS).astype(np.int8),
            node=np.concatenate([node_of, node_of, node]).astype(np.int32),
            limit=limits.astype(np.int64),
            scale=per_row + 1,
            open_cost=per_row,
            open_max=per_row + 1,
            overtime_limit=per_row,
            overtime_cost=per_row,
            unit_cost=per_row,
        ),
    )  # fmt: skip


def hand_model() -> m.SourcingModel:
    """One order of three units of one item, two nodes with two units each, one trip a node: made for mental sums.

    A shipment costs 5.00 and 2.00 per kg, an item weighs 500 g and is worth 10.00, handling is 1.00 and 0.25 a unit; a
    unit left out costs 50.00. Node 1 is 100 km further and ships a day later, at the latest instant of the line.
    """
    one, two = np.ones(1, np.int64), np.ones(2, np.int64)
    no, nil = np.zeros(1, np.bool_), np.zeros(1, np.int64)
    free = np.zeros(1)
    return m.SourcingModel(
        weights=m.CostWeights(1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0),
        orders=m.Orders(
            cand_ptr=np.array([0, 2]),
            line_ptr=np.array([0, 1]),
            earliest_s=-one * m.UNLIMITED,
            hard_window=no,
            judge=np.full(1, m.JUDGE_ARRIVAL, np.int8),
            seller_stages=np.full(1, 1023, np.int32),
            buyer_stages=np.zeros(1, np.int32),
            seller_duty=no,
            late_cost_per_day_micros=one * 3 * MONEY,
            late_factor=np.ones(1),
            early_cost_per_day_micros=one * 2 * MONEY,
            max_shipments=nil,
            split_cost=one * MONEY,
            ship_complete=no,
            ship_together=no,
            use_safety_stock=no,
            unpreferred_cost=nil,
        ),
        lines=m.Lines(
            item=np.zeros(1, np.int32),
            quantity=one * 3,
            pack=one,
            unsplit=no,
            group=-np.ones(1, np.int32),
            unit_price_micros=one * 10 * MONEY,
            latest_s=one * (NOW_S + 3 * DAY_S),
            unmet_cost=one * 50 * MONEY,
            fill_weight=one * MONEY,
            substitute_cost=nil,
        ),
        candidates=m.Candidates(
            order=np.zeros(2, np.int32),
            node=np.array([0, 1], np.int32),
            distance_m=np.array([100_000, 200_000]),
            offer_class=np.array([0, 1], np.int32),
            ready_s=two * NOW_S,
            domestic=np.ones(2, np.bool_),
            source_ptr=np.array([0, 1, 2]),
        ),
        sources=m.Sources(np.zeros(2, np.int32), np.array([0, 1], np.int32), np.zeros(2)),
        offers=m.Offers(
            class_ptr=np.array([0, 1, 2]),
            service=np.zeros(2, np.int32),
            tariff=np.zeros(2, np.int32),
            unpreferred=np.zeros(2, np.bool_),
            pre_carriage_s=0 * two,
            export_s=0 * two,
            trip_ptr=np.array([0, 1, 2]),
        ),
        trips=m.Trips(np.array([0, 1], np.int32), NOW_S + DAY_S * np.array([2, 3])),
        departures=m.Departures(
            node=np.array([0, 1], np.int32),
            service=np.zeros(2, np.int32),
            dispatch_s=NOW_S + DAY_S * np.array([1, 2]),
            row_ptr=np.zeros(3, np.int64),
            row=np.zeros(0, np.int32),
        ),
        tariffs=m.Tariffs(
            ptr=np.array([0] * 5 + [1] * 6), weight_from_g=nil, base=np.full(1, 5e6), per_kg=np.full(1, 2e6),
            per_unit=free, per_line=free, per_parcel=free, per_km=free, per_unit_km=free,
            per_kg_km=free, pct_of_value=free, minimum=free,
        ),
        nodes=m.Nodes(two * MONEY, 0 * two, 0 * two, 0 * two, 0 * two),
        services=m.Services(one * m.UNLIMITED, one * m.UNLIMITED, np.zeros(1), np.zeros(1), np.ones((1, 1), np.bool_)),
        items=m.Items(one * 500, one * 1_000, np.zeros(1, np.int32)),
        positions=m.Positions(
            node=np.array([0, 1], np.int32),
            item=np.zeros(2, np.int32),
            ready_s=two * NOW_S,
            expires_s=two * m.UNLIMITED,
            unit_cost_micros=two * (MONEY // 4),
            work_s=two * 60,
        ),
        rows=m.Rows(
            measure=-np.ones(4, np.int8),
            node=np.array([0, 1, 0, 1], np.int32),
            limit=np.array([2, 2, 1, 1]),
            scale=np.ones(4, np.int64),
            open_cost=np.zeros(4, np.int64),
            open_max=np.ones(4, np.int64),
            overtime_limit=np.zeros(4, np.int64),
            overtime_cost=np.zeros(4, np.int64),
            unit_cost=np.array([0, 0, 1, 1]) * MONEY // 2,
        ),
    )  # fmt: skip
