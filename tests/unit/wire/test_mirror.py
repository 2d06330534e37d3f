"""The messages mirror the contract: a column or a word that one of them lacks is found here."""

from __future__ import annotations

from dataclasses import fields

import pytest
from google.api import field_behavior_pb2
from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from dom_engine.domain.settings import COST_TERMS, Policy, SolveSettings, Weights
from dom_engine.scenario.results_format import RESULT_TABLES
from dom_engine.scenario.schema import TABLES, Kind
from dom_engine.scenario.settings import PROBLEM_KEYS
from dom_engine.v1 import plan_pb2, problem_pb2
from dom_engine.wire.results import field_name
from dom_engine.wire.words import numbers_of, words_of

SCENARIO = problem_pb2.Scenario.DESCRIPTOR.fields_by_name
RESULT_MESSAGES = {
    "shipments.csv": plan_pb2.Shipment,
    "allocations.csv": plan_pb2.Allocation,
    "unallocated.csv": plan_pb2.Unallocated,
    "prices.csv": plan_pb2.Price,
    "order_bounds.csv": plan_pb2.OrderBound,
}
ENUMS = [*problem_pb2.DESCRIPTOR.enum_types_by_name.values(), *plan_pb2.DESCRIPTOR.enum_types_by_name.values()]


def test_a_scenario_has_every_table_and_key() -> None:
    assert set(SCENARIO) == {*PROBLEM_KEYS, *TABLES}


@pytest.mark.parametrize("table", TABLES)
def test_a_row_has_every_column_in_order(table: str) -> None:
    assert [field.name for field in SCENARIO[table].message_type.fields] == list(TABLES[table].columns)


@pytest.mark.parametrize("table", TABLES)
def test_a_field_holds_what_its_column_holds(table: str) -> None:
    for field in SCENARIO[table].message_type.fields:
        column = TABLES[table].columns[field.name]
        assert field.is_repeated == column.is_list, field.full_name
        if column.kind is Kind.INTEGER:
            assert (field.type, field.has_presence) == (FieldDescriptor.TYPE_INT64, True), field.full_name
        elif column.kind is Kind.FLAG:
            assert (field.type, field.has_presence) == (FieldDescriptor.TYPE_BOOL, True), field.full_name
        elif column.kind is Kind.CHOICE:
            assert set(numbers_of(field.enum_type)) == {"", *column.choices}, field.full_name
        else:
            assert (field.type, field.has_presence) == (FieldDescriptor.TYPE_STRING, False), field.full_name


@pytest.mark.parametrize("table", TABLES)
def test_required_columns_are_annotated_so(table: str) -> None:
    behavior = field_behavior_pb2.field_behavior
    for field in SCENARIO[table].message_type.fields:
        said = list(field.GetOptions().Extensions[behavior])
        required = TABLES[table].columns[field.name].required
        assert said == [field_behavior_pb2.REQUIRED if required else field_behavior_pb2.OPTIONAL], field.full_name


def test_settings_have_every_key() -> None:
    assert [field.name for field in SCENARIO["weights"].message_type.fields] == [f.name for f in fields(Weights)]
    assert [field.name for field in SCENARIO["solve"].message_type.fields] == [f.name for f in fields(SolveSettings)]
    inside = [f.name.removesuffix("_micros").replace("judge_arrival", "window_basis") for f in fields(Policy)]
    assert [field.name for field in SCENARIO["policy"].message_type.fields] == inside


@pytest.mark.parametrize("file", RESULT_TABLES)
def test_a_result_row_has_every_column_in_order(file: str) -> None:
    names = [field.name for field in RESULT_MESSAGES[file].DESCRIPTOR.fields]
    assert names == [field_name(file, column) for column in RESULT_TABLES[file]]


def test_costs_have_every_term() -> None:
    assert [field.name for field in plan_pb2.Costs.DESCRIPTOR.fields] == [f"{term}_micros" for term in COST_TERMS]


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.name)
def test_every_value_of_an_enumeration_is_a_word(enum: EnumDescriptor) -> None:
    assert set(words_of(enum)) == {value.number for value in enum.values}
