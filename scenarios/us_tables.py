"""The tables of a generated batch: nodes, items, stock, transport and orders on the US network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scenarios.us_network import METROS, SERVICE_IDS, TARIFFS

if TYPE_CHECKING:
    from scenarios.generate import Baskets, Spec

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

LINES_PER_ORDER = (0.42, 0.26, 0.16, 0.10, 0.06)
# A node with a capacity can send this share of what its stock attracts: it binds, and others must help out.
CAPACITY_SHARE = 0.8
INBOUND_POSITIONS = 0.15
CAPPED_NODES = 1 / 3


def draw_places(count: int, spread_deg: float, flatness: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw points around metropolitan areas: latitude and longitude to a hundredth of a degree."""
    weight = (np.arange(len(METROS)) + 1.0) ** -flatness
    metro_idx = rng.choice(len(METROS), count, p=weight / weight.sum())
    centre = np.array([metro[1:] for metro in METROS], dtype=np.float64)[metro_idx]
    place = np.round(centre + rng.normal(0.0, spread_deg, (count, 2)), 2)
    return place[:, 0], place[:, 1]


def node_table(spec: Spec, rng: np.random.Generator) -> pa.Table:
    """Nodes near metropolitan areas, smaller ones favoured more than by their population."""
    lat, lon = draw_places(spec.nodes, 0.5, 0.5, rng)
    columns: dict[str, Any] = {
        "node": labels("N", spec.nodes),
        "country": constant("US", spec.nodes),
        "lat": lat,
        "lon": lon,
        "shipment_cost": np.round(rng.uniform(0.6, 2.0, spec.nodes), 2),
        "unit_cost": np.round(rng.uniform(0.15, 0.6, spec.nodes), 2),
    }
    if spec.days > 1:
        zones = np.array(["America/Los_Angeles", "America/Denver", "America/Chicago", "America/New_York"])
        columns["timezone"] = zones[np.searchsorted([-114.0, -101.0, -87.0], lon)]
        columns["calendar"] = constant("weekdays", spec.nodes)
        columns["cutoff"] = constant("17:00", spec.nodes)
    return pa.table(columns)


def item_table(spec: Spec, rng: np.random.Generator) -> pa.Table:
    """Items of 50 g to 25 kg, most of them light, dearer ones heavier on average."""
    weight_kg = np.clip(rng.lognormal(-0.3, 0.9, spec.items), 0.05, 25.0)
    value = weight_kg**0.5 * rng.lognormal(3.0, 0.6, spec.items)
    return pa.table(
        {
            "item": labels("I", spec.items),
            "weight_kg": np.round(weight_kg, 3),
            "volume_l": np.round(weight_kg * rng.uniform(2.0, 8.0, spec.items), 2),
            "value": np.round(value, 2),
        }
    )


def inventory_table(spec: Spec, item_idx: Ints, node_idx: Ints, quantity: Ints, rng: np.random.Generator) -> pa.Table:
    """Positions on hand; over several days, part of them arrives in the morning of a later day."""
    available_at: list[str | None] = [None]
    arrival_day = np.zeros(len(item_idx), dtype=np.int64)
    if spec.days > 1:
        later = rng.random(len(item_idx)) < INBOUND_POSITIONS
        arrival_day[later] = rng.integers(1, spec.days, later.sum())
        available_at += [f"2026-06-{1 + day:02d}T12:00:00Z" for day in range(1, spec.days)]
    order = np.lexsort((item_idx, node_idx))
    return pa.table(
        {
            "node": labels("N", spec.nodes, node_idx[order]),
            "item": labels("I", spec.items, item_idx[order]),
            "quantity": quantity[order],
            "available_at": pa.array(available_at, pa.string()).take(pa.array(arrival_day[order])),
        }
    )


def service_table(spec: Spec) -> pa.Table:
    """Ground, and express where a second service is wanted."""
    columns: dict[str, Any] = {
        "service": list(SERVICE_IDS[: spec.services]),
        "mode": ["parcel", "air"][: spec.services],
        "co2_g_per_tkm": [95, 620][: spec.services],
    }
    if spec.days > 1:
        columns["calendar"] = columns["pickup_calendar"] = ["weekdays"] * spec.services
    return pa.table(columns)


