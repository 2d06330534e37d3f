"""Warm-up: a worker solves a tiny scenario before it takes requests, for kernels to be compiled and packages loaded."""

from __future__ import annotations

import logging

from google.rpc.status_pb2 import Status

from dom_engine.errors import InternalError
from dom_engine.formulation import build_model
from dom_engine.scenario.build import build_problem
from dom_engine.service.answer import answer
from dom_engine.service.frames import Ask
from dom_engine.service.job import Job
from dom_engine.v1.optimizer_pb2 import OptimizeRequest
from dom_engine.v1.problem_pb2 import (
    CarrierService,
    Duty,
    Incoterm,
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
from dom_engine.wire import raw_scenario
from solvers.listed import rehearse

log = logging.getLogger(__name__)


def warm_up() -> None:
    """Answer a request that needs a bit of everything.

    Raises
    ------
    InternalError
        When it has no answer: a worker that cannot solve this can solve nothing.
    """
    job = Job()
    outcome = answer(Ask.OPTIMIZE, OptimizeRequest(scenario=warming_scenario()).SerializeToString(), job)
    if isinstance(outcome, Status):
        raise InternalError(f"the warm-up failed: {outcome.message}")
    # The tiny scenario is too small for the steps that only batches of many orders take.
    rehearse(build_model(build_problem(raw_scenario(tiny_scenario()))).model)
    log.info("warm after %.1f s", job.elapsed_s)


def warming_scenario() -> Scenario:
    """The tiny scenario, and an order that stock could serve in more ways than are listed: other kernels' work."""
    scenario = tiny_scenario()
    for item in ("X", "Y"):
        scenario.items.append(Item(item=item, weight_kg="0.3"))
        scenario.inventory.append(InventoryPosition(node="north", item=item, quantity=99))
        scenario.order_lines.append(OrderLine(order="bulk", line=item, item=item, quantity=99))
    scenario.orders.append(Order(order="bulk", lat="50.1", lon="8.7"))
    return scenario


def tiny_scenario() -> Scenario:
    """A few orders compete for the stock of two nodes: scarcity, splits, duties and a choice of node, in a few rows."""
    return Scenario(
        name="warm-up",
        now="2025-11-24T09:00:00Z",
        horizon_h="48",
        # To compile takes minutes, once on a machine, and no limit may cut it short; at a gap of 0 no step is skipped.
        solve=SolveSettings(time_limit_s="86400", gap="0"),
        nodes=[
            Node(node="north", country="DK", lat="55.7", lon="12.6", shipment_cost="1"),
            Node(node="south", country="DE", lat="48.1", lon="11.6", unit_cost="0.2"),
        ],
        items=[
            Item(item="A", weight_kg="1.5", value="20", hs_code="8516", origin="CN"),
            Item(item="B", weight_kg="0.2", volume_l="4"),
        ],
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
        duties=[Duty(origin="CN", destination="DE", hs_prefix="85", pct="3")],
        orders=[
            *(Order(order=str(number), lat="50.1", lon="8.7") for number in range(3)),
            Order(order="choosy", lat="50.1", lon="8.7", country="DE", incoterm=Incoterm.INCOTERM_DDP, nodes=["south"]),
            Order(order="large", lat="50.1", lon="8.7"),
        ],
        order_lines=[
            *(OrderLine(order=str(number), line=item, item=item, quantity=2) for number in range(3) for item in "AB"),
            OrderLine(order="choosy", line="A", item="A", quantity=1, exclude_nodes=["north"]),
            # More than there is.
            *(OrderLine(order="large", line=item, item=item, quantity=99) for item in "AB"),
        ],
    )
