"""Results as messages: the tables of a result folder column by column, decimals as exact integers of a small unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dom_engine.domain.problem import Problem
from dom_engine.domain.result import Evaluation, Reasons, Result
from dom_engine.domain.settings import COST_TERMS
from dom_engine.scenario.results import result_tables
from dom_engine.scenario.results_format import RESULT_TABLES, Cells, Kind
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


def _rows(kind: type[Row], file: str, tables: Mapping[str, Iterable[Mapping[str, Cells]]]) -> list[Row]:
    fields = kind.DESCRIPTOR.fields_by_name
    rows: list[Row] = []
    for piece in tables[file]:
        names = [field_name(file, column) for column in piece]
        columns = [_values(cells, fields[name]) for name, cells in zip(names, piece.values(), strict=True)]
        rows += [kind(**dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)]
    return rows


@cache
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


def _values(cells: Cells, field: FieldDescriptor) -> list[Any]:
    values: list[Any] = cells.tolist()
    if field.enum_type is None:
        return values
    numbers = numbers_of(field.enum_type)
    return [numbers[word] for word in values]
