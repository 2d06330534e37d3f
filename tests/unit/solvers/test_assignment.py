"""Orders of one unit each: all patterns are listed, and one linear program proves the optimum of an assignment."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from solvers import model as m
from solvers.assignment import is_assignment, list_all
from solvers.portfolio import Settings, solve
from solvers.stop import Stop
from tests.naive_pricing import patterns_of
from tests.unit.solvers.batches import hand_model, ordinary_model
from tests.unit.solvers.models import pointers

UNITS_A_DAY = 2


def single_units(seed: int, num_orders: int = 60) -> m.SourcingModel:
    """The first line of each order, one unit of it; nodes give a unit or two a day, too few for all orders."""
    base = ordinary_model(seed, num_orders)
    first = base.orders.line_ptr[:-1]
    kept = np.isin(base.sources.line, first)
    candidate = np.repeat(np.arange(len(base.candidates.order)), np.diff(base.candidates.source_ptr))[kept]
    limit = base.rows.limit.copy()
    limit[2 * base.num_positions :] = np.random.default_rng(seed).integers(1, UNITS_A_DAY + 1, len(base.nodes[0]))
    lines = m.Lines._make(column[first] for column in base.lines)
    source_ptr = pointers(np.bincount(candidate, minlength=len(base.candidates.order)))
    return base._replace(
        orders=base.orders._replace(line_ptr=np.arange(num_orders + 1)),
        lines=lines._replace(quantity=np.ones(num_orders, np.int64)),
        candidates=base.candidates._replace(source_ptr=source_ptr),
        sources=m.Sources(base.candidates.order[candidate], base.sources.position[kept], base.sources.duty_pct[kept]),
        rows=base.rows._replace(limit=limit),
    )


def cheapest_assignment(model: m.SourcingModel) -> int:
    """By the Hungarian method over the units that nodes give, and leaving each order out."""
    pool, capacity = list_all(model), model.rows.limit[2 * model.num_positions :]
    of_node = np.repeat(np.arange(len(capacity)), capacity)
    dear = 10**15
    cost = np.full((model.num_orders, len(of_node) + model.num_orders), dear)
    for k in range(pool.num_patterns):
        if pool.ship_ptr[k + 1] == pool.ship_ptr[k]:
            cost[pool.order[k], len(of_node) + pool.order[k]] = pool.cost[k]
            continue
        columns = np.flatnonzero(of_node == model.candidates.node[pool.ship_cand[pool.ship_ptr[k]]])
        cost[pool.order[k], columns] = np.minimum(cost[pool.order[k], columns], pool.cost[k])
    return int(cost[linear_sum_assignment(cost)].sum())


def test_only_orders_of_one_unit_are_an_assignment() -> None:
    assert is_assignment(single_units(0))
    assert not is_assignment(hand_model())
    assert not is_assignment(ordinary_model(0, 5))


def test_all_patterns_are_listed() -> None:
    model = single_units(1, 8)
    listed = list_all(model)
    for order in range(8):
        naive = patterns_of(model, order)
        assert sorted(listed.cost[listed.order == order].tolist()) == sorted(pattern.cost for pattern in naive)


@pytest.mark.parametrize("seed", range(5))
def test_a_linear_program_proves_the_cheapest_assignment(seed: int) -> None:
    model = single_units(seed)
    phases: list[str] = []
    sequence = np.arange(model.num_orders, dtype=np.int32)
    settings = Settings(method="auto", gap=0.0, seed=0, threads=1, sequence=sequence)
    outcome = solve(model, settings, Stop(), lambda progress: phases.append(progress.phase))
    assert outcome.optimal
    assert outcome.objective == cheapest_assignment(model) == outcome.certificate.bound
    assert "assignment" in phases
    assert "pool" not in phases
