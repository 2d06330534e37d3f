"""Frames of any kind make the scenario that files would."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from dom_engine.client import scenario_of, table_of
from dom_engine.errors import InputError
from dom_engine.scenario.build import build_problem
from dom_engine.v1.plan_pb2 import Reason, Unallocated
from dom_engine.wire import raw_scenario

TABLES: dict[str, dict[str, list[Any]]] = {
    "nodes": {"node": ["n"]},
    "items": {"item": ["A"]},
    "inventory": {"node": ["n"], "item": ["A"], "quantity": [3]},
    "services": {"service": ["s"]},
    "lanes": {"service": ["s"], "rate": ["r"], "transit_days": [2]},
    "rates": {"rate": ["r"], "base": [4.5]},
    "orders": {"order": ["007"], "ship_together": [True]},
    "order_lines": {"order": ["007"], "line": ["1"], "item": ["A"], "quantity": [2]},
}
SETTINGS: dict[str, Any] = {"now": "2025-11-24T09:00:00Z", "policy": {"unmet_cost": 20, "fill_first": True}}


class Foreign:
    """A frame of a library that is not installed: it hands over an Arrow stream, its texts as views, as polars does."""

    def __init__(self, columns: dict[str, list[Any]]) -> None:
        table = pa.table(columns)
        views = [pa.string_view() if pa.types.is_string(field.type) else field.type for field in table.schema]
        self._table = table.cast(pa.schema(list(zip(table.column_names, views, strict=True))))

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        return self._table.__arrow_c_stream__(requested_schema)


@pytest.mark.parametrize("frame", [dict, pa.table, pd.DataFrame, Foreign])
def test_any_frame_will_do(frame: Any) -> None:
    scenario = scenario_of({name: frame(columns) for name, columns in TABLES.items()}, **SETTINGS)
    assert scenario.orders[0].order == "007"
    assert scenario.orders[0].ship_together is True
    assert scenario.rates[0].base == "4.5"
    assert scenario.policy.unmet_cost == "20"
    assert scenario.policy.fill_first is True
    problem = build_problem(raw_scenario(scenario))
    assert problem.lines.quantity.tolist() == [2]


def test_a_filtered_pandas_frame_keeps_its_columns_alone() -> None:
    nodes = pd.DataFrame({"node": ["a", "b", "c"]}).iloc[[0, 2]]
    scenario = scenario_of({**TABLES, "nodes": nodes}, **SETTINGS)
    assert [node.node for node in scenario.nodes] == ["a", "c"]


def test_a_fault_is_located() -> None:
    with pytest.raises(InputError) as caught:
        scenario_of({**TABLES, "nodes": {"nod": ["n"]}, "rates": {"rate": ["r"], "base": ["x"]}}, **SETTINGS)
    found = {(fault.file, fault.column, fault.code) for fault in caught.value.faults}
    assert {("nodes", "nod", "UNKNOWN_COLUMN"), ("rates", "base", "NOT_A_NUMBER")} <= found


def test_rows_of_an_answer_are_a_table() -> None:
    rows = [Unallocated(order="1", quantity=2, reason=Reason.REASON_NO_STOCK), Unallocated(order="2")]
    table = table_of(rows, Unallocated)
    assert table.column("order").to_pylist() == ["1", "2"]
    assert table.column("quantity").to_pylist() == [2, 0]
    assert table.column("reason").to_pylist() == ["REASON_NO_STOCK", "REASON_UNSPECIFIED"]
    assert table_of([], Unallocated).column_names == table.column_names
