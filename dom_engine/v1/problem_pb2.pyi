from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class NodeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NODE_KIND_UNSPECIFIED: _ClassVar[NodeKind]
    NODE_KIND_DC: _ClassVar[NodeKind]
    NODE_KIND_STORE: _ClassVar[NodeKind]
    NODE_KIND_SUPPLIER: _ClassVar[NodeKind]
    NODE_KIND_3PL: _ClassVar[NodeKind]

class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MODE_UNSPECIFIED: _ClassVar[Mode]
    MODE_PARCEL: _ClassVar[Mode]
    MODE_LTL: _ClassVar[Mode]
    MODE_FTL: _ClassVar[Mode]
    MODE_COURIER: _ClassVar[Mode]
    MODE_AIR: _ClassVar[Mode]
    MODE_SEA: _ClassVar[Mode]
    MODE_BARGE: _ClassVar[Mode]
    MODE_RAIL: _ClassVar[Mode]
    MODE_ROAD: _ClassVar[Mode]
    MODE_PICKUP: _ClassVar[Mode]

class Stage(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STAGE_UNSPECIFIED: _ClassVar[Stage]
    STAGE_LOADING: _ClassVar[Stage]
    STAGE_PRE_CARRIAGE: _ClassVar[Stage]
    STAGE_EXPORT_CLEARANCE: _ClassVar[Stage]
    STAGE_ORIGIN_TERMINAL: _ClassVar[Stage]
    STAGE_MAIN_CARRIAGE: _ClassVar[Stage]
    STAGE_INSURANCE: _ClassVar[Stage]
    STAGE_DESTINATION_TERMINAL: _ClassVar[Stage]
    STAGE_IMPORT_CLEARANCE: _ClassVar[Stage]
    STAGE_ON_CARRIAGE: _ClassVar[Stage]
    STAGE_UNLOADING: _ClassVar[Stage]

class Measure(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MEASURE_UNSPECIFIED: _ClassVar[Measure]
    MEASURE_UNITS: _ClassVar[Measure]
    MEASURE_LINES: _ClassVar[Measure]
    MEASURE_SHIPMENTS: _ClassVar[Measure]
    MEASURE_PARCELS: _ClassVar[Measure]
    MEASURE_KG: _ClassVar[Measure]
    MEASURE_LITRES: _ClassVar[Measure]
    MEASURE_VALUE: _ClassVar[Measure]
    MEASURE_WORK_H: _ClassVar[Measure]

class Every(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVERY_UNSPECIFIED: _ClassVar[Every]
    EVERY_DAY: _ClassVar[Every]

class Incoterm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INCOTERM_UNSPECIFIED: _ClassVar[Incoterm]
    INCOTERM_EXW: _ClassVar[Incoterm]
    INCOTERM_FCA: _ClassVar[Incoterm]
    INCOTERM_FAS: _ClassVar[Incoterm]
    INCOTERM_FOB: _ClassVar[Incoterm]
    INCOTERM_CFR: _ClassVar[Incoterm]
    INCOTERM_CIF: _ClassVar[Incoterm]
    INCOTERM_CPT: _ClassVar[Incoterm]
    INCOTERM_CIP: _ClassVar[Incoterm]
    INCOTERM_DAP: _ClassVar[Incoterm]
    INCOTERM_DPU: _ClassVar[Incoterm]
    INCOTERM_DDP: _ClassVar[Incoterm]

class NamedPlace(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    NAMED_PLACE_UNSPECIFIED: _ClassVar[NamedPlace]
    NAMED_PLACE_ORIGIN: _ClassVar[NamedPlace]
    NAMED_PLACE_ORIGIN_PORT: _ClassVar[NamedPlace]
    NAMED_PLACE_DESTINATION_PORT: _ClassVar[NamedPlace]
    NAMED_PLACE_DESTINATION: _ClassVar[NamedPlace]

class Window(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WINDOW_UNSPECIFIED: _ClassVar[Window]
    WINDOW_SOFT: _ClassVar[Window]
    WINDOW_HARD: _ClassVar[Window]

class WindowBasis(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WINDOW_BASIS_UNSPECIFIED: _ClassVar[WindowBasis]
    WINDOW_BASIS_DELIVERY_POINT: _ClassVar[WindowBasis]
    WINDOW_BASIS_ARRIVAL: _ClassVar[WindowBasis]

class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    METHOD_UNSPECIFIED: _ClassVar[Method]
    METHOD_AUTO: _ClassVar[Method]
    METHOD_EXACT: _ClassVar[Method]
    METHOD_FCFS: _ClassVar[Method]
    METHOD_NEAREST: _ClassVar[Method]
    METHOD_PREFERENCE: _ClassVar[Method]
    METHOD_FEWEST_SPLITS: _ClassVar[Method]
NODE_KIND_UNSPECIFIED: NodeKind
NODE_KIND_DC: NodeKind
NODE_KIND_STORE: NodeKind
NODE_KIND_SUPPLIER: NodeKind
NODE_KIND_3PL: NodeKind
MODE_UNSPECIFIED: Mode
MODE_PARCEL: Mode
MODE_LTL: Mode
MODE_FTL: Mode
MODE_COURIER: Mode
MODE_AIR: Mode
MODE_SEA: Mode
MODE_BARGE: Mode
MODE_RAIL: Mode
MODE_ROAD: Mode
MODE_PICKUP: Mode
STAGE_UNSPECIFIED: Stage
STAGE_LOADING: Stage
STAGE_PRE_CARRIAGE: Stage
STAGE_EXPORT_CLEARANCE: Stage
STAGE_ORIGIN_TERMINAL: Stage
STAGE_MAIN_CARRIAGE: Stage
STAGE_INSURANCE: Stage
STAGE_DESTINATION_TERMINAL: Stage
STAGE_IMPORT_CLEARANCE: Stage
STAGE_ON_CARRIAGE: Stage
STAGE_UNLOADING: Stage
MEASURE_UNSPECIFIED: Measure
MEASURE_UNITS: Measure
MEASURE_LINES: Measure
MEASURE_SHIPMENTS: Measure
MEASURE_PARCELS: Measure
MEASURE_KG: Measure
MEASURE_LITRES: Measure
MEASURE_VALUE: Measure
MEASURE_WORK_H: Measure
EVERY_UNSPECIFIED: Every
EVERY_DAY: Every
INCOTERM_UNSPECIFIED: Incoterm
INCOTERM_EXW: Incoterm
INCOTERM_FCA: Incoterm
INCOTERM_FAS: Incoterm
INCOTERM_FOB: Incoterm
INCOTERM_CFR: Incoterm
INCOTERM_CIF: Incoterm
INCOTERM_CPT: Incoterm
INCOTERM_CIP: Incoterm
INCOTERM_DAP: Incoterm
INCOTERM_DPU: Incoterm
INCOTERM_DDP: Incoterm
NAMED_PLACE_UNSPECIFIED: NamedPlace
NAMED_PLACE_ORIGIN: NamedPlace
NAMED_PLACE_ORIGIN_PORT: NamedPlace
NAMED_PLACE_DESTINATION_PORT: NamedPlace
NAMED_PLACE_DESTINATION: NamedPlace
WINDOW_UNSPECIFIED: Window
WINDOW_SOFT: Window
WINDOW_HARD: Window
WINDOW_BASIS_UNSPECIFIED: WindowBasis
WINDOW_BASIS_DELIVERY_POINT: WindowBasis
WINDOW_BASIS_ARRIVAL: WindowBasis
METHOD_UNSPECIFIED: Method
METHOD_AUTO: Method
METHOD_EXACT: Method
METHOD_FCFS: Method
METHOD_NEAREST: Method
METHOD_PREFERENCE: Method
METHOD_FEWEST_SPLITS: Method

class Scenario(_message.Message):
    __slots__ = ("format", "name", "description", "currency", "now", "horizon_h", "timezone", "weights", "policy", "solve", "nodes", "items", "node_items", "node_services", "inventory", "services", "lanes", "rates", "duties", "capacities", "calendars", "orders", "order_lines")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    NOW_FIELD_NUMBER: _ClassVar[int]
    HORIZON_H_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    SOLVE_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NODE_ITEMS_FIELD_NUMBER: _ClassVar[int]
    NODE_SERVICES_FIELD_NUMBER: _ClassVar[int]
    INVENTORY_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    LANES_FIELD_NUMBER: _ClassVar[int]
    RATES_FIELD_NUMBER: _ClassVar[int]
    DUTIES_FIELD_NUMBER: _ClassVar[int]
    CAPACITIES_FIELD_NUMBER: _ClassVar[int]
    CALENDARS_FIELD_NUMBER: _ClassVar[int]
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    ORDER_LINES_FIELD_NUMBER: _ClassVar[int]
    format: int
    name: str
    description: str
    currency: str
    now: str
    horizon_h: str
    timezone: str
    weights: Weights
    policy: Policy
    solve: SolveSettings
    nodes: _containers.RepeatedCompositeFieldContainer[Node]
    items: _containers.RepeatedCompositeFieldContainer[Item]
    node_items: _containers.RepeatedCompositeFieldContainer[NodeItem]
    node_services: _containers.RepeatedCompositeFieldContainer[NodeService]
    inventory: _containers.RepeatedCompositeFieldContainer[InventoryPosition]
    services: _containers.RepeatedCompositeFieldContainer[CarrierService]
    lanes: _containers.RepeatedCompositeFieldContainer[Lane]
    rates: _containers.RepeatedCompositeFieldContainer[Rate]
    duties: _containers.RepeatedCompositeFieldContainer[Duty]
    capacities: _containers.RepeatedCompositeFieldContainer[Capacity]
    calendars: _containers.RepeatedCompositeFieldContainer[Calendar]
    orders: _containers.RepeatedCompositeFieldContainer[Order]
    order_lines: _containers.RepeatedCompositeFieldContainer[OrderLine]
    def __init__(self, format: _Optional[int] = ..., name: _Optional[str] = ..., description: _Optional[str] = ..., currency: _Optional[str] = ..., now: _Optional[str] = ..., horizon_h: _Optional[str] = ..., timezone: _Optional[str] = ..., weights: _Optional[_Union[Weights, _Mapping]] = ..., policy: _Optional[_Union[Policy, _Mapping]] = ..., solve: _Optional[_Union[SolveSettings, _Mapping]] = ..., nodes: _Optional[_Iterable[_Union[Node, _Mapping]]] = ..., items: _Optional[_Iterable[_Union[Item, _Mapping]]] = ..., node_items: _Optional[_Iterable[_Union[NodeItem, _Mapping]]] = ..., node_services: _Optional[_Iterable[_Union[NodeService, _Mapping]]] = ..., inventory: _Optional[_Iterable[_Union[InventoryPosition, _Mapping]]] = ..., services: _Optional[_Iterable[_Union[CarrierService, _Mapping]]] = ..., lanes: _Optional[_Iterable[_Union[Lane, _Mapping]]] = ..., rates: _Optional[_Iterable[_Union[Rate, _Mapping]]] = ..., duties: _Optional[_Iterable[_Union[Duty, _Mapping]]] = ..., capacities: _Optional[_Iterable[_Union[Capacity, _Mapping]]] = ..., calendars: _Optional[_Iterable[_Union[Calendar, _Mapping]]] = ..., orders: _Optional[_Iterable[_Union[Order, _Mapping]]] = ..., order_lines: _Optional[_Iterable[_Union[OrderLine, _Mapping]]] = ...) -> None: ...

class Weights(_message.Message):
    __slots__ = ("freight", "insurance", "duty", "buyer", "handling", "preference", "split", "late", "early", "carbon", "safety_stock", "substitution", "overtime", "load", "activation", "unmet")
    FREIGHT_FIELD_NUMBER: _ClassVar[int]
    INSURANCE_FIELD_NUMBER: _ClassVar[int]
    DUTY_FIELD_NUMBER: _ClassVar[int]
    BUYER_FIELD_NUMBER: _ClassVar[int]
    HANDLING_FIELD_NUMBER: _ClassVar[int]
    PREFERENCE_FIELD_NUMBER: _ClassVar[int]
    SPLIT_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    EARLY_FIELD_NUMBER: _ClassVar[int]
    CARBON_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTION_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_FIELD_NUMBER: _ClassVar[int]
    LOAD_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_FIELD_NUMBER: _ClassVar[int]
    UNMET_FIELD_NUMBER: _ClassVar[int]
    freight: str
    insurance: str
    duty: str
    buyer: str
    handling: str
    preference: str
    split: str
    late: str
    early: str
    carbon: str
    safety_stock: str
    substitution: str
    overtime: str
    load: str
    activation: str
    unmet: str
    def __init__(self, freight: _Optional[str] = ..., insurance: _Optional[str] = ..., duty: _Optional[str] = ..., buyer: _Optional[str] = ..., handling: _Optional[str] = ..., preference: _Optional[str] = ..., split: _Optional[str] = ..., late: _Optional[str] = ..., early: _Optional[str] = ..., carbon: _Optional[str] = ..., safety_stock: _Optional[str] = ..., substitution: _Optional[str] = ..., overtime: _Optional[str] = ..., load: _Optional[str] = ..., activation: _Optional[str] = ..., unmet: _Optional[str] = ...) -> None: ...

class Policy(_message.Message):
    __slots__ = ("max_shipments", "split_cost", "unmet_cost", "unmet_value_pct", "safety_stock_priority", "safety_stock_cost", "carbon_cost_per_kg", "window_basis", "priority_factor", "fill_first")
    class PriorityFactorEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: int
        value: str
        def __init__(self, key: _Optional[int] = ..., value: _Optional[str] = ...) -> None: ...
    MAX_SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    SPLIT_COST_FIELD_NUMBER: _ClassVar[int]
    UNMET_COST_FIELD_NUMBER: _ClassVar[int]
    UNMET_VALUE_PCT_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_COST_FIELD_NUMBER: _ClassVar[int]
    CARBON_COST_PER_KG_FIELD_NUMBER: _ClassVar[int]
    WINDOW_BASIS_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FACTOR_FIELD_NUMBER: _ClassVar[int]
    FILL_FIRST_FIELD_NUMBER: _ClassVar[int]
    max_shipments: int
    split_cost: str
    unmet_cost: str
    unmet_value_pct: str
    safety_stock_priority: int
    safety_stock_cost: str
    carbon_cost_per_kg: str
    window_basis: WindowBasis
    priority_factor: _containers.ScalarMap[int, str]
    fill_first: bool
    def __init__(self, max_shipments: _Optional[int] = ..., split_cost: _Optional[str] = ..., unmet_cost: _Optional[str] = ..., unmet_value_pct: _Optional[str] = ..., safety_stock_priority: _Optional[int] = ..., safety_stock_cost: _Optional[str] = ..., carbon_cost_per_kg: _Optional[str] = ..., window_basis: _Optional[_Union[WindowBasis, str]] = ..., priority_factor: _Optional[_Mapping[int, str]] = ..., fill_first: _Optional[bool] = ...) -> None: ...

class SolveSettings(_message.Message):
    __slots__ = ("time_limit_s", "work_limit", "gap", "seed", "threads", "method")
    TIME_LIMIT_S_FIELD_NUMBER: _ClassVar[int]
    WORK_LIMIT_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    time_limit_s: str
    work_limit: int
    gap: str
    seed: int
    threads: int
    method: Method
    def __init__(self, time_limit_s: _Optional[str] = ..., work_limit: _Optional[int] = ..., gap: _Optional[str] = ..., seed: _Optional[int] = ..., threads: _Optional[int] = ..., method: _Optional[_Union[Method, str]] = ...) -> None: ...

class Node(_message.Message):
    __slots__ = ("node", "kind", "country", "customs", "postal_code", "lat", "lon", "timezone", "calendar", "cutoff", "handling_h", "shipment_cost", "line_cost", "unit_cost", "activation_cost", "preference_cost", "max_distance_km", "min_shipment_value", "enabled", "tags")
    NODE_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CUSTOMS_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    LAT_FIELD_NUMBER: _ClassVar[int]
    LON_FIELD_NUMBER: _ClassVar[int]
    TIMEZONE_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    HANDLING_H_FIELD_NUMBER: _ClassVar[int]
    SHIPMENT_COST_FIELD_NUMBER: _ClassVar[int]
    LINE_COST_FIELD_NUMBER: _ClassVar[int]
    UNIT_COST_FIELD_NUMBER: _ClassVar[int]
    ACTIVATION_COST_FIELD_NUMBER: _ClassVar[int]
    PREFERENCE_COST_FIELD_NUMBER: _ClassVar[int]
    MAX_DISTANCE_KM_FIELD_NUMBER: _ClassVar[int]
    MIN_SHIPMENT_VALUE_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    node: str
    kind: NodeKind
    country: str
    customs: str
    postal_code: str
    lat: str
    lon: str
    timezone: str
    calendar: str
    cutoff: str
    handling_h: str
    shipment_cost: str
    line_cost: str
    unit_cost: str
    activation_cost: str
    preference_cost: str
    max_distance_km: str
    min_shipment_value: str
    enabled: bool
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, node: _Optional[str] = ..., kind: _Optional[_Union[NodeKind, str]] = ..., country: _Optional[str] = ..., customs: _Optional[str] = ..., postal_code: _Optional[str] = ..., lat: _Optional[str] = ..., lon: _Optional[str] = ..., timezone: _Optional[str] = ..., calendar: _Optional[str] = ..., cutoff: _Optional[str] = ..., handling_h: _Optional[str] = ..., shipment_cost: _Optional[str] = ..., line_cost: _Optional[str] = ..., unit_cost: _Optional[str] = ..., activation_cost: _Optional[str] = ..., preference_cost: _Optional[str] = ..., max_distance_km: _Optional[str] = ..., min_shipment_value: _Optional[str] = ..., enabled: _Optional[bool] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class Item(_message.Message):
    __slots__ = ("item", "weight_kg", "volume_l", "value", "hs_code", "origin", "tags")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_KG_FIELD_NUMBER: _ClassVar[int]
    VOLUME_L_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    HS_CODE_FIELD_NUMBER: _ClassVar[int]
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    TAGS_FIELD_NUMBER: _ClassVar[int]
    item: str
    weight_kg: str
    volume_l: str
    value: str
    hs_code: str
    origin: str
    tags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, item: _Optional[str] = ..., weight_kg: _Optional[str] = ..., volume_l: _Optional[str] = ..., value: _Optional[str] = ..., hs_code: _Optional[str] = ..., origin: _Optional[str] = ..., tags: _Optional[_Iterable[str]] = ...) -> None: ...

class NodeItem(_message.Message):
    __slots__ = ("node", "item", "unit_cost", "work_h")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    UNIT_COST_FIELD_NUMBER: _ClassVar[int]
    WORK_H_FIELD_NUMBER: _ClassVar[int]
    node: str
    item: str
    unit_cost: str
    work_h: str
    def __init__(self, node: _Optional[str] = ..., item: _Optional[str] = ..., unit_cost: _Optional[str] = ..., work_h: _Optional[str] = ...) -> None: ...

class NodeService(_message.Message):
    __slots__ = ("node", "service", "cutoff", "enabled")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    CUTOFF_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    node: str
    service: str
    cutoff: str
    enabled: bool
    def __init__(self, node: _Optional[str] = ..., service: _Optional[str] = ..., cutoff: _Optional[str] = ..., enabled: _Optional[bool] = ...) -> None: ...

class InventoryPosition(_message.Message):
    __slots__ = ("node", "item", "quantity", "available_at", "lot", "pool", "expires_at", "reserved", "safety_stock")
    NODE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    AVAILABLE_AT_FIELD_NUMBER: _ClassVar[int]
    LOT_FIELD_NUMBER: _ClassVar[int]
    POOL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    RESERVED_FIELD_NUMBER: _ClassVar[int]
    SAFETY_STOCK_FIELD_NUMBER: _ClassVar[int]
    node: str
    item: str
    quantity: int
    available_at: str
    lot: str
    pool: str
    expires_at: str
    reserved: int
    safety_stock: int
    def __init__(self, node: _Optional[str] = ..., item: _Optional[str] = ..., quantity: _Optional[int] = ..., available_at: _Optional[str] = ..., lot: _Optional[str] = ..., pool: _Optional[str] = ..., expires_at: _Optional[str] = ..., reserved: _Optional[int] = ..., safety_stock: _Optional[int] = ...) -> None: ...

class CarrierService(_message.Message):
    __slots__ = ("service", "carrier", "mode", "calendar", "pickup_calendar", "max_weight_kg", "max_parcel_kg", "kg_per_m3", "co2_g_per_tkm", "carries", "enabled")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    CARRIER_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    PICKUP_CALENDAR_FIELD_NUMBER: _ClassVar[int]
    MAX_WEIGHT_KG_FIELD_NUMBER: _ClassVar[int]
    MAX_PARCEL_KG_FIELD_NUMBER: _ClassVar[int]
    KG_PER_M3_FIELD_NUMBER: _ClassVar[int]
    CO2_G_PER_TKM_FIELD_NUMBER: _ClassVar[int]
    CARRIES_FIELD_NUMBER: _ClassVar[int]
    ENABLED_FIELD_NUMBER: _ClassVar[int]
    service: str
    carrier: str
    mode: Mode
    calendar: str
    pickup_calendar: str
    max_weight_kg: str
    max_parcel_kg: str
    kg_per_m3: str
    co2_g_per_tkm: str
    carries: _containers.RepeatedScalarFieldContainer[str]
    enabled: bool
    def __init__(self, service: _Optional[str] = ..., carrier: _Optional[str] = ..., mode: _Optional[_Union[Mode, str]] = ..., calendar: _Optional[str] = ..., pickup_calendar: _Optional[str] = ..., max_weight_kg: _Optional[str] = ..., max_parcel_kg: _Optional[str] = ..., kg_per_m3: _Optional[str] = ..., co2_g_per_tkm: _Optional[str] = ..., carries: _Optional[_Iterable[str]] = ..., enabled: _Optional[bool] = ...) -> None: ...

class Lane(_message.Message):
    __slots__ = ("service", "node", "country", "postal_prefix", "from_km", "to_km", "rate", "transit_h", "transit_days", "pre_carriage_h", "export_h", "import_h", "on_carriage_h")
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    POSTAL_PREFIX_FIELD_NUMBER: _ClassVar[int]
    FROM_KM_FIELD_NUMBER: _ClassVar[int]
    TO_KM_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    TRANSIT_H_FIELD_NUMBER: _ClassVar[int]
    TRANSIT_DAYS_FIELD_NUMBER: _ClassVar[int]
    PRE_CARRIAGE_H_FIELD_NUMBER: _ClassVar[int]
    EXPORT_H_FIELD_NUMBER: _ClassVar[int]
    IMPORT_H_FIELD_NUMBER: _ClassVar[int]
    ON_CARRIAGE_H_FIELD_NUMBER: _ClassVar[int]
    service: str
    node: str
    country: str
    postal_prefix: str
    from_km: str
    to_km: str
    rate: str
    transit_h: str
    transit_days: int
    pre_carriage_h: str
    export_h: str
    import_h: str
    on_carriage_h: str
    def __init__(self, service: _Optional[str] = ..., node: _Optional[str] = ..., country: _Optional[str] = ..., postal_prefix: _Optional[str] = ..., from_km: _Optional[str] = ..., to_km: _Optional[str] = ..., rate: _Optional[str] = ..., transit_h: _Optional[str] = ..., transit_days: _Optional[int] = ..., pre_carriage_h: _Optional[str] = ..., export_h: _Optional[str] = ..., import_h: _Optional[str] = ..., on_carriage_h: _Optional[str] = ...) -> None: ...

class Rate(_message.Message):
    __slots__ = ("rate", "stage", "weight_from_kg", "base", "per_kg", "per_unit", "per_line", "per_parcel", "per_km", "per_unit_km", "per_kg_km", "pct_of_value", "minimum")
    RATE_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FROM_KG_FIELD_NUMBER: _ClassVar[int]
    BASE_FIELD_NUMBER: _ClassVar[int]
    PER_KG_FIELD_NUMBER: _ClassVar[int]
    PER_UNIT_FIELD_NUMBER: _ClassVar[int]
    PER_LINE_FIELD_NUMBER: _ClassVar[int]
    PER_PARCEL_FIELD_NUMBER: _ClassVar[int]
    PER_KM_FIELD_NUMBER: _ClassVar[int]
    PER_UNIT_KM_FIELD_NUMBER: _ClassVar[int]
    PER_KG_KM_FIELD_NUMBER: _ClassVar[int]
    PCT_OF_VALUE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    rate: str
    stage: Stage
    weight_from_kg: str
    base: str
    per_kg: str
    per_unit: str
    per_line: str
    per_parcel: str
    per_km: str
    per_unit_km: str
    per_kg_km: str
    pct_of_value: str
    minimum: str
    def __init__(self, rate: _Optional[str] = ..., stage: _Optional[_Union[Stage, str]] = ..., weight_from_kg: _Optional[str] = ..., base: _Optional[str] = ..., per_kg: _Optional[str] = ..., per_unit: _Optional[str] = ..., per_line: _Optional[str] = ..., per_parcel: _Optional[str] = ..., per_km: _Optional[str] = ..., per_unit_km: _Optional[str] = ..., per_kg_km: _Optional[str] = ..., pct_of_value: _Optional[str] = ..., minimum: _Optional[str] = ...) -> None: ...

class Duty(_message.Message):
    __slots__ = ("origin", "destination", "hs_prefix", "pct")
    ORIGIN_FIELD_NUMBER: _ClassVar[int]
    DESTINATION_FIELD_NUMBER: _ClassVar[int]
    HS_PREFIX_FIELD_NUMBER: _ClassVar[int]
    PCT_FIELD_NUMBER: _ClassVar[int]
    origin: str
    destination: str
    hs_prefix: str
    pct: str
    def __init__(self, origin: _Optional[str] = ..., destination: _Optional[str] = ..., hs_prefix: _Optional[str] = ..., pct: _Optional[str] = ...) -> None: ...

class Capacity(_message.Message):
    __slots__ = ("node", "service", "measure", "starts", "ends", "every", "limit", "open_cost", "open_max", "overtime_limit", "overtime_cost")
    NODE_FIELD_NUMBER: _ClassVar[int]
    SERVICE_FIELD_NUMBER: _ClassVar[int]
    MEASURE_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    EVERY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OPEN_COST_FIELD_NUMBER: _ClassVar[int]
    OPEN_MAX_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_LIMIT_FIELD_NUMBER: _ClassVar[int]
    OVERTIME_COST_FIELD_NUMBER: _ClassVar[int]
    node: str
    service: str
    measure: Measure
    starts: str
    ends: str
    every: Every
    limit: str
    open_cost: str
    open_max: int
    overtime_limit: str
    overtime_cost: str
    def __init__(self, node: _Optional[str] = ..., service: _Optional[str] = ..., measure: _Optional[_Union[Measure, str]] = ..., starts: _Optional[str] = ..., ends: _Optional[str] = ..., every: _Optional[_Union[Every, str]] = ..., limit: _Optional[str] = ..., open_cost: _Optional[str] = ..., open_max: _Optional[int] = ..., overtime_limit: _Optional[str] = ..., overtime_cost: _Optional[str] = ...) -> None: ...

class Calendar(_message.Message):
    __slots__ = ("calendar", "weekdays", "holidays", "closed", "open")
    CALENDAR_FIELD_NUMBER: _ClassVar[int]
    WEEKDAYS_FIELD_NUMBER: _ClassVar[int]
    HOLIDAYS_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    calendar: str
    weekdays: str
    holidays: _containers.RepeatedScalarFieldContainer[str]
    closed: _containers.RepeatedScalarFieldContainer[str]
    open: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, calendar: _Optional[str] = ..., weekdays: _Optional[str] = ..., holidays: _Optional[_Iterable[str]] = ..., closed: _Optional[_Iterable[str]] = ..., open: _Optional[_Iterable[str]] = ...) -> None: ...

class Order(_message.Message):
    __slots__ = ("order", "customer", "channel", "priority", "released_at", "country", "customs", "postal_code", "lat", "lon", "incoterm", "named_place", "earliest", "latest", "window", "late_cost_per_day", "early_cost_per_day", "max_shipments", "ship_complete", "ship_together", "line_split", "backorder", "services", "nodes", "exclude_nodes", "node_tags", "preferred_services", "unpreferred_cost", "pools", "pickup_node")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    CUSTOMER_FIELD_NUMBER: _ClassVar[int]
    CHANNEL_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    RELEASED_AT_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    CUSTOMS_FIELD_NUMBER: _ClassVar[int]
    POSTAL_CODE_FIELD_NUMBER: _ClassVar[int]
    LAT_FIELD_NUMBER: _ClassVar[int]
    LON_FIELD_NUMBER: _ClassVar[int]
    INCOTERM_FIELD_NUMBER: _ClassVar[int]
    NAMED_PLACE_FIELD_NUMBER: _ClassVar[int]
    EARLIEST_FIELD_NUMBER: _ClassVar[int]
    LATEST_FIELD_NUMBER: _ClassVar[int]
    WINDOW_FIELD_NUMBER: _ClassVar[int]
    LATE_COST_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    EARLY_COST_PER_DAY_FIELD_NUMBER: _ClassVar[int]
    MAX_SHIPMENTS_FIELD_NUMBER: _ClassVar[int]
    SHIP_COMPLETE_FIELD_NUMBER: _ClassVar[int]
    SHIP_TOGETHER_FIELD_NUMBER: _ClassVar[int]
    LINE_SPLIT_FIELD_NUMBER: _ClassVar[int]
    BACKORDER_FIELD_NUMBER: _ClassVar[int]
    SERVICES_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_NODES_FIELD_NUMBER: _ClassVar[int]
    NODE_TAGS_FIELD_NUMBER: _ClassVar[int]
    PREFERRED_SERVICES_FIELD_NUMBER: _ClassVar[int]
    UNPREFERRED_COST_FIELD_NUMBER: _ClassVar[int]
    POOLS_FIELD_NUMBER: _ClassVar[int]
    PICKUP_NODE_FIELD_NUMBER: _ClassVar[int]
    order: str
    customer: str
    channel: str
    priority: int
    released_at: str
    country: str
    customs: str
    postal_code: str
    lat: str
    lon: str
    incoterm: Incoterm
    named_place: NamedPlace
    earliest: str
    latest: str
    window: Window
    late_cost_per_day: str
    early_cost_per_day: str
    max_shipments: int
    ship_complete: bool
    ship_together: bool
    line_split: bool
    backorder: bool
    services: _containers.RepeatedScalarFieldContainer[str]
    nodes: _containers.RepeatedScalarFieldContainer[str]
    exclude_nodes: _containers.RepeatedScalarFieldContainer[str]
    node_tags: _containers.RepeatedScalarFieldContainer[str]
    preferred_services: _containers.RepeatedScalarFieldContainer[str]
    unpreferred_cost: str
    pools: _containers.RepeatedScalarFieldContainer[str]
    pickup_node: str
    def __init__(self, order: _Optional[str] = ..., customer: _Optional[str] = ..., channel: _Optional[str] = ..., priority: _Optional[int] = ..., released_at: _Optional[str] = ..., country: _Optional[str] = ..., customs: _Optional[str] = ..., postal_code: _Optional[str] = ..., lat: _Optional[str] = ..., lon: _Optional[str] = ..., incoterm: _Optional[_Union[Incoterm, str]] = ..., named_place: _Optional[_Union[NamedPlace, str]] = ..., earliest: _Optional[str] = ..., latest: _Optional[str] = ..., window: _Optional[_Union[Window, str]] = ..., late_cost_per_day: _Optional[str] = ..., early_cost_per_day: _Optional[str] = ..., max_shipments: _Optional[int] = ..., ship_complete: _Optional[bool] = ..., ship_together: _Optional[bool] = ..., line_split: _Optional[bool] = ..., backorder: _Optional[bool] = ..., services: _Optional[_Iterable[str]] = ..., nodes: _Optional[_Iterable[str]] = ..., exclude_nodes: _Optional[_Iterable[str]] = ..., node_tags: _Optional[_Iterable[str]] = ..., preferred_services: _Optional[_Iterable[str]] = ..., unpreferred_cost: _Optional[str] = ..., pools: _Optional[_Iterable[str]] = ..., pickup_node: _Optional[str] = ...) -> None: ...

class OrderLine(_message.Message):
    __slots__ = ("order", "line", "item", "quantity", "unit_price", "unmet_cost", "latest", "group", "substitutes", "substitute_cost", "pack", "nodes", "exclude_nodes")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LINE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    QUANTITY_FIELD_NUMBER: _ClassVar[int]
    UNIT_PRICE_FIELD_NUMBER: _ClassVar[int]
    UNMET_COST_FIELD_NUMBER: _ClassVar[int]
    LATEST_FIELD_NUMBER: _ClassVar[int]
    GROUP_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTES_FIELD_NUMBER: _ClassVar[int]
    SUBSTITUTE_COST_FIELD_NUMBER: _ClassVar[int]
    PACK_FIELD_NUMBER: _ClassVar[int]
    NODES_FIELD_NUMBER: _ClassVar[int]
    EXCLUDE_NODES_FIELD_NUMBER: _ClassVar[int]
    order: str
    line: str
    item: str
    quantity: int
    unit_price: str
    unmet_cost: str
    latest: str
    group: str
    substitutes: _containers.RepeatedScalarFieldContainer[str]
    substitute_cost: str
    pack: int
    nodes: _containers.RepeatedScalarFieldContainer[str]
    exclude_nodes: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, order: _Optional[str] = ..., line: _Optional[str] = ..., item: _Optional[str] = ..., quantity: _Optional[int] = ..., unit_price: _Optional[str] = ..., unmet_cost: _Optional[str] = ..., latest: _Optional[str] = ..., group: _Optional[str] = ..., substitutes: _Optional[_Iterable[str]] = ..., substitute_cost: _Optional[str] = ..., pack: _Optional[int] = ..., nodes: _Optional[_Iterable[str]] = ..., exclude_nodes: _Optional[_Iterable[str]] = ...) -> None: ...
