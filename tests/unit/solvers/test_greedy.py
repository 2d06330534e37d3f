"""Plans made without a search: what is kept of patterns priced apart, and what a run cut at once answers with."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.greedy import RULES, keep_fitting, unserved_at
from solvers.incumbent import shared_cost, usage_of
from solvers.model import Prices, SourcingModel, frozen
from solvers.portfolio import Settings, solve
from solvers.pricing import price_orders
from solvers.stop import Stop, StopReason
from tests.unit.solvers.models import PLAIN, random_model

ORDERS = 30


@pytest.fixture(scope="module")
def model() -> SourcingModel:
    """Orders whose cheapest patterns, taken together, sell stock twice."""
    return random_model(5, PLAIN, ORDERS)


def test_patterns_are_kept_in_sequence_while_rows_hold_them(model: SourcingModel) -> None:
    everyone = np.arange(ORDERS, dtype=np.int32)
    apart = price_orders(model, Prices.zero(model), everyone, work_limit=10**6).patterns
    assert (usage_of(model, apart) > model.row_capacity()).any()
    for sequence in (everyone, everyone[::-1].copy()):
        plan = keep_fitting(model, apart, sequence)
        assert plan.order.tolist() == everyone.tolist()
        assert shared_cost(model, plan, usage_of(model, plan)) is not None
        left, kept = model.row_capacity().astype(np.int64), []
        for order in sequence.tolist():
            at = slice(apart.draw_ptr[order], apart.draw_ptr[order + 1])
            if (apart.draw[at] <= left[apart.draw_row[at]]).all():
                left[apart.draw_row[at]] -= apart.draw[at]
                kept.append(order)
        assert np.flatnonzero(np.diff(plan.draw_ptr) > 0).tolist() == sorted(
            order for order in kept if apart.draw_ptr[order + 1] > apart.draw_ptr[order]
        )
        idle = unserved_at(model, everyone).cost
        assert plan.cost.tolist() == [apart.cost[k] if k in kept else idle[k] for k in range(ORDERS)]


def test_a_run_cut_after_its_first_pricing_still_serves(model: SourcingModel) -> None:
    everyone = np.arange(ORDERS, dtype=np.int32)
    outcome = solve(model, Settings("auto", 0.0, 0, 1, everyone), Stop(work_limit=1))
    assert outcome.reason is StopReason.WORK
    first = keep_fitting(model, price_orders(model, Prices.zero(model), everyone, work_limit=10**6).patterns, everyone)
    assert outcome.objective <= int(first.cost.sum()) < int(unserved_at(model, everyone).cost.sum())


@pytest.mark.parametrize("rule", RULES)
def test_where_fill_comes_first_a_rule_ships_though_leaving_out_costs_nothing(model: SourcingModel, rule: str) -> None:
    free = frozen(model._replace(lines=model.lines._replace(unmet_cost=np.zeros_like(model.lines.unmet_cost))))
    everyone = np.arange(ORDERS, dtype=np.int32)
    outcome = solve(free, Settings(rule, 0.0, 0, 1, everyone, fill_first=True), Stop())
    # Who comes first is served whole: nobody has drawn on anything yet.
    assert outcome.patterns.fill[0] == 0
    assert outcome.objective > 0
