"""Inverse optimisation over plans that are written down: against brute force, and what it says of its answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dom_engine.domain.settings import COST_TERMS
from dom_engine.weights.inverse import Solved, Weighing, fit

OWN: Mapping[str, float] = dict.fromkeys(COST_TERMS, 1.0)


def plan(**amounts: float) -> dict[str, int]:
    return {term: round(amounts.get(term, 0) * 1e6) for term in COST_TERMS}


def cost(raw: Mapping[str, int], weights: Weighing) -> int:
    return round(sum(raw[term] * float(weights.get(term, "1")) for term in COST_TERMS))


def solver(chosen: Mapping[str, int], plans: list[dict[str, int]]) -> tuple[list[Weighing], object]:
    asked: list[Weighing] = []

    def solve(weights: Weighing) -> Solved:
        asked.append(weights)
        best = min([*plans, dict(chosen)], key=lambda raw: cost(raw, weights))
        return Solved(cost(chosen, weights), cost(best, weights), cost(best, weights) - 1, best)

    return asked, solve


def test_a_plan_that_some_weights_choose_is_explained_by_the_nearest() -> None:
    # 30 more of freight were spent to save 4 of lateness: late must weigh at least 7.5.
    chosen = plan(freight=130)
    asked, solve = solver(chosen, [plan(freight=100, late=4)])
    found = fit(chosen, OWN, "freight", solve, 10)  # type: ignore[arg-type]
    assert len(asked) == 2
    assert found.converged
    assert found.best.regret_micros == 0
    assert {term: weight for term, weight in found.best.weights.items() if weight != "1"} == {"late": "7.5"}
    low, high = found.ranges["late"]
    assert low == pytest.approx(7.5, abs=1e-4)
    assert high == 1_000
    assert found.iterations[0].regret_micros == 26_000_000
    assert found.iterations[0].regret_at_most_micros == 26_000_001


def test_what_no_weights_explain_is_told_as_the_least_regret() -> None:
    chosen = plan(freight=110, late=2, split=1)
    plans = [plan(freight=100, late=2), plan(freight=90, late=6, split=1), plan(freight=120, late=1), plan(freight=150)]
    _, solve = solver(chosen, plans)
    found = fit(chosen, OWN, "freight", solve, 20)  # type: ignore[arg-type]
    grid = [
        max(0, *(cost(chosen, weights) - cost(raw, weights) for raw in plans))
        for late in range(400)
        for split in range(20)
        for weights in [{"late": str(late / 10), "split": str(split / 10)}]
    ]
    # The first alternative is better by 10 of freight and a split, whatever the weights.
    assert found.best.regret_micros == pytest.approx(10_000_000, abs=100)
    assert min(grid) == 10_000_000
    assert found.converged
    assert not found.best.explains
    assert found.best.weights["split"] == "0"


def test_a_run_that_is_cut_short_says_so() -> None:
    chosen = plan(freight=130)
    _, solve = solver(chosen, [plan(freight=100, late=4), plan(freight=120, late=1)])
    found = fit(chosen, OWN, "freight", solve, 1)  # type: ignore[arg-type]
    assert not found.converged
    assert found.best is found.iterations[0]
