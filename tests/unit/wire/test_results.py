"""An answer says what the result files say, amounts as exact integers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from google.protobuf.message import Message

from dom_engine.audit import evaluate, reasons
from dom_engine.domain.plan import Allocations, Plan, Shipments
from dom_engine.domain.result import Certificate, Fill, Limit, Result, Status
from dom_engine.domain.rows import PricedRows, RowKind
from dom_engine.scenario.load import load_scenario
from dom_engine.scenario.results import result_tables
from dom_engine.scenario.results_format import RESULT_TABLES, text_columns
from dom_engine.scenario.results_summary import summary
from dom_engine.units import ALWAYS_S, NEVER_S
from dom_engine.v1 import plan_pb2
from dom_engine.wire import optimize_response
from dom_engine.wire.results import field_name
from dom_engine.wire.words import words_of


@pytest.fixture(scope="module")
def result(repository: Path) -> Result:
    """One unit of the quickstart shipped from Newark, the rest left out: no good plan, but one to write down."""
    problem = load_scenario(repository / "scenarios" / "quickstart")
    i32, i64 = np.int32, np.int64
    newark = problem.nodes.ids.to_pylist().index("newark")
    position = int(np.flatnonzero(problem.positions.node_idx == newark)[0])
    line = int(np.flatnonzero(problem.lines.item_idx == problem.positions.item_idx[position])[0])
    plan = Plan(
        Shipments(
            problem.lines.order_idx[[line]].astype(i32),
            np.array([newark], i32),
            np.zeros(1, i32),
            np.array([problem.now_s + 3_600], i64),
        ),
        Allocations(
            np.zeros(1, i32),
            np.array([line], i32),
            np.array([position], i32),
            np.zeros(1, np.bool_),
            np.ones(1, i64),
        ),
    )
    rows = PricedRows(
        kind=np.array([RowKind.STOCK], np.int8),
        position_idx=np.array([position], i32),
        capacity_idx=np.array([-1], i32),
        node_idx=np.array([-1], i32),
        order_idx=np.array([-1], i32),
        starts_s=np.array([ALWAYS_S], i64),
        ends_s=np.array([NEVER_S], i64),
        limit=np.array([3], i64),
        used=np.array([1], i64),
        price_micros=np.array([1_250_001], i64),
    )
    num_orders = len(problem.orders)
    return Result(
        problem=problem,
        plan=plan,
        evaluation=evaluate(problem, plan),
        reasons=reasons(problem, plan),
        certificate=Certificate(
            rows=rows,
            order_cost_micros=np.arange(num_orders, dtype=i64) * 1_000_003,
            order_priced_minimum_micros=-np.arange(num_orders, dtype=i64),
            order_exact=np.arange(num_orders) % 2 == 0,
            lower_bound_micros=12_345_678,
        ),
        tree=None,
        fill=Fill(7_000_000, None),
        status=Status.FEASIBLE,
        limit=Limit.TIME,
        lower_bound_micros=12_345_679,
        bound_source="search",
        method="nearest",
        seed=3,
        threads=2,
        work=99,
        counters={"work": 99},
        timings_s={"search": 1.5},
    )


def as_cell(row: Message, file: str, column: str) -> str:
    """A field as the file writes its column."""
    name = field_name(file, column)
    value = getattr(row, name)
    enum = row.DESCRIPTOR.fields_by_name[name].enum_type
    if enum is not None:
        return words_of(enum)[value]
    if name != column:
        decimals = 6 if name.endswith("_micros") else 3
        return f"{Decimal(value).scaleb(-decimals):.{decimals}f}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_cell_of_the_files_is_in_the_answer(result: Result) -> None:
    response = optimize_response(result, "an id")
    answered: Mapping[str, list[Message]] = {
        "shipments.csv": list(response.plan.shipments),
        "allocations.csv": list(response.plan.allocations),
        "unallocated.csv": list(response.plan.unallocated),
        "prices.csv": list(response.certificate.prices),
        "order_bounds.csv": list(response.certificate.order_bounds),
    }
    for file, pieces in result_tables(result).items():
        written = [text_columns(RESULT_TABLES[file], piece) for piece in pieces]
        for column in RESULT_TABLES[file]:
            cells = [cell for piece in written for cell in piece[column].to_pylist()]
            assert [as_cell(row, file, column) for row in answered[file]] == cells != [], (file, column)
    assert (response.request_id, response.problem_digest) == ("an id", result.problem.digest)


def test_the_summary_is_the_files(result: Result) -> None:
    stated, message = summary(result), optimize_response(result).summary
    assert message.status == plan_pb2.Status.STATUS_FEASIBLE
    assert message.limit == plan_pb2.Limit.LIMIT_TIME
    assert message.bound_source == plan_pb2.BoundSource.BOUND_SOURCE_SEARCH
    for name in ("objective_micros", "lower_bound_micros", "certified_lower_bound_micros", "gap", "certified_gap"):
        assert getattr(message, name) == stated[name]
    for name in ("method", "seed", "threads", "work"):
        assert getattr(message, name) == stated[name]
    assert dict(message.timings_s) == stated["timings_s"]
    assert dict(message.versions) == stated["versions"]
    assert message.fill.weighted_unallocated_micros == 7_000_000
    assert not message.fill.HasField("lower_bound_micros")
    for field in message.kpis.DESCRIPTOR.fields:
        assert getattr(message.kpis, field.name) == stated["kpis"][field.name]
    for costs in ("costs", "raw_costs"):
        found = {field.name: getattr(getattr(message, costs), field.name) for field in message.costs.DESCRIPTOR.fields}
        assert found == {f"{term}_micros": micros for term, micros in stated[f"{costs}_micros"].items()}


def test_costs_sum_to_the_objective(result: Result) -> None:
    message = optimize_response(result).summary
    assert sum(micros for _, micros in message.costs.ListFields()) == message.objective_micros > 0


def test_negative_amounts_survive(result: Result) -> None:
    bounds = optimize_response(result).certificate.order_bounds
    assert [bound.priced_minimum_micros for bound in bounds] == [-n for n in range(len(bounds))]
