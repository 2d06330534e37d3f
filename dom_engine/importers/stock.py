"""Stock for demand: which nodes hold an item, and how many units. Shared by importers and the generator."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# Items drawn at once: keeps the (items, nodes) array of random keys near 100 MB for a thousand nodes.
ITEMS_PER_CHUNK = 10_000


def spread_stock(
    demand: NDArray[np.int64],
    node_weight: NDArray[np.float64],
    *,
    factor: float,
    stocking_nodes: int,
    rng: np.random.Generator,
    lot: NDArray[np.int64] | None = None,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Give every item ``factor`` times its demand in expectation, spread over a few nodes.

    Parameters
    ----------
    demand
        Units wanted, per item, shape (items,).
    node_weight
        Relative size of the nodes, positive, shape (nodes,): larger ones stock more items and more of each.
    factor
        Stock per unit of demand. The fraction left over is rounded up with its own probability, so that
        totals hold even where most items are wanted once.
    stocking_nodes
        Mean number of nodes an item lies at; each item draws within two of it.
    rng
        Source of chance.
    lot
        Units, per item, shape (items,), positive: an item lies at no more nodes than its stock makes lots. None: at so
        many nodes as are drawn, however few units each of them gets.

    Returns
    -------
    tuple
        ``item_idx``, ``node_idx`` and ``quantity`` (> 0) of the positions, sorted by item, then node, int64.

    Notes
    -----
    Nodes are drawn without replacement by exponential keys (Efraimidis & Spirakis, 2006,
    doi:10.1016/j.ipl.2005.11.003).
    """
    num_nodes = len(node_weight)
    most = min(num_nodes, stocking_nodes + 2)
    least = min(num_nodes, max(1, stocking_nodes - 2))
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    for start in range(0, len(demand), ITEMS_PER_CHUNK):
        wanted = demand[start : start + ITEMS_PER_CHUNK]
        units = np.floor(factor * wanted + rng.random(len(wanted))).astype(np.int64)
        keys = rng.standard_exponential((len(wanted), num_nodes), dtype=np.float32)
        keys /= node_weight.astype(np.float32)
        # The `most` smallest keys, ascending: the first k of them are themselves a valid draw of k nodes.
        chosen = np.argpartition(keys, most - 1, axis=1)[:, :most]
        by_key = np.argsort(np.take_along_axis(keys, chosen, axis=1), axis=1, kind="stable")
        chosen = np.take_along_axis(chosen, by_key, axis=1)
        count = rng.integers(least, most + 1, len(wanted))
        if lot is not None:
            count = np.minimum(count, np.maximum(1, units // lot[start : start + ITEMS_PER_CHUNK]))
        share = node_weight[chosen] * rng.uniform(0.5, 1.5, chosen.shape)
        share[np.arange(most)[None, :] >= count[:, None]] = 0.0
        share /= share.sum(axis=1, keepdims=True)
        quantity = rng.multinomial(units, share)
        row, column = np.nonzero(quantity)
        parts.append((row + start, chosen[row, column], quantity[row, column]))
    if not parts:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64)
    item_idx, node_idx, quantity = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.lexsort((node_idx, item_idx))
    return item_idx[order], node_idx[order], quantity[order]
