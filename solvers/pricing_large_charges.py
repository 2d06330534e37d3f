"""What a column charges at least: fixed and per unit of each bin, for every load within its range of weight.

Where a charge is not linear (weight breaks, minima, parcels, the greater of two weights, rounding) the line is the
one that is highest at the reference load among those below the charge: an edge of its lower convex envelope over
the range.
"""

from __future__ import annotations

import numpy as np

from solvers.jit import leaf, spliced
from solvers.loads import NO_SHIPMENT, judged_s, timing_cost
from solvers.model import (
    F64,
    I64,
    INSURED_SHARE,
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
    Prices,
)
from solvers.packed import Packed, wide
from solvers.pricing_large_space import Large, truth


@spliced
def slack_of(weight: float, whole: bool) -> float:
    """The most that rounding takes off an amount."""
    return (0.0 if whole else 0.5 * weight) + (0.0 if weight == 1.0 else 0.5)


@leaf
def charge(model: Packed, prices: Prices, capacity: I64, col: int, work: Large) -> bool:
    """Fill a column that has its node, trip, range and reference load; False where it makes no shipment."""
    out = work.cols[col]
    out.per_unit, out.per_g, out.per_cm3, out.per_value, out.per_work, out.per_duty = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    out.curved = False
    if not _charge_shipment(model, prices, col, work):
        return False
    _limit_weight(model, col, work)
    from_rows = _charge_rows(model, prices, capacity, col, work)
    if from_rows == np.inf:
        return False
    from_stages, per_billable = _charge_stages(model, col, work)
    if from_stages == np.inf:
        return False
    _charge_weight(model, col, per_billable + _carbon_line(model, col, work), work)
    _charge_parcels(model, col, from_rows + from_stages, work)
    node = work.nodes[out.node]
    out.floor = out.lo if _volumetric(model, col, work) == 0.0 and node.uniform else 0.0
    out.guess = out.fixed + out.per_unit * out.ref_units + out.per_line * out.ref_lines + out.per_g * out.ref_weight
    out.guess += out.per_cm3 * out.ref_volume + out.per_value * out.ref_value
    return bool(out.ceiling > 0.0 or node.full_weight == 0.0)


@spliced
def _charge_shipment(model: Packed, prices: Prices, col: int, work: Large) -> bool:
    """What a shipment pays for itself: timing, preference, activation, handling and the rounding of its duties.

    False outside a hard window (P7).
    """
    order = work.state[0].order
    own, out, weights = model.orders[order], work.cols[col], model.weights
    node, candidate, lane = work.nodes[out.node], model.candidates[out.candidate], model.offers[out.offer]
    at_node = model.nodes[candidate.node]
    judged = judged_s(model, order, out.offer, out.trip, node.ready_s)
    timing = timing_cost(model, order, judged, node.latest_s)
    if timing == NO_SHIPMENT:
        return False
    out.fixed = timing + at_node.preference_cost + prices.activation[out.candidate] + own.split_cost
    if lane.unpreferred:
        out.fixed += own.unpreferred_cost
    handling = weights.handling
    out.fixed += handling * at_node.shipment_cost_micros - slack_of(handling, truth(True))
    out.per_line, out.per_handling = handling * at_node.line_cost_micros, handling
    if not candidate.domestic and node.dutiable:
        weight = weights.duty if own.seller_duty else weights.buyer
        out.per_duty = weight / 100.0
        out.fixed -= slack_of(weight, truth(False)) * node.full_lines
    return True


@spliced
def _volumetric(model: Packed, col: int, work: Large) -> float:
    """Grams billed for a cubic centimetre."""
    return float(model.services[model.offers[work.cols[col].offer].service].kg_per_m3 / 1_000.0)


@spliced
def _limit_weight(model: Packed, col: int, work: Large) -> None:
    """Loads weigh no more than the service takes and than what could ride; volume counts where it bills more."""
    out, volumetric = work.cols[col], _volumetric(model, col, work)
    node = work.nodes[out.node]
    out.ceiling = min(float(model.services[model.offers[out.offer].service].max_weight_g), node.full_weight)
    heaviest = out.ceiling
    if volumetric > 0.0:
        heaviest = max(heaviest, np.ceil(node.full_volume * volumetric))
    out.hi = min(out.hi, heaviest)
    out.ceiling = min(out.ceiling, out.hi)


