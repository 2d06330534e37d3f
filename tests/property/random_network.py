"""The supply side of a random scenario: nodes, items, stock, services, lanes, rates, capacities."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.property.random_scenario import Maker

ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "America/Los_Angeles")
PLACES = (("40.71", "-74.01"), ("41.88", "-87.63"), ("34.05", "-118.24"), ("52.52", "13.40"))
CUTOFFS = ("02:30", "09:00", "16:00", "23:59")
PERIODS = ((None, 24), (12, None), (0, 30), (20, 48))
MEASURES = ("units", "units", "lines", "shipments", "parcels", "kg", "litres", "value", "work_h")
# From scarce, where orders split and compete, to ample.
STOCKS = ((0, 1, 1, 2), (1, 1, 2, 3), (0, 2, 3, 4), (2, 4, 6))
# Limits that bind on a handful of units: most items weigh 1 to 4 kg and cost 5 to 40.
LIMITS = {
    "units": (1, 2, 3, 4),
    "lines": (1, 2),
    "shipments": (1, 2),
    "parcels": (1, 2, 3),
    "kg": (2.5, 5, 8),
    "litres": (4, 10.5, 20),
    "value": (20, 45.5),
    "work_h": (0.5, 1.25),
}


def add_network(maker: Maker) -> None:
    """Add every table but the orders'."""
    if maker.on("calendars"):
        _add_calendars(maker)
    nodes = maker.pick("", (["N1", "N2"], ["N1", "N2", "N3"]))
    nodes = maker.pick("odd_ids", (["007", "7", "né 2"][: len(nodes)],), default=nodes)
    for index, node in enumerate(nodes):
        _add_node(maker, node, index)
    items = maker.pick("", (["A"], ["A", "B"], ["A", "B"], ["A", "B", "C"]))
    for item in items:
        _add_item(maker, item)
    quantities = maker.pick("", STOCKS)
    for node in nodes:
        for item in items:
            _add_stock(maker, node, item, quantities)
    if "inventory" not in maker.tables:
        maker.add("inventory", node=nodes[0], item=items[0], quantity=0)
    services = maker.pick("", (["std"], ["std", "exp"], ["std", "exp"]))
    for service in services:
        _add_service(maker, service, _mode(maker))
    if maker.on("pickup"):
        _add_service(maker, "collect", "pickup")
        services = [*services, "collect"]
    _add_pairs(maker, nodes, items, services)
    for service in services:
        _add_lanes(maker, service, nodes)
    if maker.on("duties"):
        _add_duties(maker)
    if maker.on("capacities"):
        _add_capacities(maker, nodes, services)


def _add_calendars(maker: Maker) -> None:
    day = maker.now.date().isoformat()
    maker.add("calendars", calendar="week", weekdays="Mon-Fri")
    maker.add("calendars", calendar="some", weekdays="Mon;Wed;Thu;Sat", open=maker.text("calendars", (day,)))
    maker.add("calendars", calendar="feast", holidays=maker.text("calendars", ("US", "US-CA")), closed=day)


def _add_node(maker: Maker, node: str, index: int) -> None:
    lat, lon = PLACES[index % len(PLACES)]
    far = maker.on("territories", 0.5) or maker.on("duties", 0.5)
    maker.add(
        "nodes",
        node=node,
        kind=("dc", "store", "supplier")[index % 3],
        country=maker.stream("territories").choice(("DE", "CN")) if far else "US",
        customs=maker.text("territories", ("EU",), 0.3),
        lat=lat if "geography" in maker.features else "",
        lon=lon if "geography" in maker.features else "",
        timezone=maker.text("time_zones", ZONES),
        calendar=maker.text("calendars", ("week", "some", "feast"), 0.4),
        cutoff=maker.text("cutoffs", CUTOFFS),
        handling_h=maker.text("handling_time", (1, 2, 6.5, 14)),
        shipment_cost=maker.text("handling_costs", (0.5, 1.2, 3)),
        line_cost=maker.text("handling_costs", (0.25, 0.4)),
        unit_cost=maker.text("handling_costs", (0.1, 0.75)),
        activation_cost=maker.text("activation", (2.5, 6, 15)),
        preference_cost=maker.text("preference", (0.3, 1.5)),
        max_distance_km=maker.text("max_distance", (2500, 6000)) if "geography" in maker.features else "",
        min_shipment_value=maker.text("min_value", (5, 20.5)),
        enabled=maker.text("disabled", ("false",), 0.2),
        tags=maker.text("node_tags", ("cold", "cold;fast")),
    )


