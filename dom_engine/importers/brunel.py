"""The Supply Chain Logistics Problem data set (Kalganova & Dzalbs, Brunel University London, CC BY 4.0) as a scenario.

Its model, as published with the data (Dzalbs & Kalganova, 2020, doi:10.1016/j.cie.2020.106610): every order goes out
of one plant that makes its product, by one row of the freight table of a port of that plant. A plant listed among the
VMI customers serves those only. Capacities count orders a day, plants charge per unit of product, freight follows
weight brackets with a minimum, and an order whose customer sends the freight (``CRF``) bears none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any

from dom_engine.importers.folder import (
    Cell,
    CsvTable,
    plain,
    replacing,
    write_readme,
    write_settings,
    write_tables,
)
from dom_engine.importers.source import SourceRow, read_csv
from dom_engine.importers.tariff import Bracket, cheapest_breaks

MICRO = Decimal("0.000001")
COLLECT = "CRF"
# What a service may carry by the service level it sells: door to door serves who asked for door to port, too.
CARRIES = {"DTD": "DTD;DTP", "DTP": "DTP", COLLECT: COLLECT}
MODES = {"AIR": "air", "GROUND": "road"}
TRUCKLOADS = "ground-truckloads"
# More trucks than all orders of the file fill.
MOST_TRUCKS = 20


@dataclass(frozen=True, slots=True, order=True)
class Service:
    """A carrier's offer out of one port: the rows of the freight table that share all but the weight."""

    carrier: str
    level: str
    mode: str
    transit_days: int
    origin_port: str
    destination_port: str

    @property
    def name(self) -> str:
        """Its id in the scenario."""
        offer = f"{self.carrier}-{self.level}-{self.mode}-{self.transit_days}d"
        return f"{offer}@{self.origin_port}-{self.destination_port}"


@dataclass
class Source:
    """The seven files, checked and keyed."""

    orders: list[SourceRow] = field(default_factory=list)
    capacity: dict[str, int] = field(default_factory=dict)
    unit_cost: dict[str, Decimal] = field(default_factory=dict)
    plants_of_product: dict[str, list[str]] = field(default_factory=dict)
    ports_of_plant: dict[str, list[str]] = field(default_factory=dict)
    vmi_customers: dict[str, set[str]] = field(default_factory=dict)
    tariffs: dict[Service, list[Bracket]] = field(default_factory=dict)


def import_brunel(source: Path, out: Path) -> Path:
    """Write the data set as a scenario folder with a horizon of one day.

    Parameters
    ----------
    source
        Folder with ``OrderList.csv``, ``FreightRates.csv``, ``WhCosts.csv``, ``WhCapacities.csv``,
        ``ProductsPerPlant.csv``, ``VmiCustomers.csv`` and ``PlantPorts.csv``.
    out
        Folder to write; an earlier import there is replaced.

    Returns
    -------
    Path
        ``out``.

    Raises
    ------
    InputError
        A file is missing or wrong (file, row and column are named), or ``out`` holds something else.
    """
    data = read_source(source)
    with replacing(out) as folder:
        write_settings(folder, _settings(data))
        write_tables(folder, [*_network_tables(data), *_freight_tables(data), *_order_tables(data)])
        write_readme(folder, _readme(data))
    return out


def read_source(folder: Path) -> Source:
    """Read and check the seven files."""
    data = Source()
    for row in read_csv(folder / "WhCapacities.csv", ["Plant ID", "Daily Capacity"]):
        data.capacity[_new(row, "Plant ID", data.capacity)] = row.count("Daily Capacity")
    for row in read_csv(folder / "WhCosts.csv", ["WH", "Cost/unit"]):
        data.unit_cost[_new(row, "WH", data.unit_cost)] = row.amount("Cost/unit")
        _known(row, "WH", data.capacity)
    data.plants_of_product = _pairs(folder / "ProductsPerPlant.csv", "Product ID", "Plant Code")
    data.ports_of_plant = _pairs(folder / "PlantPorts.csv", "Plant Code", "Port")
    vmi = _pairs(folder / "VmiCustomers.csv", "Plant Code", "Customers")
    data.vmi_customers = {plant: set(customers) for plant, customers in vmi.items()}
    data.tariffs = _read_tariffs(folder / "FreightRates.csv")
    columns = ["Order ID", "Order Date", "Service Level", "Customer", "Product ID", "Destination Port"]
    seen: set[str] = set()
    for row in read_csv(folder / "OrderList.csv", [*columns, "Unit quantity", "Weight"]):
        seen.add(_new(row, "Order ID", seen))
        if row.text("Service Level") not in CARRIES:
            raise row.error("Service Level", f"{row.text('Service Level')!r} is none of {', '.join(CARRIES)}")
        if data.orders and row.text("Order Date") != data.orders[0].text("Order Date"):
            raise row.error("Order Date", "differs from the first order's: a batch has one date")
        row.amount("Weight")
        row.count("Unit quantity")
        data.orders.append(row)
    return data


