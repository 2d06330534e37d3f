"""UCI Online Retail (Chen, 2015, doi:10.24432/C5BW33, CC BY 4.0): every day, or month, of its invoices as a batch.

The baskets are real. What the file lacks, destinations and stock, is drawn from a seed: destinations by the
population of US metropolitan areas, stock around the day's demand at fulfilment centres. Costs follow Jasin & Sinha
(2015, Operations Research 63) as used by Ma (2023): per shipment, per unit, and per unit and mile.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from dom_engine.errors import InputError
from dom_engine.importers.folder import (
    CsvTable,
    plain,
    replacing,
    write_csv,
    write_readme,
    write_settings,
    write_tables,
)
from dom_engine.importers.source import SourceRow, read_csv
from dom_engine.importers.stock import spread_stock

PER_SHIPMENT = Decimal("8.759")
PER_UNIT = Decimal("0.423")
PER_UNIT_MILE = Decimal("0.000541")
KM_PER_MILE = Decimal("1.609344")
EARTH_RADIUS_KM = 6371.0088
SERVICE = "parcel"

CANCELLATION = "cancellation (invoice number with C)"
NOT_A_PRODUCT = "no product (postage, fees, discounts, samples, vouchers, manual entries)"
WRITE_OFF = "stock correction (quantity not above zero, or no price and no customer)"
NO_PRODUCT_CODE = re.compile(r"POST|DOT|M|C2|S|D|B|CRUK|AMAZONFEE|BANK CHARGES|GIFT_.*", re.IGNORECASE)
COLUMNS = ["InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]


@dataclass(frozen=True, slots=True)
class Place:
    """A metropolitan area or a centre; ``population`` is 0 for a centre."""

    name: str
    lat: Decimal
    lon: Decimal
    population: int = 0

    def miles_to(self, other: Place) -> float:
        """Great-circle distance."""
        lat, lon, other_lat, other_lon = (math.radians(x) for x in (self.lat, self.lon, other.lat, other.lon))
        half = math.sin((other_lat - lat) / 2) ** 2
        half += math.cos(lat) * math.cos(other_lat) * math.sin((other_lon - lon) / 2) ** 2
        return 2 * EARTH_RADIUS_KM * math.asin(math.sqrt(half)) / float(KM_PER_MILE)


@dataclass(slots=True)
class Invoice:
    """One order: its lines as (line, item, quantity, unit price)."""

    number: str
    customer: str
    country: str
    released_at: str
    lines: list[tuple[int, str, int, Decimal]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Network:
    """Where goods lie and where they go, with the cost of a unit left unserved at each destination."""

    centres: list[Place]
    cities: list[Place]
    unmet_cost: list[str]

    def city_of(self, key: str, seed: int) -> int:
        """Draw a destination by population: the same key and seed give the same one, whatever else is imported."""
        digest = hashlib.blake2b(f"{seed}|{key}".encode(), digest_size=8).digest()
        point = int.from_bytes(digest) % sum(city.population for city in self.cities)
        for idx, city in enumerate(self.cities):
            point -= city.population
            if point < 0:
                return idx
        raise AssertionError("the point lies below the total")


def import_online_retail(
    file: Path,
    network: Path,
    out: Path,
    seed: int = 0,
    *,
    stock_factor: float = 1.15,
    stocking_centres: int = 6,
    months: bool = False,
) -> list[Path]:
    """Write one scenario folder per day (or month) of the file, all extending a common ``base``.

    Parameters
    ----------
    file
        The invoices as CSV, plain or compressed (``.gz``, ``.xz``), in the columns of the UCI data set.
    network
        Folder with ``cities.csv`` (name, state, lat, lon, population) and ``fulfillment_centers.csv`` (name, state,
        lat, lon), both without a header.
    out
        Folder to write: ``base``, one folder per day (or month) named by its date, and a README.
    seed
        Decides destinations and stock.
    stock_factor
        Units in stock per unit of the batch's demand, per item in expectation.
    stocking_centres
        Mean number of centres that hold an item.
    months
        A batch is a month, to be replayed, instead of a day.

    Returns
    -------
    list of Path
        The folders of the days, or months, by date.

    Raises
    ------
    InputError
        A file is wrong (file, row and column are named), or ``out`` holds something else.
    """
    places = read_network(network)
    invoices, dropped = read_invoices(file)
    spans: defaultdict[str, list[Invoice]] = defaultdict(list)
    for invoice in invoices:
        spans[invoice.released_at[: 7 if months else 10]].append(invoice)
    with replacing(out) as folder:
        items = sorted({item for invoice in invoices for _, item, _, _ in invoice.lines})
        _write_base(folder / "base", places, items)
        for span in sorted(spans):
            rng = np.random.default_rng([seed, int(span.replace("-", ""))])
            _write_span(folder / span, span, spans[span], places, seed)
            write_csv(folder / span, _stock(spans[span], places.centres, stock_factor, stocking_centres, rng))
        told = f"{len(spans)} {'months' if months else 'days'}", "month" if months else "day"
        write_readme(folder, _readme(invoices, dropped, told, seed, stock_factor, stocking_centres))
    return [out / span for span in sorted(spans)]


def read_network(folder: Path) -> Network:
    """Read cities and centres."""
    columns = ["name", "state", "lat", "lon"]
    cities = _read_places(folder / "cities.csv", [*columns, "population"])
    centres = _read_places(folder / "fulfillment_centers.csv", columns)
    unmet = []
    for city in cities:
        farthest = Decimal(max(city.miles_to(centre) for centre in centres))
        cost = 2 * PER_SHIPMENT + 2 * (PER_UNIT + PER_UNIT_MILE * farthest)
        unmet.append(plain(round(cost, 6)))
    return Network(centres, cities, unmet)


def _read_places(path: Path, columns: list[str]) -> list[Place]:
    places: dict[tuple[str, str], Place] = {}
    for row in read_csv(path, columns, header=False):
        name, state = row.text("name"), row.text("state")
        if (name, state) in places:
            raise row.error("name", f"{name!r} in {state!r} occurs twice")
        lat, lon = row.number("lat"), row.number("lon")
        if abs(lat) > 90 or abs(lon) > 180:
            raise row.error("lat", "is no place on earth")
        places[name, state] = Place(name, lat, lon, row.count("population") if "population" in columns else 0)
    if not places or ("population" in columns and not any(place.population for place in places.values())):
        raise InputError.single(str(path), "names no place to draw from", code="BAD_SOURCE")
    return list(places.values())


def read_invoices(path: Path) -> tuple[list[Invoice], Counter[str]]:
    """Read the orders of the file, and count the rows that are none by the reason."""
    invoices: dict[str, Invoice] = {}
    dropped: Counter[str] = Counter()
    places: Counter[str] = Counter()
    for row in read_csv(path, COLUMNS):
        number = row.text("InvoiceNo")
        places[number] += 1
        reason = _reason_to_drop(row)
        if reason:
            dropped[reason] += 1
            continue
        if number not in invoices:
            customer, country = row.optional("CustomerID"), row.optional("Country")
            invoices[number] = Invoice(number, customer, country, _released_at(row))
        line = (places[number], row.text("StockCode"), row.count("Quantity"), row.amount("UnitPrice"))
        invoices[number].lines.append(line)
    return list(invoices.values()), dropped


def _released_at(row: SourceRow) -> str:
    text = row.text("InvoiceDate")
    try:
        return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").isoformat()  # noqa: DTZ007 - local, as the file is
    except ValueError:
        raise row.error("InvoiceDate", f"{text!r} is no instant such as 2010-12-01 08:26:00") from None


def _reason_to_drop(row: SourceRow) -> str:
    if row.text("InvoiceNo").upper().startswith("C"):
        return CANCELLATION
    if NO_PRODUCT_CODE.fullmatch(row.text("StockCode")):
        return NOT_A_PRODUCT
    gift_or_error = row.number("UnitPrice") == 0 and not row.optional("CustomerID")
    if row.number("Quantity") <= 0 or gift_or_error:
        return WRITE_OFF
    return ""


def _write_base(folder: Path, network: Network, items: Iterable[str]) -> None:
    folder.mkdir()
    settings = {
        "format": 1,
        "name": "online-retail",
        "currency": "USD",
        "timezone": "Europe/London",
        "horizon_h": 24,
    }
    write_settings(folder, settings)
    rate = [SERVICE, plain(PER_SHIPMENT), plain(PER_UNIT), plain(PER_UNIT_MILE / KM_PER_MILE)]
    tables = [
        CsvTable("nodes", ["node", "country", "lat", "lon"]),
        CsvTable("items", ["item"], [[item] for item in items]),
        CsvTable("services", ["service"], [[SERVICE]]),
        CsvTable("lanes", ["service", "rate"], [[SERVICE, SERVICE]]),
        CsvTable("rates", ["rate", "base", "per_unit", "per_unit_km"], [rate]),
    ]
    for centre in network.centres:
        tables[0].rows.append([centre.name, "US", plain(centre.lat), plain(centre.lon)])
    write_tables(folder, tables)


def _end_of(span: str) -> date:
    """The day after a day or a month."""
    if len(span) == len("2010-12-01"):
        return date.fromisoformat(span) + timedelta(days=1)
    return (date.fromisoformat(f"{span}-28") + timedelta(days=4)).replace(day=1)


def _write_span(folder: Path, span: str, invoices: list[Invoice], network: Network, seed: int) -> None:
    folder.mkdir()
    end = _end_of(span)
    settings = {"format": 1, "name": f"online-retail {span}", "extends": "../base", "now": f"{end}T00:00:00"}
    write_settings(folder, settings)
    orders = CsvTable("orders", ["order", "customer", "channel", "released_at", "country", "lat", "lon"])
    lines = CsvTable("order_lines", ["order", "line", "item", "quantity", "unit_price", "unmet_cost"])
    for invoice in invoices:
        city_idx = network.city_of(invoice.customer or invoice.number, seed)
        city, unmet = network.cities[city_idx], network.unmet_cost[city_idx]
        who = [invoice.number, invoice.customer, invoice.country, invoice.released_at]
        orders.rows.append([*who, "US", plain(city.lat), plain(city.lon)])
        for line, item, quantity, price in invoice.lines:
            lines.rows.append([invoice.number, line, item, quantity, plain(price), unmet])
    write_tables(folder, [orders, lines])


def _stock(
    invoices: list[Invoice],
    centres: list[Place],
    factor: float,
    stocking_centres: int,
    rng: np.random.Generator,
) -> CsvTable:
    demand: Counter[str] = Counter()
    num_lines: Counter[str] = Counter()
    for invoice in invoices:
        for _, item, wanted, _ in invoice.lines:
            demand[item] += wanted
            num_lines[item] += 1
    items = sorted(demand)
    item_idx, node_idx, quantity = spread_stock(
        np.array([demand[item] for item in items], dtype=np.int64),
        np.ones(len(centres)),
        factor=factor,
        stocking_nodes=stocking_centres,
        rng=rng,
        # A wholesaler's centre holds an item by the line, not by the piece: else one line of 24 lies at six centres.
        lot=np.array([-(-demand[item] // num_lines[item]) for item in items], dtype=np.int64),
    )
    table = CsvTable("inventory", ["node", "item", "quantity"])
    for item, node, units in zip(item_idx.tolist(), node_idx.tolist(), quantity.tolist(), strict=True):
        table.rows.append([centres[node].name, items[item], units])
    return table


def _readme(
    invoices: list[Invoice],
    dropped: Counter[str],
    spans: tuple[str, str],
    seed: int,
    stock_factor: float,
    stocking_centres: int,
) -> str:
    num_lines = sum(len(invoice.lines) for invoice in invoices)
    many, one = spans
    left_out = "\n".join(f"- {count} rows: {reason}" for reason, count in sorted(dropped.items()))
    return f"""# online-retail

{len(invoices)} orders with {num_lines} lines in {many}. Every {one} is a scenario that extends `base`; its
orders are sourced in the night after it, with one dispatch on the next day.

Made from *Online Retail* (D. Chen, 2015, UCI Machine Learning Repository), licensed CC BY 4.0; changed as told here.

**From the file:** orders (invoices) with the instant of their release, customers, items (stock codes), lines,
quantities, unit prices (in pounds, carried as they stand). The customer's country is kept as the channel. A line is
named by its place in the invoice; an item that stands on two lines of an invoice stays on two.

**Left out:**

{left_out}

A cancellation comes after the order was sourced and names no invoice, so it is not netted: the goods had to go out.

**Generated, seed {seed}:** destinations (a US metropolitan area by its share of the population, one per customer,
and per invoice where no customer is named) and stock ({stock_factor:g} units per unit of the {one}'s demand for an
item in expectation, at about {stocking_centres} of the centres, but at no more than it has mean lines in stock).

**Costs:** {PER_SHIPMENT} a shipment, {PER_UNIT} a unit, {PER_UNIT_MILE} a unit and mile; a unit left unserved costs
twice a shipment and twice the unit's cost from the farthest centre.
"""
