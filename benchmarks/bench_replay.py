"""Orders decided one at a time as they arrive: what each way to decide costs, against the fluid LP.

The setting of Jasin & Sinha (2015, doi:10.1287/opre.2015.1378) and Ma (2023, doi:10.1287/opre.2022.2392): metropolitan
areas order by their share of the population, an order is one of a few types of each size (so many different items, a
unit of each), and an item's stock lies where the expected demand of the areas nearest to each centre that keeps it
falls. A shipment costs 8.759, a unit 0.423 and 0.000541 a mile; a unit left out twice a shipment and twice the farthest
unit. The LP plans for expected demand: no policy that decides on arrival does better on average.

``python benchmarks/bench_replay.py DIR`` (DIR holds ``cities.csv``, ``fulfillment_centers.csv`` and their ``_warmup``
halves) prints a row per setting and policy; a decision that oversells stock would end the run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from dom_engine.formulation import build_model
from dom_engine.importers.folder import CsvTable, plain, write_settings, write_tables
from dom_engine.importers.online_retail import (
    KM_PER_MILE,
    PER_SHIPMENT,
    PER_UNIT,
    PER_UNIT_MILE,
    Network,
    read_network,
)
from dom_engine.scenario import load_scenario
from solvers.columns import merge
from solvers.decide import Decider, take_from
from solvers.execution import solve_lp
from solvers.judging import recost, unserved
from solvers.model import F64, I64, Patterns, Prices, SourcingModel, frozen
from solvers.patterns import concatenate, priced_cost, take
from solvers.pricing import price_orders
from solvers.program import Program
from solvers.stop import Stop

STOCKING_SHARE = 0.75
REFRESHES = 20
TOLERANCE, REFRESH_TOLERANCE = 1e-4, 1e-3
"""Relative, of an LP: its value against the bound that its prices prove; of those that only refresh prices."""

SERVICE = "parcel"


@dataclass(frozen=True)
class Setting:
    """A network (the small one: 5 centres, 10 areas; the large one: 10 and 99), items, and the sizes of orders."""

    small: bool
    items: int
    most_items: int
    types_per_size: int = 5

    @property
    def name(self) -> str:
        """As the table names it."""
        return f"{'small' if self.small else 'large'}, 1-{self.most_items} items"


SETTINGS = (Setting(True, 20, 5), Setting(True, 20, 10), Setting(False, 100, 5), Setting(False, 100, 10))


class Instance(NamedTuple):
    """A model whose orders are the (type, area) pairs, how often each arrives on average, and the stock."""

    model: SourcingModel
    rate: F64


class Fluid(NamedTuple):
    """An LP solved: its value in weighted micros, its prices, its patterns and how often each is used."""

    value: float
    prices: Prices
    pool: Patterns
    use: F64


def make(setting: Setting, network: Network, arrivals: int, seed: int, folder: Path) -> Instance:
    """Draw types and stock, write them as a scenario and formulate it."""
    rng = np.random.default_rng(seed)
    share = np.array([city.population for city in network.cities], np.float64)
    share /= share.sum()
    types = [
        rng.choice(setting.items, size, replace=False)
        for size in range(1, setting.most_items + 1)
        for _ in range(setting.types_per_size)
    ]
    miles = np.array([[centre.miles_to(city) for centre in network.centres] for city in network.cities])
    kept = rng.random((setting.items, len(network.centres))) < STOCKING_SHARE
    kept[np.arange(setting.items), rng.integers(len(network.centres), size=setting.items)] = True
    nearest = np.where(kept[:, None, :], miles[None], np.inf).argmin(axis=2)
    wanted = np.bincount(np.concatenate(types), minlength=setting.items) / len(types) * arrivals
    stock = np.zeros(kept.shape)
    for item in range(setting.items):
        np.add.at(stock[item], nearest[item], wanted[item] * share)
    _write(folder, network, types, np.rint(stock).astype(np.int64))
    problem = load_scenario(folder)
    rate = np.tile(share, len(types)) / len(types)
    return Instance(build_model(problem).model, rate)


def _write(folder: Path, network: Network, types: list[I64], stock: I64) -> None:
    folder.mkdir()
    write_settings(folder, {"format": 1, "name": "replay", "now": "2026-01-01T00:00:00Z", "horizon_h": 24})
    rate = [SERVICE, plain(PER_SHIPMENT), plain(PER_UNIT), plain(PER_UNIT_MILE / KM_PER_MILE)]
    orders = CsvTable("orders", ["order", "lat", "lon"])
    lines = CsvTable("order_lines", ["order", "line", "item", "quantity", "unmet_cost"])
    for t, items in enumerate(types):
        for c, city in enumerate(network.cities):
            name = f"{t:03}-{c:03}"
            orders.rows.append([name, plain(city.lat), plain(city.lon)])
            for line, item in enumerate(sorted(items.tolist())):
                lines.rows.append([name, line, f"i{item}", 1, network.unmet_cost[c]])
    nodes = CsvTable("nodes", ["node", "lat", "lon"])
    for centre in network.centres:
        nodes.rows.append([centre.name, plain(centre.lat), plain(centre.lon)])
    inventory = CsvTable("inventory", ["node", "item", "quantity"])
    for item, node in zip(*(index.tolist() for index in np.nonzero(stock)), strict=True):
        inventory.rows.append([network.centres[node].name, f"i{item}", int(stock[item, node])])
    services, lanes = CsvTable("services", ["service"], [[SERVICE]]), CsvTable("lanes", ["service", "rate"])
    lanes.rows.append([SERVICE, SERVICE])
    rates = CsvTable("rates", ["rate", "base", "per_unit", "per_unit_km"], [rate])
    write_tables(folder, [nodes, services, lanes, rates, orders, lines, inventory])


def fluid(
    model: SourcingModel, demand: F64, stock: I64, pool: Patterns | None = None, tolerance: float = TOLERANCE
) -> Fluid:
    """Column generation over patterns, each to be used any number of times: demand met exactly, stock held."""
    every = np.arange(model.num_orders, dtype=np.int32)
    if pool is None:
        free = price_orders(model, Prices.zero(model), every, work_limit=0, threads=2).patterns
        pool = concatenate([unserved(model), free])
    best, bound = Prices.zero(model), -np.inf
    while True:
        value, use, duals, order_dual = _solve(model, demand, stock, pool)
        trial = duals if bound < 0 else Prices((best.row + duals.row) / 2, duals.activation, 0.0)
        cheapest = price_orders(model, trial, every, work_limit=0, threads=2).patterns
        proven = float(demand @ priced_cost(cheapest, trial) - trial.row @ stock)
        if proven > bound:
            best, bound = trial, proven
        if value - bound <= tolerance * value:
            return Fluid(value, best, pool, use)
        reduced = priced_cost(cheapest, duals) - order_dual
        pool = merge(pool, take(cheapest, reduced < -1e-7 * (1.0 + np.abs(order_dual))))


def _solve(model: SourcingModel, demand: F64, stock: I64, pool: Patterns) -> tuple[float, F64, Prices, F64]:
    """The master over a pool: (value, use, prices, duals of demand), in weighted micros."""
    count = pool.num_patterns
    drawn = np.repeat(np.arange(count), np.diff(pool.draw_ptr))
    row = np.concatenate([pool.order, model.num_orders + pool.draw_row]).astype(np.int64)
    col, coef = np.concatenate([np.arange(count), drawn]), np.concatenate([np.ones(count), pool.draw])
    by = np.lexsort((col, row))
    ptr = np.searchsorted(row[by], np.arange(model.num_orders + model.num_rows + 1))
    program = Program(
        cost=pool.cost / 1e6,
        lower=np.zeros(count),
        upper=np.full(count, np.inf),
        integer=np.zeros(count, np.bool_),
        ptr=ptr.astype(np.int64),
        col=col[by].astype(np.int32),
        coef=coef[by].astype(np.float64),
        row_lower=np.concatenate([demand, np.full(model.num_rows, -np.inf)]),
        row_upper=np.concatenate([demand, stock.astype(np.float64)]),
    )
    solved = solve_lp(program, Stop())
    assert solved is not None
    dual = solved.dual * 1e6
    prices = Prices(np.maximum(0.0, -dual[model.num_orders :]), np.zeros(len(model.candidates.order)), 0.0)
    return solved.objective * 1e6, solved.x, prices, dual[: model.num_orders]


class Replayed(NamedTuple):
    """Total cost in weighted micros, and microseconds a decision took on average."""

    cost: float
    decision_us: float


def replay(
    model: SourcingModel, wish: SourcingModel, stream: I64, prices_at: Callable[[int, I64], Prices | None], stock: I64
) -> Replayed:
    """Decide a stream of orders by what ``wish`` costs, from ``stock``; what ``model`` costs is paid.

    ``prices_at`` is asked before each arrival, and answers with other prices or None.
    """
    decider, prices, left = Decider(wish), Prices.zero(model), stock.copy()
    made: list[Patterns] = []
    spent_s = 0.0
    for at, order in enumerate(stream.tolist()):
        prices = prices_at(at, left) or prices
        started_s = time.process_time()
        pattern = decider.decide(order, prices, left).pattern
        take_from(left, pattern)
        spent_s += time.process_time() - started_s
        made.append(pattern)
    if not made:
        return Replayed(0.0, 0.0)
    return Replayed(float(recost(model, concatenate(made)).cost.sum()), spent_s / len(made) * 1e6)


def freight_by_the_unit(model: SourcingModel) -> SourcingModel:
    """The model in which a shipment costs nothing by itself, so that every item comes from its nearest centre."""
    tariffs = model.tariffs
    return frozen(model._replace(tariffs=tariffs._replace(base=np.zeros_like(tariffs.base))))


def hindsight(model: SourcingModel, stream: I64) -> Replayed:
    """The LP over what really came, its uses rounded down, and the orders left over decided at its prices."""
    demand = np.bincount(stream, minlength=model.num_orders).astype(np.float64)
    known = fluid(model, demand, model.row_capacity())
    whole = np.floor(known.use + 1e-9).astype(np.int64)
    left = model.row_capacity()
    drawn = np.repeat(whole, np.diff(known.pool.draw_ptr)) * known.pool.draw
    np.subtract.at(left, known.pool.draw_row, drawn)
    rest = demand.astype(np.int64) - np.bincount(known.pool.order, whole, model.num_orders).astype(np.int64)
    over = replay(model, model, np.repeat(np.arange(model.num_orders), rest), lambda *_: known.prices, left)
    return Replayed(float(known.pool.cost @ whole) + over.cost, over.decision_us)


def policies(instance: Instance, stream: I64, plan: Fluid) -> Iterator[tuple[str, Replayed]]:
    """Every way to decide the stream, by name."""
    model, stock, arrivals = instance.model, instance.model.row_capacity(), len(stream)

    def never(_at: int, _left: I64) -> Prices | None:
        return None

    def refreshed(at: int, left: I64) -> Prices | None:
        if at % max(1, arrivals // REFRESHES):
            return None
        return fluid(model, instance.rate * (arrivals - at), left, plan.pool, REFRESH_TOLERANCE).prices

    yield "nearest", replay(model, freight_by_the_unit(model), stream, never, stock)
    yield "pattern greedy", replay(model, model, stream, never, stock)
    yield "static prices", replay(model, model, stream, lambda *_: plan.prices, stock)
    yield f"prices refreshed {REFRESHES} times", replay(model, model, stream, refreshed, stock)
    yield "hindsight", hindsight(model, stream)


def measure(setting: Setting, networks: Path, arrivals: int, seeds: int) -> Iterator[tuple[str, float, float]]:
    """Per policy: name, cost over the LP's on average over the seeds, microseconds a decision."""
    ratios: dict[str, list[tuple[float, float]]] = {}
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as parent:
            suffix = "_warmup" if setting.small else ""
            for table in ("cities", "fulfillment_centers"):
                shutil.copy(networks / f"{table}{suffix}.csv", Path(parent) / f"{table}.csv")
            instance = make(setting, read_network(Path(parent)), arrivals, seed, Path(parent) / "scenario")
        plan = fluid(instance.model, instance.rate * arrivals, instance.model.row_capacity())
        stream = np.random.default_rng([seed, arrivals]).choice(len(instance.rate), arrivals, p=instance.rate)
        for name, done in policies(instance, stream, plan):
            ratios.setdefault(name, []).append((done.cost / plan.value, done.decision_us))
    for name, measured in ratios.items():
        ratio, decision_us = np.mean(measured, axis=0).tolist()
        yield name, ratio, decision_us


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", type=Path, metavar="DIR")
    parser.add_argument("--setting", type=int, action="append", choices=range(len(SETTINGS)), help="by default all")
    parser.add_argument("--arrivals", type=int, action="append", help="by default 10,000 and 100,000")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    print(f"{'setting':>20} {'arrivals':>9} {'policy':>26} {'cost/LP':>8} {'us/decision':>12}")
    for which in arguments.setting or range(len(SETTINGS)):
        for arrivals in arguments.arrivals or (10_000, 100_000):
            for name, ratio, decision_us in measure(SETTINGS[which], arguments.networks, arrivals, arguments.seeds):
                row = f"{SETTINGS[which].name:>20} {arrivals:>9,} {name:>26} {ratio:>8.4f} {decision_us:>12.1f}"
                print(row, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
