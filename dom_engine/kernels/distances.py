"""Great-circle distances of (order, node) pairs, rounded to the metre (section 2)."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import F64, I32, I64, Flags
from solvers.jit import kernel

EARTH_RADIUS_M = 6_371_008.8


class _Ends(NamedTuple):
    """Radians and their cosines, worked out once per end: a pair then needs two sines and an arc sine."""

    lat: F64
    lon: F64
    cos_lat: F64
    located: Flags


def _ends(lat: F64, lon: F64, located: Flags) -> _Ends:
    return _Ends(np.radians(lat), np.radians(lon), np.cos(np.radians(lat)), located)


@kernel
def _great_circle_m(order: I32, node: I32, orders: _Ends, nodes: _Ends, distance_m: I64) -> None:
    for pair in range(len(order)):
        o, n = order[pair], node[pair]
        if not (orders.located[o] and nodes.located[n]):
            distance_m[pair] = 0
            continue
        north = math.sin((nodes.lat[n] - orders.lat[o]) / 2)
        east = math.sin((nodes.lon[n] - orders.lon[o]) / 2)
        chord = north * north + orders.cos_lat[o] * nodes.cos_lat[n] * east * east
        # At antipodes rounding may lift the half chord a hair above 1, where asin ends.
        distance_m[pair] = np.int64(np.rint(2 * EARTH_RADIUS_M * math.asin(math.sqrt(min(1.0, chord)))))


def great_circle_m(
    order: I32,
    node: I32,
    order_lat: F64,
    order_lon: F64,
    order_located: Flags,
    node_lat: F64,
    node_lon: F64,
    node_located: Flags,
) -> I64:
    """Distance of each pair in metres, int64[num_pairs]; 0 where an end has no location.

    Parameters
    ----------
    order, node
        int32[num_pairs], indices into the columns that follow.
    order_lat, order_lon, node_lat, node_lon
        Degrees, float64.
    order_located, node_located
        Which orders and nodes have a location at all.

    Notes ----- Haversine (R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68, 1984) on a sphere
    of 6371.0088 km.
    """
    distance_m = np.empty(len(order), np.int64)
    _great_circle_m(
        order,
        node,
        _ends(order_lat, order_lon, order_located),
        _ends(node_lat, node_lon, node_located),
        distance_m,
    )
    return distance_m
