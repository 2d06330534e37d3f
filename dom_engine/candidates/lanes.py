"""Lanes arranged for lookup, and the zone of each order: what of its address any lane can name."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dom_engine.domain.columns import I32, Ids
from dom_engine.domain.parts import of_parts
from dom_engine.domain.problem import Problem
from dom_engine.domain.transport import Lanes
from dom_engine.kernels.lanes import LaneIndex
from dom_engine.units import UNLIMITED


class Prefixes:
    """The postal prefixes that lanes name, number 0 the empty one, the rest by length and then bytewise.

    Parameters
    ----------
    named
        Prefix of every lane.
    """

    def __init__(self, named: Ids) -> None:
        texts = sorted({"", *pc.unique(named).to_pylist()}, key=lambda text: (len(text), text))
        self._number = {text: number for number, text in enumerate(texts)}
        self.of_lane: I32 = np.array([self._number[text] for text in named.to_pylist()], np.int32)
        self.shorter: I32 = np.array([self._longest_within(text) for text in texts], np.int32)

    def _longest_within(self, text: str) -> int:
        shorter = (text[:length] for length in range(len(text) - 1, -1, -1))
        return next((self._number[prefix] for prefix in shorter if prefix in self._number), -1)

    def longest_of(self, codes: Ids) -> I32:
        """The number of the longest prefix that each postal code begins with, int32[len(codes)].

        The prefixes a code begins with are nested, so the longest, with ``shorter``, tells all of them.
        """
        longest = np.zeros(len(codes), np.int32)
        lengths = pc.utf8_length(codes).to_numpy(zero_copy_only=False)
        for length in sorted({len(text) for text in self._number} - {0}):
            texts = [text for text in self._number if len(text) == length]
            heads = pc.utf8_slice_codeunits(codes, 0, length)
            found = pc.index_in(heads, value_set=pa.array(texts, pa.string()))
            at = pc.fill_null(found, -1).to_numpy(zero_copy_only=False)
            hit = (at >= 0) & (lengths >= length)
            numbers = np.array([self._number[text] for text in texts], np.int32)
            longest[hit] = numbers[at[hit]]
        return longest


def index_lanes(lanes: Lanes, prefixes: Prefixes, num_services: int, num_nodes: int) -> LaneIndex:
    """Sort lanes so that the kernel finds the most specific match first.

    Within what lanes name alike, the narrower band is preferred, an open band last, of two open ones the
    higher ``from_km``.
    """
    num_prefixes = len(prefixes.shorter)
    cell = lanes.service_idx.astype(np.int64) * (num_nodes + 1) + lanes.node_idx + 1
    key = (lanes.country_idx.astype(np.int64) + 1) * num_prefixes + prefixes.of_lane
    is_open = lanes.to_m == UNLIMITED
    width_m = np.where(is_open, -lanes.from_m, lanes.to_m - lanes.from_m)
    by = np.lexsort((width_m, is_open, key, cell))
    cell, key = cell[by], key[by]
    starts = np.flatnonzero(
        np.concatenate([[True], (cell[1:] != cell[:-1]) | (key[1:] != key[:-1])]) if len(by) else by
    )
    return LaneIndex(
        num_nodes=num_nodes,
        group_ptr=np.searchsorted(cell[starts], np.arange(num_services * (num_nodes + 1) + 1)).astype(np.int64),
        key=key[starts],
        lane_ptr=np.append(starts, len(by)).astype(np.int64),
        lane=by.astype(np.int32),
        from_m=lanes.from_m[by],
        to_m=lanes.to_m[by],
        shorter=prefixes.shorter,
    )


@of_parts("lanes", "services", "nodes")
def _indexed(problem: Problem) -> tuple[Prefixes, LaneIndex]:
    prefixes = Prefixes(problem.lanes.postal_prefix)
    return prefixes, index_lanes(problem.lanes, prefixes, len(problem.services), len(problem.nodes))


def lane_index_of(problem: Problem) -> tuple[LaneIndex, I32]:
    """The lane index, and the longest postal prefix in use that each order's code begins with, int32[num_orders]."""
    prefixes, index = _indexed(problem)
    return index, prefixes.longest_of(problem.orders.postal_code)