def _read_tariffs(path: Path) -> dict[Service, list[Bracket]]:
    weights = ["minm_wgh_qty", "max_wgh_qty", "minimum cost", "rate"]
    keys = ["Carrier", "svc_cd", "mode_dsc", "tpt_day_cnt", "orig_port_cd", "dest_port_cd"]
    tariffs: defaultdict[Service, set[Bracket]] = defaultdict(set)  # a set: the file repeats rows
    for row in read_csv(path, keys + weights):
        bracket = Bracket(*(row.amount(column) for column in weights))
        if bracket.to_kg < bracket.from_kg:
            raise row.error("max_wgh_qty", "is below minm_wgh_qty")
        for column, known in (("svc_cd", CARRIES), ("mode_dsc", MODES)):
            _known(row, column, known)
        carrier, level, mode, _, origin, destination = (row.text(key) for key in keys)
        tariffs[Service(carrier, level, mode, row.count("tpt_day_cnt"), origin, destination)].add(bracket)
    return {service: sorted(tariffs[service]) for service in sorted(tariffs)}


def _new(row: SourceRow, column: str, seen: Iterable[str]) -> str:
    value = row.text(column)
    if value in seen:
        raise row.error(column, f"{value!r} occurs twice")
    return value


def _known(row: SourceRow, column: str, known: Iterable[str]) -> None:
    if row.text(column) not in known:
        raise row.error(column, f"{row.text(column)!r} is not known")


def _pairs(path: Path, key: str, value: str) -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for row in read_csv(path, [key, value]):
        if row.text(value) not in found[row.text(key)]:
            found[row.text(key)].append(row.text(value))
    return {name: sorted(values) for name, values in sorted(found.items())}


def _settings(data: Source) -> dict[str, Any]:
    ground = [service for service in data.tariffs if service.mode == "GROUND"]
    trucks = [
        {
            "service": service.name,
            "measure": "kg",
            "every": "day",
            "limit": float(truck.to_kg),
            "open_cost": float(truck.per_kg),
            "open_max": MOST_TRUCKS,
        }
        for service in ground
        for truck in [min(data.tariffs[service], key=lambda bracket: bracket.per_kg)]
    ]
    rates = [service.name for service in ground]
    free = [
        {"set": {"table": "rates", "column": column, "to": 0, "where": {"rate": list(rates)}}}
        for column in ("per_kg", "minimum")
    ]
    settings: dict[str, Any] = {
        "format": 1,
        "name": "brunel",
        "description": "Supply Chain Logistics Problem, Brunel University London: one day of orders, 19 warehouses.",
        "currency": "USD",
        "timezone": "UTC",
        "now": data.orders[0].text("Order Date") if data.orders else "2013-05-26T00:00:00",
        "horizon_h": 24,
        "policy": {"fill_first": True, "unmet_cost": 0},
    }
    if ground:
        changes = [*free, {"add": {"table": "capacities", "rows": trucks}}]
        settings["variants"] = [{"name": TRUCKLOADS, "changes": changes}]
    return settings


def _network_tables(data: Source) -> list[CsvTable]:
    plants = sorted(data.capacity)
    return [
        CsvTable("nodes", ["node"], [[plant] for plant in plants]),
        CsvTable(
            "capacities",
            ["node", "measure", "every", "limit"],
            [[plant, "shipments", "day", data.capacity[plant]] for plant in plants],
        ),
    ]