def lane_table(spec: Spec) -> pa.Table:
    """Distance bands of every service, open at the end."""
    rows = []
    for service in SERVICE_IDS[: spec.services]:
        from_km = 0
        for band, (to_km, _, days) in enumerate(TARIFFS[service].bands, start=1):
            rate = f"{service}-{band}"
            rows.append((service, from_km, to_km, rate, days))
            from_km = to_km or from_km
    names = ["service", "from_km", "to_km", "rate", "transit_days"]
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))


def rate_table(spec: Spec) -> pa.Table:
    """One rate a band: a base per shipment, per kg, per unit and km."""
    rows = [
        (f"{service}-{band}", base, TARIFFS[service].per_kg, TARIFFS[service].per_unit_km)
        for service in SERVICE_IDS[: spec.services]
        for band, (_, base, _) in enumerate(TARIFFS[service].bands, start=1)
    ]
    names = ["rate", "base", "per_kg", "per_unit_km"]
    return pa.table(dict(zip(names, zip(*rows, strict=True), strict=True)))


def capacity_table(spec: Spec, units: int, stock_units: NDArray[Any], rng: np.random.Generator) -> pa.Table:
    """Limits at a third of the nodes, half in units and half in shipments, below what their stock attracts.

    Without ``daily_capacity`` a limit holds for the horizon as a whole.
    """
    capped = np.sort(rng.permutation(spec.nodes)[: max(1, round(spec.nodes * CAPPED_NODES))])
    by_shipment = rng.random(len(capped)) < 0.5
    attracted = units * stock_units[capped] / max(1.0, stock_units.sum())
    units_per_shipment = np.where(by_shipment, 2.2, 1.0)
    periods = spec.days if spec.daily_capacity else 1
    limit = np.ceil(CAPACITY_SHARE * attracted / units_per_shipment / periods).astype(np.int64)
    return pa.table(
        {
            "node": labels("N", spec.nodes, capped),
            "measure": np.where(by_shipment, "shipments", "units"),
            "every": pa.array(["day" if spec.daily_capacity else None] * len(capped), pa.string()),
            "limit": np.maximum(1, limit),
        }
    )


def order_table(spec: Spec, rng: np.random.Generator) -> pa.Table:
    """Orders by population; over several days with a promise and a cost of every day beyond it."""
    lat, lon = draw_places(spec.orders, 0.25, 0.9, rng)
    columns: dict[str, Any] = {
        "order": labels("O", spec.orders),
        "country": constant("US", spec.orders),
        "lat": lat,
        "lon": lon,
    }
    if not spec.line_split:
        columns["line_split"] = constant("false", spec.orders)
    if spec.days > 1:
        promise_days = rng.integers(2, 7, spec.orders)
        latest = pa.array([f"2026-06-{1 + day:02d}T23:59:00-05:00" for day in range(7)])
        columns["latest"] = latest.take(pa.array(promise_days))
        columns["late_cost_per_day"] = rng.choice([1.0, 2.0, 5.0], spec.orders, p=[0.5, 0.35, 0.15])
    return pa.table(columns)


def line_table(spec: Spec, baskets: Baskets) -> pa.Table:
    """Order lines, numbered from 1 within their order."""
    return pa.table(
        {
            "order": labels("O", spec.orders, baskets.order_idx),
            "line": labels("", len(LINES_PER_ORDER), baskets.line - 1),
            "item": labels("I", spec.items, baskets.item_idx),
            "quantity": baskets.quantity,
        }
    )


def labels(letter: str, count: int, idx: Ints | None = None) -> pa.Array:
    """Ids such as ``N0007``, as wide as ``count`` needs; with ``idx`` those of the indices."""
    names = pa.array([f"{letter}{number:0{len(str(count))}d}" for number in range(1, count + 1)], pa.string())
    return names if idx is None else pa.DictionaryArray.from_arrays(pa.array(idx, pa.int32()), names)


def constant(text: str, count: int) -> pa.Array:
    """Return a column that says the same in every row."""
    return pa.repeat(pa.scalar(text), count).dictionary_encode()
