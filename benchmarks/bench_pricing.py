"""Pricing: orders per second and core, and what the near-minimal patterns of an order cost to list.

Model: 1-5 lines of 1-6 units (mostly few), each order over 6 nodes by 1 or 10 trips (two services, five days of limited
capacity), no exotic rule; prices on half of the rows. ``candidates_per_s`` counts (order, node).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from solvers.model import Prices, SourcingModel
from solvers.pricing import price_orders
from solvers.pricing_near import enumerate_near
from tests.unit.solvers.batches import ordinary_model

NUM_ORDERS = 20_000
NUM_NODES = 6
THRESHOLD = 3_000_000.0


@pytest.fixture(scope="module", params=[1, 10], ids=["1-trip", "10-trips"])
def batch(request: pytest.FixtureRequest) -> tuple[SourcingModel, Prices]:
    model = ordinary_model(0, NUM_ORDERS, num_nodes=NUM_NODES, num_trips=request.param)
    rng = np.random.default_rng(1)
    row = np.where(rng.random(model.num_rows) < 0.5, rng.random(model.num_rows) * THRESHOLD, 0.0)
    return model, Prices(row, np.zeros(len(model.candidates.order)), 0.0)


def test_price_orders(batch: tuple[SourcingModel, Prices], benchmark: Any) -> None:
    model, prices = batch
    orders = np.arange(NUM_ORDERS, dtype=np.int32)
    price_orders(model, prices, orders[:10], work_limit=0)
    priced = benchmark(price_orders, model, prices, orders, work_limit=0)
    assert priced.exact.all()
    if benchmark.stats is not None:
        mean_s = benchmark.stats.stats.mean
        benchmark.extra_info["orders_per_s"] = round(NUM_ORDERS / mean_s)
        benchmark.extra_info["candidates_per_s"] = round(NUM_ORDERS * NUM_NODES / mean_s)


def test_enumerate_near(batch: tuple[SourcingModel, Prices], benchmark: Any) -> None:
    model, prices = batch
    orders = np.arange(2_000, dtype=np.int32)
    thresholds = np.full(len(orders), THRESHOLD)
    limits: dict[str, Any] = {"max_patterns": 10_000, "work_limit": 10_000_000}
    enumerate_near(model, prices, orders[:10], thresholds[:10], **limits)
    near = benchmark(enumerate_near, model, prices, orders, thresholds, **limits)
    assert near.complete.all()
    if benchmark.stats is not None:
        benchmark.extra_info["patterns_per_order"] = near.patterns.num_patterns / len(orders)
        benchmark.extra_info["patterns_per_s"] = round(near.patterns.num_patterns / benchmark.stats.stats.mean)