@spliced
def _charge_rows(model: Packed, prices: Prices, capacity: I64, col: int, work: Large) -> float:
    """Prices of the capacities drawn on; returns that of a parcel, infinite where no shipment is left room (P8)."""
    out, parcels = work.cols[col], 0.0
    departure = model.departures[model.trips[out.trip].departure]
    for at in range(departure.row_from, departure.row_to):
        row = model.departure_row[at]
        measure, price, left = model.rows[row].measure, prices.row[row], capacity[row]
        if measure == MEASURE_UNITS:
            out.per_unit += price
        elif measure == MEASURE_LINES:
            out.per_line += price
        elif measure == MEASURE_SHIPMENTS:
            out.fixed += price
        elif measure == MEASURE_PARCELS:
            parcels += price
        elif measure == MEASURE_WEIGHT:
            out.per_g += price
            out.ceiling = min(out.ceiling, float(left))
        elif measure == MEASURE_VOLUME:
            out.per_cm3 += price
        elif measure == MEASURE_VALUE:
            out.per_value += price
        else:
            out.per_work += price
        if left <= 0 and measure <= MEASURE_PARCELS:
            parcels = np.inf
    return parcels


@spliced
def _by_volume(model: Packed, col: int, work: Large) -> bool:
    """Whether the reference load is billed by its volume."""
    out, volumetric = work.cols[col], _volumetric(model, col, work)
    return bool(volumetric > 0.0 and out.ref_volume * volumetric > out.ref_weight)


@spliced
def _charge_stages(model: Packed, col: int, work: Large) -> tuple[float, float]:
    """The stages' lines; returns what they charge for a parcel and for a gram billed, infinite where one has no row."""
    own, out, weights = model.orders[work.state[0].order], work.cols[col], model.weights
    candidate, lane = model.candidates[out.candidate], model.offers[out.offer]
    parcel_g = float(max(model.services[lane.service].max_parcel_g, 1))
    by_volume = _by_volume(model, col, work)
    volume_g = out.ref_volume * _volumetric(model, col, work)
    billable_g = max(out.lo, min(out.hi, volume_g if by_volume else out.ref_weight))
    parcels, per_billable = 0.0, 0.0
    for stage in range(NUM_STAGES):
        first = model.tariff_ptr[lane.tariff * NUM_STAGES + stage]
        last = model.tariff_ptr[lane.tariff * NUM_STAGES + stage + 1]
        if first == last or parcels == np.inf:
            continue
        out.lo = max(out.lo, float(model.tariffs[first].weight_from_g))
        if out.lo > out.hi:
            parcels = np.inf
            continue
        insured = stage == STAGE_INSURANCE
        weight = weights.buyer
        if (own.seller_stages >> stage) & 1:
            weight = weights.insurance if insured else weights.freight
        if weight == 0.0 or (candidate.domestic and stage in (STAGE_EXPORT_CLEARANCE, STAGE_IMPORT_CLEARANCE)):
            continue
        share = INSURED_SHARE if insured else 1.0
        fixed, slope, per_unit, per_line, per_parcel, per_value, whole = _stage_line(
            model, (first, last), candidate.distance_m, billable_g, parcel_g, share, col, work
        )
        out.fixed += weight * fixed - slack_of(weight, whole)
        out.per_unit += weight * per_unit
        out.per_line += weight * per_line
        out.per_value += weight * per_value
        per_billable += weight * slope
        parcels += weight * per_parcel
    return parcels, per_billable


@spliced
def _carbon_line(model: Packed, col: int, work: Large) -> float:
    """What a gram billed pays for its CO2: a straight line, but for its rounding."""
    out, weights = work.cols[col], model.weights
    grams = model.services[model.offers[out.offer].service].co2_g_per_tkm
    cost_per_kg = weights.carbon_cost_per_kg_micros
    if cost_per_kg == 0 or grams == 0.0:
        return 0.0
    out.fixed -= slack_of(weights.carbon, truth(False))
    return float(weights.carbon * grams * cost_per_kg * model.candidates[out.candidate].distance_m / 1e12)


@spliced
def _charge_weight(model: Packed, col: int, per_billable: float, work: Large) -> None:
    """Charge grams billed to the weight or to the volume, whichever decides at the reference load."""
    out, volumetric = work.cols[col], _volumetric(model, col, work)
    if _by_volume(model, col, work):
        out.per_cm3 += per_billable * volumetric
        out.fixed -= per_billable * 0.5
    else:
        out.per_g += per_billable
    out.curved = out.curved or volumetric > 0.0


@spliced
def _charge_parcels(model: Packed, col: int, parcels: float, work: Large) -> None:
    """Charge parcels by a line below their number."""
    out = work.cols[col]
    parcel_g = float(max(model.services[model.offers[out.offer].service].max_parcel_g, 1))
    if parcels > 0.0:
        lightest = out.lo if _volumetric(model, col, work) == 0.0 else 0.0
        start, step = _parcel_line(lightest, out.ceiling, min(out.ref_weight, out.ceiling), parcel_g)
        out.fixed += parcels * start
        out.per_g += parcels * step
    out.curved = out.curved or (parcels > 0.0 and out.ceiling > parcel_g)


