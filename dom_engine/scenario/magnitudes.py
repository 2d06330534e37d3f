"""Sums and products that leave 64 bits although every cell fits: found here, so that no later sum can wrap.

Bounds are coarse on purpose (as many shipments as there can be, by the dearest way, over half the Earth's girth) and
still lie far above anything that is bought and sold: 2**62 micros are 4.6e12 units of currency.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dom_engine.domain.columns import F64, I64
from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.raw import FaultLog
from dom_engine.scenario.settings import Settings
from dom_engine.scenario.typed import TypedTable
from dom_engine.units import MICROS_PER_UNIT, SECONDS_PER_DAY, UNLIMITED

_MOST_KM = 20_038.0
_INSURED_SHARE = 1.1


@dataclass(frozen=True, slots=True)
class _Totals:
    """All order lines together, as the worst plan could ship them."""

    shipments_of_order: F64
    shipments: float
    rides: float
    """Order lines aboard, summed over shipments."""
    units: float
    billable_kg: float
    value_micros: float
    parcels: float


def check_magnitudes(tables: Mapping[str, TypedTable], settings: Settings, log: FaultLog) -> None:
    """Note what makes a sum or product exceed 64 bits, at the row that contributes most.

    Meant for tables without other faults: it says nothing where values are unreadable.
    """
    lines, inventory = tables["order_lines"], tables["inventory"]
    weight = max(1.0, *(settings.weights.of(term) for term in COST_TERMS))
    factor = max([1.0, *settings.policy.priority_factor.values()])
    quantity = lines.ints("quantity").astype(np.float64)
    _check_sum(inventory, "quantity", inventory.ints("quantity").astype(np.float64), "units in stock", log)
    _check_sum(lines, "quantity", quantity, "units ordered", log)
    price = _unit_price(tables)
    unmet = np.where(
        lines["unmet_cost"].blank, settings.policy.unmet_cost_micros, lines.ints("unmet_cost").astype(np.float64)
    )
    unmet = unmet + settings.policy.unmet_value_pct / 100 * price
    _check_sum(lines, "quantity", quantity * unmet * factor * weight, "cost of leaving lines unallocated", log)
    _check_sum(lines, "quantity", quantity * price * weight, "value of the order lines", log)
    substitution = lines.ints("substitute_cost").astype(np.float64) * quantity * weight
    _check_sum(lines, "substitute_cost", substitution, "cost of substitution", log)
    totals = _totals(tables, settings, quantity, price, log)
    _check_orders(tables, settings, totals, factor * weight, log)
    _check_network(tables, settings, totals, weight, log)


def _check_sum(table: TypedTable, column: str, amounts: F64, what: str, log: FaultLog) -> None:
    if len(amounts) and float(amounts.sum()) >= UNLIMITED:
        row = int(np.argmax(amounts))
        log.add(
            table.fault(row, column, "OVERFLOW", f"the {what}, all together, may leave 64 bits; this row adds most")
        )


def _unit_price(tables: Mapping[str, TypedTable]) -> F64:
    """What a unit of each line is worth, in micros."""
    lines, items = tables["order_lines"], tables["items"]
    values = _per_item(items, items.ints("value"), len(lines["item"].labels))
    own = lines.ints("unit_price").astype(np.float64)
    return np.where(own == 0, values[lines["item"].values], own)


def _per_item(items: TypedTable, column: I64, num_items: int) -> F64:
    """A column of items by item index; 0 where there is no table of items."""
    values = np.zeros(max(num_items, 1), np.float64)
    if len(items):
        values[items["item"].values] = column
    return values


def _totals(tables: Mapping[str, TypedTable], settings: Settings, quantity: F64, price: F64, log: FaultLog) -> _Totals:
    lines, items, services = tables["order_lines"], tables["items"], tables["services"]
    item_idx, num_items = lines["item"].values, len(lines["item"].labels)
    weight_g = _per_item(items, items.ints("weight_kg"), num_items)
    volume_cm3 = _per_item(items, items.ints("volume_l"), num_items)
    # A line with substitutes may weigh what the heaviest item does.
    heavy = ~lines["substitutes"].blank
    grams = quantity * np.where(heavy, weight_g.max(), weight_g[item_idx])
    cm3 = quantity * np.where(heavy, volume_cm3.max(), volume_cm3[item_idx])
    _check_sum(lines, "quantity", grams, "weight of the order lines", log)
    _check_sum(lines, "quantity", cm3, "volume of the order lines", log)
    most_kg_per_m3 = float(services.floats("kg_per_m3").max(initial=0.0))
    billable_kg = float(grams.sum()) / 1e3 + float(cm3.sum()) / 1e6 * most_kg_per_m3
    if billable_kg * 1e3 >= UNLIMITED:
        row = int(np.argmax(services.floats("kg_per_m3")))
        log.add(services.fault(row, "kg_per_m3", "OVERFLOW", "the billable weight of the orders may leave 64 bits"))
    smallest_parcel_g = float(services.ints("max_parcel_kg").min(initial=UNLIMITED))
    # An order has no more shipments than units, nor than nodes, services and days to choose from.
    days = settings.horizon_s / SECONDS_PER_DAY + 2
    choices = len(tables["nodes"]) * len(services) * days
    num_orders = len(tables["orders"])
    units_of_order = np.bincount(lines["order"].values, weights=quantity, minlength=num_orders)
    shipments_of_order = np.minimum(units_of_order, choices)
    shipments = float(shipments_of_order.sum())
    return _Totals(
        shipments_of_order=shipments_of_order,
        shipments=shipments,
        rides=float(np.minimum(quantity, choices).sum()),
        units=float(quantity.sum()),
        billable_kg=billable_kg,
        value_micros=float((quantity * price).sum()),
        parcels=shipments + float(grams.sum()) / smallest_parcel_g,
    )


def _check_orders(
    tables: Mapping[str, TypedTable], settings: Settings, totals: _Totals, weight: float, log: FaultLog
) -> None:
    """Costs per shipment, and per day of lateness or earliness."""
    orders, lines, lanes = tables["orders"], tables["order_lines"], tables["lanes"]
    order_idx = orders["order"].values
    shipments = totals.shipments_of_order[order_idx] * weight
    # A day in transit may wait for a day that is open: once a week, or later where that one is a holiday.
    longest_s = 14.0 * SECONDS_PER_DAY * lanes.ints("transit_days") + sum(
        lanes.ints(f"{part}_h").astype(np.float64)
        for part in ("transit", "pre_carriage", "export", "import", "on_carriage")
    )
    last_arrival_s = settings.now_s + settings.horizon_s + float(longest_s.max(initial=0.0)) + 2 * SECONDS_PER_DAY
    latest_s = np.full(len(orders), np.inf)
    latest_s[order_idx] = orders.ints("latest")
    np.minimum.at(latest_s, lines["order"].values, lines.ints("latest").astype(np.float64))
    days_late = np.maximum(last_arrival_s - latest_s[order_idx], 0.0) / SECONDS_PER_DAY
    days_early = np.maximum(orders.ints("earliest") - settings.now_s, 0.0) / SECONDS_PER_DAY + 1
    for column, per_shipment in (
        ("late_cost_per_day", days_late),
        ("early_cost_per_day", days_early),
        ("unpreferred_cost", 1.0),
    ):
        amounts = orders.ints(column).astype(np.float64) * shipments * per_shipment
        _check_sum(orders, column, amounts, f"{column} of the orders", log)


def _check_network(
    tables: Mapping[str, TypedTable], settings: Settings, totals: _Totals, weight: float, log: FaultLog
) -> None:
    """Costs per unit, per shipment and per measure, were every unit to bear them."""
    nodes, node_items, capacities = tables["nodes"], tables["node_items"], tables["capacities"]
    for column, times in (
        ("shipment_cost", totals.shipments),
        ("line_cost", totals.rides),
        ("unit_cost", totals.units),
        ("preference_cost", totals.shipments),
        ("activation_cost", len(nodes)),
    ):
        _check_rows(nodes, column, nodes.ints(column) * float(times) * weight, log)
    _check_rows(node_items, "unit_cost", node_items.ints("unit_cost") * totals.units * weight, log)
    _check_rows(node_items, "work_h", node_items.ints("work_h") * totals.units, log)
    loads = np.maximum(capacities.ints("open_max").astype(np.float64), 1.0)
    _check_rows(capacities, "open_max", loads * capacities.ints("open_cost") * weight, log)
    _check_rates(tables["rates"], totals, weight, log)
    services = tables["services"]
    carbon_kg = totals.billable_kg / 1e3 * _MOST_KM * services.floats("co2_g_per_tkm") / 1e3
    carbon_cost = carbon_kg * max(float(settings.policy.carbon_cost_per_kg_micros), 1e3) * weight
    _check_rows(services, "co2_g_per_tkm", carbon_cost, log)
    duties = tables["duties"]
    _check_rows(duties, "pct", duties.floats("pct") / 100 * totals.value_micros * weight, log)
    policy = max(settings.policy.split_cost_micros, settings.policy.safety_stock_cost_micros)
    if policy * totals.units * weight >= UNLIMITED and len(tables["order_lines"]):
        lines = tables["order_lines"]
        row = int(np.argmax(lines.ints("quantity")))
        log.add(lines.fault(row, "quantity", "OVERFLOW", "the policy's costs on every unit may leave 64 bits"))


def _check_rows(table: TypedTable, column: str, amounts: npt.NDArray[Any], log: FaultLog) -> None:
    for row in np.flatnonzero(amounts >= UNLIMITED).tolist():
        log.add(table.fault(row, column, "OVERFLOW", "on all orders together this may leave 64 bits"))


def _check_rates(rates: TypedTable, totals: _Totals, weight: float, log: FaultLog) -> None:
    charges = {
        "base": rates.ints("base") * totals.shipments,
        "minimum": rates.ints("minimum") * totals.shipments,
        "per_kg": rates.floats("per_kg") * totals.billable_kg * MICROS_PER_UNIT,
        "per_unit": rates.floats("per_unit") * totals.units * MICROS_PER_UNIT,
        "per_line": rates.floats("per_line") * totals.rides * MICROS_PER_UNIT,
        "per_parcel": rates.floats("per_parcel") * totals.parcels * MICROS_PER_UNIT,
        "per_km": rates.floats("per_km") * totals.shipments * _MOST_KM * MICROS_PER_UNIT,
        "per_unit_km": rates.floats("per_unit_km") * totals.units * _MOST_KM * MICROS_PER_UNIT,
        "per_kg_km": rates.floats("per_kg_km") * totals.billable_kg * _MOST_KM * MICROS_PER_UNIT,
        "pct_of_value": rates.floats("pct_of_value") / 100 * totals.value_micros * _INSURED_SHARE,
    }
    for column, amounts in charges.items():
        _check_rows(rates, column, amounts * weight, log)
