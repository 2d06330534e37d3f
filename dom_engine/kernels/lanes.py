"""Lane choice: of the lanes that match a pair, the most specific (section 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I8, I32, I64, Flags
from solvers.jit import inlined, kernel

SERVICE_CLOSED = 0
SERVICE_OPEN = 1
SERVICE_UNPREFERRED = 2
"""What an order says of a service, ``ServiceRules.allows``."""


class LaneIndex(NamedTuple):
    """Lanes by what they name.

    Groups of service s that name node n are ``group_ptr[s * (num_nodes + 1) + n + 1]`` to the next entry; n =
    -1 holds those for every node. A group shares ``key`` = (country + 1) * num_prefixes + prefix, rising
    within a service and node; its lanes are ``lane_ptr[g]:lane_ptr[g + 1]``, the one to prefer first. Prefix
    0 is the empty one; ``shorter[p]`` is the longest prefix in use that p begins with, -1 for prefix 0.
    """

    num_nodes: int
    group_ptr: I64
    key: I64
    lane_ptr: I64
    lane: I32
    from_m: I64
    to_m: I64
    shorter: I32


class ServiceRules(NamedTuple):
    """Which services a pair may use.

    ``allows[rule[order], service]`` is what the order says of a service, ``calls[service, node]`` whether it ever
    leaves the node; ``country`` and ``prefix`` are the order's, as lanes name them.
    """

    rule: I32
    allows: I8
    calls: Flags
    country: I32
    prefix: I32


@inlined
def _find_lane(service: int, node: int, country: int, prefix: int, distance_m: int, index: LaneIndex) -> int:
    num_prefixes = len(index.shorter)
    for any_node in range(2):
        named_node = -1 if any_node else node
        cell = service * (index.num_nodes + 1) + named_node + 1
        first, last = index.group_ptr[cell], index.group_ptr[cell + 1]
        if first == last:
            continue
        for any_country in range(country < 0, 2):
            named_country = -1 if any_country else country
            candidate = prefix
            while candidate >= 0:
                key = (named_country + 1) * num_prefixes + candidate
                group = first + np.searchsorted(index.key[first:last], key)
                if group < last and index.key[group] == key:
                    for k in range(index.lane_ptr[group], index.lane_ptr[group + 1]):
                        if index.from_m[k] <= distance_m < index.to_m[k]:
                            return int(index.lane[k])
                candidate = index.shorter[candidate]
    return -1


@kernel
def _offers_of_pairs(
    order: I32,
    node: I32,
    distance_m: I64,
    max_distance_m: I64,
    rules: ServiceRules,
    index: LaneIndex,
    ptr: I64,
    codes: I32,
) -> None:
    num_services = rules.allows.shape[1]
    num = 0
    for pair in range(len(order)):
        o, n = order[pair], node[pair]
        ptr[pair] = num
        codes[num] = n
        num += 1
        if distance_m[pair] <= max_distance_m[n]:
            for service in range(num_services):
                allowed = rules.allows[rules.rule[o], service]
                if allowed == SERVICE_CLOSED or not rules.calls[service, n]:
                    continue
                lane = _find_lane(service, n, rules.country[o], rules.prefix[o], distance_m[pair], index)
                if lane >= 0:
                    codes[num] = 2 * lane + (allowed == SERVICE_UNPREFERRED)
                    num += 1
    ptr[len(order)] = num


def offers_of_pairs(
    order: I32, node: I32, distance_m: I64, max_distance_m: I64, rules: ServiceRules, index: LaneIndex
) -> tuple[I64, I32]:
    """What each (order, node) pair is offered, as rows of a CSR table that are equal where the offers are.

    Parameters
    ----------
    order, node, distance_m
        One entry per pair.
    max_distance_m
        int64[num_nodes]; a pair beyond it is offered nothing.

    Returns
    -------
    ptr, codes
        int64[num_pairs + 1] and int32. The first entry of a row is the node; each further one is ``2 * lane +
        unpreferred``, one per service with a lane, by rising service. A lane belongs to one service, so the
        codes say all.
    """
    num_pairs, num_services = len(order), rules.allows.shape[1]
    ptr = np.empty(num_pairs + 1, np.int64)
    # Untouched pages of the upper bound are never given memory.
    codes = np.empty(num_pairs * (num_services + 1), np.int32)
    _offers_of_pairs(order, node, distance_m, max_distance_m, rules, index, ptr, codes)
    return ptr, codes[: ptr[-1]]
