"""Large seeded scenarios on a US network: cities, nodes, baskets, stock and capacities that bind.

Run it (``python scenarios/generate.py --orders 1000 --nodes 20 --items 500 --stock tight --out DIR``) or call
:func:`generate` and :func:`write_scenario`. The same arguments give the same bytes.

Two families. *One dispatch*: one service, a horizon of a day; orders meet in stock and capacities.
*Several days*: two services, a dispatch every day, promises with a cost of lateness, inbound stock and, if
wanted, capacities that start afresh every day.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from dom_engine.errors import InputError
from dom_engine.importers.folder import replacing, write_readme, write_settings
from dom_engine.importers.stock import spread_stock
from scenarios.us_network import SERVICE_IDS
from scenarios.us_tables import (
    LINES_PER_ORDER,
    Ints,
    capacity_table,
    inventory_table,
    item_table,
    lane_table,
    line_table,
    node_table,
    order_table,
    rate_table,
    service_table,
)

Stock = Literal["comfortable", "tight", "scarce"]
Format = Literal["parquet", "csv"]

STOCK_FACTOR: dict[str, float] = {"comfortable": 2.0, "tight": 1.15, "scarce": 0.9}
UNITS_PER_LINE = (0.60, 0.25, 0.10, 0.05)
OF_A_REGION = ("nodes", "items", "inventory", "capacities", "orders", "order_lines")
REGIONAL_IDS = ("node", "item", "order")
DAY_START = "2026-06-01T06:00:00-05:00"  # A Monday, far from any clock change and public holiday.
DAY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Spec:
    """What to generate; every field is an argument of the command of the same name."""

    orders: int
    nodes: int
    items: int
    stock: Stock = "tight"
    seed: int = 0
    services: int = 1
    days: int = 1
    daily_capacity: bool = False
    line_split: bool = True
    stocking_nodes: int = 6
    regions: int = 1

    def __post_init__(self) -> None:
        if self.orders < 0 or self.nodes < 1 or self.items < 1:
            raise ValueError("at least one node, one item and no negative number of orders are needed")
        if self.stock not in STOCK_FACTOR:
            raise ValueError(f"stock is one of {', '.join(STOCK_FACTOR)}, not {self.stock!r}")
        if not 1 <= self.services <= len(SERVICE_IDS) or not 1 <= self.days <= 5 or self.stocking_nodes < 1:
            raise ValueError("services: 1 or 2, days: 1 to 5 (one working week), stocking nodes: 1 or more")
        if not 1 <= self.regions <= max(1, min(self.orders, self.nodes, self.items)):
            raise ValueError("regions: 1 or more, each with an order, a node and an item at least")

    @property
    def name(self) -> str:
        """Name of the scenario: another for every other field."""
        size = f"{self.orders}x{self.nodes}x{self.items}"
        variants = ("-daily" if self.daily_capacity else "") + ("" if self.line_split else "-whole")
        spread = "" if self.stocking_nodes == 6 else f"-{self.stocking_nodes}n"
        apart = "" if self.regions == 1 else f"-{self.regions}r"
        return f"us-{self.stock}-{size}-{self.services}s{self.days}d{variants}{spread}{apart}-{self.seed}"


@dataclass(frozen=True, slots=True)
class Generated:
    """A scenario in memory: the keys of ``scenario.yaml`` and the tables by name."""

    settings: dict[str, Any]
    tables: dict[str, pa.Table]


@dataclass(frozen=True, slots=True)
class Baskets:
    """Order lines as columns, sorted by order, then item; one line per item of an order."""

    order_idx: Ints
    line: Ints
    item_idx: Ints
    quantity: Ints


def generate(spec: Spec) -> Generated:
    """Generate the scenario; memory and time grow with the order lines plus items times nodes (in chunks).

    Chance is split by subject, so that (say) another number of nodes leaves the orders as they are.
    """
    if spec.regions > 1:
        return beside_each_other(spec)
    rng_node, rng_item, rng_order, rng_basket, rng_stock, rng_capacity = (
        np.random.default_rng(child) for child in np.random.SeedSequence(spec.seed).spawn(6)
    )
    baskets = draw_baskets(spec, rng_basket)
    demand = np.bincount(baskets.item_idx, baskets.quantity, spec.items).astype(np.int64)
    node_weight = rng_node.lognormal(0.0, 0.5, spec.nodes)
    item_idx, node_idx, quantity = spread_stock(
        demand,
        node_weight,
        factor=STOCK_FACTOR[spec.stock],
        stocking_nodes=spec.stocking_nodes,
        rng=rng_stock,
    )
    stock_units = np.bincount(node_idx, quantity, spec.nodes)
    tables = {
        "nodes": node_table(spec, rng_node),
        "items": item_table(spec, rng_item),
        "inventory": inventory_table(spec, item_idx, node_idx, quantity, rng_stock),
        "services": service_table(spec),
        "lanes": lane_table(spec),
        "rates": rate_table(spec),
        "capacities": capacity_table(spec, demand.sum(), stock_units, rng_capacity),
        "orders": order_table(spec, rng_order),
        "order_lines": line_table(spec, baskets),
    }
    if spec.days > 1:
        tables["calendars"] = pa.table({"calendar": ["weekdays"], "weekdays": ["Mon-Fri"]})
    settings = {
        "format": 1,
        "name": spec.name,
        "description": f"{spec.orders} orders, {spec.nodes} nodes, {spec.items} items, {spec.stock} stock.",
        "currency": "USD",
        "now": DAY_START,
        "horizon_h": DAY_HOURS * spec.days,
        "policy": {"split_cost": 1.5, "unmet_cost": 60},
        "solve": {"seed": spec.seed},
    }
    return Generated(settings, tables)


def beside_each_other(spec: Spec) -> Generated:
    """Generate regions of about the same size, each with orders, nodes and items of its own, in one scenario."""
    shares = [
        replace(
            spec,
            orders=share_of(spec.orders, region, spec.regions),
            nodes=share_of(spec.nodes, region, spec.regions),
            items=share_of(spec.items, region, spec.regions),
            seed=spec.seed * spec.regions + region,
            regions=1,
        )
        for region in range(spec.regions)
    ]
    parts = [generate(share) for share in shares]
    description = (
        f"{spec.orders} orders, {spec.nodes} nodes, {spec.items} items in {spec.regions} regions, {spec.stock} stock."
    )
    tables = dict(parts[0].tables)
    for name in OF_A_REGION:
        tables[name] = pa.concat_tables(
            in_region(part.tables[name], f"R{at}") for at, part in enumerate(parts, start=1)
        )
    settings = {**parts[0].settings, "name": spec.name, "description": description, "solve": {"seed": spec.seed}}
    return Generated(settings, tables)


def share_of(count: int, region: int, regions: int) -> int:
    """Return a region's share: the first ones take what does not divide."""
    return count // regions + (1 if region < count % regions else 0)


