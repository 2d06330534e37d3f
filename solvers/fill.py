"""Fill first: the same batch with units left out as its only cost."""

from __future__ import annotations

import numpy as np

from solvers.model import CostWeights, SourcingModel, frozen


def fill_model(model: SourcingModel) -> SourcingModel:
    """The model whose costs are the weighted unallocated units in millionths, and nothing else.

    Every rule and row stays; a plan of this model is a plan of the other.
    """
    tariffs, rows, nodes = model.tariffs, model.rows, model.nodes
    free = np.zeros_like(tariffs.base)
    changed = model._replace(
        weights=CostWeights(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0),
        orders=model.orders._replace(
            split_cost=np.zeros_like(model.orders.split_cost),
            unpreferred_cost=np.zeros_like(model.orders.unpreferred_cost),
        ),
        lines=model.lines._replace(
            unmet_cost=model.lines.fill_weight, substitute_cost=np.zeros_like(model.lines.substitute_cost)
        ),
        tariffs=tariffs._replace(
            base=free,
            per_kg=free,
            per_unit=free,
            per_line=free,
            per_parcel=free,
            per_km=free,
            per_unit_km=free,
            per_kg_km=free,
            pct_of_value=free,
            minimum=free,
        ),
        nodes=nodes._replace(
            shipment_cost_micros=np.zeros_like(nodes.shipment_cost_micros),
            line_cost_micros=np.zeros_like(nodes.line_cost_micros),
            preference_cost=np.zeros_like(nodes.preference_cost),
            activation_cost=np.zeros_like(nodes.activation_cost),
        ),
        positions=model.positions._replace(unit_cost_micros=np.zeros_like(model.positions.unit_cost_micros)),
        rows=rows._replace(
            open_cost=np.zeros_like(rows.open_cost),
            overtime_cost=np.zeros_like(rows.overtime_cost),
            unit_cost=np.zeros_like(rows.unit_cost),
        ),
    )
    return frozen(changed)


def fill_step(model: SourcingModel) -> int:
    """The fill of any plan is a multiple of this, so a bound may be rounded up to one."""
    return max(1, int(np.gcd.reduce(model.lines.fill_weight, initial=0)))
