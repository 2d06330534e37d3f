"""Pins: orders that keep what a plan gives them, wholly or in part."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class PinLevel(IntEnum):
    """What a pinned order keeps of the plan; each level frees something that the one before it keeps.

    ``ALL``: its shipments, each with its node, service, dispatch, stock positions and quantities. ``QUANTITY``: the
    units of each line from each node; services, dispatches and positions are free. ``NODE``: the nodes that each line
    ships from; quantities are free too. Lines that the plan leaves out whole are free at ``NODE``, and stay left out
    above. Whether units of a position count as its safety stock is never pinned: they are the same units.
    """

    ALL = 1
    QUANTITY = 2
    NODE = 3


@dataclass(frozen=True, slots=True)
class Pin:
    """An order, by id, and what it keeps."""

    order: str
    level: PinLevel
