"""What each stage of a delivery costs: the rate row that applies, exactly (sections 2, 5 and 6)."""

from __future__ import annotations

import numpy as np

from dom_engine.audit.exact import Integers, plus, ratios, round_half_even, times
from dom_engine.audit.loads import Loads, rate_idx
from dom_engine.audit.network import Network
from dom_engine.domain.columns import I64, Flags
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import Stage
from dom_engine.units import UNLIMITED

CLEARANCE = (Stage.EXPORT_CLEARANCE, Stage.IMPORT_CLEARANCE)
"""Stages that cost nothing within one customs territory."""


class RateBook:
    """Finds the row of a (rate, stage) with the highest break not above a billable weight, for whole columns."""

    def __init__(self, problem: Problem) -> None:
        rates = problem.rates
        self._breaks = np.unique(rates.weight_from_g)
        self._width = len(self._breaks) + 1
        stage_of_rate = rates.rate_idx.astype(np.int64) * len(Stage) + rates.stage
        keys = stage_of_rate * self._width + np.searchsorted(self._breaks, rates.weight_from_g, side="right")
        self._rows = np.argsort(keys, kind="stable")
        self._keys = keys[self._rows]
        self.has_stage = np.zeros((len(problem.rate_ids) + 1, len(Stage)), np.bool_)
        """bool[rate + 1, Stage]: whether the rate prices the stage; the last row is that of no rate (-1)."""
        self.has_stage[rates.rate_idx, rates.stage] = True
        lowest = np.full(self.has_stage.shape, UNLIMITED)
        np.minimum.at(lowest, (rates.rate_idx, rates.stage), rates.weight_from_g)
        self.floor_g: I64 = np.where(self.has_stage, lowest, 0).max(axis=1, initial=0)
        """int64[rate + 1]: below this billable weight some stage has rows and none that applies."""

    def row(self, rate: I64, stage: Stage, billable_g: I64) -> I64:
        """The row that applies, -1 for none."""
        if not len(self._rows):
            return np.full(len(rate), -1)
        group = rate * len(Stage) + stage
        wanted = group * self._width + np.searchsorted(self._breaks, billable_g, side="right")
        at = np.searchsorted(self._keys, wanted, side="right") - 1
        inside = (at >= 0) & (rate >= 0)
        at = np.maximum(at, 0)
        return np.where(inside & (self._keys[at] // self._width == group), self._rows[at], -1)


@of_parts("rates", "rate_ids")
def rate_book(problem: Problem) -> RateBook:
    """The rate book of a problem."""
    return RateBook(problem)


def rates_apply(problem: Problem, book: RateBook, loads: Loads) -> Flags:
    """Whether every stage that the shipment's rate prices has a row for its billable weight."""
    return loads.billable_g >= book.floor_g[rate_idx(problem, loads.lane_idx)]


def stage_costs_micros(network: Network, book: RateBook, loads: Loads, stage: Stage) -> I64:
    """The cost of one stage for each shipment, rounded half-even to the micro, whoever bears it."""
    problem = network.problem
    row = book.row(rate_idx(problem, loads.lane_idx), stage, loads.billable_g)
    if stage in CLEARANCE:
        row = np.where(network.crosses_border(loads.order_idx, loads.node_idx), row, -1)
    costs = np.zeros(len(loads), np.int64)
    charged = np.flatnonzero(row >= 0)
    if len(charged):
        costs[charged] = _row_costs_micros(problem, loads, charged, row[charged], stage)
    return costs


def _row_costs_micros(problem: Problem, loads: Loads, charged: I64, row: I64, stage: Stage) -> I64:
    rates = problem.rates
    units, metres, grams = loads.units[charged], loads.distance_m[charged], loads.billable_g[charged]
    # The factors turn (money per measure) * (base units) into thousandths of a micro: 10^9 over base units per measure.
    # Insurance is on 110 % of the value.
    insured = 110 if stage == Stage.INSURANCE else 100
    terms: list[tuple[Integers, int, int]] = []
    for per_measure, drawn, factor in (
        (rates.per_kg, (grams,), 1_000_000),
        (rates.per_unit, (units,), 1_000_000_000),
        (rates.per_line, (loads.lines[charged],), 1_000_000_000),
        (rates.per_parcel, (loads.parcels[charged],), 1_000_000_000),
        (rates.per_km, (metres,), 1_000_000),
        (rates.per_unit_km, (units, metres), 1_000_000),
        (rates.per_kg_km, (grams, metres), 1_000),
        # percent / 100 * insured / 100 * micros, in thousandths of a micro
        (rates.pct_of_value, (loads.value_micros[charged],), insured),
    ):
        if not per_measure.any():
            continue
        numerators, denominator = ratios(per_measure)
        scale = 10 * denominator if per_measure is rates.pct_of_value else denominator
        terms.append((times(numerators[row], *drawn), factor, scale))
    common = max((scale for _, _, scale in terms), default=1)
    amounts = [times(product, factor * (common // scale)) for product, factor, scale in terms]
    thousandths = plus(times(rates.base_micros[row], 1_000 * common), *amounts)
    return np.maximum(rates.minimum_micros[row], round_half_even(thousandths, 1_000 * common))
