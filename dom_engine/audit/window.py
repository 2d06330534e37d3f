"""The instant that the window judges, for one shipment at a time (section 6)."""

from __future__ import annotations

from dom_engine.audit.network import DELIVERY, Network
from dom_engine.domain.trade import Delivery


def judged_s(network: Network, order: int, ride: tuple[int, int, int], lane: int, ready_s: int) -> int:
    """The instant judged when a shipment of the order takes a ride (node, service, dispatch) over a lane.

    Parameters
    ----------
    ready_s
        The latest ready instant aboard.
    """
    problem, (node, _, dispatch_s) = network.problem, ride
    orders, lanes = problem.orders, problem.lanes
    kind = DELIVERY[orders.incoterm[order], orders.named_place[order]]
    if problem.policy.judge_arrival or kind == Delivery.ARRIVAL:
        return network.clock.arrival_s(node, lane, dispatch_s)
    if kind == Delivery.EX_WORKS:
        return max(ready_s, min(int(orders.earliest_s[order]), dispatch_s))
    if kind == Delivery.DISPATCH:
        return dispatch_s
    after_pre_s = dispatch_s + int(lanes.pre_carriage_s[lane])
    return after_pre_s if kind == Delivery.AFTER_PRE_CARRIAGE else after_pre_s + int(lanes.export_s[lane])
