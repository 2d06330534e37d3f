"""Nodes, items, their exceptions and the stock positions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dom_engine.domain.columns import I32, I64, Ids, Lists
from dom_engine.domain.network import Items, NodeItems, Nodes, NodeServices, Positions
from dom_engine.scenario.assembly import empty_texts, label_ranks, one_per_id, sorted_by
from dom_engine.scenario.kept import kept
from dom_engine.scenario.typed import TypedTable


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The sorted texts that indices of several tables point into."""

    territories: Ids
    tags: Ids
    lots: Ids
    pools: Ids
    timezones: Ids
    rate_ids: Ids


def with_fallback(own: I32, fallback: I32) -> I32:
    """``own`` where it is not empty, else ``fallback``."""
    return np.where(own >= 0, own, fallback).astype(np.int32)


@kept
def build_nodes(table: TypedTable, ids: Ids, words: Vocabularies) -> Nodes:
    """Nodes sorted by id."""
    rows = one_per_id(table, "node")
    country_idx = rows.labels("country", words.territories)
    return Nodes(
        ids=ids,
        kind=rows.choices("kind"),
        country_idx=country_idx,
        customs_idx=with_fallback(rows.labels("customs", words.territories), country_idx),
        lat=rows.floats("lat"),
        lon=rows.floats("lon"),
        has_location=~rows.blank("lat"),
        timezone_idx=rows.labels("timezone", words.timezones),
        calendar_idx=rows.refs("calendar"),
        cutoff_s=rows.ints("cutoff"),
        handling_s=rows.ints("handling_h"),
        shipment_cost_micros=rows.ints("shipment_cost"),
        line_cost_micros=rows.ints("line_cost"),
        unit_cost_micros=rows.ints("unit_cost"),
        activation_cost_micros=rows.ints("activation_cost"),
        preference_cost_micros=rows.ints("preference_cost"),
        max_distance_m=rows.ints("max_distance_km"),
        min_shipment_value_micros=rows.ints("min_shipment_value"),
        enabled=rows.flags("enabled"),
        tags=rows.label_lists("tags", words.tags),
    )


@kept
def build_items(table: TypedTable, ids: Ids, words: Vocabularies) -> Items:
    """Items sorted by id; all columns at their defaults where the scenario has no table of items."""
    if not table.raw.data.num_columns:
        zeros = np.zeros(len(ids), np.int64)
        return Items(
            ids=ids,
            weight_g=zeros,
            volume_cm3=zeros.copy(),
            value_micros=zeros.copy(),
            hs_code=empty_texts(len(ids)),
            origin_idx=np.full(len(ids), -1, np.int32),
            tags=Lists.empty(len(ids)),
        )
    rows = one_per_id(table, "item")
    return Items(
        ids=ids,
        weight_g=rows.ints("weight_kg"),
        volume_cm3=rows.ints("volume_l"),
        value_micros=rows.ints("value"),
        hs_code=rows.texts("hs_code"),
        origin_idx=rows.labels("origin", words.territories),
        tags=rows.label_lists("tags", words.tags),
    )


@kept
def build_node_items(table: TypedTable, nodes: Nodes) -> NodeItems:
    """Exceptions per (node, item), the node's unit cost where they give none."""
    rows = sorted_by(table, table.ints("node"), table.ints("item"))
    node_idx = rows.refs("node")
    own = rows.ints("unit_cost")
    return NodeItems(
        node_idx=node_idx,
        item_idx=rows.refs("item"),
        unit_cost_micros=np.where(rows.blank("unit_cost"), nodes.unit_cost_micros[node_idx], own),
        work_s=rows.ints("work_h"),
    )


@kept
def build_node_services(table: TypedTable, nodes: Nodes) -> NodeServices:
    """Exceptions per (node, service), the node's cutoff where they give none."""
    rows = sorted_by(table, table.ints("node"), table.ints("service"))
    node_idx = rows.refs("node")
    own = rows.ints("cutoff")
    return NodeServices(
        node_idx=node_idx,
        service_idx=rows.refs("service"),
        cutoff_s=np.where(rows.blank("cutoff"), nodes.cutoff_s[node_idx], own),
        enabled=rows.flags("enabled"),
    )


@kept
def build_positions(
    table: TypedTable, nodes: Nodes, node_items: NodeItems, num_items: int, words: Vocabularies
) -> Positions:
    """Stock positions by (node, item, available_at, lot, pool); free and covered stock as in section 2."""
    rows = sorted_by(
        table,
        table.ints("node"),
        table.ints("item"),
        table.ints("available_at"),
        label_ranks(table["lot"]),
        label_ranks(table["pool"]),
    )
    node_idx, item_idx = rows.refs("node"), rows.refs("item")
    quantity = rows.ints("quantity")
    unreserved = np.maximum(quantity - rows.ints("reserved"), 0)
    covered = np.minimum(rows.ints("safety_stock"), unreserved)
    unit_cost, work = _per_position(node_idx, item_idx, nodes, node_items, num_items)
    return Positions(
        node_idx=node_idx,
        item_idx=item_idx,
        available_at_s=rows.ints("available_at"),
        lot_idx=rows.labels("lot", words.lots),
        pool_idx=rows.labels("pool", words.pools),
        expires_at_s=rows.ints("expires_at"),
        quantity=quantity,
        free=unreserved - covered,
        covered_safety=covered,
        unit_cost_micros=unit_cost,
        work_s=work,
    )


def _per_position(node_idx: I32, item_idx: I32, nodes: Nodes, node_items: NodeItems, num_items: int) -> tuple[I64, I64]:
    """Unit cost and work per unit of (node, item) pairs: an exception's, else the node's cost and no work."""
    unit_cost = nodes.unit_cost_micros[node_idx]
    work = np.zeros(len(node_idx), np.int64)
    if len(node_items):
        exceptions = node_items.node_idx.astype(np.int64) * num_items + node_items.item_idx
        wanted = node_idx.astype(np.int64) * num_items + item_idx
        at = np.minimum(np.searchsorted(exceptions, wanted), len(exceptions) - 1)
        found = exceptions[at] == wanted
        unit_cost = np.where(found, node_items.unit_cost_micros[at], unit_cost)
        work = np.where(found, node_items.work_s[at], work)
    return unit_cost, work
