"""Some orders of a batch as a batch of their own, and the way back: rows, trips and tables stay as they are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solvers.compact_arcs import ragged
from solvers.model import I32, I64, Patterns, Prices, SourcingModel, frozen


class SubBatch(NamedTuple):
    """A model of fewer orders; ``orders``, ``candidates`` and ``sources`` are the whole's indices of its own."""

    model: SourcingModel
    orders: I32
    candidates: I64
    sources: I64
    num_candidates: int

    def patterns_of_whole(self, patterns: Patterns) -> Patterns:
        """The same patterns in the whole's indices."""
        return patterns._replace(
            order=self.orders[patterns.order],
            ship_cand=self.candidates[patterns.ship_cand].astype(np.int32),
            load_source=self.sources[patterns.load_source].astype(np.int32),
        )

    def prices_of_whole(self, prices: Prices) -> Prices:
        """The same prices, none for what other orders open."""
        activation = np.zeros(self.num_candidates)
        activation[self.candidates] = prices.activation
        return prices._replace(activation=activation)


def restrict(model: SourcingModel, orders: I32) -> SubBatch:
    """The batch of ``orders`` (rising) alone, every row with its whole limit."""
    line_ptr, lines = _slices(model.orders.line_ptr, orders)
    cand_ptr, candidates = _slices(model.orders.cand_ptr, orders)
    source_ptr, sources = _slices(model.candidates.source_ptr, candidates)
    line_of = np.full(len(model.lines.item), -1, np.int64)
    line_of[lines] = np.arange(len(lines))
    order_of = np.full(model.num_orders, -1, np.int64)
    order_of[orders] = np.arange(len(orders))
    per_order = {name: column[orders] for name, column in model.orders._asdict().items() if not name.endswith("_ptr")}
    per_candidate = {
        name: column[candidates]
        for name, column in model.candidates._asdict().items()
        if name not in ("order", "source_ptr")
    }
    small = model._replace(
        orders=model.orders._replace(cand_ptr=cand_ptr, line_ptr=line_ptr, **per_order),
        lines=model.lines._replace(**{name: column[lines] for name, column in model.lines._asdict().items()}),
        candidates=model.candidates._replace(
            order=order_of[model.candidates.order[candidates]].astype(np.int32), source_ptr=source_ptr, **per_candidate
        ),
        sources=model.sources._replace(
            line=line_of[model.sources.line[sources]].astype(np.int32),
            position=model.sources.position[sources],
            duty_pct=model.sources.duty_pct[sources],
        ),
    )
    return SubBatch(frozen(small), orders, candidates, sources, len(model.candidates.order))


def _slices(ptr: I64, chosen: I32 | I64) -> tuple[I64, I64]:
    """New pointers of the chosen slices, and the indices of their entries."""
    first, last = ptr[chosen], ptr[chosen + 1]
    _, entries = ragged(first, last)
    return np.concatenate([[0], np.cumsum(last - first)]).astype(np.int64), entries
