from dom_engine.v1 import plan_pb2 as _plan_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Explanation(_message.Message):
    __slots__ = ("order", "chosen", "best", "by_node", "unallocated", "counterfactuals")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CHOSEN_FIELD_NUMBER: _ClassVar[int]
    BEST_FIELD_NUMBER: _ClassVar[int]
    BY_NODE_FIELD_NUMBER: _ClassVar[int]
    UNALLOCATED_FIELD_NUMBER: _ClassVar[int]
    COUNTERFACTUALS_FIELD_NUMBER: _ClassVar[int]
    order: str
    chosen: Way
    best: Way
    by_node: _containers.RepeatedCompositeFieldContainer[Way]
    unallocated: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Unallocated]
    counterfactuals: _containers.RepeatedCompositeFieldContainer[Counterfactual]
    def __init__(self, order: _Optional[str] = ..., chosen: _Optional[_Union[Way, _Mapping]] = ..., best: _Optional[_Union[Way, _Mapping]] = ..., by_node: _Optional[_Iterable[_Union[Way, _Mapping]]] = ..., unallocated: _Optional[_Iterable[_Union[_plan_pb2.Unallocated, _Mapping]]] = ..., counterfactuals: _Optional[_Iterable[_Union[Counterfactual, _Mapping]]] = ...) -> None: ...

class Way(_message.Message):
    __slots__ = ("node", "shipments", "costs", "rows", "own_micros", "priced_micros", "served_units", "missing_units", "obstacle")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    ROWS_FIELD_NUMBER: _ClassVar[int]
    OWN_MICROS_FIELD_NUMBER: _ClassVar[int]
    PRICED_MICROS_FIELD_NUMBER: _ClassVar[int]
    SERVED_UNITS_FIELD_NUMBER: _ClassVar[int]
    MISSING_UNITS_FIELD_NUMBER: _ClassVar[int]
    OBSTACLE_FIELD_NUMBER: _ClassVar[int]
    node: str
    shipments: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Shipment]
    costs: _plan_pb2.Costs
    rows: _containers.RepeatedCompositeFieldContainer[RowShare]
    own_micros: int
    priced_micros: int
    served_units: int
    missing_units: int
    obstacle: str
    def __init__(self, node: _Optional[str] = ..., shipments: _Optional[_Iterable[_Union[_plan_pb2.Shipment, _Mapping]]] = ..., costs: _Optional[_Union[_plan_pb2.Costs, _Mapping]] = ..., rows: _Optional[_Iterable[_Union[RowShare, _Mapping]]] = ..., own_micros: _Optional[int] = ..., priced_micros: _Optional[int] = ..., served_units: _Optional[int] = ..., missing_units: _Optional[int] = ..., obstacle: _Optional[str] = ...) -> None: ...

class RowShare(_message.Message):
    __slots__ = ("label", "used", "price_micros", "paid_micros")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    PRICE_MICROS_FIELD_NUMBER: _ClassVar[int]
    PAID_MICROS_FIELD_NUMBER: _ClassVar[int]
    label: str
    used: int
    price_micros: int
    paid_micros: int
    def __init__(self, label: _Optional[str] = ..., used: _Optional[int] = ..., price_micros: _Optional[int] = ..., paid_micros: _Optional[int] = ...) -> None: ...

class Counterfactual(_message.Message):
    __slots__ = ("line", "change", "served_units", "short_units", "delta_micros")
    LINE_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SERVED_UNITS_FIELD_NUMBER: _ClassVar[int]
    SHORT_UNITS_FIELD_NUMBER: _ClassVar[int]
    DELTA_MICROS_FIELD_NUMBER: _ClassVar[int]
    line: str
    change: str
    served_units: int
    short_units: int
    delta_micros: int
    def __init__(self, line: _Optional[str] = ..., change: _Optional[str] = ..., served_units: _Optional[int] = ..., short_units: _Optional[int] = ..., delta_micros: _Optional[int] = ...) -> None: ...
