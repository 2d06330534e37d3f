"""Costing patterns anew, held to the slow twin: every pattern of random small orders, its cost, fill and draws."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from solvers.judging import from_shipments
from solvers.model import Patterns, SourcingModel
from tests.naive_pricing import Pattern, TooLarge, patterns_of
from tests.unit.solvers.models import random_model


def columns_of(model: SourcingModel, patterns: list[Pattern]) -> Patterns:
    """The twin's patterns as columns, costed by the product."""
    ships = [shipment for pattern in patterns for shipment in pattern.shipments]
    pieces = [piece for shipment in ships for piece in shipment.load]
    return from_shipments(
        model,
        np.array([pattern.order for pattern in patterns], np.int32),
        np.cumsum([0, *[len(pattern.shipments) for pattern in patterns]], dtype=np.int64),
        np.array([shipment.candidate for shipment in ships], np.int32),
        np.array([shipment.trip for shipment in ships], np.int32),
        np.cumsum([0, *[len(shipment.load) for shipment in ships]], dtype=np.int64),
        np.array([source for source, _, _ in pieces], np.int32),
        np.array([safety for _, safety, _ in pieces], np.bool_),
        np.array([quantity for _, _, quantity in pieces], np.int64),
    )


@given(st.integers(0, 2**32))
def test_every_pattern_costs_and_draws_what_the_formulation_says(seed: int) -> None:
    model = random_model(seed, num_orders=1)
    try:
        naive = patterns_of(model, 0, most=500)
    except TooLarge:
        assume(False)
    columns = columns_of(model, naive)
    assert columns.cost.tolist() == [pattern.cost for pattern in naive]
    assert columns.fill.tolist() == [pattern.fill for pattern in naive]
    for k, pattern in enumerate(naive):
        of_k = slice(columns.draw_ptr[k], columns.draw_ptr[k + 1])
        assert list(zip(columns.draw_row[of_k], columns.draw[of_k], strict=True)) == list(pattern.draws)
