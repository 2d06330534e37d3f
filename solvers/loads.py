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

from solvers.jit import inlined, kernel
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
    SourcingModel,
    Tariffs,
)

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


@inlined
def half_even(value: float) -> int:
    """Round to the nearest integer, ties to the even one."""
    return int(np.rint(value))


@inlined
def weighted(amount_micros: int, weight: float) -> int:
    """A rounded amount times its weight, rounded again."""
    return amount_micros if weight == 1.0 else half_even(amount_micros * weight)


@inlined
def billable_weight_g(weight_g: int, volume_cm3: int, kg_per_m3: float) -> int:
    """The greater of actual and volumetric weight, to the gram."""
    return max(weight_g, half_even(volume_cm3 * kg_per_m3 / 1_000.0))


@inlined
def num_parcels(weight_g: int, max_parcel_g: int) -> int:
    """In how many parcels an actual weight travels."""
    return max(1, -(-weight_g // max(max_parcel_g, 1)))


@inlined
def rate_row(tariffs: Tariffs, tariff: int, stage: int, billable_g: int) -> int:
    """The row charged: -1 where the stage has no rows, -2 where it has rows and none applies."""
    first, row = tariffs.ptr[tariff * NUM_STAGES + stage], tariffs.ptr[tariff * NUM_STAGES + stage + 1] - 1
    if row < first:
        return -1
    while row >= first and tariffs.weight_from_g[row] > billable_g:
        row -= 1
    return row if row >= first else -2


@inlined
def row_amount_micros(
    tariffs: Tariffs, row: int, insured: bool, shape: tuple[int, int, int, int, int], distance_m: int
) -> int:
    """What a rate row charges, rounded; ``insured``: on 110 % of the value.

    ``shape`` is (units, lines, parcels, billable weight in g, value in micros).
    """
    units, lines, parcels, billable_g, value_micros = shape
    whole = tariffs.base[row] + tariffs.per_unit[row] * units
    whole += tariffs.per_line[row] * lines + tariffs.per_parcel[row] * parcels
    thousandths = tariffs.per_kg[row] * billable_g + tariffs.per_km[row] * distance_m
    thousandths += tariffs.per_unit_km[row] * (units * distance_m)
    millionths = tariffs.per_kg_km[row] * (float(billable_g) * distance_m)
    if tariffs.pct_of_value[row] != 0.0:
        millionths += tariffs.pct_of_value[row] * value_micros * (_INSURED_PERCENT if insured else 100) * 100.0
    amount = whole + (thousandths / 1e3 + millionths / 1e6)
    if amount < _EXACT_MICROS:
        amount = (whole * 1e6 + thousandths * 1e3 + millionths) / 1e6
    return half_even(max(tariffs.minimum[row], amount))


@inlined
def duty_cost(model: SourcingModel, order: int, percent_micros: float) -> int:
    """Weighted duties of one line aboard; ``percent_micros`` sums percent times value over what it ships."""
    by_seller = model.orders.seller_duty[order]
    return weighted(half_even(percent_micros / 100.0), model.weights.duty if by_seller else model.weights.buyer)


@inlined
def stages_cost(model: SourcingModel, candidate: int, tariff: int, shape: tuple[int, int, int, int, int]) -> int:
    """Weighted stages of a shipment, whoever bears them; ``NO_SHIPMENT`` where a priced stage has no row for it."""
    weights, tariffs = model.weights, model.tariffs
    order = model.candidates.order[candidate]
    seller_stages, domestic = model.orders.seller_stages[order], model.candidates.domestic[candidate]
    distance_m = model.candidates.distance_m[candidate]
    cost = 0
    for stage in range(NUM_STAGES):
        row = rate_row(tariffs, tariff, stage, shape[3])
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


@inlined
def carbon_cost(model: SourcingModel, candidate: int, service: int, billable_g: int) -> int:
    """Weighted cost of the CO2: billable tonnes times km times grams per tonne-km."""
    per_kg, grams = model.weights.carbon_cost_per_kg_micros, model.services.co2_g_per_tkm[service]
    if per_kg == 0 or grams == 0.0:
        return 0
    amount = half_even((grams * per_kg) * (float(billable_g) * model.candidates.distance_m[candidate]) / 1e12)
    return weighted(amount, model.weights.carbon)


@inlined
def offer_cost(model: SourcingModel, candidate: int, offer: int, cargo: Cargo) -> int:
    """Weighted cost of a load on an offer, whatever its dispatch: all of a shipment but timing and safety stock.

    ``NO_SHIPMENT`` where the load is too heavy, worth too little, or a priced stage has no row for it (P6).
    """
    node, service = model.candidates.node[candidate], model.offers.service[offer]
    nodes, services = model.nodes, model.services
    if cargo.weight_g > services.max_weight_g[service] or cargo.value_micros < nodes.min_shipment_value_micros[node]:
        return NO_SHIPMENT
    billable_g = billable_weight_g(cargo.weight_g, cargo.volume_cm3, services.kg_per_m3[service])
    parcels = num_parcels(cargo.weight_g, services.max_parcel_g[service])
    shape = (cargo.units, cargo.lines, parcels, billable_g, cargo.value_micros)
    cost = stages_cost(model, candidate, model.offers.tariff[offer], shape)
    if cost == NO_SHIPMENT:
        return NO_SHIPMENT
    handling = nodes.shipment_cost_micros[node] + nodes.line_cost_micros[node] * cargo.lines + cargo.unit_cost_micros
    cost += weighted(handling, model.weights.handling) + nodes.preference_cost[node] + cargo.extra
    if model.offers.unpreferred[offer]:
        cost += model.orders.unpreferred_cost[model.candidates.order[candidate]]
    return int(cost + carbon_cost(model, candidate, service, billable_g))


@inlined
def judged_s(model: SourcingModel, order: int, offer: int, trip: int, ready_s: int) -> int:
    """The instant the window judges, for a load whose last unit is ready at ``ready_s``."""
    judge = int(model.orders.judge[order])
    if judge == JUDGE_ARRIVAL:
        return int(model.trips.arrival_s[trip])
    dispatch_s = int(model.departures.dispatch_s[model.trips.departure[trip]])
    if judge == JUDGE_EX_WORKS:
        earliest_s = int(model.orders.earliest_s[order])
        return max(ready_s, min(earliest_s, dispatch_s))
    if judge == JUDGE_AFTER_PRE_CARRIAGE:
        return int(dispatch_s + model.offers.pre_carriage_s[offer])
    if judge == JUDGE_AFTER_EXPORT:
        return int(dispatch_s + model.offers.pre_carriage_s[offer] + model.offers.export_s[offer])
    return dispatch_s


@inlined
def timing_cost(model: SourcingModel, order: int, instant_s: int, latest_s: int) -> int:
    """Weighted lateness and earliness when judged at an instant; ``NO_SHIPMENT`` outside a hard window (P7)."""
    orders, weights = model.orders, model.weights
    earliest_s = orders.earliest_s[order]
    if earliest_s <= instant_s <= latest_s:
        return 0
    if orders.hard_window[order]:
        return NO_SHIPMENT
    cost = 0
    if instant_s > latest_s and orders.late_cost_per_day_micros[order] > 0:
        days = -((latest_s - instant_s) // DAY_S)
        amount = half_even(orders.late_factor[order] * (days * orders.late_cost_per_day_micros[order]))
        cost += weighted(amount, weights.late)
    if instant_s < earliest_s and orders.early_cost_per_day_micros[order] > 0:
        days = -((instant_s - earliest_s) // DAY_S)
        cost += weighted(days * orders.early_cost_per_day_micros[order], weights.early)
    return cost


@inlined
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


@inlined
def source_ready_s(model: SourcingModel, candidate: int, position: int) -> int:
    """When a position's units can leave for the candidate's order (P5)."""
    return int(max(model.candidates.ready_s[candidate], model.positions.ready_s[position]))


@inlined
def rides(model: SourcingModel, candidate: int, position: int, service: int, dispatch_s: int) -> bool:
    """Whether a position's units can ride a service at an instant (P5)."""
    if not model.services.carry[service, model.items.tag_class[model.positions.item[position]]]:
        return False
    return bool(source_ready_s(model, candidate, position) <= dispatch_s < model.positions.expires_s[position])


@kernel
def find_offer(model: SourcingModel, candidate: int, trip: int) -> int:
    """The offer of a candidate that a trip belongs to, -1 where it is none of the candidate's."""
    offer_class = model.candidates.offer_class[candidate]
    for offer in range(model.offers.class_ptr[offer_class], model.offers.class_ptr[offer_class + 1]):
        if model.offers.trip_ptr[offer] <= trip < model.offers.trip_ptr[offer + 1]:
            return offer
    return -1


@kernel
def cargo_of(model: SourcingModel, candidate: int, sources: I32, quantities: I64) -> Cargo:
    """What a load of (source, quantity) pairs amounts to. Pairs may come in any order."""
    lines, positions, items = model.lines, model.positions, model.items
    order = model.candidates.order[candidate]
    units, weight_g, volume_cm3, value_micros, work_s, unit_cost_micros, extra = 0, 0, 0, 0, 0, 0, 0
    aboard = 0
    for i in range(len(sources)):
        line, position, quantity = model.sources.line[sources[i]], model.sources.position[sources[i]], quantities[i]
        item = positions.item[position]
        units += quantity
        weight_g += quantity * items.weight_g[item]
        volume_cm3 += quantity * items.volume_cm3[item]
        value_micros += quantity * lines.unit_price_micros[line]
        work_s += quantity * positions.work_s[position]
        unit_cost_micros += quantity * positions.unit_cost_micros[position]
        if item != lines.item[line]:
            extra += quantity * lines.substitute_cost[line]
        first = True
        for j in range(i):
            if model.sources.line[sources[j]] == line:
                first = False
                break
        if first:
            aboard += 1
            percent_micros, price_micros = 0.0, lines.unit_price_micros[line]
            for j in range(i, len(sources)):
                if model.sources.line[sources[j]] == line:
                    percent_micros += model.sources.duty_pct[sources[j]] * (quantities[j] * price_micros)
            if not model.candidates.domestic[candidate]:
                extra += duty_cost(model, order, percent_micros)
    return Cargo(units, aboard, weight_g, volume_cm3, value_micros, work_s, unit_cost_micros, extra)
