"""Rows: the limits orders share, as a certificate names them (sections 1 and 9)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from dom_engine.domain.columns import I8, I32, I64, Flags, freeze


class RowKind(IntEnum):
    """What a row limits; the lower-case name is the ``kind`` of ``prices.csv``."""

    STOCK = 0
    SAFETY_STOCK = 1
    CAPACITY = 2
    ACTIVATION = 3
    FILL = 4


@dataclass(frozen=True, slots=True)
class PricedRows:
    """``prices.csv``: the rows with a price, and how much of each the plan uses.

    ``position_idx`` (stock, safety_stock), ``capacity_idx`` (capacity: a row of ``Problem.capacities``),
    ``node_idx`` and ``order_idx``
    (activation) are -1 where they do not apply. A capacity row is one instance: ``starts_s``/``ends_s`` are
    the capacity's own bounds, or the node-local day clipped to them where it repeats daily. ``limit`` and
    ``used`` are in base units, ``price_micros`` is per whole measure (per unit of stock; per use for
    activation; per weighted unit for fill, whose ``limit`` and ``used`` are in millionths of a weighted
    unit).
    """

    kind: I8
    position_idx: I32
    capacity_idx: I32
    node_idx: I32
    order_idx: I32
    starts_s: I64
    ends_s: I64
    limit: I64
    used: I64
    price_micros: I64

    def __post_init__(self) -> None:
        freeze(self)

    def __len__(self) -> int:
        return len(self.kind)


def rows_where(rows: PricedRows, which: Flags) -> PricedRows:
    """The rows under a mask."""
    return PricedRows(**{name: getattr(rows, name)[which] for name in PricedRows.__dataclass_fields__})
