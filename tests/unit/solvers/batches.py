"""Sourcing models that do not vary: one made for mental sums, and large ordinary batches for measuring."""

from __future__ import annotations

import numpy as np

from solvers import model as m
from tests.unit.solvers.models import DAY_S, MONEY, NOW_S, pointers


def ordinary_model(seed: int, num_orders: int, *, num_nodes: int = 6, num_trips: int = 1) -> m.SourcingModel:
    """A large batch without exotic rules: 1-5 lines of 1-6 units (mostly few), each order over ``num_nodes`` nodes.

    Half the trips of a node go by each of two services when there are several; a node stocks three items in four.
    """
    rng = np.random.default_rng(seed)
    num_items, nodes, num_services = 2_000, max(20, num_nodes), 1 if num_trips == 1 else 2
    stocked = rng.random((nodes, num_items)) < 0.75
    node_of, item_of = (a.astype(np.int32) for a in np.nonzero(stocked))
    position_of = np.full((nodes, num_items), -1, np.int64)
    position_of[node_of, item_of] = np.arange(len(node_of))
    count = rng.choice([1, 2, 3, 4, 5], num_orders, p=[0.4, 0.25, 0.17, 0.1, 0.08])
    item = rng.integers(0, num_items, count.sum()).astype(np.int32)
    quantity = rng.choice([1, 2, 3, 4, 5, 6], count.sum(), p=[0.55, 0.2, 0.1, 0.07, 0.05, 0.03])
    cand_node = np.sort(rng.permuted(np.tile(np.arange(nodes), (num_orders, 1)), axis=1)[:, :num_nodes], axis=1).ravel()
    cand_order = np.repeat(np.arange(num_orders), num_nodes)
    line_ptr, zeros, ones = pointers(count), np.zeros(num_orders, np.int64), np.ones(num_orders)
    per_cand = count[cand_order]
    cand_line = pointers(per_cand)
    line = np.repeat(line_ptr[cand_order], per_cand) + np.arange(per_cand.sum()) - np.repeat(cand_line[:-1], per_cand)
    position = position_of[np.repeat(cand_node, per_cand), item[line]]
    kept = position >= 0
    source_ptr = np.concatenate([[0], np.cumsum(kept)])[cand_line]
    sources = m.Sources(line[kept].astype(np.int32), position[kept].astype(np.int32), np.zeros(int(kept.sum())))
    days = num_trips // num_services
    departures = [
        (n, s, NOW_S + (d + 1) * DAY_S) for n in range(nodes) for s in range(num_services) for d in range(days)
    ]
    node, service, dispatch_s = (np.array(c) for c in zip(*departures, strict=True))
    capacities = np.arange(len(departures)) + 2 * len(node_of)
    rates = rng.random((num_services, 2)) * 2 * MONEY
    flat = np.zeros(num_services)
    limits = np.concatenate([rng.integers(2, 40, len(node_of)), np.zeros(len(node_of)), np.full(len(departures), 200)])
    positions, rows = len(node_of), len(limits)
    per_row = np.zeros(rows, np.int64)
    orders = m.Orders(
        cand_ptr=np.arange(num_orders + 1, dtype=np.int64) * num_nodes,
        line_ptr=line_ptr,
        earliest_s=np.full(num_orders, -m.UNLIMITED),
        hard_window=zeros.astype(np.bool_),
        judge=np.full(num_orders, m.JUDGE_ARRIVAL, np.int8),
        seller_stages=np.full(num_orders, 1023, np.int32),
        buyer_stages=np.zeros(num_orders, np.int32),
        seller_duty=zeros.astype(np.bool_),
        late_cost_per_day_micros=np.full(num_orders, MONEY),
        late_factor=ones,
        early_cost_per_day_micros=zeros,
        max_shipments=zeros,
        split_cost=zeros,
        ship_complete=zeros.astype(np.bool_),
        ship_together=zeros.astype(np.bool_),
        use_safety_stock=zeros.astype(np.bool_),
        unpreferred_cost=zeros,
    )
    lines_left = np.zeros(len(item), np.int64)
    latest_s = np.repeat(NOW_S + rng.integers(2, 6, num_orders) * DAY_S, count)
    lines = m.Lines(
        item, quantity, lines_left + 1, lines_left.astype(np.bool_), np.full(len(item), -1, np.int32),
        lines_left + 20 * MONEY, latest_s, lines_left + 100 * MONEY, lines_left + MONEY, lines_left,
    )  # fmt: skip
    reach_m = rng.integers(50_000, 3_000_000, len(cand_node))
    everyone = np.zeros(len(cand_node), np.int64)
    candidates = m.Candidates(
        cand_order.astype(np.int32), cand_node.astype(np.int32), reach_m, cand_node.astype(np.int32), everyone + NOW_S,
        everyone == 0, source_ptr,
    )  # fmt: skip
    main_ptr = pointers([1 if stage == 4 else 0 for _ in range(num_services) for stage in range(m.NUM_STAGES)])
    offers = m.Offers(
        np.arange(nodes + 1, dtype=np.int64) * num_services,
        np.tile(np.arange(num_services, dtype=np.int32), nodes),
        np.tile(np.arange(num_services, dtype=np.int32), nodes),
        np.zeros(nodes * num_services, np.bool_),
        np.zeros(nodes * num_services, np.int64),
        np.zeros(nodes * num_services, np.int64),
        np.arange(nodes * num_services + 1, dtype=np.int64) * days,
    )
    hours_s = np.where(service == 0, 3, 1) * DAY_S
    node_money = rng.integers(0, 2 * MONEY, (3, nodes))
    return m.SourcingModel(
        m.CostWeights(1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0),
        orders,
        lines,
        candidates,
        sources,
        offers,
        m.Trips(np.arange(len(departures), dtype=np.int32), dispatch_s + hours_s),
        m.Departures(
            node.astype(np.int32), service.astype(np.int32), dispatch_s, np.arange(len(departures) + 1, dtype=np.int64),
            capacities.astype(np.int32),
        ),
        m.Tariffs(
            main_ptr, flat.astype(np.int64), 4 * MONEY + rates[:, 0], rates[:, 1] / 2, flat, flat, flat, flat,
            rates[:, 0] / 2_000, rates[:, 1] / 4_000, flat, flat,
        ),
        m.Nodes(node_money[0], node_money[1] // 4, *[np.zeros(nodes, np.int64) for _ in range(3)]),
        m.Services(
            np.full(num_services, m.UNLIMITED), np.full(num_services, m.UNLIMITED), flat, flat,
            np.ones((num_services, 1), np.bool_),
        ),
        m.Items(
            rng.integers(100, 3_000, num_items), rng.integers(500, 20_000, num_items), np.zeros(num_items, np.int32)
        ),
        m.Positions(
            node_of, item_of, np.full(positions, NOW_S), np.full(positions, m.UNLIMITED), node_money[2][node_of] // 8,
            np.zeros(positions, np.int64),
        ),
        m.Rows(
            measure=np.where(np.arange(rows) < 2 * positions, -1, m.MEASURE_UNITS).astype(np.int8),
            node=np.concatenate([node_of, node_of, node]).astype(np.int32),
            limit=limits.astype(np.int64),
            scale=per_row + 1,
            open_cost=per_row,
            open_max=per_row + 1,
            overtime_limit=per_row,
            overtime_cost=per_row,
            unit_cost=per_row,
        ),
    )  # fmt: skip


def hand_model() -> m.SourcingModel:
    """One order of three units of one item, two nodes with two units each, one trip a node: made for mental sums.

    A shipment costs 5.00 and 2.00 per kg, an item weighs 500 g and is worth 10.00, handling is 1.00 and 0.25 a unit; a
    unit left out costs 50.00. Node 1 is 100 km further and ships a day later, at the latest instant of the line.
    """
    one, two = np.ones(1, np.int64), np.ones(2, np.int64)
    no, nil = np.zeros(1, np.bool_), np.zeros(1, np.int64)
    free = np.zeros(1)
    return m.SourcingModel(
        weights=m.CostWeights(1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0),
        orders=m.Orders(
            cand_ptr=np.array([0, 2]),
            line_ptr=np.array([0, 1]),
            earliest_s=-one * m.UNLIMITED,
            hard_window=no,
            judge=np.full(1, m.JUDGE_ARRIVAL, np.int8),
            seller_stages=np.full(1, 1023, np.int32),
            buyer_stages=np.zeros(1, np.int32),
            seller_duty=no,
            late_cost_per_day_micros=one * 3 * MONEY,
            late_factor=np.ones(1),
            early_cost_per_day_micros=one * 2 * MONEY,
            max_shipments=nil,
            split_cost=one * MONEY,
            ship_complete=no,
            ship_together=no,
            use_safety_stock=no,
            unpreferred_cost=nil,
        ),
        lines=m.Lines(
            item=np.zeros(1, np.int32),
            quantity=one * 3,
            pack=one,
            unsplit=no,
            group=-np.ones(1, np.int32),
            unit_price_micros=one * 10 * MONEY,
            latest_s=one * (NOW_S + 3 * DAY_S),
            unmet_cost=one * 50 * MONEY,
            fill_weight=one * MONEY,
            substitute_cost=nil,
        ),
        candidates=m.Candidates(
            order=np.zeros(2, np.int32),
            node=np.array([0, 1], np.int32),
            distance_m=np.array([100_000, 200_000]),
            offer_class=np.array([0, 1], np.int32),
            ready_s=two * NOW_S,
            domestic=np.ones(2, np.bool_),
            source_ptr=np.array([0, 1, 2]),
        ),
        sources=m.Sources(np.zeros(2, np.int32), np.array([0, 1], np.int32), np.zeros(2)),
        offers=m.Offers(
            class_ptr=np.array([0, 1, 2]),
            service=np.zeros(2, np.int32),
            tariff=np.zeros(2, np.int32),
            unpreferred=np.zeros(2, np.bool_),
            pre_carriage_s=0 * two,
            export_s=0 * two,
            trip_ptr=np.array([0, 1, 2]),
        ),
        trips=m.Trips(np.array([0, 1], np.int32), NOW_S + DAY_S * np.array([2, 3])),
        departures=m.Departures(
            node=np.array([0, 1], np.int32),
            service=np.zeros(2, np.int32),
            dispatch_s=NOW_S + DAY_S * np.array([1, 2]),
            row_ptr=np.zeros(3, np.int64),
            row=np.zeros(0, np.int32),
        ),
        tariffs=m.Tariffs(
            ptr=np.array([0] * 5 + [1] * 6), weight_from_g=nil, base=np.full(1, 5e6), per_kg=np.full(1, 2e6),
            per_unit=free, per_line=free, per_parcel=free, per_km=free, per_unit_km=free,
            per_kg_km=free, pct_of_value=free, minimum=free,
        ),
        nodes=m.Nodes(two * MONEY, 0 * two, 0 * two, 0 * two, 0 * two),
        services=m.Services(one * m.UNLIMITED, one * m.UNLIMITED, np.zeros(1), np.zeros(1), np.ones((1, 1), np.bool_)),
        items=m.Items(one * 500, one * 1_000, np.zeros(1, np.int32)),
        positions=m.Positions(
            node=np.array([0, 1], np.int32),
            item=np.zeros(2, np.int32),
            ready_s=two * NOW_S,
            expires_s=two * m.UNLIMITED,
            unit_cost_micros=two * (MONEY // 4),
            work_s=two * 60,
        ),
        rows=m.Rows(
            measure=-np.ones(4, np.int8),
            node=np.array([0, 1, 0, 1], np.int32),
            limit=np.array([2, 2, 1, 1]),
            scale=np.ones(4, np.int64),
            open_cost=np.zeros(4, np.int64),
            open_max=np.ones(4, np.int64),
            overtime_limit=np.zeros(4, np.int64),
            overtime_cost=np.zeros(4, np.int64),
            unit_cost=np.array([0, 0, 1, 1]) * MONEY // 2,
        ),
    )  # fmt: skip
