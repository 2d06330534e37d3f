"""What a shipment costs in the compact model: a linear part per slot, and tiers where rates break or a minimum binds.

Every amount here is weighted money (micros * 1e-6). A tier is one stage of one slot that is not linear over the loads
the slot can take: its steps are the rate rows that can apply, each with its range of billable weight.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import Network, ragged
from solvers.model import (
    F64,
    I64,
    INSURED_SHARE,
    NUM_STAGES,
    STAGE_EXPORT_CLEARANCE,
    STAGE_IMPORT_CLEARANCE,
    STAGE_INSURANCE,
    Flags,
    SourcingModel,
)

MICROS = 1e-6
KG = 1e-3
# Billable weight by volume is rounded to the gram: the exact volume lies this close to it.
GRAM_ROUNDING_KG = 0.0005

# The measures of a load that rates are stated in; also the columns of ``coef`` below.
FIXED, PER_KG, PER_UNIT, PER_LINE, PER_PARCEL, PER_VALUE = range(6)
NUM_MEASURES = 6


class Loads(NamedTuple):
    """Least and most of each measure that a shipment of a slot can have, float64[num_slots, NUM_MEASURES].

    Weights are billable. ``loaded_kg`` is the weight of all that could ride, whatever the service takes; ``by_volume``:
    volume may decide the billable weight.
    """

    least: F64
    most: F64
    loaded_kg: F64
    by_volume: Flags


class Tiers(NamedTuple):
    """Stages that are not linear.

    Steps of tier t are ``step_ptr[t]:step_ptr[t + 1]``, by rising weight; ``floored``: a minimum binds.
    """

    slot: I64
    floored: Flags
    step_ptr: I64
    from_kg: F64
    to_kg: F64
    coef: F64
    minimum: F64


class SlotCosts(NamedTuple):
    """What shipments cost but for their units' own terms and lateness.

    ``coef`` is the linear part, float64[num_slots, NUM_MEASURES]; ``slack`` the most that rounding takes off one.
    ``least_kg`` is the billable weight below which some stage has no rate; slots without any rate at all are not
    ``possible``. ``weighed``: the billable weight is not linear in the load, and matters.
    """

    coef: F64
    slack: F64
    least_kg: F64
    possible: Flags
    weighed: Flags
    tiers: Tiers


def load_ranges(model: SourcingModel, network: Network) -> Loads:
    """How small and how large the shipment of each slot can be."""
    slots, pairs, arcs = network.slots, network.pairs, network.arcs
    service = model.departures.service[slots.departure]
    actual_kg, volume_kg = unit_kg(model, network)
    billable_kg = np.maximum(actual_kg, volume_kg)
    most_units = pairs.most.astype(np.float64)
    value = np.asarray(model.lines.unit_price_micros[pairs.line] * MICROS, np.float64)
    loaded_kg = _most_of_pairs(network, actual_kg, most_units)
    actual = np.minimum(loaded_kg, model.services.max_weight_g[service] * KG)
    billable = np.maximum(actual, _most_of_pairs(network, volume_kg, most_units))
    parcels = np.maximum(1.0, np.ceil(actual / (model.services.max_parcel_g[service] * KG)))
    num_pairs = np.diff(slots.pair_ptr).astype(np.float64)
    one = np.ones(slots.num)
    least_value = _least(value, pairs.slot, slots.num)
    # The least billable weight may round down by half a gram.
    least_kg = np.maximum(_least(billable_kg, arcs.slot, slots.num) - GRAM_ROUNDING_KG, 0.0)
    least = np.stack([one, least_kg, one, one, one, least_value], axis=1)
    units = np.bincount(pairs.slot, weights=most_units, minlength=slots.num)
    values = np.bincount(pairs.slot, weights=value * most_units, minlength=slots.num)
    most = np.stack([one, billable + GRAM_ROUNDING_KG, units, num_pairs, parcels, values], axis=1)
    by_volume = np.bincount(arcs.slot[volume_kg > actual_kg], minlength=slots.num) > 0
    return Loads(least, most, loaded_kg, by_volume)


def _most_of_pairs(network: Network, per_unit: F64, most_units: F64) -> F64:
    """The most a slot can hold of something, each line served by whichever source has most of it."""
    heaviest = np.zeros(len(most_units))
    np.maximum.at(heaviest, network.arcs.pair, per_unit)
    of_slot = np.bincount(network.pairs.slot, weights=heaviest * most_units, minlength=network.slots.num)
    return of_slot.astype(np.float64)


def unit_kg(model: SourcingModel, network: Network) -> tuple[F64, F64]:
    """Actual weight and weight by volume of a unit of each arc, float64[num_arcs]."""
    arcs = network.arcs
    item = model.positions.item[arcs.position]
    service = model.departures.service[network.slots.departure[arcs.slot]]
    volume_kg = model.items.volume_cm3[item] * 1e-6 * model.services.kg_per_m3[service]
    return np.asarray(model.items.weight_g[item] * KG, np.float64), np.asarray(volume_kg, np.float64)


def _mixed_weight(model: SourcingModel, network: Network) -> Flags:
    """Slots where some units weigh more by volume and others less, bool[num_slots]."""
    actual, by_volume = unit_kg(model, network)
    count = network.slots.num
    return _flags(network.arcs.slot[by_volume > actual], count) & _flags(network.arcs.slot[by_volume < actual], count)


def _flags(index: I64, count: int) -> Flags:
    marked = np.zeros(count, np.bool_)
    marked[index] = True
    return marked


def _least(values: F64, owner: I64, count: int) -> F64:
    least = np.full(count, np.inf)
    np.minimum.at(least, owner, values)
    return least


def slot_costs(model: SourcingModel, network: Network, loads: Loads, *, whole_grams: bool = False) -> SlotCosts:
    """Split what a shipment costs, but for its units' own terms and lateness, into a linear part and tiers.

    ``whole_grams``: the gram that a weight by volume is rounded to counts, so that no such weight is linear.
    """
    slots = network.slots
    coef, slack = _own_costs(model, network)
    rate = _Rates(model, network, loads)
    possible, least_kg = rate.existence()
    rate.keep_charged()
    slack += rate.stage_slack()
    tiers = rate.split(coef)
    weighed = (
        _flags(tiers.slot, slots.num)
        | (least_kg > 0)
        | ((coef[:, PER_KG] > 0) & (whole_grams | _mixed_weight(model, network)))
    )
    weighed &= loads.by_volume
    slack += GRAM_ROUNDING_KG * coef[:, PER_KG] * (loads.by_volume & ~weighed)
    # A measure that is the same for every load is a cost of the shipment.
    for measure in (PER_LINE, PER_PARCEL):
        constant = loads.least[:, measure] == loads.most[:, measure]
        coef[constant, FIXED] += coef[constant, measure] * loads.most[constant, measure]
        coef[constant, measure] = 0.0
    return SlotCosts(coef, slack, least_kg, possible, weighed, tiers)


def _own_costs(model: SourcingModel, network: Network) -> tuple[F64, F64]:
    """Handling, preference, early and carbon: linear in the load. Returns coefficients and rounding slack per slot."""
    slots, weights = network.slots, model.weights
    order, node = slots.order, slots.node
    service = model.departures.service[slots.departure]
    coef = np.zeros((slots.num, NUM_MEASURES))
    fixed = weights.handling * model.nodes.shipment_cost_micros[node]
    fixed = fixed + model.nodes.preference_cost[node]
    fixed = fixed + model.orders.unpreferred_cost[order] * model.offers.unpreferred[slots.offer]
    early = weights.early * (model.orders.early_cost_per_day_micros[order] * slots.early_days.astype(np.float64))
    distance_km = model.candidates.distance_m[slots.cand] * 1e-3
    carbon_kg = distance_km * model.services.co2_g_per_tkm[service] * 1e-6
    coef[:, FIXED] = (fixed + early) * MICROS
    coef[:, PER_LINE] = weights.handling * model.nodes.line_cost_micros[node] * MICROS
    coef[:, PER_KG] = weights.carbon * weights.carbon_cost_per_kg_micros * carbon_kg * MICROS
    rounded_weights = sum(rounding(weight, whole=True) for weight in (weights.handling, weights.early))
    slack = np.full(slots.num, rounded_weights)
    slack += np.where(coef[:, PER_KG] > 0, rounding(weights.carbon), 0.0)
    return coef, slack


def rounding(weight: float, *, whole: bool = False) -> float:
    """The most money that rounding an amount takes off: to micros (unless ``whole``), then weighted to micros."""
    if weight == 0.0:
        return 0.0
    return (0.0 if whole else 0.5 * weight * MICROS) + (0.0 if weight.is_integer() else 0.5 * MICROS)


class _Rates:
    """Rate rows that can apply to the loads of each slot, sorted; ``first`` marks the first of its stage."""

    def __init__(self, model: SourcingModel, network: Network, loads: Loads) -> None:
        slots, tariffs = network.slots, model.tariffs
        self.loads, self.num_slots = loads, slots.num
        stage_key = (
            model.offers.tariff[slots.offer].astype(np.int64)[:, None] * NUM_STAGES + np.arange(NUM_STAGES)
        ).ravel()
        start, stop = tariffs.ptr[stage_key].astype(np.int64), tariffs.ptr[stage_key + 1].astype(np.int64)
        self.rated = (stop > start).reshape(-1, NUM_STAGES)
        owner, row = ragged(start, stop)
        slot, stage = np.divmod(owner, NUM_STAGES)
        last = row + 1 == stop[owner]
        from_g = tariffs.weight_from_g[row]
        until_g = np.where(
            last, np.iinfo(np.int64).max, tariffs.weight_from_g[np.minimum(row + 1, len(tariffs.base) - 1)]
        )
        applies = (from_g * KG <= loads.most[slot, PER_KG]) & (until_g * KG > loads.least[slot, PER_KG])
        self.slot, self.stage, row = slot[applies], stage[applies], row[applies]
        self.from_kg = from_g[applies] * KG
        self.to_kg = np.minimum((until_g[applies] - 1) * KG, loads.most[self.slot, PER_KG])
        self._price(model, network, row)
        self._mark()

    def _price(self, model: SourcingModel, network: Network, row: I64) -> None:
        """Weighted money per measure of the load, distance included; every rate row as it would stand alone."""
        tariffs, weights, slots = model.tariffs, model.weights, network.slots
        slot, stage = self.slot, self.stage
        order = slots.order[slot]
        seller = model.orders.seller_stages[order] >> stage & 1
        buyer = model.orders.buyer_stages[order] >> stage & 1
        weight = np.where(seller > 0, np.where(stage == STAGE_INSURANCE, weights.insurance, weights.freight), 0.0)
        weight = np.where((seller == 0) & (buyer > 0), weights.buyer, weight)
        at_home = model.candidates.domestic[slots.cand[slot]]
        weight = np.where(at_home & np.isin(stage, (STAGE_EXPORT_CLEARANCE, STAGE_IMPORT_CLEARANCE)), 0.0, weight)
        km = model.candidates.distance_m[slots.cand[slot]] * 1e-3
        share = np.where(stage == STAGE_INSURANCE, INSURED_SHARE, 1.0) * 0.01
        per_value = tariffs.pct_of_value[row] * share / MICROS  # of a value in money
        columns = [
            tariffs.base[row] + tariffs.per_km[row] * km,
            tariffs.per_kg[row] + tariffs.per_kg_km[row] * km,
            tariffs.per_unit[row] + tariffs.per_unit_km[row] * km,
            tariffs.per_line[row],
            tariffs.per_parcel[row],
            per_value,
        ]
        raw = np.stack(columns, axis=1)
        self.coef = raw * (weight * MICROS)[:, None]
        self.minimum = tariffs.minimum[row] * weight * MICROS
        self.weight = weight
        # An amount that is whole micros for every load is not rounded; objectives of whole numbers are easier to prove.
        whole = (raw == np.rint(raw)).all(axis=1) & (raw[:, PER_KG] == 0) & (raw[:, PER_VALUE] == 0)
        rounded = np.where(whole & (tariffs.minimum[row] % 1.0 == 0), 0.0, 0.5 * weight * MICROS)
        self.slack = rounded + np.where(weight % 1.0 > 0, 0.5 * MICROS, 0.0)

    def _mark(self) -> None:
        key = self.slot * NUM_STAGES + self.stage
        self.first = np.ones(len(key), np.bool_)
        self.first[1:] = key[1:] != key[:-1]
        self.group = np.cumsum(self.first) - 1

    def existence(self) -> tuple[Flags, F64]:
        """Whether some load finds a row in every rated stage, and the billable weight from which one does."""
        found = np.zeros((self.num_slots, NUM_STAGES), np.bool_)
        found[self.slot, self.stage] = True
        least_kg = np.zeros(self.num_slots)
        np.maximum.at(least_kg, self.slot[self.first], self.from_kg[self.first])
        least_kg[least_kg <= self.loads.least[:, PER_KG]] = 0.0
        return (found == self.rated).all(axis=1), least_kg

    def keep_charged(self) -> None:
        """Forget stages that nobody's cost counts."""
        self._take(self.weight > 0)

    def stage_slack(self) -> F64:
        """What rounding takes off all stages of a slot, each by the row that loses most."""
        most = np.zeros(int(self.first.sum()))
        np.maximum.at(most, self.group, self.slack)
        return np.bincount(self.slot[self.first], weights=most, minlength=self.num_slots).astype(np.float64)

    def _take(self, keep: Flags) -> None:
        for name in ("slot", "stage", "from_kg", "to_kg", "coef", "minimum", "weight", "slack"):
            setattr(self, name, getattr(self, name)[keep])
        self._mark()

    def split(self, coef: F64) -> Tiers:
        """Add what is linear to ``coef`` in place; the rest is returned as tiers."""
        least = (self.coef * self.loads.least[self.slot]).sum(axis=1)
        at_break = self.coef[:, PER_KG] * np.maximum(self.from_kg - self.loads.least[self.slot, PER_KG], 0.0)
        binds = self.minimum > least + at_break
        most = (self.coef * self.loads.most[self.slot]).sum(axis=1)
        flat = binds & (self.minimum >= most)
        self.coef[flat] = 0.0
        self.coef[flat, FIXED] = self.minimum[flat]
        binds &= ~flat
        steps = np.bincount(self.group)
        num_groups = len(steps)
        floored = np.bincount(self.group[binds], minlength=num_groups) > 0
        linear = (steps == 1) & ~floored
        straight = linear[self.group]
        np.add.at(coef, self.slot[straight], self.coef[straight])
        # Of what no minimum touches, measures that all steps charge alike are linear too.
        self._take(~straight)
        floored = floored[~linear]
        step_ptr = np.append(np.flatnonzero(self.first), len(self.slot)).astype(np.int64)
        tier_slot = self.slot[self.first]
        if len(tier_slot):
            low = np.minimum.reduceat(self.coef, step_ptr[:-1], axis=0)
            alike = (low == np.maximum.reduceat(self.coef, step_ptr[:-1], axis=0)) & ~floored[:, None]
            common = np.where(alike, low, 0.0)
            np.add.at(coef, tier_slot, common)
            self.coef -= common[self.group]
        return Tiers(tier_slot, floored, step_ptr, self.from_kg, self.to_kg, self.coef, self.minimum)
