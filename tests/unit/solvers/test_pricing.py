"""Pricing on cases small enough to see through, and on the largest ones that must still be exact."""

from __future__ import annotations

import numpy as np
import pytest

from solvers.judging import recost, unserved
from solvers.model import JUDGE_EX_WORKS, UNLIMITED, Prices, SourcingModel, frozen
from solvers.pricing import Priced, price_orders
from solvers.pricing_near import enumerate_near
from tests.unit.solvers.batches import hand_model, ordinary_model
from tests.unit.solvers.models import DAY_S, MONEY, NOW_S

ORDER = np.zeros(1, np.int32)


def price(model: SourcingModel, prices: Prices | None = None, **limits: int) -> Priced:
    return price_orders(model, prices or Prices.zero(model), ORDER, work_limit=0, **limits)


def test_the_nearer_node_gives_what_it_has_and_the_other_the_rest() -> None:
    priced = price(hand_model())
    # 2 units: 5 + 2 + 1 + 0.5; 1 unit: 5 + 1 + 1 + 0.25; a split of 1.
    assert priced.value.tolist() == [16.75 * MONEY]
    assert priced.exact.all()
    assert sorted(priced.patterns.draw.tolist()) == [1, 2]


def test_a_price_on_stock_moves_units_and_a_high_one_leaves_them_out() -> None:
    model = hand_model()
    dear = Prices(np.array([20.0 * MONEY, 0, 0, 0]), np.zeros(2), 0.0)
    assert dict(zip(*_draws(price(model, dear)), strict=True)) == {0: 1, 1: 2}
    prohibitive = Prices(np.full(4, 100.0 * MONEY), np.zeros(2), 0.0)
    assert price(model, prohibitive).value.tolist() == [150 * MONEY]


def _draws(priced: Priced) -> tuple[list[int], list[int]]:
    return priced.patterns.draw_row.tolist(), priced.patterns.draw.tolist()


def test_an_activation_price_is_paid_once_per_node() -> None:
    model = hand_model()
    prices = Prices(np.zeros(4), np.array([0.0, 40.0 * MONEY]), 0.0)
    priced = price(model, prices)
    # The second node costs 40 to use and 7.25 + 1 to ship one unit; leaving the unit out costs 50.
    assert priced.value.tolist() == [8.5 * MONEY + 48.25 * MONEY]
    much = Prices(np.zeros(4), np.array([0.0, 42.0 * MONEY]), 0.0)
    assert price(model, much).value.tolist() == [8.5 * MONEY + 50 * MONEY]


def test_no_orders_at_all() -> None:
    model = hand_model()
    priced = price_orders(model, Prices.zero(model), np.zeros(0, np.int32), work_limit=0)
    assert len(priced.value) == 0
    assert priced.patterns.num_patterns == 0
    near = enumerate_near(model, Prices.zero(model), np.zeros(0, np.int32), np.zeros(0), max_patterns=9, work_limit=9)
    assert near.patterns.num_patterns == 0


def test_what_is_left_of_rows_bounds_the_pattern() -> None:
    model = hand_model()
    priced = price(model, row_capacity=np.array([0, 2, 0, 0]))
    assert _draws(priced) == ([1], [2])


def test_two_shipments_of_one_node_share_its_capacity_row() -> None:
    """A shipment holds one unit, the dock takes one shipment in all: the relaxation makes two, the answer one."""
    model = hand_model()
    model = model._replace(
        services=model.services._replace(max_weight_g=np.full(1, 500)),
        offers=model.offers._replace(trip_ptr=np.array([0, 2, 3])),
        trips=model.trips._replace(
            departure=np.array([0, 1, 2], np.int32), arrival_s=NOW_S + DAY_S * np.array([2, 3, 3])
        ),
        departures=model.departures._replace(
            node=np.array([0, 0, 1], np.int32),
            service=np.zeros(3, np.int32),
            dispatch_s=NOW_S + DAY_S * np.array([1, 2, 2]),
            row_ptr=np.array([0, 1, 2, 2]),
            row=np.array([4, 4], np.int32),
        ),
        rows=model.rows._replace(
            **{
                name: np.append(getattr(model.rows, name), value).astype(getattr(model.rows, name).dtype)
                for name, value in zip(model.rows._fields, (0, 0, 1, 1, 0, 1, 0, 0, 0), strict=True)
            }
        ),
    )
    priced = price(model)
    assert priced.exact.all()
    assert dict(zip(*_draws(priced), strict=True)) == {0: 1, 1: 1, 4: 1}
    near = enumerate_near(model, Prices.zero(model), ORDER, np.full(1, 1e9), max_patterns=99, work_limit=10**6)
    assert near.complete.all()
    assert near.patterns.num_patterns == 4  # nothing, one from either node, one from both