def _add_item(maker: Maker, item: str) -> None:
    maker.add(
        "items",
        item=item,
        weight_kg=maker.pick("", (0, 0.5, 1, 1.25, 2, 4)),
        volume_l=maker.text("volumetric", (1.5, 4, 12.345)),
        value=maker.pick("", (0, 5, 12.5, 39.99)),
        hs_code=maker.text("duties", ("8471", "847130", "6109")),
        origin=maker.text("duties", ("CN", "DE", "US"), 0.4),
        tags=maker.text("carries", ("hazmat", "cold", "hazmat;cold"), 0.4),
    )


def _add_stock(maker: Maker, node: str, item: str, quantities: tuple[int, ...]) -> None:
    quantity = maker.pick("", quantities)
    if quantity:
        maker.add(
            "inventory",
            node=node,
            item=item,
            quantity=quantity,
            available_at=maker.instant(-30) if maker.on("inbound", 0.2) else "",
            expires_at=maker.instant(maker.pick("expiry", (15, 30, 50))) if maker.on("expiry", 0.3) else "",
            reserved=maker.text("reserved", (1, 1, 2), 0.4),
            safety_stock=maker.text("safety_stock", (1, 1, 4), 0.6),
        )
    if maker.on("inbound", 0.4):
        hours = maker.pick("inbound", (4, 20, 31))
        maker.add("inventory", node=node, item=item, quantity=1, available_at=maker.instant(hours))
    if maker.on("pools", 0.4):
        maker.add("inventory", node=node, item=item, quantity=1, pool=maker.pick("pools", ("web", "shop")))
    if maker.on("lots", 0.2):
        maker.add("inventory", node=node, item=item, quantity=maker.pick("lots", (1, 2)), lot="L1")


def _add_service(maker: Maker, service: str, mode: str) -> None:
    maker.add(
        "services",
        service=service,
        carrier="acme",
        mode=mode,
        calendar=maker.text("calendars", ("week", "some", "feast"), 0.3),
        pickup_calendar=maker.text("calendars", ("week", "some"), 0.3),
        max_weight_kg=maker.text("max_weight", (3, 4.5, 8)),
        max_parcel_kg=maker.text("parcels", (1, 2.5)),
        kg_per_m3=maker.text("volumetric", (167, 250.5)),
        co2_g_per_tkm=maker.text("carbon", (60, 750.5)),
        carries=maker.pick("carries", ("hazmat;cold", "hazmat;cold", "cold", ""), default=""),
        enabled=maker.text("disabled", ("false",), 0.2),
    )


def _mode(maker: Maker) -> str:
    sea = maker.text("incoterms", ("sea", "barge"), 0.6)
    return sea or maker.text("modes", ("ltl", "air", "sea", "barge", "rail"), 0.8)


def _add_pairs(maker: Maker, nodes: list[str], items: list[str], services: list[str]) -> None:
    for node in nodes:
        for service in services:
            cutoff = maker.text("cutoffs", CUTOFFS, 0.3)
            enabled = maker.text("disabled", ("false",), 0.2)
            if cutoff or enabled:
                maker.add("node_services", node=node, service=service, cutoff=cutoff, enabled=enabled)
        for item in items:
            unit_cost = maker.text("handling_costs", (0, 0.6, 1.1), 0.3)
            work_h = maker.text("work", (0.25, 0.5), 0.7)
            if unit_cost or work_h:
                maker.add("node_items", node=node, item=item, unit_cost=unit_cost, work_h=work_h)


def _add_lanes(maker: Maker, service: str, nodes: list[str]) -> None:
    slow = maker.pick("", (6, 20, 40))
    _add_lane(maker, service, f"{service}-1", slow)
    _add_rate(maker, f"{service}-1")
    if not maker.on("lanes", 0.8):
        return
    _add_rate(maker, f"{service}-2")
    other = f"{service}-2"
    shapes: list[dict[str, object]] = [
        {"node": nodes[-1]},
        {"country": "US"},
        {"country": "US", "postal_prefix": "10"},
        {"node": nodes[0], "country": maker.pick("lanes", ("US", "DE"))},
        {"postal_prefix": "1"},
    ]
    if "geography" in maker.features:
        shapes += [{"from_km": 900}, {"to_km": 900}, {"from_km": 300, "to_km": 2000.5}]
    for shape in maker.stream("lanes").sample(shapes, maker.pick("lanes", (1, 2))):
        _add_lane(maker, service, other, maker.pick("lanes", (3, 30)), **shape)


