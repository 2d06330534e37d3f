"""Warm-ups reach the kernels of large orders: what they miss is compiled within somebody's time limit."""

from __future__ import annotations

from typing import Any

import pytest

import solvers.pricing
from dom_engine.cli import shipped
from dom_engine.cli.warmup import _magnified, warm_up
from dom_engine.engine import solve
from dom_engine.scenario import load_scenario
from dom_engine.scenario.build import build_problem
from dom_engine.service.warmup import warming_scenario
from dom_engine.wire import raw_scenario


@pytest.fixture
def large_priced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Numbers of orders that the kernels of large orders were asked for."""
    asked: list[int] = []
    really = solvers.pricing.price_large

    def price_large(model: Any, prices: Any, capacity: Any, orders: Any, *limits: Any) -> Any:
        asked.append(len(orders))
        return really(model, prices, capacity, orders, *limits)

    monkeypatch.setattr(solvers.pricing, "price_large", price_large)
    return asked


def test_the_command_line_warms_them_where_a_batch_has_such_orders(large_priced: list[int]) -> None:
    warm_up(load_scenario(shipped.folder() / "quickstart"))
    assert not large_priced
    warm_up(_magnified())
    assert large_priced


def test_the_service_always_does(large_priced: list[int]) -> None:
    solve(build_problem(raw_scenario(warming_scenario())))
    assert large_priced
