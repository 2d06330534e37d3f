"""Prices and results made without any solver: what the certificate and verify are tested on."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random

import numpy as np

from dom_engine.audit.evaluate import Auditor, evaluate
from dom_engine.audit.reasons import reasons
from dom_engine.certificate import certified_bound
from dom_engine.certificate.paid import order_costs
from dom_engine.certificate.sources import Pricing
from dom_engine.domain.plan import Plan
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Certificate, Fill, Result, status_of
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.domain.transport import Measure
from dom_engine.units import ALWAYS_S, NEVER_S
from tests import naive
from tests.naive.certificate import Prices, all_rows
from tests.naive.rows import Row, bounds
from tests.unit.audit.conversion import Converter

Cells = tuple[int, int, int, int, int, int, int, int, int, int]
NO_PRICES = Prices({}, {})


def random_prices(given: naive.Problem, rng: Random) -> Prices:
    """Prices of some rows, in cents: high enough to matter, most orders still being served."""

    def cents(most: int) -> Fraction:
        return Fraction(rng.randrange(1, most), 100)

    rows = {row: cents(3_000) for row in all_rows(given) if rng.random() < 0.6}
    activation = {
        (name, order.order): cents(2_000)
        for name, node in given.nodes.items()
        for order in given.orders
        if node.activation_cost_micros and rng.random() < 0.7
    }
    if not given.policy.fill_first:
        return Prices(rows, activation)
    return Prices(rows, activation, cents(5_000), Fraction(rng.randrange(4)))


def priced_rows(converter: Converter, prices: Prices) -> PricedRows:
    """The oracle's prices in the words of the domain, uses left at 0."""
    cells = [_row_cells(converter, row, int(price * 1_000_000)) for row, price in prices.rows.items()]
    for (node, order), price in prices.activation.items():
        where = converter.nodes[node], converter.orders[order]
        cells.append((RowKind.ACTIVATION, -1, -1, *where, ALWAYS_S, NEVER_S, 1, 0, int(price * 1_000_000)))
    if prices.fill_price:
        limit, price = int(prices.fill_limit * 1_000_000), int(prices.fill_price * 1_000_000)
        cells.append((RowKind.FILL, -1, -1, -1, -1, ALWAYS_S, NEVER_S, limit, 0, price))
    return table_of(cells)


def table_of(cells: Sequence[Cells]) -> PricedRows:
    """Rows in the order of the fields of ``PricedRows``."""
    table = np.array(cells, np.int64).reshape(-1, 10)
    return PricedRows(
        table[:, 0].astype(np.int8),
        *(table[:, column].astype(np.int32) for column in range(1, 5)),
        *(table[:, column].copy() for column in range(5, 10)),
    )


def _row_cells(converter: Converter, row: Row, price_micros: int) -> Cells:
    if row.capacity is None:
        kind = RowKind.STOCK if row.kind == "stock" else RowKind.SAFETY_STOCK
        position = converter.position_idx[row.key[1:]]
        return kind, position, -1, -1, -1, ALWAYS_S, NEVER_S, row.limit, 0, price_micros
    begin_s, end_s = bounds(converter.given, row)
    capacity = converter.given.capacities.index(row.capacity)
    begin_s, end_s = ALWAYS_S if begin_s is None else begin_s, NEVER_S if end_s is None else end_s
    return RowKind.CAPACITY, -1, capacity, -1, -1, begin_s, end_s, row.limit, 0, price_micros


def result_of(problem: Problem, plan: Plan, rows: PricedRows | None = None) -> Result:
    """Everything a result folder states of a feasible plan, its bound proven by these prices."""
    auditor = Auditor(problem)
    evaluation = evaluate(problem, plan, auditor)
    rows = _with_uses(
        auditor, table_of([]) if rows is None else rows, plan, evaluation.weighted_unallocated_micro_units
    )
    report = certified_bound(problem, rows, auditor)
    objective, fill = evaluation.objective_micros, evaluation.weighted_unallocated_micro_units
    bound = min(report.lower_bound_micros, objective)
    status = status_of(objective, bound, problem.solve.gap, fill_first=problem.policy.fill_first, fill_proven=fill == 0)
    return Result(
        problem=problem,
        plan=plan,
        evaluation=evaluation,
        reasons=reasons(problem, plan, auditor),
        certificate=Certificate(
            rows=rows,
            order_cost_micros=order_costs(Pricing(problem, rows, auditor), plan, evaluation),
            order_priced_minimum_micros=np.array([least // report.scale for least in report.order_minimum], np.int64),
            order_exact=report.exact,
            lower_bound_micros=report.lower_bound_micros,
        ),
        tree=None,
        fill=Fill(fill, 0),
        status=status,
        limit=None,
        lower_bound_micros=bound,
        bound_source="prices",
        method="test",
        seed=0,
        threads=1,
        work=0,
        counters={"work": 0},
        timings_s={"search": 0.25},
    )


def _with_uses(auditor: Auditor, rows: PricedRows, plan: Plan, fill: int) -> PricedRows:
    """The same rows with what the plan draws on them, and the fill it reaches as the limit of the fill row."""
    problem = auditor.problem
    cells: list[Cells] = []
    loads = auditor.loads(plan.shipments, plan.allocations)
    rides, shipments = plan.allocations, plan.shipments
    for row in range(len(rows)):
        kind, limit = RowKind(rows.kind[row]), int(rows.limit[row])
        if kind in (RowKind.STOCK, RowKind.SAFETY_STOCK):
            drawn = rides.position_idx == rows.position_idx[row]
            drawn &= rides.from_safety_stock == (kind is RowKind.SAFETY_STOCK)
            used = int(rides.quantity[drawn].sum())
        elif kind is RowKind.CAPACITY:
            capacity = int(rows.capacity_idx[row])
            node, service = (int(problem.capacities.node_idx[capacity]), int(problem.capacities.service_idx[capacity]))
            on = (shipments.dispatch_s >= rows.starts_s[row]) & (shipments.dispatch_s < rows.ends_s[row])
            on &= (node == -1) | (shipments.node_idx == node)
            on &= (service == -1) | (shipments.service_idx == service)
            used = int(loads.measured(Measure(problem.capacities.measure[capacity]))[on].sum())
        elif kind is RowKind.ACTIVATION:
            of_order = shipments.order_idx == rows.order_idx[row]
            used = int(bool((of_order & (shipments.node_idx == rows.node_idx[row])).any()))
        else:
            limit = used = fill
        indices = (int(rows.position_idx[row]), int(rows.capacity_idx[row]))
        ends = int(rows.node_idx[row]), int(rows.order_idx[row])
        period = int(rows.starts_s[row]), int(rows.ends_s[row])
        cells.append((kind, *indices, *ends, *period, limit, used, int(rows.price_micros[row])))
    return table_of(cells)
