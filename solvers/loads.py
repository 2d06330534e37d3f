"""What one shipment costs by itself, and what it draws on shared rows.

Every amount is rounded half-even to integer micros, weighted, and rounded half-even again: one amount per shipment and
stage for freight and insurance, per shipment and line for duties, one per shipment for handling, carbon, lateness and
earliness. Amounts that come weighted in the model (preference, substitution, safety stock) are added as they are.

float64 carries the fractional rates; integers are multiplied first and divided last, so that ties of ordinary decimals
are ties here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.jit import inlined_leaf, leaf
from solvers.model import (
    I32,
    I64,
    JUDGE_AFTER_EXPORT,
    JUDGE_AFTER_PRE_CARRIAGE,
    JUDGE_ARRIVAL,
    JUDGE_EX_WORKS,
    MEASURE_LINES,
    MEASURE_PARCELS,
    MEASURE_SHIPMENTS,
    MEASURE_UNITS,
    MEASURE_VALUE,
    MEASURE_VOLUME,
    MEASURE_WEIGHT,
    NUM_STAGES,
    STAGE_EXPORT_CLEARANCE,
    STAGE_IMPORT_CLEARANCE,
    STAGE_INSURANCE,
)
from solvers.packed import Packed, Records

NO_SHIPMENT = 2**61
"""Cost of a load that makes no shipment: (P6) or (P7) does not hold."""

DAY_S = 86_400
_INSURED_PERCENT = 110
# Below this a sum of micros times a million keeps every digit in a float64.
_EXACT_MICROS = 9.0e9


class Cargo(NamedTuple):
    """What a load amounts to.

    ``unit_cost_micros`` sums its units' raw handling costs, ``extra`` its weighted duties and substitutions.
    """

    units: int
    lines: int
    weight_g: int
    volume_cm3: int
    value_micros: int
    work_s: int
    unit_cost_micros: int
    extra: int


@inlined_leaf
def half_even(value: float) -> int:
    """Round to the nearest integer, ties to the even one."""
    return int(np.rint(value))


@inlined_leaf
def weighted(amount_micros: int, weight: float) -> int:
    """A rounded amount times its weight, rounded again."""
    return amount_micros if weight == 1.0 else half_even(amount_micros * weight)


@inlined_leaf
def billable_weight_g(weight_g: int, volume_cm3: int, kg_per_m3: float) -> int:
    """The greater of actual and volumetric weight, to the gram."""
    return max(weight_g, half_even(volume_cm3 * kg_per_m3 / 1_000.0))


@inlined_leaf
def num_parcels(weight_g: int, max_parcel_g: int) -> int:
    """In how many parcels an actual weight travels."""
    return max(1, -(-weight_g // max(max_parcel_g, 1)))


@inlined_leaf
def rate_row(model: Packed, tariff: int, stage: int, billable_g: int) -> int:
    """The row charged: -1 where the stage has no rows, -2 where it has rows and none applies."""
    tariffs = model.tariffs
    first = int(model.tariff_ptr[tariff * NUM_STAGES + stage])
    row = int(model.tariff_ptr[tariff * NUM_STAGES + stage + 1]) - 1
    if row < first:
        return -1
    while row >= first and tariffs[row].weight_from_g > billable_g:
        row -= 1
    return row if row >= first else -2


@inlined_leaf
def row_amount_micros(
    tariffs: Records, row: int, insured: bool, shape: tuple[int, int, int, int, int], distance_m: int
) -> int:
    """What a rate row charges, rounded; ``insured``: on 110 % of the value.

    ``shape`` is (units, lines, parcels, billable weight in g, value in micros).
    """
    units, lines, parcels, billable_g, value_micros = shape
    rate = tariffs[row]
    whole = rate.base + rate.per_unit * units + rate.per_line * lines + rate.per_parcel * parcels
    thousandths = rate.per_kg * billable_g + rate.per_km * distance_m + rate.per_unit_km * (units * distance_m)
    millionths = rate.per_kg_km * (float(billable_g) * distance_m)
    if rate.pct_of_value != 0.0:
        millionths += rate.pct_of_value * value_micros * (_INSURED_PERCENT if insured else 100) * 100.0
    amount = whole + (thousandths / 1e3 + millionths / 1e6)
    if amount < _EXACT_MICROS:
        amount = (whole * 1e6 + thousandths * 1e3 + millionths) / 1e6
    return half_even(max(rate.minimum, amount))


@inlined_leaf
def duty_cost(model: Packed, order: int, percent_micros: float) -> int:
    """Weighted duties of one line aboard; ``percent_micros`` sums percent times value over what it ships."""
    by_seller = model.orders[order].seller_duty
    return weighted(half_even(percent_micros / 100.0), model.weights.duty if by_seller else model.weights.buyer)


@inlined_leaf
def stages_cost(model: Packed, candidate: int, tariff: int, shape: tuple[int, int, int, int, int]) -> int:
    """Weighted stages of a shipment, whoever bears them; ``NO_SHIPMENT`` where a priced stage has no row for it."""
    weights, tariffs = model.weights, model.tariffs
    order = model.candidates[candidate].order
    seller_stages, domestic = model.orders[order].seller_stages, model.candidates[candidate].domestic
    distance_m = model.candidates[candidate].distance_m
    cost = 0
    for stage in range(NUM_STAGES):
        row = rate_row(model, tariff, stage, shape[3])
        if row == -2:
            return NO_SHIPMENT
        if row < 0 or (domestic and stage in (STAGE_EXPORT_CLEARANCE, STAGE_IMPORT_CLEARANCE)):
            continue
        insured = stage == STAGE_INSURANCE
        weight = weights.buyer
        if (seller_stages >> stage) & 1:
            weight = weights.insurance if insured else weights.freight
        if weight != 0.0:
            amount = row_amount_micros(tariffs, row, insured, shape, distance_m)
            cost += weighted(amount, weight)
    return cost


@inlined_leaf
def carbon_cost(model: Packed, candidate: int, service: int, billable_g: int) -> int:
    """Weighted cost of the CO2: billable tonnes times km times grams per tonne-km."""
    per_kg, grams = model.weights.carbon_cost_per_kg_micros, model.services[service].co2_g_per_tkm
    if per_kg == 0 or grams == 0.0:
        return 0
    amount = half_even((grams * per_kg) * (float(billable_g) * model.candidates[candidate].distance_m) / 1e12)
    return weighted(amount, model.weights.carbon)


@inlined_leaf
def offer_cost(model: Packed, candidate: int, offer: int, cargo: Cargo) -> int:
    """Weighted cost of a load on an offer, whatever its dispatch: all of a shipment but timing and safety stock.

    ``NO_SHIPMENT`` where the load is too heavy, worth too little, or a priced stage has no row for it (P6).
    """
    node, service = model.candidates[candidate].node, model.offers[offer].service
    nodes, services = model.nodes, model.services
    if cargo.weight_g > services[service].max_weight_g or cargo.value_micros < nodes[node].min_shipment_value_micros:
        return NO_SHIPMENT
    billable_g = billable_weight_g(cargo.weight_g, cargo.volume_cm3, services[service].kg_per_m3)
    parcels = num_parcels(cargo.weight_g, services[service].max_parcel_g)
    shape = (cargo.units, cargo.lines, parcels, billable_g, cargo.value_micros)
    cost = stages_cost(model, candidate, model.offers[offer].tariff, shape)
    if cost == NO_SHIPMENT:
        return NO_SHIPMENT
    handling = nodes[node].shipment_cost_micros + nodes[node].line_cost_micros * cargo.lines + cargo.unit_cost_micros
    cost += weighted(handling, model.weights.handling) + nodes[node].preference_cost + cargo.extra
    if model.offers[offer].unpreferred:
        cost += model.orders[model.candidates[candidate].order].unpreferred_cost
    return int(cost + carbon_cost(model, candidate, service, billable_g))


@inlined_leaf
def judged_instant_s(
    judge: int, ready_s: int, earliest_s: int, dispatch_s: int, pre_carriage_s: int, export_s: int, arrival_s: int
) -> int:
    """The instant a window judges, by who hands over where; ``ready_s`` is when the last unit aboard is ready."""
    if judge == JUDGE_ARRIVAL:
        return arrival_s
    if judge == JUDGE_EX_WORKS:
        return max(ready_s, min(earliest_s, dispatch_s))
    if judge == JUDGE_AFTER_PRE_CARRIAGE:
        return dispatch_s + pre_carriage_s
    if judge == JUDGE_AFTER_EXPORT:
        return dispatch_s + pre_carriage_s + export_s
    return dispatch_s


@inlined_leaf
def judged_s(model: Packed, order: int, offer: int, trip: int, ready_s: int) -> int:
    """The instant the window of an order judges a trip by."""
    lane, at, own = model.offers[offer], model.trips[trip], model.orders[order]
    dispatch_s = model.departures[at.departure].dispatch_s
    return judged_instant_s(
        own.judge, ready_s, own.earliest_s, dispatch_s, lane.pre_carriage_s, lane.export_s, at.arrival_s
    )


@inlined_leaf
def timing_cost(model: Packed, order: int, instant_s: int, latest_s: int) -> int:
    """Weighted lateness and earliness when judged at an instant; ``NO_SHIPMENT`` outside a hard window (P7)."""
    own, weights = model.orders[order], model.weights
    if own.earliest_s <= instant_s <= latest_s:
        return 0
    if own.hard_window:
        return NO_SHIPMENT
    cost = 0
    if instant_s > latest_s and own.late_cost_per_day_micros > 0:
        days = -((latest_s - instant_s) // DAY_S)
        cost += weighted(half_even(own.late_factor * (days * own.late_cost_per_day_micros)), weights.late)
    if instant_s < own.earliest_s and own.early_cost_per_day_micros > 0:
        days = -((instant_s - own.earliest_s) // DAY_S)
        cost += weighted(days * own.early_cost_per_day_micros, weights.early)
    return cost


@inlined_leaf
def measured(measure: int, cargo: Cargo, parcels: int) -> int:
    """What a load draws on a capacity, in base units of the measure."""
    if measure == MEASURE_UNITS:
        return cargo.units
    if measure == MEASURE_LINES:
        return cargo.lines
    if measure == MEASURE_SHIPMENTS:
        return 1
    if measure == MEASURE_PARCELS:
        return parcels
    if measure == MEASURE_WEIGHT:
        return cargo.weight_g
    if measure == MEASURE_VOLUME:
        return cargo.volume_cm3
    if measure == MEASURE_VALUE:
        return cargo.value_micros
    return cargo.work_s


@inlined_leaf
def source_ready_s(model: Packed, candidate: int, position: int) -> int:
    """When a position's units can leave for the candidate's order (P5)."""
    return int(max(model.candidates[candidate].ready_s, model.positions[position].ready_s))


@inlined_leaf
def rides(model: Packed, candidate: int, position: int, service: int, dispatch_s: int) -> bool:
    """Whether a position's units can ride a service at an instant (P5)."""
    if not model.carry[service, model.items[model.positions[position].item].tag_class]:
        return False
    return bool(source_ready_s(model, candidate, position) <= dispatch_s < model.positions[position].expires_s)


