"""Orders and their lines, with what lines inherit from their order, their item and the policy."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I32, I64, NONE_IDX, Ids, Lists
from dom_engine.domain.demand import OrderLines, Orders
from dom_engine.domain.network import Items
from dom_engine.domain.settings import Policy
from dom_engine.scenario.assembly import Rows, label_ranks, one_per_id, sorted_by
from dom_engine.scenario.build_network import Vocabularies, with_fallback
from dom_engine.scenario.typed import TypedTable


def build_orders(
    table: TypedTable, ids: Ids, words: Vocabularies, now_s: int, policy: Policy, lines_per_order: I64
) -> Orders:
    """Orders sorted by id."""
    rows = one_per_id(table, "order")
    country_idx = rows.labels("country", words.territories)
    return Orders(
        ids=ids,
        customer=rows.texts("customer"),
        channel=rows.texts("channel"),
        priority=rows.ints("priority"),
        released_at_s=np.where(rows.blank("released_at"), now_s, rows.ints("released_at")),
        country_idx=country_idx,
        customs_idx=with_fallback(rows.labels("customs", words.territories), country_idx),
        postal_code=rows.texts("postal_code"),
        lat=rows.floats("lat"),
        lon=rows.floats("lon"),
        has_location=~rows.blank("lat"),
        incoterm=rows.choices("incoterm"),
        named_place=rows.choices("named_place"),
        earliest_s=rows.ints("earliest"),
        latest_s=rows.ints("latest"),
        hard_window=rows.choices("window") == 1,
        late_cost_per_day_micros=rows.ints("late_cost_per_day"),
        early_cost_per_day_micros=rows.ints("early_cost_per_day"),
        max_shipments=np.where(rows.blank("max_shipments"), policy.max_shipments, rows.ints("max_shipments")),
        ship_complete=rows.flags("ship_complete"),
        ship_together=rows.flags("ship_together"),
        line_split=rows.flags("line_split"),
        backorder=rows.flags("backorder"),
        services=rows.ref_lists("services"),
        nodes=rows.ref_lists("nodes"),
        exclude_nodes=rows.ref_lists("exclude_nodes"),
        node_tags=rows.label_lists("node_tags", words.tags),
        preferred_services=rows.ref_lists("preferred_services"),
        unpreferred_cost_micros=rows.ints("unpreferred_cost"),
        pools=rows.label_lists("pools", words.pools),
        pickup_node_idx=rows.refs("pickup_node"),
        line_ptr=np.append(0, np.cumsum(lines_per_order)).astype(np.int64),
    )


def build_lines(table: TypedTable, items: Items, order_latest_s: I64, policy: Policy) -> tuple[OrderLines, Ids]:
    """Order lines sorted by (order, line), and the labels of their groups.

    Parameters
    ----------
    order_latest_s
        ``latest`` of every order, in the order of the orders' ids.
    """
    rows = sorted_by(table, table.ints("order"), label_ranks(table["line"]))
    order_idx, item_idx = rows.refs("order"), rows.refs("item")
    own_price = rows.ints("unit_price")
    group_idx, groups = _groups(rows, order_idx)
    lines = OrderLines(
        order_idx=order_idx,
        ids=rows.texts("line"),
        item_idx=item_idx,
        quantity=rows.ints("quantity"),
        # A price of 0 means the item's value, as a blank one does.
        unit_price_micros=np.where(own_price == 0, items.value_micros[item_idx], own_price),
        unmet_cost_micros=np.where(rows.blank("unmet_cost"), policy.unmet_cost_micros, rows.ints("unmet_cost")),
        latest_s=np.where(rows.blank("latest"), order_latest_s[order_idx], rows.ints("latest")),
        group_idx=group_idx,
        substitutes=_without_own(rows.ref_lists("substitutes"), item_idx),
        substitute_cost_micros=rows.ints("substitute_cost"),
        pack=rows.ints("pack"),
        nodes=rows.ref_lists("nodes"),
        exclude_nodes=rows.ref_lists("exclude_nodes"),
    )
    return lines, groups


def _without_own(substitutes: Lists, item_idx: I32) -> Lists:
    """Substitutes less the ordered item itself, which rides as what it is and costs no substitution."""
    of_line = np.repeat(np.arange(len(substitutes)), substitutes.lengths)
    keep = substitutes.idx != item_idx[of_line]
    lengths = np.bincount(of_line[keep], minlength=len(substitutes))
    return Lists(np.append(0, np.cumsum(lengths)).astype(np.int64), substitutes.idx[keep])


def _groups(rows: Rows, order_idx: I32) -> tuple[I32, Ids]:
    """Groups numbered by (order, label): per line its group, -1 for none, and per group its label."""
    group_idx = np.full(len(rows), NONE_IDX, np.int32)
    if not len(rows.table["group"].labels):
        return group_idx, rows.table["group"].labels
    ranks = label_ranks(rows.table["group"])[rows.order]
    grouped = np.flatnonzero(ranks != NONE_IDX)
    pairs = np.stack([order_idx[grouped].astype(np.int64), ranks[grouped]], axis=1)
    distinct, first, of_line = np.unique(pairs, axis=0, return_index=True, return_inverse=True)
    group_idx[grouped] = of_line.reshape(-1)
    labels: Ids = pc.take(rows.texts("group"), pa.array(grouped[first]))
    assert len(labels) == len(distinct)
    return group_idx, labels