@spliced
def _parcel_line(lo: float, hi: float, at: float, parcel_g: float) -> tuple[float, float]:
    """A line (value at 0, slope) below max(1, ceil(weight / parcel)) over a range, highest at one weight.

    Its corners are (lo, ceil), (parcel, 1), (2 parcel, 2), and so on.
    """
    low, high = max(1.0, np.ceil(lo / parcel_g)), max(1.0, np.ceil(hi / parcel_g))
    if low == high:
        return low, 0.0
    if at <= low * parcel_g:
        return low, 0.0
    # The edge to (hi, ceil) is left out: light loads would be far above it.
    return 0.0, 1.0 / parcel_g


@spliced
def _stage_line(
    model: Packed,
    rows: tuple[int, int],
    distance_m: int,
    billable_g: float,
    parcel_g: float,
    insured: float,
    col: int,
    work: Large,
) -> tuple[float, float, float, float, float, float, bool]:
    """A stage's line: fixed, per gram billable, unit, line, parcel and micro of value; whether amounts are whole.

    The corners of its charge over billable weight stand in ``points``: weights, then charges.
    """
    points = work.points
    lo, hi = work.cols[col].lo, work.cols[col].hi
    tariffs, km = model.tariffs, distance_m / 1e3
    first, last = rows
    while first + 1 < last and tariffs[first + 1].weight_from_g <= lo:
        first += 1
    while last - 1 > first and tariffs[last - 1].weight_from_g > hi:
        last -= 1
    per_unit, per_line, per_parcel, per_value = np.inf, np.inf, np.inf, np.inf
    minimum, most, whole = np.inf, 0.0, truth(True)
    for r in range(first, last):
        rate = tariffs[r]
        here = rate.per_unit + rate.per_unit_km * km
        value = rate.pct_of_value / 100.0 * insured
        slope = rate.per_kg / 1e3 + rate.per_kg_km * km / 1e3
        per_unit, per_line, per_parcel = (
            min(per_unit, here),
            min(per_line, rate.per_line),
            min(per_parcel, rate.per_parcel),
        )
        per_value, minimum = min(per_value, value), min(minimum, rate.minimum)
        most = max(most, rate.per_line, rate.per_parcel, here, value)
        fixed = rate.base + rate.per_km * km
        whole = (
            whole
            and slope == 0.0
            and value == 0.0
            and fixed == np.floor(fixed)
            and rate.minimum == np.floor(rate.minimum)
        )
        whole = whole and here == np.floor(here) and rate.per_unit_km == 0.0
        whole = whole and rate.per_line == np.floor(rate.per_line) and rate.per_parcel == np.floor(rate.per_parcel)
    by_weight_only = most == 0.0
    work.cols[col].curved = work.cols[col].curved or last > first + 1 or minimum > 0.0
    count = wide(0)
    for r in range(first, last):
        rate = tariffs[r]
        fixed, slope = rate.base + rate.per_km * km, rate.per_kg / 1e3 + rate.per_kg_km * km / 1e3
        start = max(lo, float(rate.weight_from_g))
        end = min(hi, tariffs[r + 1].weight_from_g - 1.0) if r + 1 < last else hi
        least = rate.minimum if by_weight_only else 0.0
        count = _add_point(points, count, start, max(least, fixed + slope * start))
        if fixed + slope * start < least < fixed + slope * end:
            count = _add_point(points, count, (least - fixed) / slope, least)
        count = _add_point(points, count, end, max(least, fixed + slope * end))
    fixed, slope = _hull_edge(points, count, billable_g)
    out = work.cols[col]
    if not by_weight_only:
        parcels = max(1.0, out.ref_weight / parcel_g)
        expected = fixed + slope * billable_g + per_unit * out.ref_units + per_line * out.ref_lines
        expected += per_parcel * parcels + per_value * out.ref_value
        if expected < minimum:
            return minimum, 0.0, 0.0, 0.0, 0.0, 0.0, whole
    return fixed, slope, per_unit, per_line, per_parcel, per_value, whole


@spliced
def _add_point(points: F64, count: int, weight: float, charged: float) -> int:
    points[0, count], points[1, count] = weight, charged
    return count + 1


@spliced
def _hull_edge(points: F64, count: int, at: float) -> tuple[float, float]:
    """The line below all corners that is highest at a weight, as (value at 0, slope): an edge of their lower hull."""
    best, fixed, slope = -np.inf, 0.0, 0.0
    for i in range(count):
        for j in range(i, count):
            left, right = points[0, i], points[0, j]
            if not (left <= at <= right):
                continue
            rise = (points[1, j] - points[1, i]) / (right - left) if right > left else 0.0
            start = points[1, i] - rise * left
            for k in range(count):
                start = min(start, points[1, k] - rise * points[0, k])
            if start + rise * at > best:
                best, fixed, slope = start + rise * at, start, rise
    return fixed, slope
