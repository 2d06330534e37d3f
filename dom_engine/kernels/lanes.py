"""Lane choice: of the lanes that match a pair, the most specific (section 2)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from dom_engine.domain.columns import I8, I32, I64, Flags
from solvers.jit import kernel

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
    # Columns taken out of their tuples once: each access inside the loop would count a reference, ten times the work.
    rule_of, allows, calls, country_of, prefix_of = rules.rule, rules.allows, rules.calls, rules.country, rules.prefix
    group_ptr, keys, lane_ptr, lane = index.group_ptr, index.key, index.lane_ptr, index.lane
    from_m, to_m, shorter = index.from_m, index.to_m, index.shorter
    num_services, num_cells, num_prefixes = allows.shape[1], index.num_nodes + 1, len(shorter)
    num = 0
    for pair in range(len(order)):
        o, n, length_m = order[pair], node[pair], distance_m[pair]
        ptr[pair] = num
        codes[num] = n
        num += 1
        if length_m > max_distance_m[n]:
            continue
        rule, country = rule_of[o], country_of[o]
        for service in range(num_services):
            if allows[rule, service] == SERVICE_CLOSED or not calls[service, n]:
                continue
            found = -1
            # From the most specific names to the least: the node, then the country, then ever shorter prefixes.
            for level in range(4):
                if found >= 0 or (country < 0 and level % 2 == 0):
                    continue
                cell = service * num_cells + (n + 1 if level < 2 else 0)
                first, last = group_ptr[cell], group_ptr[cell + 1]
                prefix = prefix_of[o] if first < last else -1
                while prefix >= 0 and found < 0:
                    key = (0 if level % 2 else country + 1) * num_prefixes + prefix
                    group, high = first, last
                    while group < high:
                        middle = (group + high) // 2
                        if keys[middle] < key:
                            group = middle + 1
                        else:
                            high = middle
                    if group < last and keys[group] == key:
                        for k in range(lane_ptr[group], lane_ptr[group + 1]):
                            if from_m[k] <= length_m < to_m[k]:
                                found = lane[k]
                                break
                    prefix = shorter[prefix]
            if found >= 0:
                codes[num] = 2 * found + (allows[rule, service] == SERVICE_UNPREFERRED)
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
