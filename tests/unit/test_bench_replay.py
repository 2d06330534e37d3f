"""The replay benchmark on a tiny stream: all policies serve from the same stock, and hindsight's LP bounds them."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.bench_replay import Setting, fluid, make, policies
from dom_engine.importers.online_retail import read_network

ARRIVALS = 120


def test_no_policy_beats_the_lp_that_knows_the_stream(data_dir: Path, tmp_path: Path) -> None:
    for table in ("cities", "fulfillment_centers"):
        shutil.copy(data_dir / "us-network" / f"{table}_warmup.csv", tmp_path / f"{table}.csv")
    setting = Setting(small=True, items=8, most_items=3, types_per_size=2)
    instance = make(setting, read_network(tmp_path), ARRIVALS, 0, tmp_path / "scenario")
    model, stock = instance.model, instance.model.row_capacity()
    assert instance.rate.sum() == pytest.approx(1.0)
    stream = np.random.default_rng(0).choice(len(instance.rate), ARRIVALS, p=instance.rate)
    demand = np.bincount(stream, minlength=len(instance.rate)).astype(np.float64)
    plan, known = fluid(model, instance.rate * ARRIVALS, stock), fluid(model, demand, stock)
    assert known.use @ np.eye(len(demand))[known.pool.order] == pytest.approx(demand)
    costs = {name: replayed.cost for name, replayed in policies(instance, stream, plan)}
    assert len(costs) == 5
    assert min(costs.values()) >= known.value * (1 - 2e-4)
    assert costs["hindsight"] <= min(costs["nearest"], costs["pattern greedy"])
