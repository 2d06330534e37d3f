"""What rows answer to prices, by hand (section 9)."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from dom_engine.certificate.prices import RowPrices
from dom_engine.domain.rows import RowKind
from dom_engine.units import ALWAYS_S, NEVER_S
from tests import naive
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import Cells, table_of

MICROS = 1_000_000


def prices(
    *cells: Cells, activation_cost: str = "0", capacity: dict[str, str] | None = None, **weights: float
) -> RowPrices:
    """Two nodes with 10 and 4 mugs, the second with 1 of safety stock; capacities as asked for."""
    scenario = naive.Scenario(
        {"format": 1, "now": "2026-01-05T08:00:00Z", "weights": weights},
        {
            "nodes": [{"node": "a", "activation_cost": activation_cost}, {"node": "b"}],
            "items": [{"item": "mug", "weight_kg": "0.4"}],
            "inventory": [
                {"node": "a", "item": "mug", "quantity": "10"},
                {"node": "b", "item": "mug", "quantity": "4", "safety_stock": "1"},
            ],
            "services": [{"service": "truck"}],
            "lanes": [{"service": "truck", "rate": "r"}],
            "rates": [{"rate": "r", "base": "5"}],
            "capacities": [capacity] if capacity else [],
            "orders": [{"order": "o", "country": "US"}],
            "order_lines": [{"order": "o", "line": "1", "item": "mug", "quantity": "1"}],
        },
    )
    return RowPrices(Converter(naive.read_problem(scenario)).problem(), table_of(cells))


def stock(position: int, price: float, kind: RowKind = RowKind.STOCK) -> Cells:
    return kind, position, -1, -1, -1, ALWAYS_S, NEVER_S, 0, 0, round(price * MICROS)


def capacity_row(price: float) -> Cells:
    return RowKind.CAPACITY, -1, 0, -1, -1, ALWAYS_S, NEVER_S, 0, 0, round(price * MICROS)


def test_stock_answers_its_limit_times_its_price() -> None:
    # 10 at 2, 3 free at 1.5, 1 of safety stock at 4
    answer = prices(stock(0, 2), stock(1, 1.5), stock(1, 4, RowKind.SAFETY_STOCK)).answers()
    assert answer == -MICROS * (10 * 2 + Fraction(3 * 3, 2) + 4)


def test_the_limit_stated_with_a_stock_row_does_not_count() -> None:
    kind, position, *rest = stock(0, 2)
    assert prices((kind, position, *rest[:5], 999, 0, rest[-1])).answers() == -20 * MICROS


def test_loads_open_where_the_price_pays_for_them() -> None:
    capacity = {"node": "a", "measure": "kg", "limit": "50", "open_cost": "30", "open_max": "3"}
    # a load of 50 kg costs 30: at 0.50 a kg it earns 25, at 1.00 it earns 50
    assert prices(capacity_row(0.5), capacity=capacity).answers() == 0
    assert prices(capacity_row(1.0), capacity=capacity).answers() == 3 * (30 - 50) * MICROS
    assert prices(capacity_row(1.0), capacity=capacity, load=0.5).answers() == 3 * (15 - 50) * MICROS


def test_overtime_is_worth_what_the_price_exceeds_its_cost_by() -> None:
    capacity = {"node": "a", "measure": "work_h", "limit": "8", "overtime_limit": "2", "overtime_cost": "20"}
    # 8 h at 25, and 2 h at 25 - 20
    assert prices(capacity_row(25), capacity=capacity).answers() == -(8 * 25 + 2 * 5) * MICROS
    assert prices(capacity_row(15), capacity=capacity).answers() == -8 * 15 * MICROS
    assert prices(capacity_row(15), capacity=capacity, overtime=0.5).answers() == -(8 * 15 + 2 * 5) * MICROS


def test_a_node_opens_only_where_its_rows_and_orders_pay_for_it() -> None:
    # rows of node a take 20; opening costs 50: it stays shut, unless an order pays 31 to open it
    assert prices(stock(0, 2), activation_cost="50").answers() == 0
    pays = (RowKind.ACTIVATION, -1, -1, 0, 0, ALWAYS_S, NEVER_S, 1, 0, 31 * MICROS)
    assert prices(stock(0, 2), pays, activation_cost="50").answers() == -1 * MICROS
    assert prices(stock(0, 2), activation_cost="50", activation=0.1).answers() == (5 - 20) * MICROS


def test_a_capacity_of_no_node_answers_by_itself() -> None:
    capacity = {"service": "truck", "measure": "shipments", "limit": "7"}
    assert prices(capacity_row(3), activation_cost="50", capacity=capacity).answers() == -21 * MICROS


def test_the_fill_row_answers_the_units_it_says() -> None:
    fill = (RowKind.FILL, -1, -1, -1, -1, ALWAYS_S, NEVER_S, 2_500_000, 2_500_000, 8 * MICROS)
    assert prices(fill).answers() == -20 * MICROS


def test_charges_fall_on_dispatches_within_the_row() -> None:
    capacity = {"node": "a", "measure": "kg", "limit": "50"}
    kind, *where, _, _, limit, used, price = capacity_row(1.5)
    made = prices((kind, *where, 100, 200, limit, used, price), capacity=capacity)
    node, service, dispatch_s = np.array([0, 0, 0, 1]), np.zeros(4, np.int64), np.array([99, 100, 200, 150])
    # 1.50 a kg is 1,500 micros a gram; amounts are in thousandths of a micro, as prices of a gram are
    assert made.scale == 1_000
    assert made.charge_capacities(node, service, dispatch_s)[:, 0].tolist() == [0, 1_500_000, 0, 0]
