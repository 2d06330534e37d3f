"""The reader against the oracle's reading of the same folder, value by value, and against the other file format."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from datetime import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import given, settings

from dom_engine.domain.columns import Lists
from dom_engine.domain.problem import Problem
from dom_engine.domain.trade import Incoterm, NamedPlace, Stage
from dom_engine.domain.transport import Measure, Mode
from dom_engine.scenario import load_scenario, read_raw, write_scenario
from dom_engine.units import ALWAYS_S, NEVER_S, UNLIMITED
from tests.naive import Scenario, read_problem
from tests.naive.files import write_scenario as write_plainly
from tests.property.strategies import scenarios


def _folder(scenario: Scenario, path: Path) -> Path:
    return write_plainly(scenario, path / "scenario")


def _exact(value: float) -> Fraction:
    return Fraction(repr(float(value)))


def _blank(value: int, sentinel: int) -> int | None:
    return None if value == sentinel else int(value)


def _clock(seconds: int) -> time:
    return time(int(seconds) // 3_600, int(seconds) // 60 % 60, int(seconds) % 60)


def _named(ids: Any) -> Callable[[int], str]:
    texts = ids.to_pylist()
    return lambda at: "" if at < 0 else texts[at]


def _set(lists: Lists, row: int, names: Callable[[int], str]) -> frozenset[str]:
    entries = lists[row]
    assert (np.diff(entries) > 0).all()
    return frozenset(names(int(entry)) for entry in entries)


def _same(ours: Mapping[str, Any], theirs: Any) -> None:
    for name, value in ours.items():
        stated = getattr(theirs, name)
        assert stated == value, f"{type(theirs).__name__}.{name}: the oracle reads {stated!r}, the reader {value!r}"


def compare_network(problem: Problem, oracle: Any) -> None:
    territory, tag = _named(problem.territories), _named(problem.tags)
    nodes = problem.nodes
    assert nodes.ids.to_pylist() == sorted(oracle.nodes)
    for at, stated in enumerate(oracle.nodes[name] for name in sorted(oracle.nodes)):
        ours = {
            "country": territory(nodes.country_idx[at]),
            "customs": territory(nodes.customs_idx[at]),
            "lat": float(nodes.lat[at]) if nodes.has_location[at] else None,
            "lon": float(nodes.lon[at]) if nodes.has_location[at] else None,
            "cutoff": _clock(nodes.cutoff_s[at]),
            "handling_s": nodes.handling_s[at],
            "shipment_cost_micros": nodes.shipment_cost_micros[at],
            "line_cost_micros": nodes.line_cost_micros[at],
            "unit_cost_micros": nodes.unit_cost_micros[at],
            "activation_cost_micros": nodes.activation_cost_micros[at],
            "preference_cost_micros": nodes.preference_cost_micros[at],
            "max_distance_m": _blank(nodes.max_distance_m[at], UNLIMITED),
            "min_shipment_value_micros": nodes.min_shipment_value_micros[at],
            "enabled": nodes.enabled[at],
            "tags": _set(nodes.tags, at, tag),
        }
        _same(ours, stated)
        assert problem.timezones[nodes.timezone_idx[at]] == str(stated.zone)
    items = problem.items
    for at, name in enumerate(items.ids.to_pylist() if oracle.items else ()):
        ours = {
            "weight_g": items.weight_g[at],
            "volume_cm3": items.volume_cm3[at],
            "value_micros": items.value_micros[at],
            "hs_code": items.hs_code[at].as_py(),
            "origin": territory(items.origin_idx[at]),
            "tags": _set(items.tags, at, tag),
        }
        _same(ours, oracle.items[name])


def compare_positions(problem: Problem, oracle: Any) -> None:
    node, item = _named(problem.nodes.ids), _named(problem.items.ids)
    lot, pool = _named(problem.lots), _named(problem.pools)
    stated = {position.key: position for position in oracle.positions}
    positions = problem.positions
    assert len(positions) == len(stated)
    keys = []
    for at in range(len(positions)):
        key = (
            node(positions.node_idx[at]),
            item(positions.item_idx[at]),
            _blank(positions.available_at_s[at], ALWAYS_S),
            lot(positions.lot_idx[at]),
            pool(positions.pool_idx[at]),
        )
        ours = {
            "expires_s": _blank(positions.expires_at_s[at], NEVER_S),
            "free": positions.free[at],
            "covered": positions.covered_safety[at],
        }
        _same(ours, stated[key])
        pair = key[:2]
        unit_cost = oracle.unit_costs.get(pair, oracle.nodes[key[0]].unit_cost_micros)
        assert (positions.unit_cost_micros[at], positions.work_s[at]) == (unit_cost, oracle.work_s.get(pair, 0))
        keys.append((key[0], key[1], int(positions.available_at_s[at]), key[3], key[4]))
    assert keys == sorted(keys)


def compare_transport(problem: Problem, oracle: Any) -> None:
    node, service, tag = _named(problem.nodes.ids), _named(problem.services.ids), _named(problem.tags)
    territory, rate = _named(problem.territories), _named(problem.rate_ids)
    services = problem.services
    for at, name in enumerate(services.ids.to_pylist()):
        ours = {
            "mode": Mode(services.mode[at]).name.lower(),
            "max_weight_g": _blank(services.max_weight_g[at], UNLIMITED),
            "max_parcel_g": _blank(services.max_parcel_g[at], UNLIMITED),
            "kg_per_m3": _exact(services.kg_per_m3[at]),
            "co2_g_per_tkm": _exact(services.co2_g_per_tkm[at]),
            "carries": _set(services.carries, at, tag),
            "enabled": services.enabled[at],
        }
        _same(ours, oracle.services[name])
    lanes = problem.lanes
    times = ("transit_s", "transit_days", "pre_carriage_s", "export_s", "import_s", "on_carriage_s")
    read = [
        (
            service(lanes.service_idx[at]),
            node(lanes.node_idx[at]),
            territory(lanes.country_idx[at]),
            lanes.postal_prefix[at].as_py(),
            lanes.from_m[at],
            _blank(lanes.to_m[at], UNLIMITED) or UNLIMITED,
            rate(lanes.rate_idx[at]),
            *(getattr(lanes, name)[at] for name in times),
        )
        for at in range(len(lanes))
    ]
    stated = sorted(
        (
            *(getattr(lane, name) for name in ("service", "node", "country", "postal_prefix", "from_m")),
            lane.to_m or UNLIMITED,
            lane.rate,
            *(getattr(lane, name) for name in times),
        )
        for lane in oracle.lanes
    )
    assert read == stated
    _compare_rates(problem, oracle)
    _compare_capacities(problem, oracle)


def _compare_rates(problem: Problem, oracle: Any) -> None:
    rates, rate = problem.rates, _named(problem.rate_ids)
    amounts = ("per_kg", "per_unit", "per_line", "per_parcel", "per_km", "per_unit_km", "per_kg_km", "pct_of_value")
    found: dict[tuple[str, str], list[Any]] = {}
    for at in range(len(rates)):
        stage = Stage(rates.stage[at]).name.lower()
        found.setdefault((rate(rates.rate_idx[at]), stage), []).append(at)
    assert found.keys() == oracle.rates.keys()
    for key, rows in found.items():
        assert len(rows) == len(oracle.rates[key])
        for at, stated in zip(rows, oracle.rates[key], strict=True):
            ours = {name: _exact(getattr(rates, name)[at]) for name in amounts}
            integers = {name: getattr(rates, name)[at] for name in ("weight_from_g", "base_micros", "minimum_micros")}
            _same({**ours, **integers}, stated)
    territory, duties = _named(problem.territories), problem.duties
    assert {
        (territory(origin), territory(destination), prefix.as_py()): _exact(pct)
        for origin, destination, prefix, pct in zip(
            duties.origin_idx, duties.destination_idx, duties.hs_prefix, duties.pct, strict=True
        )
    } == oracle.duties


def _compare_capacities(problem: Problem, oracle: Any) -> None:
    node, service, capacities = _named(problem.nodes.ids), _named(problem.services.ids), problem.capacities
    read = {
        (
            node(capacities.node_idx[at]),
            service(capacities.service_idx[at]),
            Measure(capacities.measure[at]).name.lower(),
            _blank(capacities.starts_s[at], ALWAYS_S),
            _blank(capacities.ends_s[at], NEVER_S),
            bool(capacities.daily[at]),
            int(capacities.limit[at]),
            int(capacities.open_cost_micros[at]),
            int(capacities.open_max[at]),
            int(capacities.overtime_limit[at]),
            int(capacities.overtime_cost_micros[at]),
        )
        for at in range(len(capacities))
    }
    stated = {tuple(vars(capacity).values()) for capacity in oracle.capacities}
    assert read == stated


def compare_orders(problem: Problem, oracle: Any) -> None:
    node, service = _named(problem.nodes.ids), _named(problem.services.ids)
    territory, tag, pool = _named(problem.territories), _named(problem.tags), _named(problem.pools)
    orders = problem.orders
    stated_orders = sorted(oracle.orders, key=lambda order: order.order)
    assert orders.ids.to_pylist() == [order.order for order in stated_orders]
    for at, stated in enumerate(stated_orders):
        ours = {
            "priority": orders.priority[at],
            "country": territory(orders.country_idx[at]),
            "customs": territory(orders.customs_idx[at]),
            "postal_code": orders.postal_code[at].as_py(),
            "lat": float(orders.lat[at]) if orders.has_location[at] else None,
            "incoterm": Incoterm(orders.incoterm[at]).name,
            "named_place": NamedPlace(orders.named_place[at]).name.lower(),
            "earliest_s": _blank(orders.earliest_s[at], ALWAYS_S),
            "hard": orders.hard_window[at],
            "late_cost_micros": orders.late_cost_per_day_micros[at],
            "early_cost_micros": orders.early_cost_per_day_micros[at],
            "max_shipments": orders.max_shipments[at],
            "ship_complete": orders.ship_complete[at],
            "ship_together": orders.ship_together[at],
            "line_split": orders.line_split[at],
            "backorder": orders.backorder[at],
            "services": _set(orders.services, at, service),
            "nodes": _set(orders.nodes, at, node),
            "exclude_nodes": _set(orders.exclude_nodes, at, node),
            "node_tags": _set(orders.node_tags, at, tag),
            "preferred_services": _set(orders.preferred_services, at, service),
            "unpreferred_cost_micros": orders.unpreferred_cost_micros[at],
            "pools": _set(orders.pools, at, pool),
            "pickup_node": node(orders.pickup_node_idx[at]),
        }
        _same(ours, stated)
        assert orders.released_at_s[at] == (oracle.now_s if stated.released_s is None else stated.released_s)
        _compare_lines(problem, at, sorted(stated.lines, key=lambda line: line.line))


def _compare_lines(problem: Problem, order: int, stated_lines: list[Any]) -> None:
    lines, node, item = problem.lines, _named(problem.nodes.ids), _named(problem.items.ids)
    group = _named(problem.groups)
    first, end = problem.orders.line_ptr[order : order + 2]
    assert end - first == len(stated_lines)
    for at, stated in zip(range(first, end), stated_lines, strict=True):
        assert lines.order_idx[at] == order
        ours = {
            "line": lines.ids[at].as_py(),
            "item": item(lines.item_idx[at]),
            "quantity": lines.quantity[at],
            "price_micros": lines.unit_price_micros[at],
            "unmet_micros": lines.unmet_cost_micros[at],
            "latest_s": _blank(lines.latest_s[at], NEVER_S),
            "group": group(lines.group_idx[at]),
            "substitutes": _set(lines.substitutes, at, item),
            "substitute_cost_micros": lines.substitute_cost_micros[at],
            "pack": lines.pack[at],
            "nodes": _set(lines.nodes, at, node),
            "exclude_nodes": _set(lines.exclude_nodes, at, node),
        }
        _same(ours, stated)


@given(scenarios())
@settings(max_examples=60)
def test_the_reader_reads_what_the_oracle_reads(scenario: Scenario) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        problem = load_scenario(_folder(scenario, Path(temporary)))
    oracle = read_problem(scenario)
    assert (problem.now_s, problem.horizon_s) == (oracle.now_s, oracle.horizon_s)
    assert {term: _exact(problem.weights.of(term)) for term in oracle.weights} == oracle.weights
    factors = {priority: _exact(factor) for priority, factor in problem.policy.priority_factor.items()}
    assert factors == oracle.policy.priority_factor
    assert problem.policy.judge_arrival == (oracle.policy.window_basis == "arrival")
    compare_network(problem, oracle)
    compare_positions(problem, oracle)
    compare_transport(problem, oracle)
    compare_orders(problem, oracle)


@given(scenarios())
@settings(max_examples=20)
def test_neither_format_nor_row_order_changes_the_problem(scenario: Scenario) -> None:
    backwards = Scenario(scenario.config, {name: list(rows)[::-1] for name, rows in scenario.tables.items()})
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        digest = load_scenario(_folder(scenario, folder)).digest
        write_scenario(read_raw(folder / "scenario"), folder / "parquet", "parquet")
        write_scenario(read_raw(folder / "parquet"), folder / "csv", "csv")
        digests = {load_scenario(folder / name).digest for name in ("parquet", "csv")}
        digests.add(load_scenario(write_plainly(backwards, folder / "backwards")).digest)
    assert digests == {digest}
