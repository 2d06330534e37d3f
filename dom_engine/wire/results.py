"""Results as messages: the tables of a result folder column by column, decimals as exact integers of a small unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dom_engine.domain.columns import I64
from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Reasons, Result
from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.results import result_tables
from dom_engine.scenario.results_format import RESULT_TABLES, Kind
from dom_engine.scenario.results_summary import summary
from dom_engine.v1.optimizer_pb2 import CertificateView, OptimizeResponse
from dom_engine.v1.plan_pb2 import (
    Allocation,
    Costs,
    Fill,
    Kpis,
    OrderBound,
    Plan,
    Price,
    Shipment,
    Summary,
    Unallocated,
)
from dom_engine.wire.starts import start_message
from dom_engine.wire.words import numbers_of

Row = TypeVar("Row", bound=Message)

DECIMALS = {Kind.MICROS: 6, Kind.THOUSANDTHS: 3, Kind.INTEGER: 0}
_SMALL_UNITS = {"_kg": "_g", "_km": "_m"}
AS_TEXT = frozenset({("prices.csv", "limit"), ("prices.csv", "used")})
"""Amounts whose unit depends on the row: no integer could say it."""


CERTIFICATE_FILES: Mapping[int, tuple[str, ...]] = {
    CertificateView.CERTIFICATE_VIEW_WHOLE: ("prices.csv", "order_bounds.csv"),
    CertificateView.CERTIFICATE_VIEW_PRICES: ("prices.csv",),
    CertificateView.CERTIFICATE_VIEW_NONE: (),
}
"""The tables of a certificate that a view of it shows."""

WHOLE = CertificateView.CERTIFICATE_VIEW_WHOLE


def answer_head(result: Result, request_id: str = "") -> OptimizeResponse:
    """The answer to a request without the rows of its tables."""
    return OptimizeResponse(
        request_id=request_id,
        problem_digest=result.problem.digest,
        summary=summary_message(summary(result)),
        start=None if result.begun is None else start_message(result.begun),
    )


def optimize_response(result: Result, request_id: str = "", view: CertificateView = WHOLE) -> OptimizeResponse:
    """The answer to a request: everything ``dom solve`` writes, of the certificate what the view shows."""
    tables, shown = result_tables(result), CERTIFICATE_FILES[view]
    response = answer_head(result, request_id)
    response.plan.CopyFrom(
        Plan(
            shipments=_rows(Shipment, "shipments.csv", tables),
            allocations=_rows(Allocation, "allocations.csv", tables),
            unallocated=_rows(Unallocated, "unallocated.csv", tables),
        )
    )
    if shown:
        response.certificate.SetInParent()
        response.certificate.prices.extend(_rows(Price, "prices.csv", tables))
    if "order_bounds.csv" in shown:
        response.certificate.order_bounds.extend(_rows(OrderBound, "order_bounds.csv", tables))
    return response


def unfillable_response(
    problem: Problem, why: Reasons, nothing: Evaluation, kept: Sequence[bool], request_id: str = ""
) -> OptimizeResponse:
    """What cannot be filled: of the reasons of a plan that ships nothing, and its evaluation, those that are kept."""
    rows = [row for row, keep in zip(unallocated_rows(problem, nothing, why), kept, strict=True) if keep]
    return OptimizeResponse(request_id=request_id, problem_digest=problem.digest, plan=Plan(unallocated=rows))


def unallocated_rows(problem: Problem, evaluation: Evaluation, why: Reasons) -> list[Unallocated]:
    """The order lines with units left out, and the reasons."""
    lines = problem.lines
    return [
        Unallocated(
            order=problem.orders.ids[int(lines.order_idx[line])].as_py(),
            line=lines.ids[line].as_py(),
            quantity=int(evaluation.unallocated[line]),
            unmet_micros=int(evaluation.unmet_micros[line]),
            reason=f"REASON_{reason.name}",
            detail=detail,
        )
        for line, reason, detail in zip(why.line_idx.tolist(), why.reason, why.detail, strict=True)
    ]


def summary_message(stated: Mapping[str, Any]) -> Summary:
    """``summary.json`` as a message; amounts as micros, null as absent."""
    message = Summary(
        fill=Fill(
            weighted_unallocated_micros=stated["fill"]["weighted_unallocated_micros"],
            lower_bound_micros=stated["fill"]["lower_bound_micros"],
        ),
        costs=costs_message(stated["costs_micros"]),
        raw_costs=costs_message(stated["raw_costs_micros"]),
        kpis=kpis_message(stated["kpis"]),
        timings_s=stated["timings_s"],
        versions=stated["versions"],
    )
    for field in Summary.DESCRIPTOR.fields:
        value = stated[field.name]
        if field.enum_type is not None:
            setattr(message, field.name, numbers_of(field.enum_type)[value or ""])
        elif field.message_type is None and value is not None:
            setattr(message, field.name, value)
    return message


def kpis_message(stated: Mapping[str, float | int]) -> Kpis:
    """Key figures as a message; amounts as micros alone."""
    return Kpis(**{name: value for name, value in stated.items() if name in Kpis.DESCRIPTOR.fields_by_name})  # type: ignore[arg-type]  # its types are the fields'


def costs_message(micros: Mapping[str, int]) -> Costs:
    """Money by term; terms that are not stated are 0."""
    return Costs(**{f"{term}_micros": micros.get(term, 0) for term in COST_TERMS})


def _rows(kind: type[Row], file: str, tables: Mapping[str, Iterable[Mapping[str, pa.Array]]]) -> list[Row]:
    fields = kind.DESCRIPTOR.fields_by_name
    rows: list[Row] = []
    for piece in tables[file]:
        if not len(next(iter(piece.values()))):
            continue
        columns = {}
        for column, cells in piece.items():
            name = field_name(file, column)
            columns[name] = _values(cells, RESULT_TABLES[file][column], fields[name])
        rows += [kind(**dict(zip(columns, row, strict=True))) for row in zip(*columns.values(), strict=True)]
    return rows


def field_name(file: str, column: str) -> str:
    """The field that carries a column: the column's name, and where the unit is smaller on the wire, that unit's."""
    kind = RESULT_TABLES[file][column]
    if (file, column) in AS_TEXT:
        return column
    if kind is Kind.MICROS:
        return f"{column}_micros"
    if kind is Kind.THOUSANDTHS:
        return column[:-3] + _SMALL_UNITS[column[-3:]]
    return column


def _values(cells: pa.StringArray, kind: Kind, field: FieldDescriptor) -> list[Any]:
    if field.enum_type is not None:
        numbers = numbers_of(field.enum_type)
        return [numbers[word] for word in cells.to_pylist()]
    if field.type == FieldDescriptor.TYPE_INT64:
        integers: list[int] = exact_integers(cells, DECIMALS[kind]).tolist()
        return integers
    texts: list[str] = cells.to_pylist()
    return [text == "true" for text in texts] if kind is Kind.FLAG else texts


def exact_integers(cells: pa.StringArray, decimals: int) -> I64:
    """Decimals as integers of their last place, int64[len(cells)]: ``12.500000`` with 6 is ``12_500_000``."""
    exact = pa.concat_arrays([cells.cast(pa.decimal128(38, decimals))])  # a copy that starts at its buffer's start
    words = np.frombuffer(exact.buffers()[1], np.int64, 2 * len(exact)) if len(exact) else np.zeros(0, np.int64)
    values: I64 = words[::2]
    return values
