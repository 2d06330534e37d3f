"""The demand side of a random scenario: orders and their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.property.random_scenario import Maker

PLACES = (("42.36", "-71.06"), ("29.76", "-95.37"), ("47.61", "-122.33"), ("19.43", "-99.13"))
RULES = ("EXW", "FCA", "FAS", "FOB", "CFR", "CIF", "CPT", "CIP", "DAP", "DPU", "DDP", "DDP", "DDP")
NAMED_PLACES = ("origin", "origin_port", "destination_port", "destination")
MOST_UNITS = 5


def add_orders(maker: Maker) -> None:
    """Add two or three orders of at most a handful of units each."""
    for index in range(maker.pick("", (1, 2, 2, 3, 3))):
        order = maker.pick("odd_ids", ("00", "1447296446.", "ö "), default="") + f"O{index + 1}"
        _add_order(maker, order, index)
        _add_lines(maker, order)


def _add_order(maker: Maker, order: str, index: int) -> None:
    nodes = [row["node"] for row in maker.tables["nodes"]]
    services = [row["service"] for row in maker.tables["services"]]
    lat, lon = PLACES[index % len(PLACES)]
    earliest = maker.pick("early", (-5, 6, 18, 40), 0.6, default=-100)
    latest = maker.pick("windows", (20, 31, 48, 76, 100), 0.8, default=0)
    latest = max(latest, earliest + 10) if latest else 0
    listed = maker.some("exclusions", nodes, 0.4)
    shut = maker.text("exclusions", nodes, 0.3)
    maker.add(
        "orders",
        order=order,
        customer="c1",
        priority=maker.text("priorities", (1, 5, 100)),
        released_at=maker.instant(maker.pick("released", (-3, 5, 20))) if maker.on("released", 0.6) else "",
        country=maker.stream("territories").choice(("MX", "DE")) if maker.on("territories", 0.5) else "US",
        customs=maker.text("territories", ("EU",), 0.3),
        postal_code=maker.text("lanes", ("10001", "1234", "90001")),
        lat=lat if "geography" in maker.features else "",
        lon=lon if "geography" in maker.features else "",
        incoterm=maker.text("incoterms", RULES, 0.9) or maker.text("duties", ("DDP",)),
        named_place=maker.text("incoterms", NAMED_PLACES, 0.7),
        earliest=maker.instant(earliest) if earliest > -100 else "",
        latest=maker.instant(latest) if latest else "",
        window=maker.text("hard_windows", ("hard",), 0.5),
        late_cost_per_day=maker.text("windows", (1.5, 4.25), 0.8),
        early_cost_per_day=maker.text("early", (0.75, 2), 0.7),
        max_shipments=maker.text("max_shipments", (0, 1, 2), 0.5),
        ship_complete=maker.text("ship_complete", ("true",), 0.6),
        ship_together=maker.text("ship_together", ("true",), 0.6),
        line_split=maker.text("line_split", ("false",), 0.6),
        backorder=maker.text("backorder", ("false",), 0.6),
        services=maker.some("service_lists", services, 0.4),
        nodes=listed,
        exclude_nodes="" if shut in listed.split(";") else shut,
        node_tags=maker.text("node_tags", ("cold", "cold", "fast"), 0.3),
        preferred_services=maker.some("preferred", services, 0.7),
        unpreferred_cost=maker.text("preferred", (0.6, 2.2), 0.8),
        pools=maker.text("pools", ("web", "web;shop"), 0.5),
        pickup_node=maker.pick("", nodes) if maker.on("pickup", 0.4) else "",
    )


def _add_lines(maker: Maker, order: str) -> None:
    items = [row["item"] for row in maker.tables["items"]]
    nodes = [row["node"] for row in maker.tables["nodes"]]
    stream = maker.stream("")
    chosen = stream.sample(items, min(len(items), stream.choice((1, 1, 2, 2, 3))))
    if maker.on("same_item", 0.5):
        chosen.append(chosen[0])
    left = MOST_UNITS
    for index, item in enumerate(chosen):
        quantity = min(left, maker.pick("", (1, 2, 2, 3, 4)))
        if not quantity:
            return
        left -= quantity
        others = [other for other in items if other != item]
        maker.add(
            "order_lines",
            order=order,
            line=index + 1,
            item=item,
            quantity=quantity,
            unit_price=maker.text("unit_prices", (0, 7.5, 22.22)),
            unmet_cost=maker.text("unmet", (0, 2.5, 20), 0.4),
            latest=maker.instant(maker.pick("line_latest", (51, 60, 80))) if maker.on("line_latest", 0.5) else "",
            group=maker.text("groups", ("kit",), 0.6),
            substitutes=maker.text("substitutes", others, 0.7) if others else "",
            substitute_cost=maker.text("substitutes", (0.45, 3), 0.6),
            pack=maker.text("packs", (1, 2, 2, 3), 0.5),
            nodes=maker.some("exclusions", nodes, 0.15),
            exclude_nodes=maker.text("exclusions", nodes, 0.15),
        )
