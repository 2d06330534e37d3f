from dom_engine.v1 import plan_pb2 as _plan_pb2
from dom_engine.v1 import problem_pb2 as _problem_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.api import field_info_pb2 as _field_info_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OptimizeRequest(_message.Message):
    __slots__ = ("request_id", "validate_only", "scenario")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SCENARIO_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    validate_only: bool
    scenario: _problem_pb2.Scenario
    def __init__(self, request_id: _Optional[str] = ..., validate_only: _Optional[bool] = ..., scenario: _Optional[_Union[_problem_pb2.Scenario, _Mapping]] = ...) -> None: ...

class OptimizeResponse(_message.Message):
    __slots__ = ("request_id", "problem_digest", "summary", "plan", "certificate")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    CERTIFICATE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    problem_digest: str
    summary: _plan_pb2.Summary
    plan: _plan_pb2.Plan
    certificate: _plan_pb2.Certificate
    def __init__(self, request_id: _Optional[str] = ..., problem_digest: _Optional[str] = ..., summary: _Optional[_Union[_plan_pb2.Summary, _Mapping]] = ..., plan: _Optional[_Union[_plan_pb2.Plan, _Mapping]] = ..., certificate: _Optional[_Union[_plan_pb2.Certificate, _Mapping]] = ...) -> None: ...
