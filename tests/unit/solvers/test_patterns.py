"""Patterns as columns: every rule refuses what breaks it, and choosing and joining lose nothing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from solvers.judging import from_shipments, recost, unserved
from solvers.model import Patterns, Prices, SourcingModel
from solvers.patterns import concatenate, priced_cost, take
from tests.unit.solvers.batches import hand_model
from tests.unit.solvers.models import DAY_S, MONEY, NOW_S

Ship = tuple[int, int, list[tuple[int, bool, int]]]
"""Candidate, trip, and pieces of (source, from safety stock, quantity)."""


def pattern(model: SourcingModel, *ships: Ship) -> Patterns:
    pieces = [piece for _, _, load in ships for piece in load]
    return from_shipments(
        model,
        np.zeros(1, np.int32),
        np.array([0, len(ships)]),
        np.array([candidate for candidate, _, _ in ships], np.int32),
        np.array([trip for _, trip, _ in ships], np.int32),
        np.cumsum([0, *[len(load) for _, _, load in ships]]),
        np.array([source for source, _, _ in pieces], np.int32),
        np.array([safety for _, safety, _ in pieces], np.bool_),
        np.array([quantity for _, _, quantity in pieces], np.int64),
    )


NEAR: Ship = (0, 0, [(0, False, 2)])
FAR: Ship = (1, 1, [(1, False, 1)])


def changed(table: str, **columns: object) -> Callable[[], SourcingModel]:
    def build() -> SourcingModel:
        model = hand_model()
        return model._replace(**{table: getattr(model, table)._replace(**columns)})

    return build


YES = np.ones(1, np.bool_)
BROKEN = {
    "a trip of another node": (1, hand_model, [(0, 1, [(0, False, 1)])]),
    "a trip twice": (1, hand_model, [(0, 0, [(0, False, 1)]), (0, 0, [(0, False, 1)])]),
    "too many shipments": (1, changed("orders", max_shipments=np.ones(1, np.int64)), [NEAR, FAR]),
    "more than was ordered": (2, hand_model, [NEAR, (1, 1, [(1, False, 2)])]),
    "a broken pack": (2, changed("lines", pack=np.full(1, 2)), [FAR]),
    "an empty shipment": (2, hand_model, [(0, 0, [])]),
    "a source of another node": (2, hand_model, [(0, 0, [(1, False, 1)])]),
    "a piece twice": (2, hand_model, [(0, 0, [(0, False, 1), (0, False, 1)])]),
    "part of an unsplit line": (3, changed("lines", unsplit=YES), [NEAR]),
    "part of a group": (3, changed("lines", group=np.zeros(1, np.int32)), [NEAR]),
    "an incomplete order": (4, changed("orders", ship_complete=YES), [NEAR]),
    "an order in two shipments": (4, changed("orders", ship_together=YES), [NEAR, FAR]),
    "safety stock closed to the order": (5, hand_model, [(0, 0, [(0, True, 1)])]),
    "units not ready": (5, changed("positions", ready_s=np.full(2, NOW_S + 2 * DAY_S)), [NEAR]),
    "units expired": (5, changed("positions", expires_s=np.full(2, NOW_S + DAY_S)), [NEAR]),
    "goods the service does not carry": (5, changed("services", carry=np.zeros((1, 1), np.bool_)), [NEAR]),
    "too much weight": (6, changed("services", max_weight_g=np.full(1, 999)), [NEAR]),
    "too little value": (6, changed("nodes", min_shipment_value_micros=np.full(2, 21 * MONEY)), [NEAR]),
    "more than there is": (8, changed("rows", limit=np.ones(4, np.int64)), [NEAR]),
}


@pytest.mark.parametrize(("rule", "build", "ships"), BROKEN.values(), ids=BROKEN.keys())
def test_what_breaks_a_rule_is_refused_by_its_number(
    rule: int, build: Callable[[], SourcingModel], ships: list[Ship]
) -> None:
    with pytest.raises(ValueError, match=f"pattern 0 of order 0 breaks P{rule}:"):
        pattern(build(), *ships)


def test_splits_are_paid_beyond_the_first_shipment() -> None:
    model = hand_model()
    both, alone = pattern(model, NEAR, FAR), [pattern(model, ship) for ship in (NEAR, FAR)]
    unmet, split = 50 * MONEY, MONEY
    assert both.cost[0] == sum(int(one.cost[0]) for one in alone) - 3 * unmet + split
    assert both.draw.tolist() == [2, 1]


def test_prices_are_paid_for_draws_nodes_and_fill() -> None:
    model = hand_model()
    prices = Prices(np.array([3.0, 5.0, 0.0, 0.0]), np.array([7.0, 11.0]), 0.001)
    both, none = pattern(model, NEAR, FAR), unserved(model)
    assert priced_cost(both, prices).tolist() == [both.cost[0] + 2 * 3 + 5 + 7 + 11]
    assert priced_cost(none, prices).tolist() == [150 * MONEY + 3_000_000 * 0.001]


def test_joining_and_choosing_keep_every_column() -> None:
    model = hand_model()
    parts = [unserved(model), pattern(model, NEAR, FAR), pattern(model, NEAR)]
    joined = concatenate(parts)
    back = take(joined, np.array([2, 0, 1, 1]))
    assert back.cost.tolist() == [int(parts[k].cost[0]) for k in (2, 0, 1, 1)]
    for one, other in zip(recost(model, back), back, strict=True):
        assert one.tolist() == other.tolist()
    assert take(joined, joined.fill == 0).num_patterns == 1
    assert take(joined, np.zeros(0, np.int64)).num_patterns == 0
