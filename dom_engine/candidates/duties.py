"""Customs: which pairs cross a border, and the duty on what could ride (sections 2 and 6)."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from dom_engine.domain.columns import F64, I32, Flags
from dom_engine.domain.problem import Problem


def domestic_pairs(problem: Problem, order: I32, node: I32) -> Flags:
    """Pairs within one customs territory, or with a blank end: no clearance and no duty, bool[num_pairs]."""
    origin, destination = problem.nodes.customs_idx[node], problem.orders.customs_idx[order]
    domestic: Flags = (origin == destination) | (origin < 0) | (destination < 0)
    return domestic


def duty_pct(problem: Problem, order: I32, node: I32, domestic: Flags, item: I32) -> F64:
    """Duty on an item shipped for an order from a node, in percent, float64[num]; 0 where no duty row applies.

    The origin is the item's, else the node's customs territory; of the rows between two territories the
    longest HS prefix wins. All arguments have one entry per source.
    """
    pct = np.zeros(len(order))
    duties = problem.duties
    abroad = np.flatnonzero(~domestic)
    if not len(duties) or not len(abroad):
        return pct
    origin = problem.items.origin_idx[item[abroad]]
    origin = np.where(origin >= 0, origin, problem.nodes.customs_idx[node[abroad]]).astype(np.int64)
    destination = problem.orders.customs_idx[order[abroad]]
    num_territories, num_items = len(problem.territories), len(problem.items)
    key = (origin * num_territories + destination) * num_items + item[abroad]
    distinct, inverse = np.unique(key, return_inverse=True)
    prefixes: dict[tuple[int, int], list[tuple[str, float]]] = defaultdict(list)
    for start, end, prefix, percent in zip(
        duties.origin_idx.tolist(),
        duties.destination_idx.tolist(),
        duties.hs_prefix.to_pylist(),
        duties.pct.tolist(),
        strict=True,
    ):
        prefixes[start, end].append((prefix, percent))
    codes = problem.items.hs_code.to_pylist()
    found = np.zeros(len(distinct))
    for k, value in enumerate(distinct.tolist()):
        border, which = divmod(value, num_items)
        matching = [row for row in prefixes.get(divmod(border, num_territories), ()) if codes[which].startswith(row[0])]
        found[k] = max(matching, key=lambda row: len(row[0]))[1] if matching else 0.0
    pct[abroad] = found[inverse.reshape(-1)]
    return pct
