"""Orders that pay by the unit, priced in closed form by the solver and by the certificate, against the oracle."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
from hypothesis import given

from dom_engine.certificate.byunit import price_by_unit
from dom_engine.certificate.options import LeafRules
from dom_engine.certificate.sources import Pricing, build_block
from dom_engine.formulation import build_model, prices_of
from solvers.linear import find_linear, price_linear
from solvers.model import Prices as ModelPrices
from solvers.patterns import priced_cost
from tests import naive
from tests.naive.certificate import Prices, priced_minimum
from tests.naive.patterns import enumerate_patterns
from tests.property.strategies import SEEDS
from tests.property.test_tree import signed
from tests.unit.audit.conversion import Converter
from tests.unit.certificate.made import priced_rows, random_prices


def location(rng: Random) -> naive.Scenario:
    """A few orders of one line, three nodes with room for some of their units, costs that rounding matters to."""
    nodes, orders = [f"N{k}" for k in range(3)], [f"O{k}" for k in range(2)]
    lanes, rates = [], []
    for node in nodes:
        for order in orders:
            lanes.append({"service": "std", "node": node, "postal_prefix": order, "rate": f"{node}-{order}"})
            cost = {"rate": f"{node}-{order}", "base": str(rng.choice((0, 0, 1.5)))}
            rates.append({**cost, "per_unit": f"{rng.randint(1, 4) + rng.choice((0, 1 / 3, 1 / 7)):.16f}"})
    tables = {
        "nodes": [{"node": node, "activation_cost": str(rng.choice((0, 3, 8)))} for node in nodes],
        "items": [{"item": "A"}],
        "inventory": [{"node": node, "item": "A", "quantity": str(rng.randint(1, 7))} for node in nodes],
        "capacities": [
            {"node": node, "measure": "units", "limit": str(rng.randint(1, 6))} for node in nodes if rng.random() < 0.6
        ],
        "services": [{"service": "std"}],
        "lanes": lanes,
        "rates": rates,
        "orders": [{"order": order, "postal_code": order} for order in orders],
        "order_lines": [
            {"order": order, "line": "1", "item": "A", "quantity": str(rng.randint(1, 8))} for order in orders
        ],
    }
    config = {"format": 1, "name": "location", "now": "2026-01-01T00:00:00Z", "horizon_h": 24}
    return naive.Scenario({**config, "policy": {"unmet_cost": rng.choice((2, 9))}}, tables)


@given(SEEDS)
def test_both_closed_forms_pay_what_the_oracle_pays(seed: int) -> None:
    rng = Random(seed)
    known = naive.read_problem(location(rng))
    converter = Converter(known)
    problem = converter.problem()
    prices = signed(random_prices(known, rng), rng)
    prices = Prices(prices.rows, {pair: abs(price) for pair, price in prices.activation.items()})
    rows = priced_rows(converter, prices)
    pricing = Pricing(problem, rows, signed=True)
    block = build_block(pricing, 0, len(problem.orders))
    formulation = build_model(problem)
    model = formulation.model
    stated = prices_of(formulation, rows)
    linear = find_linear(model)
    assert linear is not None
    assert linear.order.tolist() == list(range(len(problem.orders)))
    quick = price_linear(model, linear, stated.steering(model))
    paid = priced_cost(quick.patterns, stated.steering(model))
    for order in known.orders:
        at = converter.orders[order.order]
        patterns = enumerate_patterns(known, order, lambda _row: True)
        least = min(priced_minimum(known, pattern, prices) for pattern in patterns)
        closed = price_by_unit(pricing, block, at)
        assert closed is not None
        assert closed.minimum <= least * pricing.scale
        # Nodes may tie to the micro, and then a unit of each could spare a rounding.
        assert least * pricing.scale - closed.minimum <= len(known.nodes)
        assert not closed.exact or Fraction(closed.minimum, pricing.scale) == least
        assert quick.lower_bound[at] <= float(least) + 1e-3
        assert not quick.exact[at] or abs(paid[at] - float(least)) < 1e-3

        barred = rng.choice(sorted(known.nodes))
        allowed = [pattern for pattern in patterns if barred not in pattern.nodes]
        rules = LeafRules(without=frozenset({converter.nodes[barred]}))
        without = price_by_unit(pricing, block, at, rules)
        assert without is not None
        assert without.minimum <= min(priced_minimum(known, pattern, prices) for pattern in allowed) * pricing.scale


def test_most_orders_are_proven() -> None:
    exact = []
    for seed in range(40):
        model = build_model(Converter(naive.read_problem(location(Random(seed)))).problem()).model
        linear = find_linear(model)
        assert linear is not None
        row = np.rint(np.random.default_rng(seed).random(model.num_rows) * 1e6)
        exact += price_linear(model, linear, ModelPrices.zero(model)._replace(row=row)).exact.tolist()
    # Others make several shipments, and rounding leaves a micro open.
    assert np.mean(exact) > 0.7
