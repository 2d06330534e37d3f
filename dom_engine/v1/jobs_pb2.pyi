import datetime

from dom_engine.v1 import optimizer_pb2 as _optimizer_pb2
from google.api import field_behavior_pb2 as _field_behavior_pb2
from google.longrunning import operations_pb2 as _operations_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SubmitOptimizationRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: _optimizer_pb2.OptimizeRequest
    def __init__(self, request: _Optional[_Union[_optimizer_pb2.OptimizeRequest, _Mapping]] = ...) -> None: ...

class JobMetadata(_message.Message):
    __slots__ = ("state", "request_id", "submit_time", "end_time", "attempts", "progress")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[JobMetadata.State]
        STATE_WAITING: _ClassVar[JobMetadata.State]
        STATE_RUNNING: _ClassVar[JobMetadata.State]
        STATE_SUCCEEDED: _ClassVar[JobMetadata.State]
        STATE_FAILED: _ClassVar[JobMetadata.State]
        STATE_CANCELLED: _ClassVar[JobMetadata.State]
    STATE_UNSPECIFIED: JobMetadata.State
    STATE_WAITING: JobMetadata.State
    STATE_RUNNING: JobMetadata.State
    STATE_SUCCEEDED: JobMetadata.State
    STATE_FAILED: JobMetadata.State
    STATE_CANCELLED: JobMetadata.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SUBMIT_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    state: JobMetadata.State
    request_id: str
    submit_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    attempts: int
    progress: _optimizer_pb2.Progress
    def __init__(self, state: _Optional[_Union[JobMetadata.State, str]] = ..., request_id: _Optional[str] = ..., submit_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., attempts: _Optional[int] = ..., progress: _Optional[_Union[_optimizer_pb2.Progress, _Mapping]] = ...) -> None: ...
