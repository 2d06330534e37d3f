"""What only the scenario knows beside a result: where places lie, and how much a day can take."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from dom_engine.audit.network import great_circle_m
from dom_engine.domain.columns import F64, I64
from dom_engine.domain.rows import RowKind
from dom_engine.domain.transport import BASE_UNITS_PER_MEASURE, Measure
from dom_engine.explain.answer import Answer
from dom_engine.report.figures import Gauge, gauges
from dom_engine.report.html import Cell, Column, Number, section, table
from dom_engine.report.map import Flow, Place, network_map
from dom_engine.units import ALWAYS_S

MAX_FLOWS = 400
MAX_GAUGES = 14
MAX_ROWS = 500
CELLS_DEG = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def network_sections(answer: Answer, prefix: str = "") -> list[str]:
    """The map with its table, and every capacity against what is drawn on it."""
    parts = []
    nodes, orders = answer.problem.nodes, answer.problem.orders
    if nodes.has_location.any() and orders.has_location.any():
        lead = "A line is what goes from a node to an area, the wider the more; a ring is a node that ships nothing."
        parts.append(section(f"{prefix}Where shipments go", _map(answer), _distances(answer), lead=lead))
    if len(answer.auditor.capacity_rows):
        parts.append(section(f"{prefix}Load against capacity by day", *_capacities(answer)))
    return parts


def _map(answer: Answer) -> str:
    nodes, ships = answer.problem.nodes, answer.plan.shipments
    made = np.bincount(ships.node_idx, minlength=len(nodes))
    located = np.flatnonzero(nodes.has_location)
    place_of = {int(node): at for at, node in enumerate(located)}
    names = nodes.ids.to_pylist()
    places = [
        Place(names[node], float(nodes.lat[node]), float(nodes.lon[node]), int(made[node])) for node in located.tolist()
    ]
    return network_map("Shipments from nodes to areas", places, _flows(answer, place_of))


def _flows(answer: Answer, place_of: dict[int, int]) -> list[Flow]:
    """Shipments by node and area; areas are as small as keeps the map readable."""
    nodes, orders, ships = answer.problem.nodes, answer.problem.orders, answer.plan.shipments
    seen = nodes.has_location[ships.node_idx] & orders.has_location[ships.order_idx]
    node = ships.node_idx[seen].astype(np.int64)
    lat, lon = orders.lat[ships.order_idx[seen]], orders.lon[ships.order_idx[seen]]
    for cell_deg in CELLS_DEG:
        key = _cells(node, lat, lon, cell_deg)
        keys, at = np.unique(key, return_inverse=True)
        if len(keys) <= MAX_FLOWS:
            break
    count = np.bincount(at, minlength=len(keys))
    middle = [np.bincount(at, of, minlength=len(keys)) / np.maximum(1, count) for of in (lat, lon)]
    first = np.zeros(len(keys), np.int64)
    first[at] = node
    return [
        Flow(place_of[int(first[k])], float(middle[0][k]), float(middle[1][k]), int(count[k])) for k in range(len(keys))
    ]


def _cells(node: I64, lat: F64, lon: F64, cell_deg: float) -> I64:
    row, column = np.floor((lat + 90) / cell_deg), np.floor((lon + 180) / cell_deg)
    key: I64 = (node * 1_000 + row.astype(np.int64)) * 1_000 + column.astype(np.int64)
    return key


def _distances(answer: Answer) -> str:
    nodes, orders, ships = answer.problem.nodes, answer.problem.orders, answer.plan.shipments
    ends = (nodes.lat[ships.node_idx], nodes.lon[ships.node_idx])
    metres = great_circle_m(*ends, orders.lat[ships.order_idx], orders.lon[ships.order_idx])
    km = np.where(nodes.has_location[ships.node_idx] & orders.has_location[ships.order_idx], metres, 0) / 1_000
    count = np.bincount(ships.node_idx, minlength=len(nodes))
    mean = np.bincount(ships.node_idx, km, minlength=len(nodes)) / np.maximum(1, count)
    farthest = np.zeros(len(nodes))
    np.maximum.at(farthest, ships.node_idx, km)
    names = nodes.ids.to_pylist()
    rows: list[list[Cell]] = [
        [names[node], *(_number(float(of[node])) for of in (count, mean, farthest))]
        for node in np.argsort(-count, kind="stable")[:MAX_ROWS].tolist()
    ]
    columns = (
        Column("node"),
        Column("shipments", number=True),
        Column("mean km", number=True),
        Column("farthest km", number=True),
    )
    return table("How far each node ships", columns, rows)


def _number(value: float) -> Number:
    return Number(f"{value:,.0f}", value)


def _capacities(answer: Answer) -> Sequence[str]:
    problem, rows = answer.problem, answer.auditor.capacity_rows
    used = rows.used(answer.auditor.loads_of(answer.plan)).astype(np.float64)
    capacities, at = problem.capacities, rows.capacity_idx
    base = np.array([BASE_UNITS_PER_MEASURE[Measure(int(measure))] for measure in capacities.measure[at]], np.float64)
    limit = capacities.limit[at].astype(np.float64) * capacities.open_max[at] / base
    most, used = limit + capacities.overtime_limit[at] / base, used / base
    prices = _prices(answer)
    share = np.where(most > 0, used / np.where(most > 0, most, 1.0), np.where(used > 0, 1.0, 0.0))
    fullest = np.lexsort((np.arange(len(share)), -share))
    labels = [_label(answer, int(row)) for row in range(len(share))]
    shown = [
        Gauge(labels[row], float(used[row]), float(limit[row]), float(most[row]))
        for row in fullest[:MAX_GAUGES].tolist()
        if used[row] > 0
    ]
    body: list[list[Cell]] = []
    for row in fullest[:MAX_ROWS].tolist():
        key = (int(at[row]), int(rows.starts_s[row]), int(rows.ends_s[row]))
        price = prices.get(key, 0) / 1e6
        amounts = [Number(f"{value:,.10g}", float(value)) for value in (used[row], limit[row], most[row])]
        body.append([labels[row], *amounts, Number(f"{share[row] * 100:.0f} %", float(share[row])), _price(price)])
    columns = (
        Column("capacity"),
        Column("used", number=True),
        Column("limit", number=True),
        Column("with overtime", number=True),
        Column("full", number=True),
        Column("price", number=True),
    )
    caption = f"Capacities by day, the fullest first ({len(body):,} of {len(share):,})"
    return gauges("The fullest capacities: used, limit (the mark) and overtime beyond it", shown), table(
        caption, columns, body
    )


def _prices(answer: Answer) -> dict[tuple[int, int, int], int]:
    rows = answer.rows
    priced = np.flatnonzero(rows.kind == RowKind.CAPACITY)
    keys = zip(*(column[priced].tolist() for column in (rows.capacity_idx, rows.starts_s, rows.ends_s)), strict=True)
    return dict(zip(keys, rows.price_micros[priced].tolist(), strict=True))


def _price(price: float) -> Number:
    return Number(f"{price:,.2f}", price)


def _label(answer: Answer, row: int) -> str:
    rows, capacities = answer.auditor.capacity_rows, answer.problem.capacities
    capacity = int(rows.capacity_idx[row])
    node, service = int(capacities.node_idx[capacity]), int(capacities.service_idx[capacity])
    names, measure = answer.problem.nodes.ids, Measure(int(capacities.measure[capacity])).name.lower()
    words = [names[node].as_py() if node >= 0 else "", measure]
    if service >= 0:
        words.append(answer.problem.services.ids[service].as_py())
    if (starts_s := int(rows.starts_s[row])) != ALWAYS_S:
        words.insert(0, datetime.fromtimestamp(starts_s, UTC).strftime("%m-%d"))
    return " ".join(filter(None, words))
