from dom_engine.v1 import problem_pb2 as _problem_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    STATUS_OPTIMAL: _ClassVar[Status]
    STATUS_FEASIBLE: _ClassVar[Status]

class Limit(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    LIMIT_UNSPECIFIED: _ClassVar[Limit]
    LIMIT_TIME: _ClassVar[Limit]
    LIMIT_WORK: _ClassVar[Limit]
    LIMIT_INTERRUPTED: _ClassVar[Limit]

class BoundSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BOUND_SOURCE_UNSPECIFIED: _ClassVar[BoundSource]
    BOUND_SOURCE_PRICES: _ClassVar[BoundSource]
    BOUND_SOURCE_SEARCH: _ClassVar[BoundSource]

class RowKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROW_KIND_UNSPECIFIED: _ClassVar[RowKind]
    ROW_KIND_STOCK: _ClassVar[RowKind]
    ROW_KIND_SAFETY_STOCK: _ClassVar[RowKind]
    ROW_KIND_CAPACITY: _ClassVar[RowKind]
    ROW_KIND_ACTIVATION: _ClassVar[RowKind]
    ROW_KIND_FILL: _ClassVar[RowKind]

class Reason(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REASON_UNSPECIFIED: _ClassVar[Reason]
    REASON_NODE_DISABLED: _ClassVar[Reason]
    REASON_NODE_EXCLUDED: _ClassVar[Reason]
    REASON_NO_STOCK: _ClassVar[Reason]
    REASON_SERVICE_EXCLUDED: _ClassVar[Reason]
    REASON_NO_LANE: _ClassVar[Reason]
    REASON_TOO_FAR: _ClassVar[Reason]
    REASON_INCOTERM_MODE: _ClassVar[Reason]
    REASON_CANNOT_CARRY: _ClassVar[Reason]
    REASON_NOT_READY: _ClassVar[Reason]
    REASON_WINDOW: _ClassVar[Reason]
    REASON_BELOW_MIN_VALUE: _ClassVar[Reason]
    REASON_MAX_SHIPMENTS: _ClassVar[Reason]
    REASON_LINE_RULE: _ClassVar[Reason]
    REASON_SHIP_TOGETHER: _ClassVar[Reason]
    REASON_SHIP_COMPLETE: _ClassVar[Reason]
    REASON_STOCK_TAKEN: _ClassVar[Reason]
    REASON_CAPACITY_FULL: _ClassVar[Reason]
    REASON_NOT_WORTH_IT: _ClassVar[Reason]
    REASON_SEARCH_LIMIT: _ClassVar[Reason]
STATUS_UNSPECIFIED: Status
STATUS_OPTIMAL: Status
STATUS_FEASIBLE: Status
LIMIT_UNSPECIFIED: Limit
LIMIT_TIME: Limit
LIMIT_WORK: Limit
LIMIT_INTERRUPTED: Limit
BOUND_SOURCE_UNSPECIFIED: BoundSource
BOUND_SOURCE_PRICES: BoundSource
BOUND_SOURCE_SEARCH: BoundSource
ROW_KIND_UNSPECIFIED: RowKind
ROW_KIND_STOCK: RowKind
ROW_KIND_SAFETY_STOCK: RowKind
ROW_KIND_CAPACITY: RowKind
ROW_KIND_ACTIVATION: RowKind
ROW_KIND_FILL: RowKind
REASON_UNSPECIFIED: Reason
REASON_NODE_DISABLED: Reason
REASON_NODE_EXCLUDED: Reason
REASON_NO_STOCK: Reason
REASON_SERVICE_EXCLUDED: Reason
REASON_NO_LANE: Reason
REASON_TOO_FAR: Reason
REASON_INCOTERM_MODE: Reason
REASON_CANNOT_CARRY: Reason
REASON_NOT_READY: Reason
REASON_WINDOW: Reason
REASON_BELOW_MIN_VALUE: Reason
REASON_MAX_SHIPMENTS: Reason
REASON_LINE_RULE: Reason
REASON_SHIP_TOGETHER: Reason
REASON_SHIP_COMPLETE: Reason
REASON_STOCK_TAKEN: Reason
REASON_CAPACITY_FULL: Reason
REASON_NOT_WORTH_IT: Reason
REASON_SEARCH_LIMIT: Reason

class Plan(_message.Message):
    __slots__ = ("shipments", "allocations", "unallocated")
    SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    ALLOCATIONS_FIELD_NUMBER: _ClassVar[int]
    UNALLOCATED_FIELD_NUMBER: _ClassVar[int]
    shipments: _containers.RepeatedCompositeFieldContainer[Shipment]
    allocations: _containers.RepeatedCompositeFieldContainer[Allocation]
    unallocated: _containers.RepeatedCompositeFieldContainer[Unallocated]
    def __init__(self, shipments: _Optional[_Iterable[_Union[Shipment, _Mapping]]] = ..., allocations: _Optional[_Iterable[_Union[Allocation, _Mapping]]] = ..., unallocated: _Optional[_Iterable[_Union[Unallocated, _Mapping]]] = ...) -> None: ...

class Shipment(_message.Message):
    __slots__ = ("shipment", "order", "node", "service", "dispatch_at", "delivery_at", "judged_at", "arrival_at", "units", "lines", "parcels", "weight_g", "billable_g", "distance_m", "co2_g", "days_late", "days_early", "freight_micros", "insurance_micros", "duty_micros", "buyer_micros", "handling_micros", "preference_micros", "late_micros", "early_micros", "carbon_micros", "safety_stock_micros", "substitution_micros", "total_micros")
    SHIPMENT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    DISPATCH_AT_FIELD_NUMBER: _ClassVar[int]
    DELIVERY_AT_FIELD_NUMBER: _ClassVar[int]
    JUDGED_AT_FIELD_NUMBER: _ClassVar[int]
    ARRIVAL_AT_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    PARCELS_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_G_FIELD_NUMBER: _ClassVar[int]
    BILLABLE_G_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_M_FIELD_NUMBER: _ClassVar[int]
    CO2_G_FIELD_NUMBER: _ClassVar[int]
    DAYS_LATE_FIELD_NUMBER: _ClassVar[int]
    DAYS_EARLY_FIELD_NUMBER: _ClassVar[int]
    FREIGHT_MICROS_FIELD_NUMBER: _ClassVar[int]
    INSURANCE_MICROS_FIELD_NUMBER: _ClassVar[int]
    DUTY_MICROS_FIELD_NUMBER: _ClassVar[int]
    BUYER_MICROS_FIELD_NUMBER: _ClassVar[int]
    HANDLING_MICROS_FIELD_NUMBER: _ClassVar[int]
    PREFERENCE_MICROS_FIELD_NUMBER: _ClassVar[int]
    LATE_MICROS_FIELD_NUMBER: _ClassVar[int]
    EARLY_MICROS_FIELD_NUMBER: _ClassVar[int]
    CARBON_MICROS_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_MICROS_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTION_MICROS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MICROS_FIELD_NUMBER: _ClassVar[int]
    shipment: str
    order: str
    node: str
    service: str
    dispatch_at: str
    delivery_at: str
    judged_at: str
    arrival_at: str
    units: int
    lines: int
    parcels: int
    weight_g: int
    billable_g: int
    distance_m: int
    co2_g: int
    days_late: int
    days_early: int
    freight_micros: int
    insurance_micros: int
    duty_micros: int
    buyer_micros: int
    handling_micros: int
    preference_micros: int
    late_micros: int
    early_micros: int
    carbon_micros: int
    safety_stock_micros: int
    substitution_micros: int
    total_micros: int
    def __init__(self, shipment: _Optional[str] = ..., order: _Optional[str] = ..., node: _Optional[str] = ..., service: _Optional[str] = ..., dispatch_at: _Optional[str] = ..., delivery_at: _Optional[str] = ..., judged_at: _Optional[str] = ..., arrival_at: _Optional[str] = ..., units: _Optional[int] = ..., lines: _Optional[int] = ..., parcels: _Optional[int] = ..., weight_g: _Optional[int] = ..., billable_g: _Optional[int] = ..., distance_m: _Optional[int] = ..., co2_g: _Optional[int] = ..., days_late: _Optional[int] = ..., days_early: _Optional[int] = ..., freight_micros: _Optional[int] = ..., insurance_micros: _Optional[int] = ..., duty_micros: _Optional[int] = ..., buyer_micros: _Optional[int] = ..., handling_micros: _Optional[int] = ..., preference_micros: _Optional[int] = ..., late_micros: _Optional[int] = ..., early_micros: _Optional[int] = ..., carbon_micros: _Optional[int] = ..., safety_stock_micros: _Optional[int] = ..., substitution_micros: _Optional[int] = ..., total_micros: _Optional[int] = ...) -> None: ...

class Allocation(_message.Message):
    __slots__ = ("shipment", "order", "line", "item", "quantity", "available_at", "lot", "pool", "from_safety_stock")
    SHIPMENT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_AT_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    FROM_SAFETY_STOCK_FIELD_NUMBER: _ClassVar[int]
    shipment: str
    order: str
    line: str
    item: str
    quantity: int
    available_at: str
    lot: str
    pool: str
    from_safety_stock: bool
    def __init__(self, shipment: _Optional[str] = ..., order: _Optional[str] = ..., line: _Optional[str] = ..., item: _Optional[str] = ..., quantity: _Optional[int] = ..., available_at: _Optional[str] = ..., lot: _Optional[str] = ..., pool: _Optional[str] = ..., from_safety_stock: _Optional[bool] = ...) -> None: ...

class Unallocated(_message.Message):
    __slots__ = ("order", "line", "quantity", "unmet_micros", "reason", "detail")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNMET_MICROS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    order: str
    line: str
    quantity: int
    unmet_micros: int
    reason: Reason
    detail: str
    def __init__(self, order: _Optional[str] = ..., line: _Optional[str] = ..., quantity: _Optional[int] = ..., unmet_micros: _Optional[int] = ..., reason: _Optional[_Union[Reason, str]] = ..., detail: _Optional[str] = ...) -> None: ...

class Summary(_message.Message):
    __slots__ = ("status", "limit", "objective_micros", "lower_bound_micros", "bound_source", "certified_lower_bound_micros", "gap", "certified_gap", "fill", "costs", "raw_costs", "kpis", "timings_s", "work", "method", "seed", "threads", "versions")
    class TimingsSEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    class VersionsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    STATUS_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_MICROS_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_MICROS_FIELD_NUMBER: _ClassVar[int]
    BOUND_SOURCE_FIELD_NUMBER: _ClassVar[int]
    CERTIFIED_LOWER_BOUND_MICROS_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    CERTIFIED_GAP_FIELD_NUMBER: _ClassVar[int]
    FILL_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    RAW_COSTS_FIELD_NUMBER: _ClassVar[int]
    KPIS_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_S_FIELD_NUMBER: _ClassVar[int]
    WORK_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    status: Status
    limit: Limit
    objective_micros: int
    lower_bound_micros: int
    bound_source: BoundSource
    certified_lower_bound_micros: int
    gap: float
    certified_gap: float
    fill: Fill
    costs: Costs
    raw_costs: Costs
    kpis: Kpis
    timings_s: _containers.ScalarMap[str, float]
    work: int
    method: str
    seed: int
    threads: int
    versions: _containers.ScalarMap[str, str]
    def __init__(self, status: _Optional[_Union[Status, str]] = ..., limit: _Optional[_Union[Limit, str]] = ..., objective_micros: _Optional[int] = ..., lower_bound_micros: _Optional[int] = ..., bound_source: _Optional[_Union[BoundSource, str]] = ..., certified_lower_bound_micros: _Optional[int] = ..., gap: _Optional[float] = ..., certified_gap: _Optional[float] = ..., fill: _Optional[_Union[Fill, _Mapping]] = ..., costs: _Optional[_Union[Costs, _Mapping]] = ..., raw_costs: _Optional[_Union[Costs, _Mapping]] = ..., kpis: _Optional[_Union[Kpis, _Mapping]] = ..., timings_s: _Optional[_Mapping[str, float]] = ..., work: _Optional[int] = ..., method: _Optional[str] = ..., seed: _Optional[int] = ..., threads: _Optional[int] = ..., versions: _Optional[_Mapping[str, str]] = ...) -> None: ...

class Fill(_message.Message):
    __slots__ = ("weighted_unallocated_micros", "lower_bound_micros")
    WEIGHTED_UNALLOCATED_MICROS_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_MICROS_FIELD_NUMBER: _ClassVar[int]
    weighted_unallocated_micros: int
    lower_bound_micros: int
    def __init__(self, weighted_unallocated_micros: _Optional[int] = ..., lower_bound_micros: _Optional[int] = ...) -> None: ...

class Costs(_message.Message):
    __slots__ = ("freight_micros", "insurance_micros", "duty_micros", "buyer_micros", "handling_micros", "preference_micros", "split_micros", "late_micros", "early_micros", "carbon_micros", "safety_stock_micros", "substitution_micros", "overtime_micros", "load_micros", "activation_micros", "unmet_micros")
    FREIGHT_MICROS_FIELD_NUMBER: _ClassVar[int]
    INSURANCE_MICROS_FIELD_NUMBER: _ClassVar[int]
    DUTY_MICROS_FIELD_NUMBER: _ClassVar[int]
    BUYER_MICROS_FIELD_NUMBER: _ClassVar[int]
    HANDLING_MICROS_FIELD_NUMBER: _ClassVar[int]
    PREFERENCE_MICROS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_MICROS_FIELD_NUMBER: _ClassVar[int]
    LATE_MICROS_FIELD_NUMBER: _ClassVar[int]
    EARLY_MICROS_FIELD_NUMBER: _ClassVar[int]
    CARBON_MICROS_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_MICROS_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTION_MICROS_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_MICROS_FIELD_NUMBER: _ClassVar[int]
    LOAD_MICROS_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_MICROS_FIELD_NUMBER: _ClassVar[int]
    UNMET_MICROS_FIELD_NUMBER: _ClassVar[int]
    freight_micros: int
    insurance_micros: int
    duty_micros: int
    buyer_micros: int
    handling_micros: int
    preference_micros: int
    split_micros: int
    late_micros: int
    early_micros: int
    carbon_micros: int
    safety_stock_micros: int
    substitution_micros: int
    overtime_micros: int
    load_micros: int
    activation_micros: int
    unmet_micros: int
    def __init__(self, freight_micros: _Optional[int] = ..., insurance_micros: _Optional[int] = ..., duty_micros: _Optional[int] = ..., buyer_micros: _Optional[int] = ..., handling_micros: _Optional[int] = ..., preference_micros: _Optional[int] = ..., split_micros: _Optional[int] = ..., late_micros: _Optional[int] = ..., early_micros: _Optional[int] = ..., carbon_micros: _Optional[int] = ..., safety_stock_micros: _Optional[int] = ..., substitution_micros: _Optional[int] = ..., overtime_micros: _Optional[int] = ..., load_micros: _Optional[int] = ..., activation_micros: _Optional[int] = ..., unmet_micros: _Optional[int] = ...) -> None: ...

class Kpis(_message.Message):
    __slots__ = ("orders", "lines", "units", "filled_units", "fill_rate", "complete_orders", "split_orders", "shipments", "parcels", "shipments_per_order", "on_time_shipments", "co2_kg", "cost_per_order_micros")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    LINES_FIELD_NUMBER: _ClassVar[int]
    UNITS_FIELD_NUMBER: _ClassVar[int]
    FILLED_UNITS_FIELD_NUMBER: _ClassVar[int]
    FILL_RATE_FIELD_NUMBER: _ClassVar[int]
    COMPLETE_ORDERS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_ORDERS_FIELD_NUMBER: _ClassVar[int]
    SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    PARCELS_FIELD_NUMBER: _ClassVar[int]
    SHIPMENTS_PER_ORDER_FIELD_NUMBER: _ClassVar[int]
    ON_TIME_SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    CO2_KG_FIELD_NUMBER: _ClassVar[int]
    COST_PER_ORDER_MICROS_FIELD_NUMBER: _ClassVar[int]
    orders: int
    lines: int
    units: int
    filled_units: int
    fill_rate: float
    complete_orders: int
    split_orders: int
    shipments: int
    parcels: int
    shipments_per_order: float
    on_time_shipments: int
    co2_kg: float
    cost_per_order_micros: int
    def __init__(self, orders: _Optional[int] = ..., lines: _Optional[int] = ..., units: _Optional[int] = ..., filled_units: _Optional[int] = ..., fill_rate: _Optional[float] = ..., complete_orders: _Optional[int] = ..., split_orders: _Optional[int] = ..., shipments: _Optional[int] = ..., parcels: _Optional[int] = ..., shipments_per_order: _Optional[float] = ..., on_time_shipments: _Optional[int] = ..., co2_kg: _Optional[float] = ..., cost_per_order_micros: _Optional[int] = ...) -> None: ...

class Certificate(_message.Message):
    __slots__ = ("prices", "order_bounds")
    PRICES_FIELD_NUMBER: _ClassVar[int]
    ORDER_BOUNDS_FIELD_NUMBER: _ClassVar[int]
    prices: _containers.RepeatedCompositeFieldContainer[Price]
    order_bounds: _containers.RepeatedCompositeFieldContainer[OrderBound]
    def __init__(self, prices: _Optional[_Iterable[_Union[Price, _Mapping]]] = ..., order_bounds: _Optional[_Iterable[_Union[OrderBound, _Mapping]]] = ...) -> None: ...

class Price(_message.Message):
    __slots__ = ("kind", "node", "item", "available_at", "lot", "pool", "service", "measure", "starts", "ends", "order", "limit", "used", "price_micros")
    KIND_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_AT_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    USED_FIELD_NUMBER: _ClassVar[int]
    PRICE_MICROS_FIELD_NUMBER: _ClassVar[int]
    kind: RowKind
    node: str
    item: str
    available_at: str
    lot: str
    pool: str
    service: str
    measure: _problem_pb2.Measure
    starts: str
    ends: str
    order: str
    limit: str
    used: str
    price_micros: int
    def __init__(self, kind: _Optional[_Union[RowKind, str]] = ..., node: _Optional[str] = ..., item: _Optional[str] = ..., available_at: _Optional[str] = ..., lot: _Optional[str] = ..., pool: _Optional[str] = ..., service: _Optional[str] = ..., measure: _Optional[_Union[_problem_pb2.Measure, str]] = ..., starts: _Optional[str] = ..., ends: _Optional[str] = ..., order: _Optional[str] = ..., limit: _Optional[str] = ..., used: _Optional[str] = ..., price_micros: _Optional[int] = ...) -> None: ...

class OrderBound(_message.Message):
    __slots__ = ("order", "cost_micros", "priced_minimum_micros", "exact")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    COST_MICROS_FIELD_NUMBER: _ClassVar[int]
    PRICED_MINIMUM_MICROS_FIELD_NUMBER: _ClassVar[int]
    EXACT_FIELD_NUMBER: _ClassVar[int]
    order: str
    cost_micros: int
    priced_minimum_micros: int
    exact: bool
    def __init__(self, order: _Optional[str] = ..., cost_micros: _Optional[int] = ..., priced_minimum_micros: _Optional[int] = ..., exact: _Optional[bool] = ...) -> None: ...