@leaf
def find_offer(model: Packed, candidate: int, trip: int) -> int:
    """The offer of a candidate that a trip belongs to, -1 where it is none of the candidate's."""
    offer_class = model.candidates[candidate].offer_class
    for offer in range(model.class_ptr[offer_class], model.class_ptr[offer_class + 1]):
        if model.offers[offer].trip_from <= trip < model.offers[offer].trip_to:
            return offer
    return -1


@leaf
def cargo_of(model: Packed, candidate: int, sources: I32, quantities: I64) -> Cargo:
    """What a load of (source, quantity) pairs amounts to. Pairs may come in any order."""
    lines, positions, items = model.lines, model.positions, model.items
    order = model.candidates[candidate].order
    units, weight_g, volume_cm3, value_micros, work_s, unit_cost_micros, extra = 0, 0, 0, 0, 0, 0, 0
    aboard = 0
    for i in range(len(sources)):
        source, quantity = model.sources[sources[i]], quantities[i]
        line, position = np.int64(source.line), np.int64(source.position)
        item = positions[position].item
        units += quantity
        weight_g += quantity * items[item].weight_g
        volume_cm3 += quantity * items[item].volume_cm3
        value_micros += quantity * lines[line].unit_price_micros
        work_s += quantity * positions[position].work_s
        unit_cost_micros += quantity * positions[position].unit_cost_micros
        if item != lines[line].item:
            extra += quantity * lines[line].substitute_cost
        first = True
        for j in range(i):
            if model.sources[sources[j]].line == line:
                first = False
                break
        if first:
            aboard += 1
            percent_micros, price_micros = 0.0, lines[line].unit_price_micros
            for j in range(i, len(sources)):
                if model.sources[sources[j]].line == line:
                    percent_micros += model.sources[sources[j]].duty_pct * (quantities[j] * price_micros)
            if not model.candidates[candidate].domestic:
                extra += duty_cost(model, order, percent_micros)
    return Cargo(units, aboard, weight_g, volume_cm3, value_micros, work_s, unit_cost_micros, extra)