def _add_lane(maker: Maker, service: str, rate: str, transit_h: int, **shape: object) -> None:
    maker.add(
        "lanes",
        service=service,
        **shape,
        rate=rate,
        transit_h=transit_h,
        transit_days=maker.text("transit_days", (1, 2)),
        pre_carriage_h=maker.text("stages", (3, 8.5), 0.4),
        export_h=maker.text("stages", (2, 24), 0.4),
        import_h=maker.text("stages", (1, 10), 0.4),
        on_carriage_h=maker.text("stages", (4,), 0.4),
    )


def _add_rate(maker: Maker, rate: str) -> None:
    base = maker.pick("", (2, 4.5, 9.99))
    first = maker.text("breaks", (0, 0, 1), 0.3)
    _add_rate_row(maker, rate, "", first, base)
    if maker.on("breaks", 0.8):
        # The break lowers the price of a kilogram and may make the heavier shipment the cheaper one.
        _add_rate_row(maker, rate, "main_carriage", maker.pick("breaks", (1.5, 2, 3)), base * 0.5)
    for stage in ("loading", "pre_carriage", "export_clearance", "origin_terminal"):
        if maker.on("stages", 0.4):
            maker.add("rates", rate=rate, stage=stage, base=maker.pick("stages", (0.4, 1.1)))
    for stage in ("destination_terminal", "import_clearance", "on_carriage", "unloading"):
        if maker.on("stages", 0.4):
            maker.add("rates", rate=rate, stage=stage, per_kg=maker.pick("stages", (0.35, 0.125)))
    if maker.on("insurance", 0.8):
        maker.add("rates", rate=rate, stage="insurance", pct_of_value=0.35, minimum=0.05)


def _add_rate_row(maker: Maker, rate: str, stage: str, start: object, base: float) -> None:
    geography = "geography" in maker.features
    maker.add(
        "rates",
        rate=rate,
        stage=stage,
        weight_from_kg=start,
        base=f"{base:.2f}",
        per_kg=maker.pick("", (0, 0.4, 1.333, 2)),
        per_unit=maker.text("rate_terms", (0.2, 1.5), 0.4),
        per_line=maker.text("rate_terms", (0.3,), 0.4),
        per_parcel=maker.text("parcels", (0.8, 2), 0.8),
        per_km=maker.text("rate_terms", (0.0011,), 0.3) if geography else "",
        per_unit_km=maker.text("rate_terms", (0.000541,), 0.3) if geography else "",
        per_kg_km=maker.text("rate_terms", (0.0003,), 0.3) if geography else "",
        pct_of_value=maker.text("rate_terms", (0.75,), 0.3),
        minimum=maker.text("minimum", (5, 8.25)),
    )


def _add_duties(maker: Maker) -> None:
    for origin in ("CN", "DE", "EU", "US"):
        for destination in ("US", "EU", "DE", "MX"):
            for prefix in ("", "84", "8471"):
                if origin != destination and maker.on("duties", 0.4 if prefix else 0.8):
                    pct = maker.pick("duties", (2.5, 4.125, 12))
                    maker.add("duties", origin=origin, destination=destination, hs_prefix=prefix, pct=pct)


def _add_capacities(maker: Maker, nodes: list[str], services: list[str]) -> None:
    seen: set[tuple[object, ...]] = set()
    for _ in range(maker.pick("capacities", (1, 1, 2))):
        node = maker.pick("capacities", (*nodes, ""))
        service = maker.pick("capacities", ("", "", *services))
        measure = maker.pick("capacities", MEASURES)
        starts, ends = maker.pick("periods", PERIODS, 0.5, default=(None, None))
        every = maker.text("daily", ("day",))
        key = node, service, measure, starts, ends, every
        if key in seen or not (node or service):
            continue
        seen.add(key)
        maker.add(
            "capacities",
            node=node,
            service=service,
            measure=measure,
            starts="" if starts is None else maker.instant(starts),
            ends="" if ends is None else maker.instant(ends),
            every=every,
            limit=maker.pick("capacities", LIMITS[measure]),
            open_cost=maker.text("loads", (0.75, 3, 8)),
            open_max=maker.text("loads", (1, 2, 2, 3, 0)),
            overtime_limit=maker.text("overtime", (1, 2)),
            overtime_cost=maker.text("overtime", (0.35, 1.5)),
        )
