"""One order at a time: the same answers as pricing a batch, and stock that is taken once."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.decide import Decider, take_from
from solvers.greedy import construct
from solvers.judging import recost
from solvers.model import Prices, SourcingModel, frozen
from solvers.patterns import concatenate
from solvers.pricing import price_orders
from solvers.stop import Stop
from tests.unit.solvers.batches import hand_model, ordinary_model
from tests.unit.solvers.models import MONEY


@pytest.fixture(scope="module")
def batch() -> SourcingModel:
    return frozen(ordinary_model(3, 400, num_trips=1))


def test_stock_decides_and_so_does_its_price() -> None:
    model = frozen(hand_model())
    decider, stock = Decider(model), model.row_capacity()
    free = decider.decide(0, Prices.zero(model), stock)
    # As in the batch's own test: two units from the nearer node, the third from the other.
    assert (free.pattern.cost.tolist(), free.priced_cost, free.exact) == ([16_750_000], 16.75 * MONEY, True)
    dear = Prices(np.array([20.0 * MONEY, 0, 0, 0]), np.zeros(2), 0.0)
    drawn = decider.decide(0, dear, stock).pattern
    assert dict(zip(drawn.draw_row.tolist(), drawn.draw.tolist(), strict=True)) == {0: 1, 1: 2}
    stock[0] = 0
    left = decider.decide(0, Prices.zero(model), stock).pattern
    assert dict(zip(left.draw_row.tolist(), left.draw.tolist(), strict=True)) == {1: 2}


def test_orders_in_turn_are_the_rule_of_first_come_first_served(batch: SourcingModel) -> None:
    decider, stock, zero = Decider(batch), batch.row_capacity(), Prices.zero(batch)
    patterns = []
    for order in range(batch.num_orders):
        patterns.append(decider.decide(order, zero, stock).pattern)
        take_from(stock, patterns[-1])
    walked = recost(batch, concatenate(patterns))
    sequence = np.arange(batch.num_orders, dtype=np.int32)
    rule = construct(batch, zero, sequence, Stop(), work_limit=0)
    assert walked.cost.tolist() == rule.cost.tolist()
    assert (stock >= 0).all()
    assert (stock < batch.row_capacity()).any()


def test_an_order_may_be_decided_again_and_leaves_the_stock_alone(batch: SourcingModel) -> None:
    decider, stock, zero = Decider(batch), batch.row_capacity(), Prices.zero(batch)
    before = stock.copy()
    first, other, again = (decider.decide(order, zero, stock).pattern for order in (0, 1, 0))
    assert all(one.tobytes() == two.tobytes() for one, two in zip(first, again, strict=True))
    assert other.order.tolist() == [1]
    assert stock.tolist() == before.tolist()


def test_an_order_too_large_for_the_states_takes_the_way_of_a_batch() -> None:
    model = hand_model()
    plenty = model.rows.limit + 10_000
    large = frozen(
        model._replace(lines=model.lines._replace(quantity=np.array([5_000])), rows=model.rows._replace(limit=plenty))
    )
    decided = Decider(large).decide(0, Prices.zero(large), large.row_capacity())
    priced = price_orders(large, Prices.zero(large), np.zeros(1, np.int32), work_limit=200_000)
    assert (decided.priced_cost, decided.exact) == (priced.value[0], priced.exact[0])
    assert decided.pattern.draw.sum() == 5_000


def test_stock_is_not_sold_twice() -> None:
    model = frozen(hand_model())
    stock = model.row_capacity()
    pattern = Decider(model).decide(0, Prices.zero(model), stock).pattern
    take_from(stock, pattern)
    before = stock.copy()
    with pytest.raises(ValueError, match="has less left"):
        take_from(stock, pattern)
    assert stock.tolist() == before.tolist()


def test_an_order_that_is_not_there_is_refused() -> None:
    model = frozen(hand_model())
    with pytest.raises(IndexError, match="order 1 is none of the model's 1"):
        Decider(model).decide(1, Prices.zero(model), model.row_capacity())
