"""Scoring candidates: the kernels, the same scoring in vectorised NumPy, and the whole formulation.

Model: every (order, node) pair with stock in common on a US network of 100 nodes; per pair a great-circle distance,
per service the lane band it falls into, and the freight of one unit by the rate row that applies. Both versions must
agree to the micro. ``scored_per_s`` counts (pair, service) on one thread, for the whole formulation (order, node).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dom_engine.candidates.lanes import lane_index_of
from dom_engine.candidates.rules import service_rules
from dom_engine.candidates.schedules import schedules_of
from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import Stage
from dom_engine.formulation import build_model
from dom_engine.kernels.distances import EARTH_RADIUS_M, great_circle_m
from dom_engine.kernels.lanes import ServiceRules, offers_of_pairs
from dom_engine.scenario import load_scenario
from dom_engine.units import UNLIMITED
from scenarios.generate import Spec, generate, write_scenario
from solvers.jit import kernel
from solvers.loads import billable_weight_g, num_parcels, stages_cost
from solvers.model import INSURED_SHARE, SourcingModel
from solvers.packed import Packed, packed

SPEC = Spec(orders=100_000, nodes=100, items=20_000, services=2, days=5, daily_capacity=True, seed=1)


@pytest.fixture(scope="module")
def problem(tmp_path_factory: pytest.TempPathFactory) -> Problem:
    folder: Path = tmp_path_factory.mktemp("network") / SPEC.name
    write_scenario(generate(SPEC), folder)
    return load_scenario(folder)


@kernel
def _freight_of_one_unit(
    model: Packed, ptr: I64, codes: Any, rate_of_lane: Any, service_of_lane: Any, out: I64
) -> None:
    at = 0
    for cand in range(len(model.candidates)):
        source = model.sources[model.candidates[cand].source_from]
        item = model.items[model.positions[source.position].item]
        weight_g, value_micros = item.weight_g, model.lines[source.line].unit_price_micros
        for k in range(ptr[cand] + 1, ptr[cand + 1]):
            lane = codes[k] // 2
            service = service_of_lane[lane]
            billable_g = billable_weight_g(weight_g, item.volume_cm3, model.services[service].kg_per_m3)
            shape = (1, 1, num_parcels(weight_g, model.services[service].max_parcel_g), billable_g, value_micros)
            out[at] = stages_cost(model, cand, rate_of_lane[lane], shape)
            at += 1


def kernel_scoring(problem: Problem, model: SourcingModel, rules: ServiceRules, index: Any) -> I64:
    """Distance, lane and freight of every (pair, service), int64[num_pairs * num_services]."""
    orders, nodes, cands = problem.orders, problem.nodes, model.candidates
    length_m = great_circle_m(
        cands.order, cands.node, orders.lat, orders.lon, orders.has_location, nodes.lat, nodes.lon, nodes.has_location
    )
    ptr, codes = offers_of_pairs(cands.order, cands.node, length_m, nodes.max_distance_m, rules, index)
    freight = np.empty(len(codes) - len(cands.order), np.int64)
    lanes = problem.lanes
    _freight_of_one_unit(packed(model), ptr, codes, lanes.rate_idx, lanes.service_idx, freight)
    return freight


def numpy_scoring(problem: Problem, model: SourcingModel) -> I64:
    """The same by whole columns: every lane tried on every pair, every stage priced for every offer."""
    orders, nodes, cands, items = problem.orders, problem.nodes, model.candidates, problem.items
    lat, lon = np.radians(orders.lat)[cands.order], np.radians(orders.lon)[cands.order]
    node_lat, node_lon = np.radians(nodes.lat)[cands.node], np.radians(nodes.lon)[cands.node]
    half = np.sin((node_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(node_lat) * np.sin((node_lon - lon) / 2) ** 2
    length_m = np.rint(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))).astype(np.int64)
    item = model.positions.item[model.sources.position[cands.source_ptr[:-1]]]
    value_micros = model.lines.unit_price_micros[model.sources.line[cands.source_ptr[:-1]]]
    freight = np.zeros((len(length_m), len(problem.services)), np.int64)
    for service in range(len(problem.services)):
        lane = numpy_lanes(problem, service, cands.order, cands.node, length_m)
        volume_g = np.rint(items.volume_cm3[item] * problem.services.kg_per_m3[service] / 1e3).astype(np.int64)
        billable_g = np.maximum(items.weight_g[item], volume_g)
        parcels = np.maximum(1, -(-items.weight_g[item] // problem.services.max_parcel_g[service]))
        for stage in Stage:
            freight[:, service] += numpy_stage(
                problem, model, stage, problem.lanes.rate_idx[lane], billable_g, parcels, length_m, value_micros
            )
    return freight.reshape(-1)


def numpy_lanes(problem: Problem, service: int, order: Any, node: Any, length_m: I64) -> I64:
    """The most specific matching lane of each pair (no lane of this network names a postal prefix)."""
    lanes = problem.lanes
    width = np.where(lanes.to_m == UNLIMITED, -lanes.from_m, lanes.to_m - lanes.from_m)
    ranked = np.lexsort((width, lanes.to_m == UNLIMITED, lanes.country_idx < 0, lanes.node_idx < 0))
    found = np.full(len(length_m), -1, np.int64)
    for lane in ranked[lanes.service_idx[ranked] == service][::-1]:
        matches = (lanes.from_m[lane] <= length_m) & (length_m < lanes.to_m[lane])
        if lanes.node_idx[lane] >= 0:
            matches &= node == lanes.node_idx[lane]
        if lanes.country_idx[lane] >= 0:
            matches &= problem.orders.country_idx[order] == lanes.country_idx[lane]
        found[matches] = lane
    return found


def numpy_stage(
    problem: Problem,
    model: SourcingModel,
    stage: Stage,
    rate: Any,
    billable_g: I64,
    parcels: I64,
    length_m: I64,
    value_micros: I64,
) -> I64:
    """What a stage of a one-unit shipment costs, rounded half-even; 0 where its rate has no rows."""
    rates, tariffs = problem.rates, model.tariffs
    row = np.full(len(rate), -1, np.int64)
    for at in np.flatnonzero(rates.stage == int(stage)):
        row[(rate == rates.rate_idx[at]) & (billable_g >= rates.weight_from_g[at])] = at
    if (row < 0).all():
        return np.zeros(len(rate), np.int64)
    whole = tariffs.base[row] + tariffs.per_unit[row] + tariffs.per_line[row] + tariffs.per_parcel[row] * parcels
    thousandths = tariffs.per_kg[row] * billable_g + (tariffs.per_km[row] + tariffs.per_unit_km[row]) * length_m
    share = INSURED_SHARE if stage is Stage.INSURANCE else 1.0
    millionths = tariffs.per_kg_km[row] * billable_g * length_m + tariffs.pct_of_value[row] * value_micros * share * 1e4
    amount = np.maximum(tariffs.minimum[row], (whole * 1e6 + thousandths * 1e3 + millionths) / 1e6)
    return np.where(row >= 0, np.rint(amount), 0).astype(np.int64)


def test_kernels(benchmark: Any, problem: Problem) -> None:
    model = build_model(problem).model
    rule, allows = service_rules(problem)
    index, prefix = lane_index_of(problem)
    rules = ServiceRules(rule, allows, schedules_of(problem).calls > 0, problem.orders.country_idx, prefix)
    freight = benchmark.pedantic(kernel_scoring, (problem, model, rules, index), rounds=5, warmup_rounds=1)
    tell_rate(benchmark, len(freight))
    assert np.array_equal(freight, numpy_scoring(problem, model))


def test_numpy(benchmark: Any, problem: Problem) -> None:
    model = build_model(problem).model
    freight = benchmark.pedantic(numpy_scoring, (problem, model), rounds=5, warmup_rounds=1)
    tell_rate(benchmark, len(freight))


def test_build_model(benchmark: Any, problem: Problem) -> None:
    formulation = benchmark.pedantic(build_model, (problem,), rounds=3, warmup_rounds=1)
    tell_rate(benchmark, len(formulation.model.candidates.order))


def tell_rate(benchmark: Any, count: int) -> None:
    benchmark.extra_info["scored"] = count
    if benchmark.stats is not None:
        benchmark.extra_info["scored_per_s"] = round(count / benchmark.stats.stats.min)
