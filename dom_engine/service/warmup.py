"""Warm-up: a worker solves a tiny scenario before it takes requests, for kernels to be compiled and packages loaded."""

from __future__ import annotations

import logging

from google.rpc.status_pb2 import Status

from dom_engine.errors import InternalError
from dom_engine.service.answer import Job, answer
from dom_engine.v1.optimizer_pb2 import OptimizeRequest
from dom_engine.v1.problem_pb2 import (
    CarrierService,
    InventoryPosition,
    Item,
    Lane,
    Node,
    Order,
    OrderLine,
    Rate,
    Scenario,
    SolveSettings,
)

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Answer a request that needs a bit of everything.

    Raises
    ------
    InternalError
        When it has no answer: a worker that cannot solve this can solve nothing.
    """
    job = Job()
    outcome = answer(OptimizeRequest(scenario=tiny_scenario()).SerializeToString(), job)
    if isinstance(outcome, Status):
        raise InternalError(f"the warm-up failed: {outcome.message}")
    log.info("warm after %.1f s", job.elapsed_s)


def tiny_scenario() -> Scenario:
    """Three orders compete for the stock of two nodes: scarcity, a split and a choice of node, in a few rows."""
    return Scenario(
        name="warm-up",
        now="2025-11-24T09:00:00Z",
        horizon_h="48",
        # To compile takes minutes, once on a machine, and no limit may cut it short.
        solve=SolveSettings(time_limit_s="86400"),
        nodes=[
            Node(node="north", lat="52.5", lon="13.4", shipment_cost="1"),
            Node(node="south", lat="48.1", lon="11.6", unit_cost="0.2"),
        ],
        items=[Item(item="A", weight_kg="1.5"), Item(item="B", weight_kg="0.2", volume_l="4")],
        inventory=[
            InventoryPosition(node="north", item="A", quantity=3),
            InventoryPosition(node="north", item="B", quantity=2),
            InventoryPosition(node="south", item="A", quantity=2),
            InventoryPosition(node="south", item="B", quantity=2),
        ],
        services=[CarrierService(service="ground", kg_per_m3="200")],
        lanes=[Lane(service="ground", rate="ground", transit_days=2)],
        rates=[
            Rate(rate="ground", base="4", per_kg="0.5", per_km="0.001"),
            Rate(rate="ground", weight_from_kg="5", base="6", per_kg="0.3", per_km="0.001"),
        ],
        orders=[Order(order=str(number), lat="50.1", lon="8.7") for number in range(3)],
        order_lines=[
            OrderLine(order=str(number), line=item, item=item, quantity=2) for number in range(3) for item in "AB"
        ],
    )
