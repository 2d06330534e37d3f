from dom_engine.v1 import explanation_pb2 as _explanation_pb2
from dom_engine.v1 import plan_pb2 as _plan_pb2
from dom_engine.v1 import problem_pb2 as _problem_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CertificateView(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CERTIFICATE_VIEW_UNSPECIFIED: _ClassVar[CertificateView]
    CERTIFICATE_VIEW_WHOLE: _ClassVar[CertificateView]
    CERTIFICATE_VIEW_PRICES: _ClassVar[CertificateView]
    CERTIFICATE_VIEW_NONE: _ClassVar[CertificateView]
CERTIFICATE_VIEW_UNSPECIFIED: CertificateView
CERTIFICATE_VIEW_WHOLE: CertificateView
CERTIFICATE_VIEW_PRICES: CertificateView
CERTIFICATE_VIEW_NONE: CertificateView

class OptimizeRequest(_message.Message):
    __slots__ = ("request_id", "validate_only", "scenario", "mode", "omit_certificate", "start", "pins", "certificate_view")
    class Mode(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODE_UNSPECIFIED: _ClassVar[OptimizeRequest.Mode]
        MODE_SOLVE: _ClassVar[OptimizeRequest.Mode]
        MODE_VALIDATE_ONLY: _ClassVar[OptimizeRequest.Mode]
        MODE_DETECT_INFEASIBLE: _ClassVar[OptimizeRequest.Mode]
    MODE_UNSPECIFIED: OptimizeRequest.Mode
    MODE_SOLVE: OptimizeRequest.Mode
    MODE_VALIDATE_ONLY: OptimizeRequest.Mode
    MODE_DETECT_INFEASIBLE: OptimizeRequest.Mode
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    MODE_FIELD_NUMBER: _ClassVar[int]
    OMIT_CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    PINS_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_VIEW_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    validate_only: bool
    scenario: _problem_pb2.Scenario
    mode: OptimizeRequest.Mode
    omit_certificate: bool
    start: _plan_pb2.Plan
    pins: _containers.RepeatedCompositeFieldContainer[Pin]
    certificate_view: CertificateView
    def __init__(self, request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ..., scenario: _Optional[_Union[_problem_pb2.Scenario, _Mapping]] = ..., mode: _Optional[_Union[OptimizeRequest.Mode, str]] = ..., omit_certificate: _Optional[bool] = ..., start: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., pins: _Optional[_Iterable[_Union[Pin, _Mapping]]] = ..., certificate_view: _Optional[_Union[CertificateView, str]] = ...) -> None: ...

class Pin(_message.Message):
    __slots__ = ("order", "level")
    class Level(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        LEVEL_UNSPECIFIED: _ClassVar[Pin.Level]
        LEVEL_ALL: _ClassVar[Pin.Level]
        LEVEL_QUANTITY: _ClassVar[Pin.Level]
        LEVEL_NODE: _ClassVar[Pin.Level]
    LEVEL_UNSPECIFIED: Pin.Level
    LEVEL_ALL: Pin.Level
    LEVEL_QUANTITY: Pin.Level
    LEVEL_NODE: Pin.Level
    ORDER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    order: str
    level: Pin.Level
    def __init__(self, order: _Optional[str] = ..., level: _Optional[_Union[Pin.Level, str]] = ...) -> None: ...

class OptimizeResponse(_message.Message):
    __slots__ = ("request_id", "problem_digest", "summary", "plan", "certificate", "start")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    START_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    problem_digest: str
    summary: _plan_pb2.Summary
    plan: _plan_pb2.Plan
    certificate: _plan_pb2.Certificate
    start: Start
    def __init__(self, request_id: _Optional[str] = ..., problem_digest: _Optional[str] = ..., summary: _Optional[_Union[_plan_pb2.Summary, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., certificate: _Optional[_Union[_plan_pb2.Certificate, _Mapping]] = ..., start: _Optional[_Union[Start, _Mapping]] = ...) -> None: ...

class Start(_message.Message):
    __slots__ = ("kept_orders", "objective_micros", "not_kept_orders", "not_kept")
    KEPT_ORDERS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_MICROS_FIELD_NUMBER: _ClassVar[int]
    NOT_KEPT_ORDERS_FIELD_NUMBER: _ClassVar[int]
    NOT_KEPT_FIELD_NUMBER: _ClassVar[int]
    kept_orders: int
    objective_micros: int
    not_kept_orders: int
    not_kept: _containers.RepeatedCompositeFieldContainer[NotKept]
    def __init__(self, kept_orders: _Optional[int] = ..., objective_micros: _Optional[int] = ..., not_kept_orders: _Optional[int] = ..., not_kept: _Optional[_Iterable[_Union[NotKept, _Mapping]]] = ...) -> None: ...

class NotKept(_message.Message):
    __slots__ = ("order", "why")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    order: str
    why: str
    def __init__(self, order: _Optional[str] = ..., why: _Optional[str] = ...) -> None: ...

class OptimizeStreamRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: OptimizeRequest
    def __init__(self, request: _Optional[_Union[OptimizeRequest, _Mapping]] = ...) -> None: ...

class OptimizeStreamResponse(_message.Message):
    __slots__ = ("progress", "part")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    part: OptimizeResponse
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., part: _Optional[_Union[OptimizeResponse, _Mapping]] = ...) -> None: ...

class Progress(_message.Message):
    __slots__ = ("phase", "incumbent_micros", "lower_bound_micros", "gap", "elapsed_s")
    PHASE_FIELD_NUMBER: _ClassVar[int]
    INCUMBENT_MICROS_FIELD_NUMBER: _ClassVar[int]
    LOWER_BOUND_MICROS_FIELD_NUMBER: _ClassVar[int]
    GAP_FIELD_NUMBER: _ClassVar[int]
    ELAPSED_S_FIELD_NUMBER: _ClassVar[int]
    phase: str
    incumbent_micros: int
    lower_bound_micros: int
    gap: float
    elapsed_s: float
    def __init__(self, phase: _Optional[str] = ..., incumbent_micros: _Optional[int] = ..., lower_bound_micros: _Optional[int] = ..., gap: _Optional[float] = ..., elapsed_s: _Optional[float] = ...) -> None: ...

class UploadAndOptimizeRequest(_message.Message):
    __slots__ = ("request", "table")
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    request: OptimizeRequest
    table: TablePiece
    def __init__(self, request: _Optional[_Union[OptimizeRequest, _Mapping]] = ..., table: _Optional[_Union[TablePiece, _Mapping]] = ...) -> None: ...

class UploadAndOptimizeResponse(_message.Message):
    __slots__ = ("progress", "part", "table")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    PART_FIELD_NUMBER: _ClassVar[int]
    TABLE_FIELD_NUMBER: _ClassVar[int]
    progress: Progress
    part: OptimizeResponse
    table: TablePiece
    def __init__(self, progress: _Optional[_Union[Progress, _Mapping]] = ..., part: _Optional[_Union[OptimizeResponse, _Mapping]] = ..., table: _Optional[_Union[TablePiece, _Mapping]] = ...) -> None: ...

class TablePiece(_message.Message):
    __slots__ = ("table", "data")
    TABLE_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    table: str
    data: bytes
    def __init__(self, table: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...

class EvaluatePlanRequest(_message.Message):
    __slots__ = ("request_id", "scenario", "plan")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    scenario: _problem_pb2.Scenario
    plan: _plan_pb2.Plan
    def __init__(self, request_id: _Optional[str] = ..., scenario: _Optional[_Union[_problem_pb2.Scenario, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ...) -> None: ...

class EvaluatePlanResponse(_message.Message):
    __slots__ = ("request_id", "problem_digest", "violations", "objective_micros", "costs", "raw_costs", "kpis")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_DIGEST_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    OBJECTIVE_MICROS_FIELD_NUMBER: _ClassVar[int]
    COSTS_FIELD_NUMBER: _ClassVar[int]
    RAW_COSTS_FIELD_NUMBER: _ClassVar[int]
    KPIS_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    problem_digest: str
    violations: _containers.RepeatedCompositeFieldContainer[Violation]
    objective_micros: int
    costs: _plan_pb2.Costs
    raw_costs: _plan_pb2.Costs
    kpis: _plan_pb2.Kpis
    def __init__(self, request_id: _Optional[str] = ..., problem_digest: _Optional[str] = ..., violations: _Optional[_Iterable[_Union[Violation, _Mapping]]] = ..., objective_micros: _Optional[int] = ..., costs: _Optional[_Union[_plan_pb2.Costs, _Mapping]] = ..., raw_costs: _Optional[_Union[_plan_pb2.Costs, _Mapping]] = ..., kpis: _Optional[_Union[_plan_pb2.Kpis, _Mapping]] = ...) -> None: ...

class Violation(_message.Message):
    __slots__ = ("rule", "where", "message")
    RULE_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    rule: str
    where: str
    message: str
    def __init__(self, rule: _Optional[str] = ..., where: _Optional[str] = ..., message: _Optional[str] = ...) -> None: ...

class ExplainOrderRequest(_message.Message):
    __slots__ = ("request_id", "scenario", "plan", "prices", "order")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    PRICES_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    scenario: _problem_pb2.Scenario
    plan: _plan_pb2.Plan
    prices: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Price]
    order: str
    def __init__(self, request_id: _Optional[str] = ..., scenario: _Optional[_Union[_problem_pb2.Scenario, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., prices: _Optional[_Iterable[_Union[_plan_pb2.Price, _Mapping]]] = ..., order: _Optional[str] = ...) -> None: ...

class ExplainOrderResponse(_message.Message):
    __slots__ = ("request_id", "problem_digest", "explanation")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_DIGEST_FIELD_NUMBER: _ClassVar[int]
    EXPLANATION_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    problem_digest: str
    explanation: _explanation_pb2.Explanation
    def __init__(self, request_id: _Optional[str] = ..., problem_digest: _Optional[str] = ..., explanation: _Optional[_Union[_explanation_pb2.Explanation, _Mapping]] = ...) -> None: ...