def _freight_tables(data: Source) -> list[CsvTable]:
    services = CsvTable("services", ["service", "carrier", "mode", "max_weight_kg", "carries"])
    lanes = CsvTable("lanes", ["service", "node", "postal_prefix", "rate", "transit_days"])
    rates = CsvTable("rates", ["rate", "weight_from_kg", "per_kg", "minimum"])
    services.rows.append([COLLECT, "", "road", "", CARRIES[COLLECT]])
    lanes.rows.append([COLLECT, "", "", COLLECT, 0])
    rates.rows.append([COLLECT, 0, 0, 0])
    for service, brackets in data.tariffs.items():
        heaviest = max(bracket.to_kg for bracket in brackets)
        mode, carries = MODES[service.mode], CARRIES[service.level]
        services.rows.append([service.name, service.carrier, mode, plain(heaviest), carries])
        for plant, ports in data.ports_of_plant.items():
            if plant in data.capacity and service.origin_port in ports:
                lane: list[Cell] = [service.name, plant, service.destination_port, service.name, service.transit_days]
                lanes.rows.append(lane)
        for step in cheapest_breaks(brackets):
            price = [plain(step.bracket.per_kg), plain(step.bracket.minimum)]
            rates.rows.append([service.name, plain(step.weight_from_kg), *price])
    return [services, lanes, rates]


def _order_tables(data: Source) -> list[CsvTable]:
    items = CsvTable("items", ["item", "weight_kg", "tags"])
    inventory = CsvTable("inventory", ["node", "item", "quantity"])
    node_items = CsvTable("node_items", ["node", "item", "unit_cost"])
    orders = CsvTable("orders", ["order", "customer", "channel", "postal_code", "exclude_nodes"])
    lines = CsvTable("order_lines", ["order", "line", "item", "quantity"])
    for row in data.orders:
        order, customer, level = row.text("Order ID"), row.text("Customer"), row.text("Service Level")
        product, count = row.text("Product ID"), row.count("Unit quantity")
        closed = [p for p, served in data.vmi_customers.items() if p in data.capacity and customer not in served]
        items.rows.append([order, plain(row.amount("Weight")), level])
        orders.rows.append([order, customer, level, row.text("Destination Port"), ";".join(closed)])
        lines.rows.append([order, f"{product}x{count}", order, 1])
        for plant in data.plants_of_product.get(product, []):
            if plant not in data.capacity:
                continue
            inventory.rows.append([plant, order, 1])
            cost = (data.unit_cost.get(plant, Decimal(0)) * count).quantize(MICRO, ROUND_HALF_EVEN)
            node_items.rows.append([plant, order, plain(cost)])
    return [items, inventory, node_items, orders, lines]


def _readme(data: Source) -> str:
    makers = {plant for plants in data.plants_of_product.values() for plant in plants}
    unlimited = sorted(makers - set(data.capacity))
    return f"""# brunel

{len(data.orders)} orders of one day, {len(data.capacity)} warehouses, {len(data.tariffs)} freight services.

Made from the *Supply Chain Logistics Problem Dataset* of T. Kalganova and I. Dzalbs, Brunel University London,
licensed CC BY 4.0; changed in form as told here. Nothing in it is generated but the stock.

- **Order** (product, unit count, weight): an order of one line of one unit. The item is the order itself, with its
  weight; the line is called PRODUCTxCOUNT.
- **ProductsPerPlant**: one unit of stock at every warehouse that makes the product. The data has no stock; what limits
  is the capacity. Left out, for want of a capacity: {", ".join(unlimited) or "none"}.
- **WhCapacities**: shipments a day. **WhCosts**: `node_items.unit_cost`, the cost of a unit times the order's units.
- **VmiCustomers**: a listed warehouse serves its listed customers only, and is excluded for all other orders.
- **PlantPorts**, **FreightRates**: a service per carrier, service level, mode, transit days and port, with a lane from
  every warehouse at that port. The port of destination stands as the postal code.
- **Brackets that overlap, repeated rows**: the cheapest row that applies, with breaks where another becomes cheaper.
- **Service level**: DTD orders travel by DTD services, DTP orders by DTP or DTD; CRF orders are fetched by the
  customer, free of freight.
- **Carrier, origin port, plant of an order**: what was decided then, and left out, as it is to be decided anew.

`fill_first`: first the most orders that can be served, then the cheapest way. Left unserved, an order costs nothing.

Ground rows are charged as written, max(minimum, rate * weight). The variant `{TRUCKLOADS}` reads their rate as
the price of a truck that all orders of a day share.
"""
