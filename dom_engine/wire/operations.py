"""Jobs as ``google.longrunning.Operation``."""

from __future__ import annotations

from google.longrunning.operations_pb2 import Operation
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc.status_pb2 import Status

from dom_engine.v1.jobs_pb2 import JobMetadata
from dom_engine.v1.optimizer_pb2 import OptimizeResponse, OptimizeStreamResponse

_TYPE_PREFIX = "type.googleapis.com/"


def operation_message(
    name: str,
    *,
    state: int,
    request_id: str,
    submitted_s: float,
    ended_s: float | None,
    attempts: int,
    progress: bytes | None,
    response: bytes | None,
    status: bytes | None,
) -> Operation:
    """A job as its caller sees it.

    Parameters
    ----------
    state
        The number of a ``JobMetadata.State``.
    submitted_s, ended_s
        Seconds since 1970.
    progress
        A serialised event of a stream; None where nothing runs.
    response, status
        Serialised, what came of it; both None while it is not done.
    """
    metadata = JobMetadata(
        state=JobMetadata.State.Name(state),
        request_id=request_id,
        attempts=attempts,
    )
    metadata.submit_time.FromNanoseconds(round(submitted_s * 1_000) * 1_000_000)
    if ended_s is not None:
        metadata.end_time.FromNanoseconds(round(ended_s * 1_000) * 1_000_000)
    if progress is not None:
        metadata.progress.CopyFrom(OptimizeStreamResponse.FromString(progress).progress)
    operation = Operation(name=name, done=response is not None or status is not None)
    operation.metadata.Pack(metadata)
    if response is not None:
        # As it lies: what the worker serialised needs not be read to be passed on.
        operation.response.CopyFrom(
            AnyMessage(type_url=_TYPE_PREFIX + OptimizeResponse.DESCRIPTOR.full_name, value=response)
        )
    elif status is not None:
        operation.error.CopyFrom(Status.FromString(status))
    return operation