def in_region(table: pa.Table, region: str) -> pa.Table:
    """Put the region before the ids of what is its own."""
    for column in set(REGIONAL_IDS) & set(table.column_names):
        plain = plain_strings(table[column])
        ids = pc.binary_join_element_wise(pa.scalar(region), plain, "-")
        table = table.set_column(table.column_names.index(column), column, ids)
    return table.unify_dictionaries()


def draw_baskets(spec: Spec, rng: np.random.Generator) -> Baskets:
    """Draw order lines: item popularity falls with the rank; an item drawn twice by an order is one line."""
    popularity = 1.0 / (np.arange(spec.items) + 3.0)
    cumulated = np.cumsum(popularity)
    num_lines = rng.choice(np.arange(1, len(LINES_PER_ORDER) + 1), spec.orders, p=LINES_PER_ORDER)
    order_idx = np.repeat(np.arange(spec.orders), num_lines)
    drawn = np.searchsorted(cumulated, rng.random(len(order_idx)) * cumulated[-1], side="right")
    item_of_rank = rng.permutation(spec.items)
    key = np.unique(order_idx * spec.items + item_of_rank[np.minimum(drawn, spec.items - 1)])
    order_idx, item_idx = np.divmod(key, spec.items)
    first = np.searchsorted(order_idx, order_idx)
    quantity = rng.choice(np.arange(1, len(UNITS_PER_LINE) + 1), len(key), p=UNITS_PER_LINE)
    return Baskets(order_idx, np.arange(len(key)) - first + 1, item_idx, quantity)


def write_scenario(generated: Generated, out: Path, file_format: Format = "parquet") -> None:
    """Write the folder, beside ``out`` first; an earlier generated folder there is replaced.

    Raises
    ------
    InputError
        ``out`` holds something else.
    """
    with replacing(out) as folder:
        write_settings(folder, generated.settings)
        write_readme(
            folder,
            f"# {generated.settings['name']}\n\n{generated.settings['description']} All of it is synthetic.",
        )
        for name, table in generated.tables.items():
            if file_format == "parquet":
                pq.write_table(table, folder / f"{name}.parquet")
            else:
                plain = pa.table({column: plain_strings(table[column]) for column in table.column_names})
                options = pa_csv.WriteOptions(quoting_style="needed")
                pa_csv.write_csv(plain, folder / f"{name}.csv", options)


def plain_strings(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Decode a dictionary: the CSV writer takes plain columns only."""
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


def main(arguments: Sequence[str] | None = None) -> None:
    """Generate one scenario folder from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else None)
    parser.add_argument("--orders", type=int, required=True, help="number of orders")
    parser.add_argument("--nodes", type=int, required=True, help="number of nodes")
    parser.add_argument("--items", type=int, required=True, help="number of items")
    parser.add_argument("--stock", choices=STOCK_FACTOR, default="tight", help="2, 1.15 or 0.9 a unit wanted")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes")
    parser.add_argument("--services", type=int, default=1, help="1: ground; 2: express as well")
    parser.add_argument("--days", type=int, default=1, help="dispatch days, 1 to 5")
    parser.add_argument("--daily-capacity", action="store_true", help="capacities start afresh every day")
    parser.add_argument("--no-line-split", dest="line_split", action="store_false", help="lines ship whole")
    parser.add_argument("--stocking-nodes", type=int, default=6, help="mean number of nodes an item lies at")
    parser.add_argument("--regions", type=int, default=1, help="that share nothing, of about equal size")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet", help="of the tables")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = vars(parser.parse_args(arguments))
    out, file_format = options.pop("out"), options.pop("format")
    try:
        write_scenario(generate(Spec(**options)), out, file_format)
    except (ValueError, InputError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
