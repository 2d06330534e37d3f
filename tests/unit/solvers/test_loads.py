"""What one shipment costs, by mental arithmetic."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest

from solvers import model as m
from solvers.judging import from_shipments
from solvers.loads import billable_weight_g, half_even, judged_instant_s, num_parcels, weighted
from solvers.model import Patterns, SourcingModel
from tests.unit.solvers.batches import hand_model
from tests.unit.solvers.models import DAY_S, MONEY, NOW_S


def in_python(helper: Any) -> Any:
    """A helper that only kernels call, behind a kernel that Python can call."""

    @numba.njit
    def call(*values: Any) -> Any:
        return helper(*values)

    return call


def ship_one(model: SourcingModel, quantity: int = 2, candidate: int = 0, safety: int = 0) -> Patterns:
    """Order 0 served by one shipment from one node, ``safety`` of its units from safety stock."""
    parts = [(quantity - safety, False), (safety, True)]
    pieces = [(units, spare) for units, spare in parts if units]
    return from_shipments(
        model,
        np.zeros(1, np.int32),
        np.array([0, 1]),
        np.array([candidate], np.int32),
        np.array([candidate], np.int32),
        np.array([0, len(pieces)]),
        np.full(len(pieces), candidate, np.int32),
        np.array([spare for _, spare in pieces], np.bool_),
        np.array([units for units, _ in pieces]),
    )


def cost_of(model: SourcingModel, **how: Any) -> float:
    """Money that the shipment costs by itself."""
    pattern = ship_one(model, **how)
    left = int(model.lines.quantity[0]) - how.get("quantity", 2)
    return (int(pattern.cost[0]) - left * int(model.lines.unmet_cost[0])) / MONEY


def priced(stage: int, **columns: Any) -> SourcingModel:
    """The hand model with one more stage, of one row."""
    model = hand_model()
    ptr = np.array([0] * 5 + [1] * 6)
    ptr[stage + 1 :] += 1
    at = 0 if stage < 4 else 1
    names = [name for name in model.tariffs._fields if name != "ptr"]
    added = {name: np.insert(getattr(model.tariffs, name), at, columns.get(name, 0)) for name in names}
    return model._replace(tariffs=m.Tariffs(ptr=ptr, **added))


def test_freight_handling_and_the_units_left_out() -> None:
    model = hand_model()
    assert cost_of(model) == 5.0 + 2.0 * 1.0 + 1.0 + 2 * 0.25
    assert ship_one(model).fill.tolist() == [1_000_000]
    assert ship_one(model).draw_row.tolist() == [0]
    assert ship_one(model).draw.tolist() == [2]


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 0), (1.5, 2), (2.5, 2), (2.5000001, 3), (3.5, 4)])
def test_amounts_round_half_to_even(value: float, rounded: int) -> None:
    assert in_python(half_even)(value) == rounded


def test_a_weight_is_applied_to_the_rounded_amount_and_rounded_again() -> None:
    assert in_python(weighted)(5, 0.5) == 2
    assert in_python(weighted)(7, 0.5) == 4
    assert in_python(weighted)(7, 1.0) == 7


def test_billable_is_the_greater_weight_to_the_gram() -> None:
    assert in_python(billable_weight_g)(500, 1_000, 200.0) == 500
    assert in_python(billable_weight_g)(100, 1_000, 333.3) == 333
    assert in_python(billable_weight_g)(0, 500, 333.0) == 166  # 166.5: to the even gram


def test_parcels_hold_the_actual_weight() -> None:
    assert [in_python(num_parcels)(g, 1_000) for g in (0, 1, 1_000, 1_001, 5_000)] == [1, 1, 1, 2, 5]


def test_ties_of_decimal_rates_are_ties() -> None:
    """0.0000005 per kg on 1 kg is half a micro: to the even one, nothing."""
    for per_kg, expected in ((0.5, 0), (1.5, 2), (2.5, 2)):
        model = priced(0, per_kg=per_kg)
        assert round((cost_of(model) - cost_of(hand_model())) * MONEY) == expected


def test_the_highest_break_reached_is_charged_even_where_lighter_is_dearer() -> None:
    model = hand_model()
    tariffs = model.tariffs._replace(
        ptr=np.array([0] * 5 + [2] * 6),
        weight_from_g=np.array([0, 1_000]),
        **{name: np.repeat(getattr(model.tariffs, name), 2) for name in model.tariffs._fields[2:]},
    )
    tariffs.base[1], tariffs.per_kg[1] = 1e6, 0.0
    cheaper = model._replace(tariffs=tariffs)
    assert cost_of(cheaper, quantity=1) == 5.0 + 1.0 + 1.0 + 0.25
    assert cost_of(cheaper, quantity=2) == 1.0 + 1.0 + 0.5


def test_a_priced_stage_without_a_row_for_the_weight_makes_no_shipment_whoever_bears_it() -> None:
    for stage in (2, 6):
        model = priced(stage, weight_from_g=2_000)
        with pytest.raises(ValueError, match="breaks P6"):
            ship_one(model)


def test_clearance_costs_nothing_at_home_and_is_charged_abroad() -> None:
    model = priced(2, base=3e6)
    assert cost_of(model) == cost_of(hand_model())
    abroad = model._replace(candidates=model.candidates._replace(domestic=np.zeros(2, np.bool_)))
    assert cost_of(abroad) == cost_of(hand_model()) + 3.0


def test_insurance_is_a_share_of_a_tenth_more_than_the_value() -> None:
    model = priced(5, pct_of_value=1.0)
    assert cost_of(model) == pytest.approx(cost_of(hand_model()) + 20.0 * 1.1 * 0.01)


def test_what_the_buyer_bears_weighs_as_the_buyer_does() -> None:
    model = priced(6, base=4e6)
    orders = model.orders._replace(
        seller_stages=np.full(1, 1 << 4, np.int32), buyer_stages=np.full(1, 1 << 6, np.int32)
    )
    assert cost_of(model._replace(orders=orders)) == cost_of(hand_model())
    counted = model._replace(orders=orders, weights=model.weights._replace(buyer=0.5))
    assert cost_of(counted) == cost_of(hand_model()) + 2.0


def test_duties_are_one_amount_per_line() -> None:
    model = hand_model()
    abroad = model._replace(
        candidates=model.candidates._replace(domestic=np.zeros(2, np.bool_)),
        sources=model.sources._replace(duty_pct=np.full(2, 5.0)),
        orders=model.orders._replace(seller_duty=np.ones(1, np.bool_)),
    )
    assert cost_of(abroad) == cost_of(model) + 20.0 * 0.05


@pytest.mark.parametrize(("over_s", "days"), [(0, 0), (1, 1), (DAY_S, 1), (DAY_S + 1, 2)])
def test_days_late_are_counted_as_they_start(over_s: int, days: int) -> None:
    model = hand_model()
    late = model._replace(trips=model.trips._replace(arrival_s=model.lines.latest_s[0] + np.array([over_s, over_s])))
    assert cost_of(late) == cost_of(model) + 3.0 * days


def test_a_hard_window_takes_neither_late_nor_early() -> None:
    model = hand_model()
    hard = model.orders._replace(hard_window=np.ones(1, np.bool_))
    late = model._replace(orders=hard, trips=model.trips._replace(arrival_s=model.lines.latest_s[0] + np.array([1, 1])))
    early = model._replace(orders=hard._replace(earliest_s=model.trips.arrival_s[:1] + 1))
    for broken in (late, early):
        with pytest.raises(ValueError, match="breaks P7"):
            ship_one(broken)


def test_each_rule_judges_its_instant() -> None:
    instants = [in_python(judged_instant_s)(judge, 70, 50, 100, 3, 4, 900) for judge in range(5)]
    assert instants == [70, 100, 103, 107, 900]
    assert in_python(judged_instant_s)(m.JUDGE_EX_WORKS, 20, 50, 100, 0, 0, 0) == 50
    assert in_python(judged_instant_s)(m.JUDGE_EX_WORKS, 20, 150, 100, 0, 0, 0) == 100


def test_safety_stock_costs_by_the_unit_and_draws_its_own_row() -> None:
    model = hand_model()
    open_to = model._replace(orders=model.orders._replace(use_safety_stock=np.ones(1, np.bool_)))
    assert cost_of(open_to, quantity=2, safety=1) == cost_of(model) + 0.5
    assert ship_one(open_to, safety=1).draw_row.tolist() == [0, 2]


def test_carbon_is_billable_tonnes_times_km() -> None:
    model = hand_model()
    model = model._replace(
        services=model.services._replace(co2_g_per_tkm=np.full(1, 100.0)),
        weights=model.weights._replace(carbon_cost_per_kg_micros=10 * MONEY),
    )
    # 0.001 t over 100 km at 100 g: 10 g, at 10.00 per kg.
    assert cost_of(model) == pytest.approx(cost_of(hand_model()) + 0.1)


def test_instants_of_the_hand_model() -> None:
    """The figures above rest on these."""
    model = hand_model()
    assert (model.trips.arrival_s <= model.lines.latest_s[0]).all()
    assert (model.departures.dispatch_s > NOW_S).all()
    assert len(model.tariffs.ptr) == m.NUM_STAGES + 1
