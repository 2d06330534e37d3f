"""Orders beyond the exact limits: many lines or large quantities over ordinary nodes, services and tariffs."""

from __future__ import annotations

import numpy as np

from solvers import model as m
from tests.unit.solvers.batches import ordinary_model
from tests.unit.solvers.models import DAY_S, MONEY, NOW_S, pointers


def giant_model(
    seed: int,
    num_lines: int,
    *,
    quantity: int = 6,
    num_nodes: int = 10,
    num_trips: int = 10,
    scarcity: float = 1.0,
) -> m.SourcingModel:
    """One order over nodes that stock three items in four, each node some of what a line asks for.

    ``quantity`` is the most of a line (the least is a tenth of it); at ``scarcity`` 1 nodes hold about twice the demand
    in all. Capacities are no matter.
    """
    base = ordinary_model(seed, 1, num_nodes=num_nodes, num_trips=num_trips)
    rng = np.random.default_rng([seed, num_lines])
    item = rng.integers(0, len(base.items.weight_g), num_lines).astype(np.int32)
    wanted = rng.integers(max(1, quantity // 10), quantity + 1, num_lines)
    ones, nil = np.ones(num_lines, np.int64), np.zeros(num_lines, np.int64)
    lines = m.Lines(
        item, wanted, ones, nil.astype(np.bool_), np.full(num_lines, -1, np.int32), nil + 20 * MONEY,
        nil + NOW_S + 4 * DAY_S, nil + 100 * MONEY, nil + MONEY, nil,
    )  # fmt: skip
    where = {
        key: at for at, key in enumerate(zip(base.positions.node.tolist(), base.positions.item.tolist(), strict=True))
    }
    found = [
        [(line, where[node, i]) for line, i in enumerate(item.tolist()) if (node, i) in where]
        for node in base.candidates.node.tolist()
    ]
    line, position = np.array([pair for pairs in found for pair in pairs], np.int32).reshape(-1, 2).T
    # Of what all lines of an item want, a node has a share.
    per_item = np.bincount(item, weights=wanted, minlength=len(base.items.weight_g))
    share = rng.random(base.num_positions) * 4 / num_nodes / scarcity
    limit = base.rows.limit.copy()
    limit[: base.num_positions] = np.ceil(per_item[base.positions.item] * share)
    limit[2 * base.num_positions :] = 10**9
    return base._replace(
        orders=base.orders._replace(line_ptr=np.array([0, num_lines])),
        lines=lines,
        candidates=base.candidates._replace(source_ptr=pointers([len(pairs) for pairs in found])),
        sources=m.Sources(line.copy(), position.copy(), np.zeros(len(line))),
        rows=base.rows._replace(limit=limit),
    )


def with_breaks(model: m.SourcingModel) -> m.SourcingModel:
    """The same with four weight breaks per tariff, each rate a tenth lower, and a minimum."""
    t = model.tariffs
    count, steps = len(t.base), np.arange(4)
    per_kg = np.repeat(t.per_kg + MONEY / 4, 4) * np.tile(0.9**steps, count)
    free = np.zeros(4 * count)
    return model._replace(
        tariffs=m.Tariffs(
            ptr=t.ptr * 4,
            weight_from_g=np.tile(np.array([0, 10_000, 50_000, 200_000]), count),
            base=np.repeat(t.base, 4),
            per_kg=per_kg,
            per_unit=free,
            per_line=free,
            per_parcel=free,
            per_km=free,
            per_unit_km=free,
            per_kg_km=np.repeat(t.per_unit_km, 4) / 2,
            pct_of_value=free,
            minimum=free + 6 * MONEY,
        )
    )


def with_parcels(model: m.SourcingModel, parcel_kg: int = 30) -> m.SourcingModel:
    """The same paying per parcel, volume counted as weight where it is more."""
    services = model.services
    return model._replace(
        tariffs=model.tariffs._replace(per_parcel=np.full(len(model.tariffs.base), 3.0 * MONEY)),
        services=services._replace(
            max_parcel_g=np.full(len(services.max_weight_g), parcel_kg * 1_000),
            kg_per_m3=np.full(len(services.max_weight_g), 200.0),
        ),
    )


def with_light_services(model: m.SourcingModel, most_kg: int) -> m.SourcingModel:
    """The same with services that take so much per shipment at most."""
    most = np.full(len(model.services.max_weight_g), most_kg * 1_000)
    return model._replace(services=model.services._replace(max_weight_g=most))
