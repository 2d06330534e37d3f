"""Plans to start from and pins as requests state them, and what is told of them."""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa
from google.protobuf.message import Message

from dom_engine.domain.pins import Pin, PinLevel
from dom_engine.domain.problem import Problem
from dom_engine.domain.start import Begun, Start
from dom_engine.errors import MAX_FAULTS_SHOWN, Fault, InputError
from dom_engine.scenario.starts import ALLOCATION_COLUMNS, SHIPMENT_COLUMNS, Texts, stated_start
from dom_engine.v1 import optimizer_pb2, plan_pb2

START_PATH = "start"
_HEADER_ROWS = 2
"""What a fault in a result file counts before its first row."""


def start_of(problem: Problem, message: plan_pb2.Plan) -> Start:
    """A plan to start from: what of it the problem can say, and of whom it cannot.

    Raises
    ------
    InputError
        With every instant that is none, located as ``start.shipments[3].dispatch_at``.
    """
    faults: list[Fault] = []
    ships, loads = _texts(message.shipments, SHIPMENT_COLUMNS), _texts(message.allocations, ALLOCATION_COLUMNS)
    start = stated_start(problem, ships, loads, faults)
    if faults:
        raise InputError([located(fault, START_PATH) for fault in faults])
    return start


def located(fault: Fault, path: str) -> Fault:
    """A fault in a table of a result folder as one in the message that stood for it."""
    table = fault.file.removesuffix(".csv")
    where = f"{path}.{table}" if path else table
    place = f"{where}[{fault.row - _HEADER_ROWS}]" if fault.row >= _HEADER_ROWS else where
    return Fault(place, 0, fault.column, fault.code, fault.message)


def _texts(rows: Iterable[Message], columns: Iterable[str]) -> Texts:
    held = list(rows)
    return {name: pa.array([_text(getattr(row, name)) for row in held], pa.string()) for name in columns}


def _text(value: object) -> str:
    return ("false", "true")[value] if isinstance(value, bool) else str(value)


def pins_of(pins: Iterable[optimizer_pb2.Pin]) -> list[Pin]:
    """The pins of a request.

    Raises
    ------
    InputError
        With every level that is none, located as ``pins[3].level``.
    """
    known = {int(level): level for level in PinLevel}
    held = list(pins)
    bad = [at for at, pin in enumerate(held) if pin.level not in known]
    if bad:
        message = "must be LEVEL_ALL, LEVEL_QUANTITY or LEVEL_NODE"
        raise InputError([Fault(f"pins[{at}]", 0, "level", "UNKNOWN_CHOICE", message) for at in bad])
    return [Pin(pin.order, known[pin.level]) for pin in held]


def start_message(begun: Begun) -> optimizer_pb2.Start:
    """What was kept of a plan to start from."""
    return optimizer_pb2.Start(
        kept_orders=begun.kept_orders,
        objective_micros=begun.objective_micros,
        not_kept_orders=len(begun.not_kept),
        not_kept=[optimizer_pb2.NotKept(order=one.order, why=one.why) for one in begun.not_kept[:MAX_FAULTS_SHOWN]],
    )
