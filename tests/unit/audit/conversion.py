"""From the oracle's reading of a scenario to the product's Problem and Plan: tests of the audit need no reader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from dom_engine.domain.calendars import Calendar
from dom_engine.domain.demand import OrderLines, Orders
from dom_engine.domain.network import Items, NodeItems, Nodes, NodeServices, Positions
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.problem import Problem
from dom_engine.domain.settings import Policy, SolveSettings, Weights
from dom_engine.domain.trade import Incoterm, NamedPlace, Stage
from dom_engine.domain.transport import Capacities, Duties, Lanes, Measure, Mode, Rates, Services
from dom_engine.units import ALWAYS_S, NEVER_S, UNLIMITED
from tests import naive
from tests.unit.audit.vocabulary import BOOL, F64, I8, I32, I64, Index, column, lists, or_else, texts


class Converter:
    """Holds the vocabularies of one problem."""

    def __init__(self, given: naive.Problem) -> None:
        self.given = given
        lines = [(order, line) for order in given.orders for line in order.lines]
        self.nodes, self.items = Index(given.nodes), Index(given.items)
        self.services, self.orders = Index(given.services), Index(order.order for order in given.orders)
        self.rates = Index(rate for rate, _ in given.rates)
        self.territories = Index(
            [node.country for node in given.nodes.values()]
            + [node.customs for node in given.nodes.values()]
            + [text for order in given.orders for text in (order.country, order.customs)]
            + [item.origin for item in given.items.values()]
            + [lane.country for lane in given.lanes]
            + [text for origin, destination, _ in given.duties for text in (origin, destination)]
        )
        tagged = [*given.nodes.values(), *given.items.values()]
        self.tags = Index(
            [tag for row in tagged for tag in row.tags]
            + [tag for service in given.services.values() for tag in service.carries]
            + [tag for order in given.orders for tag in order.node_tags]
        )
        self.lots = Index(position.lot for position in given.positions)
        self.pools = Index(
            [position.pool for position in given.positions] + [pool for order in given.orders for pool in order.pools]
        )
        self.zones = Index(node.zone.key for node in given.nodes.values())
        self.calendars = list(
            dict.fromkeys(
                [node.calendar for node in given.nodes.values()]
                + [service.calendar for service in given.services.values()]
                + [service.pickup_calendar for service in given.services.values()]
            )
        )
        self.groups = Index(f"{order.order}/{line.group}" for order, line in lines if line.group)
        self.lines = sorted(lines, key=lambda pair: (pair[0].order.encode(), pair[1].line.encode()))
        self.line_idx = {(order.order, line.line): number for number, (order, line) in enumerate(self.lines)}
        self.positions = sorted(
            given.positions,
            key=lambda row: (row.node, row.item, or_else(row.available_s, ALWAYS_S), row.lot, row.pool),
        )
        self.position_idx = {row.key: number for number, row in enumerate(self.positions)}

    def problem(self) -> Problem:
        given, policy = self.given, self.given.policy
        return Problem(
            name="converted",
            description="",
            currency="USD",
            now_s=given.now_s,
            horizon_s=given.horizon_s,
            weights=Weights(**{term: float(weight) for term, weight in given.weights.items()}),
            policy=Policy(
                max_shipments=policy.max_shipments,
                split_cost_micros=policy.split_cost_micros,
                unmet_cost_micros=policy.unmet_cost_micros,
                unmet_value_pct=float(policy.unmet_value_pct),
                safety_stock_priority=policy.safety_stock_priority,
                safety_stock_cost_micros=policy.safety_stock_cost_micros,
                carbon_cost_per_kg_micros=policy.carbon_cost_micros,
                judge_arrival=policy.window_basis == "arrival",
                priority_factor=MappingProxyType({key: float(value) for key, value in policy.priority_factor.items()}),
                fill_first=policy.fill_first,
            ),
            solve=SolveSettings(),
            nodes=self._nodes(),
            items=self._items(),
            node_items=NodeItems(*(column([], dtype) for dtype in (I32, I32, I64, I64))),
            node_services=self._node_services(),
            positions=self._positions(),
            services=self._services(),
            lanes=self._lanes(),
            rates=self._rates(),
            duties=self._duties(),
            capacities=self._capacities(),
            calendars=tuple(self._calendar(number) for number in range(len(self.calendars))),
            orders=self._orders(),
            lines=self._order_lines(),
            territories=self.territories.ids,
            tags=self.tags.ids,
            lots=self.lots.ids,
            pools=self.pools.ids,
            groups=self.groups.ids,
            rate_ids=self.rates.ids,
            timezones=tuple(self.zones),
            digest="",
        )

    def _calendar(self, number: int) -> Calendar:
        row = self.calendars[number]
        return Calendar(
            calendar=f"calendar-{number}",
            weekdays=sum(1 << day for day in row.weekdays),
            regions=(row.region,) if row.region else (),
            closed=frozenset(day.toordinal() for day in row.closed),
            open=frozenset(day.toordinal() for day in row.opened),
        )

    def _nodes(self) -> Nodes:
        rows = [self.given.nodes[node] for node in self.nodes]
        located = [row.lat is not None and row.lon is not None for row in rows]
        return Nodes(
            ids=self.nodes.ids,
            kind=np.zeros(len(rows), I8),
            country_idx=column((self.territories.of(row.country) for row in rows), I32),
            customs_idx=column((self.territories.of(row.customs) for row in rows), I32),
            lat=column((row.lat if here else 0 for row, here in zip(rows, located, strict=True)), F64),
            lon=column((row.lon if here else 0 for row, here in zip(rows, located, strict=True)), F64),
            has_location=column(located, BOOL),
            timezone_idx=column((self.zones[row.zone.key] for row in rows), I32),
            calendar_idx=column((self.calendars.index(row.calendar) for row in rows), I32),
            cutoff_s=column((_second_of_day(row.cutoff) for row in rows), I64),
            handling_s=column((row.handling_s for row in rows), I64),
            shipment_cost_micros=column((row.shipment_cost_micros for row in rows), I64),
            line_cost_micros=column((row.line_cost_micros for row in rows), I64),
            unit_cost_micros=column((row.unit_cost_micros for row in rows), I64),
            activation_cost_micros=column((row.activation_cost_micros for row in rows), I64),
            preference_cost_micros=column((row.preference_cost_micros for row in rows), I64),
            max_distance_m=column((or_else(row.max_distance_m, UNLIMITED) for row in rows), I64),
            min_shipment_value_micros=column((row.min_shipment_value_micros for row in rows), I64),
            enabled=column((row.enabled for row in rows), BOOL),
            tags=lists((row.tags for row in rows), self.tags),
        )

    def _items(self) -> Items:
        rows = [self.given.items[item] for item in self.items]
        return Items(
            ids=self.items.ids,
            weight_g=column((row.weight_g for row in rows), I64),
            volume_cm3=column((row.volume_cm3 for row in rows), I64),
            value_micros=column((row.value_micros for row in rows), I64),
            hs_code=texts(row.hs_code for row in rows),
            origin_idx=column((self.territories.of(row.origin) for row in rows), I32),
            tags=lists((row.tags for row in rows), self.tags),
        )

    def _node_services(self) -> NodeServices:
        given = self.given
        keys = sorted(
            (self.nodes[node], self.services[service], node, service)
            for node, service in given.cutoffs.keys() | given.disabled_pairs
        )
        cutoffs = [given.cutoffs.get(key[2:], given.nodes[key[2]].cutoff) for key in keys]
        return NodeServices(
            node_idx=column((key[0] for key in keys), I32),
            service_idx=column((key[1] for key in keys), I32),
            cutoff_s=column((_second_of_day(cutoff) for cutoff in cutoffs), I64),
            enabled=column((key[2:] not in given.disabled_pairs for key in keys), BOOL),
        )

    def _positions(self) -> Positions:
        rows, given = self.positions, self.given
        unit_costs = [
            given.unit_costs.get((row.node, row.item), given.nodes[row.node].unit_cost_micros) for row in rows
        ]
        return Positions(
            node_idx=column((self.nodes[row.node] for row in rows), I32),
            item_idx=column((self.items[row.item] for row in rows), I32),
            available_at_s=column((or_else(row.available_s, ALWAYS_S) for row in rows), I64),
            lot_idx=column((self.lots.of(row.lot) for row in rows), I32),
            pool_idx=column((self.pools.of(row.pool) for row in rows), I32),
            expires_at_s=column((or_else(row.expires_s, NEVER_S) for row in rows), I64),
            quantity=column((row.free + row.covered for row in rows), I64),
            free=column((row.free for row in rows), I64),
            covered_safety=column((row.covered for row in rows), I64),
            unit_cost_micros=column(unit_costs, I64),
            work_s=column((given.work_s.get((row.node, row.item), 0) for row in rows), I64),
        )

    def _services(self) -> Services:
        rows = [self.given.services[service] for service in self.services]
        return Services(
            ids=self.services.ids,
            carrier=texts("" for _ in rows),
            mode=column((Mode[row.mode.upper()] for row in rows), I8),
            calendar_idx=column((self.calendars.index(row.calendar) for row in rows), I32),
            pickup_calendar_idx=column((self.calendars.index(row.pickup_calendar) for row in rows), I32),
            max_weight_g=column((or_else(row.max_weight_g, UNLIMITED) for row in rows), I64),
            max_parcel_g=column((or_else(row.max_parcel_g, UNLIMITED) for row in rows), I64),
            kg_per_m3=column((row.kg_per_m3 for row in rows), F64),
            co2_g_per_tkm=column((row.co2_g_per_tkm for row in rows), F64),
            carries=lists((row.carries for row in rows), self.tags),
            enabled=column((row.enabled for row in rows), BOOL),
        )

    def _lanes(self) -> Lanes:
        rows = self.given.lanes
        return Lanes(
            service_idx=column((self.services[row.service] for row in rows), I32),
            node_idx=column((self.nodes.of(row.node) for row in rows), I32),
            country_idx=column((self.territories.of(row.country) for row in rows), I32),
            postal_prefix=texts(row.postal_prefix for row in rows),
            from_m=column((row.from_m for row in rows), I64),
            to_m=column((or_else(row.to_m, UNLIMITED) for row in rows), I64),
            rate_idx=column((self.rates[row.rate] for row in rows), I32),
            **{
                name: column((getattr(row, name) for row in rows), I64)
                for name in (
                    "transit_s",
                    "transit_days",
                    "pre_carriage_s",
                    "export_s",
                    "import_s",
                    "on_carriage_s",
                )
            },
        )

    def _rates(self) -> Rates:
        rows = [
            (self.rates[rate], Stage[stage.upper()], row)
            for (rate, stage), breaks in self.given.rates.items()
            for row in breaks
        ]
        rows.sort(key=lambda entry: (entry[0], entry[1], entry[2].weight_from_g))
        exact = (
            "per_kg",
            "per_unit",
            "per_line",
            "per_parcel",
            "per_km",
            "per_unit_km",
            "per_kg_km",
            "pct_of_value",
        )
        return Rates(
            rate_idx=column((rate for rate, _, _ in rows), I32),
            stage=column((stage for _, stage, _ in rows), I8),
            weight_from_g=column((row.weight_from_g for _, _, row in rows), I64),
            base_micros=column((row.base_micros for _, _, row in rows), I64),
            minimum_micros=column((row.minimum_micros for _, _, row in rows), I64),
            **{name: column((getattr(row, name) for _, _, row in rows), F64) for name in exact},
        )

    def _duties(self) -> Duties:
        rows = sorted(self.given.duties.items())
        return Duties(
            origin_idx=column((self.territories[key[0]] for key, _ in rows), I32),
            destination_idx=column((self.territories[key[1]] for key, _ in rows), I32),
            hs_prefix=texts(key[2] for key, _ in rows),
            pct=column((pct for _, pct in rows), F64),
        )

    def _capacities(self) -> Capacities:
        rows = self.given.capacities
        return Capacities(
            node_idx=column((self.nodes.of(row.node) for row in rows), I32),
            service_idx=column((self.services.of(row.service) for row in rows), I32),
            measure=column((Measure[row.measure.upper()] for row in rows), I8),
            starts_s=column((or_else(row.starts_s, ALWAYS_S) for row in rows), I64),
            ends_s=column((or_else(row.ends_s, NEVER_S) for row in rows), I64),
            daily=column((row.daily for row in rows), BOOL),
            **{
                name: column((getattr(row, name) for row in rows), I64)
                for name in ("limit", "open_cost_micros", "open_max", "overtime_limit", "overtime_cost_micros")
            },
        )

    def _orders(self) -> Orders:
        rows = sorted(self.given.orders, key=lambda row: row.order.encode())
        located = [row.lat is not None and row.lon is not None for row in rows]
        latest = [min((or_else(line.latest_s, NEVER_S) for line in row.lines), default=NEVER_S) for row in rows]
        return Orders(
            ids=self.orders.ids,
            customer=texts("" for _ in rows),
            channel=texts("" for _ in rows),
            priority=column((row.priority for row in rows), I64),
            released_at_s=column((or_else(row.released_s, self.given.now_s) for row in rows), I64),
            country_idx=column((self.territories.of(row.country) for row in rows), I32),
            customs_idx=column((self.territories.of(row.customs) for row in rows), I32),
            postal_code=texts(row.postal_code for row in rows),
            lat=column((row.lat if here else 0 for row, here in zip(rows, located, strict=True)), F64),
            lon=column((row.lon if here else 0 for row, here in zip(rows, located, strict=True)), F64),
            has_location=column(located, BOOL),
            incoterm=column((Incoterm[row.incoterm] for row in rows), I8),
            named_place=column((NamedPlace[row.named_place.upper()] for row in rows), I8),
            earliest_s=column((or_else(row.earliest_s, ALWAYS_S) for row in rows), I64),
            latest_s=column(latest, I64),
            hard_window=column((row.hard for row in rows), BOOL),
            late_cost_per_day_micros=column((row.late_cost_micros for row in rows), I64),
            early_cost_per_day_micros=column((row.early_cost_micros for row in rows), I64),
            max_shipments=column((row.max_shipments for row in rows), I64),
            ship_complete=column((row.ship_complete for row in rows), BOOL),
            ship_together=column((row.ship_together for row in rows), BOOL),
            line_split=column((row.line_split for row in rows), BOOL),
            backorder=column((row.backorder for row in rows), BOOL),
            services=lists((row.services for row in rows), self.services),
            nodes=lists((row.nodes for row in rows), self.nodes),
            exclude_nodes=lists((row.exclude_nodes for row in rows), self.nodes),
            node_tags=lists((row.node_tags for row in rows), self.tags),
            preferred_services=lists((row.preferred_services for row in rows), self.services),
            unpreferred_cost_micros=column((row.unpreferred_cost_micros for row in rows), I64),
            pools=lists((row.pools for row in rows), self.pools),
            pickup_node_idx=column((self.nodes.of(row.pickup_node) for row in rows), I32),
            line_ptr=np.concatenate([[0], np.cumsum([len(row.lines) for row in rows])]).astype(I64),
        )

    def _order_lines(self) -> OrderLines:
        rows = self.lines
        groups = [f"{order.order}/{line.group}" if line.group else "" for order, line in rows]
        return OrderLines(
            order_idx=column((self.orders[order.order] for order, _ in rows), I32),
            ids=texts(line.line for _, line in rows),
            item_idx=column((self.items[line.item] for _, line in rows), I32),
            quantity=column((line.quantity for _, line in rows), I64),
            unit_price_micros=column((line.price_micros for _, line in rows), I64),
            unmet_cost_micros=column((line.unmet_micros for _, line in rows), I64),
            latest_s=column((or_else(line.latest_s, NEVER_S) for _, line in rows), I64),
            group_idx=column((self.groups.of(group) for group in groups), I32),
            substitutes=lists((line.substitutes for _, line in rows), self.items),
            substitute_cost_micros=column((line.substitute_cost_micros for _, line in rows), I64),
            pack=column((line.pack for _, line in rows), I64),
            nodes=lists((line.nodes for _, line in rows), self.nodes),
            exclude_nodes=lists((line.exclude_nodes for _, line in rows), self.nodes),
        )

    def plan(self, shipments: Sequence[naive.Shipment]) -> Plan:
        """The product's form of an oracle's plan."""
        rows = sorted(shipments, key=self._shipment_key)
        pieces: list[tuple[int, int, int, bool, int]] = []
        for number, shipment in enumerate(rows):
            order = shipment.candidate.order.order
            pieces += [
                (
                    number,
                    self.line_idx[order, piece.line.line],
                    self.position_idx[piece.position.key],
                    piece.safety,
                    piece.quantity,
                )
                for piece in shipment.load
            ]
        return make_plan([self._shipment_key(row) for row in rows], pieces)

    def _shipment_key(self, shipment: naive.Shipment) -> tuple[int, int, int, int]:
        candidate = shipment.candidate
        return (
            self.orders[candidate.order.order],
            candidate.dispatch_s,
            self.nodes[candidate.node.node],
            self.services[candidate.service.service],
        )


def make_plan(
    shipments: Sequence[tuple[int, int, int, int]], pieces: Sequence[tuple[int, int, int, bool, int]]
) -> Plan:
    """A plan of (order, dispatch, node, service) and (shipment, line, position, from safety stock, quantity)."""
    merged: Mapping[tuple[int, int, int, bool], int] = {}
    for *key, quantity in pieces:
        merged[tuple(key)] = merged.get(tuple(key), 0) + quantity  # type: ignore[index]
    keys = sorted(merged)
    return Plan(
        Shipments(
            order_idx=column((row[0] for row in shipments), I32),
            node_idx=column((row[2] for row in shipments), I32),
            service_idx=column((row[3] for row in shipments), I32),
            dispatch_s=column((row[1] for row in shipments), I64),
        ),
        Allocations(
            shipment_idx=column((key[0] for key in keys), I32),
            line_idx=column((key[1] for key in keys), I32),
            position_idx=column((key[2] for key in keys), I32),
            from_safety_stock=column((key[3] for key in keys), BOOL),
            quantity=column((merged[key] for key in keys), I64),
        ),
    )


def _second_of_day(moment: Any) -> int:
    return moment.hour * 3_600 + moment.minute * 60 + moment.second  # type: ignore[no-any-return]