def test_ready_units_decide_what_is_late_at_the_gate() -> None:
    """Ex works, one unit is ready in time and one a day after the latest: two in one shipment make it late."""
    model = hand_model()
    late = model._replace(
        orders=model.orders._replace(judge=np.full(1, JUDGE_EX_WORKS, np.int8), earliest_s=np.full(1, NOW_S)),
        lines=model.lines._replace(latest_s=np.full(1, NOW_S + DAY_S), quantity=np.full(1, 2)),
        positions=model.positions._replace(
            node=np.zeros(2, np.int32), ready_s=np.array([NOW_S, NOW_S + 3 * DAY_S // 2])
        ),
        departures=model.departures._replace(dispatch_s=NOW_S + DAY_S * np.array([2, 3])),
        candidates=model.candidates._replace(source_ptr=np.array([0, 2, 2])),
        rows=model.rows._replace(limit=np.array([1, 1, 0, 0])),
    )
    # 5 + 2 + 1 + 0.5 and one day late at 3.
    assert price(late).value.tolist() == [11.5 * MONEY]
    hard = late._replace(orders=late.orders._replace(hard_window=np.ones(1, np.bool_)))
    assert price(hard).value.tolist() == [(5 + 1 + 1 + 0.25 + 50) * MONEY]


LIMITS = [(12, 1), (6, 3), (4, 7), (2, 63), (1, 4_095)]


@pytest.mark.parametrize(("lines", "quantity"), LIMITS, ids=[f"{n} lines of {q}" for n, q in LIMITS])
@pytest.mark.parametrize("limited", [False, True], ids=["free", "limited"])
def test_the_largest_orders_that_must_be_exact(lines: int, quantity: int, limited: bool) -> None:
    """Sixty trips over six nodes; limited: what a shipment carries, how many there may be, and the stock."""
    model = ordinary_model(5, 1, num_trips=10)
    model = _with_lines(model, lines, quantity)
    if limited:
        units = lines * quantity
        weight_g = int(model.items.weight_g[model.lines.item].mean() * units / 4)
        model = model._replace(
            orders=model.orders._replace(max_shipments=np.full(1, 3)),
            services=model.services._replace(max_weight_g=np.full(2, max(3_000, weight_g))),
        )
    row = np.random.default_rng(lines).random(model.num_rows) * MONEY
    prices = Prices(row, np.zeros(len(model.candidates.order)), 0.0)
    priced = price(model, prices)
    assert priced.exact.all()
    assert 0 < priced.work[0] < 2_000_000_000
    assert priced.value[0] < unserved(model).cost[0]
    assert recost(model, priced.patterns).cost.tolist() == priced.patterns.cost.tolist()


def _with_lines(model: SourcingModel, lines: int, quantity: int) -> SourcingModel:
    """The one order of a model given ``lines`` lines of ``quantity``, from whatever its six nodes stock."""
    item = np.arange(lines, dtype=np.int32)
    nodes = model.candidates.node
    sources, lengths = [], []
    for node in nodes.tolist():
        at = len(sources)
        for line in range(lines):
            here = (model.positions.node == node) & (model.positions.item == item[line])
            sources += [(line, int(p)) for p in np.flatnonzero(here)]
        lengths.append(len(sources) - at)
    line, position = zip(*sources, strict=True)
    column = np.zeros(lines, np.int64)
    limit = model.rows.limit.copy()
    limit[: model.num_positions] = max(2, lines * quantity // 3)
    return model._replace(
        orders=model.orders._replace(line_ptr=np.array([0, lines])),
        lines=model.lines._replace(
            item=item,
            quantity=column + quantity,
            pack=column + 1,
            unsplit=column.astype(np.bool_),
            group=np.full(lines, -1, np.int32),
            unit_price_micros=column + 20 * MONEY,
            latest_s=column + UNLIMITED,
            unmet_cost=column + 100 * MONEY,
            fill_weight=column + MONEY,
            substitute_cost=column,
        ),
        candidates=model.candidates._replace(source_ptr=np.cumsum([0, *lengths])),
        sources=model.sources._replace(
            line=np.array(line, np.int32), position=np.array(position, np.int32), duty_pct=np.zeros(len(line))
        ),
        rows=model.rows._replace(limit=limit),
    )


def either_item(quantity: int, first: int, second: int) -> SourcingModel:
    """A line that a heavier substitute may serve, too: two nodes hold so much of both; rates fall by weight."""
    model, free = hand_model(), np.zeros(3)
    nil, one = np.zeros(8, np.int64), np.ones(8, np.int64)
    positions, kinds = model.positions, np.array([0, 0, 1, 1], np.int32)
    return frozen(
        model._replace(
            lines=model.lines._replace(quantity=np.array([quantity]), substitute_cost=np.array([MONEY // 10])),
            items=model.items._replace(
                weight_g=np.array([500, 700]), volume_cm3=np.array([1_000, 1_500]), tag_class=np.zeros(2, np.int32)
            ),
            positions=positions._replace(
                node=kinds,
                item=np.array([0, 1, 0, 1], np.int32),
                ready_s=np.repeat(positions.ready_s, 2),
                expires_s=np.repeat(positions.expires_s, 2),
                unit_cost_micros=np.repeat(positions.unit_cost_micros, 2),
                work_s=np.repeat(positions.work_s, 2),
            ),
            rows=model.rows._replace(
                measure=-np.ones(8, np.int8),
                node=np.tile(kinds, 2),
                limit=np.array([first, second, first, second, 0, 0, 0, 0]),
                scale=one,
                open_cost=nil,
                open_max=one,
                overtime_limit=nil,
                overtime_cost=nil,
                unit_cost=nil,
            ),
            sources=model.sources._replace(
                line=np.zeros(4, np.int32), position=np.arange(4, dtype=np.int32), duty_pct=np.zeros(4)
            ),
            candidates=model.candidates._replace(source_ptr=np.array([0, 2, 4])),
            tariffs=model.tariffs._replace(
                ptr=np.array([0] * 5 + [3] * 6),
                weight_from_g=np.array([0, 200, 400]) * quantity,
                base=np.full(3, 5e6),
                per_kg=np.array([2e6, 1.7e6, 1.5e6]),
                per_unit=free,
                per_line=free,
                per_parcel=free,
                per_km=free,
                per_unit_km=free,
                per_kg_km=free,
                pct_of_value=free,
                minimum=free,
            ),
        )
    )


def cheapest_mix(quantity: int, first: int, second: int) -> int:
    """By trying every number of both items from both nodes, in integers."""
    own, other = (grid.ravel() for grid in np.meshgrid(np.arange(first + 1), np.arange(second + 1), indexing="ij"))
    grams, units = 500 * own + 700 * other, own + other
    per_g = np.where(grams >= 400 * quantity, 1_500, np.where(grams >= 200 * quantity, 1_700, 2_000))
    cost = np.where(units > 0, 6 * MONEY + grams * per_g + units * MONEY // 4 + other * MONEY // 10, 0)
    least = np.full(quantity + 1, np.iinfo(np.int64).max // 4)
    np.minimum.at(least, units[units <= quantity], cost[units <= quantity])
    best = quantity * 50 * MONEY
    for at in range(quantity + 1):
        for rest in range(quantity - at + 1):
            split = MONEY if at > 0 and rest > 0 else 0
            best = min(best, int(least[at] + least[rest]) + split + (quantity - at - rest) * 50 * MONEY)
    return best


@pytest.mark.parametrize(("quantity", "first", "second"), [(40, 13, 20), (500, 166, 250), (500, 250, 166)])
def test_hundreds_of_units_of_either_item_are_priced_exactly(quantity: int, first: int, second: int) -> None:
    """One line of up to 4,095 units is within the exact limits, whatever may serve it."""
    priced = price(either_item(quantity, first, second))
    assert priced.exact.all()
    assert priced.value.tolist() == [cheapest_mix(quantity, first, second)]
